// outcome: eight bytes that say what a job says.
//
// Goal: each outcome carries what it was given, answers zero to every other question, and is no
// larger for having learnt more. Method: everything is known to the compiler; once more at run
// time, because an outcome is made in another way there.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <pawl/jobs/outcome.hpp>

using namespace std::chrono_literals;

namespace {

using pawl::outcome;

constexpr std::uint16_t code_max = std::numeric_limits<std::uint16_t>::max();
constexpr std::uint32_t cursor_max = std::numeric_limits<std::uint32_t>::max();

constexpr bool says(outcome said, outcome::kind what, std::uint16_t error,
                    std::chrono::microseconds after, std::uint32_t cursor) {
    return said.what() == what && said.error() == error && said.after() == after &&
           said.rest().to<std::chrono::microseconds>() == after && said.cursor() == cursor;
}

static_assert(sizeof(outcome) == 8 && std::is_trivially_copyable_v<outcome>);
// No byte of it is padding: whoever wants to may hand it on as a number.
static_assert(std::has_unique_object_representations_v<outcome>);

static_assert(says(outcome::success(), outcome::kind::success, 0, 0us, 0));
static_assert(says(outcome::discard(), outcome::kind::discard, 0, 0us, 0));
static_assert(says(outcome::fail(), outcome::kind::fail, 0, 0us, 0));
static_assert(says(outcome::fail(code_max), outcome::kind::fail, code_max, 0us, 0));
static_assert(says(outcome::retry(), outcome::kind::retry, 0, 0us, 0));
static_assert(says(outcome::retry(7), outcome::kind::retry, 7, 0us, 0));
static_assert(says(outcome::retry_in(5ms), outcome::kind::retry_in, 0, 5ms, 0));
static_assert(says(outcome::retry_in(24h * 365, 258), outcome::kind::retry_in, 258, 24h * 365, 0));
static_assert(says(outcome::snooze(5ms), outcome::kind::snooze, 0, 5ms, 0));
static_assert(says(outcome::yield(), outcome::kind::yield, 0, 0us, 0));
static_assert(says(outcome::yield(cursor_max), outcome::kind::yield, 0, 0us, cursor_max));
// A delay is never taken for a cursor, and a cursor never for a delay.
static_assert(outcome::retry_in(1s).cursor() == 0 && outcome::yield(1'000'000).after() == 0us);

// Never early.
static_assert(outcome::snooze(1ns).after() == 1us && outcome::retry_in(-1s).after() == 0us);

constexpr outcome seven = outcome::retry(7);
static_assert(seven == outcome::retry(7) && seven != outcome::retry(8));
static_assert(outcome::retry() != outcome::fail() && outcome::yield(1) != outcome::yield(2));
static_assert(outcome::retry_in(1ms) != outcome::retry_in(1s));

}  // namespace

TEST_CASE("outcome: made at run time it is the same") {
    const volatile std::uint16_t some_code = 515;
    const volatile std::uint32_t some_number = 0x8000'0001;
    const std::uint16_t code = some_code;
    const std::uint32_t number = some_number;
    const std::chrono::microseconds delay{number};

    CHECK(says(outcome::success(), outcome::kind::success, 0, 0us, 0));
    CHECK(says(outcome::discard(), outcome::kind::discard, 0, 0us, 0));
    CHECK(says(outcome::fail(code), outcome::kind::fail, code, 0us, 0));
    CHECK(says(outcome::retry(code), outcome::kind::retry, code, 0us, 0));
    CHECK(says(outcome::retry_in(delay, code), outcome::kind::retry_in, code, delay, 0));
    CHECK(says(outcome::snooze(delay), outcome::kind::snooze, 0, delay, 0));
    CHECK(says(outcome::yield(number), outcome::kind::yield, 0, 0us, number));
}
