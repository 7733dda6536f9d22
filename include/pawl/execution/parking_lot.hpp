// SPDX-License-Identifier: BSL-1.0
//
// parking_lot: who sleeps, who keeps the time, and how nobody sleeps through work.
//
// What: up to 24 sleepers (the workers of a scheduler, or the one caller of wait()). A submitter
// that has put its job into a ring calls look(), and wakes somebody if somebody sleeps. One of the
// sleepers is the timekeeper: it sleeps until the next deadline, the others without one.
//
// Why no lock: the sleepers' bits and the phase of the scheduler's life lie in one word. Each side
// writes, passes a fence, and reads what the other side writes. Fences have one order, so either
// the submitter sees the sleeper's bit, or the sleeper sees the submitter's job:
//
//   submitter: put the job in a ring; fence; read the word                    (look)
//   sleeper:   set its bit;           fence; look into every ring; park       (announce)
//
// Why a fence and not a read-modify-write on both sides, which would order them as well: a word
// that every submission writes is fetched by every core anew, for each job; one that is read by all
// and written by sleepers only stays where it is.
//
//   Invariant (1), work: no sleeper stays asleep while a ring holds a job that was followed by
//   look().
//   Invariant (2), time: if somebody sleeps and a deadline is known, somebody awake is on the way
//   to look at it, or the timekeeper's deadline is that early.
// The same word carries the phase: a submitter learns in the same step whether the scheduler
// stopped meanwhile, and who stops it (enter) sees every job whose submitter did not.
//
// Nobody's wake is ever suppressed because somebody else is looking for work: a thread that is
// stopped while it looks would silence everyone. For the same reason a sleeper's bit is cleared by
// the sleeper alone, once it runs (sleepers.hpp).
//
// Deadlines are here 31 bits of the tick's count, compared by their difference: good for deadlines
// less than 2^29 ticks apart, and a later one is cut to that (the timekeeper wakes and sleeps
// again).
//
// Cost: look() a fence and a load, look_after_put() a load; waking a sleeper one read-modify-write,
// and the system's wake.
// Who may call: announce, retract, claim_time, arm, drop_time the sleeper itself; everything else
// any thread or interrupt.
#pragma once

#include <atomic>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/execution/sleepers.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// A deadline in a 32-bit word: none, or 31 bits of a tick.
class short_deadline {
public:
    // Farther deadlines are cut to this many ticks.
    static constexpr std::uint32_t distance_max = std::uint32_t{1} << 29;

    constexpr short_deadline() noexcept = default;
    constexpr explicit short_deadline(std::uint32_t bits) noexcept : bits_{bits} {}

    [[nodiscard]] static constexpr short_deadline at(std::uint64_t tick) noexcept {
        return short_deadline{static_cast<std::uint32_t>(tick << 1) | 1};
    }

    [[nodiscard]] constexpr bool exists() const noexcept { return bits_ != 0; }
    [[nodiscard]] constexpr std::uint32_t bits() const noexcept { return bits_; }

    // Ticks from `now` to here; negative: it has passed. REQUIRES: exists().
    [[nodiscard]] constexpr std::int32_t ticks_from(std::uint64_t now) const noexcept {
        return static_cast<std::int32_t>((bits_ & ~1U) - static_cast<std::uint32_t>(now << 1)) / 2;
    }

    // Whether this deadline comes before another; none comes last.
    [[nodiscard]] constexpr bool before(short_deadline other) const noexcept {
        if (!exists() || !other.exists()) {
            return exists();
        }
        return static_cast<std::int32_t>(bits_ - other.bits_) < 0;
    }

    friend constexpr bool operator==(short_deadline, short_deadline) noexcept = default;

private:
    std::uint32_t bits_ = 0;
};

// The life of a scheduler. Only ever goes on.
enum class phase : std::uint8_t {
    accepting,  // submissions are taken (before start(), too)
    draining,   // no submissions; what is ready still runs
    finishing,  // nothing new runs
    stopped,    // nothing runs any more
};

template <std::uint32_t Sleepers, platform Platform>
class parking_lot {
    static_assert(parking_platform<Platform>,
                  "this platform has interrupts and no threads: set limits.workers to 0, and call "
                  "poll() and wait()");
    static constexpr unsigned phase_shift = 24;
    static constexpr std::uint32_t sleeper_mask = (std::uint32_t{1} << phase_shift) - 1;

public:
    static constexpr std::uint32_t sleepers_max = phase_shift;
    static_assert(Sleepers >= 1 && Sleepers <= sleepers_max,
                  "limits.workers: a scheduler has at most 24 threads");

    using word = typename Platform::word;

    // The word at one moment.
    class view {
    public:
        constexpr explicit view(std::uint32_t bits) noexcept : bits_{bits} {}
        [[nodiscard]] constexpr std::uint32_t sleepers() const noexcept {
            return bits_ & sleeper_mask;
        }
        [[nodiscard]] constexpr pawl::phase phase() const noexcept {
            return static_cast<pawl::phase>(bits_ >> phase_shift);
        }

