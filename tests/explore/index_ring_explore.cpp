// SPDX-License-Identifier: BSL-1.0
//
// Goal: index_ring is a linearizable first-in-first-out queue for every interleaving of small
// programs: nothing lost, nothing twice, a get or an `empty` that says "nothing" was right at some
// instant of its call, and no call waits for another one, wherever that one stands.
// Method: two or three threads run short scripts of put, get and empty on the real ring. Each
// schedule is compared with a sequential queue: there must be an order of the calls that respects
// their order in time and gives the same answers. A thread that is stopped for ever is among the
// schedules: the others run on to their end beside it, and a call that waited for it would exceed
// the steps. requires: posix
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string>

#include <pawl/containers/index_ring.hpp>

#include "explore/history.hpp"
#include "explore/suite.hpp"

namespace {

using pawl::ring_start;

constexpr std::uint32_t none = ~std::uint32_t{0};

// One call and its answer: for get the number or `none`, for empty 1 or 0.
struct call {
    char what = ' ';  // p: put, g: get, e: empty
    std::uint32_t number = none;
    explore::interval when;
    explore::call_set after = 0;
};

// The calls of one schedule, and whether a sequential queue explains them.
class history {
public:
    void clear() { count_ = 0; }

    call& add(char what) {
        if (count_ == calls_.size()) {
            explore::fail("the history is full");
        }
        calls_[count_] = {.what = what, .number = none, .when = {}};
        return calls_[count_++];
    }

    // Whether it is explained from a queue that holds 0 to `size` - 1.
    [[nodiscard]] bool explained(std::uint32_t size) {
        queue start;
        for (std::uint32_t number = 0; number < size; ++number) {
            start.numbers[start.size++] = number;
        }
        const std::span all{calls_.data(), count_};
        for (call& each : all) {
            each.after = 0;
            for (unsigned i = 0; i < count_; ++i) {
                const bool before = calls_[i].when.last < each.when.first;
                each.after |= before ? explore::call_set{1} << i : 0;
            }
        }
        return explore::explained(std::span<const call>{all}, start);
    }

private:
    // A sequential queue.
    struct queue {
        std::array<std::uint32_t, 8> numbers{};
        unsigned size = 0;

        static unsigned steps(const call&) { return 1; }

        bool apply(const call& one, unsigned) {
            switch (one.what) {
                case 'p': numbers[size++] = one.number; return true;
                case 'e': return one.number == (size == 0 ? 1 : 0);
                default:
                    if (one.number == none || size == 0) {
                        return one.number == none && size == 0;
                    }
                    if (numbers[0] != one.number) {
                        return false;
                    }
                    --size;
                    std::memmove(numbers.data(), numbers.data() + 1, size * sizeof(std::uint32_t));
                    return true;
            }
        }
    };

    std::array<call, 20> calls_;
    unsigned count_ = 0;
};

history calls;  // of the present schedule

// Where the ring's counters are when the threads start: at their beginning, or about to pass 2^32.
enum class counters : bool { first, about_to_wrap };

template <std::uint32_t Capacity, ring_start Start, counters Where>
struct program {
    // Every word starts at `first`, a multiple of four cycles: the ring keeps its words xored with
    // their first value, so that all its counters begin there, three cycles before 2^32.
    static constexpr std::uint32_t entry_count = std::bit_ceil(Capacity);
    static constexpr std::uint32_t first = Where == counters::first ? 0 : ~(4 * entry_count - 1);
    using ring = pawl::index_ring<Capacity, Start, explore::platform<true, first>>;

    // The numbers a thread has, as a queue of its own.
    struct hand {
        std::array<std::uint32_t, 8> numbers{};
        unsigned begin = 0;
        unsigned end = 0;

        void take(std::uint32_t number) { numbers[end++] = number; }
        [[nodiscard]] bool holds_any() const { return begin != end; }
        std::uint32_t give() { return numbers[begin++]; }
    };

    static bool get(ring& tested, hand& mine) {
        call& one = calls.add('g');
        bool got = false;
        explore::timed(one.when, [&] { got = tested.get(one.number); });
        if (got) {
            mine.take(one.number);
        } else {
            one.number = none;
        }
        return got;
    }

    static void put(ring& tested, hand& mine) {
        call& one = calls.add('p');
        one.number = mine.give();
        explore::timed(one.when, [&] { tested.put(one.number); });
    }

