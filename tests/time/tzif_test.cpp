// Time zones from the bytes of a compiled zone file.
//
// Goal: the offset of every instant and the instants of every local time are those in the file,
// through any sequence of changes and from the last transition on by the footer's rules; a file
// that is wrong anywhere is refused, with the place; and no bytes, however wrong, make the reader
// leave them or work for long. Method: files that the test makes itself, as constant expressions
// and at random, with a search through all offsets as reference; files cut off at every byte and
// changed in every byte, each in memory of just its size, so that the sanitizers see a step beyond.
// What the system's own zone files say is in zoneinfo_test.cpp.
#include "catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include <pawl/time/cron.hpp>
#include <pawl/time/tzif.hpp>

#include "time/zone_files.hpp"

namespace {

using namespace pawl::literals;
using pawl::local_kind;
using pawl::tzif_expected;
using pawl_test::agrees_with_offsets;
using pawl_test::file_transition;
using pawl_test::file_type;
using pawl_test::zone_file;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;

constexpr std::int32_t hour_s = 3600;
constexpr std::int64_t day_s = 86'400;

constexpr sys_seconds at(std::int64_t time) { return sys_seconds{seconds{time}}; }
constexpr pawl::local_seconds local_at(std::int64_t time) {
    return pawl::local_seconds{seconds{time}};
}
constexpr std::int64_t number(sys_seconds time) { return time.time_since_epoch().count(); }

// Apia's last two changes: from -10:00 to +14:00, so that 30 December 2011 is left out, and the end
// of daylight saving.
constexpr sys_seconds date_line = sys_days{year{2011} / 12 / 30} + hours{10};
constexpr zone_file apia_file{
    '2',
    {{-11 * hour_s}, {-10 * hour_s, true}, {14 * hour_s, true}, {13 * hour_s}},
    {{number(sys_days{year{2011} / 9 / 24} + hours{14}), 1},
     {number(date_line), 2},
     {number(sys_days{year{2012} / 3 / 31} + hours{14}), 3}},
    "<+13>-13"};
constexpr pawl::tzif apia = *apia_file.parse();
static_assert(apia.offset_at({}) == hours{-11});
static_assert(apia.offset_at(date_line - seconds{1}) == hours{-10});
static_assert(apia.offset_at(date_line) == hours{14});
static_assert(apia.offset_at(sys_days{year{2030} / 1 / 1}) == hours{13});
constexpr pawl::local_info lost_day =
    apia.info(local_at(number(sys_days{year{2011} / 12 / 30}) + 12 * hour_s));
static_assert(lost_day.kind == local_kind::gap && lost_day.transition == date_line &&
              lost_day.before == hours{-10} && lost_day.after == hours{14});
static_assert(apia.info(local_at(number(sys_days{year{2011} / 12 / 30}) - 1)).kind ==
              local_kind::unique);
static_assert(apia.info(local_at(number(sys_days{year{2011} / 12 / 31}))).kind ==
              local_kind::unique);
// The day that there is not comes at its end, with the day after.
static_assert("0 12 30 12 *"_cron.next(date_line - hours{1}, apia) == date_line);
static_assert("0 0 * * *"_cron.next(date_line - hours{1}, apia) == date_line);
static_assert("0 0 * * *"_cron.next(date_line, apia) == date_line + hours{24});

// Without a file it is UTC.
static_assert(pawl::tzif{}.offset_at({}) == seconds{0});
static_assert(pawl::tzif{}.info({}).kind == local_kind::unique);

// Changes that set no clock.
constexpr zone_file names_file{'2',
                               {{hour_s}, {hour_s, true}, {hour_s}, {2 * hour_s}},
                               {{0, 1}, {1000, 2}, {2000, 0}, {3000, 3}, {4000, 3}}};
constexpr pawl::tzif names = *names_file.parse();
static_assert(names.info(local_at(hour_s)).kind == local_kind::unique);
static_assert(names.info(local_at(hour_s + 1000)).kind == local_kind::unique);
static_assert(names.info(local_at(hour_s + 3000)).kind == local_kind::gap);
static_assert(names.info(local_at(2 * hour_s + 4000)).kind == local_kind::unique);
static_assert(names.offset_at(at(INT64_MAX)) == hours{2}, "without rules the last type goes on");
static_assert(names.offset_at(at(INT64_MIN)) == hours{1});

// Version 1: four bytes for a time, and no rules.
constexpr zone_file old_file{'\0', {{0}, {hour_s, true}}, {{-9000, 1}, {9000, 0}}};
constexpr pawl::tzif old = *old_file.parse();
static_assert(old.offset_at(at(-9001)) == seconds{0} && old.offset_at(at(-9000)) == hours{1} &&
              old.offset_at(at(9000)) == seconds{0} && old.offset_at(at(INT64_MAX)) == seconds{0});
static_assert(old.info(local_at(9000)).kind == local_kind::overlap);
static_assert(old.info(local_at(-9000)).kind == local_kind::gap);

// No transition: the rules are all.
constexpr zone_file rules_file{'3', {{0}}, {}, "EET-2EEST,M3.4.4/50,M10.4.4/50"};
static_assert(rules_file.parse()->offset_at(sys_days{year{2026} / 7 / 1}) == hours{3});
constexpr zone_file fixed_file{'4', {{5 * hour_s}}, {}, ""};
static_assert(fixed_file.parse()->offset_at(sys_days{year{2026} / 7 / 1}) == hours{5});
static_assert(fixed_file.parse()->info(local_at(0)).before == hours{5});

std::vector<std::byte> bytes_of(const zone_file& file) {
    return {file.bytes().begin(), file.bytes().end()};
}

// All questions, at instants that matter and at the ends; what they answer does not.
void ask(const pawl::tzif& zone) {
    static constexpr std::int64_t times[] = {
        INT64_MIN, -62'135'596'800, -2'000'000'000, -1000,           0,
        999,       1'325'239'200,   4'000'000'000,  253'402'300'799, INT64_MAX};
    for (const std::int64_t time : times) {
        REQUIRE(std::chrono::abs(zone.offset_at(at(time))) < hours{26});
        const pawl::local_info info = zone.info(local_at(time));
        REQUIRE(std::chrono::abs(info.before) < hours{26});
        REQUIRE(std::chrono::abs(info.after) < hours{26});
    }
}

void every_corruption(const zone_file& file) {
    const std::vector<std::byte> whole = bytes_of(file);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::vector<std::byte> cut{whole.begin(),
                                         whole.begin() + static_cast<std::ptrdiff_t>(size)};
        const auto parsed = pawl::tzif::parse(cut);
        REQUIRE_FALSE(parsed);
        REQUIRE(parsed.error().code == tzif_expected::whole_file);
        REQUIRE(parsed.error().position == size);
    }
    std::vector<std::byte> changed = whole;
    for (std::size_t i = 0; i < whole.size(); ++i) {
        for (unsigned value = 0; value < 256; ++value) {
            changed[i] = static_cast<std::byte>(value);
            if (const auto parsed = pawl::tzif::parse(changed)) {
                ask(*parsed);
            } else {
                REQUIRE(parsed.error().position <= whole.size());
                REQUIRE(parsed.error().message().size() > 10);
            }
        }
        changed[i] = whole[i];
    }
}

}  // namespace

