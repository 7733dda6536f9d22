// SPDX-License-Identifier: BSL-1.0
//
// Goal: a submission to a scheduler, a cancellation, a question or a poll that is stopped at any
// instruction, for ever, harms nobody: others submit, cancel and ask, and their jobs run; and what
// was stopped and goes on does what it should.
// Method: freeze.hpp. The scheduler has no workers and a platform with real words and the system's
// clock. Each call is stopped everywhere; meanwhile others submit, cancel and poll. Then all is
// polled, every accepted job has run once, no other one has, and all slots are free again.
// (wake_freeze.cpp has workers that sleep.)
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <pawl/scheduler/scheduler.hpp>

#include "freeze/freeze.hpp"

#if FREEZE_IS_POSSIBLE

namespace {

using namespace std::chrono_literals;
using freeze::from;
using freeze::outcome;
using pawl::job_state;

constexpr std::uint32_t jobs_max = 6;
using polled = pawl::scheduler<
    pawl::limits{.jobs = jobs_max, .job_bytes = 16, .batches = 2, .recurring = 0, .workers = 0},
    freeze::platform<>>;

// A scheduler, and how often each job ran.
struct bench {
    enum job : unsigned { victim, parent, child, first, second, third, last, count_ = last + 16 };

    polled jobs;
    std::array<unsigned, count_> ran{};
    pawl::job_id wanted;  // what the stopped call returned
    pawl::job_id target;  // what it is about
    pawl::job_id other;
    bool said = false;
    bool right = true;

    auto count(unsigned which) {
        return [this, which] { ++ran[which]; };
    }
    void check(bool condition) { right = right && condition; }

