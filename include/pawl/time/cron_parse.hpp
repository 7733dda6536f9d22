// SPDX-License-Identifier: BSL-1.0
//
// cron_parse: from the text of a cron expression to its masks, or to an error with a position.
//
// What: the grammar of Cronos (Hangfire's parser), which is a superset of POSIX:
//
//   [second] minute hour day month weekday     5 or 6 fields, by count; blanks are spaces and tabs
//   field    = element {"," element}
//   element  = ("*" | "?" | value ["-" value]) ["/" step]
//   a/step runs from a to the field's end; 22-4 wraps around, and its steps go on across the end
//   values   : second, minute 0-59, hour 0-23, day 1-31, month 1-12 or JAN-DEC,
//              weekday 0-7 or SUN-SAT in any case; 0 and 7 are Sunday
//   day      : also L (last), L-3, and, alone in the field, 15W, LW, L-3W (nearest weekday)
//   weekday  : also 2#1 (first Tuesday), 5L or FRIL (last Friday); in a list all of one kind
//   macros   : @yearly @annually @monthly @weekly @daily @midnight @hourly @every_minute
//              @every_second
//
// Beyond Cronos: `*` inside a list, L in a list of days, lists of # with one day or one number.
//
// Why by hand: the parser runs inside the compiler too, where it must be short on steps, and it has
// to say where and why it stopped.
//
// Cost: one pass to count the fields, one to read them; no memory. constexpr, noexcept: any caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/time/cron_error.hpp>
#include <pawl/time/cron_masks.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// How a day of the month and a day of the week go together when both are given.
enum class day_match : std::uint8_t {
    both,    // AND: 0 0 13 * FRI is Friday the 13th. Cronos, Hangfire.
    either,  // OR, unless one of them is * or ?: the 13th and every Friday. POSIX.
    vixie,  // OR, unless one of them begins with * or ?, as */2 does: cron of Debian, Red Hat, BSD.
};

enum class impossible_date : std::uint8_t {
    error,  // 0 0 31 2 * is refused with cron_expected::existing_date
    never,  // 0 0 31 2 * is an expression that never comes
};

enum class step_limit : std::uint8_t {
    field,  // at most the field's last value: */90 is a mistake, cron counts within the hour
    any,    // any step, as in system crontabs: */60 is minute 0
};

// What an interval (*, a range or a step in second, minute or hour) does when a zone's clock is set
// forward over some of its times. Fixed times come once at the end of the gap, always.
enum class gap_rule : std::uint8_t {
    real_time,  // nothing: the next one comes when the clock shows it. Vixie.
    cronos,     // one comes at the end of the gap. Cronos, Hangfire.
};

struct cron_options {
    day_match days = day_match::both;
    impossible_date impossible = impossible_date::error;
    step_limit steps = step_limit::field;
    gap_rule gaps = gap_rule::real_time;

    friend constexpr bool operator==(const cron_options&, const cron_options&) noexcept = default;
};

struct cron_parsed {
    cron_masks masks{};
    cron_error error{};
};

class cron_parser {
public:
    constexpr cron_parser(std::string_view text, cron_options options) noexcept
        : text_{text}, options_{options} {}

    constexpr cron_parsed parse() noexcept {
        parse_expression();
        if (error_.code != cron_expected::nothing) {
            return {{}, error_};
        }
        if (never_) {
            return {};
        }
        if (interval_) {
            masks_.flags |= cron_masks::interval;
            masks_.flags |= options_.gaps == gap_rule::cronos ? cron_masks::at_gap_end : 0U;
        }
        return {masks_, {}};
    }

private:
    struct field_kind {
        cron_field field;
        cron_expected value;
        cron_expected step;
        std::uint32_t first;
        std::uint32_t last;
        std::uint32_t size;  // of the cycle: 7 days, though weekdays are numbered 0 to 7
        std::string_view names;
    };
    struct element_range {
        std::uint32_t low;
        std::uint32_t high;
        bool single;  // one value, not a range or a star
    };

