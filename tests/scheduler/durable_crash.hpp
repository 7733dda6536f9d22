// SPDX-License-Identifier: BSL-1.0
//
// durable_crash: a program with durable jobs whose power is cut everywhere, and what has to be true
// of the next one. What the tests of that and its mutants share; it knows no test framework.
//
// A job has a number, and how it ends follows from that. So what the next program has to run
// follows from what had been acknowledged when the power went:
//   - what was acknowledged (by its call, a sync or a ticket), and cannot have ended, runs
//   - what had ended, and that was synced, does not
//   - nothing runs that was not submitted, and nothing twice
//   - a continuation runs behind its parents, or never, if they end the wrong way
//   - a failed job that was kept, and that was synced, still is; what was requeued runs as another
//     job would
//   - a job that was raised, and that was synced, is in its higher band
//   - a recurring job's run that the log knew of, and that cannot have ended, runs once more and is
//     told so; one whose end was synced is not told of
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include <pawl/durability/medium_ref.hpp>
#include <pawl/pawl.hpp>
#include <pawl/scheduler/durable_scheduler.hpp>

#include "durability/crash_states.hpp"
#include "scheduler/durable_world.hpp"

namespace durable_crash {

using crash::crash_point;
using crash::u32;
using crash::u64;
using durable_world::runs;
using durable_world::task;
using namespace std::chrono_literals;

inline constexpr pawl::limits small_limits{
    .jobs = 7, .batches = 2, .recurring = 1, .workers = 0, .bands = 2, .failed = 2};

template <class Medium>
using scheduler_on = pawl::scheduler<
    small_limits, pawl::manual_platform,
    pawl::journal<pawl::medium_ref<Medium>, pawl::job_types<task>,
                  pawl::journal_limits{.cells = 32, .buffer_bytes = 512, .blocks_max = 8}>>;

// How jobs end: by the last digit of their number.
inline constexpr int mended = 6;  // fails until it is requeued; then as one that retries
inline constexpr int fails = 7;
[[nodiscard]] constexpr bool does_fail(int number) {
    return number % 10 == fails || number % 10 == mended;
}
inline constexpr int retries = 8;  // fails once, then succeeds
inline constexpr int syncs = 9;    // says in the log that it has begun

// A run of a job that was requeued counts as one of another job: of this number.
inline constexpr int when_requeued = 1'000'000;
[[nodiscard]] inline int number_of(int number, const pawl::job_context& job) {
    return number + (job.requeued() ? when_requeued : 0);
}

inline void (*sync_in_job)() = nullptr;

// So that it waits for a while.
[[nodiscard]] inline pawl::outcome outcome_of_mended(const pawl::job_context& job) {
    return !job.requeued()     ? pawl::outcome::fail()
           : job.attempt() < 2 ? pawl::outcome::retry()
                               : pawl::outcome::success();
}
// How often it runs.
[[nodiscard]] constexpr int runs_of(int number) {
    return number % 10 == retries || number >= when_requeued ? 2 : 1;
}

inline pawl::outcome behave(int number, pawl::job_context& job) {
    runs.back().number = number_of(number, job);
    switch (number % 10) {
        case mended: return outcome_of_mended(job);
        case fails: return pawl::outcome::fail();
        case retries: return job.attempt() < 2 ? pawl::outcome::retry() : pawl::outcome::success();
        case syncs: sync_in_job(); return pawl::outcome::success();
        default: return pawl::outcome::success();
    }
}

inline constexpr u64 never = ~u64{0};

// What is known of a job. Times are the medium's operations.
struct known {
    int number = 0;
    u64 submitted = never;  // before
    u64 acknowledged = never;
    u64 may_have_ended = never;
    u64 has_ended = never;  // and that is synced
    bool runs_ever = true;
    std::vector<int> parents = {};
    pawl::job_id handle = {};
    bool failed = false;
    u64 kept_from = never;   // and that is synced
    u64 kept_until = never;  // before
    bool raised = false;
    u64 raised_from = never;  // and that is synced
};

// A run of the recurring job.
struct beat {
    u64 made = never;    // not before
    u64 synced = never;  // it is made, and that is synced
    u64 may_have_ended = never;
    u64 has_ended = never;  // and that is synced
};
inline constexpr const char* beat_name = "beat";
inline constexpr std::chrono::seconds beat_period{3};

struct history {
    std::vector<known> jobs{};
    std::vector<beat> beats{};
    const char* fault = nullptr;
    u32 lives = 0;

