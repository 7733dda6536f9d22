// SPDX-License-Identifier: BSL-1.0
//
// cron_range: all times of a cron expression in a span of time, one after the other.
//
// What: what cron::occurrences() returns, for a range-based for loop or an algorithm. Lazy: the
// next time is sought when the loop asks for it, so that a span may be as long as the calendar.
//
//   for (std::chrono::sys_seconds time : workdays.occurrences(monday, sunday)) { show(time); }
//
// Why a copy: the range holds expression and zone by value, so it may outlive both, and a loop may
// run over a temporary.
//
// Cost: a step is one next(). Who may call: as cron; a range is a value.
#pragma once

#include <chrono>
#include <cstddef>
#include <iterator>
#include <optional>

#include <pawl/config.hpp>
#include <pawl/time/time_zone.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Expression: has next(time, zone) and at_or_after(time, zone).
template <class Expression, time_zone Zone>
class cron_range {
public:
    class iterator {
    public:
        using iterator_concept = std::forward_iterator_tag;
        using iterator_category = std::input_iterator_tag;  // returns values, not references
        using value_type = std::chrono::sys_seconds;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = value_type;

        constexpr iterator() noexcept = default;

        // REQUIRES: it is not at the end.
        constexpr value_type operator*() const noexcept { return *at_; }
        constexpr iterator& operator++() noexcept {
            at_ = range_->before_end(range_->expression_.next(*at_, range_->zone_));
            return *this;
        }
        constexpr iterator operator++(int) noexcept {
            const iterator before = *this;
            ++*this;
            return before;
        }
        friend constexpr bool operator==(const iterator& left, const iterator& right) noexcept {
            return left.at_ == right.at_;
        }
        friend constexpr bool operator==(const iterator& left, std::default_sentinel_t) noexcept {
            return !left.at_;
        }

    private:
        friend class cron_range;
        constexpr iterator(const cron_range* range,
                           std::optional<std::chrono::sys_seconds> at) noexcept
            : range_{range}, at_{at} {}

        const cron_range* range_ = nullptr;
        std::optional<std::chrono::sys_seconds> at_;  // nothing: at the end
    };

    constexpr cron_range(const Expression& expression, std::chrono::sys_seconds from,
                         std::chrono::sys_seconds to, const Zone& zone) noexcept
        : expression_{expression}, zone_{zone}, from_{from}, to_{to} {}

    // O(1), and may be asked more than once. An iterator refers to its range.
    [[nodiscard]] constexpr iterator begin() const noexcept {
        return {this, before_end(expression_.at_or_after(from_, zone_))};
    }
    [[nodiscard]] static constexpr std::default_sentinel_t end() noexcept { return {}; }
    [[nodiscard]] constexpr bool empty() const noexcept { return begin() == end(); }

private:
    [[nodiscard]] constexpr std::optional<std::chrono::sys_seconds> before_end(
        std::optional<std::chrono::sys_seconds> time) const noexcept {
        return time && *time < to_ ? time : std::nullopt;
    }

    Expression expression_;
    PAWL_NO_UNIQUE_ADDRESS Zone zone_;
    std::chrono::sys_seconds from_;
    std::chrono::sys_seconds to_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
