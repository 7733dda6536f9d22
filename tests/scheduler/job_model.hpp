// SPDX-License-Identifier: BSL-1.0
//
// job_model: the whole job system once more, plain and slow, for one thread and virtual time.
//
// The model has a deque for each line, a list for the timers, a map for the unique keys, and
// admission_model's gates; every operation is written as its documentation says, with linear
// searches. It predicts everything: handles, answers, the order of runs, and each event in the
// order of events. job_programs.hpp runs random programs on it and on a scheduler and compares.
//
// What of the order is a promise (FIFO in a line, due times in order, continuations in the order of
// then(), the order of queues) and what is merely deterministic (which slot is next) is both here:
// two runs of a program are to be identical, and so are these two.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <pawl/jobs/job_event.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_options.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/jobs/outcome.hpp>
#include <pawl/jobs/retry_policy.hpp>
#include <pawl/scheduler/results.hpp>

#include "jobs/admission_model.hpp"

namespace job_model {

using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i64 = std::int64_t;
using pawl::end_reason;
using pawl::job_id;
using pawl::job_state;
using pawl::submit_error;
using std::chrono::microseconds;

constexpr u32 none = 0xFFFF'FFFF;

// What is said about a job, as plain data for any limits; times in microseconds, -1: not given.
struct job_spec {
    u32 serial = 0;  // of the callable
    u32 queue = none;
    u32 priority = 0;
    pawl::retry_policy retry = pawl::no_retry();
    pawl::when when = pawl::when::success;
    i64 delay = -1;
    i64 deadline = -1;
    bool run_when_late = false;
    i64 run_at_most = -1;
    i64 retry_for = -1;
    u32 owner = 0;
    u32 key = 0;
    pawl::on_busy busy = pawl::on_busy::wait;
    bool chain = false;
    bool exclusive = true;
    u32 limiter = none;
    u32 unique = 0;
    bool until_start = false;
    i64 unique_for = -1;
    pawl::conflict conflict = pawl::conflict::reject;
};

struct limiter_spec {
    u32 running_max = 0;
    u32 tokens = 0;
    u32 period_ms = 0;
    u32 burst = 0;
    bool per_key = false;
};

// What a run may ask; the same members as job_context.
struct run_view {
    job_id id = {};
    u32 attempt = 0;
    u32 cursor = 0;
    bool requeued = false;
};

// A queue that has no such name, and a limiter.
constexpr u32 unknown = 100;

// Host: run(serial, view) -> outcome; on_event(event); destroyed(serial).
template <class Host>
class scheduler_model {
public:
    scheduler_model(const pawl::limits& of, Host& host)
        : l_{of},
          host_{host},
          nodes_(of.jobs + of.batches),
          ready_(of.lines()),
          admitted_(of.lines()),
          credits_(of.queues.count, 0),
          paused_(of.queues.count, false),
          gates_{of.jobs, of.keys, std::max<u32>(of.limiters.count, 1)},
          edges_left_{of.edges} {
        for (u32 i = 0; i < of.jobs; ++i) {
            free_.push_back(i);
        }
        for (u32 i = 0; i < of.batches; ++i) {
            free_batches_.push_back(of.jobs + i);
        }
    }

    // ---- Time -----------------------------------------------------------------------------------

    i64 now_us() const { return now_; }
    void elapse(i64 us) { now_ += us; }
    // The next time at which a poll has something to do; -1: only a submission changes that.
    i64 next_wake_us() const {
        if (anything_ready() || !inbox_.empty()) {
            return now_;
        }
        i64 result = -1;
        for (const timer& each : timers_) {
            const i64 at = std::max(each.due * 1000, now_);
            result = result < 0 ? at : std::min(result, at);
        }
        return result;
    }

    // ---- Submissions ----------------------------------------------------------------------------

    job_id enqueue(const job_spec& spec, job_id batch = {}) {
        return member(batch, [&] {
            return submit(spec, batch, 0, [&](job_id id) { return publish_ready(id); });
        });
    }
    job_id schedule(const job_spec& spec, i64 delay_us, job_id batch = {}) {
        const i64 due = now_ + std::max<i64>(delay_us, 0);
        return member(batch, [&] {
            return submit(spec, batch, due, [&](job_id id) { return publish_at(id, due); });
        });
    }
    job_id then(const job_spec& spec, const std::vector<job_id>& parents) {
        for (const job_id parent : parents) {
            if (!parent) {
                return refuse(parent.error());
            }
        }
        return submit(spec, {}, 0, [&](job_id id) { return publish_awaiting(id, spec, parents); });
    }
    submit_error enqueue_n(const job_spec& spec, u32 count, std::vector<job_id>& ids,
                           job_id batch = {}) {
        submit_error refusal = submit_error::none;
        std::vector<u32> slots;
        if (spec.limiter == unknown) {
            refusal = submit_error::unknown_limiter;
        } else if (spec.unique != 0) {
            refusal = submit_error::bad_option;
        } else if (count != 0) {
            if (stopped_) {
                refusal = submit_error::stopped;
            } else if (spec.queue == unknown) {
                refusal = submit_error::unknown_queue;
            } else {
                for (u32 i = 0; i < count && refusal == submit_error::none; ++i) {
                    if (free_.empty()) {
                        refusal = submit_error::full;
                    } else {
                        slots.push_back(take_slot());
                    }
                }
                std::reverse(slots.begin(), slots.end());
            }
        }
        if (refusal != submit_error::none) {
            for (const u32 index : slots) {
                free_.push_back(index);
            }
            refuse(refusal);
            if (batch) {
                at(batch).failed_member = true;
            }
            return refusal;
        }
        if (batch) {
            at(batch).pending += static_cast<i64>(count);
        }
        u32 made = 0;
        for (const u32 index : slots) {
            job_spec each = spec;
            each.serial = spec.serial + made++;
            const job_id id = describe(index, each, batch);
            ids.push_back(id);
            publish_ready(id);
        }
        return submit_error::none;
    }

