// What the mutants of the small parts of time must not get past: a program of its own, because one
// with a test framework takes ten times as long to compile.
//
// Method: timer_list beside a timer_wheel, period and wide_counter beside plain counting; each with
// what a mutant gets wrong.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <pawl/time/period.hpp>
#include <pawl/time/timer_list.hpp>
#include <pawl/time/timer_wheel.hpp>
#include <pawl/time/wide_counter.hpp>

namespace {

void check(bool holds, const char* what) {
    if (!holds) {
        std::printf("%s\n", what);
        std::exit(1);
    }
}

constexpr std::uint32_t capacity = 20;

// Numbers that are the same in every run.
class numbers {
public:
    std::uint32_t below(std::uint32_t limit) {
        state_ = state_ * 1'664'525 + 1'013'904'223;
        return (state_ >> 8) % limit;
    }

private:
    std::uint32_t state_ = 1;
};

// The order in which timers are handed out, in one number.
template <class Timers>
std::uint64_t hand_out(Timers& timers, std::uint32_t target, std::uint32_t luck) {
    std::uint64_t order = 0;
    std::uint32_t calls = 0;
    timers.advance(target, [&](std::uint32_t timer) {
        check(++calls < 100'000, "advance() goes on for ever");
        order = order * 31 + timer + timers.now();
        if ((timer + luck) % 3 == 0) {
            timers.schedule(timer, timers.now());
        } else if ((timer + luck) % 3 == 1) {
            timers.cancel((timer + luck) % capacity);
        }
    });
    return order;
}

void list_is_like_wheel() {
    numbers random;
    pawl::timer_list<capacity, std::uint32_t> list;
    pawl::timer_wheel<capacity, std::uint32_t> wheel;
    std::uint32_t now = 0;
    for (int step = 0; step < 20'000; ++step) {
        const std::uint32_t timer = random.below(capacity);
        const std::uint32_t due = now + random.below(40);
        if (random.below(3) == 0) {
            check(list.cancel(timer) == wheel.cancel(timer), "cancel() differs");
        } else if (!wheel.armed(timer)) {
            list.schedule(timer, due);
            wheel.schedule(timer, due);
        }
        if (random.below(4) == 0) {
            const std::uint32_t luck = random.below(100);
            const std::uint32_t target =
                now > 10 && random.below(9) == 0 ? now - 5 : now + random.below(30);
            check(hand_out(list, target, luck) == hand_out(wheel, target, luck), "order differs");
            check(list.now() == wheel.now(), "time differs");
            now = wheel.now();
        }
        check(list.armed(timer) == wheel.armed(timer), "armed() differs");
    }
}

void periods_keep_to_their_grid() {
    using ticks = pawl::period<std::uint32_t>;
    const ticks capped{10, pawl::missed_ticks::catch_up, 2};
    check(ticks{10}.next(100, 103).due == 110, "a late one shifts the next");
    check(ticks{10}.next(100, 145).due == 150, "what was missed is not left out");
    check(capped.next(100, 145).due == 130 && capped.next(100, 145).missed == 2,
          "catching up is not capped");
    check(ticks{10, pawl::missed_ticks::from_now}.next(100, 103).due == 113, "no distance is kept");
}

void counters_go_on() {
    pawl::wide_counter<std::uint32_t, std::uint64_t, 24> counter;
    std::uint64_t time = 0;
    for (int i = 0; i < 100; ++i) {
        time += 0x7F'FFFF;
        check(counter.update(static_cast<std::uint32_t>(time % 0x100'0000)) == time,
              "a wrap is lost");
        check(counter.update(static_cast<std::uint32_t>((time - 3) % 0x100'0000)) == time,
              "a step back is followed");
    }
    check(counter.steps_back() == 100, "steps back are not counted");
}

}  // namespace

int main() {
    list_is_like_wheel();
    periods_keep_to_their_grid();
    counters_go_on();
}
