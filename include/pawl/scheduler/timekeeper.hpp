// SPDX-License-Identifier: BSL-1.0
//
// timekeeper: the timer wheel of a scheduler, its inbox, and who may touch it.
//
// What: any thread or interrupt posts a job's index into the inbox; one *owner* at a time empties
// the inbox into the wheel, hands out what is due, and edits the recurring jobs. An owner is a
// worker, or poll(), for the moment in which it looks at the time, never while it runs a job; so a
// job that takes an hour does not stop time.
//
// How nothing is left in the inbox: an owner looks at the inbox once more after it has left. Who
// finds the wheel owned goes away: its exchange on the owner's word came before the owner's last
// one, which therefore sees what it had put there. On one core with interrupts the exchanges are
// loads and stores, a flag says whether the inbox has anything, and nobody looks once more: who
// posts calls the main loop, too (parking_lot.hpp), which polls before it sleeps. There the main
// loop files what it schedules itself at once, if nothing is in the inbox before it.
//
// Cost: post one ring operation; serve O(posted + due). Who may call: post() any thread or
// interrupt; serve() any thread, it does nothing if somebody is the owner; add and remove wait for
// the owner.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/containers/index_ring.hpp>
#include <pawl/execution/parking_lot.hpp>
#include <pawl/jobs/far_times.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/recurring_options.hpp>
#include <pawl/scheduler/job_flow.hpp>
#include <pawl/scheduler/recurring_by_terms.hpp>
#include <pawl/scheduler/recurring_jobs.hpp>
#include <pawl/time/coarse_deadline.hpp>
#include <pawl/time/tick_clock.hpp>
#include <pawl/time/timer_wheel.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <limits L, platform Platform>
class timekeeper {
public:
    using clock = tick_clock<Platform>;
    using far = far_clock_of<L, Platform>;
    using tick = typename clock::tick;
    using duration = typename Platform::duration;
    using time_point = typename Platform::time_point;
    using word = typename Platform::word;
    using flow_type = job_flow<L, Platform>;
    using wheel_type = scheduler_wheel<L, Platform>;
    using recurring_type =
        std::conditional_t<(L.recurring > 0 && L.recurring_policies),
                           recurring_by_terms<L, Platform>, recurring_jobs<L, Platform>>;

    // When a job is due; to be said before it is posted. REQUIRES: the caller holds the index.
    void set_due(std::uint32_t index, typename far::timer due) noexcept {
        wheel_.set_due(index, due);
    }

    // When a job is due, after set_due(). REQUIRES: the caller holds the index.
    [[nodiscard]] typename far::deadline due_time(std::uint32_t index) const noexcept {
        return far::deadline_of(wheel_, index);
    }

    // How long a continuation rests after its parents, and that they have ended: then set_due() has
    // been done. Returns when it is due in the end. REQUIRES: as set_due().
    void set_rest(std::uint32_t index, typename far::length rest) noexcept requires(L.then_delay) {
        wheel_.set_due(index, far::timer_after({}, rest));
    }
    [[nodiscard]] tick begin_rest(std::uint32_t index, tick now) noexcept requires(L.then_delay) {
        const typename far::timer due = far::later(far::timer_at(wheel_, index), now);
        wheel_.set_due(index, due);
        return far::last(due);
    }
    // This, for who tells continuations that their parents have ended.
    [[nodiscard]] typename flow_type::rests_type rests() noexcept {
        if constexpr (L.then_delay) {
            return this;
        } else {
            return {};
        }
    }

    // For the owner's eyes: the job in this slot waits for its time, or was cancelled. To be
    // followed by a look() into the parking lot, but by who is on the way to serve().
    void post(std::uint32_t index) noexcept {
        inbox_.put(index);
        if constexpr (is_one_core) {
            posted_.store(1, std::memory_order_release);  // release: after the index
        }
    }

