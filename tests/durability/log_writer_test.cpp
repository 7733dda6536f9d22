// SPDX-License-Identifier: BSL-1.0
//
// labels: concurrent
//
// log_writer: many threads, one log.
//
// Goal: what was acknowledged is in the log, in the order of each thread, and nothing else is;
// those who wait share syncs; a full hand-off says so; a medium that fails is told to everybody who
// waits, and nobody waits for ever. Method: real threads on a log in memory, which is opened and
// read again; where it matters who comes when, a medium that stands still until it is let go.
#include "catch.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include <pawl/durability/log_writer.hpp>
#include <pawl/durability/medium_ref.hpp>
#include <pawl/durability/ram_medium.hpp>
#include <pawl/platform/manual_platform.hpp>
#include <pawl/platform/std_platform.hpp>

#include "await.hpp"
#include "durability/faulty_medium.hpp"
#include "explore/interrupt_board.hpp"

using namespace std::chrono_literals;
using tests::await;

namespace {

constexpr std::uint8_t line = 16;  // a record of this test's

// What a thread writes.
struct numbered {
    std::uint32_t thread = 0;
    std::uint32_t number = 0;
};
std::uint64_t token_of(numbered what) { return std::uint64_t{what.thread} << 32 | what.number; }

// The client: what the leader tells, which only one thread at a time is.
struct listener {
    std::vector<numbered> replayed;
    std::vector<std::uint64_t> appended_tokens;
    std::vector<std::uint64_t> durable_tokens;
    std::vector<std::uint64_t> refused_tokens;
    bool everything_counts = true;

    void replay(const pawl::log_record& record) {
        numbered what;
        if (record.type == line && record.payload.size() == sizeof what) {
            std::memcpy(&what, record.payload.data(), sizeof what);
            replayed.push_back(what);
        }
    }
    bool keeps(const pawl::log_record&) const { return everything_counts; }
    void appended(std::uint64_t token, const pawl::log_record&) {
        appended_tokens.push_back(token);
    }
    void durable(std::uint64_t token) { durable_tokens.push_back(token); }
    void refused(std::uint64_t token, pawl::io_status) { refused_tokens.push_back(token); }
};

using memory = pawl::ram_medium<32 * 1024, 16>;

// Stands still in its next sync, once it is told to, until it is let go.
struct gate_medium : memory {
    std::atomic<bool> holds{false};
    std::atomic<bool> inside{false};

    pawl::io_status sync() noexcept {
        while (holds.load()) {
            inside.store(true);
            std::this_thread::sleep_for(100us);
        }
        return memory::sync();
    }
};

constexpr pawl::log_limits log_size{.payload_max = 32, .buffer_bytes = 4096, .blocks_max = 16};

template <class Medium, pawl::writer_limits W = pawl::writer_limits{.cells = 64, .waiters = 16},
          class Platform = pawl::std_platform>
struct desk {
    using writer_type = pawl::log_writer<pawl::medium_ref<Medium>, log_size, W, Platform, listener>;

    explicit desk(Medium& medium)
        : writer{std::make_unique<writer_type>(pawl::medium_ref{medium})} {}

    pawl::log_report open() {
        return writer->open(client, pawl::recovery::tolerate_tail, pawl::format_when::if_blank);
    }
    pawl::io_status close() { return writer->close(client, machine); }

    static void fill(typename writer_type::cell& to, numbered what, bool sync = false) {
        to.token = token_of(what);
        to.type = line;
        to.length = sizeof what;
        to.sync = sync;
        std::memcpy(to.payload, &what, sizeof what);
    }
    bool hand_over(numbered what, bool sync = false) {
        auto* const mine = writer->take();
        if (mine != nullptr) {
            fill(*mine, what, sync);
            writer->hand_over(*mine);
        }
        return mine != nullptr;
    }
    pawl::io_status wait_for(numbered what) {
        auto& mine = writer->take_surely(client, machine);
        fill(mine, what);
        return writer->hand_over_and_wait(client, machine, mine);
    }
    std::uint64_t syncs() { return writer->log().counts().syncs; }