    // ---- Batches --------------------------------------------------------------------------------

    job_id open_batch(job_id outer = {}) {
        if (stopped_ || free_batches_.empty()) {
            if (outer) {
                at(outer).failed_member = true;
            }
            return refuse(stopped_ ? submit_error::stopped : submit_error::out_of_batches);
        }
        const u32 index = free_batches_.front();
        free_batches_.pop_front();
        node& self = nodes_[index];
        const u32 generation = self.generation + 1;
        self = {};
        self.generation = generation;
        self.state = job_state::awaiting;
        self.settled = false;
        self.sealed = false;
        self.pending = 1;
        self.outer = outer;
        if (outer) {
            ++at(outer).pending;
        }
        note(id_of(index), job_state::gone, job_state::awaiting, end_reason::none);
        return id_of(index);
    }
    // The batch of a running job, kept open from now on until it is sealed.
    job_id own_batch(job_id job) {
        const job_id batch = at(job).batch;
        if (!batch) {
            return submit_error::no_batch;
        }
        ++at(batch).pending;
        return batch;
    }
    void seal(job_id batch) { settle_member(batch, true); }
    // Something is added to a batch that is sealed, or that there is none.
    job_id add_to_sealed(job_id batch) { return batch ? refuse(submit_error::sealed) : batch; }

    // ---- Commands -------------------------------------------------------------------------------

    bool cancel(job_id id, end_reason why = end_reason::cancelled) {
        node* const self = find(id);
        if (self == nullptr || pawl::is_final(self->state)) {
            return false;
        }
        const job_state from = self->state;
        self->state = job_state::deleted;
        self->claimed = self->claimed && from == job_state::enqueued;
        note(id, from, job_state::deleted, why);
        if (from == job_state::scheduled) {
            post(id.index());
        } else if (from == job_state::awaiting && !is_batch(id.index())) {
            put_ready(id.index());
        }
        return true;
    }
    bool reschedule(job_id id, i64 delay_us) {
        return move_due(id, now_ + std::max<i64>(delay_us, 0));
    }
    bool raise(job_id id, u32 band) {
        node* const self = find(id);
        if (self == nullptr || is_batch(id.index()) || self->twin || self->requeued) {
            return false;
        }
        const bool is_ready = self->state == job_state::enqueued;
        if (!is_ready && self->state != job_state::scheduled &&
            self->state != job_state::awaiting) {
            return false;
        }
        if (is_ready && (self->claimed || self->spec.key != 0 || self->spec.limiter != none)) {
            return false;
        }
        const u32 queue = self->line / l_.bands;
        const u32 higher = line_of(queue, band);
        if (higher >= self->line) {
            return false;
        }
        self->line = higher;
        if (is_ready) {
            self->twin = true;  // what lies in the old line is passed over when its turn comes
            ready_[higher].push_back(id.index());
        }
        return true;
    }
    job_id requeue(job_id id, bool keep_attempts) {
        if (stopped_) {
            return refuse(submit_error::stopped);
        }
        node* const self = find(id);
        if (self == nullptr || self->state != job_state::failed || !self->kept) {
            return refuse(submit_error::not_kept);
        }
        if (self->twin) {
            return refuse(submit_error::busy);
        }
        const u32 index = id.index();
        const node before = *self;
        node next;
        next.generation = before.generation + 1;
        next.state = job_state::enqueued;
        next.spec = before.spec;
        next.line = before.line;
        next.attempts = keep_attempts ? before.attempts : 0;
        next.first_began = before.first_began;
        next.due = now_tick();
        next.requeued = true;
        next.has_code = true;
        next.sealed = false;
        next.settled = false;
        *self = next;
        std::erase(failed_, index);
        note(id_of(index), job_state::gone, job_state::enqueued, end_reason::requeued,
             next.attempts);
        put_ready(index);
        return id_of(index);
    }
    u32 cancel_all(u32 owner) {
        u32 count = 0;
        for (u32 index = 0; owner != 0 && index < l_.jobs; ++index) {
            const node& self = nodes_[index];
            if (self.state != job_state::gone && !self.settled && self.spec.owner == owner) {
                count += cancel(id_of(index)) ? 1U : 0U;
            }
        }
        return count;
    }
    void pause(u32 queue, bool paused) { paused_[queue] = paused; }
    bool is_paused(u32 queue) const { return paused_[queue]; }

