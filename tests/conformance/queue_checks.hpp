// SPDX-License-Identifier: BSL-1.0
//
// What every queue of pawl promises, checked on the platform that it will run on.
//
// Goal: first in, first out, full and empty as said, nothing lost and nothing twice, beside
// interrupts between all operations and within them, and when counters run over. Method:
// mpmc_queue, spsc_queue, ticket_queue (where there is compare-and-swap) and index_ring against a
// ring of numbers; words that begin just below 2^32; an interrupt that pushes or pops between two
// steps of the main loop, and one that comes when it likes.
//
// Who may call: one thread, or the main loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <pawl/containers/index_ring.hpp>
#include <pawl/containers/mpmc_queue.hpp>
#include <pawl/containers/spsc_queue.hpp>
#include <pawl/containers/ticket_queue.hpp>
#include <pawl/platform/platform.hpp>

#include "conformance/beside.hpp"
#include "conformance/checks.hpp"

namespace conformance {

// Can only be moved, and counts how many there are.
class counted_item {
public:
    explicit counted_item(std::uint32_t number) noexcept : number_{number} { ++alive; }
    counted_item(counted_item&& from) noexcept : number_{std::exchange(from.number_, moved)} {
        ++alive;
    }
    counted_item& operator=(counted_item&& from) noexcept {
        number_ = std::exchange(from.number_, moved);
        return *this;
    }
    ~counted_item() { --alive; }

    [[nodiscard]] std::uint32_t number() const noexcept { return number_; }

    static constexpr std::uint32_t moved = 0xFFFF'FFFF;
    static inline std::uint32_t alive = 0;

private:
    std::uint32_t number_;
};

// Three words that say the same: one that is torn does not.
struct triple {
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    std::uint32_t third = 0;