    private:
        std::uint32_t bits_;
    };

    // Without order: for decisions that a later look() confirms.
    [[nodiscard]] view glance() const noexcept {
        return view{word_.load(std::memory_order_relaxed)};
    }

    // Whether submissions are taken, at a glance.
    [[nodiscard]] bool accepts() const noexcept { return glance().phase() == phase::accepting; }

    // What a submitter does after its job is in a ring. The fence pairs with that of announce() and
    // of enter(). acquire: pairs with enter(), whose caller's writes come with the phase.
    view look() const noexcept {
        fence();
        return view{word_.load(std::memory_order_acquire)};
    }

    // look(), for who has put the job into an index_ring, or by try_emplace_before_look() into a
    // ticket_queue, and has done nothing since that a sleeper looks for. No fence: seq_cst pairs
    // with the fence of announce() and of enter(). If this load does not see what they wrote, it
    // comes before their fence in the one order of all seq_cst operations, and so does the put. The
    // same goes for the entries before it in the ring, each written before its successor's put has
    // seen it: so they find the ring not empty. (tests/orders asks C++20's memory model.)
    view look_after_put() const noexcept { return view{word_.load(std::memory_order_seq_cst)}; }

    // Whether a submitter's fence costs nothing, because who sleeps has a heavy one that counts for
    // both sides (membarrier_platform.hpp).
    static constexpr bool is_asymmetric = requires { Platform::heavy_fence(); };

    // look(), for submitters only of what goes on after it pairs with announce() and enter(), and
    // with nobody else's fence().
    view look_lightly() const noexcept {
        if constexpr (is_asymmetric) {
            Platform::light_fence();
            return view{word_.load(std::memory_order_acquire)};
        } else {
            return look();
        }
    }

    // Between what this thread wrote and what it reads, for a protocol as that of the opening
    // comment: of two threads that pass it, one sees what the other wrote before.
    static void fence() noexcept {
        if constexpr (requires { Platform::fence(); }) {
            Platform::fence();
        } else if constexpr (Platform::has_threads) {
            std::atomic_thread_fence(std::memory_order_seq_cst);
        }
    }

    // Wakes one sleeper of a look(): rather one that nobody has called yet, and rather not the
    // timekeeper.
    void wake_one(Platform& machine, view seen) noexcept {
        if (seen.sleepers() != 0) {
            // relaxed: a preference.
            const std::uint32_t keeper = keeper_.load(std::memory_order_relaxed);
            sleepers_.call_one(machine, seen.sleepers(), keeper != 0 ? bit(keeper - 1) : 0);
        }
    }

    void wake_all(Platform& machine) noexcept { sleepers_.call_all(machine, look().sleepers()); }

    // Makes sure that a deadline is kept while somebody sleeps: called with a look() that follows
    // the deadline's publication. Invariant (2).
    void keep_time(Platform& machine, view seen, short_deadline deadline) noexcept {
        if (seen.sleepers() == 0 || !deadline.exists()) {
            return;
        }
        // acquire: the armed deadline of this keeper; pairs with arm() and, through the word, with
        // its second announce().
        const std::uint32_t keeper = keeper_.load(std::memory_order_acquire);
        if (keeper == 0) {
            wake_one(machine, seen);
        } else if (deadline.before(armed())) {
            // Even if it is not asleep (any more): then it looks once more.
            sleepers_.call(machine, keeper - 1);
        }
    }

    // A sleeper says that it is about to sleep; the work it looks for afterwards is either seen by
    // it, or its bit is seen by who brings the work: the fence pairs with that of look(). acq_rel:
    // the sleepers among themselves know who gave up the time, see drop_time().
    view announce(std::uint32_t self) noexcept {
        const view seen{word_.fetch_or(bit(self), std::memory_order_acq_rel)};
        heavy_fence();
        return seen;
    }
    // Awake again, or never slept. The view that is returned has everybody who announced before.
    // The fence pairs with look(): who has still seen the bit has put his job into its ring before,
    // and it is seen there from here on.
    view retract(std::uint32_t self) noexcept {
        sleepers_.awake(self);
        const view seen{word_.fetch_and(~bit(self), std::memory_order_acq_rel)};
        fence();
        return seen;
    }

    // Becomes the timekeeper; false if there is one.
    [[nodiscard]] bool claim_time(std::uint32_t self) noexcept {
        std::uint32_t nobody = 0;
        return keeper_.compare_exchange_strong(nobody, self + 1, std::memory_order_acq_rel,
                                               std::memory_order_acquire);
    }
    // The timekeeper says until when it will sleep. To be followed by announce().
    void arm(short_deadline deadline) noexcept {
        armed_.store(deadline.bits(), std::memory_order_release);
    }
    // Gives the role up. To be followed by retract(), whose view says who is left asleep.
    void drop_time() noexcept { keeper_.store(0, std::memory_order_release); }

