// SPDX-License-Identifier: BSL-1.0
//
// journal_part: what a scheduler has of a journal. With no_journal nothing: no byte and no
// instruction. With one: durable_scheduler.hpp.
#pragma once

#include <pawl/config.hpp>
#include <pawl/durability/no_journal.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Not defined: a scheduler with a journal needs <pawl/scheduler/durable_scheduler.hpp>.
template <limits L, platform Platform, class Journal>
class journal_part;

template <limits L, platform Platform>
class journal_part<L, Platform, no_journal> {
public:
    struct medium_type {};
    using machine_type = Platform;
    static constexpr bool exists = false;
    template <class F>
    static constexpr bool listed = false;
};

// Puts the jobs of a log back: recover_jobs.hpp.
template <limits L, class Core, class Durable>
class job_recovery;

}  // namespace PAWL_ABI
}  // namespace pawl