    static constexpr field_kind second_kind{cron_field::second,
                                            cron_expected::second_0_to_59,
                                            cron_expected::step_1_to_59,
                                            0,
                                            59,
                                            60,
                                            {}};
    static constexpr field_kind minute_kind{cron_field::minute,
                                            cron_expected::minute_0_to_59,
                                            cron_expected::step_1_to_59,
                                            0,
                                            59,
                                            60,
                                            {}};
    static constexpr field_kind hour_kind{
        cron_field::hour, cron_expected::hour_0_to_23, cron_expected::step_1_to_23, 0, 23, 24, {}};
    static constexpr field_kind day_kind{
        cron_field::day, cron_expected::day_1_to_31, cron_expected::step_1_to_31, 1, 31, 31, {}};
    static constexpr field_kind month_kind{cron_field::month,
                                           cron_expected::month_1_to_12,
                                           cron_expected::step_1_to_12,
                                           1,
                                           12,
                                           12,
                                           "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"};
    static constexpr field_kind weekday_kind{
        cron_field::weekday,    cron_expected::weekday_0_to_7, cron_expected::step_1_to_7, 0, 7, 7,
        "SUNMONTUEWEDTHUFRISAT"};

    static constexpr std::uint32_t no_value = ~std::uint32_t{0};

    constexpr void parse_expression() noexcept {
        skip_blanks();
        if (accept('@')) {
            parse_macro();
            return;
        }
        const std::uint32_t fields = count_fields();
        if (fields < 5 || fields > 6) {
            return;
        }
        masks_.seconds = 1;
        if ((fields == 6 && !parse_plain(second_kind, masks_.seconds)) ||
            !parse_plain(minute_kind, masks_.minutes)) {
            return;
        }
        std::uint64_t hours = 0;
        std::uint64_t months = 0;
        if (!parse_plain(hour_kind, hours)) {
            return;
        }
        const std::size_t day_start = at_;
        if (!parse_days() || !parse_plain(month_kind, months)) {
            return;
        }
        const std::size_t weekday_start = at_;
        if (!parse_weekdays()) {
            return;
        }
        masks_.hours = static_cast<std::uint32_t>(hours);
        masks_.months = static_cast<std::uint16_t>(months >> 1);
        finish(day_start, weekday_start);
    }

    // Chooses between AND and OR, once, and finds out which of the short ways the search may take.
    constexpr void finish(std::size_t day_start, std::size_t weekday_start) noexcept {
        const bool star = options_.days == day_match::vixie
                              ? begins_with_star(day_start) || begins_with_star(weekday_start)
                              : is_star(day_start) || is_star(weekday_start);
        const bool all_days = masks_.days == cron_masks::all_days;
        const bool all_weekdays = masks_.weekdays == cron_masks::all_weekdays && masks_.nths == 0;
        if (options_.days != day_match::both && !star) {
            if (all_days || all_weekdays) {
                masks_.days = cron_masks::all_days;  // every day or something: every day
                masks_.weekdays = cron_masks::all_weekdays;
                masks_.nths = 0;
                masks_.last_days = 0;
                masks_.flags = 0;
            } else {
                masks_.flags |= cron_masks::either_day;
            }
        }
        if (masks_.days == cron_masks::all_days) {
            masks_.last_days = 0;  // *,L is *
        }
        if (masks_.nths == 0 && masks_.last_days == 0 && masks_.flags == 0) {
            masks_.flags |= cron_masks::plain;
            if (masks_.days == cron_masks::all_days &&
                masks_.weekdays == cron_masks::all_weekdays &&
                masks_.months == cron_masks::all_months) {
                masks_.flags |= cron_masks::every_day;
            }
        }
        if (!masks_.possible()) {
            if (options_.impossible == impossible_date::error) {
                fail(cron_expected::existing_date, cron_field::day, day_start);
            }
            never_ = true;
        }
    }

