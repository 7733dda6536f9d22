// SPDX-License-Identifier: BSL-1.0
//
// ready_queues: the jobs that may run now, and which of them is next.
//
// What: a ring of indices for each band of each queue (a *line*), and the order in which workers
// take from them. Within a line first in, first out.
//
// The order:
//   strict      queues as limits.queues names them, in each the highest band first
//   weighted    limits.weights = {6, 3, 1}: of ten jobs that a worker takes while all queues have
//               some, six are of the first queue; a queue that is empty leaves its share to others
//   starvation  whatever the order, each line that has something gets a turn at least once in
//               limits.starvation_bound turns of each worker
// A queue can be paused, and limited in how many of its jobs run at once: then its line is passed
// over, and nobody is kept from sleeping by it. (A job that was called out of the line of a key or
// a limiter holds what others wait for, and is not paused any more.) Where jobs wait for keys and
// limiters (limits.keys, limits.limiters), each line has a second ring for those whose turn has
// come: they have waited already, and go first.
//
// Cost: put one ring operation; take a look at each line that is more urgent, and with several
// lines a few instructions of counting in memory of the worker's own. Who may call: put, pause and
// resume any thread or interrupt; take one thread for each `turns`.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/containers/index_ring.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// What a worker remembers of its turns.
template <limits L, bool Needed = (L.lines() > 1)>
struct queue_turns {
    std::uint8_t credits[L.queues.count] = {};  // weighted: turns each queue has left
    std::uint8_t next_line = 0;                 // that gets the next turn against starvation
    std::uint16_t since_last = 0;               // turns since one did
};
template <limits L>
struct queue_turns<L, false> {};

template <limits L, platform Platform>
class ready_queues {  // NOLINT(clang-analyzer-optin.performance.Padding): lines of their own
public:
    using word = typename Platform::word;
    using turns = queue_turns<L>;

    static constexpr std::uint32_t lines = L.lines();
    static_assert(L.bands >= 1 && L.bands <= 4, "limits.bands: a queue has 1 to 4 bands");
    static_assert(L.starvation_bound == 0 || L.starvation_bound >= lines,
                  "limits.starvation_bound is 0, or at least one turn for each queue and band");
    static_assert(L.starvation_bound <= 0xFFFF, "limits.starvation_bound is at most 65,535");
    static_assert(!L.weights.given() || L.weights[L.queues.count - 1] != 0,
                  "limits.weights: one for each of limits.queues");

    // What was taken, and whether it counts against its queue's limit.
    struct counted_one {
        std::uint32_t index = 0;
        bool counted = false;
    };
    struct plain_one {
        std::uint32_t index = 0;
    };
    using taken = std::conditional_t<L.queue_control, counted_one, plain_one>;

    // The line of a band of a queue. REQUIRES: band < limits.bands.
    [[nodiscard]] static constexpr std::uint32_t line_of(std::uint32_t queue,
                                                         std::uint32_t band) noexcept {
        return queue * L.bands + (L.bands - 1 - band);
    }
    [[nodiscard]] static constexpr std::uint32_t queue_of(std::uint32_t line) noexcept {
        return line / L.bands;
    }
    [[nodiscard]] static constexpr std::uint32_t band_of(std::uint32_t line) noexcept {
        return L.bands - 1 - line % L.bands;
    }

    void put(std::uint32_t index, std::uint32_t line) noexcept {
        count_in(line);
        mark_used(line);
        rings_[lines == 1 ? 0 : line].put(index);
        hint(line);
    }
    // Before those that put() has put: the job has waited for a key or a limiter.
    void put_admitted(std::uint32_t index, std::uint32_t line) noexcept requires(L.admission()) {
        count_in(line);
        mark_used(line);
        admitted_size_.fetch_add(1, std::memory_order_relaxed);
        admitted_.rings[lines == 1 ? 0 : line].put(index);
        hint(line);
    }

    // Whether a worker would find something to take.
    [[nodiscard, gnu::always_inline]] bool anything() const noexcept {
        for (std::uint32_t line = next_used(0); line < lines; line = next_used(line + 1)) {
            if (has_admitted(line) || (!empty(line) && may_start(queue_of(line)))) {
                return true;
            }
        }
        return false;
    }

