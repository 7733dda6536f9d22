// SPDX-License-Identifier: BSL-1.0
//
// Goal: format() loses nothing. parse() of the text is equal to the cron under the options that
// made it, equal crons have equal texts, and no text is cut. Method: a table of texts; random
// expressions of the whole grammar under every option; every set of values of a small field; the
// longest expressions. The seed is printed.
#include "catch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>

#include <pawl/time/cron.hpp>
#include <pawl/time/cron_format.hpp>

#include "cron_words.hpp"

namespace {

using namespace pawl::literals;
using pawl::cron;
using pawl::cron_options;
using pawl::day_match;

class text_of {
public:
    constexpr explicit text_of(const cron& value, day_match read_by = day_match::both) noexcept
        : size_{pawl::format(value, memory_, read_by).size()} {}
    constexpr std::string_view operator*() const noexcept { return {memory_.data(), size_}; }

private:
    std::array<char, pawl::cron_format_size_max> memory_{};
    std::size_t size_;
};

struct line {
    std::string_view text;
    std::string_view formatted;
    cron_options options{
        .impossible = pawl::impossible_date::never, .steps = pawl::step_limit::any, .years = true};
};

constexpr cron_options either{.days = day_match::either, .years = true};
constexpr cron_options vixie{.days = day_match::vixie, .years = true};
constexpr cron_options quartz{.numbers = pawl::weekday_numbers::quartz};

constexpr line table[] = {
    {"* * * * *", "* * * * *"},
    {" ?\t? ? ? ? ", "* * * * *"},
    {"@hourly", "0 * * * *"},
    {"@weekly", "0 0 * * SUN"},
    {"@yearly", "0 0 1 1 *"},
    {"@every_second", "* * * * * *"},
    {"0 30 9 * * *", "30 9 * * *"},
    {"05 09 * * *", "5 9 * * *"},
    {"15 30 9 * * *", "15 30 9 * * *"},
    // Ranges and steps.
    {"0/15 * * * *", "*/15 * * * *"},
    {"*/30 * * * *", "*/30 * * * *"},
    {"*/40 * * * *", "0,40 * * * *"},
    {"5/15 * * * *", "5-59/15 * * * *"},
    {"0-30/10 * * * *", "0-30/10 * * * *"},
    {"3,4,5,6 * * * *", "3-6 * * * *"},
    {"3,4 * * * *", "3,4 * * * *"},
    {"1-3,7,9-11 * * * *", "1-3,7,9-11 * * * *"},
    {"0 22-4 * * *", "0 22-4 * * *"},
    {"0 22-4,12 * * *", "0 0-4,12,22,23 * * *"},
    {"0 0 28-3 * *", "0 0 28-3 * *"},
    {"0 0 1 11-2 *", "0 0 1 11-2 *"},
    {"0 0 1 1/3 *", "0 0 1 */3 *"},
    {"0 0 1 1,7 *", "0 0 1 1,7 *"},
    // Fixed times stay lists, intervals stay intervals.
    {"0,15,30,45 9 * * *", "0,15,30,45 9 * * *"},
    {"*/15 9 * * *", "*/15 9 * * *"},
    {"1,2,3 9-9 * * *", "1,2,3 9 * * *"},
    {"*/60 9 * * *", "0 9 * * *"},
    {"5,17 3 * * *", "5,17 3 * * *"},
    {"5-17/12 3 * * *", "5-17/12 3 * * *"},
    {"*/30 3 * * *", "*/30 3 * * *"},
    {"0,30 3 * * *", "0,30 3 * * *"},
    {"5-6 3 * * *", "5-6 3 * * *"},
    {"1,7,19-20 3 * * *", "1-7/6,19,20 3 * * *"},
    {"5 3-4 * * *", "5 3-4 * * *"},
    {"8-10/2 5 3 * * *", "8-10/2 5 3 * * *"},
    // Days.
    {"0 0 15W * *", "0 0 15W * *"},
    {"0 0 lw * *", "0 0 LW * *"},
    {"0 0 L-3W * *", "0 0 L-3W * *"},
    {"0 0 L-0 * *", "0 0 L * *"},
    {"0 0 L-3,1,15 * *", "0 0 1,15,L-3 * *"},
    {"0 0 *,L * *", "0 0 * * *"},
    {"0 0 * * 1-5", "0 0 * * MON-FRI"},
    {"0 0 * * 0,6", "0 0 * * SAT,SUN"},
    {"0 0 * * 6-1", "0 0 * * SAT-MON"},
    {"0 0 * * 0-2", "0 0 * * SUN-TUE"},
    {"0 0 * * FRI-MON,WED", "0 0 * * FRI-MON,WED"},
    {"0 0 * * 2-6", "0 0 * * MON-FRI", quartz},
    {"0 0 * * 5#2", "0 0 * * FRI#2"},
    {"0 0 * * 7L", "0 0 * * SUNL"},
    {"0 0 * * 1L,1#3,5#3,5L", "0 0 * * MON#3,FRI#3,MONL,FRIL"},
    // Day and weekday: * at the beginning if and only if both must match.
    {"0 0 13 * FRI", "0 0 13 * FRI"},
    {"0 0 13 * FRI", "0 0 13 * FRI", either},
    {"0 0 */2 * FRI", "0 0 */2 * FRI"},
    {"0 0 */2 * FRI", "0 0 1-31/2 * FRI", either},
    {"0 0 */2 * FRI", "0 0 */2 * FRI", vixie},
    {"0 0 1-31/2 * FRI", "0 0 1-31/2 * FRI", vixie},
    {"0 0 */20,5 * FRI", "0 0 */20,5 * FRI", vixie},
    {"0 0 */31 * FRI", "0 0 */31 * FRI", vixie},
    {"0 0 */16,2-5 * FRI", "0 0 */16,2-5 * FRI", vixie},
    {"0 0 13 * */2", "0 0 13 * */2", vixie},
    {"0 0 13 * ?/7,MON,TUE,WED,FRI", "0 0 13 * */5,MON-WED", vixie},
    {"0 0 15W * */5", "0 0 15W * */5", vixie},
    {"0 0 */2,L * FRI#1", "0 0 */2,L * FRI#1", vixie},
    {"0 0 1-31 * FRI", "0 0 * * *", either},
    {"0 0 L * 0-7", "0 0 * * *", vixie},
    // Never.
    {"0 0 30 2 *", "0 0 31 2 *"},
    {"@yearly", "0 0 1 1 *", {.days = day_match::vixie}},
    // Years.
    {"0 0 0 1 1 * 2026", "0 0 0 1 1 * 2026"},
    {"0 0 0 1 1 * 2026-2030", "0 0 0 1 1 * 2026-2030"},
    {"0 0 0 1 1 * 2026-2031/2", "0 0 0 1 1 * 2026-2030/2"},
    {"0 0 0 1 1 * 2026/4", "0 0 0 1 1 * 2026-9999/4"},
    {"0 0 0 1 1 * */4", "0 0 0 1 1 * */4"},
    {"0 0 0 1 1 * 4-100/4", "0 0 0 1 1 * 4-100/4"},
    {"0 0 0 1 1 * 9995-9997/2", "0 0 0 1 1 * 9995-9997/2"},
    {"0 0 0 1 1 * 9995-9998/2", "0 0 0 1 1 * 9995-9997/2"},
    {"0 0 0 1 1 * 9996-9998/2", "0 0 0 1 1 * 9996-9999/2"},
    {"0 0 0 1 1 * 4/4", "0 0 0 1 1 * */4"},
    {"0 0 0 1 1 * 9999", "0 0 0 1 1 * 9999"},
    {"0 0 0 1 1 * 2-9999", "0 0 0 1 1 * 2-9999"},
    {"0 0 0 1 1 * *", "0 0 1 1 *"},
    {"0 0 0 1 1 * 60/61", "0 0 0 1 1 * 60-9999/61"},
};

constexpr bool whole_table_holds() {
    for (const line& each : table) {
        const pawl::cron_result parsed = cron::parse(each.text, each.options);
        if (!parsed || *text_of{*parsed, each.options.days} != each.formatted) {
            return false;
        }
    }
    return true;
}
static_assert(whole_table_holds());
static_assert(*text_of{"*/5 8-17 * * 1,2,3,4,5"_cron} == "*/5 8-17 * * MON-FRI");
static_assert(*text_of{cron{}} == "0 0 31 2 *");

// What is wrong with the text of `value`, or nothing.
std::string fault(const cron& value, cron_options options) {
    options.years = true;
    options.impossible = pawl::impossible_date::never;
    for (const day_match read_by : {day_match::vixie, options.days}) {
        std::array<char, pawl::cron_format_size_max + 1> memory{};
        const std::string_view text = pawl::format(value, memory, read_by);
        if (text.size() > pawl::cron_format_size_max) {
            return "too long: " + std::string{text};
        }
        const pawl::cron_result again = cron::parse(text, options);
        if (!again || *again != value || *text_of{*again, read_by} != text) {
            return std::string{text};
        }
    }
    return {};
}

constexpr day_match rules[] = {day_match::both, day_match::either, day_match::vixie};

}  // namespace

