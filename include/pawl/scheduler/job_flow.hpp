// SPDX-License-Identifier: BSL-1.0
//
// job_flow: how a job gets from its submission into a ready ring, and what its end sets free.
//
// What: the part of a scheduler that knows neither time nor workers: slots, edges, batches, the
// ready rings, and the waking of who sleeps. Any thread or interrupt may submit through it.
//
// The places of an index (a job is in exactly one):
//
//          reserve()                     take()                 end
//   free ---------> being built --+--> ready ring --> running ---------> free
//                                 |       ^  ^           |
//                     schedule    v       |  | due       | retry later
//                               inbox --> wheel          v
//                                 ^-----------------------+
//   A continuation is in no place while it awaits its parents: whoever changes its state away from
//   `awaiting` puts it into a ready ring. A failed job that is kept lies in a ring of its own, one
//   that waits for a key or a limiter in its line (admission.hpp).
// A deleted job is destroyed by whoever takes its index from a ready ring, so that callables are
// destroyed in worker or poll context only, and a cascade of deletions is a loop and not a
// recursion.
//
// Cost: a submission takes an index from a ring, places the callable, changes a word, puts the
// index into a ring, and looks whether somebody sleeps. Who may call: any thread or interrupt,
// except where a member says that the caller holds the index.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/containers/index_ring.hpp>
#include <pawl/containers/record_ring.hpp>
#include <pawl/execution/parking_lot.hpp>
#include <pawl/execution/when.hpp>
#include <pawl/jobs/admission.hpp>
#include <pawl/jobs/edge_pool.hpp>
#include <pawl/jobs/far_times.hpp>
#include <pawl/jobs/job_attributes.hpp>
#include <pawl/jobs/job_event.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_info.hpp>
#include <pawl/jobs/job_options.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/job_table.hpp>
#include <pawl/jobs/kept_jobs.hpp>
#include <pawl/jobs/key_table.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/jobs/type_table.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/scheduler/pool_source.hpp>
#include <pawl/scheduler/ready_queues.hpp>
#include <pawl/time/tick_clock.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <limits L, platform Platform>
class timekeeper;

// Its members are public: it is the inside of a scheduler, shared by the parts that follow.
template <limits L, platform Platform>
struct job_flow {  // NOLINT(clang-analyzer-optin.performance.Padding): lines of their own
    using word = typename Platform::word;
    using table_type = job_table<L, Platform>;
    using edge_type = edge_pool<L.edges, Platform>;
    using lot_type = parking_lot<L.sleepers(), Platform>;
    using queues_type = ready_queues<L, Platform>;
    using clock = tick_clock<Platform>;
    using far = far_clock_of<L, Platform>;
    using tick = typename clock::tick;
    using attributes_type = job_attributes<L, Platform>;
    // Where it lies how long a continuation rests: with its timer, which it does not need before.
    // Handed in by who has the timekeeper; {} by who has none, for a job that does not rest.
    struct no_rests {};
    using rests_type = std::conditional_t<L.then_delay, timekeeper<L, Platform>*, no_rests>;

    // One core and its interrupts: nobody sleeps who would have to be woken.
    static constexpr bool is_one_core = interrupt_platform<Platform>;

    // Whether anybody wants to know of changes of state.
    static constexpr bool notes =
        L.events > 0 || L.history > 0 || has_hooks<Platform> || listening_platform<Platform>;

    // ---- Submission: any thread or interrupt --------------------------------------------------

    [[gnu::always_inline]] job_id refuse(submit_error why) noexcept {
        count_refusal();
        return why;
    }
    PAWL_ONE_COPY void count_refusal() noexcept {
        // relaxed: a count, nothing hangs on it.
        refused.fetch_add(1, std::memory_order_relaxed);
    }

    // Takes a slot for a job in this line; no_line: there is none.
    static constexpr std::uint32_t no_line = 0xFFFF'FFFF;
    [[nodiscard, gnu::always_inline]] job_id reserve(std::uint32_t line) noexcept {
        // One line is a constant; and a handle comes back in registers, where it is a number.
        return job_id::from_value(queues_type::lines == 1 && line != no_line ? reserve_in(0)
                                                                             : reserve_in(line));
    }
    PAWL_ONE_COPY std::uint64_t reserve_in(std::uint32_t line) noexcept {
        const submit_error refusal = refusal_of(line);
        if (refusal == submit_error::wrong_priority) {
            return job_id{refusal}.value();  // not counted: that, too, would be unsafe
        }
        const job_id id = refusal == submit_error::none ? build(line) : job_id{refusal};
        return (id ? id : refuse(refusal == submit_error::none ? submit_error::full : refusal))
            .value();
    }
    // Why nothing can be submitted now: `none` if it can.
    [[nodiscard]] submit_error refusal_of(std::uint32_t line) const noexcept {
        if constexpr (masking_platform<Platform>) {
            if (!machine.may_submit()) {
                return submit_error::wrong_priority;
            }
        }
        return !lot.accepts()    ? submit_error::stopped
               : line == no_line ? submit_error::unknown_queue
                                 : submit_error::none;
    }