    // Polls until nothing is left to do.
    void poll_all() {
        for (unsigned polls = 0; jobs.poll().more; ++polls) {
            if (polls == 1000) {
                check(false);
                return;
            }
        }
    }
};

// One call: what is there before, the call, what must be true when all is done.
struct operation {
    const char* name;
    const char* where;
    unsigned least;  // boundaries
    bool by_thread;  // else by the handler only, which is the stricter of the two; it saves seconds
    void (*before)(bench&);
    void (*call)(bench&);
    void (*after)(bench&);
};

void nothing(bench&) {}

const operation operations[] = {
    {"enqueue", "into an empty scheduler", 60, true, nothing,
     [](bench& b) { b.wanted = b.jobs.enqueue(b.count(bench::victim)); },
     [](bench& b) { b.check(b.wanted && b.ran[bench::victim] == 1); }},
    {"enqueue", "behind others", 60, true,
     [](bench& b) {
         b.jobs.enqueue(b.count(bench::last));
         b.jobs.enqueue(b.count(bench::last + 1));
     },
     [](bench& b) { b.wanted = b.jobs.enqueue(b.count(bench::victim)); },
     [](bench& b) {
         b.check(b.wanted && b.ran[bench::victim] == 1 && b.ran[bench::last] == 1 &&
                 b.ran[bench::last + 1] == 1);
     }},
    {"enqueue", "into the last slot", 60, true,
     [](bench& b) {
         for (unsigned i = 0; i + 1 < jobs_max; ++i) {
             b.jobs.enqueue(b.count(bench::last + i));
         }
     },
     [](bench& b) { b.wanted = b.jobs.enqueue(b.count(bench::victim)); },
     [](bench& b) { b.check(b.ran[bench::victim] == (b.wanted ? 1 : 0)); }},
    {"enqueue", "into a full scheduler", 20, true,
     [](bench& b) {
         for (unsigned i = 0; i < jobs_max; ++i) {
             b.jobs.enqueue(b.count(bench::last + i));
         }
     },
     [](bench& b) { b.wanted = b.jobs.enqueue(b.count(bench::victim)); },
     [](bench& b) { b.check(b.ran[bench::victim] == (b.wanted ? 1 : 0)); }},
    {"schedule", "in an hour", 60, true, nothing,
     [](bench& b) { b.wanted = b.jobs.schedule(1h, b.count(bench::victim)); },
     [](bench& b) {
         b.check(b.wanted && b.jobs.state(b.wanted) == job_state::scheduled);
         b.check(b.jobs.cancel(b.wanted));
         b.poll_all();
         b.check(b.ran[bench::victim] == 0);
     }},
    {"schedule", "at once", 60, false, nothing,
     [](bench& b) { b.wanted = b.jobs.schedule(0s, b.count(bench::victim)); },
     [](bench& b) { b.check(b.wanted && b.ran[bench::victim] == 1); }},
    {"cancel", "an enqueued job", 20, true,
     [](bench& b) { b.target = b.jobs.enqueue(b.count(bench::victim)); },
     [](bench& b) { b.said = b.jobs.cancel(b.target); },
     [](bench& b) { b.check(b.ran[bench::victim] == (b.said ? 0 : 1)); }},
    {"cancel", "a job just scheduled", 20, true,
     [](bench& b) { b.target = b.jobs.schedule(1h, b.count(bench::victim)); },
     [](bench& b) { b.said = b.jobs.cancel(b.target); },
     [](bench& b) { b.check(b.said && b.ran[bench::victim] == 0); }},
    {"cancel", "a job in the wheel", 60, true,
     [](bench& b) {
         b.target = b.jobs.schedule(1h, b.count(bench::victim));
         b.jobs.poll();
     },
     [](bench& b) { b.said = b.jobs.cancel(b.target); },
     [](bench& b) { b.check(b.said && b.ran[bench::victim] == 0); }},
    {"cancel", "a continuation", 60, true,
     [](bench& b) {
         b.other = b.jobs.schedule(1h, b.count(bench::parent));
         b.target = b.jobs.then(b.other, b.count(bench::victim));
     },
     [](bench& b) { b.said = b.jobs.cancel(b.target); },
     [](bench& b) {
         b.check(b.said && b.jobs.cancel(b.other));
         b.poll_all();
         b.check(b.ran[bench::victim] == 0);
     }},
    {"then", "its parent is enqueued", 100, true,
     [](bench& b) { b.target = b.jobs.enqueue(b.count(bench::parent)); },
     [](bench& b) { b.wanted = b.jobs.then(b.target, b.count(bench::victim)); },
     // The parent's slot may serve another job by now: then it was refused as `gone`.
     [](bench& b) {
         b.check(b.ran[bench::parent] == 1 && b.ran[bench::victim] == (b.wanted ? 1 : 0));
     }},
    {"then", "its parent has ended", 60, false,
     [](bench& b) {
         b.target = b.jobs.enqueue(b.count(bench::parent));
         b.jobs.poll();
     },
     [](bench& b) { b.wanted = b.jobs.then(b.target, b.count(bench::victim)); },
     [](bench& b) { b.check(b.ran[bench::victim] == (b.wanted ? 1 : 0)); }},
    {"state", "of an enqueued job", 8, true,
     [](bench& b) { b.target = b.jobs.enqueue(b.count(bench::parent)); },
     [](bench& b) { b.said = b.jobs.state(b.target) != job_state::scheduled; },
     [](bench& b) { b.check(b.said && b.ran[bench::parent] == 1); }},
    {"poll", "one job", 100, true, [](bench& b) { b.jobs.enqueue(b.count(bench::last)); },
     [](bench& b) { b.jobs.poll(); }, [](bench& b) { b.check(b.ran[bench::last] == 1); }},
};

// What others do while the call stands still. A stopped call may have one slot in its hand.
void use(bench& b) {
    const bool was_full = b.jobs.counts().enqueued + 4 > jobs_max;
    if (was_full) {
        b.poll_all();  // room that is made is found
    }
    const pawl::job_id first = b.jobs.enqueue(b.count(bench::first));
    const pawl::job_id second = b.jobs.enqueue(b.count(bench::second));
    const pawl::job_id third = b.jobs.then(first, b.count(bench::third));
    b.check(first && second && third);
    b.check(b.jobs.state(third) == job_state::awaiting);
    b.check(b.jobs.cancel(second) && !b.jobs.cancel(second));
    if (!b.jobs.poll().busy) {  // `busy`: it is poll() that was stopped
        b.poll_all();
        b.check(b.ran[bench::first] == 1 && b.ran[bench::third] == 1);
    }
}

bool is_right(bench& b, const operation& what) {
    b.poll_all();
    b.check(b.ran[bench::first] == 1 && b.ran[bench::second] == 0 && b.ran[bench::third] == 1);
    what.after(b);
    b.poll_all();
    for (const unsigned times : b.ran) {
        b.check(times <= 1);
    }
    // No slot is lost, and none is there twice.
    unsigned again = 0;
    for (unsigned i = 0; i < jobs_max; ++i) {
        b.check(static_cast<bool>(b.jobs.enqueue([&again] { ++again; })));
    }
    b.check(!b.jobs.enqueue([] {}));
    b.poll_all();
    b.check(again == jobs_max);
    return b.right;
}

freeze::result stop_everywhere(freeze::freezer& ice, const operation& what, from who) {
    freeze::result found;
    for (unsigned boundary = 1;; ++boundary) {
        bench b;
        what.before(b);
        const outcome ended = ice.stop(
            boundary, who, [&] { what.call(b); }, [&] { use(b); });
        if (ended == outcome::ended_before) {
            return found;
        }
        ++found.boundaries;
        if (ended != outcome::passed || !is_right(b, what)) {
            ++found.bad;
        }
        if (ended != outcome::passed && found.bad > 3) {
            return found;  // each takes the whole patience
        }
    }
}

}  // namespace

int main() {
    freeze::freezer ice;
    freeze::report report{"scheduler"};
    for (const operation& what : operations) {
        for (const from who : {from::handler, from::thread}) {
            if (who == from::handler || what.by_thread) {
                report.add(what.name, what.where, who, stop_everywhere(ice, what, who), what.least);
            }
        }
    }
    return report.end(4'000);
}

#else

int main() {
    std::puts("skip: the freeze test needs x86-64 and Linux");
    return freeze::exit_skipped;
}

#endif
