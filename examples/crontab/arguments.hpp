// SPDX-License-Identifier: BSL-1.0
//
// What the program is asked to do: its options, and the text that explains them.
#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "crontab_file.hpp"
#include "runner.hpp"
#include "time_text.hpp"

namespace crontab {

inline constexpr std::string_view usage = R"(usage: crontab [OPTION]... FILE...

Runs the commands of crontab files, each at its time: in UTC, or in the time zone that CRON_TZ names
in a line above, as Europe/Berlin or CET-1CEST,M3.5.0,M10.5.0/3. FILE may be - for standard input.
Output of the commands is passed on with FILE:LINE in front; a command has failed if its exit status
is not 0. SIGTERM, SIGINT and SIGHUP stop it: running commands get time to end, a second signal ends
them at once.

instead of running:
  --plan           prints every firing in a span of time and starts no command
  --check          reads the files, reports what is wrong, and starts no command
  --describe       with one of them: also says in words when each line runs

files:
  --user           lines have no user (default, but for */crontab below /etc and */cron.d/*)
  --system         lines have a user before the command, and run as that user if root started this,
                   else only own lines run
  --seconds        lines have six time fields, the first is the second
  --days RULE      when both day fields say something: vixie (either, but both if one begins with *;
                   default), both or either

running and planning:
  --for TIME       stops after this time (run: default never; plan: default 24h)
  --from TIME      where the plan begins, as 2026-02-27 or 2026-02-27T22:00 (default now)

running:
  --timeout TIME   how long commands may take to end when stopping (default 8s)
  --commands N     how many commands may run at the same time (default 256)
  --retries N      runs a command that failed again, up to N times, after 1, 2, 4 ... s (default 0)
  --overlap RULE   what happens at a command's time while it still runs, or waits for a retry:
                   allow (it runs twice; default), skip (it does not start), queue (it starts
                   afterwards)
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
    run_options run;
    read_options read;
    std::optional<file_format> format;
    std::optional<std::chrono::sys_seconds> from;
    mode action = mode::run;
    bool describe = false;
    bool help = false;
    std::vector<std::string> files;
};

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

inline std::optional<std::size_t> read_number(option_reader& reader, std::size_t least,
                                              std::size_t most) {
    std::size_t number = 0;
    if (!reader.take_value()) {
        return std::nullopt;
    }
    const char* const end = reader.value->data() + reader.value->size();
    const auto [stop, error] = std::from_chars(reader.value->data(), end, number);
    const bool right = error == std::errc{} && stop == end && number >= least && number <= most;
    return right ? std::optional{number} : std::nullopt;
}

// One word of three. False: it was none of them.
template <class Value>
bool read_word(option_reader& reader, Value& result,
               const std::array<std::pair<std::string_view, Value>, 3>& known) {
    if (reader.take_value()) {
        for (const auto& [word, value] : known) {
            if (*reader.value == word) {
                result = value;
                return true;
            }
        }
    }
    return false;
}

// Empty: all is well. Else what is wrong.
inline std::string read_option(option_reader& reader, arguments& result) {
    const std::string& name = reader.name;
    const auto duration = [&reader]() -> std::optional<std::chrono::seconds> {
        return reader.take_value() ? duration_from_text(*reader.value) : std::nullopt;
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
        result.from = reader.take_value() ? time_from_text(*reader.value) : std::nullopt;
        return result.from ? "" : "--from needs a time like 2026-02-27T22:00";
    }
    if (name == "--commands") {
        const auto count = read_number(reader, 1, 100'000);
        result.run.commands_max = count.value_or(1);
        return count ? "" : "--commands needs a number from 1 to 100000";
    }
    if (name == "--retries") {
        const auto count = read_number(reader, 0, 255);
        result.run.retries = static_cast<std::uint8_t>(count.value_or(0));
        return count ? "" : "--retries needs a number from 0 to 255";
    }
    if (name == "--days") {
        const bool known = read_word(reader, result.read.days,
                                     {{{"vixie", pawl::day_match::vixie},
                                       {"both", pawl::day_match::both},
                                       {"either", pawl::day_match::either}}});
        return known ? "" : "--days needs vixie, both or either";
    }
    if (name == "--overlap") {
        const bool known = read_word(reader, result.run.overlap,
                                     {{{"allow", overlap_rule::allow},
                                       {"skip", overlap_rule::skip},
                                       {"queue", overlap_rule::queue}}});
        return known ? "" : "--overlap needs allow, skip or queue";
    }
    const bool has_value = reader.value.has_value();
    if (name == "--plan") {
        result.action = mode::plan;
    } else if (name == "--check") {
        result.action = mode::check;
    } else if (name == "--describe") {
        result.describe = true;
    } else if (name == "--user") {
        result.format = file_format::user;
    } else if (name == "--system") {
        result.format = file_format::system;
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

inline std::string read_arguments(int count, char** values, arguments& result) {
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
    if (result.describe && result.action == mode::run && !result.help) {
        return "--describe needs --plan or --check";
    }
    return result.files.empty() && !result.help ? "no file is named" : "";
}

}  // namespace crontab