    // Fills in what a slot of reserve() or build() has room for, but its callable.
    void describe(job_id id, name called, retry_policy retry) noexcept {
        auto& slot = table.job(id.index());
        slot.called.set(called);
        slot.retry.set(retry);
    }

    // What few jobs have. Where an option is a constant that says nothing, nothing is left of this.
    template <class Options>
    [[gnu::always_inline]] void describe_more([[maybe_unused]] job_id id,
                                              [[maybe_unused]] const Options& options) noexcept {
        if constexpr (attributes_type::exist) {
            auto& more = table.job(id.index()).more;
            std::uint32_t flags = attribute::none;
            if constexpr (L.deadlines) {
                flags |= describe_deadlines(more, options);
            }
            if constexpr (L.owners) {
                if (options.owner) {
                    flags |= attribute::owned;
                }
                more.owner.set(options.owner.number());
            }
            if constexpr (L.keys > 0) {
                if (options.key) {
                    flags |= attribute::admission | attribute::keyed |
                             (options.chain ? attribute::chain : 0U) |
                             (options.exclusive ? 0U : attribute::shared_key) |
                             static_cast<std::uint32_t>(options.on_busy) << attribute::busy_shift;
                    more.key.set(options.key.value());
                }
            }
            if constexpr (L.limiters.count > 0) {
                if (!options.limit.empty()) {
                    flags |= attribute::admission | (L.limiters.find(options.limit.view()) + 1)
                                                        << attribute::limiter_shift;
                }
            }
            more.flags.set(flags);
        }
    }

    // How long it rests after its parents. After describe_more().
    template <class Options>
    void describe_rest([[maybe_unused]] job_id id, [[maybe_unused]] const Options& options,
                       [[maybe_unused]] rests_type rests) noexcept {
        if constexpr (L.then_delay) {
            if (options.delay) {
                rests->set_rest(id.index(), ticks_of<far>(*options.delay));
                table.job(id.index()).more.add(attribute::delayed);
            }
        }
    }

    // A length of time in ticks, rounded up.
    template <class Clock = clock>
    [[nodiscard]] static constexpr auto ticks_of(packed_delay time) noexcept {
        using duration = typename Clock::duration;
        using length = typename Clock::length;
        using ticks = std::chrono::duration<std::make_signed_t<length>,
                                            typename clock::tick_duration::period>;
        const auto asked = time.to<duration>();
        const auto kept = asked < Clock::delay_max ? asked : Clock::delay_max;
        return static_cast<length>(std::chrono::ceil<ticks>(kept).count());
    }

    template <class F>
    void emplace(job_id id, F&& function) noexcept {
        table.job(id.index()).code.emplace(std::forward<F>(function));
    }

    void join_batch(job_id id, job_id batch) noexcept {
        table.job(id.index()).batch.set(batch.index() + 1);
    }

    // Makes a built job ready to run.
    [[gnu::always_inline]] job_id publish_ready(job_id id) noexcept {
        return publish_ready(id, line_of(id.index()));
    }
    // The same for who knows its line: it may be a constant.
    [[gnu::always_inline]] job_id publish_ready(job_id id,
                                                [[maybe_unused]] std::uint32_t line) noexcept {
        if constexpr (is_one_core) {
            publish_and_call(id.index());
            return id;  // nothing can have come in between: see parking_lot
        }
        if constexpr (L.times) {
            table.job(id.index()).more.due.set(clock::ceil(machine.now()));
        }
        // Told before it is visible: afterwards it may be running already.
        note(id, job_state::gone, job_state::enqueued, end_reason::none);
        table.publish(id, job_state::enqueued);
        ready.put(id.index(), line);  // it is new, and has asked for nothing yet
        const auto seen = lot.look_after_put();
        lot.wake_one(machine, seen);
        return confirm(id, seen.phase());
    }

