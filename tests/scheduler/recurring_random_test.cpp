// SPDX-License-Identifier: BSL-1.0
//
// Recurring jobs against a model, event by event.
//
// Goal: after each command of a random program, every run began when the model says, and every
// count is the model's. Method: the model is one entry and its jobs, plain and slow: it lists the
// times that have passed one by one and goes through the rules as recurring_options.hpp states
// them, with no arithmetic. Programs poll late, advance, pause, resume, trigger, cancel, remove,
// say the same again, say something else, and fill the slots with other jobs. Two entries, so that
// they compete for slots.
#include <cstdio>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "catch.hpp"
#include "scheduler/recurring_checks.hpp"

using namespace recurring;
using pawl::misfire;
using pawl::overlap;
using pawl::when_full;

namespace {

constexpr std::uint32_t slots = 6;
using world = pawl::scheduler<
    // Two, and a place for each that an update has taken off and that an occurrence still keeps.
    pawl::limits{.jobs = slots, .recurring = 2 + slots, .workers = 0, .recurring_policies = true},
    pawl::manual_platform>;

using ms = std::int64_t;

struct rule {
    bool calendar = false;
    ms period = 10;  // of the calendar: seconds of the minute that it divides
    bool fixed_delay = false;

    bool operator==(const rule&) const = default;

    // The first time after `at`, one of the calendar by trying.
    [[nodiscard]] ms after(ms at) const {
        if (!calendar) {
            return at + period;
        }
        do {
            ++at;
        } while (at % 1000 != 0 || at / 1000 % 60 % period != 0);
        return at;
    }
};

struct terms {
    overlap when_busy = overlap::skip;
    misfire late = misfire::coalesce();
    when_full full = when_full::drop;
    std::optional<ms> not_before;
    std::optional<ms> until;
    std::uint32_t max_runs = 0;
    bool at_start = false;
};

// How long a run rests that begins at this time.
ms length_of(std::uint32_t entry, ms begins) {
    const std::uint32_t bits = (static_cast<std::uint32_t>(begins) + 7 * entry) * 0x9E37'79B9;
    return bits % 3 == 0 ? 0 : bits >> 8 & 0x1F;
}

// ---- The model
// -----------------------------------------------------------------------------------

struct job {
    enum state { waits, ready, rests, over } is = ready;
    ms wake = 0;
    job* behind = nullptr;
    std::uint32_t entry = 0;
    bool by_hand = false;
    bool freed = false;
    bool cancelled = false;  // and not yet taken out of its place
    ms ended = -1;           // when its last attempt ended; for a fixed delay
};

struct entry {
    bool there = false;
    rule by;
    terms say;
    ms due = 0;
    bool paused = false;
    bool finished = false;
    std::optional<ms> looks;  // when it is looked at, if it waits for an end or for room
    std::uint64_t armed = 0;  // of two that are due at once the one comes first that was armed so
    job* timed = nullptr;     // whose end gives the next time
    std::optional<ms> no_room_since;
    job* last = nullptr;
    std::uint32_t runs = 0, missed = 0, skipped = 0, coalesced = 0, deferred = 0, triggered = 0;
};

struct model {
    ms now = 0;
    entry entries[2];
    std::deque<job> jobs;  // in the order in which they were made; never moves
    std::uint64_t arms = 0;
    std::uint32_t others = 0;       // slots that other jobs hold
    std::uint32_t others_gone = 0;  // cancelled, and not taken out
    times log[2];                   // when the runs of each entry began

    [[nodiscard]] std::uint32_t used() const {
        std::uint32_t count = others + others_gone;
        for (const job& each : jobs) {
            count += each.freed ? 0U : 1U;
        }
        return count;
    }

    static bool going_on(const job* each) { return each != nullptr && each->is != job::over; }

