#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: the adapter of Zephyr does what a platform has to. Method: with declarations of our own, for
# Zephyr is not here: it is compiled for two cores and tried on threads of the host.
set -euo pipefail
# shellcheck source=tests/firmware/firmware.sh
source "$PAWL_SOURCE_DIR/tests/firmware/firmware.sh"
stubs=$PAWL_SOURCE_DIR/tests/firmware/rtos_stubs
# shellcheck source=tests/firmware/rtos_stubs/stubs.sh
source "$stubs/stubs.sh"

try_on_host zephyr
for core in m0 m3; do
    compile_for $core "$firmware/zephyr/main.cpp" -I"$stubs/zephyr"
done
echo "compiled against declarations only: Zephyr's own headers are not here"
