// SPDX-License-Identifier: BSL-1.0
//
// queue_histories: what threads really did to a bounded queue, and whether a queue could have.
//
// Recording: time is the number of calls that have ended. A call that begins loads it (acquire),
// and one that has ended adds one to it (release), both outside of the call. So a call that is
// recorded as over before another one began is so for every observer, on every machine; a clock
// would not do, for what is in a store buffer is not there yet for others. The price: what two
// calls did is then ordered by the record, too. A memory order that is missing *inside* the queue
// is to be found without recording (queue_checks.hpp under ThreadSanitizer, tests/relacy).
//
// Checking, for distinct items, in the time of a sort:
//   The order of items and the pops that fail: conditions that are necessary and sufficient for a
//   first-in-first-out queue (Henzinger, Sezgin and Vafeiadis, "Aspect-oriented linearizability
//   proofs", CONCUR 2013):
//     never_pushed, popped_twice    what is popped was pushed, and is popped once
//     popped_before_push            no pop is over before the push of its item begins
//     out_of_order                  if push(a) is over before push(b) begins, and b is popped, then
//                                   a is popped, and pop(b) is not over before pop(a) begins
//     empty_beside_items            a pop fails only if at some moment of it no item was certainly
//                                   inside, which is from the end of its push to the beginning of
//                                   its pop
//   The capacity: conditions that are necessary.
//     over_capacity                 never more items certainly inside
//     full_beside_room              a push fails only if at some moment of it Capacity slots could
//                                   be taken: each from the beginning of a push to the end of the
//                                   pop, which covers items and what calls under way have in hand
//   Of a ticket_queue less is asked of tries that fail (its header says why):
//     empty_beside_items            or a push that may have the first ticket is under way
//     full_beside_room              a pop is not over whose item may have come Capacity tickets
//                                   before
//
// A moment is the time between two ends of calls.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace queue_histories {

constexpr std::uint32_t never = 0xFFFF'FFFF;

// One call. Pushes have their item's number even if they failed.
struct record {
    bool push = false;
    bool done = false;
    std::uint32_t number = 0;
    std::uint32_t begin = 0;  // so many calls had ended
    std::uint32_t end = 0;    // likewise, at its own end
};
using history = std::vector<record>;

// ---- Checking ----

enum class fault : std::uint8_t {
    none,
    pushed_twice,  // the history cannot be judged: items are to be distinct
    never_pushed,
    popped_twice,
    popped_before_push,
    out_of_order,
    empty_beside_items,
    full_beside_room,
    over_capacity
};

[[nodiscard]] constexpr const char* text(fault what) {
    constexpr const char* texts[] = {"none",
                                     "pushed twice",
                                     "never pushed",
                                     "popped twice",
                                     "popped before it was pushed",
                                     "out of order",
                                     "empty beside items",
                                     "full beside room",
                                     "over capacity"};
    return texts[static_cast<std::size_t>(what)];
}

enum class rules : bool { strict, of_tickets };

class checker {
public:
    // The first fault that is found in the calls.
    static fault judge(const history& calls, std::uint32_t capacity, rules which = rules::strict) {
        checker one;
        if (const fault found = one.pair(calls); found != fault::none) {
            return found;
        }
        if (one.is_out_of_order()) {
            return fault::out_of_order;
        }
        return one.sweep(calls, capacity, which);
    }

private:
    // From its push to its pop. `never`: it was not popped.
    struct item {
        std::uint32_t number = 0;
        std::uint32_t push_begin = 0;
        std::uint32_t push_end = 0;
        std::uint32_t pop_begin = never;
        std::uint32_t pop_end = never;

        [[nodiscard]] bool is_inside(std::uint32_t moment) const {
            return push_end < moment && moment < pop_begin;
        }
        [[nodiscard]] std::uint32_t under_way_until() const { return std::min(push_end, pop_end); }
    };

    fault pair(const history& calls) {
        for (const record& one : calls) {
            end_ = std::max(end_, one.end + 2);
            if (one.push && one.done) {
                items_.push_back({one.number, one.begin, one.end});
            }
        }
        const auto by_number = [](const item& a, const item& b) { return a.number < b.number; };
        std::sort(items_.begin(), items_.end(), by_number);
        for (std::size_t i = 1; i < items_.size(); ++i) {
            if (items_[i - 1].number == items_[i].number) {
                return fault::pushed_twice;
            }
        }
        for (const record& one : calls) {
            if (one.push || !one.done) {
                continue;
            }
            const auto found = std::lower_bound(items_.begin(), items_.end(),
                                                item{.number = one.number}, by_number);
            if (found == items_.end() || found->number != one.number) {
                return fault::never_pushed;
            }
            if (found->pop_end != never) {
                return fault::popped_twice;
            }
            if (one.end < found->push_begin) {
                return fault::popped_before_push;
            }
            found->pop_begin = one.begin;
            found->pop_end = one.end;
        }
        by_push_end_ = items_;
        std::sort(by_push_end_.begin(), by_push_end_.end(),
                  [](const item& a, const item& b) { return a.push_end < b.push_end; });
        std::sort(items_.begin(), items_.end(),
                  [](const item& a, const item& b) { return a.push_begin < b.push_begin; });
        return fault::none;
    }

