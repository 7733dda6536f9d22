// SPDX-License-Identifier: BSL-1.0
//
// requires: posix
// labels: concurrent
//
// Tickets: whether what was submitted is on the disk, asked without waiting, or waited for.
//
// Goal: a ticket is durable only when everything that was submitted before it survives a power cut,
// and then soon after a sync was asked for; who waits is told, also that the disk has failed, is
// closed, or takes longer. Method: a medium that keeps what it had at its last sync, to which every
// power cut goes back: random programs in virtual time, cut off at random; and workers on a disk
// that stands still until it is let go.
#include "catch.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <thread>
#include <vector>

#include <pawl/durability/medium_ref.hpp>
#include <pawl/durability/ram_medium.hpp>
#include <pawl/pawl.hpp>
#include <pawl/scheduler/durable_scheduler.hpp>

#include "await.hpp"
#include "scheduler/durable_world.hpp"

using namespace std::chrono_literals;
using namespace durable_world;
using pawl::io_error;
using pawl::journal_ticket;
using tests::await;

namespace {

constexpr pawl::limits size{.jobs = 64, .recurring = 0, .workers = 0};

// What a power cut leaves of it is what it had at its last sync.
struct forgetful_memory : pawl::ram_medium<8192, 8> {
    using image = pawl::ram_medium<8192, 8>;
    image synced{};
    std::uint32_t syncs = 0;
    std::atomic<int> writes{0};
    std::atomic<bool> fails{false};
    std::atomic<bool> holds{false};

    pawl::io_status sync() noexcept {
        while (holds.load()) {
            std::this_thread::sleep_for(100us);
        }
        if (fails.load()) {
            return {io_error::failed, 5};
        }
        ++syncs;
        synced = *this;
        return image::sync();
    }
    pawl::io_status program(std::uint32_t block, std::uint32_t offset,
                            std::span<const std::byte> data) noexcept {
        ++writes;
        return image::program(block, offset, data);
    }
    void cut() { static_cast<image&>(*this) = synced; }
};
using ticket_journal =
    pawl::journal<pawl::medium_ref<forgetful_memory>, pawl::job_types<task, retired>,
                  pawl::journal_limits{.cells = 64, .buffer_bytes = 1024, .blocks_max = 8}>;
using polled = pawl::scheduler<size, pawl::manual_platform, ticket_journal>;
constexpr pawl::limits with_workers{.jobs = 64, .recurring = 0, .workers = 2};
using threaded = pawl::scheduler<with_workers, pawl::std_platform, ticket_journal>;

template <class Scheduler>
std::unique_ptr<Scheduler> on(forgetful_memory& disk) {
    auto jobs = std::make_unique<Scheduler>(pawl::medium_ref{disk}, pawl::deferred_start);
    REQUIRE(jobs->start());
    return jobs;
}

}  // namespace

