// SPDX-License-Identifier: BSL-1.0
//
// clint: a board whose clock is the timer that RISC-V chips have beside their cores (core-local
// interruptor, CLINT; ACLINT's machine timer is the same), with a calendar.
//
//   using board = pawl::clint<>;                        // registers at 0x0200'0000
//   extern "C" void machine_timer_handler() { board::on_tick(); }
//   int main() {
//       board::start(10'000'000);                       // of mtime, in Hz
//       ...
//   }
//
// How: mtime counts in 64 bits and interrupts while it is at or beyond mtimecmp; on_tick() moves
// that by one millisecond from where it was, so that nothing drifts, and a handler that comes late
// is called again at once. What is counted, and what that costs: tick_counter.hpp.
//
// 64 bits on a core of 32: mtime() reads the upper half twice, and again if it has changed in
// between; mtimecmp is written by way of a value that is never reached.
//
// Who may call: on_tick() the machine timer's handler; start() and set_wall() the main loop; the
// rest anyone. Each hart has a clock of its own only as far as Hart says.
#pragma once

#include <pawl/config.hpp>
#include <pawl/platform/tick_counter.hpp>

#if defined(__riscv)

#include <cstdint>

namespace pawl {
inline namespace PAWL_ABI {

template <std::uintptr_t Registers = 0x0200'0000, unsigned Hart = 0,
          bool Masked = core_lacks_compare_exchange>
class clint : public basic_tick_counter<risc_v_machine, Masked> {
    using base = basic_tick_counter<risc_v_machine, Masked>;

public:
    // Interrupts each millisecond from now on. REQUIRES: mtime_hz >= 1000.
    static void start(std::uint32_t mtime_hz) noexcept {
        period = mtime_hz / base::ticks_per_second;
        PAWL_ASSERT(period >= 1);
        next_tick = mtime() + period;
        set_mtimecmp(next_tick);
        __asm__ volatile("csrs mie, %0\n\tcsrs mstatus, %1"
                         :
                         : "r"(machine_timer_interrupt), "r"(interrupts_enabled)
                         : "memory");
    }

    // To be called from the machine timer's handler.
    static void on_tick() noexcept {
        next_tick += period;
        set_mtimecmp(next_tick);
        base::on_tick();
    }

    // The time that has passed since reset, never torn.
    [[nodiscard]] static std::uint64_t mtime() noexcept {
        for (;;) {
            const std::uint32_t upper = at(mtime_at + 4);
            const std::uint32_t lower = at(mtime_at);
            if (at(mtime_at + 4) == upper) {
                return std::uint64_t{upper} << 32 | lower;
            }
        }
    }

private:
    static volatile std::uint32_t& at(std::uintptr_t offset) noexcept {
        return *reinterpret_cast<volatile std::uint32_t*>(Registers + offset);
    }
    // Between the halves it must not lie in the past.
    static void set_mtimecmp(std::uint64_t time) noexcept {
        at(mtimecmp_at + 4) = 0xFFFF'FFFF;
        at(mtimecmp_at) = static_cast<std::uint32_t>(time);
        at(mtimecmp_at + 4) = static_cast<std::uint32_t>(time >> 32);
    }

    static constexpr std::uintptr_t mtimecmp_at = 0x4000 + std::uintptr_t{8} * Hart;
    static constexpr std::uintptr_t mtime_at = 0xBFF8;
    static constexpr std::uintptr_t machine_timer_interrupt = 1U << 7;  // mie.MTIE
    static constexpr std::uintptr_t interrupts_enabled = 1U << 3;       // mstatus.MIE

    static inline std::uint32_t period = 0;
    static inline std::uint64_t next_tick = 0;
};

}  // namespace PAWL_ABI
}  // namespace pawl

#endif
