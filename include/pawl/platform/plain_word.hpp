// SPDX-License-Identifier: BSL-1.0
//
// plain_word: the interface of std::atomic<std::uint32_t> over ordinary memory.
//
// For platforms on which nothing runs beside the caller (virtual time, a single loop without
// interrupts): the same pawl code then compiles to plain loads and stores, no fence, no lock
// prefix. Not for use where a second thread or an interrupt touches the scheduler.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class plain_word {
public:
    constexpr plain_word() noexcept = default;
    plain_word(const plain_word&) = delete;
    plain_word& operator=(const plain_word&) = delete;

    constexpr std::uint32_t load(std::memory_order) const noexcept { return value_; }
    constexpr void store(std::uint32_t value, std::memory_order) noexcept { value_ = value; }

    constexpr std::uint32_t exchange(std::uint32_t value, std::memory_order) noexcept {
        return replace(value);
    }
    constexpr std::uint32_t fetch_add(std::uint32_t value, std::memory_order) noexcept {
        return replace(value_ + value);
    }
    constexpr std::uint32_t fetch_sub(std::uint32_t value, std::memory_order) noexcept {
        return replace(value_ - value);
    }
    constexpr std::uint32_t fetch_or(std::uint32_t value, std::memory_order) noexcept {
        return replace(value_ | value);
    }
    constexpr std::uint32_t fetch_and(std::uint32_t value, std::memory_order) noexcept {
        return replace(value_ & value);
    }

    constexpr bool compare_exchange_strong(std::uint32_t& expected, std::uint32_t desired,
                                           std::memory_order, std::memory_order) noexcept {
        if (value_ == expected) {
            value_ = desired;
            return true;
        }
        expected = value_;
        return false;
    }
    constexpr bool compare_exchange_weak(std::uint32_t& expected, std::uint32_t desired,
                                         std::memory_order success,
                                         std::memory_order failure) noexcept {
        return compare_exchange_strong(expected, desired, success, failure);
    }

private:
    constexpr std::uint32_t replace(std::uint32_t value) noexcept {
        const std::uint32_t old = value_;
        value_ = value;
        return old;
    }

    std::uint32_t value_ = 0;
};

// Of a platform: nothing runs beside the caller, so that whatever is not being called is at rest.
template <class P>
inline constexpr bool is_alone_on = std::is_same_v<typename P::word, plain_word>;

}  // namespace PAWL_ABI
}  // namespace pawl
