// SPDX-License-Identifier: BSL-1.0
//
// A game with two clocks: what belongs to the player runs on real time, what belongs to the world
// on the game's, which is paused, slowed down and sped up. Each is a scheduler of its own.
//
// So that this prints the same on every run, real time is virtual here. In a game the menu is a
// scheduler on pawl::loop_platform, and dt the time that the last frame took.
#include <chrono>
#include <cstdio>

#include <pawl/pawl.hpp>
#include <pawl/platform/game_platform.hpp>

namespace {

using namespace std::chrono_literals;
using namespace pawl::literals;
using std::chrono::milliseconds;

constexpr pawl::limits small{.jobs = 16, .workers = 0};
pawl::scheduler<small, pawl::manual_platform> menu;
pawl::scheduler<small, pawl::game_platform> world{
    pawl::game_platform{pawl::game_platform::default_wall + 17h}};  // five in the afternoon

template <class Platform>
long long ms(const Platform& clock) {
    return std::chrono::floor<milliseconds>(clock.now().time_since_epoch()).count();
}

void say(const char* what) {
    std::printf("real %5lld ms, game %7lld ms: %s\n", ms(menu.platform()), ms(world.platform()),
                what);
}

void begin() {
    // The world: a wave of enemies every two seconds, and a spell that holds for three.
    world.every(2s, [] { say("a wave of enemies"); });
    world.schedule(3s, [] { say("the shield is gone"); });
    world.recurring("dusk", "0 0 18 * * *"_cron, [] { say("dusk"); });

    // The player's side.
    menu.every(5s, [] { say("autosave"); });
    menu.schedule(2'500ms, [] {
        world.platform().pause();
        say("-- pause");
    });
    menu.schedule(6'500ms, [] {
        world.platform().resume();
        world.platform().set_scale(1, 4);
        say("-- slow motion, a quarter of the speed");
    });
    menu.schedule(10'500ms, [] {
        world.platform().set_scale(1);
        say("-- real speed");
    });
    menu.schedule(11s, [] {
        world.platform().set_scale(720);
        say("-- sleep until the evening, an hour in five seconds");
    });
}

}  // namespace

int main() {
    begin();
    for (int frame = 0; frame < 11'000 / 20; ++frame) {
        constexpr milliseconds dt{20};
        menu.advance(dt);  // with loop_platform: menu.poll();
        world.platform().step(dt);
        world.poll();
    }
    // The wave comes more often than there are frames: one for each frame is enough.
    for (int frame = 0; frame < 5; ++frame) {
        menu.advance(1s);
        world.platform().step(1s);
        world.poll();
    }
    std::printf("real %lld ms were %lld ms of the game\n", ms(menu.platform()),
                ms(world.platform()));
}
