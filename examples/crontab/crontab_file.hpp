// SPDX-License-Identifier: BSL-1.0
//
// Reads crontab files as Vixie's cron and its descendants (Debian, Red Hat, BSD) do.
//
//   # comment                               also with blanks before the #
//   NAME = value                            environment of the lines below it; quotes keep blanks
//   minute hour day month weekday command   user format
//   minute hour day month weekday user command   system format (/etc/crontab, /etc/cron.d)
//   @daily command                          macros; @reboot is once, at the start
//   ... command % line % line               % ends the command, the rest is its standard input
//
// The two day fields follow Vixie's rule, unless `days` says otherwise: either of them makes a day
// match, but both have to if one of them begins with a star. Every schedule that pawl::cron knows
// is accepted beyond what cron itself does: ranges that wrap around, L, W, #, and with `seconds` a
// sixth field in front.
//
//   CRON_TZ = Europe/Berlin                 the clock of the lines below it, as in Red Hat's cron;
//                                           also TZ, which cron itself hands to commands only;
//                                           without either, and if it is empty, it is UTC
//
// A wrong line is a problem with line, column and what was expected; the lines around it stand, but
// for those whose clock it was to set. What works here but not as in cron (MAILTO, TZ, dates that
// never come) is a warning.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/time/cron.hpp>
#include <pawl/time/zone_ref.hpp>
#include <pawl/time/zoneinfo.hpp>

#include "crontab_text.hpp"
#include "zone_setting.hpp"

namespace crontab {

enum class file_format { user, system };

struct read_options {
    file_format format = file_format::user;
    bool seconds = false;  // six fields, the first is a second
    pawl::day_match days = pawl::day_match::vixie;
    std::string_view zones = pawl::zoneinfo_directory;  // the folder of the system's time zones
    // Whether this system has a user; null: nobody asks. An unknown one is an error where lines are
    // to run, and a warning where they are only looked at.
    bool (*knows_user)(const std::string&) = nullptr;
    bool runs = false;
};

using environment = std::map<std::string, std::string>;

struct entry {
    std::size_t line = 0;   // from 1
    bool at_start = false;  // @reboot; `when` never comes
    pawl::cron when;
    zone_pointer zone;    // whose clock `when` means; null: UTC
    std::string user;     // system format only
    std::string text;     // the command as it is written
    std::string command;  // for the shell: up to the first %, and \% is %
    std::string input;    // standard input: what is behind it, % is a new line
    environment variables;
};

// For the scheduler; the entry has to stay.
inline pawl::zone_ref zone_of(const entry& what) {
    return what.zone == nullptr ? pawl::zone_ref{} : pawl::zone_ref{*what.zone};
}

struct problem {
    bool is_error = true;  // or a warning
    std::size_t line = 0;
    std::size_t column = 0;  // from 1, in bytes
    std::string message;
    std::string source;  // the line
};

struct file {
    std::string name;
    std::vector<entry> entries;
    std::vector<problem> problems;

    [[nodiscard]] bool has_errors() const {
        for (const problem& found : problems) {
            if (found.is_error) {
                return true;
            }
        }
        return false;
    }
};

// FILE:LINE:COLUMN: error: what was expected, then the line and a mark under the column.
inline std::string to_text(const file& read, const problem& found) {
    std::string text = read.name + ':' + std::to_string(found.line) + ':' +
                       std::to_string(found.column) +
                       (found.is_error ? ": error: " : ": warning: ") + found.message + "\n    " +
                       found.source + "\n    ";
    for (std::size_t i = 0; i + 1 < found.column && i < found.source.size(); ++i) {
        text += found.source[i] == '\t' ? '\t' : ' ';
    }
    return text + "^\n";
}

namespace detail {

// What CRON_TZ or TZ says above a line.
struct clock_setting {
    bool given = false;
    bool wrong = false;
    zone_pointer zone;
};

class file_reader {
public:
    file_reader(std::string name, read_options options) : options_{std::move(options)} {
        file_.name = std::move(name);
    }

    file read(std::string_view text) {
        while (!text.empty()) {
            const std::size_t end = text.find('\n');
            std::string_view line = text.substr(0, end);
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
            if (!line.empty() && line.back() == '\r') {
                line.remove_suffix(1);  // written on Windows: cron would hand it to the command
            }
            ++line_;
            read_line(line);
        }
        return std::move(file_);
    }

private:
    void read_line(std::string_view line) {
        const std::size_t begin = skip_blanks(line, 0);
        if (begin == line.size() || line[begin] == '#') {
            return;
        }
        if (const std::size_t zero = line.find('\0'); zero != std::string_view::npos) {
            report(true, line, zero, "expected text, found a byte of value 0");
            return;
        }
        std::string name;
        std::string value;
        std::size_t value_at = 0;
        if (parse_variable(line, name, value, value_at)) {
            read_variable(line, begin, name, value, value_at);
        } else {
            read_entry(line, begin);
        }
    }

    void read_variable(std::string_view line, std::size_t begin, const std::string& name,
                       const std::string& value, std::size_t value_at) {
        if (name.empty()) {
            report(true, line, begin, "expected a name before the equals sign");
            return;
        }
        if (name == "MAILTO" || name == "MAILFROM") {
            report(false, line, begin,
                   name + " is ignored: output goes to standard output and standard error");
        } else if (name == "RANDOM_DELAY") {
            report(false, line, begin, name + " is ignored: commands start at their time");
        } else if (name == "CRON_TZ") {
            read_zone(line, value, value_at, cron_tz_);
        } else if (name == "TZ") {
            read_zone(line, value, value_at, tz_);
            if (tz_.zone != nullptr) {
                report(false, line, begin,
                       "TZ sets the clock of the lines below it, too, which it does not in cron; "
                       "CRON_TZ does in both");
            }
        }
        variables_[name] = value;
    }