    void park(Platform& machine, std::uint32_t self) noexcept { sleepers_.park(machine, self); }
    void park_until(Platform& machine, std::uint32_t self,
                    typename Platform::time_point deadline) noexcept {
        sleepers_.park_until(machine, self, deadline);
    }

    // A permit without a sleep: to let a new worker begin.
    void give_permit(Platform& machine, std::uint32_t self) noexcept {
        sleepers_.call(machine, self);
    }

    // Goes on to a later phase; false if the life is already there or beyond. Who stops sees every
    // job whose look() does not see the phase: the fence pairs with that of look(). Another thread
    // that acts on the phase passes a fence() of its own before it looks at the rings.
    bool enter(pawl::phase next) noexcept {
        std::uint32_t seen = word_.load(std::memory_order_relaxed);
        do {
            if (view{seen}.phase() >= next) {
                heavy_fence();
                return false;
            }
        } while (!word_.compare_exchange_weak(
            seen, (seen & sleeper_mask) | static_cast<std::uint32_t>(next) << phase_shift,
            std::memory_order_acq_rel, std::memory_order_relaxed));
        heavy_fence();
        return true;
    }

private:
    // fence(), for a look_lightly() as well.
    static void heavy_fence() noexcept {
        if constexpr (is_asymmetric) {
            Platform::heavy_fence();
        } else {
            fence();
        }
    }

    static constexpr std::uint32_t bit(std::uint32_t sleeper) noexcept {
        return sleepers<Sleepers, Platform>::bit(sleeper);
    }

    [[nodiscard]] short_deadline armed() const noexcept {
        return short_deadline{armed_.load(std::memory_order_acquire)};
    }

    word word_;    // sleepers:24, phase:8
    word keeper_;  // the timekeeper + 1, or 0
    word armed_;   // a short_deadline: until when the timekeeper sleeps
    sleepers<Sleepers, Platform> sleepers_;
};

// One core and its interrupts: who submits wakes the main loop by being an interrupt, and the main
// loop looks once more with interrupts away (interrupt_platform). So there is nobody to wake, and
// what is left of a parking lot is the phase, and a word that says whether anybody has called: one
// load then answers a poll to which nothing has come.
//
//   submitter: put the job in a ring; call          (look)
//   main loop: take the call back; look into every ring
//
// An interrupt comes between two instructions of the main loop and is over before the next one. So
// it calls after the job is in its ring, and whoever takes the call back before he looks sees the
// job, or another call. Who ends his look early calls himself.
template <platform Platform>
requires(interrupt_platform<Platform>) class parking_lot<1, Platform> {
public:
    using word = typename Platform::word;

    class view {
    public:
        constexpr explicit view(pawl::phase phase) noexcept : phase_{phase} {}
        [[nodiscard]] static constexpr std::uint32_t sleepers() noexcept { return 0; }
        [[nodiscard]] constexpr pawl::phase phase() const noexcept { return phase_; }

    private:
        pawl::phase phase_;
    };

    [[nodiscard, gnu::always_inline]] view glance() const noexcept {
        return view{static_cast<pawl::phase>(word_.load(std::memory_order_relaxed))};
    }
    [[nodiscard, gnu::always_inline]] bool accepts() const noexcept {
        return word_.load(std::memory_order_relaxed) ==
               static_cast<std::uint32_t>(phase::accepting);
    }
    // The main loop alone goes on to another phase, and an interrupt submits in one piece as seen
    // by it: the phase in which a submission began is the one in which it ends, but for what the
    // main loop itself does.
    [[gnu::always_inline]] view look() noexcept {
        call();
        return glance();
    }
    [[gnu::always_inline]] view look_after_put() noexcept { return look(); }

    // There is something to look at. release: after what there is.
    [[gnu::always_inline]] void call() noexcept { called_.store(1, std::memory_order_release); }
    [[nodiscard, gnu::always_inline]] bool is_called() const noexcept {
        return called_.load(std::memory_order_relaxed) != 0;
    }
    // seq_cst: the looks come after it.
    [[gnu::always_inline]] void take_call() noexcept {
        called_.store(0, std::memory_order_seq_cst);
    }

    static void wake_one(Platform&, view) noexcept {}
    static void wake_all(Platform&) noexcept {}
    static void keep_time(Platform&, view, short_deadline) noexcept {}

    bool enter(pawl::phase next) noexcept {
        if (glance().phase() >= next) {
            return false;
        }
        word_.store(static_cast<std::uint32_t>(next), std::memory_order_relaxed);
        call();
        return true;
    }

private:
    word word_;
    word called_;  // 1: since the last look
};

}  // namespace PAWL_ABI
}  // namespace pawl
