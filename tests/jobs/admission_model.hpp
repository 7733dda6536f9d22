// SPDX-License-Identifier: BSL-1.0
//
// admission_model: admission, plain and slow, and random programs that compare the two.
//
// The model has a deque for each line, a set for each count, and a bucket with a level for each
// rate (token_bucket_test.cpp has the proof that windows hold). Who ends gives back what he has and
// calls the next. The caller of both is a scheduler that does anything a scheduler may do, in any
// order, and checks beside the comparison that exclusion and limits hold among the jobs that it has
// been told to run.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <pawl/jobs/admission.hpp>

namespace admission_model {

using u32 = std::uint32_t;
using i64 = std::int64_t;
using request = pawl::admission_request;
using pawl::on_busy;
using pawl::verdict;

constexpr u32 none = request::no_limiter;

// Numbers that are the same in every run and on every machine.
class numbers {
public:
    explicit numbers(u32 seed) : state_{seed * 0x9E37'79B9U + 1} {}
    u32 below(u32 limit) {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 17;
        state_ ^= state_ << 5;
        return static_cast<u32>((std::uint64_t{state_} * limit) >> 32);
    }
    bool one_in(u32 count) { return below(count) == 0; }

private:
    u32 state_;
};

struct limit {
    u32 running_max = 0;
    u32 tokens = 0;
    u32 period = 0;
    u32 burst = 0;
    bool per_key = false;

    i64 at_once() const { return burst == 0 ? 1 : burst; }
    bool same_rate(const limit& other) const {
        return tokens == other.tokens &&
               (tokens == 0 || (period == other.period && at_once() == other.at_once()));
    }
};

constexpr i64 divided_up(i64 value, i64 by) { return (value + by - 1) / by; }

// A bucket, in units of which `period` are one token and `tokens` come every tick. Full is full,
// but what runs over within a tick is still there.
struct bucket {
    bool owes = false;
    i64 level = 0;
    i64 time = 0;  // at which this was the level

    static i64 room(const limit& by) { return by.at_once() * by.period; }

    i64 level_at(const limit& by, i64 now) const { return level + (now - time) * by.tokens; }
    bool full(const limit& by, i64 now) {
        owes = owes && level_at(by, now) < room(by) + by.tokens;
        return !owes;
    }
    i64 next(const limit& by, i64 now) {
        if (!full(by, now)) {
            while (level_at(by, now) < by.period) {
                ++now;
            }
        }
        return now;
    }
    void take(const limit& by, i64 now) {
        level = (full(by, now) ? room(by) : level_at(by, now)) - by.period;
        time = now;
        owes = true;
    }
    // Full at the same tick as before, or when an empty one would be.
    void change(const limit& from, const limit& to, i64 now) {
        if (from.tokens == 0 || to.tokens == 0 || full(from, now)) {
            owes = false;
            return;
        }
        i64 fills = now;
        while (level_at(from, fills) < room(from)) {
            ++fills;
        }
        fills = std::min(fills, now + divided_up(room(to), to.tokens));
        level = room(to) - (fills - now) * to.tokens;
        time = now;
    }
};

struct answer {
    verdict what = verdict::run;
    i64 due = 0;
    i64 dropped = -1;
    i64 cancelled = -1;
    friend bool operator==(const answer&, const answer&) = default;
};

class model {
public:
    model(u32 jobs, u32 keys, u32 limiters) : jobs_(jobs), cells_max_{keys}, limits_(limiters) {}

