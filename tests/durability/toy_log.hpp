// SPDX-License-Identifier: BSL-1.0
//
// toy_log: a log as simple as can be, with the faults that logs have, to be switched on one by one.
// It is there to show that the simulators see each of them, and nothing where there is none.
//
// Records of 32 bytes with a checksum, appended through the blocks. Who opens it reads each block
// up to its first bad record, erases the block behind the last one that has any, and goes on there.
// Nothing is ever thrown away, so the blocks run out after a few generations.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include <pawl/durability/journal_medium.hpp>

#include "durability/crash_states.hpp"

namespace crash {

enum class toy_fault : u8 {
    none,
    early_ack,      // acknowledges before the sync
    no_checksum,    // takes what is not empty for a record
    same_block,     // goes on at the first bad record
    stubborn_sync,  // tries a failed sync again
    hidden_errors,  // takes a failed program for done
};

struct toy_record {
    u64 number = 0;
    u64 value = 0;
    u64 filler = 0x5A5A'5A5A'5A5A'5A5A;
    u64 check = 0;

    u64 right_check() const noexcept { return mixed(number ^ mixed(value ^ mixed(filler))); }
    std::array<std::byte, 32> bytes() const noexcept {
        return std::bit_cast<std::array<std::byte, 32>>(*this);
    }
};

struct toy_ack {
    u64 number = 0;
    u64 operations = 0;  // of the medium, when it was given
};

template <class Medium>
class toy_log {
public:
    static constexpr u32 record_bytes = 32;

    explicit toy_log(Medium& medium, toy_fault fault = toy_fault::none)
        : medium_{&medium}, fault_{fault} {}

    // Reads everything there is.
    bool open() {
        if (!medium_->open()) {
            return false;
        }
        shape_ = medium_->geometry();
        values_.clear();
        block_ = 0;
        offset_ = 0;
        for (u32 block = 0; block < shape_.block_count; ++block) {
            u32 offset = 0;
            toy_record record;
            while (offset < shape_.block_bytes && read(block, offset, record)) {
                if (!is_next(record)) {
                    break;
                }
                values_.push_back(record.value);
                offset += record_bytes;
            }
            if (offset != 0) {
                block_ = block;
                offset_ = offset;
            }
        }
        fresh_ = true;
        return true;
    }

    const std::vector<u64>& values() const { return values_; }

    // Buffered until the next commit().
    bool append(u64 value) {
        if (broken_ || !make_room()) {
            return false;
        }
        toy_record record{values_.size() + 1, value};
        record.check = record.right_check();
        const auto bytes = record.bytes();
        if (!medium_->program(block_, offset_, bytes) && fault_ != toy_fault::hidden_errors) {
            broken_ = true;
            return false;
        }
        offset_ += record_bytes;
        values_.push_back(value);
        return true;
    }

    // The number up to which everything is durable; 0 if that is not known any more.
    u64 commit() {
        if (broken_) {
            return 0;
        }
        if (fault_ != toy_fault::early_ack && !medium_->sync()) {
            if (fault_ != toy_fault::stubborn_sync || !medium_->sync()) {
                broken_ = true;
                return 0;
            }
        }
        return values_.size();
    }
    // What early_ack leaves to do.
    void flush() { static_cast<void>(medium_->sync()); }

private:
    bool read(u32 block, u32 offset, toy_record& record) {
        std::array<std::byte, record_bytes> bytes{};
        if (!medium_->read(block, offset, bytes)) {
            return false;
        }
        record = std::bit_cast<toy_record>(bytes);
        return true;
    }
    bool is_next(const toy_record& record) const {
        return record.number == values_.size() + 1 &&
               (fault_ == toy_fault::no_checksum || record.check == record.right_check());
    }
    bool is_erased(u32 block, u32 offset) {
        std::array<std::byte, record_bytes> bytes{};
        if (!medium_->read(block, offset, bytes)) {
            return false;
        }
        for (const std::byte each : bytes) {
            if (each != shape_.erased) {
                return false;
            }
        }
        return true;
    }