    // On one core, in the main loop: makes a built job wait for its time, without the way through
    // the inbox. False: it has to go there, because this is an interrupt (whose time is dear), the
    // owner's work was cut into, there is something in the inbox that comes before it, or the
    // timers have something to do first.
    [[nodiscard, gnu::always_inline]] bool file_at_once([[maybe_unused]] flow_type& flow,
                                                        [[maybe_unused]] std::uint32_t index,
                                                        [[maybe_unused]] tick due) noexcept {
        if constexpr (has_exact_due && requires { Platform::in_interrupt(); }) {
            if (Platform::in_interrupt() || posted_.load(std::memory_order_relaxed) != 0 ||
                !enter()) {
                return false;
            }
            const bool can = wheel_.pass(clock::floor(flow.machine.now()));
            if (can) {
                // Who cancels it from here on posts it, and it is taken out again.
                flow.table.publish_at(index, job_state::scheduled);
                const tick look = wheel_.schedule_and_tell(index, due);
                const tick next = due_.load(std::memory_order_relaxed);
                if (static_cast<std::make_signed_t<tick>>(look - next) < 0) {
                    due_.store(look, std::memory_order_relaxed);
                }
            }
            owner_.store(0, std::memory_order_release);
            return can;
        } else {
            return false;
        }
    }

    // The next deadline; none once the scheduler stops, for then nothing waits for its time any
    // more.
    [[nodiscard]] short_deadline known_deadline(const flow_type& flow) const noexcept {
        // acquire: pairs with leave().
        const short_deadline due{due_.load(std::memory_order_acquire)};
        return flow.lot.glance().phase() == phase::accepting ? due : short_deadline{};
    }

    // Whether a deadline has come. On one core, where it is all that a poll looks at while nobody
    // calls: a subtraction, and where nothing waits for its time, true once in a long while.
    [[nodiscard, gnu::always_inline]] bool has_come(const flow_type& flow) const noexcept {
        if constexpr (has_exact_due) {
            const tick ago =
                clock::floor(flow.machine.now()) - due_.load(std::memory_order_relaxed);
            return static_cast<std::make_signed_t<tick>>(ago) >= 0;
        } else {
            const short_deadline due = known_deadline(flow);
            if (!due.exists()) {
                return false;
            }
            const tick present = clock::floor(flow.machine.now());
            if constexpr (long_ticks) {
                // Nobody has looked for so long that the short form may have wrapped.
                if (era(present) - last_look_.load(std::memory_order_relaxed) > eras_per_deadline) {
                    return true;
                }
            }
            return due.ticks_from(present) <= 0;
        }
    }

    // Whether serve() would find something to do.
    [[nodiscard]] bool wants_attention(const flow_type& flow) const noexcept {
        if (flow.lot.glance().phase() != phase::accepting) {
            return false;
        }
        if constexpr (is_one_core) {
            return posted_.load(std::memory_order_relaxed) != 0 || has_come(flow);
        }
        if (!inbox_.empty()) {
            return true;
        }
        if constexpr (requires { Platform::is_manual; }) {
            if (recurring.wall_jumped(flow.machine, flow.machine.now())) {
                return true;  // elsewhere it is noticed within calendar_sleep_max
            }
        }
        return has_come(flow);
    }

    // A budget of moves that is none, in a constant.
    struct unlimited_moves {
        static constexpr bool is_unlimited = true;
        static constexpr bool none() noexcept { return false; }
        static constexpr std::uint32_t left() noexcept { return wheel_budget::unlimited; }
        static constexpr void use(std::uint32_t) noexcept {}
    };
    // One that is counted.
    class counted_moves {
    public:
        static constexpr bool is_unlimited = false;
        explicit counted_moves(std::uint32_t& moves) noexcept : moves_{moves} {}
        [[nodiscard]] bool none() const noexcept { return moves_ == 0; }
        [[nodiscard]] std::uint32_t left() const noexcept { return moves_; }
        void use(std::uint32_t moved) noexcept {
            moves_ -= moves_ == wheel_budget::unlimited ? 0 : moved;
        }

    private:
        std::uint32_t& moves_;
    };

    // What one serve() came to: jobs that became ready, and whether the budget was enough. In one
    // word, for what is larger a small core returns through memory.
    struct served {
        std::uint32_t ready : 31;
        std::uint32_t left : 1;  // something that the budget was not enough for
    };

    // Empties the inbox into the wheel and hands out what is due, if nobody else does. `moves`: of
    // timers, from the inbox into the wheel and from slot to slot.
    [[gnu::always_inline]] served serve(flow_type& flow) noexcept {
        std::uint32_t all = wheel_budget::unlimited;
        return serve(flow, all);
    }
    [[gnu::always_inline]] served serve(flow_type& flow, std::uint32_t& moves) noexcept {
        return wants_attention(flow) ? serve_now(flow, moves) : served{0, 0};
    }

