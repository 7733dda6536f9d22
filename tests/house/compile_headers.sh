#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Compiles a source that is nothing but the given headers, each included twice.
#   compile_headers.sh HEADER... -- COMPILER [OPTION...]
set -euo pipefail

source=
while [ "$1" != -- ]; do
    source+="#include <$1>"$'\n'"#include <$1>"$'\n'
    shift
done
shift

"$@" -fsyntax-only -x c++ - <<<"$source"
