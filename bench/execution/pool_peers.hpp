// SPDX-License-Identifier: BSL-1.0
//
// pool_peers: thread pools, ours and others', behind one shape.
//
//   pool.post(job)       from outside, and a job is job()
//   pool.spawn(job)      from inside a job of this pool
//   pool.for_each(n, f)  f(0) to f(n - 1) in whichever way the library has for it; returns at the
//                        end of the last. The caller may take part: so many threads and the caller
//   pool.fib(n)          the number of Fibonacci, where every call forks one of its two; returns it
//   pool.join()          a second thread is about to post; leave(), it has
//
// A peer has what its library has: who asks for more has to look first. A job that spawns also has
// run(here) with here.spawn(job): the pool, or what stands for a worker of ours, which is given to
// a job. A job that spawns is of at most 16 bytes: what std::function takes without the heap.
//
// Peers are here if their headers are found; those that need linking, if bench/CMakeLists.txt found
// them. each_pool() goes through them; note_pools() says what a reader has to know of them.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <semaphore>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <pawl/execution/parallel_for.hpp>
#include <pawl/execution/parallel_invoke.hpp>
#include <pawl/execution/thread_pool.hpp>
#include <pawl/platform/default_platform.hpp>

#include "../report.hpp"
#include "tally.hpp"

#if __has_include(<boost/asio/thread_pool.hpp>)
#include <boost/asio/defer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/version.hpp>
#define PAWL_BENCH_BOOST 1
#endif
#if defined(PAWL_BENCH_TBB)
#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>
#include <tbb/version.h>
#endif
#if __has_include(<taskflow/taskflow.hpp>)
#if defined(__GNUC__)
// Once inlined, a loop over its dimensions, of which a loop has one, looks to GCC as if it left the
// array.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Warray-bounds"
#endif
#include <taskflow/algorithm/for_each.hpp>
#include <taskflow/taskflow.hpp>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#define PAWL_BENCH_TASKFLOW 1
#endif
#if __has_include(<BS_thread_pool.hpp>)
#include <BS_thread_pool.hpp>
#define PAWL_BENCH_BS 1
#endif
#if __has_include(<thread_pool/thread_pool.h>)
#include <thread_pool/thread_pool.h>
#define PAWL_BENCH_DP 1
#endif
#if __has_include(<exec/static_thread_pool.hpp>)
#include <exec/start_detached.hpp>
#include <exec/static_thread_pool.hpp>
#include <stdexec/execution.hpp>
#define PAWL_BENCH_STDEXEC 1
#endif
#if __has_include(<libfork.hpp>)
#include <libfork.hpp>
#define PAWL_BENCH_LIBFORK 1
#endif
#if defined(PAWL_BENCH_ENKITS)
#include <TaskScheduler.h>
#endif
#if defined(PAWL_BENCH_MARL)
#include <marl/scheduler.h>
#include <marl/task.h>
#endif
#if defined(PAWL_BENCH_CONCURRENCPP)
#include <concurrencpp/concurrencpp.h>
#endif

namespace bench::pools {

// --- Ours ----------------------------------------------------------------------------------------

// The queue holds the largest burst of a row, so that no job runs in who submits it.
inline constexpr std::uint32_t burst_max = 8192;

template <std::uint32_t Workers, class Platform = pawl::default_platform>
class pawl_pool {
public:
    template <class Job>
    void post(Job job) {
        if constexpr (spawns<Job>) {
            submit(inside<Job>{job});
        } else {
            submit(job);
        }
    }

    template <class F>
    void for_each(std::uint32_t count, F f) {
        pawl::parallel_for(pool_, std::uint32_t{0}, count, f);
    }

    // Who waits sleeps, as in others.
    std::uint64_t fib(std::uint32_t n) {
        std::binary_semaphore done{0};
        std::uint64_t result = 0;
        submit([&done, &result, n](auto& worker) {
            result = fib_of(worker, n);
            done.release();
        });
        done.acquire();
        return result;
    }

private:
    template <class Worker>
    struct place {
        Worker& worker;
        template <class Job>
        void spawn(Job job) {
            worker.spawn(inside<Job>{job});
        }
        template <class Job>
        void next(Job job) {
            worker.next(inside<Job>{job});
        }
    };
    template <class Job>
    struct inside {
        Job job;
        template <class Worker>
        void operator()(Worker& worker) {
            place<Worker> here{worker};
            job.run(here);
        }
    };
    struct anywhere {
        template <class Job>
        void spawn(Job) {}
        template <class Job>
        void next(Job) {}
    };
    template <class Job>
    static constexpr bool spawns = requires(Job job, anywhere here) {
        job.run(here);
    };

