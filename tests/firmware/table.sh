# SPDX-License-Identifier: BSL-1.0
#
# Sourced by the tests that compare figures with a file of limits. A figure is a line
#   FIGURE CORE OPTION VALUE
# and so is a limit, with whatever else after it; lines that begin with # are not.
# shellcheck shell=bash

# flash_of IMAGE: bytes of code, constants and initial data
flash_of() {
    arm-none-eabi-size "$1" | awk 'NR == 2 { print $1 + $2 }'
}

# meter_is_right VALUE: of meter_check. The compiler may put an instruction of its own before the
# second reading.
meter_is_right() {
    [[ $1 = 99 || $1 = 10[01] ]]
}

# within LIMITS FIGURES: each figure has a limit and is not above it, and each limit was measured;
# says which is not.
within() {
    awk -v limits="$(basename "$1")" '
        FNR == NR { if ($1 !~ /^#/ && NF) { limit[$1 " " $2 " " $3] = $4 } next }
        {
            key = $1 " " $2 " " $3
            if (!(key in limit)) {
                printf "%s: no limit in %s\n", key, limits
                bad = 1
                next
            }
            if ($4 + 0 > limit[key] + 0) {
                printf "%s: %d is above its limit, %d\n", key, $4, limit[key]
                bad = 1
            }
            delete limit[key]
        }
        END {
            for (key in limit) {
                printf "%s: was not measured\n", key
                bad = 1
            }
            exit bad
        }' "$1" "$2"
}

# new_limits LIMITS FIGURES BASE LEAST: the file of limits for these figures, with the comments of
# the present one. A figure may grow by 5 % of what it is over that of BASE (its name is
# WHAT.FIGURE), and by 2 % of itself in any case, for another compiler, and by LEAST; bytes of RAM
# not at all.
new_limits() {
    grep '^#' "$1" || true
    awk -v base="$3" -v least="$4" '
        FNR == NR { figure[$1 " " $2 " " $3] = $4; next }
        {
            of_base = $1
            sub(/^[^.]*/, base, of_base)
            of_base = of_base " " $2 " " $3
            added = (of_base in figure) ? $4 - figure[of_base] : $4
            added = of_base == $1 " " $2 " " $3 ? $4 : added
            slack = added * 0.05 > $4 * 0.02 ? added * 0.05 : $4 * 0.02
            slack = slack > least ? slack : least
            slack = $1 ~ /[.]bytes_/ ? 0 : slack
            print $1, $2, $3, $4 + (slack > int(slack) ? int(slack) + 1 : slack)
        }' "$2" "$2"
}