    // The same for the one who polls a core alone, and has the phase at hand: serve() in line.
    // False: something was left that the budget was not enough for.
    [[nodiscard, gnu::always_inline]] bool serve_alone(flow_type& flow,
                                                       std::uint32_t& moves) noexcept
        requires(interrupt_platform<Platform>) {
        return serve_alone(flow, counted_moves{moves});
    }
    template <class Moves>
    [[nodiscard, gnu::always_inline]] bool serve_alone(flow_type& flow, Moves moves) noexcept
        requires(interrupt_platform<Platform>) {
        if (posted_.load(std::memory_order_relaxed) == 0 && !has_come(flow)) {
            return true;
        }
        std::uint32_t ready = 0;
        if (!enter()) {
            flow.lot.call();  // this interrupt cuts into the owner's work: a later poll looks again
            return true;
        }
        const bool complete = serve_once(flow, moves, ready);
        return Moves::is_unlimited || complete;
    }

    // When serve() will have something to do; nothing if only a post() can change that. For the one
    // who polls.
    [[nodiscard]] std::optional<time_point> next_look(const flow_type& flow) const noexcept {
        if constexpr (has_exact_due) {
            if (wheel_.empty()) {
                return std::nullopt;
            }
            return clock::time(due_.load(std::memory_order_relaxed));
        } else {
            const short_deadline due = known_deadline(flow);
            return due.exists() ? std::optional<time_point>{time_of(due, flow.machine.now())}
                                : std::nullopt;
        }
    }

    // How long ago the first deadline was that nobody has looked at.
    [[nodiscard]] duration lateness(const flow_type& flow) const noexcept {
        const time_point now = flow.machine.now();
        if constexpr (has_exact_due) {
            return has_come(flow) && !wheel_.empty() &&
                           flow.lot.glance().phase() == phase::accepting
                       ? clock::between(clock::time(due_.load(std::memory_order_relaxed)), now)
                       : duration::zero();
        }
        const short_deadline due = known_deadline(flow);
        return due.exists() && due.ticks_from(clock::floor(now)) < 0
                   ? clock::between(time_of(due, now), now)
                   : duration::zero();
    }

    // Adds or replaces a recurring job, in the three steps of recurring_jobs; this thread is the
    // owner from the first to the last. begin: the entry, or why there is none: `busy` from an
    // interrupt of the owner.
    [[nodiscard]] submit_error begin_recurring(
        flow_type& flow, std::uint32_t& index, const name& called, std::uint32_t line,
        const recurring_options_of<L, Platform>& options) noexcept {
        submit_error refusal = submit_error::none;
        if (line == flow_type::no_line) {
            refusal = submit_error::unknown_queue;
        } else if (!enter_waiting()) {
            refusal = submit_error::busy;
        } else {
            wheel_.start_at(clock::floor(flow.machine.now()));
            // Looked at by the owner: whoever ends the scheduler takes the entries off as the owner
            // after that, or has done so.
            if (flow.lot.glance().phase() != phase::accepting) {
                refusal = submit_error::stopped;
            } else if (!recurring.begin(index, called, line, options)) {
                refusal = submit_error::recurring_full;
            }
            if (refusal != submit_error::none) {
                leave_outside(flow);
            }
        }
        return refusal;
    }
    // By a period, or by the calendar.
    template <class Rule>
    recurring_id commit_recurring(flow_type& flow, std::uint32_t index, const Rule& rule,
                                  [[maybe_unused]] bool named) noexcept {
        if constexpr (L.recurring_policies) {
            std::uint32_t to_release = 0;
            const recurring_id result =
                recurring.commit(flow.machine, wheel_, index, rule, to_release);
            return end_recurring(flow, result, to_release);
        } else {
            submit_error refusal = submit_error::none;
            const std::uint32_t to_release =
                recurring.commit(flow.machine, wheel_, index, rule, refusal, named);
            return end_recurring(
                flow,
                refusal == submit_error::none ? recurring.id_of(index) : recurring_id{refusal},
                to_release);
        }
    }

    // False if it is not there, or from an interrupt of the owner.
    template <class Key>
    bool remove_recurring(flow_type& flow, Key key) noexcept {
        if (!enter_waiting()) {
            return false;
        }
        const std::optional<std::uint32_t> removed = recurring.remove(wheel_, key);
        leave_outside(flow);
        if (removed) {
            recurring.release(*removed);
        }
        return removed.has_value();
    }

