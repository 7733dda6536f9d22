// SPDX-License-Identifier: BSL-1.0
//
// Goal: in the real thread pool no worker sleeps beside a job that it could run, no job is lost or
// run twice, whoever waits for a group is called when its last job ends elsewhere, a cell is not
// used again before its job has left it, and a pool that drains runs everything that was accepted,
// and ends. (searchers_explore.cpp has the protocol of sleep alone, in every interleaving.)
// Method: thread_pool_programs.hpp, with one or two preemptions; thread_pool_long_explore.cpp has
// more. requires: posix
#include <pawl/config.hpp>

#include "execution/thread_pool_programs.hpp"

int main() {
    using namespace pool_programs;
    run("two post, 1 worker", 1, 1'000, post_from_two_threads<1>);
    run("two jobs meet", 1, 800, two_that_meet);
    run("two jobs of a batch meet", 1, 800, batch_that_meets);
    run("one for each worker", 1, 800, one_for_each_worker);
    run("poll tells what comes next", 1, 1, poll_tells_what_comes_next);
    run("a job meets the one it spawned", 1, 800, spawned_job_meets_its_spawner);
    run("what comes next, 1 worker", 2, 2'000, next_follows<1>);
    run("what comes next, 2 workers", 1, 1'000, next_follows<2>);
    run("cells are used again", 1, 700, cells_are_used_again);
    run("a group, 1 worker", 2, 2'000, group<1, 1>);
    run("a group, 2 workers", 1, 1'000, group<2, 2>);
    run("a group with a child elsewhere", 1, 800, group_with_a_child_elsewhere);
    run("a group in a group", 1, 1'000, group_in_a_group);
    run("two at once, 1 worker", 2, 1'500, two_at_once<1>);
    run("two at once, 2 workers", 1, 1'000, two_at_once<2>);
    run("two at once that meet", 2, 1'000, two_that_meet_at_once);
    run("a group above another job", 2, 2'000, group_above_another_job);
    run("a job spawned beside a group", 1, 1'000, spawn_beside_a_group);
    run("invoke a group, 1 worker", 2, 5'000, invoke_a_group<1>);
    run("invoke a group, 2 workers", 1, 600, invoke_a_group<2>);
    run("invoke and leave, 1 worker", 2, 3'000, invoke_and_leave<1>);
    run("invoke and leave, 2 workers", 1, 1'500, invoke_and_leave<2>);
    run("two invoke", 1, 1'500, two_invoke);
    run("a full queue", 1, 60, post_into_a_full_queue);
    run("drain at once, 1 worker", 2, 1'500, drain_at_once<1>);
    run("drain at once, 2 workers", 1, 600, drain_at_once<2>);
    run("drain what is for one thread", 1, 500, drain_the_lanes);
    run("drain from inside", 1, 8'000, drain_from_inside);
    run("drain while another thread posts", 1, 900,
        stop_while_another_thread_posts<1, pawl::drain>);
    run("finish while another thread posts", 1, 700,
        stop_while_another_thread_posts<1, pawl::finish>);
    run("drain while another thread invokes", 1, 900, drain_while_another_thread_invokes<1>);
    run("two jobs meet, from two threads", 1, 60'000, two_that_meet_from_two_threads);
}
