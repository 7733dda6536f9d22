// SPDX-License-Identifier: BSL-1.0
//
// timer_wheel: deadlines for a fixed set of small integers, in constant time, in fixed memory, and
// without a spike.
//
// What: each number from 0 to Capacity - 1 is a timer that may be armed once. advance(now) hands
// out every timer whose deadline has come, in the order of the deadlines, and in the order of
// arming among equal ones, never early. A jump of any size costs the timers in it, not the ticks.
//
// Why not a heap, and why not the usual wheel: a heap compares O(log n) deadlines for each timer.
// A wheel keeps far timers in coarse slots, and when time reaches such a slot, all its timers are
// put into finer ones at once: with a million timers, milliseconds in one tick. This wheel begins
// with it one slot earlier, and does a little in every tick.
//
// How it works. Slots of level l are 2^(DigitBits * l) ticks long, and a level has two rounds of
// them: the ones with the present's parent, and the ones with the next parent.
//   Rule: a timer is armed on the lowest level on which its parent slot is the present one or the
//   next. A timer that is due in the next slot of some level thus has its place below that level:
//   from the moment on in which a slot is the next one, nothing is put into it. It is *draining*.
//   Draining: the slot's last timer goes to the front of its list one level below, a few in each
//   tick, so that the slot is empty one child slot before time reaches it, at its *milestone*.
//   Order: what is armed directly below was armed after everything that still comes down, and
//   goes to the back. What comes down goes to the front, last one first.
// A timer's slot is told by its links (slot_lists), a bit for each slot says whether it is
// occupied, and a bit for each level whether any is.
// The wheel remembers a tick before which nothing has to be done, so that most calls of advance()
// are one comparison. Ticks may wrap: deadlines less than half the tick type's range ahead are in
// the future, all others in the past.
//
// Pace: what is left in the draining slot over the ticks that are left to it; where that is less
// than one timer in two ticks, the levels take turns. It takes the number of timers in each slot;
// wheels of fewer than 256 timers do without these numbers, take their capacity for it, and no
// turns.
// An owner that does not advance tick by tick asks next_wake() instead of next_due(): it also names
// the tick from which on a slot that is fuller than the budget has to be drained.
//
// Memory: a timer is 16 bytes with 64-bit ticks, 8 with 32-bit ones and up to 1,023 timers (2,047
// with 4-bit digits, 4,095 with narrower ones), 12 beyond. The slots beside them, for the whole
// range of the ticks, without and with their numbers of timers, in bytes:
//   64-bit ticks, 5-bit digits   3,472   6,800   the default
//   32-bit ticks, 5-bit digits     976   1,872
//   32-bit ticks, 4-bit digits     568   1,080
//   32-bit ticks, 3-bit digits     396     748
//   32-bit ticks, 2-bit digits     296     552   small boards
//
// Cost: schedule, cancel, reschedule O(1); advance O(timers fired + timers moved down), each timer
// moving at most once a level; next_due O(1), next_wake O(levels), no list is walked.
// Who may call: one owner at a time, from the callback of advance() too (all but advance itself).
// Source: hierarchical wheels, Varghese & Lauck 1987.
//
//   pawl::timer_wheel<16> wheel;
//   wheel.schedule(3, 250);
//   wheel.advance(1000, [](std::uint32_t timer) { /* timer is 3 */ });
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/time/slot_lists.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// How much one advance() may do: timers handed out, and timers moved between slots.
struct wheel_budget {
    static constexpr std::uint32_t unlimited = 0xFFFF'FFFF;
    std::uint32_t fires = unlimited;
    std::uint32_t moves = unlimited;  // with 0, time stops where a slot has to be drained
    // Not 0: the owner sleeps until next_wake() of this number, however many ticks pass meanwhile.
    // A call then moves so many timers although they could wait, or the share of one tick if that
    // is more; else the share of all ticks that have passed.
    std::uint32_t moves_a_wake = 0;
};

