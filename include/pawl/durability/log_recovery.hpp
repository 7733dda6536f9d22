// SPDX-License-Identifier: BSL-1.0
//
// log_recovery: what a log's blocks say when it is opened: which of them count, what is replayed,
// where it ends, and what to do about damage. It reads only; record_log.hpp writes.
//
// How it works: log_format.hpp has the bytes, record_log.hpp the protocol by which they were
// written. The newest block with a `ready` is the end of a chain: each header names the block
// before it, down to what `ready` says is void. That chain is replayed from its oldest block on. A
// block before the newest ends where its successor's header says, so whatever is missing there is
// damage. The newest has no such end: it ends torn, which is what power cuts do, unless a later
// record proves that what is missing had been durable.
//
// What follows from damage is the policy's (log_report.hpp): refuse, stop before it, or skip it.
//
// Cost: every block that counts is read once, the newest twice. Memory: 20 bytes a block. Who may
// call: record_log, one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/durability/crc32c.hpp>
#include <pawl/durability/io_status.hpp>
#include <pawl/durability/journal_medium.hpp>
#include <pawl/durability/little_endian.hpp>
#include <pawl/durability/log_format.hpp>
#include <pawl/durability/log_reader.hpp>
#include <pawl/durability/log_report.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <journal_medium Medium, log_limits L = log_limits{}>
class log_recovery : protected log_reader<Medium, L> {
    using reader = log_reader<Medium, L>;

protected:
    using reader::each_good_record;
    using reader::each_record;
    using reader::each_record_from;
    using reader::failed_read_;
    using reader::find_later;
    using reader::first_offset_;
    using reader::geometry_;
    using reader::no_block;
    using reader::read_header;
    using reader::read_record;
    using reader::ready_bytes;
    using reader::record_bytes;
    using reader::torn_bytes;
    using reader::view;
    using typename reader::ending;
    using typename reader::header;
    using typename reader::later;
    using typename reader::walk;

    constexpr log_recovery() noexcept = default;
    constexpr explicit log_recovery(Medium medium) noexcept : reader{std::move(medium)} {}

    // ---- For who writes -----------------------------------------------------------------------

    // Which blocks count: the newest that is ready, and those before it that are not void.
    bool find_blocks(recovery policy, format_when format, log_report& report) noexcept {
        bool any_header = false;
        bool foreign = false;
        for (std::uint32_t block = 0; block < geometry_.block_count; ++block) {
            const std::byte* const bytes = view(block, 0, log_format::header_bytes, false);
            if (bytes == nullptr) {
                return refuse_read(report, block);
            }
            header found;
            switch (log_format::decode<L.crc>(bytes, found)) {
                case log_format::header_state::newer:
                    return refuse(report, open_error::newer_version, {block, 0, 0});
                case log_format::header_state::bad:
                    foreign = foreign || !is_blank_or_begun(block);
                    if (!failed_read_.ok()) {
                        return refuse_read(report, block);
                    }
                    break;
                case log_format::header_state::good:
                    if (found.block_bytes != geometry_.block_bytes ||
                        found.write_unit != geometry_.write_unit) {
                        return refuse(report, open_error::geometry, {block, 0, 0});
                    }
                    if (L.content != 0 && found.content != 0 && found.content != L.content) {
                        return refuse(report, open_error::other_content, {block, 0, 0});
                    }
                    if (found.payload_max > L.payload_max) {
                        return refuse(report, open_error::newer_version, {block, 0, 0});
                    }
                    any_header = true;
                    numbers_[block] = found.number;
                    number_ = std::max(number_, found.number);
                    break;
            }
        }
        if (!find_newest_ready(policy, report)) {
            return false;
        }
        if (current_ == no_block) {
            // Nothing was ever ready. A log whose headers all went bad is no empty medium.
            if (damaged_block_newer_than(0, report)) {
                return refuse_damage(report);
            }
            if (foreign && !any_header && format == format_when::if_blank) {
                return refuse(report, open_error::not_a_log);
            }
            std::fill(std::begin(numbers_), std::end(numbers_), std::uint64_t{0});
            trimmed_ = number_;
            return failed_read_.ok() || refuse_read(report, 0);
        }
        return keep_chain(policy, report);
    }

