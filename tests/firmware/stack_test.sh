#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: the stack that an operation takes has a bound, which is in a table and does not grow
# unseen. Method: stack_bound.sh sums frames along the worst path of the call graph, and fails where
# there is no bound; images/stack.cpp runs the operations in many states on a painted stack, and
# what is found there must not be more. stack.txt has the limits of both.
#
#   stack_test.sh            prints the table and checks it
#   stack_test.sh --figures  prints a new stack.txt
#
# A bound is of the operation as a function of its own, its return address and options included.
# Jobs and callables that the user has written come on top of those that run or destroy them.
set -euo pipefail
# shellcheck source=tests/firmware/firmware.sh
source "$PAWL_SOURCE_DIR/tests/firmware/firmware.sh"
# shellcheck source=tests/firmware/table.sh
source "$PAWL_SOURCE_DIR/tests/firmware/table.sh"

here=$PAWL_SOURCE_DIR/tests/firmware
cores="m3 m0"
build "$here/images" stack-m0 stack-m3

status=0

# bounds NAME CORE: of the operations of NAME-CORE
bounds() {
    "$here/stack_bound.sh" "$(image "$1" "$2")" "$work/arm/CMakeFiles/$1-$2.dir/"stack*.ci
}

# ---- The sums are right --------------------------------------------------------------------------

# should_refuse CONTROL CORE WHY
should_refuse() {
    if bounds "stack_$1" "$2" >/dev/null 2>"$work/said"; then
        echo "should be refused: stack_$1-$2"
        status=1
    elif ! grep -qF -e "$3" "$work/said"; then
        echo "stack_$1-$2 should be refused for \"$3\": $(cat "$work/said")"
        status=1
    fi
}
for core in $cores; do
    should_refuse RECURSION "$core" "recursion, by way of"
    should_refuse POINTER "$core" "a call by pointer, "
    should_refuse DYNAMIC "$core" "its frame has no constant size"
    # To the byte, but for the word that aligns an interrupt's registers, and for libraries, where
    # all paths count at once.
    bounds stack_SUMS "$core" >"$work/bounds"
    run stack_SUMS "$core" 4 >"$work/measured"
    awk -v core="$core" '
        FNR == NR { bound[$1] = $2; next }
        {
            slack = $1 ~ /interrupt/ ? 4 : $1 == "division" ? 32 : 0
            if ($2 > bound[$1] || $2 + slack < bound[$1]) {
                printf "stack_SUMS-%s: %s is %d, and was summed up to %d\n", core, $1, $2, bound[$1]
                bad = 1
            }
        }
        END { exit bad }' "$work/bounds" "$work/measured" || status=1
done

# ---- The figures ---------------------------------------------------------------------------------

: >"$work/figures"
for core in $cores; do
    for optimised in Os O2; do
        for kind in lean rich; do
            name=stack_$kind-$optimised
            bounds "$name" "$core" >"$work/bounds" || status=1
            run "$name" "$core" 4 >"$work/measured"
            awk -v of="$kind" -v where="$core -$optimised" '
                FNR == NR { bound[$1] = $2; next }
                {
                    printf "%s.%s_bound %s %d\n", of, $1, where, bound[$1]
                    printf "%s.%s_measured %s %d\n", of, $1, where, $2
                    if (!($1 in bound) || $2 + 0 > bound[$1] + 0) {
                        printf "%s %s %s: %d bytes, and the bound is %s\n", of, $1, where, $2,
                            bound[$1] > "/dev/stderr"
                        bad = 1
                    }
                }
                END { exit bad }' "$work/bounds" "$work/measured" >>"$work/figures" || status=1
        done
    done
done
if [ "${1:-}" = --figures ]; then
    new_limits "$here/stack.txt" "$work/figures" none 8
    exit $status
fi

# ---- The table -----------------------------------------------------------------------------------

echo "stack in bytes: bound, and the most that was measured"
awk -v cores="$cores" '
    {
        name = $1
        measured = sub(/_measured$/, "", name)
        sub(/_bound$/, "", name)
        if (!(name in seen)) { seen[name] = order[++count] = name }
        value[name " " $2 " " $3 " " measured] = $4
    }
    END {
        number = split(cores, core, " ")
        printf "%-32s", ""
        for (c = 1; c <= number; ++c) { printf " %14s %14s", core[c] " -Os", core[c] " -O2" }
        print ""
        for (i = 1; i <= count; ++i) {
            printf "%-32s", order[i]
            for (c = 1; c <= number; ++c) {
                for (o = 1; o <= 2; ++o) {
                    key = order[i] " " core[c] " " (o == 1 ? "-Os" : "-O2") " "
                    if (key "0" in value) {
                        printf " %8d %5d", value[key "0"], value[key "1"]
                    } else {
                        printf " %14s", "-"
                    }
                }
            }
            print ""
        }
    }' "$work/figures"
echo
within "$here/stack.txt" "$work/figures" || status=1
exit $status
