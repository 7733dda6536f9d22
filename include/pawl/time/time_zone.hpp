// SPDX-License-Identifier: BSL-1.0
//
// time_zone: what a calendar has to know of a zone, and the two zones that need no rules.
//
// What: a concept of two questions: how far is local time ahead of UTC at an instant; and which
// instants is a local time: one, none (the clock was set forward over it, a *gap*), or two (it was
// set back, an *overlap*). Any type that answers them can be given to cron: utc_zone and
// fixed_offset here, posix_tz for rules in a string, an adapter of the user's for anything else.
//
// Why not std::chrono::time_zone: it brings a database, a heap and exceptions, it is not there on a
// small machine, nor in the libraries of the compilers of today that pawl supports.
//
// Cost and callers: whatever the zone says; the two here are a constant, from anywhere.
//
//   constexpr pawl::fixed_offset kathmandu{std::chrono::minutes{345}};
//   static_assert(kathmandu.offset_at({}) == std::chrono::minutes{345});
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Seconds as a clock on the wall shows them, in no particular zone.
using local_seconds = std::chrono::time_point<std::chrono::local_t, std::chrono::seconds>;

enum class local_kind : std::uint8_t {
    unique,
    gap,      // never shown: the clock was set forward over it
    overlap,  // shown twice: the clock was set back
};

// Which instants a local time is. Offsets are local time minus UTC.
struct local_info {
    local_kind kind = local_kind::unique;
    std::chrono::seconds before{};          // the offset up to the transition; or the only one
    std::chrono::seconds after{};           // the offset from the transition on; or the same
    std::chrono::sys_seconds transition{};  // when the clock was set; not if unique
};

// Both are total, constant for one zone value, and may be called from anywhere that a cron is used.
template <class Zone>
concept time_zone = requires(const Zone& zone, std::chrono::sys_seconds instant,
                             local_seconds local) {
    { zone.offset_at(instant) }
    noexcept->std::same_as<std::chrono::seconds>;
    { zone.info(local) }
    noexcept->std::same_as<local_info>;
};

// A span of time, around an instant, in which the offset does not change: [begin, end), which need
// not be the longest such one.
struct zone_span {
    std::chrono::seconds offset{};
    std::chrono::sys_seconds begin = std::chrono::sys_seconds::min();
    std::chrono::sys_seconds end = std::chrono::sys_seconds::max();
    // By how much the clock may have been set at the beginning: the farthest offsets are 25 hours
    // from UTC.
    std::chrono::seconds jump = std::chrono::hours{50};
};

// A zone that answers a third question, with which most times take one answer instead of five.
template <class Zone>
concept spanning_zone = time_zone<Zone> &&
    requires(const Zone& zone, std::chrono::sys_seconds instant) {
    { zone.span_at(instant) }
    noexcept->std::same_as<zone_span>;
};

// Local time is UTC.
struct utc_zone {
    static constexpr std::chrono::seconds offset_at(std::chrono::sys_seconds) noexcept {
        return std::chrono::seconds{0};
    }
    static constexpr local_info info(local_seconds) noexcept { return {}; }
    static constexpr zone_span span_at(std::chrono::sys_seconds) noexcept { return {}; }
};

// Local time is always as far ahead of UTC; negative: behind it.
class fixed_offset {
public:
    constexpr explicit fixed_offset(std::chrono::seconds ahead) noexcept : ahead_{ahead} {}

    [[nodiscard]] constexpr std::chrono::seconds offset_at(
        std::chrono::sys_seconds) const noexcept {
        return ahead_;
    }
    [[nodiscard]] constexpr local_info info(local_seconds) const noexcept {
        return {local_kind::unique, ahead_, ahead_, {}};
    }
    [[nodiscard]] constexpr zone_span span_at(std::chrono::sys_seconds) const noexcept {
        return {.offset = ahead_};
    }

    friend constexpr bool operator==(const fixed_offset&, const fixed_offset&) noexcept = default;

private:
    std::chrono::seconds ahead_;
};

static_assert(spanning_zone<utc_zone> && spanning_zone<fixed_offset>);

}  // namespace PAWL_ABI
}  // namespace pawl