    template <class F>
    void submit(F f) {
        while (!pool_.post(f)) {
            std::this_thread::yield();
        }
    }

    template <class Worker>
    static std::uint64_t fib_of(Worker& worker, std::uint32_t n) {
        if (n < 2) {
            return n;
        }
        std::uint64_t one = 0;
        std::uint64_t two = 0;
        pawl::parallel_invoke(
            worker, [&two, n](auto& here) { two = fib_of(here, n - 2); },
            [&one, n](auto& here) { one = fib_of(here, n - 1); });
        return one + two;
    }

    pawl::thread_pool<pawl::pool_limits{.workers = Workers, .queue = burst_max}, Platform> pool_;
};

// --- A deque and a lock --------------------------------------------------------------------------

template <std::uint32_t Workers>
class deque_pool {
public:
    deque_pool() {
        for (std::uint32_t i = 0; i < Workers; ++i) {
            threads_.emplace_back([this] { work_off(); });
        }
    }
    ~deque_pool() {
        {
            const std::lock_guard hold{lock_};
            stopping_ = true;
        }
        wake_.notify_all();
        for (std::thread& each : threads_) {
            each.join();
        }
    }
    deque_pool(const deque_pool&) = delete;
    deque_pool& operator=(const deque_pool&) = delete;

    template <class Job>
    void post(Job job) {
        {
            const std::lock_guard hold{lock_};
            jobs_.emplace_back(job);
        }
        wake_.notify_one();
    }
    template <class Job>
    void spawn(Job job) {
        post(job);
    }

private:
    void work_off() {
        std::unique_lock hold{lock_};
        for (;;) {
            wake_.wait(hold, [this] { return stopping_ || !jobs_.empty(); });
            if (jobs_.empty()) {
                return;
            }
            const std::function<void()> job = std::move(jobs_.front());
            jobs_.pop_front();
            hold.unlock();
            job();
            hold.lock();
        }
    }

    std::mutex lock_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> jobs_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

// --- Boost.Asio ----------------------------------------------------------------------------------

#if defined(PAWL_BENCH_BOOST)
template <std::uint32_t Workers>
class asio_pool {
public:
    template <class Job>
    void post(Job job) {
        boost::asio::post(pool_, job);
    }
    // Whichever is faster: a deferred one is kept by the thread until the job returns.
    template <class Job>
    void spawn(Job job) {
        if constexpr (Workers == 1) {
            boost::asio::post(pool_, job);
        } else {
            boost::asio::defer(pool_, job);
        }
    }

private:
    boost::asio::thread_pool pool_{Workers};
};
#endif

// --- oneTBB --------------------------------------------------------------------------------------

#if defined(PAWL_BENCH_TBB)
// No slot of the first arena is the caller's; one of the second is. The library may use as many
// threads as the row says, and the caller.
template <std::uint32_t Workers>
class tbb_pool {
public:
    tbb_pool() = default;
    ~tbb_pool() {
        arena_.execute([this] { spawned_.wait(); });
    }
    tbb_pool(const tbb_pool&) = delete;
    tbb_pool& operator=(const tbb_pool&) = delete;

    template <class Job>
    void post(Job job) {
        arena_.enqueue(job);
    }
    template <class Job>
    void spawn(Job job) {
        spawned_.run(job);
    }
    template <class F>
    void for_each(std::uint32_t count, F f) {
        with_caller_.execute([&] {
            tbb::parallel_for(tbb::blocked_range<std::uint32_t>{0, count},
                              [&f](const tbb::blocked_range<std::uint32_t>& range) {
                                  for (std::uint32_t i = range.begin(); i < range.end(); ++i) {
                                      f(i);
                                  }
                              });
        });
    }
    std::uint64_t fib(std::uint32_t n) {
        return arena_.execute([n] { return fib_of(n); });
    }

private:
    static std::uint64_t fib_of(std::uint32_t n) {
        if (n < 2) {
            return n;
        }
        std::uint64_t one = 0;
        tbb::task_group forked;
        forked.run([&one, n] { one = fib_of(n - 1); });
        const std::uint64_t two = fib_of(n - 2);
        forked.wait();
        return one + two;
    }