    PAWL_ONE_COPY void publish_and_call(std::uint32_t index) noexcept
        requires(interrupt_platform<Platform>) {
        if constexpr (notes || L.times) {
            publish_quietly(table.id_of(index));
        } else {
            publish_plainly(index);
        }
        lot.call();
    }
    PAWL_ONE_COPY void publish_plainly(std::uint32_t index) noexcept {
        table.publish_at(index, job_state::enqueued);
        put_ready(index);
    }

    // ---- Several at once: any thread or interrupt -----------------------------------------------

    // Takes so many slots for jobs in this line, or none. Each is linked to the next by the number
    // parked in its callable's place. REQUIRES: count != 0.
    [[nodiscard]] job_id reserve_chain(std::uint32_t line, std::uint32_t count) noexcept {
        if (const submit_error refusal = refusal_of(line); refusal != submit_error::none) {
            return refusal;
        }
        job_id first;
        for (; count != 0; --count) {
            const job_id id = build(line);
            if (!id) {
                give_chain_back(first);
                return submit_error::full;
            }
            table.job(id.index()).code.park(first ? first.index() : id.index());
            first = id;
        }
        return first;
    }

    // Makes a built job ready to run, without a wake and a second look: confirm_all() follows.
    [[gnu::always_inline]] void publish_quietly(job_id id) noexcept {
        if constexpr (L.times) {
            table.job(id.index()).more.due.set(clock::ceil(machine.now()));
        }
        publish_released(id);
    }
    // The same for one whose time of release is said already.
    void publish_released(job_id id) noexcept {
        if constexpr (is_one_core && !notes) {
            publish_plainly(id.index());
            return;
        }
        // Told before it is visible: afterwards it may be running already.
        note(id, job_state::gone, job_state::enqueued, end_reason::none);
        table.publish(id, job_state::enqueued);
        put_ready(id.index());
    }
    // The second look for all of these; a scheduler that stops meanwhile deletes what was accepted
    // before, as any other job that has not begun. False: it has stopped, and these were taken
    // back.
    [[nodiscard]] bool confirm_all(std::span<const job_id> ids) noexcept {
        const auto seen = lot.look();
        bool all = true;
        for (const job_id id : ids) {
            all = static_cast<bool>(confirm(id, seen.phase())) && all;
        }
        return all;
    }

    // Makes a built job a continuation of `parents`, and of so many let_go() besides. It is not
    // awaited by who builds it: each parent is counted by its end, or here if that has been; so the
    // last one is always a parent, which has its result at hand, and until then the job is ours to
    // take back.
    template <class Parents>
    job_id publish_awaiting(job_id id, const Parents& parents, when condition, rests_type rests,
                            std::uint32_t others = 0) noexcept {
        note(id, job_state::gone, job_state::awaiting, end_reason::none);
        table.expect_parents(id, static_cast<std::uint32_t>(parents.size()) + others);
        table.publish(id, job_state::awaiting);
        submit_error refusal = submit_error::none;
        bool unmet = false;
        std::uint32_t released = 0;
        result_type left{};
        for (const job_id parent : parents) {
            switch (link(parent, id, condition, left)) {
                case linked::waiting: break;
                case linked::met: released = release(id, left, rests); break;
                case linked::unmet: unmet = true; break;
                case linked::gone: refusal = submit_error::gone; break;
                case linked::full: refusal = submit_error::out_of_edges; break;
            }
            if (refusal != submit_error::none) {
                break;
            }
        }
        if (refusal != submit_error::none) {
            return withdraw(id) ? refuse(refusal) : id;
        }
        if (unmet) {
            released = delete_awaiting(id);
        } else if (parents.empty() && others == 0) {
            released = release_awaiting(id, {}, rests);
        }
        const auto seen = lot.look();
        if (released != 0) {
            lot.wake_one(machine, seen);
        }
        return confirm(id, seen.phase());
    }

    // Whether a parent that ended so is what a condition asks for.
    [[nodiscard]] static constexpr bool meets(job_state end, when condition) noexcept {
        return pawl::meets(end == job_state::succeeded ? when::success
                           : end == job_state::failed  ? when::failure
                                                       : when::deletion,
                           condition);
    }

    // What a job awaits that is no parent has come.
    void let_go(job_id id, rests_type rests) noexcept requires(table_type::has_edges) {
        wake_for(release(id, {}, rests));
    }

    // ---- Batches: any thread or interrupt -----------------------------------------------------

