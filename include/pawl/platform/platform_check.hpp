// SPDX-License-Identifier: BSL-1.0
//
// platform_check: says in a sentence what a platform lacks.
//
// The concept `platform` is true of every type that it is asked about, or the compilation ends
// here: a static_assert for each member, which names it and how it is declared. (A concept by
// itself would only answer that constraints are not satisfied.) What the members mean stands in
// platform.hpp.
//
//   struct board : pawl::bare_metal {};                // forgot its clock
//   pawl::scheduler<small, board> jobs;
//   error: static assertion failed: pawl: the platform has no `static time_point now() noexcept`
//
// Cost: none; compile time only.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <utility>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// A word of memory shared between threads or with interrupts.
template <class Word>
concept platform_word = requires(Word word, const Word constant, std::uint32_t value) {
    { constant.load(std::memory_order_relaxed) } -> std::same_as<std::uint32_t>;
    {word.store(value, std::memory_order_relaxed)};
    { word.exchange(value, std::memory_order_relaxed) } -> std::same_as<std::uint32_t>;
    { word.fetch_add(value, std::memory_order_relaxed) } -> std::same_as<std::uint32_t>;
    { word.fetch_sub(value, std::memory_order_relaxed) } -> std::same_as<std::uint32_t>;
    { word.fetch_or(value, std::memory_order_relaxed) } -> std::same_as<std::uint32_t>;
    { word.fetch_and(value, std::memory_order_relaxed) } -> std::same_as<std::uint32_t>;
    {
        word.compare_exchange_weak(value, value, std::memory_order_relaxed,
                                   std::memory_order_relaxed)
        } -> std::same_as<bool>;
    {
        word.compare_exchange_strong(value, value, std::memory_order_relaxed,
                                     std::memory_order_relaxed)
        } -> std::same_as<bool>;
};

// Sleepers have permits, and are woken by name.
template <class P>
concept parking_platform = requires(P machine, typename P::parker parker,
                                    typename P::time_point time) {
    { machine.park(parker) }
    noexcept;
    { machine.park_until(parker, time) }
    noexcept;
    { machine.unpark(parker) }
    noexcept;
};

// One core: the main loop sleeps, and whatever submits is an interrupt and wakes it.
template <class P>
concept interrupt_platform =
    !P::has_threads && requires(P machine, typename P::time_point time, bool (*busy)()) {
    typename P::critical;
    { machine.sleep_until(time, busy) }
    noexcept;
    { machine.may_submit() } -> std::same_as<bool>;
    { P::has_compare_exchange } -> std::convertible_to<bool>;
};

template <class P>
struct platform_check {
    static_assert(
        requires { typename P::word; },
        "pawl: the platform has no type `word`: 32 bits with the members of "
        "std::atomic<std::uint32_t>");
    static_assert(
        !requires { typename P::word; } || platform_word<typename P::word>,
        "pawl: the platform's `word` lacks one of load, store, exchange, fetch_add, "
        "fetch_sub, fetch_or, fetch_and, compare_exchange_weak and _strong, each with "
        "std::memory_order, as std::atomic<std::uint32_t> has them");
    static_assert(
        requires { typename P::duration; },
        "pawl: the platform has no type `duration`, a std::chrono::duration: what its "
        "clock counts in");
    static_assert(
        requires { typename P::time_point; },
        "pawl: the platform has no type `time_point`, a std::chrono::time_point of its "
        "`duration`");
    static_assert(
        requires { typename P::tick; },
        "pawl: the platform has no type `tick`, the resolution of timers: a "
        "std::chrono::duration at least as coarse as `duration`");
    static_assert(
        requires(P machine) {
            { machine.now() }
            noexcept->std::same_as<typename P::time_point>;
        },
        "pawl: the platform has no `static time_point now() noexcept`");
    static_assert(
        requires {
            { P::now_error } -> std::convertible_to<typename P::duration>;
        },
        "pawl: the platform does not say how late its clock may be: static constexpr "
        "duration now_error");
    static_assert(
        requires {
            { P::calendar_sleep_max } -> std::convertible_to<typename P::duration>;
        },
        "pawl: the platform does not say how long it may sleep before it looks at the "
        "calendar again: static constexpr duration calendar_sleep_max");
    static_assert(
        requires {
            { P::has_threads } -> std::convertible_to<bool>;
        },
        "pawl: the platform does not say whether it has threads: static constexpr bool "
        "has_threads");
    static_assert(parking_platform<P> || interrupt_platform<P>,
                  "pawl: the platform cannot sleep: give it `parker` with park(), park_until() and "
                  "unpark(), or, on a core whose interrupts submit, `critical`, sleep_until(time, "
                  "busy), may_submit() and has_compare_exchange, all of them noexcept");

    static constexpr bool complete = true;
};

}  // namespace PAWL_ABI
}  // namespace pawl
