#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: bench/run builds, every benchmark does its work, and the rows are the promised JSON.
# Method: everything once, too short to mean anything, with the peers of this machine, whatever they
# are; check_rows.cmake reads the rows, and first has to refuse some that are wrong.
# timeout_s: 1200
set -euo pipefail

here=$PAWL_SOURCE_DIR/tests/bench
work=$PWD/bench_run
mkdir -p "$work"
export PAWL_BUILD_DIR=$work

fail() {
    printf 'error: %s\n' "$1" >&2
    exit 1
}
check_rows() { cmake -DROWS="$1" -DPARTS="$2" -P "$here/check_rows.cmake"; }

good='"part": "cron", "operation": "next", "ours": 12.5, "unit": "ns", "peers": {"other": 437}'
refused=(
    '{}'
    '['
    '[]'
    "[{$good, \"target\": 20, \"met\": false}]"
    "[{$good, \"target\": 10, \"met\": true}]"
    "[{$good, \"target\": \"10\", \"met\": true}]"
    "[{$good, \"target\": null}]"
    "[{$good, \"target\": null, \"met\": true, \"more\": 1}]"
    "[{$good, \"target\": null, \"met\": true, \"floors\": 2.5, \"more\": 1}]"
    "[{$good, \"target\": null, \"met\": true, \"floors\": 0}]"
    "[{$good, \"target\": null, \"met\": true, \"floors\": \"2.5\"}]"
    "[{${good/cron/wheel}, \"target\": null, \"met\": true}]"
    "[{${good/12.5/0}, \"target\": null, \"met\": true}]"
    "[{${good/437/0}, \"target\": null, \"met\": true}]"
)
for text in "${refused[@]}"; do
    printf '%s\n' "$text" >"$work/wrong.json"
    ! check_rows "$work/wrong.json" cron >/dev/null 2>&1 || fail "accepted $text"
done
accepted=('"target": null, "met": true' '"target": 12.5, "met": true' '"target": 9, "met": false'
    '"target": null, "met": true, "floors": 2.5')
for end in "${accepted[@]}"; do
    printf '[{%s, %s}]\n' "$good" "$end" >"$work/right.json"
    check_rows "$work/right.json" cron
done

run=$PAWL_SOURCE_DIR/bench/run
! "$run" nonsense >/dev/null 2>&1 || fail "took a part that does not exist"

"$run" --smoke --json "$work/all.json"
check_rows "$work/all.json" "queue;wheel;cron;pool;graph;jobs;journal;firmware"
