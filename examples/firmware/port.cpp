// SPDX-License-Identifier: BSL-1.0
//
// A complete port, on top of a vendor's library: its tick, its interrupts.
#include <pawl/platform/bare_metal.hpp>
#include <pawl/scheduler/scheduler.hpp>

#include <cstdint>

// From the vendor's headers; HAL_GetTick counts milliseconds.
extern "C" std::uint32_t HAL_GetTick();
extern "C" std::uint32_t adc_read();
void filter(std::uint32_t sample);
void control_step();

using namespace std::chrono_literals;

struct board : pawl::bare_metal {
    static time_point now() noexcept {
        return time_point{duration{static_cast<std::int32_t>(HAL_GetTick())}};
    }
};

constinit pawl::scheduler<pawl::limits{.jobs = 32, .job_bytes = 16, .workers = 0}, board> jobs;

extern "C" void ADC_IRQHandler() {
    jobs.enqueue([sample = adc_read()] { filter(sample); });
}

int main() {
    jobs.every(10ms, control_step);
    for (;;) {
        jobs.poll();
        jobs.wait();
    }
}
