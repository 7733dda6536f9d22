# SPDX-License-Identifier: BSL-1.0
#
# Toolchain file: the GNU compiler for RISC-V cores without an operating system.
#
# Debian's comes without a C++ library. pawl needs headers of it only, and they are the same for
# every core: without own ones, those of arm-none-eabi-g++ are taken, over picolibc's for C.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv)
set(CMAKE_CXX_COMPILER riscv64-unknown-elf-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY) # a test program would need a board

execute_process(COMMAND sh -c "echo '#include <atomic>' | ${CMAKE_CXX_COMPILER} -E -x c++ -"
    RESULT_VARIABLE has_no_headers OUTPUT_QUIET ERROR_QUIET)
if(has_no_headers)
    execute_process(COMMAND arm-none-eabi-g++ -E -v -x c++ /dev/null
        OUTPUT_QUIET ERROR_VARIABLE places)
    string(REGEX MATCHALL "/[^ \n]*/c\\+\\+/[0-9.]+(/arm-none-eabi)?\n" places "${places}")
    string(REPLACE "\n" "" places "${places}")
    set(CMAKE_CXX_STANDARD_INCLUDE_DIRECTORIES ${places})
endif()