TEST_CASE("the text of an expression") {
    for (const line& each : table) {
        INFO(each.text);
        const pawl::cron_result parsed = cron::parse(each.text, each.options);
        REQUIRE(parsed);
        CHECK(*text_of{*parsed, each.options.days} == each.formatted);
        CHECK(fault(*parsed, each.options).empty());
    }
}

TEST_CASE("a text for Vixie's rule begins with a star what is not to be read as OR") {
    CHECK(*text_of{"0 0 1-7 * MON"_cron, day_match::vixie} == "0 0 */31,2-7 * MON");
    CHECK(*text_of{"0 0 1-7 * MON"_cron} == "0 0 1-7 * MON");
    CHECK(*text_of{"0 0 13 * SUN,MON"_cron, day_match::vixie} == "0 0 13 * */7,MON");
    CHECK(*text_of{"0 0 13 * SUN,MON"_cron} == "0 0 13 * MON,SUN");
    // No text means this with Vixie's rule.
    CHECK(*text_of{"0 0 2-8 * MON"_cron, day_match::vixie} == "0 0 2-8 * MON");
}

TEST_CASE("builders make what the text of theirs makes") {
    for (const cron& value :
         {cron::never(), cron::minutely(), cron::hourly(59), cron::daily(23, 59),
          cron::weekly(std::chrono::Sunday, 4, 5), cron::monthly(31, 1, 2),
          cron::yearly(std::chrono::February, 29, 6, 7)}) {
        for (const day_match rule : rules) {
            CHECK(fault(value, {.days = rule}).empty());
        }
    }
    CHECK(*text_of{cron::weekly(std::chrono::Sunday, 4, 5)} == "5 4 * * SUN");
}

