#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: a scheduler without a journal pays nothing for there being one: its program has the same
# functions and objects, each of the same size, whether or not it includes what durable jobs need;
# and none of that code is in it.
# Method: one program, compiled twice, as it is written, for speed and for size, with and without
# exceptions. A third one with a journal shows that the comparison sees a difference where there is
# one. An optimizer orders instructions by numbers that declarations have in a translation unit, so
# with it only objects are compared one by one, and of functions all together.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "in_memory: $*" >&2
    exit 1
}
[ "$(uname -s)" = Linux ] || { echo "skip: symbols have sizes where programs are ELF" && exit 77; }
command -v nm >/dev/null || { echo "skip: no nm" && exit 77; }

cat >"$work/program.cpp" <<'END'
#ifdef WITH_HEADERS
#include <pawl/durability/file_medium.hpp>
#include <pawl/durability/flash_medium.hpp>
#include <pawl/scheduler/durable_scheduler.hpp>
#endif
#include <pawl/pawl.hpp>

using namespace std::chrono_literals;
using namespace pawl::literals;

struct counts {
    static constexpr std::string_view job_type = "counts";
    int* runs;
    void operator()() const { ++*runs; }
};
#ifdef WITH_JOURNAL
struct number {
    static constexpr std::string_view job_type = "number";
    int value;
    void operator()() const {}
};
using journal = pawl::journal<pawl::file_medium, pawl::job_types<number>>;
using scheduler = pawl::scheduler<pawl::limits{.workers = 2}, pawl::std_platform, journal>;
scheduler jobs{pawl::file_medium{"in_memory.wal"}, pawl::deferred_start};
#else
using scheduler = pawl::scheduler<pawl::limits{.workers = 2}>;
scheduler jobs{pawl::deferred_start};
#endif

int main() {
    int runs = 0;
    jobs.start();
    auto first = jobs.enqueue(counts{&runs}, {.retry = pawl::exponential_backoff(10ms)});
    jobs.then(first, counts{&runs});
    jobs.schedule(1ms, counts{&runs});
    jobs.recurring("heartbeat", "* * * * * *"_cron, counts{&runs});
    auto batch = jobs.batch();
    batch.enqueue(counts{&runs});
    jobs.then(batch.seal(), counts{&runs});
    jobs.stop(pawl::drain);
    return runs == 0;
}
END

# NAME FLAG...: the program's symbols, each with its kind and its size. (Of sections, the size hangs
# on the order in which functions come, because of their alignment.)
build() {
    local name=$1
    shift
    "$CXX" -std=c++20 -I"$PAWL_SOURCE_DIR/include" "$@" "$work/program.cpp" -o "$work/$name" \
        -pthread -Wl,--build-id=none
    nm --defined-only -P "$work/$name" | cut -d' ' -f1,2,4 | LC_ALL=C sort >"$work/$name.names"
}
slack_bytes=256 # of all functions together, where they are optimized

# NAME: the bytes of its functions. (Those of templates are weak symbols: W.)
function_bytes() {
    local sum=0 size
    while read -r size; do
        ((sum += 16#$size))
    done < <(grep ' [TtWw] .' "$work/$1.names" | cut -d' ' -f3)
    echo "$sum"
}
# FLAG...: compares the two programs.
compare() {
    build plain "$@" &
    build included "$@" -DWITH_HEADERS &
    wait %1 || fail "the program does not compile with $*"
    wait %2 || fail "the program does not compile with $* and all headers"
    if grep -E 'record_log|log_writer|durable_jobs|job_book|crc32c' "$work/plain.names"; then
        fail "with $* the code of durable jobs is in a program that has none"
    fi
    [ -s "$work/plain.names" ] || fail "this test sees no symbols with $*"
    local another="with $* the program is another one if it only includes durable_scheduler.hpp"
    if [ "$1" = -O0 ]; then
        diff "$work/plain.names" "$work/included.names" || fail "$another"
        return
    fi
    diff <(grep -v ' [TtWw] ' "$work/plain.names") <(grep -v ' [TtWw] ' "$work/included.names") ||
        fail "$another"
    diff <(cut -d' ' -f1 "$work/plain.names") <(cut -d' ' -f1 "$work/included.names") ||
        fail "$another"
    local plain included
    plain=$(function_bytes plain)
    included=$(function_bytes included)
    ((included - plain <= slack_bytes && plain - included <= slack_bytes)) ||
        fail "$another: $plain and $included bytes of functions"
}
compare -O0
compare -O2
compare -Os
compare -O2 -fno-exceptions -fno-rtti
build durable -O2 -DWITH_HEADERS -DWITH_JOURNAL
grep -q 'log_writer' "$work/durable.names" || fail "this test sees no journal where there is one"
! cmp -s "$work/plain.names" "$work/durable.names" || fail "this test compares nothing"
