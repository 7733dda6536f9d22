// SPDX-License-Identifier: BSL-1.0
//
// Goal: crontab files are read as Vixie's cron reads them, and wrong lines are reported where they
// are wrong. Method: tables of lines: what is an environment setting, what % makes of a command,
// which entry a line is, and line, column and words of each problem.
#include "catch.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../../examples/crontab/crontab_file.hpp"
#include "../../examples/crontab/time_text.hpp"
#include "../../examples/crontab/words.hpp"

namespace {

using crontab::file_format;

constexpr crontab::read_options system_format{.format = file_format::system};
constexpr crontab::read_options six_fields{.seconds = true};

struct variable {
    std::string_view line;
    std::string_view name;
    std::string_view value;
};

const variable variables[] = {
    {"A=b", "A", "b"},
    {"A = b", "A", "b"},
    {"  A\t=\tb", "A", "b"},
    {"A=", "A", ""},
    {"A=   ", "A", ""},
    {"A=b c  ", "A", "b c"},
    {"A= b=c", "A", "b=c"},
    {"A=\"  b  \"", "A", "  b  "},
    {"A='b \"c\"'  ", "A", "b \"c\""},
    {"\"A\"=b", "A", "b"},
    {"'A B' = b", "A B", "b"},
    {"A=\"\"", "A", ""},
    {"A=b # no comment", "A", "b # no comment"},
    {"A=$HOME/bin", "A", "$HOME/bin"},
    {"A=it's", "A", "it's"},
    {"MAILTO=", "MAILTO", ""},
};

struct command {
    std::string_view text;
    std::string_view command;
    std::string_view input;
};

const command commands[] = {
    {"cat", "cat", ""},
    {"cat%", "cat", ""},
    {"cat%one", "cat", "one\n"},
    {"cat%one%two", "cat", "one\ntwo\n"},
    {"cat%one%two%", "cat", "one\ntwo\n"},
    {"cat%%", "cat", "\n"},
    {"date +\\%F", "date +%F", ""},
    {"date +\\%F%x", "date +%F", "x\n"},
    {"a\\b", "a\\b", ""},
    {"a\\", "a\\", ""},
    // In the command a backslash guards the next character, also another backslash.
    {"a\\\\%b", "a\\\\", "b\n"},
    {"cat%100\\%", "cat", "100%\n"},
    {"cat%a\\b\\", "cat", "a\\b\\\n"},
};

struct wrong_line {
    std::string_view line;
    std::size_t column;
    std::string_view message;
    crontab::read_options options = {};
};

const wrong_line wrong_lines[] = {
    {"60 * * * * true", 1, "expected a minute, 0-59, found '60'"},
    {"  60 * * * * true", 3, "expected a minute, 0-59, found '60'"},
    {"1,2,60,3 * * * * true", 5, "expected a minute, 0-59, found '60'"},
    {"* 24 * * * true", 3, "expected an hour, 0-23, found '24'"},
    {"* * 32 * * true", 5, "expected a day of the month, 1-31 or L, found '32'"},
    {"* * * 13 * true", 7, "expected a month, 1-12 or JAN-DEC, found '13'"},
    {"* * * * 8 true", 9,
     "expected a day of the week, 0-7 or SUN-SAT (0 and 7 are Sunday), found '8'"},
    {"* * * * true", 9,
     "expected a day of the week, 0-7 or SUN-SAT (0 and 7 are Sunday), found 'true'"},
    {"* * * *", 8, "expected 5 fields (minute hour day month weekday)"},
    {"*", 2, "expected 5 fields (minute hour day month weekday)"},
    {"* * * * *", 10, "expected a command"},
    {"* * * * *   ", 13, "expected a command"},
    {"* * * * * * true", 11, "expected a command, found a sixth field (see --seconds)"},
    {"* * * * * * true", 11, "expected a user, found a sixth field (see --seconds)", system_format},
    {"* * * * *", 10, "expected a user", system_format},
    {"* * * * * root", 15, "expected a command", system_format},
    {"* * * * * root ", 16, "expected a command", system_format},
    {"@daily root", 12, "expected a command", system_format},
    {"@daily", 7, "expected a command"},
    {"@reboot", 8, "expected a command"},
    {"@fortnightly true", 1,
     "expected @reboot, @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, "
     "@every_minute or @every_second, found '@fortnightly'"},
    {"@every 90s true", 1, "expected a time of the calendar: @every is not supported"},
    {"*/0 * * * * true", 3, "expected a step of 1 or more, at most 999, found '0'"},
    {"*/5min * * * * true", 4, "expected a comma or the end of the field, found 'min'"},
    {"5- * * * * true", 3, "expected a minute, 0-59, found ' '"},
    {"5, * * * * true", 3, "expected a minute, 0-59, found ' '"},
    {"0 0 * JANUARY * true", 10, "expected a comma or the end of the field, found 'UARY'"},
    {"NAME value", 1, "expected a minute, 0-59, or NAME=value, found 'NAME'"},
    {"NAME=\"value\" more", 1, "expected a minute, 0-59, or NAME=value, found 'NAME=\"value\"'"},
    {"NAME=\"value", 1, "expected a minute, 0-59, or NAME=value, found 'NAME=\"value'"},
    {"\"NAME=value", 1, "expected a minute, 0-59, or NAME=value, found '\"NAME=value'"},
    {"=value", 1, "expected a name before the equals sign"},
    {"echo hello", 1, "expected a minute, 0-59, or NAME=value, found 'echo'"},
    {"60 * * * * * true", 1, "expected a second, 0-59, found '60'", six_fields},
    {"* 60 * * * * true", 3, "expected a minute, 0-59, found '60'", six_fields},
    {"* * * * * true", 11,
     "expected a day of the week, 0-7 or SUN-SAT (0 and 7 are Sunday), found 'true'", six_fields},
    {"* * * * * * * true", 13, "expected a command, found one field more", six_fields},
};

}  // namespace

