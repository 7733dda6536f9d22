#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: the firmware example does on a Cortex-M0 and on a Cortex-M3 what it should, to the
# millisecond, and the port of its README compiles. Method: both images run in QEMU, whose time is
# the instructions', and what they print is compared with a file.
set -euo pipefail
# shellcheck source=tests/firmware/firmware.sh
source "$PAWL_SOURCE_DIR/tests/firmware/firmware.sh"

build "$firmware" blink-m0 blink-m3 port-m0 port-m3
for core in m0 m3; do
    run blink $core >"$work/printed"
    cat "$work/printed"
    diff -u "$firmware/blink.expected" "$work/printed"
done

# The README shows the port as it is compiled.
port=$(sed -n '/^#include/,$p' "$firmware/port.cpp")
readme=$(cat "$firmware/README.md")
if [[ "$readme" != *"$port"* ]]; then
    echo "examples/firmware/README.md does not show examples/firmware/port.cpp"
    exit 1
fi
