// Time zones from the system's database, by their names.
//
// Goal: each zone of the database tells the same offsets as the C library does, today, in the past
// and after its last transition; a local time is told to be one instant, none or two, as the
// offsets have it; cron keeps its rules in zones whose clocks were set oddly; no name reads what is
// no zone, and a file that is wrong is refused without a step beyond it. Method: every file below
// the database's folder, with the C library beside it in a program of one thread; a walk from
// minute to minute for cron, as in cron_zone_test.cpp; files of the database cut off and changed.
// Without a database (the package tzdata) only the names are looked at.
#include "catch.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/time/cron.hpp>
#include <pawl/time/zoneinfo.hpp>

#include "time/zone_files.hpp"

namespace {

namespace fs = std::filesystem;
using namespace pawl::literals;
using pawl::zoneinfo_failure;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;

const fs::path database{pawl::zoneinfo_directory};

sys_seconds at(std::int64_t time) { return sys_seconds{seconds{time}}; }
std::int64_t number(sys_seconds time) { return time.time_since_epoch().count(); }

std::vector<std::byte> bytes_of(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    const auto bytes = std::as_bytes(std::span{text});
    return {bytes.begin(), bytes.end()};
}

// The names of the database's zones: one for each different file. Not those that count leap seconds
// ("right/"), nor the second copies that some systems have of all of them ("posix/").
std::vector<std::string> zone_names() {
    std::map<std::vector<std::byte>, std::string> names;
    if (!fs::exists(database)) {
        return {};
    }
    for (const auto& entry : fs::recursive_directory_iterator{database}) {
        const std::string name = fs::relative(entry.path(), database).string();
        if (!entry.is_regular_file() || name.starts_with("right/") || name.starts_with("posix/")) {
            continue;
        }
        std::vector<std::byte> bytes = bytes_of(entry.path());
        if (bytes.size() > 4 && bytes[0] == std::byte{'T'} && bytes[3] == std::byte{'f'}) {
            names.emplace(std::move(bytes), name);
        }
    }
    std::vector<std::string> all;
    for (const auto& [bytes, name] : names) {
        all.push_back(name);
    }
    return all;
}

// The program's zone, for as long as this lives.
class c_zone {
public:
    explicit c_zone(const std::string& name) {
        setenv("TZ", name.c_str(), 1);
        tzset();
    }
    c_zone(const c_zone&) = delete;
    c_zone& operator=(const c_zone&) = delete;
    ~c_zone() {
        unsetenv("TZ");
        tzset();
    }
    [[nodiscard]] static seconds offset_at(std::int64_t time) {
        const auto c_time = static_cast<std::time_t>(time);
        std::tm local{};
        return seconds{localtime_r(&c_time, &local) == nullptr ? INT64_MAX : local.tm_gmtoff};
    }
};

// The instants of all transitions in a file, and the offsets of all its types: read without pawl.
struct file_contents {
    std::vector<std::int64_t> transitions;
    std::set<seconds> offsets;
};
file_contents contents_of(const std::vector<std::byte>& bytes) {
    const auto number_at = [&](std::size_t from, std::size_t size) {
        std::uint64_t value = std::to_integer<unsigned>(bytes.at(from)) >= 0x80 ? ~0ULL : 0;
        for (std::size_t i = 0; i < size; ++i) {
            value = value << 8 | std::to_integer<std::uint64_t>(bytes.at(from + i));
        }
        return static_cast<std::int64_t>(value);
    };
    const auto count = [&](std::size_t header, std::size_t index) {
        return static_cast<std::size_t>(number_at(header + 20 + 4 * index, 4));
    };
    const std::size_t second = 44 + count(0, 3) * 5 + count(0, 4) * 6 + count(0, 5) +
                               count(0, 2) * 8 + count(0, 1) + count(0, 0);
    file_contents found;
    for (std::size_t i = 0; i < count(second, 3); ++i) {
        found.transitions.push_back(number_at(second + 44 + 8 * i, 8));
    }
    for (std::size_t i = 0; i < count(second, 4); ++i) {
        found.offsets.insert(
            seconds{number_at(second + 44 + 9 * found.transitions.size() + 6 * i, 4)});
    }
    return found;
}

std::unique_ptr<pawl::zoneinfo<>> loaded(const std::string& name) {
    auto zone = std::make_unique<pawl::zoneinfo<>>();
    CAPTURE(name);
    REQUIRE(zone->load(name));
    return zone;
}

// All times of an expression from `begin` on and before `end`: minute by minute, see
// cron_zone_test.cpp. An overlap may be of a whole day.
std::vector<sys_seconds> walk(const pawl::cron& expression, const pawl::zoneinfo<>& zone,
                              bool interval, sys_seconds begin, sys_seconds end) {
    const auto matches = [&](sys_seconds local) { return expression.at_or_after(local) == local; };
    std::vector<sys_seconds> times;
    std::set<sys_seconds> shown;
    sys_seconds previous = begin - days{3};
    sys_seconds last_local = previous + zone.offset_at(previous);
    for (sys_seconds now = previous + minutes{1}; now < end; now += minutes{1}) {
        const sys_seconds local = now + zone.offset_at(now);
        bool fires = matches(local) && (interval || !shown.contains(local));
        for (sys_seconds skipped = last_local + minutes{1}; skipped < local;
             skipped += minutes{1}) {
            fires = fires || (!interval && matches(skipped));
        }
        shown.insert(local);
        last_local = local;
        if (fires && now >= begin) {
            times.push_back(now);
        }
    }
    return times;
}

void cron_around(const pawl::zoneinfo<>& zone, sys_seconds change) {
    struct line {
        std::string_view text;
        bool interval;
    };
    constexpr line lines[] = {{"0 0 * * *", false},       {"30 1 * * *", false},
                              {"15,45 2,3 * * *", false}, {"59 23 * * *", false},
                              {"0 12 30 * *", false},     {"*/20 * * * *", true},
                              {"0 2-3 * * *", true},      {"30 */6 * * *", true}};
    for (const line& each : lines) {
        CAPTURE(each.text, number(change));
        const pawl::cron expression = *pawl::cron::parse(each.text);
        const sys_seconds begin = change - hours{50};
        const sys_seconds end = change + hours{50};
        const auto expected = walk(expression, zone, each.interval, begin, end);
        sys_seconds from = begin - seconds{1};
        for (const sys_seconds time : expected) {
            REQUIRE(expression.next(from, zone) == time);
            from = time;
        }
        REQUIRE(expression.next(from, zone) >= end);
        from = end;
        for (auto time = expected.rbegin(); time != expected.rend(); ++time) {
            REQUIRE(expression.prev(from, zone) == *time);
            from = *time;
        }
        REQUIRE(expression.prev(from, zone) < begin);
    }
}

}  // namespace