    static triple of(std::uint32_t number) noexcept { return {number, ~number, number * 3}; }
    [[nodiscard]] bool is(std::uint32_t number) const noexcept {
        return first == number && second == ~number && third == number * 3;
    }
    [[nodiscard]] bool is_whole() const noexcept { return is(first); }
};

// The same platform with words that begin just below the wrap: counters run over after 256 steps.
template <class Word>
class late_word : public Word {
public:
    late_word() noexcept { this->store(0xFFFF'FF00, std::memory_order_relaxed); }
};
template <class P>
struct near_wrap : P {
    using word = late_word<typename P::word>;
};

template <class P, class Others>
class queue_checks {
public:
    queue_checks(checks& check, Others& others) noexcept : check_{check}, other_{others} {}

    void run() noexcept {
        all_of<pawl::mpmc_queue<counted_item, 6, P>, pawl::mpmc_queue<std::uint32_t, 6, P>,
               pawl::mpmc_queue<triple, 5, P>>();
        all_of<pawl::mpmc_queue<counted_item, 1, P>, pawl::mpmc_queue<std::uint32_t, 1, P>,
               pawl::mpmc_queue<triple, 8, P>>();
        all_of<pawl::spsc_queue<counted_item, 6, P>, pawl::spsc_queue<std::uint32_t, 6, P>,
               pawl::spsc_queue<triple, 5, P>>();
        all_of<pawl::spsc_queue<counted_item, 1, P>, pawl::spsc_queue<std::uint32_t, 1, P>,
               pawl::spsc_queue<triple, 8, P>>();
        ring_walks<pawl::index_ring<6, pawl::ring_start::full, P>, true>();
        ring_walks<pawl::index_ring<8, pawl::ring_start::empty, P>, false>();
        ring_walks<pawl::index_ring<1, pawl::ring_start::full, P>, true>();
        if constexpr (!pawl::masking_platform<P>) {
            all_of<pawl::ticket_queue<counted_item, 8, P>, pawl::ticket_queue<std::uint32_t, 8, P>,
                   pawl::ticket_queue<triple, 4, P>>();
            consumes_in_place();
            using late = near_wrap<P>;
            bounds_and_order<pawl::mpmc_queue<counted_item, 8, late>>();
            walks<pawl::mpmc_queue<std::uint32_t, 8, late>>();
            between_steps<pawl::mpmc_queue<triple, 8, late>>();
            walks<pawl::ticket_queue<std::uint32_t, 8, late>>();
            at_the_wrap<pawl::mpmc_queue<std::uint32_t, 8, late>>();
            at_the_wrap<pawl::ticket_queue<std::uint32_t, 8, late>>();
            between_steps<pawl::ticket_queue<triple, 4, late>>();
            ring_walks<pawl::index_ring<8, pawl::ring_start::full, late>, true>();
        }
    }

private:
    template <class OfItems, class OfNumbers, class OfTriples>
    void all_of() noexcept {
        bounds_and_order<OfItems>();
        walks<OfNumbers>();
        between_steps<OfTriples>();
        pushed_at_any_moment<OfTriples>();
        popped_at_any_moment<OfTriples>();
    }

    // Q: a queue of counted_item.
    template <class Q>
    void bounds_and_order() noexcept {
        counted_item::alive = 0;
        {
            Q queue;
            check_.that(queue.empty() && !queue.try_pop(), "a new queue is empty");
            bool sizes = true;
            bool pushed = true;
            bool refused = true;
            bool kept = true;
            bool ordered = true;
            for (std::uint32_t round = 0; round < 3; ++round) {
                for (std::uint32_t i = 0; i < Q::capacity(); ++i) {
                    sizes = queue.approx_size() == i && queue.empty() == (i == 0) && sizes;
                    pushed =
                        (i % 2 == 0 ? queue.try_push(counted_item{i}) : queue.try_emplace(i)) &&
                        pushed;
                }
                sizes = queue.approx_size() == Q::capacity() && !queue.empty() && sizes;
                counted_item extra{77};
                refused = !queue.try_push(std::move(extra)) && refused;
                kept = extra.number() == 77 && kept;
                sizes = counted_item::alive == Q::capacity() + 1 && sizes;
                for (std::uint32_t i = 0; i < Q::capacity(); ++i) {
                    if (i % 2 == 0) {
                        const std::optional<counted_item> first = queue.try_pop();
                        ordered = first && first->number() == i && ordered;
                    } else {
                        counted_item first{0};
                        ordered = queue.try_pop(first) && first.number() == i && ordered;
                    }
                }
                counted_item same{5};
                refused = !queue.try_pop(same) && refused;
                kept = same.number() == 5 && kept;
            }
            check_.that(pushed, "as many items as the capacity says are accepted");
            check_.that(refused, "a push to a full queue fails, and a pop from an empty one");
            check_.that(kept, "what was refused is as it was");
            check_.that(ordered, "items come in their order");
            check_.that(sizes, "the size is how many items are inside, and no item more exists");
            check_.that(queue.try_emplace(1U), "a queue that was emptied accepts");
            check_.equal(counted_item::alive, 1, "what was taken was destroyed");
        }
        check_.equal(counted_item::alive, 0, "what is left is destroyed with its queue");
    }

    // Random pushes and pops, for many rounds. Q: a queue of numbers.
    template <class Q>
    void walks() noexcept {
        Q queue;
        seeded random{Q::capacity()};
        std::uint32_t pushed = 0;
        std::uint32_t popped = 0;
        std::uint32_t wrong = 0;
        for (std::uint32_t step = 0; step < steps_max; ++step) {
            // Now more pushes, now more pops.
            if (random.below(4) < 1 + step / 16 % 3) {
                const bool accepted = queue.try_push(pushed * 7);
                wrong += accepted == (pushed - popped < Q::capacity()) ? 0U : 1U;
                pushed += accepted ? 1U : 0U;
            } else {
                std::uint32_t number = 99;
                const bool found = queue.try_pop(number);
                wrong += found == (pushed != popped) ? 0U : 1U;
                wrong += number == (found ? popped * 7 : 99) ? 0U : 1U;
                popped += found ? 1U : 0U;
            }
            wrong += queue.approx_size() == pushed - popped ? 0U : 1U;
        }
        check_.equal(wrong, 0, "a queue does what a list of numbers would");
        check_.that(popped > steps_max / 8, "much goes through");
    }

    // An interrupt between all steps of the main loop. Q: a queue of triples.
    template <class Q>
    void between_steps() noexcept {
        // Pushed there, popped here, one at a time: nothing is ever full.
        Q queue;
        std::uint32_t wrong = 0;
        for (std::uint32_t i = 0; i < rounds; ++i) {
            bool accepted = false;
            other_.run([&] { accepted = queue.try_push(triple::of(i)); });
            triple found;
            wrong += accepted && queue.try_pop(found) && found.is(i) ? 0U : 1U;
        }
        check_.equal(wrong, 0, "what an interrupt pushes is popped, whole and in order");

        // Up to full, and back to empty.
        std::uint32_t pushed = 0;
        std::uint32_t popped = 0;
        for (std::uint32_t i = 0; i < rounds; ++i) {
            if (i / 16 % 2 == 0 || i % 3 == 0) {
                bool accepted = false;
                other_.run([&] { accepted = queue.try_push(triple::of(pushed)); });
                wrong += accepted == (pushed - popped < Q::capacity()) ? 0U : 1U;
                pushed += accepted ? 1U : 0U;
            } else {
                triple found;
                const bool some = queue.try_pop(found);
                wrong += some == (pushed != popped) ? 0U : 1U;
                wrong += !some || found.is(popped) ? 0U : 1U;
                popped += some ? 1U : 0U;
            }
        }
        check_.equal(wrong, 0, "an interrupt meets a full queue, the main loop an empty one");
        for (triple found; queue.try_pop(found); ++popped) {
            wrong += found.is(popped) ? 0U : 1U;
        }
        check_.equal(popped, pushed, "as many come out as went in");

        // The other way round.
        for (std::uint32_t i = 0; i < rounds; ++i) {
            triple found;
            bool some = false;
            wrong += queue.try_push(triple::of(i)) ? 0U : 1U;
            other_.run([&] { some = queue.try_pop(found); });
            wrong += some && found.is(i) ? 0U : 1U;
        }
        check_.equal(wrong, 0, "what the main loop pushes, an interrupt pops, whole and in order");
        check_.that(queue.empty(), "then the queue is empty");
    }

    // An interrupt that comes when it likes pushes what it can, and the main loop pops.
    template <class Q>
    void pushed_at_any_moment() noexcept {
        if constexpr (beside<P, Others>::calls_on) {
            Q queue;
            typename P::word accepted;
            std::uint32_t popped = 0;
            std::uint32_t wrong = 0;
            const auto take = [&] {
                triple found;
                if (queue.try_pop(found)) {
                    wrong += found.is(popped) ? 0U : 1U;
                    ++popped;
                }
            };
            P machine;
            other_.again_and_again(
                [&] {
                    const std::uint32_t next = accepted.load(std::memory_order_relaxed);
                    if (queue.try_push(triple::of(next))) {
                        accepted.store(next + 1, std::memory_order_relaxed);
                    }
                },
                [&] {
                    for (std::uint32_t idle = 0; popped < moments; ++idle) {
                        take();
                        rest(machine, idle);
                    }
                });
            // What it has pushed since.
            const std::uint32_t all = accepted.load(std::memory_order_acquire);
            for (std::uint32_t i = 0; i < 2 * Q::capacity(); ++i) {
                take();
            }
            check_.equal(popped, all, "nothing that was accepted is lost, and nothing comes twice");
            check_.equal(wrong, 0, "what comes at any moment comes whole and in order");
            check_.that(queue.empty(), "nothing is left");
        }
    }

    // The other way round: within a push, what was pushed before is popped.
    template <class Q>
    void popped_at_any_moment() noexcept {
        if constexpr (beside<P, Others>::calls_on) {
            Q queue;
            typename P::word popped;
            typename P::word wrong;
            std::uint32_t pushed = 0;
            P machine;
            auto take = [&] {
                const std::uint32_t next = popped.load(std::memory_order_relaxed);
                triple found;
                if (queue.try_pop(found)) {
                    wrong.fetch_add(found.is(next) ? 0U : 1U, std::memory_order_relaxed);
                    popped.store(next + 1, std::memory_order_release);
                }
            };
            other_.again_and_again(take, [&] {
                for (std::uint32_t idle = 0; popped.load(std::memory_order_acquire) < moments;
                     ++idle) {
                    pushed += queue.try_push(triple::of(pushed)) ? 1U : 0U;
                    rest(machine, idle);
                }
            });
            for (std::uint32_t i = 0; i < 2 * Q::capacity(); ++i) {
                take();
            }
            check_.equal(popped.load(std::memory_order_relaxed), pushed,
                         "what is pushed is popped at any moment, once");
            check_.equal(wrong.load(std::memory_order_relaxed), 0, "and whole and in order");
        }
    }

    // Full, and then empty, at each place around the wrap of the counters. Q: of words that begin
    // 256 before it.
    template <class Q>
    void at_the_wrap() noexcept {
        std::uint32_t wrong = 0;
        for (std::uint32_t before = 256 - 2 * Q::capacity(); before < 260; ++before) {
            Q queue;
            std::uint32_t number = 0;
            for (std::uint32_t i = 0; i < before; ++i) {
                wrong += queue.try_push(i) && queue.try_pop(number) && number == i ? 0U : 1U;
            }
            for (std::uint32_t i = 0; i < Q::capacity(); ++i) {
                wrong += queue.try_push(i) ? 0U : 1U;
            }
            wrong += queue.try_push(99U) ? 1U : 0U;
            wrong += queue.approx_size() == Q::capacity() ? 0U : 1U;
            for (std::uint32_t i = 0; i < Q::capacity(); ++i) {
                wrong += queue.try_pop(number) && number == i ? 0U : 1U;
            }
            wrong += queue.try_pop(number) || !queue.empty() ? 1U : 0U;
        }
        check_.equal(wrong, 0, "a queue is full and empty wherever its counters run over");
    }

    // Lets others go on, and time, where it passes only while the core sleeps.
    static void rest([[maybe_unused]] P& machine, std::uint32_t idle) noexcept {
        if (idle % 64 != 63) {
            return;
        }
        if constexpr (pawl::interrupt_platform<P>) {
            machine.sleep_until(machine.now(), []() noexcept { return false; });
        } else if constexpr (P::has_threads) {
            P::yield();
        }
    }

    void consumes_in_place() noexcept {
        pawl::ticket_queue<counted_item, 4, P> queue;
        std::uint32_t wrong = 0;
        for (std::uint32_t i = 0; i < 20; ++i) {
            wrong += queue.try_emplace(i) ? 0U : 1U;
            std::uint32_t seen = 99;
            wrong += queue.try_consume([&](counted_item& item) noexcept { seen = item.number(); })
                         ? 0U
                         : 1U;
            wrong += seen == i ? 0U : 1U;
        }
        wrong += queue.try_consume([](counted_item&) noexcept {}) ? 1U : 0U;
        check_.equal(wrong, 0, "items are consumed in their cells");
    }

    // A ring of the numbers 0 to capacity - 1, each in it once at most.
    template <class Ring, bool Full>
    void ring_walks() noexcept {
        constexpr std::uint32_t capacity = Ring::capacity();
        Ring ring;
        // What is in the ring, in order, from `first` on.
        std::uint32_t inside[capacity] = {};
        std::uint32_t first = 0;
        std::uint32_t size = 0;
        // And what is not: somebody's.
        std::uint32_t outside[capacity] = {};
        std::uint32_t spare = 0;
        for (std::uint32_t i = 0; i < capacity; ++i) {
            if (Full) {
                inside[size++] = i;
            } else {
                outside[spare++] = i;
            }
        }
        std::uint32_t wrong = 0;
        seeded random{capacity};
        for (std::uint32_t step = 0; step < steps_max; ++step) {
            const bool by_interrupt = random.below(8) == 0;
            if (random.below(2) == 0) {
                std::uint32_t index = 99;
                bool found = false;
                const auto get = [&] { found = ring.get(index); };
                by_interrupt ? other_.run(get) : get();
                wrong += found == (size != 0) && (!found || index == inside[first]) ? 0U : 1U;
                if (found && size != 0) {
                    outside[spare++] = index;
                    first = first + 1 == capacity ? 0 : first + 1;
                    --size;
                }
            } else if (spare != 0) {
                // Any of them goes back.
                const std::uint32_t place = random.below(spare);
                const std::uint32_t index = std::exchange(outside[place], outside[spare - 1]);
                --spare;
                const auto put = [&] { ring.put(index); };
                by_interrupt ? other_.run(put) : put();
                const std::uint32_t end = first + size;
                inside[end >= capacity ? end - capacity : end] = index;
                ++size;
            }
            wrong += ring.approx_size() == size && ring.empty() == (size == 0) ? 0U : 1U;
        }
        check_.equal(wrong, 0, "an index ring does what a list of numbers would");
    }

    static constexpr std::uint32_t rounds = 96;
    static constexpr std::uint32_t moments = 64;

    checks& check_;
    beside<P, Others> other_;
};

}  // namespace conformance
