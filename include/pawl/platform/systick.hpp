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
// The calendar counts seconds from 1970 on until it is set. It is as exact as the core's clock.
// A board that has its tick from a vendor's library derives from bare_metal instead.
//
// Cost: on_tick() a dozen instructions, a thousand times a second. Who may call: on_tick() one
// interrupt; start() and set_wall() the main loop; the rest anyone.
#pragma once

#include <pawl/config.hpp>
#include <pawl/platform/bare_metal.hpp>

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'

#include <chrono>
#include <cstdint>

namespace pawl {
inline namespace PAWL_ABI {

template <class Core, bool Masked = core_lacks_compare_exchange>
class basic_systick : public basic_bare_metal<Core, Masked> {
    using base = basic_bare_metal<Core, Masked>;

public:
    using typename base::critical;
    using typename base::duration;
    using typename base::time_point;

    // Interrupts each millisecond from now on. REQUIRES: 1000 <= core_hz < 2^24 * 1000.
    static void start(std::uint32_t core_hz) noexcept {
        PAWL_ASSERT(core_hz >= 1000 && core_hz / 1000 <= 0x100'0000);
        reload() = core_hz / 1000 - 1;
        value() = 0;
        control() = enable | interrupt | core_clock;
    }

    // To be called from SysTick_Handler.
    static void on_tick() noexcept {
        // One writer; volatile, so that the main loop reads anew.
        milliseconds_ = milliseconds_ + 1;
        if (++part_of_second_ == 1000) {
            part_of_second_ = 0;
            ++seconds_;
        }
    }

    [[nodiscard]] static time_point now() noexcept {
        return time_point{duration{static_cast<std::int32_t>(milliseconds_)}};
    }

    [[nodiscard]] static std::chrono::sys_seconds wall_now() noexcept {
        const critical masked;  // 64 bits are two loads
        return std::chrono::sys_seconds{std::chrono::seconds{seconds_}};
    }
    static void set_wall(std::chrono::sys_seconds wall) noexcept {
        const critical masked;
        seconds_ = wall.time_since_epoch().count();
        part_of_second_ = 0;
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

    static inline volatile std::uint32_t milliseconds_ = 0;
    static inline std::uint32_t part_of_second_ = 0;
    static inline std::int64_t seconds_ = 0;
};

using systick = basic_systick<cortex_m_primask>;

}  // namespace PAWL_ABI
}  // namespace pawl

#endif
