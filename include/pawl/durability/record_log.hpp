// SPDX-License-Identifier: BSL-1.0
//
// record_log: a log of records on a journal_medium: append, commit, recover, for one thread at a
// time. It knows nothing of jobs, and nothing of threads (journal.hpp has both).
//
// What: what was appended and committed with a sync is read back by the next open(), in order,
// after a power cut at any moment; what was not, is there or is not. Its memory is fixed, and so is
// its place on the medium: old blocks are erased, and records that still count are copied forward.
//
// Why blocks in a ring, and not a growing file with checkpoints: it is the same protocol for a disk
// and for raw flash (where it spreads the wear to within one erase a block), it has no file to
// rename and no directory to forget, and the work of making room is spread over the blocks: never
// more than one block is copied at once.
//
// How it works: log_format.hpp has the bytes. Opening a block:
//   1. erase it, write its header, sync. Nothing of its former life counts from here on, since the
//      header seeds the CRC of its records.
//   2. if no other block is free, copy what still counts of the oldest one (the client says what)
//   3. write `ready`, which names the oldest one void, and sync. Only now is it void, and erased
//      not before the next time
// A cut before the end of 3 leaves a block without `ready`: it is void, and the oldest still
// counts. Opening a log always begins a new block: nothing is ever written behind a torn tail.
// Which of two bad endings it is, torn or rotten, is told by later records: see log_format.hpp.
//
// A failed write or sync ends it: what the medium then holds is not known, and asking it again
// would be told a success (that is how kernels treat failed writes). status() says why; nothing
// more is written before close() and open().
//
// Cost: append a copy and a CRC; commit one program(), and one sync() if asked; one in some
// thousand appends opens a block, which is two syncs and at most a block copied. Memory: two
// buffers of limits.buffer_bytes, 8 bytes a block. Who may call: one thread at a time; may block.
//
//   struct lines {                                        // a client
//       void replay(const pawl::log_record& line) { ... }
//       bool keeps(const pawl::log_record& line) { return true; }  // while it still counts
//   };
//   pawl::record_log<pawl::ram_medium<1024, 4>> log;
//   if (auto report = log.open(client); !report) { ... }
//   log.append(client, 16, bytes);
//   if (!log.commit(pawl::sync_now)) { ... log.status() ... }
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/durability/crc32c.hpp>
#include <pawl/durability/io_status.hpp>
#include <pawl/durability/journal_medium.hpp>
#include <pawl/durability/little_endian.hpp>
#include <pawl/durability/log_format.hpp>
#include <pawl/durability/log_recovery.hpp>
#include <pawl/durability/log_report.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <class C>
concept log_client = requires(C& client, const log_record& record) {
    // In ascending sequence; a copy of a record that counted may come again.
    client.replay(record);
    // Whether it still counts: then it is copied when its block is erased.
    { client.keeps(record) } -> std::convertible_to<bool>;
};

enum class commit_kind : std::uint8_t { write, sync };
inline constexpr commit_kind sync_now = commit_kind::sync;

struct log_counts {
    std::uint64_t bytes = 0;  // programmed
    std::uint64_t syncs = 0;
    std::uint64_t blocks = 0;  // begun
    std::uint64_t copied = 0;  // records
};

template <journal_medium Medium, log_limits L = log_limits{}>
class record_log : private log_recovery<Medium, L> {
    using recovered = log_recovery<Medium, L>;
    using recovered::current_;
    using recovered::each_good_record;
    using recovered::ends_;
    using recovered::failed_read_;
    using recovered::find_blocks;
    using recovered::first_offset_;
    using recovered::forget_window;
    using recovered::geometry_;
    using recovered::medium_;
    using recovered::next_free;
    using recovered::no_block;
    using recovered::number_;
    using recovered::numbers_;
    using recovered::oldest;
    using recovered::read_header;
    using recovered::read_record;
    using recovered::ready_bytes;
    using recovered::refuse;
    using recovered::replay_all;
    using recovered::seeds_;
    using recovered::sequence_;
    using recovered::trimmed_;
    using recovered::view;
    using typename recovered::ending;
    using typename recovered::header;
    using typename recovered::walk;

public:
    using recovered::record_bytes;

    using medium_type = Medium;

    constexpr record_log() noexcept = default;
    constexpr explicit record_log(Medium medium) noexcept : recovered{std::move(medium)} {}
    record_log(const record_log&) = delete;
    record_log& operator=(const record_log&) = delete;

