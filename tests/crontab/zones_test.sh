#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: the lines below CRON_TZ have its clock, in plans and in words, on both sides of a change.
# Method: where a zone is only an offset, the plan of data/varied.crontab is that of UTC, read from
# another clock; around changes, a table; for a year, a zone's name and its rules say the same.
# needs: crontab
# shellcheck disable=SC2016 # a command expands its variables, not this script
set -euo pipefail

crontab=$PAWL_EXAMPLES_DIR/crontab
varied=$PAWL_SOURCE_DIR/tests/crontab/data/varied.crontab
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# plan FROM TIME <CRONTAB: the times and commands of its firings
plan() {
    "$crontab" --plan --from "$1" --for "$2" - 2>/dev/null | sed '/^#/d; s/  stdin:[0-9]*  /  /'
}

echo "a zone without changes is UTC by another clock"
{
    grep -v '@reboot' "$varied" >lines
    "$crontab" --user --plan --from 2026-02-27T05:45 --for 72h lines 2>/dev/null |
        sed -n '/^2/{s/Z  lines/  lines/; p}' >wanted
    { printf 'CRON_TZ=<+0545>-5:45\n' && tail -n +2 lines; } >moved
    "$crontab" --user --plan --from 2026-02-27 --for 72h moved 2>/dev/null |
        sed -n '/^2/{s/+05:45  moved/  lines/; p}' >got
    [ "$(wc -l <wanted)" -gt 10000 ]
    head -n 1 lines | grep -q '^#' # took the place of no entry
    diff wanted got
}

echo "forward and back"
plan 2026-03-28T12:00 48h >got <<'END'
0 2 * * * utc
CRON_TZ=CET-1CEST,M3.5.0,M10.5.0/3
30 2 * * * fixed
*/30 1-3 29 * * interval
END
diff got - <<'END'
2026-03-29T01:00:00+01:00  interval
2026-03-29T01:30:00+01:00  interval
2026-03-29T03:00:00+02:00  fixed
2026-03-29T03:00:00+02:00  interval
2026-03-29T03:30:00+02:00  interval
2026-03-29T02:00:00Z  utc
2026-03-30T02:30:00+02:00  fixed
2026-03-30T02:00:00Z  utc
END
plan 2026-10-24T12:00 48h >got <<'END'
CRON_TZ=CET-1CEST,M3.5.0,M10.5.0/3
30 2 * * * fixed
*/30 2 25 * * interval
CRON_TZ=
30 2 * * SUN utc
END
diff got - <<'END'
2026-10-25T02:00:00+02:00  interval
2026-10-25T02:30:00+02:00  fixed
2026-10-25T02:30:00+02:00  interval
2026-10-25T02:00:00+01:00  interval
2026-10-25T02:30:00+01:00  interval
2026-10-25T02:30:00Z  utc
2026-10-26T02:30:00+01:00  fixed
END

echo "words"
printf '@reboot first\nCRON_TZ=<+0545>-5:45\n30 9 * * 1-5 next\n' >words
"$crontab" --check --describe words >got
diff got - <<'END'
words:1  At the start  first
words:3  At 09:30, Monday through Friday, in <+0545>-5:45  next
END
"$crontab" --plan --describe --from 2026-03-02 --for 24h words | grep -v '^#' >got
diff got - <<'END'
2026-03-02T00:00:00Z  words:1  At the start  first
2026-03-02T09:30:00+05:45  words:3  At 09:30, Monday through Friday, in <+0545>-5:45  next
END

echo "it runs by that clock, too"
# The hour that it is now at +12:00, and the next one, should it begin meanwhile.
hour=$(TZ=XXX-12 date +%-H)
hours=$hour,$(((hour + 1) % 24))
printf '%s\n' "* * $hours * * * echo not reached" 'CRON_TZ=XXX-12' \
    "* * $hours * * * echo reached; kill -TERM \$PPID" >runs
timeout 120 "$crontab" --seconds runs >out 2>said
grep -qx 'runs:3: reached' out
[ "$(grep -vc 'runs:3: reached' out)" = 0 ]

if [ ! -e "${TZDIR:-/usr/share/zoneinfo}/Europe/Berlin" ]; then
    echo "no names: this system has no database of time zones"
    exit 0
fi
echo "a name and its rules"
lines=$(printf '%s\n' '30 2 * * * a' '*/20 0-4 * * SUN b' '0 0 L * * c' '59 23 * * * d')
for zone in "Europe/Berlin CET-1CEST,M3.5.0,M10.5.0/3" \
    "Australia/Lord_Howe <+1030>-10:30<+11>-11,M10.1.0,M4.1.0" "Asia/Kathmandu <+0545>-5:45"; do
    plan 2026-01-01 52w >named <<<"CRON_TZ=${zone% *}
$lines"
    plan 2026-01-01 52w >rules <<<"CRON_TZ=${zone#* }
$lines"
    [ "$(wc -l <named)" -gt 1000 ]
    diff named rules
done
# The past is in the names only: a day is left out.
plan 2011-12-29 72h >got <<<'CRON_TZ=Pacific/Apia
0 12 * * * noon'
diff got - <<'END'
2011-12-29T12:00:00-10:00  noon
2011-12-31T00:00:00+14:00  noon
2011-12-31T12:00:00+14:00  noon
2012-01-01T12:00:00+14:00  noon
END
# TZDIR is where the names are.
mkdir -p zones/Mars
cp "${TZDIR:-/usr/share/zoneinfo}/Asia/Kathmandu" zones/Mars/Olympus_Mons
TZDIR=$work/zones plan 2026-01-01 24h >got <<<'CRON_TZ=Mars/Olympus_Mons
0 12 * * * noon'
diff got - <<<'2026-01-01T12:00:00+05:45  noon'
