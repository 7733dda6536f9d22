// SPDX-License-Identifier: BSL-1.0
//
// A board whose clock counts microseconds in 32 bits, and that sleeps until its next deadline.
//
// What: the platform for the day's image: the clock can begin anywhere, so that it wraps when the
// test wants it to. How a core sleeps: interrupts are masked, a timer is started that will expire
// at the deadline, and the core waits for an interrupt, which ends the sleep though it is masked.
// The timer is stopped before the mask is lifted, so that its interrupt needs no handler.
//
// The clock of a Cortex-M is SysTick: 24 bits, so the time is made of its expirations, which an
// interrupt counts, and of its value. An expiration that has not been counted yet, because
// interrupts are masked, is seen in the core's list of pending ones; then the value is read again.
// The clock of a RISC-V is mtime, of 64 bits.
#pragma once

#include <chrono>
#include <cstdint>
#include <ratio>
#include <utility>

#include <pawl/platform/bare_metal.hpp>

#include "board/board.hpp"

namespace day {

// Whatever the clock did, it never went back.
inline std::uint32_t steps_back = 0;

#if defined(__riscv)

using core = pawl::risc_v_machine;

struct counter {
    static constexpr std::uint32_t ticks_per_us = BOARD_HZ / 1'000'000;

    static void start() noexcept {
        stop_timer();
        __asm__ volatile("csrs mie, %0\n\tcsrs mstatus, %1" : : "r"(1U << 7), "r"(1U << 3));
    }
    // Since the start, in 64 bits. REQUIRES: interrupts are masked.
    static std::uint64_t now_us() noexcept { return board::clock::mtime() / ticks_per_us; }
    static void on_tick() noexcept {}

    static void start_timer(std::uint32_t us) noexcept {
        const std::uint64_t end = board::clock::mtime() + std::uint64_t{us} * ticks_per_us;
        at(4) = 0xFFFF'FFFF;
        at(0) = static_cast<std::uint32_t>(end);
        at(4) = static_cast<std::uint32_t>(end >> 32);
    }
    static void stop_timer() noexcept { at(4) = 0xFFFF'FFFF; }

private:
    static volatile std::uint32_t& at(std::uintptr_t offset) noexcept {  // mtimecmp
        return *reinterpret_cast<volatile std::uint32_t*>(0x0200'4000 + offset);
    }
};

#else

using core = pawl::cortex_m_primask;

struct counter {
    static constexpr std::uint32_t ticks_per_us = BOARD_HZ / 1'000'000;
    static constexpr std::uint32_t us_per_turn = 0x100'0000 / ticks_per_us;
    static constexpr std::uint32_t last_value = us_per_turn * ticks_per_us - 1;

    static void start() noexcept {
        nvic::at(0xE000'E014) = last_value;
        nvic::at(0xE000'E018) = 0;
        nvic::at(0xE000'E010) = 7;  // on, with interrupt, the core's clock
    }
    static std::uint64_t now_us() noexcept {
        std::uint32_t value = nvic::at(0xE000'E018);
        std::uint64_t whole = turns_us_;
        if ((nvic::at(0xE000'ED04) >> 26 & 1) != 0) {  // ICSR.PENDSTSET
            value = nvic::at(0xE000'E018);
            whole += us_per_turn;
        }
        return whole + (last_value - value) / ticks_per_us;
    }
    static void on_tick() noexcept { turns_us_ = turns_us_ + us_per_turn; }

    // A timer of the board beside the core: interrupt 8 of both machines. It need not run for
    // longer than SysTick, which ends a sleep as well.
    static void start_timer(std::uint32_t us) noexcept {
        us = us < us_per_turn ? us : us_per_turn;
#if __ARM_ARCH >= 7
        // CMSDK timer 0: counts down once.
        nvic::at(cmsdk) = 0;
        nvic::at(cmsdk + 0x8) = 0;
        nvic::at(cmsdk + 0x4) = us * ticks_per_us;
        nvic::at(cmsdk) = 9;
#else
        // nRF51 timer 0: 32 bits, a step a microsecond, from 0 to the comparison, and stops there.
        nvic::at(nrf51 + 0x508) = 3;
        nvic::at(nrf51 + 0x510) = 4;
        nvic::at(nrf51 + 0x200) = 1U << 8;
        nvic::at(nrf51 + 0x304) = 1U << 16;
        nvic::at(nrf51 + 0x540) = us;
        nvic::at(nrf51 + 0x00C) = 1;
        nvic::at(nrf51) = 1;
#endif
        nvic::enable(interrupt);
    }
    static void stop_timer() noexcept {
        nvic::at(0xE000'E180) = 1U << interrupt;  // not enabled,
#if __ARM_ARCH >= 7
        nvic::at(cmsdk) = 0;
        nvic::at(cmsdk + 0xC) = 1;
#else
        nvic::at(nrf51 + 0x004) = 1;
        nvic::at(nrf51 + 0x140) = 0;
#endif
        nvic::at(0xE000'E280) = 1U << interrupt;  // nor pending
    }

private:
    static constexpr std::uint32_t cmsdk = 0x4000'0000;
    static constexpr std::uint32_t nrf51 = 0x4000'8000;
    static constexpr unsigned interrupt = 8;

    static inline volatile std::uint64_t turns_us_ = 0;
};

#endif

struct clock : pawl::basic_bare_metal<core, pawl::core_lacks_compare_exchange, std::micro> {
    // Begins here, in microseconds since 1970.
    static void start(std::uint64_t at_us) noexcept {
        offset_us_ = at_us;
        last_us_ = at_us;
        counter::start();
    }

    [[nodiscard]] static std::uint64_t wide_now_us() noexcept {
        const critical masked;
        const std::uint64_t now = offset_us_ + counter::now_us();
        steps_back += now < last_us_ ? 1 : 0;
        last_us_ = now;
        return now;
    }
    [[nodiscard]] static time_point now() noexcept {
        return time_point{
            duration{static_cast<std::int32_t>(static_cast<std::uint32_t>(wide_now_us()))}};
    }
    [[nodiscard]] static std::chrono::sys_seconds wall_now() noexcept {
        return std::chrono::sys_seconds{
            std::chrono::seconds{static_cast<std::int64_t>(wide_now_us() / 1'000'000)}};
    }

    template <class Busy>
    static void sleep_until(time_point deadline, Busy&& busy) noexcept {
        const critical masked;
        // time_point::max() is no deadline, or this very time: to wake when the clock is there is
        // right in both cases.
        const auto ahead = static_cast<std::uint32_t>(deadline.time_since_epoch().count()) -
                           static_cast<std::uint32_t>(wide_now_us());
        if (deadline != time_point::max() && static_cast<std::int32_t>(ahead) <= 0) {
            return;
        }
        counter::start_timer(ahead);
        core::sleep_unless(std::forward<Busy>(busy));
        counter::stop_timer();
    }

private:
    static inline std::uint64_t offset_us_ = 0;
    static inline std::uint64_t last_us_ = 0;
};

}  // namespace day