    // Of the items whose push was over before the one of `later` began, the pop that began last.
    [[nodiscard]] bool is_out_of_order() const {
        std::uint32_t last_pop_begin = 0;
        std::size_t earlier = 0;
        for (const item& later : items_) {
            for (;
                 earlier < by_push_end_.size() && by_push_end_[earlier].push_end < later.push_begin;
                 ++earlier) {
                last_pop_begin = std::max(last_pop_begin, by_push_end_[earlier].pop_begin);
            }
            if (later.pop_end < last_pop_begin) {
                return true;
            }
        }
        return false;
    }

    // Goes through all moments once, and notes in which of them a pop and a push may fail.
    fault sweep(const history& calls, std::uint32_t capacity, rules which) {
        changes inside{end_};  // certainly
        changes taken{end_};   // possibly
        for (const item& one : items_) {
            inside.from_to(one.push_end + 1, one.pop_begin);
            taken.from_to(one.push_begin, one.pop_end == never ? never : one.pop_end + 1);
        }
        std::vector<std::uint32_t> may_be_empty(end_ + 1);  // moments before this one
        std::vector<std::uint32_t> may_be_full(end_ + 1);
        std::int64_t inside_now = 0;
        std::int64_t taken_now = 0;
        ticket_sweep tickets{*this};
        for (std::uint32_t moment = 0; moment < end_; ++moment) {
            inside_now += inside[moment];
            taken_now += taken[moment];
            if (inside_now > capacity) {
                return fault::over_capacity;
            }
            bool empty = inside_now == 0;
            bool full = taken_now >= capacity;
            if (which == rules::of_tickets) {
                tickets.advance(moment);
                empty = empty || tickets.first_is_under_way(moment);
                full = tickets.cell_is_taken(moment, capacity);
            }
            may_be_empty[moment + 1] = may_be_empty[moment] + (empty ? 1 : 0);
            may_be_full[moment + 1] = may_be_full[moment] + (full ? 1 : 0);
        }
        for (const record& one : calls) {
            const auto& may_be = one.push ? may_be_full : may_be_empty;
            if (!one.done && may_be[one.end + 1] == may_be[one.begin]) {
                return one.push ? fault::full_beside_room : fault::empty_beside_items;
            }
        }
        return fault::none;
    }

    // What is to be added at the beginning of each moment.
    class changes {
    public:
        explicit changes(std::uint32_t end) : by_(end + 1) {}
        void from_to(std::uint32_t first, std::uint32_t past) {
            if (first < past && first < by_.size()) {
                ++by_[first];
                if (past < by_.size()) {
                    --by_[past];
                }
            }
        }
        [[nodiscard]] std::int32_t operator[](std::uint32_t moment) const { return by_[moment]; }

    private:
        std::vector<std::int32_t> by_;
    };

    // What decides whether a try of a ticket_queue may fail. Each index only grows: items that are
    // passed are out of the question at all later moments.
    class ticket_sweep {
    public:
        explicit ticket_sweep(const checker& of) : by_begin_{of.items_}, by_end_{of.by_push_end_} {}

        void advance(std::uint32_t moment) {
            while (begun_ < by_begin_.size() && by_begin_[begun_].push_begin <= moment) {
                ++begun_;
            }
            while (inside_ < by_end_.size() && by_end_[inside_].pop_begin <= moment) {
                ++inside_;
            }
            while (under_way_ < begun_ && by_begin_[under_way_].under_way_until() < moment) {
                ++under_way_;
            }
            while (taken_ < begun_ && by_begin_[taken_].pop_end < moment) {
                ++taken_;
            }
        }

        // The push under way that began first did not begin after the end of the one that ended
        // first of those that are certainly inside.
        [[nodiscard]] bool first_is_under_way(std::uint32_t moment) const {
            return under_way_ < begun_ &&
                   !(inside_ < by_end_.size() && by_end_[inside_].is_inside(moment) &&
                     by_end_[inside_].push_end < by_begin_[under_way_].push_begin);
        }

        // Of all items that are not certainly out, the push of the first began before so many
        // others ended that Capacity - 1 of them may have tickets between it and the next one.
        [[nodiscard]] bool cell_is_taken(std::uint32_t, std::uint32_t capacity) {
            if (taken_ == begun_) {
                return false;
            }
            while (by_end_[before_taken_].push_end < by_begin_[taken_].push_begin) {
                ++before_taken_;
            }
            return begun_ - before_taken_ >= capacity;
        }

    private:
        const std::vector<item>& by_begin_;
        const std::vector<item>& by_end_;
        std::size_t begun_ = 0;         // pushes
        std::size_t inside_ = 0;        // the first by its end that may be certainly inside
        std::size_t under_way_ = 0;     // the first by its beginning whose push may be under way
        std::size_t taken_ = 0;         // the first by its beginning that may be inside
        std::size_t before_taken_ = 0;  // pushes that were over before that one began
    };

    std::vector<item> items_;  // first by number, then by the beginning of their pushes
    std::vector<item> by_push_end_;
    std::uint32_t end_ = 0;  // moments, the one after all calls included
};

