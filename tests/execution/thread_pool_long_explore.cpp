// SPDX-License-Identifier: BSL-1.0
// labels: long
//
// Goal: as thread_pool_explore.cpp. Method: the same programs with more preemptions, and those with
// two workers and two more threads; some minutes. requires: posix
#include <pawl/config.hpp>

#include "execution/thread_pool_programs.hpp"

int main() {
    using namespace pool_programs;
    run("two post, 1 worker", 2, 80'000, post_from_two_threads<1>);
    run("two post, 2 workers", 1, 80'000, post_from_two_threads<2>);
    run("two jobs meet", 2, 100'000, two_that_meet);
    run("two jobs of a batch meet", 2, 100'000, batch_that_meets);
    run("one job for one worker", 1, 80'000, post_to_a_worker);
    run("a job meets the one it spawned", 2, 100'000, spawned_job_meets_its_spawner);
    run("what comes next, 2 workers", 2, 100'000, next_follows<2>);
    run("cells are used again", 2, 150'000, cells_are_used_again);
    run("a group of one, 2 workers", 2, 150'000, group<2, 1>);
    run("a group, 2 workers", 2, 200'000, group<2, 2>);
    run("two at once, 2 workers", 2, 200'000, two_at_once<2>);
    run("two at once that meet", 2, 200'000, two_that_meet_at_once);
    run("a group with a child elsewhere", 2, 100'000, group_with_a_child_elsewhere);
    run("a group in a group", 2, 100'000, group_in_a_group);
    run("a job spawned beside a group", 2, 200'000, spawn_beside_a_group);
    run("invoke a group, 2 workers", 2, 100'000, invoke_a_group<2>);
    run("invoke and leave, 2 workers", 2, 200'000, invoke_and_leave<2>);
    run("two invoke", 2, 100'000, two_invoke);
    run("a full queue", 2, 10'000, post_into_a_full_queue);
    run("drain at once, 2 workers", 2, 100'000, drain_at_once<2>);
    run("drain while another thread posts", 2, 70'000,
        stop_while_another_thread_posts<1, pawl::drain>);
    run("finish while another thread posts", 2, 50'000,
        stop_while_another_thread_posts<1, pawl::finish>);
    run("drain while another thread posts, 2 workers", 1, 20'000,
        stop_while_another_thread_posts<2, pawl::drain>);
    run("finish while another thread posts, 2 workers", 1, 15'000,
        stop_while_another_thread_posts<2, pawl::finish>);
    run("drain while another thread invokes", 2, 80'000, drain_while_another_thread_invokes<1>);
    run("drain while another thread invokes, 2 workers", 1, 20'000,
        drain_while_another_thread_invokes<2>);
}
