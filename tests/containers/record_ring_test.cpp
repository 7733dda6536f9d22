// labels: concurrent
//
// record_ring: the last records, the oldest overwritten, for anybody to write.
//
// Goal: what is read is what was written, in order, and what is not read is counted; with one
// thread, with several, with numbers that wrap, on a core without compare-and-swap. Method: a
// random walk against std::deque; then writers whose records carry their own check, beside readers.
// What happens to a writer that is stopped is tried by record_ring_explore.cpp.
#include "catch.hpp"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <deque>
#include <random>
#include <thread>
#include <type_traits>
#include <vector>

#include <pawl/containers/record_ring.hpp>
#include <pawl/platform/manual_platform.hpp>
#include <pawl/platform/std_platform.hpp>

#include "explore/interrupt_board.hpp"

namespace {

struct pair {
    std::uint32_t value;
    std::uint32_t check;
    friend bool operator==(const pair&, const pair&) = default;
};

constexpr pair record_of(std::uint32_t value) { return {value, ~value * 2'654'435'761U}; }

// Words that start at First: a ring's numbers start there, too, and pass 2^32 soon.
template <std::uint32_t First>
struct late_platform : pawl::manual_platform {
    struct word : pawl::plain_word {
        constexpr word() noexcept { store(First, std::memory_order_relaxed); }
    };
};

template <class Record, std::uint32_t Capacity>
using plain_ring = pawl::record_ring<Record, Capacity, pawl::manual_platform>;

using board = explore::interrupt_board<true>;

// No constructor has to run.
constinit pawl::record_ring<pair, 8> in_bss;

// A stamp a cell, and two counters.
static_assert(sizeof(plain_ring<pair, 8>) == 8 * (4 + sizeof(pair)) + 8);
static_assert(std::is_empty_v<plain_ring<pair, 0>>);
static_assert(std::is_trivially_destructible_v<decltype(in_bss)>);

// Puts and reads at random: `Start` is the number of the first record.
template <std::uint32_t Capacity, class Platform, std::uint32_t Start = 0>
void walk() {
    using ring = pawl::record_ring<pair, Capacity, Platform>;
    ring tested;
    std::deque<pair> expected;
    typename ring::reader reader{tested, Start};
    std::uint32_t put = 0;
    std::uint32_t seen = 0;  // by the reader: read or missed
    std::uint32_t missed = 0;
    std::mt19937 random{Capacity};
    const auto below = [&](std::uint32_t limit) {
        return static_cast<std::uint32_t>(random() % limit);
    };
    pair found{};
    REQUIRE(tested.oldest() == Start);
    for (int step = 0; step < 3'000; ++step) {
        // Bursts that overrun the ring, and long reads.
        for (std::uint32_t burst = below(Capacity + 3); burst != 0; --burst) {
            REQUIRE(tested.put(record_of(put)) == Start + put);
            expected.push_back(record_of(put));
            if (expected.size() > Capacity) {
                expected.pop_front();
            }
            ++put;
        }
        for (std::uint32_t reads = below(Capacity + 3); reads != 0; --reads) {
            const bool any = seen != put;
            if (put - seen > Capacity) {
                missed += put - Capacity - seen;
                seen = put - Capacity;
            }
            REQUIRE(reader.next(found) == any);
            if (any) {
                REQUIRE(found == record_of(seen));
                ++seen;
            }
        }
        REQUIRE(reader.position() - Start == seen);
        REQUIRE(reader.missed() == missed);
        REQUIRE(tested.lost() == Start);
        REQUIRE(tested.written() - Start == put);
        REQUIRE(tested.oldest() - Start == put - expected.size());
        REQUIRE_FALSE(tested.read(Start + put, found));
        REQUIRE_FALSE(tested.read(tested.oldest() - 1, found));
        std::size_t at = expected.size();
        REQUIRE(tested.for_each_newest([&](const pair& each) {
            --at;
            REQUIRE(each == expected[at]);
        }) == expected.size());
        for (std::uint32_t i = 0; i < expected.size(); ++i) {
            REQUIRE(tested.read(tested.oldest() + i, found));
            REQUIRE(found == expected[i]);
        }
    }
    while (reader.next(found)) {
    }
    REQUIRE(reader.position() - Start == put);
}

}  // namespace

TEST_CASE("record_ring: the last records, against std::deque") {
    walk<1, pawl::manual_platform>();
    walk<2, pawl::manual_platform>();
    walk<4, pawl::manual_platform>();
    walk<64, pawl::manual_platform>();
    walk<8, pawl::std_platform>();
}

TEST_CASE("record_ring: numbers pass 2^32") {
    walk<4, late_platform<0xFFFF'FF00>, 0xFFFF'FF00>();
    walk<64, late_platform<0xFFFF'F000>, 0xFFFF'F000>();
}

TEST_CASE("record_ring: on a core without compare-and-swap") {
    explore::interrupts::arm(nullptr, explore::interrupts::never, nullptr,
                             explore::interrupts::never);
    walk<1, board>();
    walk<8, board>();
}

TEST_CASE("record_ring: zero bytes are an empty ring") {
    REQUIRE(in_bss.put(record_of(0)) == 0);
    using ring = plain_ring<pair, 4>;
    alignas(ring) unsigned char memory[sizeof(ring)];
    std::memset(memory, 0, sizeof memory);
    auto& cleared = *reinterpret_cast<ring*>(memory);
    pair found = record_of(9);
    REQUIRE(cleared.written() == 0);
    REQUIRE(cleared.lost() == 0);
    REQUIRE(cleared.oldest() == 0);
    for (const std::uint32_t number : {0U, 1U, 3U, 4U, 0xFFFF'FFFFU, 0xFFFF'FFFCU, 0x8000'0000U}) {
        REQUIRE_FALSE(cleared.read(number, found));
    }
    REQUIRE(found == record_of(9));
    REQUIRE(cleared.for_each_newest([](const pair&) {}) == 0);
    ring::reader reader{cleared};
    REQUIRE_FALSE(reader.next(found));
    cleared.put(record_of(1));
    REQUIRE(reader.next(found));
    REQUIRE(found == record_of(1));
}

TEST_CASE("record_ring: a reader counts what was overwritten before it came") {
    plain_ring<pair, 4> ring;
    for (std::uint32_t i = 0; i < 10; ++i) {
        ring.put(record_of(i));
    }
    pair found{};
    const auto read_all = [&](plain_ring<pair, 4>::reader reader) {
        std::vector<std::uint32_t> values;
        while (reader.next(found)) {
            values.push_back(found.value);
        }
        return std::pair{values, reader.missed()};
    };
    using plain_reader = plain_ring<pair, 4>::reader;
    const std::vector<std::uint32_t> last{6, 7, 8, 9};
    REQUIRE(read_all(plain_reader{ring}) == std::pair{last, std::uint32_t{6}});
    REQUIRE(read_all(plain_reader{ring, ring.oldest()}) == std::pair{last, std::uint32_t{0}});
    REQUIRE(read_all(plain_reader{ring, ring.written()}).first.empty());

    // In the middle of reading, too.
    plain_reader slow{ring, ring.oldest()};
    REQUIRE(slow.next(found));
    ring.put(record_of(10));
    ring.put(record_of(11));
    REQUIRE(slow.next(found));
    REQUIRE(found == record_of(8));
    REQUIRE(slow.missed() == 1);
}

TEST_CASE("record_ring: the newest first, until it is enough") {
    plain_ring<pair, 8> ring;
    for (std::uint32_t i = 0; i < 5; ++i) {
        ring.put(record_of(i));
    }
    std::vector<std::uint32_t> values;
    REQUIRE(ring.for_each_newest([&](const pair& each) {
        values.push_back(each.value);
        return each.value != 2;
    }) == 3);
    REQUIRE(values == std::vector<std::uint32_t>{4, 3, 2});
}

TEST_CASE("record_ring: without cells nothing is kept, and nothing is lost") {
    plain_ring<pair, 0> none;
    pair found = record_of(5);
    REQUIRE(none.put(record_of(1)) == 0);
    REQUIRE(none.written() == 0);
    REQUIRE(none.lost() == 0);
    REQUIRE(none.oldest() == 0);
    REQUIRE_FALSE(none.read(0, found));
    REQUIRE(none.for_each_newest([](const pair&) {}) == 0);
    plain_ring<pair, 0>::reader reader{none};
    REQUIRE_FALSE(reader.next(found));
    REQUIRE(reader.missed() == 0);
    REQUIRE(found == record_of(5));
}

TEST_CASE("record_ring: records of one word and of many, with members of any type") {
    struct mixed {
        std::uint64_t id;
        double measure;
        char text[20];
        std::uint16_t low, high;
    };
    static_assert(sizeof(mixed) % 4 == 0);
    plain_ring<mixed, 4> large;
    large.put({1, 2.5, "a text", 3, 4});
    mixed found{};
    REQUIRE(large.read(0, found));
    REQUIRE(found.id == 1);
    REQUIRE(found.measure == 2.5);
    REQUIRE(std::strcmp(found.text, "a text") == 0);
    REQUIRE(found.high == 4);

    plain_ring<float, 1> small;
    small.put(0.5F);
    float value = 0;
    REQUIRE(small.read(0, value));
    REQUIRE(value == 0.5F);
}

namespace {

struct signed_record {
    std::uint32_t writer;
    std::uint32_t sequence;
    std::uint32_t check;
    static signed_record make(std::uint32_t writer, std::uint32_t sequence) {
        return {writer, sequence, sequence * 2'654'435'761U ^ writer};
    }
    [[nodiscard]] bool whole() const { return check == make(writer, sequence).check; }
};

// Some threads write, two read: everything read is whole, and each writer's records come in order;
// what was not read was missed.
template <std::uint32_t Capacity>
void write_and_read(unsigned writers, std::uint32_t records) {
    using ring_type = pawl::record_ring<signed_record, Capacity, pawl::std_platform>;
    ring_type ring;
    std::atomic<unsigned> writing{writers};
    std::vector<std::thread> threads;
    for (unsigned writer = 0; writer < writers; ++writer) {
        threads.emplace_back([&, writer] {
            for (std::uint32_t i = 0; i < records; ++i) {
                ring.put(signed_record::make(writer, i));
            }
            writing.fetch_sub(1);
        });
    }
    std::vector<std::uint32_t> faults(2);
    for (unsigned reader_number = 0; reader_number < 2; ++reader_number) {
        threads.emplace_back([&, reader_number] {
            std::uint32_t& wrong = faults[reader_number];
            typename ring_type::reader reader{ring, 0, reader_number * 100};
            std::vector<std::uint32_t> next(writers);
            std::uint32_t read = 0;
            signed_record found{};
            const auto take_all = [&] {
                while (reader.next(found)) {
                    ++read;
                    if (!found.whole() || found.writer >= writers ||
                        found.sequence < next[found.writer]) {
                        ++wrong;
                    } else {
                        next[found.writer] = found.sequence + 1;
                    }
                    wrong += read + reader.missed() == reader.position() ? 0U : 1U;
                }
            };
            while (writing.load() != 0) {
                take_all();
                ring.for_each_newest(
                    [&](const signed_record& each) { wrong += each.whole() ? 0U : 1U; });
            }
            // Once nobody writes, at most the records that were lost are in the way.
            for (std::uint32_t calls = 0; calls < 200 * Capacity; ++calls) {
                take_all();
            }
            wrong += reader.position() + ring.lost() < ring.written() ? 1U : 0U;
        });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    REQUIRE(faults == std::vector<std::uint32_t>{0, 0});
    REQUIRE(ring.written() == writers * records);
    // The cells hold what was not lost of the last turn.
    signed_record found{};
    std::uint32_t there = 0;
    for (std::uint32_t i = 1; i <= Capacity; ++i) {
        there += ring.read(ring.written() - i, found) ? 1U : 0U;
    }
    REQUIRE(there + ring.lost() >= Capacity);
}

}  // namespace

TEST_CASE("record_ring: several writers and readers, a ring that is always overrun") {
    write_and_read<1>(2, 100'000);
    write_and_read<4>(3, 100'000);
}

TEST_CASE("record_ring: several writers and readers, a ring with room") {
    write_and_read<256>(3, 100'000);
}
