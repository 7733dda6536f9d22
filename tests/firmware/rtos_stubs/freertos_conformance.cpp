// SPDX-License-Identifier: BSL-1.0
//
// Goal: the adapter of FreeRTOS keeps a platform's contract on the real kernel. Method: pawl's own
// check of platforms, whose other side is a task of the same priority.
#include <pawl/platform/platform_conformance.hpp>

#include "board/semihosting.hpp"
#include "freertos/freertos_platform.hpp"
#include "freertos/mps2_an385.hpp"

namespace {

struct masked_settings : freertos::settings {
    static constexpr bool masked = true;
};

mps2_an385::static_task<1024> task;  // the other side lies on its stack, with its own

template <class Machine>
void check(const char* name) {
    Machine machine;
    const auto verdict = pawl::check_platform(machine);
    semihosting::print(name);
    semihosting::print(verdict.ok() ? ": ok" : verdict.violation);
    semihosting::print("\n");
}

void check_all(void*) {
    check<freertos::platform<>>("words by compare-and-swap");
    check<freertos::platform<masked_settings>>("words by critical sections");
    semihosting::exit(0);
}

}  // namespace

extern "C" void Interrupt0_Handler() {}

int main() {
    mps2_an385::start();
    task.start(&check_all, "checks", freertos::settings::worker_priority);
    vTaskStartScheduler();
    return 1;  // it has not started
}