    answer ask(u32 index, const request& asked, i64 now, std::vector<u32>& called) {
        job& self = jobs_[index];
        const bool exclusive = asked.key != 0 && asked.exclusive;
        if (!self.knows && !self.place) {
            const bool own =
                asked.limiter != none && asked.key != 0 && limits_[asked.limiter].per_key;
            std::set<cell> wanted;
            if (exclusive) {
                wanted.insert({asked.key, none});
            }
            if (own) {
                wanted.insert({asked.key, asked.limiter});
            }
            const std::set<cell> taken = cells(now);
            std::size_t more = 0;
            for (const cell& one : wanted) {
                more += taken.count(one) == 0 ? 1U : 0U;
            }
            if (taken.size() + more > cells_max_) {
                return {.what = verdict::no_cell};
            }
            self.cells = wanted;
            self.knows = !wanted.empty();
            self.own = own;
        }
        if (exclusive && !self.key) {
            key_state& key = keys_[asked.key];
            if (key.holder < 0) {
                key.holder = index;
                self.key = true;
            } else if (asked.busy == on_busy::wait) {
                key.line.push_back(index);
                return {.what = verdict::waiting};
            } else if (asked.busy == on_busy::replace) {
                answer result{.what = verdict::replace, .cancelled = key.holder};
                for (auto who = key.line.begin(); who != key.line.end(); ++who) {
                    if (jobs_[*who].replaces) {
                        result.dropped = *who;
                        jobs_[*who].replaces = false;
                        key.line.erase(who);
                        break;
                    }
                }
                key.line.push_front(index);
                self.replaces = true;
                return result;
            } else {
                self = {};
                return {.what = asked.busy == on_busy::skip ? verdict::skip : verdict::fail};
            }
        }
        if (asked.limiter == none) {
            return {};
        }
        const limit& by = limits_[asked.limiter];
        gate& at = gates_[{self.own ? asked.key : 0, asked.limiter}];
        if (!self.place) {
            if (!at.line.empty() || !open(at, by)) {
                at.line.push_back(index);
                return {.what = verdict::waiting};
            }
            at.inside.insert(index);
            self.place = true;
        }
        if (by.tokens == 0) {
            at.chosen = at.chosen == index ? -1 : at.chosen;
            return {};
        }
        if (at.chosen >= 0 && at.chosen != index) {
            at.inside.erase(index);
            self.place = false;
            at.line.push_front(index);
            return {.what = verdict::waiting};
        }
        const i64 due = at.rate.next(by, now);
        if (due > now) {
            at.chosen = index;
            return {.what = verdict::later, .due = due};
        }
        at.rate.take(by, now);
        at.chosen = -1;
        call_next(at, by, called);
        return {};
    }

    void done(u32 index, const request& asked, bool is_final, std::vector<u32>& called) {
        job& self = jobs_[index];
        if (self.place) {
            gate& at = gates_[{self.own ? asked.key : 0, asked.limiter}];
            at.inside.erase(index);
            at.chosen = at.chosen == index ? -1 : at.chosen;
            self.place = false;
            call_next(at, limits_[asked.limiter], called);
        }
        if (self.key && asked.chain && !is_final) {
            return;
        }
        if (self.key) {
            key_state& key = keys_[asked.key];
            key.holder = -1;
            if (!key.line.empty()) {
                key.holder = key.line.front();
                key.line.pop_front();
                jobs_[static_cast<u32>(key.holder)].key = true;
                jobs_[static_cast<u32>(key.holder)].replaces = false;
                called.push_back(static_cast<u32>(key.holder));
            }
        }
        self = {};
    }

    void set_limit(u32 limiter, const limit& to, i64 now, std::vector<u32>& called) {
        const limit from = std::exchange(limits_[limiter], to);
        for (auto& [where, at] : gates_) {
            if (where.second == limiter) {
                if (!from.same_rate(to)) {
                    at.rate.change(from, to, now);
                }
                call_next(at, to, called);
            }
        }
    }

    void told_later(u32 limiter, std::vector<u32>& seen) const {
        for (const auto& [where, at] : gates_) {
            if (where.second == limiter && at.chosen >= 0) {
                seen.push_back(static_cast<u32>(at.chosen));
            }
        }
    }

    void take_waiting(std::vector<u32>& taken) {
        const auto take = [&](std::deque<u32>& line) {
            for (const u32 index : line) {
                jobs_[index].replaces = false;
                taken.push_back(index);
            }
            line.clear();
        };
        for (auto& [where, at] : gates_) {
            take(at.line);
        }
        for (auto& [key, at] : keys_) {
            take(at.line);
        }
    }

    pawl::admission_load limiter_load(u32 limiter) const {
        pawl::admission_load sum;
        for (const auto& [where, at] : gates_) {
            if (where.second == limiter) {
                sum.running += static_cast<u32>(at.inside.size());
                sum.waiting += static_cast<u32>(at.line.size());
            }
        }
        return sum;
    }
    pawl::admission_load key_load(u32 key) const {
        const auto found = keys_.find(key);
        if (found == keys_.end()) {
            return {};
        }
        return {found->second.holder >= 0 ? 1U : 0U, static_cast<u32>(found->second.line.size())};
    }

private:
    using cell = std::pair<u32, u32>;  // key, limiter

