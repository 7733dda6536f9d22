#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: two cores, neither with compare-and-swap, share a scheduler behind a lock, and every job runs
# once. Method: see tests/firmware/images/two_cores.cpp; without the lock it must fail.
set -euo pipefail
# shellcheck source=tests/firmware/firmware.sh
source "$PAWL_SOURCE_DIR/tests/firmware/firmware.sh"

build "$PAWL_SOURCE_DIR/tests/firmware/images" two_cores-m33x2 two_cores_unlocked-m33x2
run two_cores m33x2 none
goes_wrong two_cores_unlocked m33x2
