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

# Allowed, but for --no-calls.
calls=(
    'CONTROL_COPY memcpy'
    'CONTROL_DIVISION __aeabi_uldivmod'
)
build "$here/controls" all

failed=0
# should_fail WHAT OPTION...: WHAT is "CONTROL_X reason", of this core
should_fail() {
    local image=${1%% *}-$core.elf
    if said=$("$here/forbidden.sh" "${@:2}" "$(image "${1%% *}" $core)"); then
        printf 'should fail: %s %s\n' "${*:2}" "$image"
        failed=1
    elif ! grep -qF -e "$image: ${1#* }" <<<"$said"; then
        printf '%s should be "%s": %s\n' "$image" "${1#* }" "$said"
        failed=1
    fi
}
should_pass() {
    if ! said=$("$here/forbidden.sh" "${@:2}" "$(image "$1" $core)"); then
        printf 'should pass: %s %s\n' "${*:2}" "$said"
        failed=1
    fi
}
for core in m0 m3; do
    should_pass CONTROL_NOTHING
    should_pass CONTROL_NOTHING --no-calls
    for each in "${expected[@]}"; do
        should_fail "$each"
    done
    for each in "${calls[@]}"; do
        should_pass "${each%% *}"
        should_fail "$each" --no-calls
    done
done
exit "$failed"