// What one advance() did. Not `complete`: a budget ended it, the next call goes on from there, and
// what is due in the last `late` ticks up to the target has not been handed out.
template <class Tick>
struct wheel_progress {
    std::uint32_t fired = 0;
    std::uint32_t moved = 0;
    bool complete = true;
    Tick late = 0;
};

// What reschedule() does with a timer that is armed already.
enum class wheel_reschedule : std::uint8_t {
    move,          // the new deadline counts, as if armed now
    keep_earlier,  // the earlier of both counts; where they are equal, the timer stays where it is
};

// As many levels as reach half the range of the tick type.
template <class Tick, unsigned DigitBits>
inline constexpr unsigned wheel_levels =
    (static_cast<unsigned>(std::numeric_limits<Tick>::digits) - 2) / DigitBits + 1;

// DigitBits: a slot is 2^DigitBits slots of the level below; more bits are fewer moves, and more
// memory. Levels: deadlines up to 2^(DigitBits * Levels) - 1 ticks ahead.
template <std::uint32_t Capacity, class Tick = std::uint64_t, unsigned DigitBits = 5,
          unsigned Levels = wheel_levels<Tick, DigitBits>>
class timer_wheel {
    static_assert(std::is_unsigned_v<Tick> && sizeof(Tick) >= sizeof(std::uint32_t),
                  "ticks wrap: they are unsigned, of 32 or 64 bits");
    static_assert(DigitBits >= 2 && DigitBits <= 5, "a level's slots are bits of a word: 8 to 64");
    static_assert(Levels >= 2 && Levels <= wheel_levels<Tick, DigitBits>,
                  "at least two levels, at most as many as the tick type has digits");

public:
    using tick = Tick;
    using progress = wheel_progress<Tick>;

    // The farthest deadline, in ticks ahead of now().
    static constexpr Tick horizon = [] {
        constexpr Tick farthest = std::numeric_limits<Tick>::max() / 2;
        if constexpr (Levels == wheel_levels<Tick, DigitBits>) {
            return farthest;
        } else {
            return static_cast<Tick>((Tick{1} << (DigitBits * Levels)) - 1);
        }
    }();

    // Arms a timer. A deadline that is not in the future comes with the next advance(), or in a
    // callback with the next tick. False: beyond the horizon, and not armed; with all levels it is
    // always true. REQUIRES: timer < Capacity, not armed.
    constexpr bool schedule(std::uint32_t timer, Tick due) noexcept {
        PAWL_ASSERT(timer < Capacity && !armed(timer));
        due = not_past(due);
        lists_.set_due(timer, due);
        return arm(timer, due);
    }

    // The same in two steps, of which the first may be taken by somebody else than the owner: who
    // may use this timer, while it is not armed.
    constexpr void set_due(std::uint32_t timer, Tick due) noexcept {
        PAWL_ASSERT(timer < Capacity);
        lists_.set_due(timer, due);
    }
    constexpr bool schedule(std::uint32_t timer) noexcept {
        PAWL_ASSERT(timer < Capacity && !armed(timer));
        const Tick due = lists_.due(timer);
        const Tick possible = not_past(due);
        if (possible != due) {
            lists_.set_due(timer, possible);
        }
        return arm(timer, possible);
    }

    // The same, and says when to look next for its sake: a tick that is no later than the one by
    // which next_wake() has become earlier. REQUIRES: with all levels.
    constexpr Tick schedule_and_tell(std::uint32_t timer, Tick due) noexcept {
        static_assert(Levels == wheel_levels<Tick, DigitBits>);
        PAWL_ASSERT(timer < Capacity && !armed(timer));
        const Tick possible = not_past(due);
        lists_.set_due(timer, possible);
        const unsigned level = level_of(possible);
        const slot_place slot = slot_at(level, possible);
        if (lists_.push_back(slot, timer)) {
            occupy(slot, possible);
        }
        return level == 0 ? possible
                          : static_cast<Tick>(((possible >> shift(level)) - 1) << shift(level));
    }

