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
//   `awaiting` puts it into a ready ring.
// A deleted job is destroyed by whoever takes its index from a ready ring, so that callables are
// destroyed in worker or poll context only, and a cascade of deletions is a loop and not a
// recursion.
//
// Cost: a submission takes an index from a ring, places the callable, changes a word, puts the
// index into a ring, and looks whether somebody sleeps. Who may call: any thread or interrupt,
// except where a member says that the caller holds the index.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/containers/index_ring.hpp>
#include <pawl/execution/parking_lot.hpp>
#include <pawl/jobs/edge_pool.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_options.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/job_table.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/time/tick_clock.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Its members are public: it is the inside of a scheduler, shared by the parts that follow.
template <limits L, platform Platform>
struct job_flow {
    using word = typename Platform::word;
    using table_type = job_table<L, Platform>;
    using edge_type = edge_pool<L.edges, Platform>;
    using lot_type = parking_lot<L.sleepers(), Platform>;
    using ring_type = index_ring<L.jobs, ring_start::empty, Platform>;

    // ---- Submission: any thread or interrupt --------------------------------------------------

    job_id refuse(submit_error why) noexcept {
        // relaxed: a count, nothing hangs on it.
        refused.fetch_add(1, std::memory_order_relaxed);
        return why;
    }

    // Takes a slot for a job in this queue; count of queues: there is none of that name.
    [[nodiscard]] job_id reserve(std::uint32_t line) noexcept {
        if constexpr (masking_platform<Platform>) {
            if (!machine.may_submit()) {
                return submit_error::wrong_priority;  // not counted: that, too, would be unsafe
            }
        }
        if (lot.glance().phase() != phase::accepting) {
            return refuse(submit_error::stopped);
        }
        constexpr std::uint32_t unknown = L.queues.count;
        if (line == unknown) {
            return refuse(submit_error::unknown_queue);
        }
        const job_id id = build(line);
        return id ? id : refuse(submit_error::full);
    }

    // Fills in what a slot of reserve() or build() has room for, but its callable.
    void describe(job_id id, name called, retry_policy retry) noexcept {
        auto& slot = table.job(id.index());
        slot.called.set(called);
        slot.retry.set(retry);
    }

    template <class F>
    void emplace(job_id id, F&& function) noexcept {
        table.job(id.index()).code.emplace(std::forward<F>(function));
    }

    void join_batch(job_id id, job_id batch) noexcept {
        table.job(id.index()).batch.set(batch.index() + 1);
    }

    // Makes a built job ready to run.
    job_id publish_ready(job_id id) noexcept {
        table.publish(id, job_state::enqueued);
        put_ready(id.index());
        const auto seen = lot.look();
        lot.wake_one(machine, seen);
        return confirm(id, seen.phase());
    }

