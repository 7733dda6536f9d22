// SPDX-License-Identifier: BSL-1.0
//
// blocking_queue: a queue to wait at, until there is an item, or room, or a deadline has come.
//
// What: mpmc_queue.hpp with sleep: push() waits for room and pop() for an item, both with a
// deadline if wanted, and close() ends it: no more is accepted, what is in there still comes out,
// and then everybody who waits is told so. The names are those of the coming std::bounded_queue
// (P0260).
//
// Why not in the queue itself: who polls, or has a scheduler to be woken by, pays nothing for it.
// Why not a mutex and two condition variables: whoever is stopped with the mutex in its hand stops
// all others. Here the try_ operations are never blocked by a thread that stands still; only
// "closed and empty" waits for pushes that had begun before close().
//
// How it works: those who wait sit in one of two rooms (waiting_room.hpp). A push visits the
// consumers' room, and calls one of them; a pop calls a producer. Nobody is called who does not
// sleep, so a queue that neither runs empty nor full makes no system call.
//
// On bare metal the main loop may wait, and the core sleeps; interrupts use the try_ operations.
// With virtual time (manual_platform) a wait moves the clock to its deadline, and one without a
// deadline is over at once: timeout.
//
// Cost, beside the queue's own: a push two read-modify-writes, a pop one; a sleep, or a wake, the
// system's. Up to `Waiters` threads a side sleep until they are called; more wait in steps of a
// millisecond.
// Who may call: try_push, try_pop, close any thread or interrupt; what waits a thread, or the main
// loop; the destructor alone.
//
//   pawl::blocking_queue<request, 64> inbox;
//   // producers:            inbox.push(std::move(mine));      // success, or closed
//   // a consumer:           while (std::optional<request> next = inbox.pop()) { serve(*next); }
//   // with a deadline:      if (inbox.pop_for(next, 10ms) == queue_errc::timeout) { idle(); }
//   // at the end:           inbox.close();
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/containers/mpmc_queue.hpp>
#include <pawl/execution/waiting_room.hpp>
#include <pawl/platform/default_platform.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/time/tick_clock.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// What an operation on a blocking_queue came to.
enum class queue_errc : std::uint8_t {
    success,
    empty,    // there is no item now
    full,     // there is no room now
    closed,   // there will be none any more
    timeout,  // none until the deadline
};

template <class T, std::uint32_t Capacity, platform Platform = default_platform,
          std::uint32_t Waiters = 16>
class blocking_queue {
public:
    using value_type = T;
    using time_point = typename Platform::time_point;

    constexpr blocking_queue() noexcept = default;
    constexpr explicit blocking_queue(const Platform& machine) noexcept : machine_{machine} {}
    blocking_queue(const blocking_queue&) = delete;
    blocking_queue& operator=(const blocking_queue&) = delete;

    // Puts an item at the end as soon as there is room: success or closed. The argument is as it
    // was unless the answer is success, here and below.
    queue_errc push(const T& item) noexcept { return push_by(std::nullopt, item); }
    queue_errc push(T&& item) noexcept { return push_by(std::nullopt, std::move(item)); }
    // success, closed or timeout.
    queue_errc push_until(const T& item, time_point deadline) noexcept {
        return push_by(deadline, item);
    }
    queue_errc push_until(T&& item, time_point deadline) noexcept {
        return push_by(deadline, std::move(item));
    }
    // For a time of any unit, rounded up; one that is too long for a deadline is for ever.
    template <class Rep, class Period>
    queue_errc push_for(const T& item, std::chrono::duration<Rep, Period> time) noexcept {
        return push_by(after(time), item);
    }
    template <class Rep, class Period>
    queue_errc push_for(T&& item, std::chrono::duration<Rep, Period> time) noexcept {
        return push_by(after(time), std::move(item));
    }
    // success, full or closed; at once.
    [[nodiscard]] queue_errc try_push(const T& item) noexcept { return push_now(item); }
    [[nodiscard]] queue_errc try_push(T&& item) noexcept { return push_now(std::move(item)); }
    template <class... Arguments>
    [[nodiscard]] queue_errc try_emplace(Arguments&&... arguments) noexcept {
        return push_now(std::forward<Arguments>(arguments)...);
    }

