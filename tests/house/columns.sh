#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Checks that no line is longer than 100 columns, comments included, which clang-format leaves
# alone. What a compiler is expected to say may be longer.
#   columns.sh FILE...
set -euo pipefail

awk '
    length > 100 && !/^\/\/ EXPECT: / {
        printf "%s:%d: %d columns\n", FILENAME, FNR, length
        wrong = 1
    }
    END { exit wrong }
' "$@"
