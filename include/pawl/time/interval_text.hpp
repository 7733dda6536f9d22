// SPDX-License-Identifier: BSL-1.0
//
// interval_text: a fixed interval from a text such as "@every 90s".
//
// What: the one macro of crontabs that is no calendar. It counts from when it is given, on the
// monotonic clock; the scheduler's recurring() takes such a text as it takes a cron expression.
//
//   "@every" blanks part {part}      part = digits ("h" | "m" | "s" | "ms"), as in 1h30m
//
// Why not in cron: a cron is a set of times that answers next() and prev() from anywhere; an
// interval has no times before it begins.
//
// Cost: linear in the text. constexpr, noexcept: any caller.
//
//   constexpr auto interval = pawl::parse_interval("@every 1h30m");
//   static_assert(interval && *interval == std::chrono::minutes{90});
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/time/cron_error.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Tests true and dereferences to the interval; or has an error; or neither, if the text does not
// begin with @every.
class interval_result {
public:
    constexpr explicit interval_result(std::chrono::milliseconds value) noexcept
        : is_interval_{true}, value_{value} {}
    constexpr explicit interval_result(bool is_interval, const cron_error& error) noexcept
        : is_interval_{is_interval}, error_{error} {}

    constexpr explicit operator bool() const noexcept {
        return is_interval_ && error_.code == cron_expected::nothing;
    }
    // Whether the text begins with @every, right or wrong.
    [[nodiscard]] constexpr bool is_interval() const noexcept { return is_interval_; }
    // 0 if there is none.
    [[nodiscard]] constexpr std::chrono::milliseconds operator*() const noexcept { return value_; }
    [[nodiscard]] constexpr const cron_error& error() const noexcept { return error_; }

private:
    bool is_interval_;
    std::chrono::milliseconds value_{0};
    cron_error error_{};
};

[[nodiscard]] constexpr interval_result parse_interval(std::string_view text) noexcept {
    constexpr std::string_view word = "@EVERY";
    constexpr std::uint32_t digits_max = 9;
    const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
    std::size_t at = 0;
    const auto skip_blanks = [&] {
        while (at < text.size() && is_blank(text[at])) {
            ++at;
        }
    };
    skip_blanks();
    for (const char wanted : word) {
        const char c = at < text.size() ? text[at] : '\0';
        if ((c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c) != wanted) {
            return interval_result{false, {}};
        }
        ++at;
    }
    if (at < text.size() && !is_blank(text[at])) {
        return interval_result{false, {}};  // @every_minute
    }
    skip_blanks();

    std::int64_t sum_ms = 0;
    std::size_t part = at;
    do {
        part = at;
        std::int64_t value = 0;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9' && at - part < digits_max) {
            value = value * 10 + (text[at] - '0');
            ++at;
        }
        const auto accept = [&](std::string_view unit) {
            // Not substr(): that could throw, and is a call into a library there.
            const std::string_view rest{text.data() + at, text.size() - at};
            const bool found = at != part && rest.starts_with(unit);
            at += found ? unit.size() : 0;
            return found;
        };
        const std::int64_t unit_ms = accept("ms")  ? 1
                                     : accept("s") ? 1000
                                     : accept("m") ? 60'000
                                     : accept("h") ? 3'600'000
                                                   : 0;
        if (unit_ms == 0) {
            return interval_result{
                true, {cron_expected::interval_with_units, cron_field::expression, part}};
        }
        sum_ms += value * unit_ms;
    } while (at < text.size() && !is_blank(text[at]));
    skip_blanks();
    if (at != text.size()) {
        return interval_result{true,
                               {cron_expected::interval_with_units, cron_field::expression, at}};
    }
    return interval_result{std::chrono::milliseconds{sum_ms}};
}

}  // namespace PAWL_ABI
}  // namespace pawl
