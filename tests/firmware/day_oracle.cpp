// SPDX-License-Identifier: BSL-1.0
//
// day_oracle: when everything in images/day.cpp has to run, and whether it did.
//
//   day_oracle START_US SECONDS MOST_LATE_US < what the image printed
//
// Goal: an opinion of its own. It shares no code with pawl or with the image, and computes in 64
// bits what the image does on a clock of 32. It reads when each job was begun with, makes the list
// of all times until the end, and compares:
//   - the number of runs, and a hash of all times, with what the image says;
//   - where runs are printed, each with the time that is next for its job, in 64 bits: the printed
//     32 bits are extended by the order of the lines. A run may be late by MOST_LATE_US after its
//     time, or after the run before it if that came later: only others that ran hold a job up.
// Exit status 0 if all of it agrees.
#include <algorithm>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

constexpr u64 second_us = 1'000'000;
constexpr u64 periods_us[] = {10'000'000, 7'777'777, 700'000'001, 9'000'000'019};
constexpr u32 period_count = 4;
constexpr u32 chain_count = 8;
constexpr u32 minute = period_count + chain_count;
constexpr u32 moved = minute + 1;
constexpr u32 never = moved + 1;
constexpr u32 job_count = never + 1;

u32 mix(u32 job, u32 number, u32 part) {
    u64 bits = (u64{job} * 2654435769 + u64{number} * 2246822507 + u64{part} * 3266489909 + 1) &
               0xFFFF'FFFF;
    bits = ((bits ^ bits >> 15) * 739982445) & 0xFFFF'FFFF;
    bits = ((bits ^ bits >> 12) * 695872825) & 0xFFFF'FFFF;
    return static_cast<u32>(bits ^ bits >> 15);
}

u64 chain_delay(u32 chain, u32 number) {
    const u32 job = period_count + chain;
    if (chain == chain_count - 1) {
        return u64{1 + mix(job, number, 0) % 40} * 268'435'456 + mix(job, number, 1) % 7 - 3;
    }
    if (chain == chain_count - 2) {
        return 1 + mix(job, number, 0) % (20 * second_us);
    }
    const u32 bits = mix(job, number, 0) % 35;
    const u64 any = u64{mix(job, number, 1)} * 4'294'967'296 + mix(job, number, 2);
    return 1 + any % (u64{1} << bits);
}

int failures = 0;
template <class... Arguments>
void failed(const char* format, Arguments... arguments) {
    if (++failures <= 20) {
        std::printf(format, arguments...);
        std::printf("\n");
    }
}

struct expected_run {
    u64 due_us;
    u64 tolerance_us;  // far times that were moved are rounded up
};

}  // namespace

