// SPDX-License-Identifier: BSL-1.0
//
// A day on a clock of 32-bit microseconds, which wraps twenty times in it.
//
// What runs: periods from seconds to hours, chains of single delays from a microsecond to hours,
// delays on the edges of what the timers count, a job each minute of the wall clock, one whose time
// is moved again and again, and some that are cancelled. Every time follows from numbers that
// anybody can compute (day_oracle.cpp does), never from when something ran: a chain's next delay is
// shortened by as much as this one was late.
//
// Arguments: where the clock begins (microseconds), how long it runs (seconds), and whether each
// run is printed. Lines: "e JOB TIME", when a job was begun with (the low 32 bits); "r JOB TIME
// LATE", that it ran, and how late by its own account; and at last the sums of all.
#include <chrono>
#include <cstdint>

#include <pawl/scheduler/scheduler.hpp>

#include "board/semihosting.hpp"
#include "day_board.hpp"

using namespace std::chrono_literals;
using namespace pawl::literals;

namespace {

constexpr pawl::limits lean{.jobs = 24,
                            .job_bytes = 8,
                            .job_align = 4,
                            .edges = 0,
                            .batches = 0,
                            .recurring = 5,
                            .workers = 0,
                            .names = false,
                            .retries = false,
                            .reschedule = true};
constinit pawl::scheduler<lean, day::clock> jobs;

using us = std::chrono::duration<std::int64_t, std::micro>;

// ---- The numbers, as day_oracle.cpp has them ----------------------------------------------------

constexpr std::uint32_t periods = 4;
constexpr std::uint32_t period_us[periods][2] = {  // upper and lower half
    {0, 10'000'000},
    {0, 7'777'777},
    {0, 700'000'001},
    {2, 410'065'427}};
constexpr std::uint32_t first_chain = periods;
constexpr std::uint32_t chains = 8;
constexpr std::uint32_t minute = first_chain + chains;
constexpr std::uint32_t moved = minute + 1;
constexpr std::uint32_t never = moved + 1;
constexpr std::uint32_t job_count = never + 1;

constexpr std::uint32_t mix(std::uint32_t job, std::uint32_t number, std::uint32_t part) {
    std::uint32_t bits = job * 0x9E37'79B9U + number * 0x85EB'CA6BU + part * 0xC2B2'AE35U + 1;
    bits = (bits ^ bits >> 15) * 0x2C1B'3C6DU;
    bits = (bits ^ bits >> 12) * 0x297A'2D39U;
    return bits ^ bits >> 15;
}

std::uint64_t delay_of(std::uint32_t job, std::uint32_t number) {
    if (job == first_chain + chains - 1) {
        // On the edges of 2^28 microseconds.
        return (std::uint64_t{1 + mix(job, number, 0) % 40} << 28) + mix(job, number, 1) % 7 - 3;
    }
    if (job == first_chain + chains - 2) {
        return 1 + mix(job, number, 0) % 20'000'000;
    }
    // As likely some microseconds as some hours.
    const std::uint32_t bits = mix(job, number, 0) % 35;
    const std::uint64_t any = std::uint64_t{mix(job, number, 1)} << 32 | mix(job, number, 2);
    return 1 + (any & ((std::uint64_t{1} << bits) - 1));
}

// ---- What is recorded ---------------------------------------------------------------------------

bool prints = false;
std::uint64_t end_us = 0;

struct course {
    std::uint64_t due_us = 0;  // of its next run
    std::uint32_t ran = 0;
};
course courses[job_count];
std::uint32_t ran_in_all = 0;
std::uint32_t worst_us = 0;
std::uint32_t early = 0;
std::uint32_t hash = 0;

char* decimal(char* end, std::uint32_t value) {
    do {
        *--end = static_cast<char>('0' + value % 10);
        value /= 10;
    } while (value != 0);
    *--end = ' ';
    return end;
}

void print_line(char what, std::uint32_t job, std::uint32_t time, std::uint32_t late, bool is_run) {
    char text[40];
    char* first = text + sizeof text;
    *--first = '\0';
    *--first = '\n';
    if (is_run) {
        first = decimal(first, late);
    }
    first = decimal(first, time);
    first = decimal(first, job);
    *--first = what;
    semihosting::print(first);
}

void begin(std::uint32_t job, std::uint64_t now_us) {
    print_line('e', job, static_cast<std::uint32_t>(now_us), 0, false);
}

// A job runs, whose time was due_us. False: that is after the day.
bool record(std::uint32_t job, std::uint64_t now_us) {
    course& self = courses[job];
    if (self.due_us >= end_us) {
        return false;
    }
    early += now_us < self.due_us ? 1 : 0;
    const auto late = static_cast<std::uint32_t>(now_us - self.due_us);
    worst_us = late > worst_us ? late : worst_us;
    // The order is of no account: two may be due at once.
    hash += mix(static_cast<std::uint32_t>(self.due_us) - static_cast<std::uint32_t>(end_us),
                static_cast<std::uint32_t>((self.due_us - end_us) >> 32), job);
    ++self.ran;
    ++ran_in_all;
    if (prints) {
        print_line('r', job, static_cast<std::uint32_t>(now_us), late, true);
    }
    return true;
}

// ---- The jobs -----------------------------------------------------------------------------------

std::uint64_t now() { return day::clock::wide_now_us(); }

// So long after due_us, which has passed.
us rest_of(std::uint64_t due_us, std::uint64_t delay_us) {
    return us{static_cast<std::int64_t>(due_us + delay_us - now())};
}

void run_chain(std::uint32_t job) {
    course& self = courses[job];
    if (!record(job, now())) {
        return;
    }
    const std::uint64_t delay = delay_of(job, self.ran);
    self.due_us += delay;
    jobs.schedule(us{static_cast<std::int64_t>(self.due_us - now())}, [job] { run_chain(job); });
}

pawl::job_id id_of_moved;
pawl::job_id id_of_never;

void run_moved() {
    record(moved, now());
    id_of_moved = {};
}
void run_never() { record(never, now()); }

// Every ten seconds others get another time, or are taken back.
void manage(std::uint32_t number, std::uint64_t due_us) {
    if (number % 7 == 3) {
        const std::uint64_t delay =
            1 + mix(moved, number, 0) % (number % 2 == 0 ? 90'000'000U : 3'600'000'000U);
        courses[moved].due_us = due_us + delay;
        if (!jobs.reschedule(id_of_moved, rest_of(due_us, delay))) {
            id_of_moved = jobs.schedule(rest_of(due_us, delay), run_moved);
        }
    }
    if (number % 11 == 5) {
        id_of_never = jobs.schedule(2h, run_never);
    }
    if (number % 11 == 9) {
        jobs.cancel(id_of_never);
    }
}

void run_period(std::uint32_t job) {
    course& self = courses[job];
    const std::uint64_t due = self.due_us;
    if (!record(job, now())) {
        return;
    }
    self.due_us += std::uint64_t{period_us[job][0]} << 32 | period_us[job][1];
    if (job == 0) {
        manage(self.ran, due);
    }
}

template <std::uint32_t Job>
void begin_period() {
    constexpr std::uint64_t length = std::uint64_t{period_us[Job][0]} << 32 | period_us[Job][1];
    const std::uint64_t start = now();
    courses[Job].due_us = start + length;
    jobs.every(us{length}, [] { run_period(Job); });
    begin(Job, start);
}

void run_minute() {
    if (record(minute, now())) {
        courses[minute].due_us += 60'000'000;
    }
}

// ---- Arguments ----------------------------------------------------------------------------------

std::uint64_t next_number(const char*& text) {
    while (*text != '\0' && (*text < '0' || *text > '9')) {
        ++text;
    }
    std::uint64_t result = 0;
    for (; *text >= '0' && *text <= '9'; ++text) {
        result = 10 * result + static_cast<std::uint64_t>(*text - '0');
    }
    return result;
}

char arguments[80];

void print_sum(const char* name, std::uint32_t value) {
    semihosting::print(name);
    semihosting::print(value);
}

}  // namespace

extern "C" void Tick_Handler() { day::counter::on_tick(); }

int main() {
    const std::uintptr_t block[2] = {reinterpret_cast<std::uintptr_t>(arguments), sizeof arguments};
    semihosting::call(0x15, block);  // SYS_GET_CMDLINE
    const char* text = arguments;
    const std::uint64_t start_us = next_number(text);
    end_us = start_us + next_number(text) * 1'000'000;
    prints = next_number(text) != 0;

    day::clock::start(start_us);
    begin_period<0>();
    begin_period<1>();
    begin_period<2>();
    begin_period<3>();
    courses[minute].due_us = (now() / 60'000'000 + 1) * 60'000'000;
    jobs.recurring("minute", "0 * * * * *"_cron, run_minute);
    for (std::uint32_t job = first_chain; job < first_chain + chains; ++job) {
        const std::uint64_t begun = now();
        courses[job].due_us = begun + delay_of(job, 0);
        jobs.schedule(us{static_cast<std::int64_t>(courses[job].due_us - now())},
                      [job] { run_chain(job); });
        begin(job, begun);
    }

    std::uint32_t sleeps = 0;
    // What is due at the very end may be late.
    while (now() < end_us + 1'000'000) {
        jobs.poll();
        jobs.wait();
        ++sleeps;
    }

    print_sum("end ran ", ran_in_all);
    print_sum(" hash ", hash);
    print_sum(" worst ", worst_us);
    print_sum(" early ", early);
    print_sum(" never ", courses[never].ran);
    print_sum(" back ", day::steps_back);
    print_sum(" turns ", static_cast<std::uint32_t>((end_us >> 32) - (start_us >> 32)));
    print_sum(" sleeps ", sleeps);
    semihosting::print("\n");
    return 0;
}
