// SPDX-License-Identifier: BSL-1.0
//
// Goal: plain_word gives the answers of std::atomic<std::uint32_t>.
// Method: the same random operations on both; and all of them at compile time.
#include <atomic>
#include <cstdint>
#include <random>

#include "catch.hpp"

#include <pawl/platform/plain_word.hpp>
#include <pawl/platform/platform.hpp>

namespace {

constexpr auto relaxed = std::memory_order_relaxed;

template <class Word>
constexpr std::uint32_t apply(Word& word, unsigned operation, std::uint32_t value) {
    switch (operation) {
        case 0: return word.load(relaxed);
        case 1: word.store(value, relaxed); return 0;
        case 2: return word.exchange(value, relaxed);
        case 3: return word.fetch_add(value, relaxed);
        case 4: return word.fetch_sub(value, relaxed);
        case 5: return word.fetch_or(value, relaxed);
        case 6: return word.fetch_and(value, relaxed);
        default: {
            std::uint32_t expected = value % 4;
            const bool changed = word.compare_exchange_strong(expected, value, relaxed, relaxed);
            return expected * 2 + (changed ? 1 : 0);
        }
    }
}

constexpr std::uint32_t at_compile_time() {
    pawl::plain_word word;
    std::uint32_t sum = word.load(relaxed);
    for (unsigned operation = 0; operation < 8; ++operation) {
        sum += apply(word, operation, operation + 1);
    }
    std::uint32_t expected = word.load(relaxed);
    const bool changed = word.compare_exchange_weak(expected, 100, relaxed, relaxed);
    return changed && word.load(relaxed) == 100 ? sum : 0;
}

}  // namespace

static_assert(pawl::platform_word<pawl::plain_word>);
static_assert(sizeof(pawl::plain_word) == 4);
static_assert(at_compile_time() != 0);

TEST_CASE("a plain_word answers like an atomic") {
    std::minstd_rand random{1};
    pawl::plain_word plain;
    std::atomic<std::uint32_t> atomic{0};
    for (unsigned i = 0; i < 10'000; ++i) {
        const auto operation = static_cast<unsigned>(random() % 8);
        const auto bits = static_cast<std::uint32_t>(random());
        const std::uint32_t value = i % 2 == 0 ? bits % 4 : bits;
        const std::uint32_t expected = apply(atomic, operation, value);
        if (apply(plain, operation, value) != expected || plain.load(relaxed) != atomic.load()) {
            FAIL("operation " << operation << " with " << value << " in step " << i);
        }
    }
    CHECK(plain.load(relaxed) == atomic.load());
}
