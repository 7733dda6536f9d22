// SPDX-License-Identifier: BSL-1.0
//
// await: waits for what must happen, and says when it does not.
//
// No test looks at how long anything took. But what never happens must end its test: so each wait
// has a limit, far beyond what a busy machine needs, and only something that was lost reaches it.
#pragma once

#include <chrono>
#include <thread>

namespace tests {

// True as soon as `done()` is; false if it was not within `limit`. Looks again after each `pause`;
// without one (0) as often as this thread is given the processor.
template <class Done>
[[nodiscard]] bool await(std::chrono::seconds limit, Done&& done,
                         std::chrono::microseconds pause = std::chrono::microseconds{100}) {
    const auto give_up = std::chrono::steady_clock::now() + limit;
    while (!done()) {
        if (std::chrono::steady_clock::now() > give_up) {
            return false;
        }
        if (pause.count() == 0) {
            std::this_thread::yield();
        } else {
            std::this_thread::sleep_for(pause);
        }
    }
    return true;
}

}  // namespace tests
