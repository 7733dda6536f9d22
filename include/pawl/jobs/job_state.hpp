// SPDX-License-Identifier: BSL-1.0
//
// job_state: where a job is in its life.
//
//   awaiting    a continuation whose parents have not finished; an open or running batch
//   scheduled   waits for its time: delayed, or for its next attempt
//   enqueued    ready to run, in its queue
//   processing  a worker or poll() is running it
//   succeeded   final: it ran and said so
//   failed      final: it said so, or its last retry failed too
//   deleted     final: cancelled, discarded, its condition was not met, or the scheduler stopped
//   gone        not a state of the job but an answer: its slot serves another job now, or the
//               handle never named one
//
// A state changes by one compare-and-swap on a 32-bit word that also holds the low 24 bits of the
// slot's generation, so that a change of a finished job's successor is impossible. Every operation
// that changes a state says whether it was the one that won.
#pragma once

#include <cstdint>
#include <string_view>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

enum class job_state : std::uint8_t {
    gone,
    awaiting,
    scheduled,
    enqueued,
    processing,
    succeeded,
    failed,
    deleted,
};

[[nodiscard]] constexpr bool is_final(job_state state) noexcept {
    return state == job_state::succeeded || state == job_state::failed ||
           state == job_state::deleted;
}

[[nodiscard]] constexpr std::string_view to_string(job_state state) noexcept {
    switch (state) {
        case job_state::gone: return "gone";
        case job_state::awaiting: return "awaiting";
        case job_state::scheduled: return "scheduled";
        case job_state::enqueued: return "enqueued";
        case job_state::processing: return "processing";
        case job_state::succeeded: return "succeeded";
        case job_state::failed: return "failed";
        case job_state::deleted: return "deleted";
    }
    return "unknown";
}

// Who may bring a job from one state into another.
enum class changed_by : std::uint8_t {
    nobody,     // there is no such change
    submitter,  // who creates the job, or takes it back because it is refused on the way
    parent,     // the end of what the job waited for
    time,       // its time has come
    taker,      // who took it from its queue to run it, or to end it without a run
    outcome,    // what the job said of its attempt
    command,    // cancel, reschedule, run_now: anybody, at any time
    requeue,    // requeue() of a failed job that was kept: its slot begins the life of a new one
};

// The rule for a change of state; `nobody` if it is not legal. Where several may bring it about,
// the one in the ordinary course of things is named; is_legal() is what most need.
//
//   from \ to    awaiting   scheduled  enqueued   processing  succeeded  failed     deleted
//   gone         submitter  submitter  submitter  -           -          -          -
//   awaiting     -          -          parent     -           parent*    parent*    command
//   scheduled    -          command    time       -           -          -          command
//   enqueued     -          taker      -          taker       -          taker      command
//   processing   -          outcome    outcome    -           outcome    outcome    command
//   succeeded, failed and deleted are the end; but a failed job that is requeued is `gone` then,
//   for its slot serves the new one. Whoever submits a continuation or a job and is refused after
//   it could be seen (its parent is gone, edges ran out, the scheduler stopped) takes it back: it
//   is `gone` for who was told of it.
//   A continuation with a delay is enqueued when its parents end, and its taker makes it rest.
//   * of a batch, when its last member ended
[[nodiscard]] constexpr changed_by rule_of(job_state from, job_state to) noexcept {
    using enum changed_by;
    constexpr std::uint8_t states = 8;
    constexpr changed_by rules[states][states] = {
        // gone, awaiting, scheduled, enqueued, processing, succeeded, failed, deleted
        {nobody, submitter, submitter, submitter, nobody, nobody, nobody, nobody},  // gone
        {submitter, nobody, nobody, parent, nobody, parent, parent, command},       // awaiting
        {submitter, nobody, command, time, nobody, nobody, nobody, command},        // scheduled
        {submitter, nobody, taker, nobody, taker, nobody, taker, command},          // enqueued
        {nobody, nobody, outcome, outcome, nobody, outcome, outcome, command},      // processing
        {nobody, nobody, nobody, nobody, nobody, nobody, nobody, nobody},           // succeeded
        {requeue, nobody, nobody, nobody, nobody, nobody, nobody, nobody},          // failed
        {nobody, nobody, nobody, nobody, nobody, nobody, nobody, nobody},           // deleted
    };
    return rules[static_cast<std::uint8_t>(from)][static_cast<std::uint8_t>(to)];
}
[[nodiscard]] constexpr bool is_legal(job_state from, job_state to) noexcept {
    return rule_of(from, to) != changed_by::nobody;
}

