// labels: long
//
// A cancellation against the firing of its job, a million times with workers, and a million with a
// thread that polls.
//
// Goal and method: as in cancel_race_test.cpp, which has fewer races, and runs under
// ThreadSanitizer too.
#include "catch.hpp"

#include <cstdint>

#include "scheduler/cancel_race.hpp"

namespace {

constexpr std::uint32_t races = 1'000'000;

}  // namespace

TEST_CASE("cancel: a million times against the firing, with workers") {
    cancel_race::check(cancel_race::against_workers(races), races);
}

TEST_CASE("cancel: a million times against the firing, with a thread that polls") {
    cancel_race::check(cancel_race::against_poll(races), races);
}
