// SPDX-License-Identifier: BSL-1.0
//
// outcome: what a job says about its attempt. A value, so that it works without exceptions.
//
//   success()       done
//   retry()         this attempt failed; try again after the policy's delay, until its retries are
//   used up retry_in(d)     the same, after this delay
//   fail()          failed for good, no further attempt
//   discard()       not needed any more: the job is deleted
//   snooze(d)       not yet (the bus is busy): run again after d, and this was no attempt
//
// A callable that returns nothing has succeeded; one that throws has said retry().
//
// Cost: 16 bytes by value. Who may call: anyone.
#pragma once

#include <chrono>
#include <cstdint>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class outcome {
public:
    enum class kind : std::uint8_t { success, retry, retry_in, fail, discard, snooze };
    using delay = std::chrono::microseconds;

    [[nodiscard]] static constexpr outcome success() noexcept { return outcome{kind::success}; }
    [[nodiscard]] static constexpr outcome retry() noexcept { return outcome{kind::retry}; }
    [[nodiscard]] static constexpr outcome fail() noexcept { return outcome{kind::fail}; }
    [[nodiscard]] static constexpr outcome discard() noexcept { return outcome{kind::discard}; }

    // Rounded up to whole microseconds: never early.
    template <class Rep, class Period>
    [[nodiscard]] static constexpr outcome retry_in(
        std::chrono::duration<Rep, Period> after) noexcept {
        return outcome{kind::retry_in, std::chrono::ceil<delay>(after)};
    }
    template <class Rep, class Period>
    [[nodiscard]] static constexpr outcome snooze(
        std::chrono::duration<Rep, Period> after) noexcept {
        return outcome{kind::snooze, std::chrono::ceil<delay>(after)};
    }

    [[nodiscard]] constexpr kind what() const noexcept { return kind_; }
    // Of retry_in and snooze; zero for the others.
    [[nodiscard]] constexpr delay after() const noexcept { return after_; }

private:
    constexpr explicit outcome(kind what, delay after = {}) noexcept : kind_{what}, after_{after} {}

    kind kind_;
    delay after_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