    struct job {
        std::set<cell> cells = {};
        bool knows = false;  // which cells it needs, and has them
        bool own = false;
        bool key = false;
        bool place = false;
        bool replaces = false;
    };
    struct key_state {
        i64 holder = -1;
        std::deque<u32> line = {};
    };
    struct gate {
        std::set<u32> inside = {};
        std::deque<u32> line = {};
        i64 chosen = -1;
        bucket rate = {};
    };

    static bool open(const gate& at, const limit& by) {
        return (by.running_max == 0 || at.inside.size() < by.running_max) &&
               (by.tokens == 0 || at.chosen < 0);
    }
    void call_next(gate& at, const limit& by, std::vector<u32>& called) {
        while (!at.line.empty() && open(at, by)) {
            const u32 next = at.line.front();
            at.line.pop_front();
            at.inside.insert(next);
            jobs_[next].place = true;
            if (by.tokens != 0) {
                at.chosen = next;
            }
            called.push_back(next);
        }
    }

    // Those that somebody needs, and those with starts that still count.
    std::set<cell> cells(i64 now) {
        std::set<cell> result;
        for (const job& one : jobs_) {
            result.insert(one.cells.begin(), one.cells.end());
        }
        for (auto& [where, at] : gates_) {
            const limit& by = limits_[where.second];
            if (where.first != 0 && by.tokens != 0 && !at.rate.full(by, now)) {
                result.insert(where);
            }
        }
        return result;
    }

    std::vector<job> jobs_;
    std::size_t cells_max_;
    std::vector<limit> limits_;
    std::map<u32, key_state> keys_;
    std::map<cell, gate> gates_;
};

// ---- the caller of both ----

// What a run met, so that a test can say that it was there.
struct met {
    std::map<verdict, u32> verdicts = {};
    u32 dropped = 0;
    u32 called = 0;
    u32 changed = 0;
    u32 taken = 0;
};

template <u32 Jobs, u32 Keys, u32 Limiters, class Platform>
class comparison {
    using gates = pawl::admission<Jobs, Keys, Limiters, Platform>;
    using tick = typename gates::tick;

public:
    // Time begins at `start` in ticks that wrap.
    comparison(u32 seed, tick start) : random_{seed}, start_{start} {
        for (u32 index = 0; index < Jobs; ++index) {
            free_.push_back(index);
        }
    }

    // Empty, or what was not equal.
    std::string run(u32 operations) {
        if constexpr (Limiters > 0) {
            for (u32 limiter = 0; limiter < Limiters; ++limiter) {
                change_limit(limiter);
            }
        }
        for (operation_ = 0; operation_ < operations && wrong_.empty(); ++operation_) {
            step();
            look();
        }
        end();
        return wrong_;
    }
    const met& seen() const { return met_; }

private:
    enum class place { free, hand, line, later, running };
    struct job {
        request asked = {};
        place where = place::free;
        i64 due = 0;
        bool began = false;  // this attempt
    };

    void step() {
        const u32 luck = random_.below(1000);
        if (luck < 250) {
            submit();
        } else if (luck < 480) {
            if (!hand_.empty()) {
                // Mostly in the order in which they were called.
                const u32 which = random_.one_in(4) ? pick(hand_) : 0;
                ask(take(hand_, which));
            }
        } else if (luck < 720) {
            if (!running_.empty()) {
                finish(take(running_, pick(running_)), random_.below(10) < 7);
            }
        } else if (luck < 900) {
            come_again();
        } else if (luck < 970) {
            now_ += random_.one_in(50) ? random_.below(400) : random_.below(4);
        } else if (luck < 980) {
            if (!hand_.empty()) {
                finish(take(hand_, pick(hand_)), true);  // cancelled before it asked (again)
            }
        } else if (luck < 985) {
            if constexpr (Limiters > 0) {
                change_limit(random_.below(Limiters));
            }
        } else if (luck < 990) {
            real_.settle(ticks(now_));
        } else if (luck == 990 && random_.one_in(4)) {
            take_all();
        }
    }

    void submit() {
        if (free_.empty()) {
            return;
        }
        const u32 index = take(free_, 0);
        request asked;
        if (Keys > 0 && !random_.one_in(4)) {
            asked.key = 1 + random_.below(Keys + Keys / 2 + 1);
            asked.exclusive = !random_.one_in(3);
            asked.chain = random_.one_in(3);
            constexpr on_busy policies[] = {on_busy::wait, on_busy::wait, on_busy::wait,
                                            on_busy::skip, on_busy::fail, on_busy::replace};
            asked.busy = policies[random_.below(6)];
        }
        if (Limiters > 0 && !random_.one_in(4)) {
            asked.limiter = static_cast<std::uint8_t>(random_.below(Limiters));
        }
        jobs_[index] = {.asked = asked};
        ask(index);
    }

