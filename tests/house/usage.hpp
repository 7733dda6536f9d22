// SPDX-License-Identifier: BSL-1.0
//
// usage: what the process has used of the machine so far, and in a span of time.
#pragma once

#if defined(__unix__)  // empty on other systems

#include <chrono>
#include <cstdint>
#include <thread>

#include <sys/resource.h>
#include <sys/time.h>

namespace house {

struct usage {
    std::int64_t cpu_us;
    std::int64_t switches;
};

inline usage used() {
    rusage seen{};
    getrusage(RUSAGE_SELF, &seen);
    const auto us = [](const timeval& time) {
        return std::int64_t{time.tv_sec} * 1'000'000 + std::int64_t{time.tv_usec};
    };
    return {us(seen.ru_utime) + us(seen.ru_stime), seen.ru_nvcsw};
}

inline usage during(std::chrono::milliseconds span) {
    const usage before = used();
    std::this_thread::sleep_for(span);
    const usage after = used();
    return {after.cpu_us - before.cpu_us, after.switches - before.switches};
}

}  // namespace house

#endif
