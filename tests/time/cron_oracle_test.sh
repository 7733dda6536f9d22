#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: cron says what npm's croner and cron-parser say, where they mean the same; where they do
# not, the difference is one of those below.
# Method, expressions: random ones, at random times, until the two of them agreed on 20000; next()
# and prev() must be theirs under each of the rules for days that is theirs. croner is asked alone
# for what cron-parser does not know: W, LW, lists of #, years, Quartz's numbers, AND of two days.
# Method, zones: around every change of the clock from 2000 to 2040 in zones with odd rules,
# expressions that aim at it: their times, forward and backward, from many starts. The zone is a
# table that is read from the oracle, as a zone of the user's own; from 2027 on posix_tz must find
# the same times. Every time that is only ours or only an oracle's must be explained by one of
# these; their counts are printed.
#
#   croner, told what a fixed time is (it has an option for that):
#     fixed time at the gap's end, on another day: croner leaves it out. Apia had no 30 December
#       2011; what was planned for it comes when the 31st begins.
#   croner as it comes ("default"), which takes a list of times for an interval:
#     list in a gap: left out there, once at the gap's end here.
#     list in an overlap: on both passes there, on the first one here.
#   cron-parser ("parser"):
#     fixed time at the gap's end: there as long after it as it was planned after its beginning, or
#       left out.
#     fixed time on the first pass only: on the second, or on both, there.
#     interval: nothing for the times of a gap: there 2:40 comes, at 3:00 or at 3:40.
#     interval on both passes: on one of them there.
#     faults, which it proves itself: it leaves out what its own includesDate() includes, names a
#       time that is none of the expression's, steps on the spot until it gives up, or to and fro.
#
# PAWL_ORACLE_SEED repeats a run.
set -euo pipefail

oracles=$PAWL_SOURCE_DIR/tests/oracles
npm=$PAWL_ORACLES_DIR/npm
if ! command -v node >/dev/null; then
    echo "skip: comparison with croner and cron-parser (missing package: nodejs)"
    exit 77
fi
for package in croner cron-parser; do
    if [ ! -d "$npm/node_modules/$package" ]; then
        echo "skip: comparison with croner and cron-parser (missing npm package: $package)"
        exit 77
    fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
seed=${PAWL_ORACLE_SEED:-$((RANDOM * 32768 + RANDOM + 1))}
echo "seed $seed"

node "$oracles/cron_oracles.mjs" "$npm" zones >"$work/zones" &
zones=$!
"$CXX" -std=c++20 -O1 -I"$PAWL_SOURCE_DIR/include" -I"$PAWL_SOURCE_DIR/tests" \
    "$oracles/cron_oracle_check.cpp" -o "$work/check"
"$work/check" questions "$seed" 32000 >"$work/questions"
node "$oracles/cron_oracles.mjs" "$npm" expressions 20000 <"$work/questions" >"$work/expressions"
wait "$zones"

status=0
"$work/check" expressions 20000 <"$work/expressions" || status=1
"$work/check" zones <"$work/zones" || status=1
exit "$status"
