// SPDX-License-Identifier: BSL-1.0
//
// What the queues cost: instructions of a push and a pop that nobody disturbs, and bytes.
//
// A pair is a push into an empty queue and the pop that empties it, on average over whole laps. A
// push or a pop by itself is the worst of these laps: what an interrupt has to reckon with. Each is
// written in one place of the program, as in firmware where one interrupt pushes and the main loop
// pops, so that -Os puts it in line; a platform for each use makes them types of their own. Items
// come in registers and are asked for in registers, so that no instruction of the meter's counts.
#include <pawl/containers/index_ring.hpp>
#include <pawl/containers/mpmc_queue.hpp>
#include <pawl/containers/spsc_queue.hpp>
#include <pawl/containers/ticket_queue.hpp>
#include <pawl/platform/bare_metal.hpp>

#include "lean.hpp"
#include "meter.hpp"

namespace {

enum class use { pair, single };

template <use>
struct quiet : pawl::basic_bare_metal<pawl::bare_metal::core, masked_board> {
    static time_point now() noexcept { return {}; }
};

// A value that the compiler knows nothing of, and a use of one.
template <class T>
[[gnu::always_inline]] inline T some() {
    T value;
    __asm__ volatile("" : "=r"(value));
    return value;
}
template <class T>
[[gnu::always_inline]] inline void take(T value) {
    __asm__ volatile("" : : "r"(value));
}

// Whole laps of a ring with 32 entries, and of one with 33.
constexpr int rounds = 32 * 33;

// Whether an operation did not do what it is measured for.
volatile bool failed;
void check(bool expected) {
    if (!expected) {
        failed = true;
    }
}

// The average of a figure, once the first laps are over.
template <class Figure>
void report_mean(const char* name, Figure figure) {
    std::uint32_t sum = 0;
    for (int round = -rounds; round < rounds; ++round) {
        const std::uint32_t present = figure();
        sum += round < 0 ? 0 : present;
    }
    meter::report(name, (sum + rounds / 2) / rounds);
}

struct worst_of {
    void add(std::uint32_t present) { value = present > value ? present : value; }
    std::uint32_t value = 0;
};

struct names {
    const char* pair;
    const char* push;
    const char* pop;
    const char* empty;
    const char* bytes;
};

template <template <use> class Queue>
struct meter_of {
    template <use Use>
    static inline constinit Queue<Use> queue{};
    using item = typename Queue<use::pair>::value_type;

    template <use Use>
    static void push() {
        if (!queue<Use>.try_push(some<item>())) {
            failed = true;
        }
    }
    template <use Use>
    static void pop() {
        item popped;
        if (queue<Use>.try_pop(popped)) {
            take(popped);
        }
    }

    static void report(const names& as) {
        report_mean(as.pair, [] {
            return meter::count([] {
                push<use::pair>();
                pop<use::pair>();
            });
        });
        check(queue<use::pair>.empty());
        meter::report(as.bytes, sizeof queue<use::pair>);

        worst_of worst[3];  // push, pop, and a pop that finds nothing
        for (int round = 0; round < 2 * rounds; ++round) {
            worst[0].add(meter::count([] { push<use::single>(); }));
            check(queue<use::single>.approx_size() == 1);
            for (int finds_nothing = 0; finds_nothing < 2; ++finds_nothing) {
                worst[1 + finds_nothing].add(meter::count([] { pop<use::single>(); }));
                check(queue<use::single>.empty());
            }
        }
        meter::report(as.push, worst[0].value);
        meter::report(as.pop, worst[1].value);
        meter::report(as.empty, worst[2].value);
    }
};

void report_ring() {
    static constinit pawl::index_ring<64, pawl::ring_start::full, quiet<use::pair>> ring;
    report_mean("ring_pair", [] {
        return meter::count([] {
            std::uint32_t index = 0;
            static_cast<void>(ring.get(index));
            ring.put(index);
        });
    });
    check(ring.approx_size() == 64);
}

template <use Use>
using mpmc = pawl::mpmc_queue<std::uint64_t, 32, quiet<Use>>;
template <use Use>
using ticket = pawl::ticket_queue<std::uint64_t, 32, quiet<Use>>;
template <use Use>
using spsc = pawl::spsc_queue<std::uint64_t, 32, quiet<Use>>;
template <use Use>
using spsc_words = pawl::spsc_queue<std::uint32_t, 32, quiet<Use>>;

// There is no ticket_queue where there is no compare-and-swap.
template <template <use> class Queue>
void report_unless_masked(const names& as) {
    if constexpr (!pawl::masking_platform<quiet<use::pair>>) {
        meter_of<Queue>::report(as);
    }
}

}  // namespace

int main() {
    meter::start();
    report_ring();
    meter_of<mpmc>::report({"mpmc_pair", "mpmc_push", "mpmc_pop", "mpmc_empty", "bytes_mpmc"});
    report_unless_masked<ticket>(
        {"ticket_pair", "ticket_push", "ticket_pop", "ticket_empty", "bytes_ticket"});
    meter_of<spsc>::report({"spsc_pair", "spsc_push", "spsc_pop", "spsc_empty", "bytes_spsc"});
    meter_of<spsc_words>::report({"spsc_words_pair", "spsc_words_push", "spsc_words_pop",
                                  "spsc_words_empty", "bytes_spsc_words"});
    return failed ? 1 : 0;
}
