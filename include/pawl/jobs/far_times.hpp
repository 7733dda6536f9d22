// SPDX-License-Identifier: BSL-1.0
//
// far_times: whether a scheduler's delays may be longer than its ticks can count.
//
// The limits ask for it, and the platform needs it or not: see limits.long_delays.
#pragma once

#include <pawl/config.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/time/far_clock.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <limits L, platform Platform>
inline constexpr bool counts_laps = (L.long_delays == long_delays::always &&
                                     has_short_ticks<Platform>) ||
                                    (L.long_delays == long_delays::of_fine_ticks &&
                                     has_fine_ticks<Platform>);

template <limits L, platform Platform>
using far_clock_of = far_clock<Platform, counts_laps<L, Platform>>;

// Of recurring jobs: with policies their periods stay short.
template <limits L, platform Platform>
using recurring_clock_of = far_clock<Platform, (counts_laps<L, Platform> && !L.recurring_policies)>;

}  // namespace PAWL_ABI
}  // namespace pawl
