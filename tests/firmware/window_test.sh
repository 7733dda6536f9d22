#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: no submission is slept through, wherever in the main loop's way to sleep it comes; and no
# interrupt above BASEPRI is ever delayed. Method: see tests/firmware/images/window.cpp and
# priority.cpp. A core that looks and sleeps without masking must lose submissions, or this test
# sees nothing.
set -euo pipefail
# shellcheck source=tests/firmware/firmware.sh
source "$PAWL_SOURCE_DIR/tests/firmware/firmware.sh"

build "$PAWL_SOURCE_DIR/tests/firmware/images" \
    window-m0 window-m3 window_unmasked-m0 window_unmasked-m3 priority-m3

fail() {
    printf 'failed: %s\n' "$1"
    exit 1
}
# number TEXT LINE: what stands behind TEXT
number() { sed -nE "s/.*$1 ([0-9]+).*/\1/p" <<<"$2"; }

for core in m0 m3; do
    said=$(run window $core 8)
    printf '%s: %s\n' $core "$said"
    [ "$(number 'slept through' "$said")" = 0 ] || fail "a submission was slept through"
    [ "$(number 'not hit' "$said")" = 0 ] || fail "an instruction of the window was not hit"
    [ "$(number 'instructions of the window' "$said")" -gt 5 ] || fail "the window is too small ($said)"
    [ "$(number 'outside of the mask' "$said")" -gt 10 ] || fail "the mask was not crossed"

    said=$(run window_unmasked $core 8)
    printf '%s without a mask: %s\n' $core "$said"
    [ "$(number 'slept through' "$said")" -gt 0 ] || fail "the test does not see a lost wake-up"
done
run priority m3