    // Takes the first item as soon as there is one: success or closed. `item` is as it was unless
    // the answer is success, here and below.
    queue_errc pop(T& item) noexcept { return pop_by(std::nullopt, into(item)); }
    // Nothing: the queue is closed, and all that was in there is taken.
    [[nodiscard]] std::optional<T> pop() noexcept {
        std::optional<T> item;
        pop_by(std::nullopt, into(item));
        return item;
    }
    // success, closed or timeout.
    queue_errc pop_until(T& item, time_point deadline) noexcept {
        return pop_by(deadline, into(item));
    }
    template <class Rep, class Period>
    queue_errc pop_for(T& item, std::chrono::duration<Rep, Period> time) noexcept {
        return pop_by(after(time), into(item));
    }
    // success, empty or closed; at once.
    [[nodiscard]] queue_errc try_pop(T& item) noexcept { return pop_now(into(item)); }
    [[nodiscard]] std::optional<T> try_pop() noexcept {
        std::optional<T> item;
        pop_now(into(item));
        return item;
    }

    // From now on every push answers closed, and so does a pop once the queue is empty. Wakes all
    // who wait. Twice is once.
    void close() noexcept {
        consumers_.call_all(machine_, consumers_.close());
        producers_.call_all(machine_, producers_.look());
    }
    [[nodiscard]] bool is_closed() const noexcept { return consumers_.glance().closed(); }

    // As for mpmc_queue.
    [[nodiscard]] std::uint32_t approx_size() const noexcept { return queue_.approx_size(); }
    [[nodiscard]] bool empty() const noexcept { return queue_.empty(); }
    [[nodiscard]] static constexpr std::uint32_t capacity() noexcept { return Capacity; }

    // The platform, which a test may have to move.
    [[nodiscard]] Platform& machine() noexcept { return machine_; }

private:
    using view = waiting_room_view;

    // What takes an item out: T& and std::optional<T>& alike.
    auto into(T& item) noexcept {
        return [this, &item]() noexcept { return queue_.try_pop(item); };
    }
    auto into(std::optional<T>& item) noexcept {
        return [this, &item]() noexcept {
            if (std::optional<T> first = queue_.try_pop()) {
                item.emplace(std::move(*first));
            }
            return item.has_value();
        };
    }

    template <class... Arguments>
    queue_errc push_now(Arguments&&... arguments) noexcept {
        queue_errc result = queue_errc::closed;
        if (!consumers_.enter().closed()) {
            result = queue_.try_emplace(std::forward<Arguments>(arguments)...) ? queue_errc::success
                                                                               : queue_errc::full;
        }
        const view after = consumers_.leave();
        if (after.closed()) {
            // Somebody may wait for this visit to end.
            consumers_.call_all(machine_, after);
        } else if (result == queue_errc::success) {
            consumers_.call_one(machine_, after);
        }
        return result;
    }

    template <class Item>
    queue_errc push_by(std::optional<time_point> deadline, Item&& item) noexcept {
        return producers_.wait(
            machine_, limit(deadline), queue_errc::full, queue_errc::timeout,
            [&]() noexcept { return push_now(std::forward<Item>(item)); },
            [this]() noexcept { return queue_.approx_size() < Capacity; });
    }

    template <class Take>
    queue_errc pop_now(Take&& take) noexcept {
        if (!take()) {
            if (!consumers_.glance().deserted()) {
                return queue_errc::empty;
            }
            // What is in there now is all that will ever be.
            if (!take()) {
                return queue_errc::closed;
            }
        }
        producers_.call_one(machine_, producers_.look());
        return queue_errc::success;
    }

    template <class Take>
    queue_errc pop_by(std::optional<time_point> deadline, Take&& take) noexcept {
        return consumers_.wait(
            machine_, limit(deadline), queue_errc::empty, queue_errc::timeout,
            [&]() noexcept { return pop_now(take); },
            [this]() noexcept { return !queue_.empty(); });
    }

    template <class Time>
    std::optional<time_point> after(Time time) const noexcept {
        using clock = tick_clock<Platform>;
        const auto delay = clock::delay(time);
        return delay ? std::optional{clock::after(machine_.now(), *delay)} : std::nullopt;
    }

    // With virtual time nobody else runs while this one waits: what would be for ever ends at once.
    std::optional<time_point> limit(std::optional<time_point> deadline) const noexcept {
        if constexpr (requires { Platform::is_manual; }) {
            return deadline ? deadline : std::optional{machine_.now()};
        } else {
            return deadline;
        }
    }

    mpmc_queue<T, Capacity, Platform> queue_;
    waiting_room<Waiters, Platform> consumers_;  // visited by pushes
    waiting_room<Waiters, Platform> producers_;
    PAWL_NO_UNIQUE_ADDRESS Platform machine_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