TEST_CASE("journal_ticket: what comes later covers what came before, over the end of numbers") {
    STATIC_REQUIRE(journal_ticket{5}.covers(journal_ticket{5}));
    STATIC_REQUIRE(journal_ticket{6}.covers(journal_ticket{5}));
    STATIC_REQUIRE_FALSE(journal_ticket{4}.covers(journal_ticket{5}));
    STATIC_REQUIRE(journal_ticket{2}.covers(journal_ticket{0xFFFF'FFFE}));
    STATIC_REQUIRE_FALSE(journal_ticket{0xFFFF'FFFE}.covers(journal_ticket{2}));
    STATIC_REQUIRE(journal_ticket{}.covers(journal_ticket{}));
}

TEST_CASE("tickets: written is not durable, synced is") {
    fresh();
    forgetful_memory disk{};
    auto jobs = on<polled>(disk);
    REQUIRE(jobs->is_durable(jobs->ticket()));  // start() has synced
    REQUIRE(jobs->schedule(1h, task{1}));
    const journal_ticket first = jobs->ticket();
    REQUIRE_FALSE(jobs->is_durable(first));
    jobs->poll();  // writes
    REQUIRE_FALSE(jobs->is_durable(first));
    const std::uint32_t before = disk.syncs;
    REQUIRE(jobs->request_sync());
    REQUIRE(disk.syncs == before);  // it is the next poll's
    jobs->poll();
    REQUIRE(jobs->is_durable(first));
    REQUIRE(jobs->durable_seq().covers(first));
    REQUIRE(disk.syncs == before + 1);
    jobs->poll();
    REQUIRE(disk.syncs == before + 1);  // asked once
    REQUIRE(jobs->schedule(1h, task{2}));
    REQUIRE(jobs->is_durable(first));  // for ever
    REQUIRE_FALSE(jobs->is_durable(jobs->ticket()));
}

TEST_CASE("tickets: who waits has it on the disk, and what is there already costs no sync") {
    fresh();
    forgetful_memory disk{};
    auto jobs = on<polled>(disk);
    REQUIRE(jobs->schedule(1h, task{1}));
    const journal_ticket mine = jobs->ticket();
    REQUIRE(jobs->wait_durable(mine).ok());
    REQUIRE(jobs->is_durable(mine));
    const std::uint32_t syncs = disk.syncs;
    REQUIRE(jobs->wait_durable(mine).ok());
    REQUIRE(jobs->wait_durable(mine, 1ms).ok());
    REQUIRE(disk.syncs == syncs);
    REQUIRE(jobs->schedule(1h, task{2}));
    REQUIRE(jobs->wait_durable(jobs->ticket(), 1ms).ok());
    REQUIRE(disk.syncs == syncs + 1);
}

TEST_CASE("tickets: random programs, cut off: what a ticket says is there is there") {
    std::mt19937 random{7};
    std::uint32_t kept = 0;
    for (int round = 0; round < 300; ++round) {
        fresh();
        forgetful_memory disk{};
        std::vector<journal_ticket> tickets;  // after the job of that number
        std::uint32_t promised = 0;
        {
            auto jobs = on<polled>(disk);
            const auto steps = 1 + random() % 40;
            for (std::uint32_t step = 0; step < steps; ++step) {
                switch (random() % 5) {
                    case 0: jobs->poll(); break;
                    case 1: static_cast<void>(jobs->request_sync()); break;
                    case 2:
                        if (random() % 4 == 0) {
                            REQUIRE(jobs->sync().ok());
                        }
                        break;
                    default:
                        REQUIRE(jobs->schedule(1h, task{static_cast<int>(tickets.size())}));
                        tickets.push_back(jobs->ticket());
                }
            }
            while (promised < tickets.size() && jobs->is_durable(tickets[promised])) {
                ++promised;
            }
            for (std::uint32_t i = promised; i < tickets.size(); ++i) {
                REQUIRE_FALSE(jobs->is_durable(tickets[i]));  // in the order of submission
            }
            const auto synced = std::make_unique<forgetful_memory::image>(disk.synced);
            jobs.reset();
            disk.synced = *synced;
        }
        disk.cut();
        auto next = on<polled>(disk);
        REQUIRE(next->last_start().recovered.jobs >= promised);
        next->drain();
        const std::vector<int> ran = numbers_run();
        for (std::uint32_t i = 0; i < promised; ++i) {
            REQUIRE(std::count(ran.begin(), ran.end(), static_cast<int>(i)) == 1);
        }
        kept += promised;
    }
    REQUIRE(kept > 1000);  // it was about something
}

TEST_CASE("tickets: a disk that fails, and a journal that is closed") {
    fresh();
    forgetful_memory disk{};
    auto jobs = on<polled>(disk);
    REQUIRE(jobs->schedule(1h, task{1}));
    const journal_ticket before = jobs->ticket();
    REQUIRE(jobs->wait_durable(before).ok());
    REQUIRE(jobs->schedule(1h, task{2}));
    const journal_ticket mine = jobs->ticket();
    disk.fails = true;
    REQUIRE(jobs->wait_durable(mine).error == io_error::failed);
    REQUIRE_FALSE(jobs->is_durable(mine));
    REQUIRE(jobs->is_durable(before));
    REQUIRE(jobs->wait_durable(mine).error == io_error::failed);  // and remains so
    jobs->stop(pawl::abandon);
    REQUIRE(jobs->wait_durable(mine).error == io_error::closed);
    REQUIRE_FALSE(jobs->request_sync());
}

TEST_CASE("tickets: a full hand-off says so, and takes requests again") {
    fresh();
    forgetful_memory disk{};
    auto jobs = on<polled>(disk);
    int requests = 0;
    while (jobs->request_sync()) {
        ++requests;
    }
    REQUIRE(requests == 64);
    const std::uint32_t syncs = disk.syncs;
    jobs->poll();
    REQUIRE(disk.syncs == syncs);  // nothing had come since the last one
    REQUIRE(jobs->is_durable(jobs->ticket()));
    REQUIRE(jobs->request_sync());
}

TEST_CASE("tickets: who polls does not sleep before what is to be written is") {
    fresh();
    forgetful_memory disk{};
    auto jobs = on<polled>(disk);
    jobs->poll();
    REQUIRE_FALSE(jobs->next_wake());
    REQUIRE(jobs->schedule(24h, task{1}));
    REQUIRE(jobs->next_wake() == jobs->platform().now());  // to write that
    jobs->poll();
    const auto due = jobs->next_wake();
    REQUIRE(due > jobs->platform().now());
    REQUIRE(jobs->request_sync());
    REQUIRE(jobs->next_wake() == jobs->platform().now());
    jobs->poll();
    REQUIRE(jobs->is_durable(jobs->ticket()));
    REQUIRE(jobs->next_wake() == due);
}

TEST_CASE("tickets: a request wakes who sleeps until there is something to poll") {
    using waiting = pawl::scheduler<size, pawl::std_platform, ticket_journal>;
    forgetful_memory disk{};
    auto jobs = on<waiting>(disk);
    REQUIRE(jobs->schedule(24h, task{1}));
    while (jobs->poll().more) {
    }
    const journal_ticket mine = jobs->ticket();
    std::atomic<bool> ends{false};
    std::thread loop{[&] {
        while (!ends) {
            jobs->wait(1h);
            jobs->poll();
        }
    }};
    std::this_thread::sleep_for(5ms);
    REQUIRE(jobs->request_sync());
    const bool is_met = await(10s, [&] { return jobs->is_durable(mine); });
    ends = true;
    if (is_met) {
        REQUIRE(jobs->request_sync());
        loop.join();
    } else {
        loop.detach();  // it sleeps for an hour
    }
    REQUIRE(is_met);
}

TEST_CASE("tickets: what another thread submits is written by who sleeps") {
    using waiting = pawl::scheduler<size, pawl::std_platform, ticket_journal>;
    forgetful_memory disk{};
    auto jobs = on<waiting>(disk);
    std::atomic<bool> ends{false};
    std::thread loop{[&] {
        while (!ends) {
            jobs->wait();
            jobs->poll();
        }
    }};
    for (int round = 0; round < 50; ++round) {
        if (round % 2 == 0) {
            std::this_thread::sleep_for(1ms);  // it sleeps
        }
        // A deadline for which nobody has to be woken.
        const int before = disk.writes;
        REQUIRE(jobs->schedule(24h + std::chrono::minutes{round}, task{round}));
        CHECK(await(10s, [&] { return disk.writes > before; }));
    }
    ends = true;
    REQUIRE(jobs->request_sync());
    loop.join();
}

TEST_CASE("tickets: workers and a disk that stands still") {
    forgetful_memory disk{};
    auto jobs = on<threaded>(disk);
    for (int round = 0; round < 3; ++round) {
        disk.holds = true;
        REQUIRE(jobs->schedule(1h, task{round}));
        const journal_ticket mine = jobs->ticket();
        REQUIRE(jobs->wait_durable(mine, 5ms).error == io_error::timed_out);
        REQUIRE_FALSE(jobs->is_durable(mine));
        std::atomic<int> told{0};
        std::thread other{[&] { told += jobs->wait_durable(mine).ok() ? 1 : 10; }};
        std::thread patient{[&] { told += jobs->wait_durable(mine, 1h).ok() ? 1 : 10; }};
        std::this_thread::sleep_for(2ms);
        CHECK(told == 0);
        disk.holds = false;
        other.join();
        patient.join();
        CHECK(told == 2);
        CHECK(jobs->is_durable(mine));
    }
}

TEST_CASE("tickets: a request is met without anybody waiting") {
    forgetful_memory disk{};
    auto jobs = on<threaded>(disk);
    for (int round = 0; round < 20; ++round) {
        REQUIRE(jobs->schedule(1h, task{round}));
        const journal_ticket mine = jobs->ticket();
        REQUIRE(jobs->request_sync());
        REQUIRE(await(10s, [&] { return jobs->is_durable(mine); }));
    }
}

TEST_CASE("tickets: many threads, each with its own") {
    forgetful_memory disk{};
    auto jobs = on<threaded>(disk);
    constexpr int threads = 4;
    constexpr int each = 200;
    std::atomic<int> wrong{0};
    std::vector<std::thread> all;
    for (int thread = 0; thread < threads; ++thread) {
        all.emplace_back([&, thread] {
            for (int i = 0; i < each; ++i) {
                // A cancelled one keeps its slot until a worker has taken it out of the wheel.
                pawl::job_id id;
                const bool accepted = await(
                    10s, [&] { return bool(id = jobs->schedule(1h, task{thread * each + i})); });
                const journal_ticket mine = jobs->ticket();
                const bool ok = i % 8 == 0 ? jobs->wait_durable(mine, 1min).ok()
                                           : jobs->wait_durable(mine).ok();
                wrong += accepted && ok && jobs->is_durable(mine) ? 0 : 1;
                jobs->cancel(id);
            }
        });
    }
    for (std::thread& one : all) {
        one.join();
    }
    CHECK(wrong == 0);
}
