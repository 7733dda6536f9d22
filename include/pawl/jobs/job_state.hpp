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

// The state word of a slot, taken apart: 24 bits of generation, 4 flags, 4 bits of state.
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
    static constexpr std::uint32_t state_mask = 0x0F;
    static constexpr std::uint32_t flag_mask = 0xF0;

    std::uint32_t bits_ = 0;
};

}  // namespace PAWL_ABI
}  // namespace pawl