    // Arms a timer that may be armed already. True if it has the new deadline now. A move beyond
    // the horizon disarms it.
    constexpr bool reschedule(std::uint32_t timer, Tick due,
                              wheel_reschedule rule = wheel_reschedule::move) noexcept {
        PAWL_ASSERT(timer < Capacity);
        if (armed(timer)) {
            if (rule == wheel_reschedule::keep_earlier &&
                !before(not_past(due), lists_.due(timer))) {
                return false;
            }
            disarm(timer);
        }
        return schedule(timer, due);
    }

    // Disarms a timer; false if it was not armed.
    constexpr bool cancel(std::uint32_t timer) noexcept {
        PAWL_ASSERT(timer < Capacity);
        if (!armed(timer)) {
            return false;
        }
        disarm(timer);
        return true;
    }

    [[nodiscard]] constexpr bool armed(std::uint32_t timer) const noexcept {
        return lists_.listed(timer);
    }

    // The deadline a timer is armed for, or was. REQUIRES: it was armed once.
    [[nodiscard]] constexpr Tick due(std::uint32_t timer) const noexcept {
        return lists_.due(timer);
    }

    // Whether no timer is armed.
    [[nodiscard]] constexpr bool empty() const noexcept { return levels_ == 0; }

    // Time as the wheel knows it: the argument of the last complete advance().
    [[nodiscard]] constexpr Tick now() const noexcept { return now_; }

    // How often advance() was given a time before the one that it had had already. Such a call
    // hands out what is due at now(), and time stays.
    [[nodiscard]] constexpr std::uint32_t steps_back() const noexcept { return steps_back_; }

    // Where no timer is armed, time is `present` from now on, be it any distance away; elsewhere,
    // and in a callback, nothing changes. An owner who does not advance an empty wheel calls it
    // before the next schedule(): ticks wrap, and a deadline must not seem to be in the past.
    constexpr void start_at(Tick present) noexcept {
        if (levels_ == 0 && !firing_) {
            now_ = present;
            quiet_until_ = present;
            freeze_at_ = present;
        }
    }

    // Moves time to `present` if nothing is to be done on the way; else false.
    [[nodiscard]] constexpr bool pass(Tick present) noexcept {
        if (levels_ == 0) {
            start_at(present);
        } else if (static_cast<Tick>(present - now_) >= static_cast<Tick>(quiet_until_ - now_)) {
            return present == now_;
        } else {
            now_ = present;
        }
        return true;
    }

    // Moves time to `target` and calls fire(timer) for each timer that is due by then; the timer is
    // disarmed before the call.
    template <class Fire>
    constexpr progress advance(Tick target, Fire&& fire, wheel_budget budget = {}) noexcept {
        if (static_cast<Tick>(target - now_) < static_cast<Tick>(quiet_until_ - now_)) {
            now_ = target;
            return {};
        }
        return work_towards(target, fire, budget);
    }

    // No timer is due before the tick returned, and one may be due then: exact for timers that have
    // come down to single ticks, the beginning of a timer's slot for others. Empty if no timer is
    // armed.
    [[nodiscard]] constexpr std::optional<Tick> next_due() const noexcept {
        if (levels_ == 0) {
            return std::nullopt;
        }
        // On the lowest level all is earlier than what has its place further up; but not than what
        // is draining from there, of which the lowest level's is the earliest.
        Tick due = first_begin(lowest(levels_));
        if (draining_ != 0) {
            due = earlier(due, next_begin(lowest(draining_)));
        }
        return due;
    }

    // When advance() has to be called next by an owner who sleeps meanwhile and gives it a budget
    // of `moves`: for a timer, or to begin with a slot, or to go on with one that is so full that
    // it has to be drained bit by bit. Never after next_due(), and no more often than once a slot
    // and `moves` timers.
    [[nodiscard]] constexpr std::optional<Tick> next_wake(std::uint32_t moves) const noexcept {
        if (levels_ == 0) {
            return std::nullopt;
        }
        auto distance = static_cast<Tick>(freeze_at_ - now_);
        if (occupied_[0] != 0) {
            distance = nearer(distance, first_begin(0));
        }
        for (level_bits left = draining_; left != 0; left = without_lowest(left)) {
            distance = nearer(distance, drain_from(lowest(left), moves));
        }
        return static_cast<Tick>(now_ + distance);
    }

private:
    static constexpr unsigned slots_a_level = 2U << DigitBits;
    static constexpr unsigned slot_mask = slots_a_level - 1;

