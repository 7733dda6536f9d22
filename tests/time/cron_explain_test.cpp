// SPDX-License-Identifier: BSL-1.0
//
// Goal: whoever wrote a wrong expression reads at once what is wrong, and a hostile text does no
// harm where the line is shown. Method: a wrong text for every code there is, with the whole
// sentence; texts of control characters, broken UTF-8 and endless words; random bytes, after which
// the line must be of characters that can be seen, and the column must be right.
#include "catch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include <pawl/time/cron.hpp>
#include <pawl/time/cron_explain.hpp>
#include <pawl/time/interval_text.hpp>

namespace {

using namespace std::string_view_literals;
using pawl::cron_error;
using pawl::cron_expected;
using pawl::cron_options;

constexpr cron_options defaults{};
constexpr cron_options any_step{.steps = pawl::step_limit::any};
constexpr cron_options quartz{.numbers = pawl::weekday_numbers::quartz};
constexpr cron_options years{.years = true};
constexpr cron_options seeded{.seed = 1};

struct line {
    std::string_view text;
    cron_expected code;
    std::string_view sentence;
    cron_options options = defaults;
};

// clang-format off
constexpr line table[] = {
    {"* * * *", cron_expected::five_or_six_fields,
     "the end of the text at column 8: expected 5 or 6 fields"},
    {"* * * * * * 2026", cron_expected::five_or_six_fields,
     "2026 at column 13: expected 5 or 6 fields"},
    {" ", cron_expected::five_or_six_fields,
     "the end of the text at column 2: expected 5 or 6 fields"},
    {"* * * * * * * 1-2,3", cron_expected::five_to_seven_fields,
     "1-2,3 at column 15: expected 5 to 7 fields", years},
    {"60 * * * * *", cron_expected::second_0_to_59, "second 60 at column 1: expected 0-59"},
    {"60 * * * *", cron_expected::minute_0_to_59, "minute 60 at column 1: expected 0-59"},
    {"1,,2 * * * *", cron_expected::minute_0_to_59,
     "minute at a comma, column 3: expected 0-59"},
    {"5- * * * *", cron_expected::minute_0_to_59, "minute at a blank, column 3: expected 0-59"},
    {"-1 * * * *", cron_expected::minute_0_to_59, "minute -1 at column 1: expected 0-59"},
    {"* 8-24 * * *", cron_expected::hour_0_to_23, "hour 24 at column 5: expected 0-23"},
    {"* * 0 * *", cron_expected::day_1_to_31, "day 0 at column 5: expected 1-31 or L"},
    {"* * * JA *", cron_expected::month_1_to_12, "month JA at column 7: expected 1-12 or JAN-DEC"},
    {"* * * * 3-", cron_expected::weekday_0_to_7,
     "weekday at the end of the text, column 11: expected 0-7 or SUN-SAT"},
    {"* * * * 0", cron_expected::weekday_1_to_7,
     "weekday 0 at column 9: expected 1-7 or SUN-SAT", quartz},
    {"* * * * * * 10000", cron_expected::year_1_to_9999,
     "year 10000 at column 13: expected 1-9999", years},
    {"*/60 * * * *", cron_expected::step_1_to_59,
     "minute 60 at column 3: expected a step of 1-59"},
    {"* */24 * * *", cron_expected::step_1_to_23, "hour 24 at column 5: expected a step of 1-23"},
    {"* * */32 * *", cron_expected::step_1_to_31, "day 32 at column 7: expected a step of 1-31"},
    {"* * * */13 *", cron_expected::step_1_to_12,
     "month 13 at column 9: expected a step of 1-12"},
    {"* * * * */8", cron_expected::step_1_to_7, "weekday 8 at column 11: expected a step of 1-7"},
    {"* * * * * * */64", cron_expected::step_1_to_63,
     "year 64 at column 15: expected a step of 1-63", years},
    {"*/1000 * * * *", cron_expected::step_of_1_or_more,
     "minute 1000 at column 3: expected a step of 1-999", any_step},
    {"* * * * SUNDAY", cron_expected::comma_or_blank,
     "weekday DAY at column 12: expected a comma or the end of the field"},
    {"1-5-9 * * * *", cron_expected::comma_or_blank,
     "minute -9 at column 4: expected a comma or the end of the field"},
    {"* * L-31 * *", cron_expected::last_day_offset_0_to_30,
     "day 31 at column 7: expected 0-30 days before the last one"},
    {"* * L,L-1 * *", cron_expected::one_last_day,
     "day L at column 7: expected at most one L in the list"},
    {"* * 1-2W * *", cron_expected::nearest_weekday_alone,
     "day W at column 8: expected one day with W, alone in its field"},
    {"* * * * 5#6", cron_expected::nth_1_to_5, "weekday 6 at column 11: expected 1-5 behind #"},
    {"* * * * MON,1-5#1", cron_expected::one_weekday_before_nth,
     "weekday 1-5#1 at column 13: expected a single weekday before # or L"},
    {"* * * * 2,1#1,3 ", cron_expected::nth_for_all_weekdays,
     "weekday 1#1 at column 11: expected # or L behind every weekday or behind none"},
    {"* * * * 1#1,2#2", cron_expected::same_nth_for_all_weekdays,
     "weekday 1#1,2#2 at column 9: expected the same # or L behind every weekday"},
    {"* * * * * * 2026,2027", cron_expected::one_year_or_range,
     "year at a comma, column 17: expected one year or range of years", years},
    {"* * * * * * 2026-2020/2", cron_expected::years_in_order,
     "year 2026-2020/2 at column 13: expected a range that does not run backwards", years},
    {"H(0-29)/5 * * * *", cron_expected::seed_for_h,
     "minute H(0-29)/5 at column 1: expected a seed in the options, for H"},
    {"H(29-0) * * * *", cron_expected::range_for_h,
     "minute (29-0) at column 2: expected a range such as (0-29)", seeded},
    {"@weakly", cron_expected::known_macro,
     "@weakly at column 1: expected @yearly, @monthly, @weekly, @daily, @hourly, @every_minute "
     "or @every_second"},
    {"@every 90s", cron_expected::calendar_not_interval,
     "@every at column 1: expected a time by the calendar"},
    {" @reboot", cron_expected::calendar_not_reboot,
     "@reboot at column 2: expected a time by the calendar"},
    {"0 0 30,31 2 *", cron_expected::existing_date,
     "day 30,31 at column 5: expected a date that exists"},
    {"0 0 0 29 2 * 2026-2027", cron_expected::existing_date,
     "year 2026-2027 at column 14: expected a date that exists", years},
    // What nobody would see, or a terminal would obey.
    {"60\n * * * *", cron_expected::minute_0_to_59, "minute 60 at column 1: expected 0-59"},
    {"* * * * *\n", cron_expected::comma_or_blank,
     "weekday \\x0A at column 10: expected a comma or the end of the field"},
    {"\x1B[31m * * * *", cron_expected::minute_0_to_59,
     "minute \\x1B at column 1: expected 0-59"},
    {"9\xC2\xA0* * * *", cron_expected::five_or_six_fields,
     "the end of the text at column 11: expected 5 or 6 fields"},
    {"9\xC2\xA0 * * * *", cron_expected::comma_or_blank,
     "minute \\xC2\\xA0 at column 2: expected a comma or the end of the field"},
    {"\xE2\x80\xAE" "05 * * * *", cron_expected::minute_0_to_59,
     "minute \\xE2\\x80\\xAE05 at column 1: expected 0-59"},
    {"\xEF\xBC\x91 * * * *", cron_expected::minute_0_to_59,
     "minute \xEF\xBC\x91 at column 1: expected 0-59"},  // a full-width 1
    {"\xF0\x9F\x95\x90\xC3\xA9x * * * *", cron_expected::minute_0_to_59,
     "minute \xF0\x9F\x95\x90\xC3\xA9x at column 1: expected 0-59"},
    // Broken, too long or impossible UTF-8.
    {"\xFF\xC3 * * * *", cron_expected::minute_0_to_59,
     "minute \\xFF\\xC3 at column 1: expected 0-59"},
    {"\xC0\xB1\xE0\x80\xB1\xED\xA0\x80 * * * *", cron_expected::minute_0_to_59,
     "minute \\xC0\\xB1\\xE0\\x80\\xB1\\xED\\xA0\\x80 at column 1: expected 0-59"},
    {"\xE0\x9F\xBF\xF0\x8F\xBF\xBF * * * *", cron_expected::minute_0_to_59,
     "minute \\xE0\\x9F\\xBF\\xF0\\x8F\\xBF\\xBF at column 1: expected 0-59"},
    {"\xF4\x90\x80\x80\xF8 * * * *", cron_expected::minute_0_to_59,
     "minute \\xF4\\x90\\x80\\x80\\xF8 at column 1: expected 0-59"},
    {"0 0 * * \xE2\x82", cron_expected::weekday_0_to_7,
     "weekday \\xE2\\x82 at column 9: expected 0-7 or SUN-SAT"},
    {"abcdefghijklmnopqrstuvwx * * * *", cron_expected::minute_0_to_59,
     "minute abcdefghijklmnopqrstuvwx at column 1: expected 0-59"},
    {"abcdefghijklmnopqrstuvwxy * * * *", cron_expected::minute_0_to_59,
     "minute abcdefghijklmnopqrstuvwx... at column 1: expected 0-59"},
};
// clang-format on

std::string sentence_for(const cron_error& error, std::string_view text) {
    std::array<char, pawl::cron_explanation_size_max> memory{};
    return std::string{pawl::explain(error, text, memory)};
}

static_assert([] {
    for (const line& each : table) {
        std::array<char, pawl::cron_explanation_size_max> memory{};
        const cron_error error = pawl::cron::parse(each.text, each.options).error();
        if (pawl::explain(error, each.text, memory) != each.sentence) {
            return false;
        }
    }
    return true;
}());

}  // namespace

