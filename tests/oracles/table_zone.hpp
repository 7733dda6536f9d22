// SPDX-License-Identifier: BSL-1.0
//
// A time zone as a user would write one: a table of the changes of its clock, which is all that
// there is to a zone with a history, or to one that follows the moon.
#pragma once

#include <algorithm>
#include <chrono>
#include <iterator>
#include <vector>

#include <pawl/time/time_zone.hpp>

namespace oracle {

class table_zone {
public:
    struct change {
        std::chrono::sys_seconds time;
        std::chrono::seconds before;  // offset up to `time`
        std::chrono::seconds after;   // offset from `time` on
    };

    explicit table_zone(std::chrono::seconds offset) : first_{offset} {}

    // In ascending order.
    void add(std::chrono::sys_seconds time, std::chrono::seconds offset) {
        changes_.push_back({time, changes_.empty() ? first_ : changes_.back().after, offset});
    }

    [[nodiscard]] const std::vector<change>& changes() const noexcept { return changes_; }

    [[nodiscard]] std::chrono::seconds offset_at(std::chrono::sys_seconds time) const noexcept {
        std::chrono::seconds offset = first_;
        const auto later = std::upper_bound(
            changes_.begin(), changes_.end(), time,
            [](std::chrono::sys_seconds t, const change& each) { return t < each.time; });
        if (later != changes_.begin()) {
            offset = std::prev(later)->after;
        }
        return offset;
    }

    [[nodiscard]] pawl::local_info info(pawl::local_seconds local) const noexcept {
        using pawl::local_kind;
        const auto shown = [](const change& each, std::chrono::seconds offset) {
            return pawl::local_seconds{each.time.time_since_epoch() + offset};
        };
        // The last change that was over when the clock showed this, whichever way it was set.
        const auto later =
            std::upper_bound(changes_.begin(), changes_.end(), local,
                             [&](pawl::local_seconds t, const change& each) {
                                 return t < shown(each, std::max(each.before, each.after));
                             });
        // So the next one is the only one that may be under way.
        if (later != changes_.end() &&
            local >= shown(*later, std::min(later->before, later->after))) {
            return {later->before < later->after ? local_kind::gap : local_kind::overlap,
                    later->before, later->after, later->time};
        }
        const std::chrono::seconds offset =
            later == changes_.begin() ? first_ : std::prev(later)->after;
        return {local_kind::unique, offset, offset, {}};
    }

    [[nodiscard]] pawl::zone_span span_at(std::chrono::sys_seconds time) const noexcept {
        pawl::zone_span span{.offset = first_};
        for (const change& each : changes_) {
            if (time < each.time) {
                span.end = each.time;
                break;
            }
            span.begin = each.time;
            span.offset = each.after;
        }
        return span;
    }

    // The same one, but not a spanning_zone.
    struct of_two_questions {
        const table_zone& zone;

        [[nodiscard]] std::chrono::seconds offset_at(std::chrono::sys_seconds time) const noexcept {
            return zone.offset_at(time);
        }
        [[nodiscard]] pawl::local_info info(pawl::local_seconds local) const noexcept {
            return zone.info(local);
        }
    };

private:
    std::chrono::seconds first_;
    std::vector<change> changes_;
};

static_assert(pawl::spanning_zone<table_zone>);
static_assert(pawl::time_zone<table_zone::of_two_questions> &&
              !pawl::spanning_zone<table_zone::of_two_questions>);

}  // namespace oracle