TEST_CASE("environment settings, with quotes and blanks") {
    for (const variable& each : variables) {
        const std::string text = std::string{each.line} + "\n@daily true\n";
        const crontab::file read = crontab::read_file(text, "file");
        INFO(each.line);
        REQUIRE(read.entries.size() == 1);
        REQUIRE(read.entries[0].variables.size() == 1);
        CHECK(read.entries[0].variables.begin()->first == each.name);
        CHECK(read.entries[0].variables.begin()->second == each.value);
    }
}

TEST_CASE("an environment setting holds for the lines below it") {
    const crontab::file read =
        crontab::read_file("@daily a\nA=1\n@daily b\nA=2\nB=3\n@daily c\n", "file");
    REQUIRE(read.entries.size() == 3);
    CHECK(read.entries[0].variables.empty());
    CHECK(read.entries[1].variables == crontab::environment{{"A", "1"}});
    CHECK(read.entries[2].variables == crontab::environment{{"A", "2"}, {"B", "3"}});
}

TEST_CASE("the first % ends the command, the others are new lines of its input") {
    for (const command& each : commands) {
        const crontab::file read =
            crontab::read_file("* * * * * " + std::string{each.text}, "file");
        INFO(each.text);
        REQUIRE(read.entries.size() == 1);
        CHECK(read.entries[0].text == each.text);
        CHECK(read.entries[0].command == each.command);
        CHECK(read.entries[0].input == each.input);
    }
}

TEST_CASE("comments, empty lines and line ends") {
    const crontab::file read = crontab::read_file(
        "# comment\n\n   \t\n  # indented\n@daily dos\r\n\r\n*/5 * * * *\ttabs # kept\n@daily last",
        "file");
    CHECK(read.problems.empty());
    REQUIRE(read.entries.size() == 3);
    CHECK(read.entries[0].line == 5);
    CHECK(read.entries[0].text == "dos");
    CHECK(read.entries[1].line == 7);
    CHECK(read.entries[1].text == "tabs # kept");
    CHECK(read.entries[2].text == "last");
}

