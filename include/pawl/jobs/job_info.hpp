// SPDX-License-Identifier: BSL-1.0
//
// job_info and job_record: what is known of one job, for lists, tables and views. Plain data.
//
// A job_info is of a job that still has its slot; a job_record is what history keeps of one that
// has ended (limits.history).
//
// Cost: none of its own. Who may call: anyone.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/jobs/job_attributes.hpp>
#include <pawl/jobs/job_event.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/jobs/name.hpp>
#include <pawl/jobs/owner.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <limits L, class TimePoint>
struct basic_job_info {  // NOLINT(clang-analyzer-optin.performance.Padding): in reading order
    job_id id;
    job_state state = job_state::gone;
    name called;
    std::uint32_t queue = 0;     // its place in limits.queues
    std::uint32_t priority = 0;  // its band
    std::uint32_t attempts = 0;  // that have begun and counted
    owner_ref owner;             // limits.owners
    std::uint32_t progress = 0;  // thousandths, as it said (limits.progress)
    bool kept = false;           // failed, and can be requeued
    // When it became, or becomes, ready; when its present attempt began (limits.times, or for jobs
    // that have a deadline).
    std::optional<TimePoint> due;
    std::optional<TimePoint> began;
    // Why its last attempt failed (limits.failed, limits.error_bytes).
    job_error<L.error_bytes> error{};

    [[nodiscard]] constexpr std::string_view queue_name() const noexcept { return L.queues[queue]; }
    [[nodiscard]] constexpr std::string_view error_text() const noexcept {
        if constexpr (L.error_bytes > 0) {
            return {error.text, error.size};
        } else {
            return {};
        }
    }
};

struct job_record {
    std::uint32_t index = 0;
    std::uint32_t generation = 0;
    std::uint32_t at = 0;      // the low 32 bits of the tick at which it ended
    std::uint32_t number = 0;  // attempts, and above 16 bits the error code
    job_state state = {};
    end_reason why = {};
    std::uint8_t queue = 0;
    std::uint8_t spare = 0;
    name called = {};

    [[nodiscard]] constexpr job_id id() const noexcept { return {index, generation}; }
    [[nodiscard]] constexpr std::uint32_t attempts() const noexcept { return number & 0xFFFF; }
    [[nodiscard]] constexpr std::uint32_t error() const noexcept { return number >> 16; }
};

}  // namespace PAWL_ABI
}  // namespace pawl