TEST_CASE("zoneinfo: what is no name opens no file") {
    struct wrong {
        std::string_view name;
        std::size_t position;
    };
    using namespace std::string_view_literals;
    constexpr wrong names[] = {
        {"", 0},
        {"/etc/passwd", 0},
        {"../../../etc/passwd", 0},
        {"Europe/../../../../etc/passwd", 7},
        {"Europe//Berlin", 7},
        {"Europe/", 7},
        {"Europe/Berlin ", 13},
        {"Europe/Berlin\0x"sv, 13},
        {"Europe\\Berlin", 6},
        {"zone.tab", 4},
        {":Europe/Berlin", 0},
        {"CET-1CEST,M3.5.0,M10.5.0/3", 9},
        {"Europe/M\xc3\xbcnchen", 8},
        {"AbcdefghijAbcdefghijAbcdefghijAbcdefghijAbcdefghijAbcdefghijAbcdefghij", 63},
    };
    pawl::zoneinfo<> zone;
    for (const wrong& each : names) {
        CAPTURE(each.name);
        const auto result = zone.load(each.name);
        REQUIRE_FALSE(result);
        REQUIRE(result.error().code == zoneinfo_failure::not_a_name);
        REQUIRE(result.error().position == each.position);
        REQUIRE(result.error().message().size() > 10);
    }
    REQUIRE(zone.offset_at(at(0)) == seconds{0});
    REQUIRE(zone.load("Mars/Olympus_Mons").error().code == zoneinfo_failure::not_found);
    REQUIRE(zone.load("Europe/Berlin", "/nowhere").error().code == zoneinfo_failure::not_found);
    REQUIRE(zone.load("UTC", "").error().code == zoneinfo_failure::not_found);
    REQUIRE(zone.load("UTC", "/usr\0/share"sv).error().code == zoneinfo_failure::not_found);
    REQUIRE(zone.load("UTC", std::string(300, 'd')).error().code == zoneinfo_failure::not_found);
}

