// SPDX-License-Identifier: BSL-1.0
//
// A board of the imagination whose clock counts microseconds in 32 bits, and a 64-bit clock beside
// it that pawl does not see.
//
// What: time passes only while the main loop sleeps, or when the test says so; a sleep ends at its
// deadline, or at an interrupt, which the test brings about at any microsecond of the sleep. The
// wall clock counts seconds of the true time.
#pragma once

#include <chrono>
#include <cstdint>

#include <pawl/platform/bare_metal.hpp>

namespace microsecond {

struct machine_state {
    std::uint64_t now_us = 0;        // the truth; pawl is shown its low 32 bits
    std::uint64_t interrupt_us = 0;  // when the next interrupt comes, if there is a handler
    void (*interrupt)() = nullptr;
    int masked = 0;
    std::uint32_t sections = 0;      // critical sections begun, at the outermost level
    std::uint32_t interrupt_at = 0;  // if not 0, an interrupt comes just before that one
    std::uint64_t sleeps = 0;
    std::uint64_t slept_late = 0;  // sleeps whose deadline had come before they began
};
inline machine_state machine;

struct host_core {
    struct critical {
        critical() noexcept {
            if (machine.masked == 0 && ++machine.sections == machine.interrupt_at) {
                machine.interrupt();
            }
            ++machine.masked;
        }
        ~critical() { --machine.masked; }
        critical(const critical&) = delete;
        critical& operator=(const critical&) = delete;
    };
    template <class Busy>
    static void sleep_unless(Busy&& busy) noexcept {
        static_cast<void>(busy());
    }
    [[nodiscard]] static bool in_interrupt() noexcept { return false; }
    [[nodiscard]] static bool may_submit() noexcept { return true; }
};

// Masked: as a core without compare-and-swap does it.
template <bool Masked>
struct board : pawl::basic_bare_metal<host_core, Masked, std::micro> {
    using base = pawl::basic_bare_metal<host_core, Masked, std::micro>;
    using typename base::duration;
    using typename base::time_point;

    [[nodiscard]] static time_point now() noexcept {
        return time_point{
            duration{static_cast<std::int32_t>(static_cast<std::uint32_t>(machine.now_us))}};
    }
    [[nodiscard]] static std::chrono::sys_seconds wall_now() noexcept {
        return std::chrono::sys_seconds{
            std::chrono::seconds{static_cast<std::int64_t>(machine.now_us / 1'000'000)}};
    }

    template <class Busy>
    static void sleep_until(time_point deadline, Busy&& busy) noexcept {
        if (busy()) {
            return;
        }
        // time_point::max() is no deadline, or this very time of the clock: a board that wakes when
        // the clock is there the next time is right in both cases.
        const auto ahead = static_cast<std::uint32_t>(deadline.time_since_epoch().count()) -
                           static_cast<std::uint32_t>(machine.now_us);
        ++machine.sleeps;
        if (deadline != time_point::max() && static_cast<std::int32_t>(ahead) <= 0) {
            ++machine.slept_late;
            return;
        }
        constexpr std::uint64_t turn = std::uint64_t{1} << 32;
        const std::uint64_t wake_us = machine.now_us + (ahead == 0 ? turn : ahead);
        if (machine.interrupt != nullptr && machine.interrupt_us <= wake_us) {
            if (machine.now_us < machine.interrupt_us) {
                machine.now_us = machine.interrupt_us;
            }
            machine.interrupt();
            return;
        }
        machine.now_us = wake_us;
    }
};

}  // namespace microsecond
