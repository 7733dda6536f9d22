// SPDX-License-Identifier: BSL-1.0
//
// admission: whether a job that a worker has taken may run now, and the lines of those that may
// not.
//
// What: a job may have a key, of which at most one job runs at a time, and a limiter: at most so
// many at once, at most so many in a time, or both, for all of its jobs or for each key. Who may
// not run yet stands in a line, first come, first served, or is told when to come again. Nobody
// waits in a worker: ask() answers at once, and whoever ends, or is admitted, calls out the next
// one.
//
// Why not a lock that the job takes when it runs: it occupies a worker while it waits (and with as
// many waiters as workers nothing else runs at all), the order is the lock's, and giving up counts
// as a failure. Why not a look before a job is taken: the ready rings are freeze-proof because they
// know nothing of jobs.
//
// How it works: a gate is a count, a line, and at most one job that is *chosen*. A key has a gate
// that lets one through: the chosen one. A limiter has a gate, or one for each key; where it has a
// rate, one job at a time is chosen to wait for the next token, and is told the tick at which that
// comes; behind it the line stands still. The token is taken at the start and not before: so the
// rate holds for the starts however late they are, and a job that is cancelled costs none.
//   Invariant (1): key, then the limiter's count, then its token; what a job has been given it
//   keeps while it waits for the next, and until done().
//   Invariant (2): an index is in one line at most, or in the caller's hands.
//   Invariant (3): a gate with a line is shut: whatever opens one calls out who stands there.
// A gate of a key lies in a cell (key_cells.hpp), held by each job that has to do with it; a job
// takes all its cells when it first asks, so that no two wait for each other's.
//
// The caller's part: ask() for an index that it has taken, with the same request each time; what
// the verdict says is to be done; and done() once for everybody who was admitted or waited,
// whatever became of it. An index that ready() calls out is in the caller's hands again and comes
// to ask() soon, before those who never asked: it holds what others wait for. If it has been
// cancelled meanwhile, done() is enough.
//
// Cost: ask and done O(1) but for the hash table, under one short lock among workers; set_limit,
// settle and take_waiting look at every cell. Bytes, with ticks of 64 bits: 3 a job (5 if there are
// more than 65,534), 42 a key (22 without limiters), 80 a limiter. ready() is called outside of the
// lock. Who may call: workers, or the one caller of poll(); what shows numbers, any thread. Never
// an interrupt.
//
//   pawl::admission<64, 16, 2, Platform> gates;
//   gates.set_limit(0, {.running_max = 3}, now, ready);
//   switch (gates.ask(job, {.key = device, .limiter = 0}, now, ready, cancel).what) { ... }
//   ...
//   gates.done(job, request, is_final, now, ready);
#pragma once

#include <cstdint>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/jobs/admission_request.hpp>
#include <pawl/jobs/key_cells.hpp>
#include <pawl/jobs/short_lock.hpp>
#include <pawl/jobs/token_bucket.hpp>
#include <pawl/jobs/waiting_lines.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/time/tick_clock.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// The members that there are only with keys, or limiters.
template <class Gate, class Rate, std::uint32_t Limiters>
struct admission_limiters {
    struct limiter {
        std::uint32_t running_max = 0;
        bool per_key = false;
        admission_load load = {};  // of all its gates
        Rate rate = {};
        Gate gate = {};
    };
    limiter list[Limiters] = {};
};
template <class Gate, class Rate>
struct admission_limiters<Gate, Rate, 0> {};

// Limiters: 0 to 255.
template <std::uint32_t Jobs, std::uint32_t Keys, std::uint32_t Limiters, platform Platform>
class admission {
    static_assert(Jobs > 0 && Limiters <= admission_request::no_limiter,
                  "admission: at most 255 limiters");

public:
    using tick = typename tick_clock<Platform>::tick;
    using request = admission_request;
    using answer = admission_answer<tick>;
    using limit = admission_limit<tick>;

    // Whether the job may run now. ready(index) is called for who may go on because of this; and,
    // under the lock, cancel(index) for who has the key that this one wants to itself: it may do no
    // more than set a mark, and that one has not been done() before it returns.
    template <class Ready, class Cancel>
    answer ask(std::uint32_t index, const request& asked, tick now, Ready&& ready,
               Cancel&& cancel) noexcept {
        line called;
        answer result;
        {
            const short_lock_guard held{lock_};
            result = decide(index, asked, now, called, cancel);
        }
        call(called, ready);
        return result;
    }