    bool set_limit(u32 limiter, const limiter_spec& to) {
        if (limiter >= l_.limiters.count || (to.tokens != 0 && to.period_ms == 0)) {
            return false;
        }
        std::vector<u32> called;
        gates_.set_limit(limiter,
                         {.running_max = to.running_max,
                          .tokens = to.tokens,
                          .period = to.period_ms,
                          .burst = to.burst,
                          .per_key = to.per_key},
                         now_tick(), called);
        call_out(called);
        std::vector<u32> told;
        gates_.told_later(limiter, told);
        for (const u32 index : told) {
            move_due(id_of(index), now_);
        }
        return true;
    }

    // ---- Questions ------------------------------------------------------------------------------

    job_state state(job_id id) const {
        const bool there =
            id && id.index() < nodes_.size() && nodes_[id.index()].generation == id.generation();
        return there ? nodes_[id.index()].state : job_state::gone;
    }
    pawl::job_counts counts() const {
        pawl::job_counts result = totals_;
        for (u32 index = 0; index < l_.jobs; ++index) {
            const node& self = nodes_[index];
            switch (self.state) {
                case job_state::awaiting: ++result.awaiting; break;
                case job_state::scheduled: ++result.scheduled; break;
                case job_state::enqueued: ++result.enqueued; break;
                case job_state::processing: ++result.processing; break;
                case job_state::deleted: result.deleted += self.settled ? 0U : 1U; break;
                default: break;
            }
        }
        return result;
    }
    // Callables that are somewhere in the slots.
    u32 callables() const {
        u32 count = 0;
        for (const node& self : nodes_) {
            count += self.has_code ? 1U : 0U;
        }
        return count;
    }
    // 0: none; the reasons are those of job_context.
    pawl::stop_reason stop_reason(job_id job) const {
        const node& self = nodes_[job.index()];
        if (asked_to_stop_) {
            return pawl::stop_reason::shutdown;
        }
        if (self.state != job_state::processing) {
            return pawl::stop_reason::cancelled;
        }
        if (batch_deleted(self)) {
            return pawl::stop_reason::batch_cancelled;
        }
        if (self.spec.run_at_most >= 0 && now_tick() - self.began > ticks(self.spec.run_at_most)) {
            return pawl::stop_reason::deadline;
        }
        return pawl::stop_reason::none;
    }
    i64 lateness_ticks(job_id job) const {
        const node& self = nodes_[job.index()];
        return l_.times || self.spec.deadline >= 0 ? std::max<i64>(self.began - self.due, 0) : 0;
    }

    // ---- Polling --------------------------------------------------------------------------------

    struct polled {
        u32 ran = 0;
        bool more = false;
        bool busy = false;
    };
    polled poll(u32 jobs) {
        if (polling_) {
            return {.busy = true};
        }
        polling_ = true;
        polled result;
        const u32 most = std::min(jobs, std::max(l_.jobs, 64U));
        for (;;) {
            serve();
            u32 index = 0;
            if (result.ran == most) {
                result.more = anything_ready() || !inbox_.empty() || due_now();
                break;
            }
            if (!take(index)) {
                break;
            }
            result.ran += process(index) ? 1U : 0U;
        }
        polling_ = false;
        return result;
    }

    struct stopped {
        u64 finished = 0;
        u64 cancelled = 0;
    };
    stopped stop(pawl::stop_mode mode) {
        const u64 before = totals_.succeeded + totals_.failed + totals_.deleted;
        if (mode == pawl::stop_mode::drain) {
            serve();  // what is due by now
        }
        stopped_ = true;
        asked_to_stop_ = mode == pawl::stop_mode::abandon;
        u32 index = 0;
        while (mode == pawl::stop_mode::drain && take(index)) {
            process(index);
        }
        stopped result;
        for (index = 0; index < l_.jobs; ++index) {
            node& self = nodes_[index];
            const bool waits = self.state == job_state::awaiting ||
                               self.state == job_state::scheduled ||
                               self.state == job_state::enqueued;
            const bool cancelled = self.state == job_state::deleted && !self.settled;
            const bool kept = self.state == job_state::failed && self.kept;
            if (!waits && !cancelled && !kept) {
                continue;
            }
            drop_code(self);
            self.settled = true;
            self.kept = false;
            if (!kept) {
                if (waits) {
                    const job_state from = std::exchange(self.state, job_state::deleted);
                    note(id_of(index), from, job_state::deleted, end_reason::shutdown);
                    ++result.cancelled;
                }
                ++totals_.deleted;
            }
        }
        for (index = l_.jobs; index < nodes_.size(); ++index) {
            if (nodes_[index].state == job_state::awaiting) {
                nodes_[index].state = job_state::deleted;
            }
        }
        result.finished =
            totals_.succeeded + totals_.failed + totals_.deleted - before - result.cancelled;
        return result;
    }

private:
    struct edge {
        job_id child;
        pawl::when condition;
    };
    struct node {
        u32 generation = 0;
        job_state state = job_state::gone;
        bool settled = true;  // the slot is free, or its index is still somewhere and then will be
        bool sealed = true;   // its continuations were told
        std::vector<edge> edges = {};
        i64 pending = 0;
        // Of a batch.
        job_id outer = {};
        bool failed_member = false;
        // Of a job.
        job_spec spec = {};
        job_id batch = {};
        u32 line = 0;
        u32 attempts = 0;
        u32 cursor = 0;
        bool cursor_given = false;
        bool claimed = false;
        bool delayed = false;
        bool unique = false;
        bool asked = false;  // it stands in a gate's line, or has something of a gate
        bool requeued = false;
        bool twin = false;  // lies in another line of its queue besides, as nothing
        bool kept = false;
        bool has_code = false;
        bool posted = false;
        std::optional<i64> moved_due = {};
        i64 timer_due = 0;  // ticks, as all that follows
        i64 due = 0;
        i64 began = 0;
        i64 first_began = 0;
    };
    struct timer {
        u32 index;
        i64 due;
        u64 order;
    };
    struct unique_entry {
        job_id holder;
        i64 until;  // -1: as long as its holder says
    };

