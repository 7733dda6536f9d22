// SPDX-License-Identifier: BSL-1.0
//
// data_logger: measures, stores what it measured in flash, sends it when it can, and loses nothing
// when power is cut. Everything in it is a job of one scheduler.
//
//   measure   each 10 ms, a job for each sensor. While the radio has the bus it snoozes.
//   store     each second makes the means of that second a durable job, a reading: once the
//             scheduler has accepted it, it is in flash, and will be sent whatever the power does
//   reading   the durable job. It snoozes while the bus is busy, or nobody hears the radio.
//   report    each minute, by the calendar; once, if power was away for some of them
//   watch     feeds the watchdog if all periodic jobs were alive since it was fed last: so one that
//             hangs is noticed, though the main loop runs on
//
// How to see it: run it twice; what the first run could not send, the second one does. The hardware
// is played by data_logger_bench.hpp, which cuts the power if it is told to.
//
// At least once: if power goes after a reading was sent and before that is in flash, it is sent
// again. The receiver knows it by its time.
//
// What it takes: 4.9 KB of memory for the scheduler with 16 jobs and its journal, 7 KB for the
// program with its stack; and 30 KB of flash for its code.
#include <pawl/durability/flash_medium.hpp>
#include <pawl/scheduler/durable_scheduler.hpp>

#include "board/board.hpp"
#include "board/semihosting.hpp"
#include "data_logger_bench.hpp"

using namespace std::chrono_literals;
using namespace pawl::literals;

namespace {

// ---- Printing -----------------------------------------------------------------------------------

void say(const char* text) { semihosting::print(text); }
void say(std::uint32_t number) { semihosting::print(number); }
template <class... More>
void say(auto first, auto second, More... more) {
    say(first);
    say(second, more...);
}

void say_time(std::uint32_t second) {
    const std::uint32_t parts[] = {second / 3600 % 24, second / 60 % 60, second % 60};
    const char* before = "";
    for (const std::uint32_t part : parts) {
        say(before, part < 10 ? "0" : "", part);
        before = ":";
    }
}
void say_now(const char* what) {
    say_time(bench::second_of_day());
    say("  ", what);
}

// ---- What is measured ---------------------------------------------------------------------------

enum periodic : std::uint32_t { temperature = 1, pressure = 2, storing = 4, all_of_them = 7 };
std::uint32_t alive = 0;  // periodic jobs that were, since the watchdog was fed

std::uint32_t measured = 0;  // since the last report
std::uint32_t snoozes = 0;

struct sensor {
    periodic who;
    bool (*answers)();
    std::uint32_t (*value)();
    std::uint32_t sum = 0;
    std::uint32_t count = 0;

    pawl::outcome measure() {
        if (bench::bus_is_busy() || !answers()) {
            ++snoozes;
            return pawl::outcome::snooze(3ms);
        }
        sum += value();
        ++count;
        ++measured;
        alive |= who;
        return pawl::outcome::success();
    }
    // Of all since the last call; 0 if there was none.
    std::uint32_t take_mean() {
        const std::uint32_t mean = count == 0 ? 0 : sum / count;
        sum = count = 0;
        return mean;
    }
};
constinit sensor thermometer{temperature, bench::thermometer_answers, bench::temperature};
constinit sensor barometer{pressure, bench::barometer_answers, bench::pressure};

// ---- What must not be lost ----------------------------------------------------------------------

struct reading {
    static constexpr std::string_view job_type = "reading";
    std::uint32_t second;  // of the day
    std::uint32_t tenths_of_a_degree;
    std::uint32_t hectopascal;

    void say(const char* what) const {
        say_now(what);
        say_time(second);
        ::say(" ", tenths_of_a_degree / 10, ".", tenths_of_a_degree % 10, " degrees, ", hectopascal,
              " hPa\n");
    }

    // A snooze of a durable job is a record in flash: so not too often.
    pawl::outcome operator()(pawl::job_context& job) const {
        if (bench::bus_is_busy()) {
            return pawl::outcome::snooze(20ms);
        }
        if (!bench::radio_sends()) {
            return pawl::outcome::snooze(1s);
        }
        say(job.recovered() ? "sent, perhaps again: " : "sent: ");
        return pawl::outcome::success();
    }
};

// ---- The scheduler ------------------------------------------------------------------------------

constexpr pawl::limits sizes{.jobs = 16,
                             .job_bytes = 16,
                             .job_align = 4,
                             .edges = 0,
                             .batches = 0,
                             .recurring = 5,
                             .workers = 0,
                             .names = false,
                             .retries = false};
constexpr pawl::journal_limits log_sizes{.cells = 4,
                                         .waiters = 1,
                                         .buffer_bytes = 256,
                                         .blocks_max = bench::chip::sector_count,
                                         .recoveries_max = 100,  // a cut is not the job's fault
                                         .crc = pawl::crc_table::nibble};
using flash = pawl::flash_medium<bench::chip>;
using journal = pawl::journal<flash, pawl::job_types<reading>, log_sizes>;
using scheduler = pawl::scheduler<sizes, board::clock, journal>;

void store(scheduler& jobs) {
    const reading made{bench::second_of_day(), thermometer.take_mean(), barometer.take_mean()};
    const pawl::job_id accepted = jobs.enqueue(made, {.durability = pawl::synced});
    made.say(accepted ? "stored: " : "no room for ");
    alive |= storing;
}

void report() {
    say_now("a new minute: ");
    say(measured, " measurements, ", snoozes, " snoozes\n");
    measured = snoozes = 0;
}

void watch() {
    if (alive == all_of_them) {
        alive = 0;
        bench::feed_watchdog();
    }
}

}  // namespace

extern "C" void Tick_Handler() {
    board::clock::on_tick();
    if (bench::watchdog_bites()) {
        say_now((alive & temperature) == 0 ? "no temperature, " : "");
        say((alive & pressure) == 0 ? "no pressure, " : "");
        say((alive & storing) == 0 ? "nothing stored, " : "");
        bench::end("the watchdog bites\n", bench::watchdog_bit);
    }
}

int main() {
    bench::chip::power = bench::read_orders();
    board::clock::set_wall(std::chrono::sys_days{std::chrono::year{2026} / 12 / 31} +
                           std::chrono::seconds{bench::chip::power.second});
    board::start();

    // Here and not global: with a journal it is not all zeros, and closes its log when it ends.
    scheduler jobs{flash{}, pawl::deferred_start};
    const pawl::durable_start opened = jobs.start();
    if (!opened) {
        say("the log cannot be used: ", describe(opened.error()), "\n");
        return 1;
    }
    const pawl::recovery_report& found = opened.recovered;
    say_now(found.log.made ? "a new log" : "a log");
    say(", ", found.jobs, " readings in it");
    say(found.log.torn != 0 ? ", its end torn\n" : "\n");

    jobs.every(10ms, [] { return thermometer.measure(); });
    jobs.every(10ms, [] { return barometer.measure(); });
    jobs.every(1s, [&jobs] { store(jobs); });
    jobs.every(250ms, watch);
    jobs.recurring("report", "0 * * * * *"_cron, report);

    while (bench::now_ms() < 10'000) {
        jobs.poll();
        jobs.wait();
    }
    jobs.stop(pawl::finish);  // what has not been sent stays in the log
    say_now("switched off\n");
    say("operations of the chip: ", bench::chip::operations, "\n");
    say("bytes of memory: ", bench::memory_bytes(), ", of these the scheduler ",
        static_cast<std::uint32_t>(sizeof jobs), "\n");
    return 0;
}