    // Opens the medium and reads the log; `client.replay` gets every record of its user. If that
    // fails the medium is closed again, and what was replayed is to be forgotten.
    template <log_client Client>
    log_report open(Client& client, recovery policy = recovery::tolerate_tail,
                    format_when format = format_when::if_blank) noexcept {
        if (is_open_) {
            return {.error = open_error::already_open};
        }
        log_report report;
        if (const io_status opened = medium_.open(); !opened) {
            report.error = open_error::medium;
            report.io = opened;
            return report;
        }
        if (open_medium(client, policy, format, report)) {
            is_open_ = true;
        } else {
            PAWL_ASSERT(report.error != open_error::none);
            status_ = {io_error::closed, 0};
            medium_.close();
        }
        return report;
    }

    // Commits what was appended, says so in the log, and closes the medium.
    template <log_client Client>
    io_status close(Client& client) noexcept {
        if (!is_open_) {
            return {io_error::closed, 0};
        }
        io_status result = commit(commit_kind::sync);
        if (result.ok() && mark(client)) {
            result = commit(commit_kind::sync);
        }
        abandon();
        return result;
    }
    // The same without writing anything more, as if power went.
    void abandon() noexcept {
        if (is_open_) {
            is_open_ = false;
            used_ = 0;
            status_ = {io_error::closed, 0};
            medium_.close();
        }
    }

    // `none` while it can be written; else what ended it.
    [[nodiscard]] io_status status() const noexcept { return status_; }

    // Appends a record of the parts' bytes; commit() writes it. `more`: it belongs to the next
    // one, and make_room() has been called for all of them. Returns its sequence; 0: there was no
    // room (io_error::no_space, the log goes on), or it has ended. REQUIRES: type is a user's, the
    // parts together at most payload_max.
    template <log_client Client>
    std::uint64_t append(Client& client, std::uint8_t type, std::span<const std::byte> first,
                         std::span<const std::byte> second = {}, bool more = false) noexcept {
        const auto length = static_cast<std::uint32_t>(first.size() + second.size());
        if (length > L.payload_max || !make_room(client, record_bytes(length))) {
            return 0;
        }
        return put(type, first, second, more);
    }

    // Room for so many bytes of records (record_bytes() each) in one block: what begins now is not
    // parted. False: there is none, or the log has ended.
    template <log_client Client>
    [[nodiscard]] bool make_room(Client& client, std::uint32_t bytes) noexcept {
        if (!status_.ok()) {
            return false;
        }
        for (std::uint32_t tries = 0; !has_room(bytes); ++tries) {
            if (bytes > usable_bytes() || tries >= geometry_.block_count || !begin_block(client)) {
                return false;
            }
        }
        return true;
    }

    // Writes what was appended, and with `sync` makes it survive a power cut.
    io_status commit(commit_kind kind) noexcept {
        if (flush() && kind == commit_kind::sync && durable_ + 1 != sequence_) {
            static_cast<void>(sync());
        }
        return status_;
    }

    // Appends a record that says what is durable, unless the last one does; so that damage to the
    // last ones can be told from a torn write. For when nothing else happens.
    template <log_client Client>
    bool mark(Client& client) noexcept {
        if (durable_ + 1 != sequence_ || marked_ + 1 == sequence_ ||
            !make_room(client, record_bytes(0))) {
            return false;
        }
        marked_ = put(log_format::mark, {}, {}, false);
        return true;
    }

    // The sequence of the last record appended, and of the last that survives a power cut.
    [[nodiscard]] std::uint64_t last_sequence() const noexcept { return sequence_ - 1; }
    [[nodiscard]] std::uint64_t durable_sequence() const noexcept { return durable_; }

    // Where the next record will lie. In `keeps`: where the copy will.
    [[nodiscard]] log_place next_place() const noexcept {
        return {current_, offset_ + used_, sequence_};
    }
    // Where the last one lies, whose payload has so many bytes.
    [[nodiscard]] log_place last_place(std::uint32_t payload) const noexcept {
        return {current_, offset_ + used_ - record_bytes(payload), sequence_ - 1};
    }
    // The payload of a record that still counts, from the medium; valid until the next call. Empty:
    // it cannot be read. REQUIRES: it has been committed.
    [[nodiscard]] std::span<const std::byte> read(log_place place) noexcept {
        log_format::record_head head;
        ending why{};
        if (!read_record(place.block, place.offset, seeds_[place.block], head, why)) {
            return {};
        }
        const std::byte* const bytes =
            view(place.block, place.offset, log_format::head_bytes + head.length);
        return {bytes + log_format::head_bytes, head.length};
    }

    // ---- Sizes --------------------------------------------------------------------------------

