// SPDX-License-Identifier: BSL-1.0
//
// record_log: what it does while nothing is cut, and what it makes of a log that is not as it was.
//
// Goal: records come back in order, groups whole; blocks turn and what counts is copied; each
// policy does what it says on a torn tail and on damage; what is no log, or not ours, is refused.
// Method: a simulated disk whose bytes the test changes; a client that keeps what it is told to.
// Cuts are in record_log_crash_test.cpp.
#include "catch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <pawl/durability/log_format.hpp>
#include <pawl/durability/log_report.hpp>
#include <pawl/durability/medium_ref.hpp>
#include <pawl/durability/ram_medium.hpp>
#include <pawl/durability/record_log.hpp>

#include "durability/disk_simulator.hpp"
#include "durability/faulty_medium.hpp"
#include "durability/log_rot.hpp"

namespace {

using crash::disk_simulator;
using pawl::commit_kind;
using pawl::format_when;
using pawl::open_error;
using pawl::recovery;

constexpr pawl::log_limits limits{
    .payload_max = 40, .buffer_bytes = 128, .blocks_max = 8, .content = 77};

// Texts; it keeps those that begin with "k", and none twice.
struct texts {
    std::vector<std::string> seen = {};
    std::vector<std::uint64_t> sequences = {};
    std::vector<std::uint64_t> kept = {};

    void replay(const pawl::log_record& record) {
        seen.emplace_back(reinterpret_cast<const char*>(record.payload.data()),
                          record.payload.size());
        sequences.push_back(record.sequence);
    }
    bool keeps(const pawl::log_record& record) {
        return !record.payload.empty() && record.payload[0] == std::byte{'k'};
    }
};

std::span<const std::byte> bytes(const std::string& text) {
    return std::as_bytes(std::span<const char>{text});
}

template <class Medium, pawl::log_limits L = limits>
struct session {
    explicit session(Medium& medium, recovery policy = recovery::tolerate_tail,
                     format_when format = format_when::if_blank)
        : log{pawl::medium_ref{medium}}, report{log.open(user, policy, format)} {}
    ~session() { log.abandon(); }

    std::uint64_t add(const std::string& text, bool more = false) {
        return log.append(user, 16, bytes(text), {}, more);
    }

    texts user{};
    pawl::record_log<pawl::medium_ref<Medium>, L> log;
    pawl::log_report report;
};

using disk_session = session<disk_simulator>;

disk_simulator new_disk() { return disk_simulator{{.block_bytes = 512}}; }

// Ten records, each synced.
disk_simulator ten() {
    disk_simulator disk = new_disk();
    disk_session one{disk};
    for (int i = 0; i < 10; ++i) {
        one.add("text " + std::to_string(i));
        REQUIRE(one.log.commit(pawl::sync_now).ok());
    }
    return disk;
}
// Where the records begin in block 0: the header, and `ready`.
constexpr std::size_t first_record = 64 + 24;
constexpr std::size_t record_step = 24;  // 16, "text 0" and padding

}  // namespace

TEST_CASE("record_log: what was committed is read back in order, with and without a sync") {
    disk_simulator disk = new_disk();
    {
        disk_session one{disk};
        REQUIRE(one.report);
        REQUIRE(one.report.made);
        REQUIRE(one.report.records == 0);
        const std::uint64_t first = one.add("one");
        REQUIRE(first != 0);
        REQUIRE(one.log.last_sequence() == first);
        REQUIRE(one.log.durable_sequence() == first - 1);
        REQUIRE(one.log.append(one.user, 200, bytes("t"), bytes("wo")) == first + 1);
        REQUIRE(one.log.commit(commit_kind::write).ok());
        REQUIRE(one.log.durable_sequence() == first - 1);
        REQUIRE(one.log.commit(pawl::sync_now).ok());
        REQUIRE(one.log.durable_sequence() == first + 1);
        const auto syncs = one.log.counts().syncs;
        REQUIRE(one.log.commit(pawl::sync_now).ok());
        REQUIRE(one.log.counts().syncs == syncs);  // there was nothing to do
        one.add("");
        REQUIRE(one.log.commit(commit_kind::write).ok());
        one.add("never written");
    }
    disk_session two{disk};
    REQUIRE(two.report);
    REQUIRE_FALSE(two.report.made);
    REQUIRE(two.user.seen == std::vector<std::string>{"one", "two", ""});
    REQUIRE(std::is_sorted(two.user.sequences.begin(), two.user.sequences.end()));
    REQUIRE(two.log.durable_sequence() >= two.user.sequences.back());
    REQUIRE(two.report.damage == 0);
}