int main(int count, char** arguments) {
    if (count != 4) {
        std::fprintf(stderr, "day_oracle START_US SECONDS MOST_LATE_US\n");
        return 2;
    }
    const u64 start = std::strtoull(arguments[1], nullptr, 10);
    const u64 end = start + std::strtoull(arguments[2], nullptr, 10) * second_us;
    const u64 most_late = std::strtoull(arguments[3], nullptr, 10);

    // ---- What was printed ----
    struct line {
        u32 job;
        u32 time;
        u32 late;
    };
    std::vector<line> begun;
    std::vector<line> runs;
    u32 said_ran = 0, said_hash = 0, said_worst = 0, said_early = 1, said_never = 1, said_back = 1;
    u32 said_turns = 0, said_sleeps = 0;
    bool ended = false;
    char text[200];
    while (std::fgets(text, sizeof text, stdin) != nullptr) {
        line read{};
        if (std::sscanf(text, "e %" SCNu32 " %" SCNu32, &read.job, &read.time) == 2) {
            begun.push_back(read);
        } else if (std::sscanf(text, "r %" SCNu32 " %" SCNu32 " %" SCNu32, &read.job, &read.time,
                               &read.late) == 3) {
            runs.push_back(read);
        } else if (std::sscanf(text,
                               "end ran %" SCNu32 " hash %" SCNu32 " worst %" SCNu32
                               " early %" SCNu32 " never %" SCNu32 " back %" SCNu32
                               " turns %" SCNu32 " sleeps %" SCNu32,
                               &said_ran, &said_hash, &said_worst, &said_early, &said_never,
                               &said_back, &said_turns, &said_sleeps) == 8) {
            ended = true;
        } else {
            failed("what is this: %s", text);
        }
    }
    if (!ended) {
        failed("the image did not come to its end");
    }

    // ---- What has to be ----
    std::vector<expected_run> expected[job_count];
    u32 begun_jobs = 0;
    for (const line& each : begun) {
        // Within the first second of the run.
        const u64 from = start + static_cast<u32>(each.time - static_cast<u32>(start));
        if (from > start + second_us || each.job >= minute || (begun_jobs >> each.job & 1) != 0) {
            failed("job %u begun with at %u?", each.job, each.time);
            continue;
        }
        begun_jobs |= 1U << each.job;
        auto& times = expected[each.job];
        if (each.job < period_count) {
            for (u64 due = from + periods_us[each.job]; due < end; due += periods_us[each.job]) {
                times.push_back({due, 0});
            }
        } else {
            const u32 chain = each.job - period_count;
            u32 number = 0;
            for (u64 due = from + chain_delay(chain, 0); due < end;
                 due += chain_delay(chain, ++number)) {
                times.push_back({due, 0});
            }
        }
    }
    if (begun_jobs != (1U << minute) - 1) {
        failed("not every job was begun with: %x", begun_jobs);
    }
    for (u64 due = (start / (60 * second_us) + 1) * (60 * second_us); due < end;
         due += 60 * second_us) {
        // The wall clock counts whole seconds, and a look at it may come just before one.
        expected[minute].push_back({due, second_us});
    }
    // The last move before its time counts.
    u64 pending = 0;
    u64 pending_tolerance = 0;
    const auto& managing = expected[0];
    for (u32 number = 1; number <= managing.size(); ++number) {
        const u64 at = managing[number - 1].due_us;
        if (pending != 0 && pending + pending_tolerance < at) {
            expected[moved].push_back({pending, pending_tolerance});
            pending = 0;
        } else if (pending != 0 && pending < at + 10'000) {
            failed("the test's numbers leave it open whether a move came in time");
        }
        if (number % 7 == 3) {
            const u64 delay =
                1 + mix(moved, number, 0) % (number % 2 == 0 ? 90 * second_us : 3600 * second_us);
            pending_tolerance = pending != 0 && delay >= 268'435'456 ? delay / 8'388'608 + 1 : 0;
            pending = at + delay;
        }
    }
    if (pending != 0 && pending < end) {
        expected[moved].push_back({pending, pending_tolerance});
    }

    u32 ran = 0;
    u32 hash = 0;
    for (u32 job = 0; job < job_count; ++job) {
        for (const expected_run& each : expected[job]) {
            const u64 from_end = each.due_us - end;
            hash += mix(static_cast<u32>(from_end), static_cast<u32>(from_end >> 32), job);
            ++ran;
        }
    }

    // ---- Whether it is ----
    if (said_ran != ran) {
        failed("%u runs, expected %u", said_ran, ran);
    }
    if (said_hash != hash) {
        failed("hash %u, expected %u", said_hash, hash);
    }
    if (said_turns != (end >> 32) - (start >> 32)) {
        failed("the clock made %u turns", said_turns);
    }
    if (said_early != 0 || said_never != 0 || said_back != 0) {
        failed("early %u, cancelled and yet run %u, clock steps back %u", said_early, said_never,
               said_back);
    }
    // A sleep for each run and each turn of the hardware's counter, and no more.
    const u64 seconds = (end - start) / second_us;
    if (said_sleeps > 2 * ran + 2 * seconds + 1000) {
        failed("%u sleeps", said_sleeps);
    }

    std::size_t next[job_count] = {};
    // Nothing runs before all are begun with.
    u64 now = start;
    for (const line& each : begun) {
        now += each.time - static_cast<u32>(now);
    }
    u64 latest = 0;  // beyond what others explain
    u64 latest_in_all = 0;
    for (const line& each : runs) {
        const u64 before = now;
        now += each.time - static_cast<u32>(now);
        if (each.job >= job_count || next[each.job] == expected[each.job].size()) {
            failed("job %u ran at %" PRIu64 ", and should not", each.job, now);
            continue;
        }
        const expected_run& wanted = expected[each.job][next[each.job]++];
        if (now < wanted.due_us) {
            failed("job %u, run %zu at %" PRIu64 ": early by %" PRIu64, each.job, next[each.job],
                   now, wanted.due_us - now);
            continue;
        }
        const u64 late = now - wanted.due_us;
        const u64 could = std::max(wanted.due_us + wanted.tolerance_us, before);
        const u64 unexplained = now > could ? now - could : 0;
        if (late != each.late || unexplained > most_late) {
            failed("job %u, run %zu at %" PRIu64 ": late by %" PRIu64 " (it says %u)", each.job,
                   next[each.job], now, late, each.late);
        }
        latest = std::max(latest, unexplained);
        latest_in_all = std::max(latest_in_all, late);
    }
    if (!runs.empty()) {
        if (runs.size() != ran) {
            failed("%zu runs are printed, expected %u", runs.size(), ran);
        }
        if (latest_in_all != said_worst) {
            failed("worst %u, and it was %" PRIu64, said_worst, latest_in_all);
        }
    }

    std::printf("%" PRIu64 " s from %" PRIu64
                " us: %u runs, %u turns of the clock, %u sleeps; "
                "moved %zu, each minute %zu",
                seconds, start, ran, said_turns, said_sleeps, expected[moved].size(),
                expected[minute].size());
    if (!runs.empty()) {
        std::printf("; late by at most %" PRIu64 " us", latest);
    }
    std::printf("%s\n", failures == 0 ? "" : ": FAILED");
    return failures == 0 ? 0 : 1;
}
