// SPDX-License-Identifier: BSL-1.0
//
// owner: whose jobs a job belongs to, so that they can be cancelled together: a screen, a
// connection, an entity of a game.
//
//   class enemy {
//       pawl::owner<decltype(jobs)> mine{jobs};            // its death cancels the enemy's jobs
//       void attack() { jobs.schedule(1s, [this] { hit(); }, {.owner = mine}); }
//   };
//
// The destructor cancels what waits and asks what runs to stop, and waits for what runs on other
// threads: after it nothing of the owner's is inside its callable. (With limits.workers = 0, or
// inside one of its own jobs, there is nothing to wait for.)
//
// Cost: an owner is eight bytes; cancelling all is O(limits.jobs). Who may call: any thread; the
// destructor not from an interrupt.
#pragma once

#include <cstdint>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// An owner's number, to be said in job_options.
class owner_ref {
public:
    // Nobody.
    constexpr owner_ref() noexcept = default;
    // For pawl, and for programs that number their owners themselves: not 0.
    constexpr explicit owner_ref(std::uint32_t number) noexcept : number_{number} {}

    constexpr explicit operator bool() const noexcept { return number_ != 0; }
    [[nodiscard]] constexpr std::uint32_t number() const noexcept { return number_; }

    friend constexpr bool operator==(owner_ref, owner_ref) noexcept = default;

private:
    std::uint32_t number_ = 0;
};

template <class Scheduler>
class owner {
public:
    explicit owner(Scheduler& scheduler) noexcept
        : scheduler_{&scheduler}, self_{scheduler.new_owner()} {}
    owner(const owner&) = delete;
    owner& operator=(const owner&) = delete;
    ~owner() { scheduler_->cancel_all_and_wait(self_); }

    constexpr operator owner_ref() const noexcept { return self_; }  // NOLINT: it is this one

private:
    Scheduler* scheduler_;
    owner_ref self_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