TEST_CASE("a wrong text is explained in a sentence") {
    std::set<cron_expected> explained{cron_expected::nothing, cron_expected::interval_with_units};
    for (const line& each : table) {
        INFO(each.text);
        const pawl::cron_result result = pawl::cron::parse(each.text, each.options);
        CHECK(result.error().code == each.code);
        CHECK(sentence_for(result.error(), each.text) == each.sentence);
        explained.insert(each.code);
    }
    // The table has all codes: existing_date is the last one.
    CHECK(explained.size() == static_cast<std::size_t>(cron_expected::existing_date) + 1);
}

TEST_CASE("a wrong interval is explained, too") {
    for (const auto& [text, sentence] :
         {std::pair{"@every 90"sv, "90 at column 8: expected an interval such as 90s or 1h30m"sv},
          std::pair{"@every"sv,
                    "the end of the text at column 7: expected an interval such as 90s or 1h30m"sv},
          std::pair{"@every 1h 30m"sv,
                    "30m at column 11: expected an interval such as 90s or 1h30m"sv}}) {
        CHECK(sentence_for(pawl::parse_interval(text).error(), text) == sentence);
    }
}

TEST_CASE("what is no error, or of another text, is told as well") {
    CHECK(sentence_for({}, "* * * * *") == "no error");
    const cron_error error{cron_expected::minute_0_to_59, pawl::cron_field::minute, 1000};
    CHECK(sentence_for(error, "* *") == "minute at the end of the text, column 4: expected 0-59");
    CHECK(sentence_for(error, "") == "minute at the end of the text, column 1: expected 0-59");
    const auto unknown = static_cast<cron_expected>(250);
    CHECK(sentence_for({unknown, static_cast<pawl::cron_field>(250), 0}, "1") ==
          "1 at column 1: expected something else");
}

