// SPDX-License-Identifier: BSL-1.0
//
// A line's schedule in words.
#pragma once

#include <string>

#include <pawl/time/cron_describe.hpp>

#include "crontab_file.hpp"

namespace crontab {

// "At 09:30, Monday through Friday, in Europe/Berlin"
inline std::string words_of(const entry& what) {
    if (what.at_start) {
        return "At the start";
    }
    char memory[pawl::cron_description_size_max];
    std::string words{pawl::describe(what.when, memory)};
    return what.zone == nullptr ? words : words + ", in " + what.zone->text();
}

}  // namespace crontab
