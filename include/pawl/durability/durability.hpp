// SPDX-License-Identifier: BSL-1.0
//
// durability: what of a job outlives the program.
//
//   none         in memory only, as any lambda
//   buffered     the record is handed over, and written within flush_interval_us (without threads:
//                by the next poll). Costs no system call and no lock: for real-time threads and
//                interrupts. Whether it is on the disk says a ticket (journal_ticket.hpp). The
//                default
//   synced       enqueue() returns when it is on the disk, or why it is not. May block as long as
//                the disk does; not for interrupts
//   sync_later   as buffered, but the job does not run before it is on the disk; nobody waits.
//                Needs limits.edges
//
// Of enqueue_n() each job has a record of its own: after a power cut some may be there and others
// not, unless it has returned. With `synced` they run from their sync on, one for all of them.
//
#pragma once

#include <cstdint>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

enum class durability : std::uint8_t { none, buffered, synced, sync_later };
using durability::buffered;
using durability::sync_later;
using durability::synced;

// As an option: what is listed in a journal and says nothing is `buffered`.
class durability_option {
public:
    constexpr durability_option() noexcept = default;
    constexpr durability_option(durability how) noexcept : how_{how} {}  // NOLINT: is one

    constexpr operator durability() const noexcept { return how_; }  // NOLINT: is one

private:
    durability how_ = durability::buffered;
};

}  // namespace PAWL_ABI
}  // namespace pawl