    tbb::global_control threads_{tbb::global_control::max_allowed_parallelism, Workers + 1};
    tbb::task_arena arena_{static_cast<int>(Workers), 0};
    tbb::task_arena with_caller_{static_cast<int>(Workers) + 1, 1};
    tbb::task_group spawned_;
};
#endif

// --- Taskflow ------------------------------------------------------------------------------------

#if defined(PAWL_BENCH_TASKFLOW)
template <std::uint32_t Workers>
class taskflow_pool {
public:
    template <class Job>
    void post(Job job) {
        pool_.silent_async(job);
    }
    template <class Job>
    void spawn(Job job) {
        pool_.silent_async(job);
    }
    template <class F>
    void for_each(std::uint32_t count, F f) {
        tf::Taskflow flow;
        flow.for_each_by_index(tf::IndexRange<std::uint32_t>{0, count, 1},
                               [&f](const tf::IndexRange<std::uint32_t>& range) {
                                   for (std::uint32_t i = range.begin(); i < range.end(); ++i) {
                                       f(i);
                                   }
                               });
        pool_.run(flow).wait();
    }
    std::uint64_t fib(std::uint32_t n) {
        return pool_.async([this, n] { return fib_of(n); }).get();
    }

private:
    std::uint64_t fib_of(std::uint32_t n) {
        if (n < 2) {
            return n;
        }
        std::uint64_t one = 0;
        tf::TaskGroup forked = pool_.task_group();
        forked.silent_async([this, &one, n] { one = fib_of(n - 1); });
        const std::uint64_t two = fib_of(n - 2);
        forked.corun();
        return one + two;
    }

    tf::Executor pool_{Workers};
};
#endif

// --- enkiTS --------------------------------------------------------------------------------------

#if defined(PAWL_BENCH_ENKITS)
// A task is the caller's object until it has run: each thread takes those of its own in turn. There
// are as many as fit the thread's pipe, and who finds none waits: it would have to run itself what
// the pipe does not take, and the row is of jobs that workers run.
template <std::uint32_t Workers>
class enki_pool {
public:
    enki_pool() {
        enki::TaskSchedulerConfig config;
        config.numTaskThreadsToCreate = Workers;
        config.numExternalTaskThreads = 1;
        scheduler_.Initialize(config);
    }

    void join() { check(scheduler_.RegisterExternalTaskThread(), "enkiTS took no further thread"); }
    void leave() { scheduler_.DeRegisterExternalTaskThread(); }

    template <class Job>
    void post(Job job) {
        shelf& mine = shelves_[scheduler_.GetThreadNum()];
        mine.next = (mine.next + 1) % mine.tasks.size();
        while (!mine.tasks[mine.next].GetIsComplete()) {
            std::this_thread::yield();
            mine.next = (mine.next + 1) % mine.tasks.size();
        }
        task& each = mine.tasks[mine.next];
        each.take(job);
        scheduler_.AddTaskSetToPipe(&each);
    }
    template <class Job>
    void spawn(Job job) {
        post(job);
    }

    template <class F>
    void for_each(std::uint32_t count, F f) {
        struct loop final : enki::ITaskSet {
            F* f;
            loop(std::uint32_t size, F* body) : ITaskSet{size, grain}, f{body} {}
            void ExecuteRange(enki::TaskSetPartition range, std::uint32_t) override {
                F& body = *f;
                for (std::uint32_t i = range.start; i < range.end; ++i) {
                    body(i);
                }
            }
        };
        loop all{count, &f};
        scheduler_.AddTaskSetToPipe(&all);
        scheduler_.WaitforTask(&all);
    }

    std::uint64_t fib(std::uint32_t n) {
        fib_task all{&scheduler_, n};
        scheduler_.AddTaskSetToPipe(&all);
        while (!all.GetIsComplete()) {
            std::this_thread::yield();
        }
        return all.result;
    }

private:
    // Its documentation asks for some 10,000 cycles.
    static constexpr std::uint32_t grain = 4096;

    struct task final : enki::ITaskSet {
        void (*call)(void*) = nullptr;
        alignas(8) std::array<std::byte, 24> closure;

        template <class Job>
        void take(Job job) {
            static_assert(sizeof(Job) <= sizeof closure && std::is_trivially_destructible_v<Job>);
            ::new (static_cast<void*>(closure.data())) Job{job};
            call = [](void* place) { (*std::launder(static_cast<Job*>(place)))(); };
        }
        void ExecuteRange(enki::TaskSetPartition, std::uint32_t) override { call(closure.data()); }
    };
    struct alignas(64) shelf {
        std::vector<task> tasks = std::vector<task>(256);
        std::size_t next = 0;
    };

