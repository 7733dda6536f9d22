// SPDX-License-Identifier: BSL-1.0
//
// A backup each night at three. Where it goes stands in a configuration file, which is read when
// the job runs: who changes it need not restart anything. A target that is not there yet is tried
// again, a few times.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include <pawl/pawl.hpp>

#include "diary.hpp"

namespace signup {

// The value of `key = value` in a file; empty if there is none.
inline std::string read_setting(const char* file, std::string_view key) {
    std::string result;
    if (std::FILE* stream = std::fopen(file, "r")) {
        char line[256];
        while (std::fgets(line, sizeof line, stream) != nullptr) {
            const std::string_view text{line};
            const std::size_t equals = text.find('=');
            if (equals == text.npos || !text.starts_with(key)) {
                continue;
            }
            const std::size_t first = text.find_first_not_of(" \t", equals + 1);
            const std::size_t last = text.find_last_not_of(" \t\r\n");
            if (first != text.npos && last >= first) {
                result = text.substr(first, last - first + 1);
            }
        }
        std::fclose(stream);
    }
    return result;
}

// Codes of errors, in the program's own numbers.
enum backup_error : std::uint16_t { no_target = 1, target_asleep = 2 };

template <class Jobs>
struct nightly_backup {
    Jobs* jobs;
    const char* config;

    static constexpr std::uint8_t retries_max = 4;

    pawl::outcome operator()(const pawl::job_context& job) const {
        const std::string target = read_setting(config, "target");
        if (target.empty()) {
            note(*jobs, "backup: no target in", config);
            if (job.attempt() > retries_max) {
                note(*jobs, "backup: given up until tomorrow");
            }
            return pawl::outcome::retry(no_target);
        }
        if (job.attempt() < 3) {  // the disks of the other side have to spin up
            note(*jobs, "backup: not reachable:", target.c_str());
            return pawl::outcome::retry(target_asleep);
        }
        note(*jobs, "backup: done, to", target.c_str());
        return pawl::outcome::success();
    }
};

template <class Jobs>
void backup_every_night(Jobs& jobs, const char* config) {
    using namespace std::chrono_literals;
    using namespace pawl::literals;
    jobs.recurring(
        "nightly backup", "0 3 * * *"_cron, nightly_backup<Jobs>{&jobs, config},
        {.retry = pawl::exponential_backoff(2s).max_retries(nightly_backup<Jobs>::retries_max)});
}

}  // namespace signup
