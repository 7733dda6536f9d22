// labels: concurrent
//
// blocking_queue: a queue to wait at.
//
// Goal: every operation's answers, arguments as they were when it fails, deadlines on a virtual
// clock, waits of a core with interrupts, nothing lost between threads until it is closed.
// Method: one thread for the answers; many for the rest. That nobody sleeps beside an item is shown
// by blocking_queue_explore.cpp.
#include "catch.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <pawl/execution/blocking_queue.hpp>
#include <pawl/platform/bare_metal.hpp>
#include <pawl/platform/manual_platform.hpp>
#include <pawl/platform/std_platform.hpp>

namespace {

using namespace std::chrono_literals;
using pawl::queue_errc;

// Can be moved into a place, and no more.
class parcel {
public:
    explicit parcel(int number) noexcept : number_{number} {}
    parcel(parcel&& from) noexcept : number_{std::exchange(from.number_, 0)} {}
    parcel& operator=(parcel&&) = delete;
    ~parcel() = default;
    [[nodiscard]] int number() const noexcept { return number_; }

private:
    int number_;
};

constinit pawl::blocking_queue<int, 4> at_start;

// A core whose sleep is ended by one interrupt, which the test chooses.
struct core {
    struct critical {
        critical() noexcept {}
        ~critical() {}
    };
    template <class Busy>
    static void sleep_unless(Busy&& busy) noexcept {
        if (!busy()) {
            ++sleeps;
            clock += 3;
            if (interrupt != nullptr) {
                std::exchange(interrupt, nullptr)();
            }
        }
    }
    static bool in_interrupt() noexcept { return false; }
    static bool may_submit() noexcept { return true; }

    static inline int sleeps = 0;
    static inline std::uint32_t clock = 0;
    static inline void (*interrupt)() = nullptr;
};
struct board : pawl::basic_bare_metal<core, false> {
    static time_point now() noexcept {
        return time_point{duration{static_cast<std::int32_t>(core::clock)}};
    }
};
pawl::blocking_queue<int, 2, board> on_board;

}  // namespace

static_assert(std::is_trivially_destructible_v<pawl::blocking_queue<int, 4, board>>);

TEST_CASE("blocking_queue: what does not wait") {
    REQUIRE(at_start.empty());
    for (int i = 0; i < 4; ++i) {
        REQUIRE(at_start.try_push(i) == queue_errc::success);
    }
    REQUIRE(at_start.try_push(4) == queue_errc::full);
    REQUIRE(at_start.try_emplace(4) == queue_errc::full);
    REQUIRE(at_start.approx_size() == 4);
    int item = -1;
    REQUIRE(at_start.try_pop(item) == queue_errc::success);
    REQUIRE(item == 0);
    REQUIRE(at_start.try_pop() == 1);
    REQUIRE(at_start.pop() == 2);
    REQUIRE_FALSE(at_start.is_closed());
    at_start.close();
    at_start.close();
    REQUIRE(at_start.is_closed());
    REQUIRE(at_start.push(5) == queue_errc::closed);
    REQUIRE(at_start.try_push(5) == queue_errc::closed);
    REQUIRE(at_start.pop(item) == queue_errc::success);
    REQUIRE(item == 3);
    REQUIRE(at_start.try_pop(item) == queue_errc::closed);
    REQUIRE(at_start.pop(item) == queue_errc::closed);
    REQUIRE(at_start.pop_for(item, 1h) == queue_errc::closed);
    REQUIRE(item == 3);
    REQUIRE_FALSE(at_start.pop().has_value());
}

TEST_CASE("blocking_queue: a refused argument is as it was") {
    pawl::blocking_queue<std::unique_ptr<int>, 1, pawl::manual_platform> queue;
    REQUIRE(queue.push(std::make_unique<int>(1)) == queue_errc::success);
    auto mine = std::make_unique<int>(2);
    REQUIRE(queue.try_push(std::move(mine)) == queue_errc::full);
    REQUIRE(queue.push_for(std::move(mine), 5ms) == queue_errc::timeout);
    queue.close();
    REQUIRE(queue.push(std::move(mine)) == queue_errc::closed);
    REQUIRE(*mine == 2);
    REQUIRE(*queue.pop().value() == 1);
}