    constexpr bool parse_plain(const field_kind& kind, std::uint64_t& bits) noexcept {
        bits = 0;
        do {
            element_range range{};
            if (!parse_range(kind, range)) {
                return false;
            }
            const bool listed = range.single && peek() != '/';
            std::uint64_t element = 0;
            if (!parse_step(kind, range, element)) {
                return false;
            }
            bits |= element;
            // Of several values: 5-5, or */60 by option, is a fixed time.
            interval_ = interval_ || (kind.field <= cron_field::hour && !listed &&
                                      (element & (element - 1)) != 0);
        } while (accept(','));
        return end_field(kind);
    }

    constexpr bool parse_days() noexcept {
        const std::size_t start = at_;
        std::uint64_t bits = 0;
        bool nearest = false;
        bool list = false;
        do {
            list = at_ != start;
            if (accept_letter('L')) {
                if (!parse_last_day()) {
                    return false;
                }
            } else {
                element_range range{};
                if (!parse_range(day_kind, range)) {
                    return false;
                }
                if (peek() != 'W' && peek() != 'w') {
                    if (!parse_step(day_kind, range, bits)) {
                        return false;
                    }
                    continue;
                }
                if (!range.single) {
                    return fail(cron_expected::nearest_weekday_alone, cron_field::day, at_);
                }
                bits |= std::uint64_t{1} << range.low;
            }
            if (peek() == 'W' || peek() == 'w') {
                if (list) {
                    return fail(cron_expected::nearest_weekday_alone, cron_field::day, at_);
                }
                ++at_;
                nearest = true;
            }
            if (nearest && peek() == ',') {
                return fail(cron_expected::nearest_weekday_alone, cron_field::day, at_);
            }
        } while (accept(','));
        masks_.days = static_cast<std::uint32_t>(bits >> 1);
        if (nearest) {
            masks_.flags |= cron_masks::nearest_weekday;
        }
        return end_field(day_kind);
    }

    constexpr bool parse_last_day() noexcept {
        if (masks_.last_days != 0) {
            return fail(cron_expected::one_last_day, cron_field::day, at_ - 1);
        }
        std::uint32_t offset = 0;
        if (accept('-')) {
            const std::size_t start = at_;
            offset = parse_number(2);
            if (offset > 30) {
                return fail(cron_expected::last_day_offset_0_to_30, cron_field::day, start);
            }
        }
        masks_.last_days = static_cast<std::uint8_t>(offset + 1);
        return true;
    }

    // Each element is a set of weekdays and a set of numbers behind #. Only a product of the two
    // fits into the masks: one number for several days, or several numbers for one day.
    constexpr bool parse_weekdays() noexcept {
        const std::size_t start = at_;
        std::uint64_t bits = 0;
        std::uint64_t pairs = 0;  // seven bits of weekdays for each of #1 to #5 and L
        do {
            const std::size_t element = at_;
            element_range range{};
            if (!parse_range(weekday_kind, range)) {
                return false;
            }
            std::uint32_t nth = 0;
            if (accept('#')) {
                const std::size_t number = at_;
                nth = parse_number(2);
                if (nth < 1 || nth > 5) {
                    return fail(cron_expected::nth_1_to_5, cron_field::weekday, number);
                }
            } else if (accept_letter('L')) {
                nth = 6;
            } else if (!parse_step(weekday_kind, range, bits)) {
                return false;
            }
            if (nth != 0) {
                if (!range.single) {
                    return fail(cron_expected::one_weekday_before_nth, cron_field::weekday,
                                element);
                }
                bits |= std::uint64_t{1} << range.low;
                pairs |= std::uint64_t{1} << (7 * (nth - 1) + range.low % 7);
            }
            if (element != start && (nth != 0 ? masks_.nths == 0 : masks_.nths != 0)) {
                return fail(cron_expected::nth_for_all_weekdays, cron_field::weekday, element);
            }
            if (nth != 0) {
                masks_.nths |= static_cast<std::uint8_t>(1U << (nth - 1));
            }
        } while (accept(','));
        masks_.weekdays = static_cast<std::uint8_t>((bits | bits >> 7) & cron_masks::all_weekdays);
        for (std::uint32_t nth = 0; nth < 6 && masks_.nths != 0; ++nth) {
            const std::uint64_t days = pairs >> (7 * nth) & cron_masks::all_weekdays;
            if (days != ((masks_.nths >> nth & 1) != 0 ? masks_.weekdays : 0)) {
                return fail(cron_expected::same_nth_for_all_weekdays, cron_field::weekday, start);
            }
        }
        return end_field(weekday_kind);
    }

