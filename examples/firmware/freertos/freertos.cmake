# SPDX-License-Identifier: BSL-1.0
#
# pawl_freertos(NAME SOURCE...): an image NAME-m3 on FreeRTOS, and a target run-NAME-m3. Takes
# OPTIMISE as pawl_firmware does.
#
# The kernel is the user's, and is given by two paths, to CMake or in the environment:
#   FREERTOS_KERNEL   its folder, of which include/ and portable/GCC/ARM_CM3/ are used
#   FREERTOS_LIBRARY  what was built from it for a Cortex-M3, with FreeRTOSConfig.h of this folder:
#                     tasks, list, queue, timers and the port; no heap
include(${CMAKE_CURRENT_LIST_DIR}/../firmware.cmake)
set(pawl_freertos_dir ${CMAKE_CURRENT_LIST_DIR})

set(FREERTOS_KERNEL "$ENV{FREERTOS_KERNEL}" CACHE PATH "A folder of FreeRTOS' kernel")
set(FREERTOS_LIBRARY "$ENV{FREERTOS_LIBRARY}" CACHE FILEPATH
    "The kernel, built with FreeRTOSConfig.h of this example")
foreach(given IN ITEMS FREERTOS_KERNEL FREERTOS_LIBRARY)
    if(NOT EXISTS "${${given}}")
        message(FATAL_ERROR "${given} is to be a path: see examples/firmware/freertos/README.md")
    endif()
endforeach()

function(pawl_freertos name)
    pawl_firmware(${name}-m3 m3 ${ARGN} ${pawl_freertos_dir}/mps2_an385.cpp)
    target_include_directories(${name}-m3 PRIVATE ${pawl_freertos_dir})
    target_include_directories(${name}-m3 SYSTEM PRIVATE
        ${FREERTOS_KERNEL}/include ${FREERTOS_KERNEL}/portable/GCC/ARM_CM3)
    target_link_libraries(${name}-m3 PRIVATE ${FREERTOS_LIBRARY} -lc_nano)
endfunction()