    // The attempt has ended, or the job has without one. Final: for ever; else a chain keeps its
    // key. ready(index) is called for who may go on because of this.
    template <class Ready>
    void done(std::uint32_t index, const request& asked, bool is_final, tick now,
              Ready&& ready) noexcept {
        line called;
        {
            const short_lock_guard held{lock_};
            release(index, asked, is_final, now, called);
        }
        call(called, ready);
    }

    // Sets a limiter's limits, from now on. Who runs goes on; ready(index) is called for who may
    // because of this. A rate that has changed begins with the old one's debt, but at most with an
    // empty bucket; who waits for its token does not know, see told_later(). False, and nothing
    // changed: token_rate::set() explains.
    template <class Ready>
    bool set_limit(std::uint32_t limiter, const limit& to, tick now, Ready&& ready) noexcept
        requires(Limiters > 0) {
        rate made;
        if (!made.set(to.tokens, to.period, to.burst)) {
            return false;
        }
        PAWL_ASSERT(limiter < Limiters);
        line called;
        {
            const short_lock_guard held{lock_};
            auto& self = limiters_.list[limiter];
            const bool changed = made != self.rate;
            self.running_max = to.running_max;
            self.per_key = to.per_key;
            self.rate = made;
            for_each_gate(limiter, [&](gate& each) {
                if (changed) {
                    each.bucket.change(made, now);
                }
                call_next(each, self, called);
            });
        }
        call(called, ready);
        return true;
    }

    // visit(index) for each job that waits for a token of this limiter, outside of the lock: it may
    // meanwhile have come back. After a change of the rate, these are to be called before their
    // time.
    template <class Visit>
    void told_later(std::uint32_t limiter, Visit&& visit) noexcept requires(Limiters > 0) {
        for (std::uint32_t place = 0; place <= Keys; ++place) {
            std::uint32_t chosen = 0;
            {
                const short_lock_guard held{lock_};
                if (gate* const found = gate_at(limiter, place); found != nullptr) {
                    chosen = found->chosen;
                }
            }
            if (chosen != 0) {
                visit(chosen - 1);
            }
        }
    }

    // Takes everybody out of all lines: visit(index) for each, outside of the lock. They hold what
    // they held before they stood there; done() as for any other.
    template <class Visit>
    void take_waiting(Visit&& visit) noexcept {
        line called;
        {
            const short_lock_guard held{lock_};
            const auto take_line = [&](gate& each) {
                while (!each.waiting.empty()) {
                    move_first(each.waiting, called);
                }
            };
            if constexpr (Limiters > 0) {
                for (auto& each : limiters_.list) {
                    take_line(each.gate);
                    each.load.waiting = 0;
                }
            }
            if constexpr (Keys > 0) {
                for (std::uint32_t cell = 0; cell < Keys; ++cell) {
                    take_line(cells_.at(cell));
                }
            }
        }
        call(called, visit);
    }

    // Forgets what has passed. To be called at least once in half of what a tick can count where
    // ticks have 32 bits, else never: a rate that nobody has met for so long would take its last
    // start for one to come, and keep a job waiting that need not.
    void settle(tick now) noexcept {
        const short_lock_guard held{lock_};
        if constexpr (Limiters > 0) {
            for (auto& each : limiters_.list) {
                static_cast<void>(each.gate.bucket.forget(now));
            }
        }
        if constexpr (Keys > 0) {
            for (std::uint32_t cell = 0; cell < Keys; ++cell) {
                static_cast<void>(cells_.at(cell).bucket.forget(now));
                static_cast<void>(cells_.free_if(cell, useless(now)));
            }
        }
    }

