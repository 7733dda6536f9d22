// SPDX-License-Identifier: BSL-1.0
//
// durable_scheduler: a scheduler whose jobs outlive the program. Include this beside pawl.hpp, and
// file_medium.hpp, flash_medium.hpp or ram_medium.hpp; journal.hpp says what to write.
//
// With threads, one of them writes the log. It looks each flush_interval_us whether something was
// handed over, so that nobody who hands over has to wake it; when nothing comes any more it syncs,
// once, and says in the log what is durable. A scheduler without threads writes when it polls.
//
// Cost: see durable_jobs.hpp. Who may call: see scheduler.hpp.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/durability/journal.hpp>
#include <pawl/durability/journal_medium.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/scheduler/durable_jobs.hpp>
#include <pawl/scheduler/journal_part.hpp>
#include <pawl/scheduler/recover_jobs.hpp>
#include <pawl/scheduler/scheduler.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// All but the end of it.
template <limits L, platform Platform, journal_medium Medium, class Types, journal_limits J>
class open_journal_part {
public:
    using durable_type = durable_jobs<L, Platform, journal<Medium, Types, J>>;
    using machine_type = journaled<Platform, durable_type>;
    using medium_type = Medium;
    static constexpr bool exists = true;

    // Whether jobs of this type can be durable.
    template <class F>
    static constexpr bool listed = Types::template contains<F>;

    open_journal_part(const open_journal_part&) = delete;
    open_journal_part& operator=(const open_journal_part&) = delete;

protected:
    constexpr open_journal_part() noexcept = default;
    constexpr explicit open_journal_part(medium_type medium) noexcept
        : durable_{std::move(medium)} {}

    [[nodiscard]] bool begin_writing() noexcept {
        if constexpr (threaded) {
            has_thread_ = thread_.start(&write, this);
            return has_thread_;
        } else {
            return true;
        }
    }
    // All that was handed over is on the disk, and the log is closed.
    void end_journal() noexcept {
        if constexpr (threaded) {
            // release: no more than that there is nothing to wait for.
            ending_.store(1, std::memory_order_release);
            if (std::exchange(has_thread_, false)) {
                Platform{}.unpark(parker_);
                thread_.join();
            }
        }
        durable_.close();
    }

    durable_type durable_;

private:
    static constexpr bool threaded = Platform::has_threads && L.workers != 0;

    template <bool Threaded, class P>
    struct types_of {
        struct nothing {};
        using thread = nothing;
        using parker = nothing;
    };
    template <class P>
    struct types_of<true, P> {
        using thread = typename P::thread;
        using parker = typename P::parker;
    };

    static void write(void* self) noexcept requires threaded {
        auto& mine = *static_cast<open_journal_part*>(self);
        Platform machine{};
        // So many turns without anything: then nothing happens any more, for a while.
        constexpr std::uint32_t quiet_turns = 16;
        std::uint32_t quiet = 0;
        while (mine.ending_.load(std::memory_order_acquire) == 0) {
            machine.park_until(mine.parker_,
                               machine.now() + std::chrono::microseconds{J.flush_interval_us});
            if (mine.durable_.serve()) {
                quiet = 0;
            } else if (quiet < quiet_turns && ++quiet == quiet_turns) {
                static_cast<void>(mine.durable_.sync());
                mine.durable_.mark();
            }
        }
    }

    typename Platform::word ending_;
    bool has_thread_ = false;
    typename types_of<threaded, Platform>::parker parker_ = {};
    typename types_of<threaded, Platform>::thread thread_ = {};
};

// The destructor closes the log.
template <limits L, platform Platform, journal_medium Medium, class Types, journal_limits J>
class journal_part<L, Platform, journal<Medium, Types, J>>
    : public open_journal_part<L, Platform, Medium, Types, J> {
    using base = open_journal_part<L, Platform, Medium, Types, J>;

protected:
    constexpr journal_part() noexcept = default;
    constexpr explicit journal_part(Medium medium) noexcept : base{std::move(medium)} {}
    ~journal_part() { this->end_journal(); }
};
// Firmware has no end at which a global's destructor could run, and mostly no library that could
// register one: stop() closes the log.
template <limits L, platform Platform, journal_medium Medium, class Types, journal_limits J>
requires interrupt_platform<Platform>
class journal_part<L, Platform, journal<Medium, Types, J>>
    : public open_journal_part<L, Platform, Medium, Types, J> {
    using base = open_journal_part<L, Platform, Medium, Types, J>;

protected:
    constexpr journal_part() noexcept = default;
    constexpr explicit journal_part(Medium medium) noexcept : base{std::move(medium)} {}
};

}  // namespace PAWL_ABI
}  // namespace pawl
