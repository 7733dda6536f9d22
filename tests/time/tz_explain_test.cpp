// SPDX-License-Identifier: BSL-1.0
//
// Goal: whoever wrote a wrong time zone reads at once what is wrong. Method: a wrong text for every
// code there is, with the whole sentence; random bytes, after which the line must be of characters
// that can be seen.
#include "catch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <string_view>

#include <pawl/time/posix_tz.hpp>
#include <pawl/time/tz_explain.hpp>

namespace {

using pawl::tz_error;
using pawl::tz_expected;

struct line {
    std::string_view text;
    tz_expected code;
    std::string_view sentence;
};

// clang-format off
constexpr line table[] = {
    {"", tz_expected::name_of_3_letters_or_more,
     "the end of the text at column 1: expected a name of 3 letters or more"},
    {"CE-1", tz_expected::name_of_3_letters_or_more,
     "CE at column 1: expected a name of 3 letters or more"},
    {" CET-1", tz_expected::name_of_3_letters_or_more,
     "a blank at column 1: expected a name of 3 letters or more"},
    {"Europe/Berlin", tz_expected::offset,
     "/Berlin at column 7: expected an offset such as -1 or 5:30"},
    {"\x1B]0;x", tz_expected::name_of_3_letters_or_more,
     "\\x1B at column 1: expected a name of 3 letters or more"},
    {"<+03", tz_expected::name_to_end_with_a_bracket,
     "the end of the text at column 5: expected a letter, a digit, +, - or >"},
    {"CET", tz_expected::offset,
     "the end of the text at column 4: expected an offset such as -1 or 5:30"},
    {"CET-25", tz_expected::hours_0_to_24, "25 at column 5: expected hours, 0-24"},
    {"CET-1:60", tz_expected::minutes_0_to_59, "60 at column 7: expected minutes, 00-59"},
    {"CET-1:00:61", tz_expected::seconds_0_to_59, "61 at column 10: expected seconds, 00-59"},
    {"CET-1CEST", tz_expected::rules_of_daylight_saving,
     "the end of the text at column 10: expected the day on which daylight saving begins, such "
     "as ,M3.5.0"},
    {"CET-1CEST,M3.5.0", tz_expected::end_of_daylight_saving,
     "the end of the text at column 17: expected the day on which daylight saving ends, such "
     "as ,M10.5.0"},
    {"CET-1CEST,M13.5.0,M10.5.0", tz_expected::month_1_to_12,
     "13 at column 12: expected a month, 1-12"},
    {"CET-1CEST,M3.6.0,M10.5.0", tz_expected::week_1_to_5,
     "6 at column 14: expected a dot and a week, 1-5"},
    {"CET-1CEST,M3,M10.5.0", tz_expected::week_1_to_5,
     "a comma at column 13: expected a dot and a week, 1-5"},
    {"CET-1CEST,M3.5.7,M10.5.0", tz_expected::weekday_0_to_6,
     "7 at column 16: expected a dot and a day of the week, 0-6"},
    {"CET-1CEST,J0,J1", tz_expected::day_1_to_365,
     "0 at column 12: expected a day of the year, 1-365"},
    {"CET-1CEST,366,1", tz_expected::day_0_to_365,
     "366 at column 11: expected a day of the year, 0-365"},
    {"CET-1CEST,M3.5.0/168,M10.5.0", tz_expected::hours_up_to_167,
     "168 at column 18: expected hours, -167 to 167"},
    {"CET-1CEST,M3.5.0,M10.5.0/3\n", tz_expected::end_of_text,
     "\\x0A at column 27: expected the end of the text"},
};
// clang-format on

std::string sentence_for(const tz_error& error, std::string_view text) {
    std::array<char, pawl::tz_explanation_size_max> memory{};
    return std::string{pawl::explain(error, text, memory)};
}

static_assert([] {
    for (const line& each : table) {
        std::array<char, pawl::tz_explanation_size_max> memory{};
        if (pawl::explain(pawl::posix_tz::parse(each.text).error(), each.text, memory) !=
            each.sentence) {
            return false;
        }
    }
    return true;
}());

}  // namespace

TEST_CASE("a wrong time zone is explained in a sentence") {
    std::set<tz_expected> explained{tz_expected::nothing};
    for (const line& each : table) {
        INFO(each.text);
        const tz_error error = pawl::posix_tz::parse(each.text).error();
        CHECK(error.code == each.code);
        CHECK(sentence_for(error, each.text) == each.sentence);
        explained.insert(error.code);
    }
    // The table has all codes: end_of_text is the last one.
    CHECK(explained.size() == static_cast<std::size_t>(tz_expected::end_of_text) + 1);
    CHECK(sentence_for({}, "UTC0") == "no error");
    CHECK(sentence_for({static_cast<tz_expected>(250), 9}, "UTC0") ==
          "the end of the text at column 5: expected something else");
}

TEST_CASE("every code at every place of any text makes a line that can be shown") {
    const auto seed = static_cast<std::uint32_t>(std::random_device{}());
    INFO("seed: " << seed);
    std::mt19937 random{seed};
    for (int round = 0; round < 20'000; ++round) {
        std::string text(random() % 60, ' ');
        for (char& c : text) {
            c = static_cast<char>(random() % 256);
        }
        const auto code = 1 + random() % static_cast<std::uint32_t>(tz_expected::end_of_text);
        const tz_error error{static_cast<tz_expected>(code), random() % (text.size() + 2)};
        const std::string sentence = sentence_for(error, text);
        INFO(sentence);
        REQUIRE(sentence.size() < pawl::tz_explanation_size_max);
        REQUIRE(sentence.find(": expected ") != std::string::npos);
        for (const char c : sentence) {
            REQUIRE((static_cast<unsigned char>(c) >= 0x20 && c != '\x7F'));
        }
    }
    const std::string flood(100, '\x80');
    const tz_error error{tz_expected::end_of_daylight_saving, 0};
    CHECK(sentence_for(error, flood).size() + 70 > pawl::tz_explanation_size_max);
    CHECK(sentence_for(error, flood).size() < pawl::tz_explanation_size_max);
}
