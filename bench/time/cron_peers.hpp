// SPDX-License-Identifier: BSL-1.0
//
// cron_peers: cron engines of others, behind one small interface.
//
// An engine has
//   name                         what the table calls it
//   in_process_zone              whether its fields are those of the process's time zone, else UTC
//   expression                   what it keeps of a text; expression_bytes: its size
//   dialect(text)                pawl's five fields as it wants them
//   parse(text)                  an optional expression: nothing if it refuses the text
//   parses(text)                 whether it does not; what is measured as parsing
//   next(expression, s)          seconds since 1970 of the next time strictly after; -1: none
//   prev(expression, s)          the same backwards, if it has that
//
// How they are found: in folders called as their repositories are, under --include-path; nothing of
// theirs has to be built first. Two of them are C with the same names for different things, so that
// their sources are taken as C++ (which both provide for) into a namespace each. libcron needs a
// source of its own: see cron_libcron.cpp.
#pragma once

// What the sources in namespaces below include, so that there it is included already.
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "../report.hpp"

#if __has_include(<croncpp.h>)
#include <croncpp.h>
#define PAWL_BENCH_CRONCPP 1
#elif __has_include(<croncpp/include/croncpp.h>)
#include <croncpp/include/croncpp.h>
#define PAWL_BENCH_CRONCPP 1
#endif

#if defined(PAWL_BENCH_LIBCRON)
#include "cron_libcron.hpp"
#endif

// Both declare these functions of the C library once more: in their namespaces they are others, of
// other names, which then call the library's.
#define CRON_COMPILE_AS_CXX
#define gmtime_r c_gmtime_r
#define localtime_r c_localtime_r
#define timegm c_timegm
#if __has_include(<ccronexpr/ccronexpr.c>)
namespace bench::crons::c_of_ccronexpr {
#include <ccronexpr/ccronexpr.c>
}
#undef CCRONEXPR_H
#define PAWL_BENCH_CCRONEXPR 1
#endif
#if __has_include(<supertinycron/ccronexpr.c>)
namespace bench::crons::c_of_supertinycron {
#include <supertinycron/ccronexpr.c>
}
#undef CCRONEXPR_H
// The same source for the process's time zone.
namespace bench::crons::c_of_supertinycron_in_zone {
#define CRON_USE_LOCAL_TIME
#include <supertinycron/ccronexpr.c>
#undef CRON_USE_LOCAL_TIME
}  // namespace bench::crons::c_of_supertinycron_in_zone
#define PAWL_BENCH_SUPERTINYCRON 1
#endif
#undef gmtime_r
#undef localtime_r
#undef timegm
#undef CRON_COMPILE_AS_CXX

namespace bench::crons {

// Most of them have a field of seconds before pawl's five.
inline std::string with_seconds(const std::string& text) { return "0 " + text; }

#if defined(PAWL_BENCH_CRONCPP)
struct croncpp {
    static constexpr const char* name = "croncpp";
    static constexpr bool in_process_zone = true;
    using expression = cron::cronexpr;
    static constexpr std::size_t expression_bytes = sizeof(expression);

    static std::string dialect(const std::string& text) { return with_seconds(text); }
    static std::optional<expression> parse(const std::string& text) {
        try {
            return cron::make_cron(text);
        } catch (const cron::bad_cronexpr&) {
            return std::nullopt;
        }
    }
    static bool parses(const std::string& text) { return parse(text).has_value(); }
    static std::int64_t next(const expression& asked, std::int64_t time) {
        return cron::cron_next(asked, std::time_t{time});
    }
    static std::int64_t prev(const expression& asked, std::int64_t time) {
        return cron::cron_prev(asked, std::time_t{time});
    }
};
#endif

#if defined(PAWL_BENCH_LIBCRON)
struct libcron {
    static constexpr const char* name = "libcron";
    static constexpr bool in_process_zone = false;
    using expression = std::shared_ptr<const libcron_expression>;
    static inline const std::size_t expression_bytes = libcron_expression_bytes();

    // It wants one of the two fields of days to be ignored expressly.
    static std::string dialect(const std::string& text) {
        std::string result = with_seconds(text);
        if (result.back() == '*') {
            result.back() = '?';
        }
        return result;
    }
    static std::optional<expression> parse(const std::string& text) {
        libcron_expression* const parsed = libcron_parse(text.c_str());
        return parsed != nullptr ? std::optional{expression{parsed, libcron_delete}} : std::nullopt;
    }
    static bool parses(const std::string& text) { return libcron_parses(text.c_str()); }
    static std::int64_t next(const expression& asked, std::int64_t time) {
        return libcron_next(*asked, time);
    }
};
#endif

// The two of C have one interface.
template <class Expression, auto Parse, auto Next, auto Prev>
struct c_engine {
    using expression = Expression;
    static constexpr std::size_t expression_bytes = sizeof(expression);

