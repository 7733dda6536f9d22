// SPDX-License-Identifier: BSL-1.0
//
// A rest before a continuation, where the limits have none.
// EXPECT: limits_then_delay_is_false
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
constexpr pawl::limits here{.jobs = 4, .workers = 0, .then_delay = true};
#else
constexpr pawl::limits here{.jobs = 4, .workers = 0};
#endif

int main() {
    pawl::scheduler<here> jobs;
    const auto first = jobs.enqueue([] {});
    jobs.then(first, [] {}, {.delay = std::chrono::seconds{1}});
}
