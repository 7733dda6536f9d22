// SPDX-License-Identifier: BSL-1.0
//
// queue_overflow: what becomes of a submission to a queue that is full.
//
// What: a queue may have a depth, so many jobs that are ready at once (job_commands:
// limit_depth()), and a policy for more:
//
//   reject       the submission is refused: submit_error::queue_full
//   drop_newest  the same, and counted as dropped: submit_error::dropped
//   drop_oldest  the queue's oldest job is deleted (end_reason::dropped), its callable destroyed by
//                the submitter, and this one is accepted
//   run_inline   this one runs at once, in the caller's place: submit_error::ran_inline
//   block        the caller sleeps until there is room, or the timeout is over: then queue_full.
//                Not from an interrupt, nor inside a job of a scheduler that has only one worker
//
// Only enqueue() of single jobs asks; what is due, retried or released always finds its place, for
// its slot is reserved already. The depth is exact but for those who submit at the same moment.
// With every slot taken (submit_error::full), `run_inline` and `block` work the same.
//
// Cost: where no queue has a depth, one load a submission. Who may call: as enqueue().
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/jobs/callable.hpp>
#include <pawl/jobs/job_context.hpp>
#include <pawl/jobs/job_event.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

enum class queue_full : std::uint8_t { reject, drop_newest, drop_oldest, run_inline, block };

// Deletes the oldest job of a line that has not begun, and destroys its callable, here and now.
// False: none was found among the first few.
template <class Runner>
bool drop_oldest(Runner& runner, std::uint32_t line) noexcept {
    constexpr int looks_max = 16;  // at jobs that were cancelled already, or hold a key
    std::uint32_t index = 0;
    for (int looks = 0; looks < looks_max && runner.flow.ready.take_oldest(line, index); ++looks) {
        if (runner.drop(index)) {
            return true;
        }
        runner.flow.ready.put(index, line);
    }
    return false;
}

// Runs a callable here, without a slot: what it says is not heard, and it may ask nothing.
template <class F>
void run_in_place(F&& function, name called) noexcept {
    std::decay_t<F> own(std::forward<F>(function));  // as a slot would hold it
    const auto answers_nothing = [](void*, const job_context&,
                                    const job_context::request&) noexcept -> std::uint32_t {
        return 0;
    };
    job_context job{job_id{}, 1, called, nullptr, answers_nothing};
    static_cast<void>(call_safely(
        [&] {
            if constexpr (takes_context<std::decay_t<F>>) {
                return call(own, job);
            } else {
                return call(own);
            }
        },
        [](const char*) {}));
}

// Sleeps a little; longer the oftener.
template <class Platform>
void rest_a_little(Platform& machine, std::uint32_t times) noexcept {
    if constexpr (parking_platform<Platform>) {
        using duration = typename Platform::duration;
        constexpr auto first = std::chrono::microseconds{20};
        constexpr std::uint32_t doublings_max = 6;
        typename Platform::parker bed;
        machine.park_until(
            bed, machine.now() +
                     std::chrono::ceil<duration>(first * (1U << std::min(times, doublings_max))));
    }
}

}  // namespace PAWL_ABI
}  // namespace pawl