    // Takes the next index. False: there is none, or its queue may not start any now.
    [[nodiscard, gnu::always_inline]] bool take(taken& result, turns& mine) noexcept {
        if constexpr (lines == 1) {
            return take_from(0, result);
        } else {
            return choose(result, mine);
        }
    }
    // The same of a single line that poll() alone takes from: in a register, or `nothing`.
    static constexpr std::uint32_t nothing = 0xFFFF'FFFF;
    static constexpr bool is_taken_alone =
        lines == 1 && !L.queue_control && !L.admission() && interrupt_platform<Platform>;
    [[nodiscard, gnu::always_inline]] std::uint32_t take_alone() noexcept requires is_taken_alone {
        std::uint32_t index = nothing;
        return rings_[0].get_alone(index) ? index : nothing;
    }
    // The oldest of a line, whoever may start; for who makes room in it, and puts it back.
    [[nodiscard]] bool take_oldest(std::uint32_t line, std::uint32_t& index) noexcept {
        if (!rings_[line].get(index)) {
            return false;
        }
        count_out(line);
        return true;
    }

    // Jobs that wait in a line; a moment's number.
    [[nodiscard]] std::uint32_t size(std::uint32_t line) const noexcept {
        std::uint32_t result = rings_[line].approx_size();
        if constexpr (L.admission()) {
            result += admitted_.rings[line].approx_size();
        }
        return result;
    }
    [[nodiscard]] bool empty(std::uint32_t line) const noexcept {
        if constexpr (L.admission()) {
            if (!admitted_.rings[line].empty()) {
                return false;
            }
        }
        return rings_[line].empty();
    }

    // ---- limits.queue_control -------------------------------------------------------------------

    // Of a queue that is paused nothing starts; what runs goes on, and jobs still come in.
    void pause(std::uint32_t queue) noexcept requires(L.queue_control) {
        // relaxed: who takes at this moment may still take one.
        control_.paused.fetch_or(std::uint32_t{1} << queue, std::memory_order_relaxed);
        control_.special.fetch_or(lines_of(queue), std::memory_order_relaxed);
    }
    // The caller wakes who sleeps. seq_cst: pairs with the sleeper's look after it announced
    // itself.
    void resume(std::uint32_t queue) noexcept requires(L.queue_control) {
        control_.paused.fetch_and(~(std::uint32_t{1} << queue), std::memory_order_seq_cst);
    }
    [[nodiscard]] bool is_paused(std::uint32_t queue) const noexcept {
        if constexpr (L.queue_control) {
            return (control_.paused.load(std::memory_order_relaxed) >> queue & 1) != 0;
        } else {
            return false;
        }
    }

    // At most so many jobs of this queue run at once; 0: no limit. Counts jobs that start from now
    // on. The caller wakes who sleeps.
    void limit_running(std::uint32_t queue, std::uint32_t most) noexcept requires(L.queue_control) {
        control_.special.fetch_or(lines_of(queue), std::memory_order_relaxed);
        control_.most[queue].store(most, std::memory_order_seq_cst);
    }
    [[nodiscard]] std::uint32_t running_max(std::uint32_t queue) const noexcept {
        if constexpr (L.queue_control) {
            return control_.most[queue].load(std::memory_order_relaxed);
        } else {
            return 0;
        }
    }
    // How many jobs may be ready in a queue before full() says so; 0: it is not counted. To be said
    // before the queue's first job.
    void limit_depth(std::uint32_t queue, std::uint32_t most) noexcept requires(L.queue_control) {
        control_.special.fetch_or(lines_of(queue), std::memory_order_relaxed);
        control_.depth_max[queue].store(most, std::memory_order_relaxed);
    }
    [[nodiscard]] bool full(std::uint32_t line) const noexcept {
        if constexpr (L.queue_control) {
            if (!is_special(line)) [[likely]] {
                return false;
            }
            const std::uint32_t queue = queue_of(line);
            const std::uint32_t most = control_.depth_max[queue].load(std::memory_order_relaxed);
            return most != 0 && control_.depth[queue].load(std::memory_order_relaxed) >= most;
        } else {
            return false;
        }
    }
    // The most that were ready at once, of a queue with a limit of depth.
    [[nodiscard]] std::uint32_t high_water(std::uint32_t queue) const noexcept {
        if constexpr (L.queue_control) {
            return control_.high_water[queue].load(std::memory_order_relaxed);
        } else {
            return 0;
        }
    }

