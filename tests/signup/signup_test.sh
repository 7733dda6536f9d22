#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: the two stories of examples/signup are told as its readers find them, in virtual time and
# with threads.
# Method: virtual.expected and live.lines have what it prints. A backup that has no target is tried
# and given up, each night anew.
# needs: signup
set -euo pipefail

example=$PAWL_SOURCE_DIR/examples/signup
expect=$PAWL_SOURCE_DIR/tests/house/run_example.sh
signup=$PAWL_EXAMPLES_DIR/signup

"$expect" "$example/virtual" "$signup" --config "$example/backup.conf"

printed=$("$signup" --config /nonexistent/backup.conf)
[ "$(grep -c 'backup: no target in /nonexistent/backup.conf' <<<"$printed")" = 10 ]
[ "$(grep -c '^03:00:30  backup: given up until tomorrow$' <<<"$printed")" = 2 ]
grep -qxF 'succeeded 7, failed 2, deleted 0, retried 10' <<<"$printed"

"$expect" "$example/live" "$signup" --live --config "$example/backup.conf"
