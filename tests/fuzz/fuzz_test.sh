#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: no bytes whatsoever crash, hang or confuse what reads texts and files.
# Method: the programs of this folder, each with libFuzzer under the sanitizers for addresses and
# undefined behaviour, from a few right texts on, for a number of inputs; one that takes a
# minute is a hang. The seed is printed; PAWL_FUZZ_SEED repeats a run, PAWL_FUZZ_RUNS makes it longer.
set -euo pipefail

folder=$PAWL_SOURCE_DIR/tests/fuzz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' \
    >"$work/probe.cpp"
if ! clang++ -fsanitize=fuzzer,address "$work/probe.cpp" -o "$work/probe" 2>/dev/null; then
    echo "skip: fuzzing (missing: clang++ with libFuzzer)"
    exit 77
fi
seed=${PAWL_FUZZ_SEED:-$((RANDOM * 32768 + RANDOM + 1))}
runs=${PAWL_FUZZ_RUNS:-60000}
echo "seed $seed, $runs inputs a program"

# A corpus of right texts, behind eight or four bytes of numbers.
mkdir "$work/cron" "$work/posix_tz" "$work/tzif" "$work/durability"
count=0
while IFS= read -r text; do
    count=$((count + 1))
    printf '\0\0\0\0\x65\0\0\0%s' "$text" >"$work/cron/$count"
    printf '\0\0\0\xC0\x65\0\0\0%s' "$text" >"$work/cron/$count.options"
done <<'END'
*/5 8-17 * * MON-FRI
30 9,17 L-3W,15 JAN-JUN/2 *
0 0 13 * FRI#2
0 0 * * 5L
0 0 0 29 2 MON 2024-2096/4
H H(0-7) H/5 * SUN
@every_minute
@every 1h30m
22-4/3 0 ? DEC 1#1,3#1
END
while IFS= read -r text; do
    count=$((count + 1))
    printf '\x65\0\0\0%s' "$text" >"$work/posix_tz/$count"
done <<'END'
CET-1CEST,M3.5.0,M10.5.0/3
<+1030>-10:30<+11>-11,M10.1.0,M4.1.0
EET-2EEST,M3.4.4/50,M10.4.4/50
<-02>2<-01>,J60/-1,300/24
END
for name in Europe/Berlin Pacific/Apia Asia/Kolkata; do
    if [ -f "/usr/share/zoneinfo/$name" ]; then
        count=$((count + 1))
        { printf '\x65\0\0\0'; cat "/usr/share/zoneinfo/$name"; } >"$work/tzif/$count"
    fi
done
# Logs that are really written: what durability_fuzz.cpp does, as bits; a seed; then two changes.
for bits in {0,1}:{0,1,2,3}:{1,2}:{3,40,200}; do
    IFS=: read -r blocks policy mode records <<<"$bits"
    choice=$(printf '%08x' $((blocks << 31 | 12 << 17 | records << 8 | mode << 4 | policy)))
    count=$((count + 1))
    printf "$(sed 's/../\\x&/g' <<<"$choice")\x12\x34\x56\x78" >"$work/durability/$count"
    printf "$(sed 's/../\\x&/g' <<<"$choice")\x12\x34\x56\x78\x50\x02\x01\x88\x80\x09" \
        >"$work/durability/$count.changed"
done
printf '\x40\0\0\0\0\0\0\0\x00\x1c\1\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0' \
    >"$work/durability/records"

build() {
    clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
        -I"$PAWL_SOURCE_DIR/include" "$folder/$1_fuzz.cpp" -o "$work/$1.run"
}
build cron &
build posix_tz
build tzif
wait %1
build durability

for program in cron posix_tz tzif durability; do
    # An input of durability is a log that is written, read, written and read again.
    if [ "$program" = durability ]; then
        runs=$((runs / 3))
    fi
    if ! "$work/$program.run" -runs="$runs" -seed="$seed" -timeout=60 -max_len=4096 \
        -print_final_stats=1 -verbosity=0 -artifact_prefix="$work/" "$work/$program" \
        >"$work/log" 2>&1; then
        tail -60 "$work/log"
        for found in "$work"/{crash,timeout,leak,oom}-*; do
            if [ -f "$found" ]; then
                echo "the input that does it:"
                od -c "$found" | head -40
            fi
        done
        exit 1
    fi
    # That it ran at all, and found its way into more than the first check.
    executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
    [ "$executed" -ge "$runs" ]
    echo "$program: $executed inputs"
done
