// SPDX-License-Identifier: BSL-1.0
//
// memory_use: what a scheduler takes of RAM, as constants, before there is one.
//
//   constexpr pawl::limits small{.jobs = 16, .job_bytes = 12, .workers = 0};
//   static_assert(pawl::ram_bytes<small, board> <= 2048);
//   static_assert(pawl::ram_bytes_per_job<small, board> <= 64);
//   for (const pawl::ram_part& part : pawl::ram_parts<small, board>) {
//       print(part.name, part.bytes);       // "edges" 132, "names" 128, ...
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

// The same limits with one capacity less.
struct limits_without {
    static constexpr limits edges(limits L) noexcept {
        L.edges = 0;
        L.batches = 0;
        L.recurring_policies = false;
        L.then_delay = false;
        return L;
    }
    static constexpr limits batches(limits L) noexcept {
        L.batches = 0;
        return L;
    }
    static constexpr limits recurring(limits L) noexcept {
        L.recurring = 0;
        L.recurring_policies = false;
        return L;
    }
    static constexpr limits names(limits L) noexcept {
        L.names = false;
        return L;
    }
    static constexpr limits retries(limits L) noexcept {
        L.retries = false;
        L.types = 0;
        return L;
    }
    static constexpr limits recurring_policies(limits L) noexcept {
        L.recurring_policies = false;
        return L;
    }
    static constexpr limits then_delay(limits L) noexcept {
        L.then_delay = false;
        return L;
    }
    static constexpr limits slices(limits L) noexcept {
        L.slices = false;
        return L;
    }
    static constexpr limits reschedule(limits L) noexcept {
        L.reschedule = false;
        return L;
    }
    static constexpr limits queue_control(limits L) noexcept {
        L.queue_control = false;
        return L;
    }
    static constexpr limits deadlines(limits L) noexcept {
        L.deadlines = false;
        return L;
    }
    static constexpr limits times(limits L) noexcept {
        L.times = false;
        L.types = 0;
        return L;
    }
    static constexpr limits owners(limits L) noexcept {
        L.owners = false;
        return L;
    }
    static constexpr limits progress(limits L) noexcept {
        L.progress = false;
        return L;
    }
    static constexpr limits failed(limits L) noexcept {
        L.failed = 0;
        return L;
    }
    static constexpr limits error_bytes(limits L) noexcept {
        L.error_bytes = 0;
        return L;
    }
    static constexpr limits result_bytes(limits L) noexcept {
        L.result_bytes = 0;
        return L;
    }
    static constexpr limits history(limits L) noexcept {
        L.history = 0;
        return L;
    }
    static constexpr limits events(limits L) noexcept {
        L.events = 0;
        return L;
    }
    static constexpr limits types(limits L) noexcept {
        L.types = 0;
        return L;
    }
    static constexpr limits keys(limits L) noexcept {
        L.keys = 0;
        return L;
    }
    static constexpr limits limiters(limits L) noexcept {
        L.limiters = {};
        return L;
    }
    static constexpr limits local(limits L) noexcept {
        L.local = 0;
        return L;
    }
    static constexpr limits everything(limits L) noexcept {
        return {.jobs = 1,
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
    }
};

template <limits L, platform Platform, limits (*Without)(limits) noexcept>
inline constexpr std::size_t ram_bytes_given_back = [] {
    constexpr limits less = Without(L);
    return ram_bytes<L, Platform> - ram_bytes<less, Platform>;
}();

template <limits L, platform Platform = default_platform>
inline constexpr auto ram_parts = [] {
    using without = limits_without;
    return std::array{
        ram_part{"fixed", ram_bytes<without::everything(L), Platform>},
        ram_part{"jobs", ram_bytes_per_job<L, Platform> * L.jobs},
        ram_part{"edges", ram_bytes_given_back<L, Platform, without::edges>},
        ram_part{"batches", ram_bytes_given_back<L, Platform, without::batches>},
        ram_part{"recurring", ram_bytes_given_back<L, Platform, without::recurring>},
        ram_part{"local", ram_bytes_given_back<L, Platform, without::local>},
        ram_part{"queue_control", ram_bytes_given_back<L, Platform, without::queue_control>},
        ram_part{"names", ram_bytes_given_back<L, Platform, without::names>},
        ram_part{"retries", ram_bytes_given_back<L, Platform, without::retries>},
        ram_part{"recurring_policies",
                 ram_bytes_given_back<L, Platform, without::recurring_policies>},
        ram_part{"then_delay", ram_bytes_given_back<L, Platform, without::then_delay>},
        ram_part{"slices", ram_bytes_given_back<L, Platform, without::slices>},
        ram_part{"reschedule", ram_bytes_given_back<L, Platform, without::reschedule>},
        ram_part{"deadlines", ram_bytes_given_back<L, Platform, without::deadlines>},
        ram_part{"times", ram_bytes_given_back<L, Platform, without::times>},
        ram_part{"owners", ram_bytes_given_back<L, Platform, without::owners>},
        ram_part{"progress", ram_bytes_given_back<L, Platform, without::progress>},
        ram_part{"failed", ram_bytes_given_back<L, Platform, without::failed>},
        ram_part{"error_bytes", ram_bytes_given_back<L, Platform, without::error_bytes>},
        ram_part{"result_bytes", ram_bytes_given_back<L, Platform, without::result_bytes>},
        ram_part{"history", ram_bytes_given_back<L, Platform, without::history>},
        ram_part{"events", ram_bytes_given_back<L, Platform, without::events>},
        ram_part{"types", ram_bytes_given_back<L, Platform, without::types>},
        ram_part{"keys", ram_bytes_given_back<L, Platform, without::keys>},
        ram_part{"limiters", ram_bytes_given_back<L, Platform, without::limiters>},
    };
}();

}  // namespace PAWL_ABI
}  // namespace pawl
