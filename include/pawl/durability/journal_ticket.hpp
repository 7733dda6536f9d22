// SPDX-License-Identifier: BSL-1.0
//
// journal_ticket: how far a journal has come, to ask later whether something is on the disk.
//
// Why: who must not wait for a disk (a real-time thread, an interrupt, a frame of a game) submits
// with durability::buffered, takes a ticket, and looks in passing whether the disk has come as far.
//
// A ticket is a count of what was handed over to the journal, modulo 2^32. The bound: one that is
// asked about after 2^31 more records is answered wrongly; at a million a second that is after half
// an hour.
//
//   jobs.enqueue(sample{now}, {.durability = pawl::buffered});
//   const pawl::journal_ticket mine = jobs.ticket();
//   jobs.request_sync();                             // or not: then when nothing else happens
//   ...
//   if (jobs.is_durable(mine)) { acknowledge(); }    // jobs.durable_seq() has come to it
//
// Cost: plain data. Who may call: anybody.
#pragma once

#include <cstdint>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class journal_ticket {
public:
    // Of nothing.
    constexpr journal_ticket() noexcept = default;
    constexpr explicit journal_ticket(std::uint32_t number) noexcept : number_{number} {}

    // Whether what that one stands for is among what this one does.
    [[nodiscard]] constexpr bool covers(journal_ticket other) const noexcept {
        return static_cast<std::int32_t>(number_ - other.number_) >= 0;
    }
    [[nodiscard]] constexpr std::uint32_t number() const noexcept { return number_; }

    friend constexpr bool operator==(journal_ticket, journal_ticket) noexcept = default;

private:
    std::uint32_t number_ = 0;
};

}  // namespace PAWL_ABI
}  // namespace pawl
