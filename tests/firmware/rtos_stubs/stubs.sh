# SPDX-License-Identifier: BSL-1.0
#
# Sourced by the tests of adapters, after firmware.sh: what is done with declarations only.
# shellcheck shell=bash

warnings=(-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror)

: "${work:?firmware.sh comes first}"

# try_on_host NAME: builds NAME_host.cpp, which plays the RTOS on threads, and runs it
try_on_host() {
    local here=$PAWL_SOURCE_DIR/tests/firmware/rtos_stubs
    "${CXX:-c++}" -std=c++20 -O1 -pthread "${warnings[@]}" -isystem "$PAWL_SOURCE_DIR/include" \
        -I"$PAWL_SOURCE_DIR/examples/firmware" -I"$here" -I"$here/$1" -I"$here/$1_host" \
        "$here/$1_host.cpp" -o "$work/$1_host"
    timeout 200 "$work/$1_host"
}

# compile_for CORE SOURCE OPTION...: as an image's, for m0 or m3
compile_for() {
    arm-none-eabi-g++ -mthumb -mcpu="cortex-$1" -std=c++20 -Os -ffreestanding -fno-exceptions \
        -fno-rtti -fno-threadsafe-statics "${warnings[@]}" -Wno-psabi -Wno-register -DNDEBUG \
        -DBOARD_HZ=25000000 -isystem "$PAWL_SOURCE_DIR/include" \
        -I"$PAWL_SOURCE_DIR/examples/firmware" "${@:3}" -c "$2" -o "$work/object.o"
}
