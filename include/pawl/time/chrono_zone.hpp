// SPDX-License-Identifier: BSL-1.0
//
// chrono_zone: a std::chrono::time_zone as a zone of pawl.
//
// What: a pointer to a zone that has get_info() for an instant and for a local time, as those of
// std::chrono have, and those of Howard Hinnant's date library, which they come from. Any type with
// these two members will do. pawl.hpp does not include it: it is for programs that have such a zone
// already. Where the standard library has no time zones (GCC before 14, libc++ so far), this header
// still compiles, and posix_tz, tzif and zoneinfo are there.
//
// Why a template over the zone: this header then needs no time zones of the library's, and date's
// are served too.
//
// What if get_info() throws: the answer is that of UTC. The concept's questions are noexcept, for
// they are asked where nobody could catch, by a scheduler between two jobs. The libraries' zones
// have no reason to throw after they were located, but for the memory of a zone's abbreviation,
// which is never so long that it takes any. Without exceptions nothing is caught.
//
// Cost: that of get_info(), some 100 ns, and whatever it allocates. Who may call: any thread, as
// get_info(); no interrupt.
//
//   const pawl::chrono_zone berlin{std::chrono::locate_zone("Europe/Berlin")};
//   const auto next = "30 2 * * *"_cron.next(now, berlin);
//   const pawl::chrono_zone<date::time_zone, date::local_seconds> old{date::locate_zone("...")};
#pragma once

#include <chrono>  // also for __cpp_lib_chrono

#include <pawl/config.hpp>
#include <pawl/time/time_zone.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// LocalTime: the local time that the zone's get_info() takes, in seconds; std::chrono's by default.
template <class Zone, class LocalTime = local_seconds>
class chrono_zone {
public:
    // REQUIRES: not null. The zone has to outlive this; those of a database do.
    constexpr explicit chrono_zone(const Zone* zone) noexcept : zone_{zone} {}

    [[nodiscard]] std::chrono::seconds offset_at(std::chrono::sys_seconds instant) const noexcept {
        return total([&]() -> std::chrono::seconds { return zone_->get_info(instant).offset; });
    }

    [[nodiscard]] zone_span span_at(std::chrono::sys_seconds instant) const noexcept {
        return total([&]() -> zone_span {
            const auto found = zone_->get_info(instant);
            return {found.offset, found.begin, found.end};
        });
    }

    [[nodiscard]] local_info info(local_seconds local) const noexcept {
        return total([&] {
            const auto found = zone_->get_info(LocalTime{local.time_since_epoch()});
            using kind = decltype(found);
            if (found.result == kind::unique) {
                return local_info{local_kind::unique, found.first.offset, found.first.offset, {}};
            }
            return local_info{
                found.result == kind::nonexistent ? local_kind::gap : local_kind::overlap,
                found.first.offset, found.second.offset, found.second.begin};
        });
    }

private:
    // The answer, or that of UTC: a zero offset, a unique time.
    template <class Question>
    static auto total(Question question) noexcept {
#if PAWL_HAS_EXCEPTIONS
        try {
            return question();
        } catch (...) {
            return decltype(question()){};
        }
#else
        return question();
#endif
    }

    const Zone* zone_;
};

#if defined(__cpp_lib_chrono) && __cpp_lib_chrono >= 201907L
static_assert(time_zone<chrono_zone<std::chrono::time_zone>>);
#endif

}  // namespace PAWL_ABI
}  // namespace pawl
