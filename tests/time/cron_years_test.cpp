// SPDX-License-Identifier: BSL-1.0
//
// Goal: the field of years selects one year, a range or steps, in both directions, to both ends of
// time, and what never comes in its years is known as such. Method: constant expressions; then
// random expressions with random years against the same expression without years, asked year by
// year. The seed is printed when something differs.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include <pawl/time/cron.hpp>

#include "oracles/cron_generator.hpp"

namespace {

using namespace std::chrono_literals;
using pawl::cron_expected;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

constexpr pawl::cron_options with_years{.years = true};

constexpr sys_seconds at(int year, unsigned month, unsigned day, int hour = 0) {
    return sys_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)} +
           std::chrono::hours{hour};
}

constexpr auto once = pawl::checked_cron<"0 0 12 24 12 * 2026", with_years>();
static_assert(once.next(at(2000, 1, 1)) == at(2026, 12, 24, 12));
static_assert(once.next(at(2026, 12, 24, 12)) == std::nullopt);
static_assert(once.prev(at(9999, 1, 1)) == at(2026, 12, 24, 12));
static_assert(once.prev(at(2026, 12, 24, 12)) == std::nullopt);
static_assert(sizeof once == (pawl::cron_is_compact ? 40 : 32));

constexpr auto olympic = pawl::checked_cron<"0 0 0 1 1 ? 2024-2036/4", with_years>();
static_assert(olympic.next(at(2024, 1, 1)) == at(2028, 1, 1));
static_assert(olympic.next(at(2036, 1, 1)) == std::nullopt);
static_assert(olympic.prev(at(2027, 1, 1)) == at(2024, 1, 1));
static_assert(olympic.prev(at(2024, 1, 1)) == std::nullopt);

// A star begins at the year 0: every fourth year is one that 4 divides.
constexpr auto fourth = pawl::checked_cron<"0 0 0 1 1 * */4", with_years>();
static_assert(fourth.next(at(2025, 1, 1)) == at(2028, 1, 1));
static_assert(fourth == pawl::checked_cron<"0 0 0 1 1 * 4-9999/4", with_years>());
static_assert(fourth.prev(at(4, 1, 1)) == std::nullopt);
static_assert(fourth.next(at(9996, 1, 1)) == std::nullopt);

// All years are no years.
static_assert(pawl::checked_cron<"0 0 0 1 1 * *", with_years>() ==
              pawl::checked_cron<"0 0 0 1 1 *">());
static_assert(pawl::checked_cron<"0 0 0 1 1 * 1-9999", with_years>() ==
              pawl::checked_cron<"0 0 0 1 1 * ?/1", with_years>());
static_assert(pawl::checked_cron<"0 0 0 1 1 * 2020-2023/9", with_years>() ==
              pawl::checked_cron<"0 0 0 1 1 * 2020", with_years>());
// Five and six fields are as before.
static_assert(pawl::checked_cron<"30 9 * * *", with_years>() == pawl::checked_cron<"30 9 * * *">());

constexpr pawl::cron_error error_of(std::string_view text,
                                    pawl::cron_options options = with_years) {
    return pawl::cron::parse(text, options).error();
}
static_assert(error_of("0 0 0 1 1 * 2026", {}).code == cron_expected::five_or_six_fields);
static_assert(error_of("0 0 0 1 1 * 2026 x").code == cron_expected::five_to_seven_fields);
static_assert(error_of("0 0 0 1 1 * 0") ==
              pawl::cron_error{cron_expected::year_1_to_9999, pawl::cron_field::year, 12});
static_assert(error_of("0 0 0 1 1 * 10000").code == cron_expected::year_1_to_9999);
static_assert(error_of("0 0 0 1 1 * 2026-").code == cron_expected::year_1_to_9999);
static_assert(error_of("0 0 0 1 1 * 2026,2027") ==
              pawl::cron_error{cron_expected::one_year_or_range, pawl::cron_field::year, 16});
static_assert(error_of("0 0 0 1 1 * 2027-2026").code == cron_expected::years_in_order);
static_assert(error_of("0 0 0 1 1 * */64").code == cron_expected::step_1_to_63);
static_assert(error_of("0 0 0 1 1 * */0").code == cron_expected::step_1_to_63);
static_assert(error_of("0 0 0 1 1 * 2026x").code == cron_expected::comma_or_blank);
// No leap year among them; and 29 February 2027 is in no year at all.
static_assert(error_of("0 0 0 29 2 * 2025-2027") ==
              pawl::cron_error{cron_expected::existing_date, pawl::cron_field::year, 13});
