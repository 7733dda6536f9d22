// SPDX-License-Identifier: BSL-1.0
//
// Which records of a log of jobs still count.
//
// Goal: of each slot the newest job and its latest state, whatever order records come in; nothing
// of what is over, but the one end that a batch has to know of; and where each record lies, also
// after it was copied.
// Method: records by hand, one after the other, each at a place of its own.
#include "catch.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <pawl/durability/job_book.hpp>
#include <pawl/durability/job_records.hpp>
#include <pawl/durability/log_reader.hpp>
#include <pawl/durability/log_report.hpp>
#include <pawl/jobs/job_state.hpp>

namespace {

namespace records = pawl::job_records;
using pawl::job_state;
using records::job_name;

constexpr std::uint32_t jobs = 4;
constexpr std::uint32_t batches = 2;
using book_type = pawl::job_book<jobs, batches, 2, 2>;

constexpr job_name batch(std::uint32_t index, std::uint32_t generation) {
    return {index | records::batch_bit, generation};
}

// A record by itself, with the place that its sequence gives it.
struct record {
    std::array<std::byte, 64> bytes{};
    std::uint32_t size = 0;
    std::uint8_t type = 0;
    std::uint64_t sequence = 0;

    [[nodiscard]] pawl::log_record in_log() const {
        return {.sequence = sequence,
                .type = type,
                .more = false,
                .payload = std::span{bytes}.first(size),
                .place = place_of(sequence)};
    }
    static pawl::log_place place_of(std::uint64_t sequence) {
        return {static_cast<std::uint32_t>(sequence / 100),
                static_cast<std::uint32_t>(8 * (1 + sequence % 100)), sequence};
    }
};

struct ledger {
    book_type book;
    std::uint64_t last = 0;
    std::uint64_t ids = 0;

    template <class Fill>
    record write(std::uint8_t type, Fill&& fill) {
        record made;
        records::writer out{made.bytes.data()};
        fill(out);
        made.size = out.size();
        made.type = type;
        made.sequence = ++last;
        book.note(made.in_log());
        return made;
    }
    record job(job_name name) {
        return write(records::job, [&](records::writer& out) {
            out.put(std::uint64_t{77});
            records::put(out, name).put(std::uint32_t{5}).put(std::uint32_t{0});
            out.put(std::uint32_t{1});
        });
    }
    record state(job_name name, std::uint8_t what = 4, std::uint16_t attempts = 1) {
        return write(records::state, [&](records::writer& out) {
            records::put(out, name).put(what).put(std::uint8_t{0});
            out.put(attempts).put(std::uint32_t{0}).put(std::uint64_t{0});
        });
    }
    record ended(job_name name, job_state how = job_state::succeeded, job_name of = {}) {
        return write(records::ended, [&](records::writer& out) {
            records::put(out, name).put(static_cast<std::uint8_t>(how));
            records::put(out, of);
        });
    }
    record ended_with_key(job_name name, std::uint32_t key, std::int64_t until_ns) {
        const std::uint64_t id = ++ids;
        return write(records::ended, [&](records::writer& out) {
            records::put(out, name).put(static_cast<std::uint8_t>(job_state::succeeded));
            records::put(out, {}).put(id).put(key).put_signed(until_ns);
        });
    }
    record requeued(job_name name, std::uint32_t now, std::uint16_t attempts = 0) {
        return write(records::requeued,
                     [&](records::writer& out) { records::put(out, name).put(now).put(attempts); });
    }
    record raised(job_name name, std::uint8_t band) {
        return write(records::raised,
                     [&](records::writer& out) { records::put(out, name).put(band); });
    }
    record open_batch(job_name name) {
        return write(records::batch,
                     [&](records::writer& out) { records::put(records::put(out, name), {}); });
    }
    record recurring(std::uint64_t name, std::int64_t due_ns, std::uint8_t flags = 0) {
        return write(records::recurring,
                     [&](records::writer& out) { out.put(name).put_signed(due_ns).put(flags); });
    }
    record run_of(std::uint64_t name, job_name run, std::uint8_t flags = 0) {
        return write(records::recurring, [&](records::writer& out) {
            out.put(name).put_signed(5).put(flags);
            records::put(out, run).put(std::uint8_t{2});
        });
    }
    record run(std::uint64_t number) {
        return write(records::run, [&](records::writer& out) { out.put(number); });
    }

