// SPDX-License-Identifier: BSL-1.0
//
// unique_jobs: what a submission does whose key another job has.
//
// What: a job with a `unique` key is built first, and enters its key last, by one compare-and-swap
// in the table of keys (key_table.hpp). Who finds the key taken does what its options say, and
// gives its slot back if it is not needed: two submissions of one key never both run, whichever
// thread or interrupt they come from, and none waits for the other. Between its key and its first
// visible state a job counts as there: who interrupts its submitter then, and asks for the same
// key, is refused, also with conflict::replace; with conflict::existing he has the handle of a job
// that may still be refused for another reason.
//
// A time is counted in units of 256 ticks where ticks have 64 bits (2.6 ms at 10 us), of 16 where a
// tick is a millisecond or more; it is kept up to two of these too long, and may be 2^30 of them at
// most: a month.
//
// A job has its key until it ends, or begins (unique_until::start), or for a time from its
// submission on (unique_for), whatever becomes of it; of a durable job that time goes on by the
// wall clock while the program does not run. A job that was cancelled and has not been taken out of
// its place yet has no key any more.
//
// Cost: some loads and three compare-and-swaps. Who may call: any thread or interrupt.
#pragma once

#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/jobs/job_attributes.hpp>
#include <pawl/jobs/job_event.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_options.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/key_table.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// What its options say of it.
struct unique_request {
    std::uint32_t key;
    unique_until until;
    time_option time;
    pawl::conflict conflict;
};

// Enters the key of a job that is built and not visible yet. Returns its handle; or that of the job
// that has the key, or a refusal, and then the slot is the caller's to give back. `due`: when this
// job would begin, for conflict::postpone.
template <class Runner>
PAWL_OUT_OF_LINE job_id enter_unique(Runner& runner, job_id id, const unique_request& options,
                                     typename Runner::deadline due) noexcept {
    auto& flow = runner.flow;
    using flow_type = typename Runner::flow_type;
    auto& more = flow.table.job(id.index()).more;
    const std::uint32_t wanted = options.key;
    const std::uint32_t mine = flow_type::unique_value(id);
    more.unique.set(wanted);
    more.add(attribute::unique |
             (options.until == unique_until::start ? attribute::unique_until_start : 0U) |
             (options.time ? attribute::unique_for : 0U));
    const auto length = options.time ? flow_type::ticks_of(*options.time) : typename Runner::tick{};
    if (length > flow_type::unique_for_max) {
        return submit_error::too_late;
    }
    for (;;) {
        const std::uint32_t now = flow.unique_now();
        // Rounded up, and once more because the present was rounded down.
        const std::uint32_t until =
            options.time ? flow.unique.until_after(now, flow_type::unique_units(length) + 1) : 0;
        // Those whose time is over leave for good, long before it could seem to come again.
        flow.unique.sweep(now, 2);
        const key_answer answer = flow.unique.enter(wanted, mine, now, until);
        if (answer.result == key_result::entered) {
            return id;
        }
        if (answer.result == key_result::full) {
            if (flow.unique.sweep(now, flow.unique.places()) != 0) {
                continue;
            }
            return submit_error::out_of_keys;
        }
        const job_id other = flow.unique_holder(wanted, answer.value);
        const state_word seen = flow.table.find(other);
        const job_state state = seen.state();
        // One that has entered its key and is not visible yet is as good as there.
        const bool being_built =
            other && state == job_state::gone && seen.is_of(other.generation());
        const bool over = !being_built && (state == job_state::gone || is_final(state));
        const bool can_be_replaced =
            options.conflict == conflict::replace && !being_built && state != job_state::processing;
        const bool takes_place =
            over ? answer.until == 0 || options.conflict == conflict::replace
                 : can_be_replaced && runner.cancel(other, end_reason::replaced);
        if (takes_place) {
            switch (flow.unique.replace(wanted, answer.value, mine, now, until)) {
                case key_change::done: return id;
                case key_change::gone: continue;
                case key_change::full: return submit_error::out_of_keys;
            }
        }
        if (over || options.conflict == conflict::reject || options.conflict == conflict::replace) {
            if (can_be_replaced) {
                continue;  // it ended, began or was cancelled by somebody else just now: look again
            }
            return submit_error::not_unique;
        }
        if constexpr (Runner::moves_time) {
            if (options.conflict == conflict::postpone) {
                runner.reschedule(other, due);
            }
        }
        return other;
    }
}

}  // namespace PAWL_ABI
}  // namespace pawl
