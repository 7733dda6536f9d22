// A zone of std::chrono's kind as a zone of pawl.
//
// Goal: offsets, gaps and overlaps come through as the zone tells them, with the time types of
// std::chrono and of another library; what get_info() throws ends in UTC and not in the program's
// end. Method: a zone that the test makes, with the members and results of std::chrono::time_zone,
// which the libraries at hand may lack, and beside it the posix_tz whose rules it has; where the
// library has zones, one of them.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include <pawl/time/chrono_zone.hpp>
#include <pawl/time/cron.hpp>
#include <pawl/time/posix_tz.hpp>

namespace {

using namespace pawl::literals;
using pawl::local_kind;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;

constexpr pawl::posix_tz berlin = "CET-1CEST,M3.5.0,M10.5.0/3"_tz;
constexpr sys_seconds spring = sys_days{year{2026} / 3 / 29} + hours{1};
constexpr sys_seconds autumn = sys_days{year{2026} / 10 / 25} + hours{1};

// Berlin in 2026, as std::chrono::time_zone would tell it, with any type of local time.
template <class LocalTime>
class berlin_of_2026 {
public:
    struct sys_info {
        sys_seconds begin;
        sys_seconds end;
        seconds offset;
        minutes save;
        std::string abbrev;
    };
    struct local_info {
        static constexpr int unique = 0;
        static constexpr int nonexistent = 1;
        static constexpr int ambiguous = 2;
        int result;
        sys_info first;
        sys_info second;
    };

    [[nodiscard]] sys_info get_info(sys_seconds time) const {
        return time < spring ? winter : time < autumn ? summer : next_winter;
    }
    [[nodiscard]] local_info get_info(LocalTime local) const {
        const seconds time = local.time_since_epoch();
        for (const auto& [before, after] :
             {std::pair{winter, summer}, std::pair{summer, next_winter}}) {
            const seconds change = before.end.time_since_epoch();
            if (time >= change + before.offset && time < change + after.offset) {
                return {local_info::nonexistent, before, after};
            }
            if (time >= change + after.offset && time < change + before.offset) {
                return {local_info::ambiguous, before, after};
            }
        }
        const sys_info only = get_info(sys_seconds{time - hours{1}});
        return {local_info::unique, only, {}};
    }

private:
    sys_info winter{sys_seconds::min(), spring, hours{1}, minutes{0}, "CET"};
    sys_info summer{spring, autumn, hours{2}, minutes{60}, "CEST"};
    sys_info next_winter{autumn, sys_seconds::max(), hours{1}, minutes{0}, "CET"};
};

// Another library's local time.
struct other_local {};
using other_seconds = std::chrono::time_point<other_local, seconds>;

template <class Zone>
void is_berlin(const Zone& zone) {
    for (const sys_seconds change : {spring, autumn}) {
        for (sys_seconds time = change - hours{4}; time < change + hours{4}; time += minutes{1}) {
            REQUIRE(zone.offset_at(time) == berlin.offset_at(time));
            const pawl::local_seconds local{time.time_since_epoch() + hours{1}};
            const pawl::local_info info = zone.info(local);
            const pawl::local_info expected = berlin.info(local);
            REQUIRE(info.kind == expected.kind);
            REQUIRE(info.before == expected.before);
            REQUIRE(info.after == expected.after);
            REQUIRE(info.transition == expected.transition);
        }
        for (const pawl::cron each : {"30 2 * * *"_cron, "*/20 * * * *"_cron}) {
            REQUIRE(each.next(change - minutes{1}, zone) == each.next(change - minutes{1}, berlin));
            REQUIRE(each.prev(change + minutes{1}, zone) == each.prev(change + minutes{1}, berlin));
        }
    }
}

}  // namespace

TEST_CASE("chrono_zone: answers as the zone does, around its changes") {
    const berlin_of_2026<pawl::local_seconds> zone;
    is_berlin(pawl::chrono_zone{&zone});
    static_assert(pawl::time_zone<pawl::chrono_zone<berlin_of_2026<pawl::local_seconds>>>);
}

TEST_CASE("chrono_zone: with another library's local time") {
    const berlin_of_2026<other_seconds> zone;
    is_berlin(pawl::chrono_zone<berlin_of_2026<other_seconds>, other_seconds>{&zone});
}

#if PAWL_HAS_EXCEPTIONS
namespace {

struct zone_that_throws {
    using info = berlin_of_2026<pawl::local_seconds>;
    [[nodiscard]] info::sys_info get_info(sys_seconds) const { throw 1; }
    [[nodiscard]] info::local_info get_info(pawl::local_seconds) const { throw 1; }
};

}  // namespace

TEST_CASE("chrono_zone: what throws is UTC") {
    const zone_that_throws thrower;
    const pawl::chrono_zone zone{&thrower};
    REQUIRE(zone.offset_at(spring) == seconds{0});
    REQUIRE(zone.info(pawl::local_seconds{}).kind == local_kind::unique);
    REQUIRE(zone.info(pawl::local_seconds{}).before == seconds{0});
    REQUIRE("0 9 * * *"_cron.next(sys_seconds{}, zone) == sys_seconds{hours{9}});
}
#endif

#if defined(__cpp_lib_chrono) && __cpp_lib_chrono >= 201907L
TEST_CASE("chrono_zone: a zone of the standard library's") {
    is_berlin(pawl::chrono_zone{std::chrono::locate_zone("Europe/Berlin")});
}
#endif
