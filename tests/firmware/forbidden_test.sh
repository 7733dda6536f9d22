#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: forbidden.sh, by which the gate keeps images free of what a small board has no room for,
# finds each such thing and names it. Method: an image for each, and one that has none of them.
set -euo pipefail
# shellcheck source=tests/firmware/firmware.sh
source "$PAWL_SOURCE_DIR/tests/firmware/firmware.sh"

here=$PAWL_SOURCE_DIR/tests/firmware
expected=(
    'CONTROL_DATA initial data: starts_at_five'
    'CONTROL_CONSTRUCTOR a constructor that runs before main'
    'CONTROL_DESTRUCTOR __aeabi_atexit'
    'CONTROL_NEW operator new'
    'CONTROL_MALLOC malloc'
    'CONTROL_VIRTUAL __cxa_pure_virtual'
    'CONTROL_ATOMIC __atomic_load_8'
)
build "$here/controls" all

failed=0
for core in m0 m3; do
    if ! said=$("$here/forbidden.sh" "$work/build/CONTROL_NOTHING-$core.elf"); then
        printf 'should pass: %s\n' "$said"
        failed=1
    fi
    for each in "${expected[@]}"; do
        image=${each%% *}-$core.elf
        if said=$("$here/forbidden.sh" "$work/build/$image"); then
            printf 'should fail: %s\n' "$image"
            failed=1
        elif ! grep -qF -e "$image: ${each#* }" <<<"$said"; then
            printf '%s should be "%s": %s\n' "$image" "${each#* }" "$said"
            failed=1
        fi
    done
done
exit "$failed"
