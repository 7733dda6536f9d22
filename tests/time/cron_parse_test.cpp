// SPDX-License-Identifier: BSL-1.0
//
// Goal: every kind of wrong text is refused with the right reason at the right byte, and nothing
// that is not in the grammar is accepted. Method: a table of wrong texts; then random bytes, which
// must never crash or be read beyond the end, and every accepted one of which must be made of the
// grammar's characters.
#include "catch.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include <pawl/time/cron.hpp>

namespace {

using pawl::cron_expected;
using pawl::cron_field;

struct wrong_text {
    std::string_view text;
    cron_expected code;
    std::size_t position;
    cron_field field;
};

constexpr wrong_text table[] = {
    // Number of fields: where the missing one should begin, or where one too many begins.
    {"", cron_expected::five_or_six_fields, 0, cron_field::expression},
    {"   ", cron_expected::five_or_six_fields, 3, cron_field::expression},
    {"* * * *", cron_expected::five_or_six_fields, 7, cron_field::expression},
    {"* * * *  ", cron_expected::five_or_six_fields, 7, cron_field::expression},
    {"* * * * * * *", cron_expected::five_or_six_fields, 12, cron_field::expression},
    {"* * * * *\n", cron_expected::comma_or_blank, 9, cron_field::weekday},
    // Seconds.
    {"60 * * * * *", cron_expected::second_0_to_59, 0, cron_field::second},
    {"-1 * * * * *", cron_expected::second_0_to_59, 0, cron_field::second},
    {"1/60 * * * * *", cron_expected::step_1_to_59, 2, cron_field::second},
    {"L * * * * *", cron_expected::second_0_to_59, 0, cron_field::second},
    // Minutes.
    {"60 * * * *", cron_expected::minute_0_to_59, 0, cron_field::minute},
    {"  60 * * * *", cron_expected::minute_0_to_59, 2, cron_field::minute},
    {"100 * * * *", cron_expected::minute_0_to_59, 0, cron_field::minute},
    {"000 * * * *", cron_expected::minute_0_to_59, 0, cron_field::minute},
    {"256 * * * *", cron_expected::minute_0_to_59, 0, cron_field::minute},
    {"4294967296 * * * *", cron_expected::minute_0_to_59, 0, cron_field::minute},
    {"1,60 * * * *", cron_expected::minute_0_to_59, 2, cron_field::minute},
    {"1, * * * *", cron_expected::minute_0_to_59, 2, cron_field::minute},
    {",1 * * * *", cron_expected::minute_0_to_59, 0, cron_field::minute},
    {"1,,2 * * * *", cron_expected::minute_0_to_59, 2, cron_field::minute},
    {"5- * * * *", cron_expected::minute_0_to_59, 2, cron_field::minute},
    {"5-60 * * * *", cron_expected::minute_0_to_59, 2, cron_field::minute},
    {"- * * * *", cron_expected::minute_0_to_59, 0, cron_field::minute},
    {"/ * * * *", cron_expected::minute_0_to_59, 0, cron_field::minute},
    {"/5 * * * *", cron_expected::minute_0_to_59, 0, cron_field::minute},
    {"*/ * * * *", cron_expected::step_1_to_59, 2, cron_field::minute},
    {"*/0 * * * *", cron_expected::step_1_to_59, 2, cron_field::minute},
    {"*/60 * * * *", cron_expected::step_1_to_59, 2, cron_field::minute},
    {"*/100 * * * *", cron_expected::step_1_to_59, 2, cron_field::minute},
    {"1/2147483648 * * * *", cron_expected::step_1_to_59, 2, cron_field::minute},
    {"1/k * * * *", cron_expected::step_1_to_59, 2, cron_field::minute},
    {"1-5/0 * * * *", cron_expected::step_1_to_59, 4, cron_field::minute},
    {"1k * * * *", cron_expected::comma_or_blank, 1, cron_field::minute},
    {"*5 * * * *", cron_expected::comma_or_blank, 1, cron_field::minute},
    {"*-5 * * * *", cron_expected::comma_or_blank, 1, cron_field::minute},
    {"1-5-9 * * * *", cron_expected::comma_or_blank, 3, cron_field::minute},
    {"*/5/5 * * * *", cron_expected::comma_or_blank, 3, cron_field::minute},
    {"5#3 * * * *", cron_expected::comma_or_blank, 1, cron_field::minute},
    {"# * * * *", cron_expected::minute_0_to_59, 0, cron_field::minute},
    {"MON * * * *", cron_expected::minute_0_to_59, 0, cron_field::minute},
    {"0.5 * * * *", cron_expected::comma_or_blank, 1, cron_field::minute},
    {"0~9 * * * *", cron_expected::comma_or_blank, 1, cron_field::minute},
    // Hours.
    {"* 24 * * *", cron_expected::hour_0_to_23, 2, cron_field::hour},
    {"* 8-24 * * *", cron_expected::hour_0_to_23, 4, cron_field::hour},
    {"* 1/24 * * *", cron_expected::step_1_to_23, 4, cron_field::hour},
    {"* * 24 * * *", cron_expected::hour_0_to_23, 4, cron_field::hour},
    // Days of the month.
    {"* * 0 * *", cron_expected::day_1_to_31, 4, cron_field::day},
    {"* * 32 * *", cron_expected::day_1_to_31, 4, cron_field::day},
    {"* * 0-5 * *", cron_expected::day_1_to_31, 4, cron_field::day},
    {"* * 1/32 * *", cron_expected::step_1_to_31, 6, cron_field::day},
    {"* * MON * *", cron_expected::day_1_to_31, 4, cron_field::day},
    {"* * W * *", cron_expected::day_1_to_31, 4, cron_field::day},
    {"* * L-31 * *", cron_expected::last_day_offset_0_to_30, 6, cron_field::day},
    {"* * L- * *", cron_expected::last_day_offset_0_to_30, 6, cron_field::day},
    {"* * L3 * *", cron_expected::comma_or_blank, 5, cron_field::day},
    {"* * L/2 * *", cron_expected::comma_or_blank, 5, cron_field::day},
    {"* * L,L-1 * *", cron_expected::one_last_day, 6, cron_field::day},
    {"* * 1LW * *", cron_expected::comma_or_blank, 5, cron_field::day},
    {"* * 1-2W * *", cron_expected::nearest_weekday_alone, 7, cron_field::day},
    {"* * *W * *", cron_expected::nearest_weekday_alone, 5, cron_field::day},
    {"* * 1,2W * *", cron_expected::nearest_weekday_alone, 7, cron_field::day},
    {"* * 1,LW * *", cron_expected::nearest_weekday_alone, 7, cron_field::day},
    {"* * 2W,1 * *", cron_expected::nearest_weekday_alone, 6, cron_field::day},
    {"* * 1/2W * *", cron_expected::comma_or_blank, 7, cron_field::day},
    {"* * 4#1 * *", cron_expected::comma_or_blank, 5, cron_field::day},
    // Months.
    {"* * * 0 *", cron_expected::month_1_to_12, 6, cron_field::month},
    {"* * * 13 *", cron_expected::month_1_to_12, 6, cron_field::month},
    {"* * * 1/13 *", cron_expected::step_1_to_12, 8, cron_field::month},
    {"* * * JA *", cron_expected::month_1_to_12, 6, cron_field::month},
    {"* * * JANUARY *", cron_expected::comma_or_blank, 9, cron_field::month},
    {"* * * JAN1 *", cron_expected::comma_or_blank, 9, cron_field::month},
    {"* * * FOO *", cron_expected::month_1_to_12, 6, cron_field::month},
    {"* * * JAN-SUN *", cron_expected::month_1_to_12, 10, cron_field::month},
    // Days of the week.
    {"* * * * 8", cron_expected::weekday_0_to_7, 8, cron_field::weekday},
    {"* * * * 3-", cron_expected::weekday_0_to_7, 10, cron_field::weekday},
    {"* * * * 1/8", cron_expected::step_1_to_7, 10, cron_field::weekday},
    {"* * * * SUT", cron_expected::weekday_0_to_7, 8, cron_field::weekday},
    {"* * * * SUNDAY", cron_expected::comma_or_blank, 11, cron_field::weekday},
    {"* * * * L", cron_expected::weekday_0_to_7, 8, cron_field::weekday},
    {"* * * * 5#6", cron_expected::nth_1_to_5, 10, cron_field::weekday},
    {"* * * * 5#0", cron_expected::nth_1_to_5, 10, cron_field::weekday},
    {"* * * * 5#", cron_expected::nth_1_to_5, 10, cron_field::weekday},
    {"* * * * SUN#050", cron_expected::nth_1_to_5, 12, cron_field::weekday},
    {"* * * * *#1", cron_expected::one_weekday_before_nth, 8, cron_field::weekday},
    {"* * * * 1-5#1", cron_expected::one_weekday_before_nth, 8, cron_field::weekday},
    {"* * * * 1-5L", cron_expected::one_weekday_before_nth, 8, cron_field::weekday},
    {"* * * * 1#1,2", cron_expected::nth_for_all_weekdays, 12, cron_field::weekday},
    {"* * * * 2,1#1", cron_expected::nth_for_all_weekdays, 10, cron_field::weekday},
    {"* * * * 1#1,2#2", cron_expected::same_nth_for_all_weekdays, 8, cron_field::weekday},
    {"* * * * 1#1/2", cron_expected::comma_or_blank, 11, cron_field::weekday},
    {"* * * * * 8", cron_expected::weekday_0_to_7, 10, cron_field::weekday},
    // Macros.
    {"@", cron_expected::known_macro, 0, cron_field::expression},
    {"@invalid", cron_expected::known_macro, 0, cron_field::expression},
    {"  @yearl", cron_expected::known_macro, 2, cron_field::expression},
    {"@yearlyy", cron_expected::known_macro, 0, cron_field::expression},
    {"@yearly !", cron_expected::known_macro, 8, cron_field::expression},
    {"@ daily", cron_expected::known_macro, 0, cron_field::expression},
    {"@@daily", cron_expected::known_macro, 0, cron_field::expression},
    {"@every_hour", cron_expected::known_macro, 0, cron_field::expression},
    {"@every 90s", cron_expected::calendar_not_interval, 0, cron_field::expression},
    {" @Every 5m", cron_expected::calendar_not_interval, 1, cron_field::expression},
    {"@reboot", cron_expected::calendar_not_reboot, 0, cron_field::expression},
    // Dates that never come.
    {"0 0 31 2 *", cron_expected::existing_date, 4, cron_field::day},
    {"0 0 30-31 FEB *", cron_expected::existing_date, 4, cron_field::day},
    {"0 0 0 31 4,6,9,11 *", cron_expected::existing_date, 6, cron_field::day},
    {"0 0 1-7 * SUN#2", cron_expected::existing_date, 4, cron_field::day},
};

constexpr bool whole_table_holds() {
    for (const wrong_text& line : table) {
        const pawl::cron_result result = pawl::cron::parse(line.text);
        if (result || result.error() != pawl::cron_error{line.code, line.field, line.position}) {
            return false;
        }
    }
    return true;
}

// The same while compiling: parse() reads no byte too many, or this would not be constant.
static_assert(whole_table_holds());

}  // namespace