    // Replays the blocks that count, oldest first. Leaves current_ and sequence_ at the end.
    template <class Client>
    bool replay_all(Client& client, recovery policy, log_report& report) noexcept {
        const std::uint32_t newest = current_;
        std::uint32_t block = no_block;
        for (std::uint64_t above = 0;;) {
            block = no_block;
            for (std::uint32_t other = 0; other < geometry_.block_count; ++other) {
                if (numbers_[other] > above &&
                    (block == no_block || numbers_[other] < numbers_[block])) {
                    block = other;
                }
            }
            if (block == no_block) {
                break;
            }
            above = numbers_[block];
            bool stopped = false;
            if (!replay_block(client, policy, block, block == newest, stopped, report)) {
                return false;
            }
            if (stopped) {
                current_ = block;
                for (std::uint64_t& number : numbers_) {
                    number = number > above ? 0 : number;
                }
                break;
            }
        }
        // Something newer may have had a header that is bad now.
        if (damaged_block_newer_than(sequence_, report) && policy < recovery::point_in_time) {
            return refuse_damage(report);
        }
        return failed_read_.ok() || refuse_read(report, 0);
    }

    // In a ring, so that all wear alike.
    [[nodiscard]] std::uint32_t next_free() const noexcept {
        const std::uint32_t from = current_ == no_block ? geometry_.block_count - 1 : current_;
        for (std::uint32_t i = 1; i <= geometry_.block_count; ++i) {
            const std::uint32_t block = (from + i) % geometry_.block_count;
            if (numbers_[block] == 0) {
                return block;
            }
        }
        return no_block;
    }
    [[nodiscard]] std::uint32_t oldest() const noexcept {
        std::uint32_t found = no_block;
        for (std::uint32_t block = 0; block < geometry_.block_count; ++block) {
            if (numbers_[block] != 0 && block != current_ &&
                (found == no_block || numbers_[block] < numbers_[found])) {
                found = block;
            }
        }
        return found;
    }

    static bool refuse(log_report& report, open_error why, log_place where = {}) noexcept {
        report.error = why;
        report.place = where;
        return false;
    }
    bool refuse_read(log_report& report, std::uint32_t block, std::uint32_t offset = 0) noexcept {
        report.io = failed_read_.ok() ? io_status{io_error::failed, 0} : failed_read_;
        return refuse(report, open_error::medium, {block, offset, 0});
    }

    // ---- What it has found --------------------------------------------------------------------

    std::uint32_t current_ = no_block;          // the newest block, which is written
    std::uint64_t sequence_ = 1;                // of the next record
    std::uint64_t number_ = 0;                  // the largest of a block
    std::uint64_t trimmed_ = 0;                 // blocks up to this number are void
    std::uint64_t numbers_[L.blocks_max] = {};  // of each block; 0: void
    std::uint32_t seeds_[L.blocks_max] = {};    // of its records' CRC
    std::uint64_t ends_[L.blocks_max] = {};  // the sequence behind its last record, if it is full

private:
    // A block without a header in which there is nothing, or no more than what a first open() that
    // was cut has left of the header and of `ready`. (The next one that is cut may have erased the
    // header and not the other.)
    [[nodiscard]] bool is_blank_or_begun(std::uint32_t block) noexcept {
        return torn_bytes(block, first_offset_ + record_bytes(ready_bytes)) == 0;
    }

