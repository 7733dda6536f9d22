// SPDX-License-Identifier: BSL-1.0
//
// Interrupts in interrupts: part of freeze.hpp, for cores whose interrupts have priorities. The
// window is what the less urgent one does.
//
// In each run the timer expires twice: first in the main loop's operation, always at the same
// instruction, where it causes interrupt 0, which begins when the timer's ends; then, one
// instruction further each time, in there.
#pragma once

#include <cstdint>

extern "C" {
[[gnu::noinline, gnu::used]] inline bool freeze_lower(bool (*call)()) {
    const bool busy = call();
    __asm__ volatile("" : : : "memory");
    return busy;
}
[[gnu::noinline, gnu::used]] inline void freeze_lower_end() { __asm__ volatile("" : : : "memory"); }
void Interrupt0_Handler() { freeze::on_cause(); }
}

namespace freeze {

template <class Machine>
class nested {
    using p = program<Machine>;

    struct sample {
        const char* name;
        const operation& what;
        std::uint32_t at;  // instructions from the aim: within the operation on each core
    };
    static constexpr const operation& operation_named(const char* name) {
        for (const operation& each : operations<Machine>::all) {
            const char* left = each.name;
            const char* right = name;
            while (*left != '\0' && *left == *right) {
                ++left;
                ++right;
            }
            if (*left == *right) {
                return each;
            }
        }
        __builtin_unreachable();  // does not compile: this is evaluated at compile time
    }
    static constexpr sample samples[] = {
        {"interrupt in enqueue", operation_named("enqueue"), 60},
        {"interrupt in poll", operation_named("poll: runs three"), 300},
    };

public:
    static std::uint32_t all(bool path_only) {
        board::enable(0);
        nvic::set_priority(0, 0x80);  // SysTick is at 0: more urgent
        on_expiry = &expired;
        on_cause = &caused;
        std::uint32_t bad = 0;
        for (const sample& each : samples) {
            if (path_only) {
                start(each, 0);
            } else {
                bad += everywhere(each);
            }
        }
        return bad;
    }

private:
    static inline std::uint32_t next_aim = 0;
    static inline volatile bool lower = false;  // in the less urgent one, or about to be
    static inline volatile bool lower_was_busy = false;

    static void expired(std::uintptr_t from) {
        if (!inside) {
            return;
        }
        if (hits == 0) {
            lower = true;
            board::pend(0);
            if (next_aim != 0) {
                aim::arm(next_aim);
            }
        } else if (lower) {
            came_at = from;
            was_busy = p::urgent_interrupt();
        } else {
            return;  // too late
        }
        hits = hits + 1;
    }

    static void caused() {
        lower_was_busy = freeze_lower(&p::interrupt);
        freeze_lower_end();
        lower = false;
    }

    static void start(const sample& which, std::uint32_t aim) {
        p::begin();
        which.what.before();
        hits = 0;
        was_busy = false;
        next_aim = aim;
        inside = true;
        __asm__ volatile("" : : : "memory");
        aim::arm(which.at);
        freeze_below(which.what.call);
        __asm__ volatile("" : : : "memory");
        inside = false;
        aim::disarm();
    }

    static std::uint32_t everywhere(const sample& which) {
        tally seen{which.name};
        std::uint32_t aim = 1;
        for (; aim < aim_max; ++aim) {
            start(which, aim);
            which.what.after();
            p::end(which.what.repeats);
            if (hits != 2) {
                break;
            }
            now.check(lower_was_busy == which.what.polls, "poll() of the one below is not busy");
            seen.add(aim, came_at, was_busy);
        }
        seen.check(hits == 1 && aim < aim_max, "it has no end, or no beginning");
        seen.check(seen.places >= 100, "fewer places than an interrupt has instructions");
        seen.check(seen.busy_parts == 1, "poll() is not busy from one instruction to another one");
        seen.end();
        return seen.bad;
    }
};

}  // namespace freeze