    // A counted job of this line has left, and its place is free. The caller passes a fence, asks
    // anything_in(line), and if so wakes somebody: for each place, since the wakes that came with
    // the jobs are gone. (It may itself turn to something else that nobody was woken for.)
    void leave(std::uint32_t line) noexcept requires(L.queue_control) {
        // release: pairs with who takes the place.
        control_.running[queue_of(line)].fetch_sub(1, std::memory_order_release);
    }
    // Whether the queue of this line has something that may start.
    [[nodiscard]] bool anything_in(std::uint32_t line) const noexcept {
        const std::uint32_t queue = queue_of(line);
        bool found = false;
        for (std::uint32_t band = 0; band < L.bands; ++band) {
            const std::uint32_t each = line_of(queue, band);
            found = found || has_admitted(each) || (!empty(each) && may_start(queue));
        }
        return found;
    }

private:
    using ring_type = index_ring<L.jobs, ring_start::empty, Platform>;

    // With two or three lines looking is as cheap.
    static constexpr bool has_hints = lines > 2 && !L.weights.given();
    // One core has little to do, and room for less.
    static constexpr bool knows_used = lines > 2 && !interrupt_platform<Platform>;

    template <bool Exists, class Ring>
    struct second_rings {
        Ring rings[lines];
    };
    template <class Ring>
    struct second_rings<false, Ring> {};

    template <bool Exists, class Word>
    struct control_words {
        Word special;  // a bit a line: something of the following has ever been said of its queue
        Word paused;   // a bit a queue
        Word most[L.queues.count];
        Word running[L.queues.count];  // of the queues that have a limit
        Word depth_max[L.queues.count];
        Word depth[L.queues.count];  // the same
        Word high_water[L.queues.count];
    };
    template <class Word>
    struct control_words<false, Word> {};

    // Of a queue that is paused those have begun already, and hold what others wait for.
    [[nodiscard]] bool has_admitted([[maybe_unused]] std::uint32_t line) const noexcept {
        if constexpr (L.admission()) {
            return is_paused(queue_of(line)) && !admitted_.rings[line].empty() &&
                   has_room(queue_of(line));
        } else {
            return false;
        }
    }

    // Turns between two that go against starvation: each line gets its own within the bound.
    static constexpr std::uint32_t starvation_step =
        L.starvation_bound == 0 ? 0 : std::max<std::uint32_t>(L.starvation_bound / lines, 1);

    [[nodiscard]] static constexpr std::uint32_t lines_of(std::uint32_t queue) noexcept {
        return ((std::uint32_t{1} << L.bands) - 1) << queue * L.bands;
    }
    [[nodiscard, gnu::always_inline]] bool is_special(std::uint32_t line) const noexcept
        requires(L.queue_control) {
        // relaxed, as what it stands for.
        return (control_.special.load(std::memory_order_relaxed) >> line & 1) != 0;
    }

    // Whether a job of this queue may start now.
    [[nodiscard]] bool may_start(std::uint32_t queue) const noexcept {
        if constexpr (L.queue_control) {
            return !is_paused(queue) && has_room(queue);
        } else {
            return true;
        }
    }
    [[nodiscard]] bool has_room([[maybe_unused]] std::uint32_t queue) const noexcept {
        if constexpr (L.queue_control) {
            const std::uint32_t most = control_.most[queue].load(std::memory_order_relaxed);
            return most == 0 || control_.running[queue].load(std::memory_order_relaxed) < most;
        } else {
            return true;
        }
    }

    [[nodiscard]] PAWL_FAST_PATH bool take_from(std::uint32_t line, taken& result) noexcept {
        if constexpr (L.queue_control) {
            result.counted = false;
            if (is_special(line)) [[unlikely]] {
                return take_special(line, result);
            }
        }
        return get(line, result.index);
    }

    // Of a queue that may be paused, or limited.
    PAWL_OUT_OF_LINE bool take_special(std::uint32_t line, taken& result) noexcept
        requires(L.queue_control) {
        const std::uint32_t queue = queue_of(line);
        const bool paused = is_paused(queue);
        const std::uint32_t most = control_.most[queue].load(std::memory_order_relaxed);
        if (most != 0) {
            return take_counted(line, most, paused, result);
        }
        return paused ? get_admitted(line, result.index) : get(line, result.index);
    }

    // Under a limit: a place first, and then a job; of a paused queue one that was admitted.
    [[nodiscard]] bool take_counted(std::uint32_t line, std::uint32_t most, bool paused,
                                    taken& result) noexcept {
        word& running = control_.running[queue_of(line)];
        // Again if somebody else took the job and another one has come: who was woken for that may
        // have found the place taken.
        while (paused ? has_admitted(line) : !empty(line)) {
            std::uint32_t seen = running.load(std::memory_order_relaxed);
            do {
                if (seen >= most) {
                    return false;
                }
                // acquire: pairs with leave().
            } while (!running.compare_exchange_weak(seen, seen + 1, std::memory_order_acquire,
                                                    std::memory_order_relaxed));
            result.counted = paused ? get_admitted(line, result.index) : get(line, result.index);
            if (result.counted) {
                return true;
            }
            running.fetch_sub(1, std::memory_order_seq_cst);
        }
        return false;
    }

