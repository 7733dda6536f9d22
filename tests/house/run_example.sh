#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Runs a program, which must end with status 0 and print what it should.
#   run_example.sh STEM PROGRAM [ARGUMENT...]
#
# STEM.expected, if it exists, is just what it prints. STEM.lines, if it exists, is for a program
# whose lines come in no fixed order or number: each line of the file is an extended regular
# expression, matches at least one printed line, and no printed line is left that none of them
# matches.
set -euo pipefail

stem=$1
shift

printed=$(mktemp)
trap 'rm -f "$printed"' EXIT
status=0
"$@" >"$printed" || status=$?
cat "$printed"
if [ "$status" -ne 0 ]; then
    printf 'ended with status %s\n' "$status"
    exit 1
fi
if [ -e "$stem.expected" ]; then
    diff -u "$stem.expected" "$printed"
fi
if [ -e "$stem.lines" ]; then
    while IFS= read -r line; do
        if ! grep -qxE -e "$line" "$printed"; then
            printf 'printed no line "%s"\n' "$line"
            status=1
        fi
    done <"$stem.lines"
    if grep -vxE -f "$stem.lines" "$printed"; then
        printf 'printed the lines above, which %s.lines does not name\n' "$stem"
        status=1
    fi
    exit "$status"
fi
