// SPDX-License-Identifier: BSL-1.0
//
// zone_ref: a time zone of any type, by reference, for a table that holds many.
//
// What: two words that ask any time_zone for the next time of a cron. A recurring job has one; what
// it refers to has to live as long as the job. UTC if it refers to nothing.
//
// Why one question behind a pointer and not the two of the concept: a program without zones then
// has none of their code, and one with a zone has one call an occurrence.
//
// Why not a temporary: a zone that is gone at the end of the statement does not compile. For a
// literal there is tz<"...">, an object for the whole run (posix_tz.hpp).
//
// Cost: a call through a pointer. Who may call: as the zone.
//
//   jobs.recurring("report", "0 9 * * MON"_cron, report,
//                  {.zone = pawl::tz<"EST5EDT,M3.2.0,M11.1.0">});
#pragma once

#include <chrono>
#include <concepts>
#include <optional>

#include <pawl/config.hpp>
#include <pawl/time/cron.hpp>
#include <pawl/time/time_zone.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class zone_ref;

template <class Zone>
concept zone_to_refer_to = time_zone<Zone> && !std::same_as<Zone, zone_ref>;

class zone_ref {
public:
    // UTC.
    constexpr zone_ref() noexcept = default;

    template <zone_to_refer_to Zone>
    constexpr zone_ref(const Zone& zone) noexcept  // NOLINT: a zone is what an option names
        : zone_{&zone}, next_{&next_in<Zone>} {}
    template <zone_to_refer_to Zone>
    zone_ref(const Zone&& temporary) = delete;

    // As cron::next(time, zone).
    [[nodiscard]] std::optional<std::chrono::sys_seconds> next(
        const cron& expression, std::chrono::sys_seconds time) const noexcept {
        return next_(expression, time, zone_);
    }

    // Whether they refer to one and the same object.
    friend constexpr bool operator==(const zone_ref&, const zone_ref&) noexcept = default;

private:
    using next_function = std::optional<std::chrono::sys_seconds>(const cron&,
                                                                  std::chrono::sys_seconds,
                                                                  const void*) noexcept;
    template <class Zone>
    static std::optional<std::chrono::sys_seconds> next_in(const cron& expression,
                                                           std::chrono::sys_seconds time,
                                                           const void* zone) noexcept {
        return expression.next(time, *static_cast<const Zone*>(zone));
    }

    static std::optional<std::chrono::sys_seconds> next_in_utc(const cron& expression,
                                                               std::chrono::sys_seconds time,
                                                               const void*) noexcept {
        return expression.next(time);
    }

    const void* zone_ = nullptr;
    next_function* next_ = &next_in_utc;
};

}  // namespace PAWL_ABI
}  // namespace pawl
