#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: `crontab FILE` runs commands as cron does, passes on what they say, and stops as promised.
# Method: short commands that tell by themselves when it is time to stop, by a signal to their
# parent: no test waits for a time to pass. The limit of two minutes only ends a test that hangs.
# The line that stops a crontab is its last one, or waits for what the others must do first: lines
# start one after the other, and a stop keeps those behind it from starting.
# needs: crontab
# shellcheck disable=SC2016 # a command expands its variables, not this script
set -euo pipefail

crontab=$PAWL_EXAMPLES_DIR/crontab
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export WORK=$work # commands find it in their environment

# run STATUS [OPTION...] <CRONTAB: runs it; its output is in out and said
run() {
    local wanted=$1 got=0
    shift
    cat >test.cron
    timeout 120 "$crontab" "$@" test.cron >out 2>said </dev/null || got=$?
    if [ "$got" != "$wanted" ]; then
        printf 'status %s, not %s\n' "$got" "$wanted"
        show
        exit 1
    fi
}
show() {
    echo "--- test.cron"
    head -n 20 test.cron
    echo "--- out"
    head -n 20 out
    echo "--- said"
    head -n 20 said
}
# has FILE LINE
has() {
    if ! grep -qxF -e "$2" "$1"; then
        printf 'no line in %s: %s\n' "$1" "$2"
        show
        exit 1
    fi
}
has_like() {
    if ! grep -qE -e "$2" "$1"; then
        printf 'no line in %s like: %s\n' "$1" "$2"
        show
        exit 1
    fi
}

echo "output, standard error and exit status; the line that stops it ends in peace"
run 0 --timeout 60s <<'END'
NAME = some value
60 * * * * a wrong line is reported, the rest runs
@reboot echo "out $NAME"; echo err >&2; printf unfinished; exit 3
@reboot echo "as $LOGNAME $USER in $PWD by $0"
@reboot kill -TERM $PPID; until grep -q stopping $WORK/said; do sleep 0.1; done; echo ended
END
has out "test.cron:3: out some value"
has out "test.cron:3: unfinished"
has said "test.cron:3: err"
has_like said "^test.cron:2:1: error: expected a minute"
has_like said "^test.cron:3: exit status 3 after "
has out "test.cron:5: ended"
has out "test.cron:4: as $(id -un) $(id -un) in $(cd && pwd -P) by /bin/sh"
has_like said "^crontab: stopping: [1-3] commands have 60 s to end"
has said "crontab: 2 commands succeeded, 1 failed"

echo "every second, until the third time"
run 0 --seconds <<'END'
* * * * * * echo tick | tee -a "$WORK/ticks"; [ "$(wc -l <"$WORK/ticks")" -lt 3 ] || { mkdir "$WORK/once" && kill -INT $PPID; }
END
[ "$(wc -l <ticks)" -ge 3 ]
has out "test.cron:1: tick"

echo "standard input by %, more of it than a pipe holds"
{
    printf '@reboot cat%%one%%two \\%% three\n'
    printf '@reboot read line || echo "no input"\n'
    printf '@reboot wc -c; kill -TERM $PPID%%'
    head -c 300000 /dev/zero | tr '\0' x
    printf '\n'
} | run 0
has out "test.cron:1: one"
has out "test.cron:1: two % three"
has out "test.cron:3: 300001"
has out "test.cron:2: no input"

echo "lines of several commands do not mix, and a line without end does not fill the memory"
run 0 <<'END'
@reboot i=0; while [ $i -lt 500 ]; do printf aaaa; printf 'bbbb\n'; i=$((i+1)); done
@reboot i=0; while [ $i -lt 500 ]; do printf cccc; printf 'dddd\n'; i=$((i+1)); done
@reboot head -c 100000 /dev/zero | tr '\0' z; kill -TERM $PPID
END
[ "$(grep -cx 'test.cron:1: aaaabbbb' out)" = 500 ] || { show; exit 1; }
[ "$(grep -cx 'test.cron:2: ccccdddd' out)" = 500 ] || { show; exit 1; }
[ "$(grep '^test.cron:3: z*$' out | sed 's/^test.cron:3: //' | tr -d '\n' | wc -c)" = 100000 ]

echo "the time to end is over: SIGTERM, then SIGKILL, with what the command started"
run 3 --timeout 0s <<'END'
@reboot sleep 1000
@reboot trap '' TERM; touch $WORK/trapped; sleep 1000; echo not reached
@reboot until [ -e $WORK/trapped ]; do sleep 0.1; done; kill -TERM $PPID; sleep 1000
END
has_like said "^test.cron:1: ended by signal 15 after "
has_like said "^test.cron:2: ended by signal 9 after "
has said "crontab: 0 commands succeeded, 3 failed"

echo "a second signal does not wait for the first one's time"
run 3 --timeout 1000s <<'END'
@reboot kill -TERM $PPID; kill -INT $PPID; sleep 1000
END
has_like said "^test.cron:1: ended by signal 15 after "

echo "a hundred long commands hold up nobody"
{
    for ((i = 0; i < 100; ++i)); do echo '@reboot sleep 1000'; done
    echo '@every_second echo tick; kill -TERM $PPID'
} | run 3 --timeout 0s
has out "test.cron:101: tick"

echo "not more commands at a time than allowed"
run 3 --timeout 0s --commands 2 <<'END'
@reboot sleep 1000
@reboot until grep -q 'not started' $WORK/said; do sleep 0.1; done; kill -TERM $PPID; sleep 1000
@reboot echo not reached
END
has said "test.cron:3: not started: 2 commands run, see --commands"

