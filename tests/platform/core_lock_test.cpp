// SPDX-License-Identifier: BSL-1.0
//
// A word behind a lock between cores: every change and every store of it happens inside of the
// lock, the lock inside of the mask, and both nest. On real cores: tests/firmware/two_cores_test.sh
// and harts_test.sh.
#include <pawl/platform/core_lock.hpp>
#include <pawl/platform/masked_word.hpp>

#include <string>

#include "catch.hpp"

namespace {

std::string said;  // what was done, a letter each

struct core {
    struct critical {
        critical() noexcept { said += 'm'; }
        ~critical() { said += 'u'; }
    };
    template <class Busy>
    static void sleep_unless(Busy&& busy) noexcept {
        said += busy() ? 'b' : 's';
    }
    static bool may_submit() noexcept { return true; }
};
struct lock_of_the_chip {
    static constexpr unsigned cores = 2;
    static inline unsigned present = 0;
    static unsigned core() noexcept { return present; }
    static void lock() noexcept { said += 'L'; }
    static void unlock() noexcept { said += 'U'; }
    static void wake_siblings() noexcept { said += 'w'; }
};
using cores = pawl::with_core_lock<core, lock_of_the_chip>;
using word = pawl::masked_word<cores::critical>;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto release = std::memory_order_release;

std::string told() {
    std::string result;
    result.swap(said);
    return result;
}

}  // namespace

TEST_CASE("core_lock: masked, then locked, and back, and the other core is woken") {
    { const cores::critical section; }
    REQUIRE(told() == "mLUwu");
}

TEST_CASE("core_lock: it nests, for each core by itself") {
    {
        const cores::critical outer;
        { const cores::critical inner; }
        lock_of_the_chip::present = 1;
        { const cores::critical other; }  // waits in the real one
        lock_of_the_chip::present = 0;
    }
    REQUIRE(told() == "mLmumLUwuUwu");
}

TEST_CASE("masked_word between cores: whatever changes it is inside of the lock") {
    word shared;
    shared.store(1, release);
    REQUIRE(told() == "mLUwu");
    REQUIRE(shared.fetch_add(2, relaxed) == 1);
    REQUIRE(told() == "mLUwu");
    std::uint32_t expected = 3;
    REQUIRE(shared.compare_exchange_strong(expected, 5, relaxed, relaxed));
    REQUIRE(told() == "mLUwu");
    REQUIRE(shared.exchange(7, relaxed) == 5);
    REQUIRE(told() == "mLUwu");
    REQUIRE(shared.load(relaxed) == 7);
    REQUIRE(told().empty());
}

TEST_CASE("core_lock: who has no sleep of his own sleeps as the core does") {
    cores::sleep_unless([] { return true; });
    cores::sleep_unless([] { return false; });
    REQUIRE(told() == "bs");
}
