// SPDX-License-Identifier: BSL-1.0
//
// outcome: what a job says about its attempt. A value, so that it works without exceptions.
//
//   success()       done
//   retry()         this attempt failed; try again after the policy's delay, until its retries are
//                   used up
//   retry_in(d)     the same, after this delay
//   fail()          failed for good, no further attempt
//   discard()       not needed any more: the job is deleted
//   snooze(d)       not yet (the bus is busy): run again after d, and this was no attempt
//
// A callable that returns nothing has succeeded; one that throws has said retry().
//
// Cost: 8 bytes by value. Who may call: anyone.
#pragma once

#include <chrono>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/jobs/packed_delay.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class outcome {
public:
    enum class kind : std::uint8_t { success, retry, retry_in, fail, discard, snooze };

    [[nodiscard]] static constexpr outcome success() noexcept { return outcome{kind::success}; }
    [[nodiscard]] static constexpr outcome retry() noexcept { return outcome{kind::retry}; }
    [[nodiscard]] static constexpr outcome fail() noexcept { return outcome{kind::fail}; }
    [[nodiscard]] static constexpr outcome discard() noexcept { return outcome{kind::discard}; }

    // Rounded up to what packed_delay can hold: never early.
    template <class Rep, class Period>
    [[nodiscard]] static constexpr outcome retry_in(
        std::chrono::duration<Rep, Period> after) noexcept {
        return outcome{kind::retry_in, packed_delay::from(after)};
    }
    template <class Rep, class Period>
    [[nodiscard]] static constexpr outcome snooze(
        std::chrono::duration<Rep, Period> after) noexcept {
        return outcome{kind::snooze, packed_delay::from(after)};
    }

    [[nodiscard]] constexpr kind what() const noexcept { return kind_; }
    // Of retry_in and snooze; zero for the others.
    [[nodiscard]] constexpr std::chrono::microseconds after() const noexcept {
        return rest().to<std::chrono::microseconds>();
    }
    [[nodiscard]] constexpr packed_delay rest() const noexcept { return {count_, unit_}; }

private:
    constexpr explicit outcome(kind what, packed_delay after = {}) noexcept
        : kind_{what}, unit_{after.counted_in()}, count_{after.count()} {}

    kind kind_;
    packed_delay::unit unit_;
    std::uint32_t count_;
};

static_assert(sizeof(outcome) == 8);

}  // namespace PAWL_ABI
}  // namespace pawl