    listener client;
    Platform machine;
    std::unique_ptr<writer_type> writer;
};

// All that a log has, in its order.
template <class Medium>
std::vector<numbered> read_all(Medium& medium) {
    desk<Medium> reader{medium};
    REQUIRE(reader.open());
    auto result = reader.client.replayed;
    REQUIRE(reader.close().ok());
    return result;
}

// Each thread's are 0, 1, 2 ... in this order; how many each has.
std::vector<std::uint32_t> count_in_order(const std::vector<numbered>& all, std::size_t threads) {
    std::vector<std::uint32_t> next(threads);
    bool in_order = true;
    for (const numbered& each : all) {
        in_order = in_order && each.thread < threads && each.number == next[each.thread];
        if (in_order) {
            ++next[each.thread];
        }
    }
    CHECK(in_order);
    return next;
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

}  // namespace

TEST_CASE("log_writer: what many threads were told is durable is there, in the order of each") {
    constexpr std::uint32_t threads = 8;
    constexpr std::uint32_t records = 250;
    memory medium{};
    std::atomic<std::uint32_t> failed{0};
    {
        desk<memory> log{medium};
        REQUIRE(log.open());
        in_threads(threads, [&](std::uint32_t self) {
            for (std::uint32_t i = 0; i < records; ++i) {
                failed += log.wait_for({self, i}).ok() ? 0U : 1U;
            }
        });
        CHECK(log.client.appended_tokens.size() == threads * records);
        CHECK(log.client.durable_tokens.empty());  // nobody asked for that
        CHECK(log.client.refused_tokens.empty());
        CHECK(log.syncs() <= threads * records + 20);  // and those of the blocks
        log.writer->log().abandon();                   // as if power went: nothing more is written
    }
    CHECK(failed == 0);
    CHECK(count_in_order(read_all(medium), threads) ==
          std::vector<std::uint32_t>(threads, records));
}

TEST_CASE("log_writer: more threads than can wait, and fewer cells than threads") {
    constexpr std::uint32_t threads = 8;
    constexpr std::uint32_t records = 60;
    memory medium{};
    std::atomic<std::uint32_t> failed{0};
    {
        desk<memory, pawl::writer_limits{.cells = 4, .waiters = 2, .groups = 1}> log{medium};
        REQUIRE(log.open());
        in_threads(threads, [&](std::uint32_t self) {
            for (std::uint32_t i = 0; i < records; ++i) {
                failed += log.wait_for({self, i}).ok() ? 0U : 1U;
            }
        });
        log.writer->log().abandon();
    }
    CHECK(failed == 0);
    CHECK(count_in_order(read_all(medium), threads) ==
          std::vector<std::uint32_t>(threads, records));
}

TEST_CASE("log_writer: what comes during a sync shares the next one, in the order it came") {
    constexpr std::uint32_t more = 40;
    gate_medium medium{};
    desk<gate_medium> log{medium};
    REQUIRE(log.open());
    const std::uint64_t before = log.syncs();
    medium.holds = true;
    std::atomic<bool> led{false};
    std::thread leader{[&] { led = log.wait_for({0, 0}).ok(); }};
    REQUIRE(await(20s, [&] { return medium.inside.load(); }));
    for (std::uint32_t i = 1; i <= more; ++i) {
        REQUIRE(log.hand_over({0, i}, i == more / 2));
    }
    CHECK(log.client.durable_tokens.empty());
    CHECK_FALSE(log.writer->serve(log.client, log.machine));  // somebody does that already
    medium.holds = false;
    leader.join();
    CHECK(led);
    // One for the leader's own and one for all the others.
    CHECK(log.syncs() == before + 2);
    CHECK(log.client.durable_tokens == std::vector<std::uint64_t>{more / 2});
    CHECK(log.writer->durable_sequence_low() ==
          static_cast<std::uint32_t>(log.writer->log().last_sequence()));
    REQUIRE(log.close().ok());
    CHECK(count_in_order(read_all(medium), 1) == std::vector<std::uint32_t>{more + 1});
}

TEST_CASE("log_writer: those who came during a sync are all woken by the next") {
    constexpr std::uint32_t threads = 6;
    gate_medium medium{};
    desk<gate_medium> log{medium};
    REQUIRE(log.open());
    medium.holds = true;
    std::atomic<std::uint32_t> answered{0};
    std::thread leader{[&] { answered += log.wait_for({0, 0}).ok() ? 1U : 0U; }};
    REQUIRE(await(20s, [&] { return medium.inside.load(); }));
    std::vector<std::thread> others;
    for (std::uint32_t self = 1; self <= threads; ++self) {
        others.emplace_back([&, self] { answered += log.wait_for({self, 0}).ok() ? 1U : 0U; });
    }
    std::this_thread::sleep_for(5ms);  // most have come by now; nothing depends on it
    CHECK(answered == 0);              // for nothing is durable yet
    medium.holds = false;
    leader.join();
    for (std::thread& each : others) {
        each.join();
    }
    CHECK(answered == threads + 1);
    REQUIRE(log.close().ok());
    CHECK(read_all(medium).size() == threads + 1);
}

TEST_CASE("log_writer: with all cells handed over there is none, and no waiting for one") {
    memory medium{};
    desk<memory, pawl::writer_limits{.cells = 8, .waiters = 2}> log{medium};
    REQUIRE(log.open());
    for (std::uint32_t i = 0; i < 8; ++i) {
        REQUIRE(log.hand_over({0, i}));
    }
    CHECK_FALSE(log.hand_over({0, 8}));
    CHECK(log.writer->take() == nullptr);
    CHECK(log.writer->serve(log.client, log.machine));
    CHECK_FALSE(log.writer->serve(log.client, log.machine));  // nothing more
    CHECK(log.hand_over({0, 8}));
    // Who gives one back unused leaves nothing in the log.
    auto* const unused = log.writer->take();
    REQUIRE(unused != nullptr);
    log.writer->give_back(*unused);
    // take_surely() makes room by writing.
    for (std::uint32_t i = 9; i < 16; ++i) {
        REQUIRE(log.hand_over({0, i}));
    }
    CHECK(log.wait_for({0, 16}).ok());
    REQUIRE(log.close().ok());
    CHECK(count_in_order(read_all(medium), 1) == std::vector<std::uint32_t>{17});
}

TEST_CASE("log_writer: threads that do not wait, and one that writes") {
    constexpr std::uint32_t threads = 4;
    constexpr std::uint32_t records = 800;
    memory medium{};
    desk<memory, pawl::writer_limits{.cells = 32, .waiters = 2}> log{medium};
    REQUIRE(log.open());
    std::atomic<bool> ended{false};
    std::thread serving{[&] {
        while (!ended.load()) {
            if (!log.writer->serve(log.client, log.machine)) {
                log.writer->mark(log.client, log.machine);
                std::this_thread::yield();
            }
        }
    }};
    in_threads(threads, [&](std::uint32_t self) {
        for (std::uint32_t i = 0; i < records; ++i) {
            while (!log.hand_over({self, i}, i % 16 == 0)) {
                std::this_thread::yield();
            }
        }
    });
    CHECK(log.writer->sync(log.client, log.machine).ok());
    ended = true;
    serving.join();
    CHECK(log.client.appended_tokens.size() == threads * records);
    CHECK(log.client.durable_tokens.size() == threads * records / 16);
    log.writer->log().abandon();
    CHECK(count_in_order(read_all(medium), threads) ==
          std::vector<std::uint32_t>(threads, records));
}

TEST_CASE("log_writer: sync() means all that was handed over before, by this thread too") {
    constexpr std::uint32_t threads = 4;
    memory medium{};
    desk<memory> log{medium};
    REQUIRE(log.open());
    std::atomic<std::uint32_t> late{0};
    in_threads(threads, [&](std::uint32_t self) {
        for (std::uint32_t i = 0; i < 100; ++i) {
            while (!log.hand_over({self, i})) {
                log.writer->serve(log.client, log.machine);
            }
            if (i % 10 == 9) {
                late += log.writer->sync(log.client, log.machine).ok() ? 0U : 1U;
            }
        }
    });
    CHECK(late == 0);
    log.writer->log().abandon();
    CHECK(count_in_order(read_all(medium), threads) == std::vector<std::uint32_t>(threads, 100));
}

TEST_CASE("log_writer: a medium that fails is told to all who wait, and nobody hangs") {
    constexpr std::uint32_t threads = 6;
    using faulty = crash::faulty_medium<memory>;
    for (const auto which : {crash::operation::sync, crash::operation::program}) {
        for (const std::uint64_t at : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{17}}) {
            const auto medium = std::make_unique<faulty>(memory{});
            std::atomic<std::uint32_t> told{0};
            std::uint32_t acknowledged[threads] = {};
            {
                desk<faulty> log{*medium};
                REQUIRE(log.open());
                medium->arm({.of = which, .at = at});  // once: nobody may take that for a recovery
                in_threads(threads, [&](std::uint32_t self) {
                    for (std::uint32_t i = 0; i < 10'000; ++i) {
                        const pawl::io_status status = log.wait_for({self, i});
                        if (!status.ok()) {
                            told += status == pawl::io_status{pawl::io_error::failed, 5} ? 1U : 0U;
                            return;
                        }
                        ++acknowledged[self];
                    }
                });
                CHECK(told == threads);
                CHECK(log.client.refused_tokens.size() == threads);
                CHECK(log.writer->failure() == pawl::io_error::failed);
                // And from now on at once.
                const std::uint64_t before = medium->count();
                CHECK_FALSE(log.wait_for({0, 77'777}).ok());
                CHECK(log.hand_over({0, 77'778}));
                CHECK(log.writer->serve(log.client, log.machine));
                CHECK_FALSE(log.writer->sync(log.client, log.machine).ok());
                CHECK(log.client.refused_tokens.size() == threads + 2);
                CHECK(medium->count() == before);
                CHECK_FALSE(log.close().ok());
            }
            medium->disarm();
            // What was acknowledged is there; of what was not, the last of each may be.
            const auto found = count_in_order(read_all(*medium), threads);
            for (std::uint32_t self = 0; self < threads; ++self) {
                CHECK(found[self] >= acknowledged[self]);
                CHECK(found[self] <= acknowledged[self] + 1);
            }
        }
    }
}

TEST_CASE("log_writer: a log that is full of what counts refuses, and goes on") {
    memory medium{};
    desk<memory> log{medium};
    REQUIRE(log.open());
    std::uint32_t written = 0;
    pawl::io_status last{};
    while (written < 200'000 && (last = log.wait_for({0, written})).ok()) {
        ++written;
    }
    CHECK(last == pawl::io_status{pawl::io_error::no_space, 0});
    CHECK(log.writer->failure() == pawl::io_error::none);
    log.client.everything_counts = false;
    CHECK(log.wait_for({0, written}).ok());
    REQUIRE(log.close().ok());
}

TEMPLATE_TEST_CASE("log_writer: tickets, on every kind of ring", "", pawl::std_platform,
                   pawl::manual_platform, explore::interrupt_board<false>,
                   explore::interrupt_board<true>) {
    explore::interrupts::arm(nullptr, explore::interrupts::never, nullptr,
                             explore::interrupts::never);
    using small = pawl::ram_medium<1024, 4>;
    small medium{};
    desk<small, pawl::writer_limits{.cells = 4, .waiters = 1}, TestType> log{medium};
    REQUIRE(log.open());
    log.client.everything_counts = false;
    pawl::journal_ticket before = log.writer->ticket();
    CHECK(log.writer->durable_seq() == before);
    for (std::uint32_t i = 0; i < 100; ++i) {
        REQUIRE(log.hand_over({0, i}));
        const pawl::journal_ticket mine = log.writer->ticket();
        REQUIRE(mine.number() - before.number() == 1);
        REQUIRE(log.writer->serve(log.client, log.machine));
        REQUIRE(log.writer->durable_seq() == before);  // written
        if (i % 2 == 0) {
            REQUIRE(log.writer->request_sync());
            REQUIRE(log.writer->serve(log.client, log.machine));
        } else {
            REQUIRE(log.writer->wait(log.client, log.machine, mine).ok());
        }
        before = log.writer->ticket();
        REQUIRE(before.number() - mine.number() == 1);  // the one that asked
        REQUIRE(log.writer->durable_seq() == before);
    }
    CHECK(log.client.refused_tokens.empty());
    CHECK(log.client.durable_tokens.empty());
    REQUIRE(log.close().ok());
}

TEST_CASE("log_writer: where nobody can wait, who is cut into is not waited for") {
    using small = pawl::ram_medium<1024, 4>;
    small medium{};
    desk<small, pawl::writer_limits{.cells = 4, .waiters = 1}, pawl::manual_platform> log{medium};
    REQUIRE(log.open());
    log.client.everything_counts = false;
    for (std::uint32_t i = 0; i < 500; ++i) {
        REQUIRE(log.wait_for({0, i}).ok());
    }
    CHECK(log.hand_over({0, 500}));
    CHECK(log.writer->serve(log.client, log.machine));
    REQUIRE(log.close().ok());
    CHECK_FALSE(log.client.appended_tokens.empty());
}
