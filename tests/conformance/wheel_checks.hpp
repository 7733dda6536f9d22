// SPDX-License-Identifier: BSL-1.0
//
// What timer_wheel and timer_list promise, on the core that they will run on.
//
// Goal: never early, none lost, in the order of the deadlines and of arming among equal ones, when
// ticks wrap too, whatever is moved, cancelled or armed anew from within. Method: wheels of both
// tick types and of different digits, and lists, beside a table that is searched for the next
// timer; seeded programs of a thousand steps, from zero and from just before each wrap.
//
// Who may call: one thread, or the main loop.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

#include <pawl/time/timer_list.hpp>
#include <pawl/time/timer_wheel.hpp>

#include "conformance/beside.hpp"
#include "conformance/checks.hpp"

namespace conformance {

class wheel_checks {
public:
    explicit wheel_checks(checks& check) noexcept : check_{check} {}

    void run() noexcept {
        all_of<pawl::timer_wheel<count, std::uint32_t, 2>, false>();
        all_of<pawl::timer_wheel<count, std::uint32_t, 5>, false>();
        all_of<pawl::timer_wheel<count, std::uint64_t, 4>, false>();
        all_of<pawl::timer_wheel<300, std::uint32_t, 3>, false>();  // counts what is in a slot
        all_of<pawl::timer_list<count, std::uint32_t>, true>();
        all_of<pawl::timer_list<count, std::uint64_t>, true>();
    }

private:
    static constexpr std::uint32_t count = 20;  // of timers

    template <class Timers, bool Exact>
    void all_of() noexcept {
        using tick = typename Timers::tick;
        in_order<Timers>();
        constexpr tick half = static_cast<tick>(~tick{0}) / 2;
        for (const tick start :
             {tick{0}, static_cast<tick>(half - 300), static_cast<tick>(0 - 300)}) {
            program<Timers, Exact>{check_, start}.run();
        }
    }

    // Equal deadlines, in the past, and within a callback.
    template <class Timers>
    void in_order() noexcept {
        Timers timers;
        std::uint32_t ran = 0;  // each timer a digit
        const auto run = [&](std::uint32_t timer) noexcept { ran = ran * 10 + timer; };
        check_.that(!timers.next_due(), "nothing is armed, and nothing due");
        timers.schedule(3, 7);
        timers.schedule(1, 5);
        timers.schedule(2, 7);
        timers.schedule(4, 5);
        check_.that(timers.armed(3) && !timers.armed(5), "a timer that was scheduled is armed");
        check_.equal(timers.due(3), 7, "its deadline is what was said");
        check_.that(timers.next_due() && *timers.next_due() <= 5, "the next one is known");
        auto done = timers.advance(4, run);
        check_.that(done.fired == 0 && done.complete && ran == 0, "nothing comes early");
        done = timers.advance(5, run);
        check_.equal(ran, 14, "equal deadlines in the order of arming");
        check_.that(timers.cancel(3) && !timers.cancel(3) && !timers.armed(3), "cancel");
        timers.schedule(5, 2);  // in the past
        done = timers.advance(5, run);
        check_.equal(ran, 145, "a deadline in the past comes with the next call");
        check_.that(timers.reschedule(2, 9), "a timer that is armed can be moved");
        done = timers.advance(8, run);
        check_.equal(ran, 145, "one that was moved does not come at its old deadline");
        timers.advance(9, run);
        check_.equal(ran, 1452, "but at its new one");
        check_.equal(timers.now(), 9, "time is what was said");

        // Arms itself for the present, which is the next tick.
        std::uint32_t again = 0;
        timers.schedule(6, 10);
        timers.advance(14, [&](std::uint32_t timer) noexcept {
            ++again;
            timers.schedule(timer, timers.now());
        });
        check_.equal(again, 5, "who arms itself within comes once a tick");
        check_.that(timers.cancel(6), "and can be cancelled");

        timers.schedule(7, 20);
        timers.schedule(8, 20);
        timers.schedule(9, 21);
        ran = 0;
        done = timers.advance(30, run, {.fires = 2});
        check_.that(ran == 78 && done.fired == 2 && !done.complete, "a budget ends the call");
        done = timers.advance(30, run, {.fires = 2});
        check_.that(ran == 789 && done.fired == 1 && done.complete, "and the next one goes on");
        timers.advance(29, run);
        check_.that(timers.now() == 30 && timers.steps_back() == 1, "time does not go back");
    }

    template <class Timers, bool Exact>
    class program {
        using tick = typename Timers::tick;
        using signed_tick = std::make_signed_t<tick>;

    public:
        program(checks& check, tick start) noexcept
            : check_{check}, now_{start}, random_{static_cast<std::uint32_t>(start) + Exact} {
            timers_.start_at(start);
        }

