// SPDX-License-Identifier: BSL-1.0
//
// lost_job: what stands in the place of a durable job that cannot be run.
//
// What: a job that fails and says why, so that all that hangs on the other is told: continuations,
// batches, hooks, and who looks after failed jobs. With a journal only.
//
//   if (info->error.code == static_cast<std::uint16_t>(pawl::lost_reason::poisoned)) { ... }
//
// Cost: a pointer and a number in the job's slot. Who may call: the scheduler.
#pragma once

#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/jobs/job_context.hpp>
#include <pawl/jobs/outcome.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Its codes, for hooks and for who asks a failed job.
enum class lost_reason : std::uint16_t {
    poisoned = 0xFFF0,      // the program ended more often than recoveries_max while it ran
    unknown_type = 0xFFF1,  // no job_type of this program
    unreadable = 0xFFF2,    // its data are of another form than this program's type has
};

struct lost_job {
    const char* why;
    std::uint32_t code;

    [[nodiscard]] static constexpr lost_job poisoned() noexcept {
        return {"poisoned: the program has ended too often while this job ran",
                static_cast<std::uint32_t>(lost_reason::poisoned)};
    }

    outcome operator()(job_context& job) const noexcept {
        job.error(why);
        return outcome::fail(static_cast<std::uint16_t>(code));
    }
};

}  // namespace PAWL_ABI
}  // namespace pawl