    // Ticks, where one is a millisecond.
    static constexpr i64 unique_unit = 16;

    // ---- Slots ----------------------------------------------------------------------------------

    bool is_batch(u32 index) const { return index >= l_.jobs; }
    job_id id_of(u32 index) const { return {index, nodes_[index].generation}; }
    node& at(job_id id) { return nodes_[id.index()]; }
    // The node, if it is still this job's.
    node* find(job_id id) { return state(id) == job_state::gone ? nullptr : &nodes_[id.index()]; }

    job_id refuse(submit_error why) {
        ++totals_.refused;
        return why;
    }
    u32 take_slot() {
        const u32 index = free_.front();
        free_.pop_front();
        const u32 generation = nodes_[index].generation + 1;
        nodes_[index] = {};
        nodes_[index].generation = generation;
        return index;
    }
    job_id describe(u32 index, const job_spec& spec, job_id batch) {
        node& self = nodes_[index];
        const u32 queue = spec.queue == none ? l_.default_queue() : spec.queue;
        self.spec = spec;
        self.batch = batch;
        self.line = line_of(queue, spec.priority);
        self.due = now_tick();
        self.has_code = true;
        self.settled = false;
        self.sealed = false;
        return id_of(index);
    }
    void drop_code(node& self) { self.has_code = false; }
    u32 line_of(u32 queue, u32 band) const {
        return queue * l_.bands + (l_.bands - 1 - std::min(band, l_.bands - 1));
    }

    template <class Add>
    job_id member(job_id batch, Add&& add) {
        if (batch) {
            ++at(batch).pending;
        }
        const job_id result = add();
        if (batch && !result) {
            settle_member(batch, false);
        }
        return result;
    }

    template <class Publish>
    job_id submit(const job_spec& spec, job_id batch, i64 due_us, Publish&& publish) {
        if (spec.limiter == unknown) {
            return refuse(submit_error::unknown_limiter);
        }
        if (stopped_) {
            return refuse(submit_error::stopped);
        }
        if (spec.queue == unknown) {
            return refuse(submit_error::unknown_queue);
        }
        if (free_.empty()) {
            return refuse(submit_error::full);
        }
        const u32 index = take_slot();
        const job_id id = describe(index, spec, batch);
        if (spec.unique != 0) {
            const job_id holder = enter_unique(id, spec, due_us);
            if (holder != id) {
                node& self = nodes_[index];
                drop_code(self);
                self.settled = true;
                self.state = job_state::gone;
                free_.push_back(index);
                if (holder && batch) {
                    settle_member(batch, true);
                }
                return holder ? holder : refuse(holder.error());
            }
        }
        return publish(id);
    }

    job_id enter_unique(job_id id, const job_spec& spec, i64 due_us) {
        at(id).unique = true;
        // Counted in units, up to two of them too long.
        const i64 now = now_tick() / unique_unit;
        const i64 until = spec.unique_for >= 0
                              ? now + (ticks(spec.unique_for) + unique_unit - 1) / unique_unit + 1
                              : -1;
        const auto found = unique_.find(spec.unique);
        const bool free =
            found == unique_.end() || (found->second.until >= 0 && now >= found->second.until);
        if (!free) {
            const unique_entry entry = found->second;
            const job_state state = this->state(entry.holder);
            const bool over = state == job_state::gone || pawl::is_final(state);
            if (over && entry.until >= 0 && spec.conflict != pawl::conflict::replace) {
                return submit_error::not_unique;
            }
            if (!over) {
                if (spec.conflict == pawl::conflict::reject ||
                    (spec.conflict == pawl::conflict::replace && state == job_state::processing)) {
                    return submit_error::not_unique;
                }
                if (spec.conflict == pawl::conflict::postpone) {
                    move_due(entry.holder, due_us);
                }
                if (spec.conflict != pawl::conflict::replace) {
                    return entry.holder;
                }
                cancel(entry.holder, end_reason::replaced);
            }
        }
        unique_[spec.unique] = {id, until};
        return id;
    }
    void leave_unique(job_id id, bool refused = false) {
        node& self = at(id);
        if (self.unique) {
            self.unique = false;
            const auto found = unique_.find(self.spec.unique);
            if (found != unique_.end() && found->second.holder == id &&
                (found->second.until < 0 || refused)) {
                unique_.erase(found);
            }
        }
    }

