// SPDX-License-Identifier: BSL-1.0
//
// job_id: the handle of a job or a batch; or the reason why there is none.
//
// 64 bits: the slot's index and the slot's 32-bit generation, which grows each time the slot is
// taken. A handle is a value: copy it, keep it, send it anywhere. It never dangles: once the slot
// serves another job the answer is `gone`. (The bound: 2^32 - 1 jobs later, in the same slot, it
// would be taken for the new one. Slots are reused first in, first out, so a pool of 1,024 has run
// 4 * 10^12 jobs.)
//
// A submission that was refused returns a handle that tests false and carries the reason, and
// operations on it carry the reason on:
//
//   auto job = jobs.enqueue(work);
//   if (!job) { report(to_string(job.error())); }
//
// Cost: none. Who may call: anyone.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Why a submission was refused.
enum class submit_error : std::uint8_t {
    none,             // it was not
    full,             // every job slot is taken (limits.jobs)
    stopped,          // the scheduler is stopping or stopped
    gone,             // a parent's slot serves another job now, or its handle never named one
    out_of_edges,     // too many continuations wait (limits.edges)
    out_of_batches,   // too many batches are open or running (limits.batches)
    recurring_full,   // the table of recurring jobs is full (limits.recurring)
    sealed,           // the batch was sealed: no member can be added
    unknown_queue,    // no queue has this name (limits.queues)
    too_late,         // the delay is beyond what the tick type can count
    busy,             // an interrupt cut into the owner's work; try again outside of it
    never,            // the cron expression has no next occurrence
    bad_period,       // a period has to be longer than zero
    bad_expression,   // the text is no cron expression; cron::parse() tells where and why
    not_const,        // overlap::allow, and the callable cannot be called as const
    wrong_priority,   // an interrupt that the platform's critical section does not keep out
    overlapping,      // trigger(): the occurrence before has not ended, and the overlap says `skip`
    unknown_limiter,  // no limiter has this name (limits.limiters)
    not_unique,       // a job of this key exists already
    out_of_keys,      // too many keys are in use (limits.keys)
    queue_full,       // the queue is full (limit_depth), and its policy refuses, or waited in vain
    ran_inline,       // the queue was full, and the job ran in the caller's place: its policy
    dropped,          // the queue was full, and it was the newest: its policy
    bad_option,       // an option that several jobs cannot have together (enqueue_n)
    no_batch,         // the running job is no member of a batch
    not_kept,         // requeue() of a job that is not among the failed ones that are kept
    journal_full,     // the log is written more slowly than jobs come (journal_limits.cells)
    journal_failed,   // the log is not open, or failed; nothing durable is accepted any more
};

[[nodiscard]] constexpr std::string_view to_string(submit_error error) noexcept {
    switch (error) {
        case submit_error::none: return "none";
        case submit_error::full: return "every job slot is taken (limits.jobs)";
        case submit_error::stopped: return "the scheduler is stopping";
        case submit_error::gone: return "the parent is gone: its slot serves another job";
        case submit_error::out_of_edges: return "too many continuations wait (limits.edges)";
        case submit_error::out_of_batches: return "too many batches are open (limits.batches)";
        case submit_error::recurring_full: return "too many recurring jobs (limits.recurring)";
        case submit_error::sealed: return "the batch is sealed";
        case submit_error::unknown_queue: return "no queue has this name (limits.queues)";
        case submit_error::too_late: return "the delay is beyond the tick's range";
        case submit_error::busy: return "the scheduler's owner is interrupted";
        case submit_error::never: return "the cron expression has no next occurrence";
        case submit_error::bad_expression: return "the text is no cron expression";
        case submit_error::bad_period: return "a period has to be longer than zero";
        case submit_error::not_const:
            return "overlap::allow needs a callable that can be called as const";
        case submit_error::wrong_priority: return "this interrupt is too urgent to submit";
        case submit_error::overlapping: return "the occurrence before has not ended";
        case submit_error::unknown_limiter: return "no limiter has this name (limits.limiters)";
        case submit_error::not_unique: return "a job of this key exists already";
        case submit_error::out_of_keys: return "too many keys are in use (limits.keys)";
        case submit_error::queue_full: return "the queue is full (limit_depth)";
        case submit_error::ran_inline:
            return "the queue was full: the job ran in its caller's place";
        case submit_error::dropped: return "the queue was full: the newest job was dropped";
        case submit_error::bad_option: return "several jobs cannot have this option together";
        case submit_error::no_batch: return "the running job is no member of a batch";
        case submit_error::not_kept: return "the job is not among the failed ones that are kept";
        case submit_error::journal_full: return "the log cannot keep up (journal_limits.cells)";
        case submit_error::journal_failed: return "the log is not open, or has failed";
    }
    return "unknown";
}

class job_id {
public:
    // Names no job: tests false, error() is `gone`.
    constexpr job_id() noexcept = default;
    // A refused submission.
    constexpr job_id(submit_error error) noexcept  // NOLINT: a reason is an answer
        : index_{static_cast<std::uint32_t>(error)} {}
    // For pawl's tables. REQUIRES: generation != 0.
    constexpr job_id(std::uint32_t index, std::uint32_t generation) noexcept
        : index_{index}, generation_{generation} {}

    constexpr explicit operator bool() const noexcept { return generation_ != 0; }

    // Why there is no job: `none` if there is one.
    [[nodiscard]] constexpr submit_error error() const noexcept {
        if (generation_ != 0) {
            return submit_error::none;
        }
        return index_ == 0 ? submit_error::gone : static_cast<submit_error>(index_);
    }

    [[nodiscard]] constexpr std::uint32_t index() const noexcept { return index_; }
    [[nodiscard]] constexpr std::uint32_t generation() const noexcept { return generation_; }

    // The whole handle in one number, for a log or a message to another program part.
    [[nodiscard]] constexpr std::uint64_t value() const noexcept {
        return std::uint64_t{generation_} << 32 | index_;
    }

    // The handle, or the refusal, whose value() this was.
    [[nodiscard]] static constexpr job_id from_value(std::uint64_t value) noexcept {
        job_id result;
        result.index_ = static_cast<std::uint32_t>(value);
        result.generation_ = static_cast<std::uint32_t>(value >> 32);
        return result;
    }

    friend constexpr auto operator<=>(job_id, job_id) noexcept = default;

private:
    std::uint32_t index_ = 0;
    std::uint32_t generation_ = 0;
};

static_assert(sizeof(job_id) == 8);

}  // namespace PAWL_ABI
}  // namespace pawl