    void read_zone(std::string_view line, const std::string& value, std::size_t at,
                   clock_setting& setting) {
        const zone_reading read = zone_from_text(value, options_.zones);
        setting = {!value.empty(), !read.message.empty(), read.zone};
        if (setting.wrong) {
            report(true, line, at + read.position,
                   read.message + ", found '" + value + "'; lines below it do not run");
        }
    }

    void read_entry(std::string_view line, std::size_t begin) {
        entry made;
        made.line = line_;
        std::size_t at = begin;
        const std::size_t fields = line[begin] == '@' ? 1 : options_.seconds ? 6 : 5;
        for (std::size_t field = 0; field < fields; ++field) {
            at = skip_word(line, skip_blanks(line, at));
        }
        if (!read_schedule(line, begin, at, made)) {
            return;
        }
        at = skip_blanks(line, at);
        if (options_.format == file_format::system && !at_command(line, at, "a user")) {
            return;
        }
        if (options_.format == file_format::system) {
            const std::size_t end = skip_word(line, at);
            made.user = line.substr(at, end - at);
            if (!check_user(line, at, made.user)) {
                return;
            }
            at = skip_blanks(line, end);
        }
        if (!at_command(line, at, "a command")) {
            return;
        }
        const clock_setting& clock = cron_tz_.given ? cron_tz_ : tz_;
        if (clock.wrong) {
            return;  // rather not than at another time
        }
        made.zone = clock.zone;
        made.text = line.substr(at);
        split_input(made.text, made.command, made.input);
        made.variables = variables_;
        if (!made.at_start && made.when.never_comes()) {
            report(false, line, begin, "this date never comes, so the command never runs");
            return;
        }
        file_.entries.push_back(std::move(made));
    }

    bool check_user(std::string_view line, std::size_t at, const std::string& user) {
        if (options_.knows_user == nullptr || options_.knows_user(user)) {
            return true;
        }
        report(options_.runs, line, at,
               options_.runs ? "expected a user of this system, found '" + user + "'"
                             : "no user of this system: '" + user + '\'');
        return !options_.runs;
    }

    bool read_schedule(std::string_view line, std::size_t begin, std::size_t end, entry& made) {
        const std::string_view schedule = line.substr(begin, end - begin);
        const pawl::cron_result parsed =
            pawl::cron::parse(schedule, {.days = options_.days,
                                         .impossible = pawl::impossible_date::never,
                                         .steps = pawl::step_limit::any});
        if (parsed) {
            made.when = *parsed;
            return true;
        }
        const pawl::cron_error& error = parsed.error();
        if (error.code == pawl::cron_expected::calendar_not_reboot) {
            made.at_start = true;
            return true;
        }
        if (line[begin] != '@' && !is_schedule_start(line[begin])) {
            report_found(line, begin,
                         std::string{options_.seconds ? "expected a second, 0-59"
                                                      : "expected a minute, 0-59"} +
                             ", or NAME=value");
        } else if (error.code == pawl::cron_expected::known_macro) {
            report_found(line, begin,
                         "expected @reboot, @yearly, @annually, @monthly, @weekly, "
                         "@daily, @midnight, @hourly, @every_minute or @every_second");
        } else if (error.code == pawl::cron_expected::calendar_not_interval) {
            report(true, line, begin, "expected a time of the calendar: @every is not supported");
        } else if (error.code == pawl::cron_expected::five_or_six_fields) {
            report(true, line, begin + error.position,
                   options_.seconds ? "expected 6 fields (second minute hour day month weekday)"
                                    : "expected 5 fields (minute hour day month weekday)");
        } else {
            report_found(line, begin + error.position, std::string{error.message()});
        }
        return false;
    }

    static bool is_schedule_start(char c) {
        return (c >= '0' && c <= '9') || c == '*' || c == '?' || c == '-' || c == '/' || c == ',';
    }

    // Whether there is a word at all, and not one more field of a schedule.
    bool at_command(std::string_view line, std::size_t at, const std::string& what) {
        if (at == line.size()) {
            report(true, line, at, "expected " + what);
            return false;
        }
        if (line[at] == '*') {
            report(true, line, at,
                   "expected " + what +
                       (options_.seconds ? ", found one field more"
                                         : ", found a sixth field (see --seconds)"));
            return false;
        }
        return true;
    }

    void report_found(std::string_view line, std::size_t at, std::string message) {
        std::size_t end = at;
        while (end < line.size() && !is_blank(line[end]) && line[end] != ',') {
            ++end;
        }
        if (end == at && end < line.size()) {
            ++end;
        }
        message += end == at ? ", found the end of the line"
                             : ", found '" + std::string{line.substr(at, end - at)} + "'";
        report(true, line, at, std::move(message));
    }

    void report(bool is_error, std::string_view line, std::size_t at, std::string message) {
        file_.problems.push_back({is_error, line_, at + 1, std::move(message), std::string{line}});
    }

    read_options options_;
    file file_;
    environment variables_;
    clock_setting cron_tz_;
    clock_setting tz_;
    std::size_t line_ = 0;
};

}  // namespace detail

inline file read_file(std::string_view text, std::string name, read_options options = {}) {
    return detail::file_reader{std::move(name), std::move(options)}.read(text);
}

}  // namespace crontab
