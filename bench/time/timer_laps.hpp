// SPDX-License-Identifier: BSL-1.0
//
// timer_laps: what is done to timers while the clock runs, the same for ours and for the peers.
//
// Deadlines are uniform over an hour in milliseconds, if nothing else is said. A lap begins with
// rewound timers; what comes out is checked, so that every timer has fired once, or not at all if
// it was cancelled.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../harness.hpp"
#include "timer_peers.hpp"

namespace bench::timers {

// Adds up the timers that fire.
struct summing {
    std::uint64_t sum = 0;
    template <class Timers>
    void operator()(Timers&, std::uint32_t timer) {
        sum += timer + 1;
    }
};
constexpr std::uint64_t sum_of_all(std::uint64_t count) { return count * (count + 1) / 2; }

struct workload {
    std::vector<std::uint64_t> due_ms;
    std::vector<std::uint32_t> order;  // a random one

    explicit workload(std::uint32_t count, std::uint64_t first_ms = 1,
                      std::uint64_t last_ms = hour_ms) {
        random_numbers random;
        due_ms.resize(count);
        const std::uint64_t span_ms = last_ms - first_ms + 1;
        for (std::uint64_t& each : due_ms) {
            // below() takes 32 bits: a year is drawn in seconds and in milliseconds.
            each = first_ms + (span_ms <= 0xFFFF'FFFF
                                   ? random.below(span_ms)
                                   : random.below(span_ms / 1000) * 1000 + random.below(1000));
        }
        order = random.order(count);
    }
    template <class Timers>
    void arm(Timers& timers) const {
        for (std::uint32_t i = 0; i < due_ms.size(); ++i) {
            timers.schedule(i, due_ms[i]);
        }
    }
};

// --- Operations ----------------------------------------------------------------------------------

template <template <std::uint32_t, class> class Timers, std::uint32_t Count>
lap schedules() {
    return [timers = std::make_shared<Timers<Count, summing>>(),
            work = workload{Count}](stopwatch& watch) -> std::uint64_t {
        timers->rewind(hour::coming);
        watch.start();
        work.arm(*timers);
        watch.stop();
        return Count;
    };
}

template <template <std::uint32_t, class> class Timers, std::uint32_t Count>
lap cancels() {
    return [timers = std::make_shared<Timers<Count, summing>>(),
            work = workload{Count}](stopwatch& watch) -> std::uint64_t {
        timers->rewind(hour::coming);
        work.arm(*timers);
        timers->fire.sum = 0;
        watch.start();
        for (const std::uint32_t timer : work.order) {
            timers->cancel(timer);
        }
        timers->finish_cancel();
        watch.stop();
        timers->fire_all();
        check(timers->fire.sum == 0, "a cancelled timer fired");
        return Count;
    };
}

// In one jump over the hour.
template <template <std::uint32_t, class> class Timers, std::uint32_t Count>
lap fires() {
    return [timers = std::make_shared<Timers<Count, summing>>(),
            work = workload{Count}](stopwatch& watch) -> std::uint64_t {
        timers->rewind(hour::past);
        work.arm(*timers);
        timers->fire.sum = 0;
        watch.start();
        timers->fire_all();
        watch.stop();
        check(timers->fire.sum == sum_of_all(Count), "a timer did not fire");
        return Count;
    };
}

// Timers are armed, nine of ten are cancelled, and the others fire: the cost of a timer.
template <template <std::uint32_t, class> class Timers, std::uint32_t Count>
lap mostly_cancelled() {
    return [timers = std::make_shared<Timers<Count, summing>>(),
            work = workload{Count}](stopwatch& watch) -> std::uint64_t {
        std::uint64_t left = sum_of_all(Count);
        timers->rewind(hour::past);
        timers->fire.sum = 0;
        watch.start();
        work.arm(*timers);
        for (std::uint32_t i = 0; i < Count - Count / 10; ++i) {
            timers->cancel(work.order[i]);
            left -= work.order[i] + 1;
        }
        timers->fire_all();
        watch.stop();
        check(timers->fire.sum == left, "a timer did not fire, or a cancelled one did");
        return Count;
    };
}

// All timers are armed for the same moment, and fire: the cost of a timer.
template <template <std::uint32_t, class> class Timers, std::uint32_t Count>
lap one_slot() {
    return [timers = std::make_shared<Timers<Count, summing>>(),
            work = workload{Count, 5000, 5000}](stopwatch& watch) -> std::uint64_t {
        timers->rewind(hour::past);
        timers->fire.sum = 0;
        watch.start();
        work.arm(*timers);
        timers->fire_all();
        watch.stop();
        check(timers->fire.sum == sum_of_all(Count), "a timer did not fire");
        return Count;
    };
}

// Timers that are due a day to a year ahead are armed and cancelled: the cost of a timer.
inline constexpr std::uint64_t day_ms = 24ULL * hour_ms;

template <template <std::uint32_t, class> class Timers, std::uint32_t Count>
lap far_future() {
    return [timers = std::make_shared<Timers<Count, summing>>(),
            work = workload{Count, day_ms, 365 * day_ms}](stopwatch& watch) -> std::uint64_t {
        timers->rewind(hour::coming);
        watch.start();
        work.arm(*timers);
        for (const std::uint32_t timer : work.order) {
            timers->cancel(timer);
        }
        timers->finish_cancel();
        watch.stop();
        return Count;
    };
}

// The same timers, while the first hour passes in jumps of a second: the cost of a jump.
template <template <std::uint32_t, class> class Timers, std::uint32_t Count>
lap far_future_jumps() {
    return [timers = std::make_shared<Timers<Count, summing>>(),
            work = workload{Count, day_ms, 365 * day_ms},
            now_ms = std::uint64_t{hour_ms}](stopwatch& watch) mutable -> std::uint64_t {
        constexpr std::uint32_t jumps = 60;
        if (now_ms >= hour_ms) {
            now_ms = 0;
            timers->rewind(hour::coming);
            work.arm(*timers);
        }
        watch.start();
        for (std::uint32_t i = 0; i < jumps; ++i) {
            timers->advance(now_ms += 1000);
        }
        watch.stop();
        check(timers->fire.sum == 0, "a timer fired before its time");
        return jumps;
    };
}

// --- Time passes, and nothing happens ------------------------------------------------------------

// Nothing is due: one millisecond after the other.
template <template <std::uint32_t, class> class Timers>
lap idle_ticks() {
    constexpr std::uint32_t count = 1000;
    constexpr std::uint32_t ticks = 1000;
    return
        [timers = std::make_shared<Timers<count, summing>>()](stopwatch& watch) -> std::uint64_t {
            timers->rewind(hour::coming);
            for (std::uint32_t i = 0; i < count; ++i) {
                timers->schedule(i, hour_ms / 2 + i);
            }
            timers->fire.sum = 0;
            watch.start();
            for (std::uint32_t tick = 1; tick <= ticks; ++tick) {
                if constexpr (Timers<count, summing>::driven) {
                    timers->advance(tick);
                } else {
                    timers->fire_all();
                }
                keep(*timers);
            }
            watch.stop();
            check(timers->fire.sum == 0, "a timer fired before its time");
            return ticks;
        };
}

// The next deadline is asked for at one moment after the other.
template <template <std::uint32_t, class> class Timers, std::uint32_t Count>
lap next_dues() {
    using contender = Timers<Count, summing>;
    struct state {
        contender timers;
        workload work{Count};
        std::vector<std::uint64_t> sorted = work.due_ms;
        std::uint64_t now_ms = hour_ms;
        state() { std::sort(sorted.begin(), sorted.end()); }
    };
    return [all = std::make_shared<state>()](stopwatch& watch) -> std::uint64_t {
        constexpr std::uint32_t questions = 200;
        constexpr std::uint64_t step_ms = 977;
        if (all->now_ms > all->sorted.back() - 2 * step_ms) {
            all->now_ms = 0;
            all->timers.rewind(hour::coming);
            all->work.arm(all->timers);
        } else if constexpr (contender::driven) {
            all->timers.advance(all->now_ms += step_ms);
        }
        std::uint64_t sum = 0;
        watch.start();
        for (std::uint32_t i = 0; i < questions; ++i) {
            sum += all->timers.next_due_ms();
            keep(all->timers);
        }
        watch.stop();
        const std::uint64_t next =
            *std::upper_bound(all->sorted.begin(), all->sorted.end(), all->now_ms);
        check(sum >= questions * all->now_ms && sum <= questions * next,
              "the next deadline was in the past, or after the first one");
        return questions;
    };
}

// --- Memory --------------------------------------------------------------------------------------

template <template <std::uint32_t, class> class Timers, std::uint32_t Count>
figure bytes_per_timer() {
    const workload work{Count};
    const std::uint64_t before = heap_bytes();
    auto timers = std::make_unique<Timers<Count, summing>>();
    timers->rewind(hour::coming);
    work.arm(*timers);
    return {static_cast<double>(heap_bytes() - before) / Count};
}

// --- Network timeouts ----------------------------------------------------------------------------

// A connection arms a timeout of 5 to 10 seconds. Every so often, at random, something happens on
// it: if it waits, the timeout is armed anew or cancelled, as often as not; if it does not, it is
// armed. One in twenty comes to fire. A lap is some ticks of one millisecond; time goes on from lap
// to lap. The cost of a life: from the arming to the end, with its share of the ticks.
template <template <std::uint32_t, class> class Timers, std::uint32_t Count>
class network_timeouts {
public:
    network_timeouts() {
        timers_.fire.self = this;
        for (std::uint32_t i = 0; i < Count; ++i) {
            timers_.schedule(i, timeout_ms());
        }
        // Until what was armed at first has come to its end, and the timers are in steady state.
        stopwatch unused;
        for (std::uint32_t tick = 0; tick < 2 * timeout_ms_max; tick += lap_ticks) {
            run(unused);
        }
        armed_count_ = 0;
        fired_count_ = 0;
    }

