// SPDX-License-Identifier: BSL-1.0
//
// journal: what makes a scheduler's jobs outlive the program: where they are written, which types
// they may have, and how much memory that takes.
//
// What: the third argument of a scheduler. A job whose type is in the list is written down before
// it can run, and its end when it has ended; what had not ended when the program did, runs when the
// next one starts. At least once, therefore: a job that was cut off between its effect and the
// record of its end runs again. What must happen once has to ask whether it has happened, for which
// job.durable_id() is a number that no other job of this log ever has. (job.recoveries() counts the
// starts that found it running; that it began is not synced by itself, so 0 proves nothing.)
//
//   struct send_mail {
//       static constexpr std::string_view job_type = "send_mail";
//       std::uint32_t user;
//       void operator()(pawl::job_context&) const;
//   };
//   using durable = pawl::journal<pawl::file_medium, pawl::job_types<send_mail>>;
//   pawl::scheduler<pawl::limits{}, pawl::std_platform, durable> jobs{
//       pawl::file_medium{"jobs.wal"}, pawl::deferred_start};
//   if (auto opened = jobs.start(); !opened) { ... describe(opened) ... }
//   jobs.enqueue(send_mail{42}, {.durability = pawl::synced});
//
// Which durability a job has: durability.hpp.
//
// Recurring jobs are made anew by each start of the program, after start(): callables have no place
// in a log. But their next times are kept, and pauses: what passed while the program did not run
// has passed unseen, and options.misfire says how many runs that is. A name in use by another rule
// counts from now. A run that had not ended is made once more, before those, when its recurring job
// is added again: from its first attempt, with job.recovered(), whether it had begun or not. Of
// several at once (overlap) that is the latest one. All this is of recurring jobs with a name.
//
// What does not survive: callables that are no listed type; owners; results. A text that a job
// borrowed has to be in its data.
#pragma once

#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/durability/crc32c.hpp>
#include <pawl/durability/job_types.hpp>
#include <pawl/durability/journal_medium.hpp>

namespace pawl {
inline namespace PAWL_ABI {

struct journal_limits {
    std::uint32_t cells = 1024;               // records that are handed over and not yet written
    std::uint32_t waiters = 64;               // threads that wait for the disk at once
    std::uint32_t buffer_bytes = 64 * 1024;   // each of two
    std::uint32_t blocks_max = 64;            // of the medium
    std::uint32_t recoveries_max = 3;         // starts that find a job running; then it has failed
    std::uint32_t flush_interval_us = 1'000;  // how long a buffered record may wait to be written
    crc_table crc = crc_table::slicing_by_8;  // where the processor has no instruction for it
};

template <journal_medium Medium, class Types, journal_limits J = journal_limits{}>
struct journal {
    using medium_type = Medium;
    using types = Types;
    static constexpr journal_limits capacity = J;
};

}  // namespace PAWL_ABI
}  // namespace pawl