    // A moment's numbers: of a limiter, with all of its keys; of a key that excludes.
    [[nodiscard]] admission_load limiter_load(std::uint32_t limiter) noexcept
        requires(Limiters > 0) {
        const short_lock_guard held{lock_};
        return limiters_.list[limiter].load;
    }
    [[nodiscard]] admission_load key_load(std::uint32_t key) noexcept requires(Keys > 0) {
        return key_load(key, request::no_limiter);
    }
    // Of a key, in a limiter that has its limits for each.
    [[nodiscard]] admission_load key_load(std::uint32_t key, std::uint32_t limiter) noexcept
        requires(Keys > 0) {
        const short_lock_guard held{lock_};
        const std::uint32_t cell = cells_.find(key, limiter);
        if (cell == cells::none) {
            return {};
        }
        const gate& self = cells_.at(cell);
        return {self.running, self.waiting.size()};
    }

private:
    // What a job holds, a bit each.
    static constexpr std::uint8_t has_cells = 1;  // all that it needs
    static constexpr std::uint8_t has_own = 2;    // one of them is its limiter's gate
    static constexpr std::uint8_t has_key = 4;    // its key is its own
    static constexpr std::uint8_t has_place = 8;  // its limiter counts it as running
    static constexpr std::uint8_t replaces = 16;  // where it waits for its key: at the front

    using lines = waiting_lines<Jobs>;
    using line = typename lines::line;
    using link = typename lines::link;
    using rate = token_rate<tick>;

    struct no_bucket {
        static bool forget(tick) noexcept { return true; }
    };
    using bucket_type = std::conditional_t<(Limiters > 0), token_bucket<tick>, no_bucket>;

    struct gate {
        line waiting = {};
        link running = 0;
        link chosen = 0;  // index + 1: who has the key, or waits for the next token
        PAWL_NO_UNIQUE_ADDRESS bucket_type bucket = {};
    };
    using cells = key_cells<Keys, gate>;
    using limiters = admission_limiters<gate, rate, Limiters>;

    // ---- ask ----

    template <class Cancel>
    answer decide(std::uint32_t index, const request& asked, tick now, line& called,
                  Cancel& cancel) noexcept {
        std::uint8_t& had = held_[index];
        PAWL_ASSERT(!lines_.waits(index));
        PAWL_ASSERT(asked.limiter < Limiters || asked.limiter == request::no_limiter);
        if (had == 0 && !take_cells(asked, had, now)) {
            return {.what = verdict::no_cell};
        }
        if constexpr (Keys > 0) {
            if (excludes(asked) && (had & has_key) == 0) {
                answer at_key = ask_key(index, asked, now, cancel);
                if (at_key.what != verdict::run) {
                    return at_key;
                }
            }
        }
        if constexpr (Limiters > 0) {
            if (asked.limiter != request::no_limiter) {
                return ask_limiter(index, asked, now, called);
            }
        }
        return {.what = verdict::run};
    }

    template <class Cancel>
    answer ask_key(std::uint32_t index, const request& asked, tick now, Cancel& cancel) noexcept {
        std::uint8_t& had = held_[index];
        gate& self = cells_.at(cells_.find(asked.key, request::no_limiter));
        if (self.chosen == 0) {
            give_key(self, index);
            return {.what = verdict::run};
        }
        switch (asked.busy) {
            case on_busy::wait: lines_.push_back(self.waiting, index); break;
            case on_busy::skip: give_cells_back(asked, had, now); return {.what = verdict::skip};
            case on_busy::fail: give_cells_back(asked, had, now); return {.what = verdict::fail};
            case on_busy::replace: {
                answer result{.what = verdict::replace};
                // Who replaces stands at the front; so there is one at most.
                if (!self.waiting.empty()) {
                    const std::uint32_t first = lines_.front(self.waiting);
                    if ((held_[first] & replaces) != 0) {
                        result.dropped = lines_.pop_front(self.waiting);
                    }
                }
                lines_.push_front(self.waiting, index);
                had |= replaces;
                cancel(self.chosen - 1U);
                return result;
            }
        }
        return {.what = verdict::waiting};
    }