    job_id publish_ready(job_id id) {
        at(id).state = job_state::enqueued;
        at(id).due = l_.times ? ceil_now() : now_tick();
        note(id, job_state::gone, job_state::enqueued, end_reason::none);
        put_ready(id.index());
        return id;
    }
    job_id publish_at(job_id id, i64 due_us) {
        if (due_us <= now_) {
            return publish_ready(id);
        }
        node& self = at(id);
        self.timer_due = ticks(due_us);
        self.due = self.timer_due;
        self.state = job_state::scheduled;
        note(id, job_state::gone, job_state::scheduled, end_reason::none);
        post(id.index());
        return id;
    }
    job_id publish_awaiting(job_id id, const job_spec& spec, const std::vector<job_id>& parents) {
        node& self = at(id);
        self.state = job_state::awaiting;
        self.delayed = spec.delay >= 0;
        note(id, job_state::gone, job_state::awaiting, end_reason::none);
        self.pending = 1;
        bool unmet = false;
        for (const job_id parent : parents) {
            node* const before = find(parent);
            submit_error refusal = submit_error::none;
            if (before == nullptr) {
                refusal = submit_error::gone;
            } else if (edges_left_ == 0) {
                refusal = submit_error::out_of_edges;
            } else if (before->sealed) {
                unmet = unmet || !meets(before->state, spec.when);
            } else {
                --edges_left_;
                before->edges.push_back({id, spec.when});
                ++self.pending;
            }
            if (refusal != submit_error::none) {
                self.state = job_state::deleted;
                note(id, job_state::awaiting, job_state::gone, end_reason::none);
                leave_unique(id, true);
                drop_code(self);
                self.settled = true;
                free_.push_back(id.index());
                return refuse(refusal);
            }
        }
        if (unmet) {
            delete_awaiting(id);
        } else {
            release_parent(id);
        }
        return id;
    }
    static bool meets(job_state end, pawl::when condition) {
        return pawl::meets(end == job_state::succeeded ? pawl::when::success
                           : end == job_state::failed  ? pawl::when::failure
                                                       : pawl::when::deletion,
                           condition);
    }
    void release_parent(job_id id) {
        if (state(id) != job_state::awaiting || --at(id).pending != 0) {
            return;
        }
        node& self = at(id);
        self.state = job_state::enqueued;
        self.due = ceil_now() + (self.delayed ? ticks(self.spec.delay) : 0);
        note(id, job_state::awaiting, job_state::enqueued, end_reason::none);
        put_ready(id.index());
    }
    void delete_awaiting(job_id id) {
        if (state(id) == job_state::awaiting) {
            at(id).state = job_state::deleted;
            note(id, job_state::awaiting, job_state::deleted, end_reason::unmet);
            put_ready(id.index());
        }
    }
    void resolve(u32 index) {
        node& self = nodes_[index];
        self.sealed = true;
        const std::vector<edge> edges = std::exchange(self.edges, {});
        for (const edge& each : edges) {
            ++edges_left_;
            if (meets(self.state, each.condition)) {
                release_parent(each.child);
            } else {
                delete_awaiting(each.child);
            }
        }
    }
    void settle_member(job_id batch, bool succeeded) {
        while (batch) {
            node& self = at(batch);
            self.failed_member = self.failed_member || !succeeded;
            if (--self.pending != 0) {
                return;
            }
            if (self.state == job_state::awaiting) {
                self.state = self.failed_member ? job_state::failed : job_state::succeeded;
                note(batch, job_state::awaiting, self.state, end_reason::members);
            }
            resolve(batch.index());
            self.settled = true;
            free_batches_.push_back(batch.index());
            succeeded = self.state == job_state::succeeded;
            batch = self.outer;
        }
    }
    bool batch_deleted(const node& self) const {
        for (job_id batch = self.batch; batch; batch = nodes_[batch.index()].outer) {
            if (nodes_[batch.index()].state == job_state::deleted) {
                return true;
            }
        }
        return false;
    }

    // ---- Time -----------------------------------------------------------------------------------

    static i64 ticks(i64 us) { return (us + 999) / 1000; }
    i64 now_tick() const { return now_ / 1000; }
    i64 ceil_now() const { return ticks(now_); }

