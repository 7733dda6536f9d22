// SPDX-License-Identifier: BSL-1.0
//
// Goal: index_ring keeps its order and loses nothing whatever its guess of the tail says: a little
// or half the counters' range too old, or ahead of everything; and finding the tail takes some
// seventy loads at most.
// Method: the guess is the only word that is stored and not swapped, so words that spoil what is
// stored in them spoil it and nothing else. Pushes and pops in random turns beside a plain queue,
// with counters that cross 2^32. A single thread: the explorer and Relacy do the interleavings.
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>

#include <pawl/containers/index_ring.hpp>
#include <pawl/platform/manual_platform.hpp>

namespace {

std::uint32_t random_number() {
    static std::uint64_t state = 0x9E37'79B9'7F4A'7C15;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return static_cast<std::uint32_t>(state >> 32);
}

[[noreturn]] void fail(const char* what) {
    std::printf("FAILED %s\n", what);
    std::fflush(stdout);
    std::_Exit(EXIT_FAILURE);
}

// How far off a guess is, and how many loads one call has made.
std::uint32_t spoiled_by = 0;
unsigned loads = 0;
unsigned loads_most = 0;
constexpr unsigned loads_max = 100;

template <std::uint32_t First>
class word {
public:
    std::uint32_t load(std::memory_order) const noexcept {
        if (++loads > loads_max) {
            fail("a call does not end");
        }
        return value_;
    }
    void store(std::uint32_t value, std::memory_order) noexcept { value_ = value + spoiled_by; }
    bool compare_exchange_strong(std::uint32_t& expected, std::uint32_t desired, std::memory_order,
                                 std::memory_order) noexcept {
        const bool equal = value_ == expected;
        (equal ? value_ : expected) = desired;
        if (!equal) {
            expected = value_;
        }
        return equal;
    }
    // The platform concept asks for these; the ring does not.
    std::uint32_t exchange(std::uint32_t value, std::memory_order) noexcept { return value; }
    std::uint32_t fetch_add(std::uint32_t value, std::memory_order) noexcept { return value; }
    std::uint32_t fetch_sub(std::uint32_t value, std::memory_order) noexcept { return value; }
    std::uint32_t fetch_or(std::uint32_t value, std::memory_order) noexcept { return value; }
    std::uint32_t fetch_and(std::uint32_t value, std::memory_order) noexcept { return value; }
    bool compare_exchange_weak(std::uint32_t& expected, std::uint32_t desired,
                               std::memory_order success, std::memory_order failure) noexcept {
        return compare_exchange_strong(expected, desired, success, failure);
    }

private:
    std::uint32_t value_ = First;
};

template <std::uint32_t First>
struct platform : pawl::manual_platform {
    using word = ::word<First>;
};

enum class errors { little, any };

// A guess is never right by accident where it would not be in a run: what is exactly 2^32 off.
void spoil(errors how) {
    const std::uint32_t off = random_number();
    spoiled_by = off % 4 == 0 ? 0 : how == errors::little ? 0U - off % 40 : off;
}

template <std::uint32_t Capacity, pawl::ring_start Start, std::uint32_t First>
void keeps_its_order(errors how) {
    pawl::index_ring<Capacity, Start, platform<First>> ring;
    std::deque<std::uint32_t> inside;
    std::deque<std::uint32_t> outside;
    for (std::uint32_t number = 0; number < Capacity; ++number) {
        (Start == pawl::ring_start::full ? inside : outside).push_back(number);
    }
    for (unsigned i = 0; i < 20'000; ++i) {
        loads = 0;
        if (random_number() % 2 == 0 && !outside.empty()) {
            spoil(how);
            ring.put(outside.front());
            inside.push_back(outside.front());
            outside.pop_front();
        } else {
            std::uint32_t number = 0;
            const bool got = ring.get(number);
            if (got != !inside.empty() || (got && number != inside.front())) {
                fail("a number is lost, or out of its order");
            }
            if (got) {
                inside.pop_front();
                outside.push_back(number);
            }
        }
        loads_most = loads > loads_most ? loads : loads_most;
        loads = 0;
        if (ring.approx_size() != inside.size() || ring.empty() != inside.empty()) {
            fail("a size is wrong that nothing else changes");
        }
    }
}

// All words start at a multiple of four cycles: counters cross 2^32 soon after the beginning.
constexpr std::uint32_t before_wrap = ~std::uint32_t{4 * 64 - 1};

template <std::uint32_t Capacity>
void all(errors how) {
    keeps_its_order<Capacity, pawl::ring_start::empty, 0>(how);
    keeps_its_order<Capacity, pawl::ring_start::full, 0>(how);
    keeps_its_order<Capacity, pawl::ring_start::empty, before_wrap>(how);
    keeps_its_order<Capacity, pawl::ring_start::full, before_wrap>(how);
}

}  // namespace

int main() {
    for (const errors how : {errors::little, errors::any}) {
        all<1>(how);
        all<2>(how);
        all<5>(how);
        all<64>(how);
    }
    std::printf("ok     a call makes at most %u loads\n", loads_most);
}
