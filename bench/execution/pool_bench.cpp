// SPDX-License-Identifier: BSL-1.0
//
// part: pool
//
// The thread pool beside those of others, with one and with two workers. Goal: to submit, to spawn
// and to join costs less than an allocation, and who submits is seldom held up by a wake. Method:
// empty jobs, counted; from the first submission to the end of the last job, and before it all
// threads have gone to sleep. The submit call itself, paced, is timed one by one. Nobody's threads
// are tied to a core.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <pawl/execution/parallel_for.hpp>
#include <pawl/execution/thread_pool.hpp>
#include <pawl/platform/default_platform.hpp>
#include <pawl/platform/loop_platform.hpp>
#include <pawl/platform/membarrier_platform.hpp>

#include "../harness.hpp"
#include "pool_peers.hpp"

namespace {

using namespace std::chrono_literals;
using namespace bench::pools;
using bench::tally;

struct empty_job {
    tally* done;
    void operator()() const { done->add(); }
};

// A pool at work, and how many of its jobs have ended.
template <class Pool>
struct site {
    Pool pool;
    tally done;
    std::uint64_t expected = 0;

    void finish(std::uint64_t jobs) {
        expected += jobs;
        done.wait(expected);
    }
    // Where the row is of what goes on between workers, not of waking them: some take milliseconds.
    void rouse() {
        pool.post(empty_job{&done});
        finish(1);
    }
};

// --- Submitting ----------------------------------------------------------------------------------

template <class Pool>
bench::lap submit() {
    return [at = std::make_shared<site<Pool>>()](bench::stopwatch& watch) -> std::uint64_t {
        constexpr std::uint32_t count = 5000;
        static_assert(count < burst_max);
        watch.start();
        for (std::uint32_t i = 0; i < count; ++i) {
            at->pool.post(empty_job{&at->done});
        }
        at->finish(count);
        watch.stop();
        return count;
    };
}

// A second thread that does what it is told, and sleeps between.
class helper {
public:
    template <class Pool>
    explicit helper(Pool& pool)
        : thread_{[&] {
              if constexpr (requires { pool.join(); }) {
                  pool.join();
              }
              for (std::uint32_t seen = 0; await_task(seen);) {
                  task_();
                  ended_.store(seen);
              }
              if constexpr (requires { pool.leave(); }) {
                  pool.leave();
              }
          }} {}
    ~helper() {
        task_ = nullptr;
        begin();
        thread_.join();
    }
    helper(const helper&) = delete;
    helper& operator=(const helper&) = delete;

    // task() in both threads; the clock starts when both are awake.
    void both(bench::stopwatch& watch, const std::function<void()>& task) {
        task_ = task;
        begin();
        while (awake_.load() != begun_.load()) {
            std::this_thread::yield();
        }
        watch.start();
        go_.store(begun_.load());
        task();
        while (ended_.load() != begun_.load()) {
            std::this_thread::yield();
        }
    }

private:
    void begin() {
        begun_.fetch_add(1);
        begun_.notify_one();
    }
    bool await_task(std::uint32_t& seen) {
        begun_.wait(seen);
        seen = begun_.load();
        if (!task_) {
            return false;
        }
        awake_.store(seen);
        while (go_.load() != seen) {
            std::this_thread::yield();
        }
        return true;
    }