TEST_CASE("a schedule is the one that pawl::cron makes of it, by Vixie's rule for two day fields") {
    using namespace std::chrono_literals;
    const auto entry = [](std::string_view line) {
        crontab::file read = crontab::read_file(line, "file");
        REQUIRE(read.entries.size() == 1);
        return read.entries[0];
    };
    const auto time = [](std::string_view text) {
        const auto result = crontab::time_from_text(text);
        REQUIRE(result);
        return *result;
    };
    CHECK(entry("0 0 13 * 5 true").when.next(time("2026-03-01")) == time("2026-03-06"));
    CHECK(entry("0 0 */2 * 1 true").when.next(time("2026-03-01")) == time("2026-03-09"));
    CHECK(entry("@weekly true").when == *pawl::cron::parse("0 0 * * 0"));
    CHECK(entry("*/60 * * * * true").when == *pawl::cron::parse("0 * * * *"));
    CHECK(entry("@reboot true").at_start);
    CHECK_FALSE(entry("@daily true").at_start);
}

TEST_CASE("system format has a user before the command") {
    const crontab::file read = crontab::read_file(
        "17 *\t* * *\troot\tcd / && true\n@reboot  logcheck   if true\n", "file", system_format);
    CHECK(read.problems.empty());
    REQUIRE(read.entries.size() == 2);
    CHECK(read.entries[0].user == "root");
    CHECK(read.entries[0].text == "cd / && true");
    CHECK(read.entries[1].user == "logcheck");
    CHECK(read.entries[1].text == "if true");
}

TEST_CASE("six fields by option") {
    const crontab::file read =
        crontab::read_file("*/10 * * * * * true\n@every_second true\n", "file", six_fields);
    CHECK(read.problems.empty());
    REQUIRE(read.entries.size() == 2);
    CHECK(read.entries[0].when == *pawl::cron::parse("*/10 * * * * *"));
}

TEST_CASE("a wrong line is reported with column and what was expected, and the rest is read") {
    for (const wrong_line& each : wrong_lines) {
        const std::string text = "@daily above\n" + std::string{each.line} + "\n@daily below\n";
        const bool system = each.options.format == file_format::system;
        const crontab::file read = crontab::read_file(
            system ? "@daily root above\n" + std::string{each.line} + "\n@daily root below\n"
                   : text,
            "file", each.options);
        INFO(each.line);
        CHECK(read.has_errors());
        CHECK(read.entries.size() == 2);
        REQUIRE(read.problems.size() == 1);
        CHECK(read.problems[0].line == 2);
        CHECK(read.problems[0].column == each.column);
        CHECK(read.problems[0].message == each.message);
    }
}

TEST_CASE("a byte of value 0 is an error") {
    const crontab::file read = crontab::read_file(std::string_view{"@daily a\0b\n", 11}, "file");
    CHECK(read.has_errors());
    REQUIRE(read.problems.size() == 1);
    CHECK(read.problems[0].column == 9);
}

TEST_CASE("what is different from cron is a warning, not an error") {
    for (const std::string_view line : {"MAILTO=root", "MAILFROM=root", "RANDOM_DELAY=5"}) {
        INFO(line);
        const crontab::file read = crontab::read_file(line, "file");
        CHECK_FALSE(read.has_errors());
        REQUIRE(read.problems.size() == 1);
        CHECK(read.problems[0].message.find(" is ignored: ") != std::string::npos);
    }
    const crontab::file clock = crontab::read_file(" TZ=CET-1\n@daily true", "file");
    CHECK_FALSE(clock.has_errors());
    REQUIRE(clock.problems.size() == 1);
    CHECK(clock.problems[0].line == 1);
    CHECK(clock.problems[0].column == 2);
    CHECK(clock.problems[0].message.starts_with("TZ sets the clock of the lines below it, too"));

    const crontab::file never = crontab::read_file("0 0 31 2 * true", "file");
    CHECK_FALSE(never.has_errors());
    CHECK(never.problems.size() == 1);
    CHECK(never.entries.empty());
}

