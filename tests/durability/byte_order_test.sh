#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: a log is the same bytes on a machine of either byte order.
# Method: a program reads the log of golden/, writes it again and compares; for this machine, and
# for one that is big-endian, under an emulator. Without these there is nothing to tell: skipped.
set -euo pipefail

for tool in s390x-linux-gnu-g++ qemu-s390x; do
    if ! command -v "$tool" >/dev/null; then
        echo "skip: a machine of the other byte order (missing: $tool)"
        exit 77
    fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

source=$PAWL_SOURCE_DIR/tests/durability/golden/byte_order.cpp
flags=(-std=c++20 -O1 -Wall -Wextra -Werror -I"$PAWL_SOURCE_DIR/include")
"${CXX:-c++}" "${flags[@]}" "$source" -o "$work/native"
s390x-linux-gnu-g++ -static "${flags[@]}" "$source" -o "$work/big"
"$work/native"
qemu-s390x "$work/big" | tee "$work/printed"
grep -q '^big-endian: reads and writes version 1$' "$work/printed"
