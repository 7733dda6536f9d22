// SPDX-License-Identifier: BSL-1.0
//
// recurring_table: the jobs that come again, each with its rule and its callable.
//
// What: a fixed array of entries. An entry fires by making an ordinary job, so that queues, retries
// and counts apply to every occurrence. The next time always follows from the scheduled one, never
// from now: a late poll delays one occurrence and shifts none. What was missed meanwhile is one
// occurrence (and is counted), not many at once.
//
// How it works: the wheel's owner reads and changes entries; an occurrence only runs the callable,
// which a counted reference keeps alive. Removal drops the table's reference, and the last one
// destroys the callable, be it the caller of remove() or the last occurrence.
// Calendar entries keep their time on the wall clock: before one fires, the wall time is compared,
// and if it has not come (the clock was set back) the entry is armed again.
//
// Cost: take and find O(limits.recurring), firing O(1). Who may call: the wheel's owner; release()
// anyone.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include <pawl/config.hpp>
#include <pawl/jobs/callable.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_options.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/jobs/optional_member.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/time/cron.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// The handle of a recurring job, or the reason why there is none. As job_id, in a type of its own:
// an entry is not a job.
class recurring_id {
public:
    constexpr recurring_id() noexcept = default;
    constexpr recurring_id(submit_error error) noexcept : id_{error} {}  // NOLINT: as job_id
    constexpr recurring_id(std::uint32_t index, std::uint32_t generation) noexcept
        : id_{index, generation} {}

    constexpr explicit operator bool() const noexcept { return static_cast<bool>(id_); }
    [[nodiscard]] constexpr submit_error error() const noexcept { return id_.error(); }
    [[nodiscard]] constexpr std::uint32_t index() const noexcept { return id_.index(); }
    [[nodiscard]] constexpr std::uint32_t generation() const noexcept { return id_.generation(); }

    friend constexpr bool operator==(recurring_id, recurring_id) noexcept = default;

private:
    job_id id_;
};

template <limits L, platform Platform>
class recurring_table {
public:
    using duration = typename Platform::duration;
    using time_point = typename Platform::time_point;
    using word = typename Platform::word;

    struct entry {
        word references;  // 0: free; else in_use, one for the table, one for each occurrence
        std::uint32_t generation = 0;  // grows when the entry is taken
        bool listed = false;
        bool by_calendar = false;
        pawl::overlap overlap = {};
        std::uint8_t queue = 0;
        duration period{};                    // of an interval
        time_point due{};                     // of an interval
        cron expression{};                    // of a calendar entry
        std::chrono::sys_seconds wall_due{};  // of a calendar entry
        name called = {};
        PAWL_NO_UNIQUE_ADDRESS optional_member<retry_policy, L.retries, 0> retry;
        callable_storage<L.job_bytes, L.job_align> code = {};
    };

    [[nodiscard]] entry& at(std::uint32_t index) noexcept { return entries_[index]; }

    // Takes a free entry, with the table's reference. False: all are in use.
    [[nodiscard]] bool take(std::uint32_t& index) noexcept {
        for (index = 0; index < L.recurring; ++index) {
            entry& self = entries_[index];
            // acquire: the entry's callable is destroyed; pairs with release().
            if (self.references.load(std::memory_order_acquire) == 0) {
                self.generation += self.generation == 0xFFFF'FFFF ? 2 : 1;  // 0 is no handle's
                self.listed = true;
                // relaxed: nobody else knows of the entry yet.
                self.references.store(in_use + 1, std::memory_order_relaxed);
                return true;
            }
        }
        return false;
    }

    [[nodiscard]] std::optional<std::uint32_t> find(recurring_id id) const noexcept {
        const bool listed = id && id.index() < L.recurring && entries_[id.index()].listed &&
                            entries_[id.index()].generation == id.generation();
        return listed ? std::optional<std::uint32_t>{id.index()} : std::nullopt;
    }
    [[nodiscard]] std::optional<std::uint32_t> find(name called) const noexcept {
        for (std::uint32_t index = 0; index < L.recurring; ++index) {
            if (!called.empty() && is_listed_as(index, called)) {
                return index;
            }
        }
        return std::nullopt;
    }
    [[nodiscard]] bool is_listed_as(std::uint32_t index, name called) const noexcept {
        return entries_[index].listed && entries_[index].called == called;
    }

    // Whether an occurrence is waiting or running. acquire: pairs with release().
    [[nodiscard]] bool occupied(std::uint32_t index) const noexcept {
        return entries_[index].references.load(std::memory_order_acquire) > in_use + 1;
    }

    // relaxed: the caller holds a reference, or is the owner of a listed entry.
    void add_reference(std::uint32_t index) noexcept {
        entries_[index].references.fetch_add(1, std::memory_order_relaxed);
    }

    // Drops a reference; the last one destroys the callable and frees the entry. From anywhere.
    void release(std::uint32_t index) noexcept {
        entry& self = entries_[index];
        // acq_rel: what other occurrences did to the callable happens before its destruction.
        if (self.references.fetch_sub(1, std::memory_order_acq_rel) == in_use + 1) {
            self.code.reset();
            // release: pairs with take().
            self.references.store(0, std::memory_order_release);
        }
    }

private:
    // In references: the entry is not free, though the last reference may be gone and the callable
    // about to be destroyed.
    static constexpr std::uint32_t in_use = 1;

    entry entries_[L.recurring] = {};
};

// An occurrence's callable: runs the entry's, and holds it alive. `Table` is known when it runs.
template <class Table>
class occurrence {
public:
    occurrence(Table& table, std::uint32_t entry) noexcept : table_{&table}, entry_{entry} {}
    occurrence(occurrence&& other) noexcept : table_{other.table_}, entry_{other.entry_} {
        other.table_ = nullptr;
    }
    occurrence& operator=(occurrence&&) = delete;
    ~occurrence() {
        if (table_ != nullptr) {
            table_->release(entry_);
        }
    }

    outcome operator()(job_context& job) noexcept { return table_->at(entry_).code.run(job); }

private:
    Table* table_;
    std::uint32_t entry_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
