// SPDX-License-Identifier: BSL-1.0
//
// queue_explore: small programs on a bounded queue of items, for every interleaving.
//
// Method: threads follow short scripts. When they have ended, the history of their calls must be
// explained by a model of the queue (explore/history.hpp, queue_models.hpp).
//
// The order of calls in time is part of what is explored: a call begins with a look at how many
// calls each other thread has ended, and ends by counting itself, in words of the explorer. So
// schedules that differ in that order are different ones, and the check is complete with the
// reduction, too.
//
// Items are two words that must belong together. In the queue, each access to one of them is a step
// of its own that others come between: an item that is published before it is built, or taken or
// destroyed after its slot was given away, is seen. With the reduction these steps cost no schedule
// as long as nothing is wrong, for then no two of them compete.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "containers/queue_models.hpp"
#include "explore/history.hpp"
#include "explore/suite.hpp"

namespace queue_explore {

using explore::call_set;
using queue_models::call;
using queue_models::nobody;
using queue_models::one_moment;
using queue_models::slots_and_items;
using queue_models::tickets;

// ---- The items ----

// The memory of the queue that is tested. A word of it is known by its address, whichever item
// lies there.
class watched_memory {
public:
    void watch(const void* begin, std::size_t bytes) {
        begin_ = reinterpret_cast<std::uintptr_t>(begin);
        bytes_ = bytes;
        count_ = 0;
    }

    std::uint32_t load(const std::uint32_t& where) {
        step(explore::action::load, where);
        note(where, where, where);
        return where;
    }
    void store(std::uint32_t& where, std::uint32_t value) {
        step(explore::action::store, where);
        note(where, where, value);
        where = value;
    }

private:
    [[nodiscard]] bool has(const std::uint32_t& where) const {
        return reinterpret_cast<std::uintptr_t>(&where) - begin_ < bytes_;
    }

    void step(explore::action what, const std::uint32_t& where) {
        if (has(where)) {
            explore::engine::active->point({.what = what,
                                            .writes_object = what == explore::action::store,
                                            .object = object(where)});
        }
    }
    void note(const std::uint32_t& where, std::uint32_t before, std::uint32_t after) const {
        if (has(where)) {
            explore::engine::active->note(before, after);
        }
    }

    std::uint32_t object(const std::uint32_t& where) {
        for (unsigned i = 0; i < count_; ++i) {
            if (words_[i].where == &where) {
                return words_[i].object;
            }
        }
        if (count_ == words_.size()) {
            explore::fail("too many words are watched");
        }
        words_[count_] = {&where, explore::engine::active->new_object()};
        return words_[count_++].object;
    }

    struct word {
        const std::uint32_t* where = nullptr;
        std::uint32_t object = 0;
    };
    std::array<word, 16> words_;
    unsigned count_ = 0;
    std::uintptr_t begin_ = 0;
    std::size_t bytes_ = 0;
};

inline watched_memory memory;

// Can only be moved, and has no default.
class item {
public:
    explicit item(std::uint32_t number) noexcept {
        build(number, ~number);
        ++alive;
    }
    item(item&& from) noexcept {
        take(from);
        ++alive;
    }
    item& operator=(item&& from) noexcept {
        take(from);
        return *this;
    }
    ~item() {
        explore::check(memory.load(check_) != destroyed, "no item is destroyed twice");
        memory.store(check_, destroyed);
        --alive;
    }

    // Nobody's number if it is torn, moved from, destroyed or not built.
    [[nodiscard]] std::uint32_t number() const noexcept {
        return check_ == ~number_ ? number_ : nobody;
    }

    static inline int alive = 0;

private:
    static constexpr std::uint32_t moved = 1;
    static constexpr std::uint32_t destroyed = 2;

    void build(std::uint32_t number, std::uint32_t check) {
        memory.store(number_, number);
        memory.store(check_, check);
    }
    void take(item& from) {
        const std::uint32_t number = memory.load(from.number_);
        build(number, memory.load(from.check_));
        memory.store(from.check_, moved);
    }

    std::uint32_t number_;
    std::uint32_t check_;
};

// ---- The histories ----

// The calls of the present schedule. Thread 0 is the one that starts and joins the others.
class history {
public:
    static constexpr unsigned threads_max = 4;

