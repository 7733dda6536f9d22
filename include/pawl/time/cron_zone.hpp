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
// set of instants. No zone sets its clock twice within hours; in rules that say so, times are still
// found in order, but some may be left out.
//
// Cost: one question to a spanning_zone and one search of the cron, but within two days behind a
// change of the clock, or across one; then, and in other zones, two or three questions, and one
// more of each for every gap that an interval meets. Who may call: as cron and the zone.
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
    // What at_or_after() and at_or_before() return if there is none.
    static constexpr std::chrono::sys_seconds none_later = std::chrono::sys_seconds::max();
    static constexpr std::chrono::sys_seconds none_earlier = std::chrono::sys_seconds::min();

    // both_passes: an interval. at_gap_end: what falls into a gap comes at its end.
    constexpr cron_in_zone(const Expression& expression, const Zone& zone, bool both_passes,
                           bool at_gap_end) noexcept
        : expression_{expression},
          zone_{zone},
          both_passes_{both_passes},
          at_gap_end_{at_gap_end} {}

    [[nodiscard]] PAWL_FAST_PATH constexpr std::chrono::sys_seconds first_from(
        std::chrono::sys_seconds from) const noexcept {
        if constexpr (spanning_zone<Zone>) {
            // Behind any overlap and gap, and before the next change: as in a fixed offset.
            const zone_span span = zone_.span_at(from);
            if (from - span.jump >= span.begin) {
                const auto found = forward(local(from, span.offset));
                if (found == local_seconds::max()) {
                    return none_later;
                }
                if (const auto time = instant(found, span.offset); time < span.end) {
                    return time;
                }
            }
        }
        return search_forward(from);
    }

    [[nodiscard]] PAWL_FAST_PATH constexpr std::chrono::sys_seconds last_to(
        std::chrono::sys_seconds from) const noexcept {
        if constexpr (spanning_zone<Zone>) {
            const zone_span span = zone_.span_at(from);
            if (const auto found = backward(local(from, span.offset));
                found != local_seconds::min()) {
                const auto time = instant(found, span.offset);
                if (time - span.jump >= span.begin) {
                    return time;
                }
            }
        }
        return search_backward(from);
    }

private:
    [[nodiscard]] PAWL_OUT_OF_LINE constexpr std::chrono::sys_seconds search_forward(
        std::chrono::sys_seconds from) const noexcept {
        local_seconds start = local(from, zone_.offset_at(from));
        const local_info here = zone_.info(start);
        if (here.kind == local_kind::overlap) {
            const local_seconds end = local(here.transition, here.before);
            if (from >= here.transition) {
                if (!both_passes_) {
                    start = end;  // the first pass had them
                } else if (const auto found = forward(start); found < end) {
                    return instant(found, here.after);
                }
            } else if (both_passes_) {
                if (const auto found = forward(start); found < end) {
                    return instant(found, here.before);
                }
                const local_seconds again = local(here.transition, here.after);
                if (const auto found = forward(again); found < end) {
                    return instant(found, here.after);
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
            const local_seconds found = forward(start);
            if (found == local_seconds::max()) {
                return none_later;
            }
            const local_info info = zone_.info(found);
            const std::chrono::sys_seconds time =
                info.kind != local_kind::gap ? instant(found, info.before) : info.transition;
            if (time < from) {
                start = local(from, info.before);  // see above: another change within hours
            } else if (info.kind != local_kind::gap || at_gap_end_) {
                return time;
            } else {
                start = local(info.transition, info.after);
            }
        }
    }

    [[nodiscard]] PAWL_OUT_OF_LINE constexpr std::chrono::sys_seconds search_backward(
        std::chrono::sys_seconds from) const noexcept {
        local_seconds start = local(from, zone_.offset_at(from));
        const local_info here = zone_.info(start);
        if (here.kind == local_kind::overlap) {
            const local_seconds begin = local(here.transition, here.after);
            const local_seconds end = local(here.transition, here.before);
            if (from >= here.transition) {
                if (both_passes_) {
                    if (const auto found = backward(start); found >= begin) {
                        return instant(found, here.after);
                    }
                }
                start = end - std::chrono::seconds{1};  // all of the first pass
            }
            if (const auto found = backward(start); found >= begin) {
                return instant(found, here.before);
            }
            start = begin - std::chrono::seconds{1};
        }
        for (;;) {
            const local_seconds found = backward(start);
            if (found == local_seconds::min()) {
                return none_earlier;
            }
            const local_info info = zone_.info(found);
            const std::chrono::seconds offset = both_passes_ ? info.after : info.before;
            const std::chrono::sys_seconds time =
                info.kind != local_kind::gap ? instant(found, offset) : info.transition;
            if (time > from) {
                start = local(from, offset);
            } else if (info.kind != local_kind::gap || at_gap_end_) {
                return time;
            } else {
                start = local(info.transition, info.before) - std::chrono::seconds{1};
            }
        }
    }

    static constexpr local_seconds local(std::chrono::sys_seconds time,
                                         std::chrono::seconds offset) noexcept {
        return local_seconds{time.time_since_epoch() + offset};
    }
    static constexpr std::chrono::sys_seconds instant(local_seconds time,
                                                      std::chrono::seconds offset) noexcept {
        return std::chrono::sys_seconds{time.time_since_epoch() - offset};
    }
    [[nodiscard]] PAWL_FAST_PATH constexpr local_seconds forward(
        local_seconds from) const noexcept {
        const std::chrono::sys_seconds time{from.time_since_epoch()};
        return local_seconds{expression_.first_from(time).time_since_epoch()};
    }
    [[nodiscard]] PAWL_FAST_PATH constexpr local_seconds backward(
        local_seconds from) const noexcept {
        const std::chrono::sys_seconds time{from.time_since_epoch()};
        return local_seconds{expression_.last_to(time).time_since_epoch()};
    }

    Expression expression_;
    const Zone& zone_;
    bool both_passes_;
    bool at_gap_end_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
