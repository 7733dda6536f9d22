// SPDX-License-Identifier: BSL-1.0
//
// job_attributes: what few jobs have: deadlines, keys, an owner, a cursor.
//
// A slot has one word of flags, which says what of the rest is there; the rest is neither written
// nor read without its flag, so a job without attributes pays one store. What the limits leave out
// has neither flag nor bytes.
//
// Cost: none of its own. Who may call: who holds the slot's index.
#pragma once

#include <cstdint>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/containers/shared_value.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/jobs/optional_member.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/time/tick_clock.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Why an attempt failed: a code of the program's own, and a text that is cut where it has no room.
template <std::uint32_t Bytes>
struct job_error {
    static_assert(Bytes % 4 == 0, "limits.error_bytes is a multiple of 4");
    std::uint16_t code;
    std::uint16_t size;
    char text[Bytes];
};
template <>
struct job_error<0> {
    std::uint16_t code;
    std::uint16_t size;
};

// A small result: its bytes, and the type that they are of.
template <std::uint32_t Bytes>
struct job_result {
    static_assert(Bytes % 4 == 0, "limits.result_bytes is a multiple of 4");
    const void* type;
    std::uint32_t generation;  // of the job that left it: else it is older than that
    alignas(8) unsigned char bytes[Bytes == 0 ? 4 : Bytes];
};

namespace attribute {
// No limiter is 0, so that a job without attributes has none.
inline constexpr std::uint32_t none = 0;
// Of keys and limiters.
inline constexpr std::uint32_t admission = 1U << 0;  // has to ask before it runs
inline constexpr std::uint32_t chain = 1U << 1;
inline constexpr std::uint32_t unique = 1U << 2;
inline constexpr std::uint32_t unique_until_start = 1U << 3;
inline constexpr std::uint32_t unique_for = 1U << 4;
inline constexpr unsigned busy_shift = 5;  // two bits: on_busy
inline constexpr std::uint32_t busy_mask = 3U << busy_shift;
// Of deadlines.
inline constexpr std::uint32_t deadline = 1U << 7;
inline constexpr std::uint32_t run_when_late = 1U << 8;
inline constexpr std::uint32_t run_at_most = 1U << 9;
inline constexpr std::uint32_t retry_for = 1U << 10;
// Others.
inline constexpr std::uint32_t owned = 1U << 11;
inline constexpr std::uint32_t cursor = 1U << 12;
inline constexpr std::uint32_t error = 1U << 13;       // it has said why its last attempt failed
inline constexpr std::uint32_t inherited = 1U << 14;   // its parent has left it a result
inline constexpr std::uint32_t delayed = 1U << 15;     // when its parents have ended, it rests
inline constexpr std::uint32_t requeued = 1U << 16;    // it was a failed job before
inline constexpr std::uint32_t by_hand = 1U << 17;     // an occurrence that was triggered so
inline constexpr std::uint32_t asked = 1U << 18;       // it holds, or waits for, a key or a limit
inline constexpr std::uint32_t shared_key = 1U << 19;  // its key does not exclude
inline constexpr std::uint32_t keyed = 1U << 20;       // it has a key
// Its limiter: the place in limits.limiters, plus one.
inline constexpr unsigned limiter_shift = 24;  // four bits
inline constexpr std::uint32_t limiter_mask = 15U << limiter_shift;
// What of all this belongs to the job and goes with it when it is requeued.
inline constexpr std::uint32_t of_the_job = admission | keyed | chain | shared_key | busy_mask |
                                            deadline | run_when_late | run_at_most | retry_for |
                                            owned | limiter_mask;
}  // namespace attribute

template <limits L, platform Platform>
struct job_attributes {
    using tick = typename tick_clock<Platform>::tick;

    // Whether a job of these limits can have any.
    static constexpr bool exist = L.admission() || L.deadlines || L.owners || L.slices ||
                                  L.error_bytes > 0 || L.result_bytes > 0 || L.failed > 0 ||
                                  L.recurring_policies || L.progress || L.then_delay;

    // Whether it is known since when, or from when on, a job may run.
    static constexpr bool has_due = L.deadlines || L.times;