TEST_CASE("wrong texts are refused with reason, byte and field") {
    for (const wrong_text& line : table) {
        const pawl::cron_result result = pawl::cron::parse(line.text);
        INFO("text: '" << line.text << "', got: " << result.error().message() << " at "
                       << result.error().position);
        CHECK_FALSE(result);
        CHECK(result.error().code == line.code);
        CHECK(result.error().position == line.position);
        CHECK(result.error().field == line.field);
        CHECK(result.error().message().substr(0, 9) == "expected ");
    }
}

TEST_CASE("every code has its own sentence") {
    const auto last = static_cast<int>(cron_expected::existing_date);
    for (int code = 0; code <= last; ++code) {
        const std::string_view message =
            pawl::cron_error{static_cast<cron_expected>(code), {}, 0}.message();
        CHECK_FALSE(message.empty());
        CHECK(message != "unknown error");
        CHECK(message.data()[message.size()] == '\0');
        for (int other = 0; other < code; ++other) {
            CHECK(message != pawl::cron_error{static_cast<cron_expected>(other), {}, 0}.message());
        }
    }
}

TEST_CASE("steps beyond the field are accepted by option only") {
    const pawl::cron_options any{.steps = pawl::step_limit::any};
    CHECK(pawl::cron::parse("*/60 * * * *", any));
    CHECK(pawl::cron::parse("*/999 * * * *", any));
    const pawl::cron_result zero = pawl::cron::parse("*/0 * * * *", any);
    CHECK(zero.error() ==
          pawl::cron_error{cron_expected::step_of_1_or_more, cron_field::minute, 2});
    CHECK_FALSE(pawl::cron::parse("*/1000 * * * *", any));
}

TEST_CASE("random bytes are refused or made of the grammar's characters") {
    const auto seed = static_cast<std::uint32_t>(std::random_device{}());
    INFO("seed: " << seed);
    std::mt19937 random{seed};
    constexpr std::string_view likely = "0123456789*,-/?LW#@ \tJANmonSUN";
    int accepted = 0;
    for (int round = 0; round < 200000; ++round) {
        // Exactly as long as the text, so that a sanitizer sees a read behind it.
        const std::size_t size = random() % 24;
        const std::unique_ptr<char[]> text{new char[size]};
        const bool right_form = random() % 2 == 0;
        for (std::size_t i = 0; i < size; ++i) {
            text[i] = random() % 16 == 0 ? static_cast<char>(random() % 256)
                                         : likely[random() % likely.size()];
            if (right_form && i % 2 == 1) {
                text[i] = ' ';
            }
        }
        const std::string_view view{text.get(), size};
        const pawl::cron_result result = pawl::cron::parse(view);
        if (result) {
            ++accepted;
            for (const char c : view) {
                const bool known = likely.find(c) != std::string_view::npos ||
                                   (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
                REQUIRE(known);
            }
        } else {
            REQUIRE(result.error().position <= size);
        }
    }
    CHECK(accepted > 10);
}