    [[nodiscard]] known* find(int number) noexcept {
        for (known& each : jobs) {
            if (each.number == number) {
                return &each;
            }
        }
        return nullptr;
    }
    // All that was handed over is durable.
    void synced(u64 operations) noexcept {
        for (known& each : jobs) {
            each.acknowledged = std::min(each.acknowledged, operations);
            if (each.may_have_ended != never) {
                each.has_ended = std::min(each.has_ended, operations);
            }
            if (each.failed) {
                each.kept_from = std::min(each.kept_from, operations);
            }
            if (each.raised) {
                each.raised_from = std::min(each.raised_from, operations);
            }
        }
        if (!beats.empty()) {
            beat& last = beats.back();
            last.synced = std::min(last.synced, operations);
            if (last.may_have_ended != never) {
                last.has_ended = std::min(last.has_ended, operations);
            }
        }
    }
};

// One life of the program that is cut.
template <class Medium>
class life {
    using scheduler = scheduler_on<Medium>;

public:
    life(Medium& medium, history& past, crash::numbers& random)
        : medium_{medium},
          past_{past},
          random_{random},
          jobs_{std::make_unique<scheduler>(pawl::medium_ref{medium}, pawl::deferred_start)} {}

    void run(u32 steps) {
        current_ = this;
        sync_in_job = [] { current_->sync(); };
        durable_world::behaviour = [](int number, pawl::job_context& job) {
            return current_->note_run(number, job);
        };
        if (!jobs_->start()) {
            past_.fault = "a log without a crash does not open";
            return;
        }
        past_.synced(medium_.operations());
        ++past_.lives;
        act_began_ = medium_.operations();
        if (!jobs_->every(beat_period, [](pawl::job_context& job) { current_->note_beat(job); },
                          {.name = pawl::borrowed(beat_name)})) {
            past_.fault = "a recurring job is refused";
            return;
        }
        for (u32 step = 0; step < steps; ++step) {
            const u64 before = medium_.operations();
            act_began_ = before;
            act();
            if (jobs_->is_durable(jobs_->ticket())) {
                past_.synced(medium_.operations());
            }
            for (known& each : past_.jobs) {
                if (each.failed && each.kept_until == never && !is_kept(each.handle)) {
                    each.kept_until = before;  // it made room, or was requeued
                }
            }
        }
        // Ended in order: all is written.
        jobs_.reset();
        past_.synced(medium_.operations());
    }

private:
    [[nodiscard]] bool is_kept(pawl::job_id id) const {
        const auto info = jobs_->info(id);
        return info && info->kept;
    }

    void note_beat(const pawl::job_context& job) {
        if (job.recovered()) {
            past_.fault = "a recurring job's run is told that it was cut off, and none was";
        }
        past_.beats.push_back({.made = act_began_});
        if (random_.one_in(2)) {
            sync();
        }
        past_.beats.back().may_have_ended = medium_.operations();
    }

    pawl::outcome note_run(int of_job, pawl::job_context& job) {
        const int number = number_of(of_job, job);
        known* const mine = past_.find(number);
        if (mine == nullptr || mine->has_ended != never || !mine->runs_ever) {
            past_.fault = "a job runs that should not";
        } else if (job.attempt() >= static_cast<std::uint32_t>(runs_of(number))) {
            if (mine->may_have_ended != never) {
                past_.fault = "a job runs twice";
            }
            // It ends when it returns; and what it writes before does not say so.
            const pawl::outcome result = behave(of_job, job);
            known* const still_mine = past_.find(number);
            still_mine->may_have_ended = medium_.operations();
            still_mine->failed = result == pawl::outcome::fail();
            still_mine->handle = job.id();
            return result;
        }
        return behave(of_job, job);
    }

    void sync() {
        waits_for_tickets_ = !waits_for_tickets_;
        const bool is_synced =
            waits_for_tickets_ ? jobs_->wait_durable(jobs_->ticket()).ok() : jobs_->sync().ok();
        if (is_synced) {
            past_.synced(medium_.operations());
        }
    }

    int new_number() { return ++serial_of_all_ * 10 + static_cast<int>(random_.below(10)); }

    known& submitted(int number) {
        past_.jobs.push_back({.number = number, .submitted = medium_.operations()});
        return past_.jobs.back();
    }
    // What came of a submission, the last one.
    template <class Result>
    bool answered(const Result& made, bool synced) {
        if (!made) {
            past_.jobs.pop_back();  // it must not run
        } else if (synced) {
            past_.synced(medium_.operations());
        }
        return static_cast<bool>(made);
    }
    pawl::durability how(bool synced) {
        return synced ? pawl::durability::synced : pawl::durability::buffered;
    }

