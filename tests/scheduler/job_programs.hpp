// SPDX-License-Identifier: BSL-1.0
//
// job_programs: random programs that run on a scheduler and on job_model beside each other.
//
// A program is a list of operations, each with a seed of its own; what an operation does follows
// from its seed and from the handles that were given out before, so a program from which operations
// were taken out is a program, too, and a failing one can be made short. Jobs do things themselves
// (submit, cancel, let time pass, ask), by a script that follows from their seed and the number of
// the run.
//
// Both sides write a log: each event, each run with what the job is told, each answer. After every
// operation the logs have to be equal, and so have the counts, the number of callables that are
// alive, and the states of many handles.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pawl/platform/manual_platform.hpp>
#include <pawl/scheduler/scheduler.hpp>

#include "scheduler/job_model.hpp"

namespace job_model {

using admission_model::numbers;

// ---- What is logged -----------------------------------------------------------------------------

struct record {
    char what = 0;  // e: event, r: run, s: what a run sees later, a: answer, c: counts, t: state
    u64 of[5] = {};
    friend bool operator==(const record&, const record&) = default;
};
inline std::string text(const record& one) {
    if (one.what == 'e') {
        const auto name = [](u64 state) {
            return std::string{to_string(static_cast<job_state>(state))};
        };
        return "event " + std::to_string(one.of[0] & 0xFFFF'FFFF) + "." +
               std::to_string(one.of[0] >> 32) + " " + name(one.of[1] >> 16 & 0xFF) + " > " +
               name(one.of[1] >> 8 & 0xFF) + " (" +
               std::string{to_string(static_cast<end_reason>(one.of[1] & 0xFF))} + ") at " +
               std::to_string(one.of[2]) + " number " + std::to_string(one.of[3]) + " queue " +
               std::to_string(one.of[4]);
    }
    std::string result{one.what};
    if (one.what == 'j') {
        const auto high = [&](u32 i) { return std::to_string(one.of[i] >> 32); };
        const auto low = [&](u32 i) { return std::to_string(one.of[i] & 0xFFFF'FFFF); };
        return "job " + high(0) + " queue, priority, when " + low(0) + " key " + high(1) + " how " +
               low(1) + " unique " + high(2) + " how " + low(2) + " for " +
               std::to_string(static_cast<i64>(one.of[3])) + " limiter " +
               std::to_string(static_cast<std::int32_t>(one.of[4]));
    }
    for (const u64 each : one.of) {
        result += " " + std::to_string(each);
    }
    return result;
}
using log = std::vector<record>;

constexpr u64 bits_of(job_id id) { return id ? id.value() : 0xEE00 + static_cast<u64>(id.error()); }

struct operation {
    u32 kind = 0;
    u32 seed = 0;
    i64 argument = 0;
};

// ---- The two systems ----------------------------------------------------------------------------

// Of a World: log& events(); outcome run(serial, view).
template <class World>
class modelled {
public:
    modelled(const pawl::limits& of, World& world) : world_{world}, model_{of, *this} {}

    // The model's host.
    pawl::outcome run(u32 serial, const run_view& view) { return world_.run(serial, view); }
    void on_event(const pawl::job_event& event) { world_.on_event(event); }

    job_id enqueue(const job_spec& spec) { return model_.enqueue(spec); }
    job_id schedule(const job_spec& spec, i64 us) { return model_.schedule(spec, us); }
    job_id then(const job_spec& spec, const std::vector<job_id>& parents) {
        return model_.then(spec, parents);
    }
    submit_error enqueue_n(const job_spec& spec, u32 count, std::vector<job_id>& ids) {
        return model_.enqueue_n(spec, count, ids);
    }

    u32 open(u32 outer) {
        job_id id;
        if (outer == none) {
            id = model_.open_batch();
        } else if (builders_[outer].open) {
            id = model_.open_batch(builders_[outer].id);
        } else {
            id = model_.add_to_sealed(builders_[outer].id);
            builders_.push_back({id, false});
            return static_cast<u32>(builders_.size()) - 1;
        }
        builders_.push_back({id, static_cast<bool>(id)});
        return static_cast<u32>(builders_.size()) - 1;
    }
    u32 own(job_id job) {
        const job_id id = model_.own_batch(job);
        builders_.push_back({id, static_cast<bool>(id)});
        return static_cast<u32>(builders_.size()) - 1;
    }
    job_id batch_id(u32 builder) const { return builders_[builder].id; }
    job_id add(u32 builder, const job_spec& spec, i64 us) {
        const auto [id, open] = builders_[builder];
        if (!open) {
            return model_.add_to_sealed(id);
        }
        return us < 0 ? model_.enqueue(spec, id) : model_.schedule(spec, us, id);
    }
    submit_error add_n(u32 builder, const job_spec& spec, u32 count, std::vector<job_id>& ids) {
        const auto [id, open] = builders_[builder];
        return open ? model_.enqueue_n(spec, count, ids, id) : model_.add_to_sealed(id).error();
    }
    job_id seal(u32 builder) {
        if (std::exchange(builders_[builder].open, false)) {
            model_.seal(builders_[builder].id);
        }
        return builders_[builder].id;
    }

    bool cancel(job_id id) { return model_.cancel(id); }
    bool reschedule(job_id id, i64 us) { return model_.reschedule(id, us); }
    bool raise(job_id id, u32 band) { return model_.raise(id, band); }
    job_id requeue(job_id id, bool keep) { return model_.requeue(id, keep); }
    u32 cancel_all(u32 owner) { return model_.cancel_all(owner); }
    void pause(u32 queue, bool paused) { model_.pause(queue, paused); }
    bool is_paused(u32 queue) { return model_.is_paused(queue); }
    void limit_running(u32, u32) {}  // one job runs at a time in any case
    bool set_limit(u32 limiter, const limiter_spec& to) { return model_.set_limit(limiter, to); }

    job_state state(job_id id) const { return model_.state(id); }
    pawl::job_counts counts() const { return model_.counts(); }
    u32 callables() const { return model_.callables(); }
    pawl::stop_reason stop_reason(job_id id) const { return model_.stop_reason(id); }
    i64 lateness(job_id id) const { return model_.lateness_ticks(id) * 1000; }

    i64 now() const { return model_.now_us(); }
    void elapse(i64 us) { model_.elapse(us); }
    i64 next_wake() { return model_.next_wake_us(); }
    u32 poll(u32 jobs) {
        const auto result = model_.poll(jobs);
        return result.ran << 2 | (result.more ? 2U : 0U) | (result.busy ? 1U : 0U);
    }
    std::pair<u64, u64> stop(pawl::stop_mode mode) {
        const auto result = model_.stop(mode);
        return {result.finished, result.cancelled};
    }

private:
    struct batch {
        job_id id;
        bool open;
    };
    World& world_;
    scheduler_model<modelled> model_;
    std::vector<batch> builders_ = {};
};

// One program at a time: hooks are known by their type alone.
struct program_hooks {
    static inline void* world = nullptr;
    static inline void (*tell)(void* world, const pawl::job_event& event) = nullptr;
    static void on_event(const pawl::job_event& event) noexcept { tell(world, event); }
};

template <pawl::limits L, class World>
class scheduled {
public:
    using platform = pawl::hooked<pawl::manual_platform, program_hooks>;
    using scheduler = pawl::scheduler<L, platform>;
    using options_type = typename scheduler::options_type;
    using batch_type = typename scheduler::batch_type;

    scheduled(const pawl::limits&, World& world) : world_{world} {
        program_hooks::world = &world;
        program_hooks::tell = [](void* to, const pawl::job_event& event) {
            static_cast<World*>(to)->on_event(event);
        };
    }
    ~scheduled() {
        builders_.clear();
        jobs_->stop(pawl::finish);
    }

    job_id enqueue(const job_spec& spec) { return jobs_->enqueue(code_of(spec), options(spec)); }
    job_id schedule(const job_spec& spec, i64 us) {
        return jobs_->schedule(microseconds{us}, code_of(spec), options(spec));
    }
    job_id then(const job_spec& spec, const std::vector<job_id>& parents) {
        return jobs_->then(std::span<const job_id>{parents}, code_of(spec), options(spec));
    }
    submit_error enqueue_n(const job_spec& spec, u32 count, std::vector<job_id>& ids) {
        return several(*jobs_, spec, count, ids);
    }

    u32 open(u32 outer) {
        builders_.push_back(std::make_unique<batch_type>(
            outer == none ? jobs_->batch() : builders_[outer]->batch()));
        return static_cast<u32>(builders_.size()) - 1;
    }
    u32 own(job_id) {
        builders_.push_back(std::make_unique<batch_type>(jobs_->own_batch(*running_)));
        return static_cast<u32>(builders_.size()) - 1;
    }
    job_id batch_id(u32 builder) const { return builders_[builder]->id(); }
    job_id add(u32 builder, const job_spec& spec, i64 us) {
        batch_type& to = *builders_[builder];
        return us < 0 ? to.enqueue(code_of(spec), options(spec))
                      : to.schedule(microseconds{us}, code_of(spec), options(spec));
    }
    submit_error add_n(u32 builder, const job_spec& spec, u32 count, std::vector<job_id>& ids) {
        return several(*builders_[builder], spec, count, ids);
    }
    job_id seal(u32 builder) { return builders_[builder]->seal(); }

    bool cancel(job_id id) { return jobs_->cancel(id); }
    bool reschedule(job_id id, i64 us) {
        if constexpr (L.reschedule) {
            return us == 0 ? jobs_->run_now(id) : jobs_->reschedule(id, microseconds{us});
        }
        return false;
    }
    bool raise(job_id id, u32 band) {
        if constexpr (L.bands > 1) {
            return jobs_->raise(id, band);
        }
        return false;
    }
    job_id requeue(job_id id, bool keep) {
        if constexpr (L.failed > 0) {
            return jobs_->requeue(id, keep ? pawl::attempts::keep : pawl::attempts::anew);
        }
        return {};
    }
    u32 cancel_all(u32 owner) {
        if constexpr (L.owners) {
            return jobs_->cancel_all(pawl::owner_ref{owner});
        }
        return 0;
    }
    void pause(u32 queue, bool paused) {
        if constexpr (L.queue_control) {
            paused ? commands().pause(queue_name(queue)) : commands().resume(queue_name(queue));
        }
    }
    bool is_paused(u32 queue) { return commands().is_paused(queue_name(queue)); }
    void limit_running(u32 queue, u32 most) {
        if constexpr (L.queue_control) {
            commands().limit_running(queue_name(queue), most);
        }
    }
    bool set_limit(u32 limiter, const limiter_spec& to) {
        if constexpr (L.limiters.count > 0) {
            return jobs_->set_limit(limiter_name(limiter),
                                    {.running_max = to.running_max,
                                     .tokens = to.tokens,
                                     .period = std::chrono::milliseconds{to.period_ms},
                                     .burst = to.burst,
                                     .per_key = to.per_key});
        }
        return false;
    }

    job_state state(job_id id) const { return jobs_->state(id); }
    pawl::job_counts counts() const { return jobs_->counts(); }
    u32 callables() const { return alive_; }
    pawl::stop_reason stop_reason(job_id) const { return running_->stop_reason(); }
    i64 lateness(job_id) const { return running_->lateness().count(); }

    i64 now() const {
        return std::chrono::duration_cast<microseconds>(jobs_->platform().now().time_since_epoch())
            .count();
    }
    void elapse(i64 us) { jobs_->platform().elapse(microseconds{us}); }
    i64 next_wake() {
        const auto wake = jobs_->next_wake();
        return wake ? std::chrono::duration_cast<microseconds>(wake->time_since_epoch()).count()
                    : -1;
    }
    u32 poll(u32 jobs) {
        const pawl::poll_result result =
            jobs == none ? jobs_->poll() : jobs_->poll(pawl::poll_budget{.jobs = jobs});
        return result.ran << 2 | (result.more ? 2U : 0U) | (result.busy ? 1U : 0U);
    }
    std::pair<u64, u64> stop(pawl::stop_mode mode) {
        const pawl::stop_report report = jobs_->stop(mode);
        return {report.finished, report.cancelled};
    }

private:
    // A job's callable; counts how many of them are alive.
    class code {
    public:
        code(scheduled* owner, u32 serial) noexcept : owner_{owner}, serial_{serial} {
            ++owner->alive_;
        }
        code(code&& other) noexcept
            : owner_{std::exchange(other.owner_, nullptr)}, serial_{other.serial_} {}
        code& operator=(code&&) = delete;
        ~code() {
            if (owner_ != nullptr) {
                --owner_->alive_;
            }
        }
        pawl::outcome operator()(pawl::job_context& job) noexcept {
            owner_->running_ = &job;
            const pawl::outcome said = owner_->world_.run(
                serial_, run_view{job.id(), job.attempt(), job.cursor(), job.requeued()});
            owner_->running_ = nullptr;
            return said;
        }

    private:
        scheduled* owner_;
        u32 serial_;
    };
    code code_of(const job_spec& spec) noexcept { return code{this, spec.serial}; }

    template <class To>
    submit_error several(To& to, const job_spec& spec, u32 count, std::vector<job_id>& ids) {
        std::vector<job_id> made(count);
        const pawl::bulk_result result = to.enqueue_n(
            count,
            [&](u32 i) noexcept {
                return code{this, spec.serial + i};
            },
            options(spec), made);
        if (result) {
            ids = made;
        }
        return result.error();
    }

    static pawl::name queue_name(u32 queue) {
        return queue == unknown ? pawl::name{"nobody"} : pawl::borrowed(L.queues[queue]);
    }
    static pawl::name limiter_name(u32 limiter) {
        return limiter >= L.limiters.count ? pawl::name{"nobody"}
                                           : pawl::borrowed(L.limiters[limiter]);
    }
    static options_type options(const job_spec& spec) {
        options_type to;
        if (spec.queue != none) {
            to.queue = queue_name(spec.queue);
        }
        if constexpr (L.retries) {
            to.retry = spec.retry;
        }
        if constexpr (L.bands > 1) {
            to.priority = static_cast<std::uint8_t>(spec.priority);
        }
        to.when = spec.when;
        if constexpr (L.then_delay) {
            set(to.delay, spec.delay);
        }
        if constexpr (L.deadlines) {
            set(to.deadline, spec.deadline);
            to.late = spec.run_when_late ? pawl::late::run : pawl::late::skip;
            set(to.run_at_most, spec.run_at_most);
            set(to.retry_for, spec.retry_for);
        }
        if constexpr (L.owners) {
            to.owner = pawl::owner_ref{spec.owner};
        }
        if constexpr (L.keys > 0) {
            to.key = spec.key == 0 ? pawl::key{} : pawl::key{spec.key};
            to.on_busy = spec.busy;
            to.chain = spec.chain;
            to.exclusive = spec.exclusive;
            to.unique = spec.unique == 0 ? pawl::key{} : pawl::key{spec.unique};
            to.unique_until =
                spec.until_start ? pawl::unique_until::start : pawl::unique_until::done;
            set(to.unique_for, spec.unique_for);
            to.conflict = spec.conflict;
        }
        if constexpr (L.limiters.count > 0) {
            if (spec.limiter != none) {
                to.limit = limiter_name(spec.limiter);
            }
        }
        return to;
    }
    static void set(pawl::time_option& to, i64 us) {
        if (us >= 0) {
            to = microseconds{us};
        }
    }
    auto& commands() { return static_cast<pawl::job_commands<scheduler, L>&>(*jobs_); }

    World& world_;
    std::unique_ptr<scheduler> jobs_ = std::make_unique<scheduler>();
    std::vector<std::unique_ptr<batch_type>> builders_ = {};
    pawl::job_context* running_ = nullptr;
    u32 alive_ = 0;
};

// ---- A program on one of them -------------------------------------------------------------------

enum op : u32 {
    op_enqueue,
    op_schedule,
    op_then,
    op_several,
    op_open,
    op_add,
    op_seal,
    op_cancel,
    op_reschedule,
    op_raise,
    op_requeue,
    op_pause,
    op_limit_running,
    op_set_limit,
    op_cancel_all,
    op_elapse,
    op_poll,
    op_step,  // to the next wake: comparison says when that is
    op_stop,
    op_count
};
inline const char* op_name(u32 kind) {
    constexpr const char* names[] = {
        "enqueue",    "schedule",   "then",  "several", "open",  "add",           "seal",
        "cancel",     "reschedule", "raise", "requeue", "pause", "limit_running", "set_limit",
        "cancel_all", "elapse",     "poll",  "step",    "stop"};
    return names[kind];
}

// What programs do besides what the limits say.
struct program_options {
    bool raise = true;
    u32 keys = 5;  // that are in use
    u32 unique_keys = 5;
    bool per_key = false;  // the last limiter has its limits for each key
};

template <template <class> class System>
class world {
public:
    world(const pawl::limits& of, const program_options& options)
        : l_{of}, options_{options}, system_{of, *this} {
        if (of.limiters.count > 0 && options.per_key) {
            const u32 last = of.limiters.count - 1;
            answer(system_.set_limit(
                last,
                {.running_max = 1, .tokens = 3, .period_ms = 10, .burst = 2, .per_key = true}));
        }
    }

    void execute(const operation& one) {
        numbers random{one.seed};
        act(random, one.kind, one.argument, false);
        look(random);
    }

    log& records() { return records_; }
    i64 next_wake() { return system_.next_wake(); }
    i64 now() const { return system_.now(); }
    u64 runs() const { return runs_; }

    // The systems' host.
    void on_event(const pawl::job_event& event) {
        records_.push_back({'e',
                            {event.id().value(),
                             static_cast<u64>(event.from) << 16 | static_cast<u64>(event.to) << 8 |
                                 static_cast<u64>(event.why),
                             event.at, event.number, event.queue}});
    }
    pawl::outcome run(u32 serial, const run_view& view) {
        ++runs_;
        entries_[serial].id = view.id;
        numbers random{entries_[serial].seed + 77 * ++entries_[serial].runs};
        random.below(7);
        records_.push_back(
            {'r',
             {serial, view.id.value(),
              u64{view.cursor} << 32 | view.attempt << 1 | (view.requeued ? 1U : 0U),
              static_cast<u64>(system_.now()), static_cast<u64>(system_.lateness(view.id))}});
        inside_ = view.id;
        if (random.one_in(4)) {
            for (u32 count = 1 + random.below(2); count != 0; --count) {
                constexpr u32 kinds[] = {op_enqueue,    op_schedule, op_then,    op_cancel,
                                         op_elapse,     op_elapse,   op_requeue, op_several,
                                         op_reschedule, op_raise,    op_add,     op_poll,
                                         op_cancel_all, op_open,     op_seal};
                act(random, kinds[random.below(std::size(kinds))], 0, true);
            }
        }
        records_.push_back({'s', {serial, static_cast<u64>(system_.stop_reason(view.id))}});
        inside_ = {};
        return say(random);
    }

private:
    struct entry {
        job_id id = {};
        u32 seed = 0;
        u32 runs = 0;
    };

    pawl::outcome say(numbers& random) {
        const u32 luck = random.below(100);
        const auto code = static_cast<std::uint16_t>(random.below(1000));
        const microseconds rest{some_time(random)};
        return luck < 55   ? pawl::outcome::success()
               : luck < 68 ? pawl::outcome::retry(code)
               : luck < 74 ? pawl::outcome::retry_in(rest, code)
               : luck < 84 ? pawl::outcome::fail(code)
               : luck < 88 ? pawl::outcome::discard()
               : luck < 94 ? pawl::outcome::snooze(rest)
                           : pawl::outcome::yield(random.below(100));
    }
    static i64 some_time(numbers& random) {
        switch (random.below(8)) {
            case 0: return 0;
            case 1: return random.below(3'000);
            case 2: return i64{1000} * random.below(2'000);
            case 3: return random.one_in(8) ? i64{1'000'000} * random.below(100) : 1'000;
            default: return i64{1000} * random.below(25);
        }
    }
    job_id some_job(numbers& random) const {
        if (entries_.empty()) {
            return {};
        }
        const auto size = static_cast<u32>(entries_.size());
        const u32 back = random.one_in(3) ? random.below(std::min(size, 100U))
                                          : random.below(std::min(size, 10U));
        return entries_[size - 1 - back].id;
    }

    job_spec some_spec(numbers& random, u32 count = 1) {
        job_spec spec;
        spec.serial = static_cast<u32>(entries_.size());
        for (u32 i = 0; i < count; ++i) {
            entries_.push_back({{}, random.below(0x7FFF'FFFF)});
        }
        if (!random.one_in(3)) {
            spec.queue = random.below(l_.queues.count);
        } else if (random.one_in(100)) {
            spec.queue = unknown;
        }
        spec.priority = l_.bands > 1 ? random.below(l_.bands + 1) : 0;
        if (l_.retries) {
            constexpr pawl::retry_policy policies[] = {
                pawl::no_retry(), pawl::fixed_backoff(std::chrono::milliseconds{3}).max_retries(2),
                pawl::exponential_backoff(std::chrono::microseconds{700}).max_retries(3),
                pawl::fixed_backoff(microseconds{0}).max_retries(1),
                pawl::fixed_backoff(std::chrono::milliseconds{1})
                    .max_retries(1)
                    .after_last(pawl::after_last::discard)};
            spec.retry = policies[random.below(std::size(policies))];
        }
        constexpr pawl::when conditions[] = {pawl::when::success,
                                             pawl::when::success,
                                             pawl::when::failure,
                                             pawl::when::deletion,
                                             pawl::when::failure | pawl::when::deletion,
                                             pawl::when::any};
        spec.when = conditions[random.below(std::size(conditions))];
        if (l_.deadlines) {
            spec.deadline = random.one_in(4) ? some_time(random) : -1;
            spec.run_when_late = random.one_in(3);
            spec.run_at_most = random.one_in(4) ? i64{1000} * random.below(4) : -1;
            spec.retry_for = random.one_in(4) ? some_time(random) : -1;
        }
        spec.owner = l_.owners && random.one_in(2) ? 1 + random.below(3) : 0;
        if (l_.keys > 0) {
            if (random.one_in(2)) {
                spec.key = 1 + random.below(options_.keys);
                constexpr pawl::on_busy policies[] = {pawl::on_busy::wait, pawl::on_busy::wait,
                                                      pawl::on_busy::wait, pawl::on_busy::skip,
                                                      pawl::on_busy::fail, pawl::on_busy::replace};
                spec.busy = policies[random.below(std::size(policies))];
                spec.chain = random.one_in(2);  // else one thread hardly finds a key taken
                spec.exclusive = !random.one_in(5);
            }
            if (random.one_in(4)) {
                spec.unique = 1 + random.below(options_.unique_keys);
                spec.until_start = random.one_in(3);
                spec.unique_for = random.one_in(4) ? some_time(random) : -1;
                spec.conflict = static_cast<pawl::conflict>(random.below(4));
            }
        }
        if (l_.limiters.count > 0 && random.one_in(3)) {
            spec.limiter = random.one_in(100) ? unknown : random.below(l_.limiters.count);
        }
        // For who reads a program that has failed.
        const auto all = [](auto... each) { return (... | static_cast<u64>(each)); };
        records_.push_back({'j',
                            {all(u64{spec.serial} << 32, u64{spec.queue & 0xFFFF} << 16,
                                 spec.priority << 8, static_cast<u32>(spec.when)),
                             all(u64{spec.key} << 32, u64{static_cast<u32>(spec.busy)} << 8,
                                 spec.chain ? 2 : 0, spec.exclusive ? 1 : 0),
                             all(u64{spec.unique} << 32, spec.until_start ? 1 << 8 : 0,
                                 static_cast<u32>(spec.conflict)),
                             static_cast<u64>(spec.unique_for), spec.limiter}});
        return spec;
    }

    void act(numbers& random, u32 kind, i64 argument, bool inside) {
        switch (kind) {
            case op_enqueue: {
                const job_spec spec = some_spec(random);
                submitted(spec, system_.enqueue(spec));
                break;
            }
            case op_schedule: {
                const job_spec spec = some_spec(random);
                submitted(spec, system_.schedule(spec, some_time(random)));
                break;
            }
            case op_then: {
                std::vector<job_id> parents;
                for (u32 count = random.one_in(2) ? 1 : 1 + random.below(4); count != 0; --count) {
                    parents.push_back(inside && random.one_in(2) ? inside_ : some_job(random));
                }
                job_spec spec = some_spec(random);
                spec.delay = l_.then_delay && random.one_in(4) ? some_time(random) : -1;
                submitted(spec, system_.then(spec, parents));
                break;
            }
            case op_several: {
                const u32 count = random.below(5);
                job_spec spec = some_spec(random, count);
                if (!random.one_in(20)) {
                    spec.unique = 0;
                }
                several(spec, [&](std::vector<job_id>& ids) {
                    return system_.enqueue_n(spec, count, ids);
                });
                break;
            }
            case op_open: {
                u32 made = 0;
                if (inside) {
                    made = system_.own(inside_);
                } else {
                    made = system_.open(!builders_.empty() && random.one_in(3)
                                            ? builders_[random.below(builder_count())]
                                            : none);
                }
                builders_.push_back(made);
                entries_.push_back({system_.batch_id(made), 0});
                answer(bits_of(system_.batch_id(made)));
                if (builders_.size() > 5) {
                    answer(bits_of(system_.seal(builders_.front())));
                    builders_.erase(builders_.begin());
                }
                break;
            }
            case op_add:
                if (!builders_.empty()) {
                    const u32 to = builders_[random.below(builder_count())];
                    if (random.one_in(4)) {
                        const u32 count = random.below(4);
                        job_spec spec = some_spec(random, count);
                        spec.unique = 0;
                        several(spec, [&](std::vector<job_id>& ids) {
                            return system_.add_n(to, spec, count, ids);
                        });
                    } else {
                        const job_spec spec = some_spec(random);
                        const i64 us = random.one_in(2) ? -1 : some_time(random);
                        submitted(spec, system_.add(to, spec, us));
                    }
                }
                break;
            case op_seal:
                if (!builders_.empty()) {
                    const u32 which = random.below(builder_count());
                    answer(bits_of(system_.seal(builders_[which])));
                    if (!random.one_in(4)) {
                        builders_.erase(builders_.begin() + which);
                    }
                }
                break;
            case op_cancel:
                answer(system_.cancel(inside && random.one_in(3) ? inside_ : some_job(random)));
                break;
            case op_reschedule:
                if (l_.reschedule) {
                    answer(system_.reschedule(some_job(random), some_time(random)));
                }
                break;
            case op_raise:
                if (l_.bands > 1 && options_.raise) {
                    answer(system_.raise(some_job(random), random.below(l_.bands + 1)));
                }
                break;
            case op_requeue:
                if (l_.failed > 0) {
                    const job_id from = some_job(random);
                    const job_id made = system_.requeue(from, random.one_in(2));
                    answer(bits_of(made));
                    for (entry& each : entries_) {
                        each.id = made && each.id == from ? made : each.id;
                    }
                }
                break;
            case op_pause:
                if (l_.queue_control) {
                    const u32 queue = random.below(l_.queues.count);
                    system_.pause(queue, random.one_in(3));
                    answer(system_.is_paused(queue));
                }
                break;
            case op_limit_running:
                if (l_.queue_control) {
                    system_.limit_running(random.below(l_.queues.count), random.below(3));
                }
                break;
            case op_set_limit:
                if (l_.limiters.count > 0) {
                    const u32 all = l_.limiters.count - (options_.per_key ? 1 : 0);
                    const u32 which = random.one_in(20) ? l_.limiters.count : random.below(all);
                    limiter_spec to;
                    to.running_max = random.one_in(2) ? 1 + random.below(3) : 0;
                    to.tokens = random.one_in(2) ? 1 + random.below(4) : 0;
                    to.period_ms = random.below(20);
                    to.burst = random.below(3);
                    answer(system_.set_limit(which, to));
                }
                break;
            case op_cancel_all:
                if (l_.owners) {
                    answer(system_.cancel_all(1 + random.below(3)));
                }
                break;
            case op_elapse: system_.elapse(random.below(inside ? 6'000 : 3'000)); break;
            case op_poll: answer(system_.poll(random.one_in(2) ? random.below(5) : none)); break;
            case op_step:
                if (argument >= 0) {
                    system_.elapse(argument - system_.now());
                }
                answer(system_.poll(none));
                break;
            case op_stop: {
                constexpr pawl::stop_mode modes[] = {pawl::finish, pawl::drain, pawl::abandon};
                const auto [finished, cancelled] = system_.stop(modes[random.below(3)]);
                answer(finished << 32 | cancelled);
                answer(system_.callables());
                break;
            }
            default: break;
        }
    }

    u32 builder_count() const { return static_cast<u32>(builders_.size()); }
    void answer(u64 what) { records_.push_back({'a', {what}}); }
    void submitted(const job_spec& spec, job_id id) {
        entries_[spec.serial].id = id;
        answer(bits_of(id));
    }
    template <class Submit>
    void several(const job_spec& spec, Submit&& submit) {
        std::vector<job_id> ids;
        answer(static_cast<u64>(submit(ids)));
        for (std::size_t i = 0; i < ids.size(); ++i) {
            entries_[spec.serial + i].id = ids[i];
            answer(bits_of(ids[i]));
        }
    }

    // What holds after an operation.
    void look(numbers& random) {
        const pawl::job_counts now = system_.counts();
        records_.push_back({'c',
                            {u64{now.awaiting} << 48 | u64{now.scheduled} << 32 |
                                 u64{now.enqueued} << 16 | now.processing,
                             now.succeeded << 32 | now.failed, now.deleted << 32 | now.retried,
                             now.refused, system_.callables()}});
        const std::size_t size = entries_.size();
        for (std::size_t back = 1; back <= std::min<std::size_t>(size, 24); ++back) {
            see(size - back);
        }
        for (u32 i = 0; i < 4 && size != 0; ++i) {
            see(random.below(static_cast<u32>(size)));
        }
    }
    void see(std::size_t which) {
        records_.push_back({'t', {which, static_cast<u64>(system_.state(entries_[which].id))}});
    }

    const pawl::limits l_;
    program_options options_;
    log records_ = {};
    std::vector<entry> entries_ = {};
    std::vector<u32> builders_ = {};
    job_id inside_ = {};
    u64 runs_ = 0;
    System<world> system_;
};

// ---- Both ---------------------------------------------------------------------------------------

using program = std::vector<operation>;

inline program random_program(u32 seed, u32 size) {
    // How often, of a thousand.
    constexpr std::pair<u32, u32> kinds[] = {
        {op_enqueue, 170},     {op_schedule, 110}, {op_then, 120},     {op_several, 30},
        {op_open, 25},         {op_add, 90},       {op_seal, 30},      {op_cancel, 50},
        {op_reschedule, 40},   {op_raise, 40},     {op_requeue, 40},   {op_pause, 15},
        {op_limit_running, 5}, {op_set_limit, 8},  {op_cancel_all, 8}, {op_elapse, 30},
        {op_poll, 80},         {op_step, 109}};
    numbers random{seed};
    program result;
    for (u32 i = 0; i < size; ++i) {
        u32 luck = random.below(1000);
        u32 kind = op_step;
        for (const auto& [each, often] : kinds) {
            if (luck < often) {
                kind = each;
                break;
            }
            luck -= often;
        }
        result.push_back({kind, random.below(0x7FFF'FFFF), 0});
        // From time to time everything that waits for its time has it.
        if (random.one_in(200)) {
            for (u32 step = 0; step < 40; ++step) {
                result.push_back({op_step, random.below(0x7FFF'FFFF), 0});
            }
        }
    }
    result.push_back({op_stop, random.below(0x7FFF'FFFF), 0});
    return result;
}

struct difference {
    std::size_t at = 0;  // the operation
    std::string what = {};
};

struct summary {
    u64 runs = 0;
    u64 events = 0;
};

template <pawl::limits L>
struct system_of {
    template <class World>
    using real = scheduled<L, World>;
};

// What happened in an operation.
inline void tell(std::string& story, const operation& one, const log& records) {
    story += "  " + std::string{op_name(one.kind)} + " " + std::to_string(one.seed) + "\n";
    for (const record& each : records) {
        if (each.what != 'c' && each.what != 't') {
            story += "      " + text(each) + "\n";
        }
    }
}

template <pawl::limits L>
std::optional<difference> compare(const program& all, const program_options& options,
                                  summary* seen = nullptr, std::string* story = nullptr) {
    using expected_world = world<modelled>;
    using real_world = world<system_of<L>::template real>;
    const auto expected = std::make_unique<expected_world>(L, options);
    const auto real = std::make_unique<real_world>(L, options);
    for (std::size_t i = 0; i < all.size(); ++i) {
        operation one = all[i];
        if (one.kind == op_step) {
            one.argument = expected->next_wake();
            const i64 wake = real->next_wake();
            if ((wake < 0) != (one.argument < 0) || wake > one.argument) {
                return difference{i, "next_wake() is " + std::to_string(wake) + ", expected " +
                                         std::to_string(one.argument)};
            }
        }
        expected->execute(one);
        real->execute(one);
        log& wanted = expected->records();
        log& got = real->records();
        if (wanted != got) {
            const auto [left, right] =
                std::mismatch(wanted.begin(), wanted.end(), got.begin(), got.end());
            if (story != nullptr) {
                tell(*story, one, log(wanted.begin(), left));
            }
            std::string what =
                "  expected  " + (left == wanted.end() ? "nothing" : text(*left)) + "\n";
            what += "  but got   " + (right == got.end() ? "nothing" : text(*right));
            return difference{i, what};
        }
        if (story != nullptr) {
            tell(*story, one, got);
        }
        if (seen != nullptr) {
            for (const record& each : got) {
                seen->events += each.what == 'e' ? 1U : 0U;
            }
        }
        wanted.clear();
        got.clear();
    }
    if (seen != nullptr) {
        seen->runs += real->runs();
    }
    return std::nullopt;
}

// Takes out of a failing program what it fails without.
template <pawl::limits L>
program shortest(program failing, const program_options& options) {
    for (std::size_t chunk = failing.size() / 2; chunk != 0;) {
        bool shorter = false;
        for (std::size_t from = 0; from < failing.size();) {
            program less = failing;
            const std::size_t end = std::min(from + chunk, less.size());
            less.erase(less.begin() + static_cast<std::ptrdiff_t>(from),
                       less.begin() + static_cast<std::ptrdiff_t>(end));
            if (const auto found = compare<L>(less, options)) {
                less.resize(found->at + 1);
                failing = less;
                shorter = true;
            } else {
                from = end;
            }
        }
        if (!shorter || chunk > failing.size()) {
            chunk = std::min(chunk / 2, failing.size());
        }
    }
    return failing;
}

// Empty, or the shortest program that shows a difference, and which.
template <pawl::limits L>
std::string check(u32 seed, u32 size, const program_options& options = {},
                  summary* seen = nullptr) {
    program all = random_program(seed, size);
    const auto found = compare<L>(all, options, seen);
    if (!found) {
        return {};
    }
    all.resize(found->at + 1);
    all = shortest<L>(all, options);
    std::string result = "seed " + std::to_string(seed) + ", operation " +
                         std::to_string(found->at) + "; the shortest program:\n";
    const auto again = compare<L>(all, options, nullptr, &result);
    return result + again->what + "\n";
}

}  // namespace job_model
