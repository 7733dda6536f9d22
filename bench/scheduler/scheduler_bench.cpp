// SPDX-License-Identifier: BSL-1.0
//
// part: jobs
//
// What a job costs on one thread, from its submission to its end, beside what programs use instead:
// a deque of std::function, Boost.Asio, oneTBB. Goal: a job with states, retries and a handle costs
// no more than a closure with none. Method: limits.workers is 0 and poll() runs the jobs, in real
// and in virtual time; what they add up is checked, so that every one has run once.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pawl/pawl.hpp>

#include "../harness.hpp"
#include "work.hpp"

#if __has_include(<boost/asio/io_context.hpp>)
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/version.hpp>
#define PAWL_BENCH_BOOST 1
#endif
#if defined(PAWL_BENCH_TBB)
#include <tbb/task_arena.h>
#include <tbb/task_group.h>
#include <tbb/version.h>
#endif

namespace {

using namespace std::chrono_literals;
using bench::local_work;
using bench::sum_below;
using std::chrono::nanoseconds;

// ---- On one thread ------------------------------------------------------------------------------

// What each contender is: submit(job) and run(), which runs everything that was submitted.

struct pawl_poll {
    static constexpr pawl::limits capacity{.jobs = 1024, .workers = 0};
    pawl::scheduler<capacity> jobs;
    template <class Job>
    void submit(Job job) {
        static_cast<void>(jobs.enqueue(job));
    }
    void run() { jobs.poll(); }
};

struct deque_poll {
    std::deque<std::function<void()>> jobs;
    template <class Job>
    void submit(Job job) {
        jobs.emplace_back(job);
    }
    void run() {
        while (!jobs.empty()) {
            const std::function<void()> job = std::move(jobs.front());
            jobs.pop_front();
            job();
        }
    }
};

struct locked_deque_poll {
    std::mutex lock;
    deque_poll inside;
    template <class Job>
    void submit(Job job) {
        const std::lock_guard hold{lock};
        inside.submit(job);
    }
    void run() {
        for (;;) {
            std::function<void()> job;
            {
                const std::lock_guard hold{lock};
                if (inside.jobs.empty()) {
                    return;
                }
                job = std::move(inside.jobs.front());
                inside.jobs.pop_front();
            }
            job();
        }
    }
};

#if defined(PAWL_BENCH_BOOST)
struct asio_poll {
    boost::asio::io_context jobs;
    template <class Job>
    void submit(Job job) {
        boost::asio::post(jobs, job);
    }
    void run() {
        jobs.restart();
        jobs.poll();
    }
};
#endif

#if defined(PAWL_BENCH_TBB)
struct tbb_poll {
    tbb::task_arena arena{1};
    tbb::task_group jobs;
    template <class Job>
    void submit(Job job) {
        jobs.run(job);
    }
    void run() { jobs.wait(); }
};
#endif

// Calls `body` where the contender's submit and run may be called.
template <class Pool, class Body>
void inside(Pool& pool, Body&& body) {
    if constexpr (requires { pool.arena; }) {
        pool.arena.execute(body);
    } else {
        body();
    }
}

// Submits `burst` jobs, runs them, and so on: the whole life of a job.
template <class Pool>
bench::lap lives(std::uint32_t burst) {
    return [pool = std::make_shared<Pool>(), burst](bench::stopwatch& watch) -> std::uint64_t {
        constexpr std::uint32_t count = 1024;
        std::uint64_t sum = 0;
        inside(*pool, [&] {
            watch.start();
            for (std::uint32_t i = 0; i < count; i += burst) {
                for (std::uint32_t j = 0; j < burst; ++j) {
                    pool->submit(local_work{&sum, i + j, 1});
                }
                pool->run();
            }
            watch.stop();
        });
        bench::check(sum == sum_below(count), "a job did not run");
        return count;
    };
}

template <class Measure>
void add_polled(bench::contest& row, Measure&& measure) {
    row.ours(measure.template operator()<pawl_poll>());
    row.peer("std::deque", measure.template operator()<deque_poll>());
    row.peer("deque+mutex", measure.template operator()<locked_deque_poll>());
#if defined(PAWL_BENCH_BOOST)
    row.peer("asio", measure.template operator()<asio_poll>());
#endif
#if defined(PAWL_BENCH_TBB)
    row.peer("tbb", measure.template operator()<tbb_poll>());
#endif
}

void add_lives(bench::report& report) {
    {
        bench::contest row{report, "life of a job, 64 at a time"};
        add_polled(row, []<class Pool> { return lives<Pool>(64); });
        row.target_ns(120);
        row.run();
    }
    {
        bench::contest row{report, "life of a job, one at a time"};
        add_polled(row, []<class Pool> { return lives<Pool>(1); });
        row.run();
    }
    {
        bench::contest row{report, "poll, nothing to do"};
        const auto polls = []<class Pool> {
            return [pool = std::make_shared<Pool>()](bench::stopwatch& watch) -> std::uint64_t {
                constexpr std::uint32_t count = 1024;
                inside(*pool, [&] {
                    watch.start();
                    for (std::uint32_t i = 0; i < count; ++i) {
                        pool->run();
                        bench::keep(*pool);
                    }
                    watch.stop();
                });
                return count;
            };
        };
        add_polled(row, polls);
        row.run();
    }
}

// A job and its continuation; where a peer has none, the first job submits the second one.
template <class Pool>
bench::lap followed() {
    return [pool = std::make_shared<Pool>()](bench::stopwatch& watch) -> std::uint64_t {
        constexpr std::uint32_t count = 1024;
        constexpr std::uint32_t burst = 64;
        std::uint64_t sum = 0;
        inside(*pool, [&] {
            watch.start();
            for (std::uint32_t i = 0; i < count; i += burst) {
                for (std::uint32_t j = 0; j < burst; ++j) {
                    if constexpr (std::is_same_v<Pool, pawl_poll>) {
                        const pawl::job_id first = pool->jobs.enqueue(local_work{&sum, i + j, 1});
                        static_cast<void>(pool->jobs.then(first, local_work{&sum, i + j, 2}));
                    } else {
                        pool->submit(
                            [to = pool.get(), number = std::uint64_t{i + j}, total = &sum] {
                                *total += number;
                                to->submit(local_work{total, number, 2});
                            });
                    }
                }
                pool->run();
            }
            watch.stop();
        });
        bench::check(sum == 3 * sum_below(count), "a job or a continuation did not run");
        return count;
    };
}

void add_continuations(bench::report& report) {
    bench::contest row{report, "a job and its continuation"};
    add_polled(row, []<class Pool> { return followed<Pool>(); });
    row.target_ns(2 * 120 + 40);
    row.run();
}

// ---- Delays -------------------------------------------------------------------------------------

constexpr std::uint32_t delayed_count = 1000;

// Random delays within a second, to the nanosecond.
const std::vector<nanoseconds>& delays() {
    static const std::vector<nanoseconds> result = [] {
        bench::random_numbers random;
        std::vector<nanoseconds> each(delayed_count);
        for (nanoseconds& delay : each) {
            delay = nanoseconds{1 + random.below(999'999'999)};
        }
        return each;
    }();
    return result;
}

template <std::int64_t TicksPerSecond>
bench::lap delayed_by_ticks() {
    using tick = std::chrono::duration<std::int64_t, std::ratio<1, TicksPerSecond>>;
    using virtual_time = pawl::basic_manual_platform<tick>;
    using scheduler = pawl::scheduler<pawl::limits{.jobs = 1024, .workers = 0}, virtual_time>;
    return [jobs = std::make_shared<scheduler>()](bench::stopwatch& watch) -> std::uint64_t {
        std::uint64_t sum = 0;
        watch.start();
        for (std::uint32_t i = 0; i < delayed_count; ++i) {
            static_cast<void>(jobs->schedule(delays()[i], local_work{&sum, i, 1}));
        }
        jobs->advance(1s);
        watch.stop();
        bench::check(sum == sum_below(delayed_count), "a delayed job did not run");
        return delayed_count;
    };
}

// Virtual time for a sorted map of std::function.
struct map_delays {
    std::multimap<nanoseconds, std::function<void()>> jobs;
    void advance(nanoseconds to) {
        while (!jobs.empty() && jobs.begin()->first <= to) {
            const std::function<void()> job = std::move(jobs.begin()->second);
            jobs.erase(jobs.begin());
            job();
        }
    }
};

#if defined(PAWL_BENCH_BOOST)
// A timer of its own for each job, as the library asks for; it ends with its handler.
struct asio_delays {
    boost::asio::io_context loop{1};
    template <class Job>
    void schedule(std::chrono::steady_clock::time_point due, Job job) {
        auto timer = std::make_unique<boost::asio::steady_timer>(loop, due);
        auto& waits = *timer;
        waits.async_wait(
            [kept = std::move(timer), job](const boost::system::error_code&) { job(); });
    }
    void run() {
        loop.restart();
        loop.poll();
    }
};
#endif

void add_delays(bench::report& report) {
    {
        bench::contest row{report, "schedule + fire, tick 1 ms"};
        row.ours(delayed_by_ticks<1'000>());
        row.peer(
            "std::multimap",
            [timers = std::make_shared<map_delays>()](bench::stopwatch& watch) -> std::uint64_t {
                std::uint64_t sum = 0;
                watch.start();
                for (std::uint32_t i = 0; i < delayed_count; ++i) {
                    timers->jobs.emplace(delays()[i], local_work{&sum, i, 1});
                }
                timers->advance(1s);
                watch.stop();
                bench::check(sum == sum_below(delayed_count), "a delayed job did not run");
                return delayed_count;
            });
#if defined(PAWL_BENCH_BOOST)
        row.peer(
            "asio",
            [timers = std::make_shared<asio_delays>()](bench::stopwatch& watch) -> std::uint64_t {
                std::uint64_t sum = 0;
                const auto start =
                    std::chrono::steady_clock::now() - 2s;  // its time is the system's
                watch.start();
                for (std::uint32_t i = 0; i < delayed_count; ++i) {
                    timers->schedule(start + delays()[i], local_work{&sum, i, 1});
                }
                timers->run();
                watch.stop();
                bench::check(sum == sum_below(delayed_count), "a delayed job did not run");
                return delayed_count;
            });
#endif
        row.run();
    }
    const auto add = [&](const char* operation, bench::lap lap) {
        bench::contest row{report, operation};
        row.ours(std::move(lap));
        row.run();
    };
    add("schedule + fire, tick 100 us", delayed_by_ticks<10'000>());
    add("schedule + fire, tick 10 us", delayed_by_ticks<100'000>());
    add("schedule + fire, tick 1 us", delayed_by_ticks<1'000'000>());
}

// ---- Cancel -------------------------------------------------------------------------------------

// Only the cancelling is timed, not the taking out afterwards.
void add_cancels(bench::report& report) {
    using scheduler = pawl::scheduler<pawl::limits{.jobs = 1024, .workers = 0}>;
    static const std::vector<std::uint32_t> order = bench::random_numbers{}.order(delayed_count);
    const auto ours = [](bool delayed) {
        return [delayed, jobs = std::make_shared<scheduler>(),
                ids = std::vector<pawl::job_id>(delayed_count)](
                   bench::stopwatch& watch) mutable -> std::uint64_t {
            std::uint64_t sum = 0;
            for (std::uint32_t i = 0; i < delayed_count; ++i) {
                const local_work job{&sum, i, 1};
                ids[i] = delayed ? jobs->schedule(1h + delays()[i], job) : jobs->enqueue(job);
            }
            if (delayed) {
                jobs->poll();  // they are in the wheel
            }
            std::uint32_t cancelled = 0;
            watch.start();
            for (const std::uint32_t i : order) {
                if (jobs->cancel(ids[i])) {
                    ++cancelled;
                }
            }
            watch.stop();
            while (jobs->poll().more) {
            }
            bench::check(cancelled == delayed_count && sum == 0, "a cancelled job ran");
            return delayed_count;
        };
    };
    {
        bench::contest row{report, "cancel, ready job"};
        row.ours(ours(false));
        row.target_ns(25);
        row.run();
    }
    {
        bench::contest row{report, "cancel, scheduled job"};
        row.ours(ours(true));
        row.peer("std::multimap",
                 [timers = std::make_shared<map_delays>(),
                  places = std::vector<decltype(map_delays::jobs)::iterator>(delayed_count)](
                     bench::stopwatch& watch) mutable -> std::uint64_t {
                     std::uint64_t sum = 0;
                     for (std::uint32_t i = 0; i < delayed_count; ++i) {
                         places[i] = timers->jobs.emplace(delays()[i], local_work{&sum, i, 1});
                     }
                     watch.start();
                     for (const std::uint32_t i : order) {
                         timers->jobs.erase(places[i]);
                     }
                     watch.stop();
                     bench::check(timers->jobs.empty() && sum == 0, "a cancelled job ran");
                     return delayed_count;
                 });
#if defined(PAWL_BENCH_BOOST)
        row.peer("asio", [](bench::stopwatch& watch) -> std::uint64_t {
            boost::asio::io_context loop{1};
            std::deque<boost::asio::steady_timer> timers;
            std::uint32_t cancelled = 0;
            for (std::uint32_t i = 0; i < delayed_count; ++i) {
                timers.emplace_back(loop, 1h + delays()[i]);
                timers.back().async_wait([&cancelled](const boost::system::error_code& error) {
                    if (error) {
                        ++cancelled;
                    }
                });
            }
            watch.start();
            for (const std::uint32_t i : order) {
                timers[i].cancel();
            }
            watch.stop();
            loop.poll();
            bench::check(cancelled == delayed_count, "a timer was not cancelled");
            return delayed_count;
        });
#endif
        row.target_ns(25);
        row.run();
    }
}

// ---- Memory -------------------------------------------------------------------------------------

void add_memory(bench::report& report) {
    {
        using small = pawl::scheduler<pawl::limits{.jobs = 1024}>;
        using large = pawl::scheduler<pawl::limits{.jobs = 2048}>;
        bench::row bytes{"bytes a pending job of 48 bytes", "bytes", {}, {}, {}};
        bytes.ours = {static_cast<double>(sizeof(large) - sizeof(small)) / 1024};
        const auto used = [](const char* peer, auto& pool) {
            constexpr std::uint32_t count = 4096;
            std::uint64_t sum = 0;
            const std::uint64_t before = bench::heap_bytes();
            for (std::uint32_t i = 0; i < count; ++i) {
                // As large as a job of pawl may be by default.
                pool.submit([job = local_work{&sum, i, 1}, more = std::array<std::uint64_t, 3>{}] {
                    bench::keep(more);
                    job();
                });
            }
            const double each = static_cast<double>(bench::heap_bytes() - before) / count;
            pool.run();
            bench::check(sum == sum_below(count), "a job did not run");
            return std::pair<std::string, bench::figure>{peer, {each}};
        };
        if (bench::heap_bytes() != 0) {
            deque_poll deque;
            bytes.peers.push_back(used("std::deque", deque));
#if defined(PAWL_BENCH_BOOST)
            asio_poll asio;
            bytes.peers.push_back(used("asio", asio));
#endif
        }
        report.add(bytes);
    }
    constexpr std::uint32_t million = 1'000'000;
    report.add(
        {"bytes a pending job of 48 bytes, of 1 M",
         "bytes",
         {static_cast<double>(sizeof(pawl::scheduler<pawl::limits{.jobs = million}>)) / million},
         {},
         160});
    const auto add = [&](const char* operation, std::size_t size) {
        report.add({operation, "bytes", {static_cast<double>(size)}, {}, {}});
    };
    add("bytes, scheduler<>", sizeof(pawl::scheduler<>));
    add("bytes, 32 jobs of 16 bytes, no workers",
        sizeof(pawl::scheduler<pawl::limits{.jobs = 32, .job_bytes = 16, .workers = 0},
                               pawl::manual_platform>));
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"jobs", argc, argv};
    add_lives(report);
    add_continuations(report);
    add_delays(report);
    add_cancels(report);
    add_memory(report);

    report.note("std::deque", "of std::function: no lock, no handle, no state, no retry, no limit");
    report.note("deque+mutex", "the same under a lock");
#if defined(PAWL_BENCH_BOOST)
    report.note(
        "asio " BOOST_LIB_VERSION,
        "post and steady_timer; no handle, no state, no retry, memory as the queue grows. Its "
        "poll asks the system; its delays have already passed when they are armed");
#else
    report.missing("asio", "libboost-dev");
#endif
#if defined(PAWL_BENCH_TBB)
    report.note("tbb " TBB_VERSION_STRING,
                "task_group in an arena of one thread; no delay, no handle");
#else
    report.missing("tbb", "libtbb-dev");
#endif
    return bench::finish(report);
}