    void post(u32 index) {
        if (!std::exchange(nodes_[index].posted, true)) {
            inbox_.push_back(index);
        }
    }
    bool move_due(job_id id, i64 due_us) {
        if (state(id) != job_state::scheduled) {
            return false;
        }
        at(id).moved_due = due_us <= now_ ? now_tick() : ticks(due_us);
        post(id.index());
        return true;
    }
    bool due_now() const {
        return std::any_of(timers_.begin(), timers_.end(),
                           [&](const timer& each) { return each.due <= now_tick(); });
    }
    // What is in the inbox becomes a timer, and timers that are due become ready jobs.
    void serve() {
        if (inbox_.empty() && !due_now()) {
            return;
        }
        while (!inbox_.empty()) {
            const u32 index = inbox_.front();
            inbox_.pop_front();
            node& self = nodes_[index];
            self.posted = false;
            const auto armed = std::find_if(timers_.begin(), timers_.end(),
                                            [&](const timer& each) { return each.index == index; });
            if (armed != timers_.end()) {
                timers_.erase(armed);
            }
            if (self.state == job_state::deleted) {
                put_ready(index);  // whoever takes it there ends it
                continue;
            }
            if (self.moved_due) {
                self.timer_due = *self.moved_due;
                self.due = *self.moved_due;
                self.moved_due.reset();
            }
            // One that was due before the wheel was last looked at comes behind those of then.
            timers_.push_back({index, std::max(self.timer_due, looked_at_), ++orders_});
        }
        for (;;) {
            const auto next = std::min_element(
                timers_.begin(), timers_.end(), [](const timer& left, const timer& right) {
                    return std::pair{left.due, left.order} < std::pair{right.due, right.order};
                });
            if (next == timers_.end() || next->due > now_tick()) {
                break;
            }
            const u32 index = next->index;
            timers_.erase(next);
            make_ready(index);
            note(id_of(index), job_state::scheduled, job_state::enqueued, end_reason::none);
        }
        looked_at_ = now_tick();
    }

    // ---- Lines ----------------------------------------------------------------------------------

    void put_ready(u32 index) {
        node& self = nodes_[index];
        (self.asked ? admitted_ : ready_)[self.line].push_back(index);
    }
    void make_ready(u32 index) {
        node& self = nodes_[index];
        self.state = job_state::enqueued;
        if (self.twin) {
            self.twin = false;  // what still lies in its old line is its place again
        } else {
            put_ready(index);
        }
    }
    void call_out(const std::vector<u32>& called) {
        for (const u32 index : called) {
            put_ready(index);
        }
    }
    bool anything_ready() const {
        for (u32 line = 0; line < ready_.size(); ++line) {
            if (!admitted_[line].empty() || (!paused_[line / l_.bands] && !ready_[line].empty())) {
                return true;
            }
        }
        return false;
    }
    // Of a queue that is paused those go on who have waited: they hold what others wait for.
    bool take_from(u32 line, u32& index) {
        std::deque<u32>& from = admitted_[line].empty() ? ready_[line] : admitted_[line];
        if (from.empty() || (admitted_[line].empty() && paused_[line / l_.bands])) {
            return false;
        }
        index = from.front();
        from.pop_front();
        return true;
    }
    bool take(u32& index) {
        const u32 lines = static_cast<u32>(ready_.size());
        if (lines == 1) {
            return take_from(0, index);
        }
        if (l_.starvation_bound != 0) {
            if (++since_last_ >= std::max(l_.starvation_bound / lines, 1U)) {
                since_last_ = 0;
                const u32 line = next_line_;
                next_line_ = (line + 1) % lines;
                if (take_from(line, index)) {
                    return true;
                }
            }
        }
        if (!l_.weights.given()) {
            for (u32 line = 0; line < lines; ++line) {
                if (take_from(line, index)) {
                    return true;
                }
            }
            return false;
        }
        if (take_by_weight(index)) {
            return true;
        }
        for (u32 queue = 0; queue < l_.queues.count; ++queue) {
            credits_[queue] = l_.weights[queue];
        }
        return take_by_weight(index);
    }
    bool take_by_weight(u32& index) {
        for (u32 queue = 0; queue < l_.queues.count; ++queue) {
            for (u32 band = 0; credits_[queue] != 0 && band < l_.bands; ++band) {
                if (take_from(queue * l_.bands + band, index)) {
                    --credits_[queue];
                    return true;
                }
            }
        }
        return false;
    }

    // ---- Running --------------------------------------------------------------------------------

