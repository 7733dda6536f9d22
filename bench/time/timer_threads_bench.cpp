// SPDX-License-Identifier: BSL-1.0
//
// part: wheel
//
// Timers from other threads: what a thread pays that is not the one who owns the wheel. Goal: a
// compare-and-swap or two, and no lock. Method: a thread arms and cancels jobs of a scheduler that
// are due in an hour. First while the owner is elsewhere: nobody polls while the clock runs; then
// while the scheduler has one worker, which wakes up and empties the inbox on the other core. The
// peers are what programs do instead: a lock around a sorted map, and a thread that waits for its
// first entry on a condition variable; and a loop to which the arming is posted.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <pawl/pawl.hpp>

#include "../harness.hpp"

#if __has_include(<boost/asio/steady_timer.hpp>)
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/version.hpp>
#define PAWL_BENCH_BOOST 1
#endif

namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t count = 1024;

// What each contender is: schedule(i) arms a job that is due in an hour, cancel(i) says whether it
// did cancel it, and settle() waits until the other thread has nothing more to do.

template <std::uint32_t Workers>
struct pawl_delays {
    pawl::scheduler<pawl::limits{.jobs = (Workers == 0 ? 1 : 4) * count, .workers = Workers}> jobs;
    std::vector<pawl::job_id> ids = std::vector<pawl::job_id>(count);

    void schedule(std::uint32_t i, std::uint64_t* sum) {
        const auto job = [sum, i] { *sum += i; };
        while (!(ids[i] = jobs.schedule(1h, job))) {
            std::this_thread::yield();  // full: the memory is fixed
        }
    }
    bool cancel(std::uint32_t i) { return jobs.cancel(ids[i]); }
    void settle() {
        if constexpr (Workers == 0) {
            while (jobs.poll().more) {
            }
        } else {
            // A worker tells nobody that it sleeps again: it takes a tenth of this.
            std::this_thread::sleep_for(500us);
        }
    }
};

struct locked_map_delays {
    using clock = std::chrono::steady_clock;
    using map = std::multimap<clock::time_point, std::function<void()>>;
    std::mutex lock;
    std::condition_variable earlier;
    map jobs;
    bool ends = false;
    std::vector<map::iterator> places = std::vector<map::iterator>(count);
    std::thread worker{[this] {
        std::unique_lock hold{lock};
        while (!ends) {
            if (jobs.empty()) {
                earlier.wait(hold);
            } else if (const clock::time_point due = jobs.begin()->first; clock::now() < due) {
                earlier.wait_until(hold, due);
            } else {
                const auto first = jobs.extract(jobs.begin());
                first.mapped()();
            }
        }
    }};

    locked_map_delays() = default;
    ~locked_map_delays() {
        {
            const std::lock_guard hold{lock};
            ends = true;
        }
        earlier.notify_one();
        worker.join();
    }
    locked_map_delays(const locked_map_delays&) = delete;
    locked_map_delays& operator=(const locked_map_delays&) = delete;

    void schedule(std::uint32_t i, std::uint64_t* sum) {
        const clock::time_point due = clock::now() + 1h;
        bool first = false;
        {
            const std::lock_guard hold{lock};
            places[i] = jobs.emplace(due, [sum, i] { *sum += i; });
            first = places[i] == jobs.begin();
        }
        if (first) {
            earlier.notify_one();
        }
    }
    bool cancel(std::uint32_t i) {
        const std::lock_guard hold{lock};
        jobs.erase(places[i]);
        return true;
    }
    void settle() {}
};

#if defined(PAWL_BENCH_BOOST)
// A steady_timer is armed and cancelled by a handler of its loop: no other thread may.
struct asio_delays {
    boost::asio::io_context loop{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> more{
        loop.get_executor()};
    std::vector<std::unique_ptr<boost::asio::steady_timer>> timers;
    std::thread worker;

    asio_delays() {
        for (std::uint32_t i = 0; i < count; ++i) {
            timers.push_back(std::make_unique<boost::asio::steady_timer>(loop));
        }
        worker = std::thread{[this] { loop.run(); }};
    }
    ~asio_delays() {
        more.reset();
        loop.stop();
        worker.join();
    }
    asio_delays(const asio_delays&) = delete;
    asio_delays& operator=(const asio_delays&) = delete;

    void schedule(std::uint32_t i, std::uint64_t* sum) {
        boost::asio::post(loop, [this, i, sum, due = std::chrono::steady_clock::now() + 1h] {
            timers[i]->expires_at(due);
            timers[i]->async_wait([sum, i](const boost::system::error_code& error) {
                if (!error) {
                    *sum += i;
                }
            });
        });
    }
    bool cancel(std::uint32_t i) {
        boost::asio::post(loop, [this, i] { timers[i]->cancel(); });
        return true;
    }
    void settle() {
        // Behind everything that was posted, and behind the handlers of what was cancelled.
        std::atomic<bool> reached{false};
        boost::asio::post(loop, [this, &reached] {
            boost::asio::post(loop, [&reached] { reached.store(true); });
        });
        while (!reached.load()) {
            std::this_thread::yield();
        }
    }
};
#endif

enum class operation { schedule, cancel };

template <class Delays>
bench::lap lap_of(operation what) {
    return [what, delays = std::make_shared<Delays>(),
            order =
                bench::random_numbers{}.order(count)](bench::stopwatch& watch) -> std::uint64_t {
        std::uint64_t sum = 0;
        const auto timed = [&](operation which, auto&& work) {
            if (which == what) {
                watch.start();
            }
            work();
            if (which == what) {
                watch.stop();
            }
            delays->settle();
        };
        timed(operation::schedule, [&] {
            for (std::uint32_t i = 0; i < count; ++i) {
                delays->schedule(i, &sum);
            }
        });
        std::uint32_t cancelled = 0;
        timed(operation::cancel, [&] {
            for (const std::uint32_t i : order) {
                cancelled += delays->cancel(i) ? 1U : 0U;
            }
        });
        bench::check(cancelled == count && sum == 0, "a job ran, or was not there to be cancelled");
        return count;
    };
}

void add_rows(bench::report& report, const std::string& name, operation what, double target_ns) {
    {
        bench::contest row{report, name + ", owner elsewhere"};
        row.ours(lap_of<pawl_delays<0>>(what));
        row.target_ns(target_ns);
        row.run();
    }
    bench::contest row{report, name + ", 1 worker"};
    row.ours(lap_of<pawl_delays<1>>(what));
    row.peer("mutex+multimap", lap_of<locked_map_delays>(what));
#if defined(PAWL_BENCH_BOOST)
    row.peer("asio", lap_of<asio_delays>(what));
#endif
    row.target_ns(target_ns);
    row.run();
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"wheel", argc, argv};
    add_rows(report, "schedule from a thread", operation::schedule, 40);
    add_rows(report, "cancel from a thread", operation::cancel, 25);

    report.note("mutex+multimap",
                "from a thread: a lock, a sorted map, a condition variable; the map's node "
                "and the job are freed by who cancels");
#if defined(PAWL_BENCH_BOOST)
    report.note("asio " BOOST_LIB_VERSION,
                "from a thread: posts a handler to the loop, which arms or cancels the "
                "steady_timer; what the loop's thread does is not counted");
#else
    report.missing("asio", "libboost-dev");
#endif
    return bench::finish(report);
}