    // A batch; within another one, as a member of it, if `outer` is given. REQUIRES of that: as
    // add_member().
    [[nodiscard]] job_id open_batch(job_id outer = {}) noexcept {
        if (lot.glance().phase() != phase::accepting) {
            return refuse(submit_error::stopped);
        }
        std::uint32_t index = 0;
        if (!table.take_batch(index)) {
            return refuse(submit_error::out_of_batches);
        }
        return open_batch_at(index, outer);
    }
    // The same in a place that the caller holds.
    [[nodiscard]] job_id open_batch_at(std::uint32_t index, job_id outer) noexcept {
        const job_id id = table.begin(index, 0);
        edge_type::open(table.at(index), id.generation());
        // relaxed: published with the state. One for being open.
        table.at(index).pending.store(1, std::memory_order_relaxed);
        nest_batch(id, outer);
        note(id, job_state::gone, job_state::awaiting, end_reason::none);
        table.publish(id, job_state::awaiting);
        return id;
    }
    // Makes a batch a member of another one, or of none. REQUIRES of that: as add_member().
    void nest_batch(job_id id, job_id outer) noexcept {
        table.set_outer(id.index(), outer ? outer.index() + 1 : 0);
        if (outer) {
            add_member(outer);
        }
    }

    // Or so many. REQUIRES: the batch is open, or a member of it has not been counted out.
    void add_member(job_id batch, std::uint32_t count = 1) noexcept {
        // relaxed: the count cannot reach zero meanwhile.
        table.at(batch.index()).pending.fetch_add(count, std::memory_order_relaxed);
    }
    // Something was to be added and could not: the batch does not succeed any more. REQUIRES: as
    // add_member().
    void fail_batch(job_id batch) noexcept {
        // relaxed: the caller, or the member that it is, counts the batch out later.
        table.at(batch.index()).info.fetch_or(1, std::memory_order_relaxed);
    }
    // The batch of a running job, if it has one.
    [[nodiscard]] job_id batch_of(job_id member) noexcept {
        const std::uint32_t batch = table.job(member.index()).batch.get();
        return batch == table_type::slot::no_batch ? job_id{submit_error::no_batch}
                                                   : table.id_of(batch - 1);
    }

    // A member ended, or the batch was sealed. Makes ready what waits for the batch if that was
    // all.
    void count_out(job_id batch, bool succeeded, rests_type rests) noexcept {
        wake_for(settle_member(batch.index(), succeeded, rests));
    }

    // ---- What happened: any thread or interrupt -----------------------------------------------

    // Writes down a change of state, for who keeps events, and tells the platform's hooks.
    void note([[maybe_unused]] job_id id, [[maybe_unused]] job_state from,
              [[maybe_unused]] job_state to, [[maybe_unused]] end_reason why,
              [[maybe_unused]] std::uint32_t number = 0) noexcept {
        if constexpr (notes) {
            const job_event event = event_of(id, from, to, why, number);
            events.put(event);
            if constexpr (L.history > 0) {
                // A failed job that is evicted had its end before.
                if (is_final(to) && !is_final(from) && !table_type::is_batch(id.index())) {
                    history.put(record_of(event));
                }
            }
            if constexpr (listening_platform<Platform>) {
                machine.on_event(event);
            }
            if constexpr (has_hooks<Platform>) {
                Platform::hooks::on_event(event);
            }
        }
    }

    // ---- Ready jobs ---------------------------------------------------------------------------

    // Into its line; who has asked for a key or a limiter before those who have not.
    void put_ready(std::uint32_t index) noexcept {
        if constexpr (L.admission()) {
            if (table.job(index).more.has(attribute::asked)) {
                ready.put_admitted(index, line_of(index));
                return;
            }
        }
        ready.put(index, line_of(index));
    }
    // A job that is over in every respect, found by who holds its index: its slot is free, unless
    // it lies somewhere else, too. False, with `seen` brought up to date: look again.
    [[nodiscard]] bool put_back(std::uint32_t index, state_word& seen) noexcept {
        if constexpr (table_type::has_twice) {
            if (seen.has(state_word::twice)) {
                return table.change(index, seen, state_word{seen.bits() & ~state_word::twice});
            }
        }
        table.put_free(index);
        return true;
    }
    // Since when, or from when on, the job may run. REQUIRES: the caller holds the index.
    void set_released([[maybe_unused]] std::uint32_t index, [[maybe_unused]] tick at) noexcept {
        if constexpr (L.times || L.deadlines) {
            auto& more = table.job(index).more;
            if (L.times || more.has(attribute::deadline | attribute::retry_for)) {
                more.due.set(at);
            }
        }
    }
    // Changes the state of a job that the caller holds to `enqueued`, and puts it into its line;
    // false, with `seen` brought up to date, if it was changed meanwhile.
    [[nodiscard, gnu::always_inline]] bool make_ready(std::uint32_t index,
                                                      state_word& seen) noexcept {
        if constexpr (L.bands > 1) {
            if (seen.has(state_word::twice) && !table.job(index).more.has(attribute::requeued)) {
                // It lies in a ready ring already, since its priority was raised.
                return table.change(index, seen, seen.to(job_state::enqueued));
            }
        }
        if (!table.change(index, seen, table_type::moved(seen, job_state::enqueued))) {
            return false;
        }
        put_ready(index);
        return true;
    }
    [[nodiscard]] std::uint32_t line_of(std::uint32_t index) const noexcept {
        return queues_type::lines == 1 ? 0 : table.line_of(index);
    }

