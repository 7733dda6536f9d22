// SPDX-License-Identifier: BSL-1.0
//
// Compiled zone files made by the tests, at compile time too, and a zone's answers against each
// other.
#pragma once

#include "catch.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include <pawl/time/time_zone.hpp>
#include <pawl/time/tzif.hpp>

namespace pawl_test {

struct file_type {
    std::int32_t offset_s;
    bool daylight = false;
};
struct file_transition {
    std::int64_t time;
    std::uint8_t type;
};

// A file in a fixed array: what a constant expression can hold.
class zone_file {
public:
    constexpr zone_file(char version, std::span<const file_type> types,
                        std::span<const file_transition> transitions, std::string_view footer) {
        if (version == '\0') {
            block(version, types, transitions, 4);
            return;
        }
        block(version, {types.data(), 1}, {}, 4);  // a stub, as "zic -b slim" writes it
        block(version, types, transitions, 8);
        put('\n');
        put(footer);
        put('\n');
    }
    constexpr zone_file(char version, std::initializer_list<file_type> types,
                        std::initializer_list<file_transition> transitions,
                        std::string_view footer = {})
        : zone_file{version, std::span{types.begin(), types.size()},
                    std::span{transitions.begin(), transitions.size()}, footer} {}

    [[nodiscard]] constexpr std::span<const std::byte> bytes() const { return {bytes_, size_}; }
    [[nodiscard]] constexpr pawl::tzif_result parse() const { return pawl::tzif::parse(bytes()); }

private:
    static constexpr std::size_t bytes_max = 2048;

    constexpr void block(char version, std::span<const file_type> types,
                         std::span<const file_transition> transitions, int time_bytes) {
        put("TZif");
        put(version);
        for (int i = 0; i < 15; ++i) {
            put('\0');
        }
        for (const std::size_t count : {std::size_t{0}, std::size_t{0}, std::size_t{0},
                                        transitions.size(), types.size(), std::size_t{4}}) {
            put(static_cast<std::int64_t>(count), 4);
        }
        for (const file_transition& each : transitions) {
            put(each.time, time_bytes);
        }
        for (const file_transition& each : transitions) {
            put(static_cast<char>(each.type));
        }
        for (const file_type& each : types) {
            put(each.offset_s, 4);
            put(each.daylight ? '\1' : '\0');
            put('\0');
        }
        put("LMT");
        put('\0');
    }
    constexpr void put(char c) {
        bytes_[size_] = static_cast<std::byte>(c);
        ++size_;
    }
    constexpr void put(std::string_view text) {
        for (const char c : text) {
            put(c);
        }
    }
    constexpr void put(std::int64_t value, int bytes) {
        for (int i = bytes - 1; i >= 0; --i) {
            put(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xff));
        }
    }

    std::byte bytes_[bytes_max]{};
    std::size_t size_ = 0;
};

// What info() says of a local time, against all the instants that show it; those differ from it by
// one of `offsets`, which must be all that the zone has thereabouts.
template <pawl::time_zone Zone>
void agrees_with_offsets(const Zone& zone, std::int64_t local,
                         const std::set<std::chrono::seconds>& offsets) {
    using std::chrono::seconds;
    using std::chrono::sys_seconds;
    std::vector<seconds> shown;  // offsets; the greatest one is the earliest instant
    for (auto each = offsets.rbegin(); each != offsets.rend(); ++each) {
        if (zone.offset_at(sys_seconds{seconds{local} - *each}) == *each) {
            shown.push_back(*each);
        }
    }
    const pawl::local_info info = zone.info(pawl::local_seconds{seconds{local}});
    const auto transition = info.transition.time_since_epoch();
    CAPTURE(local, shown.size(), info.before.count(), info.after.count(), transition.count());
    if (shown.empty()) {
        REQUIRE(info.kind == pawl::local_kind::gap);
        REQUIRE(zone.offset_at(info.transition - seconds{1}) == info.before);
        REQUIRE(zone.offset_at(info.transition) == info.after);
        REQUIRE(transition + info.before <= seconds{local});
        REQUIRE(transition + info.after > seconds{local});
    } else if (shown.size() == 1) {
        REQUIRE(info.kind == pawl::local_kind::unique);
        REQUIRE(info.before == shown[0]);
        REQUIRE(info.after == shown[0]);
    } else {
        REQUIRE(info.kind == pawl::local_kind::overlap);
        REQUIRE(info.before == shown[0]);
        REQUIRE(info.after == shown[1]);
        REQUIRE(seconds{local} - info.before < transition);
        REQUIRE(seconds{local} - info.after >= transition);
    }
}

}  // namespace pawl_test