    bool find_newest_ready(recovery policy, log_report& report) noexcept {
        std::uint64_t below = ~std::uint64_t{0};
        for (;;) {
            std::uint32_t block = no_block;
            for (std::uint32_t other = 0; other < geometry_.block_count; ++other) {
                if (numbers_[other] != 0 && numbers_[other] < below &&
                    (block == no_block || numbers_[other] > numbers_[block])) {
                    block = other;
                }
            }
            if (block == no_block) {
                return true;
            }
            below = numbers_[block];
            header of;
            if (!read_header(block, of)) {
                return refuse_read(report, block);
            }
            bool is_ready = false;
            const walk end = each_record(block, of, 0, [&](const log_record& record) {
                if (record.type == log_format::ready && record.payload.size() == ready_bytes) {
                    trimmed_ = load_little<std::uint64_t>(record.payload.data());
                    is_ready = true;
                }
            });
            if (end.how == ending::failed) {
                return refuse_read(report, block, end.offset);
            }
            if (is_ready) {
                current_ = block;
                return true;
            }
            // Void; unless it had been ready, and that is what is damaged.
            const later next = find_later(block, of.crc, end, true);
            if (next.at.how == ending::failed) {
                return refuse_read(report, block, end.offset);
            }
            if (next.proves) {
                note_damage(report, {block, end.offset, end.sequence}, 1);
                if (policy < recovery::point_in_time) {
                    return refuse_damage(report);
                }
                if (policy == recovery::salvage) {
                    current_ = block;  // what it was to take the place of counts as well
                    trimmed_ = 0;
                    return true;
                }
            }
        }
    }

    // Leaves in numbers_ the blocks that count. From the newest one back, each names the one
    // before.
    bool keep_chain(recovery policy, log_report& report) noexcept {
        std::uint64_t chain[L.blocks_max] = {};
        std::uint32_t block = current_;
        header of;
        for (;;) {
            if (!read_header(block, of)) {
                return refuse_read(report, block);
            }
            chain[block] = numbers_[block];
            seeds_[block] = of.crc;
            ++report.blocks;
            if (of.previous == 0 || of.previous <= trimmed_) {
                break;
            }
            const auto* const before =
                std::find(std::begin(numbers_), std::end(numbers_), of.previous);
            if (before == std::end(numbers_) ||
                chain[static_cast<std::uint32_t>(before - numbers_)] != 0) {
                note_damage(report, {block, 0, of.first_sequence}, 1);
                if (policy < recovery::point_in_time) {
                    return refuse_damage(report);
                }
                break;  // what is newer counts all the same
            }
            block = static_cast<std::uint32_t>(before - numbers_);
            ends_[block] = of.previous_end;
        }
        std::copy(std::begin(chain), std::end(chain), std::begin(numbers_));
        if (next_free() == no_block) {
            // Of the newest one `ready` is damaged, and what it says is void counts again
            // (salvage). A block has to be free; of the oldest one what still counted had been
            // copied.
            numbers_[oldest()] = 0;
            --report.blocks;
        }
        return true;
    }

    // A block whose header is bad, but not its records, and these are newer than what was found.
    [[nodiscard]] bool damaged_block_newer_than(std::uint64_t sequence,
                                                log_report& report) noexcept {
        for (std::uint32_t block = 0; block < geometry_.block_count; ++block) {
            header unused;
            if (numbers_[block] != 0 || read_header(block, unused)) {
                continue;
            }
            const std::byte* const bytes = view(block, 0, log_format::header_bytes, false);
            if (bytes == nullptr) {
                return false;  // failed_read_ says so
            }
            // One of the two is what the records were seeded with, if a single place is damaged.
            const std::uint32_t seeds[] = {
                load_little<std::uint32_t>(bytes + log_format::crc_place),
                crc32c<L.crc>(std::span<const std::byte>{bytes, log_format::crc_place})};
            for (const std::uint32_t seed : seeds) {
                log_format::record_head head;
                ending why{};
                if (!read_record(block, first_offset_, seed, head, why)) {
                    continue;
                }
                const auto ahead =
                    static_cast<std::int32_t>(head.sequence - static_cast<std::uint32_t>(sequence));
                // Ready, or it would be void anyway: some record tells that others were durable.
                const walk first{ending::reached, first_offset_, head.sequence};
                bool ready = false;
                static_cast<void>(
                    each_record_from(first, block, seed, 0, [&](const log_record& record) {
                        ready = ready || record.type == log_format::ready;
                    }));
                if (ahead >= 0 && ready) {
                    note_damage(report, {block, 0, sequence + static_cast<std::uint32_t>(ahead)},
                                1);
                    return true;
                }
            }
        }
        return false;
    }

