// What every bounded queue of pawl promises, as functions that a test of one calls.
#pragma once

#include "catch.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <pawl/platform/std_platform.hpp>

namespace queue_checks {

// The hosted platform, with words that start elsewhere than at zero: `First` short of a wrap.
template <std::uint32_t First>
class word : public std::atomic<std::uint32_t> {
public:
    constexpr word() noexcept : std::atomic<std::uint32_t>{First} {}
};
template <std::uint32_t First>
struct platform : pawl::std_platform {
    using word = queue_checks::word<First>;
};

// Can only be moved, has no default, and counts how many there are.
class item {
public:
    explicit item(std::uint32_t number) noexcept : number_{number} { ++alive; }
    item(item&& from) noexcept : number_{std::exchange(from.number_, moved)} { ++alive; }
    item& operator=(item&& from) noexcept {
        number_ = std::exchange(from.number_, moved);
        return *this;
    }
    ~item() { --alive; }

    [[nodiscard]] std::uint32_t number() const noexcept { return number_; }

    static constexpr std::uint32_t moved = 0xFFFF'FFFF;
    static inline int alive = 0;

private:
    std::uint32_t number_;
};

// Q: a queue of item.
template <class Q>
void bounds_and_order() {
    item::alive = 0;
    {
        const auto queue = std::make_unique<Q>();
        REQUIRE(queue->empty());
        REQUIRE_FALSE(queue->try_pop());
        // More rounds than the ring has, so that every slot is used again.
        for (std::uint32_t round = 0; round < 5; ++round) {
            for (std::uint32_t i = 0; i < Q::capacity(); ++i) {
                REQUIRE(queue->approx_size() == i);
                REQUIRE((i % 2 == 0 ? queue->try_push(item{i}) : queue->try_emplace(i)));
            }
            item extra{77};
            REQUIRE_FALSE(queue->try_push(std::move(extra)));
            REQUIRE(extra.number() == 77);  // as it was
            REQUIRE(item::alive == static_cast<int>(Q::capacity()) + 1);
            for (std::uint32_t i = 0; i < Q::capacity(); ++i) {
                if (i % 2 == 0) {
                    const std::optional<item> first = queue->try_pop();
                    REQUIRE(first);
                    REQUIRE(first->number() == i);
                } else {
                    item first{0};
                    REQUIRE(queue->try_pop(first));
                    REQUIRE(first.number() == i);
                }
            }
            item kept{5};
            REQUIRE_FALSE(queue->try_pop(kept));
            REQUIRE(kept.number() == 5);
        }
        // What is left is destroyed with the queue.
        REQUIRE(queue->try_emplace(std::uint32_t{1}));
        REQUIRE(queue->try_emplace(std::uint32_t{2}));
        REQUIRE(item::alive == 2);
    }
    REQUIRE(item::alive == 0);
}

// Q: a queue of std::uint32_t, of a platform whose words start at zero.
template <class Q>
void zero_bytes_are_an_empty_queue() {
    static_assert(std::is_trivially_destructible_v<Q>);
    alignas(Q) static std::byte memory[sizeof(Q)];
    std::memset(memory, 0, sizeof memory);
    Q& queue = *std::launder(reinterpret_cast<Q*>(memory));
    std::uint32_t number = 0;
    REQUIRE_FALSE(queue.try_pop(number));
    for (std::uint32_t i = 0; i < 3 * Q::capacity(); ++i) {
        REQUIRE(queue.try_push(i));
        REQUIRE(queue.try_pop(number));
        REQUIRE(number == i);
    }
}

// Producers push numbered pairs, consumers pop them: none is lost, none comes twice, none is torn,
// and each consumer sees each producer's in order. Q: a queue of std::uint64_t.
template <class Q>
void nothing_is_lost(unsigned producers, unsigned consumers, std::uint32_t count) {
    const auto queue = std::make_unique<Q>();
    const auto encode = [](std::uint64_t producer, std::uint64_t number) {
        const std::uint64_t low = producer << 24 | number;
        return (low ^ 0xFFFF'FFFF) << 32 | low;
    };
    std::vector<std::vector<std::uint8_t>> seen(producers, std::vector<std::uint8_t>(count));
    std::atomic<std::uint32_t> left{producers * count};
    std::atomic<bool> wrong{false};
    std::vector<std::thread> threads;
    for (unsigned producer = 0; producer < producers; ++producer) {
        threads.emplace_back([&, producer] {
            for (std::uint32_t i = 0; i < count; ++i) {
                while (!queue->try_push(encode(producer, i))) {
                    std::this_thread::yield();
                }
            }
        });
    }
    for (unsigned consumer = 0; consumer < consumers; ++consumer) {
        threads.emplace_back([&] {
            std::vector<std::int64_t> last(producers, -1);
            while (left.load() != 0) {
                const std::optional<std::uint64_t> item = queue->try_pop();
                if (!item) {
                    std::this_thread::yield();
                    continue;
                }
                const auto low = static_cast<std::uint32_t>(*item);
                const std::uint32_t producer = low >> 24;
                const std::uint32_t number = low & 0xFF'FFFF;
                const bool whole = static_cast<std::uint32_t>(*item >> 32) == ~low &&
                                   producer < producers && number < count;
                if (!whole || number <= last[producer] || seen[producer][number] != 0) {
                    wrong = true;
                    left = 0;
                    return;
                }
                last[producer] = number;
                seen[producer][number] = 1;  // each byte is one consumer's
                --left;
            }
        });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    REQUIRE_FALSE(wrong);
    for (const auto& each : seen) {
        for (const std::uint8_t came : each) {
            REQUIRE(came == 1);
        }
    }
    REQUIRE_FALSE(queue->try_pop());
}

}  // namespace queue_checks
