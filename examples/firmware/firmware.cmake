# SPDX-License-Identifier: BSL-1.0
#
# pawl_firmware(NAME CORE SOURCE...)         an image, and a target run-NAME
# pawl_firmware_objects(NAME CORE SOURCE...) compiles only
# pawl_cores                                 the cores of this toolchain
#
# CORE is one of pawl_cores. The machines are QEMU's models of real boards, but for the Cortex-R5,
# which QEMU has without anything around it. With `-icount shift=6` every instruction takes 64 ns of
# their time, so that a run is the same each time, and `sleep=off` lets time jump while the core
# sleeps: see `run`.
set(pawl_firmware_dir ${CMAKE_CURRENT_LIST_DIR})
set(PAWL_FIRMWARE_OPTIMISE -Os CACHE STRING "what images are compiled with that say nothing else")

if(CMAKE_SYSTEM_PROCESSOR STREQUAL "riscv")
    set(pawl_cores rv32)
else()
    set(pawl_cores m0 m3 m4 m7 m33 r5)
endif()

# pawl_core(NAME FAMILY FLAGS... MACHINE m ROM place RAM place HZ of the clock that the board counts)
macro(pawl_core name family)
    cmake_parse_arguments(core "" "MACHINE;ROM;RAM;HZ" "FLAGS" ${ARGN})
    set(pawl_${name}_family ${family})
    set(pawl_${name}_flags ${core_FLAGS})
    set(pawl_${name}_machine ${core_MACHINE})
    set(pawl_${name}_rom "ORIGIN = ${core_ROM}, LENGTH = 256K")
    set(pawl_${name}_ram "ORIGIN = ${core_RAM}")
    set(pawl_${name}_hz ${core_HZ})
endmacro()
# A core of another name that is like this one, so that single settings can be changed.
macro(pawl_core_like name other)
    foreach(setting IN ITEMS family flags machine rom ram hz)
        set(pawl_${name}_${setting} ${pawl_${other}_${setting}})
    endforeach()
endmacro()

pawl_core(m0 cortex_m FLAGS -mthumb -mcpu=cortex-m0
    MACHINE microbit ROM 0x00000000 RAM "0x20000000, LENGTH = 16K" HZ 16000000)
pawl_core(m3 cortex_m FLAGS -mthumb -mcpu=cortex-m3
    MACHINE mps2-an385 ROM 0x00000000 RAM "0x20000000, LENGTH = 16K" HZ 25000000)
pawl_core(m4 cortex_m FLAGS -mthumb -mcpu=cortex-m4
    MACHINE mps2-an386 ROM 0x00000000 RAM "0x20000000, LENGTH = 16K" HZ 25000000)
pawl_core(m7 cortex_m FLAGS -mthumb -mcpu=cortex-m7
    MACHINE mps2-an500 ROM 0x00000000 RAM "0x20000000, LENGTH = 16K" HZ 25000000)
pawl_core(m33 cortex_m FLAGS -mthumb -mcpu=cortex-m33
    MACHINE mps2-an505 ROM 0x10000000 RAM "0x38000000, LENGTH = 16K" HZ 20000000)
pawl_core(r5 cortex_r FLAGS -mthumb -mcpu=cortex-r5 -mfloat-abi=soft
    MACHINE cortex-r5 ROM 0x00000000 RAM "0x00100000, LENGTH = 16K" HZ 1000000000)
pawl_core(rv32 risc_v FLAGS -march=rv32imac -misa-spec=2.2 -mabi=ilp32 -mcmodel=medany
    --specs=picolibc.specs
    MACHINE virt ROM 0x80000000 RAM "0x80100000, LENGTH = 64K" HZ 10000000)

function(pawl_firmware_options target core)
    target_include_directories(${target} SYSTEM PRIVATE ${pawl_firmware_dir}/../../include)
    target_include_directories(${target} PRIVATE ${pawl_firmware_dir})
    target_compile_features(${target} PRIVATE cxx_std_20)
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
    target_compile_definitions(${target} PRIVATE BOARD_HZ=${pawl_${core}_hz} NDEBUG)
    target_compile_options(${target} PRIVATE
        ${pawl_${core}_flags} -ffreestanding -fno-exceptions -fno-rtti
        -fno-threadsafe-statics -ffunction-sections -fdata-sections
        -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wno-psabi -Wno-register)
    get_target_property(own ${target} PAWL_OPTIMISE)
    if(NOT own)
        set(own ${PAWL_FIRMWARE_OPTIMISE})
    endif()
    target_compile_options(${target} PRIVATE ${own})
endfunction()

function(pawl_firmware_objects target core)
    add_library(${target} OBJECT ${ARGN})
    pawl_firmware_options(${target} ${core})
endfunction()

# Further options after OPTIMISE, such as -O2.
function(pawl_firmware target core)
    cmake_parse_arguments(arg "" "OPTIMISE" "" ${ARGN})
    set(PAWL_ROM ${pawl_${core}_rom})
    set(PAWL_RAM ${pawl_${core}_ram})
    set(script ${CMAKE_CURRENT_BINARY_DIR}/${core}.ld)
    configure_file(${pawl_firmware_dir}/board/board.ld.in ${script} @ONLY)

    add_executable(${target} ${arg_UNPARSED_ARGUMENTS}
        ${pawl_firmware_dir}/board/startup_${pawl_${core}_family}.cpp)
    set_target_properties(${target} PROPERTIES
        SUFFIX .elf LINK_DEPENDS ${script} PAWL_OPTIMISE "${arg_OPTIMISE}")
    pawl_firmware_options(${target} ${core})
    target_link_options(${target} PRIVATE
        ${pawl_${core}_flags} -nostartfiles -nostdlib -T ${script} -Wl,--gc-sections)
    # For what the compiler calls by itself: copying memory, and division on the small core.
    if(pawl_${core}_family STREQUAL "risc_v")
        target_link_options(${target} PRIVATE -Wl,--no-warn-rwx-segments)
        set(copying -lc)
    else()
        set(copying -lc_nano)
    endif()
    target_link_libraries(${target} PRIVATE -Wl,--start-group ${copying} -lgcc -Wl,--end-group)
    add_custom_target(run-${target}
        COMMAND ${pawl_firmware_dir}/run ${pawl_${core}_machine} $<TARGET_FILE:${target}>
        DEPENDS ${target}
        USES_TERMINAL VERBATIM)
endfunction()