    bool process(u32 index) {
        node& self = nodes_[index];
        const job_id id = id_of(index);
        const bool waits_here =
            (self.state == job_state::enqueued && !self.claimed) ||
            (self.state == job_state::deleted && !self.claimed && !self.settled && !self.posted);
        if (self.twin && !waits_here) {
            self.twin = false;  // it has had its turn from the other line
            if (self.settled) {
                free_.push_back(index);
            }
            return false;
        }
        if (self.state == job_state::deleted) {
            retire(index);
            return false;
        }
        if (batch_deleted(self)) {
            end_unrun(index, job_state::deleted, end_reason::cancelled);
            return false;
        }
        // From here on nobody raises it, until it waits for something else than a gate.
        self.claimed = l_.bands > 1 && special(self);
        if (self.delayed) {
            self.delayed = false;
            rest_until(index, self.due);
            return false;
        }
        if (self.spec.deadline >= 0 && now_tick() - self.due > ticks(self.spec.deadline) &&
            !self.spec.run_when_late) {
            end_unrun(index, job_state::deleted, end_reason::expired);
            return false;
        }
        if ((self.spec.key != 0 || self.spec.limiter != none) && !admit(index)) {
            return false;
        }
        if (self.state != job_state::enqueued) {
            return process(index);  // cancelled while it asked
        }
        run(id);
        return true;
    }
    // Whether it has anything that is to be looked at before it runs.
    bool special(const node& self) const {
        const job_spec& spec = self.spec;
        return self.delayed || self.requeued || spec.deadline >= 0 || spec.run_at_most >= 0 ||
               spec.retry_for >= 0 || spec.owner != 0 || spec.key != 0 || spec.limiter != none ||
               self.unique || self.spec.unique != 0 || self.cursor_given;
    }
    void end_unrun(u32 index, job_state end, end_reason why) {
        nodes_[index].state = end;
        note(id_of(index), job_state::enqueued, end, why);
        retire(index);
    }
    void rest_until(u32 index, i64 due) {
        node& self = nodes_[index];
        self.state = job_state::scheduled;
        self.claimed = false;
        self.timer_due = due;
        note(id_of(index), job_state::enqueued, job_state::scheduled, end_reason::waits);
        post(index);
    }

    pawl::admission_request request_of(const node& self) const {
        return {.key = self.spec.key,
                .limiter = self.spec.limiter == none ? pawl::admission_request::no_limiter
                                                     : static_cast<std::uint8_t>(self.spec.limiter),
                .busy = self.spec.key != 0 ? self.spec.busy : pawl::on_busy::wait,
                .chain = self.spec.key != 0 && self.spec.chain,
                .exclusive = self.spec.key == 0 || self.spec.exclusive};
    }
    bool admit(u32 index) {
        node& self = nodes_[index];
        self.asked = true;
        std::vector<u32> called;
        const admission_model::answer answer =
            gates_.ask(index, request_of(self), now_tick(), called);
        if (answer.cancelled >= 0) {
            cancel(id_of(static_cast<u32>(answer.cancelled)), end_reason::replaced);
        }
        call_out(called);
        switch (answer.what) {
            case pawl::verdict::run: return true;
            case pawl::verdict::replace:
                if (answer.dropped >= 0) {
                    const auto dropped = static_cast<u32>(answer.dropped);
                    node& other = nodes_[dropped];
                    if (other.state != job_state::deleted) {
                        other.state = job_state::deleted;
                        note(id_of(dropped), job_state::enqueued, job_state::deleted,
                             end_reason::replaced);
                    }
                    retire(dropped);
                }
                [[fallthrough]];
            case pawl::verdict::waiting:
                note(id_of(index), job_state::enqueued, job_state::enqueued, end_reason::waits);
                return false;
            case pawl::verdict::later: rest_until(index, answer.due); return false;
            case pawl::verdict::no_cell:
                self.asked = false;
                rest_until(index, now_tick() + 1);
                return false;
            case pawl::verdict::skip:
                self.asked = false;
                end_unrun(index, job_state::deleted, end_reason::busy);
                return false;
            case pawl::verdict::fail:
                self.asked = false;
                end_unrun(index, job_state::failed, end_reason::busy);
                return false;
        }
        return false;
    }
    void leave_gates(u32 index, bool is_final) {
        node& self = nodes_[index];
        if (self.asked) {
            const pawl::admission_request asked = request_of(self);
            self.asked = asked.chain && !is_final;
            std::vector<u32> called;
            gates_.done(index, asked, is_final, called);
            call_out(called);
        }
    }

