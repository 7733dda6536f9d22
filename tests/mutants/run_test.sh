#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: tests/mutants/run tells a dead mutant from one that survives, hangs, does not compile, is not
# there any more, or is measured by a test that fails anyway.
# Method: a table of mutants of version.hpp, whose test is a source of a line or two.
# requires: posix
set -euo pipefail

tree=${PAWL_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# A test lies below tests/; from there the way to ours goes through the root.
test_path() { printf '%s%s' "$(printf '%s' "$tree/tests" | sed -E 's|/[^/]+|../|g')" "${1#/}"; }

cat >"$work/major.cpp" <<'END'
#include <cstdlib>
#include <pawl/version.hpp>
int main() {
#ifdef HANGS
    for (volatile int major = PAWL_VERSION_MAJOR; major != 0;) {}
#endif
#ifdef TRAPS
    if (PAWL_VERSION_MAJOR != 0) __builtin_trap();
#endif
    return PAWL_VERSION_MAJOR == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
END
sed 's/== 0/== 77/' "$work/major.cpp" >"$work/fails.cpp"

# expect STATUS PATTERN FIND REPLACEMENT [FLAGS] [SOURCE]
expect() {
    local status=0 output
    {
        printf '# A table.\n\nmutant: probe\nheader: pawl/version.hpp\n'
        printf 'test: %s\n' "$(test_path "$work/${6:-major.cpp}")"
        printf 'flags: %s\nwhy: because\n' "${5:-}"
        printf '%s\n' "$3" | sed 's/^/-/'
        printf '%s\n' "$4" | sed 's/^/+/'
    } >"$work/table.txt"
    output=$(MUTANTS_TIMEOUT_S=2 "$tree/tests/mutants/run" --table "$work/table.txt" \
        --build "$work/build" 2>&1) || status=$?
    if [ "$status" -ne "$1" ] || ! grep -qE -e "$2" <<<"$output"; then
        failures=$((failures + 1))
        printf 'expected status %s and "%s", got %s and:\n%s\n' "$1" "$2" "$status" "$output"
    fi
}

major='#define PAWL_VERSION_MAJOR 0'
expect 0 '^dead .* failed' "$major" '#define PAWL_VERSION_MAJOR 1'
expect 0 '^dead .* hung' "$major" '#define PAWL_VERSION_MAJOR 1' -DHANGS
expect 0 '^dead .* died by signal' "$major" '#define PAWL_VERSION_MAJOR 1' -DTRAPS
expect 0 '^dead .* failed' 'PAWL_VERSION_MAJOR 0' 'PAWL_VERSION_MAJOR (1 & 1)'
expect 0 '^dead .* failed' "$major"$'\n''#define PAWL_VERSION_MINOR' \
    '#define PAWL_VERSION_MAJOR 1'$'\n''#define PAWL_VERSION_MINOR'
expect 1 '^SURVIVED .*because' "$major" '#define PAWL_VERSION_MAJOR 00'
expect 2 'does not compile' "$major" '#define PAWL_VERSION_MAJOR )'
expect 2 'is not in pawl/version.hpp' '#define PAWL_VERSION_MAYOR' '#define PAWL_VERSION_MAJOR 1'
expect 2 'more than once in pawl/version.hpp' '#define PAWL_VERSION_' '#define PAWL_VERSION_'
expect 2 'failed with nothing broken' "$major" '#define PAWL_VERSION_MAJOR 1' '' fails.cpp

[ "$failures" -eq 0 ]