    // Makes an occurrence by hand.
    template <class Key>
    job_id trigger_recurring(flow_type& flow, Key key) noexcept {
        if (!enter_waiting()) {
            return submit_error::busy;
        }
        const job_id made = recurring.trigger(flow, key);
        leave_outside(flow);
        return made;
    }

    // False as for remove_recurring().
    template <class Key>
    bool pause_recurring(flow_type& flow, Key key, bool paused) noexcept {
        if (!enter_waiting()) {
            return false;
        }
        wheel_.start_at(clock::floor(flow.machine.now()));
        const bool found = recurring.pause(wheel_, key, paused, flow.machine);
        leave_outside(flow);
        return found;
    }

    // Asks the owner's data; `ask(recurring)` runs as the owner. False from an interrupt of it.
    template <class Ask>
    bool ask_recurring(flow_type& flow, Ask&& ask) noexcept {
        if (!enter_waiting()) {
            return false;
        }
        ask(recurring);
        leave_outside(flow);
        return true;
    }

    // Takes all recurring jobs off, at the scheduler's end.
    void clear_recurring(const Platform& machine) noexcept {
        if (enter_waiting()) {
            recurring.clear(wheel_);
            leave(machine.now());
        }
    }

    // Whether an owner is at work that will still see what this thread has seen. A
    // read-modify-write, for the same reason as in enter().
    [[nodiscard]] bool owner_is_free() noexcept {
        return owner_.fetch_or(0, std::memory_order_acq_rel) == 0;
    }

    // A deadline in short form; one too far away is cut.
    [[nodiscard]] static constexpr short_deadline shorten(tick due, tick now) noexcept {
        using difference = std::make_signed_t<tick>;
        const auto distance = static_cast<difference>(static_cast<tick>(due - now));
        constexpr auto farthest = static_cast<difference>(short_deadline::distance_max);
        if (distance > farthest) {
            return short_deadline::at(static_cast<tick>(now + static_cast<tick>(farthest)));
        }
        return short_deadline::at(
            distance < -farthest ? static_cast<tick>(now - static_cast<tick>(farthest)) : due);
    }

    // The time that a short deadline means, seen from `now`. REQUIRES: due.exists().
    [[nodiscard]] static time_point time_of(short_deadline due, time_point now) noexcept {
        const tick present = clock::floor(now);
        return clock::time(static_cast<tick>(present + static_cast<tick>(due.ticks_from(present))));
    }

private:
    // Where ticks have more bits than a short deadline, the present is noted in units of eras. A
    // deadline is at most `eras_per_deadline` beyond it, so after that time there is a look.
    static constexpr bool long_ticks = sizeof(tick) > sizeof(std::uint32_t);
    static constexpr unsigned era_bits = 27;
    static constexpr std::uint32_t eras_per_deadline = short_deadline::distance_max >> era_bits;
    struct no_word {};

    // Whether the timers are in a list, which has nothing to move.
    static constexpr bool is_list = requires(wheel_type timers) { timers.take_due(tick{}); };

    // On one core who serves needs no read-modify-write, and looks where somebody has called.
    static constexpr bool is_one_core = interrupt_platform<Platform>;
    // Where a word has all bits of a tick, it is the next deadline itself.
    static constexpr bool has_exact_due =
        is_one_core && !long_ticks && Platform::calendar_sleep_max == duration::max();
    // So many ticks from one look to the next, if there is no deadline.
    static constexpr tick no_look_max = std::numeric_limits<tick>::max() / 4;

    // So many timers are moved at each wake; the next one is named so that it is enough.
    static constexpr std::uint32_t moves_a_wake = L.jobs >= 256 ? 64 : 4;

    static constexpr std::uint32_t era(tick time) noexcept {
        return static_cast<std::uint32_t>(time >> era_bits);
    }

    // Becomes the owner; false if somebody is. An exchange, not a compare-and-swap: see the opening
    // comment. acq_rel: pairs with leave(). On one core an interrupt that becomes the owner in
    // between has left again before this goes on.
    [[nodiscard]] bool enter() noexcept {
        if constexpr (is_one_core) {
            if (owner_.load(std::memory_order_acquire) != 0) {
                return false;
            }
            owner_.store(1, std::memory_order_seq_cst);
            return true;
        }
        return owner_.exchange(1, std::memory_order_acq_rel) == 0;
    }

    // For callers that may wait while another thread looks at the time. Without threads the owner
    // can only be what this call interrupted: false.
    [[nodiscard]] bool enter_waiting() noexcept {
        while (!enter()) {
            if constexpr (Platform::has_threads) {
                Platform::yield();
            } else {
                return false;
            }
        }
        return true;
    }

