// SPDX-License-Identifier: BSL-1.0
//
// Logs with a record of every type and every field, on a machine with any compiler and any order
// of bytes: how they are written, and what must be read of them. log_version_1.inc has the bytes of
// the first one, and log_version_1_b.inc those of another one, with the records that came later:
// failures that are kept, with their text, requeues, raises, other times, runs of recurring jobs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <pawl/durability/job_book.hpp>
#include <pawl/durability/job_records.hpp>
#include <pawl/durability/medium_ref.hpp>
#include <pawl/durability/ram_medium.hpp>
#include <pawl/durability/record_log.hpp>
#include <pawl/execution/when.hpp>
#include <pawl/jobs/job_state.hpp>

namespace golden {

namespace records = pawl::job_records;
namespace field = pawl::job_records::field;

inline constexpr std::uint32_t block_bytes = 1024;
inline constexpr std::uint32_t block_count = 4;
inline constexpr std::uint32_t image_bytes = block_bytes * block_count;
inline constexpr pawl::log_limits limits{
    .payload_max = 256, .buffer_bytes = 1024, .blocks_max = 4, .content = records::content};

using memory = pawl::ram_medium<block_bytes, block_count, 8>;
using image = std::array<std::byte, image_bytes>;
using golden_log = pawl::record_log<pawl::medium_ref<memory>, limits>;
using golden_book = pawl::job_book<16, 2, 2>;

// ---- The bytes ----------------------------------------------------------------------------------

// Rows of an address and 16 bytes, in hex; rows of zeros are not there.
inline constexpr const char* text =
#include "log_version_1.inc"
    ;
inline constexpr const char* text_b =
#include "log_version_1_b.inc"
    ;

constexpr int digit(char letter) {
    return letter >= '0' && letter <= '9'   ? letter - '0'
           : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10
                                            : -1;
}

// Digits that stand together; the position goes behind them.
constexpr std::size_t number(const char*& from, int digits) {
    std::size_t value = 0;
    for (; digits > 0 && digit(*from) >= 0; --digits, ++from) {
        value = value * 16 + static_cast<std::size_t>(digit(*from));
    }
    return value;
}

inline image parsed(const char* from = text) {
    image result{};
    for (const char* at = from; *at != '\0';) {
        if (digit(*at) < 0) {
            ++at;
            continue;
        }
        const std::size_t address = number(at, 4);
        for (++at; *at == ' '; ++at) {
        }
        for (std::size_t i = 0; i < 16 && address + i < image_bytes; ++i) {
            result[address + i] = static_cast<std::byte>(number(at, 2));
        }
    }
    return result;
}

inline void load(memory& to, const image& from) {
    for (std::uint32_t block = 0; block < block_count; ++block) {
        static_cast<void>(to.erase(block));
        static_cast<void>(
            to.program(block, 0, std::span{from}.subspan(block * block_bytes, block_bytes)));
    }
}
inline image save(const memory& from) {
    image result{};
    for (std::uint32_t block = 0; block < block_count; ++block) {
        static_cast<void>(
            from.read(block, 0, std::span{result}.subspan(block * block_bytes, block_bytes)));
    }
    return result;
}

// ---- What is written ----------------------------------------------------------------------------

inline constexpr char data[] = "a job's own bytes";
inline constexpr std::uint64_t name_of_night = 0x1122'3344'5566'7788;

constexpr records::job_name batch_name(std::uint32_t index, std::uint32_t generation) {
    return {index | records::batch_bit, generation};
}

// Every field, each byte of each another one.
constexpr records::job_record full_job() {
    records::job_record job;
    job.id = 0x0102'0304'0506'0708;
    job.job = {3, 0x0A0B'0C0D};
    job.type = 0x1112'1314;
    job.fields = field::all;
    job.version = 0x21;
    job.flags = records::flag_big_endian;
    job.band = 0x22;
    job.due_ns = 0x3132'3334'3536'3738;
    job.retry = 0x4142'4344'4546'4748;
    job.queue = 0x5152'5354;
    job.batch = batch_name(1, 0x6162'6364);
    job.parents = records::parents_max;
    job.condition = pawl::when::failure | pawl::when::deletion;
    for (std::uint32_t i = 0; i < records::parents_max; ++i) {
        job.parent[i] = {0x7172'7300 + i, 0x8182'8300 + i};
    }
    job.key = 0x9192'9394;
    job.key_bits = 0x0E;
    job.unique = 0xA1A2'A3A4;
    job.unique_until = 0xA5;
    job.conflict = 0xA6;
    job.key_until_ns = -0x3132'3334'3536'3738;
    job.limiter = 0xB1B2'B3B4;
    job.deadline_ns = 0x4344'4546'4748'494A;
    job.late = 0xC1;
    job.run_at_most_ns = 0x5354'5556'5758'595A;
    job.retry_for_ns = 0x6364'6566'6768'696A;
    job.delay_ns = 0x7374'7576'7778'797A;
    return job;
}
constexpr records::job_record plain_job(std::uint32_t slot) {
    records::job_record job;
    job.id = slot;
    job.job = {slot, 1};
    job.type = 0x2122'2324;
    job.version = 1;
    return job;
}
constexpr records::state_record full_state() {
    return {.job = {3, 0x0A0B'0C0D},
            .state = pawl::job_state::processing,
            .recoveries = 2,
            .attempts = 0x0304,
            .cursor = 0x0506'0708,
            .due_ns = 0x1122'3344'5566'7788};
}

// What a log's user does: notes what it reads and writes, and says what still counts.
struct client {
    golden_log* log = nullptr;
    golden_book book{};
    std::uint64_t skipped = 0;  // records of a later version
    std::uint64_t grouped = 0;  // that belong to the next one

    void replay(const pawl::log_record& record) {
        book.note(record);
        skipped += record.type == 200 ? 1U : 0U;
        grouped += record.more ? 1U : 0U;
    }
    bool keeps(const pawl::log_record& record) { return book.keeps(record, log->next_place()); }

    bool append(std::uint8_t type, std::span<const std::byte> payload,
                std::span<const std::byte> rest = {}, bool more = false) {
        const std::uint64_t sequence = log->append(*this, type, payload, rest, more);
        const auto length = static_cast<std::uint32_t>(payload.size() + rest.size());
        book.note({.sequence = sequence,
                   .type = type,
                   .more = more,
                   .payload = payload,
                   .place = log->last_place(length)});
        return sequence != 0;
    }
    bool job(const records::job_record& what, std::span<const std::byte> rest = {}) {
        std::byte payload[256];
        const std::uint32_t size = records::encode(what, payload);
        return append(records::job, {payload, size}, rest);
    }
    bool state(const records::state_record& what) {
        std::byte payload[records::state_bytes];
        return append(records::state, {payload, records::encode(what, payload)});
    }
    bool ended(records::job_name what, pawl::job_state how, records::job_name batch = {},
               bool more = false) {
        std::byte payload[records::ended_bytes];
        records::writer out{payload};
        records::put(out, what).put(static_cast<std::uint8_t>(how));
        records::put(out, batch);
        return append(records::ended, {payload, out.size()}, {}, more);
    }
    bool batch(records::job_name what, records::job_name outer) {
        std::byte payload[records::batch_bytes];
        records::writer out{payload};
        records::put(out, what);
        records::put(out, outer);
        return append(records::batch, {payload, out.size()});
    }
    bool recurring(std::uint64_t name, std::int64_t due_ns, std::uint8_t flags) {
        std::byte payload[records::recurring_bytes];
        records::writer out{payload};
        out.put(name).put_signed(due_ns).put(flags);
        return append(records::recurring, {payload, out.size()});
    }
    bool run(std::uint64_t number_of_run) {
        std::byte payload[records::run_bytes];
        records::writer out{payload};
        out.put(number_of_run);
        return append(records::run, {payload, out.size()});
    }
};

// Two runs of a program. The first ends well; the second takes over the oldest block, and power
// goes when a part of a group is written.
inline bool write(memory& to) {
    bool good = true;
    {
        golden_log log{pawl::medium_ref{to}};
        client writer{&log};
        good = good && log.open(writer, pawl::recovery::strict).made;
        good = good && writer.run(1);
        good = good && writer.batch(batch_name(0, 9), {});
        good = good && writer.batch(batch_name(1, 0x6162'6364), batch_name(0, 9));
        good = good && log.commit(pawl::sync_now).ok();
        good = good && writer.job(full_job(), std::as_bytes(std::span{data}));
        good = good && writer.job(plain_job(1)) && writer.job(plain_job(2));
        good = good && writer.recurring(name_of_night, 0x0123'4567'89AB'CDEF, 0);
        good = good && writer.recurring(77, -1, records::flag_paused);
        good = good && log.commit(pawl::commit_kind::write).ok();
        good = good && writer.append(200, std::as_bytes(std::span{"later version"}));
        for (std::uint16_t attempt = 0; good && attempt < 40; ++attempt) {
            records::state_record state = full_state();
            state.attempts = attempt;
            good = writer.state(state) && (attempt % 4 != 0 || log.commit(pawl::sync_now).ok());
        }
        good = good && writer.state(full_state());
        good = good && log.make_room(writer, 2 * log.record_bytes(records::ended_bytes));
        good = good && writer.ended({1, 1}, pawl::job_state::succeeded, {}, true);
        good = good && writer.ended({2, 1}, pawl::job_state::failed, batch_name(0, 9));
        good = good && log.close(writer).ok();
    }
    golden_log log{pawl::medium_ref{to}};
    client writer{&log};
    good = good && log.open(writer).ok() && writer.run(2) && log.commit(pawl::sync_now).ok();
    good = good && writer.job(plain_job(5));
    good = good && writer.ended({3, 0x0A0B'0C0D}, pawl::job_state::deleted, {}, true);
    good = good && log.commit(pawl::commit_kind::write).ok();
    log.abandon();
    return good;
}

// ---- What is read -------------------------------------------------------------------------------

constexpr bool same(const records::job_record& one, const records::job_record& other) {
    return one.id == other.id && one.job == other.job && one.type == other.type &&
           one.fields == other.fields && one.version == other.version && one.flags == other.flags &&
           one.band == other.band && one.due_ns == other.due_ns && one.retry == other.retry &&
           one.queue == other.queue && one.batch == other.batch && one.parents == other.parents &&
           one.condition == other.condition && one.parent == other.parent && one.key == other.key &&
           one.key_bits == other.key_bits && one.unique == other.unique &&
           one.unique_until == other.unique_until && one.conflict == other.conflict &&
           one.key_until_ns == other.key_until_ns && one.limiter == other.limiter &&
           one.deadline_ns == other.deadline_ns && one.late == other.late &&
           one.run_at_most_ns == other.run_at_most_ns && one.retry_for_ns == other.retry_for_ns &&
           one.delay_ns == other.delay_ns;
}
constexpr bool same(const records::state_record& one, const records::state_record& other) {
    return one.job == other.job && one.state == other.state && one.recoveries == other.recoveries &&
           one.attempts == other.attempts && one.cursor == other.cursor &&
           one.due_ns == other.due_ns;
}

inline bool is_job(golden_log& log, const golden_book& book, std::uint32_t slot,
                   const records::job_record& wanted, std::span<const std::byte> wanted_data) {
    const auto place = book.of(slot).job;
    records::job_record found;
    std::span<const std::byte> rest;
    return book.is_alive(slot) && book.of(slot).generation == wanted.job.generation &&
           records::decode(log.read({place.block, place.offset, 0}), found, rest) &&
           same(found, wanted) && rest.size() == wanted_data.size() &&
           (rest.empty() || std::memcmp(rest.data(), wanted_data.data(), rest.size()) == 0);
}

// Opens the log in a memory, and says what is not as it was written; null if all of it is.
inline const char* fault_of(memory& in, pawl::log_report& report) {
    golden_log log{pawl::medium_ref{in}};
    client reader{&log};
    report = log.open(reader);
    if (!report) {
        return pawl::describe(report.error);
    }
    const golden_book& book = reader.book;
    if (report.made || report.damage != 0 || report.torn == 0) {
        return "the report: not made, without damage, with the torn end of a group";
    }
    if (book.unknown() != 0 || book.beyond() != 0 || reader.skipped != 1 || reader.grouped != 1) {
        return "records: none unknown, one to be skipped, one of a group that is whole";
    }
    if (!is_job(log, book, 3, full_job(), std::as_bytes(std::span{data}))) {
        return "the job with every field";
    }
    if (!is_job(log, book, 5, plain_job(5), {})) {
        return "the job without fields, of the second run";
    }
    records::state_record state;
    const auto place = book.of(3).state;
    if (!records::decode(log.read({place.block, place.offset, 0}), state) ||
        !same(state, full_state())) {
        return "the state with every field";
    }
    if (!book.is_alive(16) || book.of(16).generation != 9 || !book.of(16).spoiled ||
        !book.is_alive(17) || book.of(17).generation != 0x6162'6364 || book.of(17).spoiled) {
        return "the batches: one with a member that failed, and one in it";
    }
    if (book.is_alive(1) || book.is_alive(2)) {
        return "the jobs that have ended";
    }
    const golden_book::recurring_entry times[] = {book.recurring(0), book.recurring(1)};
    const bool first = times[0].name == name_of_night;
    const auto& night = times[first ? 0 : 1];
    const auto& other = times[first ? 1 : 0];
    if (night.name != name_of_night || night.due_ns != 0x0123'4567'89AB'CDEF || night.flags != 0 ||
        other.name != 77 || other.due_ns != -1 || other.flags != records::flag_paused) {
        return "the recurring jobs";
    }
    return book.run() == 2 ? nullptr : "the number of the run";
}

// ---- What came later ----------------------------------------------------------------------------

inline constexpr char why[] = "cannot reach db-3";
inline constexpr records::job_name last_run{9, 0xD1D2'D3D4};

constexpr records::state_record failure() {
    return {.job = {3, 0x0A0B'0C0D},
            .state = pawl::job_state::failed,
            .recoveries = 1,
            .attempts = 0x0203,
            .cursor = 0x0405'0607,  // which one
            .due_ns = 0x0809};      // its code
}
constexpr records::state_record another_time() {
    return {.job = {1, 1},
            .state = pawl::job_state::scheduled,
            .recoveries = 0,
            .attempts = 0,
            .cursor = 0x1213'1415,
            .due_ns = 0x2122'2324'2526'2728,
            .moved = true};
}
constexpr records::recurring_record night() {
    return {.name = name_of_night,
            .due_ns = 0x0123'4567'89AB'CDEF,
            .flags = records::flag_paused | records::flag_cut_off,
            .run = last_run,
            .recoveries = 0x3A};
}

inline bool write_b(memory& to) {
    golden_log log{pawl::medium_ref{to}};
    client writer{&log};
    bool good = log.open(writer, pawl::recovery::strict).made;
    std::byte payload[64];
    const auto requeue = [&](records::job_name of, std::uint32_t now, std::uint16_t attempts) {
        records::writer out{payload};
        records::put(out, of).put(now).put(attempts);
        return writer.append(records::requeued, {payload, out.size()});
    };
    const auto raise = [&](records::job_name which, std::uint8_t band) {
        records::writer out{payload};
        records::put(out, which).put(band);
        return writer.append(records::raised, {payload, out.size()});
    };
    const auto recurring = [&](const records::recurring_record& what) {
        return writer.append(records::recurring, {payload, records::encode(what, payload)});
    };
    const auto state = [&](const records::state_record& what, std::span<const std::byte> rest) {
        return writer.append(records::state, {payload, records::encode(what, payload)}, rest);
    };
    good = good && writer.run(1);
    good = good && writer.job(full_job(), std::as_bytes(std::span{data}));
    good = good && writer.job(plain_job(1)) && writer.job(plain_job(2));
    good = good && raise({3, 0x0A0B'0C0D}, 0x17);
    good = good && state(another_time(), {});
    good = good && state(failure(), std::as_bytes(std::span{why}).first(sizeof why - 1));
    good = good && raise({2, 1}, 2) && requeue({2, 1}, 0x4142'4344, 0x5152);
    good = good && recurring(night());
    good = good && recurring({.name = 77, .due_ns = -1, .run = {8, 5}, .recoveries = 1});
    good = good && writer.ended({8, 5}, pawl::job_state::succeeded);
    return good && log.close(writer).ok();
}

inline const char* fault_of_b(memory& in, pawl::log_report& report) {
    golden_log log{pawl::medium_ref{in}};
    client reader{&log};
    report = log.open(reader);
    if (!report) {
        return pawl::describe(report.error);
    }
    const golden_book& book = reader.book;
    if (report.made || report.damage != 0 || report.torn != 0 || book.unknown() != 0) {
        return "the report: not made, whole, and every record known";
    }
    if (!is_job(log, book, 3, full_job(), std::as_bytes(std::span{data})) ||
        book.of(3).raised != 0x18) {
        return "the job that was raised and has failed";
    }
    const auto read = [&](const auto& place) { return log.read({place.block, place.offset, 0}); };
    records::state_record state;
    if (!records::decode(read(book.of(3).state), state) || !same(state, failure()) || state.moved) {
        return "the failure";
    }
    const auto said = records::text_of(read(book.of(3).state));
    if (said.size() != sizeof why - 1 || std::memcmp(said.data(), why, said.size()) != 0) {
        return "its text";
    }
    if (!records::decode(read(book.of(1).state), state) || !same(state, another_time()) ||
        !state.moved || !records::text_of(read(book.of(1).state)).empty()) {
        return "another time";
    }
    const auto& requeued = book.of(2);
    if (!book.is_alive(2) || !requeued.requeued || requeued.generation != 0x4142'4344 ||
        requeued.origin != 1 || requeued.attempts != 0x5152 || requeued.raised != 3) {
        return "the job that was raised and requeued";
    }
    const golden_book::recurring_entry times[] = {book.recurring(0), book.recurring(1)};
    const bool first = times[0].name == name_of_night;
    const auto& of_night = times[first ? 0 : 1];
    const auto& other = times[first ? 1 : 0];
    if (of_night.name != name_of_night || of_night.due_ns != night().due_ns ||
        of_night.flags != night().flags || of_night.run != last_run ||
        of_night.recoveries != night().recoveries) {
        return "the recurring job whose run was cut off";
    }
    if (other.name != 77 || other.due_ns != -1 || other.flags != 0 ||
        other.run != records::job_name{8, 5} || other.recoveries != 1) {
        return "the recurring job whose run has ended";
    }
    return book.run() == 1 ? nullptr : "the number of the run";
}

}  // namespace golden