TEST_CASE("record_log: it is open once, and closed says so") {
    disk_simulator disk = new_disk();
    disk_session one{disk};
    texts other;
    REQUIRE(one.log.open(other).error == open_error::already_open);
    disk_session busy{disk};
    REQUIRE(busy.report.error == open_error::medium);
    REQUIRE(busy.report.io.error == pawl::io_error::busy);
    REQUIRE(busy.add("x") == 0);
    REQUIRE(busy.log.status().error == pawl::io_error::closed);
    REQUIRE(busy.log.close(busy.user).error == pawl::io_error::closed);
    REQUIRE(one.add("x") != 0);
    REQUIRE(one.log.close(one.user).ok());
    REQUIRE(one.add("y") == 0);
    REQUIRE(one.log.commit(pawl::sync_now).error == pawl::io_error::closed);
    REQUIRE(one.log.open(one.user));
    REQUIRE(one.user.seen == std::vector<std::string>{"x"});
}

TEST_CASE("record_log: close commits and marks, abandon does neither") {
    disk_simulator disk = new_disk();
    {
        disk_session one{disk};
        one.add("closed");
        REQUIRE(one.log.close(one.user).ok());
    }
    {
        disk_session two{disk};
        REQUIRE(two.user.seen == std::vector<std::string>{"closed"});
        REQUIRE(two.report.records == 3);  // with `ready` and `mark`
        two.add("abandoned");
    }
    disk_session three{disk};
    REQUIRE(three.user.seen == std::vector<std::string>{"closed"});
}

TEST_CASE("record_log: a mark is written once for what is durable, and only then") {
    disk_simulator disk = new_disk();
    disk_session one{disk};
    one.add("x");
    REQUIRE_FALSE(one.log.mark(one.user));  // x is not durable
    REQUIRE(one.log.commit(pawl::sync_now).ok());
    REQUIRE(one.log.mark(one.user));
    REQUIRE_FALSE(one.log.mark(one.user));
    REQUIRE(one.log.commit(pawl::sync_now).ok());
    REQUIRE_FALSE(one.log.mark(one.user));
    one.add("y");
    REQUIRE(one.log.commit(pawl::sync_now).ok());
    REQUIRE(one.log.mark(one.user));
}

TEST_CASE("record_log: blocks turn, and what counts is copied each time") {
    disk_simulator disk = new_disk();
    {
        disk_session one{disk};
        one.add("keep me");
        for (int i = 0; i < 400; ++i) {
            REQUIRE(one.add("filler " + std::to_string(i)) != 0);
            if (i == 200) {
                one.add("keep me, too");
            }
            REQUIRE(one.log.commit(i % 7 == 0 ? commit_kind::sync : commit_kind::write).ok());
        }
        REQUIRE(one.log.counts().blocks > 20);
        REQUIRE(one.log.counts().copied > 6);
        REQUIRE(disk.double_programs() == 0);
    }
    disk_session two{disk};
    const auto count = [&](const char* text) {
        return std::count(two.user.seen.begin(), two.user.seen.end(), text);
    };
    REQUIRE(two.report);
    REQUIRE(count("keep me") >= 1);
    REQUIRE(count("keep me, too") >= 1);
    REQUIRE(count("filler 399") == 1);
    REQUIRE(count("filler 0") == 0);
}

TEST_CASE("record_log: a place can be read again") {
    disk_simulator disk = new_disk();
    disk_session one{disk};
    one.add("first");
    const pawl::log_place place = one.log.last_place(5);
    one.add("second");
    REQUIRE(one.log.commit(commit_kind::write).ok());
    const auto seen = one.log.read(place);
    REQUIRE(seen.size() == 5);
    REQUIRE(std::memcmp(seen.data(), "first", 5) == 0);
    disk.content()[place.offset_in(512) + 17] ^= std::byte{1};
    one.add("third");
    REQUIRE(one.log.commit(commit_kind::write).ok());  // forgets what it has in memory
    REQUIRE(one.log.read(place).empty());
}

TEST_CASE("record_log: a group comes back whole or not at all, also over a block's end") {
    disk_simulator disk = new_disk();
    {
        disk_session one{disk};
        one.add("alone");
        for (int i = 0; i < 3; ++i) {
            REQUIRE(one.log.make_room(one.user, 6 * one.log.record_bytes(30)));
            const std::uint32_t block = one.log.next_place().block;
            for (int k = 0; k < 6; ++k) {
                REQUIRE(one.add(std::string(30, static_cast<char>('a' + i)), k < 5) != 0);
            }
            REQUIRE(one.log.next_place().block == block);
        }
        one.add("begun", true);
        one.add("not ended", true);
        REQUIRE(one.log.commit(pawl::sync_now).ok());
    }
    disk_session two{disk};
    REQUIRE(two.report);
    REQUIRE(two.user.seen.size() == 19);
    REQUIRE(two.user.seen.back() == std::string(30, 'c'));
}

