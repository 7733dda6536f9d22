// SPDX-License-Identifier: BSL-1.0
//
// log_report: what opening a log found, and how it is to be taken.
#pragma once

#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/durability/io_status.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// What opening a log does about what is wrong in it.
//   strict         refuses anything but a clean end
//   tolerate_tail  a torn write at the end is no loss and cut off; damage refuses. The default
//   point_in_time  stops at the first damage, and counts what was behind it
//   salvage        leaves out what is damaged, counts it, and goes on behind it
// An error of the device is never taken for the end of the log: every one refuses.
enum class recovery : std::uint8_t { strict, tolerate_tail, point_in_time, salvage };

// What to do with a medium that has no log on it.
//   if_blank   make one if it is erased (or a first one was being made when power went); refuse
//              what has other content. The default
//   if_no_log  make one over whatever else is there; never over a log
//   always     throw away what is there, logs included
enum class format_when : std::uint8_t { if_blank, if_no_log, always };

enum class open_error : std::uint8_t {
    none,
    medium,         // the medium refused or failed: `io` has the cause
    geometry,       // the log was made with other blocks or write units, or they do not suit
    not_a_log,      // there is something else, see format_when
    other_content,  // a log, but of somebody else's records
    newer_version,  // of the format, or with longer records than this program reads
    torn_tail,      // recovery::strict only
    damaged,        // what had been durable is not there or not readable; `damage` says where
    too_many_jobs,  // more than this program has room for
    already_open,
    no_thread,  // the thread that writes the log could not be started
};

[[nodiscard]] constexpr const char* describe(open_error error) noexcept {
    switch (error) {
        case open_error::none: return "opened";
        case open_error::medium: return "the medium failed";
        case open_error::geometry: return "the log has other blocks than the medium says";
        case open_error::not_a_log: return "there is something else than a log";
        case open_error::other_content: return "the log has records of another kind";
        case open_error::newer_version: return "the log is of a newer version than this program";
        case open_error::torn_tail: return "the log ends in a torn write";
        case open_error::damaged: return "the log is damaged";
        case open_error::too_many_jobs: return "the log has more jobs than there is room for";
        case open_error::already_open: return "it is open already";
        case open_error::no_thread: return "its thread could not be started";
    }
    return "unknown error";
}

// A place in a log.
struct log_place {
    std::uint32_t block = 0;
    std::uint32_t offset = 0;    // within the block
    std::uint64_t sequence = 0;  // of the record that should be there

    [[nodiscard]] constexpr std::uint64_t offset_in(std::uint32_t block_bytes) const noexcept {
        return std::uint64_t{block} * block_bytes + offset;
    }
};

struct log_report {
    open_error error = open_error::none;
    io_status io = {};          // of open_error::medium
    log_place place = {};       // of the error, of the first damage, or else of the end
    std::uint64_t records = 0;  // read, copies included
    std::uint64_t damage = 0;   // records that had been durable and are lost, as far as known
    std::uint32_t blocks = 0;   // that count
    std::uint64_t torn = 0;     // bytes behind the end that are neither erased nor durable
    bool made = false;          // there was no log, and now there is
    std::uint32_t block_bytes = 0;

    // Of `place`, from the medium's beginning.
    [[nodiscard]] constexpr std::uint64_t offset() const noexcept {
        return place.offset_in(block_bytes);
    }

    [[nodiscard]] constexpr bool ok() const noexcept { return error == open_error::none; }
    constexpr explicit operator bool() const noexcept { return ok(); }
};

}  // namespace PAWL_ABI
}  // namespace pawl