    std::uint64_t run(stopwatch& watch) {
        for (event& each : events_) {
            const std::uint64_t drawn = random_();
            each = {static_cast<std::uint32_t>(random_.below(Count)),
                    static_cast<std::uint16_t>(timeout_ms()), (drawn & 1) != 0};
        }
        const std::uint64_t armed_before = armed_count_;
        auto next = events_.begin();
        watch.start();
        for (std::uint32_t tick = 1; tick <= lap_ticks; ++tick) {
            timers_.advance(++now_ms_);
            const auto end = events_.begin() + std::ptrdiff_t{tick} * events_per_lap / lap_ticks;
            for (; next != end; ++next) {
                happen(*next);
            }
        }
        watch.stop();
        return armed_count_ - armed_before;
    }

    // A share that hangs on nothing but the workload: of a million lives it is known well.
    [[nodiscard]] bool plausible() const {
        return armed_count_ < 1'000'000 ||
               (fired_count_ * 100 > armed_count_ * 4 && fired_count_ * 100 < armed_count_ * 6);
    }

private:
    static constexpr std::uint32_t timeout_ms_min = 5000;
    static constexpr std::uint32_t timeout_ms_max = 9999;
    // So many events that one timeout in twenty meets none: 0.42 a second and connection.
    static constexpr std::uint64_t events_per_second = std::uint64_t{Count} * 42 / 100;
    static constexpr std::uint32_t lap_ticks =
        std::max<std::uint32_t>(10, static_cast<std::uint32_t>(10'000'000 / events_per_second));
    static constexpr std::uint32_t events_per_lap =
        static_cast<std::uint32_t>(events_per_second * lap_ticks / 1000);

