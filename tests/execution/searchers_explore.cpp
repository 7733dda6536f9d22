// SPDX-License-Identifier: BSL-1.0
//
// Goal: with searchers and a parking_lot nobody sleeps beside a job, whoever is called, looks,
// finds or falls asleep at the same time; and a job that waits for another one does not keep that
// one from being run while somebody sleeps. Method: searchers_programs.hpp; one worker in every
// interleaving, two of them with three preemptions (searchers_long_explore.cpp has all). requires:
// posix
#include <pawl/config.hpp>

#include "execution/searchers_programs.hpp"

int main() {
    using namespace searchers_programs;
    explore::must_pass("1 worker, 2 jobs", {.schedules_min = 600}, independent<1, 1, 2>);
    explore::must_pass("1 worker, 2 posters", {.schedules_min = 5'000}, independent<1, 2, 1>);
    explore::must_pass("2 workers, 1 job", {.preemptions_max = 3, .schedules_min = 7'000},
                       independent<2, 1, 1>);
    explore::must_pass("2 workers, 2 jobs that meet",
                       {.preemptions_max = 3, .schedules_min = 40'000}, in_pairs<2, 1, 2>);
    explore::must_pass("2 workers, 2 jobs at once, that meet",
                       {.preemptions_max = 3, .schedules_min = 20'000}, in_pairs<2, 1, 2, true>);
    explore::must_pass("2 workers, 2 posters of jobs that meet",
                       {.preemptions_max = 3, .schedules_min = 400'000}, in_pairs<2, 2, 1>);
}