    static std::string dialect(const std::string& text) { return with_seconds(text); }
    static std::optional<expression> parse(const std::string& text) {
        expression result{};
        const char* error = nullptr;
        Parse(text.c_str(), &result, &error);
        return error == nullptr ? std::optional{result} : std::nullopt;
    }
    static bool parses(const std::string& text) { return parse(text).has_value(); }
    static std::int64_t next(expression& asked, std::int64_t time) { return Next(&asked, time); }
    static std::int64_t prev(expression& asked, std::int64_t time) { return Prev(&asked, time); }
};

// The C library's calendar, for the namespaces above.
#define PAWL_BENCH_C_CALENDAR                                                                      \
    inline std::tm* c_gmtime_r(const std::time_t* time, std::tm* result) {                         \
        return ::gmtime_r(time, result);                                                           \
    }                                                                                              \
    inline std::tm* c_localtime_r(const std::time_t* time, std::tm* result) {                      \
        return ::localtime_r(time, result);                                                        \
    }                                                                                              \
    inline std::time_t c_timegm(std::tm* time) { return ::timegm(time); }

#if defined(PAWL_BENCH_CCRONEXPR)
namespace c_of_ccronexpr {
PAWL_BENCH_C_CALENDAR
}  // namespace c_of_ccronexpr
struct ccronexpr : c_engine<c_of_ccronexpr::cron_expr, c_of_ccronexpr::cron_parse_expr,
                            c_of_ccronexpr::cron_next, c_of_ccronexpr::cron_prev> {
    static constexpr const char* name = "ccronexpr";
    static constexpr bool in_process_zone = false;
};
#endif

#if defined(PAWL_BENCH_SUPERTINYCRON)
namespace c_of_supertinycron {
PAWL_BENCH_C_CALENDAR
}  // namespace c_of_supertinycron
namespace c_of_supertinycron_in_zone {
PAWL_BENCH_C_CALENDAR
}  // namespace c_of_supertinycron_in_zone
struct supertinycron : c_engine<c_of_supertinycron::cron_expr, c_of_supertinycron::cron_parse_expr,
                                c_of_supertinycron::cron_next, c_of_supertinycron::cron_prev> {
    static constexpr const char* name = "supertinycron";
    static constexpr bool in_process_zone = false;
};
struct supertinycron_in_zone
    : c_engine<c_of_supertinycron_in_zone::cron_expr, c_of_supertinycron_in_zone::cron_parse_expr,
               c_of_supertinycron_in_zone::cron_next, c_of_supertinycron_in_zone::cron_prev> {
    static constexpr const char* name = "supertinycron";
    static constexpr bool in_process_zone = true;
};
#endif
#undef PAWL_BENCH_C_CALENDAR

// Calls f(engine) for every one that is here and counts in UTC.
template <class F>
void each_engine(const F& f) {
#if defined(PAWL_BENCH_CRONCPP)
    f(croncpp{});  // where the process is in UTC, as it is unless it says otherwise
#endif
#if defined(PAWL_BENCH_LIBCRON)
    f(libcron{});
#endif
#if defined(PAWL_BENCH_CCRONEXPR)
    f(ccronexpr{});
#endif
#if defined(PAWL_BENCH_SUPERTINYCRON)
    f(supertinycron{});
#endif
    static_cast<void>(f);
}

// And for those that count in the time zone of the process; none has a zone of its own.
template <class F>
void each_engine_in_zone(const F& f) {
#if defined(PAWL_BENCH_CRONCPP)
    f(croncpp{});
#endif
#if defined(PAWL_BENCH_SUPERTINYCRON)
    f(supertinycron_in_zone{});
#endif
    static_cast<void>(f);
}

inline void note_missing(report& target) {
#if !defined(PAWL_BENCH_CRONCPP)
    target.missing("croncpp", "a folder croncpp with its repository in --include-path");
#endif
#if !defined(PAWL_BENCH_LIBCRON)
    target.missing("libcron",
                   "a folder libcron with its repository and submodule in "
                   "--include-path");
#endif
#if !defined(PAWL_BENCH_CCRONEXPR)
    target.missing("ccronexpr", "a folder ccronexpr with its repository in --include-path");
#endif
#if !defined(PAWL_BENCH_SUPERTINYCRON)
    target.missing("supertinycron", "a folder supertinycron with its repository in --include-path");
#endif
    static_cast<void>(target);
}

}  // namespace bench::crons
