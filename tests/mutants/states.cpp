// SPDX-License-Identifier: BSL-1.0
//
// What the mutants of states, outcomes and continuations must not get past: a program of its own,
// because one with a test framework takes ten times as long to compile.
//
// Method: the scenes of scheduler/{job_states,outcomes,requeue,reschedule,continuations}_test.cpp
// in short, in virtual time, with the event ring as the witness.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include <pawl/jobs/kept_jobs.hpp>
#include <pawl/pawl.hpp>

#include "scheduler/life_events.hpp"

namespace {

using namespace std::chrono_literals;
using pawl::job_state;
using pawl::outcome;
using pawl::when;

void check(bool holds, const char* what) {
    if (!holds) {
        std::printf("%s\n", what);
        std::exit(1);
    }
}

constexpr pawl::limits small{.jobs = 16,
                             .edges = 8'300,
                             .workers = 0,
                             .then_delay = true,
                             .slices = true,
                             .reschedule = true,
                             .failed = 3,
                             .error_bytes = 8,
                             .result_bytes = 8,
                             .events = 1024};
using scheduler = pawl::scheduler<small, pawl::manual_platform>;

const auto nothing = [] {};
const auto fails = [] { return outcome::fail(9); };

// A scheduler whose events are looked at as they come.
struct scene {
    scheduler jobs;
    decltype(jobs.events()) reader = jobs.events();
    life_events::witness seen;

