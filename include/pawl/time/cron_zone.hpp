// SPDX-License-Identifier: BSL-1.0
//
// cron_zone: the times of a cron expression in a time zone, across every change of the clock.
//
// What: a cron finds local times; here they become instants. Most local times are one. Where the
// clock is set forward some are none, where it is set back some are two. The rules are cron's own,
// after Vixie, and as in Hangfire but for one line:
//
//                     fixed time (30 2 * * *)         interval (*/5 * * * *)
//   set forward       once, at the end of the gap     follows real time
//   set back          on the first pass only          on both passes
//
// An interval is an expression with *, a range or a step in its second, minute or hour. Cronos lets
// an interval that matches within the gap fire at the gap's end as well: gap_rule::cronos.
//
// How it works: at most one change of the clock matters, the one whose gap or overlap the local
// time is in. Beyond it local times follow each other as instants do. Both directions see the same
// set of instants.
//
// Cost: one or two questions to the zone and one search of the cron; one more of each for every gap
// that an interval meets. Who may call: as cron and the zone.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include <pawl/config.hpp>
#include <pawl/time/time_zone.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Expression: has at_or_after and at_or_before for sys_seconds, which stand for local times here.
template <class Expression, time_zone Zone>
class cron_in_zone {
public:
    // both_passes: an interval. at_gap_end: what falls into a gap comes at its end.
    constexpr cron_in_zone(const Expression& expression, const Zone& zone, bool both_passes,
                           bool at_gap_end) noexcept
        : expression_{expression},
          zone_{zone},
          both_passes_{both_passes},
          at_gap_end_{at_gap_end} {}

    [[nodiscard]] constexpr std::optional<std::chrono::sys_seconds> at_or_after(
        std::chrono::sys_seconds from) const noexcept {
        local_seconds start = local(from, zone_.offset_at(from));
        const local_info here = zone_.info(start);
        if (here.kind == local_kind::overlap) {
            const local_seconds end = local(here.transition, here.before);
            if (from >= here.transition) {
                if (!both_passes_) {
                    start = end;  // the first pass had them
                } else if (const auto found = forward(start); found && *found < end) {
                    return instant(*found, here.after);
                }
            } else if (both_passes_) {
                if (const auto found = forward(start); found && *found < end) {
                    return instant(*found, here.before);
                }
                const local_seconds again = local(here.transition, here.after);
                if (const auto found = forward(again); found && *found < end) {
                    return instant(*found, here.after);
                }
                start = end;
            }
        } else if (at_gap_end_) {
            // At the very end of a gap is what fell into it.
            const local_info before = zone_.info(start - std::chrono::seconds{1});
            if (before.kind == local_kind::gap && before.transition == from) {
                start = local(before.transition, before.before);
            }
        }
        for (;;) {
            const std::optional<local_seconds> found = forward(start);
            if (!found) {
                return std::nullopt;
            }
            const local_info info = zone_.info(*found);
            if (info.kind != local_kind::gap) {
                return instant(*found, info.before);
            }
            if (at_gap_end_) {
                return info.transition;
            }
            start = local(info.transition, info.after);
        }
    }

    [[nodiscard]] constexpr std::optional<std::chrono::sys_seconds> at_or_before(
        std::chrono::sys_seconds from) const noexcept {
        local_seconds start = local(from, zone_.offset_at(from));
        const local_info here = zone_.info(start);
        if (here.kind == local_kind::overlap) {
            const local_seconds begin = local(here.transition, here.after);
            const local_seconds end = local(here.transition, here.before);
            if (from >= here.transition) {
                if (both_passes_) {
                    if (const auto found = backward(start); found && *found >= begin) {
                        return instant(*found, here.after);
                    }
                }
                start = end - std::chrono::seconds{1};  // all of the first pass
            }
            if (const auto found = backward(start); found && *found >= begin) {
                return instant(*found, here.before);
            }
            start = begin - std::chrono::seconds{1};
        }
        for (;;) {
            const std::optional<local_seconds> found = backward(start);
            if (!found) {
                return std::nullopt;
            }
            const local_info info = zone_.info(*found);
            if (info.kind != local_kind::gap) {
                return instant(*found, both_passes_ ? info.after : info.before);
            }
            if (at_gap_end_) {
                return info.transition;
            }
            start = local(info.transition, info.before) - std::chrono::seconds{1};
        }
    }

private:
    static constexpr local_seconds local(std::chrono::sys_seconds time,
                                         std::chrono::seconds offset) noexcept {
        return local_seconds{time.time_since_epoch() + offset};
    }
    static constexpr std::chrono::sys_seconds instant(local_seconds time,
                                                      std::chrono::seconds offset) noexcept {
        return std::chrono::sys_seconds{time.time_since_epoch() - offset};
    }
    static constexpr std::optional<local_seconds> as_local(
        std::optional<std::chrono::sys_seconds> time) noexcept {
        return time ? std::optional{local_seconds{time->time_since_epoch()}} : std::nullopt;
    }
    [[nodiscard]] constexpr std::optional<local_seconds> forward(
        local_seconds from) const noexcept {
        return as_local(expression_.at_or_after(std::chrono::sys_seconds{from.time_since_epoch()}));
    }
    [[nodiscard]] constexpr std::optional<local_seconds> backward(
        local_seconds from) const noexcept {
        return as_local(
            expression_.at_or_before(std::chrono::sys_seconds{from.time_since_epoch()}));
    }

    const Expression& expression_;
    const Zone& zone_;
    bool both_passes_;
    bool at_gap_end_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
