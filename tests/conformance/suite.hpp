// SPDX-License-Identifier: BSL-1.0
//
// The conformance suite: what pawl promises of platform, queues, timers, calendar and scheduler,
// unchanged on the host, in virtual time, and on every core in QEMU.
//
//   conformance::checks check{&report};
//   conformance::run_conformance<board>(check, others);
//   // check.made() checks, of which check.failed() failed
//
// `others` says who interrupts: see platform_conformance.hpp, whose check_platform() is the first
// part, and all that a new platform needs to be tried; the parts behind it are pawl's own code on
// that platform. An image that is too large for its flash takes the parts one by one.
//
// How many checks there are follows from what the platform has: compare-and-swap, a calendar that
// can be set, interrupts, a clock that interrupts at any moment, virtual time.
//
// Cost: stack for a scheduler of each size, 10 KB on a Cortex-M. Who may call: one thread, or the
// main loop; the platform's clock goes.
#pragma once

#include <cstdint>

#include <pawl/platform/platform.hpp>
#include <pawl/platform/platform_conformance.hpp>

#include "conformance/beside.hpp"
#include "conformance/checks.hpp"
#include "conformance/cron_checks.hpp"
#include "conformance/queue_checks.hpp"
#include "conformance/scheduler_checks.hpp"
#include "conformance/wheel_checks.hpp"

namespace conformance {

template <class P, class Others>
void run_platform(checks& check, Others& others) noexcept {
    P machine;
    const pawl::platform_verdict verdict = pawl::check_platform(machine, others);
    check.that(verdict.ok(), verdict ? "the platform conforms" : verdict.violation);
    check.add(verdict.checks);
}

template <class P, class Others>
void run_queues(checks& check, Others& others) noexcept {
    queue_checks<P, Others>{check, others}.run();
}

inline void run_timers(checks& check) noexcept { wheel_checks{check}.run(); }

inline void run_calendar(checks& check) noexcept { cron_checks{check}.run(); }

template <pawl::limits L, class P, class Others>
void run_scheduler(checks& check, Others& others) noexcept {
    scheduler_checks<L, P, Others>{check, others}.run();
}

template <class P, class Others>
void run_conformance(checks& check, Others& others) noexcept {
    run_platform<P>(check, others);
    run_queues<P>(check, others);
    run_timers(check);
    run_calendar(check);
    run_scheduler<lean_limits, P>(check, others);
    run_scheduler<wide_limits, P>(check, others);
    run_scheduler<usual_limits, P>(check, others);
    run_scheduler<rich_limits, P>(check, others);
}

}  // namespace conformance