    enum class made { yes, busy, full };
    made make(std::uint32_t index, bool by_hand, bool in_line) {
        entry& self = entries[index];
        job* behind = nullptr;
        if (self.say.when_busy != overlap::allow && going_on(self.last)) {
            if (!in_line) {
                if (self.say.when_busy == overlap::skip || self.last->is == job::waits) {
                    return made::busy;
                }
                if (self.say.when_busy == overlap::replace) {
                    cancel(*self.last);
                }
            }
            behind = self.last;
        }
        if (used() == slots) {
            return made::full;
        }
        jobs.push_back({.is = behind != nullptr ? job::waits : job::ready,
                        .behind = behind,
                        .entry = index,
                        .by_hand = by_hand,
                        .ended = now});
        self.last = &jobs.back();
        return made::yes;
    }

    // A job in virtual time never runs while somebody else acts: cancelled, it is over, and its
    // slot is free once a poll has taken it out of its place.
    static void cancel(job& each) {
        each.is = job::over;
        each.cancelled = true;
    }

    void end_at_bound(entry& self) const {
        self.finished = self.finished || (self.say.until && self.due > *self.say.until);
    }
    void step(entry& self) const {
        self.due = self.by.after(self.due);
        end_at_bound(self);
    }

    // Times up to `limit` that are passed over, as they are counted: 64 of the calendar, and one.
    std::uint32_t pass(entry& self, ms limit) const {
        std::uint32_t count = 0;
        while (!self.finished && self.due <= limit) {
            step(self);
            ++count;
        }
        return self.by.calendar ? std::min<std::uint32_t>(count, 65) : count;
    }

    void come(std::uint32_t index) {
        entry& self = entries[index];
        auto since = std::exchange(self.no_room_since, std::nullopt);
        if (self.say.late.what() == misfire::kind::skip) {
            const ms limit = now - self.say.late.grace().to<milliseconds>().count() - 1;
            if (!self.by.fixed_delay) {
                self.missed += pass(self, limit);
            } else if (self.due <= limit) {
                ++self.missed;
                self.due = now + self.by.period;
                end_at_bound(self);
            }
        }
        std::uint32_t tries = self.say.late.runs_max();
        if (self.by.fixed_delay || self.say.when_busy == overlap::replace) {
            tries = 1;
        }
        bool in_line = false;
        while (tries != 0 && !self.finished && self.due <= now) {
            --tries;
            const made came = make(index, false, in_line);
            if (came == made::full && self.say.full == when_full::defer) {
                ++self.deferred;
                self.no_room_since = since ? since : now;
                self.looks = now + std::max<ms>(1, ceil_quarter(now - *self.no_room_since));
                return;
            }
            if (came == made::yes) {
                ++self.runs;
                since.reset();
                in_line = self.say.when_busy == overlap::skip;
            } else if (came == made::busy) {
                ++self.skipped;
                tries = 0;
            } else {
                ++self.missed;
            }
            if (came == made::yes && self.runs == self.say.max_runs) {
                self.finished = true;
            } else if (!self.by.fixed_delay) {
                step(self);
            } else if (came == made::yes) {
                self.timed = self.last;
                self.looks = now + self.by.period;
            } else {
                self.due = now + self.by.period;
                end_at_bound(self);
            }
            if (self.by.fixed_delay) {
                return;
            }
        }
        self.coalesced += self.by.fixed_delay ? 0 : pass(self, now);
    }
    // The tick after a quarter of it.
    static ms ceil_quarter(ms time) { return (time + 3) / 4; }

    void fire(std::uint32_t index) {
        entry& self = entries[index];
        if (!self.there || self.paused || self.finished || looks_at(self) > now) {
            return;
        }
        self.looks.reset();
        self.armed = ++arms;
        settle(self);
        if (self.timed != nullptr) {
            self.looks = now + self.by.period;
            return;
        }
        if (!self.finished && self.due <= now) {
            come(index);
        } else {
            self.no_room_since.reset();
        }
    }

    // With a fixed delay the next time is known once the run has ended.
    void settle(entry& self) const {
        if (self.timed != nullptr && !going_on(self.timed)) {
            self.due = self.timed->ended + self.by.period;
            self.timed = nullptr;
            end_at_bound(self);
        }
    }