    // Calls act(call&), which makes the call and writes down its answer.
    template <class Act>
    const call& record(unsigned self, char what, Act&& act) {
        if (count_ == calls_.size()) {
            explore::fail("the history is too long");
        }
        const unsigned number = count_++;
        call& mine = calls_[number];
        mine = {.what = what};
        for (unsigned other = 0; other < threads_max; ++other) {
            if (other != self && started_[other]) {
                const std::uint32_t ended = threads_[other].ended.load(std::memory_order_relaxed);
                mine.after |= ended == 0 ? 0 : threads_[other].calls[ended - 1];
            }
        }
        thread& own = threads_[self];
        mine.after |= own.count == 0 ? 0 : own.calls[own.count - 1];
        act(mine);
        own.calls[own.count] = (own.count == 0 ? 0 : own.calls[own.count - 1]) | call_set{1}
                                                                                     << number;
        ++own.count;
        own.ended.store(own.count, std::memory_order_relaxed);
        return mine;
    }

    void starts(unsigned self) { started_[self] = true; }

    [[nodiscard]] std::span<const call> calls() const { return {calls_.data(), count_}; }

    // A try that fails while no other call is under way is right: the items are counted.
    void check_failures_at_rest(std::uint32_t capacity) const {
        for (unsigned i = 0; i < count_; ++i) {
            const call& one = calls_[i];
            std::uint32_t inside = 0;
            bool alone = !one.done && one.what != 'e';
            for (unsigned j = 0; alone && j < count_; ++j) {
                const bool before = (one.after >> j & 1U) != 0;
                inside += before && calls_[j].adds() ? 1U : 0U;
                inside -= before && calls_[j].removes() ? 1U : 0U;
                alone = j == i || before || (calls_[j].after >> i & 1U) != 0;
            }
            explore::check(!alone || inside == (one.what == 'p' ? capacity : 0),
                           "a try that fails alone is right");
        }
    }

private:
    struct thread {
        explore_platform::word ended;                      // so many of its calls
        std::array<call_set, explore::calls_max> calls{};  // the first one, the first two, ...
        std::uint32_t count = 0;
    };
    std::array<call, explore::calls_max> calls_;
    unsigned count_ = 0;
    std::array<thread, threads_max> threads_;
    std::array<bool, threads_max> started_{};
};

// ---- The programs ----

struct start {
    unsigned turned = 0;  // pushes and pops before, one each
    unsigned inside = 0;  // items
};

// Words that reach 2^32 after eight operations.
constexpr std::uint32_t before_wrap = ~std::uint32_t{7};

// Queue: of item. Model: above. A script is of
//   p g e   try_push, try_pop, empty
//   P G     try_emplace, try_pop into an item that is there
//   c       try_consume
//   s       approx_size: between 0 and the capacity
template <class Queue, class Model>
class program {
public:
    using scripts = std::initializer_list<const char*>;

    // The threads run, and are joined; then the queue is drained, filled, and destroyed.
    static void explore(const char* name, explore::options wanted, start from, scripts threads) {
        run(name, wanted, from, threads, false);
    }

    // The first thread may be stopped at any step, for ever: the others run, and then the queue is
    // drained, filled to the brim and drained, before it is waited for.
    static void explore_stopped(const char* name, explore::options wanted, start from,
                                scripts threads) {
        run(name, wanted, from, threads, true);
    }

    // Histories of the last program that a queue with each call at one moment does not explain:
    // with none, the weaker model says too little.
    static inline std::uint64_t weaker = 0;

private:
    static constexpr std::uint32_t capacity = Queue::capacity();

    static void run(const char* name, explore::options wanted, start from, scripts threads,
                    const bool one_stops) {
        bool stopped = one_stops;
        std::string title = name;
        title += ", " + std::to_string(from.inside) + " inside";
        title += from.turned != 0 ? ", turned " + std::to_string(from.turned) : "";
        title += wanted.reduce ? ":" : ", all:";
        for (const char* script : threads) {
            title += std::string(" ") + script + (stopped ? "!" : "");
            stopped = false;
        }
        weaker = 0;
        wanted.steps_max = 2'000;
        explore::must_pass(title.c_str(), wanted, [&] { run_once(from, threads, one_stops); });
    }