    void come_again() {
        std::vector<u32> due;
        std::vector<u32> early;
        for (u32 index = 0; index < Jobs; ++index) {
            if (jobs_[index].where == place::later) {
                (jobs_[index].due <= now_ ? due : early).push_back(index);
            }
        }
        if (!early.empty() && random_.one_in(10)) {
            const u32 index = early[pick(early)];
            if (random_.one_in(3)) {
                finish(index, true);
            } else {
                ask(index);
            }
        } else if (!due.empty()) {
            ask(due[pick(due)]);
        } else if (!early.empty() && random_.one_in(3)) {
            now_ = jobs_[early[pick(early)]].due;
        }
    }

    void ask(u32 index) {
        job& self = jobs_[index];
        std::vector<u32> called;
        std::vector<u32> expected_called;
        answer got;
        const auto raw = real_.ask(
            index, self.asked, ticks(now_), [&](u32 next) { called.push_back(next); },
            [&](u32 other) { got.cancelled = other; });
        got.what = raw.what;
        got.due = raw.what == verdict::later
                      ? now_ + static_cast<i64>(static_cast<tick>(raw.due - ticks(now_)))
                      : 0;
        got.dropped = raw.dropped == pawl::admission_answer<tick>::nobody ? -1 : i64{raw.dropped};
        const answer expected = model_.ask(index, self.asked, now_, expected_called);
        if (got != expected) {
            fail("ask: " + text(got) + ", expected " + text(expected), index);
        }
        ++met_.verdicts[got.what];
        switch (got.what) {
            case verdict::run: begin(index); break;
            case verdict::replace:
            case verdict::waiting: self.where = place::line; break;
            case verdict::later:
                self.where = place::later;
                self.due = got.due;
                break;
            case verdict::skip:
            case verdict::fail: release(index); break;
            case verdict::no_cell:
                if (random_.one_in(2)) {
                    release(index);
                } else {
                    to_hand(index);
                }
                break;
        }
        compare_called(called, expected_called, false);
        if (got.dropped >= 0) {
            ++met_.dropped;
            const auto dropped = static_cast<u32>(got.dropped);
            if (jobs_[dropped].where != place::line) {
                fail("dropped who was in no line", dropped);
            }
            finish(dropped, true);
        }
        if (got.cancelled >= 0 && random_.one_in(2)) {
            const auto other = static_cast<u32>(got.cancelled);
            if (jobs_[other].where == place::running) {
                remove(running_, other);
                finish(other, true);
            }
        }
    }

    // What must hold whatever the model says.
    void begin(u32 index) {
        job& self = jobs_[index];
        if (self.asked.key != 0 && self.asked.exclusive) {
            for (const u32 other : running_) {
                if (jobs_[other].asked.key == self.asked.key && jobs_[other].asked.exclusive) {
                    fail("two of one key run", index);
                }
            }
        }
        self.where = place::running;
        running_.push_back(index);
    }

    void finish(u32 index, bool is_final) {
        std::vector<u32> called;
        std::vector<u32> expected;
        real_.done(index, jobs_[index].asked, is_final, ticks(now_),
                   [&](u32 next) { called.push_back(next); });
        model_.done(index, jobs_[index].asked, is_final, expected);
        if (is_final) {
            release(index);
        } else {
            to_hand(index);
        }
        compare_called(called, expected, false);
    }

    void change_limit(u32 limiter) requires(Limiters > 0) {
        limit to;
        to.running_max = random_.one_in(3) ? 0 : 1 + random_.below(4);
        if (!random_.one_in(3)) {
            to.tokens = 1 + random_.below(9);
            to.period = 1 + random_.below(60);
            to.burst = random_.below(5);
        }
        to.per_key = Keys > 0 && random_.one_in(2);
        if (random_.one_in(4)) {  // only the other half changes
            const u32 running_max = to.running_max;
            to = limits_[limiter];
            to.running_max = running_max;
        }
        limits_[limiter] = to;
        std::vector<u32> called;
        std::vector<u32> expected;
        const bool accepted =
            real_.set_limit(limiter,
                            {.running_max = to.running_max,
                             .tokens = to.tokens,
                             .period = to.period,
                             .burst = to.burst,
                             .per_key = to.per_key},
                            ticks(now_), [&](u32 next) { called.push_back(next); });
        if (!accepted) {
            fail("the limit was refused", limiter);
        }
        model_.set_limit(limiter, to, now_, expected);
        compare_called(called, expected, true);
        ++met_.changed;
        std::vector<u32> told;
        std::vector<u32> expected_told;
        real_.told_later(limiter, [&](u32 index) { told.push_back(index); });
        model_.told_later(limiter, expected_told);
        std::sort(told.begin(), told.end());
        std::sort(expected_told.begin(), expected_told.end());
        if (told != expected_told) {
            fail("told_later", limiter);
        }
    }

