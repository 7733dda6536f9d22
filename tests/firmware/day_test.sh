#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# timeout_s: 600
#
# Goal: a day at a tick of 1 us. The 32-bit counter wraps twenty times, and every job runs when a
# program on the host says it should: delays and periods from a microsecond to hours, moved and
# cancelled ones, a job each minute. Also where the counter begins just before a half and a whole
# turn. Method: images/day.cpp in virtual time, which jumps while the core sleeps; its runs are
# compared with day_oracle.cpp, which shares no code with them.
set -euo pipefail
# shellcheck source=tests/firmware/firmware.sh
source "$PAWL_SOURCE_DIR/tests/firmware/firmware.sh"

cores="m0 m3 $riscv_cores"
targets=()
for core in $cores; do
    targets+=("day-$core")
done
build "$PAWL_SOURCE_DIR/tests/firmware/images" "${targets[@]}"
"${CXX:-c++}" -std=c++20 -O1 "$PAWL_SOURCE_DIR/tests/firmware/day_oracle.cpp" -o "$work/oracle"

# How late a job may be when no other ran just before it: what a core takes from the timer's
# interrupt to the job, at 64 ns an instruction. To print a run is part of it.
most_late() {
    case $1 in
    m0) echo 600 ;;
    *) echo 300 ;;
    esac
}

# day CORE START_US SECONDS PRINTED
day() {
    local status=0
    run day "$1" 6 -semihosting-config \
        "enable=on,target=native,arg=day,arg=$2,arg=$3,arg=$4" >"$work/printed" || status=$?
    [ $status -eq 0 ] || echo "the image ended with status $status"
    printf '%-5s ' "$1"
    "$work/oracle" "$2" "$3" "$(most_late "$1")" <"$work/printed" || {
        tail -n 3 "$work/printed"
        return 1
    }
    return $status
}

for core in $cores; do
    day "$core" 0 86400 1
    day "$core" $(((1 << 31) - 5000000)) 7200 1
    day "$core" $(((1 << 32) - 5000000)) 7200 0
done