    std::function<void()> task_;
    std::atomic<std::uint32_t> begun_{0};
    std::atomic<std::uint32_t> awake_{0};
    std::atomic<std::uint32_t> go_{0};
    std::atomic<std::uint32_t> ended_{0};
    std::thread thread_;  // the last: it uses the others
};

template <class Pool>
struct site_of_two : site<Pool> {
    helper other{this->pool};
};

template <class Pool>
bench::lap submit_from_two() {
    return [at = std::make_shared<site_of_two<Pool>>()](bench::stopwatch& watch) -> std::uint64_t {
        constexpr std::uint32_t count_each = 4000;
        static_assert(2 * count_each < burst_max);
        at->other.both(watch, [&at] {
            for (std::uint32_t i = 0; i < count_each; ++i) {
                at->pool.post(empty_job{&at->done});
            }
        });
        at->finish(2 * count_each);
        watch.stop();
        return 2 * count_each;
    };
}

// --- The submit call, paced ----------------------------------------------------------------------

// What a control loop sees of submitting: a job every 5 microseconds, each call timed. The figure
// is of the calls in the middle, without what it takes to read the clock.
class paced_calls {
public:
    // Our own come first, each a row. The target is in nanoseconds, as a contest's.
    template <class Pool>
    void ours(std::string operation, double target_ns) {
        sides_.push_back({std::move(operation), target_ns, {}, work_of<Pool>()});
    }
    template <class Pool>
    void peer(std::string name) {
        sides_.push_back({std::move(name), 0, {}, work_of<Pool>()});
    }

    void run(bench::report& report) {
        samples of_nothing;
        const int rounds = report.smoke() ? 1 : 30;
        for (int round = 0; round < rounds; ++round) {
            bench::sample_cas(report);
            for (std::size_t i = 0; i < sides_.size(); ++i) {
                std::this_thread::sleep_for(5ms);
                side& each = sides_[(i + static_cast<std::size_t>(round)) % sides_.size()];
                each.work(each.times);
                for (std::uint32_t call = 0; call < calls; ++call) {
                    of_nothing.push_back(time_of([] {}));
                }
            }
        }
        const double clock_ns = bench::mean_of_middle_half(std::move(of_nothing));
        for (const side& own : sides_) {
            if (own.target_ns > 0) {
                bench::row result{own.name, "ns",          figure_of(own, clock_ns),
                                  {},       own.target_ns, true};
                for (const side& each : sides_) {
                    if (each.target_ns == 0) {
                        result.peers.emplace_back(each.name, figure_of(each, clock_ns));
                    }
                }
                report.add(result);
            }
        }
    }

private:
    using clock = std::chrono::steady_clock;
    using samples = std::vector<double>;
    static constexpr std::uint32_t calls = 200;

    struct side {
        std::string name;
        double target_ns;  // 0: a peer
        samples times;
        std::function<void(samples&)> work;
    };

    template <class Pool>
    static std::function<void(samples&)> work_of() {
        return [at = std::make_shared<site<Pool>>()](samples& to) {
            for (std::uint32_t i = 0; i < calls; ++i) {
                const auto due = clock::now() + 5us;
                to.push_back(time_of([&] { at->pool.post(empty_job{&at->done}); }));
                while (clock::now() < due) {
                    bench::pause();
                }
            }
            at->finish(calls);
        };
    }

    template <class F>
    static double time_of(F f) {
        const auto before = clock::now();
        f();
        return std::chrono::duration<double, std::nano>(clock::now() - before).count();
    }
    static bench::figure figure_of(const side& from, double clock_ns) {
        samples times = from.times;
        for (double& each : times) {
            each = std::max(each - clock_ns, 0.);
        }
        return {std::max(bench::mean_of_middle_half(from.times) - clock_ns, 0.),
                bench::median(std::move(times)).spread_percent};
    }

    std::vector<side> sides_;
};

// --- From inside a worker ------------------------------------------------------------------------

// A job that spawns two, to a depth.
template <class Pool>
struct branch {
    site<Pool>* at;
    std::uint32_t depth;

