// SPDX-License-Identifier: BSL-1.0
//
// wide_counter: a hardware counter of few bits, as a time of many that never goes back.
//
// What: update(reading) adds what the counter has gone on since the last reading, modulo its
// range, and returns the sum. A reading that is behind the last one is told from a wrap by the
// distance: up to half the range is a step back. It changes nothing, and is counted.
//
// Why not an interrupt for each wrap: between the wrap and its interrupt the two halves do not
// belong together, and the interrupt wakes a core that could sleep. Here nothing runs but at
// readings, of which there has to be one in each half of the counter's range: at 1 MHz and 32 bits
// every 35 minutes, at 1 kHz and 16 bits every 32 seconds.
//
// Cost: a subtraction, a comparison and an addition. Who may call: one owner; for interrupts and
// other threads to read, see Platform::now().
//
//   pawl::wide_counter<std::uint32_t, std::uint64_t> clock;
//   auto now_us = clock.update(TIM2->CNT);
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Bits: of the counter, where they are fewer than of the type it is read in (24 of SysTick).
template <class Narrow, class Wide = std::uint64_t,
          unsigned Bits = static_cast<unsigned>(std::numeric_limits<Narrow>::digits)>
class wide_counter {
    static_assert(std::is_unsigned_v<Narrow> && std::is_unsigned_v<Wide>);
    static_assert(Bits >= 2 && Bits <= static_cast<unsigned>(std::numeric_limits<Narrow>::digits) &&
                      Bits < static_cast<unsigned>(std::numeric_limits<Wide>::digits),
                  "the counter has fewer bits than the time that is made of it");

public:
    constexpr wide_counter() noexcept = default;
    // Time begins with this reading, at `start`.
    constexpr explicit wide_counter(Narrow first, Wide start = 0) noexcept
        : time_{start}, last_{first} {}

    // The time of this reading; where the counter has stepped back, the time of the last one.
    constexpr Wide update(Narrow reading) noexcept {
        const Wide step = static_cast<Wide>(static_cast<Wide>(reading) - last_) & mask;
        if (step > mask / 2) {
            ++steps_back_;
            return time_;
        }
        last_ = reading;
        time_ = static_cast<Wide>(time_ + step);
        return time_;
    }

    // The time of the last reading.
    [[nodiscard]] constexpr Wide time() const noexcept { return time_; }
    // Readings that were behind the one before them, modulo 2^32.
    [[nodiscard]] constexpr std::uint32_t steps_back() const noexcept { return steps_back_; }

private:
    static constexpr Wide mask = static_cast<Wide>((Wide{1} << Bits) - 1);

    Wide time_ = 0;
    Narrow last_ = 0;
    std::uint32_t steps_back_ = 0;
};

}  // namespace PAWL_ABI
}  // namespace pawl
