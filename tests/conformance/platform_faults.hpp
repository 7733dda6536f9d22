// SPDX-License-Identifier: BSL-1.0
//
// Platforms of which one thing is wrong, and what check_platform() says of each.
//
// Goal: each mistake that a port can make is found, and named. Method: two platforms in virtual
// time with a fault as template argument (virtual_machine.hpp), and std_platform with a broken
// thread or word. Each function calls expect(said, sentence) for some of them:
// platform_conformance_test.cpp does so with Catch, platform_faults.cpp without.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include <pawl/platform/platform_conformance.hpp>
#include <pawl/platform/std_platform.hpp>

#include "conformance/virtual_machine.hpp"

namespace conformance {

inline std::string said(const pawl::platform_verdict& verdict) {
    return verdict ? "" : verdict.violation;
}

template <class P>
pawl::platform_verdict alone() {
    P machine;
    return pawl::check_platform(machine);
}
template <class P>
pawl::platform_verdict interrupted() {
    virtual_machine::reset();
    P machine;
    return pawl::check_platform(machine, virtual_interrupts{});
}
template <fault Fault>
std::string of_board() {
    return said(interrupted<virtual_board<Fault>>());
}
// On a core without compare-and-swap, words are right as far as critical sections are.
template <fault Fault>
std::string of_masked_board() {
    return said(interrupted<virtual_board<Fault, true>>());
}
template <fault Fault>
std::string of_kernel() {
    return said(interrupted<virtual_kernel<Fault>>());
}

// ---- A machine with threads, of which one thing is wrong ---------------------------------------

enum class broken { start, is_current, is_always_current, number, count, word };

template <broken What>
struct broken_threads : pawl::std_platform {
    class thread : public pawl::std_platform::thread {
        using base = pawl::std_platform::thread;

