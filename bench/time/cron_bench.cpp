// SPDX-License-Identifier: BSL-1.0
//
// part: cron
//
// The next time of a cron expression, beside other engines. Goal: tens of nanoseconds, whatever the
// expression. Method: from 4,096 random instants of the years 2020 to 2030, each on its own, so
// that nothing is learnt from the one before; every engine's answers are summed and have to agree
// with ours. The process runs in UTC, for some of the peers ask the C library for the calendar.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pawl/time/cron.hpp>

#include "../harness.hpp"

#if __has_include(<croncpp.h>)
#include <croncpp.h>
#define PAWL_BENCH_CRONCPP 1
#endif
#if defined(PAWL_BENCH_CCRONEXPR)
#include <ccronexpr.h>
#endif

namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::uint32_t count = 4096;

std::vector<std::int64_t> random_instants() {
    constexpr std::int64_t begin = 1'577'836'800;  // 2020-01-01
    constexpr std::int64_t end = 1'893'456'000;    // 2030-01-01
    bench::random_numbers random;
    std::vector<std::int64_t> result(count);
    for (std::int64_t& each : result) {
        each = begin +
               static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(end - begin)));
    }
    return result;
}

// sums[i] is the sum of the right answers for the first i instants.
struct questions {
    std::vector<std::int64_t> instants;
    std::vector<std::int64_t> sums;
};

// Asks for the time after each of `chunk` instants, the next ones in each lap, and sums the
// answers; "there is none" counts as -1. A chunk is long for the clock and short for the system's
// time slices.
template <class Next>
bench::lap lap_of(const questions& asked, std::size_t chunk, Next next) {
    return [&asked, chunk, next,
            from = std::size_t{0}](bench::stopwatch& watch) mutable -> std::uint64_t {
        const std::size_t end = from + chunk;
        std::int64_t sum = 0;
        watch.start();
        for (std::size_t i = from; i < end; ++i) {
            sum += next(asked.instants[i]);
        }
        watch.stop();
        bench::check(sum == asked.sums[end] - asked.sums[from],
                     "two engines disagree about the next time");
        from = end % count;
        return chunk;
    };
}
constexpr std::size_t our_chunk = 1024;
constexpr std::size_t peer_chunk = 16;
static_assert(count % our_chunk == 0 && count % peer_chunk == 0);

#if defined(PAWL_BENCH_CRONCPP)
// Dialects differ in whether the seconds may be left out; all know six fields.
std::optional<cron::cronexpr> croncpp_parse(const std::string& text) {
    try {
        return cron::make_cron("0 " + text);
    } catch (const cron::bad_cronexpr&) {
        return std::nullopt;
    }
}
#endif

#if defined(PAWL_BENCH_CCRONEXPR)
std::optional<cron_expr> ccronexpr_parse(const std::string& text) {
    cron_expr result{};
    const char* error = nullptr;
    cron_parse_expr(("0 " + text).c_str(), &result, &error);
    return error == nullptr ? std::optional{result} : std::nullopt;
}
// Two libraries share the name and the interface; the younger one knows years.
constexpr const char* ccronexpr_name = sizeof(cron_expr) > 40 ? "supertinycron" : "ccronexpr";
#endif