    [[nodiscard]] PAWL_FAST_PATH bool get(std::uint32_t line, std::uint32_t& index) noexcept {
        if (anything_admitted() && get_admitted(line, index)) [[unlikely]] {
            return true;
        }
        if (rings_[line].get(index)) [[likely]] {
            count_out(line);
            return true;
        }
        return anything_admitted() && get_admitted(line, index);
    }
    // Whether any of the second rings has something: a number that is raised before each put, and
    // lowered after each get, is never less than what they have. relaxed: as visible as the ring.
    [[nodiscard, gnu::always_inline]] bool anything_admitted() const noexcept {
        if constexpr (L.admission()) {
            return admitted_size_.load(std::memory_order_relaxed) != 0;
        } else {
            return false;
        }
    }
    [[nodiscard]] bool get_admitted([[maybe_unused]] std::uint32_t line,
                                    [[maybe_unused]] std::uint32_t& index) noexcept {
        bool found = false;
        if constexpr (L.admission()) {
            found = admitted_.rings[line].get(index);
            if (found) {
                admitted_size_.fetch_sub(1, std::memory_order_relaxed);
                count_out(line);
            }
        }
        return found;
    }

    // relaxed, here and below: what is counted is guarded by nothing; a limit is exact but for
    // those who put at the same moment.
    [[gnu::always_inline]] void count_in([[maybe_unused]] std::uint32_t line) noexcept {
        if constexpr (L.queue_control) {
            if (is_special(line)) [[unlikely]] {
                count_deeper(queue_of(line));
            }
        }
    }
    PAWL_OUT_OF_LINE void count_deeper(std::uint32_t queue) noexcept {
        if (control_.depth_max[queue].load(std::memory_order_relaxed) == 0) {
            return;
        }
        const std::uint32_t now = control_.depth[queue].fetch_add(1, std::memory_order_relaxed) + 1;
        std::uint32_t highest = control_.high_water[queue].load(std::memory_order_relaxed);
        while (now > highest &&
               !control_.high_water[queue].compare_exchange_weak(
                   highest, now, std::memory_order_relaxed, std::memory_order_relaxed)) {
        }
    }
    [[gnu::always_inline]] void count_out([[maybe_unused]] std::uint32_t line) noexcept {
        if constexpr (L.queue_control) {
            if (is_special(line)) [[unlikely]] {
                const std::uint32_t queue = queue_of(line);
                if (control_.depth_max[queue].load(std::memory_order_relaxed) != 0) {
                    control_.depth[queue].fetch_sub(1, std::memory_order_relaxed);
                }
            }
        }
    }

    [[nodiscard]] PAWL_FAST_PATH bool choose(taken& result, turns& mine) noexcept {
        if constexpr (starvation_step != 0) {
            if (++mine.since_last >= starvation_step) {
                mine.since_last = 0;
                const std::uint32_t line = mine.next_line;
                mine.next_line = static_cast<std::uint8_t>(line + 1 == lines ? 0 : line + 1);
                if (is_used(line) && take_seldom(line, result)) {
                    return true;
                }
            }
        }
        if constexpr (L.weights.given()) {
            // The first time who has turns left; then, with new ones, anybody.
            if (take_by_weight(result, mine)) {
                return true;
            }
            for (std::uint32_t queue = 0; queue < L.queues.count; ++queue) {
                mine.credits[queue] = static_cast<std::uint8_t>(L.weights[queue]);
            }
            return take_by_weight(result, mine);
        } else {
            return take_in_order(result);
        }
    }