    bool make_room() {
        if (fresh_ && fault_ == toy_fault::same_block) {
            // On flash no byte is programmed twice as far as can be seen.
            while (shape_.erased == std::byte{0xFF} && offset_ < shape_.block_bytes &&
                   !is_erased(block_, offset_)) {
                offset_ += record_bytes;
            }
            fresh_ = false;
        }
        if (!fresh_ && offset_ + record_bytes <= shape_.block_bytes) {
            return true;
        }
        const u32 next = values_.empty() ? 0 : block_ + 1;
        if (next >= shape_.block_count) {
            return false;
        }
        if (!medium_->erase(next) || !medium_->sync()) {
            broken_ = true;
            return false;
        }
        block_ = next;
        offset_ = 0;
        fresh_ = false;
        return true;
    }

    Medium* medium_;
    toy_fault fault_;
    pawl::medium_geometry shape_;
    std::vector<u64> values_;
    u32 block_ = 0;
    u32 offset_ = 0;
    bool fresh_ = true;
    bool broken_ = false;
};

inline u64 toy_value(u64 generation, u64 number) noexcept { return generation << 32 | number; }

// Opens and appends `records`, committed by `batch`. The acknowledgements.
template <class Medium, class Counter>
std::vector<toy_ack> run_toy(Medium& medium, toy_fault fault, u64 generation, u64 records,
                             u64 batch, const Counter& counter) {
    std::vector<toy_ack> acks;
    toy_log<Medium> log{medium, fault};
    if (!log.open()) {
        return acks;
    }
    for (u64 i = 1; i <= records; ++i) {
        static_cast<void>(log.append(toy_value(generation, log.values().size() + 1)));
        if (i % batch == 0 || i == records) {
            if (const u64 durable = log.commit(); durable != 0) {
                acks.push_back({durable, counter.operations()});
            }
            if (fault == toy_fault::early_ack) {
                log.flush();
            }
        }
    }
    medium.close();
    return acks;
}

// What is required of a recovered log at that point: what was acknowledged by then is there, and
// nothing that was never written by this generation (all of it, when there was one only).
inline bool is_right(const std::vector<u64>& values, const std::vector<toy_ack>& acks,
                     const crash_point& at, u64 generation) {
    u64 required = 0;
    for (const toy_ack& each : acks) {
        if (each.operations <= at.operations) {
            required = each.number;
        }
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i] != toy_value(generation, i + 1)) {
            return false;
        }
    }
    return values.size() >= required;
}

struct toy_result {
    u64 states = 0;
    u64 wrong = 0;  // lost or invented records
    u64 double_programs = 0;
};

// One generation, cut everywhere and read.
template <class Simulator, class Budget>
toy_result cut_everywhere(Simulator simulator, toy_fault fault, u64 records, u64 batch,
                          const Budget& budget) {
    const std::vector<toy_ack> acks = run_toy(simulator, fault, 1, records, batch, simulator);
    toy_result result;
    result.states =
        simulator.for_each_crash_state(budget, [&](Simulator& medium, const crash_point& at) {
            toy_log<Simulator> log{medium, fault};
            result.wrong += !log.open() || !is_right(log.values(), acks, at, 1);
        });
    return result;
}

// The same, but the log that is found goes on: a second generation of records behind the first,
// committed and read again.
template <class Simulator, class Budget>
toy_result cut_and_go_on(Simulator simulator, toy_fault fault, u64 records, u64 batch, u64 more,
                         const Budget& budget) {
    run_toy(simulator, fault, 1, records, batch, simulator);
    toy_result result;
    result.states =
        simulator.for_each_crash_state(budget, [&](Simulator& medium, const crash_point&) {
            toy_log<Simulator> first{medium, fault};
            if (!first.open()) {
                ++result.wrong;
                return;
            }
            std::vector<u64> expected = first.values();
            for (u64 i = 0; i < more; ++i) {
                if (const u64 value = toy_value(2, expected.size() + 1); first.append(value)) {
                    expected.push_back(value);
                }
            }
            first.commit();
            medium.close();
            toy_log<Simulator> second{medium, fault};
            result.wrong += !second.open() || second.values() != expected;
            result.double_programs += medium.double_programs();
        });
    return result;
}

}  // namespace crash