    // Publishes the next deadline and stops being the owner. The deadline is shortened as seen from
    // the present, not from the wheel's time, which may lie far behind it.
    void leave(time_point present) noexcept {
        const tick now = clock::floor(present);
        if constexpr (has_exact_due) {
            due_.store(next_look_from(now), std::memory_order_relaxed);
            owner_.store(0, std::memory_order_release);
            return;
        }
        short_deadline due;
        if (const std::optional<tick> next = wheel_.next_wake(moves_a_wake)) {
            due = shorten(*next, now);
        }
        if constexpr (Platform::calendar_sleep_max != duration::max()) {
            if (recurring.any_calendar()) {
                const time_point look = clock::add(present, Platform::calendar_sleep_max);
                const short_deadline cap = shorten(clock::ceil(look), now);
                due = cap.before(due) ? cap : due;
            }
        }
        if constexpr (long_ticks) {
            last_look_.store(era(now), std::memory_order_relaxed);  // before due_, which releases
        }
        // release: pairs with known_deadline(). Then acq_rel: pairs with enter().
        due_.store(due.bits(), std::memory_order_release);
        owner_.exchange(0, std::memory_order_acq_rel);
    }

    // When to look next, in full ticks: for who has no deadline, too, so that the present is never
    // compared with a tick that is half its range away.
    [[nodiscard]] tick next_look_from(tick now) const noexcept requires has_exact_due {
        return wheel_.empty() ? static_cast<tick>(now + no_look_max)
                              : *wheel_.next_wake(moves_a_wake);
    }

    // For threads that are no workers: they look themselves at what came meanwhile, and see to it
    // that somebody keeps the deadline. On one core, that the next poll does.
    void leave_outside(flow_type& flow) noexcept {
        leave(flow.machine.now());
        if constexpr (is_one_core) {
            static_cast<void>(flow.lot.look());
            return;
        }
        flow.wake_for(serve(flow).ready);
        flow.lot.keep_time(flow.machine, flow.lot.look(), known_deadline(flow));
    }

    recurring_id end_recurring(flow_type& flow, recurring_id result,
                               std::uint32_t to_release) noexcept {
        leave_outside(flow);
        // Not as the owner: the last reference runs the destructor of the user's callable.
        if (to_release != recurring_type::nothing_to_release) {
            recurring.release(to_release);
        }
        return result;
    }

