// SPDX-License-Identifier: BSL-1.0
//
// crontab: runs crontab files, in a container, on an embedded Linux, or for a look at what they do.
//
//   c++ -std=c++20 -O2 -pthread -Iinclude examples/crontab/main.cpp -o crontab
//   ./crontab --plan --from 2026-02-27T22:00 --for 72h /etc/crontab
//   ./crontab jobs.cron
//
// requires: posix
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "account.hpp"
#include "arguments.hpp"
#include "crontab_file.hpp"
#include "plan.hpp"
#include "runner.hpp"
#include "time_text.hpp"
#include "words.hpp"

namespace {

using crontab::arguments;
using crontab::mode;

int complain(const std::string& text) {
    std::fprintf(stderr, "crontab: %s\n", text.c_str());
    return 2;
}

// /etc/crontab and the files of /etc/cron.d have a user in each line, wherever their tree lies.
crontab::file_format format_of(const std::string& name) {
    const bool system =
        name.ends_with("/etc/crontab") || name.find("/cron.d/") != std::string::npos;
    return system ? crontab::file_format::system : crontab::file_format::user;
}

bool read_text(const std::string& name, std::string& text) {
    std::FILE* stream = name == "-" ? stdin : std::fopen(name.c_str(), "rb");
    if (stream == nullptr) {
        return false;
    }
    char buffer[4096];
    for (std::size_t size; (size = std::fread(buffer, 1, sizeof buffer, stream)) > 0;) {
        text.append(buffer, size);
    }
    const bool complete = std::ferror(stream) == 0;  // not so for a directory
    const int reason = errno;
    if (stream != stdin) {
        std::fclose(stream);
    }
    errno = reason;
    return complete;
}

// FILE:LINE, what is asked for, and the command.
void print_line(const std::string& start, const crontab::file& from, const crontab::entry& what,
                bool describe) {
    std::string line = start + from.name + ':' + std::to_string(what.line) + "  ";
    if (describe) {
        line += crontab::words_of(what) + "  ";
    }
    line += what.user + (what.user.empty() ? "" : "  ") + what.text + '\n';
    std::fwrite(line.data(), 1, line.size(), stdout);
}

int print_plan(const std::vector<crontab::file>& files, const arguments& given) {
    const auto from = given.from.value_or(
        std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now()));
    const std::chrono::seconds span = given.run.run_time.value_or(std::chrono::hours{24});
    if (from + span > pawl::cron::time_max) {
        return complain("the plan must end before the year 10000");
    }
    std::printf("# from %s to %s, time zone UTC\n", crontab::to_text(from).c_str(),
                crontab::to_text(from + span).c_str());
    const crontab::plan_result result = crontab::plan(
        files, from, span, [&files, describe = given.describe](const crontab::firing& each) {
            const crontab::entry& what = *each.what;
            const std::string time =
                what.zone == nullptr ? crontab::to_text(each.time)
                                     : crontab::to_text(each.time, what.zone->offset_at(each.time));
            print_line(time + "  ", files[each.file], what, describe);
        });
    std::printf("# %llu firings\n", static_cast<unsigned long long>(result.firings));
    if (result.error != pawl::submit_error::none) {
        std::fflush(stdout);
        return complain(std::string{pawl::to_string(result.error)});
    }
    return 0;
}

}  // namespace

int main(int count, char** values) {
    arguments given;
    if (const std::string wrong = crontab::read_arguments(count, values, given); !wrong.empty()) {
        return complain(wrong + " (see --help)");
    }
    if (given.help) {
        std::fwrite(crontab::usage.data(), 1, crontab::usage.size(), stdout);
        return 0;
    }
    if (const char* const folder = std::getenv("TZDIR"); folder != nullptr && *folder != '\0') {
        given.read.zones = folder;  // as for the C library
    }
    given.read.runs = given.action == mode::run;
    if (crontab::is_root()) {
        given.read.knows_user = [](const std::string& name) {
            return crontab::account_named(name).has_value();
        };
    }
    std::vector<crontab::file> files;
    bool wrong_lines = false;
    for (const std::string& name : given.files) {
        std::string text;
        if (!read_text(name, text)) {
            return complain("cannot read " + name + ": " + std::strerror(errno));
        }
        given.read.format = given.format.value_or(format_of(name));
        files.push_back(crontab::read_file(text, name == "-" ? "stdin" : name, given.read));
        for (const crontab::problem& each : files.back().problems) {
            std::fputs(to_text(files.back(), each).c_str(), stderr);
        }
        wrong_lines = wrong_lines || files.back().has_errors();
    }
    if (given.action == mode::check) {
        for (const crontab::file& each : files) {
            for (const crontab::entry& what : each.entries) {
                if (given.describe) {
                    print_line("", each, what, true);
                }
            }
        }
        return wrong_lines ? 1 : 0;
    }
    if (given.action == mode::plan) {
        const int status = print_plan(files, given);
        return status == 0 && wrong_lines ? 1 : status;
    }
    const crontab::run_result result = crontab::runner{files, given.run}.run();
    if (!result.started) {
        return 1;
    }
    return result.terminated_commands ? 3 : 0;
}
