// SPDX-License-Identifier: BSL-1.0
//
// BASEPRI: what is more urgent than the level is not delayed by a critical section, and may not
// submit; everything else is, and may. The rings are critical sections here (the second template
// argument), as they are on a core without compare-and-swap.
#include <pawl/platform/bare_metal.hpp>
#include <pawl/scheduler/scheduler.hpp>

#include "board/nvic.hpp"
#include "board/semihosting.hpp"
#include "lean.hpp"

namespace {

using core = pawl::cortex_m_basepri<0x40>;
struct board : pawl::basic_bare_metal<core, true> {
    static time_point now() noexcept { return {}; }
};
constinit pawl::scheduler<lean(8, 0), board> jobs;

volatile bool urgent_came = false;
volatile bool other_came = false;
volatile std::uint32_t ran = 0;
pawl::submit_error urgent_answer = pawl::submit_error::none;
pawl::submit_error other_answer = pawl::submit_error::full;

int failures = 0;
void require(bool condition, const char* what) {
    if (!condition) {
        semihosting::print("FAILED: ");
        semihosting::print(what);
        semihosting::print("\n");
        ++failures;
    }
}

}  // namespace

extern "C" void Interrupt0_Handler() {  // more urgent than the level
    urgent_came = true;
    urgent_answer = jobs.enqueue([] { ran = ran + 100; }).error();
}
extern "C" void Interrupt1_Handler() {
    other_came = true;
    other_answer = jobs.enqueue([] { ran = ran + 1; }).error();
}

int main() {
    nvic::set_priority(0, 0x20);
    nvic::set_priority(1, 0x60);
    nvic::enable(0);
    nvic::enable(1);
    {
        const board::critical masked;
        nvic::pend(0);
        nvic::pend(1);
        require(urgent_came, "a critical section delays what is more urgent than its level");
        require(!other_came, "a critical section does not mask its level");
        { const board::critical nested; }
        require(!other_came, "a nested critical section ends the outer one");
    }
    require(other_came, "an interrupt that was masked did not come");
    require(urgent_answer == pawl::submit_error::wrong_priority,
            "an interrupt that cannot be masked submitted");
    require(other_answer == pawl::submit_error::none,
            "an interrupt that can be masked was refused");
    jobs.poll();
    require(ran == 1, "the job did not run");
    nvic::pend(1);
    jobs.wait();  // does not sleep: there is a job
    jobs.poll();
    require(ran == 2, "the second job did not run");
    semihosting::print(failures == 0 ? "passed\n" : "failed\n");
    return failures;
}
