#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# timeout_s: 600
#
# Goal: what the data logger has said it stored, it sends, wherever power is cut; a log that was
# torn says so; and a sensor that hangs makes the watchdog bite. Method: a life of the logger is a
# process of the emulator, and only the file that plays its flash chip survives it.
#   1. three lives, whose output is compared with a file: one that is cut while it stores, one whose
#      sensor hangs, one that ends in order
#   2. lives that are cut in the middle of one operation of the chip after the other, each followed
#      by one that is not: every fourth operation on the Cortex-M0 and the Cortex-M3 together, a few
#      on the other cores. The chip stays the same: its blocks are filled and erased meanwhile.
#   3. the same in a life in which nobody hears the radio, so that readings lie in the log while it
#      goes round the whole chip, and are copied
# Which bytes of an operation are done differs from cut to cut; the next one is done by some bits.
set -euo pipefail
# shellcheck source=tests/firmware/firmware.sh
source "$PAWL_SOURCE_DIR/tests/firmware/firmware.sh"

memory_max=8192 # bytes, its stack included

# life CORE SECOND [OPERATION PARTS [HANGS [SILENT]]]: what the logger prints, and its status. See
# examples/firmware/data_logger_bench.hpp.
life() {
    local core=$1 status=0 arguments=data_logger word
    shift
    for word in "$@"; do
        arguments+=,arg=$word
    done
    (cd "$work" && run data_logger "$core" 6 \
        -semihosting-config "enable=on,target=native,arg=$arguments") || status=$?
    echo "status $status"
}

# Of a core's speed depends what happens first within a second, and how often a sensor had to wait.
alike() {
    sed -E -e 's/[1-9][0-9]* measurements, [1-9][0-9]* snoozes/some measurements, some snoozes/' \
        -e '/^operations of the chip|^bytes of memory/d' "$1" | LC_ALL=C sort
}

# account <LIVES: whether what was stored was sent, and what was torn was noticed.
account() {
    awk '
        BEGIN { life = 0; torn_at = -1 }
        /^[0-9:]+  stored: / { stored[substr($0, index($0, "stored: ") + 8)] = life }
        /^[0-9:]+  sent/ {
            text = substr($0, index($0, ": ") + 2)
            again += sent[text]++ > 0
        }
        /no room|cannot be used|asked/ {
            print "in a life: " $0
            bad = 1
        }
        # More is missing than the padding behind the last record, which is erased anyway.
        /^power cut, / {
            ++cuts
            place = $0
            torn = $3 == "programming" && $7 + 0 >= 88 && $11 - $8 > 8
            torn_at = torn ? life + 1 : -1
        }
        /readings in it/ && life == torn_at && !/its end torn/ {
            print "torn, and not noticed: " place
            bad = 1
        }
        /its end torn/ { ++noticed }
        /^status / {
            ++life
            if ($2 != 0 && $2 != 70) {
                print "a life ended with " $0
                bad = 1
            }
        }
        END {
            for (text in stored) {
                ++all
                if (!(text in sent) && stored[text] < life - 1) {
                    print "stored, and lost: " text
                    bad = 1
                }
            }
            for (text in sent) {
                unasked += !(text in stored)
            }
            if (unasked > cuts) {
                print "sent, and stored by nobody: " unasked
                bad = 1
            }
            printf "%d cuts, %d of them tore the log; %d readings stored, %d sent twice\n", cuts,
                noticed, all, again
            exit bad || cuts == 0 || all == 0
        }'
}

# ---- The check itself ----------------------------------------------------------------------------

good='00:00:01  stored: a
00:00:01  sent: a
power cut, programming block 1 at 544: 33 bytes of 56
status 70
00:00:12  a log, 1 readings in it, its end torn
status 0'
account <<<"$good" >"$work/said"
for wrong in 's/sent: a/sent: b/' 's/, its end torn//' 's/status 0/status 99/'; do
    if sed "$wrong" <<<"$good" | account >"$work/said"; then
        echo "account does not see $wrong"
        exit 1
    fi
done

# ---- Three lives ---------------------------------------------------------------------------------

status=0
for option in -O2 -Os; do
    # shellcheck disable=SC2046 # a word for each target
    build "$firmware" $(each data_logger)
    for core in $all_cores; do
        rm -f "$work/data_logger.flash"
        {
            life "$core" 86392 6900 600
            life "$core" 86520 0 0 2500
            life "$core" 86575
        } >"$work/printed"
        diff -u <(alike "$firmware/data_logger.expected") <(alike "$work/printed") || status=1
        memory=$(sed -nE 's/^bytes of memory: ([0-9]+),.*/\1/p' "$work/printed" | tail -1)
        echo "$core $option: $memory bytes of memory, $memory_max allowed"
        [ "$memory" -le $memory_max ] || status=1
    done
done

# ---- Power cuts ----------------------------------------------------------------------------------

# cuts CORE FIRST STEP
cuts() {
    local core=$1 operation=$2 second=0
    rm -f "$work/data_logger.flash"
    : >"$work/printed"
    while :; do
        life "$core" $second "$operation" $((operation * 377 % 1000)) >"$work/cut"
        life "$core" $((second + 12)) >>"$work/cut"
        cat "$work/cut" >>"$work/printed"
        # A life that was not cut has come to its end before this operation.
        grep -q '^power cut' "$work/cut" || break
        second=$((second + 24))
        operation=$((operation + $3))
    done
    printf '%s: ' "$core"
    account <"$work/printed" || status=1
}

# cuts_going_round CORE STEP
cuts_going_round() {
    local core=$1 operation
    rm -f "$work/data_logger.flash"
    {
        life "$core" 0 0 0 0 1
        life "$core" 12 0 0 0 1
    } >"$work/before"
    cp "$work/data_logger.flash" "$work/chip"
    for ((operation = 7; operation < 400; operation += $2)); do
        cp "$work/chip" "$work/data_logger.flash"
        {
            cat "$work/before"
            life "$core" 24 $operation $((operation * 377 % 1000)) 0 1
            life "$core" 36
            life "$core" 48
        } | grep -v 'no room' >"$work/printed"
        printf '%s, operation %d, silent: ' "$core" $operation
        account <"$work/printed" || status=1
    done
}

for core in $all_cores; do
    case $core in
    m0)
        cuts m0 1 8
        cuts_going_round m0 180
        ;;
    m3)
        cuts m3 5 8
        cuts_going_round m3 90
        ;;
    *)
        cuts "$core" 3 32
        cuts_going_round "$core" 397
        ;;
    esac
done
exit $status