    constexpr bool parse_range(const field_kind& kind, element_range& range) noexcept {
        if (accept('*') || accept('?')) {
            range = {kind.first, kind.last, false};
            return true;
        }
        if (!parse_value(kind, range.low)) {
            return false;
        }
        range.high = range.low;
        range.single = !accept('-');
        return range.single || parse_value(kind, range.high);
    }

    constexpr bool parse_step(const field_kind& kind, element_range range,
                              std::uint64_t& bits) noexcept {
        std::uint32_t step = 1;
        if (accept('/')) {
            const std::size_t start = at_;
            const bool any = options_.steps == step_limit::any;
            step = parse_number(any ? 3 : 2);
            if (step == 0 || step > (any ? 999 : kind.last)) {
                return fail(any ? cron_expected::step_of_1_or_more : kind.step, kind.field, start);
            }
            if (range.single) {
                range.high = kind.last;
            }
        }
        add(kind, range, step, bits);
        return true;
    }

    static constexpr void add(const field_kind& kind, element_range range, std::uint32_t step,
                              std::uint64_t& bits) noexcept {
        if (range.low > range.high) {
            range.high += kind.size;
        } else if (step == 1) {
            bits |= (std::uint64_t{2} << range.high) - (std::uint64_t{1} << range.low);
            return;
        }
        const std::uint32_t end = kind.first + kind.size;
        for (std::uint32_t value = range.low; value <= range.high; value += step) {
            bits |= std::uint64_t{1} << (value >= end ? value - kind.size : value);
        }
    }

    constexpr bool parse_value(const field_kind& kind, std::uint32_t& value) noexcept {
        const std::size_t start = at_;
        value = parse_number(2);
        if (value == no_value && at_ == start && !kind.names.empty()) {
            value = parse_name(kind);
        }
        if (value == no_value || value < kind.first || value > kind.last) {
            return fail(kind.value, kind.field, start);
        }
        return true;
    }

    // A number of 1 to `digits` digits; no_value if there is none or if it is longer.
    constexpr std::uint32_t parse_number(std::uint32_t digits) noexcept {
        std::uint32_t value = no_value;
        for (std::uint32_t count = 0; peek() >= '0' && peek() <= '9'; ++at_) {
            if (++count > digits) {
                return no_value;
            }
            value = (count == 1 ? 0 : value * 10) + static_cast<std::uint32_t>(peek() - '0');
        }
        return value;
    }

    constexpr std::uint32_t parse_name(const field_kind& kind) noexcept {
        for (std::size_t name = 0; name < kind.names.size(); name += 3) {
            if (accept_word(kind.names.substr(name, 3))) {
                return kind.first + static_cast<std::uint32_t>(name / 3);
            }
        }
        return no_value;
    }

