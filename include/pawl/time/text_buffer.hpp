// SPDX-License-Identifier: BSL-1.0
//
// text_buffer: writes a text into memory of the caller's, and stops where that ends.
//
// What: what format(), describe() and explain() write with. A small core has no streams, and
// std::format allocates, or is not there.
//
// How it ends: the text is cut at the end of the memory. From the first byte that found no place
// nothing more is written, so that what is there is a beginning of the whole and has no holes.
//
// Cost: a copy of each byte. constexpr, noexcept: any caller; one text is one caller's.
//
//   char memory[20];
//   pawl::text_buffer text{memory};
//   text.put("at column ");
//   text.put_number(7);
//   use(text.view());                // not terminated by a zero
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class text_buffer {
public:
    // The memory has to outlive the text.
    constexpr explicit text_buffer(std::span<char> memory) noexcept : memory_{memory} {}

    constexpr void put(char c) noexcept {
        if (size_ == memory_.size()) {
            cut_ = true;
        }
        if (!cut_) {
            memory_[size_++] = c;
        }
    }

    constexpr void put(std::string_view text) noexcept {
        for (const char c : text) {
            put(c);
        }
    }

    // All of it or nothing, and nothing more after it: for what makes no sense in parts, such as
    // the bytes of one character.
    constexpr void put_whole(std::string_view text) noexcept {
        if (text.size() > memory_.size() - size_) {
            cut_ = true;
        }
        put(text);
    }

    constexpr void put_number(std::uint64_t number) noexcept {
        char digits[20]{};
        std::size_t first = sizeof digits;
        do {
            digits[--first] = digit(number % 10);
            number /= 10;
        } while (number != 0);
        put(std::string_view{digits + first, sizeof digits - first});
    }

    // REQUIRES: number < 100.
    constexpr void put_two_digits(std::uint32_t number) noexcept {
        put(digit(number / 10));
        put(digit(number % 10));
    }

    // What has been written so far.
    [[nodiscard]] constexpr std::string_view view() const noexcept {
        return {memory_.data(), size_};
    }
    // Whether something found no place.
    [[nodiscard]] constexpr bool was_cut() const noexcept { return cut_; }

private:
    static constexpr char digit(std::uint64_t value) noexcept {
        return static_cast<char>('0' + value);
    }

    std::span<char> memory_;
    std::size_t size_ = 0;
    bool cut_ = false;
};

}  // namespace PAWL_ABI
}  // namespace pawl
