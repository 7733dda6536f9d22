// SPDX-License-Identifier: BSL-1.0
//
// A lambda that is to outlive the program.
// EXPECT: a lambda has no name that a log could keep
#include <string_view>

#include <pawl/durability/medium_ref.hpp>
#include <pawl/durability/ram_medium.hpp>
#include <pawl/pawl.hpp>
#include <pawl/scheduler/durable_scheduler.hpp>

struct work {
    static constexpr std::string_view job_type = "work";
    void operator()() const {}
};

using memory = pawl::ram_medium<4096, 8>;
using durable = pawl::journal<pawl::medium_ref<memory>, pawl::job_types<work>,
                              pawl::journal_limits{.cells = 16, .buffer_bytes = 1024}>;

int main() {
    static memory log;
    static pawl::scheduler<pawl::limits{.jobs = 4, .workers = 0}, pawl::manual_platform, durable>
        jobs{pawl::medium_ref{log}};
#ifdef PAWL_CONTROL
    jobs.enqueue(work{}, {.durability = pawl::synced});
    jobs.enqueue([] {});
#else
    jobs.enqueue([] {}, {.durability = pawl::synced});
#endif
}