    void act() {
        const bool synced = random_.one_in(2);
        switch (random_.below(15)) {
            case 0:
            case 1:
            case 2: enqueue(synced); break;
            case 3: schedule(synced); break;
            case 4:
            case 5: continue_one(synced); break;
            case 6: make_batch(synced); break;
            case 7: cancel(); break;
            case 8: jobs_->advance(1s); break;
            case 9: sync(); break;
            case 10:
            case 11: requeue(); break;
            case 12: raise(); break;
            default: jobs_->poll(); break;
        }
    }
    void enqueue(bool synced) {
        const int number = new_number();
        submitted(number);
        const auto id = jobs_->enqueue(
            task{number}, {.retry = pawl::fixed_backoff(1s), .durability = how(synced)});
        if (answered(id, synced)) {
            last_ = id;
            last_number_ = number;
        }
    }
    void schedule(bool synced) {
        const int number = new_number();
        submitted(number);
        const auto id =
            jobs_->schedule(std::chrono::seconds{1 + random_.below(4)}, task{number},
                            {.retry = pawl::fixed_backoff(1s), .durability = how(synced)});
        if (answered(id, synced)) {
            to_cancel_ = id;
            number_to_cancel_ = number;
        }
    }
    // The last one that waits for its time.
    void raise() {
        if (number_to_cancel_ != 0 && jobs_->state(to_cancel_) == pawl::job_state::scheduled &&
            jobs_->raise(to_cancel_, 1)) {
            known* const mine = past_.find(number_to_cancel_);
            mine->handle = to_cancel_;
            mine->raised = true;
        }
    }
    void continue_one(bool synced) {
        if (last_number_ == 0) {
            return;
        }
        const int number = new_number();
        const int parent = last_number_;
        const bool on_failure = random_.one_in(3);
        known& mine = submitted(number);
        mine.parents = {parent};
        mine.runs_ever = does_fail(parent) == on_failure && past_.find(parent)->runs_ever;
        const auto id = jobs_->then(last_, task{number},
                                    {.retry = pawl::fixed_backoff(1s),
                                     .when = on_failure ? pawl::when::failure : pawl::when::success,
                                     .durability = how(synced)});
        if (answered(id, synced)) {
            last_ = id;
            last_number_ = number;
        }
    }
    void make_batch(bool synced) {
        auto batch = jobs_->batch();
        if (!batch.id()) {
            return;
        }
        std::vector<int> members;
        bool spoiled = false;
        for (u64 left = 1 + random_.below(3); left > 0; --left) {
            const int number = new_number();
            submitted(number);
            if (answered(batch.enqueue(task{number}, {.retry = pawl::fixed_backoff(1s)}), false)) {
                members.push_back(number);
                spoiled = spoiled || does_fail(number);
            }
        }
        const auto all = batch.seal();
        if (!all || members.empty()) {
            return;
        }
        const int number = new_number();
        const bool on_failure = random_.one_in(3);
        known& mine = submitted(number);
        mine.parents = members;
        mine.runs_ever = spoiled == on_failure;
        answered(jobs_->then(all, task{number},
                             {.retry = pawl::fixed_backoff(1s),
                              .when = on_failure ? pawl::when::failure : pawl::when::success,
                              .durability = how(synced)}),
                 synced);
    }
    // One of those that failed and are kept.
    void requeue() {
        for (std::size_t i = 0; i < past_.jobs.size(); ++i) {
            if (past_.jobs[i].failed && past_.jobs[i].number % 10 == mended &&
                is_kept(past_.jobs[i].handle)) {
                const pawl::job_id failed = past_.jobs[i].handle;
                submitted(past_.jobs[i].number + when_requeued);
                answered(jobs_->requeue(failed), false);
                return;
            }
        }
    }
    void cancel() {
        if (number_to_cancel_ == 0) {
            return;
        }
        known* const mine = past_.find(number_to_cancel_);
        const u64 before = medium_.operations();
        if (jobs_->cancel(to_cancel_)) {
            mine->may_have_ended = before;
        }
        number_to_cancel_ = 0;
    }

    static inline life* current_ = nullptr;
    static inline int serial_of_all_ = 0;