    // A number for each slot costs little beside many timers.
    static constexpr bool counted = Capacity >= 256;
    using lists = slot_lists<Capacity, Levels, slots_a_level, Tick, counted>;

    // A bit for each slot of a level.
    using slot_bits = std::conditional_t<
        DigitBits == 5, std::uint64_t,
        std::conditional_t<DigitBits == 4, std::uint32_t,
                           std::conditional_t<DigitBits == 3, std::uint16_t, std::uint8_t>>>;
    // A bit for each level.
    using level_bits = std::conditional_t<(Levels <= 16), std::uint16_t, std::uint32_t>;

    // Whether a comes before b, when ticks wrap.
    static constexpr bool before(Tick a, Tick b) noexcept {
        return static_cast<std::make_signed_t<Tick>>(static_cast<Tick>(a - b)) < 0;
    }
    static constexpr Tick earlier(Tick a, Tick b) noexcept { return before(b, a) ? b : a; }
    static constexpr unsigned shift(unsigned level) noexcept { return level * DigitBits; }
    static constexpr unsigned place_of(unsigned level, Tick time) noexcept {
        return static_cast<unsigned>(time >> shift(level)) & slot_mask;
    }
    static constexpr slot_place slot_at(unsigned level, Tick time) noexcept {
        return {level, place_of(level, time)};
    }
    static constexpr unsigned lowest(level_bits levels) noexcept {
        return static_cast<unsigned>(std::countr_zero(levels));
    }
    static constexpr level_bits without_lowest(level_bits levels) noexcept {
        return static_cast<level_bits>(levels & (levels - 1U));
    }

    // What a large machine looks up sooner than it divides and shifts.
    struct levels_by_highest_bit {
        std::uint8_t level[std::numeric_limits<Tick>::digits] = {};
        Tick within[std::numeric_limits<Tick>::digits] = {};

        constexpr levels_by_highest_bit() noexcept {
            for (unsigned bit = 0; bit < std::numeric_limits<Tick>::digits; ++bit) {
                level[bit] = static_cast<std::uint8_t>(bit / DigitBits);
                within[bit] = static_cast<Tick>((Tick{1} << shift(level[bit])) - 1);
            }
        }
    };
    static constexpr levels_by_highest_bit by_highest_bit{};

    [[nodiscard]] constexpr level_bits upper_levels() const noexcept {
        return static_cast<level_bits>(levels_ & ~level_bits{1});
    }

    // What is due already comes now; in a callback with the next tick, for else one that always
    // re-arms for now would hold advance() for ever.
    [[nodiscard]] constexpr Tick not_past(Tick due) const noexcept {
        const bool ahead = static_cast<std::make_signed_t<Tick>>(static_cast<Tick>(due - now_)) > 0;
        return ahead ? due : static_cast<Tick>(now_ + (firing_ ? 1U : 0U));
    }

    // Puts a timer into its slot. REQUIRES: its deadline is `due`, and not past.
    constexpr bool arm(std::uint32_t timer, Tick due) noexcept {
        if constexpr (horizon < std::numeric_limits<Tick>::max() / 2) {
            if (static_cast<Tick>(due - now_) > horizon) {
                return false;
            }
        }
        const slot_place slot = slot_at(level_of(due), due);
        if (lists_.push_back(slot, timer)) {
            occupy(slot, due);
        }
        return true;
    }

