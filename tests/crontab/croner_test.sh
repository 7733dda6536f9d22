#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: the plan is the one that npm's croner computes, where both mean the same.
# Method: all lines of data/varied.crontab, but for those with */n in a day field: cron takes that
# for a star, croner does not. Of the lines above "Beyond cron" croner must take every one. needs:
# crontab
set -euo pipefail

crontab=$PAWL_EXAMPLES_DIR/crontab
varied=$PAWL_SOURCE_DIR/tests/crontab/data/varied.crontab
script=$PAWL_SOURCE_DIR/tests/oracles/croner_plan.mjs
npm=$PAWL_ORACLES_DIR/npm
if ! command -v node >/dev/null; then
    echo "skip: comparison with croner (missing package: nodejs)"
    exit 77
fi
if [ ! -d "$npm/node_modules/croner" ]; then
    echo "skip: comparison with croner (missing npm package: croner)"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# "LINE PATTERN" of each entry that both know.
awk '/^# Beyond cron/ { exit }
     /^@(reboot|every_minute)/ || !/^[ \t]*[0-9*@]/ { next }
     /^@/ { print NR, $1; next }
     $3 !~ /\*\// && $5 !~ /\*\// { print NR, $1, $2, $3, $4, $5 }' "$varied" >"$work/standard"
awk '/^# Beyond cron/ { beyond = 1 }
     beyond && /^[ \t]*[0-9*]/ && $3 !~ /\*\// { print NR, $1, $2, $3, $4, $5 }' \
    "$varied" >"$work/beyond"
[ "$(wc -l <"$work/standard")" -gt 170 ]

# compare PATTERNS FROM TO HOURS
compare() {
    node "$script" "$npm" "$2Z" "$3Z" <"$1" >"$work/said"
    grep -v '^refused' "$work/said" | sort >"$work/wanted"
    sed -n 's/^refused \([0-9]*\):.*/\1/p' "$work/said" >"$work/refused"
    # Only those lines, each at its old place.
    awk -v patterns="$1" -v refused="$work/refused" '
        BEGIN {
            while ((getline line <patterns) > 0) { split(line, word, " "); known[word[1]] = 1 }
            while ((getline line <refused) > 0) { delete known[line] }
        }
        { print (NR in known) ? $0 : "#" }' "$varied" >"$work/known.crontab"
    "$crontab" --user --plan --from "$2" --for "$4h" "$work/known.crontab" 2>/dev/null |
        awk '!/^#/ { n = split($2, place, ":"); print $1, place[n] }' | sort >"$work/got"
    [ -s "$work/wanted" ]
    diff "$work/wanted" "$work/got"
    printf '%s firings from %s agree, %s lines refused\n' \
        "$(wc -l <"$work/wanted")" "$2" "$(wc -l <"$work/refused")"
}

compare "$work/standard" 2026-02-27T22:00 2026-03-02T22:00 72
[ ! -s "$work/refused" ]
compare "$work/beyond" 2026-02-27T22:00 2026-03-02T22:00 72
# croner takes no range that wraps around, no step from one value on and no L-3, but W, L and #.
[ "$(wc -l <"$work/beyond")" -gt $(($(wc -l <"$work/refused") + 10)) ]
for patterns in standard beyond; do
    awk '$2 ~ /^[0-9]+$/ && $3 ~ /^[0-9]+$/' "$work/$patterns" >"$work/sparse"
    compare "$work/sparse" 2100-01-01T00:00 2101-01-01T00:00 8760
done
