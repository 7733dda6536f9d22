// SPDX-License-Identifier: BSL-1.0
//
// queue_models: what pawl's bounded queues promise when calls overlap, as models for
// explore/history.hpp: all they may answer, and nothing else.
#pragma once

#include <array>
#include <cstdint>

#include "explore/history.hpp"

namespace queue_models {

constexpr std::uint32_t nobody = 0xFFFF;  // no item's number

// One call and its answer.
struct call {
    char what = ' ';    // p: push, g: pop ("get"), e: empty
    bool done = false;  // the answer
    std::uint32_t number = nobody;
    explore::call_set after = 0;  // the calls that had ended when it began

    [[nodiscard]] bool adds() const { return what == 'p' && done; }
    [[nodiscard]] bool removes() const { return what == 'g' && done; }
};

// A first-in-first-out queue without any subtlety.
class plain_queue {
public:
    void push(std::uint32_t number) { numbers_[end_++] = static_cast<std::uint8_t>(number); }
    bool pop(std::uint32_t number) {
        return begin_ != end_ && numbers_[begin_] == number && ++begin_ != 0;
    }
    [[nodiscard]] std::uint32_t size() const { return end_ - begin_; }

private:
    std::array<std::uint8_t, explore::calls_max> numbers_{};
    std::uint8_t begin_ = 0;
    std::uint8_t end_ = 0;
};

// What a bounded queue is at best: each call happens as a whole at one moment. spsc_queue is.
template <std::uint32_t Capacity>
class one_moment {
public:
    static unsigned steps(const call&) { return 1; }

    bool apply(const call& one, unsigned) {
        switch (one.what) {
            case 'e': return one.done == (inside_.size() == 0);
            case 'g': return one.done ? inside_.pop(one.number) : inside_.size() == 0;
            default:
                if (!one.done || inside_.size() == Capacity) {
                    return !one.done && inside_.size() == Capacity;
                }
                inside_.push(one.number);
                return true;
        }
    }

private:
    plain_queue inside_;
};

// mpmc_queue. A push takes a free slot and, at a later moment, puts the item into the queue; a pop
// takes the item out and, at a later moment, makes the slot free. So pops answer like those of a
// queue that does all at once, and a push fails only if at some moment of it all slots hold items
// or are in the hands of calls under way.
template <std::uint32_t Capacity>
class slots_and_items {
public:
    static unsigned steps(const call& one) { return one.adds() || one.removes() ? 2 : 1; }

    bool apply(const call& one, unsigned step) {
        switch (one.what) {
            case 'e': return one.done == (inside_.size() == 0);
            case 'g':
                if (!one.done) {
                    return inside_.size() == 0;
                }
                if (step == 0) {
                    return inside_.pop(one.number);
                }
                --slots_taken_;
                return true;
            default:
                if (!one.done) {
                    return slots_taken_ == Capacity;
                }
                if (step == 0) {
                    return slots_taken_++ < Capacity;
                }
                inside_.push(one.number);
                return true;
        }
    }

private:
    plain_queue inside_;
    std::uint8_t slots_taken_ = 0;
};

// ticket_queue. A push takes the next ticket, if the cell of it is free, and is ready at a later
// moment; a pop takes the first ticket, if that one is ready, and frees its cell at a later moment.
// So a pop fails if the queue is empty or the *first* push is under way, whatever is behind it; a
// push fails if the next cell holds an item or is in the hands of a pop under way, whatever other
// cells are free.
template <std::uint32_t Capacity>
class tickets {
public:
    static unsigned steps(const call& one) { return one.adds() || one.removes() ? 2 : 1; }

    bool apply(const call& one, unsigned step) {
        if (one.what == 'e') {
            return false;  // what its `empty` says beside others is a guess: not to be asked
        }
        if (one.what == 'p') {
            const bool free = tail_ < Capacity || cells_[tail_ - Capacity].is == freed;
            if (!one.done) {
                return !free;
            }
            if (step == 0) {
                cells_[tail_++] = {static_cast<std::uint8_t>(one.number), taken};
                return free;
            }
            of(one.number).is = ready;
            return true;
        }
        const bool there = head_ < tail_ && cells_[head_].is == ready;
        if (!one.done) {
            return !there;
        }
        if (step == 0) {
            return there && cells_[head_++].number == one.number;
        }
        of(one.number).is = freed;
        return true;
    }

private:
    enum state : std::uint8_t { taken, ready, freed };
    struct cell {
        std::uint8_t number = 0;
        state is = taken;
    };

    cell& of(std::uint32_t number) {
        unsigned ticket = 0;
        while (cells_[ticket].number != number) {
            ++ticket;
        }
        return cells_[ticket];
    }

    std::array<cell, explore::calls_max> cells_{};  // of each ticket
    std::uint8_t head_ = 0;
    std::uint8_t tail_ = 0;
};

}  // namespace queue_models
