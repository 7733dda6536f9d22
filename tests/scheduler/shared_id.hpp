// SPDX-License-Identifier: BSL-1.0
//
// shared_id: a handle that one thread writes and others read.
#pragma once

#include <atomic>
#include <cstdint>

#include <pawl/jobs/job_id.hpp>

namespace job_checks {

class shared_id {
public:
    void store(pawl::job_id id) noexcept { value_.store(id.value(), std::memory_order_relaxed); }
    [[nodiscard]] pawl::job_id load() const noexcept {
        const std::uint64_t value = value_.load(std::memory_order_relaxed);
        return {static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32)};
    }

private:
    std::atomic<std::uint64_t> value_{0};
};

}  // namespace job_checks
