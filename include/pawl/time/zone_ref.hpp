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
// zoned_cron is what a table keeps: an expression together with its zone.
//
// Cost: a call through a pointer. Who may call: as the zone.
//
//   jobs.recurring("report", "0 9 * * MON"_cron, report,
//                  {.zone = pawl::tz<"EST5EDT,M3.2.0,M11.1.0">});
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/time/cron.hpp>
#include <pawl/time/cron_compact.hpp>
#include <pawl/time/cron_masks.hpp>
#include <pawl/time/time_zone.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class zone_ref;

template <class Zone>
concept zone_to_refer_to = time_zone<Zone> && !std::same_as<Zone, zone_ref>;

// What is kept of an expression beside that: where it is compact, the zone or the search for its
// days take one place.
using cron_fields = std::conditional_t<cron_is_compact, cron_masks, cron>;

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
        const cron& expression, std::chrono::sys_seconds time) const noexcept;

    // Whether they refer to one and the same object.
    friend constexpr bool operator==(const zone_ref&, const zone_ref&) noexcept = default;

private:
    friend class zoned_cron;

    // In seconds since 1970, which travel in registers; no_time if there is none.
    using next_function = std::int64_t(const cron_fields&, cron_place, std::int64_t) noexcept;
    static constexpr std::int64_t no_time = cron_compact::none;

    static constexpr std::chrono::sys_seconds point(std::int64_t time) noexcept {
        return std::chrono::sys_seconds{std::chrono::seconds{time}};
    }
    static constexpr std::int64_t count(std::optional<std::chrono::sys_seconds> time) noexcept {
        return time ? time->time_since_epoch().count() : no_time;
    }

    static const cron& whole(const cron& expression) noexcept { return expression; }
    static cron whole(const cron_masks& masks) noexcept { return cron{masks}; }

    template <class Zone>
    static std::int64_t next_in(const cron_fields& fields, cron_place place,
                                std::int64_t time) noexcept {
        const cron& expression = whole(fields);
        return count(expression.next(point(time), *static_cast<const Zone*>(place.zone)));
    }

    const void* zone_ = nullptr;
    next_function* next_ = nullptr;
};

// An expression and its zone in one, for a table. Small where expressions are compact: a program
// whose entries are in UTC has only the code that their expressions need.
class zoned_cron {
public:
    // Never comes.
    constexpr zoned_cron() noexcept : next_{in_utc()} {}

    constexpr zoned_cron(const cron& expression, const zone_ref& zone) noexcept
        : fields_{fields_of(expression)}, next_{zone.next_}, place_{.zone = zone.zone_} {
        if (next_ == nullptr) {
            next_ = in_utc();
            set_days(expression);
        }
    }

    static constexpr std::int64_t no_time = zone_ref::no_time;

    // The first time strictly after `time`, in seconds since 1970; no_time if there is none.
    // REQUIRES: `time` is in the years 1 to 9999.
    [[nodiscard]] std::int64_t first_after(std::int64_t time) const noexcept {
        return next_(fields_, place_, time);
    }
    [[nodiscard]] std::optional<std::chrono::sys_seconds> next(
        std::chrono::sys_seconds time) const noexcept {
        const std::int64_t found = first_after(time.time_since_epoch().count());
        return found == no_time ? std::nullopt
                                : std::optional<std::chrono::sys_seconds>{zone_ref::point(found)};
    }

    // Equal expressions, by one and the same zone.
    friend constexpr bool operator==(const zoned_cron& left, const zoned_cron& right) noexcept {
        return left.fields_ == right.fields_ && left.next_ == right.next_ &&
               (left.next_ == in_utc() || left.place_.zone == right.place_.zone);
    }

private:
    template <class Cron>
    static constexpr const cron_fields& fields_of(const Cron& expression) noexcept {
        if constexpr (cron_is_compact) {
            return expression.masks();
        } else {
            return expression;
        }
    }
    template <class Cron>
    constexpr void set_days(const Cron& expression) noexcept {
        if constexpr (cron_is_compact) {
            place_.days = expression.day_search();
        }
    }

    static std::int64_t next_in_utc(const cron& expression, cron_place,
                                    std::int64_t time) noexcept {
        return zone_ref::count(expression.next(zone_ref::point(time)));
    }
    static constexpr auto in_utc(const cron*) noexcept { return &next_in_utc; }
    static constexpr auto in_utc(const cron_masks*) noexcept { return &cron_compact::first_after; }
    static constexpr zone_ref::next_function* in_utc() noexcept {
        return in_utc(static_cast<const cron_fields*>(nullptr));
    }

    cron_fields fields_{};
    zone_ref::next_function* next_;
    cron_place place_{.zone = nullptr};
};

inline std::optional<std::chrono::sys_seconds> zone_ref::next(
    const cron& expression, std::chrono::sys_seconds time) const noexcept {
    return next_ == nullptr ? expression.next(time) : zoned_cron{expression, *this}.next(time);
}

}  // namespace PAWL_ABI
}  // namespace pawl
