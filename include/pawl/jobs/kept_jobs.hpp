// SPDX-License-Identifier: BSL-1.0
//
// kept_jobs: the failed jobs that are kept, oldest first.
//
// What: a first-in-first-out ring of some of the numbers 0 to Jobs - 1, for at most Places of them
// at once.
//
// Why not an index_ring of all jobs: that takes four bytes for each job there may ever be, and few
// of these fail. Here a number lies in a place, and two small rings have the places: those in use,
// in the order in which they were, and the free ones. Where that would take more, it is the ring.
//
// Cost: put and get two ring operations each, or one. Who may call: any thread or interrupt.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/containers/index_ring.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// A number of a job and two of a place take more than one of each job.
template <std::uint32_t Jobs, std::uint32_t Places>
inline constexpr bool keeps_in_places =
    std::uint64_t{2} * std::bit_ceil(Places) + Places < std::bit_ceil(Jobs);

template <std::uint32_t Jobs, std::uint32_t Places, platform Platform,
          bool InPlaces = keeps_in_places<Jobs, Places>>
class kept_jobs {
public:
    // False: there is no place.
    [[nodiscard]] bool put(std::uint32_t index) noexcept {
        std::uint32_t place = 0;
        if (!free_.get(place)) {
            return false;
        }
        // relaxed: comes with the place.
        job_of_[place].store(index, std::memory_order_relaxed);
        used_.put(place);
        return true;
    }
    // The oldest. False: there is none.
    [[nodiscard]] bool get(std::uint32_t& index) noexcept {
        std::uint32_t place = 0;
        if (!used_.get(place)) {
            return false;
        }
        index = job_of_[place].load(std::memory_order_relaxed);  // relaxed: as above
        free_.put(place);
        return true;
    }

private:
    index_ring<Places, ring_start::full, Platform> free_;
    index_ring<Places, ring_start::empty, Platform> used_;
    typename Platform::word job_of_[Places];
};

template <std::uint32_t Jobs, std::uint32_t Places, platform Platform>
class kept_jobs<Jobs, Places, Platform, false> {
public:
    [[nodiscard]] bool put(std::uint32_t index) noexcept {
        ring_.put(index);
        return true;
    }
    [[nodiscard]] bool get(std::uint32_t& index) noexcept { return ring_.get(index); }

private:
    index_ring<Jobs, ring_start::empty, Platform> ring_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
