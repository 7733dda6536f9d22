// SPDX-License-Identifier: BSL-1.0
//
// libcron, as C++17: in C++20 the names of the calendar it brings along and those of <chrono> are
// ambiguous. Its sources are found under --include-path and are part of this one.
#include "cron_libcron.hpp"

#include <chrono>
#include <tuple>

#include <libcron/../../src/CronData.cpp>
#include <libcron/../../src/CronSchedule.cpp>

namespace bench::crons {

namespace {

// CronData::create() keeps every text it has seen and looks it up: that is not parsing. What parses
// is private, and may be named where a template is instantiated explicitly.
template <auto Parse>
struct access {
    friend void parse(::libcron::CronData& data, const std::string& text) { (data.*Parse)(text); }
};
void parse(::libcron::CronData& data, const std::string& text);
template struct access<&::libcron::CronData::parse>;

}  // namespace

struct libcron_expression {
    ::libcron::CronSchedule schedule;
};

libcron_expression* libcron_parse(const char* text) {
    ::libcron::CronData data;
    parse(data, text);
    return data.is_valid() ? new libcron_expression{::libcron::CronSchedule{data}} : nullptr;
}

void libcron_delete(const libcron_expression* expression) { delete expression; }

bool libcron_parses(const char* text) {
    ::libcron::CronData data;
    parse(data, text);
    return data.is_valid();
}

std::int64_t libcron_next(const libcron_expression& expression, std::int64_t time) {
    using std::chrono::seconds;
    using std::chrono::system_clock;
    // What it finds may be the time it begins at.
    const auto [found, result] =
        expression.schedule.calculate_from(system_clock::time_point{seconds{time + 1}});
    return found ? std::chrono::duration_cast<seconds>(result.time_since_epoch()).count() : -1;
}

std::size_t libcron_expression_bytes() { return sizeof(::libcron::CronData); }

}  // namespace bench::crons
