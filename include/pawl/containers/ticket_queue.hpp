// SPDX-License-Identifier: BSL-1.0
//
// ticket_queue: a bounded queue for many producers and consumers where throughput comes first.
//
// What: first in, first out; one read-modify-write an operation, which is as few as there can be.
// For threads that a scheduler lets go on, such as the workers of a pool among themselves.
//
// What a stopped thread does to it, plainly. An operation takes a ticket and then works on that
// ticket's cell. A producer that is stopped in between hides every item that was pushed after its
// own: pops fail, though the queue is not empty. A consumer that is stopped in between keeps its
// cell: once the others have gone round, pushes fail, though the queue is not full. Nobody waits
// and nothing is lost, but nobody gets through either until that thread goes on. So it is not for
// interrupts, not for threads of different priority, and not for what has to be lock-free:
// mpmc_queue.hpp is.
//
// How it works (Dmitry Vyukov's bounded queue, with 32-bit sequences): a cell's sequence says whose
// turn it is. It equals a producer's ticket when the cell is free for it, and one more when the
// item is there for the consumer with that ticket. Items are built and consumed in their cells.
// Sequences are kept as the difference to their first value, so that zero bytes are an empty queue.
//
// Cost: push and pop one read-modify-write and two loads each; a failing one two loads. Where
// nothing runs beside the caller (plain_word.hpp) loads and stores. 4 bytes a slot beside the item,
// and its alignment.
// Who may call: any thread, all members; the destructor alone. Not on a core without
// compare-and-swap, where mpmc_queue is one critical section a ring operation.
//
//   pawl::ticket_queue<task, 1024> ready;       // a power of two
//   ready.try_push(work);
//   ready.try_consume([](task& next) { next(); });      // runs it in its cell, then frees it
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/containers/item_slots.hpp>
#include <pawl/containers/padding.hpp>
#include <pawl/containers/vacancy.hpp>
#include <pawl/platform/default_platform.hpp>
#include <pawl/platform/plain_word.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// What who has lost an exchange does by default.
struct try_at_once {
    constexpr bool operator()() const noexcept { return false; }
};

template <class T, std::uint32_t Capacity, platform Platform>
class ticket_queue_base {
protected:
    using word = typename Platform::word;

    static_assert(std::has_single_bit(Capacity) && Capacity >= 2 &&
                      Capacity <= (std::uint32_t{1} << 30),
                  "a ticket_queue has a power of two of slots, from 2 to 2^30");

    static_assert(
        !masking_platform<Platform>,
        "this core has no compare-and-swap, so that a ticket would be a critical section, "
        "and the cell still not there for who comes in between: use mpmc_queue");

    // Order, of the taking of a ticket. relaxed: it orders nothing; what is in the cell comes with
    // its sequence. seq_cst: see try_emplace_before_look().
    template <std::memory_order Order = std::memory_order_relaxed, class... Arguments>
    bool push(Arguments&&... arguments) noexcept {
        std::uint32_t ticket = tail_.load(std::memory_order_relaxed);
        for (;;) {
            cell& mine = cells_[ticket & mask];
            // acquire: the cell's former item is gone; pairs with pop()'s release.
            const std::uint32_t turn = mine.turn.load(std::memory_order_acquire);
            const std::uint32_t lap = ticket & ~mask;
            if (turn == lap) [[likely]] {
                if (tail_.compare_exchange_weak(ticket, ticket + 1, Order,
                                                std::memory_order_relaxed)) {
                    mine.item.emplace(0, std::forward<Arguments>(arguments)...);
                    // release: the item; pairs with pop()'s acquire.
                    mine.turn.store(lap + 1, std::memory_order_release);
                    return true;
                }
            } else if (static_cast<std::int32_t>(turn - lap) < 0) {
                return false;  // the item of one round before is still there
            } else {
                ticket = tail_.load(std::memory_order_relaxed);
            }
        }
    }