    struct event {
        std::uint32_t connection;
        std::uint16_t timeout_ms;
        bool ends;
    };
    struct expire {
        network_timeouts* self = nullptr;
        template <class All>
        void operator()(All&, std::uint32_t connection) {
            self->waits_[connection] = false;
            ++self->fired_count_;
        }
    };

    std::uint32_t timeout_ms() {
        return timeout_ms_min +
               static_cast<std::uint32_t>(random_.below(timeout_ms_max - timeout_ms_min + 1));
    }
    void happen(const event& what) {
        const std::uint64_t due_ms = now_ms_ + what.timeout_ms;
        if (!waits_[what.connection]) {
            waits_[what.connection] = true;
            ++armed_count_;
            timers_.schedule(what.connection, due_ms);
        } else if (what.ends) {
            waits_[what.connection] = false;
            timers_.cancel(what.connection);
        } else {
            ++armed_count_;
            timers_.reschedule(what.connection, due_ms);
        }
    }

    Timers<Count, expire> timers_;
    random_numbers random_;
    std::vector<event> events_ = std::vector<event>(events_per_lap);
    std::vector<bool> waits_ = std::vector<bool>(Count, true);
    std::uint64_t now_ms_ = 0;
    std::uint64_t armed_count_ = 0;
    std::uint64_t fired_count_ = 0;
};

template <template <std::uint32_t, class> class Timers, std::uint32_t Count>
lap network_timeout_lives() {
    return [all = std::make_shared<network_timeouts<Timers, Count>>()](stopwatch& watch) {
        const std::uint64_t lives = all->run(watch);
        check(all->plausible(), "not one timeout in twenty fired");
        return lives;
    };
}

// --- Periodic timers -----------------------------------------------------------------------------

// Every timer arms itself again when it fires, each with a period of its own. Time goes on tick by
// tick, from lap to lap. The cost of a fire.
template <template <std::uint32_t, class> class Timers, std::uint32_t Count>
class periodic_timers {
public:
    periodic_timers() {
        random_numbers random;
        timers_.fire.self = this;
        for (std::uint32_t i = 0; i < Count; ++i) {
            const auto period_ms = static_cast<std::uint32_t>(
                period_ms_min + random.below(period_ms_max - period_ms_min + 1));
            next_[i] = {period_ms, period_ms};
            timers_.schedule(i, period_ms);
        }
    }
    std::uint64_t run(stopwatch& watch) {
        fired_count_ = 0;
        watch.start();
        for (std::uint32_t tick = 0; tick < lap_ticks; ++tick) {
            timers_.advance(++now_ms_);
        }
        watch.stop();
        check(late_ms_ == 0, "a periodic timer did not fire when it was due");
        return fired_count_;
    }

private:
    static constexpr std::uint32_t period_ms_min = 1;
    static constexpr std::uint32_t period_ms_max = 1000;
    static constexpr std::uint32_t lap_ticks = std::max<std::uint32_t>(10, 1'000'000 / Count);