    [[nodiscard]] bool anything_ready() const noexcept {
        return ready.anything() || pool.anything();
    }

    // Wakes a sleeper for each of `jobs` that were made ready, as far as there are sleepers.
    // One call for each at most: who goes to sleep from here on finds the jobs itself.
    void wake_for(std::uint32_t jobs) noexcept {
        if (jobs == 0) {
            return;
        }
        if constexpr (is_one_core) {
            lot.call();
            return;
        }
        auto seen = lot.look();
        jobs = std::min(jobs, static_cast<std::uint32_t>(std::popcount(seen.sleepers())));
        for (; jobs != 0 && seen.sleepers() != 0; --jobs) {
            lot.wake_one(machine, seen);
            seen = lot.look();
        }
    }

    // The same for who polls one core, and looks only where somebody has called.
    [[gnu::always_inline]] void call_if_alone() noexcept {
        if constexpr (is_one_core) {
            lot.call();
        }
    }
    // The same for a worker that takes the next job itself.
    void wake_for_others(std::uint32_t jobs) noexcept {
        if (jobs > 1) {
            wake_for(jobs - 1);
        }
    }

    // ---- What follows from the end of a job: who holds its index ------------------------------

    // Tells the continuations of a node how it ended; returns how many became ready.
    std::uint32_t resolve(std::uint32_t index, job_state final,
                          [[maybe_unused]] rests_type rests) noexcept {
        std::uint32_t count = 0;
        if constexpr (L.edges > 0) {
            edges.close(table.at(index), table.id_of(index).generation(),
                        [&](job_id child, when condition) noexcept {
                            count += meets(final, condition)
                                         ? release(child, result_of(index), rests)
                                         : delete_awaiting(child);
                        });
        }
        return count;
    }

    // One member less; the last one ends the batch, and so on outwards. Returns how many
    // continuations became ready.
    std::uint32_t settle_member(std::uint32_t batch, bool succeeded, rests_type rests) noexcept {
        std::uint32_t count = 0;
        for (;;) {
            auto& node = table.at(batch);
            if (!succeeded) {
                // relaxed: ordered before the count below, by the same thread.
                node.info.fetch_or(1, std::memory_order_relaxed);
            }
            // acq_rel: the last one sees what every member did.
            if (node.pending.fetch_sub(1, std::memory_order_acq_rel) != 1) {
                return count;
            }
            job_state final = table.attempts(batch) != 0 ? job_state::failed : job_state::succeeded;
            state_word seen = table.state(batch);
            while (seen.state() == job_state::awaiting &&
                   !table.change(batch, seen, seen.to(final))) {
            }
            if (seen.state() == job_state::deleted) {
                final = job_state::deleted;  // it was cancelled, and that was told
            } else {
                note(table.id_of(batch), job_state::awaiting, final, end_reason::members);
            }
            const std::uint32_t outer = table.outer_of(batch);
            count += resolve(batch, final, rests);
            table.give_back(batch);
            if (outer == 0) {
                return count;
            }
            batch = outer - 1;
            succeeded = final == job_state::succeeded;
        }
    }

    // Whether the batch that a job belongs to, or one around it, was cancelled. REQUIRES: the
    // caller holds the index, or the job runs: then no batch around it has ended.
    [[nodiscard]] bool batch_deleted(std::uint32_t index) const noexcept {
        if constexpr (L.batches > 0) {
            std::uint32_t batch = table.job(index).batch.get();
            while (batch != table_type::slot::no_batch) {
                if (table.state(batch - 1).state() == job_state::deleted) {
                    return true;
                }
                batch = table.outer_of(batch - 1);
            }
        }
        return false;
    }

    // ---- Of any submission --------------------------------------------------------------------

