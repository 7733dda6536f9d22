// SPDX-License-Identifier: BSL-1.0
//
// The freeze test must find this out: a word whose compare-and-swap is a load, a comparison and a
// store, as a compiler makes them for a core that it takes to be alone.
#include <pawl/platform/bare_metal.hpp>

#include "freeze.hpp"

namespace {

struct torn_word : pawl::interrupt_word {
    bool compare_exchange_strong(std::uint32_t& expected, std::uint32_t desired,
                                 std::memory_order success, std::memory_order failure) noexcept {
        const std::uint32_t seen = load(failure);
        if (seen != expected) {
            expected = seen;
            return false;
        }
        store(desired, success);
        return true;
    }
    bool compare_exchange_weak(std::uint32_t& expected, std::uint32_t desired,
                               std::memory_order success, std::memory_order failure) noexcept {
        return compare_exchange_strong(expected, desired, success, failure);
    }
};

struct machine : pawl::basic_bare_metal<pawl::bare_metal::core, false> {
    using word = torn_word;
    static time_point now() noexcept { return time_point{duration{freeze::clock_ms}}; }
};

}  // namespace

int main() { return freeze::run<machine>(); }