    static void act(Queue& tested, history& log, unsigned self, std::uint32_t& next, char what) {
        switch (what) {
            case 'p':
            case 'P':
                log.record(self, 'p', [&](call& one) {
                    one.number = next++;
                    if (what == 'P') {
                        one.done = tested.try_emplace(one.number);
                        return;
                    }
                    item mine{one.number};
                    one.done = tested.try_push(std::move(mine));
                    explore::check(one.done || mine.number() == one.number,
                                   "a refused item is as it was");
                });
                break;
            case 'g':
                log.record(self, 'g', [&](call& one) {
                    const std::optional<item> got = tested.try_pop();
                    one.done = got.has_value();
                    one.number = one.done ? got->number() : nobody;
                });
                break;
            case 'G':
                log.record(self, 'g', [&](call& one) {
                    item got{nobody - 1};
                    one.done = tested.try_pop(got);
                    explore::check(one.done || got.number() == nobody - 1,
                                   "a pop that fails leaves its argument");
                    one.number = got.number();
                });
                break;
            case 'c':
                if constexpr (requires { tested.try_consume([](item&) noexcept {}); }) {
                    log.record(self, 'g', [&](call& one) {
                        one.done = tested.try_consume([&](item& first) noexcept {
                            item got{std::move(first)};
                            one.number = got.number();
                        });
                    });
                }
                break;
            case 'e': log.record(self, 'e', [&](call& one) { one.done = tested.empty(); }); break;
            case 's':
                explore::check(tested.approx_size() <= capacity, "a size is within the bounds");
                break;
            default: explore::fail("no such letter in a script");
        }
    }

    struct player {
        Queue* tested = nullptr;
        history* log = nullptr;
        const char* script = nullptr;
        unsigned self = 0;

        void operator()() {
            std::uint32_t next = self * explore::calls_max;
            for (const char* letter = script; *letter != '\0'; ++letter) {
                act(*tested, *log, self, next, *letter);
            }
        }
    };

    static void run_once(start from, scripts threads, bool stopped) {
        item::alive = 0;
        {
            Queue tested;
            memory.watch(&tested, sizeof tested);
            use(tested, from, threads, stopped);
        }
        memory.watch(nullptr, 0);
        explore::check(item::alive == 0, "every item is destroyed");
    }

    static void use(Queue& tested, start from, scripts threads, bool stopped) {
        for (unsigned i = 0; i < from.turned; ++i) {
            explore::check(tested.try_emplace(i), "an empty queue has room");
            const std::optional<item> got = tested.try_pop();
            explore::check(got && got->number() == i, "what was pushed is what is popped");
        }
        explore::check(tested.empty() && tested.approx_size() == 0, "it is empty");

        history log;
        std::uint32_t next = 0;
        for (unsigned i = 0; i < from.inside; ++i) {
            act(tested, log, 0, next, 'p');
        }
        log.starts(0);
        std::array<player, history::threads_max - 1> players;
        unsigned count = 0;
        for (const char* script : threads) {
            explore::check(count < players.size(), "at most three scripts");
            players[count] = {&tested, &log, script, count + 1};
            log.starts(++count);
        }

        if (stopped) {
            explore::engine& explorer = *explore::engine::active;
            const call_set victim = call_set{1} << explorer.next_id();
            explorer.start([](void* self) { (*static_cast<player*>(self))(); }, players.data());
            std::span others{players.data() + 1, count - 1};
            explore::threads_of(others);
            const auto times = [&](unsigned number, char what) {
                for (unsigned i = 0; i < number; ++i) {
                    act(tested, log, 0, next, what);
                }
            };
            times(capacity, 'g');
            times(capacity, 'P');
            times(1, 'g');
            explorer.join(victim);
        } else {
            std::span playing{players.data(), count};
            explore::threads_of(playing);
        }

        // Whatever is inside comes out.
        std::uint32_t inside = 0;
        for (const call& one : log.calls()) {
            inside += one.adds() ? 1U : 0U;
            inside -= one.removes() ? 1U : 0U;
        }
        explore::check(tested.approx_size() == inside && tested.empty() == (inside == 0),
                       "the size is exact when nothing else runs");
        for (; inside != 0; --inside) {
            act(tested, log, 0, next, 'g');
        }
        act(tested, log, 0, next, 'g');
        explore::check(explore::explained<Model>(log.calls()), "the model gives the same answers");
        log.check_failures_at_rest(capacity);
        weaker += explore::explained<one_moment<capacity>>(log.calls()) ? 0U : 1U;

        // All the room is there again, and what is inside is destroyed with the queue.
        for (std::uint32_t i = 0; i < capacity; ++i) {
            explore::check(tested.try_emplace(i), "a drained queue has room for all it can hold");
        }
        explore::check(!tested.try_emplace(capacity), "it holds no more than its capacity");
    }
};

// At least one history of this program needed the weaker model.
template <class Program>
void must_have_been_weaker() {
    if (PAWL_MUTANT == 0 && Program::weaker == 0) {
        std::fputs("FAILED: no history shows what this model permits\n", stderr);
        std::exit(EXIT_FAILURE);
    }
    std::printf("       of these, %llu are not those of a queue that does all at one moment\n",
                static_cast<unsigned long long>(Program::weaker));
}

}  // namespace queue_explore
