#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: wal_inspect shows what is in a log, says what is wrong with it and where, saves what can be
# saved, and never writes to the log itself.
# Method: the log of golden/, as it is, damaged in one place, cut short; and what is no log.
# needs: wal_inspect
set -euo pipefail

inspect=$PAWL_EXAMPLES_DIR/wal_inspect
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log

# The rows of the text have an address and 16 bytes; what has no row is zeros.
head -c 4096 /dev/zero >"$log"
put() {  # HEX ADDRESS
    printf "$(sed 's/../\\x&/g' <<<"$1")" |
        dd of="$log" bs=1 seek="$2" conv=notrunc status=none
}
while read -r address bytes; do
    if [[ $address =~ ^[0-9a-f]{4}$ ]]; then
        put "$bytes" "$((16#$address))"
    fi
done <"$PAWL_SOURCE_DIR/tests/durability/golden/log_version_1.inc"

fail() {
    echo "wal_inspect $*" >&2
    exit 1
}
# STATUS LINE ARGUMENT...: ends so, and prints such a line (an extended regular expression).
expect() {
    local wanted=$1 line=$2 status=0 before
    shift 2
    before=$(cksum <"$log")
    "$inspect" "$@" >"$work/printed" 2>&1 || status=$?
    if [ "$status" -ne "$wanted" ] || ! grep -qxE -e "$line" "$work/printed"; then
        tail -n 20 "$work/printed"
        fail "$*: status $status, wanted $wanted and the line: $line"
    fi
    [ "$before" = "$(cksum <"$log")" ] || fail "$*: has written to the log"
}

# ---- dump ----
expect 0 '4 blocks of 1024 bytes, write unit 8' dump "$log"
expect 0 'block 4 at 3072: from sequence 57, behind block 3' dump "$log"
expect 0 '  65 at 3576, 8 bytes: run 2' dump "$log"
expect 0 '  66 at 3600, 28 bytes: job 5\.1 id 5 type 21222324 version 1 data 0' dump "$log"
expect 0 '  55 at 2496, 17 bytes: ended 2\.1 failed in batch 0\.9' dump "$log"
expect 0 '  53 .* state 3\.168496141 processing attempts 772 recoveries 2 cursor 84281096 .*' \
    dump "$log"
expect 0 '  62 .*: recurring 000000000000004d due_ns -1 paused' dump "$log"
expect 0 '  60 .* in batch 1\.1633837924 behind \(when 6\) 1903325952\..* due_ns 3.* data 18 .*' \
    dump "$log" send_mail
[ "$(grep -c '^block' "$work/printed")" = 4 ]
[ "$(grep -c '^  [0-9]' "$work/printed")" = 67 ]

# ---- verify ----
expect 0 'ends in a torn write at 3648, sequence 67' verify "$log"
expect 0 'blocks that count 3, records 46, torn bytes 32, damage 0' verify "$log"

# ---- repair: of what is torn, nothing is lost ----
expect 0 "saved to $work/saved" repair "$log" "$work/saved"
expect 2 '.*File exists' repair "$log" "$work/saved"
expect 2 '.*' repair "$log" "$log"
expect 0 'clean, ends at .*' verify "$work/saved"
expect 0 '.*: job 3\.168496141 id 72623859790382856 .* data 18 .*' \
    dump "$work/saved"

# ---- damage: a record of the newest block, and one of a block whose end is known ----
put ff 3580
expect 0 '  65 at 3576: no record, to 65' dump "$log"
put 43 2500
expect 1 'damaged at 2496, sequence 55' verify "$log"
expect 0 "saved to $work/saved2" repair "$log" "$work/saved2"
expect 0 'clean, ends at .*' verify "$work/saved2"
expect 0 '.*: job 5\.1 .*' dump "$work/saved2"

# ---- cut short ----
head -c 3000 "$work/saved" >"$log"
expect 1 'the file is 72 bytes shorter than its blocks' verify "$log"

# ---- what is no log ----
: >"$work/empty"
head -c 5000 /dev/urandom >"$work/noise"
head -c 9000 /dev/zero >"$work/zeros"
expect 2 '.*/none: No such file or directory' verify "$work/none"
expect 2 '.*: Is a directory' verify "$work"
expect 2 '.*/empty: it is empty' dump "$work/empty"
expect 2 '.*/noise: it is no log, or no header of it is whole' verify "$work/noise"
expect 2 '.*/zeros: it is no log, or no header of it is whole' repair "$work/zeros" "$work/out"
[ ! -e "$work/out" ]
expect 2 'wal_inspect dump FILE .*' verify
expect 2 'wal_inspect dump FILE .*' mend "$log"
expect 2 '.*' repair "$work/saved2" "$work/no/such/folder"
echo "wal_inspect: dumps, verifies and repairs"