TEST_CASE("blocking_queue: items that cannot be assigned") {
    pawl::blocking_queue<parcel, 2> queue;
    REQUIRE(queue.try_emplace(7) == queue_errc::success);
    REQUIRE(queue.push(parcel{8}) == queue_errc::success);
    REQUIRE(queue.pop()->number() == 7);
    REQUIRE(queue.try_pop()->number() == 8);
    REQUIRE_FALSE(queue.try_pop().has_value());
}

TEST_CASE("blocking_queue: deadlines") {
    pawl::blocking_queue<int, 1, pawl::manual_platform> queue;
    using time_point = pawl::manual_platform::time_point;
    int item = 0;
    REQUIRE(queue.pop_for(item, 5ms) == queue_errc::timeout);
    REQUIRE(queue.machine().now() == time_point{5ms});
    REQUIRE(queue.pop_until(item, time_point{9ms}) == queue_errc::timeout);
    REQUIRE(queue.machine().now() == time_point{9ms});
    REQUIRE(queue.pop_until(item, time_point{1ms}) == queue_errc::timeout);  // long ago
    REQUIRE(queue.machine().now() == time_point{9ms});
    REQUIRE(queue.pop_for(item, -1s) == queue_errc::timeout);
    // With virtual time nobody would ever come.
    REQUIRE(queue.pop(item) == queue_errc::timeout);
    REQUIRE(queue.push(3) == queue_errc::success);
    REQUIRE(queue.push(4) == queue_errc::timeout);
    REQUIRE(queue.push_until(4, time_point{12ms}) == queue_errc::timeout);
    REQUIRE(queue.machine().now() == time_point{12ms});
    REQUIRE(queue.pop_for(item, 1ms) == queue_errc::success);
    REQUIRE(item == 3);
}

TEST_CASE("blocking_queue: the main loop of a core sleeps until an interrupt") {
    core::interrupt = [] { static_cast<void>(on_board.try_push(11)); };
    REQUIRE(on_board.pop() == 11);
    REQUIRE(core::sleeps == 1);
    int item = 0;
    // The clock's interrupt wakes the core, too, and wraps.
    core::clock = 0x7FFF'FFFE;
    REQUIRE(on_board.pop_for(item, 10ms) == queue_errc::timeout);
    REQUIRE(core::sleeps == 1 + 4);  // 10 ms and one that may have begun, in steps of 3
    core::interrupt = [] { on_board.close(); };
    REQUIRE(on_board.pop(item) == queue_errc::closed);
    REQUIRE(core::sleeps == 1 + 4 + 1);
}

TEST_CASE("blocking_queue: a wait that is too long for a deadline") {
    pawl::blocking_queue<int, 1> queue;
    std::thread other{[&] { queue.push(1); }};
    int item = 0;
    REQUIRE(queue.pop_for(item, std::chrono::hours::max()) == queue_errc::success);
    other.join();
    REQUIRE(queue.pop_for(item, 1ns) == queue_errc::timeout);
}

TEST_CASE("blocking_queue: between threads, until it is closed") {
    constexpr unsigned producers = 3;
    constexpr unsigned consumers = 3;
    constexpr std::uint32_t count = 20'000;
    // Small, so that both sides sleep; fewer seats than threads.
    const auto queue =
        std::make_unique<pawl::blocking_queue<std::uint32_t, 4, pawl::std_platform, 2>>();
    std::vector<std::atomic<std::uint8_t>> came(producers * count);
    std::vector<std::thread> threads;
    std::atomic<bool> wrong{false};
    for (unsigned consumer = 0; consumer < consumers; ++consumer) {
        threads.emplace_back([&] {
            std::array<std::int64_t, producers> last{};
            last.fill(-1);
            while (const std::optional<std::uint32_t> item = queue->pop()) {
                const std::uint32_t producer = *item / count;
                wrong = wrong || *item <= last[producer];
                last[producer] = *item;
                ++came[*item];
            }
        });
    }
    std::vector<std::thread> pushing;
    for (std::uint32_t producer = 0; producer < producers; ++producer) {
        pushing.emplace_back([&, producer] {
            for (std::uint32_t i = 0; i < count; ++i) {
                if (queue->push(producer * count + i) != queue_errc::success) {
                    wrong = true;
                }
            }
        });
    }
    for (std::thread& each : pushing) {
        each.join();
    }
    queue->close();
    for (std::thread& each : threads) {
        each.join();
    }
    REQUIRE_FALSE(wrong);
    for (const auto& each : came) {
        REQUIRE(each == 1);
    }
}
