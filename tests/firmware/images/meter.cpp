// SPDX-License-Identifier: BSL-1.0
//
// What the scheduler, the wheel and cron cost, in instructions and bytes: prints "FIGURE COUNT" a
// line.
#include <pawl/platform/bare_metal.hpp>
#include <pawl/scheduler/scheduler.hpp>
#include <pawl/time/cron.hpp>
#include <pawl/time/timer_list.hpp>
#include <pawl/time/timer_wheel.hpp>

#include "board/board.hpp"
#include "lean.hpp"
#include "meter.hpp"

using namespace std::chrono_literals;
using namespace pawl::literals;

namespace {

using meter::count;
using meter::instructions;
using meter::reading;
using meter::report;

// ---- The subject

// The core's own, and the same with the longest critical section noted.
using own_core = pawl::bare_metal::core;
struct metered_core {
    static inline std::uint32_t longest = 0;
    static inline std::uint32_t longest_look = 0;

    class critical {
    public:
        critical() noexcept { from_ = reading(); }
        ~critical() {
            const std::uint32_t all = instructions(from_, reading());
            longest = all > longest ? all : longest;
        }
        critical(const critical&) = delete;
        critical& operator=(const critical&) = delete;

    private:
        own_core::critical masked_;
        std::uint32_t from_;
    };
    template <class Busy>
    static void sleep_unless(Busy&& busy) noexcept {
        const std::uint32_t from = reading();
        const bool stays = busy();
        const std::uint32_t all = instructions(from, reading());
        longest_look = !stays && all > longest_look ? all : longest_look;
    }
    static bool may_submit() noexcept { return true; }
};

template <class Core>
struct counted : pawl::basic_bare_metal<Core, masked_board> {
    using typename pawl::basic_bare_metal<Core, masked_board>::time_point;
    static inline std::int32_t milliseconds = 0;
    static time_point now() noexcept {
        return time_point{typename time_point::duration{milliseconds}};
    }
};
using plain = counted<own_core>;
using metered = counted<metered_core>;

template <class Board>
constinit pawl::scheduler<lean(80, 0), Board> jobs;

volatile std::uint32_t ran;
std::uint32_t submitting = 0;

template <class Board>
void submit() {
    jobs<Board>.enqueue([] { ran = ran + 1; });
}

// ---- The figures

void measure_scheduler() {
    auto& tested = jobs<plain>;
    tested.poll();
    report("idle_poll", count([&] { tested.poll(); }));
    const std::uint32_t idle = count([&] { tested.poll(); });

    board::pend(0);  // submits, and counts itself
    report("submit_from_interrupt", submitting);
    const std::uint32_t one = count([&] { tested.poll(); });
    report("poll_one_job", one);
    report("run_one_job", one - idle);

    // 60 timers, as the peers were measured with.
    for (int i = 0; i < 60; ++i) {
        tested.schedule(std::chrono::milliseconds{1000 + i * 7}, [] {});
    }
    tested.poll();
    pawl::job_id last;
    const std::uint32_t call = count([&] { last = tested.schedule(777ms, [] {}); });
    const std::uint32_t filed = count([&] { tested.poll(); }) - idle;
    report("schedule_call", call);
    report("arm_a_timer", call + filed);
    report("idle_poll_60_timers", count([&] { tested.poll(); }));
    report("next_wake", count([&] {
               const auto wake = tested.next_wake();
               __asm__ volatile("" : : "m"(wake));  // or most of it would not be there
           }));
    report("cancel", count([&] { tested.cancel(last); }));
    tested.poll();

    // Time passes, tick by tick, until all have run: the longest poll in which none does.
    std::uint32_t worst = 0;
    for (int tick = 0; tick < 1500; ++tick) {
        ++plain::milliseconds;
        pawl::poll_result done;
        const std::uint32_t present = count([&] { done = tested.poll(); });
        worst = done.ran == 0 && present > worst ? present : worst;
    }
    report("worst_tick_60_timers", worst);
}

void measure_timers() {
    static constinit pawl::timer_wheel<64, std::uint32_t, 2> wheel;
    for (std::uint32_t timer = 0; timer < 60; ++timer) {
        wheel.schedule(timer, 1000 + timer * 7);
    }
    report("wheel_schedule", count([&] { wheel.schedule(63, 777); }));
    report("wheel_cancel", count([&] { wheel.cancel(63); }));

    static constinit pawl::timer_list<64, std::uint32_t> list;
    for (std::uint32_t timer = 0; timer < 60; ++timer) {
        list.schedule(timer, 1000 + timer * 7);
    }
    // The place that is farthest from both ends.
    report("list_schedule", count([&] { list.schedule(63, 1210); }));
    report("list_cancel", count([&] { list.cancel(63); }));
}

void measure_cron() {
    static constexpr auto from =
        std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + std::chrono::hours{5};
    pawl::cron common = "*/15 * * * *"_cron;
    pawl::cron leap = "0 0 29 2 *"_cron;
    std::chrono::sys_seconds start = from;
    // Neither is known to the compiler.
    __asm__ volatile("" : "+m"(common), "+m"(leap), "+m"(start));
    const auto next = [&](const pawl::cron& expression) {
        auto found = expression.next(start);
        __asm__ volatile("" : "+m"(found));
    };
    report("cron_next_common", count([&] { next(common); }));
    report("cron_next_29_february", count([&] { next(leap); }));
}

void measure_masked() {
    auto& tested = jobs<metered>;
    for (int round = 0; round < 3; ++round) {
        submit<metered>();
        const pawl::job_id timer = tested.schedule(20ms, [] {});
        tested.schedule(5ms, [] {});
        tested.poll();
        tested.cancel(timer);
        tested.wait();
        for (int tick = 0; tick < 30; ++tick) {
            ++metered::milliseconds;
            tested.poll();
            tested.wait();
        }
    }
    const std::uint32_t from = reading();
    const std::uint32_t own = instructions(from, reading());
    report("longest_masked_section", metered_core::longest > own ? metered_core::longest - own : 0);
    report("longest_masked_look", metered_core::longest_look - own);
}

template <std::uint32_t Jobs>
using of_size = pawl::scheduler<lean(Jobs, 0), plain>;
template <std::uint32_t Recurring>
using with_recurring = pawl::scheduler<lean(16, Recurring), plain>;

}  // namespace

extern "C" void Interrupt0_Handler() {
    submitting = count([] { submit<plain>(); });
}

int main() {
    meter::start();
    board::enable(0);
    measure_scheduler();
    measure_timers();
    measure_cron();
    measure_masked();
    report("bytes_per_job", (sizeof(of_size<64>) - sizeof(of_size<32>)) / 32);
    report("bytes_fixed", sizeof(of_size<64>) - (sizeof(of_size<64>) - sizeof(of_size<32>)) * 2);
    report("bytes_16_jobs", sizeof(of_size<16>));
    report("bytes_per_recurring", (sizeof(with_recurring<12>) - sizeof(with_recurring<8>)) / 4);
    return 0;
}