TEST_CASE("CRON_TZ and TZ set the clock of the lines below them") {
    using std::chrono::hours;
    const crontab::file read = crontab::read_file(
        "@daily a\nCRON_TZ=CET-1\n@daily b\nTZ=JST-9\n@daily c\nCRON_TZ=\n@daily d\nTZ=\"\"\n"
        "@daily e\nTZ = ':EST5'  \n@daily f\nCRON_TZ=UTC\n@daily g\nCRON_TZ=Etc/UTC\n@daily h\n"
        "CRON_TZ=<+0530>-5:30\n@daily i",
        "file");
    CHECK_FALSE(read.has_errors());
    const std::vector<std::optional<std::chrono::seconds>> offsets{
        {},                   // no variable
        hours{1},  hours{1},  // CRON_TZ before TZ
        hours{9},  {},
        hours{-5}, {},  // UTC is a zone, too
        {},        std::chrono::minutes{330},
    };
    REQUIRE(read.entries.size() == offsets.size());
    for (std::size_t i = 0; i < offsets.size(); ++i) {
        const crontab::entry& each = read.entries[i];
        INFO(each.text);
        CHECK((each.zone == nullptr) == !offsets[i].has_value());
        if (each.zone != nullptr) {
            CHECK(each.zone->offset_at({}) == *offsets[i]);
        }
    }
    // A command finds both in its environment.
    CHECK(read.entries[2].variables == crontab::environment{{"CRON_TZ", "CET-1"}, {"TZ", "JST-9"}});
    CHECK(read.entries[1].zone->text() == "CET-1");
    CHECK(read.entries[5].zone->text() == "EST5");
}

TEST_CASE("a wrong time zone is an error, and no line runs by another clock") {
    struct wrong_zone {
        std::string_view line;
        std::size_t column;
        std::string_view message;
    };
    const wrong_zone zones[] = {
        {"CRON_TZ=Mars/Olympus_Mons", 9,
         "expected a time zone that this system knows, found 'Mars/Olympus_Mons'"},
        {"TZ=Mars/Olympus_Mons", 4,
         "expected a time zone that this system knows, found 'Mars/Olympus_Mons'"},
        {"CRON_TZ=../../../etc/passwd", 9,
         "expected the name of a time zone, such as Europe/Berlin, found '../../../etc/passwd'"},
        {"CRON_TZ=\"/etc/passwd\"", 10,
         "expected the name of a time zone, such as Europe/Berlin, found '/etc/passwd'"},
        {"CRON_TZ = :Mars/../Phobos", 17,
         "expected the name of a time zone, such as Europe/Berlin, found ':Mars/../Phobos'"},
        {"CRON_TZ=CET-1CEST,M3.5.0,M13.5.0/3", 27,
         "expected a month, 1-12, found 'CET-1CEST,M3.5.0,M13.5.0/3'"},
        {"CRON_TZ='CET-25'", 14, "expected hours, 0-24, found 'CET-25'"},
        {"CRON_TZ=:<+05>", 15,
         "expected the offset from UTC, in hours to the west, as -1 or 5:30, found ':<+05>'"},
    };
    for (const wrong_zone& each : zones) {
        INFO(each.line);
        const std::string text =
            "@daily a\n" + std::string{each.line} + "\n@daily b\n@daily c\nCRON_TZ=CET-1\n@daily d";
        const crontab::file read = crontab::read_file(text, "file", {.zones = "/nowhere"});
        REQUIRE(read.problems.size() == 1);
        CHECK(read.problems[0].is_error);
        CHECK(read.problems[0].line == 2);
        CHECK(read.problems[0].column == each.column);
        CHECK(read.problems[0].message ==
              std::string{each.message} + "; lines below it do not run");
        REQUIRE(read.entries.size() == 2);
        CHECK(read.entries[0].text == "a");
        CHECK(read.entries[1].text == "d");
    }
}

TEST_CASE("a user that the system does not know is an error where lines are to run") {
    crontab::read_options options = system_format;
    options.knows_user = [](const std::string& name) { return name == "known"; };
    for (const bool runs : {false, true}) {
        options.runs = runs;
        const crontab::file read =
            crontab::read_file("@daily known a\n@daily  unknown b\n", "file", options);
        CHECK(read.has_errors() == runs);
        CHECK(read.entries.size() == (runs ? 1 : 2));
        REQUIRE(read.problems.size() == 1);
        CHECK(read.problems[0].line == 2);
        CHECK(read.problems[0].column == 9);
        CHECK(read.problems[0].message == (runs ? "expected a user of this system, found 'unknown'"
                                                : "no user of this system: 'unknown'"));
    }
}