TEST_CASE("tzif: every local time of odd zones, against the offsets of all instants") {
    const std::mt19937::result_type seed = GENERATE(1U, 2U, 3U, 4U);
    CAPTURE(seed);
    std::mt19937 random{seed};
    const auto from_to = [&](std::int64_t least, std::int64_t most) {
        return least +
               static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most - least + 1));
    };
    // With rules, the last transitions are thereabouts, so that both meet.
    constexpr std::string_view footers[] = {"", "<+13>-13", "XXX-1YYY,J100/2,J200/3",
                                            "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
                                            "AAA-14BBB10,0/0,J365/167"};
    for (int turn = 0; turn < 150; ++turn) {
        const std::string_view footer = footers[turn % 5];
        // From minutes to a day between changes of minutes to a day.
        const std::int64_t step = std::int64_t{60} << from_to(0, 11);
        const std::int64_t jump = std::int64_t{60} << from_to(0, 10);
        std::vector<file_type> types;
        for (int i = 0; i < 6; ++i) {
            types.push_back({static_cast<std::int32_t>(
                std::clamp<std::int64_t>(from_to(-jump, jump), -89'999, 93'599))});
        }
        std::vector<file_transition> transitions;
        std::int64_t time = 96 * day_s;
        for (int i = 0; i < 12; ++i) {
            time += from_to(1, step);
            transitions.push_back({time, static_cast<std::uint8_t>(from_to(0, 5))});
        }
        const zone_file file{'3', types, transitions, footer};
        const auto parsed = file.parse();
        REQUIRE(parsed);
        const pawl::tzif zone = *parsed;

        std::set<seconds> offsets;
        for (const file_type& each : types) {
            offsets.insert(seconds{each.offset_s});
        }
        for (int i = 0; i < 400 && !footer.empty(); ++i) {
            offsets.insert(pawl::posix_tz::parse(footer)->offset_at(at(i * day_s)));
        }
        for (const file_transition& each : transitions) {
            for (const seconds offset : offsets) {
                for (std::int64_t by = -1; by <= 1; ++by) {
                    agrees_with_offsets(zone, each.time + offset.count() + by, offsets);
                }
            }
        }
        for (int i = 0; i < 200; ++i) {
            agrees_with_offsets(zone, from_to(94 * day_s, time + 3 * day_s), offsets);
        }
    }
}