    void look() {
        seen.follow(reader);
        check(seen.fault().empty(), seen.fault().c_str());
    }
};

void the_table() {
    std::string table;
    for (std::uint8_t from = 0; from < 8; ++from) {
        for (std::uint8_t to = 0; to < 8; ++to) {
            table += static_cast<char>('0' +
                                       static_cast<int>(pawl::rule_of(static_cast<job_state>(from),
                                                                      static_cast<job_state>(to))));
        }
        table += '\n';
    }
    check(table ==
              "01110000\n10020226\n10630006\n10404046\n00550556\n00000000\n70000000\n"
              "00000000\n",
          "another table of changes");
    check(pawl::is_final(job_state::failed) && !pawl::is_final(job_state::processing), "the end");
}

void retries() {
    scene here;
    auto& jobs = here.jobs;
    std::string told;
    int snoozes = 0;
    const auto id = jobs.enqueue(
        [&](pawl::job_context& job) {
            told += std::to_string(job.attempt()) + " ";
            return snoozes++ % 2 == 0 ? outcome::snooze(1ms) : outcome::retry(3);
        },
        {.retry = pawl::fixed_backoff(1ms)});
    jobs.advance(1s);
    check(told == "1 1 2 2 3 3 4 4 5 5 6 6 7 7 8 8 9 9 10 10 11 11 ", "ten retries, eleven runs");
    check(jobs.state(id) == job_state::failed, "and then it has failed");
    check(jobs.info(id)->error.code == 3, "for the reason that it gave");
    check(jobs.counts().retried == 10, "a snooze is no retry");
    const auto gone =
        jobs.enqueue([] { return outcome::retry(); },
                     {.retry = pawl::no_retry().after_last(pawl::after_last::discard)});
    const auto failed =
        jobs.enqueue(fails, {.retry = pawl::no_retry().after_last(pawl::after_last::discard)});
    std::string slices;
    jobs.enqueue([&](pawl::job_context& job) {
        slices += std::to_string(job.cursor()) + std::to_string(job.attempt()) + " ";
        return job.cursor() == 2 ? outcome::success() : outcome::yield(job.cursor() + 1);
    });
    jobs.poll();
    check(slices == "01 11 21 ", "slices");
    check(jobs.state(gone) == job_state::deleted, "discarded after the last retry");
    check(jobs.state(failed) == job_state::failed, "fail is a failure");
    here.look();
}

void cancelled_while_it_runs() {
    for (const outcome said : {outcome::success(), outcome::retry_in(1ms), outcome::fail(),
                               outcome::snooze(0ms), outcome::yield(1)}) {
        scene here;
        auto& jobs = here.jobs;
        pawl::job_id id;
        int after = 0;
        id = jobs.enqueue([&, said] {
            check(jobs.cancel(id), "a running job can be cancelled");
            return said;
        });
        jobs.then(id, [&] { ++after; }, {.when = when::deletion});
        jobs.advance(1s);
        check(jobs.state(id) == job_state::deleted && after == 1,
              "and is deleted whatever it says");
        check(!jobs.info(id)->kept && jobs.snapshot().kept == 0, "and not kept");
        here.look();
    }
}

// In places of their own, for there are few of many jobs.
void kept_in_places() {
    static pawl::kept_jobs<1000, 20, pawl::manual_platform> kept;
    std::uint32_t number = 0;
    for (std::uint32_t i = 0; i < 60; ++i) {
        check(kept.put(i * 7) && kept.put(i * 7 + 1), "there is a place again");
        check(kept.get(number) && number == i * 7, "the older one comes first");
        check(kept.get(number) && number == i * 7 + 1, "and then the other one");
    }
    for (std::uint32_t i = 0; i < 20; ++i) {
        check(kept.put(i), "so many have a place");
    }
    check(!kept.put(20), "and no more");
}

void failed_ones() {
    scene here;
    auto& jobs = here.jobs;
    std::vector<pawl::job_id> ids;
    for (std::uint32_t i = 0; i < 5; ++i) {
        ids.push_back(jobs.enqueue([](pawl::job_context& job) { return job.fail(7, "seven"); }));
        jobs.poll();
    }
    check(jobs.snapshot().kept == 3 && jobs.snapshot().evicted == 2, "three are kept");
    check(!jobs.info(ids[1])->kept && jobs.info(ids[2])->kept, "the newest");
    check(!jobs.requeue(ids[1]), "who is not kept does not begin anew");
    std::string told;
    auto id = jobs.enqueue(
        [&](pawl::job_context& job) {
            told += std::to_string(job.attempt()) + (job.requeued() ? "+ " : " ");
            return outcome::retry();
        },
        {.retry = pawl::fixed_backoff(1ms).max_retries(1)});
    jobs.advance(1s);
    for (const auto which : {pawl::attempts::anew, pawl::attempts::keep, pawl::attempts::anew}) {
        const auto before = id;
        id = jobs.requeue(id, which);
        check(static_cast<bool>(id), "who is kept begins anew");
        check(jobs.state(before) == job_state::gone && !jobs.requeue(before), "once");
        jobs.advance(1s);
    }
    check(told == "1 2 1+ 2+ 3+ 1+ 2+ ", "attempts anew, or kept");
    for (std::uint32_t i = 0; i < 20 * small.jobs; ++i) {
        const auto next = jobs.enqueue(
            [&](pawl::job_context& job) { return job.requeued() ? outcome::success() : fails(); });
        check(static_cast<bool>(next), "no slot is lost");
        jobs.poll();
        check(jobs.state(jobs.requeue(next)) == job_state::enqueued, "each can be requeued");
        jobs.poll();
        here.look();
    }
    pawl::job_id clean;
    clean = jobs.enqueue([&] { check(jobs.info(clean)->error.code == 0, "no error of another"); });
    jobs.poll();
}

void other_times() {
    scheduler jobs;
    std::string order;
    const auto at = [&](char letter) { return [&order, letter] { order += letter; }; };
    const auto later = jobs.schedule(5ms, at('l'));
    const auto sooner = jobs.schedule(1h, at('s'));
    const auto now = jobs.schedule(1h, at('n'));
    const auto never = jobs.schedule(5ms, at('x'));
    jobs.poll();
    check(jobs.reschedule(later, 1h) && jobs.reschedule(sooner, 3ms) && jobs.run_now(now) &&
              jobs.reschedule(never, 9ms) && jobs.cancel(never) && !jobs.run_now(never),
          "who waits can be moved");
    jobs.poll();
    jobs.advance(2ms);
    check(order == "n", "now");
    jobs.advance(1ms);
    check(order == "ns", "sooner");
    jobs.advance(59min);
    check(order == "ns", "not at the old time");
    jobs.advance(1h);
    check(order == "nsl", "later");
}

void continuations() {
    for (const outcome said : {outcome::success(), outcome::fail(), outcome::discard()}) {
        for (const bool afterwards : {false, true}) {
            scene here;
            auto& jobs = here.jobs;
            std::string order;
            const auto at = [&](char letter) { return [&order, letter] { order += letter; }; };
            const auto parent = jobs.enqueue([said] { return said; });
            if (afterwards) {
                jobs.poll();
            }
            jobs.then(jobs.then(parent, at('s')), at('S'), {.when = when::any});
            jobs.then(jobs.then(parent, at('f'), {.when = when::failure}), at('F'));
            jobs.then(parent, at('d'), {.when = when::deletion});
            jobs.poll();
            check(order == (said == outcome::success() ? "sS"
                            : said == outcome::fail()  ? "fSF"
                                                       : "dS"),
                  "by its condition");
            check(jobs.counts().awaiting == 0, "nobody waits for ever");
            here.look();
        }
    }
    scene here;
    auto& jobs = here.jobs;
    int ran = 0;
    const auto first = jobs.schedule(1ms, [](pawl::job_context& job) { job.result(42); });
    const auto last = jobs.schedule(2ms, [](pawl::job_context& job) { job.result(43); });
    jobs.then({last, first}, [&] { ++ran; });
    jobs.then(last, [&](pawl::job_context& job) { ran += job.parent_result<int>() == 43 ? 10 : 0; },
              {.delay = 5ms});
    jobs.advance(1ms);
    check(ran == 0, "it waits for all parents");
    jobs.advance(5ms);
    check(ran == 1, "and a delay after them");
    jobs.advance(1ms);
    check(ran == 11, "and has the parent's result");
    // A dead edge, to a slot that has another job now.
    for (std::uint32_t i = 0; i < 2 * small.jobs; ++i) {
        const auto parent =
            jobs.schedule(1ms, [i] { return i % 2 == 0 ? outcome::fail() : outcome::success(); });
        check(jobs.cancel(jobs.then(parent, nothing)), "a continuation can be cancelled");
        std::vector<pawl::job_id> wait;
        jobs.poll();
        const auto far = jobs.schedule(1h, nothing);
        while (const auto id = jobs.then(far, [&] { ran += 1000; })) {
            wait.push_back(id);
        }
        jobs.advance(1ms);
        for (const auto id : wait) {
            check(jobs.state(id) == job_state::awaiting, "it waits for another parent");
            jobs.cancel(id);
        }
        jobs.cancel(far);
        jobs.poll();
        here.look();
    }
    check(ran == 11, "nobody follows a dead edge");
    for (std::uint32_t i = 0; i < 3 * small.jobs; ++i) {
        ran = 0;
        const std::vector<pawl::job_id> parents(4'095, jobs.enqueue(nothing));
        const std::span<const pawl::job_id> all{parents};
        check(!jobs.then(all, nothing) && jobs.then(all.first(4'094), [&] { ++ran; }),
              "4,094 parents, and not one more");
        jobs.poll();
        check(ran == 1, "run it");
    }
    jobs.then({jobs.enqueue(nothing), pawl::job_id{3, 9'999}}, [&] { ran += 1000; });
    jobs.poll();
    check(ran == 1, "a parent that is gone");
}

}  // namespace

int main() {
    the_table();
    retries();
    cancelled_while_it_runs();
    kept_in_places();
    failed_ones();
    other_times();
    continuations();
}
