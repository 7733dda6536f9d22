// SPDX-License-Identifier: BSL-1.0
//
// A job that is to outlive the program, of a scheduler that has nowhere to write it.
// EXPECT: a lambda has no name that a log could keep
#include <string_view>

#include <pawl/durability/durability.hpp>
#include <pawl/pawl.hpp>

struct work {
    static constexpr std::string_view job_type = "work";
    void operator()() const {}
};

int main() {
    pawl::scheduler<pawl::limits{.jobs = 4, .workers = 0}> jobs;
#ifdef PAWL_CONTROL
    jobs.enqueue(work{});
#else
    jobs.enqueue(work{}, {.durability = pawl::synced});
#endif
}
