// labels: concurrent
//
// A cancellation against the firing of its job, hundreds of thousands of times.
//
// Goal: exactly one of both wins: the job ran once and cancel() said false, or it never ran and
// cancel() said true, or cancel() said true to one that was running, which is then counted as
// deleted; its callable is destroyed once, and its slot comes back. Method: cancel_race.hpp, with
// workers and with a thread that polls. (cancel_race_long_test.cpp has a million of each;
// timekeeper_explore.cpp every interleaving of one.)
#include "catch.hpp"

#include <cstdint>

#include "scheduler/cancel_race.hpp"

namespace {

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_THREAD_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_THREAD__) || defined(UNDER_THREAD_SANITIZER)
constexpr std::uint32_t races = 50'000;  // each takes ten times as long, and is looked at closely
#else
constexpr std::uint32_t races = 200'000;
#endif

}  // namespace

TEST_CASE("cancel: against its job's firing, with workers: one of both wins") {
    cancel_race::check(cancel_race::against_workers(races), races);
}

TEST_CASE("cancel: against its job's firing, with a thread that polls: one of both wins") {
    cancel_race::check(cancel_race::against_poll(races), races);
}