    // Its block is erased: true, and then it lies at the end.
    bool copied(record& which) {
        const pawl::log_place there = record::place_of(last + 1);
        if (!book.keeps(which.in_log(), there)) {
            return false;
        }
        which.sequence = ++last;
        return true;
    }
    [[nodiscard]] bool lies(book_type::place where, const record& what) const {
        const pawl::log_place wanted = record::place_of(what.sequence);
        return where.block == wanted.block && where.offset == wanted.offset;
    }
};

}  // namespace

TEST_CASE("job book: a job, its latest state, and their end") {
    ledger log;
    REQUIRE_FALSE(log.book.is_alive(2));
    record job = log.job({2, 1});
    REQUIRE(log.book.is_alive(2));
    record first = log.state({2, 1});
    record second = log.state({2, 1});
    REQUIRE(log.lies(log.book.of(2).job, job));
    REQUIRE(log.lies(log.book.of(2).state, second));
    REQUIRE_FALSE(log.copied(first));
    REQUIRE(log.copied(second));
    REQUIRE(log.lies(log.book.of(2).state, second));

    record end = log.ended({2, 1}, job_state::failed);
    REQUIRE_FALSE(log.book.is_alive(2));
    REQUIRE(log.book.of(2).end == job_state::failed);
    for (record* each : {&job, &second, &end}) {
        REQUIRE_FALSE(log.copied(*each));
    }
    REQUIRE(log.book.unknown() == 0);
    REQUIRE(log.book.beyond() == 0);
}

TEST_CASE("job book: a state before the copy of its job") {
    // The job was copied to a later block than the one that its state is in, and its first record
    // is gone.
    ledger log;
    record state = log.state({1, 3});
    REQUIRE_FALSE(log.book.is_alive(1));
    record job = log.job({1, 3});
    REQUIRE(log.book.is_alive(1));
    REQUIRE(log.lies(log.book.of(1).state, state));
    REQUIRE(log.lies(log.book.of(1).job, job));
    REQUIRE(log.copied(state));
    REQUIRE(log.copied(job));
    REQUIRE(log.lies(log.book.of(1).state, state));
    REQUIRE(log.lies(log.book.of(1).job, job));
}

TEST_CASE("job book: a copy counts once more when it is copied again") {
    ledger log;
    record job = log.job({0, 1});
    record state = log.state({0, 1});
    record of_old_place = state;
    for (int round = 0; round < 5; ++round) {
        REQUIRE(log.copied(job));
        REQUIRE(log.copied(state));
        REQUIRE_FALSE(log.copied(of_old_place));  // only where it lies now
        REQUIRE(log.lies(log.book.of(0).job, job));
        REQUIRE(log.lies(log.book.of(0).state, state));
    }
}

