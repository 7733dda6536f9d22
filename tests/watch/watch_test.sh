#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: the tables of examples/watch show what goes on: a film under way, a paused queue, mails that
# are retried and one that has failed.
# Method: five pages in virtual time, which frames.expected has; and a live second, whose pages are
# written one over the other, and which ends by itself.
# needs: watch
set -euo pipefail

watch=$PAWL_EXAMPLES_DIR/watch
"$PAWL_SOURCE_DIR/tests/house/run_example.sh" "$PAWL_SOURCE_DIR/examples/watch/frames" \
    "$watch" --frames 5

printed=$(mktemp)
trap 'rm -f "$printed"' EXIT
"$watch" --seconds 1 >"$printed"
grep -q $'^\x1b\\[2J\x1b\\[H' "$printed"
for title in STATES QUEUES RUNNING RETRIES RECURRING FAILED TYPES; do
    grep -q "$title" "$printed"
done
if "$watch" --frames 0 2>"$printed"; then
    exit 1
fi
grep -q '^usage: ' "$printed"
