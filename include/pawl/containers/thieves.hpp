// SPDX-License-Identifier: BSL-1.0
//
// thieves: lets the owner of a deque do without a fence as long as nobody steals.
//
// What: in a work_deque the owner that pops and a thief that steals each write one word and then
// read the other's; one of them has to see the other. That takes a full fence on both sides, and it
// is a third of what a spawned job costs, although hardly any is ever stolen. Where the platform
// has a fence that one side pays for both (membarrier_platform.hpp) the owner passes none while
// there are no thieves. Elsewhere this is nothing, and takes no bytes.
//
// Why not that fence in each steal: it takes 7 us and disturbs the owner for one, as much as a
// thousand pops. So the first thief makes the owner careful, and others come for nothing; after
// quiet_max pops beside which nothing was stolen the owner is careless again, which costs it one
// more fence. In the worst case, one theft every quiet_max pops, that is twice what would have been
// saved; with more or fewer it is less.
//
// How it works: a word that says whether the owner is careful, and how many are stealing.
//
//   owner: announce (bottom); light fence; is it careful? then a full fence; look (top)
//   thief: look (top, bottom); count up; is the owner careful already? else tell it, heavy fence,
//          say that it has been; take (move top); count down
//   owner, after quiet_max pops: careful -> careless; somebody counted? then careful as before
//
//   Invariant (1): if the owner has announced a position and did not see top there, then who moves
//   top there, and who looks at it afterwards, sees the announcement. For who moves top has found
//   the owner careful after it counted up, or has passed a heavy fence after it told the owner. In
//   both cases the announcement was made before a heavy fence that comes before the move, or the
//   owner has passed its own fence and has looked before the move.
//   Invariant (2): the owner is careful until who has found it so counts down: of the owner's
//   change and look at the count, and the thief's count and look at the word, one sees the other.
//   Invariant (3): only the owner goes from careful to careless. A thief that stands still keeps it
//   careful, which is right, and slow.
//
// Cost: the owner's a load; beside thieves a full fence. A thief two read-modify-writes, and
// sometimes the heavy fence. Source of the idea: biased locking, and Dice, Huang and Yang,
// "Asymmetric Dekker Synchronization" (2001). Who may call: own_fence() the owner; others thieves.
//
//   bottom.store(last, std::memory_order_release);
//   thieves.own_fence(top);
//   const std::uint32_t seen = top.load(std::memory_order_seq_cst);
#pragma once

#include <atomic>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <platform Platform>
class thieves {
public:
    static constexpr bool any = false;
};

template <platform Platform>
requires requires { Platform::heavy_fence(); }
class thieves<Platform> {
    using word = typename Platform::word;

public:
    static constexpr bool any = true;

    // So many pops without a theft, and the owner is careless again: as many as have fences that
    // take about as long as the one heavy fence that the next thief needs then. (Explorations say
    // fewer.)
    static constexpr std::uint32_t quiet_max = [] {
        if constexpr (requires { Platform::quiet_pops_max; }) {
            return Platform::quiet_pops_max;
        } else {
            return std::uint32_t{1024};
        }
    }();

    // The owner's, between its announcement and its look. `top` changes with each theft.
    PAWL_FAST_PATH void own_fence(const word& top) noexcept {
        Platform::light_fence();
        // relaxed: invariant (1); the heavy fence orders it.
        if (owner_.load(std::memory_order_relaxed) != careless) [[unlikely]] {
            own_full_fence(top);
        }
    }

    // A thief's, before and after it takes.
    void enter() noexcept {
        // seq_cst, both: invariant (2).
        stealing_.fetch_add(1, std::memory_order_seq_cst);
        if (owner_.load(std::memory_order_seq_cst) != careful) {
            owner_.store(told, std::memory_order_seq_cst);
            Platform::heavy_fence();
            // seq_cst: as above; and who reads it comes after that fence.
            owner_.store(careful, std::memory_order_seq_cst);
        }
    }
    // release: what it took is taken; pairs with the owner's look at the count.
    void leave() noexcept { stealing_.fetch_sub(1, std::memory_order_release); }

private:
    static constexpr std::uint32_t careless = 0;
    static constexpr std::uint32_t told = 1;  // perhaps it does not know yet
    static constexpr std::uint32_t careful = 2;

    PAWL_OUT_OF_LINE void own_full_fence(const word& top) noexcept {
        if constexpr (requires { Platform::fence(); }) {
            Platform::fence();
        } else {
            std::atomic_thread_fence(std::memory_order_seq_cst);
        }
        // relaxed: a hint.
        const std::uint32_t seen = top.load(std::memory_order_relaxed);
        quiet_ = seen == seen_ ? quiet_ + 1 : 0;
        seen_ = seen;
        if (quiet_ < quiet_max) {
            return;
        }
        quiet_ = 0;
        std::uint32_t expected = careful;
        // seq_cst, all: invariant (2). This pop has passed its fence already.
        if (owner_.compare_exchange_strong(expected, careless, std::memory_order_seq_cst,
                                           std::memory_order_relaxed) &&
            stealing_.load(std::memory_order_seq_cst) != 0) {
            owner_.store(careful, std::memory_order_seq_cst);
        }
    }

    word owner_;
    word stealing_;
    std::uint32_t quiet_ = 0;  // the owner's: pops since a theft, and
    std::uint32_t seen_ = 0;   // top at that time
};

}  // namespace PAWL_ABI
}  // namespace pawl