    PAWL_ONE_COPY served serve_now(flow_type& flow, std::uint32_t& moves) noexcept {
        std::uint32_t ready = 0;
        bool complete = true;
        bool again = true;
        while (again && enter()) {
            complete = serve_once(flow, counted_moves{moves}, ready);
            again = complete && wants_attention(flow);
        }
        return {ready & 0x7FFF'FFFF, complete ? 0U : 1U};
    }

    // By the owner, who has left when this returns. False: out of moves.
    template <class Moves>
    [[gnu::always_inline]] bool serve_once(flow_type& flow, Moves moves,
                                           std::uint32_t& ready) noexcept {
        const time_point now = flow.machine.now();
        const tick present = clock::floor(now);
        start_wheel(present);
        bool complete = drain_inbox(flow, moves, ready);
        if (recurring.wall_jumped(flow.machine, now)) {
            recurring.arm_calendars(flow.machine, wheel_);
        }
        if constexpr (is_list) {
            for (std::uint32_t timer = 0; (timer = wheel_.take_due(present)) != wheel_.nothing;) {
                ready += fire(flow, timer, now);
            }
        } else {
            const auto progress = wheel_.advance(
                present, [&](std::uint32_t timer) noexcept { ready += fire(flow, timer, now); },
                {.moves = moves.left(), .moves_a_wake = moves_a_wake});
            moves.use(progress.moved);
            complete = complete && progress.complete;
        }
        leave(now);
        return complete;
    }

    // The time of an empty wheel follows the present at a distance, so that what came into the
    // inbox long ago and is due by now, too, is handed out in the order of its deadlines.
    void start_wheel(tick present) noexcept {
        constexpr auto behind_max = static_cast<tick>(tick{1} << (long_ticks ? 40U : 30U));
        if (static_cast<tick>(present - wheel_.now()) > behind_max) {
            wheel_.start_at(static_cast<tick>(present - behind_max));
        }
    }

    // False: out of moves.
    template <class Moves>
    bool drain_inbox(flow_type& flow, Moves& moves, std::uint32_t& ready) noexcept {
        std::uint32_t index = 0;
        if constexpr (is_one_core) {
            posted_.store(0, std::memory_order_seq_cst);  // seq_cst: before the looks
        }
        // Bounded, however fast others post.
        for (std::uint32_t left = 2 * L.jobs; left != 0; --left) {
            if (moves.none()) {
                if constexpr (is_one_core) {
                    posted_.store(1, std::memory_order_relaxed);  // there may be more
                }
                return inbox_.empty();
            }
            if (is_one_core ? !inbox_.get_alone(index) : !inbox_.get(index)) {
                break;
            }
            ready += file(flow, index);
            moves.use(1);
        }
        return true;
    }

    // Deals with an index from the inbox: arms it, or has it ended. 1 if that made it ready.
    std::uint32_t file(flow_type& flow, std::uint32_t index) noexcept {
        state_word seen = flow.table.state(index);
        for (;;) {
            if constexpr (is_one_core && !flow_type::table_type::has_twice) {
                PAWL_ASSERT(!seen.has(state_word::settled));  // nobody takes back: see confirm()
            } else if (seen.has(state_word::settled)) {
                if (flow.put_back(index, seen)) {
                    return 0;  // its submitter took it back
                }
                continue;
            }
            const bool lives = seen.state() == job_state::scheduled;
            PAWL_ASSERT(lives || seen.state() == job_state::deleted);
            // The flag `posted` goes: from here on a cancel() posts the index again.
            if (!flow.table.change(index, seen, flow_type::table_type::moved(seen, seen.state()))) {
                continue;
            }
            if (!lives) {
                wheel_.cancel(index);
                flow.put_ready(index);  // a worker ends it: no foreign code in here
                return 1;
            }
            if constexpr (L.reschedule) {
                if (seen.has(state_word::time_moved)) {
                    // After the change of state, for who moves it from there on posts it again.
                    // acquire: pairs with move_due().
                    const std::uint32_t said =
                        flow.table.job(index).more.moved_due.load(std::memory_order_acquire);
                    const auto moved =
                        typename far::shared{said}.seen_from(clock::floor(flow.machine.now()));
                    wheel_.cancel(index);
                    flow.set_released(index, far::last(moved));
                    wheel_.schedule(index, moved);
                    return 0;
                }
            }
            wheel_.schedule(index);
            return 0;
        }
    }

    // A timer is due. 1 if that made a job ready.
    std::uint32_t fire(flow_type& flow, std::uint32_t timer, time_point now) noexcept {
        if (timer >= L.jobs) {
            return recurring.fire(flow, wheel_, timer - L.jobs, now);
        }
        state_word seen = flow.table.state(timer);
        for (;;) {
            if constexpr (is_one_core && !flow_type::table_type::has_twice) {
                PAWL_ASSERT(!seen.has(state_word::settled));
            } else if (seen.has(state_word::settled)) {
                if (flow.put_back(timer, seen)) {
                    return 0;  // its submitter took it back
                }
                continue;
            }
            // Cancelled, or its time was moved: its index is in the inbox too, and is dealt with
            // there.
            if (seen.state() != job_state::scheduled ||
                (L.reschedule && seen.has(state_word::posted))) {
                return 0;
            }
            if (flow.make_ready(timer, seen)) {
                flow.note(flow.table.id_of(timer), job_state::scheduled, job_state::enqueued,
                          end_reason::none);
                return 1;
            }
        }
    }

public:
    // Public for its counters; everything else of it is the owner's.
    PAWL_NO_UNIQUE_ADDRESS recurring_type recurring;

private:
    // Words before arrays: a small core reaches them with its short instructions.
    word owner_;  // 1 while somebody is
    word due_;    // the next deadline, in short form; or has_exact_due
    PAWL_NO_UNIQUE_ADDRESS std::conditional_t<is_one_core, word, no_word>
        posted_;  // 1: there may be something in the inbox
    struct no_other_word {};
    PAWL_NO_UNIQUE_ADDRESS std::conditional_t<long_ticks, word, no_other_word> last_look_;  // era()
    index_ring<L.jobs, ring_start::empty, Platform> inbox_;
    wheel_type wheel_;  // the owner's; but a timer's due belongs to who holds its index
};

}  // namespace PAWL_ABI
}  // namespace pawl
