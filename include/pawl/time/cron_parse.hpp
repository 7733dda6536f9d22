// SPDX-License-Identifier: BSL-1.0
//
// cron_parse: from the text of a cron expression to its masks, or to an error with a position.
//
// What: the grammar of Cronos (Hangfire's parser), which is a superset of POSIX:
//
//   [second] minute hour day month weekday [year]    5 or 6 fields, by count; 7 by option
//   blanks are spaces and tabs
//   field    = element {"," element}
//   element  = ("*" | "?" | value ["-" value]) ["/" step]
//   a/step runs from a to the field's end; 22-4 wraps around, and its steps go on across the end
//   "H" ["(" value "-" value ")"] ["/" step] is an element too: one value, or the first of a row of
//   steps, chosen by a seed in the options, so that not all jobs come at minute 0
//   values   : second, minute 0-59, hour 0-23, day 1-31, month 1-12 or JAN-DEC,
//              weekday 0-7 or SUN-SAT in any case; 0 and 7 are Sunday (Quartz: 1-7, by option)
//   year     : 1-9999, one value or range, with or without a step; */4: those divisible by 4
//   day      : also L (last), L-3, and, alone in the field, 15W, LW, L-3W (nearest weekday)
//   weekday  : also 2#1 (first Tuesday), 5L or FRIL (last Friday); in a list all of one kind
//   macros   : @yearly @annually @monthly @weekly @daily @midnight @hourly @every_minute
//              @every_second; with a seed, @daily is H H H * * * and so on
//
// Beyond Cronos: years, `*` and H inside a list, H(a-b) as in Jenkins, L in a list of days, lists
// of # with one day or one number.
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
#include <pawl/containers/hash.hpp>
#include <pawl/time/civil.hpp>
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

enum class weekday_numbers : std::uint8_t {
    posix,   // 0-7, 0 and 7 are Sunday
    quartz,  // 1-7, 1 is Sunday
};

// A seed for H from a text, such as the job's name; never 0.
[[nodiscard]] constexpr std::uint32_t cron_seed(std::string_view text) noexcept {
    const std::uint32_t hash = fnv_1a(text);
    return hash != 0 ? hash : 1;
}

struct cron_options {
    day_match days = day_match::both;
    impossible_date impossible = impossible_date::error;
    step_limit steps = step_limit::field;
    gap_rule gaps = gap_rule::real_time;
    weekday_numbers numbers = weekday_numbers::posix;
    bool years = false;      // a 7th field is allowed: the year
    std::uint32_t seed = 0;  // of H, see cron_seed(); 0: there is none, and H is refused

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
            masks_.set(cron_masks::interval);
            if (options_.gaps == gap_rule::cronos) {
                masks_.set(cron_masks::at_gap_end);
            }
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
        bool single;        // one value, not a range or a star
        bool hash = false;  // H: the seed chooses within the range
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
    static constexpr field_kind quartz_weekday_kind{
        cron_field::weekday,    cron_expected::weekday_1_to_7, cron_expected::step_1_to_7, 1, 7, 7,
        "SUNMONTUEWEDTHUFRISAT"};
    static constexpr field_kind year_kind{cron_field::year,
                                          cron_expected::year_1_to_9999,
                                          cron_expected::step_1_to_63,
                                          1,
                                          cron_masks::year_max,
                                          cron_masks::year_max,
                                          {}};

    static constexpr std::uint32_t no_value = ~std::uint32_t{0};

