// SPDX-License-Identifier: BSL-1.0
//
// part: jobs
//
// How late a delayed job starts on an otherwise sleeping scheduler, for the choice of the hosted
// tick. Goal: the tick to be coarse enough to keep nearby deadlines in one wake, and too fine to be
// seen. Method: twenty jobs, one each millisecond from 1 to 20 and a random part of one, each asks
// the clock how late it is; the same deadlines for the sleep of the standard library and for
// Boost.Asio. Between two jobs every thread sleeps, so most of a figure is the system's way to wake
// one.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <ratio>
#include <string>
#include <thread>
#include <vector>

#include <pawl/pawl.hpp>

#include "../harness.hpp"

#if __has_include(<boost/asio/steady_timer.hpp>)
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#define PAWL_BENCH_BOOST 1
#endif

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using clock_type = std::chrono::steady_clock;

constexpr std::size_t deadline_count = 20;
using deadlines = std::array<clock_type::time_point, deadline_count>;
using samples = std::vector<double>;

double lateness_us(clock_type::time_point due) {
    return std::chrono::duration<double, std::micro>(clock_type::now() - due).count();
}

template <std::int64_t TicksPerSecond>
void sleep_in_pawl(const deadlines& dues, samples& late) {
    using tick = std::chrono::duration<std::int64_t, std::ratio<1, TicksPerSecond>>;
    using platform = pawl::basic_std_platform<tick>;
    static pawl::scheduler<pawl::limits{.jobs = 64, .workers = 1}, platform> jobs;
    static std::atomic<std::uint32_t> done{0};
    static samples* target = nullptr;
    target = &late;
    done = 0;
    for (const clock_type::time_point due : dues) {
        const bool accepted{jobs.schedule(due, [due] {
            target->push_back(lateness_us(due));
            done.fetch_add(1);
        })};
        bench::check(accepted, "a job was refused");
    }
    std::this_thread::sleep_until(dues.back() + milliseconds{1});
    while (done != deadline_count) {
        std::this_thread::sleep_for(milliseconds{1});
    }
}

void sleep_in_standard_library(const deadlines& dues, samples& late) {
    for (const clock_type::time_point due : dues) {
        std::this_thread::sleep_until(due);
        late.push_back(lateness_us(due));
    }
}

#if defined(PAWL_BENCH_BOOST)
void sleep_in_asio(const deadlines& dues, samples& late) {
    boost::asio::io_context loop{1};
    std::vector<boost::asio::steady_timer> timers;
    for (const clock_type::time_point due : dues) {
        timers.emplace_back(loop, due);
        timers.back().async_wait(
            [due, &late](const boost::system::error_code&) { late.push_back(lateness_us(due)); });
    }
    loop.run();
}
#endif

double at(const samples& sorted, double part) {
    return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"jobs", argc, argv};

    const std::vector<std::pair<std::string, void (*)(const deadlines&, samples&)>> ours{
        {"tick 1 ms", sleep_in_pawl<1'000>},
        {"tick 100 us", sleep_in_pawl<10'000>},
        {"tick 10 us", sleep_in_pawl<100'000>},
        {"tick 1 us", sleep_in_pawl<1'000'000>},
    };
    const std::vector<std::pair<std::string, void (*)(const deadlines&, samples&)>> peers {
        {"sleep_until", sleep_in_standard_library},
#if defined(PAWL_BENCH_BOOST)
            {"asio", sleep_in_asio},
#endif
    };
    std::map<std::string, samples> late;
    bench::random_numbers random;
    const int rounds = report.smoke() ? 1 : 50;
    for (int round = 0; round < rounds; ++round) {
        std::array<microseconds, deadline_count> delays{};
        for (std::size_t i = 0; i < deadline_count; ++i) {
            delays[i] = milliseconds{i + 1} + microseconds{random.below(1000)};
        }
        for (const auto* each : {&ours, &peers}) {
            for (const auto& [name, sleep] : *each) {
                deadlines dues{};
                const clock_type::time_point start = clock_type::now();
                for (std::size_t i = 0; i < deadline_count; ++i) {
                    dues[i] = start + delays[i];
                }
                sleep(dues, late[name]);
            }
        }
    }
    for (auto& [name, values] : late) {
        std::sort(values.begin(), values.end());
        bench::check(values.size() == deadline_count * static_cast<std::size_t>(rounds) &&
                         values.front() >= 0,
                     "a deadline was missed, or early");
    }
    for (const auto& [part, name] : {std::pair{0.5, "median"}, std::pair{0.99, "p99"}}) {
        for (const auto& [operation, sleep] : ours) {
            bench::row row{"lateness, " + std::string{name} + ", " + operation, "us", {}, {}, {}};
            row.ours = {at(late[operation], part)};
            for (const auto& [peer, peer_sleep] : peers) {
                row.peers.push_back({peer, {at(late[peer], part)}});
            }
            report.add(row);
        }
    }
    report.note("sleep_until", "of the standard library, on one thread: what the system can do");
    return bench::finish(report);
}
