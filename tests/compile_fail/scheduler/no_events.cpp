// SPDX-License-Identifier: BSL-1.0
//
// To read events, where none are kept.
// EXPECT: limits.events is 0: no events are kept
#include <pawl/pawl.hpp>

#ifdef PAWL_CONTROL
constexpr pawl::limits here{.jobs = 4, .workers = 0, .events = 4};
#else
constexpr pawl::limits here{.jobs = 4, .workers = 0};
#endif

int main() {
    pawl::scheduler<here> jobs;
    static_cast<void>(jobs.events());
}