TEST_CASE("parse of format is the same cron, whatever was parsed") {
    const auto seed = static_cast<std::uint32_t>(std::random_device{}());
    INFO("seed: " << seed);
    std::mt19937 random{seed};
    words::generator generator{random};
    int accepted = 0;
    int either_days = 0;
    int intervals = 0;
    int years = 0;
    int never = 0;
    for (int round = 0; round < 100'000; ++round) {
        const std::string text = generator.expression();
        cron_options options = generator.options();
        for (const day_match rule : rules) {
            options.days = rule;
            const pawl::cron_result parsed = cron::parse(text, options);
            if (!parsed) {
                continue;
            }
            const std::string wrong = fault(*parsed, options);
            INFO("rule " << static_cast<int>(rule) << ": " << text << " -> " << wrong);
            REQUIRE(wrong.empty());
            ++accepted;
            either_days += parsed->masks().has(pawl::cron_masks::either_day) ? 1 : 0;
            intervals += parsed->masks().has(pawl::cron_masks::interval) ? 1 : 0;
            years += parsed->masks().any_year() ? 0 : 1;
            never += parsed->never_comes() ? 1 : 0;
        }
    }
    // The generator does make all kinds.
    CHECK(accepted > 200'000);
    CHECK(either_days > 20'000);
    CHECK(intervals > 50'000);
    CHECK(accepted - intervals > 20'000);
    CHECK(years > 10'000);
    CHECK(never > 100);
}

TEST_CASE("every set of hours' low bits and every set of weekdays, as list and as interval") {
    const auto list = [](std::uint32_t bits, std::uint32_t end) {
        std::string text;
        for (std::uint32_t value = 0; value < end; ++value) {
            if ((bits >> value & 1) != 0) {
                text += (text.empty() ? "" : ",") + std::to_string(value);
            }
        }
        return text;
    };
    for (std::uint32_t bits = 1; bits < 4096; ++bits) {
        for (const std::uint32_t by : {1U, 2U}) {  // 0, 1, 2, ... or 0, 2, 4, ...
            std::uint32_t hours = 0;
            for (std::uint32_t bit = 0; bit < 12; ++bit) {
                hours |= (bits >> bit & 1) << (bit * by);
            }
            const std::string fixed = list(hours, 24);
            for (const std::string& minute : {std::string{"0"}, std::string{"20-40/20"}}) {
                const std::string text = minute + " " + fixed + " * * *";
                INFO(text);
                REQUIRE(fault(*cron::parse(text), {}).empty());
            }
            const text_of written{*cron::parse("0 " + fixed + " * * *")};
            REQUIRE(*written == "0 " + fixed + " * * *");
        }
    }
    for (std::uint32_t bits = 1; bits < 128; ++bits) {
        for (const day_match rule : rules) {
            for (const char* const before : {"0 0 * * ", "0 0 13 * ", "0 0 */2 * ", "0 0 1 * "}) {
                const cron_options options{.days = rule};
                const std::string text = before + list(bits, 7);
                INFO(text);
                REQUIRE(fault(*cron::parse(text, options), options).empty());
                const cron_options starred{.days = day_match::vixie};
                REQUIRE(fault(*cron::parse(before + std::string{"*/7,"} + list(bits, 7), starred),
                              starred)
                            .empty());
            }
        }
    }
}

TEST_CASE("the longest text has place, and a smaller place cuts it") {
    std::string sixty = "0";
    for (int value = 1; value < 60; ++value) {
        sixty += "," + std::to_string(value);
    }
    const std::string all_hours = sixty.substr(0, sixty.find(",24"));
    const std::string days = "2,3,5,6,8,9,11,12,14,15,17,18,20,21,23,24,26,27,29,30,L-30";
    std::string nths;
    for (const char* const nth : {"#1", "#2", "#3", "#4", "#5", "L"}) {
        for (const char* const day : {"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"}) {
            nths += (nths.empty() ? "" : ",") + std::string{day} + nth;
        }
    }
    const std::string text = sixty + " " + sixty + " " + all_hours + " " + days +
                             " 1,2,4,5,7,8,10,11 " + nths + " 1000-9959/31";
    for (const day_match rule : rules) {
        const cron_options options{.days = rule, .years = true};
        const pawl::cron_result parsed = cron::parse(text, options);
        REQUIRE(parsed);
        CHECK(fault(*parsed, options).empty());
        CHECK(*text_of{*parsed} == text);
    }
    // The bound is not far from it.
    CHECK(text.size() + 60 > pawl::cron_format_size_max);

    const cron longest = *cron::parse(text, {.years = true});
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100}}) {
        std::string memory(size + 1, '#');
        CHECK(pawl::format(longest, std::span{memory}.first(size)) == text.substr(0, size));
        CHECK(memory[size] == '#');
    }
}
