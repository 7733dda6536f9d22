// SPDX-License-Identifier: BSL-1.0
//
// log_rot: a log in which bits have changed, or whose medium has lost an erase, and what has to be
// true when it is opened. Shared by the tests of record_log and its mutants; no test framework.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include <pawl/durability/log_report.hpp>
#include <pawl/durability/medium_ref.hpp>

#include "durability/crash_states.hpp"
#include "durability/disk_simulator.hpp"
#include "durability/log_crash.hpp"

namespace log_rot {

using crash::disk_simulator;
using crash::u32;
using crash::u64;
using log_crash::bytes_of;
using log_crash::bytes_of_record;
using log_crash::client;
using log_crash::log_on;
using log_crash::values;

using log_type = log_on<disk_simulator>;
using user_type = client<log_type>;

inline constexpr crash::disk_shape shape{.block_bytes = 512};

// Records that were synced one by one, in several blocks; closed, or not.
inline disk_simulator some_log(u32 records, bool closed, u32 lives = 2) {
    disk_simulator disk{shape};
    u32 serial = 0;
    for (u32 life = 0; life < lives; ++life) {
        log_type log{pawl::medium_ref{disk}};
        user_type user{&log};
        static_cast<void>(log.open(user));
        for (u32 i = 0; i < records / lives; ++i) {
            ++serial;
            const u32 key = serial % 5 == 0 ? 0 : serial % log_crash::key_count;
            const u64 sequence =
                log.append(user, log_crash::type_put, bytes_of(serial, key).span());
            user.note(serial, key, true, sequence);
            static_cast<void>(log.commit(pawl::sync_now));
        }
        if (closed) {
            static_cast<void>(log.close(user));
        } else {
            log.abandon();
        }
    }
    return disk;
}

struct found {
    pawl::log_report report{};
    values serials{};
    u32 newest = 0;
    bool wrong = false;
};
inline found open_it(disk_simulator& disk, pawl::recovery policy = pawl::recovery::tolerate_tail) {
    log_type log{pawl::medium_ref{disk}};
    user_type user{&log};
    found result;
    result.report = log.open(user, policy);
    log.abandon();
    result.serials = user.serials;
    result.newest = user.newest;
    result.wrong = user.wrong;
    return result;
}

struct flips {
    u64 all = 0;
    u64 refused = 0;
    u64 harmless = 0;     // what was replayed is what was written
    u64 undecidable = 0;  // the last record of a log that was not closed is taken for a torn one
    const char* fault = nullptr;
    u64 bit = 0;
};

// Every bit of a log, in turn.
inline flips flip_each(u32 records, bool closed, u32 lives = 2) {
    flips result;
    const disk_simulator disk = some_log(records, closed, lives);
    disk_simulator same = disk;
    const found right = open_it(same);
    if (!right.report || right.newest != records / lives * lives) {
        result.fault = "a log without damage does not open";
        return result;
    }
    const u64 bits = u64{shape.block_bytes} * shape.block_count * 8;
    result.all = crash::for_each_flip(disk, 0, bits, [&](disk_simulator& rotten, u64 bit) {
        disk_simulator copy = disk_simulator{shape};
        copy.become(rotten);
        const found seen = open_it(rotten);
        if (seen.wrong) {
            result.fault = "a record that was damaged is replayed";
            result.bit = bit;
        } else if (!seen.report) {
            ++result.refused;
            // And the rest can be had.
            const found rest = open_it(copy, pawl::recovery::salvage);
            if (rest.wrong || !(rest.report || rest.report.error == seen.report.error)) {
                result.fault = "what is left of a damaged log cannot be had";
                result.bit = bit;
            }
        } else if (seen.serials == right.serials) {
            ++result.harmless;
        } else if (!closed && seen.newest == right.newest - 1) {
            ++result.undecidable;
        } else {
            result.fault = "damage is not noticed";
            result.bit = bit;
        }
    });
    return result;
}

[[nodiscard]] inline const char* flip_all() {
    // With blocks to spare, and in the third turn of the ring.
    const flips full = flip_each(40, true);
    const flips closed = flip_each(20, true);
    if (full.fault != nullptr || closed.fault != nullptr) {
        return full.fault != nullptr ? full.fault : closed.fault;
    }
    const flips open = flip_each(20, false);
    // The bits of one record.
    return open.fault != nullptr ? open.fault
           : closed.undecidable != 0 || open.undecidable == 0 || open.undecidable > 48 * 8
               ? "more than the last record is undecidable"
           : closed.refused < 20 * 24 * 8 ? "too few flips are noticed"
                                          : nullptr;
}

// A disk that has lost the erase of a block, and has in it the header of its new life before the
// records of an earlier one that had the same sequence. (Recovery that was cut begins such a life.)
[[nodiscard]] inline const char* splice() {
    // Both from the same beginning; the one that was not cut had gone on.
    const disk_simulator begin = some_log(4, false, 1);
    disk_simulator former = begin;
    disk_simulator later = begin;
    {
        log_type log{pawl::medium_ref{former}};
        user_type user{&log};
        static_cast<void>(log.open(user));
        const bytes_of_record bytes = bytes_of(7, 7);
        static_cast<void>(log.append(user, log_crash::type_put, bytes.span()));
        static_cast<void>(log.commit(pawl::sync_now));
        log.abandon();
    }
    // In the later one the block has another number.
    static_cast<void>(open_it(later));  // block 1, then in block 2
    constexpr std::size_t block = shape.block_bytes;
    std::vector<std::byte> header(later.content().begin() + block,
                                  later.content().begin() + block + pawl::log_format::header_bytes);
    pawl::log_format::block_header of;
    static_cast<void>(pawl::log_format::decode<pawl::crc_table::slicing_by_8>(header.data(), of));
    ++of.number;
    pawl::log_format::encode<pawl::crc_table::slicing_by_8>(of, header.data());
    std::copy(header.begin(), header.end(), former.content().begin() + block);
    const found seen = open_it(former);
    return seen.wrong || seen.newest == 7 ? "records of a former life of a block are replayed"
           : seen.newest != 4             ? "what is before a block that never was ready is lost"
                                          : nullptr;
}

}  // namespace log_rot