TEST_CASE("tzif: offsets change at the transitions, and stay between them") {
    const std::vector<file_type> types{{0}, {100}, {200}, {300}};
    std::vector<file_transition> transitions;
    for (std::uint8_t count = 0; count < 20; ++count) {
        const zone_file file{'2', types, transitions, ""};
        const auto parsed = file.parse();
        REQUIRE(parsed);
        std::int64_t offset_s = 0;
        for (std::int64_t time = 0; time < 250; ++time) {
            for (const file_transition& each : transitions) {
                offset_s = each.time == time ? types[each.type].offset_s : offset_s;
            }
            REQUIRE(parsed->offset_at(at(time)).count() == offset_s);
        }
        transitions.push_back({10 * count + 7, static_cast<std::uint8_t>(count % 3 + 1)});
    }
}

TEST_CASE("tzif: what stands behind the footer is not looked at") {
    std::vector<std::byte> page = bytes_of(apia_file);
    page.resize(4096, std::byte{0xff});
    const auto parsed = pawl::tzif::parse(page);
    REQUIRE(parsed);
    REQUIRE(parsed->offset_at(date_line) == hours{14});
}

TEST_CASE("tzif: a wrong file is refused, with the place and what was expected") {
    // Where things are in apia_file: the stub is 44 + 6 + 4 bytes.
    constexpr std::size_t stub = 54;
    constexpr std::size_t times = stub + 44;
    constexpr std::size_t indices = times + 3 * 8;
    constexpr std::size_t types = indices + 3;
    constexpr std::size_t footer = types + 4 * 6 + 4;
    struct change {
        std::size_t at;
        int value;
        tzif_expected expected;
        std::size_t position;
    };
    constexpr change changes[] = {
        {0, 'X', tzif_expected::zone_file, 0},
        {3, 'F', tzif_expected::zone_file, 0},
        {4, '1', tzif_expected::known_version, 4},
        {4, ':', tzif_expected::known_version, 4},
        {stub + 1, 'X', tzif_expected::zone_file, stub},
        {stub + 4, '1', tzif_expected::known_version, stub + 4},
        {stub + 23, 1, tzif_expected::indicators_for_each_type, stub + 20},
        {stub + 27, 3, tzif_expected::indicators_for_each_type, stub + 24},
        {stub + 31, 1, tzif_expected::no_leap_seconds, stub + 28},
        {stub + 32, 1, tzif_expected::whole_file, footer + 10},
        {stub + 32, 0xff, tzif_expected::whole_file, footer + 10},
        {stub + 39, 0, tzif_expected::one_type_or_more, stub + 36},
        {stub + 38, 2, tzif_expected::one_type_or_more, stub + 36},
        {stub + 43, 0, tzif_expected::names, stub + 40},
        {times + 8, 0x80, tzif_expected::ascending_times, times + 8},
        {times + 16, 0x80, tzif_expected::ascending_times, times + 16},
        {indices, 4, tzif_expected::type_in_the_file, indices},
        {indices + 2, 255, tzif_expected::type_in_the_file, indices + 2},
        {types, 0x80, tzif_expected::offset_within_a_day, types},
        {types + 7, 2, tzif_expected::offset_within_a_day, types + 6},
        {types + 4, 2, tzif_expected::flag_0_or_1, types + 4},
        {types + 23, 4, tzif_expected::name_in_the_file, types + 23},
        {footer, ' ', tzif_expected::footer, footer},
        {footer + 1, '\n', tzif_expected::nothing, 0},  // empty
        {footer + 1, '?', tzif_expected::footer, footer + 1},
        {footer + 6, 'x', tzif_expected::footer, footer + 6},
        {footer + 9, ' ', tzif_expected::whole_file, footer + 10},
    };
    for (const change& each : changes) {
        CAPTURE(each.at, each.value);
        std::vector<std::byte> file = bytes_of(apia_file);
        REQUIRE(file.size() == footer + 10);
        file[each.at] = static_cast<std::byte>(each.value);
        const auto parsed = pawl::tzif::parse(file);
        REQUIRE(parsed.error().code == each.expected);
        REQUIRE(parsed.error().position == each.position);
        REQUIRE(static_cast<bool>(parsed) == (each.expected == tzif_expected::nothing));
        REQUIRE_FALSE(parsed.error().message().empty());
    }
    // The rules' own error tells what is wrong with them.
    std::vector<std::byte> file = bytes_of(apia_file);
    file[footer + 6] = std::byte{'x'};
    REQUIRE(pawl::tzif::parse(file).error().footer_code == pawl::tz_expected::offset);
    REQUIRE(pawl::tzif::parse(file).error().message() ==
            pawl::tz_error{pawl::tz_expected::offset, 0}.message());
    // Two transitions at once.
    const zone_file twice{'2', {{0}, {1}}, {{1, 0}, {7, 1}, {7, 0}}};
    REQUIRE(twice.parse().error().code == tzif_expected::ascending_times);
    REQUIRE(twice.parse().error().position == stub + 44 + 2 * 8);
    // So long a line is no footer, whatever comes after it.
    file.resize(footer + 1);
    file.resize(4096, std::byte{'A'});
    REQUIRE(pawl::tzif::parse(file).error().code == tzif_expected::footer);
    REQUIRE(pawl::tzif::parse({}).error().code == tzif_expected::whole_file);
}

TEST_CASE("tzif: files cut off at every byte, and changed in every byte") {
    every_corruption(apia_file);
    every_corruption(names_file);
    every_corruption(old_file);
    every_corruption(rules_file);
}

TEST_CASE("tzif: transitions at the ends of all numbers, and rules of any kind behind them") {
    for (const std::int64_t first : {INT64_MIN, INT64_MIN + 1, -(std::int64_t{1} << 59)}) {
        for (const std::int64_t last : {std::int64_t{0}, std::int64_t{1} << 60, INT64_MAX}) {
            const zone_file file{'2',
                                 {{-89'999}, {93'599, true}},
                                 {{first, 1}, {first + 1, 0}, {last - 1, 1}, {last, 0}},
                                 "AAA24BBB-24,0/-167,J1/167"};
            REQUIRE(file.parse());
            ask(*file.parse());
        }
    }
}