    constexpr void parse_expression() noexcept {
        skip_blanks();
        if (accept('@')) {
            parse_macro();
            return;
        }
        const std::uint32_t fields = count_fields();
        if (error_.code != cron_expected::nothing) {
            return;
        }
        masks_.seconds = 1;
        if ((fields > 5 && !parse_plain(second_kind, masks_.seconds)) ||
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
        const std::size_t year_start = at_;
        if (fields > 6 && !parse_years()) {
            return;
        }
        masks_.hours = hours & cron_masks::all_hours;
        masks_.months = months >> 1 & cron_masks::all_months;
        finish(day_start, weekday_start, year_start);
    }

    // Chooses between AND and OR, once, and finds out which of the short ways the search may take.
    constexpr void finish(std::size_t day_start, std::size_t weekday_start,
                          std::size_t year_start) noexcept {
        if (options_.days != day_match::both && !has_star(day_start, weekday_start)) {
            const bool all_days = masks_.days == cron_masks::all_days;
            const bool all_weekdays =
                masks_.weekdays == cron_masks::all_weekdays && masks_.nths == 0;
            if (all_days || all_weekdays) {
                masks_.days = cron_masks::all_days;  // every day or something: every day
                masks_.weekdays = cron_masks::all_weekdays;
                masks_.nths = 0;
                masks_.last_days = 0;
                masks_.flags = 0;
            } else {
                masks_.set(cron_masks::either_day);
            }
        }
        if (masks_.days == cron_masks::all_days) {
            masks_.last_days = 0;  // *,L is *
        }
        masks_.set_ways();
        if (!masks_.possible()) {
            fail_never(cron_field::day, day_start);
        } else if (!masks_.any_year() && !comes_in_its_years()) {
            fail_never(cron_field::year, year_start);
        }
    }

    constexpr void fail_never(cron_field field, std::size_t start) noexcept {
        never_ = true;
        if (options_.impossible == impossible_date::error) {
            fail(cron_expected::existing_date, field, start);
        }
    }

    // Whether one of the selected years has a day for the expression. The calendar repeats every
    // 400 years, and so does any row of years after at most 400 of them.
    [[nodiscard]] constexpr bool comes_in_its_years() const noexcept {
        std::uint32_t year = masks_.year_at_or_after(1);
        for (std::uint32_t seen = 0; year <= cron_masks::year_max && seen < 400; ++seen) {
            for (std::uint32_t month = 1; month <= 12; ++month) {
                const std::uint32_t first = days_before_month(year, month);
                if ((masks_.months >> (month - 1) & 1) != 0 &&
                    masks_.days_of(month_length(year, month), weekday_from_days(first)) != 0) {
                    return true;
                }
            }
            year = masks_.year_at_or_after(year + 1);
        }
        return false;
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
            masks_.set(cron_masks::nearest_weekday);
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
        masks_.last_days = (offset + 1) & 31;
        return true;
    }

    // Each element is a set of weekdays and a set of numbers behind #. Only a product of the two
    // fits into the masks: one number for several days, or several numbers for one day.
    constexpr bool parse_weekdays() noexcept {
        const std::size_t start = at_;
        const bool quartz = options_.numbers == weekday_numbers::quartz;
        const field_kind& kind = quartz ? quartz_weekday_kind : weekday_kind;
        std::uint64_t bits = 0;
        std::uint32_t nths = 0;
        std::uint64_t pairs = 0;  // seven bits of weekdays for each of #1 to #5 and L
        do {
            const std::size_t element = at_;
            element_range range{};
            if (!parse_range(kind, range)) {
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
            } else if (!parse_step(kind, range, bits)) {
                return false;
            }
            if (nth != 0) {
                if (!range.single) {
                    return fail(cron_expected::one_weekday_before_nth, cron_field::weekday,
                                element);
                }
                bits |= std::uint64_t{1} << range.low;
                pairs |= std::uint64_t{1} << (7 * (nth - 1) + (range.low - kind.first) % 7);
            }
            if (element != start && (nth != 0) != (nths != 0)) {
                return fail(cron_expected::nth_for_all_weekdays, cron_field::weekday, element);
            }
            if (nth != 0) {
                nths |= 1U << (nth - 1);
            }
        } while (accept(','));
        bits = (quartz ? bits >> 1 : bits | bits >> 7) & cron_masks::all_weekdays;
        masks_.weekdays = bits & cron_masks::all_weekdays;
        masks_.nths = nths & cron_masks::all_nths;
        for (std::uint32_t nth = 0; nth < 6 && nths != 0; ++nth) {
            const std::uint64_t days = pairs >> (7 * nth) & cron_masks::all_weekdays;
            if (days != ((nths >> nth & 1) != 0 ? bits : 0)) {
                return fail(cron_expected::same_nth_for_all_weekdays, cron_field::weekday, start);
            }
        }
        return end_field(kind);
    }

    // One element only: that much fits into the masks. * begins at the year 0, which is none, so
    // that */4 are the years which 4 divides.
    constexpr bool parse_years() noexcept {
        element_range range{0, cron_masks::year_max, false};
        const std::size_t start = at_;
        if (!accept('*') && !accept('?')) {
            if (!parse_year(range.low)) {
                return false;
            }
            range.high = range.low;
            range.single = !accept('-');
            if (!range.single && !parse_year(range.high)) {
                return false;
            }
            if (range.high < range.low) {
                return fail(cron_expected::years_in_order, cron_field::year, start);
            }
        }
        std::uint32_t step = 1;
        if (accept('/')) {
            const std::size_t step_start = at_;
            step = parse_number(2);
            if (step == 0 || step > cron_masks::year_step_max) {
                return fail(cron_expected::step_1_to_63, cron_field::year, step_start);
            }
            range.high = range.single ? cron_masks::year_max : range.high;
        }
        if (peek() == ',') {
            return fail(cron_expected::one_year_or_range, cron_field::year, at_);
        }
        range.low = range.low == 0 ? step : range.low;
        const std::uint32_t steps = (range.high - range.low) / step;
        if (range.low != 1 || steps != cron_masks::year_max - 1) {
            masks_.set_years(range.low, range.low + steps * step, steps == 0 ? 1 : step);
        }
        return end_field(year_kind);
    }

    constexpr bool parse_year(std::uint32_t& year) noexcept {
        const std::size_t start = at_;
        year = parse_number(4);
        if (year < 1 || year > cron_masks::year_max) {
            return fail(cron_expected::year_1_to_9999, cron_field::year, start);
        }
        return true;
    }

    constexpr bool parse_range(const field_kind& kind, element_range& range) noexcept {
        if (accept('*') || accept('?')) {
            range = {kind.first, kind.last, false};
            return true;
        }
        if (accept_letter('H')) {
            return parse_hash(kind, range);
        }
        if (!parse_value(kind, range.low)) {
            return false;
        }
        range.high = range.low;
        range.single = !accept('-');
        return range.single || parse_value(kind, range.high);
    }

    // Behind H. The range is the field, but for days that not every month has.
    constexpr bool parse_hash(const field_kind& kind, element_range& range) noexcept {
        if (options_.seed == 0) {
            return fail(cron_expected::seed_for_h, kind.field, at_ - 1);
        }
        range = hash_range(kind);
        const std::size_t start = at_;
        if (!accept('(')) {
            return true;
        }
        if (!parse_value(kind, range.low)) {
            return false;
        }
        if (!accept('-')) {
            return fail(cron_expected::range_for_h, kind.field, start);
        }
        if (!parse_value(kind, range.high)) {
            return false;
        }
        return (accept(')') && range.low <= range.high) ||
               fail(cron_expected::range_for_h, kind.field, start);
    }

    static constexpr element_range hash_range(const field_kind& kind) noexcept {
        const std::uint32_t size = kind.field == cron_field::day ? 28 : kind.size;
        return {kind.first, kind.first + size - 1, false, true};
    }

    // A number below `count`, by the seed and the field. The mixer is Chris Wellons' lowbias32.
    [[nodiscard]] constexpr std::uint32_t chosen_below(std::uint32_t count,
                                                       cron_field field) const noexcept {
        std::uint32_t mixed = options_.seed + 0x9E3779B9U * static_cast<std::uint32_t>(field);
        mixed = (mixed ^ mixed >> 16) * 0x7FEB352DU;
        mixed = (mixed ^ mixed >> 15) * 0x846CA68BU;
        return (mixed ^ mixed >> 16) % count;
    }
    // H of a field as a mask, for macros.
    [[nodiscard]] constexpr std::uint64_t chosen(const field_kind& kind) const noexcept {
        const element_range range = hash_range(kind);
        return std::uint64_t{1} << (range.low +
                                    chosen_below(range.high - range.low + 1, kind.field));
    }

    constexpr bool parse_step(const field_kind& kind, element_range range,
                              std::uint64_t& bits) noexcept {
        std::uint32_t step = 1;
        const std::uint32_t length = range.high - range.low + 1;
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
            if (range.hash) {
                range.low += chosen_below(step < length ? step : length, kind.field);
            }
        } else if (range.hash) {
            range.low += chosen_below(length, kind.field);
            range.high = range.low;
        }
        add(kind, range, step, bits);
        return true;
    }

