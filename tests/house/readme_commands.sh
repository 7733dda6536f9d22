#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Checks that the README shows the two commands, and runs the first one as it stands there.
#   readme_commands.sh TREE
set -euo pipefail
cd "$1"
tree=$PWD

compile='c++ -std=c++20 -O2 -pthread -Iinclude examples/quickstart.cpp -o quickstart'
quickstart="$compile && ./quickstart"
for command in "$quickstart" ./tests/run; do
    if ! grep -qxF -e "$command" README.md; then
        printf 'README.md: no line is just "%s"\n' "$command"
        exit 1
    fi
done
[ -x tests/run ]

# Elsewhere, because it leaves a program behind.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ln -s "$tree/include" "$tree/examples" "$work"
cd "$work"
"$tree/tests/house/run_example.sh" examples/quickstart bash -c "$quickstart"