    public:
        [[nodiscard]] bool start(entry function, void* argument) noexcept {
            return What != broken::start && base::start(function, argument);
        }
        [[nodiscard]] bool is_current() const noexcept {
            return What == broken::is_always_current ||
                   (What != broken::is_current && base::is_current());
        }
    };
    static std::uint32_t thread_number() noexcept {
        return What == broken::number ? 1 : pawl::std_platform::thread_number();
    }
    static unsigned thread_count() noexcept {
        return What == broken::count ? 0 : pawl::std_platform::thread_count();
    }
};

// A load and a store, and time for somebody else in between.
class two_step_word {
public:
    [[nodiscard]] std::uint32_t load(std::memory_order order) const noexcept {
        return value_.load(order);
    }
    void store(std::uint32_t value, std::memory_order order) noexcept {
        value_.store(value, order);
    }
    std::uint32_t exchange(std::uint32_t value, std::memory_order order) noexcept {
        return value_.exchange(value, order);
    }
    std::uint32_t fetch_add(std::uint32_t value, std::memory_order) noexcept {
        const std::uint32_t old = value_.load();
        pawl::std_platform::yield();
        value_.store(old + value);
        return old;
    }
    std::uint32_t fetch_sub(std::uint32_t value, std::memory_order) noexcept {
        return fetch_add(0U - value, std::memory_order_seq_cst);
    }
    std::uint32_t fetch_or(std::uint32_t value, std::memory_order order) noexcept {
        return value_.fetch_or(value, order);
    }
    std::uint32_t fetch_and(std::uint32_t value, std::memory_order order) noexcept {
        return value_.fetch_and(value, order);
    }
    bool compare_exchange_weak(std::uint32_t& expected, std::uint32_t desired,
                               std::memory_order success, std::memory_order failure) noexcept {
        return value_.compare_exchange_weak(expected, desired, success, failure);
    }
    bool compare_exchange_strong(std::uint32_t& expected, std::uint32_t desired,
                                 std::memory_order success, std::memory_order failure) noexcept {
        return value_.compare_exchange_strong(expected, desired, success, failure);
    }

private:
    std::atomic<std::uint32_t> value_{0};
};
struct two_steps : pawl::std_platform {
    using word = two_step_word;
};

template <broken What>
std::string of_threads() {
    return said(alone<broken_threads<What>>());
}

// ---- All of them --------------------------------------------------------------------------------

template <class Expect>
void broken_words(Expect&& expect) {
    using enum fault;
    expect(of_board<word_begins_anywhere>(), "a word does not begin at zero");
    expect(of_board<word_overwrites_neighbour>(), "a change of a word changes what lies beside it");
    expect(of_board<word_stores_half>(), "load() returns something else than was stored");
    const std::string answers = "exchange() or a fetch_...() does not return what was there";
    expect(of_board<exchange_returns_new>(), answers);
    expect(of_board<add_returns_new>(), answers);
    expect(of_board<exchange_keeps_old>(), "exchange() leaves something else than it was given");
    expect(of_board<add_saturates>(),
           "fetch_add() leaves something else than the sum, modulo 2^32");
    expect(of_board<subtract_saturates>(),
           "fetch_sub() leaves something else than the difference, modulo 2^32");
    expect(of_board<or_adds>(), "fetch_or() leaves other bits");
    expect(of_board<and_clears>(), "fetch_and() leaves other bits");
    const std::string refuses =
        "compare_exchange_...() succeeds although the word is not as expected";
    expect(of_board<compare_ignores_expected>(), refuses);
    expect(of_board<compare_looks_at_half>(), refuses);
    expect(of_board<compare_tells_nothing>(),
           "compare_exchange_...() that fails does not say what is there");
    expect(of_board<compare_stores_always>(), "compare_exchange_...() that fails changes the word");
    expect(of_board<compare_stores_never>(), "compare_exchange_...() succeeds and does not store");
    expect(of_board<weak_always_fails>(),
           "compare_exchange_weak() fails again and again, although the word is as expected");
}

template <class Expect>
void torn_words(Expect&& expect) {
    using enum fault;
    expect(of_board<word_is_torn_by_add>(), "fetch_add() or fetch_sub() is not atomic");
    expect(of_board<word_is_torn_by_compare>(), "compare_exchange_...() is not atomic");
    expect(of_board<word_is_torn_by_exchange>(), "exchange() is not atomic");
    expect(of_board<word_is_torn_by_or>(), "fetch_or() or fetch_and() is not atomic");
    expect(said(alone<two_steps>()), "fetch_add() or fetch_sub() is not atomic");
}

template <class Expect>
void broken_clocks(Expect&& expect) {
    using enum fault;
    expect(of_board<clock_goes_back>(), "now() goes back");
    expect(of_board<clock_stands_still>(), "now() stands still");
    expect(of_board<clock_is_cached>(), "now() is behind what another one has read before");
    expect(of_board<error_is_negative>(), "now_error is negative");
    expect(of_board<wall_is_of_1900>(), "wall_now() is outside of the years 1970 to 9999");
    expect(of_board<wall_cannot_be_set>(), "set_wall() sets wall_now() to something else");
    expect(of_board<wall_moves_the_clock>(), "set_wall() moves now()");
}

template <class Expect>
void broken_critical_sections(Expect&& expect) {
    using enum fault;
    const std::string masks = "an interrupt comes while a `critical` lives";
    expect(of_board<critical_masks_nothing>(), masks);
    expect(of_masked_board<critical_masks_nothing>(), masks);
    const std::string nests = "the end of a nested `critical` ends the outer one";
    expect(of_board<critical_does_not_nest>(), nests);
    expect(of_masked_board<critical_does_not_nest>(), nests);
    expect(of_board<critical_is_not_left>(), "what others should do is never done");
    expect(of_board<critical_unmasks_forever>(),
           "a `critical` does not mask after one in an interrupt");
    expect(of_board<interrupt_is_not_told>(), "in_interrupt() is false in an interrupt");
    expect(of_board<interrupt_is_always_told>(), "in_interrupt() is true in the main loop");
    expect(of_board<submission_is_refused>(), "may_submit() is false in the main loop");
    expect(of_board<submission_is_refused_below>(),
           "may_submit() is false in an interrupt that may");
}

template <class Expect>
void broken_sleeps(Expect&& expect) {
    using enum fault;
    expect(of_board<sleep_asks_nobody>(), "sleep_until() does not ask whether it is busy");
    expect(of_board<sleep_ignores_answer>(), "sleep_until() sleeps although it is busy");
    expect(of_board<sleep_looks_unmasked>(),
           "sleep_until() sleeps through an interrupt that came after it asked");
    expect(of_board<sleep_drops_interrupt>(), "an interrupt that came before the sleep is lost");
    expect(of_board<sleep_oversleeps>(), "sleep_until() does not wake at its deadline");
}

template <class Expect>
void broken_permits(Expect&& expect) {
    using enum fault;
    expect(of_kernel<park_oversleeps>(), "park_until() does not wake at its deadline");
    expect(of_kernel<park_turns_clock_back>(), "now() goes back in park_until()");
    expect(of_kernel<unpark_forgets>(), "a permit that was given before park_until() is forgotten");
    expect(of_kernel<unpark_does_nothing>(), "unpark() does not wake a sleeper");
    expect(of_kernel<permit_is_not_taken>(), "a permit is not taken by who parks");
}

template <class Expect>
void broken_threads_of(Expect&& expect) {
    expect(of_threads<broken::start>(), "thread.start() fails");
    expect(of_threads<broken::count>(), "thread_count() is 0");
    expect(of_threads<broken::is_always_current>(), "is_current() is true of another thread");
    expect(of_threads<broken::is_current>(),
           "is_current() is false of the thread itself, or it has two numbers");
    expect(of_threads<broken::number>(),
           "thread_number() is not a number of the thread's own, from 1");
}

}  // namespace conformance
