// SPDX-License-Identifier: BSL-1.0
//
// job_services: what a running job asks of its scheduler, and says to it, through its job_context.
//
// What: whether it should stop, and why; its cursor, its error, its progress, its result and its
// parent's, how late it began. job_context is no template, so that one function can take it
// whatever the scheduler: it calls serve() with a number for what is asked.
//
// Cost: a call through a pointer and a few loads. Who may call: the job, while it runs.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/jobs/job_attributes.hpp>
#include <pawl/jobs/job_context.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/scheduler/job_changes.hpp>
#include <pawl/time/tick_clock.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <limits L, platform Platform>
struct job_services {
    using clock = tick_clock<Platform>;
    using tick = typename clock::tick;
    using changes_type = job_changes<L, Platform>;
    using table_type = typename changes_type::table_type;

    // `scheduler`: its job_changes.
    static std::uint32_t serve(void* scheduler, const job_context& job,
                               const job_context::request& asked) noexcept {
        auto& self = *static_cast<changes_type*>(scheduler);
        [[maybe_unused]] auto& more = self.flow.table.job(job.id().index()).more;
        using service = job_context::service;
        // What limits leave out is the same: nothing.
        switch (asked.what) {  // NOLINT(bugprone-branch-clone)
            case service::stop_requested:
            case service::stop_reason:
                return static_cast<std::uint32_t>(reason_to_stop(self, job.id()));
            case service::cursor:
                if constexpr (L.slices) {
                    return more.has(attribute::cursor) ? more.cursor.get_own() : 0;
                }
                break;
            case service::attributes:
                if constexpr (table_type::slot::attributes_exist) {
                    return more.flags.get_own();
                }
                break;
            case service::error:
                if constexpr (L.error_bytes > 0) {
                    take_error(more, *static_cast<const std::string_view*>(asked.data));
                }
                break;
            case service::progress:
                if constexpr (L.progress) {
                    more.progress.set(std::min<std::uint32_t>(asked.number, 1000));
                }
                break;
            case service::result:  // NOLINT(bugprone-branch-clone)
                if constexpr (L.result_bytes > 0) {
                    return take_result(more, job.id(), asked);
                }
                break;
            case service::parent_result:
                if constexpr (L.result_bytes > 0) {
                    return give_result(more, asked);
                }
                break;
            case service::lateness:
                if constexpr (L.times || L.deadlines) {
                    tell_lateness(more, *static_cast<std::chrono::microseconds*>(asked.data));
                }
                break;
            case service::recoveries:  // NOLINT(bugprone-branch-clone): all but one case discarded
                if constexpr (listening_platform<Platform>) {
                    return self.flow.machine.recoveries_of(job.id());
                }
                break;
            case service::durable_id:
                if constexpr (listening_platform<Platform>) {
                    *static_cast<std::uint64_t*>(asked.data) =
                        self.flow.machine.number_of(job.id());
                }
                break;
        }
        return 0;
    }

private:
    [[nodiscard]] static stop_reason reason_to_stop(const changes_type& self, job_id job) noexcept {
        const auto& flow = self.flow;
        // acquire: pairs with ask_to_stop().
        if (self.stop_asked.load(std::memory_order_acquire) != 0) {
            return stop_reason::shutdown;
        }
        if (flow.table.find(job).state() != job_state::processing) {
            return stop_reason::cancelled;
        }
        if (flow.batch_deleted(job.index())) {
            return stop_reason::batch_cancelled;
        }
        if constexpr (L.deadlines) {
            const auto& more = flow.table.job(job.index()).more;
            if (more.has(attribute::run_at_most) &&
                more.runs_too_long(clock::floor(flow.machine.now()))) {
                return stop_reason::deadline;
            }
        }
        return stop_reason::none;
    }

    template <class More>
    static void take_error(More& more, std::string_view text) noexcept {
        job_error<L.error_bytes> error{};
        error.size = static_cast<std::uint16_t>(std::min<std::size_t>(text.size(), L.error_bytes));
        for (std::uint32_t i = 0; i < error.size; ++i) {
            error.text[i] = text[i];
        }
        more.error.set(error);
        more.add(attribute::error);
    }
    template <class More>
    static std::uint32_t take_result(More& more, job_id id,
                                     const job_context::request& asked) noexcept {
        if (asked.number > L.result_bytes) {
            return 0;
        }
        job_result<L.result_bytes> result{};
        result.type = asked.type;
        result.generation = id.generation();
        std::memcpy(result.bytes, asked.data, asked.number);
        more.result.set(result);
        return 1;
    }
    template <class More>
    static std::uint32_t give_result(const More& more, const job_context::request& asked) noexcept {
        if (!more.has(attribute::inherited)) {
            return 0;
        }
        const job_result<L.result_bytes> result = more.inherited.get_own();
        if (result.type != asked.type || asked.number > L.result_bytes) {
            return 0;
        }
        std::memcpy(asked.data, result.bytes, asked.number);
        return 1;
    }
    template <class More>
    static void tell_lateness(const More& more, std::chrono::microseconds& out) noexcept {
        if (L.times || more.has(attribute::deadline)) {
            // Due times are rounded up, the present is rounded down.
            const tick late = More::length(more.due.get_own(), more.began.get_own());
            out =
                std::chrono::duration_cast<std::chrono::microseconds>(typename clock::tick_duration{
                    static_cast<typename clock::tick_duration::rep>(late)});
        }
    }
};

}  // namespace PAWL_ABI
}  // namespace pawl
