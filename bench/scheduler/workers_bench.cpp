// SPDX-License-Identifier: BSL-1.0
//
// part: jobs
//
// Jobs that one thread submits and others run, beside the pools of Boost.Asio, oneTBB and Taskflow
// and a locked deque. Goal: fixed memory and states cost no throughput. Method: from the first
// submission to the end of the last of 5,000 jobs; before each, all threads have gone to sleep.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <pawl/pawl.hpp>

#include "../harness.hpp"
#include "work.hpp"

#if __has_include(<boost/asio/thread_pool.hpp>)
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/version.hpp>
#define PAWL_BENCH_BOOST 1
#endif
#if defined(PAWL_BENCH_TBB)
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/version.h>
#endif
#if __has_include(<taskflow/taskflow.hpp>)
#include <taskflow/taskflow.hpp>
#define PAWL_BENCH_TASKFLOW 1
#endif

namespace {

using namespace std::chrono_literals;
using bench::shared_work;
using bench::sum_below;

template <std::uint32_t Workers>
struct pawl_workers {
    pawl::scheduler<pawl::limits{.jobs = 4096, .workers = Workers}> jobs;
    void submit(shared_work job) {
        while (!jobs.enqueue(job)) {
            std::this_thread::yield();  // full: the memory is fixed
        }
    }
};

template <std::uint32_t Workers>
struct deque_workers {
    std::mutex lock;
    std::condition_variable wake;
    std::deque<std::function<void()>> jobs;
    bool stopping = false;
    std::vector<std::thread> threads;

    deque_workers() {
        for (std::uint32_t i = 0; i < Workers; ++i) {
            threads.emplace_back([this] { work_off(); });
        }
    }
    ~deque_workers() {
        {
            const std::lock_guard hold{lock};
            stopping = true;
        }
        wake.notify_all();
        for (std::thread& each : threads) {
            each.join();
        }
    }
    void work_off() {
        std::unique_lock hold{lock};
        for (;;) {
            wake.wait(hold, [this] { return stopping || !jobs.empty(); });
            if (jobs.empty()) {
                return;
            }
            const std::function<void()> job = std::move(jobs.front());
            jobs.pop_front();
            hold.unlock();
            job();
            hold.lock();
        }
    }
    void submit(shared_work job) {
        {
            const std::lock_guard hold{lock};
            jobs.emplace_back(job);
        }
        wake.notify_one();
    }
};

#if defined(PAWL_BENCH_BOOST)
template <std::uint32_t Workers>
struct asio_workers {
    boost::asio::thread_pool pool{Workers};
    void submit(shared_work job) { boost::asio::post(pool, job); }
};
#endif

#if defined(PAWL_BENCH_TBB)
// No slot of the arena is the caller's, and the library may use as many threads as the row says.
template <std::uint32_t Workers>
struct tbb_workers {
    tbb::global_control threads{tbb::global_control::max_allowed_parallelism, Workers + 1};
    tbb::task_arena arena{static_cast<int>(Workers), 0};
    void submit(shared_work job) { arena.enqueue(job); }
};
#endif

#if defined(PAWL_BENCH_TASKFLOW)
template <std::uint32_t Workers>
struct taskflow_workers {
    tf::Executor pool{Workers};
    void submit(shared_work job) { pool.silent_async(job); }
};
#endif

// From the first submission to the end of the last job.
template <class Pool>
bench::lap throughput() {
    return [pool = std::make_shared<Pool>()](bench::stopwatch& watch) -> std::uint64_t {
        constexpr std::uint64_t count = 5000;
        std::atomic<std::uint64_t> sum{0};
        watch.start();
        for (std::uint64_t i = 0; i < count; ++i) {
            pool->submit(shared_work{&sum, i, 1});
        }
        while (sum.load(std::memory_order_relaxed) != sum_below(count)) {
            std::this_thread::yield();
        }
        watch.stop();
        return count;
    };
}

template <std::uint32_t Workers>
void add_throughput(bench::report& report, const char* operation) {
    bench::contest row{report, operation};
    row.ours(throughput<pawl_workers<Workers>>());
    row.peer("deque+mutex", throughput<deque_workers<Workers>>());
#if defined(PAWL_BENCH_BOOST)
    row.peer("asio", throughput<asio_workers<Workers>>());
#endif
#if defined(PAWL_BENCH_TBB)
    row.peer("tbb", throughput<tbb_workers<Workers>>());
#endif
#if defined(PAWL_BENCH_TASKFLOW)
    row.peer("taskflow", throughput<taskflow_workers<Workers>>());
#endif
    row.rest(5ms);
    row.run();
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"jobs", argc, argv};
    add_throughput<1>(report, "enqueue from one thread, 1 worker");
    add_throughput<2>(report, "enqueue from one thread, 2 workers");

    report.note("deque+mutex", "workers: the same with a condition variable");
#if defined(PAWL_BENCH_BOOST)
    report.note("asio " BOOST_LIB_VERSION,
                "workers: post to a thread_pool; no handle, memory as it grows");
#else
    report.missing("asio", "libboost-dev");
#endif
#if defined(PAWL_BENCH_TBB)
    report.note("tbb " TBB_VERSION_STRING,
                "workers: task_arena::enqueue; no handle; one thread more than asked for may run");
#else
    report.missing("tbb", "libtbb-dev");
#endif
#if defined(PAWL_BENCH_TASKFLOW)
    report.note("taskflow " + std::string{tf::version()},
                "workers: silent_async; 216 bytes on the heap a job");
#else
    report.missing("taskflow", "its headers in --include-path");
#endif
    return bench::finish(report);
}