    // The rule: the lowest level on which the deadline's parent slot is the present one or the
    // next. REQUIRES: due is not before the present.
    [[nodiscard]] constexpr unsigned level_of(Tick due) const noexcept {
        const auto distance = static_cast<Tick>(due - now_);
        // By the distance alone this level would do, but sometimes the one below does too: where
        // the parents there are not more than one apart. The bit keeps the level above 0.
        const auto digits = static_cast<Tick>(distance | Tick{1} << DigitBits);
        const auto highest_bit = static_cast<unsigned>(std::bit_width(digits) - 1);
        unsigned level = 0;
        Tick within = 0;  // the ticks of a slot of that level, less one
        if constexpr (sizeof(Tick) > sizeof(std::uint32_t)) {
            level = by_highest_bit.level[highest_bit];
            within = by_highest_bit.within[highest_bit];
        } else {
            level = highest_bit / DigitBits;
            within = static_cast<Tick>((Tick{1} << shift(level)) - 1);
        }
        return level - ((now_ & within) + distance <= 2 * within + 1 ? 1U : 0U);
    }

    // A slot has got its first timer.
    constexpr void occupy(slot_place slot, Tick due) noexcept {
        const unsigned level = slot.row;
        occupied_[level] = static_cast<slot_bits>(occupied_[level] | slot_bits{1} << slot.column);
        levels_ = static_cast<level_bits>(levels_ | level_bits{1} << level);
        Tick from_now;  // when the slot has to be looked at
        if (level == 0) {
            from_now = static_cast<Tick>(due - now_);
        } else {
            const Tick freeze = ((due >> shift(level)) - 1) << shift(level);
            from_now = static_cast<Tick>(freeze - now_);
            if (from_now < static_cast<Tick>(freeze_at_ - now_)) {
                freeze_at_ = freeze;
            }
        }
        if (from_now < static_cast<Tick>(quiet_until_ - now_)) {
            quiet_until_ = static_cast<Tick>(now_ + from_now);
        }
    }

    constexpr void disarm(std::uint32_t timer) noexcept {
        const slot_place slot = lists_.remove(timer);
        if (lists_.empty(slot)) {
            vacate(slot);
        }
    }

    // A slot has lost its last timer.
    constexpr void vacate(slot_place slot) noexcept {
        const unsigned level = slot.row;
        const auto bit = static_cast<slot_bits>(slot_bits{1} << slot.column);
        occupied_[level] = static_cast<slot_bits>(occupied_[level] & ~bit);
        const auto level_bit = static_cast<level_bits>(level_bits{1} << level);
        if (occupied_[level] == 0) {
            levels_ = static_cast<level_bits>(levels_ & ~level_bit);
        }
        if ((draining_ & level_bit) != 0 && slot.column == place_of(level, next_begin(level))) {
            draining_ = static_cast<level_bits>(draining_ & ~level_bit);
        }
    }

    // The beginning of the slot after the present one.
    [[nodiscard]] constexpr Tick next_begin(unsigned level) const noexcept {
        return static_cast<Tick>(((now_ >> shift(level)) + 1) << shift(level));
    }

    // The beginning of the first of these slots, from the present one on. REQUIRES: any.
    [[nodiscard]] constexpr Tick first_begin_of(unsigned level, slot_bits slots) const noexcept {
        const unsigned present = place_of(level, now_);
        const auto ahead = static_cast<slot_bits>(slots >> present << present);
        const auto place = static_cast<unsigned>(std::countr_zero(ahead != 0 ? ahead : slots));
        const Tick distance = (place - present) & slot_mask;
        return static_cast<Tick>(((now_ >> shift(level)) + distance) << shift(level));
    }
    [[nodiscard]] constexpr Tick first_begin(unsigned level) const noexcept {
        return first_begin_of(level, occupied_[level]);
    }

    // When the slot that begins then has to be empty.
    static constexpr Tick milestone(unsigned level, Tick begin) noexcept {
        const auto child = static_cast<Tick>(Tick{1} << shift(level - 1));
        return static_cast<Tick>(begin - child - (level > 1 ? 1U : 0U));
    }

