// SPDX-License-Identifier: BSL-1.0
//
// requires: posix
// labels: concurrent
//
// Durable jobs of a scheduler with workers, in a file.
//
// Goal: many threads submit, all durabilities mixed, and each job runs once; after an end in order
// nothing comes back but what waits for its time; when the medium fails, who submits is told and
// jobs in memory go on; a second scheduler on the same file is refused and damages nothing. Method:
// real threads and files; what must happen is waited for as long as only something that never
// happens takes.
#include "catch.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <pawl/durability/file_medium.hpp>
#include <pawl/durability/medium_ref.hpp>
#include <pawl/durability/ram_medium.hpp>
#include <pawl/pawl.hpp>
#include <pawl/scheduler/durable_scheduler.hpp>

#include "await.hpp"
#include "durability/faulty_medium.hpp"
#include "durability/temporary_folder.hpp"

using namespace std::chrono_literals;
using tests::await;

namespace {

constexpr std::uint32_t numbers = 4096;
std::array<std::atomic<std::uint32_t>, numbers> runs;
std::atomic<std::uint64_t> ids_seen{0};

void fresh() {
    for (auto& each : runs) {
        each = 0;
    }
}

struct counted {
    static constexpr std::string_view job_type = "counted";
    std::uint32_t number = 0;
    void operator()(pawl::job_context& job) const {
        ++runs[number];
        ids_seen += job.durable_id() != 0 ? 1 : 0;
    }
};

constexpr pawl::limits size{.jobs = 128, .batches = 4, .recurring = 0, .workers = 3};
using types = pawl::job_types<counted>;
using in_file = pawl::scheduler<size, pawl::std_platform, pawl::journal<pawl::file_medium, types>>;
constexpr pawl::file_options shape{.block_bytes = 32 * 1024, .block_count = 16};

std::unique_ptr<in_file> on(const std::string& path) {
    return std::make_unique<in_file>(pawl::file_medium{path.c_str(), shape}, pawl::deferred_start);
}

// Waits for room, as a program does that has more to say.
template <class Scheduler>
pawl::submit_error submit(Scheduler& jobs, std::uint32_t number, pawl::durability how) {
    for (;;) {
        const auto id = jobs.enqueue(counted{number}, {.durability = how});
        if (id) {
            return pawl::submit_error::none;
        }
        if (id.error() != pawl::submit_error::full &&
            id.error() != pawl::submit_error::journal_full) {
            return id.error();
        }
        std::this_thread::sleep_for(50us);
    }
}

template <class Work>
void in_threads(std::uint32_t count, Work work) {
    std::vector<std::thread> threads;
    for (std::uint32_t self = 0; self < count; ++self) {
        threads.emplace_back(work, self);
    }
    for (std::thread& each : threads) {
        each.join();
    }
}

std::uint32_t runs_other_than_one(std::uint32_t count) {
    std::uint32_t wrong = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        wrong += runs[i].load() != 1 ? 1U : 0U;
    }
    return wrong;
}

}  // namespace

TEST_CASE("durable, workers: jobs of eight threads each run once, and none comes back") {
    constexpr std::uint32_t threads = 8;
    constexpr std::uint32_t each = 150;
    fresh();
    ids_seen = 0;
    const temporary_folder folder;
    const std::string path = folder.file("jobs.wal");
    pawl::job_id waits;
    {
        const auto jobs = on(path);
        REQUIRE(jobs->start());
        REQUIRE(jobs->last_start().recovered.log.made);
        waits = jobs->schedule(24h, counted{numbers - 1});
        REQUIRE(waits);
        std::atomic<std::uint32_t> refused{0};
        constexpr pawl::durability ways[] = {pawl::buffered, pawl::synced, pawl::sync_later,
                                             pawl::durability::none};
        in_threads(threads, [&](std::uint32_t self) {
            for (std::uint32_t i = 0; i < each; ++i) {
                const auto error = submit(*jobs, self * each + i, ways[i % 4]);
                refused += error != pawl::submit_error::none ? 1U : 0U;
            }
        });
        CHECK(refused == 0);
        CHECK(await(60s, [&] { return jobs->counts().succeeded == threads * each; }));
        CHECK(jobs->stop(pawl::drain).status == pawl::stop_status::stopped);
        CHECK(jobs->journal_failure() == pawl::io_error::none);
    }
    CHECK(runs_other_than_one(threads * each) == 0);
    CHECK(ids_seen == threads * each - threads * (each / 4));  // all but those of `none`
    const auto jobs = on(path);
    const auto start = jobs->start();
    REQUIRE(start);
    CHECK(start.recovered.jobs == 1);
    CHECK(start.recovered.running == 0);
    CHECK(start.recovered.log.torn == 0);
    CHECK(jobs->state(waits) == pawl::job_state::scheduled);
    jobs->run_now(waits);
    CHECK(await(60s, [] { return runs[numbers - 1].load() == 1; }));
    CHECK(runs_other_than_one(threads * each) == 0);
}