    // take(item, turn, free): `free` is to be stored in `turn`, with release order, when the item
    // is out of its cell. lost(), when another one was quicker: whether it took a while.
    template <class Take, class Lost = try_at_once>
    bool take_first(Take&& take, Lost&& lost = {}) noexcept {
        std::uint32_t ticket = head_.load(std::memory_order_relaxed);
        for (;;) {
            cell& mine = cells_[ticket & mask];
            // acquire: the item; pairs with push()'s release.
            const std::uint32_t turn = mine.turn.load(std::memory_order_acquire);
            const std::uint32_t lap = ticket & ~mask;
            if (turn == lap + 1) [[likely]] {
                if (head_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_relaxed,
                                                std::memory_order_relaxed)) {
                    take(mine.item[0], mine.turn, lap + Capacity);
                    return true;
                }
                if (lost()) {
                    ticket = head_.load(std::memory_order_relaxed);
                }
            } else if (static_cast<std::int32_t>(turn - (lap + 1)) < 0) {
                return false;  // not there yet
            } else {
                ticket = head_.load(std::memory_order_relaxed);
            }
        }
    }

    template <class Take>
    bool pop(Take&& take) noexcept {
        return take_first([&](T& item, word& turn, std::uint32_t free) noexcept {
            take(item);
            item.~T();
            // release: the cell is free; pairs with push()'s acquire.
            turn.store(free, std::memory_order_release);
        });
    }

    [[nodiscard]] std::uint32_t size() const noexcept {
        // acquire: so that head is read later, and is further on; it may even be past this tail.
        const std::uint32_t tail = tail_.load(std::memory_order_acquire);
        const std::uint32_t size = tail - head_.load(std::memory_order_relaxed);
        return size <= Capacity ? size : 0;
    }

private:
    static constexpr std::uint32_t mask = Capacity - 1;

    struct cell {
        word turn;  // less the cell's number
        item_slots<T, 1> item;
    };

    alignas(padding_bytes<Platform, alignof(word)>) word tail_;
    alignas(padding_bytes<Platform, alignof(word)>) word head_;
    alignas(padding_bytes<Platform, alignof(cell)>) cell cells_[Capacity];
};

// Where nothing runs beside the caller no ticket says whose turn it is: items are inside from head
// to tail. A cell is taken until its item is gone, which may be used in its cell.
template <class T, std::uint32_t Capacity, platform Platform>
requires(is_alone_on<Platform>) class ticket_queue_base<T, Capacity, Platform> {
protected:
    using word = typename Platform::word;

    static_assert(std::has_single_bit(Capacity) && Capacity >= 2 &&
                      Capacity <= (std::uint32_t{1} << 30),
                  "a ticket_queue has a power of two of slots, from 2 to 2^30");

    template <std::memory_order = std::memory_order_relaxed, class... Arguments>
    bool push(Arguments&&... arguments) noexcept {
        cell& next = cells_[tail_ & mask];
        if (next.taken.load(std::memory_order_relaxed) != 0) [[unlikely]] {
            return false;
        }
        next.item.emplace(0, std::forward<Arguments>(arguments)...);
        next.taken.store(1, std::memory_order_relaxed);
        ++tail_;
        return true;
    }

    template <class Take, class Lost = try_at_once>
    bool take_first(Take&& take, const Lost& = {}) noexcept {
        if (head_ == tail_) {
            return false;
        }
        cell& first = cells_[head_++ & mask];
        take(first.item[0], first.taken, 0);
        return true;
    }

    template <class Take>
    bool pop(Take&& take) noexcept {
        return take_first([&](T& item, word& taken, std::uint32_t free) noexcept {
            take(item);
            item.~T();
            taken.store(free, std::memory_order_relaxed);
        });
    }

    [[nodiscard]] std::uint32_t size() const noexcept { return tail_ - head_; }

private:
    static constexpr std::uint32_t mask = Capacity - 1;

    struct cell {
        word taken;
        item_slots<T, 1> item;
    };

    std::uint32_t tail_ = 0;
    std::uint32_t head_ = 0;
    alignas(padding_bytes<Platform, alignof(cell)>) cell cells_[Capacity];
};

