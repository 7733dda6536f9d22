#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: a line of a system crontab runs as its user and with nothing of root's, when root started
# the program; without root only own lines run.
# Method: commands that tell who and where they are. Without root, only the second half.
# needs: crontab
# shellcheck disable=SC2016 # a command expands its variables, not this script
set -euo pipefail

crontab=$PAWL_EXAMPLES_DIR/crontab
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"
export WORK=$work SECRET=secret

show_and_fail() {
    head -n 30 out said
    exit 1
}
has() { grep -qxF -e "$2" "$1" || { echo "no line in $1: $2" && show_and_fail; }; }
has_like() { grep -qE -e "$2" "$1" || { echo "no line in $1 like: $2" && show_and_fail; }; }
# run STATUS COMMAND...: its output is in out and said
run() {
    local wanted=$1 got=0
    shift
    timeout 120 "$@" >out 2>said </dev/null || got=$?
    [ "$got" = "$wanted" ] || { echo "status $got, not $wanted" && show_and_fail; }
}

without_root=("$crontab")
if [ "$(id -u)" = 0 ]; then
    echo "root runs each line as its user"
    home=$(getent passwd nobody | cut -d: -f6)
    cat >system.cron <<END
@reboot nobody echo "\$(id -un) \$(id -G)"; echo "\$HOME \$LOGNAME \$USER \$SHELL \${SECRET-none}"
@reboot nobody touch $work/not_allowed; cat%input
@reboot root echo "\$(id -un) \$SECRET"
HOME=$work
LOGNAME=root
@reboot nobody pwd; echo "\$HOME \$LOGNAME"
@reboot root until grep -q system.cron:6:.nobody out || grep -q "$work nobody" out; do sleep 0.1; done; kill -TERM \$PPID
END
    run 0 "$crontab" --system --timeout 60s system.cron
    has out "system.cron:1: nobody $(id -G nobody)"
    has out "system.cron:1: $home nobody nobody /bin/sh none"
    has out "system.cron:2: input"
    has_like said '^system.cron:2: .*not_allowed.*ermission denied'
    [ ! -e not_allowed ]
    has out "system.cron:3: root secret"
    has out "system.cron:6: $work"
    has out "system.cron:6: $work nobody"

    echo "an unknown user is an error on the line, the others run"
    cat >unknown.cron <<END
@reboot no-such-user echo not reached
@reboot  no-such-user echo not reached
@reboot root kill -TERM \$PPID
END
    run 0 "$crontab" --system unknown.cron
    has said "unknown.cron:1:9: error: expected a user of this system, found 'no-such-user'"
    has said "unknown.cron:2:10: error: expected a user of this system, found 'no-such-user'"
    has said "crontab: 1 commands succeeded, 0 failed"
    [ ! -s out ]
    # It may be a file of another system that is looked at here.
    run 0 "$crontab" --check --system unknown.cron
    has said "unknown.cron:1:9: warning: no user of this system: 'no-such-user'"

    if ! command -v setpriv >/dev/null; then
        echo "skip: without root (missing program: setpriv)"
        exit 77
    fi
    cp "$crontab" program # the build folder may be root's alone
    without_root=(setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups ./program)
fi

echo "without root, only own lines run"
user=$(id -un)
[ "$user" != root ] || user=nobody
cat >own.cron <<END
@reboot another-user echo not reached
@reboot $user echo "reached \$SECRET"; kill -TERM \$PPID
END
run 0 "${without_root[@]}" --system own.cron
has said "own.cron:1: the line of user another-user does not run: this process runs as $user"
has out "own.cron:2: reached secret"
[ "$(wc -l <out)" = 1 ]
run 0 "${without_root[@]}" --check --system own.cron
[ ! -s said ]