    struct fib_task final : enki::ITaskSet {
        enki::TaskScheduler* scheduler;
        std::uint32_t n;
        std::uint64_t result = 0;
        fib_task(enki::TaskScheduler* on, std::uint32_t of) : scheduler{on}, n{of} {}
        void ExecuteRange(enki::TaskSetPartition, std::uint32_t) override {
            result = fib_of(*scheduler, n);
        }
    };
    static std::uint64_t fib_of(enki::TaskScheduler& scheduler, std::uint32_t n) {
        if (n < 2) {
            return n;
        }
        fib_task one{&scheduler, n - 1};
        scheduler.AddTaskSetToPipe(&one);
        const std::uint64_t two = fib_of(scheduler, n - 2);
        scheduler.WaitforTask(&one);
        return one.result + two;
    }

    std::array<shelf, Workers + 2> shelves_;  // the caller's, the second thread's, the workers'
    enki::TaskScheduler scheduler_;
};
#endif

// --- marl ----------------------------------------------------------------------------------------

#if defined(PAWL_BENCH_MARL)
template <std::uint32_t Workers>
class marl_pool {
public:
    template <class Job>
    void post(Job job) {
        scheduler_.enqueue(marl::Task{job});
    }
    template <class Job>
    void spawn(Job job) {
        scheduler_.enqueue(marl::Task{job});
    }

private:
    marl::Scheduler scheduler_{marl::Scheduler::Config{}.setWorkerThreadCount(int{Workers})};
};
#endif

// --- BS::thread_pool, dp::thread_pool ------------------------------------------------------------

#if defined(PAWL_BENCH_BS)
template <std::uint32_t Workers>
class bs_pool {
public:
    template <class Job>
    void post(Job job) {
        pool_.detach_task(job);
    }
    template <class Job>
    void spawn(Job job) {
        pool_.detach_task(job);
    }
    template <class F>
    void for_each(std::uint32_t count, F f) {
        pool_.detach_blocks(std::uint32_t{0}, count, [&f](std::uint32_t first, std::uint32_t last) {
            for (std::uint32_t i = first; i < last; ++i) {
                f(i);
            }
        });
        pool_.wait();
    }

private:
    BS::light_thread_pool pool_{Workers};
};
#endif

#if defined(PAWL_BENCH_DP)
template <std::uint32_t Workers>
class dp_pool {
public:
    template <class Job>
    void post(Job job) {
        pool_.enqueue_detach(job);
    }
    template <class Job>
    void spawn(Job job) {
        pool_.enqueue_detach(job);
    }

private:
    dp::thread_pool<> pool_{Workers};
};
#endif

// --- concurrencpp --------------------------------------------------------------------------------

#if defined(PAWL_BENCH_CONCURRENCPP)
template <std::uint32_t Workers>
class concurrencpp_pool {
public:
    concurrencpp_pool() = default;
    ~concurrencpp_pool() { pool_->shutdown(); }
    concurrencpp_pool(const concurrencpp_pool&) = delete;
    concurrencpp_pool& operator=(const concurrencpp_pool&) = delete;

    template <class Job>
    void post(Job job) {
        pool_->post(job);
    }
    template <class Job>
    void spawn(Job job) {
        pool_->post(job);
    }

private:
    std::shared_ptr<concurrencpp::thread_pool_executor> pool_ =
        std::make_shared<concurrencpp::thread_pool_executor>("bench", Workers,
                                                             std::chrono::minutes{10});
};
#endif

// --- stdexec -------------------------------------------------------------------------------------

#if defined(PAWL_BENCH_STDEXEC)
template <std::uint32_t Workers>
class stdexec_pool {
public:
    template <class Job>
    void post(Job job) {
        exec::start_detached(stdexec::schedule(pool_.get_scheduler()) | stdexec::then(job));
    }
    template <class Job>
    void spawn(Job job) {
        post(job);
    }
    template <class F>
    void for_each(std::uint32_t count, F f) {
        stdexec::sync_wait(stdexec::schedule(pool_.get_scheduler()) |
                           stdexec::bulk(stdexec::par, count, f));
    }

private:
    exec::static_thread_pool pool_{Workers};
};
#endif

// --- libfork -------------------------------------------------------------------------------------

#if defined(PAWL_BENCH_LIBFORK)
template <std::uint32_t Workers>
class libfork_pool {
public:
    std::uint64_t fib(std::uint32_t n) { return lf::sync_wait(pool_, fib_of, n); }

private:
    static constexpr auto fib_of = [](auto self, std::uint32_t n) -> lf::task<std::uint64_t> {
        if (n < 2) {
            co_return n;
        }
        std::uint64_t one = 0;
        std::uint64_t two = 0;
        co_await lf::fork(&one, self)(n - 1);
        co_await lf::call(&two, self)(n - 2);
        co_await lf::join;
        co_return one + two;
    };