TEST_CASE("job book: a requeued job is the one of its record, in whatever order that comes") {
    // What is live of it is copied, so that its records may come in any order.
    const job_name before{2, 10};
    std::array<int, 3> order{0, 1, 2};
    do {
        CAPTURE(order[0], order[1], order[2]);
        ledger log;
        record job;
        record requeued;
        record state;
        for (const int which : order) {
            if (which == 0) {
                job = log.job(before);
            } else if (which == 1) {
                requeued = log.requeued(before, 12, 3);
            } else {
                state = log.state({2, 12}, 4, 3);
            }
        }
        REQUIRE(log.book.unknown() == 0);
        REQUIRE(log.book.is_alive(2));
        REQUIRE(log.book.of(2).generation == 12);
        REQUIRE(log.book.of(2).origin == 10);
        REQUIRE(log.book.of(2).attempts == 3);
        REQUIRE(log.lies(log.book.of(2).job, job));
        REQUIRE(log.lies(log.book.of(2).state, state));
        for (record* each : {&job, &requeued, &state, &requeued, &job}) {
            REQUIRE(log.copied(*each));
        }
        REQUIRE(log.lies(log.book.of(2).job, job));
        REQUIRE(log.lies(log.book.of(2).state, state));
        log.ended({2, 12});
        REQUIRE_FALSE(log.book.is_alive(2));
        for (record* each : {&job, &requeued, &state}) {
            REQUIRE_FALSE(log.copied(*each));
        }
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("job book: a job that was requeued twice") {
    ledger log;
    record job = log.job({1, 4});
    record failed = log.state({1, 4});
    record once = log.requeued({1, 4}, 5);
    REQUIRE(log.book.of(1).state.offset == 0);
    REQUIRE_FALSE(log.copied(failed));
    failed = log.state({1, 5});
    record twice = log.requeued({1, 4}, 6);
    REQUIRE(log.book.of(1).generation == 6);
    REQUIRE(log.lies(log.book.of(1).job, job));
    REQUIRE_FALSE(log.copied(once));
    REQUIRE_FALSE(log.copied(failed));
    REQUIRE(log.copied(twice));
    REQUIRE(log.copied(job));
    log.state({1, 5});  // late, and of the one before
    REQUIRE(log.book.of(1).state.offset == 0);
    REQUIRE(log.book.is_alive(1));
    // Another job in the slot.
    record other = log.job({1, 7});
    REQUIRE_FALSE(log.book.of(1).requeued);
    REQUIRE(log.lies(log.book.of(1).job, other));
    for (record* each : {&job, &twice}) {
        REQUIRE_FALSE(log.copied(*each));
    }
}

TEST_CASE("job book: requeues of what is no job") {
    ledger log;
    log.requeued({1, 0}, 5);
    log.requeued({1, 4}, 0);
    log.requeued(batch(1, 4), 5);
    REQUIRE(log.book.unknown() == 3);
    log.requeued({jobs, 4}, 5);
    REQUIRE(log.book.beyond() == 1);
}

TEST_CASE("job book: a batch that is spoiled by a job that is kept") {
    ledger log;
    log.open_batch(batch(0, 1));
    record job = log.job({3, 2});
    record spoils = log.ended({}, job_state::failed, batch(0, 1));
    REQUIRE(log.book.unknown() == 0);
    REQUIRE(log.book.is_alive(3));
    REQUIRE(log.book.of(jobs).spoiled);
    REQUIRE(log.copied(spoils));
    log.ended(batch(0, 1));
    REQUIRE_FALSE(log.copied(spoils));
    REQUIRE(log.copied(job));
}

TEST_CASE("job book: a job that has ended twice has ended as it first did") {
    ledger log;
    log.job({0, 1});
    log.ended({0, 1}, job_state::succeeded);
    log.ended({0, 1}, job_state::deleted);
    REQUIRE_FALSE(log.book.is_alive(0));
    REQUIRE(log.book.of(0).end == job_state::succeeded);
    log.job({0, 1});  // a copy of it that lies behind
    log.state({0, 1});
    REQUIRE_FALSE(log.book.is_alive(0));
    REQUIRE(log.book.of(0).job.offset != 0);
    REQUIRE(log.book.of(0).state.offset == 0);
}

TEST_CASE("job book: the end of a job whose record is gone") {
    ledger log;
    record end = log.ended({3, 8});
    REQUIRE_FALSE(log.book.is_alive(3));
    REQUIRE(log.book.of(3).generation == 8);
    log.state({3, 7});
    log.job({3, 8});
    REQUIRE_FALSE(log.book.is_alive(3));
    REQUIRE_FALSE(log.copied(end));
}

TEST_CASE("job book: records of a slot's former jobs") {
    ledger log;
    record old_job = log.job({1, 5});
    record old_state = log.state({1, 5});
    record job = log.job({1, 6});
    REQUIRE(log.book.of(1).state.offset == 0);
    record state = log.state({1, 6});
    record late = log.state({1, 5});
    record end = log.ended({1, 5});
    record again = log.job({1, 4});
    REQUIRE(log.book.is_alive(1));
    REQUIRE(log.book.of(1).generation == 6);
    REQUIRE(log.lies(log.book.of(1).job, job));
    REQUIRE(log.lies(log.book.of(1).state, state));
    for (record* each : {&old_job, &old_state, &late, &end, &again}) {
        REQUIRE_FALSE(log.copied(*each));
    }
    REQUIRE(log.copied(job));
    REQUIRE(log.copied(state));
    REQUIRE(log.book.unknown() == 0);
}

TEST_CASE("job book: generations begin anew") {
    ledger log;
    log.job({1, 0xFFFF'FFFE});
    log.job({1, 0xFFFF'FFFF});
    REQUIRE(log.book.of(1).generation == 0xFFFF'FFFF);
    record job = log.job({1, 1});
    REQUIRE(log.book.of(1).generation == 1);
    REQUIRE(log.lies(log.book.of(1).job, job));
    log.ended({1, 0xFFFF'FFFF});
    REQUIRE(log.book.is_alive(1));
    // Less than half of the range ahead is newer.
    log.job({1, 0x8000'0000});
    REQUIRE(log.book.of(1).generation == 0x8000'0000);
    log.job({1, 1});
    REQUIRE(log.book.of(1).generation == 0x8000'0000);
}

TEST_CASE("job book: of a batch one end is kept that was no success") {
    ledger log;
    record open = log.open_batch(batch(1, 2));
    log.job({0, 1});
    log.job({1, 1});
    log.job({2, 1});
    record success = log.ended({0, 1});
    REQUIRE_FALSE(log.book.of(jobs + 1).spoiled);
    record spoils = log.ended({1, 1}, job_state::failed, batch(1, 2));
    record more = log.ended({2, 1}, job_state::deleted, batch(1, 2));
    REQUIRE(log.book.of(jobs + 1).spoiled);
    REQUIRE(log.book.is_alive(jobs + 1));
    REQUIRE_FALSE(log.book.is_alive(1));

    log.job({1, 2});  // what it ended is long over
    for (int round = 0; round < 3; ++round) {
        REQUIRE_FALSE(log.copied(success));
        REQUIRE(log.copied(spoils));
        REQUIRE_FALSE(log.copied(more));
        REQUIRE(log.copied(open));
        REQUIRE(log.lies(log.book.of(jobs + 1).job, open));
    }
    REQUIRE(log.book.is_alive(1));

    record end = log.ended(batch(1, 2), job_state::failed);
    REQUIRE_FALSE(log.book.is_alive(jobs + 1));
    for (record* each : {&open, &spoils, &end}) {
        REQUIRE_FALSE(log.copied(*each));
    }
}

TEST_CASE("job book: the end of a member before the copy of its batch") {
    ledger log;
    record spoils = log.ended({1, 1}, job_state::failed, batch(0, 4));
    REQUIRE_FALSE(log.book.is_alive(jobs));
    record open = log.open_batch(batch(0, 4));
    REQUIRE(log.book.is_alive(jobs));
    REQUIRE(log.book.of(jobs).spoiled);
    REQUIRE(log.copied(spoils));
    REQUIRE(log.copied(open));

    // The next batch in that slot has nothing to do with it.
    log.open_batch(batch(0, 5));
    REQUIRE_FALSE(log.book.of(jobs).spoiled);
    log.ended({2, 1}, job_state::failed, batch(0, 4));
    REQUIRE_FALSE(log.book.of(jobs).spoiled);
    REQUIRE_FALSE(log.copied(spoils));
}

TEST_CASE("job book: a batch in a batch spoils it") {
    ledger log;
    log.open_batch(batch(0, 1));
    log.open_batch(batch(1, 1));
    record end = log.ended(batch(1, 1), job_state::failed, batch(0, 1));
    REQUIRE(log.book.is_alive(jobs));
    REQUIRE(log.book.of(jobs).spoiled);
    REQUIRE_FALSE(log.book.is_alive(jobs + 1));
    REQUIRE(log.copied(end));
}

TEST_CASE("job book: the latest time of a recurring job") {
    ledger log;
    record first = log.recurring(10, 1'000);
    record other = log.recurring(20, 5);
    record second = log.recurring(10, -2'000, records::flag_paused);
    std::array<book_type::recurring_entry, 2> times{};
    times = {log.book.recurring(0), log.book.recurring(1)};
    REQUIRE(times[0].name == 10);
    REQUIRE(times[0].due_ns == -2'000);
    REQUIRE(times[0].flags == records::flag_paused);
    REQUIRE(times[1].name == 20);
    REQUIRE(times[1].due_ns == 5);
    for (int round = 0; round < 3; ++round) {
        REQUIRE_FALSE(log.copied(first));
        REQUIRE(log.copied(second));
        REQUIRE(log.copied(other));
    }
    // One that is new takes the place of what was said longest ago.
    log.recurring(30, 7);
    times = {log.book.recurring(0), log.book.recurring(1)};
    REQUIRE(times[0].name == 30);
    REQUIRE_FALSE(log.copied(second));
    REQUIRE(log.copied(other));
}

TEST_CASE("job book: keys of jobs that have ended, until they are free") {
    ledger log;
    const auto until_of = [&](std::uint32_t key) {
        for (std::uint32_t i = 0; i < book_type::keys; ++i) {
            if (log.book.kept(i).key == key) {
                return log.book.kept(i).until_ns;
            }
        }
        return std::int64_t{0};
    };
    record none = log.ended({2, 1});
    record first = log.ended_with_key({2, 2}, 7, 1'000);
    record other = log.ended_with_key({1, 1}, 8, 3'000);
    REQUIRE(until_of(7) == 1'000);
    REQUIRE(until_of(8) == 3'000);
    // Of a key the one submitted last counts, also if that is free earlier.
    record second = log.ended_with_key({2, 3}, 7, 500);
    REQUIRE(until_of(7) == 500);
    for (int round = 0; round < 3; ++round) {
        REQUIRE_FALSE(log.copied(none));
        REQUIRE_FALSE(log.copied(first));
        REQUIRE(log.copied(second));
        REQUIRE(log.copied(other));
    }
    // A copy that is made of an older record for another reason comes behind a newer one.
    log.book.note(first.in_log());
    REQUIRE(until_of(7) == 500);
    REQUIRE(log.copied(second));
    // Of too many those are kept that are free last.
    record third = log.ended_with_key({3, 1}, 9, 2'000);
    log.ended_with_key({3, 2}, 10, 1'500);
    REQUIRE(until_of(7) == 0);
    REQUIRE(until_of(8) == 3'000);
    REQUIRE(until_of(9) == 2'000);
    REQUIRE(until_of(10) == 0);
    REQUIRE_FALSE(log.copied(second));
    REQUIRE(log.copied(third));
    log.book.forget_free_keys(2'000);
    REQUIRE(until_of(8) == 3'000);
    REQUIRE(until_of(9) == 0);
    REQUIRE_FALSE(log.copied(third));
    REQUIRE(log.copied(other));
}

TEST_CASE("job book: a new time that is told late does not count") {
    constexpr auto scheduled = static_cast<std::uint8_t>(job_state::scheduled);
    constexpr auto moved = static_cast<std::uint8_t>(scheduled | records::state_moved);
    ledger log;
    record job = log.job({2, 1});
    record early = log.state({2, 1}, moved);
    REQUIRE(log.lies(log.book.of(2).state, early));
    record again = log.state({2, 1}, moved);
    REQUIRE(log.lies(log.book.of(2).state, again));
    REQUIRE_FALSE(log.copied(early));
    for (const auto since : {job_state::processing, job_state::failed, job_state::enqueued}) {
        record state = log.state({2, 1}, static_cast<std::uint8_t>(since), 2);
        record late = log.state({2, 1}, moved);
        REQUIRE(log.lies(log.book.of(2).state, state));
        REQUIRE_FALSE(log.copied(late));
        REQUIRE(log.copied(state));
    }
    record waits = log.state({2, 1}, scheduled);
    record then = log.state({2, 1}, moved);
    REQUIRE(log.lies(log.book.of(2).state, then));
    // Of the wait before.
    record later = log.state({2, 1}, scheduled, 2);
    log.state({2, 1}, moved, 1);
    REQUIRE(log.lies(log.book.of(2).state, later));
    log.state({2, 1}, moved, 2);
    REQUIRE_FALSE(log.copied(later));
    REQUIRE(log.copied(job));
    static_cast<void>(waits);
}

TEST_CASE("job book: a job that was raised") {
    ledger log;
    record job = log.job({2, 1});
    REQUIRE(log.book.of(2).raised == 0);
    record first = log.raised({2, 1}, 1);
    record second = log.raised({2, 1}, 3);
    REQUIRE(log.book.of(2).raised == 4);
    REQUIRE_FALSE(log.copied(first));
    REQUIRE(log.copied(second));
    log.raised({2, 1}, 2);  // told late
    REQUIRE(log.book.of(2).raised == 4);
    record end = log.ended({2, 1});
    REQUIRE_FALSE(log.copied(second));
    log.raised({2, 1}, 5);
    REQUIRE_FALSE(log.book.is_alive(2));
    log.job({2, 2});
    REQUIRE(log.book.of(2).raised == 0);
    log.raised({2, 1}, 6);
    REQUIRE(log.book.of(2).raised == 0);
    log.raised({records::batch_bit, 1}, 6);
    REQUIRE(log.book.unknown() == 1);
    static_cast<void>(job);
    static_cast<void>(end);
}

TEST_CASE("job book: raised, failed and requeued, in every order that copies leave") {
    // What was written is a ring, of which the oldest is copied behind the latest.
    for (int oldest = 0; oldest < 4; ++oldest) {
        CAPTURE(oldest);
        ledger log;
        for (int i = 0; i < 4; ++i) {
            switch ((oldest + i) % 4) {
                case 0: log.job({2, 1}); break;
                case 1: log.raised({2, 1}, 3); break;
                case 2: log.requeued({2, 1}, 2); break;
                default: log.state({2, 2}); break;
            }
        }
        REQUIRE(log.book.is_alive(2));
        REQUIRE(log.book.of(2).generation == 2);
        REQUIRE(log.book.of(2).raised == 4);
    }
    // Of the job before in this slot, whose end is told late.
    ledger log;
    log.job({2, 1});
    log.raised({2, 1}, 3);
    log.raised({2, 2}, 1);
    REQUIRE_FALSE(log.book.is_alive(2));
    REQUIRE(log.book.of(2).raised == 2);
    log.job({2, 2});
    REQUIRE(log.book.is_alive(2));
    REQUIRE(log.book.of(2).raised == 2);
}

TEST_CASE("job book: the latest run of a recurring job, until it has ended") {
    ledger log;
    std::array<book_type::recurring_entry, 2> times{};
    const auto flags = [&] {
        times = {log.book.recurring(0), log.book.recurring(1)};
        return times[0].flags;
    };
    record first = log.run_of(10, {2, 1});
    REQUIRE(flags() == records::flag_cut_off);
    REQUIRE(times[0].recoveries == 2);
    REQUIRE_FALSE(log.book.is_alive(2));
    REQUIRE(log.book.of(2).generation == 1);  // so that later jobs of this slot are newer
    record end = log.ended({2, 1});
    REQUIRE(flags() == 0);
    for (int round = 0; round < 3; ++round) {
        REQUIRE(log.copied(first));
        REQUIRE(log.copied(end));
    }
    // The end is told before the record that names the run.
    record early = log.ended({2, 2});
    REQUIRE(log.copied(end));  // still the latest, though its slot has been another's
    record second = log.run_of(10, {2, 2}, records::flag_paused);
    REQUIRE_FALSE(log.copied(end));
    REQUIRE(flags() == records::flag_paused);
    REQUIRE_FALSE(log.copied(first));
    REQUIRE(log.copied(early));
    // A newer job of its slot: then it has ended.
    record third = log.run_of(10, {3, 7});
    REQUIRE_FALSE(log.copied(early));
    log.job({3, 8});
    REQUIRE(flags() == 0);
    REQUIRE(log.book.is_alive(3));
    log.run_of(10, {3, 7});
    REQUIRE(flags() == 0);
    REQUIRE(log.book.is_alive(3));
    // It is said that one was cut off, whose end is none's that can be told.
    log.run_of(10, {}, records::flag_cut_off);
    REQUIRE(flags() == records::flag_cut_off);
    // Slots that there are not, or that are none of jobs.
    log.run_of(10, {1'000'000, 1});
    REQUIRE(flags() == records::flag_cut_off);
    REQUIRE(log.book.beyond() == 0);
    log.run_of(10, {records::batch_bit, 1});
    REQUIRE(log.book.unknown() == 0);
    static_cast<void>(second);
    static_cast<void>(third);
}

TEST_CASE("job book: the latest run") {
    ledger log;
    record first = log.run(4);
    record second = log.run(5);
    REQUIRE(log.book.run() == 5);
    REQUIRE_FALSE(log.copied(first));
    REQUIRE(log.copied(second));
    REQUIRE(log.copied(second));
    REQUIRE(log.book.run() == 5);
}

TEST_CASE("job book: slots that there are not, and what is no record") {
    ledger log;
    record job = log.job({jobs, 1});
    REQUIRE(log.book.beyond() == 1);
    record too_far = log.open_batch(batch(batches, 1));
    REQUIRE(log.book.beyond() == 2);
    REQUIRE_FALSE(log.copied(job));
    REQUIRE_FALSE(log.copied(too_far));
    REQUIRE(log.book.unknown() == 0);

    record of_nobody = log.job({0, 0});
    REQUIRE(log.book.unknown() == 1);
    REQUIRE_FALSE(log.book.is_alive(0));
    REQUIRE_FALSE(log.copied(of_nobody));
    REQUIRE_FALSE(log.book.is_alive(0));

    record later_version = log.write(records::raised + 1, [](records::writer&) {});
    REQUIRE(log.book.unknown() == 2);
    record to_skip = log.write(200, [](records::writer&) {});
    REQUIRE(log.book.unknown() == 2);
    REQUIRE(log.copied(later_version));  // not the book's to forget
    REQUIRE(log.copied(to_skip));
}

TEST_CASE("job book: records that are cut short name nobody") {
    ledger whole;
    for (const record& each :
         {whole.job({0, 1}), whole.state({1, 1}), whole.open_batch(batch(0, 1))}) {
        const std::uint32_t name_end = each.type == records::job ? 16 : 8;
        for (std::uint32_t size = 0; size < name_end; ++size) {
            ledger log;
            record cut = each;
            cut.size = size;
            log.book.note(cut.in_log());
            INFO("type " << int{each.type} << ", " << size << " bytes");
            CHECK(log.book.unknown() == 1);
            CHECK_FALSE(log.copied(cut));
            for (std::uint32_t node = 0; node < jobs + batches; ++node) {
                CHECK(log.book.of(node).generation == 0);
            }
        }
    }
}

TEST_CASE("job book: clear") {
    ledger log;
    log.job({0, 1});
    log.run(3);
    log.recurring(1, 2);
    log.job({99, 1});
    log.book.clear();
    REQUIRE_FALSE(log.book.is_alive(0));
    REQUIRE(log.book.of(0).generation == 0);
    REQUIRE(log.book.run() == 0);
    REQUIRE(log.book.beyond() == 0);
}