echo "what outlives its command may still speak"
run 0 <<'END'
@reboot runner=$PPID; (sleep 1; echo late; sleep 1; kill -TERM $runner) & echo early
END
has out "test.cron:1: early"
has out "test.cron:1: late"
has said "crontab: 1 commands succeeded, 0 failed"

echo "but it does not hold up the end"
run 0 --timeout 1000s <<'END'
@reboot sleep 1000 & echo $! >$WORK/outlives; kill -TERM $PPID
END
kill "$(cat outlives)" # it was there

echo "verbose"
run 0 --verbose <<'END'
@reboot kill -TERM $PPID; exit 0
END
has_like said '^test.cron:1: started as process [0-9]+: kill -TERM \$PPID; exit 0$'
has_like said '^test.cron:1: exit status 0 after '

echo "a time to run for"
run 0 --for 0s <<'END'
@daily echo not reached
END
run 0 --for 0s --timeout 100s <<'END'
@reboot echo reached
END

echo "environment: inherited, or a clean one"
run 0 <<'END'
PATH=/bin:/usr/bin:/nowhere
@reboot echo "$WORK $PATH"; kill -TERM $PPID
END
has out "test.cron:2: $WORK /bin:/usr/bin:/nowhere"
run 0 --clean-env <<'END'
LOGNAME=nobody
@reboot env; kill -TERM $PPID
END
has out "test.cron:2: PATH=/usr/bin:/bin"
has out "test.cron:2: SHELL=/bin/sh"
has out "test.cron:2: LOGNAME=$(id -un)"
if grep -q 'WORK=' out; then
    show
    exit 1
fi

echo "HOME and SHELL that do not exist"
run 0 <<'END'
HOME=/nowhere
@reboot pwd; kill -TERM $PPID
END
has out "test.cron:2: /"
has_like said "^test.cron:2: cannot enter HOME /nowhere, running in /: "
run 0 --for 1s <<'END'
SHELL=/nowhere
@reboot true
END
has_like said "^test.cron:2: cannot run SHELL /nowhere: "
has_like said "^test.cron:2: exit status 127 after "

echo "a command that failed runs again"
run 0 --retries 3 <<'END'
@reboot echo run >>$WORK/runs; [ "$(wc -l <$WORK/runs)" -ge 3 ] || exit 7; kill -TERM $PPID
END
has_like said "^test.cron:1: exit status 7 after .* s, runs again in 1 s \\(retry 1 of 3\\)$"
has_like said "^test.cron:1: exit status 7 after .* s, runs again in 2 s \\(retry 2 of 3\\)$"
has said "crontab: 1 commands succeeded, 0 failed, 2 retries"

echo "until its last retry has failed"
run 0 --retries 1 <<'END'
@reboot exit 7
@reboot until grep -q 'exit status 7 after [0-9.]* s$' $WORK/said; do sleep 0.1; done; kill -TERM $PPID
END
has said "crontab: 1 commands succeeded, 1 failed, 1 retries"

echo "a stop does not wait for retries"
run 0 --retries 255 --timeout 1000s <<'END'
@reboot exit 7
@reboot until grep -q 'retry 2 of 255' $WORK/said; do sleep 0.1; done; kill -TERM $PPID
END
has said "crontab: 1 commands succeeded, 1 failed, 1 retries"

echo "what cannot start is tried again, too"
run 0 --retries 1 --commands 1 <<'END'
@reboot until grep -q 'not started' $WORK/said; do sleep 0.1; done
@reboot kill -TERM $PPID
END
has said "test.cron:2: not started: 1 commands run, see --commands, runs again in 1 s (retry 1 of 1)"
has said "crontab: 2 commands succeeded, 0 failed, 1 retries"

echo "its time comes while it still runs: it runs twice"
run 0 --seconds <<'END'
* * * * * * echo >>$WORK/begun; until [ "$(wc -l <$WORK/begun)" -ge 2 ]; do sleep 0.1; done; mkdir $WORK/twice && kill -TERM $PPID; true
END

echo "or does not start"
run 0 --seconds --overlap skip <<'END'
* * * * * * mkdir $WORK/runs_now || echo overlap; until grep -q 'not started: it has not ended' $WORK/said; do sleep 0.1; done; rmdir $WORK/runs_now; kill -TERM $PPID
END
has said "test.cron:1: not started: it has not ended since its last time"
[ ! -s out ] || { show; exit 1; }

echo "also while it waits for a retry"
run 0 --seconds --overlap skip --retries 2 <<'END'
* * * * * * echo >>$WORK/skips; [ "$(wc -l <$WORK/skips)" = 3 ] || exit 7; kill -TERM $PPID
END
has_like said "^test.cron:1: not started: it has not ended since its last time"
has said "crontab: 1 commands succeeded, 0 failed, 2 retries"

echo "or starts when it has ended, as often as it was due"
run 0 --seconds --overlap queue --verbose <<'END'
* * * * * * mkdir $WORK/runs_now || echo overlap; echo >>$WORK/queued; until [ "$(grep -c 'waits for its end' $WORK/said)" -ge 3 ]; do sleep 0.1; done; rmdir $WORK/runs_now; [ "$(wc -l <$WORK/queued)" -lt 4 ] || kill -TERM $PPID
END
[ "$(wc -l <queued)" = 4 ] || { show; exit 1; }
if grep -q overlap out; then
    show
    exit 1
fi

echo "nothing to run"
run 1 <<'END'
# nothing
END
has said "crontab: nothing to run"
run 1 <<'END'
60 * * * * true
END

echo "several files"
printf '@reboot echo one\n' >one
printf '@reboot echo two; kill -TERM $PPID\n' >two
timeout 120 "$crontab" one two >out 2>said </dev/null
has out "one:1: one"
has out "two:1: two"