    void run(job_id id) {
        node& self = at(id);
        self.state = job_state::processing;
        self.claimed = false;
        const u32 attempt = l_.retries ? ++self.attempts : 1;
        self.began = now_tick();
        if (attempt == 1) {
            self.first_began = now_tick();
        }
        if (self.spec.until_start) {
            leave_unique(id);
        }
        note(id, job_state::enqueued, job_state::processing, end_reason::none, attempt);
        const pawl::outcome said =
            host_.run(self.spec.serial, run_view{id, attempt, self.cursor, self.requeued});
        if (self.spec.run_at_most >= 0 && now_tick() - self.began > ticks(self.spec.run_at_most)) {
            note(id, job_state::processing, job_state::processing, end_reason::overran);
        }
        const u32 number = u32{said.error()} << 16 | self.attempts;
        using kind = pawl::outcome::kind;
        if (self.state == job_state::deleted) {
            // Cancelled meanwhile: what it says is ignored.
            retire(id.index());
            return;
        }
        switch (said.what()) {
            case kind::success: end(id, job_state::succeeded, end_reason::succeeded, number); break;
            case kind::fail: end(id, job_state::failed, end_reason::failed, number); break;
            case kind::discard: end(id, job_state::deleted, end_reason::discarded, number); break;
            case kind::yield:
                if (!l_.slices) {
                    end(id, job_state::failed, end_reason::failed, number);
                    break;
                }
                self.cursor_given = true;
                self.cursor = said.cursor();
                [[fallthrough]];
            case kind::snooze:
                self.attempts -= l_.retries ? 1U : 0U;
                again(id, said.after().count(),
                      said.what() == kind::yield ? end_reason::yielded : end_reason::snoozed,
                      u32{said.error()} << 16 | self.attempts);
                break;
            case kind::retry:
            case kind::retry_in: {
                const pawl::retry_policy policy = self.spec.retry;
                const bool allowed = l_.retries && attempt <= policy.max_retries();
                i64 rest = said.after().count();
                if (allowed && said.what() == kind::retry) {
                    rest = policy.delay<microseconds>(attempt, 0).count();
                }
                const bool in_time =
                    self.spec.retry_for < 0 ||
                    ticks(now_ + rest) - self.first_began <= ticks(self.spec.retry_for);
                if (allowed && in_time) {
                    again(id, rest, end_reason::retried, number);
                    ++totals_.retried;
                } else if (l_.retries && policy.after_last() == pawl::after_last::discard) {
                    end(id, job_state::deleted, end_reason::discarded, number);
                } else {
                    end(id, job_state::failed, end_reason::exhausted, number);
                }
                break;
            }
        }
    }
    void end(job_id id, job_state final, end_reason why, u32 number) {
        at(id).state = final;
        note(id, job_state::processing, final, why, number);
        retire(id.index());
    }
    void again(job_id id, i64 rest_us, end_reason why, u32 number) {
        node& self = at(id);
        leave_gates(id.index(), false);
        self.due = ticks(now_ + rest_us);
        self.timer_due = self.due;
        const job_state to = rest_us == 0 ? job_state::enqueued : job_state::scheduled;
        note(id, job_state::processing, to, why, number);
        if (rest_us == 0) {
            make_ready(id.index());
        } else {
            self.state = to;
            post(id.index());
        }
    }
    // Everything that follows from a job's end, whose state is final already.
    void retire(u32 index) {
        node& self = nodes_[index];
        const job_id id = id_of(index);
        const job_state final = self.state;
        const bool keeps = l_.failed > 0 && final == job_state::failed;
        leave_gates(index, true);
        leave_unique(id);
        if (!keeps) {
            drop_code(self);
        }
        resolve(index);
        if (self.batch) {
            settle_member(self.batch, final == job_state::succeeded);
        }
        ++(final == job_state::succeeded ? totals_.succeeded
           : final == job_state::failed  ? totals_.failed
                                         : totals_.deleted);
        if (keeps) {
            keep(index);
        } else {
            give_back(index);
        }
    }
    void give_back(u32 index) {
        node& self = nodes_[index];
        self.settled = true;
        if (!self.twin) {
            free_.push_back(index);
        }
    }
    void keep(u32 index) {
        node& self = nodes_[index];
        self.kept = true;
        failed_.push_back(index);
        if (failed_.size() <= l_.failed) {
            return;
        }
        const u32 oldest = failed_.front();
        failed_.pop_front();
        node& gone = nodes_[oldest];
        gone.kept = false;
        note(id_of(oldest), job_state::failed, job_state::failed, end_reason::evicted);
        drop_code(gone);
        give_back(oldest);
    }

    void note(job_id id, job_state from, job_state to, end_reason why, u32 number = 0) {
        pawl::job_event event;
        event.index = id.index();
        event.generation = id.generation();
        event.at = static_cast<u32>(now_tick());
        event.number = number;
        event.from = from;
        event.to = to;
        event.why = why;
        event.queue = is_batch(id.index()) ? pawl::job_event::no_queue
                                           : static_cast<std::uint8_t>(at(id).line / l_.bands);
        host_.on_event(event);
    }

    const pawl::limits l_;
    Host& host_;
    std::vector<node> nodes_;
    std::vector<std::deque<u32>> ready_;     // a band of a queue each
    std::vector<std::deque<u32>> admitted_;  // the same, of those who have waited in a gate's line
    std::vector<u32> credits_;
    std::vector<bool> paused_;
    admission_model::model gates_;
    u32 edges_left_;
    u32 since_last_ = 0;
    u32 next_line_ = 0;
    std::deque<u32> free_ = {};
    std::deque<u32> free_batches_ = {};
    std::deque<u32> inbox_ = {};
    std::deque<u32> failed_ = {};
    std::vector<timer> timers_ = {};
    u64 orders_ = 0;
    i64 looked_at_ = 0;
    std::map<u32, unique_entry> unique_ = {};
    pawl::job_counts totals_ = {};
    i64 now_ = 0;
    bool polling_ = false;
    bool stopped_ = false;
    bool asked_to_stop_ = false;
};

}  // namespace job_model