    [[nodiscard]] static ms looks_at(const entry& self) {
        return self.looks ? *self.looks : self.due;
    }

    void poll() {
        fire_all();
        for (bool again = true; again;) {
            again = false;
            for (std::size_t i = 0; i < jobs.size(); ++i) {
                again = turn(jobs[i]) || again;
            }
            others_gone = 0;
        }
    }
    void fire_all() {
        const auto turn_of = [](const entry& self) {
            return std::pair{looks_at(self), self.armed};
        };
        const bool second_first = turn_of(entries[1]) < turn_of(entries[0]);
        fire(second_first ? 1 : 0);
        fire(second_first ? 0 : 1);
    }

    bool turn(job& each) {
        if (each.cancelled && !each.freed) {
            each.freed = true;
            return true;
        }
        if (each.is == job::waits && each.behind->freed) {
            each.is = job::ready;
        }
        if (each.is == job::rests && each.wake <= now) {
            each.ended = each.by_hand ? each.ended : now;
            each.is = job::over;
            each.freed = true;
            return true;
        }
        if (each.is == job::ready) {
            log[each.entry].push_back(now);
            const ms length = length_of(each.entry, now);
            each.ended = now;
            each.is = length == 0 ? job::over : job::rests;
            each.freed = length == 0;
            each.wake = now + length;
            return true;
        }
        return false;
    }

    void advance(ms step) {
        poll();
        for (; step != 0; --step) {
            ++now;
            poll();
        }
    }

    // "created", "updated" or "unchanged"; nothing if it is refused.
    std::optional<pawl::recurring_change> add(std::uint32_t index, rule by, terms say) {
        const entry before = entries[index];
        entry self;
        self.there = true;
        self.by = by;
        self.say = say;
        auto change = pawl::recurring_change::created;
        bool start = true;
        if (before.there) {
            change = pawl::recurring_change::updated;
            self.paused = before.paused;
            self.last = before.last;
            if (before.by == by) {
                change = pawl::recurring_change::unchanged;
                self = before;
                self.say = say;
                self.finished = say.max_runs != 0 && self.runs >= say.max_runs;
                start = before.finished && !self.finished;
                self.looks = before.timed != nullptr || before.no_room_since
                                 ? std::optional<ms>{now}
                                 : std::nullopt;
            }
        }
        if (start) {
            const bool at_once = say.at_start && change != pawl::recurring_change::unchanged;
            self.due =
                at_once ? now / (by.calendar ? 1000 : 1) * (by.calendar ? 1000 : 1) : by.after(now);
            if (!by.calendar && say.not_before && *say.not_before > now) {
                self.due = *say.not_before;
            }
            if (by.calendar && say.not_before && *say.not_before > self.due) {
                self.due = *say.not_before;
                if (!at_once) {
                    self.due = by.after(self.due - 1);
                }
            }
        } else if (say.not_before && self.due < *say.not_before &&
                   (by.calendar || *say.not_before > now)) {
            self.due = by.calendar ? by.after(*say.not_before - 1) : *say.not_before;
        }
        if (self.timed == nullptr) {
            end_at_bound(self);
        }
        if (self.finished && change != pawl::recurring_change::unchanged) {
            return std::nullopt;
        }
        self.armed = ++arms;
        entries[index] = self;
        fire_all();  // adding looks at the time
        return change;
    }
};

// ---- Programs
// ------------------------------------------------------------------------------------

constexpr pawl::name names[2] = {"a", "b"};

struct program {
    explicit program(std::uint32_t seed) : random{seed} {}

    std::mt19937 random;
    world real;
    model told;
    times log[2];
    std::vector<pawl::job_id> others;

    std::uint32_t below(std::uint32_t limit) {
        return static_cast<std::uint32_t>(random()) % limit;
    }

