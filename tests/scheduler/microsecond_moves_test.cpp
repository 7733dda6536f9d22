// SPDX-License-Identifier: BSL-1.0
//
// An interrupt moves a job's time while the main loop looks at the time before.
//
// Goal: whoever was told "true" last has decided when the job runs, wherever his interrupt came.
// Method: a core without compare-and-swap masks interrupts for each change of a word. An interrupt
// that comes meanwhile comes before that; so one is brought about before each critical section of
// a poll in turn, and moves the same job once, twice or three times.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

#include <pawl/scheduler/scheduler.hpp>

#include "scheduler/microsecond_machine.hpp"

using namespace std::chrono_literals;
using microsecond::machine;

namespace {

constexpr pawl::limits small{
    .jobs = 4, .edges = 0, .batches = 0, .recurring = 0, .workers = 0, .reschedule = true};
using scheduler = pawl::scheduler<small, microsecond::board<true>>;

scheduler* jobs = nullptr;
pawl::job_id id;
int moves = 0;
int accepted = 0;
std::chrono::seconds first_move{};

void move_some() {
    for (int move = 0; move < moves; ++move) {
        accepted += jobs->reschedule(id, first_move + move * 1h) ? 1 : 0;
    }
}

}  // namespace

TEST_CASE(
    "a job that is moved by an interrupt in the middle of a poll runs when it was told last") {
    for (const std::chrono::seconds first : {30s, 1000s}) {
        first_move = first;
        for (moves = 1; moves <= 3; ++moves) {
            bool came = true;
            std::uint32_t at = 0;
            while (came) {
                ++at;
                CAPTURE(first.count(), moves, at);
                machine = {};
                scheduler here;
                jobs = &here;
                accepted = 0;
                std::vector<std::uint64_t> runs;
                id = here.schedule(10s, [&] { runs.push_back(machine.now_us); });
                here.poll();
                REQUIRE(here.reschedule(id, 20s));
                machine.sections = 0;
                machine.interrupt_at = at;
                machine.interrupt = &move_some;
                here.poll();
                came = accepted != 0;
                machine.interrupt_at = 0;
                machine.interrupt = nullptr;
                while (machine.now_us < 20'000'000'000) {
                    here.poll();
                    here.wait();
                }
                if (!came) {
                    break;  // there are no more critical sections
                }
                REQUIRE(accepted == moves);
                const auto last = std::chrono::microseconds{first + (moves - 1) * 1h}.count() + 1;
                REQUIRE(runs.size() == 1);
                REQUIRE(runs[0] >= static_cast<std::uint64_t>(last));
                REQUIRE(runs[0] <= static_cast<std::uint64_t>(last + (last >> 23) + 1));
            }
            REQUIRE(at > 3);
        }
    }
}