TEST_CASE("durable, workers: submissions while it stops run once, now or after the next start") {
    constexpr std::uint32_t threads = 4;
    constexpr std::uint32_t each = 500;
    for (const auto mode : {pawl::finish, pawl::drain}) {
        fresh();
        const temporary_folder folder;
        const std::string path = folder.file("jobs.wal");
        std::array<std::atomic<bool>, threads * each> acknowledged{};
        {
            const auto jobs = on(path);
            REQUIRE(jobs->start());
            std::atomic<std::uint32_t> wrong{0};
            std::thread stopping{[&] {
                static_cast<void>(await(20s, [&] { return jobs->counts().succeeded > 100; }));
                wrong += jobs->stop(mode).status == pawl::stop_status::stopped ? 0U : 1U;
            }};
            in_threads(threads, [&](std::uint32_t self) {
                for (std::uint32_t i = 0; i < each; ++i) {
                    const std::uint32_t number = self * each + i;
                    const auto error = submit(*jobs, number, pawl::synced);
                    if (error == pawl::submit_error::none) {
                        acknowledged[number] = true;
                    } else if (error == pawl::submit_error::stopped ||
                               error == pawl::submit_error::journal_failed) {
                        return;
                    } else {
                        ++wrong;
                    }
                }
            });
            stopping.join();
            CHECK(wrong == 0);
        }
        {
            const auto jobs = on(path);
            REQUIRE(jobs->start());
            CHECK(jobs->stop(pawl::drain).status == pawl::stop_status::stopped);
        }
        std::uint32_t lost = 0;
        std::uint32_t twice = 0;
        for (std::uint32_t i = 0; i < threads * each; ++i) {
            lost += acknowledged[i].load() && runs[i].load() == 0 ? 1U : 0U;
            twice += runs[i].load() > 1 ? 1U : 0U;
        }
        CHECK(lost == 0);
        CHECK(twice == 0);
        const auto jobs = on(path);
        REQUIRE(jobs->start());
        CHECK(jobs->last_start().recovered.jobs == 0);
    }
}

namespace {

// A slow medium that says when it has synced.
struct slow : pawl::ram_medium<16384, 8> {
    pawl::io_status sync() noexcept {
        std::this_thread::sleep_for(2ms);
        const pawl::io_status done = ram_medium::sync();
        ++syncs;
        return done;
    }
    static inline std::atomic<std::uint32_t> syncs{0};
};

struct after_sync {
    static constexpr std::string_view job_type = "after_sync";
    std::uint32_t syncs = 0;  // so many there had been when it was submitted
    void operator()() const { ++(slow::syncs > syncs ? in_order : too_early); }
    static inline std::atomic<std::uint32_t> in_order{0};
    static inline std::atomic<std::uint32_t> too_early{0};
};

}  // namespace

TEST_CASE("durable, workers: many at once run after their sync, one for all of them") {
    slow log{};
    using journal = pawl::journal<pawl::medium_ref<slow>, pawl::job_types<after_sync>,
                                  pawl::journal_limits{.cells = 64, .blocks_max = 8}>;
    const auto jobs =
        std::make_unique<pawl::scheduler<pawl::limits{.jobs = 64, .recurring = 0, .workers = 2},
                                         pawl::std_platform, journal>>(pawl::medium_ref{log},
                                                                       pawl::deferred_start);
    REQUIRE(jobs->start());
    for (const auto how : {pawl::durability::synced, pawl::durability::sync_later}) {
        after_sync::in_order = 0;
        const std::uint32_t before = slow::syncs;
        REQUIRE(jobs->enqueue_n(20, [&](std::uint32_t) { return after_sync{slow::syncs}; },
                                {.durability = how}));
        REQUIRE(await(20s, [] { return after_sync::in_order + after_sync::too_early == 20; }));
        REQUIRE(after_sync::too_early == 0);
        REQUIRE(slow::syncs - before < 20);
    }
    jobs->stop(pawl::drain);
}

