// SPDX-License-Identifier: BSL-1.0
//
// tick_counter: a bare-metal platform whose clock is an interrupt that comes each millisecond, with
// a calendar. What starts that interrupt differs from core to core: systick.hpp and clint.hpp.
//
//   struct board : pawl::basic_tick_counter<pawl::cortex_r> {
//       static void start() noexcept { /* the timer of your chip, 1000 times a second */ }
//   };
//   extern "C" void timer_handler() { acknowledge(); board::on_tick(); }
//
// The calendar counts seconds from 1970 on until it is set. It is as exact as the interrupt.
//
// Cost: on_tick() a dozen instructions, now() one load; wall_now() masks interrupts for two loads,
// for its 64 bits are changed by one of them. Who may call: on_tick() one interrupt; set_wall() the
// main loop; the rest anyone.
#pragma once

#include <chrono>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/platform/bare_metal.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <class Core, bool Masked = core_lacks_compare_exchange>
class basic_tick_counter : public basic_bare_metal<Core, Masked> {
    using base = basic_bare_metal<Core, Masked>;

public:
    using typename base::critical;
    using typename base::duration;
    using typename base::time_point;

    static constexpr std::uint32_t ticks_per_second = 1000;

    // To be called from the timer's handler.
    static void on_tick() noexcept {
        // One writer; volatile, so that the main loop reads anew.
        ticks_counted = ticks_counted + 1;
        if (++part_of_second == ticks_per_second) {
            part_of_second = 0;
            ++seconds_counted;
        }
    }

    [[nodiscard]] static time_point now() noexcept {
        return time_point{duration{static_cast<std::int32_t>(ticks_counted)}};
    }

    [[nodiscard]] static std::chrono::sys_seconds wall_now() noexcept {
        const critical masked;  // 64 bits are two loads
        return std::chrono::sys_seconds{std::chrono::seconds{seconds_counted}};
    }
    static void set_wall(std::chrono::sys_seconds wall) noexcept {
        const critical masked;
        seconds_counted = wall.time_since_epoch().count();
        part_of_second = 0;
    }

private:
    static inline volatile std::uint32_t ticks_counted = 0;
    static inline std::uint32_t part_of_second = 0;
    static inline std::int64_t seconds_counted = 0;
};

}  // namespace PAWL_ABI
}  // namespace pawl
