// SPDX-License-Identifier: BSL-1.0
//
// faulty_medium: any medium, with an operation that fails when it is told to.
//
//   crash::faulty_medium<crash::disk_simulator> medium{crash::disk_simulator{}};
//   medium.arm({.at = 7, .with = {pawl::io_error::no_space}});      // the eighth operation of all
//   medium.arm({.of = crash::operation::sync, .for_ever = true});   // every sync
//
// "Every operation fails once, in turn" is fail_each():
//
//   crash::fail_each({.with = {pawl::io_error::failed}}, [](crash::fault which) {
//       crash::faulty_medium<crash::disk_simulator> medium{crash::disk_simulator{}};
//       medium.arm(which);
//       ... the run, and what must hold after it ...
//       return medium.has_failed();   // false: the run has no operation with that number
//   });
//
// What of the operation is done nevertheless, fault::done, is nothing, the first half (a short
// write, a short read, a sync that reached half of the sectors: of these all or nothing), or all
// of it (the answer got lost). A failed sync is told to a medium that has fail_sync(), because it
// is more than one that was not called; see disk_simulator.
//
// Who hands a medium over by value and wants to keep an eye on it gives a medium_ref instead.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <pawl/durability/io_status.hpp>
#include <pawl/durability/journal_medium.hpp>
#include <pawl/durability/medium_ref.hpp>

#include "durability/crash_states.hpp"

namespace crash {

// A medium that lives elsewhere, and can be told that a sync has failed.
template <pawl::journal_medium M>
class medium_ref : public pawl::medium_ref<M> {
public:
    explicit medium_ref(M& medium) noexcept : pawl::medium_ref<M>{medium}, medium_{&medium} {}

    io_status fail_sync(io_status with) noexcept requires requires(M& medium) {
        medium.fail_sync(with);
    }
    { return medium_->fail_sync(with); }

private:
    M* medium_;
};

enum class operation : u8 { open, read, program, erase, sync, any };
enum class done : u8 { nothing, half, all };

struct fault {
    operation of = operation::any;
    u64 at = 0;             // the first of its kind has number 0
    bool for_ever = false;  // and all of its kind after it
    io_status with{io_error::failed, 5};
    crash::done done = crash::done::nothing;
};

template <pawl::journal_medium M>
class faulty_medium {
public:
    explicit faulty_medium(M medium) : medium_{std::move(medium)} {}

    M& inner() noexcept { return medium_; }

    // Counts from here on.
    void arm(fault which) noexcept {
        fault_ = which;
        armed_ = true;
        failures_ = 0;
        counts_ = {};
    }
    void disarm() noexcept { armed_ = false; }

    // Operations since arm(), the failed ones included.
    u64 count(operation of = operation::any) const noexcept {
        return counts_[static_cast<std::size_t>(of)];
    }
    u64 failures() const noexcept { return failures_; }
    bool has_failed() const noexcept { return failures_ != 0; }

    // ---- a journal_medium ----

    io_status open() noexcept {
        if (!fails(operation::open)) {
            return medium_.open();
        }
        if (fault_.done == done::all && medium_.open().ok()) {
            medium_.close();  // whoever could not open something does not close it
        }
        return fault_.with;
    }
    void close() noexcept { medium_.close(); }
    pawl::medium_geometry geometry() const noexcept { return medium_.geometry(); }
    io_status read(u32 block, u32 offset, std::span<std::byte> into) noexcept {
        if (!fails(operation::read)) {
            return medium_.read(block, offset, into);
        }
        if (const std::size_t part = part_of(into.size(), 1); part != 0) {
            static_cast<void>(medium_.read(block, offset, into.first(part)));
        }
        return fault_.with;
    }
    io_status program(u32 block, u32 offset, std::span<const std::byte> from) noexcept {
        if (!fails(operation::program)) {
            return medium_.program(block, offset, from);
        }
        const u32 unit = medium_.geometry().write_unit;
        if (const std::size_t part = part_of(from.size(), unit); part != 0) {
            static_cast<void>(medium_.program(block, offset, from.first(part)));
        }
        return fault_.with;
    }
    io_status erase(u32 block) noexcept {
        if (!fails(operation::erase)) {
            return medium_.erase(block);
        }
        if (fault_.done != done::nothing) {
            static_cast<void>(medium_.erase(block));
        }
        return fault_.with;
    }
    io_status sync() noexcept {
        if (!fails(operation::sync)) {
            return medium_.sync();
        }
        if (fault_.done == done::all) {
            static_cast<void>(medium_.sync());
        } else if constexpr (requires { medium_.fail_sync(fault_.with); }) {
            static_cast<void>(medium_.fail_sync(fault_.with));
        }
        return fault_.with;
    }

private:
    bool fails(operation kind) noexcept {
        const u64 of_kind = counts_[static_cast<std::size_t>(kind)]++;
        const u64 of_all = counts_[static_cast<std::size_t>(operation::any)]++;
        if (!armed_ || (fault_.of != operation::any && fault_.of != kind)) {
            return false;
        }
        const u64 number = fault_.of == operation::any ? of_all : of_kind;
        if (number != fault_.at && !(fault_.for_ever && number > fault_.at)) {
            return false;
        }
        ++failures_;
        return true;
    }

    std::size_t part_of(std::size_t bytes, u32 unit) const noexcept {
        switch (fault_.done) {
            case done::nothing: return 0;
            case done::half: return bytes / 2 / unit * unit;
            case done::all: break;
        }
        return bytes;
    }

    M medium_;
    fault fault_;
    bool armed_ = false;
    u64 failures_ = 0;
    std::array<u64, 6> counts_{};
};

// Calls run(fault) with fault.at = 0, 1, 2 ... until it returns false. How often it returned true:
// the operations that have failed in turn.
template <class Run>
u64 fail_each(fault which, Run&& run) {
    for (which.at = 0; run(std::as_const(which)); ++which.at) {
    }
    return which.at;
}

}  // namespace crash
