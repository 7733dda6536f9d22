// SPDX-License-Identifier: BSL-1.0
//
// Goal: the freeze test sees what it is there to see.
// Method: queues whose faults are known are stopped everywhere.
//   a ticket queue (Dmitry Vyukov's; ticket_queue has the same shape): a producer that has its
//     ticket and stands still hides every later item; a consumer leaves a drained queue full
//   a ring behind a spin lock: whoever stands still with the lock hangs everybody
// Both must have bad boundaries, but not at every one: before and after it they work.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#if __has_include(<pawl/containers/ticket_queue.hpp>)
#include <pawl/containers/ticket_queue.hpp>
#endif

#include "freeze/freeze.hpp"
#include "freeze/queue_program.hpp"

#if FREEZE_IS_POSSIBLE

namespace {

constexpr std::uint32_t entries = 4;

class tickets {
public:
    static constexpr std::uint32_t capacity = entries;
    static constexpr std::uint32_t slots_in_hand = 0;
    static constexpr bool owns_numbers = false;

    tickets() {
        for (std::uint32_t i = 0; i < entries; ++i) {
            cells_[i].turn = i;
        }
    }

    bool push(std::uint32_t number) {
        for (std::uint32_t position = tail_.load(relaxed);;) {
            cell& mine = cells_[position % entries];
            const std::uint32_t turn = mine.turn.load(acquire);
            if (turn == position) {
                if (tail_.compare_exchange_weak(position, position + 1, relaxed)) {
                    mine.number = number;
                    mine.turn.store(position + 1, release);
                    return true;
                }
            } else if (turn - position > entries) {
                return false;
            } else {
                position = tail_.load(relaxed);
            }
        }
    }

    bool pop(std::uint32_t& number) {
        for (std::uint32_t position = head_.load(relaxed);;) {
            cell& mine = cells_[position % entries];
            const std::uint32_t turn = mine.turn.load(acquire);
            if (turn == position + 1) {
                if (head_.compare_exchange_weak(position, position + 1, relaxed)) {
                    number = mine.number;
                    mine.turn.store(position + entries, release);
                    return true;
                }
            } else if (turn - (position + 1) > entries) {
                return false;
            } else {
                position = head_.load(relaxed);
            }
        }
    }

private:
    static constexpr auto relaxed = std::memory_order_relaxed;
    static constexpr auto acquire = std::memory_order_acquire;
    static constexpr auto release = std::memory_order_release;

    struct cell {
        std::atomic<std::uint32_t> turn;
        std::uint32_t number = 0;
    };

    cell cells_[entries];
    std::atomic<std::uint32_t> head_{0};
    std::atomic<std::uint32_t> tail_{0};
};

class locked {
public:
    static constexpr std::uint32_t capacity = entries;
    static constexpr std::uint32_t slots_in_hand = 0;
    static constexpr bool owns_numbers = false;

    bool push(std::uint32_t number) {
        lock();
        const bool room = inside_.size() < entries;
        if (room) {
            inside_.push(number);
        }
        lock_.store(0, std::memory_order_release);
        return room;
    }

    bool pop(std::uint32_t& number) {
        lock();
        const bool any = inside_.size() != 0;
        if (any) {
            number = inside_.pop();
        }
        lock_.store(0, std::memory_order_release);
        return any;
    }

private:
    void lock() {
        while (lock_.exchange(1, std::memory_order_acquire) != 0) {
        }
    }

    std::atomic<std::uint32_t> lock_{0};
    freeze::plain_queue inside_;
};

#if __has_include(<pawl/containers/ticket_queue.hpp>)
struct ticket_sibling {
    static constexpr std::uint32_t capacity = entries;
    static constexpr std::uint32_t slots_in_hand = 0;
    static constexpr bool owns_numbers = false;

    bool push(std::uint32_t number) { return tested.try_push(number); }
    bool pop(std::uint32_t& number) { return tested.try_pop(number); }

    pawl::ticket_queue<std::uint32_t, entries, freeze::platform<>> tested;
};
#endif

bool all_shown = true;

// Stops one operation in a state of which the others must suffer.
template <class Subject>
void must_fail(freeze::freezer& ice, const char* name, char operation, freeze::state start,
               const char* script, bool hangs) {
    for (const freeze::from who : {freeze::from::handler, freeze::from::thread}) {
        const freeze::result found =
            freeze::queue_program<Subject>::run(ice, operation, start, who, script);
        const bool shown = found.bad != 0 && (hangs ? found.hung != 0 : found.hung == 0) &&
                           (hangs || found.bad < found.boundaries);
        std::printf("%-8s %-4s %-5s %-8s %3u boundaries, %2u bad, %u hung%s\n", name,
                    operation == 'p' ? "push" : "pop", start.name, text(who), found.boundaries,
                    found.bad, found.hung, shown ? "" : ": the fault was not seen");
        all_shown = all_shown && shown;
    }
}

template <class Subject>
void must_fail_like_tickets(freeze::freezer& ice, const char* name) {
    must_fail<Subject>(ice, name, 'p', {"few", 2, 0}, "ggpg", false);
    must_fail<Subject>(ice, name, 'g', {"full", entries, 0}, "gggggp", false);
}

}  // namespace

int main() {
    freeze::freezer ice;
    must_fail_like_tickets<tickets>(ice, "tickets");
#if __has_include(<pawl/containers/ticket_queue.hpp>)
    must_fail_like_tickets<ticket_sibling>(ice, "sibling");
#endif
    // They hang for good; there is no need to wait long.
    freeze::freezer hasty{{0, 50}};
    must_fail<locked>(hasty, "lock", 'p', {"few", 2, 0}, "gp", true);
    must_fail<locked>(hasty, "lock", 'g', {"few", 2, 0}, "gp", true);
    return all_shown ? EXIT_SUCCESS : EXIT_FAILURE;
}

#else

int main() {
    std::puts("skip: the freeze test needs x86-64 and Linux");
    return freeze::exit_skipped;
}

#endif
