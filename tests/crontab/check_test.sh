#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: wrong lines and wrong arguments are reported, and the exit status says so.
# Method: data/wrong.crontab has the expected column and words in a comment above each wrong line.
# needs: crontab
set -euo pipefail

crontab=$PAWL_EXAMPLES_DIR/crontab
wrong=$PAWL_SOURCE_DIR/tests/crontab/data/wrong.crontab
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# status STATUS ARGUMENT...: runs it, keeps what it says
status() {
    local wanted=$1 got=0
    shift
    "$crontab" "$@" >"$work/out" 2>"$work/said" </dev/null || got=$?
    if [ "$got" != "$wanted" ]; then
        printf 'status %s, not %s: crontab %s\n' "$got" "$wanted" "$*"
        cat "$work/out" "$work/said"
        exit 1
    fi
}
says() {
    if ! grep -qF -e "$1" "$work/said"; then
        printf 'should say: %s\n' "$1"
        cat "$work/said"
        exit 1
    fi
}

status 1 --check "$wrong"
errors=0
while IFS=: read -r line column words; do
    says "$wrong:$line:$column: error: $words"
    errors=$((errors + 1))
done < <(awk '/^# EXPECT / {
    column = $3
    sub(/:/, "", column)
    sub(/^# EXPECT [0-9]+: /, "")
    print NR + 1 ":" column ":" $0
}' "$wrong")
[ "$errors" -ge 15 ]
[ "$(grep -c ': error: ' "$work/said")" = "$errors" ]
[ ! -s "$work/out" ]

# The rest of the file still has a plan.
status 1 --plan --from 2026-01-01 --for 24h "$wrong"
[ "$(grep -vc '^#' "$work/out")" = 2 ]

printf '@daily true\n' >"$work/right"
status 0 --check "$work/right"
[ ! -s "$work/said" ]
status 0 --check "$work/right" "$work/right"
status 1 --check "$work/right" "$wrong"
status 0 --plan "$work/right"
status 0 --plan --for=72h --from=2026-02-27T22:00 -- "$work/right"
[ "$(grep -vc '^#' "$work/out")" = 3 ]

# System format by the file's place, or by option.
mkdir -p "$work/etc/cron.d"
printf '0 0 * * * root true\n' | tee "$work/etc/crontab" >"$work/etc/cron.d/some"
for file in "$work/etc/crontab" "$work/etc/cron.d/some"; do
    status 0 --plan --from 2026-01-01 --for 24h "$file"
    grep -qF ':1  root  true' "$work/out"
    status 0 --plan --from 2026-01-01 --for 24h --user "$file"
    grep -qF ':1  root true' "$work/out"
done
status 1 --check --system "$work/right"
says 'right:1:12: error: expected a command'

# The rule for two day fields: 13 March 2026 is a Friday, 2 March is the first Monday.
printf '0 0 13 * 5 dates\n0 0 */2 * 1 stars\n' >"$work/days"
count() { grep -c "  $1\$" "$work/out"; }
status 0 --plan --from 2026-03-01 --for 31d "$work/days"
[ "$(count dates) $(count stars)" = "4 2" ] # every Friday, the odd Mondays
status 0 --plan --from 2026-03-01 --for 31d --days vixie "$work/days"
[ "$(count dates) $(count stars)" = "4 2" ]
status 0 --plan --from 2026-03-01 --for 31d --days both "$work/days"
[ "$(count dates) $(count stars)" = "1 2" ]
status 0 --plan --from 2026-03-01 --for 31d --days=either "$work/days"
[ "$(count dates) $(count stars)" = "4 19" ]

# A wrong time zone.
printf 'CRON_TZ=Mars/Olympus_Mons\n@daily never\nCRON_TZ=UTC\n@daily utc\n' >"$work/mars"
status 1 --plan --from 2026-01-01 --for 24h "$work/mars"
says 'mars:1:9: error: expected a time zone that this system knows'
[ "$(grep -v '^#' "$work/out")" = "2026-01-01T00:00:00Z  $work/mars:4  utc" ]

# Standard input.
printf '0 0 30 2 * true\n' | "$crontab" --check - 2>"$work/said"
says 'stdin:1:1: warning: this date never comes'

status 2
says 'no file is named'
status 2 --nonsense "$work/right"
says 'unknown option --nonsense'
status 2 --plan=yes "$work/right"
says '--plan takes no value'
status 2 --plan --for 5 "$work/right"
says '--for needs a time'
status 2 --plan --from yesterday "$work/right"
says '--from needs a time'
status 2 --commands 0 "$work/right"
says '--commands needs a number'
for count in '' 0 x 1x 100001 -1; do
    status 2 --commands "$count" "$work/right"
    says '--commands needs a number from 1 to 100000'
done
for count in '' x 1x 256 -1; do
    status 2 --retries="$count" "$work/right"
    says '--retries needs a number from 0 to 255'
done
status 2 --days or "$work/right"
says '--days needs vixie, both or either'
status 2 --days
says '--days needs vixie, both or either'
status 2 --overlap=twice "$work/right"
says '--overlap needs allow, skip or queue'
status 2 --describe "$work/right"
says '--describe needs --plan or --check'
status 2 --describe=yes --check "$work/right"
says '--describe takes no value'
status 0 --check --describe "$work/right"
grep -qxF "$work/right:1  At 00:00  true" "$work/out"
status 2 --timeout
says '--timeout needs a time'
status 2 --check "$work/nowhere"
says 'cannot read'
status 2 --check "$work"
says 'Is a directory'
status 0 --help
grep -q '^usage: crontab' "$work/out"
status 0 -h

# More lines than there is room for is an error, not a shorter plan.
for ((i = 0; i < 1025; ++i)); do echo '0 0 1 1 * true'; done >"$work/many"
status 2 --plan --for 1h "$work/many"
says 'too many recurring jobs'
head -n 1024 "$work/many" >"$work/room"
status 0 --plan --from 2026-01-01 --for 1h "$work/room"
[ "$(grep -vc '^#' "$work/out")" = 1024 ]
echo "$errors wrong lines"