    void take_all() {
        std::vector<u32> taken;
        std::vector<u32> expected;
        real_.take_waiting([&](u32 index) { taken.push_back(index); });
        model_.take_waiting(expected);
        met_.taken += static_cast<u32>(taken.size());
        compare_called(taken, expected, true);
    }

    void compare_called(std::vector<u32> called, std::vector<u32> expected, bool any_order) {
        for (const u32 index : called) {
            if (jobs_[index].where != place::line) {
                fail("called who was in no line", index);
            }
            to_hand(index);
        }
        met_.called += static_cast<u32>(called.size());
        if (any_order) {
            std::sort(called.begin(), called.end());
            std::sort(expected.begin(), expected.end());
        }
        if (called != expected) {
            fail("others were called than expected", static_cast<u32>(called.size()));
        }
    }

    void look() {
        if constexpr (Limiters > 0) {
            const u32 limiter = random_.below(Limiters);
            const auto got = real_.limiter_load(limiter);
            const auto expected = model_.limiter_load(limiter);
            if (got.running != expected.running || got.waiting != expected.waiting) {
                fail("load of limiter", limiter);
            }
        }
        if constexpr (Keys > 0) {
            const u32 key = 1 + random_.below(Keys + Keys / 2 + 1);
            const auto got = real_.key_load(key);
            const auto expected = model_.key_load(key);
            if (got.running != expected.running || got.waiting != expected.waiting) {
                fail("load of key", key);
            }
        }
    }

    // Everybody ends, and nobody stays behind.
    void end() {
        while (wrong_.empty()) {
            if (!hand_.empty()) {
                ask(take(hand_, 0));
            } else if (!running_.empty()) {
                finish(take(running_, 0), true);
            } else {
                i64 next = -1;
                u32 who = 0;
                for (u32 index = 0; index < Jobs; ++index) {
                    if (jobs_[index].where == place::later &&
                        (next < 0 || jobs_[index].due < next)) {
                        next = jobs_[index].due;
                        who = index;
                    }
                }
                if (next < 0) {
                    break;
                }
                now_ = std::max(now_, next);
                ask(who);
            }
        }
        if (wrong_.empty() && free_.size() != Jobs) {
            fail("jobs are left in lines", Jobs - static_cast<u32>(free_.size()));
        }
    }

    void to_hand(u32 index) {
        jobs_[index].where = place::hand;
        hand_.push_back(index);
    }
    void release(u32 index) {
        jobs_[index].where = place::free;
        free_.push_back(index);
    }
    template <class List>
    u32 pick(const List& list) {
        return random_.below(static_cast<u32>(list.size()));
    }
    static u32 take(std::vector<u32>& list, u32 which) {
        const u32 index = list[which];
        list.erase(list.begin() + which);
        return index;
    }
    static void remove(std::vector<u32>& list, u32 index) {
        list.erase(std::find(list.begin(), list.end(), index));
    }
    tick ticks(i64 time) const { return static_cast<tick>(start_ + static_cast<tick>(time)); }

    static std::string text(const answer& one) {
        return std::to_string(static_cast<int>(one.what)) + " due " + std::to_string(one.due) +
               " dropped " + std::to_string(one.dropped) + " cancelled " +
               std::to_string(one.cancelled);
    }
    void fail(const std::string& what, u32 index) {
        if (wrong_.empty()) {
            wrong_ = "operation " + std::to_string(operation_) + ", " + std::to_string(index) +
                     ": " + what;
        }
    }

    numbers random_;
    tick start_;
    i64 now_ = 0;
    gates real_ = {};
    model model_{Jobs, Keys, Limiters};
    job jobs_[Jobs] = {};
    limit limits_[Limiters + 1] = {};
    std::vector<u32> free_, hand_, running_;
    u32 operation_ = 0;
    met met_ = {};
    std::string wrong_ = {};
};

}  // namespace admission_model