    // A bit for each line that has something, so that not all have to be looked at; only a hint.
    // Who puts sets it, if it is not set; who has passed over an empty line to take from a later
    // one clears it, looks again, and sets it again. (Who finds nothing at all leaves it: then the
    // next put and take need not write it.) If the two cross on a machine that reorders, or who
    // puts is stopped in between, the line has a job and no bit: it is found when there is nothing
    // else, or with the turn that goes against starvation. relaxed, therefore.
    [[gnu::always_inline]] void hint([[maybe_unused]] std::uint32_t line) noexcept {
        if constexpr (has_hints) {
            const std::uint32_t bit = std::uint32_t{1} << line;
            if ((hints_.load(std::memory_order_relaxed) & bit) == 0) [[unlikely]] {
                hints_.fetch_or(bit, std::memory_order_relaxed);
            }
        }
    }
    // First the lines that have a bit, then the others.
    [[nodiscard]] PAWL_FAST_PATH bool take_in_order(taken& result) noexcept {
        std::uint32_t passed = 0;
        if constexpr (has_hints) {
            std::uint32_t left = hints_.load(std::memory_order_relaxed);
            for (; left != 0; left &= left - 1) {
                const auto line = static_cast<std::uint32_t>(std::countr_zero(left));
                if (take_from(line, result)) [[likely]] {
                    if (passed != 0) [[unlikely]] {
                        forget(passed);
                    }
                    return true;
                }
                passed |= std::uint32_t{1} << line;
            }
        }
        for (std::uint32_t line = next_used(0); line < lines; line = next_used(line + 1)) {
            if ((!has_hints || (passed >> line & 1) == 0) && take_seldom(line, result)) {
                return true;
            }
        }
        return false;
    }
    PAWL_OUT_OF_LINE void forget(std::uint32_t passed) noexcept requires has_hints {
        for (; passed != 0; passed &= passed - 1) {
            const auto line = static_cast<std::uint32_t>(std::countr_zero(passed));
            if (empty(line)) {
                hints_.fetch_and(~(std::uint32_t{1} << line), std::memory_order_relaxed);
                if (!empty(line)) {
                    hint(line);
                }
            }
        }
    }
    // take_from(), where that is not worth a copy.
    [[nodiscard]] bool take_seldom(std::uint32_t line, taken& result) noexcept {
        if constexpr (interrupt_platform<Platform>) {
            return take_from(line, result);
        } else {
            return take_apart(line, result);
        }
    }
    [[nodiscard]] PAWL_OUT_OF_LINE bool take_apart(std::uint32_t line, taken& result) noexcept {
        return take_from(line, result);
    }

    // A bit for each line that has ever been put into; the others are not looked at. It is set
    // before the put, and stays: who has reason to see what was put sees the bit. relaxed,
    // therefore; but seq_cst before the put, as the put itself (index_ring), for who looks before
    // he sleeps.
    [[gnu::always_inline]] void mark_used([[maybe_unused]] std::uint32_t line) noexcept {
        if constexpr (knows_used) {
            const std::uint32_t bit = std::uint32_t{1} << line;
            if ((used_.load(std::memory_order_seq_cst) & bit) == 0) [[unlikely]] {
                used_.fetch_or(bit, std::memory_order_seq_cst);
            }
        }
    }
    [[nodiscard, gnu::always_inline]] bool is_used([[maybe_unused]] std::uint32_t line) noexcept {
        if constexpr (knows_used) {
            return (used_.load(std::memory_order_relaxed) >> line & 1) != 0;
        } else {
            return true;
        }
    }
    // The first of them from this line on; `lines` if there is none.
    [[nodiscard, gnu::always_inline]] std::uint32_t next_used(std::uint32_t line) const noexcept {
        if constexpr (knows_used) {
            const std::uint32_t left =
                line < lines ? used_.load(std::memory_order_relaxed) >> line : 0;
            return left == 0 ? lines : line + static_cast<std::uint32_t>(std::countr_zero(left));
        } else {
            return line;
        }
    }

    [[nodiscard]] bool take_by_weight(taken& result, turns& mine) noexcept {
        for (std::uint32_t queue = 0; queue < L.queues.count; ++queue) {
            if (mine.credits[queue] == 0) {
                continue;
            }
            for (std::uint32_t line = queue * L.bands; line < (queue + 1) * L.bands; ++line) {
                if (take_seldom(line, result)) {
                    --mine.credits[queue];
                    return true;
                }
            }
        }
        return false;
    }

    template <int>
    struct no_word {};  // a type each: objects of one would take room

    // What each put and take looks at, in one line.
    PAWL_NO_UNIQUE_ADDRESS std::conditional_t<has_hints, word, no_word<0>> hints_;
    PAWL_NO_UNIQUE_ADDRESS std::conditional_t<knows_used, word, no_word<1>> used_;
    PAWL_NO_UNIQUE_ADDRESS std::conditional_t<L.admission(), word, no_word<2>> admitted_size_;
    PAWL_NO_UNIQUE_ADDRESS control_words<L.queue_control, word> control_;
    ring_type rings_[lines];
    PAWL_NO_UNIQUE_ADDRESS second_rings<L.admission(), ring_type> admitted_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
