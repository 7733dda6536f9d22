// SPDX-License-Identifier: BSL-1.0
//
// Any bytes as the rules of a time zone: no crash, no read beyond the text; a cron in any such zone
// goes forward and back. Where the clock is not set twice within days, as in all zones that there
// are, offset_at and info tell the same, and the two directions see the same times.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pawl/time/cron.hpp>
#include <pawl/time/posix_tz.hpp>
#include <pawl/time/tz_explain.hpp>

#include "fuzz_input.hpp"

namespace {

using namespace pawl::literals;
using std::chrono::seconds;
using std::chrono::sys_seconds;

// Whether the clock is set at most once in a span around the time.
bool is_calm(const pawl::posix_tz& zone, sys_seconds time) {
    int changes = 0;
    seconds offset = zone.offset_at(time - std::chrono::hours{96});
    for (int quarters = -96 * 4; quarters < 96 * 4; ++quarters) {
        const seconds next = zone.offset_at(time + std::chrono::minutes{15} * quarters);
        changes += next != offset ? 1 : 0;
        offset = next;
    }
    return changes <= 1;
}

void go(const pawl::posix_tz& zone, sys_seconds time, bool calm) {
    for (const pawl::cron& each : {"30 2 * * *"_cron, "*/10 * * * *"_cron, "0 0 1 * *"_cron}) {
        const auto next = each.next(time, zone);
        const auto prev = each.prev(time, zone);
        must(next && *next > time && prev && *prev < time);
        // A month's first may be far from here, where the clock is set as well.
        if (calm && is_calm(zone, *next) && is_calm(zone, *prev)) {
            must(each.at_or_before(*next, zone) == next);
            must(each.at_or_after(*prev, zone) == prev);
        }
    }
}

void ask(const pawl::posix_tz& zone, sys_seconds time) {
    const bool calm = is_calm(zone, time);
    const seconds offset = zone.offset_at(time);
    if (!calm) {
        static_cast<void>(zone.info(pawl::local_seconds{time.time_since_epoch()}));
        go(zone, time, false);
        return;
    }
    const pawl::local_seconds local{time.time_since_epoch() + offset};
    const pawl::local_info info = zone.info(local);
    must(info.kind != pawl::local_kind::gap);  // it was shown just now
    must(info.before == offset || info.after == offset);
    if (info.kind == pawl::local_kind::overlap) {
        must(info.before > info.after);
        must((time < info.transition ? info.before : info.after) == offset);
        must(zone.offset_at(info.transition) == info.after);
        must(zone.offset_at(info.transition - seconds{1}) == info.before);
    }
    go(zone, time, true);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz_input input{data, size};
    const sys_seconds time{seconds{std::int64_t{input.number()}}};
    const std::string_view text = input.rest();
    const pawl::tz_result zone = pawl::posix_tz::parse(text);
    if (!zone) {
        char memory[512];
        must(zone.error().position <= text.size());
        must(!pawl::explain(zone.error(), text, memory).empty());
        return 0;
    }
    ask(*zone, time);
    const pawl::local_info later = zone->info(pawl::local_seconds{time.time_since_epoch()});
    if (later.kind != pawl::local_kind::unique) {
        ask(*zone, later.transition);
        ask(*zone, later.transition - seconds{1});
    }
    return 0;
}