    // Of a block, for its user's records.
    [[nodiscard]] std::uint32_t usable_bytes() const noexcept {
        return geometry_.block_bytes - first_offset_ - record_bytes(ready_bytes);
    }
    // How many bytes of records can count at once so that there is always room to go on: beyond
    // that each new block would be filled with copies.
    [[nodiscard]] std::uint64_t live_max_bytes() const noexcept {
        return std::uint64_t{geometry_.block_count - 2} * usable_bytes() / 2;
    }
    [[nodiscard]] const log_counts& counts() const noexcept { return counts_; }
    [[nodiscard]] Medium& medium() noexcept { return medium_; }
    [[nodiscard]] const Medium& medium() const noexcept { return medium_; }
    [[nodiscard]] const medium_geometry& geometry() const noexcept { return geometry_; }

private:
    // ---- Writing ------------------------------------------------------------------------------

    [[nodiscard]] bool has_room(std::uint32_t bytes) const noexcept {
        return bytes <= geometry_.block_bytes - offset_ - used_;
    }

    bool fail(io_status why) noexcept {
        status_ = why;
        used_ = 0;
        return false;
    }

    // REQUIRES: has_room().
    std::uint64_t put(std::uint8_t type, std::span<const std::byte> first,
                      std::span<const std::byte> second, bool more) noexcept {
        const auto length = static_cast<std::uint32_t>(first.size() + second.size());
        const std::uint32_t bytes = record_bytes(length);
        if (bytes > L.buffer_bytes - used_ && !flush()) {
            return 0;
        }
        if (bytes > L.buffer_bytes) {
            static_cast<void>(fail({io_error::bad_geometry, 0}));
            return 0;
        }
        std::byte* const to = out_ + used_;
        const std::uint64_t distance = sequence_ - durable_;
        log_format::encode_head({.crc = 0,
                                 .length = static_cast<std::uint16_t>(length),
                                 .type = type,
                                 .flags = more ? log_format::flag_more : std::uint8_t{0},
                                 .sequence = static_cast<std::uint32_t>(sequence_),
                                 .distance = static_cast<std::uint32_t>(
                                     std::min<std::uint64_t>(distance, distance_max))},
                                to);
        if (!first.empty()) {
            std::memcpy(to + log_format::head_bytes, first.data(), first.size());
        }
        if (!second.empty()) {
            std::memcpy(to + log_format::head_bytes + first.size(), second.data(), second.size());
        }
        store_little(to, log_format::crc_of<L.crc>(to, length, seed_));
        const std::uint32_t written = log_format::head_bytes + length;
        std::memset(to + written, std::to_integer<int>(geometry_.erased), bytes - written);
        used_ += bytes;
        return sequence_++;
    }

    // To the medium, without a sync.
    bool flush() noexcept {
        if (!status_.ok()) {
            return false;
        }
        if (used_ == 0) {
            return true;
        }
        if (const io_status done = medium_.program(current_, offset_, {out_, used_}); !done) {
            return fail(done);
        }
        forget_window(current_);
        counts_.bytes += used_;
        offset_ += used_;
        used_ = 0;
        return true;
    }

    bool sync() noexcept {
        if (const io_status done = medium_.sync(); !done) {
            return fail(done);
        }
        ++counts_.syncs;
        durable_ = sequence_ - 1;
        return true;
    }

    // Ends the present block and begins the next one.
    template <class Client>
    bool begin_block(Client& client) noexcept {
        return flush() && write_header() && make_ready(client);
    }

    // 1. The header, durable before anything is written behind it.
    bool write_header() noexcept {
        const std::uint32_t block = next_free();
        PAWL_ASSERT(block != no_block);
        forget_window(block);
        if (const io_status done = medium_.erase(block); !done) {
            return fail(done);
        }
        header next{.number = number_ + 1,
                    .first_sequence = sequence_,
                    .previous = current_ == no_block ? 0 : numbers_[current_],
                    .previous_end = current_ == no_block ? 0 : sequence_,
                    .block_bytes = geometry_.block_bytes,
                    .write_unit = static_cast<std::uint16_t>(geometry_.write_unit),
                    .payload_max = static_cast<std::uint16_t>(L.payload_max),
                    .content = L.content};
        std::memset(out_, std::to_integer<int>(geometry_.erased), first_offset_);
        log_format::encode<L.crc>(next, out_);
        if (current_ != no_block) {
            ends_[current_] = sequence_;
        }
        current_ = block;
        offset_ = 0;
        used_ = first_offset_;
        if (!flush() || !sync()) {
            return false;
        }
        number_ = next.number;
        numbers_[block] = next.number;
        seed_ = seeds_[block] = next.crc;
        ++counts_.blocks;
        return true;
    }

