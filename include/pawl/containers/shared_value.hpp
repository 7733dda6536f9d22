// SPDX-License-Identifier: BSL-1.0
//
// shared_value: a small plain value that one thread writes while others may be reading it.
//
// Why not the value itself: who looks at a job from outside, for a list of jobs, may do so while
// its slot is being filled for another one. Then it may see half of each, and finds that out by the
// job's state word; but the language calls a plain read beside a write undefined. Here the value
// lies in words of the platform, read and written one by one.
//
// How to read one that may change: read the state word, then this, then the state word again; if
// the two are the same, so is the value (a seqlock whose version is the state).
//
// Cost: as many word loads or stores as the value has words. Who may call: set() one thread at a
// time; get() anyone. Zero bytes are the value of zero bytes.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <class Value, platform Platform, bool Present = true, int Which = 0>
class shared_value {
    static_assert(std::is_trivially_copyable_v<Value>,
                  "a shared_value is copied word by word: its type is trivially copyable");

    // A type may say that what comes after so many of its bytes is padding.
    static constexpr std::size_t value_bytes = [] {
        if constexpr (requires { Value::value_bytes; }) {
            return Value::value_bytes;
        } else {
            return sizeof(Value);
        }
    }();
    static constexpr std::size_t word_count =
        (value_bytes + sizeof(std::uint32_t) - 1) / sizeof(std::uint32_t);
    // So many are written without a loop, for whose sake they would have to lie in memory first.
    static constexpr std::size_t few_words = 4;
    struct words_type {
        std::uint32_t of[word_count];
    };

public:
    void set(const Value& value) noexcept {
        const words_type words = to_words(value);
        if constexpr (word_count <= few_words) {
            store_each(words);
        } else {
            for (std::size_t i = 0; i < word_count; ++i) {
                // relaxed: published with the state word.
                words_[i].store(words.of[i], std::memory_order_relaxed);
            }
        }
    }

    // acquire: the reader's second look at the state word comes after these loads.
    [[nodiscard]] Value get() const noexcept {
        words_type words{};
        for (std::size_t i = 0; i < word_count; ++i) {
            words.of[i] = words_[i].load(std::memory_order_acquire);
        }
        return to_value(words);
    }

    // For who holds the index: nobody writes meanwhile.
    [[nodiscard]] Value get_own() const noexcept {
        words_type words{};
        for (std::size_t i = 0; i < word_count; ++i) {
            words.of[i] = words_[i].load(std::memory_order_relaxed);
        }
        return to_value(words);
    }

private:
    template <std::size_t I = 0>
    [[gnu::always_inline]] void store_each(const words_type& words) noexcept {
        // relaxed: published with the state word.
        words_[I].store(words.of[I], std::memory_order_relaxed);
        if constexpr (I + 1 < word_count) {
            store_each<I + 1>(words);
        }
    }

    // A freestanding compiler makes a call of every memcpy, be it of four bytes.
    static constexpr bool fills_words = sizeof(Value) == sizeof(words_type);
    static words_type to_words(const Value& value) noexcept {
        if constexpr (fills_words) {
            return std::bit_cast<words_type>(value);
        }
        words_type words{};
        std::memcpy(&words, static_cast<const void*>(&value), value_bytes);
        return words;
    }
    static Value to_value(const words_type& words) noexcept {
        if constexpr (fills_words) {
            return std::bit_cast<Value>(words);
        }
        Value value{};
        std::memcpy(static_cast<void*>(&value), &words, value_bytes);
        return value;
    }

    typename Platform::word words_[word_count];
};

template <class Value, platform Platform, int Which>
class shared_value<Value, Platform, false, Which> {
public:
    static constexpr void set(const Value&) noexcept {}
    [[nodiscard]] static constexpr Value get() noexcept { return {}; }
    [[nodiscard]] static constexpr Value get_own() noexcept { return {}; }
};

}  // namespace PAWL_ABI
}  // namespace pawl
