// SPDX-License-Identifier: BSL-1.0
//
// Goal: index_ring is a first-in-first-out queue of numbers at every capacity, across the end of
// its 32-bit counters, in memory that was only cleared, and between threads.
// Method: random puts and gets are compared with a std::deque; threads pass slots around through
// two rings and compare what each of them saw. That it holds in *every* interleaving is shown in
// tests/explore/index_ring_explore.cpp.
// labels: concurrent
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <new>
#include <numeric>
#include <random>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "catch.hpp"

#include <pawl/containers/index_ring.hpp>
#include <pawl/platform/manual_platform.hpp>

using pawl::ring_start;

namespace {

// Words that do not start at zero. The ring keeps its words xored with their first value; if all of
// them start at the same multiple of four cycles, every counter does: here three cycles before
// 2^32.
template <std::uint32_t Capacity>
constexpr std::uint32_t before_the_end = ~(4 * std::bit_ceil(Capacity) - 1);

template <std::uint32_t First>
struct late_plain_platform : pawl::manual_platform {
    struct word : pawl::plain_word {
        constexpr word() noexcept { store(First, std::memory_order_relaxed); }
    };
};

template <std::uint32_t First>
struct late_std_platform : pawl::std_platform {
    struct word : std::atomic<std::uint32_t> {
        constexpr word() noexcept : std::atomic<std::uint32_t>{First} {}
    };
};

// Any ring, so that the checks are compiled once.
struct any_ring {
    template <std::uint32_t Capacity, ring_start Start, class Platform>
    any_ring(pawl::index_ring<Capacity, Start, Platform>& ring)
        : ring_{&ring}, capacity{Capacity}, start{Start} {
        using type = pawl::index_ring<Capacity, Start, Platform>;
        put_ = [](void* self, std::uint32_t number) { static_cast<type*>(self)->put(number); };
        get_ = [](void* self, std::uint32_t& number) {
            return static_cast<type*>(self)->get(number);
        };
        approx_size_ = [](const void* self) {
            return static_cast<const type*>(self)->approx_size();
        };
        empty_ = [](const void* self) { return static_cast<const type*>(self)->empty(); };
    }

