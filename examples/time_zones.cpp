// SPDX-License-Identifier: BSL-1.0
//
// Cron in time zones: a fixed offset, rules in a literal, a zone of the system's database, and one
// of your own. Each prints the next times of an expression around a change of the clock.
#include <chrono>
#include <cstdio>

#include <pawl/time/cron.hpp>
#include <pawl/time/posix_tz.hpp>
#include <pawl/time/zoneinfo.hpp>

namespace {

using namespace pawl::literals;
using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

// 2026-03-29 03:00 +02:00, as a clock there shows it.
template <pawl::time_zone Zone>
void print(sys_seconds time, const Zone& zone) {
    const auto offset = zone.offset_at(time);
    const auto local = time + offset;
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::year_month_day date{day};
    const auto minute = static_cast<int>((local - day) / 1min);
    const auto ahead = static_cast<int>(offset / 1min);
    std::printf("  %d-%02u-%02u %02d:%02d %c%02d:%02d\n", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), minute / 60,
                minute % 60, ahead < 0 ? '-' : '+', (ahead < 0 ? -ahead : ahead) / 60,
                (ahead < 0 ? -ahead : ahead) % 60);
}

template <pawl::time_zone Zone>
void show(const char* what, const pawl::cron& expression, sys_seconds from, const Zone& zone) {
    std::printf("%s\n", what);
    for (int i = 0; i < 3; ++i) {
        const auto next = expression.next(from, zone);
        if (!next) {
            break;
        }
        print(*next, zone);
        from = *next;
    }
}

// Your own zone is any type with these two functions: here a ship, that sets its clock forward by
// an hour once on its voyage, when it gets to new longitudes.
struct ship {
    sys_seconds change;

    [[nodiscard]] std::chrono::seconds offset_at(sys_seconds time) const noexcept {
        return time < change ? 2h : 3h;
    }
    [[nodiscard]] pawl::local_info info(pawl::local_seconds local) const noexcept {
        const sys_seconds with_old{local.time_since_epoch() - 2h};
        const sys_seconds with_new{local.time_since_epoch() - 3h};
        if (with_old < change) {
            return {pawl::local_kind::unique, 2h, 2h, {}};
        }
        if (with_new >= change) {
            return {pawl::local_kind::unique, 3h, 3h, {}};
        }
        return {pawl::local_kind::gap, 2h, 3h, change};  // an hour that no clock on board shows
    }
};
static_assert(pawl::time_zone<ship>);

}  // namespace

int main() {
    using namespace std::chrono;
    const sys_seconds march = sys_days{2026y / 3 / 27} + 12h;

    // Always as far from UTC. Without a zone at all, a cron is in UTC.
    constexpr pawl::fixed_offset kathmandu{5h + 45min};
    show("workdays at 9:00 in Kathmandu", "0 9 * * MON-FRI"_cron, march, kathmandu);

    // Rules, checked by the compiler. A time that the clock leaps over comes at the leap's end.
    constexpr auto berlin = "CET-1CEST,M3.5.0,M10.5.0/3"_tz;
    show("every day at 2:30 in Berlin, the clock is set forward", "30 2 * * *"_cron, march, berlin);
    const sys_seconds october = sys_days{2026y / 10 / 24} + 12h;
    show("every day at 2:30, it is set back", "30 2 * * *"_cron, october, berlin);
    show("every half hour follows real time", "*/30 2 * * *"_cron, october, berlin);

    // A zone with its past, by name, where the system has it: in Apia, 30 December 2011 never was.
    static pawl::zoneinfo<> apia;
    if (const auto loaded = apia.load("Pacific/Apia")) {
        const sys_seconds december = sys_days{2011y / 12 / 29} + 5h;
        show("every day at noon in Apia", "0 12 * * *"_cron, december, apia);
    } else {
        std::printf("no Pacific/Apia: %s\n", loaded.error().message().data());
    }

    show("every day at 10:30 on board", "30 10 * * *"_cron, march - 24h,
         ship{sys_days{2026y / 3 / 28} + 8h});
}