TEST_CASE("zoneinfo: files that are no zones, from a folder of one's own") {
    const fs::path folder = fs::temp_directory_path() / "pawl_zoneinfo_test";
    fs::create_directories(folder / "Folder");
    const auto write = [&](const char* name, std::string_view text) {
        std::ofstream{folder / name, std::ios::binary} << text;
    };
    constexpr pawl_test::zone_file file{'2', {{3600}}, {}, "CET-1"};
    const std::string zone_text{reinterpret_cast<const char*>(file.bytes().data()),
                                file.bytes().size()};
    write("Zone", zone_text);
    write("Text", "Europe/Berlin\n");
    write("Cut", zone_text.substr(0, zone_text.size() - 1));
    write("Empty", "");

    const std::string directory = folder.string();
    pawl::zoneinfo<> zone;
    REQUIRE(zone.load("Zone", directory));
    REQUIRE(zone.offset_at(at(0)) == hours{1});
    REQUIRE(zone.load("Absent", directory).error().code == zoneinfo_failure::not_found);
    REQUIRE(zone.offset_at(at(0)) == hours{1});
    const auto text = zone.load("Text", directory);
    REQUIRE(text.error().code == zoneinfo_failure::not_a_zone);
    REQUIRE(text.error().file.code == pawl::tzif_expected::zone_file);
    REQUIRE(text.error().message() == text.error().file.message());
    REQUIRE(zone.offset_at(at(0)) == seconds{0});
    REQUIRE(zone.load("Cut", directory).error().position == zone_text.size() - 1);
    REQUIRE(zone.load("Empty", directory).error().code == zoneinfo_failure::not_a_zone);
    const auto is_folder = zone.load("Folder", directory).error().code;
    REQUIRE(
        (is_folder == zoneinfo_failure::unreadable || is_folder == zoneinfo_failure::not_found));
    REQUIRE(zone.load("Zone", directory));
    REQUIRE(zone.offset_at(at(0)) == hours{1});

    static_assert(file.bytes().size() > 100 && file.bytes().size() < 130);
    auto just = std::make_unique<pawl::zoneinfo<file.bytes().size()>>();
    REQUIRE(just->load("Zone", directory));
    REQUIRE(just->offset_at(at(0)) == hours{1});
    auto small = std::make_unique<pawl::zoneinfo<file.bytes().size() - 1>>();
    REQUIRE(small->load("Zone", directory).error().code == zoneinfo_failure::too_large);
    REQUIRE(small->offset_at(at(0)) == seconds{0});
    fs::remove_all(folder);
}

TEST_CASE("zoneinfo: every zone of the system, as the C library reads it") {
    const std::vector<std::string> names = zone_names();
    if (names.empty()) {
        WARN("skipped: no database of time zones");
        return;
    }
    REQUIRE(names.size() > 300);
    for (const std::string& name : names) {
        CAPTURE(name);
        const auto zone = loaded(name);
        const c_zone reference{name};
        std::int64_t differ = 0;
        std::int64_t where = 0;
        const auto same = [&](std::int64_t time) {
            const pawl::zone_span span = zone->span_at(at(time));
            REQUIRE((span.begin <= at(time) && at(time) < span.end));
            REQUIRE(zone->offset_at(at(time)) == span.offset);
            if (span.end != sys_seconds::max() && span.begin != sys_seconds::min()) {
                REQUIRE(zone->offset_at(span.begin) == span.offset);
                REQUIRE(zone->offset_at(span.end - seconds{1}) == span.offset);
            }
            if (zone->offset_at(at(time)) != c_zone::offset_at(time)) {
                ++differ;
                where = time;
            }
        };
        for (const std::int64_t time : contents_of(bytes_of(database / name)).transitions) {
            for (std::int64_t by = -1; by <= 1; ++by) {
                same(time + by);
            }
        }
        std::mt19937_64 random{5};
        const std::int64_t from = number(sys_days{year{1900} / 1 / 1});
        const std::int64_t to = number(sys_days{year{2100} / 1 / 1});
        for (int i = 0; i < 500; ++i) {
            same(from +
                 static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(to - from)));
        }
        CAPTURE(where);
        REQUIRE(differ == 0);
    }
}

