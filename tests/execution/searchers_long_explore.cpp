// SPDX-License-Identifier: BSL-1.0
// labels: long
//
// Goal: as searchers_explore.cpp. Method: two workers in every interleaving, two more threads with
// four preemptions, three workers with two. Some minutes. requires: posix
#include <pawl/config.hpp>

#include "execution/searchers_programs.hpp"

int main() {
    using namespace searchers_programs;
    explore::must_pass("2 workers, 1 job", {.schedules_min = 2'000'000}, independent<2, 1, 1>);
    explore::must_pass("2 workers, 2 jobs at once, that meet", {.schedules_min = 10'000'000},
                       in_pairs<2, 1, 2, true>);
    explore::must_pass("2 workers, 2 posters, four preemptions",
                       {.preemptions_max = 4, .schedules_min = 5'000'000}, independent<2, 2, 1>);
    explore::must_pass("2 workers, 2 posters of jobs that meet, four preemptions",
                       {.preemptions_max = 4, .schedules_min = 5'000'000}, in_pairs<2, 2, 1>);
    explore::must_pass("3 workers, 2 posters of jobs that meet, two preemptions",
                       {.preemptions_max = 2, .schedules_min = 2'000'000}, in_pairs<3, 2, 1>);
}