    lf::lazy_pool pool_{Workers};
};
#endif

// --- All of them ---------------------------------------------------------------------------------

// visit.operator()<Pool>(name) for each peer.
template <std::uint32_t Workers, class Visit>
void each_peer(Visit&& visit) {
    visit.template operator()<deque_pool<Workers>>("deque+mutex");
#if defined(PAWL_BENCH_BOOST)
    visit.template operator()<asio_pool<Workers>>("asio");
#endif
#if defined(PAWL_BENCH_TBB)
    visit.template operator()<tbb_pool<Workers>>("tbb");
#endif
#if defined(PAWL_BENCH_TASKFLOW)
    visit.template operator()<taskflow_pool<Workers>>("taskflow");
#endif
#if defined(PAWL_BENCH_ENKITS)
    visit.template operator()<enki_pool<Workers>>("enkiTS");
#endif
#if defined(PAWL_BENCH_MARL)
    visit.template operator()<marl_pool<Workers>>("marl");
#endif
#if defined(PAWL_BENCH_BS)
    visit.template operator()<bs_pool<Workers>>("BS");
#endif
#if defined(PAWL_BENCH_DP)
    visit.template operator()<dp_pool<Workers>>("dp");
#endif
#if defined(PAWL_BENCH_CONCURRENCPP)
    visit.template operator()<concurrencpp_pool<Workers>>("concurrencpp");
#endif
#if defined(PAWL_BENCH_STDEXEC)
    visit.template operator()<stdexec_pool<Workers>>("stdexec");
#endif
#if defined(PAWL_BENCH_LIBFORK)
    visit.template operator()<libfork_pool<Workers>>("libfork");
#endif
}

inline void note_pools(report& target) {
    target.note("deque+mutex",
                "pools: std::function in a std::deque, a mutex, a condition variable");
#if defined(PAWL_BENCH_BOOST)
    target.note("asio " BOOST_LIB_VERSION,
                "pools: thread_pool, post(), and from inside of two workers defer(); on the heap");
#else
    target.missing("asio", "libboost-dev");
#endif
#if defined(PAWL_BENCH_TBB)
    target.note("tbb " TBB_VERSION_STRING,
                "pools: task_arena::enqueue from outside, task_group::run from inside");
#else
    target.missing("tbb", "libtbb-dev");
#endif
#if defined(PAWL_BENCH_TASKFLOW)
    target.note("taskflow " + std::string{tf::version()},
                "pools: silent_async, 216 bytes on the heap a job; task_group; a loop is a graph "
                "that is built and run");
#else
    target.missing("taskflow", "its headers in --include-path");
#endif
#if defined(PAWL_BENCH_ENKITS)
    target.note("enkiTS",
                "pools: tasks are the caller's, here reused in turn; who submits waits while the "
                "256 of its pipe are not run; its loops have a grain of 4096");
#else
    target.missing("enkiTS", "TaskScheduler.h and libenkiTS in --include-path");
#endif
#if defined(PAWL_BENCH_MARL)
    target.note("marl", "pools: Scheduler::enqueue; its workers spin for 1 ms before they sleep");
#else
    target.missing("marl", "marl/scheduler.h and libmarl in --include-path");
#endif
#if defined(PAWL_BENCH_BS)
    target.note(
        "BS", "pools: BS::light_thread_pool " + std::to_string(BS_THREAD_POOL_VERSION_MAJOR) + "." +
                  std::to_string(BS_THREAD_POOL_VERSION_MINOR) + ", detach_task and detach_blocks");
#else
    target.missing("BS::thread_pool", "BS_thread_pool.hpp in --include-path");
#endif
#if defined(PAWL_BENCH_DP)
    target.note("dp", "pools: dp::thread_pool, enqueue_detach: a queue a worker, in turn");
#else
    target.missing("dp::thread_pool", "thread_pool/thread_pool.h in --include-path");
#endif
#if defined(PAWL_BENCH_CONCURRENCPP)
    target.note("concurrencpp", "pools: thread_pool_executor::post: a queue a worker, in turn");
#else
    target.missing("concurrencpp", "concurrencpp/concurrencpp.h and its library in --include-path");
#endif
#if defined(PAWL_BENCH_STDEXEC)
    target.note("stdexec",
                "pools: static_thread_pool, start_detached(schedule | then), on the heap; bulk");
#else
    target.missing("stdexec", "exec/static_thread_pool.hpp in --include-path");
#endif
#if defined(PAWL_BENCH_LIBFORK)
    target.note("libfork", "pools: lazy_pool; fork and join only, for a detached job takes 8 KB");
#else
    target.missing("libfork", "libfork.hpp in --include-path");
#endif
}

}  // namespace bench::pools