TEST_CASE("record_log: more than has room is refused, and it goes on") {
    disk_simulator disk = new_disk();
    disk_session one{disk};
    REQUIRE(one.add(std::string(41, 'x')) == 0);
    REQUIRE_FALSE(one.log.make_room(one.user, one.log.usable_bytes() + 1));
    REQUIRE(one.log.status().ok());
    // Everything is kept: at some time there is no place for a copy and something new.
    std::uint32_t taken = 0;
    while (taken < 1000 && one.add("k" + std::string(39, 'x')) != 0) {
        ++taken;
    }
    REQUIRE(taken >= one.log.live_max_bytes() / one.log.record_bytes(40));
    REQUIRE(taken < 100);
    REQUIRE(one.log.status().ok());
    REQUIRE(one.log.commit(pawl::sync_now).ok());
    one.log.abandon();
    disk_session two{disk};
    REQUIRE(two.report);
    REQUIRE(two.user.seen.size() >= taken);
}

TEST_CASE("record_log: a torn tail, by each policy") {
    for (const auto policy :
         {recovery::strict, recovery::tolerate_tail, recovery::point_in_time, recovery::salvage}) {
        disk_simulator disk = ten();
        disk.content()[first_record + 9 * record_step + 16] ^= std::byte{1};
        disk_session two{disk, policy};
        if (policy == recovery::strict) {
            REQUIRE(two.report.error == open_error::torn_tail);
            REQUIRE(two.report.place.block == 0);
            REQUIRE(two.report.place.offset == first_record + 9 * record_step);
            continue;
        }
        REQUIRE(two.report);
        REQUIRE(two.report.damage == 0);
        REQUIRE(two.report.torn != 0);
        REQUIRE(two.user.seen.size() == 9);
        // Nothing is written behind it, and it does not come back.
        two.add("next");
        REQUIRE(two.log.close(two.user).ok());
        disk_session three{disk, recovery::strict};
        REQUIRE(three.report);
        REQUIRE(three.user.seen.size() == 10);
        REQUIRE(three.user.seen.back() == "next");
    }
}

TEST_CASE("record_log: damage, by each policy") {
    for (const auto policy :
         {recovery::strict, recovery::tolerate_tail, recovery::point_in_time, recovery::salvage}) {
        for (const int in : {0, 3, 8}) {
            disk_simulator disk = ten();
            const std::size_t place = first_record + static_cast<std::size_t>(in) * record_step;
            disk.content()[place + 17] ^= std::byte{64};
            const std::vector<std::byte> before{disk.content().begin(), disk.content().end()};
            disk_session two{disk, policy};
            REQUIRE(two.report.place.block == 0);
            REQUIRE(two.report.place.offset == place);
            if (policy <= recovery::tolerate_tail) {
                REQUIRE(two.report.error == open_error::damaged);
                REQUIRE(std::equal(before.begin(), before.end(), disk.content().begin()));
                continue;
            }
            REQUIRE(two.report);
            REQUIRE(two.report.damage == 1);
            REQUIRE(two.user.seen.size() ==
                    (policy == recovery::salvage ? 9U : static_cast<std::size_t>(in)));
            // The damage is left behind.
            REQUIRE(two.log.close(two.user).ok());
            disk_session three{disk, recovery::strict};
            REQUIRE(three.report);
        }
    }
}