static_assert(error_of("0 0 0 29 2 * 2001/4").code == cron_expected::existing_date);
static_assert(error_of("0 0 0 29 2 MON 2026-2043").code == cron_expected::existing_date);
static_assert(error_of("0 0 0 29 2 MON 2026-2044").code == cron_expected::nothing);
static_assert(pawl::cron::parse("0 0 0 29 2 * 2027",
                                {.impossible = pawl::impossible_date::never, .years = true})
                  ->never_comes());

struct year_set {
    int first = 1;
    int last = 9999;
    int step = 1;
    [[nodiscard]] bool has(int year) const {
        return year >= first && year <= last && (year - first) % step == 0;
    }
};

int year_of(sys_seconds time) {
    return static_cast<int>(
        std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(time)}.year());
}

// The expression without years, asked in each selected year.
std::optional<sys_seconds> next_by_years(const pawl::cron& base, const year_set& years,
                                         sys_seconds time) {
    for (int year = year_of(time); year <= 9999; ++year) {
        if (years.has(year)) {
            const auto found = base.next(std::max(time, at(year, 1, 1) - 1s));
            if (found && year_of(*found) == year) {
                return found;
            }
        }
    }
    return std::nullopt;
}
std::optional<sys_seconds> prev_by_years(const pawl::cron& base, const year_set& years,
                                         sys_seconds time) {
    for (int year = year_of(time); year >= 1; --year) {
        if (years.has(year)) {
            const auto found = base.prev(std::min(time, at(year, 12, 31, 24)));
            if (found && year_of(*found) == year) {
                return found;
            }
        }
    }
    return std::nullopt;
}

}  // namespace

TEST_CASE("random expressions with years agree with the same ones asked year by year") {
    const auto seed = static_cast<std::uint32_t>(std::random_device{}());
    INFO("seed: " << seed);
    std::mt19937 random{seed};
    oracle::cron_generator generator{random};
    const auto below = [&](std::uint32_t end) { return static_cast<int>(random() % end); };
    int compared = 0;
    int empty = 0;
    for (int round = 0; round < 3000; ++round) {
        const std::string base_text = generator.expression();
        const pawl::cron_result base = pawl::cron::parse(base_text);
        if (!base) {
            continue;
        }
        year_set years;
        std::string field = "*";
        switch (below(4)) {
            case 0:
                years.first = years.last = 1990 + below(100);
                field = std::to_string(years.first);
                break;
            case 1:
                years.first = below(3) == 0 ? 1 + below(9000) : 1990 + below(50);
                years.last = std::min(9999, years.first + below(120));
                field = std::to_string(years.first) + "-" + std::to_string(years.last);
                break;
            case 2:
                years.first = 1900 + below(200);
                field = std::to_string(years.first);
                break;
            default: break;
        }
        if (field == "*" || years.first != years.last || below(2) == 0) {
            years.step = 1 + below(63);
            field += "/" + std::to_string(years.step);
            years.last = field.find('-') == std::string::npos ? 9999 : years.last;
            years.first = field[0] == '*' ? years.step : years.first;
        }
        std::size_t fields = 0;
        bool inside = false;
        for (const char c : base_text) {
            const bool blank = c == ' ' || c == '\t';
            fields += !blank && !inside ? 1U : 0U;
            inside = !blank;
        }
        const std::string text = (fields == 5 ? "0 " : "") + base_text + " " + field;
        const pawl::cron_result parsed = pawl::cron::parse(text, with_years);
        INFO("expression '" << text << "'");
        if (!parsed) {
            REQUIRE(parsed.error().code == cron_expected::existing_date);
            REQUIRE(next_by_years(*base, years, at(1, 1, 1)) == std::nullopt);
            ++empty;
            continue;
        }
        for (int step = 0; step < 4; ++step) {
            const sys_seconds from = at(1 + below(9999), 1, 1) + std::chrono::hours{below(8760)};
            const sys_seconds near = at(1980 + below(150), 1, 1) + std::chrono::hours{below(8760)};
            for (const sys_seconds time : {from, near}) {
                INFO("from " << time.time_since_epoch().count());
                REQUIRE(parsed->next(time) == next_by_years(*base, years, time));
                REQUIRE(parsed->prev(time) == prev_by_years(*base, years, time));
            }
        }
        ++compared;
    }
    CHECK(compared > 1500);
    CHECK(empty > 5);
}
