#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: the firmware example does on every core what it should, to the millisecond, and the port of
# its README compiles. Method: the images run in QEMU, whose time is the instructions', and what they
# print is compared with a file.
set -euo pipefail
# shellcheck source=tests/firmware/firmware.sh
source "$PAWL_SOURCE_DIR/tests/firmware/firmware.sh"

for option in -Os -O2; do
    # shellcheck disable=SC2046 # a word for each target
    build "$firmware" $(each blink port)
    for core in $all_cores; do
        echo "== $core $option"
        run blink "$core" >"$work/printed"
        cat "$work/printed"
        diff -u "$firmware/blink.expected" "$work/printed"
    done
done

# The README shows the port as it is compiled.
port=$(sed -n '/^#include/,$p' "$firmware/port.cpp")
readme=$(cat "$firmware/README.md")
if [[ "$readme" != *"$port"* ]]; then
    echo "examples/firmware/README.md does not show examples/firmware/port.cpp"
    exit 1
fi