TEST_CASE("durable, workers: when the medium fails, callers are told and jobs in memory go on") {
    using memory = pawl::ram_medium<32 * 1024, 16>;
    using faulty = crash::faulty_medium<memory>;
    using scheduler =
        pawl::scheduler<size, pawl::std_platform, pawl::journal<pawl::medium_ref<faulty>, types>>;
    constexpr std::uint32_t threads = 6;
    for (const auto which : {crash::operation::sync, crash::operation::program}) {
        fresh();
        const auto medium = std::make_unique<faulty>(memory{});
        std::array<std::atomic<bool>, numbers> acknowledged{};
        {
            const auto jobs =
                std::make_unique<scheduler>(pawl::medium_ref{*medium}, pawl::deferred_start);
            // Before start() no other thread uses the medium. The first ones are of the start.
            medium->arm({.of = which, .at = 30});
            REQUIRE(jobs->start());
            std::atomic<std::uint32_t> told{0};
            in_threads(threads, [&](std::uint32_t self) {
                for (std::uint32_t i = self; i < numbers; i += threads) {
                    const auto error = submit(*jobs, i, i % 3 == 0 ? pawl::buffered : pawl::synced);
                    if (error == pawl::submit_error::journal_failed) {
                        ++told;
                        return;
                    }
                    acknowledged[i] = i % 3 != 0 && error == pawl::submit_error::none;
                }
            });
            // Every third thread only hands over, and may have done so before the medium failed.
            CHECK(told >= threads - threads / 3);
            CHECK(jobs->journal_failure() == pawl::io_error::failed);
            CHECK_FALSE(jobs->sync().ok());
            std::atomic<int> in_memory{0};
            for (int i = 0; i < 50; ++i) {
                while (!jobs->enqueue([&] { ++in_memory; })) {
                    std::this_thread::yield();
                }
            }
            CHECK(await(60s, [&] { return in_memory.load() == 50; }));
            CHECK(jobs->enqueue(counted{0}).error() == pawl::submit_error::journal_failed);
            CHECK(jobs->stop(pawl::drain).status == pawl::stop_status::stopped);
        }
        for (std::uint32_t i = 0; i < numbers; ++i) {
            REQUIRE(runs[i].load() <= 1);
            REQUIRE((!acknowledged[i].load() || runs[i].load() == 1));
        }
        // Made anew, it goes on; what could not be told to have ended runs again.
        medium->disarm();
        const auto jobs =
            std::make_unique<scheduler>(pawl::medium_ref{*medium}, pawl::deferred_start);
        REQUIRE(jobs->start());
        CHECK(submit(*jobs, 0, pawl::synced) == pawl::submit_error::none);
        CHECK(jobs->stop(pawl::drain).status == pawl::stop_status::stopped);
    }
}

TEST_CASE("durable, workers: a second scheduler on the same file is refused, and damages nothing") {
    fresh();
    const temporary_folder folder;
    const std::string path = folder.file("jobs.wal");
    const auto is_refused = [&] {
        const auto second = on(path);
        const auto start = second->start();
        return !start && start.error() == pawl::open_error::medium &&
               start.recovered.log.io.error == pawl::io_error::busy &&
               std::string_view{start.medium} == path &&
               second->enqueue(counted{2}).error() == pawl::submit_error::journal_failed;
    };
    // A process of its own, and before there are threads: it waits for a word.
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        char word = 0;
        static_cast<void>(::read(pipe_ends[0], &word, 1) == 1);
        ::_exit(is_refused() ? 0 : 1);
    }
    const auto first = on(path);
    REQUIRE(first->start());
    CHECK(submit(*first, 0, pawl::synced) == pawl::submit_error::none);
    CHECK(is_refused());
    REQUIRE(::write(pipe_ends[1], "!", 1) == 1);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    // The first goes on, and what it has said is there.
    CHECK(submit(*first, 1, pawl::synced) == pawl::submit_error::none);
    REQUIRE(first->schedule(24h, counted{3}, {.durability = pawl::synced}));
    CHECK(first->stop(pawl::drain).status == pawl::stop_status::stopped);
    CHECK(runs_other_than_one(2) == 0);
    CHECK(runs[2].load() == 0);
    const auto next = on(path);
    REQUIRE(next->start());
    CHECK(next->last_start().recovered.jobs == 1);
    CHECK(next->last_start().recovered.log.damage == 0);
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
}
