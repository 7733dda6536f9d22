#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: the adapter of FreeRTOS works, on the host and on the real kernel. Method: with declarations
# of our own it is compiled for two cores and tried on threads of the host. On the kernel, if one is
# given, the examples print what they should, no submission is slept through wherever it comes, and
# a platform's contract is kept; and it is counted what a submission costs.
#
#   FREERTOS_KERNEL=... FREERTOS_LIBRARY=... freertos_test.sh [--figures]
#
# For the two paths see examples/firmware/freertos/README.md. --figures prints the costs only.
set -euo pipefail
# shellcheck source=tests/firmware/firmware.sh
source "$PAWL_SOURCE_DIR/tests/firmware/firmware.sh"

stubs=$PAWL_SOURCE_DIR/tests/firmware/rtos_stubs
example=$firmware/freertos
given=false
if [ -n "${FREERTOS_KERNEL:-}" ] && [ -n "${FREERTOS_LIBRARY:-}" ]; then
    given=true
fi

fail() {
    printf 'failed: %s\n' "$1"
    exit 1
}

if [ "${1:-}" = --figures ]; then
    $given || fail "there are no figures without FREERTOS_KERNEL and FREERTOS_LIBRARY"
    for option in -Os -O2; do
        build "$stubs" cost-m3
        run cost m3 10 | sed "s/^/$option /"
    done
    exit
fi

# ---- With declarations ---------------------------------------------------------------------------

# shellcheck source=tests/firmware/rtos_stubs/stubs.sh
source "$stubs/stubs.sh"
try_on_host freertos
for core in m0 m3; do
    for source in "$example"/*.cpp "$stubs"/freertos_{window,conformance,cost}.cpp; do
        compile_for $core "$source" -I"$stubs/freertos" -I"$example" \
            -I"$PAWL_SOURCE_DIR/tests/firmware/images"
    done
done

if ! $given; then
    echo "compiled against declarations only: set FREERTOS_KERNEL and FREERTOS_LIBRARY to run it"
    exit
fi

# ---- On the kernel -------------------------------------------------------------------------------

build "$example" freertos-m3 workers-m3
for image in freertos workers; do
    run $image m3 >"$work/printed" || fail "$image: status $?"
    cat "$work/printed"
    diff -u "$example/$image.expected" "$work/printed"
done
rm -r "$work/arm"
build "$stubs" conformance-m3 window-m3 window_masked-m3

run conformance m3 >"$work/printed" || fail "conformance: status $?"
cat "$work/printed"
[ "$(grep -c ': ok$' "$work/printed")" = 2 ] || fail "the contract is broken"

# number TEXT LINE: what stands behind TEXT
number() { sed -nE "s/.*$1 ([0-9]+).*/\1/p" <<<"$2"; }
for image in window window_masked; do
    run $image m3 >"$work/printed" || fail "$image: status $?"
    sed "s/^/$image, /" "$work/printed"
    for sweep in interrupt task frozen owners; do
        said=$(grep "^$sweep: " "$work/printed") || fail "$image: $sweep has not come to its end"
        for each in lost late "slept through"; do
            [ "$(number ", $each" "$said")" = 0 ] || fail "$image: $sweep: $each"
        done
        # So many of its instructions that the window was hit, and not passed by.
        case $sweep in
        interrupt | task) hit="on the way to sleep" ;;
        *) hit="inside of a call" ;;
        esac
        [ "$(number "$hit" "$said")" -gt 400 ] || fail "$image: $sweep: not hit: $hit"
    done
done

for option in -Os -O2; do
    build "$stubs" cost-m3
    run cost m3 10 >"$work/printed" || fail "cost, $option: status $?"
    sed "s/^/$option /" "$work/printed"
    [ "$(grep -cE '^[a-z_]+ [0-9]+$' "$work/printed")" = 9 ] || fail "a cost is missing"
    grep -qE '^meter_check (99|10[01])$' "$work/printed" || fail "the meter does not count"
done