    Medium& medium_;
    history& past_;
    crash::numbers& random_;
    pawl::job_id last_{};
    int last_number_ = 0;
    bool waits_for_tickets_ = false;  // at its syncs, in turn
    pawl::job_id to_cancel_{};
    int number_to_cancel_ = 0;
    u64 act_began_ = 0;
    std::unique_ptr<scheduler> jobs_;
};

template <class Medium>
[[nodiscard]] history run(Medium& medium, u64 seed, u32 lives, u32 steps) {
    history past;
    crash::numbers random{seed};
    while (past.fault == nullptr && past.lives < lives) {
        life<Medium>{medium, past, random}.run(steps);
    }
    durable_world::behaviour = nullptr;
    return past;
}

// ---- The next program -----------------------------------------------------------------------

// What it keeps when it starts.
inline std::vector<pawl::job_id> kept;
// And what waits for its time there, in the lower band.
inline std::vector<pawl::job_id> not_raised;
// How often it ran the recurring job, and told it that it was cut off.
inline u32 beats_again = 0;

[[nodiscard]] inline const char* judge_beats(const history& past, const crash_point& at) {
    if (beats_again > 1) {
        return "a recurring job's run comes twice";
    }
    bool must_not = true;  // before the first one
    for (std::size_t i = 0; i < past.beats.size(); ++i) {
        const beat& each = past.beats[i];
        if (each.made > at.operations) {
            break;
        }
        const bool cannot_have_ended = at.operations < each.may_have_ended ||
                                       (at.operations == each.may_have_ended && !at.inside);
        if (beats_again == 0 && each.synced <= at.operations && cannot_have_ended) {
            return "a recurring job's run that was cut off does not run again";
        }
        must_not = each.has_ended <= at.operations;
    }
    return must_not && beats_again != 0 ? "a recurring job's run that had ended runs again"
                                        : nullptr;
}

[[nodiscard]] inline const char* judge(const history& past, const crash_point& at) {
    // In `runs`: what the next program has run to its end.
    for (const auto& each : runs) {
        const bool known_job =
            std::any_of(past.jobs.begin(), past.jobs.end(),
                        [&](const known& of) { return of.number == each.number; });
        if (!known_job) {
            return "a job was invented";
        }
        for (const auto& other : runs) {
            if ((other.id == each.id) !=
                (other.number % when_requeued == each.number % when_requeued)) {
                return "two jobs have one number, or one has two";
            }
        }
    }
    for (const known& each : past.jobs) {
        const auto is_mine = [&](const durable_world::run_of_job& one) {
            return one.number == each.number;
        };
        const auto first = std::find_if(runs.begin(), runs.end(), is_mine);
        const auto times = std::count_if(runs.begin(), runs.end(), is_mine);
        const bool ran = times != 0;
        if (ran && each.submitted > at.operations) {
            return "a job from the future runs";
        }
        if (times > runs_of(each.number)) {
            return "a job runs twice";
        }
        if (ran && each.has_ended <= at.operations) {
            return "a job runs that had ended";
        }
        const bool was_kept = each.kept_from <= at.operations && at.operations < each.kept_until;
        if (was_kept && std::find(kept.begin(), kept.end(), each.handle) == kept.end()) {
            return "a failed job that was kept is lost";
        }
        if (each.raised_from <= at.operations &&
            std::find(not_raised.begin(), not_raised.end(), each.handle) != not_raised.end()) {
            return "a job that was raised is in its old band";
        }
        if (ran && !each.runs_ever) {
            return "a job runs whose condition is not met";
        }
        const bool cannot_have_ended = at.operations < each.may_have_ended ||
                                       (at.operations == each.may_have_ended && !at.inside);
        if (!ran && each.runs_ever && each.acknowledged <= at.operations && cannot_have_ended) {
            return "an acknowledged job does not run";
        }
        for (const int parent : each.parents) {
            const auto of_parent =
                std::find_if(past.jobs.begin(), past.jobs.end(),
                             [&](const known& one) { return one.number == parent; });
            const auto last_of_parent = std::find_if(
                runs.rbegin(), runs.rend(),
                [&](const durable_world::run_of_job& one) { return one.number == parent; });
            if (!ran) {
                continue;
            }
            if (last_of_parent == runs.rend()) {
                if (of_parent->may_have_ended > at.operations) {
                    return "a continuation runs without its parent";
                }
            } else if (last_of_parent.base() > first) {
                return "a continuation runs before its parent";
            }
        }
    }
    return nullptr;
}

template <class Medium>
[[nodiscard]] const char* run_to_end(Medium& after) {
    using scheduler = scheduler_on<Medium>;
    static scheduler* current = nullptr;
    runs.clear();
    durable_world::behaviour = &behave;
    const auto jobs = std::make_unique<scheduler>(pawl::medium_ref{after}, pawl::deferred_start);
    current = jobs.get();
    sync_in_job = [] { static_cast<void>(current->sync()); };
    const auto opened = jobs->start();
    if (!opened) {
        return opened.error() == pawl::open_error::damaged ? "a crash is taken for damage"
                                                           : "a log does not open";
    }
    if (opened.recovered.poisoned + opened.recovered.unreadable != 0) {
        return "a job cannot be read";
    }
    beats_again = 0;
    static_cast<void>(jobs->every(
        beat_period, [](pawl::job_context& job) { beats_again += job.recovered() ? 1U : 0U; },
        {.name = pawl::borrowed(beat_name)}));
    kept.clear();
    typename scheduler::info_type found[small_limits.jobs];
    const auto failed = jobs->list(found, pawl::job_state::failed);
    for (std::uint32_t i = 0; i < failed.written; ++i) {
        kept.push_back(found[i].id);
    }
    not_raised.clear();
    const auto waiting = jobs->list(found, pawl::job_state::scheduled);
    for (std::uint32_t i = 0; i < waiting.written; ++i) {
        if (found[i].priority == 0) {
            not_raised.push_back(found[i].id);
        }
    }
    jobs->poll();
    jobs->remove_recurring(pawl::borrowed(beat_name));
    for (int i = 0; i < 4; ++i) {
        jobs->advance(100h);
    }
    return nullptr;
}

// `again`: and then there is nothing left.
template <class Medium>
[[nodiscard]] const char* check(Medium& after, const history& past, const crash_point& at,
                                bool again) {
    if (const char* const why = run_to_end(after); why != nullptr) {
        return why;
    }
    if (const char* const why = judge(past, at); why != nullptr) {
        return why;
    }
    if (const char* const why = judge_beats(past, at); why != nullptr) {
        return why;
    }
    if (again) {
        if (run_to_end(after) != nullptr) {
            return "a log does not open the second time";
        }
        if (!runs.empty() || beats_again != 0) {
            return "what has ended in order comes back";
        }
    }
    return after.double_programs() != 0 ? "a unit was programmed twice" : nullptr;
}

struct tally {
    u64 states = 0;
    u64 nested = 0;
    std::size_t jobs = 0;
    const char* fault = nullptr;
    crash_point at{};
};

struct plan {
    u64 seed = 1;
    u32 lives = 2;
    u32 steps = 60;
    u64 each = 1;         // of so many states one
    u64 again_each = 5;   // of those
    u64 nested_each = 0;  // of those: the start is cut as well; 0: none
};

template <class Medium, class Budget>
[[nodiscard]] tally cut_everywhere(Medium medium, const Budget& budget, const Budget& nested,
                                   const plan& how) {
    tally result;
    if constexpr (requires { medium.wear_spread(); }) {
        // See log_crash.hpp.
        if (run_to_end(medium) != nullptr) {
            result.fault = "a log is not made";
        }
        medium.start_recording();
    }
    const history past = run(medium, how.seed, how.lives, how.steps);
    result.jobs = past.jobs.size();
    result.fault = past.fault;
    if (result.fault != nullptr) {
        return result;
    }
    u64 seen = 0;
    medium.for_each_crash_state(budget, [&](Medium& after, const crash_point& at) {
        if (seen++ % how.each != 0) {
            return true;
        }
        const u64 number = result.states++;
        result.at = at;
        if (how.nested_each != 0 && number % how.nested_each == 0) {
            after.start_recording();
            {
                using scheduler = scheduler_on<Medium>;
                const auto jobs =
                    std::make_unique<scheduler>(pawl::medium_ref{after}, pawl::deferred_start);
                if (!jobs->start()) {
                    result.fault = "a log does not open";
                    return false;
                }
                static_cast<void>(jobs->sync());
                after.cut_after(after.operations());  // its end writes nothing
            }
            after.for_each_crash_state(nested, [&](Medium& once_more, const crash_point&) {
                ++result.nested;
                result.fault = check(once_more, past, at, false);
                return result.fault == nullptr;
            });
        } else {
            result.fault =
                check(after, past, at, how.again_each != 0 && number % how.again_each == 0);
        }
        return result.fault == nullptr;
    });
    durable_world::behaviour = nullptr;
    return result;
}

}  // namespace durable_crash
