// SPDX-License-Identifier: BSL-1.0
//
// type_table: numbers for each type of job: how many, how long, how late.
//
// What: a fixed table of limits.types entries. A type of job is the type of its callable; it gets
// an entry when the first of its jobs ends, with the name that the type declares (job_type) or that
// this job had. When all entries are taken, the last one is for everybody else, and is called
// "others".
//
// Cost: a look at the entries, two increments in a histogram, under no lock but for a type's first
// job. Who may call: add() workers, or the one caller of poll(); reading any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/containers/histogram.hpp>
#include <pawl/containers/shared_value.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/name.hpp>
#include <pawl/jobs/short_lock.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Powers of two of ticks.
inline constexpr std::uint32_t type_histogram_buckets = 24;

// What can come of an attempt, for its type. A snooze or a yield is none of it.
enum class type_end : std::uint8_t { succeeded, failed, deleted, retried };

// Of one type; times in ticks.
struct job_type_numbers {
    name called;
    std::uint32_t succeeded = 0;
    std::uint32_t failed = 0;
    std::uint32_t deleted = 0;  // after they ran
    std::uint32_t retried = 0;
    histogram_snapshot<type_histogram_buckets> latency;   // from due to start, of each attempt
    histogram_snapshot<type_histogram_buckets> duration;  // of each attempt
};

template <std::uint32_t Types, platform Platform>
class type_table {
public:
    // An attempt of this type has ended; returns the type's entry. `type` is an address that no
    // other type has.
    std::uint32_t add(const void* type, name called, std::uint32_t latency_ticks,
                      std::uint32_t duration_ticks) noexcept {
        const std::uint32_t place = find(type, called);
        entries_[place].latency.add(latency_ticks);
        entries_[place].duration.add(duration_ticks);
        return place;
    }
    // What came of an attempt.
    void count(std::uint32_t place, type_end how) noexcept {
        // relaxed: a count.
        entries_[place].counts[static_cast<std::uint8_t>(how)].fetch_add(1,
                                                                         std::memory_order_relaxed);
    }

    // Types known so far.
    [[nodiscard]] std::uint32_t size() const noexcept {
        // acquire: the entries' names.
        return size_.load(std::memory_order_acquire);
    }
    // REQUIRES: type < size().
    [[nodiscard]] job_type_numbers read(std::uint32_t type) const noexcept {
        const entry& self = entries_[type];
        const auto count = [&](type_end how) {
            return self.counts[static_cast<std::uint8_t>(how)].load(std::memory_order_relaxed);
        };
        return {.called = self.called.get(),
                .succeeded = count(type_end::succeeded),
                .failed = count(type_end::failed),
                .deleted = count(type_end::deleted),
                .retried = count(type_end::retried),
                .latency = self.latency.snapshot(),
                .duration = self.duration.snapshot()};
    }

private:
    using word = typename Platform::word;

    struct entry {
        shared_value<const void*, Platform> type;
        shared_value<name, Platform> called;
        word counts[4];
        histogram<type_histogram_buckets, Platform> latency;
        histogram<type_histogram_buckets, Platform> duration;
    };

    [[nodiscard]] std::uint32_t find(const void* type, name called) noexcept {
        const std::uint32_t known = size();
        for (std::uint32_t i = 0; i < known; ++i) {
            if (entries_[i].type.get() == type) {
                return i;
            }
        }
        return known == Types ? Types - 1 : enter(known, type, called);
    }

    [[nodiscard]] std::uint32_t enter(std::uint32_t from, const void* type, name called) noexcept {
        const short_lock_guard held{lock_};
        const std::uint32_t known = size();
        for (std::uint32_t i = from; i < known; ++i) {
            if (entries_[i].type.get() == type) {
                return i;
            }
        }
        if (known == Types) {
            return Types - 1;
        }
        const bool is_last = known + 1 == Types;
        entries_[known].type.set(type);
        entries_[known].called.set(is_last ? name{"others"} : called);
        // release: pairs with size().
        size_.store(known + 1, std::memory_order_release);
        return known;
    }

    short_lock<Platform> lock_;
    word size_;
    entry entries_[Types];
};

// limits.types = 0: no bytes.
template <platform Platform>
class type_table<0, Platform> {
public:
    [[nodiscard]] static std::uint32_t size() noexcept { return 0; }
};

}  // namespace PAWL_ABI
}  // namespace pawl