    // When a draining slot has to lose its next `moves` timers. REQUIRES: it is draining.
    [[nodiscard]] constexpr Tick drain_from(unsigned level, std::uint32_t moves) const noexcept {
        const Tick begin = next_begin(level);
        const std::uint32_t count = lists_.count(slot_at(level, begin));
        // A division by the power of two that `moves` is at least: rather more ticks than fewer.
        const std::uint32_t ticks = (count - 1) >> (std::bit_width(moves | 1U) - 1);
        const auto ticks_left = static_cast<Tick>(milestone(level, begin) - now_);
        const Tick wait = ticks_left > ticks ? static_cast<Tick>(ticks_left - ticks) : Tick{0};
        return static_cast<Tick>(now_ + (wait != 0 || ticks_left == 0 ? wait : Tick{1}));
    }

    // Finds the slots that are draining now, and when there will be more.
    constexpr void look_ahead() noexcept {
        draining_ = 0;
        Tick quiet = std::numeric_limits<Tick>::max() / 2;
        for (level_bits left = upper_levels(); left != 0; left = without_lowest(left)) {
            const unsigned level = lowest(left);
            const auto next =
                static_cast<slot_bits>(slot_bits{1} << place_of(level, next_begin(level)));
            slot_bits slots = occupied_[level];
            if ((slots & next) != 0) {
                draining_ = static_cast<level_bits>(draining_ | level_bits{1} << level);
                slots = static_cast<slot_bits>(slots & ~next);
            }
            if (slots != 0) {
                const Tick freeze =
                    first_begin_of(level, slots) - static_cast<Tick>(Tick{1} << shift(level));
                const auto distance = static_cast<Tick>(freeze - now_);
                quiet = distance < quiet ? distance : quiet;
            }
        }
        freeze_at_ = static_cast<Tick>(now_ + quiet);
    }

    // The nearer one of a distance from the present and a tick.
    [[nodiscard]] constexpr Tick nearer(Tick distance, Tick stop) const noexcept {
        const auto other = static_cast<Tick>(stop - now_);
        return other < distance ? other : distance;
    }

    // How far time may go, at most `distance`: to the next timer, or to the next milestone.
    [[nodiscard]] constexpr Tick ticks_to_stop(Tick distance) const noexcept {
        if (occupied_[0] != 0) {
            distance = nearer(distance, first_begin(0));
        }
        // The slots that are draining; and those that will be on the way.
        level_bits left = draining_;
        if (static_cast<Tick>(freeze_at_ - now_) < distance) {
            left = upper_levels();
        }
        for (; left != 0; left = without_lowest(left)) {
            const unsigned level = lowest(left);
            distance = nearer(distance, milestone(level, first_begin(level)));
        }
        return distance;
    }

    template <class Fire>
    PAWL_ONE_COPY constexpr progress work_towards(Tick target, Fire& fire,
                                                  wheel_budget budget) noexcept {
        progress done;
        if (before(target, now_)) {
            ++steps_back_;
            target = now_;
        }
        Tick elapsed = 0;
        for (;;) {
            if (!before(now_, freeze_at_)) {
                look_ahead();
            }
            const bool drained = drain(elapsed, done, budget);
            if (!fire_present(fire, done, budget) || !drained) {
                done.complete = false;
                done.late = static_cast<Tick>(target - now_);
                quiet_until_ = now_;
                return done;
            }
            if (now_ == target) {
                break;
            }
            elapsed = static_cast<Tick>(target - now_);
            if (elapsed > 1) {
                elapsed = ticks_to_stop(elapsed);
            }
            now_ = static_cast<Tick>(now_ + elapsed);
        }
        // Where there was something to do, there will be again: one look ahead a quiet time.
        quiet_until_ = now_;
        if (draining_ == 0 && done.fired == 0) {
            const auto quiet = static_cast<Tick>(freeze_at_ - now_);
            quiet_until_ += occupied_[0] != 0 ? nearer(quiet, first_begin(0)) : quiet;
        }
        return done;
    }

