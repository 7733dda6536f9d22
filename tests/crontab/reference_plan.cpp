// SPDX-License-Identifier: BSL-1.0
//
// Prints the plan of crontab files as `crontab --plan` does, without any of its code: a line is
// what the shell's `read` would make of it, and whether it fires is asked anew for every minute.
//
//   reference_plan [--system] FROM_DAY HOUR HOURS FILE...     (FROM_DAY as days since 1970)
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "oracles/cron_reference.hpp"

namespace {

struct line {
    std::string place;
    std::string rest;
    bool at_start;
    oracle::cron_reference when;
};

bool is_variable(const std::string& text) {
    const std::size_t equals = text.find('=');
    const std::size_t begin = text.find_first_not_of(" \t");
    if (equals == std::string::npos || begin == equals) {
        return false;
    }
    if (text[begin] == '"' || text[begin] == '\'') {
        return text.find(text[begin], begin + 1) < equals;
    }
    // Nothing but blanks between a word and the equals sign.
    const std::size_t end = text.find_first_of(" \t=", begin);
    return text.find_first_not_of(" \t", end) == equals;
}

std::string take_word(std::string& text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    text = begin == std::string::npos ? "" : text.substr(begin);
    const std::size_t end = text.find_first_of(" \t");
    std::string word = text.substr(0, end);
    text = end == std::string::npos ? "" : text.substr(text.find_first_not_of(" \t", end));
    return word;
}

}  // namespace

int main(int count, char** values) {
    using namespace std::chrono;
    int next = 1;
    const bool system = std::string{values[next]} == "--system";
    next += system ? 1 : 0;
    const sys_seconds from =
        sys_days{days{std::atoi(values[next])}} + hours{std::atoi(values[next + 1])};
    const sys_seconds end = from + hours{std::atoi(values[next + 2])};
    std::vector<line> lines;
    for (next += 3; next < count; ++next) {
        std::ifstream stream{values[next]};
        std::string text;
        for (int number = 1; std::getline(stream, text); ++number) {
            const std::size_t begin = text.find_first_not_of(" \t");
            if (begin == std::string::npos || text[begin] == '#' || is_variable(text)) {
                continue;
            }
            std::string schedule = take_word(text);
            const bool at_start = schedule == "@reboot";
            for (int field = 1; schedule[0] != '@' && field % 5 != 0; ++field) {
                schedule += ' ' + take_word(text);
            }
            std::string rest = system ? take_word(text) + "  " : "";
            rest += text;
            lines.push_back(
                {values[next] + (':' + std::to_string(number)), rest, at_start,
                 oracle::cron_reference{at_start ? "@yearly" : schedule, oracle::day_rule::vixie}});
        }
    }
    for (sys_seconds time = from; time < end;) {
        const auto day = floor<days>(time);
        // What cannot fire on this day is not asked for each of its minutes.
        std::vector<const line*> today;
        for (const line& each : lines) {
            if (each.at_start ? time == from : each.when.matches_day(day)) {
                today.push_back(&each);
            }
        }
        for (; time < end && time < day + days{1}; time += minutes{1}) {
            for (const line* each : today) {
                if (each->at_start ? time == from : each->when.matches_time((time - day).count())) {
                    const auto second = (time - day).count();
                    const year_month_day date{day};
                    std::printf("%04d-%02u-%02uT%02d:%02d:00Z  %s  %s\n",
                                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                                static_cast<unsigned>(date.day()), static_cast<int>(second / 3600),
                                static_cast<int>(second / 60 % 60), each->place.c_str(),
                                each->rest.c_str());
                }
            }
        }
    }
}