    // A constant where no queue is given: the names are then not even linked. A band that there is
    // not is the most urgent one.
    [[nodiscard, gnu::always_inline]] static constexpr std::uint32_t line_named(
        name queue, std::uint32_t band = 0) noexcept {
        constexpr std::uint32_t default_queue = L.default_queue();
        const std::uint32_t place = queue.empty() ? default_queue : L.queues.find(queue.view());
        return place == L.queues.count ? no_line
                                       : queues_type::line_of(place, std::min(band, L.bands - 1));
    }

    [[nodiscard, gnu::always_inline]] job_id build(std::uint32_t line) noexcept {
        return job_id::from_value(build_in(queues_type::lines == 1 ? 0 : line));
    }
    PAWL_ONE_COPY std::uint64_t build_in(std::uint32_t line) noexcept {
        std::uint32_t index = 0;
        if (!table.take_job(index)) {
            return job_id{}.value();
        }
        return build_at(index, line).value();
    }
    // The same in a slot that the caller holds.
    [[nodiscard, gnu::always_inline]] job_id build_at(std::uint32_t index,
                                                      std::uint32_t line) noexcept {
        const job_id id = table.begin(index, line);
        edge_type::open(table.at(index), id.generation());
        table.job(index).batch.set(table_type::slot::no_batch);
        table.job(index).more.flags.set(attribute::none);
        return id;
    }

    // ---- Unique jobs ----------------------------------------------------------------------------

    // What the table of keys knows of a job: its place and the low bits of its generation.
    static constexpr unsigned place_bits = std::bit_width(L.jobs);
    [[nodiscard]] static constexpr std::uint32_t unique_value(job_id id) noexcept {
        return id.generation() << place_bits | (id.index() + 1);
    }
    // That of a job that is not there any more: none has place 0.
    static constexpr std::uint32_t unique_nobody = std::uint32_t{1} << place_bits;
    // The job that such a value of the table means for a key, if it is still there: not one that
    // has its slot, and the same bits of a generation, long after it.
    [[nodiscard]] job_id unique_holder(std::uint32_t key, std::uint32_t value) const noexcept {
        constexpr std::uint32_t place_mask = (std::uint32_t{1} << place_bits) - 1;
        const std::uint32_t index = (value & place_mask) - 1;
        if (value == unique_nobody) {
            return {};
        }
        const job_id now = table.id_of(index);
        const auto& more = table.job(index).more;
        const bool has_key =
            (more.flags.get() & (attribute::unique | attribute::unique_for)) != 0 &&
            more.unique.get() == key;
        return has_key && unique_value(now) == value ? now : job_id{};
    }
    // The clock of the table of keys: 32 bits, of a coarser unit where a tick has more.
    using tick_length = typename clock::tick_duration;
    static constexpr bool has_coarse_ticks = tick_length{1} >= std::chrono::milliseconds{1};
    static constexpr unsigned unique_shift =
        sizeof(tick) <= sizeof(std::uint32_t) ? 0 : (has_coarse_ticks ? 4 : 8);
    static constexpr tick unique_for_max = tick{1} << (30 + unique_shift);
    [[nodiscard]] std::uint32_t unique_now() const noexcept {
        return static_cast<std::uint32_t>(clock::floor(machine.now()) >> unique_shift);
    }
    // REQUIRES: length <= unique_for_max.
    [[nodiscard]] static constexpr std::uint32_t unique_units(tick length) noexcept {
        constexpr auto round = static_cast<tick>((tick{1} << unique_shift) - 1);
        return static_cast<std::uint32_t>(static_cast<tick>(length + round) >> unique_shift);
    }

    // The job gives its key back, unless it keeps it for a time. REQUIRES: the caller holds the
    // index.
    void leave_unique([[maybe_unused]] std::uint32_t index,
                      [[maybe_unused]] bool was_refused = false) noexcept {
        if constexpr (L.keys > 0) {
            auto& more = table.job(index).more;
            if (more.has(attribute::unique)) {
                more.drop(attribute::unique);
                if (was_refused || !more.has(attribute::unique_for)) {
                    unique.leave(more.unique.get_own(), unique_value(table.id_of(index)));
                }
            }
        }
    }

    // The submitter's second look at the phase, after its job is visible. The scheduler stopped
    // meanwhile: whoever changes the state first decides, the submitter or who stops.
    [[nodiscard]] job_id confirm(job_id id, phase seen) noexcept {
        if constexpr (interrupt_platform<Platform>) {
            return id;  // nothing can have come in between: see parking_lot
        } else {
            return seen == phase::accepting || !withdraw(id) ? id : refuse(submit_error::stopped);
        }
    }