void add_next(bench::report& report, const char* operation, const std::string& text,
              double target_ns) {
    questions asked{random_instants(), {0}};
    const pawl::cron_result parsed =
        pawl::cron::parse(text, {.impossible = pawl::impossible_date::never});
    bench::check(parsed.has_value(), "an expression did not parse");
    const auto ours = [expression = *parsed](std::int64_t instant) -> std::int64_t {
        const std::optional<sys_seconds> next = expression.next(sys_seconds{seconds{instant}});
        return next ? next->time_since_epoch().count() : -1;
    };
    for (const std::int64_t instant : asked.instants) {
        asked.sums.push_back(asked.sums.back() + ours(instant));
    }

    bench::contest row{report, operation};
    row.ours(lap_of(asked, our_chunk, ours));
#if defined(PAWL_BENCH_CRONCPP)
    if (const auto expression = croncpp_parse(text)) {
        row.peer("croncpp", lap_of(asked, peer_chunk, [expression](std::int64_t instant) {
                     return std::int64_t{cron::cron_next(*expression, std::time_t{instant})};
                 }));
    }
#endif
#if defined(PAWL_BENCH_CCRONEXPR)
    if (const auto expression = ccronexpr_parse(text)) {
        row.peer(ccronexpr_name,
                 lap_of(asked, peer_chunk, [kept = *expression](std::int64_t instant) mutable {
                     return std::int64_t{cron_next(&kept, std::time_t{instant})};
                 }));
    }
#endif
    row.target_ns(target_ns);
    row.run();
}

template <class Parse>
bench::lap parsing(std::string text, Parse parse) {
    return [text = std::move(text), parse](bench::stopwatch& watch) -> std::uint64_t {
        constexpr std::uint32_t parses = 256;
        std::uint32_t good = 0;
        watch.start();
        for (std::uint32_t i = 0; i < parses; ++i) {
            bench::keep(text);
            const auto result = parse(text);
            bench::keep(result);
            if (result) {
                ++good;
            }
        }
        watch.stop();
        bench::check(good == parses, "an expression did not parse");
        return parses;
    };
}

void add_parse(bench::report& report, const char* operation, const std::string& text,
               double target_ns) {
    bench::contest row{report, operation};
    row.ours(parsing(text, [](const std::string& each) { return pawl::cron::parse(each); }));
#if defined(PAWL_BENCH_CRONCPP)
    row.peer("croncpp", parsing("0 " + text, [](const std::string& each) {
                 return std::optional{cron::make_cron(each)};
             }));
#endif
#if defined(PAWL_BENCH_CCRONEXPR)
    row.peer(ccronexpr_name, parsing("0 " + text, [](const std::string& each) {
                 cron_expr result{};
                 const char* error = nullptr;
                 cron_parse_expr(each.c_str(), &result, &error);
                 return error == nullptr ? std::optional{result} : std::nullopt;
             }));
#endif
    row.target_ns(target_ns);
    row.run();
}

}  // namespace

int main(int argc, char** argv) {
    setenv("TZ", "UTC0", 1);
    tzset();
    bench::report report{"cron", argc, argv};

    add_next(report, "next, every minute", "* * * * *", 12);
    add_next(report, "next, workdays at 9:30", "30 9 * * MON-FRI", 30);
    add_next(report, "next, first of the month", "0 0 1 * *", 35);
    add_next(report, "next, 29 February", "0 0 29 2 *", 50);
    add_next(report, "next, impossible", "0 0 31 2 *", 2);
    add_parse(report, "parse, simple", "*/5 * * * *", 80);
    add_parse(report, "parse, lists", "0,15,30,45 8-12,14-18 1,15 JAN-JUN MON,WED,FRI", 350);

    bench::row bytes{"bytes an expression", "bytes", {sizeof(pawl::cron)}, {}, 32};
#if defined(PAWL_BENCH_CRONCPP)
    bytes.peers.push_back({"croncpp", {sizeof(cron::cronexpr)}});
    report.note("croncpp",
                "asks the C library for the calendar; refuses impossible dates; no answer "
                "on 29 February after 2096");
#else
    report.missing("croncpp", "its headers in --include-path");
#endif
#if defined(PAWL_BENCH_CCRONEXPR)
    bytes.peers.push_back({ccronexpr_name, {sizeof(cron_expr)}});
    report.note(ccronexpr_name, "no answer on 29 February after 2096");
#else
    report.missing("supertinycron or ccronexpr",
                   "its header and a built libccronexpr in --include-path");
#endif
    report.add(bytes);
    return bench::finish(report);
}
