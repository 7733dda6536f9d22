#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: `crontab --plan` prints every firing, none too many, in order.
# Method: a file with some 230 lines of every kind, against a reference that asks for each minute
# whether a line fires: three days across a month's end, across a leap day and a year's end; and ten
# years across 2100 for the lines that fire once a day or less often.
# needs: crontab
set -euo pipefail

crontab=$PAWL_EXAMPLES_DIR/crontab
here=$PAWL_SOURCE_DIR/tests/crontab
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$CXX" -std=c++20 -O1 -I"$PAWL_SOURCE_DIR/tests" "$here/reference_plan.cpp" -o "$work/reference"

days_of() { echo $(($(date -u -d "$1" +%s) / 86400)); }

# compare FILE DAY HOUR HOURS
compare() {
    "$work/reference" "$(days_of "$2")" "$3" "$4" "$1" >"$work/wanted"
    "$crontab" --user --plan --from "$2T$(printf %02d "$3"):00" --for "$4h" "$1" 2>"$work/said" |
        tee "$work/plan" | grep -v '^#' >"$work/got"
    [ -s "$work/wanted" ]
    cmp "$work/wanted" "$work/got"
    grep -qx "# $(wc -l <"$work/wanted") firings" "$work/plan"
    head -n 1 "$work/plan" | grep -q 'time zone UTC'
    printf '%s: %s firings in %s hours from %s agree\n' \
        "${1##*/}" "$(wc -l <"$work/wanted")" "$4" "$2"
}

varied=$here/data/varied.crontab
compare "$varied" 2026-02-27 22 72
grep -c 'warning: this date never comes' "$work/said" | grep -qx 5
compare "$varied" 2028-02-28 0 72
compare "$varied" 2026-12-30 12 72

# Only fixed minutes and hours, each line at its old place.
awk '{ print (/^[ \t]*[0-9]+[ \t]+[0-9]+[ \t]/) ? $0 : "#" }' "$varied" >"$work/sparse.crontab"
compare "$work/sparse.crontab" 2095-12-31 0 87672

# The end and the beginning of a span: from is in it, its end is not.
printf '0 0 * * * true\n@reboot first\n' >"$work/edge"
[ "$("$crontab" --plan --from 2026-01-01 --for 24h "$work/edge" | grep -vc '^#')" = 2 ]
[ "$("$crontab" --plan --from 2026-01-01 --for 86401s "$work/edge" | grep -vc '^#')" = 3 ]
[ "$("$crontab" --plan --from 2026-01-01 --for 0s "$work/edge" | grep -vc '^#')" = 0 ]
printf '59 23 31 12 * true\n' >"$work/edge"
[ "$("$crontab" --plan --from 9999-12-31 --for 23h "$work/edge" | grep -vc '^#')" = 0 ]
[ "$("$crontab" --plan --from 9999-12-30 --for 47h59m "$work/edge" | grep -vc '^#')" = 0 ]
if "$crontab" --plan --from 9999-12-31 --for 24h "$work/edge" >/dev/null 2>"$work/said"; then
    echo "a plan beyond the year 9999 must be refused"
    exit 1
fi
grep -q 'before the year 10000' "$work/said"

# Several files, and seconds.
printf '*/20 * * * * * a\n' >"$work/a"
printf '30 * * * * * b\n' >"$work/b"
"$crontab" --seconds --plan --from 2026-01-01 --for 1m "$work/b" "$work/a" | grep -v '^#' |
    sed "s,$work/,," >"$work/got"
diff "$work/got" - <<'END'
2026-01-01T00:00:00Z  a:1  a
2026-01-01T00:00:20Z  a:1  a
2026-01-01T00:00:30Z  b:1  b
2026-01-01T00:00:40Z  a:1  a
END