// ---- Recording ----

// Two words that must belong together, in plain memory; moved from, or destroyed, they do not.
class item {
public:
    explicit item(std::uint32_t number) noexcept : number_{number}, check_{~number} {}
    item(item&& from) noexcept : number_{from.number_}, check_{from.check_} { from.spoil(); }
    item& operator=(item&& from) noexcept {
        number_ = from.number_;
        check_ = from.check_;
        from.spoil();
        return *this;
    }
    ~item() { spoil(); }

    static constexpr std::uint32_t nobody = never;
    [[nodiscard]] std::uint32_t number() const noexcept {
        return check_ == ~number_ ? number_ : nobody;
    }

private:
    void spoil() noexcept { check_ = number_; }

    std::uint32_t number_;
    volatile std::uint32_t check_;  // so that the destructor's store is not left out
};

// What one thread did. Of tries that fail some are kept, the first ones in a row and then a few:
// what is left out accuses nobody.
template <class Queue>
class recorder {
public:
    recorder(Queue& queue, std::atomic<std::uint32_t>& ended, std::uint32_t calls)
        : queue_{queue}, ended_{ended} {
        kept_.reserve(2 * std::size_t{calls});
    }

    bool push(std::uint32_t number) {
        return keep(true, number, [&](record&) { return queue_.try_push(item{number}); });
    }
    bool pop() {
        return keep(false, item::nobody, [&](record& one) {
            const std::optional<item> got = queue_.try_pop();
            one.number = got ? got->number() : item::nobody;
            return got.has_value();
        });
    }

    [[nodiscard]] const history& kept() const { return kept_; }

private:
    template <class Try>
    bool keep(bool push, std::uint32_t number, Try&& attempt) {
        record one{.push = push, .number = number};
        one.begin = ended_.load(std::memory_order_acquire);
        one.done = attempt(one);
        failed_in_a_row_ = one.done ? 0 : failed_in_a_row_ + 1;
        if (failed_in_a_row_ > 2 && failed_in_a_row_ % 16 != 0) {
            return false;
        }
        one.end = ended_.fetch_add(1, std::memory_order_release);
        kept_.push_back(one);
        return one.done;
    }

    Queue& queue_;
    std::atomic<std::uint32_t>& ended_;
    std::uint32_t failed_in_a_row_ = 0;
    history kept_;
};

// How long a thread goes on trying. On a machine that is busy with other things each yield may cost
// milliseconds, so their number is what bounds a run; with fewer items a history is as good.
class patience {
public:
    // After a try that failed. False: it is over.
    bool wait() {
        if (++tries_ % tries_a_yield == 0) {
            std::this_thread::yield();
        }
        return tries_ < tries_a_yield * yields_max;
    }

private:
    static constexpr unsigned tries_a_yield = 64;
    static constexpr unsigned yields_max = 1'000;
    unsigned tries_ = 0;
};

struct crew {
    unsigned producers = 2;
    unsigned consumers = 2;
    std::uint32_t each = 1'000;  // items a producer, at most
    // Items that are pushed before the others start, at most.
    std::uint32_t inside = 0;
};

// Producers push, consumers pop, all at once; then the queue is drained. A producer ends with its
// last item, a consumer when it finds nothing although all producers have ended, or each with its
// patience. Queue: of item.
template <class Queue>
history run(Queue& queue, crew hands) {
    std::atomic<std::uint32_t> ended{0};
    std::atomic<unsigned> waiting{hands.producers + hands.consumers};
    std::atomic<unsigned> producing{hands.producers};
    recorder<Queue> own{queue, ended, hands.inside + 2};
    std::uint32_t number = 0;
    while (number < hands.inside && own.push(number)) {
        ++number;
    }
    const auto produce = [&](recorder<Queue>& mine, std::uint32_t first) {
        patience left;
        for (std::uint32_t done = 0; done < hands.each;) {
            if (mine.push(first + done)) {
                ++done;
            } else if (!left.wait()) {
                break;
            }
        }
        --producing;
    };
    const auto consume = [&](recorder<Queue>& mine) {
        patience left;
        for (bool goes_on = true; goes_on;) {
            const bool last = producing.load() == 0;
            goes_on = mine.pop() || (!last && left.wait());
        }
    };
    std::vector<std::unique_ptr<recorder<Queue>>> recorders;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < hands.producers + hands.consumers; ++i) {
        recorders.push_back(std::make_unique<recorder<Queue>>(
            queue, ended, std::max(1U, hands.producers / hands.consumers) * hands.each));
        threads.emplace_back([&, i, mine = recorders.back().get()] {
            for (--waiting; waiting.load() != 0;) {
                std::this_thread::yield();
            }
            if (i < hands.producers) {
                produce(*mine, number + i * hands.each);
            } else {
                consume(*mine);
            }
        });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    while (own.pop()) {
    }
    history calls = own.kept();
    for (const auto& each : recorders) {
        calls.insert(calls.end(), each->kept().begin(), each->kept().end());
    }
    return calls;
}

}  // namespace queue_histories