TEST_CASE("record_log: every bit flipped: noticed, or without an effect") {
    for (const std::uint32_t records : {6U, 20U, 40U}) {
        for (const bool closed : {true, false}) {
            const log_rot::flips what = log_rot::flip_each(records, closed);
            INFO("bit " << what.bit);
            REQUIRE(what.fault == nullptr);
            REQUIRE(what.all == 4 * 512 * 8);
            REQUIRE(what.refused > 2'000);
            // Only the last record of a log that was not closed may be taken for a torn one.
            REQUIRE((what.undecidable == 0) == closed);
            REQUIRE(what.undecidable <= log_rot::shape.sector_bytes * 8);
        }
    }
}

TEST_CASE("record_log: what a former life of a block has left behind is no record") {
    REQUIRE(log_rot::splice() == nullptr);
}

TEST_CASE("record_log: what it makes of a medium without a log") {
    const auto open = [](disk_simulator& disk, format_when format) {
        return disk_session{disk, recovery::tolerate_tail, format}.report;
    };
    for (const std::size_t place : {std::size_t{100}, std::size_t{1700}}) {
        disk_simulator disk = new_disk();
        disk.content()[place] = std::byte{1};
        REQUIRE(open(disk, format_when::if_blank).error == open_error::not_a_log);
        REQUIRE(disk.content()[place] == std::byte{1});
        disk_simulator same = disk;
        REQUIRE(open(disk, format_when::if_no_log).made);
        REQUIRE(open(disk, format_when::if_blank).ok());
        REQUIRE(open(same, format_when::always).made);
    }
    disk_simulator disk = ten();
    disk_simulator same = disk;
    REQUIRE(disk_session{disk, recovery::tolerate_tail, format_when::if_no_log}.user.seen.size() ==
            10);
    REQUIRE(disk_session{same, recovery::tolerate_tail, format_when::always}.user.seen.empty());
    REQUIRE(disk_session{same}.user.seen.empty());
}

TEST_CASE("record_log: the log of another, with other blocks, or newer, is refused untouched") {
    const disk_simulator disk = ten();
    const auto refused = [](auto& session, disk_simulator& on, const disk_simulator& as,
                            open_error why) {
        CHECK(session.report.error == why);
        CHECK(std::equal(as.content().begin(), as.content().end(),
                         static_cast<const disk_simulator&>(on).content().begin()));
    };
    {
        constexpr pawl::log_limits other{
            .payload_max = 40, .buffer_bytes = 128, .blocks_max = 8, .content = 78};
        disk_simulator copy = disk;
        session<disk_simulator, other> two{copy};
        refused(two, copy, disk, open_error::other_content);
        constexpr pawl::log_limits any{.payload_max = 40, .buffer_bytes = 128, .blocks_max = 8};
        session<disk_simulator, any> three{copy};
        CHECK(three.report);
    }
    {
        constexpr pawl::log_limits shorter{
            .payload_max = 32, .buffer_bytes = 128, .blocks_max = 8, .content = 77};
        disk_simulator copy = disk;
        session<disk_simulator, shorter> two{copy};
        refused(two, copy, disk, open_error::newer_version);
        constexpr pawl::log_limits longer{
            .payload_max = 48, .buffer_bytes = 128, .blocks_max = 8, .content = 77};
        session<disk_simulator, longer> three{copy};
        CHECK(three.report);
        CHECK(three.user.seen.size() == 10);
    }
    {
        disk_simulator other{{.block_bytes = 1024, .block_count = 4}};
        std::copy(disk.content().begin(), disk.content().end(), other.content().begin());
        const disk_simulator as = other;
        disk_session two{other};
        refused(two, other, as, open_error::geometry);
        disk_simulator coarse{{.block_bytes = 512, .write_unit = 16}};
        std::copy(disk.content().begin(), disk.content().end(), coarse.content().begin());
        const disk_simulator as_coarse = coarse;
        disk_session three{coarse};
        refused(three, coarse, as_coarse, open_error::geometry);
    }
    {
        // The next version, with a right sum.
        disk_simulator copy = disk;
        copy.content()[8] = std::byte{2};
        const auto crc = pawl::crc32c<pawl::crc_table::slicing_by_8>(
            std::span<const std::byte>{copy.content().first(60)});
        pawl::store_little(copy.content().data() + 60, crc);
        const disk_simulator as = copy;
        disk_session two{copy};
        refused(two, copy, as, open_error::newer_version);
    }
    {
        constexpr pawl::log_limits fewer{.payload_max = 40, .buffer_bytes = 128, .blocks_max = 3};
        disk_simulator copy = disk;
        session<disk_simulator, fewer> two{copy};
        refused(two, copy, disk, open_error::geometry);
    }
}

TEST_CASE("record_log: every operation fails once: what was durable is there") {
    std::uint64_t failures = 0;
    for (const auto of : {crash::operation::program, crash::operation::erase,
                          crash::operation::sync, crash::operation::read, crash::operation::open}) {
        for (const auto part : {crash::done::nothing, crash::done::half, crash::done::all}) {
            crash::fail_each({.of = of, .done = part}, [&](crash::fault which) {
                crash::faulty_medium medium{new_disk()};
                medium.arm(which);
                std::vector<std::string> durable;
                for (int life = 0; life < 3; ++life) {
                    session<decltype(medium)> one{medium};
                    if (!one.report) {
                        CHECK(one.report.error == open_error::medium);
                        CHECK_FALSE(one.report.io.ok());
                        continue;
                    }
                    for (int i = 0; i < 12; ++i) {
                        const std::string text = "k" + std::to_string(life) + std::to_string(i);
                        if (one.add(text) == 0 || !one.log.commit(pawl::sync_now).ok()) {
                            // It has ended, and goes on saying why.
                            CHECK_FALSE(one.log.status().ok());
                            CHECK(one.add("x") == 0);
                            CHECK_FALSE(one.log.commit(pawl::sync_now).ok());
                            break;
                        }
                        durable.push_back(text);
                    }
                }
                failures += medium.has_failed();
                session<decltype(medium)> last{medium};
                if (last.report) {
                    for (const std::string& text : durable) {
                        CHECK(std::count(last.user.seen.begin(), last.user.seen.end(), text) >= 1);
                    }
                }
                return medium.has_failed();
            });
        }
    }
    REQUIRE(failures > 100);
}