    // Drains what is draining, as much as `elapsed` ticks make necessary. False: a slot had to be
    // empty by now, and the moves are used up.
    constexpr bool drain(Tick elapsed, progress& done, wheel_budget budget) noexcept {
        for (level_bits left = draining_; left != 0; left = without_lowest(left)) {
            const unsigned level = lowest(left);
            const Tick begin = next_begin(level);
            const slot_place slot = slot_at(level, begin);
            const auto ticks_left = static_cast<Tick>(milestone(level, begin) - now_);
            const std::uint32_t count = lists_.count(slot);
            std::uint32_t quota = 0;
            if (budget.moves_a_wake == 0) {
                quota = pace(level, count, ticks_left, elapsed);
            } else {
                quota = budget.moves_a_wake - std::min(done.moved, budget.moves_a_wake);
                quota = std::max(quota, share(count, ticks_left));
            }
            for (; quota != 0 && !lists_.empty(slot); --quota) {
                if (budget.moves != wheel_budget::unlimited && done.moved == budget.moves) {
                    return ticks_left != 0;
                }
                move_down(slot);
                ++done.moved;
            }
            if (lists_.empty(slot)) {
                vacate(slot);
            }
        }
        return true;
    }

    // How many of the timers that are left in a slot have to leave it now.
    [[nodiscard]] constexpr std::uint32_t pace(unsigned level, std::uint32_t count, Tick ticks_left,
                                               Tick elapsed) const noexcept {
        if (ticks_left == 0 || elapsed / 2 >= count) {
            return count;
        }
        if (counted &&
            count <= ticks_left / 2) {  // every other tick is enough, and levels take turns
            const auto phase = static_cast<Tick>(now_ + level);
            return static_cast<std::uint32_t>((elapsed + (phase & 1 ? 0U : 1U)) / 2);
        }
        // The product of two numbers of timers.
        using product = std::conditional_t<(Capacity < 0x8000), std::uint32_t, std::uint64_t>;
        const product quota =
            product{share(count, ticks_left)} * static_cast<std::uint32_t>(elapsed);
        return quota < count ? static_cast<std::uint32_t>(quota) : count;
    }

    // One tick's share of this tick and those that are left: a division by the power of two below.
    // Rounded down, for the ticks become fewer: what is left never exceeds one share a tick.
    static constexpr std::uint32_t share(std::uint32_t count, Tick ticks_left) noexcept {
        const auto ticks_bits = static_cast<unsigned>(std::bit_width(ticks_left + 1) - 1);
        return ticks_bits < 32 ? count >> ticks_bits : 0;
    }

    // The last timer of a draining slot goes to the front one level below.
    constexpr void move_down(slot_place slot) noexcept {
        const Tick due = lists_.due(lists_.back(slot));
        const slot_place child = slot_at(slot.row - 1, due);
        if (lists_.move_back_to_front(slot, child)) {
            occupy(child, due);
        }
    }

    // Hands out the timers of the present tick. False: out of fires.
    template <class Fire>
    constexpr bool fire_present(Fire& fire, progress& done, wheel_budget budget) noexcept {
        const slot_place slot = slot_at(0, now_);
        while (!lists_.empty(slot)) {
            if (budget.fires != wheel_budget::unlimited && done.fired == budget.fires) {
                return false;
            }
            const std::uint32_t timer = lists_.pop_front(slot);
            if (lists_.empty(slot)) {
                vacate(slot);
            }
            ++done.fired;
            firing_ = true;
            fire(timer);
            firing_ = false;
        }
        return true;
    }

    Tick now_ = 0;
    Tick quiet_until_ = 0;  // nothing has to be done before; not after now_: not known
    Tick freeze_at_ = 0;    // the next time that an occupied slot begins to drain, at the earliest
    std::uint32_t steps_back_ = 0;
    level_bits levels_ = 0;    // those with an occupied slot
    level_bits draining_ = 0;  // those whose next slot is occupied
    bool firing_ = false;
    slot_bits occupied_[Levels] = {};
    lists lists_ = {};
};

}  // namespace PAWL_ABI
}  // namespace pawl