    constexpr void parse_macro() noexcept {
        const std::size_t start = at_ - 1;
        const auto is = [this](std::string_view word) {
            const std::size_t saved = at_;
            if (accept_word(word) && (at_ == text_.size() || is_blank(text_[at_]))) {
                return true;
            }
            at_ = saved;
            return false;
        };
        masks_ = {.seconds = 1,
                  .minutes = 1,
                  .hours = 1,
                  .days = cron_masks::all_days,
                  .months = cron_masks::all_months,
                  .weekdays = cron_masks::all_weekdays};
        if (is("YEARLY") || is("ANNUALLY")) {
            masks_.days = 1;
            masks_.months = 1;
        } else if (is("MONTHLY")) {
            masks_.days = 1;
        } else if (is("WEEKLY")) {
            masks_.weekdays = 1;
        } else if (is("HOURLY")) {
            masks_.hours = 0xffffff;
            interval_ = true;
        } else if (is("EVERY_MINUTE") || is("EVERY_SECOND")) {
            masks_.hours = 0xffffff;
            interval_ = true;
            masks_.minutes = sixty_bits;
            masks_.seconds = text_[at_ - 1] == 'd' || text_[at_ - 1] == 'D' ? sixty_bits : 1;
        } else if (is("REBOOT")) {
            fail(cron_expected::calendar_not_reboot, cron_field::expression, start);
            return;
        } else if (is("EVERY")) {
            fail(cron_expected::calendar_not_interval, cron_field::expression, start);
            return;
        } else if (!is("DAILY") && !is("MIDNIGHT")) {
            fail(cron_expected::known_macro, cron_field::expression, start);
            return;
        }
        skip_blanks();
        if (at_ != text_.size()) {
            fail(cron_expected::known_macro, cron_field::expression, at_);
            return;
        }
        masks_.flags = cron_masks::plain;
        if (masks_.days == cron_masks::all_days && masks_.weekdays == cron_masks::all_weekdays) {
            masks_.flags |= cron_masks::every_day;
        }
    }

    // Counts from here to the end, and fails where a field is missing or begins too many.
    constexpr std::uint32_t count_fields() noexcept {
        std::uint32_t fields = 0;
        std::size_t end = at_;
        bool inside = false;
        for (std::size_t i = at_; i < text_.size(); ++i) {
            const bool blank = is_blank(text_[i]);
            if (!blank) {
                end = i + 1;
                if (!inside && ++fields > 6) {
                    fail(cron_expected::five_or_six_fields, cron_field::expression, i);
                    return fields;
                }
            }
            inside = !blank;
        }
        if (fields < 5) {
            fail(cron_expected::five_or_six_fields, cron_field::expression, end);
        }
        return fields;
    }

    constexpr bool end_field(const field_kind& kind) noexcept {
        if (at_ != text_.size() && !is_blank(text_[at_])) {
            return fail(cron_expected::comma_or_blank, kind.field, at_);
        }
        skip_blanks();
        return true;
    }

    constexpr bool fail(cron_expected code, cron_field field, std::size_t position) noexcept {
        error_ = {code, field, position};
        return false;
    }

    [[nodiscard]] constexpr bool begins_with_star(std::size_t start) const noexcept {
        return text_[start] == '*' || text_[start] == '?';
    }
    [[nodiscard]] constexpr bool is_star(std::size_t start) const noexcept {
        return begins_with_star(start) && (start + 1 == text_.size() || is_blank(text_[start + 1]));
    }
    static constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
    static constexpr char upper(char c) noexcept {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
    }
    [[nodiscard]] constexpr char peek() const noexcept {
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    constexpr bool accept(char c) noexcept {
        if (at_ == text_.size() || text_[at_] != c) {
            return false;
        }
        ++at_;
        return true;
    }
    constexpr bool accept_letter(char c) noexcept {
        if (upper(peek()) != c) {
            return false;
        }
        ++at_;
        return true;
    }
    constexpr bool accept_word(std::string_view word) noexcept {
        if (text_.size() - at_ < word.size()) {
            return false;
        }
        for (std::size_t i = 0; i < word.size(); ++i) {
            if (upper(text_[at_ + i]) != word[i]) {
                return false;
            }
        }
        at_ += word.size();
        return true;
    }
    constexpr void skip_blanks() noexcept {
        while (at_ != text_.size() && is_blank(text_[at_])) {
            ++at_;
        }
    }

    static constexpr std::uint64_t sixty_bits = (std::uint64_t{1} << 60) - 1;

    std::string_view text_;
    cron_options options_;
    std::size_t at_ = 0;
    cron_masks masks_{};
    cron_error error_{};
    bool never_ = false;
    bool interval_ = false;
};

}  // namespace PAWL_ABI
}  // namespace pawl
