# SPDX-License-Identifier: BSL-1.0
#
# pawl_firmware(NAME CORE SOURCE...)         an image, and a target run-NAME
# pawl_firmware_objects(NAME CORE SOURCE...) compiles only
#
# CORE is m0 or m3. The machines are QEMU's models of real boards; with `-icount shift=6` every
# instruction takes 64 ns of their time, so that a run is the same each time, and `sleep=off` lets
# time jump while the core sleeps.
set(pawl_firmware_dir ${CMAKE_CURRENT_LIST_DIR})

set(pawl_m0_flags -mcpu=cortex-m0)
set(pawl_m0_machine microbit)
set(pawl_m0_rom "ORIGIN = 0x00000000, LENGTH = 256K")
set(pawl_m0_ram "ORIGIN = 0x20000000, LENGTH = 16K")
set(pawl_m0_hz 16000000)

set(pawl_m3_flags -mcpu=cortex-m3)
set(pawl_m3_machine mps2-an385)
set(pawl_m3_rom "ORIGIN = 0x00000000, LENGTH = 256K")
set(pawl_m3_ram "ORIGIN = 0x20000000, LENGTH = 16K")
set(pawl_m3_hz 25000000)

function(pawl_firmware_options target core)
    target_include_directories(${target} SYSTEM PRIVATE ${pawl_firmware_dir}/../../include)
    target_include_directories(${target} PRIVATE ${pawl_firmware_dir})
    target_compile_features(${target} PRIVATE cxx_std_20)
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
    target_compile_definitions(${target} PRIVATE BOARD_HZ=${pawl_${core}_hz} NDEBUG)
    target_compile_options(${target} PRIVATE
        -mthumb ${pawl_${core}_flags} -ffreestanding -fno-exceptions -fno-rtti
        -fno-threadsafe-statics -ffunction-sections -fdata-sections
        -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wno-psabi)
    get_target_property(own ${target} PAWL_OPTIMISE)
    if(NOT own)
        set(own -Os)
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

    add_executable(${target} ${arg_UNPARSED_ARGUMENTS} ${pawl_firmware_dir}/board/startup.cpp)
    set_target_properties(${target} PROPERTIES
        SUFFIX .elf LINK_DEPENDS ${script} PAWL_OPTIMISE "${arg_OPTIMISE}")
    pawl_firmware_options(${target} ${core})
    target_link_options(${target} PRIVATE
        -mthumb ${pawl_${core}_flags} -nostartfiles -nostdlib -T ${script} -Wl,--gc-sections)
    # For what the compiler calls by itself: copying memory, and division on the small core.
    target_link_libraries(${target} PRIVATE -Wl,--start-group -lc_nano -lgcc -Wl,--end-group)
    add_custom_target(run-${target}
        COMMAND ${pawl_firmware_dir}/run ${pawl_${core}_machine} $<TARGET_FILE:${target}>
        DEPENDS ${target}
        USES_TERMINAL VERBATIM)
endfunction()