    void put(std::uint32_t number) const { put_(ring_, number); }
    bool get(std::uint32_t& number) const { return get_(ring_, number); }
    [[nodiscard]] std::uint32_t approx_size() const { return approx_size_(ring_); }
    [[nodiscard]] bool empty() const { return empty_(ring_); }

private:
    void* ring_;
    void (*put_)(void*, std::uint32_t);
    bool (*get_)(void*, std::uint32_t&);
    std::uint32_t (*approx_size_)(const void*);
    bool (*empty_)(const void*);

public:
    const std::uint32_t capacity;
    const ring_start start;
};

// Random puts and gets on a new ring; returns how many numbers went through.
std::uint32_t compare_with_deque(const any_ring& ring, unsigned steps) {
    INFO("capacity " << ring.capacity << (ring.start == ring_start::full ? " full" : " empty"));
    std::deque<std::uint32_t> inside;
    std::vector<std::uint32_t> outside(ring.capacity);
    std::iota(outside.begin(), outside.end(), 0U);
    if (ring.start == ring_start::full) {
        inside.assign(outside.begin(), outside.end());
        outside.clear();
    }
    CHECK(ring.approx_size() == inside.size());
    CHECK(ring.empty() == inside.empty());
    std::minstd_rand random{ring.capacity};
    const auto pick = [&](std::size_t below) { return static_cast<unsigned>(random() % below); };
    std::uint32_t passed = 0;
    unsigned puts_of_8 = 4;
    for (unsigned i = 0; i < steps; ++i) {
        if (i % 64 == 0) {
            puts_of_8 = pick(9);  // now it fills, now it drains
        }
        bool right = true;
        if (pick(8) < puts_of_8 && !outside.empty()) {
            std::swap(outside[pick(outside.size())], outside.back());
            ring.put(outside.back());
            inside.push_back(outside.back());
            outside.pop_back();
        } else {
            std::uint32_t number = ring.capacity;
            const bool got = ring.get(number);
            right = got == !inside.empty() && (!got || number == inside.front());
            if (got && right) {
                inside.pop_front();
                outside.push_back(number);
                ++passed;
            }
        }
        if (!right || ring.approx_size() != inside.size() || ring.empty() != inside.empty()) {
            FAIL("step " << i << ": " << inside.size() << " numbers expected, "
                         << ring.approx_size() << " found");
        }
    }
    return passed;
}

template <std::uint32_t Capacity, ring_start Start, class Platform = pawl::std_platform>
void check_ring() {
    pawl::index_ring<Capacity, Start, Platform> ring;
    CHECK(compare_with_deque(ring, 4'000) > 1'000);
}

template <std::uint32_t Capacity>
void check_capacity() {
    using late = late_plain_platform<before_the_end<Capacity>>;
    check_ring<Capacity, ring_start::empty, pawl::manual_platform>();
    check_ring<Capacity, ring_start::full, pawl::manual_platform>();
    check_ring<Capacity, ring_start::empty, late>();
    check_ring<Capacity, ring_start::full, late>();
}

template <std::uint32_t... Capacities>
void check_all(std::integer_sequence<std::uint32_t, Capacities...>) {
    (check_capacity<Capacities>(), ...);
}

using all_capacities = std::integer_sequence<std::uint32_t, 1, 2, 3, 4, 5, 6, 7, 8, 9, 64, 100>;

constinit pawl::index_ring<5, ring_start::full> full_before_main;
constinit pawl::index_ring<5> empty_before_main;

}  // namespace

static_assert(std::is_trivially_destructible_v<pawl::index_ring<5>>);
static_assert(!std::is_copy_constructible_v<pawl::index_ring<5>>);
static_assert(sizeof(pawl::index_ring<5, ring_start::empty, pawl::manual_platform>) ==
                  (2 + 8) * sizeof(std::uint32_t),
              "two counters, and a power of two of entries");
static_assert(sizeof(pawl::index_ring<5>) == 3 * 64, "with threads, on lines of their own");

TEST_CASE("an index_ring is a queue, at every capacity and across the end of its counters") {
    check_all(all_capacities{});
    check_ring<100, ring_start::full>();
    STATIC_REQUIRE(pawl::index_ring<100>::capacity() == 100);
}

TEST_CASE(
    "an index_ring counts what is put, at every capacity and across the end of its counters") {
    const auto check = []<class Ring>(Ring ring) {
        const std::uint32_t before = ring->put_count();
        std::uint32_t puts = 0;
        std::uint32_t number = 0;
        for (int i = 0; i < 5'000; ++i) {
            if (!ring->get(number)) {
                number = 0;  // of one that starts empty: this number goes round
            }
            ring->put(number);
            ++puts;
            REQUIRE(ring->put_count() - before == puts);
        }
    };
    using late_3 = late_plain_platform<before_the_end<3>>;
    using late_64 = late_plain_platform<before_the_end<64>>;
    check(std::make_unique<pawl::index_ring<1>>());
    check(std::make_unique<pawl::index_ring<3, ring_start::full>>());
    check(std::make_unique<pawl::index_ring<64, ring_start::full, pawl::manual_platform>>());
    check(std::make_unique<pawl::index_ring<3, ring_start::empty, late_3>>());
    check(std::make_unique<pawl::index_ring<3, ring_start::full, late_3>>());
    check(std::make_unique<pawl::index_ring<64, ring_start::full, late_64>>());
}

TEST_CASE("a new index_ring is all zero bytes, and zero bytes are a new index_ring") {
    const auto check = []<ring_start Start>(std::integral_constant<ring_start, Start>) {
        // Without threads, and so without padding, which nobody writes.
        using ring = pawl::index_ring<100, Start, pawl::manual_platform>;
        alignas(ring) std::array<std::byte, sizeof(ring)> bytes;
        const std::array<std::byte, sizeof(ring)> zeros{};

        bytes.fill(std::byte{0xa5});
        auto* const constructed = new (bytes.data()) ring;
        CHECK(std::memcmp(bytes.data(), zeros.data(), sizeof(ring)) == 0);
        CHECK(compare_with_deque(*constructed, 1'000) > 100);
        CHECK(std::memcmp(bytes.data(), zeros.data(), sizeof(ring)) != 0);

        std::memset(bytes.data(), 0, sizeof(ring));
        auto* const cleared = std::launder(reinterpret_cast<ring*>(bytes.data()));
        CHECK(compare_with_deque(*cleared, 1'000) > 100);

        using padded_ring = pawl::index_ring<100, Start>;
        alignas(padded_ring) std::array<std::byte, sizeof(padded_ring)> padded_bytes{};
        auto* const padded = std::launder(reinterpret_cast<padded_ring*>(padded_bytes.data()));
        CHECK(compare_with_deque(*padded, 1'000) > 100);
    };
    check(std::integral_constant<ring_start, ring_start::empty>{});
    check(std::integral_constant<ring_start, ring_start::full>{});
}

TEST_CASE("an index_ring is there before main") {
    CHECK(compare_with_deque(full_before_main, 1'000) > 100);
    CHECK(compare_with_deque(empty_before_main, 1'000) > 100);
}

TEST_CASE("a full index_ring gives its numbers in ascending order") {
    pawl::index_ring<100, ring_start::full> ring;
    for (std::uint32_t expected = 0; expected < 100; ++expected) {
        std::uint32_t number = 0;
        REQUIRE(ring.get(number));
        REQUIRE(number == expected);
    }
    std::uint32_t untouched = 7;
    CHECK_FALSE(ring.get(untouched));
    CHECK(untouched == 7);
}

namespace {

// What passes between threads lies in plain memory: only the rings order it, which ThreadSanitizer
// checks.
struct item {
    unsigned producer = 0;
    unsigned number = 0;
};

// Every producer sends its numbers in order, `each` of them. Returns what each consumer saw.
std::vector<std::vector<item>> pass_items(const any_ring& free, const any_ring& ready,
                                          unsigned producers, unsigned consumers, unsigned each) {
    std::vector<item> slots(free.capacity);
    std::vector<std::vector<item>> seen(consumers);
    std::atomic<unsigned> left{producers * each};
    std::vector<std::thread> threads;
    for (unsigned producer = 0; producer < producers; ++producer) {
        threads.emplace_back([&, producer] {
            for (unsigned number = 0; number < each; ++number) {
                std::uint32_t slot = 0;
                while (!free.get(slot)) {
                    std::this_thread::yield();
                }
                slots[slot] = {.producer = producer, .number = number};
                ready.put(slot);
            }
        });
    }
    for (unsigned consumer = 0; consumer < consumers; ++consumer) {
        threads.emplace_back([&, consumer] {
            while (left.load(std::memory_order_relaxed) != 0) {
                std::uint32_t slot = 0;
                if (!ready.get(slot)) {
                    std::this_thread::yield();
                    continue;
                }
                seen[consumer].push_back(slots[slot]);
                slots[slot] = {};
                free.put(slot);
                left.fetch_sub(1, std::memory_order_relaxed);
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(free.approx_size() == free.capacity);
    CHECK(ready.empty());
    return seen;
}

void check_exchange(const any_ring& free, const any_ring& ready, unsigned producers,
                    unsigned consumers) {
    constexpr unsigned each = 5'000;
    INFO("capacity " << free.capacity << ", " << producers << " to " << consumers);
    const auto seen = pass_items(free, ready, producers, consumers, each);
    std::vector<std::vector<unsigned>> times(producers, std::vector<unsigned>(each));
    for (const auto& mine : seen) {
        // One consumer sees each producer's items in the order in which they were sent.
        std::vector<unsigned> next(producers);
        bool ordered = true;
        for (const item& one : mine) {
            if (one.producer >= producers || one.number >= each) {
                FAIL("nobody sent " << one.number << " of " << one.producer);
            }
            ++times[one.producer][one.number];
            ordered = ordered && one.number >= next[one.producer];
            next[one.producer] = one.number + 1;
        }
        CHECK(ordered);
    }
    for (const auto& of_producer : times) {
        CHECK(std::count(of_producer.begin(), of_producer.end(), 1U) == each);
    }
}

template <std::uint32_t Capacity, class Platform = pawl::std_platform>
void check_exchange(unsigned producers, unsigned consumers) {
    pawl::index_ring<Capacity, ring_start::full, Platform> free;
    pawl::index_ring<Capacity, ring_start::empty, Platform> ready;
    check_exchange(free, ready, producers, consumers);
}

}  // namespace

TEST_CASE("threads lose nothing, see nothing twice, and keep the order of each producer") {
    check_exchange<1>(2, 2);
    check_exchange<2>(2, 1);
    check_exchange<3>(3, 2);
    check_exchange<64>(2, 2);
    check_exchange<100>(1, 1);
}

TEST_CASE("threads pass the end of the counters") {
    check_exchange<1, late_std_platform<before_the_end<1>>>(2, 2);
    check_exchange<3, late_std_platform<before_the_end<3>>>(2, 2);
    check_exchange<64, late_std_platform<before_the_end<64>>>(2, 2);
}
