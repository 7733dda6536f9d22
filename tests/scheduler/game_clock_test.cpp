// A scheduler on a game's clock, beside one on real time.
//
// Goal: what waits for the game's time follows its speed and its pauses, also after it was
// submitted, and what waits for real time does not notice. Method: virtual real time
// (manual_platform) drives frames; what runs is written down with the time of both clocks. A
// reference that steps in nanoseconds says when a game's deadline comes.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include <pawl/pawl.hpp>
#include <pawl/platform/game_platform.hpp>

using namespace std::chrono_literals;
using namespace pawl::literals;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

namespace {

constexpr pawl::limits small{.jobs = 32, .workers = 0};
using world_type = pawl::scheduler<small, pawl::game_platform>;
using menu_type = pawl::scheduler<small, pawl::manual_platform>;

template <class Scheduler>
std::int64_t now_ms(Scheduler& jobs) {
    return std::chrono::floor<milliseconds>(jobs.platform().now().time_since_epoch()).count();
}

// Both schedulers, and a loop of frames as a game has it.
struct game {
    menu_type menu;
    world_type world;

    // Everything due runs at the end of the frame.
    void frames(int count, milliseconds dt) {
        for (; count > 0; --count) {
            menu.advance(dt);
            world.platform().step(dt);
            world.poll();
        }
    }
};

using times = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("game clock: the world stands still in a pause, and the menu does not") {
    game played;
    times spawned;
    times blinked;
    played.world.every(100ms, [&] { spawned.push_back(now_ms(played.world)); });
    played.menu.every(100ms, [&] { blinked.push_back(now_ms(played.menu)); });
    played.frames(30, 10ms);
    played.world.platform().pause();
    played.frames(100, 10ms);
    played.world.platform().resume();
    played.frames(20, 10ms);
    REQUIRE(spawned == times{100, 200, 300, 400, 500});
    REQUIRE(blinked.size() == 15);
    REQUIRE(blinked.back() == 1'500);
}

TEST_CASE("game clock: a new speed holds for what waits already") {
    game played;
    std::int64_t real = 0;
    played.world.schedule(1s, [&] { real = now_ms(played.menu); });
    played.frames(50, 10ms);  // half of it
    played.world.platform().set_scale(1, 4);
    played.frames(100, 10ms);  // a quarter more
    REQUIRE(real == 0);
    played.world.platform().set_scale(5);
    played.frames(20, 10ms);  // 250 ms of the game in five frames
    REQUIRE(real == 1'550);
    REQUIRE(now_ms(played.world) == 500 + 250 + 1'000);
}

TEST_CASE("game clock: with advance() each job runs at its own time, whatever the frames are") {
    const auto play = [](std::vector<milliseconds> frames) {
        world_type world;
        std::vector<std::pair<int, std::int64_t>> ran;
        world.every(30ms, [&] { ran.emplace_back(1, now_ms(world)); });
        world.every(70ms, [&] {
            ran.emplace_back(2, now_ms(world));
            world.schedule(5ms, [&] { ran.emplace_back(3, now_ms(world)); });
        });
        world.platform().set_scale(1, 2);
        for (const milliseconds dt : frames) {
            world.advance(world.platform().scaled(dt));
        }
        return ran;
    };
    const auto smooth = play(std::vector<milliseconds>(1'000, 2ms));
    REQUIRE(smooth.size() == 33 + 14 + 14);
    REQUIRE(smooth.front() == std::pair<int, std::int64_t>{1, 30});
    REQUIRE(play({2s}) == smooth);
    REQUIRE(play({1ms, 3ms, 700ms, 16ms, 17ms, 263ms, 1s}) == smooth);
}

TEST_CASE("game clock: with poll() a long frame is one look") {
    world_type world;
    times spawned;
    world.every(10ms, [&] { spawned.push_back(now_ms(world)); });
    world.platform().step(95ms);
    world.poll();
    REQUIRE(spawned == times{95});
    world.platform().step(5ms);
    world.poll();
    REQUIRE(spawned == times{95, 100});
}

TEST_CASE("game clock: waiting returns at once, for nobody else moves the clock") {
    world_type world;
    int ran = 0;
    world.wait();
    world.schedule(1h, [&] { ++ran; });
    world.poll();
    world.wait();
    world.wait(24h);
    REQUIRE(now_ms(world) == 0);
    REQUIRE(world.poll().ran == 0);
    REQUIRE(world.next_wake());
    world.platform().step(1h);
    world.poll();
    REQUIRE(ran == 1);
    REQUIRE(world.stop(pawl::drain).status == pawl::stop_status::stopped);
}

TEST_CASE("game clock: a world has its own nights") {
    world_type world;
    times dusks;  // in hours of the game
    REQUIRE(world.recurring("dusk", "0 0 18 * * *"_cron,
                            [&] { dusks.push_back(now_ms(world) / 3'600'000); }));
    world.platform().set_scale(3'600);  // an hour a second
    for (int second = 0; second < 50; ++second) {
        world.platform().step(1s);
        world.poll();
    }
    REQUIRE(dusks == times{18, 42});
    // A calendar that is set is seen by the next poll.
    world.platform().set_wall(world.platform().wall_now() + 15h);  // from 2 to 17 o'clock
    world.poll();
    world.platform().step(1s);
    world.poll();
    REQUIRE(dusks == times{18, 42, 51});
}

TEST_CASE("game clock: random speeds and pauses, against nanoseconds counted one frame at a time") {
    constexpr pawl::limits many{.jobs = 1'024, .edges = 0, .batches = 0, .workers = 0};
    pawl::scheduler<many, pawl::game_platform> world;
    std::mt19937_64 random{11};
    std::multimap<std::int64_t, int> waiting;  // by deadline, rounded up to the tick
    std::vector<int> ran;
    std::int64_t now_ns = 0;
    bool paused = false;
    int submitted = 0;
    std::uint64_t faults = 0;
    for (int frame = 0; frame < 20'000; ++frame) {
        if (random() % 4 == 0) {
            const nanoseconds delay{static_cast<std::int64_t>(random() % 3'000'000'000)};
            const int job = submitted;
            if (world.schedule(delay, [&ran, job] { ran.push_back(job); })) {
                constexpr std::int64_t tick_ns = 1'000'000;
                waiting.emplace((now_ns + delay.count() + tick_ns - 1) / tick_ns * tick_ns, job);
                ++submitted;
            }
        }
        switch (random() % 50) {
            case 0: world.platform().set_scale(static_cast<std::uint32_t>(random() % 17), 4); break;
            case 1: world.platform().pause(), paused = true; break;
            case 2:
            case 3: world.platform().resume(), paused = false; break;
            default: break;
        }
        // Whole in quarters, so that the reference has no fraction.
        const std::int64_t real_ns = static_cast<std::int64_t>(random() % 10'000'000) * 4;
        world.platform().step(nanoseconds{real_ns});
        now_ns += paused ? 0
                         : real_ns / world.platform().scale_denominator() *
                               world.platform().scale_numerator();
        faults += world.platform().now().time_since_epoch().count() == now_ns ? 0U : 1U;

        ran.clear();
        while (world.poll().ran != 0) {
        }
        std::vector<int> expected;
        while (!waiting.empty() && waiting.begin()->first <= now_ns) {
            expected.push_back(waiting.begin()->second);
            waiting.erase(waiting.begin());
        }
        faults += ran == expected ? 0U : 1U;
    }
    REQUIRE(faults == 0);
    REQUIRE(submitted > 3'000);
}
