// SPDX-License-Identifier: BSL-1.0
//
// Any bytes as a cron expression, under any options, from any time: no crash, no read beyond the
// text, bounded work; the four questions agree with each other; the text that is written of a value
// parses to it; an error lies within the text and can be told.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include <pawl/time/cron.hpp>
#include <pawl/time/cron_describe.hpp>
#include <pawl/time/cron_explain.hpp>
#include <pawl/time/cron_format.hpp>
#include <pawl/time/interval_text.hpp>
#include <pawl/time/posix_tz.hpp>

#include "fuzz_input.hpp"

namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::uint32_t months_max = 480;  // of a search, see cron_search.hpp
constexpr std::uint32_t months_with_years_max = 400 * 12;

struct counted_steps {
    std::uint32_t* months;
    void step() const noexcept { ++*months; }
};

void search(const pawl::cron& expression, sys_seconds time) {
    std::uint32_t months = 0;
    const pawl::cron_search counting{expression.masks(), counted_steps{&months}};
    const auto here = counting.at_or_after(time);
    const auto back = counting.at_or_before(time);
    must(months <= 2 * (expression.masks().any_year() ? months_max : months_with_years_max));
    const auto next = expression.next(time);
    const auto prev = expression.prev(time);
    must(!here || *here >= time);
    must(!back || *back <= time);
    must(here == time ? back == time : here == next);
    must(back == time ? here == time : back == prev);
    must(!next || (*next > time && expression.at_or_before(*next) == next));
    must(!prev || (*prev < time && expression.at_or_after(*prev) == prev));
    // Nothing lies between them and the time.
    must(!next || expression.prev(*next) == back);
    must(!prev || expression.next(*prev) == here);
}

void search_in(const pawl::cron& expression, sys_seconds time, const pawl::posix_tz& zone) {
    const auto next = expression.next(time, zone);
    const auto prev = expression.prev(time, zone);
    must(!next || (*next > time && expression.at_or_before(*next, zone) == next));
    must(!prev || (*prev < time && expression.at_or_after(*prev, zone) == prev));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz_input input{data, size};
    const std::uint32_t choice = input.number();
    pawl::cron_options options;
    options.days = static_cast<pawl::day_match>(choice % 3);
    options.impossible = static_cast<pawl::impossible_date>(choice / 4 % 2);
    options.steps = static_cast<pawl::step_limit>(choice / 8 % 2);
    options.gaps = static_cast<pawl::gap_rule>(choice / 16 % 2);
    options.numbers = static_cast<pawl::weekday_numbers>(choice / 32 % 2);
    options.years = choice / 64 % 2 != 0;
    options.seed = choice / 128 % 2 != 0 ? choice : 0;
    // The years 1 to 9999, mostly of these days.
    const std::int64_t span_s = (pawl::cron::time_max - pawl::cron::time_min).count();
    const std::uint64_t moment = input.number();
    const sys_seconds time =
        choice / 256 % 4 == 0
            ? pawl::cron::time_min + seconds{static_cast<std::int64_t>(
                                         (moment << 12) % static_cast<std::uint64_t>(span_s))}
            : sys_seconds{seconds{static_cast<std::int64_t>(moment)}};
    const std::string_view text = input.rest();

    char memory[2048];
    static_cast<void>(pawl::parse_interval(text));
    const pawl::cron_result parsed = pawl::cron::parse(text, options);
    if (!parsed) {
        must(parsed.error().position <= text.size());
        must(!pawl::explain(parsed.error(), text, memory).empty());
        return 0;
    }
    must(!pawl::describe(*parsed, memory).empty());
    char again[pawl::cron_format_size_max];
    const std::string_view written = pawl::format(*parsed, again, options.days);
    options.years = true;
    options.numbers = {};
    options.seed = 0;
    if (!parsed->never_comes()) {
        const pawl::cron_result read = pawl::cron::parse(written, options);
        must(read && *read == *parsed);
    }
    search(*parsed, time);
    search(*parsed, pawl::cron::time_max);
    search(*parsed, pawl::cron::time_min);
    search_in(*parsed, time, pawl::tz<"CET-1CEST,M3.5.0,M10.5.0/3">);
    search_in(*parsed, time, pawl::tz<"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0">);
    return 0;
}
