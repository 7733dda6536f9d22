// SPDX-License-Identifier: BSL-1.0
//
// systick: a board whose clock is the core's own timer, with a calendar. Cortex-M.
//
//   using board = pawl::systick;
//   extern "C" void SysTick_Handler() { board::on_tick(); }
//   int main() {
//       board::start(72'000'000);                        // the core's clock, in Hz
//       board::set_wall(std::chrono::sys_seconds{rtc()});  // if the date is known
//       ...
//   }
//
// What it counts, and what that costs: tick_counter.hpp. A board that has its tick from a vendor's
// library derives from bare_metal instead.
//
// Who may call: on_tick() SysTick_Handler; start() and set_wall() the main loop; the rest anyone.
#pragma once

#include <pawl/config.hpp>
#include <pawl/platform/tick_counter.hpp>

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'

#include <cstdint>

namespace pawl {
inline namespace PAWL_ABI {

template <class Core, bool Masked = core_lacks_compare_exchange>
class basic_systick : public basic_tick_counter<Core, Masked> {
    using base = basic_tick_counter<Core, Masked>;

public:
    // Interrupts each millisecond from now on. REQUIRES: 1000 <= core_hz < 2^24 * 1000.
    static void start(std::uint32_t core_hz) noexcept {
        const std::uint32_t period = core_hz / base::ticks_per_second;
        PAWL_ASSERT(period >= 1 && period <= 0x100'0000);
        reload() = period - 1;
        value() = 0;
        control() = enable | interrupt | core_clock;
    }

private:
    static volatile std::uint32_t& at(std::uintptr_t address) noexcept {
        return *reinterpret_cast<volatile std::uint32_t*>(address);
    }
    static volatile std::uint32_t& control() noexcept { return at(0xE000'E010); }
    static volatile std::uint32_t& reload() noexcept { return at(0xE000'E014); }
    static volatile std::uint32_t& value() noexcept { return at(0xE000'E018); }
    static constexpr std::uint32_t enable = 1;
    static constexpr std::uint32_t interrupt = 2;
    static constexpr std::uint32_t core_clock = 4;
};

using systick = basic_systick<cortex_m_primask>;

}  // namespace PAWL_ABI
}  // namespace pawl

#endif
