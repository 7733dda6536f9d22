// SPDX-License-Identifier: BSL-1.0
//
// period: when a periodic timer comes next, and what becomes of ticks that were missed.
//
// What: a number of ticks, and a policy. The next deadline follows from the one before, never from
// the time at which it was noticed, so that a late poll delays one tick and shifts none.
//
// Policies (each a user's need: Tokio's MissedTickBehavior has the same three):
//   catch_up  what was missed comes at once, one after the other, at most so many; what is older
//             is left out. For work that has to be done so many times.
//   skip      what was missed is left out; the next one comes at its own time. For sampling.
//   from_now  the next one comes a whole period after this one was noticed. Drifts, and keeps a
//             distance: for polling a device that must rest in between.
//
// Cost: an addition, and a division by the period where ticks were missed. Who may call: anyone; it
// is a value of constants.
//
//   constexpr pawl::period<std::uint64_t> sample{10, pawl::missed_ticks::skip};
//   wheel.advance(now, [&](std::uint32_t timer) {
//       take_sample();
//       wheel.schedule(timer, sample.next(wheel.due(timer), now).due);
//   });
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

enum class missed_ticks : std::uint8_t { catch_up, skip, from_now };

template <class Tick>
class period {
    static_assert(std::is_unsigned_v<Tick>, "ticks wrap: they are unsigned");

public:
    // A deadline, and how many before it were left out.
    struct step {
        Tick due;
        Tick missed;
    };

    // Every `length` ticks, at least one and less than half the tick type's range. `late_max`: of
    // catch_up, how many that are late already come all the same.
    constexpr explicit period(Tick length, missed_ticks policy = missed_ticks::skip,
                              Tick late_max = std::numeric_limits<Tick>::max()) noexcept
        : length_{length == 0 ? Tick{1} : length},
          late_max_{policy == missed_ticks::catch_up ? late_max : Tick{0}},
          from_now_{policy == missed_ticks::from_now} {}

    // The deadline after `due`, which was noticed at `now`. REQUIRES: now is not before due, by
    // less than half the tick type's range.
    [[nodiscard]] constexpr step next(Tick due, Tick now) const noexcept {
        const auto behind = static_cast<Tick>(now - due);
        if (behind < length_) {
            return {static_cast<Tick>((from_now_ ? now : due) + length_), 0};
        }
        const auto late = static_cast<Tick>(behind / length_);
        if (from_now_) {
            return {static_cast<Tick>(now + length_), late};
        }
        const Tick left_out = late > late_max_ ? static_cast<Tick>(late - late_max_) : Tick{0};
        return {static_cast<Tick>(due + (left_out + 1) * length_), left_out};
    }

    [[nodiscard]] constexpr Tick length() const noexcept { return length_; }

private:
    Tick length_;
    Tick late_max_;  // of deadlines that have passed, so many are kept
    bool from_now_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