    struct periods {
        std::uint32_t period_ms;
        std::uint32_t due_ms;
    };
    struct again {
        periodic_timers* self = nullptr;
        template <class All>
        void operator()(All& timers, std::uint32_t timer) {
            periods& mine = self->next_[timer];
            self->late_ms_ |= self->now_ms_ ^ mine.due_ms;
            mine.due_ms += mine.period_ms;
            ++self->fired_count_;
            timers.schedule(timer, mine.due_ms);
        }
    };

    Timers<Count, again> timers_;
    std::vector<periods> next_ = std::vector<periods>(Count);
    std::uint64_t now_ms_ = 0;
    std::uint64_t late_ms_ = 0;
    std::uint64_t fired_count_ = 0;
};

template <template <std::uint32_t, class> class Timers, std::uint32_t Count>
lap periodic_fires() {
    return [all = std::make_shared<periodic_timers<Timers, Count>>()](stopwatch& watch) {
        return all->run(watch);
    };
}

// --- Rows ----------------------------------------------------------------------------------------

// Enters a contender where it belongs.
inline void contend(contest& row, const std::string& name, lap each) {
    if (name == "pawl") {
        row.ours(std::move(each));
    } else {
        row.peer(name, std::move(each));
    }
}

}  // namespace bench::timers
