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
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crontab_file.hpp"
#include "plan.hpp"
#include "runner.hpp"
#include "time_text.hpp"

namespace {

constexpr std::string_view usage = R"(usage: crontab [OPTION]... FILE...

Runs the commands of crontab files, each at its time, in UTC. FILE may be - for standard input.
Output of the commands is passed on with FILE:LINE in front; a command has failed if its exit status
is not 0. SIGTERM, SIGINT and SIGHUP stop it: running commands get time to end, a second signal ends
them at once.

instead of running:
  --plan           prints every firing in a span of time and starts no command
  --check          reads the files, reports what is wrong, and starts no command

files:
  --user           lines have no user (default, but for */crontab below /etc and */cron.d/*)
  --system         lines have a user before the command; only own lines run
  --seconds        lines have six time fields, the first is the second

running and planning:
  --for TIME       stops after this time (run: default never; plan: default 24h)
  --from TIME      where the plan begins, as 2026-02-27 or 2026-02-27T22:00 (default now)

running:
  --timeout TIME   how long commands may take to end when stopping (default 8s)
  --commands N     how many commands may run at the same time (default 256)
  --clean-env      commands do not see this process's environment, as in cron
  -v, --verbose    also reports starts and successes

  -h, --help       prints this
A TIME is like 90s, 30m, 72h, 7d, 2w or 1h30m.

exit status:
  0  all is well: the plan or the check found no wrong line; or it ran until it was stopped
  1  a file has a wrong line (run: no line that can run)
  2  wrong arguments, or a file that cannot be read
  3  it ran, and some commands had to be ended when it was stopped
)";

enum class mode { run, plan, check };

struct arguments {
    crontab::run_options run;
    crontab::read_options read;
    std::optional<crontab::file_format> format;
    std::optional<std::chrono::sys_seconds> from;
    mode action = mode::run;
    bool help = false;
    std::vector<std::string> files;
};

int complain(const std::string& text) {
    std::fprintf(stderr, "crontab: %s\n", text.c_str());
    return 2;
}

// The value of an option: behind the equals sign, or the next argument.
struct option_reader {
    std::vector<std::string> rest;  // reversed
    std::string name;
    std::optional<std::string> value;

    bool next() {
        if (rest.empty()) {
            return false;
        }
        name = std::move(rest.back());
        rest.pop_back();
        value.reset();
        const std::size_t equals = name.find('=');
        if (name.starts_with("--") && equals != std::string::npos) {
            value = name.substr(equals + 1);
            name.resize(equals);
        }
        return true;
    }
    bool take_value() {
        if (!value && !rest.empty()) {
            value = std::move(rest.back());
            rest.pop_back();
        }
        return value.has_value();
    }
};

// Empty: all is well. Else what is wrong.
std::string read_option(option_reader& reader, arguments& result) {
    const std::string& name = reader.name;
    const auto duration = [&reader]() -> std::optional<std::chrono::seconds> {
        return reader.take_value() ? crontab::duration_from_text(*reader.value) : std::nullopt;
    };
    if (name == "--for") {
        result.run.run_time = duration();
        return result.run.run_time ? "" : "--for needs a time like 72h";
    }
    if (name == "--timeout") {
        const auto time = duration();
        result.run.drain_time = time.value_or(result.run.drain_time);
        return time ? "" : "--timeout needs a time like 8s";
    }
    if (name == "--from") {
        result.from = reader.take_value() ? crontab::time_from_text(*reader.value) : std::nullopt;
        return result.from ? "" : "--from needs a time like 2026-02-27T22:00";
    }
    if (name == "--commands") {
        const bool given = reader.take_value();
        const long count = given ? std::strtol(reader.value->c_str(), nullptr, 10) : 0;
        result.run.commands_max = static_cast<std::size_t>(count);
        return count >= 1 && count <= 100'000 ? "" : "--commands needs a number from 1 to 100000";
    }
    const bool has_value = reader.value.has_value();
    if (name == "--plan") {
        result.action = mode::plan;
    } else if (name == "--check") {
        result.action = mode::check;
    } else if (name == "--user") {
        result.format = crontab::file_format::user;
    } else if (name == "--system") {
        result.format = crontab::file_format::system;
    } else if (name == "--seconds") {
        result.read.seconds = true;
    } else if (name == "--clean-env") {
        result.run.clean_environment = true;
    } else if (name == "--verbose" || name == "-v") {
        result.run.verbose = true;
    } else if (name == "--help" || name == "-h") {
        result.help = true;
    } else {
        return "unknown option " + name;
    }
    return has_value ? name + " takes no value" : "";
}

std::string read_arguments(int count, char** values, arguments& result) {
    option_reader reader;
    for (int i = count; i-- > 1;) {
        reader.rest.emplace_back(values[i]);
    }
    bool options_end = false;
    while (reader.next()) {
        if (!options_end && reader.name == "--") {
            options_end = true;
        } else if (!options_end && reader.name.starts_with("-") && reader.name != "-") {
            if (std::string wrong = read_option(reader, result); !wrong.empty()) {
                return wrong;
            }
        } else {
            result.files.push_back(reader.value ? reader.name + '=' + *reader.value : reader.name);
        }
    }
    return result.files.empty() && !result.help ? "no file is named" : "";
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

int print_plan(const std::vector<crontab::file>& files, const arguments& given) {
    const auto from = given.from.value_or(
        std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now()));
    const std::chrono::seconds span = given.run.run_time.value_or(std::chrono::hours{24});
    if (from + span > pawl::cron::time_max) {
        return complain("the plan must end before the year 10000");
    }
    std::printf("# from %s to %s, time zone UTC\n", crontab::to_text(from).c_str(),
                crontab::to_text(from + span).c_str());
    const crontab::plan_result result =
        crontab::plan(files, from, span, [&files](const crontab::firing& each) {
            std::printf("%s  %s:%zu  %s%s%s\n", crontab::to_text(each.time).c_str(),
                        files[each.file].name.c_str(), each.what->line, each.what->user.c_str(),
                        each.what->user.empty() ? "" : "  ", each.what->text.c_str());
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
    if (const std::string wrong = read_arguments(count, values, given); !wrong.empty()) {
        return complain(wrong + " (see --help)");
    }
    if (given.help) {
        std::fwrite(usage.data(), 1, usage.size(), stdout);
        return 0;
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