    // One script of 'p', 'g' and 'e' for each thread. A ring that starts empty gives its numbers to
    // the threads: to each as many as its script puts without having got them.
    static void explore(explore::options wanted, std::initializer_list<const char*> scripts) {
        std::string name =
            std::to_string(Capacity) + (Start == ring_start::full ? " full" : " empty") +
            (Where == counters::first ? "" : ", wraps") + (wanted.reduce ? ":" : ", all:");
        for (const char* script : scripts) {
            name += std::string(" ") + script;
        }
        wanted.steps_max = 600;
        explore::must_pass(name.c_str(), wanted, [&] { run_once(scripts); });
    }

private:
    // What one thread does.
    struct player {
        ring* tested = nullptr;
        const char* script = nullptr;
        hand mine;

        void operator()() {
            for (const char* next = script; *next != '\0'; ++next) {
                if (*next == 'g') {
                    get(*tested, mine);
                } else if (*next == 'e') {
                    call& one = calls.add('e');
                    explore::timed(one.when, [&] { one.number = tested->empty() ? 1 : 0; });
                } else if (mine.holds_any()) {
                    put(*tested, mine);
                }
            }
        }
    };

    static void run_once(std::initializer_list<const char*> scripts) {
        ring tested;
        explore::check(tested.approx_size() == (Start == ring_start::full ? Capacity : 0),
                       "a new ring is empty or full");
        calls.clear();
        if constexpr (Where == counters::about_to_wrap) {
            turn(tested, (3 * entry_count - 2) / Capacity * Capacity);
        }
        std::uint32_t all = Start == ring_start::full ? Capacity : 0;
        std::array<player, 4> players;
        unsigned count = 0;
        explore::check(scripts.size() <= players.size(), "at most four scripts");
        for (const char* script : scripts) {
            player& added = players[count++];
            added.tested = &tested;
            added.script = script;
            if (Start == ring_start::empty) {
                all = deal(added.mine, script, all);
            }
        }
        std::span playing{players.data(), count};
        explore::threads_of(playing);

        // Whatever is in the ring comes out, and then every number is somewhere, once.
        std::uint32_t seen = 0;
        for (player& each : playing) {
            seen = account(seen, each.mine);
        }
        const std::uint32_t inside = all - static_cast<std::uint32_t>(std::popcount(seen));
        explore::check(tested.approx_size() == inside, "the size is exact when nothing else runs");
        hand drained;
        while (get(tested, drained)) {
        }
        seen = account(seen, drained);
        explore::check(seen == (1U << all) - 1, "no number is lost");
        explore::check(tested.empty() && tested.approx_size() == 0, "a drained ring is empty");
        explore::check(calls.explained(Start == ring_start::full ? Capacity : 0),
                       "a sequential queue gives the same answers");
        turn(tested, 2 * entry_count);
    }

    // Deals numbers from `next` on; returns the first that is left.
    static std::uint32_t deal(hand& mine, const char* script, std::uint32_t next) {
        for (int owed = 0; *script != '\0'; ++script) {
            owed += *script == 'p' ? 1 : *script == 'g' ? -1 : 0;
            if (owed > 0) {
                mine.take(next++);
                --owed;
            }
        }
        return next;
    }

    static std::uint32_t account(std::uint32_t seen, hand& mine) {
        while (mine.holds_any()) {
            const std::uint32_t number = mine.give();
            explore::check(number < Capacity && (seen >> number & 1U) == 0,
                           "no number is anywhere twice");
            seen |= 1U << number;
        }
        return seen;
    }

