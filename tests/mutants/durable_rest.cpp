// SPDX-License-Identifier: BSL-1.0
//
// What the mutants of durable jobs must not get past, beside durable_crash.cpp: what is kept of
// recurring jobs, raises, other times, failures and keys, through many programs on one log.
//
// Method: the scenes of scheduler/durable_{recurring,raise,run_now,requeue,unique}_test.cpp in
// short.
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <utility>

#include "scheduler/durable_world.hpp"

using namespace std::chrono_literals;
using namespace durable_world;

namespace {

void check(bool fact, const char* what) {
    if (!fact) {
        std::printf("%s\n", what);
        std::exit(1);
    }
}

constexpr pawl::limits size{.jobs = 16,
                            .batches = 2,
                            .recurring = 2,
                            .workers = 0,
                            .bands = 3,
                            .reschedule = true,
                            .failed = 2,
                            .error_bytes = 16,
                            .keys = 4};

std::function<void()> meanwhile;  // when anybody asks for the time
struct clock_that_calls : pawl::manual_platform {
    [[nodiscard]] time_point now() const noexcept {
        if (auto call = std::exchange(meanwhile, nullptr)) {
            call();
        }
        return pawl::manual_platform::now();
    }
};
using scheduler = pawl::scheduler<size, clock_that_calls, usual_journal>;

std::unique_ptr<scheduler> start_on(memory& log) {
    auto result = std::make_unique<scheduler>(pawl::medium_ref{log}, pawl::deferred_start);
    check(static_cast<bool>(result->start()), "it starts");
    runs.clear();
    return result;
}

// Records of one job, so that no other slot serves a newer one.
void rewrite(scheduler& jobs) {
    const auto waits = jobs.schedule(10h, retired{});
    for (int i = 0; i < 2'000; ++i) {
        check(jobs.reschedule(waits, 10h), "it waits");
        jobs.poll();
    }
    jobs.cancel(waits);
    jobs.poll();
}

// ---- Recurring jobs --------------------------------------------------------------------------

int beats = 0;
int beats_again = 0;
std::function<void()> in_beat;

void add_beat(scheduler& jobs) {
    check(static_cast<bool>(jobs.every(10min,
                                       [](pawl::job_context& job) {
                                           ++beats;
                                           beats_again += job.recovered() ? 1 : 0;
                                           if (in_beat) {
                                               in_beat();
                                           }
                                       },
                                       {.name = "beat"})),
          "a recurring job is added");
}

void recurring() {
    memory log{};
    memory cut{};
    {
        const auto jobs = start_on(log);
        add_beat(*jobs);
        jobs->advance(10min);
        rewrite(*jobs);
        static_cast<void>(jobs->sync());
        cut = log;
    }
    {
        const auto jobs = start_on(cut);
        jobs->platform().elapse(11min);
        add_beat(*jobs);
        jobs->poll();
        check(beats == 1, "a run that has ended does not run again");
    }
    log = {};
    {
        const auto jobs = start_on(log);
        add_beat(*jobs);
        in_beat = [&] {
            static_cast<void>(jobs->sync());
            cut = log;
        };
        jobs->advance(10min);
        in_beat = nullptr;
    }
    memory again = cut;
    {
        const auto jobs = start_on(again);
        jobs->platform().elapse(11min);
        pawl::job_id others[size.jobs];
        for (auto& each : others) {
            each = jobs->schedule(1h, [] {});  // no room, so that it is owed for a while
        }
        add_beat(*jobs);
        add_beat(*jobs);
        for (const auto& each : others) {
            jobs->cancel(each);
        }
        jobs->advance(10min);
        check(beats_again == 1, "what was cut off runs once, whoever adds it twice");
        jobs->remove_recurring("beat");
        add_beat(*jobs);
        jobs->poll();
        check(beats_again == 1, "and is not owed any more");
    }
    int lives = 0;
    for (bool runs_on = true; runs_on && lives < 10; lives += runs_on ? 1 : 0) {
        memory next{};
        runs_on = false;
        {
            const auto jobs = start_on(cut);
            jobs->platform().elapse(11min);
            in_beat = [&] {
                runs_on = true;
                next = cut;  // and the program ends here
            };
            add_beat(*jobs);
            jobs->poll();
            in_beat = nullptr;
        }
        cut = next;
    }
    check(lives == 3, "after the limit it fails");
}

// ---- Raises -----------------------------------------------------------------------------------

void raises() {
    memory log{};
    pawl::job_id id;
    {
        const auto jobs = start_on(log);
        behaviour = [](int number, pawl::job_context& job) {
            job.error("because of it");
            return number == 1 ? pawl::outcome::fail(5) : pawl::outcome::success();
        };
        const auto other = jobs->enqueue(task{3});
        check(jobs->raise(other, 2), "a ready job is raised");
        jobs->poll();
        id = jobs->schedule(1h, task{1});
        check(jobs->raise(id, 2), "a waiting job is raised");
        jobs->advance(1h);
        rewrite(*jobs);
    }
    {
        const auto jobs = start_on(log);
        check(jobs->info(id)->error_text() == "because of it", "the text of a failure");
        check(jobs->info(id)->priority == 2, "a failed job is in its band");
        id = jobs->requeue(id);
        check(static_cast<bool>(id), "it is requeued");
        static_cast<void>(jobs->sync());
        memory cut = log;
        const auto next = start_on(cut);
        check(next->info(id)->priority == 2, "a requeued job is in its band");
        next->poll();
        check(runs.size() == 1, "and does not wait for the time that it first had");
    }
}

// All slots in turn: each job's next one in its slot is in the lowest band.
void bands_of_others() {
    memory log{};
    memory cut{};
    const auto jobs = start_on(log);
    behaviour = nullptr;
    pawl::job_id ids[size.jobs];
    for (auto& each : ids) {
        each = jobs->schedule(1h, task{1});
        check(jobs->raise(each, 1), "raised");
    }
    jobs->advance(1h);
    for (auto& each : ids) {
        each = jobs->schedule(1h, task{2});
    }
    static_cast<void>(jobs->sync());
    cut = log;
    const auto next = start_on(cut);
    for (const auto& each : ids) {
        check(next->info(each)->priority == 0, "a job that nobody raised is in its own band");
    }
}

// ---- Other times ------------------------------------------------------------------------------

void poll_until_moved(scheduler& jobs, pawl::job_id id) {
    jobs.poll();
    if (jobs.state(id) == pawl::job_state::scheduled) {
        meanwhile = [&jobs, id] { poll_until_moved(jobs, id); };
    }
}

void other_times() {
    for (const bool retries : {false, true}) {
        memory log{};
        memory cut{};
        const auto jobs = start_on(log);
        behaviour = retries ? +[](int, pawl::job_context&) { return pawl::outcome::retry_in(5h); }
                            : +[](int, pawl::job_context&) { return pawl::outcome::fail(); };
        const auto id = jobs->schedule(10h, task{1});
        jobs->poll();
        meanwhile = [&] { poll_until_moved(*jobs, id); };
        check(jobs->run_now(id), "it runs now");
        meanwhile = nullptr;
        check(runs.size() == 1, "it has run");
        static_cast<void>(jobs->sync());
        cut = log;
        const auto next = start_on(cut);
        next->advance(4h);
        check(runs.empty(), "what was told late does not count");
    }
}

void requeued_at_once() {
    memory log{};
    memory cut{};
    const auto jobs = start_on(log);
    behaviour = [](int, pawl::job_context&) { return pawl::outcome::fail(); };
    const auto id = jobs->schedule(10h, task{1});
    check(jobs->run_now(id), "it runs now");
    jobs->advance(1s);
    check(static_cast<bool>(jobs->requeue(id)), "it is requeued");
    static_cast<void>(jobs->sync());
    cut = log;
    const auto next = start_on(cut);
    next->advance(1s);
    check(runs.size() == 1, "it does not wait for the time that it first had");
}

// ---- Unique keys ------------------------------------------------------------------------------

constexpr pawl::key mail{7};
bool is_taken(scheduler& jobs) {
    const auto made = jobs.schedule(24h, task{9}, {.unique = mail});
    return !made || !jobs.cancel(made);
}

void keys_for_a_time() {
    enum { ended, waiting, failed, requeued, over };
    for (const int what : {ended, waiting, failed, requeued, over}) {
        behaviour = [](int number, pawl::job_context&) {
            return number == 1 ? pawl::outcome::fail() : pawl::outcome::success();
        };
        memory log{};
        memory cut{};
        {
            const auto jobs = start_on(log);
            const auto begun = jobs->platform().wall_now();
            jobs->platform().set_wall(begun - (what == over ? 90min : 10min));
            const auto job = jobs->schedule(what == waiting || what == over ? 10h : 0h,
                                            task{what == ended ? 2 : 1},
                                            {.retry = pawl::fixed_backoff(0s).max_retries(0),
                                             .unique = mail,
                                             .unique_for = 1h});
            check(static_cast<bool>(job), "it is unique");
            jobs->poll();
            if (what == requeued) {
                check(static_cast<bool>(jobs->requeue(job)), "it is requeued");
            } else {
                rewrite(*jobs);
            }
            static_cast<void>(jobs->sync());
            cut = log;
        }
        {
            const auto jobs = start_on(cut);
            check(is_taken(*jobs) == (what != over), "a key is taken, unless its time is over");
            behaviour = nullptr;
            jobs->poll();
            rewrite(*jobs);
            static_cast<void>(jobs->sync());
            log = cut;
        }
        const auto jobs = start_on(log);
        jobs->advance(49min);
        check(is_taken(*jobs) == (what != over), "a key is taken until its time is over");
        jobs->advance(2min);
        check(!is_taken(*jobs), "a key is free once its time is over");
    }
}

}  // namespace

int main() {
    keys_for_a_time();
    recurring();
    raises();
    bands_of_others();
    other_times();
    requeued_at_once();
}
