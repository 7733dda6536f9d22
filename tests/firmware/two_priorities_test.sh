#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: a control loop at interrupt level is not delayed by what the main loop does, however long
# that takes: no period without a step, and a jitter of so many instructions at most. Method: the
# example runs in QEMU, whose time is the instructions'; what it prints is compared with a file, its
# worst jitter with the table below. The same with the control loop polled by the main loop must
# miss periods and jitter, or this test sees nothing.
#
# Not on the Cortex-R5, whose board here has no interrupt that comes unasked.
set -euo pipefail
# shellcheck source=tests/firmware/firmware.sh
source "$PAWL_SOURCE_DIR/tests/firmware/firmware.sh"

cores=${all_cores/r5 /}

# CORE: instructions of jitter at most. Most steps have none. What there is, is control.poll()
# finding something else to do first: to put off the dead man's switch, or to run it.
jitter_max() {
    case $1 in
    m0) echo 760 ;;
    m3 | m4 | m7) echo 570 ;;
    m33) echo 580 ;;
    rv32) echo 650 ;;
    esac
}

# jitter_of CORE <PRINTED: the worst, in instructions of 64 ns
jitter_of() {
    local hz
    hz=$(sed -nE "s/^ *MACHINE $(machine_of "$1") .* HZ ([0-9]+).*/\1/p" "$firmware/firmware.cmake")
    awk -v hz="$hz" '/^  at most: / { printf "%d\n", ($3 * 1e9 / hz + 63) / 64 }'
}

# The wrong way: the timer's interrupt only counts, and the main loop polls both.
mkdir "$work/wrong"
sed -e '/^extern "C" void Tick_Handler/,/^}/{/^    control\.poll();$/d}' \
    -e 's/^\( *\)background\.poll(8ms);$/\1background.poll(8ms);\n\1control.poll();/' \
    "$firmware/two_priorities.cpp" >"$work/wrong/two_priorities.cpp"
cat >"$work/wrong/CMakeLists.txt" <<EOF
cmake_minimum_required(VERSION 3.20)
project(wrong_way LANGUAGES CXX)
include($firmware/firmware.cmake)
pawl_firmware(wrong_way-m3 m3 two_priorities.cpp)
EOF

targets=()
for core in $cores; do
    targets+=("two_priorities-$core")
done
status=0
# Optimised for speed there is less jitter; the table is for the smaller code.
option=-O2
build "$firmware" "${targets[@]}"
for core in $cores; do
    run two_priorities "$core" | sed '/^jitter/,$d' >"$work/printed"
    diff -u "$firmware/two_priorities.expected" "$work/printed" || status=1
done
option=-Os
build "$firmware" "${targets[@]}"
for core in $cores; do
    run two_priorities "$core" >"$work/printed"
    diff -u "$firmware/two_priorities.expected" <(sed '/^jitter/,$d' "$work/printed") || status=1
    jitter=$(jitter_of "$core" <"$work/printed")
    steps=$(sed -nE 's/^jitter of ([0-9]+) steps.*/\1/p' "$work/printed")
    echo "$core: jitter of $jitter instructions at most, $(jitter_max "$core") allowed; none in" \
        "$(sed -nE 's/^ +0 and more: +([0-9]+) steps/\1/p' "$work/printed") of $steps steps"
    [ "$jitter" -le "$(jitter_max "$core")" ] && [ "$steps" -ge 500 ] || status=1
done

rm -rf "$work/arm"
build "$work/wrong" wrong_way-m3
run wrong_way m3 >"$work/printed"
jitter=$(jitter_of m3 <"$work/printed")
missed=$(sed -nE '$!s/^  periods without a step: ([0-9]+)/\1/p' "$work/printed" | tail -1)
echo "polled by the main loop: jitter of $jitter instructions, $missed periods without a step"
if [ "$jitter" -lt 15000 ] || [ "$missed" -lt 100 ]; then
    echo "the test does not see a control loop that is delayed"
    status=1
fi
exit $status