    template <class Value, bool Present, int Which>
    using member = optional_member<Value, Present, Which>;
    template <class Value, bool Present, int Which>
    using shared = shared_value<Value, Platform, Present, Which>;

    // Written by who holds the index; read by who finds it in a second place, too.
    PAWL_NO_UNIQUE_ADDRESS shared<std::uint32_t, exist, 10> flags;
    // Whose it is, and how far it is (in thousandths).
    PAWL_NO_UNIQUE_ADDRESS shared<std::uint32_t, L.owners, 25> owner;
    PAWL_NO_UNIQUE_ADDRESS shared<std::uint32_t, L.progress, 26> progress;
    PAWL_NO_UNIQUE_ADDRESS member<std::uint32_t, (L.keys > 0), 11> key;
    PAWL_NO_UNIQUE_ADDRESS shared<std::uint32_t, (L.keys > 0), 12> unique;
    // Read by who gives it another time as well, while it may have begun.
    PAWL_NO_UNIQUE_ADDRESS shared<std::uint32_t, L.slices, 14> cursor;
    // Lengths in ticks.
    PAWL_NO_UNIQUE_ADDRESS member<tick, L.deadlines, 18> deadline;
    PAWL_NO_UNIQUE_ADDRESS member<tick, L.deadlines, 19> run_at_most;
    PAWL_NO_UNIQUE_ADDRESS member<tick, L.deadlines, 20> retry_for;
    // Times: when it became, or becomes, ready; when the present attempt began; the first one.
    PAWL_NO_UNIQUE_ADDRESS shared<tick, has_due, 21> due;
    PAWL_NO_UNIQUE_ADDRESS shared<tick, (L.deadlines || L.times), 22> began;
    PAWL_NO_UNIQUE_ADDRESS member<tick, L.deadlines, 24> first_began;
    // When it shall be due instead: a coarse_deadline, from anybody.
    struct no_word {};
    PAWL_NO_UNIQUE_ADDRESS std::conditional_t<L.reschedule, typename Platform::word, no_word>
        moved_due;
    // Why its last attempt failed.
    PAWL_NO_UNIQUE_ADDRESS shared<job_error<L.error_bytes>, (L.error_bytes > 0 || L.failed > 0), 27>
        error;
    // What it leaves to its continuations, and what its parent has left to it.
    PAWL_NO_UNIQUE_ADDRESS shared<job_result<L.result_bytes>, (L.result_bytes > 0), 28> result;
    PAWL_NO_UNIQUE_ADDRESS shared<job_result<L.result_bytes>, (L.result_bytes > 0), 29> inherited;

    [[nodiscard]] bool has(std::uint32_t flag) const noexcept {
        return (flags.get_own() & flag) != 0;
    }
    void add(std::uint32_t flag) noexcept { flags.set(flags.get_own() | flag); }
    void drop(std::uint32_t flag) noexcept { flags.set(flags.get_own() & ~flag); }

    // From one time to another; none if that lies before.
    [[nodiscard]] static constexpr tick length(tick from, tick to) noexcept {
        const auto result = static_cast<tick>(to - from);
        return is_longer(result, 0) ? result : 0;
    }
    // Whether a job that begins now begins too late. REQUIRES: it has attribute::deadline.
    [[nodiscard]] bool is_late(tick now) const noexcept {
        return is_longer(static_cast<tick>(now - due.get_own()), deadline.get());
    }
    // REQUIRES: it has attribute::run_at_most, and runs.
    [[nodiscard]] bool runs_too_long(tick now) const noexcept {
        return is_longer(static_cast<tick>(now - began.get()), run_at_most.get());
    }
    // Whether a retry at this time is not too late for one. REQUIRES: it has attribute::retry_for.
    [[nodiscard]] bool may_retry(tick at) const noexcept {
        return !is_longer(static_cast<tick>(at - first_began.get()), retry_for.get());
    }

private:
    // Of two lengths; more than half of a tick's range is a length that has passed.
    [[nodiscard]] static constexpr bool is_longer(tick one, tick other) noexcept {
        return static_cast<std::make_signed_t<tick>>(static_cast<tick>(one - other)) > 0;
    }
};

}  // namespace PAWL_ABI
}  // namespace pawl
