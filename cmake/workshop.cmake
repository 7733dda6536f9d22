# SPDX-License-Identifier: BSL-1.0
#
# What tests, examples and benchmarks share: their compile options, and the notes by which a source
# says where it wants to run. A new source is found by its place and name; no list names it.

# The same sources are built several times, each time in a build tree of its own (CMakePresets.json
# has the flags). The label is what differs here: it is the prefix and the CTest label of every
# test.
#   unit       every test, and the checks of the tree itself
#   noexcept   without exceptions and RTTI: all but `requires: exceptions`
#   asan       every test
#   tsan       what is labelled concurrent
set(PAWL_TEST_LABEL unit CACHE STRING "unit, noexcept, asan or tsan: prefix and label of the tests")
option(PAWL_LONG_TESTS "Also build what is labelled long" OFF)
set(PAWL_ORACLES_DIR ${PROJECT_BINARY_DIR}/oracles CACHE PATH
    "Where tests/run puts what tests compare with: npm packages, files of other packages")

set(PAWL_WARNINGS -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow)
set(PAWL_WARNINGS_STOP -Werror)
if(MSVC)
    set(PAWL_WARNINGS /W4 /permissive-)
    set(PAWL_WARNINGS_STOP /WX)
endif()

# -std=c++20, not gnu++20.
set(CMAKE_CXX_EXTENSIONS OFF)

add_library(pawl_workshop INTERFACE)
target_link_libraries(pawl_workshop INTERFACE pawl::pawl)
# A target whose property PAWL_WARNINGS_STOP is OFF is built in spite of them.
target_compile_options(pawl_workshop INTERFACE ${PAWL_WARNINGS}
    $<$<NOT:$<STREQUAL:$<TARGET_PROPERTY:PAWL_WARNINGS_STOP>,OFF>>:${PAWL_WARNINGS_STOP}>)
target_include_directories(pawl_workshop INTERFACE ${PROJECT_SOURCE_DIR}/tests)

# ThreadSanitizer of clang 14 cannot place its shadow where the kernel randomises more than 28 bits.
if(PAWL_TEST_LABEL STREQUAL "tsan")
    find_program(PAWL_SETARCH setarch)
    execute_process(COMMAND ${PAWL_SETARCH} -R true RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
    if(NOT failed)
        set(CMAKE_CROSSCOMPILING_EMULATOR ${PAWL_SETARCH} -R)
    endif()
endif()

# Reads a note of a source, a comment line such as `// labels: concurrent, long` (`#` in a script),
# into a list.
function(pawl_note source key out)
    file(STRINGS ${source} line REGEX "^(//|#) ${key}: " LIMIT_COUNT 1)
    string(REGEX REPLACE "^(//|#) ${key}: *" "" words "${line}")
    string(REGEX MATCHALL "[^, ]+" words "${words}")
    set(${out} ${words} PARENT_SCOPE)
endfunction()

# Whether a source takes part in this build tree. Its notes:
#   labels: concurrent       also under ThreadSanitizer
#   labels: long             only with --long
#   requires: exceptions     not without exceptions and RTTI
#   requires: posix          not on Windows
function(pawl_wanted source out)
    pawl_note(${source} labels labels)
    pawl_note(${source} requires requirements)
    set(wanted TRUE)
    if((PAWL_TEST_LABEL STREQUAL "tsan" AND NOT concurrent IN_LIST labels)
            OR (long IN_LIST labels AND NOT PAWL_LONG_TESTS)
            OR (PAWL_TEST_LABEL STREQUAL "noexcept" AND exceptions IN_LIST requirements)
            OR (NOT UNIX AND posix IN_LIST requirements))
        set(wanted FALSE)
    endif()
    set(${out} ${wanted} PARENT_SCOPE)
endfunction()

# Writes down which target holds which tests, so that `tests/run --only` builds no more than it
# runs. One line each: target|name of the test, or the start of it|source, if its cases have names
# too
set(PAWL_TEST_INDEX ${PROJECT_BINARY_DIR}/tests.index)
file(WRITE ${PAWL_TEST_INDEX} "")
function(pawl_index target name)
    file(APPEND ${PAWL_TEST_INDEX} "${target}|${name}|${ARGN}\n")
endfunction()