        void run() noexcept {
            for (step_ = 0; step_ < steps_max; ++step_) {
                const std::uint32_t what = random_.below(16);
                const std::uint32_t timer = random_.below(count);
                if (what < 7) {
                    if (!armed_[timer]) {
                        const tick due = some_time();
                        require(timers_.schedule(timer, due));
                        arm(timer, due, false);
                    }
                } else if (what < 9) {
                    reschedule(timer);
                } else if (what < 10) {
                    require(timers_.cancel(timer) == armed_[timer]);
                    armed_[timer] = false;
                } else {
                    advance(static_cast<tick>(now_ + random_.of_any_size(what < 13 ? 4 : 14)));
                }
                compare();
            }
            // All that is left, however far away.
            for (std::uint32_t hops = 0; next() != count && hops < 2 * count; ++hops) {
                advance(due_[next()]);
            }
            check_.equal(next(), count, "every timer comes to its end");
            check_.that(!timers_.next_due(), "and then nothing is due");
            check_.that(fired_ > steps_max / 16, "many come");
            check_.equal(wrong_ == 0 ? 0 : first_wrong_ + 1, 0,
                         "timers do what a table would (the first wrong step)");
        }

    private:
        void require(bool condition) noexcept {
            if (!condition && wrong_++ == 0) {
                first_wrong_ = step_;
            }
        }

        static bool before(tick a, tick b) noexcept {
            return static_cast<signed_tick>(static_cast<tick>(a - b)) < 0;
        }
        [[nodiscard]] tick some_time() noexcept {
            // Now and then in the past; mostly near.
            if (random_.below(16) == 0) {
                return static_cast<tick>(now_ - random_.below(100));
            }
            return static_cast<tick>(now_ + random_.of_any_size(random_.below(8) == 0 ? 29 : 10));
        }
        // The model's side of arming: what is past comes now, and in a callback a tick later.
        void arm(std::uint32_t timer, tick due, bool firing) noexcept {
            armed_[timer] = true;
            due_[timer] = not_past(due, firing);
            order_[timer] = ++armings_;
        }
        [[nodiscard]] tick not_past(tick due, bool firing) const noexcept {
            return before(now_, due) ? due : static_cast<tick>(now_ + (firing ? 1U : 0U));
        }
        void reschedule(std::uint32_t timer) noexcept {
            const tick due = some_time();
            const bool keeps = random_.below(2) == 0;
            const bool stays = keeps && armed_[timer] && !before(not_past(due, false), due_[timer]);
            require(timers_.reschedule(timer, due,
                                       keeps ? pawl::wheel_reschedule::keep_earlier
                                             : pawl::wheel_reschedule::move) == !stays);
            if (!stays) {
                arm(timer, due, false);
            }
        }

        // The one that comes next: the earliest, and of equal ones the first that was armed.
        [[nodiscard]] std::uint32_t next() const noexcept {
            std::uint32_t first = count;
            for (std::uint32_t timer = 0; timer < count; ++timer) {
                if (armed_[timer] &&
                    (first == count || before(due_[timer], due_[first]) ||
                     (due_[timer] == due_[first] && order_[timer] < order_[first]))) {
                    first = timer;
                }
            }
            return first;
        }

        void advance(tick target) noexcept {
            const std::uint32_t fires = random_.below(8) == 0 ? 1 + random_.below(3) : 0xFFFF'FFFF;
            for (;;) {
                std::uint32_t fired = 0;
                const auto done = timers_.advance(target,
                                                  [&](std::uint32_t timer) noexcept {
                                                      ++fired;
                                                      fire(timer, target);
                                                  },
                                                  {.fires = fires});
                require(done.fired == fired && fired <= fires);
                if (done.complete) {
                    break;
                }
                require(fired == fires && !before(target, due_[next()]));
                if (wrong_ != 0) {
                    break;  // it might not end
                }
            }
            now_ = target;
            const std::uint32_t left = next();
            require(left == count || before(target, due_[left]));
        }
        void fire(std::uint32_t timer, tick target) noexcept {
            ++fired_;
            require(timer < count && timer == next());
            if (timer >= count) {
                return;
            }
            require(!before(target, due_[timer]));
            require(timers_.now() == due_[timer] && !timers_.armed(timer));
            now_ = due_[timer];
            armed_[timer] = false;
            const std::uint32_t what = random_.below(8);
            if (what == 0) {
                const tick due = static_cast<tick>(now_ + random_.below(40));
                require(timers_.schedule(timer, due));
                arm(timer, due, true);
            } else if (what == 1) {
                const std::uint32_t other = random_.below(count);
                require(timers_.cancel(other) == armed_[other]);
                armed_[other] = false;
            }
        }

        void compare() noexcept {
            const std::uint32_t first = next();
            const std::optional<tick> due = timers_.next_due();
            require(due.has_value() == (first != count));
            if (due && first != count) {
                require(!before(due_[first], *due) && !before(*due, now_));
                require(!Exact || *due == due_[first]);
                const std::optional<tick> wake = timers_.next_wake(4);
                require(wake && !before(*due, *wake));
            }
            const std::uint32_t some = step_ % count;
            require(timers_.armed(some) == armed_[some]);
            require(!armed_[some] || timers_.due(some) == due_[some]);
            require(timers_.now() == now_);
        }

        checks& check_;
        Timers timers_;
        tick now_;
        seeded random_;
        tick due_[count] = {};
        std::uint32_t order_[count] = {};
        bool armed_[count] = {};
        std::uint32_t armings_ = 0;
        std::uint32_t fired_ = 0;
        std::uint32_t step_ = 0;
        std::uint32_t wrong_ = 0;
        std::uint32_t first_wrong_ = 0;
    };

    checks& check_;
};

}  // namespace conformance
