// SPDX-License-Identifier: BSL-1.0
//
// finish_line: waits until so many threads, or jobs, have passed it.
//
// Without a deadline: what is slept through, and so never passes, is a deadlock that the explorer
// finds. `Machine` is the platform under test; one whose words and parkers do more than the
// explorer's own names itself here, so that passing counts as a step of the program.
#pragma once

#include <atomic>

#include "explore/explore_platform.hpp"

namespace explore {

template <class Machine = explore_platform>
class finish_line {
public:
    explicit finish_line(unsigned runners) { left_.store(runners, std::memory_order_relaxed); }

    void pass() {
        if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            Machine::unpark(waiting_);
        }
    }
    void wait() { Machine::park(waiting_); }

private:
    typename Machine::word left_;
    typename Machine::parker waiting_;
};
finish_line(unsigned)->finish_line<>;

}  // namespace explore