    static constexpr void add(const field_kind& kind, element_range range, std::uint32_t step,
                              std::uint64_t& bits) noexcept {
        if (range.low <= range.high) {
            bits |= cron_masks::from_to(range.low, range.high, step);
            return;
        }
        range.high += kind.size;
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
            if (accept_word({kind.names.data() + name, 3})) {
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
            masks_.hours = cron_masks::all_hours;
        } else if (is("EVERY_MINUTE")) {
            masks_.hours = cron_masks::all_hours;
            masks_.minutes = sixty_bits;
        } else if (is("EVERY_SECOND")) {
            masks_.hours = cron_masks::all_hours;
            masks_.minutes = sixty_bits;
            masks_.seconds = sixty_bits;
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
        interval_ = masks_.hours == cron_masks::all_hours;
        if (options_.seed != 0) {
            choose_by_seed();
        }
        masks_.set_ways();
    }

    // In a macro, every field that has one value: H.
    constexpr void choose_by_seed() noexcept {
        if (masks_.seconds == 1) {
            masks_.seconds = chosen(second_kind);
        }
        if (masks_.minutes == 1) {
            masks_.minutes = chosen(minute_kind);
        }
        if (masks_.hours == 1) {
            masks_.hours = chosen(hour_kind) & cron_masks::all_hours;
        }
        if (masks_.days == 1) {
            masks_.days = static_cast<std::uint32_t>(chosen(day_kind) >> 1);
        }
        if (masks_.months == 1) {
            masks_.months = chosen(month_kind) >> 1 & cron_masks::all_months;
        }
        if (masks_.weekdays == 1) {
            masks_.weekdays = chosen(weekday_kind) & cron_masks::all_weekdays;
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
                if (!inside && ++fields > (options_.years ? 7 : 6)) {
                    fail(expected_fields(), cron_field::expression, i);
                    return fields;
                }
            }
            inside = !blank;
        }
        if (fields < 5) {
            fail(expected_fields(), cron_field::expression, end);
        }
        return fields;
    }
    [[nodiscard]] constexpr cron_expected expected_fields() const noexcept {
        return options_.years ? cron_expected::five_to_seven_fields
                              : cron_expected::five_or_six_fields;
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

    [[nodiscard]] constexpr bool has_star(std::size_t day_start,
                                          std::size_t weekday_start) const noexcept {
        return options_.days == day_match::vixie
                   ? begins_with_star(day_start) || begins_with_star(weekday_start)
                   : is_star(day_start) || is_star(weekday_start);
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