    static void note_damage(log_report& report, log_place where, std::uint64_t records) noexcept {
        if (report.damage == 0) {
            report.place = where;
        }
        report.damage += records;
    }
    static bool refuse_damage(log_report& report) noexcept {
        report.error = open_error::damaged;
        return false;
    }

    template <class Client>
    bool replay_block(Client& client, recovery policy, std::uint32_t block, bool newest,
                      bool& stopped, log_report& report) noexcept {
        header of;
        if (!read_header(block, of)) {
            return refuse_read(report, block);
        }
        const auto replay = [&](const log_record& record) {
            ++report.records;
            if (record.type >= log_format::user_first) {
                client.replay(record);
            }
        };
        if (newest) {
            return replay_newest(policy, block, of, replay, report);
        }
        const std::uint64_t end = ends_[block];
        bool damaged = false;
        const auto gap = [&](const walk& at, std::uint64_t missing) {
            note_damage(report, {block, at.offset, at.sequence}, missing);
            damaged = true;
        };
        walk at{};
        if (policy == recovery::salvage) {
            at = each_good_record(block, of, end, replay, gap);
        } else {
            at = each_record(block, of, end, replay);
            if (at.how != ending::failed && at.sequence != end) {
                gap(at, end - at.sequence);  // the next block's header tells what was here
            }
        }
        if (at.how == ending::failed) {
            return refuse_read(report, block, at.offset);
        }
        if (damaged && policy < recovery::point_in_time) {
            return refuse_damage(report);
        }
        stopped = damaged && policy == recovery::point_in_time;
        sequence_ = stopped ? at.sequence : end;
        return true;
    }

    // The newest one has no end yet: it is where the records end, and where a group does.
    template <class Replay>
    bool replay_newest(recovery policy, std::uint32_t block, const header& of, Replay&& replay,
                       log_report& report) noexcept {
        walk at{ending::reached, first_offset_, of.first_sequence};
        for (;;) {
            walk whole = at;  // the end of the last group that is complete
            std::uint32_t offset = at.offset;
            const walk end = each_record_from(at, block, of.crc, 0, [&](const log_record& record) {
                offset += record_bytes(static_cast<std::uint32_t>(record.payload.size()));
                if (!record.more) {
                    whole = {ending::reached, offset, record.sequence + 1};
                }
            });
            if (end.how == ending::failed) {
                return refuse_read(report, block, end.offset);
            }
            later next = find_later(block, of.crc, end, true);
            if (next.proves && policy == recovery::salvage) {
                // Then it goes on at the first record, whether that one proves anything or not.
                next.at = find_later(block, of.crc, end, false).at;
            }
            if (next.at.how == ending::failed) {
                return refuse_read(report, block, end.offset);
            }
            if (next.proves && policy < recovery::point_in_time) {
                note_damage(report, {block, end.offset, end.sequence},
                            next.at.sequence - end.sequence);
                return refuse_damage(report);
            }
            const bool torn = whole.offset != end.offset || end.how == ending::broken ||
                              torn_bytes(block, end.offset) != 0;
            if (torn && !next.proves && policy == recovery::strict) {
                return refuse(report, open_error::torn_tail, {block, whole.offset, whole.sequence});
            }
            const walk done = each_record_from(at, block, of.crc, whole.sequence, replay);
            if (done.how != ending::reached) {
                return refuse_read(report, block, done.offset);
            }
            sequence_ = whole.sequence;
            if (next.proves) {
                note_damage(report, {block, end.offset, end.sequence},
                            next.at.sequence - end.sequence);
            }
            if (policy == recovery::salvage && next.proves) {
                at = next.at;
                continue;
            }
            if (report.damage == 0) {
                report.place = {block, whole.offset, whole.sequence};
            }
            report.torn = next.proves ? 0 : torn_bytes(block, whole.offset);
            return true;
        }
    }
};

}  // namespace PAWL_ABI
}  // namespace pawl
