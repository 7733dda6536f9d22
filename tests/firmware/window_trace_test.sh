#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: window_test.sh aims where it says, at each instruction between the scheduler's last look and
# the WFI. Method: QEMU writes down every instruction that it executes and every expiry of the timer;
# the window is each way from the `cpsid` before the image's one WFI to that WFI, a function that is
# called twice being two pieces of it, and the test fails unless the timer expired at each of its
# instructions. (The image itself knows only for how long an interrupt had to wait: what is masked
# has no program counter to show.)
#
# Only for PRIMASK: for WFE, with which the BASEPRI variant sleeps, QEMU does not sleep at all, so
# that no wake-up could be lost there.
set -euo pipefail
# shellcheck source=tests/firmware/firmware.sh
source "$PAWL_SOURCE_DIR/tests/firmware/firmware.sh"

# check FROM WFI SMALLEST <TRACE: an expiry at each instruction from FROM to WFI, of which there are
# SMALLEST or more. Addresses in hexadecimal digits, as objdump prints them.
check() {
    awk -v from="$1" -v wfi="$2" -v smallest="$3" '
        /^Trace / {
            match($0, /\/[0-9a-f]+\//)
            at = substr($0, RSTART + 1, RLENGTH - 2)
            sub(/^0+/, "", at)
            if (at == before) { next }  # begun again, for the timer came due in it
            before = at
            if (at == from) {
                masked = 1
                count = 0
            }
            if (masked) {
                place = ++count " " at
                path[count] = place
                if (count == 2) { behind = place }
                if (at == wfi) {
                    for (i = 1; i <= count; ++i) { window[path[i]] = 1 }
                    masked = 0  # what follows is sleep: its expiries belong to the WFI
                    asleep = 1
                }
            } else if (at != wfi) {
                asleep = 0
            }
            next
        }
        /^systick_timer_tick/ && (masked || asleep) { ++hits[place] }
        END {
            # QEMU steps over cpsid and what is behind it at once.
            hits[behind] += hits["1 " from]
            for (place in window) {
                ++size
                if (hits[place] == 0) {
                    split(place, part, " ")
                    printf "no interrupt was aimed at %s\n", part[2]
                    failed = 1
                }
            }
            if (size < smallest) {
                printf "a window of %d instructions only\n", size
                failed = 1
            }
            printf "%d instructions of the window, from %s to %s\n", size, from, wfi
            exit failed
        }'
}

# ---- The check itself ----------------------------------------------------------------------------

trace() {
    local each
    for each in "$@"; do
        case $each in
        tick) echo 'systick_timer_tick systick_timer_tick' ;;
        *) echo "Trace 0: 0x7f59c002a880 [00800400/0000$each/00000110/ff020201] name" ;;
        esac
    done
}
trace 0100 tick 0102 0104 tick 0106 tick 0108 | check 100 106 4
! trace 0100 tick 0102 0104 0106 tick 0108 | check 100 106 4 >"$work/said" || exit 1
grep -qx 'no interrupt was aimed at 104' "$work/said"
! trace 0100 tick 0102 0104 tick 0106 0108 tick | check 100 106 4 >"$work/said" || exit 1
grep -qx 'no interrupt was aimed at 106' "$work/said"
! trace 0100 tick 0102 0104 tick 0106 tick | check 100 106 5 >"$work/said" || exit 1

# ---- The images ----------------------------------------------------------------------------------

build "$PAWL_SOURCE_DIR/tests/firmware/images" window-m0 window-m3
one_by_one=(-singlestep)
if qemu-system-arm -accel help -help | grep -q one-insn-per-tb; then
    one_by_one=(-accel tcg,one-insn-per-tb=on) # its name from QEMU 8.1 on
fi
for core in m0 m3; do
    image=$(image window $core)
    arm-none-eabi-objdump -d "$image" >"$work/code"
    # The WFI, of which there is one, and the last cpsid before it.
    read -r from wfi < <(awk '
        $NF == "i" && $(NF - 1) == "cpsid" { from = $1 }
        $NF == "wfi" { ++count; print from, $1 }
        END { if (count != 1) exit 1 }' "$work/code" | tr -d ':')
    printf '%s: ' "$core"
    qemu-system-arm -M "$(machine_of $core)" -kernel "$image" -nographic -monitor none \
        -serial null -semihosting-config enable=on,target=native -icount shift=8,sleep=off \
        "${one_by_one[@]}" -d exec,nochain -trace systick_timer_tick -D /dev/fd/3 \
        </dev/null 3>&1 >/dev/null 2>&1 | check "$from" "$wfi" 8
done