    template <bool Const>
    auto work(std::uint32_t index) {
        return [this, index](pawl::job_context& job) {
            // What has rested ends: its cursor would do, too, but a snooze keeps none.
            for (const pawl::job_id each : resting) {
                if (each == job.id()) {
                    std::erase(resting, each);
                    return pawl::outcome::success();
                }
            }
            log[index].push_back(now_ms(real));
            const ms length = length_of(index, now_ms(real));
            if (length == 0) {
                return pawl::outcome::success();
            }
            resting.push_back(job.id());
            return pawl::outcome::snooze(milliseconds{length});
        };
    }
    std::vector<pawl::job_id> resting;

    rule any_rule() {
        rule by;
        by.calendar = below(3) == 0;
        constexpr ms seconds[] = {1, 2, 5, 7};
        constexpr ms periods[] = {1, 5, 10, 30, 100, 700};
        by.period = by.calendar ? seconds[below(4)] : periods[below(6)];
        by.fixed_delay = !by.calendar && below(3) == 0;
        return by;
    }
    terms any_terms(const rule& by) {
        terms say;
        constexpr overlap overlaps[] = {overlap::skip, overlap::skip, overlap::allow,
                                        overlap::queue_one, overlap::replace};
        say.when_busy = overlaps[below(5)];
        switch (below(4)) {
            case 0: say.late = misfire::catch_up(1 + below(5)); break;
            case 1: say.late = misfire::skip(milliseconds{below(3) == 0 ? 0 : below(60)}); break;
            default: break;
        }
        say.full = below(2) == 0 ? when_full::drop : when_full::defer;
        const ms unit = by.calendar ? 1000 : 1;
        if (below(5) == 0) {
            say.not_before = (told.now / unit + below(40)) * unit - below(2) * unit;
        }
        if (below(5) == 0) {
            say.until = (told.now / unit + below(100)) * unit;
        }
        say.max_runs = below(4) == 0 ? 1 + below(6) : 0;
        say.at_start = below(4) == 0;
        return say;
    }

    world::time_point time(ms at) { return world::time_point{milliseconds{at}}; }
    static std::chrono::sys_time<milliseconds> wall(ms at) {
        return pawl::manual_platform::default_wall + milliseconds{at};
    }

    pawl::recurring_id add(std::uint32_t index, const rule& by, const terms& say) {
        world::recurring_options_type options;
        options.name = names[index];
        options.overlap = say.when_busy;
        options.misfire = say.late;
        options.when_full = say.full;
        options.max_runs = say.max_runs;
        options.run_at_start = say.at_start;
        options.fixed_delay = by.fixed_delay;
        // Bounds of the own clock; now and then of the other one, which runs beside it here.
        const bool by_wall = by.calendar != (below(4) == 0);
        if (say.not_before && by_wall) {
            options.not_before = wall(*say.not_before);
        } else if (say.not_before) {
            options.not_before = time(*say.not_before);
        }
        if (say.until && by_wall) {
            options.until = wall(*say.until);
        } else if (say.until) {
            options.until = time(*say.until);
        }
        if (!by.calendar) {
            return real.every(milliseconds{by.period}, work<true>(index), options);
        }
        const std::string text = "*/" + std::to_string(by.period) + " * * * * *";
        return real.recurring(names[index], *pawl::cron::parse(text), work<true>(index), options);
    }

