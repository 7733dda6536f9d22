// SPDX-License-Identifier: BSL-1.0
//
// memory_use: what a scheduler takes of RAM, as constants, before there is one.
//
//   constexpr pawl::limits small{.jobs = 16, .job_bytes = 12, .workers = 0};
//   static_assert(pawl::ram_bytes<small, board> <= 4096);
//   static_assert(pawl::ram_bytes_per_job<small, board> <= 96);
//   for (const pawl::ram_part& part : pawl::ram_parts<small, board>) {
//       print(part.name, part.bytes);       // "edges" 624, "names" 128, ...
//   }
//
// Everything that a scheduler without threads ever takes lies in the object: no heap, and nothing
// static beside it. With workers each has the system's stack, which is not counted here.
//
// How: a limits value is changed in one place, and the sizes of both schedulers are subtracted. So
// a part is what you get back by switching it off, with whatever needs it, and parts do not add up
// to the whole where they share padding or where one needs another. `fixed` is what is left with
// one job and nothing else.
//
// Cost: none at run time. At compile time each part is one more scheduler type, so include this
// where you ask, not everywhere: it is not in pawl.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/durability/no_journal.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/platform/default_platform.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/scheduler/scheduler.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Bytes of RAM: the scheduler's own, threads' stacks aside.
template <limits L, platform Platform = default_platform, class Journal = no_journal>
inline constexpr std::size_t ram_bytes = sizeof(scheduler<L, Platform, Journal>);

// What one job more takes, every other capacity as it is: the mean of doubling them.
template <limits L, platform Platform = default_platform>
inline constexpr std::size_t ram_bytes_per_job = [] {
    constexpr limits doubled = [] {
        limits result = L;
        result.jobs = 2 * L.jobs;
        return result;
    }();
    return (ram_bytes<doubled, Platform> - ram_bytes<L, Platform>) / L.jobs;
}();

struct ram_part {
    const char* name;   // of the member of limits
    std::size_t bytes;  // that 0 or false there gives back; 0 if it is off already
};

// The same limits with these members off: 0, false or empty.
template <limits L, auto... Members>
inline constexpr limits limits_without = [] {
    limits less = L;
    ((less.*Members = {}), ...);
    return less;
}();
// One job and nothing else.
template <limits L>
inline constexpr limits limits_of_one_job{.jobs = 1,
                                          .job_bytes = L.job_bytes,
                                          .job_align = L.job_align,
                                          .edges = 0,
                                          .batches = 0,
                                          .recurring = 0,
                                          .workers = L.workers,
                                          .workers_max = L.workers_max,
                                          .local = 0,
                                          .queues = {"default"},
                                          .queue_control = false,
                                          .names = false,
                                          .retries = false,
                                          .recurring_policies = false,
                                          .then_delay = false,
                                          .slices = false,
                                          .reschedule = false,
                                          .failed = 0};

template <limits L, platform Platform, auto... Members>
inline constexpr std::size_t ram_bytes_given_back =
    ram_bytes<L, Platform> - ram_bytes<limits_without<L, Members...>, Platform>;

// A member, and what needs it.
template <limits L, platform Platform = default_platform>
inline constexpr auto ram_parts = [] {
    return std::array{
        ram_part{"fixed", ram_bytes<limits_of_one_job<L>, Platform>},
        ram_part{"jobs", ram_bytes_per_job<L, Platform> * L.jobs},
        ram_part{"edges", ram_bytes_given_back<L, Platform, &limits::edges, &limits::batches,
                                               &limits::recurring_policies, &limits::then_delay>},
        ram_part{"batches", ram_bytes_given_back<L, Platform, &limits::batches>},
        ram_part{
            "recurring",
            ram_bytes_given_back<L, Platform, &limits::recurring, &limits::recurring_policies>},
        ram_part{"local", ram_bytes_given_back<L, Platform, &limits::local>},
        ram_part{"queue_control", ram_bytes_given_back<L, Platform, &limits::queue_control>},
        ram_part{"names", ram_bytes_given_back<L, Platform, &limits::names>},
        ram_part{"retries", ram_bytes_given_back<L, Platform, &limits::retries, &limits::types>},
        ram_part{"recurring_policies",
                 ram_bytes_given_back<L, Platform, &limits::recurring_policies>},
        ram_part{"then_delay", ram_bytes_given_back<L, Platform, &limits::then_delay>},
        ram_part{"slices", ram_bytes_given_back<L, Platform, &limits::slices>},
        ram_part{"reschedule", ram_bytes_given_back<L, Platform, &limits::reschedule>},
        ram_part{"deadlines", ram_bytes_given_back<L, Platform, &limits::deadlines>},
        ram_part{"times", ram_bytes_given_back<L, Platform, &limits::times, &limits::types>},
        ram_part{"owners", ram_bytes_given_back<L, Platform, &limits::owners>},
        ram_part{"progress", ram_bytes_given_back<L, Platform, &limits::progress>},
        ram_part{"failed", ram_bytes_given_back<L, Platform, &limits::failed>},
        ram_part{"error_bytes", ram_bytes_given_back<L, Platform, &limits::error_bytes>},
        ram_part{"result_bytes", ram_bytes_given_back<L, Platform, &limits::result_bytes>},
        ram_part{"history", ram_bytes_given_back<L, Platform, &limits::history>},
        ram_part{"events", ram_bytes_given_back<L, Platform, &limits::events>},
        ram_part{"types", ram_bytes_given_back<L, Platform, &limits::types>},
        ram_part{"keys", ram_bytes_given_back<L, Platform, &limits::keys>},
        ram_part{"limiters", ram_bytes_given_back<L, Platform, &limits::limiters>},
    };
}();

}  // namespace PAWL_ABI
}  // namespace pawl