// The state word of a slot, taken apart: 24 bits of generation, 5 flags, 3 bits of state.
// Zero bytes are a slot that no job has used.
class state_word {
public:
    // The index lies in the inbox of the wheel's owner (and, for a cancelled timer, in the wheel
    // too until the owner looks): whoever sets this flag is the one who puts it there.
    static constexpr std::uint32_t posted = 0x10;
    // A worker, or poll(), has the job in hand: it is inside the callable, or ending the job.
    static constexpr std::uint32_t held = 0x20;
    // The job is over in every respect; its slot is free or about to be.
    static constexpr std::uint32_t settled = 0x40;
    // A failed job that keeps its slot and callable, to be requeued.
    static constexpr std::uint32_t kept = 0x08;
    // Of an enqueued job, in the same bit, and if it is cancelled then: somebody has it in hand who
    // looks whether it may run, or it waits in the line of a key or a limiter. Where jobs have
    // bands and attributes only: an entry besides that is found meanwhile is not to be followed.
    static constexpr std::uint32_t claimed = kept;
    // Of a scheduled job, in the same bits: its time was moved since the owner of the wheel looked
    // at it; and one that is another with each move, so that none is overlooked.
    static constexpr std::uint32_t time_moved = kept;
    static constexpr std::uint32_t time_moved_again = held;
    // The index lies in its ready ring, too, besides the place where it is by its state: its
    // priority was raised, and it was put into another ring. Who takes it from there clears this.
    static constexpr std::uint32_t twice = 0x80;

    constexpr state_word() noexcept = default;
    constexpr explicit state_word(std::uint32_t bits) noexcept : bits_{bits} {}
    constexpr state_word(std::uint32_t generation, job_state state,
                         std::uint32_t flags = 0) noexcept
        : bits_{generation << generation_shift | flags | static_cast<std::uint32_t>(state)} {}

    [[nodiscard]] constexpr std::uint32_t bits() const noexcept { return bits_; }
    [[nodiscard]] constexpr job_state state() const noexcept {
        return static_cast<job_state>(bits_ & state_mask);
    }
    [[nodiscard]] constexpr bool has(std::uint32_t flag) const noexcept {
        return (bits_ & flag) != 0;
    }
    // Whether it is in this state, and has no flag.
    [[nodiscard]] constexpr bool is_just(job_state state) const noexcept {
        return (bits_ & (state_mask | flag_mask)) == static_cast<std::uint32_t>(state);
    }
    // Whether the low bits of a generation are this word's.
    [[nodiscard]] constexpr bool is_of(std::uint32_t generation) const noexcept {
        return (bits_ ^ generation << generation_shift) >> generation_shift == 0;
    }
    [[nodiscard]] constexpr std::uint32_t generation_low() const noexcept {
        return bits_ >> generation_shift;
    }

    // The same generation in another state, with exactly these flags.
    [[nodiscard]] constexpr state_word to(job_state state, std::uint32_t flags = 0) const noexcept {
        return state_word{(bits_ & ~(state_mask | flag_mask)) | flags |
                          static_cast<std::uint32_t>(state)};
    }

    // Bits of the generation that the state word has no room for.
    static constexpr unsigned generation_bits = 24;

private:
    static constexpr unsigned generation_shift = 32 - generation_bits;
    static constexpr std::uint32_t state_mask = 0x07;
    static constexpr std::uint32_t flag_mask = 0xF8;

    std::uint32_t bits_ = 0;
};

}  // namespace PAWL_ABI
}  // namespace pawl