    // Nanoseconds since 1970, of a time that a journal keeps; 0 on a platform without a wall clock.
    [[nodiscard]] std::int64_t wall_ns() const noexcept {
        if constexpr (calendar_platform<Platform>) {
            return std::chrono::duration_cast<std::chrono::nanoseconds>(
                       machine.wall_now().time_since_epoch())
                .count();
        } else {
            return 0;
        }
    }

    PAWL_NO_UNIQUE_ADDRESS Platform machine = {};
    table_type table;
    PAWL_NO_UNIQUE_ADDRESS edge_type edges;
    queues_type ready;
    // Who may run at once, and who has which key.
    PAWL_NO_UNIQUE_ADDRESS admission<L.jobs, L.keys, L.limiters.count, Platform> gates;
    PAWL_NO_UNIQUE_ADDRESS key_table<L.keys, Platform> unique;
    PAWL_NO_UNIQUE_ADDRESS record_ring<job_event, L.events, Platform> events;
    PAWL_NO_UNIQUE_ADDRESS record_ring<job_record, L.history, Platform> history;
    PAWL_NO_UNIQUE_ADDRESS type_table<L.types, Platform> types;
    lot_type lot;
    word refused;
    struct no_word {};
    PAWL_NO_UNIQUE_ADDRESS std::conditional_t<L.owners, word, no_word> owners;  // so far
    struct no_pressure {};
    struct pressure {
        word policy[L.queues.count];      // a queue_full
        word timeout_us[L.queues.count];  // of queue_full::block
    };
    PAWL_NO_UNIQUE_ADDRESS std::conditional_t<L.queue_control, pressure, no_pressure> overflow;
    struct none_dropped {};
    PAWL_NO_UNIQUE_ADDRESS std::conditional_t<L.queue_control, word, none_dropped> dropped;
    // Failed jobs that are kept, oldest first; some of them have been requeued since.
    struct failed_jobs {
        kept_jobs<L.jobs, L.failed_places(), Platform> ring;
        word size;
        word evicted;
    };
    struct no_failed_jobs {};
    PAWL_NO_UNIQUE_ADDRESS std::conditional_t<(L.failed > 0), failed_jobs, no_failed_jobs> failed;
    PAWL_NO_UNIQUE_ADDRESS pool_source<L, Platform> pool{lot, machine};

private:
    [[nodiscard]] job_record record_of(const job_event& event) const noexcept {
        // Of a job that was cancelled before it ran the event says no number.
        const std::uint32_t number = event.number != 0 ? event.number : table.attempts(event.index);
        return {.index = event.index,
                .generation = event.generation,
                .at = event.at,
                .number = number,
                .state = event.to,
                .why = event.why,
                .queue = event.queue,
                .spare = 0,
                .called = table.job(event.index).called.get()};
    }

    template <class More, class Options>
    [[gnu::always_inline]] std::uint32_t describe_deadlines(More& more,
                                                            const Options& options) noexcept {
        std::uint32_t flags = attribute::none;
        if (options.deadline) {
            more.deadline.set(ticks_of(*options.deadline));
            flags |= attribute::deadline |
                     (options.late == late::run ? attribute::run_when_late : attribute::none);
            more.due.set(clock::floor(machine.now()));
        }
        if (options.run_at_most) {
            more.run_at_most.set(ticks_of(*options.run_at_most));
            flags |= attribute::run_at_most;
        }
        if (options.retry_for) {
            more.retry_for.set(ticks_of(*options.retry_for));
            flags |= attribute::retry_for;
        }
        return flags;
    }

    using result_type = job_result<L.result_bytes>;

    [[nodiscard]] job_event event_of(job_id id, job_state from, job_state to, end_reason why,
                                     std::uint32_t number) const noexcept {
        const bool is_job = !table_type::is_batch(id.index());
        return {.index = id.index(),
                .generation = id.generation(),
                .at = static_cast<std::uint32_t>(clock::floor(machine.now())),
                .number = number,
                .from = from,
                .to = to,
                .why = why,
                .queue = is_job ? static_cast<std::uint8_t>(
                                      queues_type::queue_of(table.line_of(id.index())))
                                : job_event::no_queue};
    }

    enum class linked : std::uint8_t { waiting, met, unmet, gone, full };

    void give_chain_back(job_id first) noexcept {
        for (bool more = static_cast<bool>(first); more;) {
            const std::uint32_t index = first.index();
            const std::uint32_t next = table.job(index).code.parked();
            more = next != index;
            first = job_id{next, 1};
            table.put_free(index);
        }
    }

