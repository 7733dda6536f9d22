// SPDX-License-Identifier: BSL-1.0
//
// job_event: one change of one job's state, as it is kept (limits.events) and told to hooks.
//
// Twenty bytes of plain data. Hooks are known at compile time and cost nothing where there
// are none: a platform that names them.
//
//   struct my_hooks {
//       static void on_event(const pawl::job_event& event) noexcept { trace(event); }
//   };
//   pawl::scheduler<pawl::limits{}, pawl::hooked<pawl::std_platform, my_hooks>> jobs;
//
// A hook is called by whoever changes the state: a submitter, which may be an interrupt, a worker,
// poll(). It must not throw and not wait; it may submit.
//
// Cost: an event is some ten stores and a look at the clock. Who may call: anyone.
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_state.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Why a job changed its state, where that is not clear from the two states.
enum class end_reason : std::uint8_t {
    none,
    succeeded,  // it said so
    failed,     // it said so
    exhausted,  // its last retry failed, or it came too late for another one
    filtered,   // its type does not retry this error
    discarded,  // it said so, or its policy did after the last retry
    cancelled,  // cancel(), or its owner's end
    unmet,      // the parents did not end as its condition asks
    expired,    // it could not begin by its deadline
    busy,       // another job of its key ran: busy::skip or busy::fail
    replaced,   // a newer job took its place: conflict::replace, busy::replace
    shutdown,   // the scheduler stopped
    evicted,    // a failed job that made room for newer ones
    requeued,   // a failed job that begins anew
    members,    // a batch whose last member ended
    snoozed,    // it rests; this was no attempt
    yielded,    // a slice of it is done
    retried,    // the attempt failed, and another one will follow
    waits,      // for a key, a limiter, or its next token
    dropped,    // its queue was full, and its policy let the oldest go
    overran,    // it ran longer than run_at_most: told when it returns, beside its outcome
};

[[nodiscard]] constexpr std::string_view to_string(end_reason why) noexcept {
    switch (why) {
        case end_reason::none: return "";
        case end_reason::succeeded: return "succeeded";
        case end_reason::failed: return "failed";
        case end_reason::exhausted: return "no retry left";
        case end_reason::filtered: return "error is not retried";
        case end_reason::discarded: return "discarded";
        case end_reason::cancelled: return "cancelled";
        case end_reason::unmet: return "condition not met";
        case end_reason::expired: return "deadline passed";
        case end_reason::busy: return "key is busy";
        case end_reason::replaced: return "replaced";
        case end_reason::shutdown: return "scheduler stopped";
        case end_reason::evicted: return "evicted";
        case end_reason::requeued: return "requeued";
        case end_reason::members: return "all members ended";
        case end_reason::snoozed: return "snoozed";
        case end_reason::yielded: return "yielded";
        case end_reason::retried: return "retried";
        case end_reason::waits: return "waits for a limit";
        case end_reason::overran: return "ran too long";
        case end_reason::dropped: return "dropped";
    }
    return "unknown";
}

struct job_event {
    static constexpr std::uint8_t no_queue = 0xFF;

    std::uint32_t index = 0;
    std::uint32_t generation = 0;
    std::uint32_t at = 0;      // the low 32 bits of the tick
    std::uint32_t number = 0;  // of an attempt that ended: its number, and above 16 bits its error;
                               // of a requeued job: the attempts that it goes on counting from
    job_state from = {};
    job_state to = {};
    end_reason why = {};
    std::uint8_t queue = 0;

    [[nodiscard]] constexpr job_id id() const noexcept { return {index, generation}; }
    friend constexpr bool operator==(const job_event&, const job_event&) noexcept = default;
};

template <class Platform>
concept has_hooks = requires(const job_event& event) {
    { Platform::hooks::on_event(event) }
    noexcept;
};

// A platform that is an object which listens: what a scheduler with a journal makes of it.
template <class Platform>
concept listening_platform = requires(Platform machine, const job_event& event) {
    { machine.on_event(event) }
    noexcept;
};

// What a journal is told of a recurring job, and what it knows of one from an earlier run of the
// program.
struct recurring_note {
    std::uint64_t called = 0;  // its name and rule
    std::int64_t due_ns = 0;   // its next time, in nanoseconds since 1970
    job_id run = {};           // its latest
    bool paused = false;
    bool cut_off = false;  // a run had not ended when the program did, and is not made anew yet
    std::uint8_t recoveries = 0;  // ends of the program that this run has seen
};

// A platform whose schedulers tell these hooks of every event.
template <class Platform, class Hooks>
struct hooked : Platform {
    using Platform::Platform;
    using hooks = Hooks;
    static_assert(
        requires(const job_event& event) {
            { Hooks::on_event(event) }
            noexcept;
        },
        "pawl: hooks have a static void on_event(const pawl::job_event&) noexcept");
};

}  // namespace PAWL_ABI
}  // namespace pawl
