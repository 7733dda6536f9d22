// SPDX-License-Identifier: BSL-1.0
//
// job_context: what a running job may ask about itself.
//
// A callable that takes a `pawl::job_context&` gets one; it is valid until the callable returns.
// Not a template, so that a job's type can be declared without knowing the scheduler that runs it.
//
//   jobs.enqueue([](pawl::job_context& job) {
//       while (!job.stop_requested() && more()) { next(); }
//   });
//
// Cost: stop_requested() two loads through one function pointer. Who may call: the running job, and
// threads that it waits for.
#pragma once

#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/name.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class job_context {
public:
    using stop_query = bool (*)(const void* scheduler, job_id job) noexcept;

    // For schedulers.
    constexpr job_context(job_id id, std::uint32_t attempt, name called, const void* scheduler,
                          stop_query stopped) noexcept
        : id_{id}, attempt_{attempt}, name_{called}, scheduler_{scheduler}, stopped_{stopped} {}
    job_context(const job_context&) = delete;
    job_context& operator=(const job_context&) = delete;

    // The handle that the submission returned.
    [[nodiscard]] job_id id() const noexcept { return id_; }
    // 1 for the first run, 2 for the first retry, and so on; a snooze does not count.
    [[nodiscard]] std::uint32_t attempt() const noexcept { return attempt_; }
    [[nodiscard]] name called() const noexcept { return name_; }
    // True once the job was cancelled, or the scheduler stops and will not wait any longer.
    [[nodiscard]] bool stop_requested() const noexcept { return stopped_(scheduler_, id_); }

private:
    job_id id_;
    std::uint32_t attempt_;
    name name_;
    const void* scheduler_;
    stop_query stopped_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