TEST_CASE("zoneinfo: local times around every transition of every zone") {
    std::size_t turn = 0;  // a third of each zone's
    for (const std::string& name : zone_names()) {
        CAPTURE(name);
        const auto zone = loaded(name);
        const file_contents file = contents_of(bytes_of(database / name));
        for (std::size_t i = turn++ % 3; i < file.transitions.size(); i += 3) {
            const std::int64_t time = file.transitions[i];
            const std::int64_t before = zone->offset_at(at(time - 1)).count();
            const std::int64_t after = zone->offset_at(at(time)).count();
            for (const std::int64_t local :
                 {time + before - 1, time + before, time + after - 1, time + after,
                  time + (before + after) / 2, time + before + 1, time + after + 1}) {
                pawl_test::agrees_with_offsets(*zone, local, file.offsets);
            }
        }
    }
}

TEST_CASE("zoneinfo: cron around odd changes of the past, minute by minute") {
    if (zone_names().empty()) {
        WARN("skipped: no database of time zones");
        return;
    }
    struct place {
        const char* name;
        int from_year;
        int to_year;
    };
    constexpr place places[] = {
        {"Pacific/Apia", 2009, 2013},         // a day is left out
        {"Pacific/Kwajalein", 1993, 1994},    // and here
        {"Pacific/Kwajalein", 1969, 1970},    // almost a day is shown twice
        {"Australia/Lord_Howe", 2024, 2026},  // half an hour
        {"Australia/Lord_Howe", 1981, 1986},  // an hour and a half, once
        {"Africa/Casablanca", 2024, 2027},    // back for Ramadan: gap and overlap in two months
        {"Asia/Pyongyang", 2015, 2019},       // other offsets, without daylight saving
        {"America/Caracas", 2007, 2017},
        {"Antarctica/Troll", 2024, 2025},  // two hours
        {"Asia/Gaza", 2025, 2026},
        {"Europe/Berlin", 1945, 1947},  // summer time and double summer time
    };
    for (const place& each : places) {
        CAPTURE(each.name);
        const auto zone = loaded(each.name);
        const sys_seconds from = sys_days{year{each.from_year} / 1 / 1};
        const sys_seconds to = sys_days{year{each.to_year + 1} / 1 / 1};
        int changes = 0;
        for (const std::int64_t time : contents_of(bytes_of(database / each.name)).transitions) {
            const bool moves = zone->offset_at(at(time)) != zone->offset_at(at(time - 1));
            if (at(time) >= from && at(time) < to && moves) {
                cron_around(*zone, at(time));
                ++changes;
            }
        }
        CAPTURE(changes);
        REQUIRE(changes > 0);
    }
}

TEST_CASE("zoneinfo: files of the database, cut off and changed anywhere") {
    for (const char* const name : {"Pacific/Apia", "Asia/Kathmandu", "Africa/Casablanca"}) {
        if (!fs::exists(database / name)) {
            WARN("skipped: no database of time zones");
            return;
        }
        CAPTURE(name);
        const std::vector<std::byte> whole = bytes_of(database / name);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            // In memory of just that size.
            const std::vector<std::byte> cut{whole.begin(),
                                             whole.begin() + static_cast<std::ptrdiff_t>(size)};
            REQUIRE_FALSE(pawl::tzif::parse(cut));
        }
        std::vector<std::byte> changed = whole;
        for (std::size_t i = 0; i < whole.size(); ++i) {
            for (const unsigned flip : {1U, 2U, 0x7fU, 0x80U, 0xffU}) {
                changed[i] = whole[i] ^ static_cast<std::byte>(flip);
                if (const auto parsed = pawl::tzif::parse(changed)) {
                    for (const std::int64_t time :
                         {-4'000'000'000, 0L, 1'325'239'200L, 4'000'000'000}) {
                        static_cast<void>(parsed->offset_at(at(time)));
                        const auto info = parsed->info(pawl::local_seconds{seconds{time}});
                        REQUIRE(std::chrono::abs(info.after) < hours{26});
                    }
                }
            }
            changed[i] = whole[i];
        }
    }
}
#endif