TEST_CASE("every code at every place of any text makes a line that can be shown") {
    const auto seed = static_cast<std::uint32_t>(std::random_device{}());
    INFO("seed: " << seed);
    std::mt19937 random{seed};
    for (int round = 0; round < 50'000; ++round) {
        std::string text(random() % 60, ' ');
        const bool bytes = random() % 2 == 0;
        for (char& c : text) {
            c = static_cast<char>(bytes ? random() % 256 : 0x20 + random() % 0x60);
        }
        const auto code = 1 + random() % static_cast<std::uint32_t>(cron_expected::existing_date);
        const cron_error error{static_cast<cron_expected>(code),
                               static_cast<pawl::cron_field>(random() % 8),
                               random() % (text.size() + 2)};
        const std::string sentence = sentence_for(error, text);
        INFO(sentence);
        REQUIRE(sentence.size() < pawl::cron_explanation_size_max);
        for (const char c : sentence) {
            REQUIRE((static_cast<unsigned char>(c) >= 0x20 && c != '\x7F'));
        }
        const std::size_t column =
            (error.position < text.size() ? error.position : text.size()) + 1;
        REQUIRE(sentence.find("column " + std::to_string(column) + ": expected ") !=
                std::string::npos);
        // Cut anywhere, it is a beginning of the sentence, and never of half a character.
        const std::size_t size = random() % (sentence.size() + 1);
        std::string memory(size + 1, '#');
        const std::string_view cut = pawl::explain(error, text, std::span{memory}.first(size));
        REQUIRE(sentence.substr(0, cut.size()) == cut);
        REQUIRE(cut.size() + 4 > size);
        REQUIRE((static_cast<unsigned char>(sentence[cut.size()]) & 0xC0) != 0x80);
        REQUIRE(memory[size] == '#');
    }
}

TEST_CASE("the longest sentence has place") {
    const std::string text(100, '\x01');
    std::size_t longest = 0;
    for (std::uint32_t code = 1; code <= static_cast<std::uint32_t>(cron_expected::existing_date);
         ++code) {
        const cron_error error{static_cast<cron_expected>(code), pawl::cron_field::weekday, 0};
        const std::size_t size = sentence_for(error, text).size();
        longest = size > longest ? size : longest;
    }
    CHECK(longest < pawl::cron_explanation_size_max);
    CHECK(longest + 70 > pawl::cron_explanation_size_max);  // 20 of them for the column
}
