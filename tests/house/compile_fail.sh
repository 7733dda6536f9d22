#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Checks that a source does not compile, and why.
#   compile_fail.sh SOURCE -- COMPILER [OPTION...]
#
# Every line `// EXPECT: REGEX` of the source (an extended regular expression) must match what the
# compiler says. With -DPAWL_CONTROL it must compile: then nothing else is wrong with it.
set -euo pipefail
export LC_ALL=C # plain quotation marks in what compilers say

source=$1
shift 2
# Such a source declares things to name them; that they stay unused says nothing.
compile=("$@" -Wno-unused-variable -Wno-unused-const-variable -Wno-unused-function -fsyntax-only)

fail() {
    printf '%s: %s\n' "$source" "$1"
    exit 1
}

mapfile -t expectations < <(sed -n 's,^// EXPECT: ,,p' "$source")
[ "${#expectations[@]}" -gt 0 ] || fail "has no line '// EXPECT: REGEX'"

if said=$("${compile[@]}" "$source" 2>&1); then
    fail "compiles, but must not"
fi
for expectation in "${expectations[@]}"; do
    if ! grep -qE -e "$expectation" <<<"$said"; then
        printf '%s\n' "$said"
        fail "does not compile, but nothing above matches '$expectation'"
    fi
done
if grep -qi 'internal compiler error' <<<"$said"; then
    fail "breaks the compiler"
fi
"${compile[@]}" -DPAWL_CONTROL "$source" || fail "must compile with -DPAWL_CONTROL, but does not"