    void command() {
        const std::uint32_t index = below(2);
        entry& self = told.entries[index];
        const pawl::name called = names[index];
        switch (below(16)) {
            case 0:
            case 1:
            case 2:
            case 3: {  // a late poll
                const ms step = below(4) == 0 ? below(100'000) : below(80);
                real.platform().elapse(milliseconds{step});
                told.now += step;
                real.poll();
                told.poll();
                break;
            }
            case 4:
            case 5:
            case 6:
            case 7: {
                const ms step = below(60);
                real.advance(milliseconds{step});
                told.advance(step);
                break;
            }
            case 8: {
                REQUIRE(real.pause_recurring(called) == self.there);
                self.paused = self.paused || self.there;
                told.fire_all();
                break;
            }
            case 9:
            case 10: {
                REQUIRE(real.resume_recurring(called) == self.there);
                if (self.paused) {
                    self.paused = false;
                    self.no_room_since.reset();
                    self.armed = ++told.arms;
                    self.looks = self.timed != nullptr ? std::optional<ms>{told.now} : std::nullopt;
                }
                told.fire_all();
                break;
            }
            case 11: {
                const pawl::job_id id = real.trigger_recurring(called);
                if (!self.there) {
                    REQUIRE(id.error() == pawl::submit_error::gone);
                } else {
                    const auto came = told.make(index, true, false);
                    REQUIRE(id.error() == (came == model::made::yes ? pawl::submit_error::none
                                           : came == model::made::busy
                                               ? pawl::submit_error::overlapping
                                               : pawl::submit_error::full));
                    self.triggered += came == model::made::yes ? 1U : 0U;
                }
                told.fire_all();
                break;
            }
            case 12: {  // the slots of others
                if (told.used() < slots && below(2) == 0) {
                    others.push_back(real.schedule(std::chrono::hours{100'000}, [] {}));
                    REQUIRE(others.back());
                    ++told.others;
                } else if (told.others != 0) {
                    REQUIRE(real.cancel(others.back()));
                    others.pop_back();
                    --told.others;
                    ++told.others_gone;
                }
                break;
            }
            case 13: {  // the same again, or with other options
                if (!self.there) {
                    return;
                }
                const terms say = below(2) == 0 ? self.say : any_terms(self.by);
                update(index, self.by, say);
                break;
            }
            case 14: {
                const rule by = any_rule();
                update(index, by, any_terms(by));
                break;
            }
            default: {
                if (below(3) != 0) {
                    return;
                }
                REQUIRE(real.remove_recurring(called) == self.there);
                self = {};
                told.fire_all();
                break;
            }
        }
        compare();
    }

    void update(std::uint32_t index, const rule& by, const terms& say) {
        const pawl::recurring_id id = add(index, by, say);
        const auto change = told.add(index, by, say);
        if (!change) {
            told.fire_all();
            REQUIRE(id.error() == pawl::submit_error::never);
        } else {
            REQUIRE(id);
            REQUIRE(id.change() == *change);
        }
    }

    void compare() {
        for (std::uint32_t index = 0; index < 2; ++index) {
            REQUIRE(log[index] == told.log[index]);
            entry& self = told.entries[index];
            told.settle(self);
            const auto info = real.find_recurring(names[index]);
            REQUIRE(info.has_value() == self.there);
            if (!info) {
                continue;
            }
            CHECK(info->runs == self.runs);
            CHECK(info->missed == self.missed);
            CHECK(info->skipped == self.skipped);
            CHECK(info->coalesced == self.coalesced);
            CHECK(info->deferred == self.deferred);
            CHECK(info->triggered == self.triggered);
            CHECK(info->paused == self.paused);
            CHECK(info->finished == self.finished);
            CHECK(info->next.has_value() ==
                  (!self.paused && !self.finished && self.timed == nullptr));
            if (info->next && !self.by.calendar) {
                CHECK(info->next == time(self.due));
            }
            if (info->next_by_calendar) {
                CHECK(*info->next_by_calendar == wall(self.due));
            }
        }
    }
};

}  // namespace

TEST_CASE("random programs of two recurring jobs are the model's, event by event") {
    std::uint32_t runs = 0;
    for (std::uint32_t seed = 1; seed <= 400; ++seed) {
        INFO("seed " << seed);
        program random{seed};
        for (int i = 0; i < 300; ++i) {
            INFO("command " << i);
            random.command();
        }
        runs += static_cast<std::uint32_t>(random.log[0].size() + random.log[1].size());
        // At the end every slot is free again.
        for (const pawl::name called : names) {
            random.real.remove_recurring(called);
        }
        for (const pawl::job_id each : random.others) {
            random.real.cancel(each);
        }
        random.real.advance(1min);
        for (std::uint32_t i = 0; i < slots; ++i) {
            REQUIRE(random.real.enqueue([] {}));
        }
    }
    REQUIRE(runs > 40'000);
}
