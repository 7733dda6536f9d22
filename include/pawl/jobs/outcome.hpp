// SPDX-License-Identifier: BSL-1.0
//
// outcome: what a job says about its attempt. A value, so that it works without exceptions.
//
//   success()          done
//   retry(code)        this attempt failed; try again after the policy's delay, until its retries
//                      are used up
//   retry_in(d, code)  the same, after this delay
//   fail(code)         failed for good, no further attempt
//   discard()          not needed any more: the job is deleted
//   snooze(d)          not yet (the bus is busy): run again after d, and this was no attempt
//   yield(cursor)      a slice of a long job is done: run again behind what is ready, which is no
//                      attempt either; the next run is told the cursor
//
// A code says why, in the user's own numbers; 0 where there is nothing to say. A callable that
// returns nothing has succeeded; one that throws has said retry().
//
// Cost: 8 bytes by value. Who may call: anyone.
#pragma once

#include <chrono>
#include <cstdint>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/jobs/packed_delay.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class outcome {
public:
    enum class kind : std::uint8_t { success, retry, retry_in, fail, discard, snooze, yield };

    [[nodiscard]] static constexpr outcome success() noexcept { return outcome{kind::success}; }
    [[nodiscard]] static constexpr outcome retry(std::uint16_t code = 0) noexcept {
        return outcome{kind::retry, code};
    }
    [[nodiscard]] static constexpr outcome fail(std::uint16_t code = 0) noexcept {
        return outcome{kind::fail, code};
    }
    [[nodiscard]] static constexpr outcome discard() noexcept { return outcome{kind::discard}; }

    // Rounded up to what packed_delay can hold: never early.
    template <class Rep, class Period>
    [[nodiscard]] static constexpr outcome retry_in(std::chrono::duration<Rep, Period> after,
                                                    std::uint16_t code = 0) noexcept {
        return outcome{kind::retry_in, code, packed_delay::from(after)};
    }
    template <class Rep, class Period>
    [[nodiscard]] static constexpr outcome snooze(
        std::chrono::duration<Rep, Period> after) noexcept {
        return outcome{kind::snooze, 0, packed_delay::from(after)};
    }

    // At once, if nothing else is ready. Any cursor; the first run's is 0.
    [[nodiscard]] static constexpr outcome yield(std::uint32_t cursor = 0) noexcept {
        return outcome{kind::yield, 0, {cursor, packed_delay::unit::microseconds}};
    }

    [[nodiscard]] constexpr kind what() const noexcept { return kind_; }
    // Of retry, retry_in and fail; 0 for the others.
    [[nodiscard]] constexpr std::uint16_t error() const noexcept { return code_; }
    // Of yield; 0 for the others.
    [[nodiscard]] constexpr std::uint32_t cursor() const noexcept {
        return kind_ == kind::yield ? count_ : 0;
    }
    // Of retry_in and snooze; zero for the others.
    [[nodiscard]] constexpr std::chrono::microseconds after() const noexcept {
        return rest().to<std::chrono::microseconds>();
    }
    [[nodiscard]] constexpr packed_delay rest() const noexcept {
        return kind_ == kind::yield ? packed_delay{} : packed_delay{count_, unit_};
    }

    friend constexpr bool operator==(outcome, outcome) noexcept = default;

private:
    constexpr explicit outcome(kind what, std::uint16_t code = 0, packed_delay after = {}) noexcept
        : kind_{what}, unit_{after.counted_in()}, code_{code}, count_{after.count()} {
        if (!std::is_constant_evaluated()) {
            made_while_running();
        }
    }
    // Does nothing, but is not constexpr: what GCC has evaluated itself becomes a call of memset or
    // a copy of a constant on a Cortex-M, where two words are two stores.
    static void made_while_running() noexcept {}

    kind kind_;
    packed_delay::unit unit_;
    std::uint16_t code_;
    std::uint32_t count_;  // a delay, or a cursor: no outcome has both
};

static_assert(sizeof(outcome) == 8);

}  // namespace PAWL_ABI
}  // namespace pawl
