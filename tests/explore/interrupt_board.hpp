// SPDX-License-Identifier: BSL-1.0
//
// interrupt_board: a microcontroller on the host, whose interrupts come at every access to a word.
//
// Goal: the real code of a `workers = 0` scheduler (or of a ring alone) under interrupts, exactly
// where they can hurt. Method: every access to a word of the platform is a place where an interrupt
// may come; at_every_access() runs a program once for each such place, with an interrupt there, and
// for each pair of places with a second, more urgent interrupt inside of the first. An interrupt
// runs in one piece, as on one core; where critical sections mask it, it comes at their end.
//
//   word            counts accesses. Masked: read-modify-writes are critical sections, as are rings
//   clock           32-bit milliseconds that start where the program says, and wrap
//   sleep_until()   a pending interrupt wakes at once; otherwise the program sleeps to the next
//                   tick, and that is counted. Sleeping while work was submitted is what must not
//                   happen.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ratio>

#include <pawl/platform/platform.hpp>

namespace explore {

class interrupts {
public:
    using handler = void (*)();

    // What happens at the access number `at`, and at the access number `nested_at` of the first
    // handler. never: not at all.
    static constexpr std::uint32_t never = 0xFFFF'FFFF;

    static void arm(handler first, std::uint32_t at, handler nested, std::uint32_t nested_at) {
        levels_[0] = {first, at, false};
        levels_[1] = {nested, nested_at, false};
        level_ = 0;
        masked_ = 0;
        accesses_ = 0;
    }

    // Whether the interrupt of this level has come, since arm().
    static bool came(int level) { return levels_[level].at == delivered; }

    static void access() {
        ++accesses_;
        request& next = levels_[level_ < 2 ? level_ : 1];
        if (level_ < 2 && next.at < delivered) {
            if (next.at == 0) {
                next.pending = true;
                next.at = delivered - 1;  // requested: never again by count
            } else if (next.at != delivered - 1) {
                --next.at;
            }
        }
        deliver();
    }

    static void mask() { ++masked_; }
    static void unmask() {
        --masked_;
        deliver();
    }
    static bool masked() { return masked_ != 0; }
    static bool pending() { return level_ < 2 && levels_[level_].pending; }
    static bool inside() { return level_ != 0; }

    // Accesses of the whole program, by now.
    static std::uint32_t accesses() { return accesses_; }

private:
    static constexpr std::uint32_t delivered = never - 1;

    struct request {
        handler run;
        std::uint32_t at;
        bool pending;
    };

    static void deliver() {
        if (masked_ != 0 || !pending()) {
            return;
        }
        request& mine = levels_[level_];
        mine.pending = false;
        mine.at = delivered;
        ++level_;
        mine.run();
        --level_;
    }

    static inline request levels_[2] = {};
    static inline int level_ = 0;
    static inline int masked_ = 0;
    static inline std::uint32_t accesses_ = 0;
};

template <bool Masked>
class interrupt_board {
public:
    struct critical {
        critical() { interrupts::mask(); }
        ~critical() { interrupts::unmask(); }
        critical(const critical&) = delete;
        critical& operator=(const critical&) = delete;
    };

    class word {
    public:
        constexpr word() noexcept = default;
        word(const word&) = delete;
        word& operator=(const word&) = delete;

        std::uint32_t load(std::memory_order) const noexcept {
            interrupts::access();
            return value_;
        }
        void store(std::uint32_t value, std::memory_order) noexcept {
            interrupts::access();
            value_ = value;
        }
        std::uint32_t exchange(std::uint32_t value, std::memory_order) noexcept {
            return change([=](std::uint32_t) { return value; });
        }
        std::uint32_t fetch_add(std::uint32_t value, std::memory_order) noexcept {
            return change([=](std::uint32_t old) { return old + value; });
        }
        std::uint32_t fetch_sub(std::uint32_t value, std::memory_order) noexcept {
            return change([=](std::uint32_t old) { return old - value; });
        }
        std::uint32_t fetch_or(std::uint32_t value, std::memory_order) noexcept {
            return change([=](std::uint32_t old) { return old | value; });
        }
        std::uint32_t fetch_and(std::uint32_t value, std::memory_order) noexcept {
            return change([=](std::uint32_t old) { return old & value; });
        }
        bool compare_exchange_strong(std::uint32_t& expected, std::uint32_t desired,
                                     std::memory_order, std::memory_order) noexcept {
            interrupts::access();
            if (value_ != expected) {
                expected = value_;
                return false;
            }
            value_ = desired;
            return true;
        }
        bool compare_exchange_weak(std::uint32_t& expected, std::uint32_t desired,
                                   std::memory_order success, std::memory_order failure) noexcept {
            return compare_exchange_strong(expected, desired, success, failure);
        }

    private:
        template <class Change>
        std::uint32_t change(Change next) noexcept {
            interrupts::access();
            const std::uint32_t old = value_;
            value_ = next(old);
            return old;
        }

        std::uint32_t value_ = 0;
    };

    using duration = std::chrono::duration<std::int32_t, std::milli>;
    using tick = duration;
    using time_point = std::chrono::time_point<interrupt_board, duration>;

    static constexpr bool has_threads = false;
    static constexpr bool has_compare_exchange = !Masked;
    static constexpr duration now_error{1};
    static constexpr duration calendar_sleep_max = duration::max();

    static time_point now() noexcept {
        return time_point{duration{static_cast<std::int32_t>(milliseconds)}};
    }
    static std::chrono::sys_seconds wall_now() noexcept {
        return std::chrono::sys_seconds{std::chrono::seconds{elapsed_ms / 1000}};
    }

    static bool may_submit() noexcept { return submitting_is_allowed; }
    static bool in_interrupt() noexcept { return interrupts::inside(); }

    template <class Busy>
    static void sleep_until(time_point, Busy&& busy) noexcept {
        interrupts::mask();
        if (!busy() && !interrupts::pending()) {
            ++milliseconds;  // the tick's interrupt
            ++elapsed_ms;
            ++sleeps;
            if (was_slept_through != nullptr) {
                was_slept_through();
            }
        }
        interrupts::unmask();
    }

    static void reset(std::uint32_t first_ms) {
        milliseconds = first_ms;
        elapsed_ms = 0;
        sleeps = 0;
        submitting_is_allowed = true;
    }

    static inline std::uint32_t milliseconds = 0;
    static inline std::int64_t elapsed_ms = 0;
    static inline std::uint32_t sleeps = 0;
    static inline bool submitting_is_allowed = true;
    // Called when the core falls asleep, to look whether it should not have.
    static inline void (*was_slept_through)() = nullptr;
};

// Runs `program` for each place of the first interrupt and, with `nested`, of the second one in it.
// Returns how often it ran. The program ends the process itself if it finds a fault.
template <class Program>
std::uint64_t at_every_access(interrupts::handler first, interrupts::handler nested,
                              Program&& program) {
    std::uint64_t runs = 0;
    for (std::uint32_t at = 0;; ++at) {
        for (std::uint32_t nested_at = 0;; ++nested_at) {
            const bool two = nested != nullptr;
            interrupts::arm(first, at, nested, two ? nested_at : interrupts::never);
            program(at, nested_at);
            ++runs;
            if (!interrupts::came(0)) {
                return runs;  // the program has no access of this number
            }
            if (!two || !interrupts::came(1)) {
                break;
            }
        }
    }
}

}  // namespace explore
