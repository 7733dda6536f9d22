// SPDX-License-Identifier: BSL-1.0
//
// recovery_report: how a scheduler's log is to be opened, and what that came to. Plain data.
#pragma once

#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/durability/log_report.hpp>
#include <pawl/execution/life.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// How a log is to be opened.
struct recovery_options {
    recovery policy = recovery::tolerate_tail;
    format_when format = format_when::if_blank;
};

// What a start has found.
struct recovery_report {
    log_report log{};
    std::uint32_t jobs = 0;        // taken over, whatever they wait for
    std::uint32_t running = 0;     // of these: that had begun, and will run again
    std::uint32_t poisoned = 0;    // that had begun too often, and have failed
    std::uint32_t unreadable = 0;  // of a type or a form that this program does not know: failed
    std::uint32_t failed = 0;      // beside these: had failed before, and are kept (limits.failed)
    std::uint32_t batches = 0;
};

// What start() of a scheduler with a journal has come to. False: the log could not be opened (then
// nothing was accepted, and start() may be tried again), or no worker started.
struct durable_start {
    start_result started{start_error::stopped, 0};
    recovery_report recovered{};
    const char* medium = "";  // what it is called: a file's path

    constexpr explicit operator bool() const noexcept {
        return recovered.log.ok() && static_cast<bool>(started);
    }
    [[nodiscard]] constexpr open_error error() const noexcept { return recovered.log.error; }
};

}  // namespace PAWL_ABI
}  // namespace pawl
