#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: platform, queues, timers, calendar and scheduler do on every core what they do on the host,
# and the checks that say so are all made. Method: the conformance suite in QEMU, in three images a
# core; how many checks each part makes must be the same wherever the core has the same. Two broken
# boards must be found out, by the sentence that names what is wrong.
#
# timeout_s: 1800
set -euo pipefail
# shellcheck source=tests/firmware/firmware.sh
source "$PAWL_SOURCE_DIR/tests/firmware/firmware.sh"

images=$PAWL_SOURCE_DIR/tests/firmware/images/conformance
mapfile -t targets < <(each conformance_1 conformance_2 conformance_3)
broken_cores="m0 m3 $riscv_cores"
for core in $broken_cores; do
    targets+=("conformance_torn-$core" "conformance_unmasked-$core")
done
build "$images" "${targets[@]}"

status=0
for core in $all_cores; do
    echo "== $core"
    # The Cortex-R5 waits by counting, so that a minute is many instructions: longer ones.
    shift=6
    [ "$core" != r5 ] || shift=9
    for part in 1 2 3; do
        run conformance_$part "$core" $shift >"$work/said" || status=1
        # The sum of an image, and its stack, stand alone.
        sed -E 's/^(passed|stack) /    \1 /; s,[^ ]*/(conformance/[a-z_]+\.hpp),\1,' "$work/said"
        sed -nE "s/^([a-z].*[^ ]) +passed ([0-9]+) checks\$/$core,\1,\2/p" "$work/said" \
            >>"$work/counts"
    done
done

# ---- As many checks as elsewhere -----------------------------------------------------------------

# Cores with compare-and-swap have more queues; the Cortex-R5's board has no interrupt that could be kept away.
awk -F, '
    { class = $2 }
    $2 == "queues" && $1 == "m0" { class = $2 " without compare-and-swap" }
    $2 == "platform" && $1 !~ /^m/ { class = $2 " of " $1 }
    !(class in count) { count[class] = $3; first[class] = $1 }
    count[class] != $3 {
        printf "%s: %d checks on %s, but %d on %s\n", class, count[class], first[class], $3, $1
        wrong = 1
    }
    { ++parts[$1] }
    END {
        for (core in parts) {
            ++cores
            if (parts[core] != 8) {
                printf "%s: %d parts passed, not 8\n", core, parts[core]
                wrong = 1
            }
        }
        exit wrong || cores == 0
    }' "$work/counts" || status=1

# ---- Broken boards -------------------------------------------------------------------------------

# finds IMAGE CORE SENTENCE
finds() {
    if run "$1" "$2" >"$work/said"; then
        echo "$1-$2 should fail"
        status=1
    elif ! grep -qF -e "$3" "$work/said"; then
        cat "$work/said"
        echo "$1-$2 should say: $3"
        status=1
    fi
}
for core in $broken_cores; do
    finds conformance_torn "$core" ' is not atomic'
    finds conformance_unmasked "$core" \
        'sleep_until() sleeps through an interrupt that came after it asked'
done
exit "$status"