    // Moves the counters on, with nothing else running; the ring's contents stay as they are if
    // `positions` is a multiple of their number.
    static void turn(ring& tested, std::uint32_t positions) {
        for (std::uint32_t i = 0; i < positions; ++i) {
            std::uint32_t number = i % Capacity;
            if (tested.empty()) {
                tested.put(number);
                number = none;
                explore::check(tested.get(number), "what was put can be got");
                explore::check(number == i % Capacity, "what was put is what is got");
            } else {
                explore::check(tested.get(number), "a ring that is not empty gives a number");
                tested.put(number);
            }
        }
    }
};

template <std::uint32_t Capacity, counters Where = counters::first>
using empty_ring = program<Capacity, ring_start::empty, Where>;
template <std::uint32_t Capacity, counters Where = counters::first>
using full_ring = program<Capacity, ring_start::full, Where>;

// The protocol by which pawl's sleepers use `empty`: announce, look again, park; and the other side
// puts and then wakes who announced himself. Nobody sleeps beside a number.
void no_lost_wake_up() {
    pawl::index_ring<2, ring_start::empty, explore_platform> ring;
    explore_platform::word sleepers;
    explore_platform::parker parker;
    constexpr auto order = std::memory_order_seq_cst;
    const auto producer = [&](std::uint32_t number) {
        return [&, number] {
            ring.put(number);
            if (sleepers.exchange(0, order) != 0) {
                explore_platform::unpark(parker);
            }
        };
    };
    std::uint32_t got = 0;
    explore::threads(producer(0), producer(1), [&] {
        for (std::uint32_t number = none; got < 2;) {
            if (ring.get(number)) {
                ++got;
                continue;
            }
            sleepers.store(1, order);
            if (ring.empty()) {
                explore_platform::park(parker);
            }
        }
    });
    explore::check(got == 2, "the consumer got all");
}

}  // namespace

int main() {
    using enum counters;
    empty_ring<1>::explore({.schedules_min = 5}, {"pg", "g"});
    full_ring<1>::explore({.schedules_min = 10}, {"gp", "gp"});
    full_ring<1>::explore({.schedules_min = 1'000}, {"gp", "gp", "ge"});
    full_ring<1>::explore({.schedules_min = 4'000}, {"gp", "gp", "gp"});
    full_ring<1, about_to_wrap>::explore({.schedules_min = 1'000}, {"gp", "gp", "ge"});
    empty_ring<2>::explore({.schedules_min = 100}, {"p", "pg", "eg"});
    empty_ring<2>::explore({.schedules_min = 40}, {"p", "p", "gg"});
    empty_ring<2>::explore({.schedules_min = 40}, {"p", "p", "ge"});
    empty_ring<2>::explore({.schedules_min = 100}, {"p", "p", "g", "g"});
    empty_ring<2>::explore({.schedules_min = 70}, {"p", "p", "g", "e"});
    empty_ring<2>::explore({.schedules_min = 300}, {"p", "pgpgp"});
    empty_ring<2>::explore({.schedules_min = 4'000}, {"pg", "pgp", "g"});
    empty_ring<2, about_to_wrap>::explore({.schedules_min = 100}, {"p", "p", "g", "g"});
    empty_ring<2, about_to_wrap>::explore({.schedules_min = 300}, {"p", "pgpgp"});
    full_ring<2>::explore({.schedules_min = 30}, {"gp", "gp"});
    full_ring<2>::explore({.schedules_min = 7}, {"e", "gpgp"});
    full_ring<2>::explore({.schedules_min = 300}, {"gp", "gpgp"});
    full_ring<2>::explore({.schedules_min = 300}, {"gp", "gp", "e"});
    full_ring<2>::explore({.schedules_min = 1'000}, {"gp", "gp", "g"});
    full_ring<2, about_to_wrap>::explore({.schedules_min = 300}, {"gp", "gp", "e"});
    empty_ring<3>::explore({.schedules_min = 500}, {"pp", "p", "gge"});
    empty_ring<3>::explore({.schedules_min = 1'000}, {"pp", "pg", "gg"});
    full_ring<3>::explore({.schedules_min = 20'000}, {"gp", "gp", "gg"});
    full_ring<3, about_to_wrap>::explore({.schedules_min = 200}, {"gp", "gpgp"});
    explore::must_pass("no lost wake-up", {.schedules_min = 500}, no_lost_wake_up);

    // Every interleaving, so that the order of calls in time is complete, too.
    empty_ring<2>::explore({.reduce = false, .schedules_min = 20'000}, {"p", "pg"});
    full_ring<2>::explore({.reduce = false, .schedules_min = 90'000}, {"gp", "gp"});
    full_ring<2>::explore({.reduce = false, .schedules_min = 600}, {"e", "gpgp"});
    empty_ring<2>::explore({.reduce = false, .schedules_min = 90'000}, {"p", "p", "e"});
    empty_ring<2>::explore({.reduce = false, .schedules_min = 400'000}, {"p", "p", "g"});
    full_ring<2>::explore({.reduce = false, .schedules_min = 10'000}, {"e", "ge", "g"});
}