    answer ask_limiter(std::uint32_t index, const request& asked, tick now, line& called) noexcept {
        std::uint8_t& had = held_[index];
        auto& to = limiters_.list[asked.limiter];
        gate& self = limiter_gate(asked, had);
        if ((had & has_place) == 0) {
            if (!is_open(self, to)) {
                lines_.push_back(self.waiting, index);
                ++to.load.waiting;
                return {.what = verdict::waiting};
            }
            PAWL_ASSERT(self.waiting.empty());  // invariant (3): it passes nobody
            enter(self, to, index);
        }
        if (!to.rate) {
            unchoose(self, index);
            return {.what = verdict::run};
        }
        if (self.chosen != 0 && self.chosen != index + 1) {
            // It was let in when there was no rate yet, and somebody is before it.
            leave(self, to, index);
            lines_.push_front(self.waiting, index);
            ++to.load.waiting;
            return {.what = verdict::waiting};
        }
        const tick due = self.bucket.due(to.rate, now);
        if (due != now) {
            self.chosen = static_cast<link>(index + 1);
            return {.what = verdict::later, .due = due};
        }
        self.bucket.take(to.rate, now);
        unchoose(self, index);
        call_next(self, to, called);
        return {.what = verdict::run};
    }

    // ---- done ----

    void release(std::uint32_t index, const request& asked, bool is_final, tick now,
                 line& called) noexcept {
        std::uint8_t& had = held_[index];
        PAWL_ASSERT(!lines_.waits(index));
        const bool keeps = asked.chain && !is_final && (had & has_key) != 0;
        if constexpr (Limiters > 0) {
            if ((had & has_place) != 0) {
                auto& to = limiters_.list[asked.limiter];
                gate& self = limiter_gate(asked, had);
                unchoose(self, index);
                leave(self, to, index);
                call_next(self, to, called);
            }
        }
        if constexpr (Keys > 0) {
            if (keeps) {
                return;
            }
            if ((had & has_key) != 0) {
                gate& self = cells_.at(cells_.find(asked.key, request::no_limiter));
                self.running = 0;
                self.chosen = 0;
                if (!self.waiting.empty()) {
                    give_key(self, move_first(self.waiting, called));
                }
            }
            give_cells_back(asked, had, now);
        }
        had = 0;
    }

    // ---- gates ----

    [[nodiscard]] static bool excludes(const request& asked) noexcept {
        return Keys > 0 && asked.key != 0 && asked.exclusive;
    }

    void give_key(gate& self, std::uint32_t index) noexcept {
        self.running = 1;
        self.chosen = static_cast<link>(index + 1);
        held_[index] |= has_key;
    }

    // Whether a limiter lets one more in: a place is left, and nobody waits for the next token.
    template <class Limiter>
    [[nodiscard]] static bool is_open(const gate& self, const Limiter& of) noexcept {
        return (of.running_max == 0 || self.running < of.running_max) &&
               !(of.rate && self.chosen != 0);
    }
    template <class Limiter>
    void enter(gate& self, Limiter& of, std::uint32_t index) noexcept {
        ++self.running;
        ++of.load.running;
        held_[index] |= has_place;
    }
    template <class Limiter>
    void leave(gate& self, Limiter& of, std::uint32_t index) noexcept {
        --self.running;
        --of.load.running;
        held_[index] = static_cast<std::uint8_t>(held_[index] & ~has_place);
    }
    void unchoose(gate& self, std::uint32_t index) noexcept {
        if (self.chosen == index + 1) {
            self.chosen = 0;
        }
    }

    // Lets in who stands in line, as many as may. With a rate that is one, which is chosen before
    // it has seen whether there is a token: so the line's order holds until each has started.
    template <class Limiter>
    void call_next(gate& self, Limiter& of, line& called) noexcept {
        while (!self.waiting.empty() && is_open(self, of)) {
            const std::uint32_t next = move_first(self.waiting, called);
            --of.load.waiting;
            enter(self, of, next);
            if (of.rate) {
                self.chosen = static_cast<link>(next + 1);
            }
        }
    }

    // Moves the first of a line among those who are called when the lock is free.
    std::uint32_t move_first(line& from, line& called) noexcept {
        const std::uint32_t first = lines_.pop_front(from);
        lines_.push_back(called, first);
        return first;
    }

    // Without the lock: those who were called are in nobody else's hands until ready() has them.
    template <class Ready>
    void call(line& called, Ready& ready) noexcept {
        while (!called.empty()) {
            ready(lines_.pop_front(called));
        }
    }

    [[nodiscard]] gate& limiter_gate(const request& asked, std::uint8_t had) noexcept {
        if constexpr (Keys > 0) {
            if ((had & has_own) != 0) {
                return cells_.at(cells_.find(asked.key, asked.limiter));
            }
        }
        static_cast<void>(had);
        return limiters_.list[asked.limiter].gate;
    }