template <class T, std::uint32_t Capacity, platform Platform, bool Trivial>
class ticket_queue_lifetime : protected ticket_queue_base<T, Capacity, Platform> {};

template <class T, std::uint32_t Capacity, platform Platform>
class ticket_queue_lifetime<T, Capacity, Platform, false>
    : protected ticket_queue_base<T, Capacity, Platform> {
protected:
    constexpr ticket_queue_lifetime() noexcept = default;
    ~ticket_queue_lifetime() {
        while (this->pop([](T&) noexcept {})) {
        }
    }
};

template <class T, std::uint32_t Capacity, platform Platform = default_platform>
class ticket_queue
    : ticket_queue_lifetime<T, Capacity, Platform, std::is_trivially_destructible_v<T>> {
public:
    using value_type = T;

    constexpr ticket_queue() noexcept = default;
    ticket_queue(const ticket_queue&) = delete;
    ticket_queue& operator=(const ticket_queue&) = delete;

    // Puts an item at the end. False: the next cell is not free, and the argument is as it was.
    [[nodiscard]] bool try_push(const T& item) noexcept { return this->push(item); }
    [[nodiscard]] bool try_push(T&& item) noexcept { return this->push(std::move(item)); }
    template <class... Arguments>
    [[nodiscard]] bool try_emplace(Arguments&&... arguments) noexcept {
        return this->push(std::forward<Arguments>(arguments)...);
    }

    // try_emplace(), for who then looks whether somebody sleeps who is to be woken. Its ticket is
    // in the one order of all seq_cst operations: if a seq_cst load after it does not see what
    // another thread wrote before its fence, then that thread, after the fence, does not find the
    // queue empty(). So there is no need for a fence in between. (The item itself may come a moment
    // later: until then it cannot be taken.)
    template <class... Arguments>
    [[nodiscard]] bool try_emplace_before_look(Arguments&&... arguments) noexcept {
        return this->template push<std::memory_order_seq_cst>(
            std::forward<Arguments>(arguments)...);
    }

    // Takes the first item. False: it is not there, and `item` is as it was.
    [[nodiscard]] bool try_pop(T& item) noexcept {
        static_assert(std::is_nothrow_move_assignable_v<T>,
                      "pawl: this item cannot be assigned without throwing; use the optional that "
                      "try_pop() returns");
        return this->pop([&](T& first) noexcept { item = std::move(first); });
    }
    [[nodiscard]] std::optional<T> try_pop() noexcept {
        std::optional<T> item;
        this->pop([&](T& first) noexcept { item.emplace(std::move(first)); });
        return item;
    }
    // Calls use(item) with the first item in its cell, and destroys it. The cell stays taken until
    // `use` returns: items behind it can be popped meanwhile, but it is not free for a push.
    template <class Use>
    [[nodiscard]] bool try_consume(Use&& use) noexcept {
        static_assert(std::is_nothrow_invocable_v<Use&, T&>,
                      "pawl: what consumes an item in its cell must be noexcept");
        return this->pop([&](T& first) noexcept { use(first); });
    }

    // Calls take(item, cell) with the first item in its cell: `take` destroys it, and then calls
    // cell.announce() to give the cell back, which it may do before it goes on with what was
    // inside. Each time another consumer is quicker lost() is called before the next try: who waits
    // a while there, and returns true, leaves the queue's head to the others for that long.
    template <class Take, class Lost = try_at_once>
    [[nodiscard]] bool try_take(Take&& take, Lost&& lost = {}) noexcept {
        return this->take_first(
            [&](T& first, typename Platform::word& turn, std::uint32_t free) noexcept {
                take(first, vacancy<Platform>{turn, free});
            },
            lost);
    }

    // Exact when nothing else runs, else a guess between 0 and capacity().
    [[nodiscard]] std::uint32_t approx_size() const noexcept { return this->size(); }
    [[nodiscard]] bool empty() const noexcept { return this->size() == 0; }
    [[nodiscard]] static constexpr std::uint32_t capacity() noexcept { return Capacity; }
};

}  // namespace PAWL_ABI
}  // namespace pawl