    void operator()() const { run(at->pool); }
    template <class Here>
    void run(Here& here) const {
        at->done.add();
        if (depth > 0) {
            here.spawn(branch{at, depth - 1});
            here.spawn(branch{at, depth - 1});
        }
    }
};

template <class Pool>
bench::lap spawn_tree() {
    return [at = std::make_shared<site<Pool>>()](bench::stopwatch& watch) -> std::uint64_t {
        constexpr std::uint32_t depth = 17;
        constexpr std::uint64_t count = (std::uint64_t{2} << depth) - 1;
        at->rouse();
        watch.start();
        at->pool.post(branch<Pool>{at.get(), depth});
        at->finish(count);
        watch.stop();
        return count;
    };
}

// A job that ends by submitting the next one: so are continuations made by hand.
template <class Pool, bool Next>
struct link {
    site<Pool>* at;
    std::uint32_t left;

    void operator()() const { run(at->pool); }
    template <class Here>
    void run(Here& here) const {
        at->done.add();
        if (left > 0) {
            if constexpr (Next) {
                here.next(link{at, left - 1});
            } else {
                here.spawn(link{at, left - 1});
            }
        }
    }
};

template <class Pool, bool Next = false>
bench::lap chain() {
    return [at = std::make_shared<site<Pool>>()](bench::stopwatch& watch) -> std::uint64_t {
        constexpr std::uint32_t count = 20'000;
        at->rouse();
        watch.start();
        at->pool.post(link<Pool, Next>{at.get(), count - 1});
        at->finish(count);
        watch.stop();
        return count;
    };
}

template <class Pool>
bench::lap fork_join() {
    return [pool = std::make_shared<Pool>()](bench::stopwatch& watch) -> std::uint64_t {
        watch.start();
        const std::uint64_t result = pool->fib(25);
        watch.stop();
        bench::check(result == 75'025, "a fork was not joined");
        return 242'785;  // calls
    };
}

// --- Loops ---------------------------------------------------------------------------------------

// Each element once more than before, by the loops of all contenders together. The operations are
// the elements, or the loops.
template <class Pool>
bench::lap loop(std::uint32_t size, std::uint32_t loops, bool count_elements) {
    struct field {
        Pool pool;
        std::vector<float> values;
    };
    auto at = std::make_shared<field>();
    at->values.resize(size);
    return [at, size, loops, count_elements](bench::stopwatch& watch) -> std::uint64_t {
        std::fill(at->values.begin(), at->values.end(), 1.F);
        float* values = at->values.data();
        watch.start();
        for (std::uint32_t i = 0; i < loops; ++i) {
            at->pool.for_each(size,
                              [values](std::uint32_t j) { values[j] = values[j] * 0.5F + 1.F; });
        }
        watch.stop();
        float expected = 1;
        for (std::uint32_t i = 0; i < loops; ++i) {
            expected = expected * 0.5F + 1.F;
        }
        bench::check(std::all_of(at->values.begin(), at->values.end(),
                                 [expected](float each) { return each == expected; }),
                     "a loop left an element out");
        return count_elements ? std::uint64_t{size} * loops : loops;
    };
}

// --- No workers ----------------------------------------------------------------------------------

// As many jobs as are posted before they are polled.
constexpr std::uint32_t poll_burst = 256;

template <class Place>
bench::lap polled() {
    return [place = std::make_shared<Place>()](bench::stopwatch& watch) -> std::uint64_t {
        constexpr std::uint32_t count = 64 * poll_burst;
        std::uint64_t sum = 0;
        watch.start();
        for (std::uint32_t i = 0; i < count; i += poll_burst) {
            for (std::uint32_t j = 0; j < poll_burst; ++j) {
                place->post([&sum] { ++sum; });
            }
            place->poll();
        }
        watch.stop();
        bench::check(sum == count, "a job was lost");
        return count;
    };
}

// Other threads may post too; or there are none, and no atomic operation.
template <class Platform>
struct pawl_place {
    pawl::thread_pool<pawl::pool_limits{.workers = 0}, Platform> pool;
    template <class Job>
    void post(Job job) {
        pool.post(job);
    }
    void poll() { pool.poll(); }
};

struct deque_place {
    std::deque<std::function<void()>> jobs;
    template <class Job>
    void post(Job job) {
        jobs.emplace_back(job);
    }
    void poll() {
        while (!jobs.empty()) {
            const std::function<void()> job = std::move(jobs.front());
            jobs.pop_front();
            job();
        }
    }
};

#if defined(PAWL_BENCH_BOOST)
struct asio_place {
    boost::asio::io_context loop{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
    template <class Job>
    void post(Job job) {
        boost::asio::post(loop, job);
    }
    void poll() {
        loop.restart();
        loop.poll();
    }
};
#endif

#if defined(PAWL_BENCH_CONCURRENCPP)
struct concurrencpp_place {
    std::shared_ptr<concurrencpp::manual_executor> executor =
        std::make_shared<concurrencpp::manual_executor>();
    concurrencpp_place() = default;
    ~concurrencpp_place() { executor->shutdown(); }
    concurrencpp_place(const concurrencpp_place&) = delete;
    concurrencpp_place& operator=(const concurrencpp_place&) = delete;

    template <class Job>
    void post(Job job) {
        executor->post(job);
    }
    void poll() { executor->loop(poll_burst); }
};
#endif

void add_polled(bench::report& report) {
    bench::contest row{report, "post + poll, no workers, one thread"};
    row.ours(polled<pawl_place<pawl::loop_platform>>());
    // What it was to be, 4 ns, beside the deque's 6.6: little of both is compare-and-swaps, by
    // which a target in time would be scaled.
    row.target_peer("deque", 4 / 6.6);
    row.also("post + poll, no workers");
    row.ours(polled<pawl_place<pawl::default_platform>>());
    row.peer("deque", polled<deque_place>());
#if defined(PAWL_BENCH_BOOST)
    row.peer("asio", polled<asio_place>());
#endif
#if defined(PAWL_BENCH_CONCURRENCPP)
    row.peer("concurrencpp", polled<concurrencpp_place>());
#endif
    row.run();
}

// --- Rows ----------------------------------------------------------------------------------------

// What is within this of a peer is equal to it.
constexpr double equal = 1.03;

template <std::uint32_t Workers>
std::string named(const char* operation) {
    return std::string{operation} + ", " + std::to_string(Workers) +
           (Workers == 1 ? " worker" : " workers");
}

// Whoever can: lap_of.operator()<Pool>() is the lap, and holds only for who has what it needs.
template <std::uint32_t Workers, class LapOf>
void add_peers(bench::contest& row, LapOf lap_of) {
    each_peer<Workers>([&]<class Pool>(const char* name) {
        if constexpr (requires { lap_of.template operator()<Pool>(); }) {
            row.peer(name, lap_of.template operator()<Pool>());
        }
    });
}

template <class Pool>
concept posts = requires(Pool& pool) {
    pool.post(empty_job{});
};
template <class Pool>
concept loops = requires(Pool& pool) {
    pool.for_each(1, [](std::uint32_t) {});
};
template <class Pool>
concept forks = requires(Pool& pool) {
    pool.fib(1);
};

template <std::uint32_t Workers>
void add_rows(bench::report& report) {
    using ours = pawl_pool<Workers>;
#if defined(__linux__)
    using ours_with_barrier = pawl_pool<Workers, pawl::membarrier_platform>;
#endif
    constexpr bool alone = Workers == 1;
    {
        bench::contest row{report, named<Workers>("post, one thread")};
        row.ours(submit<ours>());
        row.target_best_peer(1 / 2.);
#if defined(__linux__)
        row.also(named<Workers>("post, one thread, membarrier"));
        row.ours(submit<ours_with_barrier>());
        row.target_best_peer(1 / 2.);
#endif
        add_peers<Workers>(row, []<posts Pool>() { return submit<Pool>(); });
        row.rest(5ms);
        row.run();
    }
    {
        bench::contest row{report, named<Workers>("post, two threads")};
        row.ours(submit_from_two<ours>());
        row.target_best_peer(1 / 2.5);
#if defined(__linux__)
        row.also(named<Workers>("post, two threads, membarrier"));
        row.ours(submit_from_two<ours_with_barrier>());
        row.target_best_peer(1 / 2.5);
#endif
        add_peers<Workers>(row, []<posts Pool>() { return submit_from_two<Pool>(); });
        row.rest(5ms);
        row.run();
    }
    {
        paced_calls rows;
        rows.ours<ours>(named<Workers>("post, the call, one in 5 us"), 90);
#if defined(__linux__)
        rows.ours<ours_with_barrier>(named<Workers>("post, the call, membarrier"), 25);
#endif
        each_peer<Workers>([&]<class Pool>(const char* name) {
            if constexpr (posts<Pool>) {
                rows.peer<Pool>(name);
            }
        });
        rows.run(report);
    }
    {
        bench::contest row{report, named<Workers>("spawn in a job, a tree")};
        row.ours(spawn_tree<ours>());
        row.target_best_peer(alone ? 1 / 2. : 1 / 3.);
#if defined(__linux__)
        row.also(named<Workers>("spawn in a job, membarrier"));
        row.ours(spawn_tree<ours_with_barrier>());
        row.target_best_peer(alone ? 1 / 2. : 1 / 3.);
#endif
        add_peers<Workers>(row, []<posts Pool>() { return spawn_tree<Pool>(); });
        row.rest(2ms);
        row.run();
    }
    {
        bench::contest row{report, named<Workers>("fork and join, a call of fib")};
        row.ours(fork_join<ours>());
        row.target_peer("libfork", alone ? 1 / 3. : 1 / 1.6);
#if defined(__linux__)
        row.also(named<Workers>("fork and join, membarrier"));
        row.ours(fork_join<ours_with_barrier>());
        row.target_peer("libfork", alone ? 1 / 3. : 1 / 1.6);
#endif
        add_peers<Workers>(row, []<forks Pool>() { return fork_join<Pool>(); });
        row.rest(2ms);
        row.run();
    }
    {
        bench::contest row{report, named<Workers>("a chain of spawn in a job")};
        row.ours(chain<ours>());
        row.target_peer("concurrencpp", 1);
#if defined(__linux__)
        row.also(named<Workers>("a chain of spawn, membarrier"));
        row.ours(chain<ours_with_barrier>());
        row.target_peer("concurrencpp", 1);
#endif
        row.also(named<Workers>("a chain of next in a job"));
        row.ours(chain<ours, true>());
        row.target_peer("concurrencpp", 1);
        add_peers<Workers>(row, []<posts Pool>() { return chain<Pool>(); });
        row.rest(2ms);
        row.run();
    }
    {
        constexpr std::uint32_t size = 1000;
        constexpr std::uint32_t times = 100;
        bench::contest row{report, named<Workers>("parallel_for, 1000 floats")};
        row.ours(loop<ours>(size, times, false));
        row.target_best_peer(alone ? equal : 1 / 4.5);
        add_peers<Workers>(row, []<loops Pool>() { return loop<Pool>(size, times, false); });
        row.rest(2ms);
        row.run();
    }
    {
        constexpr std::uint32_t size = 1'000'000;
        bench::contest row{report, named<Workers>("parallel_for, one of 1e6 floats")};
        row.ours(loop<ours>(size, 1, true));
        row.target_best_peer(equal);
        add_peers<Workers>(row, []<loops Pool>() { return loop<Pool>(size, 1, true); });
        row.rest(2ms);
        row.run();
    }
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"pool", argc, argv};
    add_rows<1>(report);
    add_rows<2>(report);
    add_polled(report);
    note_pools(report);
    report.note("pawl thread_pool",
                "its queue holds a whole burst; 2 workers and who submits are "
                "three threads, on as many cores as there are");
    return bench::finish(report);
}
