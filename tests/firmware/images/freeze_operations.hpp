// SPDX-License-Identifier: BSL-1.0
//
// The operations that are interrupted at each of their instructions. See freeze.hpp.
#pragma once

#include <cstdint>

#include "freeze_program.hpp"

namespace freeze {

struct operation {
    const char* name;
    std::uint32_t least;  // instructions; fewer are not the whole of it
    bool polls;           // so that who polls inside of it is told `busy`
    bool sleeps;          // until an interrupt comes
    bool repeats;         // time goes on step by step afterwards
    void (*before)();
    void (*call)();
    void (*after)();
};

template <class Machine>
struct operations {
    using p = program<Machine>;

    static void none() {}
    static void answered() { now.submitted(who::loop, victim, p::answer); }

    // Used slots, three jobs that are ready.
    static void three_ready() {
        p::use_all_slots();
        p::enqueue(early_a);
        p::enqueue(target);
        p::enqueue(early_b);
    }
    // In the wheel: two that are due, one that was cancelled. In the inbox: one for later, and one
    // that was cancelled.
    static void much_to_file() {
        p::use_all_slots();
        p::schedule(5ms, due_a);
        p::schedule(5ms, due_b);
        p::schedule(2h, crowd);
        p::poll_all();
        p::cancel(crowd);
        clock_ms = clock_ms + 7;
        p::schedule(1h, target);
        p::schedule(3h, crowd);
        p::cancel(crowd);
    }
    static void fill() {
        while (p::jobs.counts().enqueued < p::jobs_max) {
            p::enqueue(crowd);
        }
    }
    static void far_timer() {
        p::use_all_slots();
        p::schedule(1h, target);
        p::poll_all();
    }
    // Who asks when to wake is told what was so at some moment of the call.
    static void woke_rightly() {
        now.check(p::woke == p::woke_before || p::woke == p::woke_between ||
                      p::woke == p::jobs.next_wake(),
                  "next_wake() says what never was");
    }

    static constexpr operation all[] = {
        {"enqueue: first use", 30, false, false, false, none,
         [] { p::answer = p::jobs.enqueue(typename p::job{victim}); }, answered},
        {"enqueue", 30, false, false, false, three_ready,
         [] { p::answer = p::jobs.enqueue(typename p::job{victim}); }, answered},
        {"enqueue: last slot", 30, false, false, false,
         [] {
             three_ready();
             for (std::uint32_t i = 4; i < p::jobs_max; ++i) {
                 p::enqueue(crowd);
             }
         },
         [] { p::answer = p::jobs.enqueue(typename p::job{victim}); },
         [] {
             answered();
             now.check(now.accepted[victim] + now.accepted[mine] != 0, "the last slot is refused");
         }},
        {"enqueue: full", 15, false, false, false,
         [] {
             three_ready();
             fill();
         },
         [] { p::answer = p::jobs.enqueue(typename p::job{victim}); }, answered},
        {"schedule", 40, false, false, false, three_ready,
         [] { p::answer = p::jobs.schedule(1h, typename p::job{victim}); }, answered},
        {"schedule: at once", 30, false, false, false, three_ready,
         [] { p::answer = p::jobs.schedule(0ms, typename p::job{victim}); }, answered},
        {"cancel: ready", 10, false, false, false, three_ready,
         [] { p::said = p::jobs.cancel(now.id[target]); },
         [] { now.cancelled[0][target] = p::said; }},
        {"cancel: posted", 10, false, false, false,
         [] {
             p::use_all_slots();
             p::schedule(5ms, target);
         },
         [] { p::said = p::jobs.cancel(now.id[target]); },
         [] { now.cancelled[0][target] = p::said; }},
        {"cancel: in the wheel", 20, false, false, false,
         [] {
             p::use_all_slots();
             p::schedule(5ms, target);
             p::poll_all();
         },
         [] { p::said = p::jobs.cancel(now.id[target]); },
         [] { now.cancelled[0][target] = p::said; }},
        // The interrupt's poll() ends the job, and its last submission gets the slot.
        {"cancel: slot used again", 10, false, false, false,
         [] {
             p::use_all_slots();
             p::enqueue(target);
             fill();
         },
         [] { p::said = p::jobs.cancel(now.id[target]); },
         [] { now.cancelled[0][target] = p::said; }},
        {"poll: runs one", 60, true, false, false,
         [] {
             p::use_all_slots();
             p::enqueue(target);
         },
         [] { p::jobs.poll(); }, none},
        {"poll: runs three", 120, true, false, false, three_ready, [] { p::jobs.poll(); }, none},
        {"poll: nothing", 15, false, false, false, p::use_all_slots, [] { p::jobs.poll(); }, none},
        {"poll: timers", 200, true, false, false, much_to_file, [] { p::jobs.poll(); }, none},
        {"poll: one is due", 100, true, false, false,
         [] {
             p::use_all_slots();
             p::schedule(5ms, target);
             p::poll_all();
             clock_ms = clock_ms + 7;
         },
         [] { p::jobs.poll(); }, none},
        {"poll: cancelled", 60, true, false, false,
         [] {
             p::use_all_slots();
             p::schedule(1h, due_a);
             p::schedule(1h, target);
             p::poll_all();
             p::enqueue(early_a);
             p::cancel(early_a);
             p::cancel(due_a);
         },
         [] { p::jobs.poll(); }, none},
        {"poll: every", 100, true, false, true,
         [] {
             p::use_all_slots();
             p::entry = p::jobs.every(5ms, typename p::job{repeated});
             p::schedule(1h, target);
             p::poll_all();
             clock_ms = clock_ms + 6;
         },
         [] { p::jobs.poll(); }, none},
        {"every", 60, false, false, true, three_ready,
         [] { p::entry = p::jobs.every(5ms, typename p::job{repeated}); },
         [] { now.check(static_cast<bool>(p::entry), "every() is refused"); }},
        {"every: rarely", 60, false, false, false, three_ready,
         [] { p::entry = p::jobs.every(1h, typename p::job{repeated}); },
         [] { now.check(static_cast<bool>(p::entry), "every() is refused"); }},
        {"next_wake: ready", 8, false, false, false,
         [] {
             three_ready();
             p::woke_before = p::jobs.next_wake();
         },
         [] { p::woke = p::jobs.next_wake(); }, woke_rightly},
        {"next_wake: a deadline", 15, false, false, false,
         [] {
             p::use_all_slots();
             p::schedule(4ms, target);
             p::poll_all();
             p::woke_before = p::jobs.next_wake();
         },
         [] { p::woke = p::jobs.next_wake(); }, woke_rightly},
        {"wait: ready", 15, false, false, false, three_ready, [] { p::jobs.wait(); }, none},
        {"wait: one is due", 15, false, false, false,
         [] {
             p::use_all_slots();
             p::schedule(5ms, target);
             p::poll_all();
             clock_ms = clock_ms + 7;
         },
         [] { p::jobs.wait(); }, none},
        {"wait: sleeps", 15, false, true, false, far_timer, [] { p::jobs.wait(); }, none},
        {"wait: sleeps, a timer", 15, false, true, false,
         [] {
             far_timer();
             p::leaves_timer = true;
         },
         [] { p::jobs.wait(); }, none},
    };
};

}  // namespace freeze