    // Takes a visible job back before it runs; false if it has been taken or deleted already.
    bool withdraw(job_id id) noexcept {
        state_word seen = table.find(id);
        for (;;) {
            const job_state from = seen.state();
            const bool pending = from == job_state::enqueued || from == job_state::scheduled ||
                                 from == job_state::awaiting;
            if (!pending || !seen.is_of(id.generation())) {
                return false;
            }
            const std::uint32_t flags =
                state_word::settled | (seen.has(state_word::posted) ? state_word::posted : 0);
            // After the change nobody else destroys the callable; it is destroyed here, by its
            // submitter, as if it had never been taken.
            if (table.change(id.index(), seen,
                             table_type::moved(seen, job_state::deleted, flags))) {
                note(id, from, job_state::gone, end_reason::none);
                leave_unique(id.index(), true);
                table.job(id.index()).code.reset();
                if (from == job_state::awaiting) {
                    table.put_free(id.index());  // in no ring; else who finds it there frees it
                }
                return true;
            }
        }
    }

    [[nodiscard]] linked link(job_id parent, job_id child, when condition,
                              result_type& left) noexcept {
        if constexpr (L.edges > 0) {
            if (table.find(parent).state() == job_state::gone) {
                return linked::gone;
            }
            std::uint32_t edge = 0;
            if (!edges.take(edge)) {
                return linked::full;
            }
            const auto result =
                edges.add(table.at(parent.index()), parent.generation(), edge, child, condition);
            if (result == edge_type::added::waiting) {
                return linked::waiting;
            }
            edges.put(edge);
            if constexpr (L.result_bytes > 0) {
                left = result_of(parent.index());
            }
            // `sealed` was met: the final state is visible, unless the slot serves another job now.
            // (And if not now, then it was not when the result was read either.)
            const job_state end = table.find(parent).state();
            if (result == edge_type::added::gone || !is_final(end)) {
                return linked::gone;
            }
            return meets(end, condition) ? linked::met : linked::unmet;
        } else {
            return linked::full;
        }
    }

    // What a job has left to its continuations, which is nothing for a batch.
    [[nodiscard]] result_type result_of(std::uint32_t parent) const noexcept {
        if constexpr (L.result_bytes > 0) {
            if (table_type::is_batch(parent)) {
                return {};
            }
            const result_type left = table.job(parent).more.result.get();
            return left.generation == table.id_of(parent).generation() ? left : result_type{};
        } else {
            return {};
        }
    }

    // A parent of a continuation ended as it should, and left this. 1 if it is ready now.
    std::uint32_t release(job_id id, const result_type& left, rests_type rests) noexcept {
        return table.release_parent(id) ? release_awaiting(id, left, rests) : 0;
    }
    // A continuation all of whose parents did.
    std::uint32_t release_awaiting(job_id id, const result_type& left,
                                   [[maybe_unused]] rests_type rests) noexcept {
        return move_awaiting(id, job_state::enqueued, [&]() noexcept {
            auto& more = table.job(id.index()).more;
            if constexpr (L.result_bytes > 0) {
                if (left.type != nullptr) {
                    more.inherited.set(left);
                    more.add(attribute::inherited);
                }
            }
            if constexpr (attributes_type::has_due || L.then_delay) {
                if (L.times || more.has(attribute::deadline | attribute::delayed)) {
                    tick due = clock::ceil(machine.now());
                    if constexpr (L.then_delay) {
                        if (more.has(attribute::delayed)) {
                            due = rests->begin_rest(id.index(), due);
                        }
                    }
                    more.due.set(due);
                }
            }
        });
    }

    // One whose condition cannot be met any more: whoever takes it ends it, and so what waits for
    // it.
    std::uint32_t delete_awaiting(job_id id) noexcept {
        return move_awaiting(id, job_state::deleted, []() noexcept {});
    }

    template <class Prepare>
    std::uint32_t move_awaiting(job_id id, job_state to, Prepare&& prepare) noexcept {
        state_word seen = table.find(id);
        while (seen.state() == job_state::awaiting && seen.is_of(id.generation())) {
            if (table.change(id.index(), seen, seen.to(to))) {
                // It is in no place: nobody else has it now.
                prepare();
                note(id, job_state::awaiting, to,
                     to == job_state::deleted ? end_reason::unmet : end_reason::none);
                put_ready(id.index());
                return 1;
            }
        }
        return 0;
    }
};

}  // namespace PAWL_ABI
}  // namespace pawl
