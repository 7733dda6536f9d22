// SPDX-License-Identifier: BSL-1.0
//
// log_reader: walks over the blocks and records of a log, and judges what is no record.
//
// What: the reading half of record_log, which see; also of tools that look into a log. It keeps no
// state but a window: a buffer with bytes of one block, so that a replay is large sequential reads.
//
// Cost: a record is one CRC. What follows a bad place is looked through to the end of its block, at
// each place where a record can begin. Who may call: one thread at a time; may block.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/durability/crc32c.hpp>
#include <pawl/durability/io_status.hpp>
#include <pawl/durability/journal_medium.hpp>
#include <pawl/durability/log_format.hpp>
#include <pawl/durability/log_report.hpp>

namespace pawl {
inline namespace PAWL_ABI {

struct log_limits {
    std::uint32_t payload_max = 1024;        // bytes of a record, at most 65,535
    std::uint32_t buffer_bytes = 64 * 1024;  // each of two; a record has to fit
    std::uint32_t blocks_max = 64;
    crc_table crc = crc_table::slicing_by_8;  // where the processor has no instruction for it
    std::uint32_t content = 0;                // whose records; 0: anybody's
};

struct log_record {
    std::uint64_t sequence = 0;
    std::uint8_t type = 0;
    bool more = false;
    std::span<const std::byte> payload;  // valid during the call
    log_place place = {};                // where it lies on the medium
};

template <journal_medium Medium, log_limits L>
class log_reader {
public:
    static_assert(L.payload_max >= 8 && L.payload_max <= 0xFFFF,
                  "log_limits.payload_max is 8 to 65,535 bytes");
    static_assert(L.blocks_max >= medium_blocks_min, "log_limits.blocks_max is 3 at least");
    static_assert(L.buffer_bytes >= log_format::padded(log_format::head_bytes + L.payload_max,
                                                       log_format::alignment) &&
                      L.buffer_bytes >= log_format::header_bytes,
                  "log_limits.buffer_bytes has room for one record, and for a header of 64");

    using header = log_format::block_header;

    static constexpr std::uint32_t ready_bytes = 8;
    static constexpr std::uint32_t no_block = 0xFFFF'FFFF;

    // How a walk over the records of a block ended.
    enum class ending : std::uint8_t {
        reached,  // at the sequence that was asked for, or the block's end
        erased,   // where nothing was written
        broken,   // at something that is no record
        failed,   // the medium could not be read
    };
    struct walk {
        ending how = ending::reached;
        std::uint32_t offset = 0;
        std::uint64_t sequence = 0;
    };

    // A record behind a bad place, and whether it shows that what should be there had been durable.
    struct later {
        walk at;  // how: `reached` if there is one
        bool proves = false;
    };
    constexpr log_reader() noexcept = default;
    constexpr explicit log_reader(Medium medium) noexcept : medium_{std::move(medium)} {}
    log_reader(const log_reader&) = delete;
    log_reader& operator=(const log_reader&) = delete;

    // Takes the medium's geometry, which has to be open; false: it does not suit.
    [[nodiscard]] bool begin() noexcept {
        geometry_ = medium_.geometry();
        step_ = log_format::step_of(geometry_);
        first_offset_ = log_format::padded(log_format::header_bytes, step_);
        failed_read_ = {};
        window_ = {};
        return check_geometry(geometry_) == nullptr && geometry_.block_count <= L.blocks_max &&
               geometry_.block_bytes % step_ == 0 &&
               record_bytes(L.payload_max) <= L.buffer_bytes && first_offset_ <= L.buffer_bytes &&
               first_offset_ + record_bytes(ready_bytes) + record_bytes(L.payload_max) <=
                   geometry_.block_bytes;
    }

    // What a record with such a payload takes of a block.
    [[nodiscard]] std::uint32_t record_bytes(std::uint32_t payload) const noexcept {
        return log_format::padded(log_format::head_bytes + payload, step_);
    }
    // Why a read has failed; success if none has since begin().
    [[nodiscard]] io_status failed_read() const noexcept { return failed_read_; }

    // Bytes of a block, by way of the window; null: the medium failed (failed_read_). Mostly they
    // are there: so the rest is out of the way.
    [[nodiscard, gnu::always_inline]] const std::byte* view(std::uint32_t block,
                                                            std::uint32_t offset,
                                                            std::uint32_t bytes,
                                                            bool ahead = true) noexcept {
        PAWL_ASSERT(bytes <= L.buffer_bytes);
        if (block == window_.block && offset >= window_.begin && offset + bytes <= window_.end)
            [[likely]] {
            return in_ + (offset - window_.begin);
        }
        return load(block, offset, bytes, ahead);
    }
    [[nodiscard, gnu::noinline]] const std::byte* load(std::uint32_t block, std::uint32_t offset,
                                                       std::uint32_t bytes, bool ahead) noexcept {
        const std::uint32_t length =
            ahead ? std::min(L.buffer_bytes, geometry_.block_bytes - offset) : bytes;
        window_ = {};
        if (const io_status done = medium_.read(block, offset, {in_, length}); !done) {
            failed_read_ = done;
            return nullptr;
        }
        window_ = {block, offset, offset + length};
        return in_;
    }

    void forget_window(std::uint32_t block) noexcept {
        window_ = window_.block == block ? window{} : window_;
    }

    [[nodiscard]] bool is_erased(const std::byte* bytes, std::size_t count) const noexcept {
        return std::all_of(bytes, bytes + count,
                           [&](std::byte b) { return b == geometry_.erased; });
    }

    // False: there is none, or it could not be read (failed_read_).
    [[nodiscard]] bool read_header(std::uint32_t block, header& into) noexcept {
        const std::byte* const bytes = view(block, 0, log_format::header_bytes, false);
        return bytes != nullptr &&
               log_format::decode<L.crc>(bytes, into) == log_format::header_state::good;
    }

    // What stands at a place: a record (true), or why not.
    [[nodiscard]] bool read_record(std::uint32_t block, std::uint32_t offset, std::uint32_t seed,
                                   log_format::record_head& head, ending& why) noexcept {
        why = ending::broken;
        if (log_format::head_bytes > geometry_.block_bytes - offset) {
            why = ending::reached;
            return false;
        }
        const std::byte* bytes = view(block, offset, log_format::head_bytes);
        if (bytes == nullptr) {
            why = ending::failed;
            return false;
        }
        head = log_format::decode_head(bytes);
        const std::uint32_t length = log_format::head_bytes + head.length;
        if (!log_format::is_type(head.type) || head.length > L.payload_max ||
            length > geometry_.block_bytes - offset) {
            why = is_erased(bytes, log_format::head_bytes) ? ending::erased : ending::broken;
            return false;
        }
        bytes = view(block, offset, length);
        if (bytes == nullptr) {
            why = ending::failed;
            return false;
        }
        return log_format::crc_of<L.crc>(bytes, head.length, seed) == head.crc;
    }

    // Visits the records of a block from its beginning to the sequence `end` (0: as far as they
    // go).
    template <class Visit>
    walk each_record(std::uint32_t block, const header& of, std::uint64_t end,
                     Visit&& visit) noexcept {
        return each_record_from({ending::reached, first_offset_, of.first_sequence}, block, of.crc,
                                end, visit);
    }
    template <class Visit>
    walk each_record_from(walk at, std::uint32_t block, std::uint32_t seed, std::uint64_t end,
                          Visit&& visit) noexcept {
        while (at.sequence != end) {
            log_format::record_head head;
            if (!read_record(block, at.offset, seed, head, at.how)) {
                return at;
            }
            if (head.sequence != static_cast<std::uint32_t>(at.sequence)) {
                at.how = ending::broken;
                return at;
            }
            const std::byte* const bytes =
                view(block, at.offset, log_format::head_bytes + head.length);
            visit(log_record{at.sequence,
                             head.type,
                             (head.flags & log_format::flag_more) != 0,
                             {bytes + log_format::head_bytes, head.length},
                             {block, at.offset, at.sequence}});
            at.offset += record_bytes(head.length);
            ++at.sequence;
        }
        at.how = ending::reached;
        return at;
    }

    // The same, but goes on behind what is damaged; `gap` is told each such place and how many
    // records are missing there.
    template <class Visit, class Gap>
    walk each_good_record(std::uint32_t block, const header& of, std::uint64_t end, Visit&& visit,
                          Gap&& gap) noexcept {
        walk at = each_record(block, of, end, visit);
        while (at.how != ending::reached || at.sequence != end) {
            if (at.how == ending::failed) {
                return at;
            }
            const later next = find_later(block, of.crc, at, false);
            if (next.at.how == ending::failed) {
                return next.at;
            }
            if (next.at.how != ending::reached || next.at.sequence >= end) {
                gap(at, end - at.sequence);
                break;
            }
            gap(at, next.at.sequence - at.sequence);
            at = each_record_from(next.at, block, of.crc, end, visit);
        }
        at.how = ending::reached;
        return at;
    }

    // The first record behind a place; `proof`: the first that proves something.
    [[nodiscard]] later find_later(std::uint32_t block, std::uint32_t seed, walk bad,
                                   bool proof) noexcept {
        later found{bad, false};
        found.at.how = ending::erased;
        const std::uint32_t expected = static_cast<std::uint32_t>(bad.sequence);
        // No more records can lie between than bytes.
        const std::uint32_t ahead_max = geometry_.block_bytes / log_format::alignment;
        for (std::uint32_t offset = bad.offset + step_;
             offset <= geometry_.block_bytes - log_format::head_bytes; offset += step_) {
            log_format::record_head head;
            ending why{};
            const std::byte* const bytes = view(block, offset, log_format::head_bytes);
            if (bytes == nullptr) {
                found.at.how = ending::failed;
                return found;
            }
            const std::uint32_t ahead = log_format::decode_head(bytes).sequence - expected;
            if (ahead == 0 || ahead > ahead_max || !read_record(block, offset, seed, head, why)) {
                if (why == ending::failed) {
                    found.at.how = why;
                    return found;
                }
                continue;
            }
            const bool proves = head.distance <= ahead;
            if (proves || !proof) {
                found.at = {ending::reached, offset, bad.sequence + ahead};
                found.proves = proves;
                return found;
            }
        }
        return found;
    }

    // Bytes from a place to the end of its block that are not erased, from the first to the last
    // of them.
    [[nodiscard]] std::uint32_t torn_bytes(std::uint32_t block, std::uint32_t from) noexcept {
        std::uint32_t last = from;
        for (std::uint32_t offset = from; offset < geometry_.block_bytes;) {
            const std::uint32_t length = std::min<std::uint32_t>(
                geometry_.block_bytes - offset, std::min<std::uint32_t>(L.buffer_bytes, 4096));
            const std::byte* const bytes = view(block, offset, length);
            if (bytes == nullptr) {
                break;
            }
            // All bytes are as the first: a block that is blank is looked at as fast as memory is.
            if (bytes[0] != geometry_.erased || std::memcmp(bytes, bytes + 1, length - 1) != 0) {
                for (std::uint32_t at = 0; at < length; at += log_format::alignment) {
                    const std::uint32_t piece =
                        std::min<std::uint32_t>(length - at, log_format::alignment);
                    last = is_erased(bytes + at, piece) ? last : offset + at + piece;
                }
            }
            offset += length;
        }
        return last - from;
    }

    PAWL_NO_UNIQUE_ADDRESS Medium medium_{};
    io_status failed_read_{};
    medium_geometry geometry_{};
    std::uint32_t step_ = log_format::alignment;
    std::uint32_t first_offset_ = 0;  // of the first record in a block

private:
    struct window {
        std::uint32_t block = no_block;
        std::uint32_t begin = 0;
        std::uint32_t end = 0;
    };

    window window_{};
    std::byte in_[L.buffer_bytes] = {};  // what was read, see window_
};

}  // namespace PAWL_ABI
}  // namespace pawl