TEST_CASE("two day fields go together by the rule that was asked for") {
    const auto first = [](pawl::day_match days) {
        const crontab::file read = crontab::read_file("0 0 */2 * 1 true", "file", {.days = days});
        REQUIRE(read.entries.size() == 1);
        const auto next = read.entries[0].when.next(*crontab::time_from_text("2026-02-28"));
        REQUIRE(next);
        return crontab::to_text(*next);
    };
    CHECK(first(pawl::day_match::vixie) == "2026-03-09T00:00:00Z");  // begins with a star: AND
    CHECK(first(pawl::day_match::both) == "2026-03-09T00:00:00Z");
    CHECK(first(pawl::day_match::either) == "2026-03-01T00:00:00Z");
}

TEST_CASE("a line in words") {
    const crontab::file read = crontab::read_file(
        "30 9 * * MON-FRI true\n@reboot true\nCRON_TZ=CET-1\n30 9 * * MON-FRI true\n", "file");
    REQUIRE(read.entries.size() == 3);
    CHECK(crontab::words_of(read.entries[0]) == "At 09:30, Monday through Friday");
    CHECK(crontab::words_of(read.entries[1]) == "At the start");
    CHECK(crontab::words_of(read.entries[2]) == "At 09:30, Monday through Friday, in CET-1");
}

TEST_CASE("a problem is shown with its line and a mark") {
    const crontab::file read = crontab::read_file("\n\t* 24 * * * true\n", "etc/file");
    REQUIRE(read.problems.size() == 1);
    CHECK(to_text(read, read.problems[0]) ==
          "etc/file:2:4: error: expected an hour, 0-23, found '24'\n"
          "    \t* 24 * * * true\n"
          "    \t  ^\n");
}

TEST_CASE("times and durations") {
    using namespace std::chrono_literals;
    using crontab::duration_from_text;
    using crontab::time_from_text;
    for (const std::string_view text :
         {"2026-02-27", "2026-02-27T00:00", "2026-02-27T00:00:00Z", "2026-02-27 00:00Z"}) {
        REQUIRE(time_from_text(text));
        CHECK(crontab::to_text(*time_from_text(text)) == "2026-02-27T00:00:00Z");
    }
    CHECK(crontab::to_text(*time_from_text("9999-12-31T23:59:59")) == "9999-12-31T23:59:59Z");
    for (const std::string_view text :
         {"", "2026", "2026-02", "2026-02-30", "2026-13-01", "0000-01-01", "2026-02-27T24:00",
          "2026-02-27T12", "2026-02-27T12:60", "2026-02-27T12:00:60", "2026-02-27x", "26-02-27",
          "2026-2-27", "+026-02-27", "2026-02-27T12:00:"}) {
        INFO(text);
        CHECK_FALSE(time_from_text(text));
    }
    const auto noon = *time_from_text("2026-02-27T12:00");
    CHECK(crontab::to_text(noon, 1h) == "2026-02-27T13:00:00+01:00");
    CHECK(crontab::to_text(noon, -12h - 30min) == "2026-02-26T23:30:00-12:30");
    CHECK(crontab::to_text(noon, 53min + 28s) == "2026-02-27T12:53:28+00:53:28");
    CHECK(crontab::to_text(noon, 0s) == "2026-02-27T12:00:00+00:00");
    CHECK(duration_from_text("90s") == 90s);
    CHECK(duration_from_text("0s") == 0s);
    CHECK(duration_from_text("72h") == 72h);
    CHECK(duration_from_text("1w2d3h4m5s") == 7 * 24h + 2 * 24h + 3h + 4min + 5s);
    for (const std::string_view text : {"", "5", "s", "5x", "-5s", "5s5s", "5s1h",
                                        "99999999999999999999s", "1000w1000000d", "9999999999w"}) {
        INFO(text);
        CHECK_FALSE(duration_from_text(text));
    }
}
