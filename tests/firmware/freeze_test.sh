#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: a submission, a run, a cancellation, a poll, a look before sleep: each can be interrupted at
# every instruction by an interrupt that does the same things, and everything adds up afterwards; on
# cores with and without compare-and-swap, and by an interrupt in an interrupt.
#
# Method: see tests/firmware/images/freeze.hpp. That there was an interrupt at every instruction is
# seen here: QEMU writes down each instruction that an operation executes when nothing interrupts
# it, the image says where its interrupts came, and these have to be the same, one by one and in
# order. Left out are instructions at which interrupts are masked, from the one behind that which
# masks them to that which lets them in again: an interrupt is held off there, and comes behind it.
# Nothing else is left out: QEMU takes an interrupt before any instruction, also within an IT block,
# and between a load-exclusive and its store, which then fails.
#
# Broken platforms, whose faults are of one or two instructions each, must be found out.
set -euo pipefail
# shellcheck source=tests/firmware/firmware.sh
source "$PAWL_SOURCE_DIR/tests/firmware/firmware.sh"

# paths CODE <TRACE: for each window that was executed a line "window", then for each instruction of
# it its address, and 1 if interrupts are masked there. CODE is objdump's.
paths() {
    awk '
        FNR == NR {
            at = $1
            sub(/:$/, "", at)
            if (/cpsid|csrr?ci?[ \t].*mstatus/) { masks[at] = 1 }
            if (/msr.*PRIMASK|csr(r?si?|w)[ \t].*mstatus/) { lets_in[at] = 1 }
            # A window ends where it says, or where the timer wakes who sleeps in it.
            if (match($0, /<(freeze_(window|lower)(_end)?|SysTick_Handler|trap)>:$/)) {
                sub(/^0+/, "", at)
                name[at] = substr($2, 2, length($2) - 3)
            }
            next
        }
        /^Trace / {
            match($0, /\/[0-9a-f]+\//)
            at = substr($0, RSTART + 1, RLENGTH - 2)
            sub(/^0+/, "", at)
            if (at == before) { next }  # begun again, for a timer came due in it
            before = at
            if (at in name) {
                inside = name[at] == "freeze_window" || name[at] == "freeze_lower"
                if (inside) {
                    print "window"
                    masked = 0
                }
            }
            if (inside) {
                print at, masked
                if (at in masks) { masked = 1 }
                if (at in lets_in) { masked = 0 }
            }
        }' "$1" -
}

# compare PATHS SAID: fails unless the image was interrupted everywhere.
compare() {
    awk '
        FNR == NR {
            if ($1 == "window") {
                ++windows
            } else {
                path[windows, ++size[windows]] = $1
                masked[windows, size[windows]] = $2
            }
            next
        }
        /^window / {
            name = substr($0, 8)
            ++window
            places = 0
            next
        }
        /^at / { came[++places] = $2; next }
        /^[0-9]+ [0-9]+$/ {
            # The first aims are before the window, and the last ones behind it.
            place = 1
            while (place < places && came[place] != path[window, 1]) { ++place }
            met = held = section = longest = 0
            for (i = 1; i <= size[window]; ++i) {
                if (masked[window, i]) {
                    ++held
                    longest = ++section > longest ? section : longest
                    continue
                }
                section = 0
                if (place <= places && came[place] == path[window, i]) {
                    ++place
                    ++met
                } else if (++missed <= 5) {
                    print "bad: " name ": no interrupt at " path[window, i]
                }
            }
            printf "  %-24s %4d instructions, %4d interrupted, %4d masked, at most %d together\n",
                name, size[window], met, held, longest
            instructions += size[window]
            interrupted += met
            if (longest > 100) { print "bad: " name ": masked too long"; ++missed }
            next
        }
        { print }
        /^bad/ { ++missed }
        END {
            printf "  in all %d instructions, %d interrupted\n", instructions, interrupted
            if (window != windows) { printf "bad: %d windows of %d\n", window, windows }
            exit missed != 0 || window != windows || windows == 0
        }' "$1" "$2"
}

# ---- The comparison itself -----------------------------------------------------------------------

code() {
    printf '%s\n' '00000100 <freeze_window>:' ' 100: b510 push {r4}' ' 102: b672 cpsid i' \
        ' 104: 46c0 nop' ' 106: f384 8810 msr PRIMASK, r4' ' 10a: bd10 pop {r4, pc}' \
        '00000200 <freeze_window_end>:' ' 200: 4770 bx lr'
}
trace() { printf 'Trace 0: 0x7f00 [00800400/00000%s/00000110/ff020201] name\n' "$@"; }
said() {
    echo 'window one'
    printf 'at %s\n' "$@"
    echo '1 0'
}
code >"$work/code"
trace 0fe 100 102 102 104 106 10a 200 | paths "$work/code" >"$work/paths"
printf '%s\n' window '100 0' '102 0' '104 1' '106 1' '10a 0' | diff - "$work/paths"
expect() { # STATUS PLACE...
    local status=0
    said "${@:2}" >"$work/said"
    compare "$work/paths" "$work/said" >"$work/found" || status=$?
    if [ "$status" != "$1" ]; then
        printf 'failed: the comparison of %s\n' "${*:2}"
        cat "$work/found"
        exit 1
    fi
}
expect 0 fe 100 102 10a 200
expect 0 100 102 10a
expect 1 fe 100 10a 200     # not at each
expect 1 fe 100 102 200     # not at the last one
expect 1 fe 102 10a 200     # not at the first one
expect 1 100 102 104 10a    # where interrupts are masked
expect 1 100 10a 102        # in another order
expect 1 fe

# ---- The images ----------------------------------------------------------------------------------

cores="m0 m3 m3_masked $riscv_cores"
# Each broken image, and what has to be said of it.
declare -A broken=(
    [freeze_torn-m3]='did not run|ran twice|a slot'
    [freeze_unmasked-m0]='a slot'
    [freeze_drowsy-m3]='slept through'
)
if [ -n "$riscv_cores" ]; then
    broken[freeze_torn-rv32]=${broken[freeze_torn-m3]}
fi
# shellcheck disable=SC2046,SC2086 # a word for each target
build "$PAWL_SOURCE_DIR/tests/firmware/images/freeze" $(printf 'freeze-%s ' $cores) "${!broken[@]}"

one_by_one=(-singlestep)
if qemu-system-arm -accel help -help | grep -q one-insn-per-tb; then
    one_by_one=(-accel "tcg,one-insn-per-tb=on") # its name from QEMU 8.1 on
fi
shift=10 # aim::instruction_ns
for core in $cores; do
    echo "== $core"
    objdump="arm-none-eabi-objdump"
    [ "$core" != rv32 ] || objdump="riscv64-unknown-elf-objdump"
    "$objdump" -d "$(image freeze "$core")" >"$work/code"
    run freeze "$core" $shift -semihosting-config enable=on,target=native,arg=path \
        "${one_by_one[@]}" -d exec,nochain -D /dev/fd/3 3>&1 >/dev/null |
        paths "$work/code" >"$work/paths"
    status=0
    run freeze "$core" $shift >"$work/said" || status=$?
    compare "$work/paths" "$work/said"
    [ $status = 0 ] || exit 1
done

for each in "${!broken[@]}"; do
    if run "${each%-*}" "${each#*-}" $shift >"$work/said" ||
        ! grep -E "^(bad: .*(${broken[$each]})|fault$)" "$work/said" >"$work/found"; then
        tail "$work/said"
        echo "failed: $each was not found out"
        exit 1
    fi
    echo "== $each: $(head -1 "$work/found")"
done