    // Makes a built job a continuation of `parents`.
    template <class Parents>
    job_id publish_awaiting(job_id id, const Parents& parents, when condition) noexcept {
        table.expect_parents(id, static_cast<std::uint32_t>(parents.size()));
        table.publish(id, job_state::awaiting);
        submit_error refusal = submit_error::none;
        bool unmet = false;
        for (const job_id parent : parents) {
            switch (link(parent, id, condition)) {
                case linked::waiting: break;
                case linked::met: static_cast<void>(table.release_parent(id)); break;
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
        std::uint32_t released = 0;
        if (unmet) {
            released = delete_awaiting(id);
        } else if (table.release_parent(id)) {
            released = release_awaiting(id);
        }
        const auto seen = lot.look();
        if (released != 0) {
            lot.wake_one(machine, seen);
        }
        return confirm(id, seen.phase());
    }

    // ---- Batches: any thread or interrupt -----------------------------------------------------

    [[nodiscard]] job_id open_batch() noexcept {
        if (lot.glance().phase() != phase::accepting) {
            return refuse(submit_error::stopped);
        }
        std::uint32_t index = 0;
        if (!table.take_batch(index)) {
            return refuse(submit_error::out_of_batches);
        }
        const job_id id = table.begin(index, 0);
        edge_type::open(table.at(index), id.generation());
        // relaxed: published with the state. One for being open.
        table.at(index).pending.store(1, std::memory_order_relaxed);
        table.publish(id, job_state::awaiting);
        return id;
    }

    // REQUIRES: the batch is open, or a member of it has not been counted out.
    void add_member(job_id batch) noexcept {
        // relaxed: the count cannot reach zero meanwhile.
        table.at(batch.index()).pending.fetch_add(1, std::memory_order_relaxed);
    }

    // A member ended, or the batch was sealed. Makes ready what waits for the batch if that was
    // all.
    void count_out(job_id batch, bool succeeded) noexcept {
        wake_for(settle_member(batch.index(), succeeded));
    }

    // ---- Ready jobs ---------------------------------------------------------------------------

    void put_ready(std::uint32_t index) noexcept {
        ready[L.queues.count == 1 ? 0 : table.queue_of(index)].put(index);
    }

    [[nodiscard]] bool anything_ready() const noexcept {
        for (const auto& ring : ready) {
            if (!ring.empty()) {
                return true;
            }
        }
        return false;
    }

    [[nodiscard]] bool take(std::uint32_t& index) noexcept {
        for (auto& ring : ready) {
            if (ring.get(index)) {
                return true;
            }
        }
        return false;
    }

    // Wakes a sleeper for each of `jobs` that were made ready, as far as there are sleepers.
    void wake_for(std::uint32_t jobs) noexcept {
        for (; jobs != 0; --jobs) {
            const auto seen = lot.look();
            if (seen.sleepers() == 0) {
                return;
            }
            lot.wake_one(machine, seen);
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
    std::uint32_t resolve(std::uint32_t index, job_state final) noexcept {
        std::uint32_t count = 0;
        if constexpr (L.edges > 0) {
            edges.close(table.at(index), table.id_of(index).generation(),
                        [&](job_id child, when condition) noexcept {
                            if (!meets(final, condition)) {
                                count += delete_awaiting(child);
                            } else if (table.release_parent(child)) {
                                count += release_awaiting(child);
                            }
                        });
        }
        return count;
    }

    // One member less; the last one ends the batch. Returns how many continuations became ready.
    std::uint32_t settle_member(std::uint32_t batch, bool succeeded) noexcept {
        auto& node = table.at(batch);
        if (!succeeded) {
            // relaxed: ordered before the count below, by the same thread.
            node.info.fetch_or(1, std::memory_order_relaxed);
        }
        // acq_rel: the last one sees what every member did.
        if (node.pending.fetch_sub(1, std::memory_order_acq_rel) != 1) {
            return 0;
        }
        job_state final = table.attempts(batch) != 0 ? job_state::failed : job_state::succeeded;
        state_word seen = table.state(batch);
        while (seen.state() == job_state::awaiting && !table.change(batch, seen, seen.to(final))) {
        }
        if (seen.state() == job_state::deleted) {
            final = job_state::deleted;  // it was cancelled
        }
        const std::uint32_t count = resolve(batch, final);
        table.give_back(batch);
        return count;
    }

    // ---- Of any submission --------------------------------------------------------------------

    // A constant where no queue is given: the names are then not even linked.
    [[nodiscard, gnu::always_inline]] static constexpr std::uint32_t queue_index(
        name queue) noexcept {
        constexpr std::uint32_t default_queue = L.default_queue();
        return queue.empty() ? default_queue : L.queues.find(queue.view());
    }

    [[nodiscard]] job_id build(std::uint32_t line) noexcept {
        std::uint32_t index = 0;
        if (!table.take_job(index)) {
            return {};
        }
        const job_id id = table.begin(index, line);
        edge_type::open(table.at(index), id.generation());
        table.job(index).batch.set(table_type::slot::no_batch);
        return id;
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

    PAWL_NO_UNIQUE_ADDRESS Platform machine = {};
    table_type table;
    PAWL_NO_UNIQUE_ADDRESS edge_type edges;
    ring_type ready[L.queues.count];
    lot_type lot;
    word refused;

private:
    enum class linked : std::uint8_t { waiting, met, unmet, gone, full };

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
            if (table.change(id.index(), seen, seen.to(job_state::deleted, flags))) {
                table.job(id.index()).code.reset();
                if (from == job_state::awaiting) {
                    table.put_free(id.index());  // in no ring; else who finds it there frees it
                }
                return true;
            }
        }
    }

    [[nodiscard]] linked link(job_id parent, job_id child, when condition) noexcept {
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
            // `sealed` was met: the final state is visible, unless the slot serves another job now.
            const job_state end = table.find(parent).state();
            if (result == edge_type::added::gone || !is_final(end)) {
                return linked::gone;
            }
            return meets(end, condition) ? linked::met : linked::unmet;
        } else {
            return linked::full;
        }
    }

    [[nodiscard]] static constexpr bool meets(job_state end, when condition) noexcept {
        const when bit = end == job_state::succeeded ? when::success
                         : end == job_state::failed  ? when::failure
                                                     : when::deletion;
        return (static_cast<unsigned>(condition) & static_cast<unsigned>(bit)) != 0;
    }

    // A continuation all of whose parents ended as they should. 1 if it is ready now.
    std::uint32_t release_awaiting(job_id id) noexcept {
        return move_awaiting(id, job_state::enqueued);
    }

    // One whose condition cannot be met any more: whoever takes it ends it, and so what waits for
    // it.
    std::uint32_t delete_awaiting(job_id id) noexcept {
        return move_awaiting(id, job_state::deleted);
    }

    std::uint32_t move_awaiting(job_id id, job_state to) noexcept {
        state_word seen = table.find(id);
        while (seen.state() == job_state::awaiting && seen.is_of(id.generation())) {
            if (table.change(id.index(), seen, seen.to(to))) {
                put_ready(id.index());
                return 1;
            }
        }
        return 0;
    }
};

}  // namespace PAWL_ABI
}  // namespace pawl