    // Of a limiter's gates: its own, and those in cells; nullptr where another's lies.
    [[nodiscard]] gate* gate_at(std::uint32_t limiter, std::uint32_t place) noexcept {
        if constexpr (Keys > 0) {
            if (place > 0) {
                const std::uint32_t cell = place - 1;
                return cells_.in_use(cell) && cells_.limiter(cell) == limiter ? &cells_.at(cell)
                                                                              : nullptr;
            }
        }
        static_cast<void>(place);
        return &limiters_.list[limiter].gate;
    }
    template <class Visit>
    void for_each_gate(std::uint32_t limiter, const Visit& visit) noexcept {
        for (std::uint32_t place = 0; place <= Keys; ++place) {
            if (gate* const found = gate_at(limiter, place); found != nullptr) {
                visit(*found);
            }
        }
    }

    // ---- cells ----

    // Whether a gate in a cell can be forgotten when nobody holds it: when its bucket is full.
    struct useless_at {
        const limiters& all;
        tick now;
        bool operator()(gate& self, std::uint32_t limiter) const noexcept {
            if constexpr (Limiters > 0) {
                if (limiter != request::no_limiter && all.list[limiter].rate) {
                    return self.bucket.forget(now);
                }
            }
            static_cast<void>(self);
            static_cast<void>(limiter);
            return true;
        }
    };
    [[nodiscard]] useless_at useless(tick now) const noexcept { return {limiters_, now}; }

    // All the cells that a job needs, or none: two that had one each would wait for each other.
    [[nodiscard]] bool take_cells(const request& asked, std::uint8_t& had, tick now) noexcept {
        if constexpr (Keys > 0) {
            const bool excluding = excludes(asked);
            bool own = false;
            if constexpr (Limiters > 0) {
                own = asked.limiter != request::no_limiter && asked.key != 0 &&
                      limiters_.list[asked.limiter].per_key;
            }
            std::uint32_t cell = cells::none;
            if (excluding) {
                cell = cells_.hold(asked.key, request::no_limiter, useless(now));
                if (cell == cells::none) {
                    return false;
                }
            }
            if (own && cells_.hold(asked.key, asked.limiter, useless(now)) == cells::none) {
                if (excluding) {
                    cells_.give_back(cell, useless(now));
                }
                return false;
            }
            had =
                static_cast<std::uint8_t>((excluding || own ? has_cells : 0) | (own ? has_own : 0));
        }
        static_cast<void>(asked);
        static_cast<void>(had);
        static_cast<void>(now);
        return true;
    }

    void give_cells_back(const request& asked, std::uint8_t& had, tick now) noexcept {
        if ((had & has_cells) != 0) {
            if (excludes(asked)) {
                cells_.give_back(cells_.find(asked.key, request::no_limiter), useless(now));
            }
            if ((had & has_own) != 0) {
                cells_.give_back(cells_.find(asked.key, asked.limiter), useless(now));
            }
        }
        had = 0;
    }

    PAWL_NO_UNIQUE_ADDRESS short_lock<Platform> lock_;
    PAWL_NO_UNIQUE_ADDRESS limiters limiters_;
    PAWL_NO_UNIQUE_ADDRESS cells cells_;
    lines lines_;
    std::uint8_t held_[Jobs] = {};
};

// Without keys and limiters: no bytes, and everybody may run.
template <std::uint32_t Jobs, platform Platform>
class admission<Jobs, 0, 0, Platform> {
public:
    using tick = typename tick_clock<Platform>::tick;
    using request = admission_request;
    using answer = admission_answer<tick>;
    using limit = admission_limit<tick>;

    template <class Ready, class Cancel>
    static answer ask(std::uint32_t, const request&, tick, Ready&&, Cancel&&) noexcept {
        return {.what = verdict::run};
    }
    template <class Ready>
    static void done(std::uint32_t, const request&, bool, tick, Ready&&) noexcept {}
    template <class Visit>
    static void take_waiting(Visit&&) noexcept {}
    static void settle(tick) noexcept {}
};

}  // namespace PAWL_ABI
}  // namespace pawl