    // 2. and 3.
    template <class Client>
    bool make_ready(Client& client) noexcept {
        const std::uint32_t victim = is_healing_ || next_free() == no_block ? oldest() : no_block;
        if (victim != no_block) {
            if (!copy_forward(client, victim)) {
                return false;
            }
            trimmed_ = numbers_[victim];
        }
        std::byte payload[ready_bytes];
        store_little(payload, trimmed_);
        if (!has_room(record_bytes(ready_bytes))) {
            return fail({io_error::failed, 0});  // the old block was none of ours: full without one
        }
        if (put(log_format::ready, payload, {}, false) == 0 || !flush() || !sync()) {
            return false;
        }
        if (victim != no_block) {
            numbers_[victim] = 0;
        }
        return true;
    }

    template <class Client>
    bool copy_forward(Client& client, std::uint32_t victim) noexcept {
        header of_victim;
        if (!read_header(victim, of_victim)) {
            return fail(failed_read_.ok() ? io_status{io_error::failed, 0} : failed_read_);
        }
        bool good = true;
        bool gaps = false;
        const walk end = each_good_record(
            victim, of_victim, ends_[victim],
            [&](const log_record& record) {
                if (record.type >= log_format::user_first && client.keeps(record)) {
                    const auto length = static_cast<std::uint32_t>(record.payload.size());
                    good = good && has_room(record_bytes(length)) &&
                           put(record.type, record.payload, {}, false) != 0;
                    counts_.copied += good ? 1 : 0;
                }
            },
            [&](const walk&, std::uint64_t) { gaps = true; });
        if (!status_.ok()) {
            return false;
        }
        // What could be read when it was opened, or was written since, cannot be read now: to go on
        // would be to lose it.
        if (!good || end.how == ending::failed || (gaps && !is_healing_)) {
            return fail(end.how == ending::failed ? failed_read_ : io_status{io_error::failed, 0});
        }
        return true;
    }

    // ---- Opening ------------------------------------------------------------------------------

    template <class Client>
    bool open_medium(Client& client, recovery policy, format_when format,
                     log_report& report) noexcept {
        const bool suits = this->begin();
        report.block_bytes = geometry_.block_bytes;
        if (!suits) {
            return refuse(report, open_error::geometry);
        }
        status_ = {};
        counts_ = {};
        used_ = 0;
        current_ = no_block;
        number_ = trimmed_ = durable_ = marked_ = 0;
        sequence_ = 1;
        std::fill(std::begin(numbers_), std::end(numbers_), std::uint64_t{0});
        if (format == format_when::always) {
            if (!erase_all()) {
                report.io = status_;
                return refuse(report, open_error::medium);
            }
        } else if (!find_blocks(policy, format, report)) {
            return false;
        }
        report.made = current_ == no_block;
        if (current_ != no_block && !replay_all(client, policy, report)) {
            return false;
        }
        durable_ = sequence_ - 1;
        const std::uint64_t newest = number_;
        // What is damaged is not kept: its good records are copied, until no old block counts.
        is_healing_ = report.damage != 0;
        bool good = write_header() && make_ready(client);
        while (good && is_healing_ && oldest() != no_block && numbers_[oldest()] <= newest) {
            good = begin_block(client);
        }
        // Nor does the next one to open it meet a block again whose header is bad.
        for (std::uint32_t block = 0; block < geometry_.block_count && is_healing_; ++block) {
            header unused;
            if (good && numbers_[block] == 0 && !read_header(block, unused)) {
                forget_window(block);
                const io_status done = medium_.erase(block);
                good = done.ok() || fail(done);
            }
        }
        is_healing_ = false;
        if (!good) {
            report.io = status_;
            return refuse(report, open_error::medium, {current_, offset_, sequence_});
        }
        return true;
    }

    bool erase_all() noexcept {
        for (std::uint32_t block = 0; block < geometry_.block_count; ++block) {
            if (const io_status done = medium_.erase(block); !done) {
                return fail(done);
            }
        }
        return sync();
    }

    static constexpr std::uint64_t distance_max = 0xFFFF'FFFF;

    bool is_open_ = false;
    bool is_healing_ = false;  // what is damaged is being left
    io_status status_{io_error::closed, 0};
    std::uint32_t offset_ = 0;  // programmed of it
    std::uint32_t used_ = 0;    // of out_: what follows
    std::uint32_t seed_ = 0;
    std::uint64_t durable_ = 0;  // the last that survives a power cut
    std::uint64_t marked_ = 0;   // the last mark
    log_counts counts_{};
    std::byte out_[L.buffer_bytes] = {};  // what is to be programmed
};

}  // namespace PAWL_ABI
}  // namespace pawl
