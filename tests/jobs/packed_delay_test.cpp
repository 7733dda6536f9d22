// packed_delay: five bytes of time.
//
// Goal: never shorter than asked for, exact where it says so, and right in a clock of 32 bits.
// Method: values at the edges of the units, checked at compile time.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <limits>

#include <pawl/jobs/packed_delay.hpp>

using namespace std::chrono_literals;

namespace {

using pawl::packed_delay;
using std::chrono::microseconds;
using std::chrono::nanoseconds;
using short_ms = std::chrono::duration<std::int32_t, std::milli>;

template <class Duration>
constexpr microseconds us(Duration asked) {
    return packed_delay::from(asked).template to<microseconds>();
}

}  // namespace

// Exact within 32 bits of a unit, rounded up beyond.
static_assert(us(0us) == 0us && us(-5s) == 0us);
static_assert(us(1us) == 1us && us(1ns) == 1us && us(1001ns) == 2us);
static_assert(us(microseconds{0xFFFF'FFFF}) == microseconds{0xFFFF'FFFF});
static_assert(us(microseconds{0x1'0000'0000}) == 4'294'968ms);
static_assert(us(49 * 24h) == 49 * 24h && us(49 * 24h + 1ms) == 49 * 24h + 1ms);
static_assert(us(50 * 24h + 1ms) == 50 * 24h + 1s);
static_assert(us(24h * 365 * 100) == 24h * 365 * 100);
static_assert(us(std::chrono::hours::max()) == std::chrono::seconds{0xFFFF'FFFF});
static_assert(us(nanoseconds::max()) == std::chrono::seconds{0xFFFF'FFFF});
static_assert(us(std::chrono::duration<double>{0.5}) >= 500ms);
static_assert(us(std::chrono::duration<double>{1e300}) > 24h * 365 * 30);

// In a short clock: rounded up, and the maximum instead of an overflow.
static_assert(packed_delay::from(1us).to<short_ms>() == short_ms{1});
static_assert(packed_delay::from(1000us).to<short_ms>() == short_ms{1});
static_assert(packed_delay::from(1001us).to<short_ms>() == short_ms{2});
static_assert(packed_delay::from(250ms).to<short_ms>() == short_ms{250});
static_assert(packed_delay::from(3s).to<short_ms>() == short_ms{3000});
static_assert(packed_delay::from(24h * 30).to<short_ms>() == short_ms::max());
static_assert(packed_delay::from(nanoseconds{1}).to<nanoseconds>() == 1000ns);

TEST_CASE("packed_delay: never shorter than asked for, whatever the size") {
    for (unsigned bit = 0; bit < 62; ++bit) {
        for (const std::int64_t near : {-1, 0, 1}) {
            const nanoseconds asked{(std::int64_t{1} << bit) + near};
            const auto kept = packed_delay::from(asked);
            REQUIRE(kept.to<nanoseconds>() >= asked);
            // At most one unit more.
            REQUIRE(kept.to<nanoseconds>() - asked <= 1s);
        }
    }
}
