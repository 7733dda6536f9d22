// SPDX-License-Identifier: BSL-1.0
//
// Goal: check_platform() and check_word() accept every platform that pawl ships, and find each
// mistake that a port can make, and say which. Method: platform_faults.hpp.
//
// labels: concurrent
#include <string>

#include "catch.hpp"

#include <pawl/platform/game_platform.hpp>
#include <pawl/platform/loop_platform.hpp>
#include <pawl/platform/manual_platform.hpp>
#include <pawl/platform/membarrier_platform.hpp>
#include <pawl/platform/plain_word.hpp>
#include <pawl/platform/platform_conformance.hpp>
#include <pawl/platform/std_platform.hpp>

#include "conformance/platform_faults.hpp"
#include "conformance/virtual_machine.hpp"

using namespace conformance;

namespace {

// Interrupts as calls, which nothing masks.
struct call {
    static constexpr bool is_call = true;
    void operator()(void (*act)(void*), void* with) const {
        virtual_machine::in_interrupt = true;
        act(with);
        virtual_machine::in_interrupt = false;
    }
};

void expect(const std::string& said, const std::string& sentence) { CHECK(said == sentence); }

}  // namespace

TEST_CASE("every platform of ours conforms") {
    CHECK(said(alone<pawl::std_platform>()) == "");
    CHECK(said(alone<pawl::loop_platform>()) == "");
    CHECK(said(alone<pawl::manual_platform>()) == "");
    CHECK(said(alone<pawl::game_platform>()) == "");
#if defined(__linux__)
    CHECK(said(alone<pawl::membarrier_platform>()) == "");
#endif
}

TEST_CASE("a word may be checked alone") {
    const auto verdict = pawl::check_word<pawl::plain_word>();
    CHECK(verdict);
    CHECK(verdict.checks > 50);
    CHECK(said(pawl::check_word<virtual_word<fault::or_adds>>()) == "fetch_or() leaves other bits");
}

TEST_CASE("virtual machines without a fault conform") {
    const auto board = interrupted<virtual_board<>>();
    CHECK(said(board) == "");
    const auto masked = interrupted<virtual_board<fault::none, true>>();
    CHECK(said(masked) == "");
    CHECK(masked.checks == board.checks);
    const auto kernel = interrupted<virtual_kernel<>>();
    CHECK(said(kernel) == "");

    // Each way to interrupt is something more that is looked at.
    virtual_board<> machine;
    const auto causes_only = pawl::check_platform(
        machine, [](void (*act)(void*), void* with) { virtual_machine::cause(act, with); });
    CHECK(said(causes_only) == "");
    CHECK(causes_only.checks < board.checks);
    const auto calls = pawl::check_platform(machine, call{});
    CHECK(said(calls) == "");
    CHECK(calls.checks < causes_only.checks);
    const auto nobody = pawl::check_platform(machine);
    CHECK(said(nobody) == "");
    CHECK(nobody.checks < calls.checks);
}

TEST_CASE("the suite finds broken words") { broken_words(expect); }
TEST_CASE("the suite finds words that are not atomic") { torn_words(expect); }
TEST_CASE("the suite finds broken clocks") { broken_clocks(expect); }
TEST_CASE("the suite finds broken critical sections") { broken_critical_sections(expect); }
TEST_CASE("the suite finds a sleep that loses wake-ups") { broken_sleeps(expect); }
TEST_CASE("the suite finds permits that are forgotten") { broken_permits(expect); }
TEST_CASE("the suite finds broken threads") { broken_threads_of(expect); }
