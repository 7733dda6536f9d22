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
// With limits.recurring_policies an entry has more: its `terms` (what the options said), its
// `course` (what has become of it so far, which an update by the same rule takes over), and words
// by which a run tells the owner when it ended and what it said. One entry is to spare, so that a
// full table can be updated.
//
// Cost: take and find O(limits.recurring), firing O(1). Who may call: the wheel's owner; run() and
// release() anyone.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <new>
#include <optional>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/jobs/callable.hpp>
#include <pawl/jobs/far_times.hpp>
#include <pawl/jobs/job_event.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_table.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/jobs/optional_member.hpp>
#include <pawl/jobs/outcome.hpp>
#include <pawl/jobs/recurring_options.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/time/cron.hpp>
#include <pawl/time/tick_clock.hpp>
#include <pawl/time/zone_ref.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// What adding a recurring job came to.
enum class recurring_change : std::uint8_t {
    created,    // there was none of its name
    updated,    // there was, with another rule: the new one counts from now
    unchanged,  // there was, with this rule: its next time stays; callable and options are new
};

// The handle of a recurring job, or the reason why there is none. As job_id, in a type of its own:
// an entry is not a job. It names what was added by one call: an update under the same name has a
// handle of its own, and the former one does nothing any more. The name goes on.
class recurring_id {
public:
    constexpr recurring_id() noexcept = default;
    constexpr recurring_id(submit_error error) noexcept : id_{error} {}  // NOLINT: as job_id
    constexpr recurring_id(std::uint32_t index, std::uint32_t generation,
                           recurring_change change = recurring_change::created) noexcept
        : id_{index | static_cast<std::uint32_t>(change) << change_shift, generation} {}

    constexpr explicit operator bool() const noexcept { return static_cast<bool>(id_); }
    [[nodiscard]] constexpr submit_error error() const noexcept { return id_.error(); }
    // Of what every() or recurring() returned.
    [[nodiscard]] constexpr recurring_change change() const noexcept {
        return static_cast<recurring_change>(id_.index() >> change_shift);
    }
    [[nodiscard]] constexpr std::uint32_t index() const noexcept {
        return id_.index() & ((std::uint32_t{1} << change_shift) - 1);
    }
    [[nodiscard]] constexpr std::uint32_t generation() const noexcept { return id_.generation(); }

    // Whether they name the same; not how that came about.
    friend constexpr bool operator==(recurring_id left, recurring_id right) noexcept {
        return left.index() == right.index() && left.generation() == right.generation();
    }

private:
    static constexpr unsigned change_shift = 24;

    job_id id_;
};

// What is said of a new entry of the calendar; the entry has a copy.
struct calendar_rule {
    const cron& expression;
    const zone_ref& zone;
};
// When an entry of the calendar comes.
struct calendar_entry {
    zoned_cron times{};
    std::chrono::sys_seconds due{};  // on the wall clock
};

// What the options said of an entry.
template <platform Platform>
struct recurring_terms {
    using bound = recurring_bound<typename Platform::time_point>;

    pawl::misfire misfire = {};
    pawl::when_full when_full = {};
    bool run_at_start = false;
    bool fixed_delay = false;  // only of an interval
    bool has_until = false;
    std::uint32_t max_runs = 0;
    time_option jitter = {};
    std::uint32_t jitter_seed = 0;
    bound not_before = {};
    bound until = {};
    // The bound in the clock of the entry; which one, says the rule.
    typename Platform::time_point until_time = {};
    std::chrono::sys_seconds until_wall = {};
};

// What has become of an entry so far.
template <platform Platform>
struct recurring_course {
    std::uint32_t number = 0;  // of the time that is due next: for jitter
    std::uint32_t runs = 0;
    std::uint32_t triggered = 0;
    std::uint32_t missed = 0;
    std::uint32_t skipped = 0;
    std::uint32_t coalesced = 0;
    std::uint32_t deferred = 0;
    bool paused = false;
    bool finished = false;
    bool has_run = false;
    bool by_end = false;      // the rule is an interval from the end of the run before
    bool awaits_end = false;  // of that run: the next time is not known yet
    bool defers = false;      // there was no room when it was due
    submit_error error = {};
    job_id timed = {};  // the run whose end gives the next time, and the entry that it runs
    std::uint32_t timed_entry = 0;
    typename Platform::time_point last_run = {};
    typename Platform::time_point defers_since = {};
};

// All that an entry has beside its rule and its callable.
template <platform Platform>
struct recurring_policies {
    using word = typename Platform::word;

    recurring_terms<Platform> terms = {};
    recurring_course<Platform> course = {};
    word inside;  // 1 while a run is in the callable
    word ended;   // the tick in which the last run ended, its low 32 bits
    word said;    // what that run said: 0, or 1 + kind, and above it the code
};
struct no_recurring_policies {};

// With a journal: of a run that the end of the program cut off, or of the latest one.
struct recurring_cut_off {
    bool is_owed = false;  // it has to be made anew
    bool comes_now = false;
    std::uint8_t recoveries = 0;
};
struct no_recurring_cut_off {};

template <limits L, platform Platform>
class recurring_table {
public:
    static constexpr bool has_policies = L.recurring_policies;
    // Whether a journal hears of entries.
    static constexpr bool is_written = listening_platform<Platform>;
    // Whether references do not tell if an occurrence has ended: one that failed may be kept.
    static constexpr bool knows_last = has_policies || L.failed > 0 || is_written;
    static constexpr std::uint32_t entry_count = L.recurring + (has_policies ? 1 : 0);

    using duration = typename Platform::duration;
    using time_point = typename Platform::time_point;
    using word = typename Platform::word;
    using clock = tick_clock<Platform>;

    using far = recurring_clock_of<L, Platform>;
    struct interval_rule {
        typename far::duration period{};
        typename far::deadline due{};
    };
    // Whether what a callable's type declares is to be found.
    static constexpr bool has_traits = L.retries;
    // Whether there is more to be said of an occurrence than its name, queue and retries.
    static constexpr bool has_occurrence_options =
        L.deadlines || L.owners || L.keys > 0 || L.limiters.count > 0;
    struct no_occurrence_options {};
    // What was said of each occurrence. Zero bytes before the entry is made: the defaults of some
    // options are not, and a scheduler that has them would lie in .data, and in flash as well.
    class said_of_each {
    public:
        constexpr said_of_each() noexcept : nothing_{} {}
        void set(const job_options_of<L>& said) noexcept {
            ::new (static_cast<void*>(&options_)) job_options_of<L>{said};
        }
        // REQUIRES: set() was called.
        [[nodiscard]] const job_options_of<L>& get() const noexcept { return options_; }

    private:
        union {
            char nothing_;
            job_options_of<L> options_;
        };
    };

    struct entry {
        word references;  // 0: free; else in_use, one for the table, one for each occurrence
        std::uint32_t generation = 0;  // grows when the entry is taken
        bool listed = false;
        bool by_calendar = false;  // which of the two rules there is
        pawl::overlap overlap = {};
        std::uint8_t queue = 0;  // its line
        union {
            interval_rule interval{};
            calendar_entry calendar;
        };
        name called = {};
        PAWL_NO_UNIQUE_ADDRESS optional_member<retry_policy, L.retries, 0> retry;
        PAWL_NO_UNIQUE_ADDRESS optional_member<job_id, knows_last, 1> last;  // occurrence
        PAWL_NO_UNIQUE_ADDRESS
        std::conditional_t<has_policies, recurring_policies<Platform>, no_recurring_policies> more =
            {};
        PAWL_NO_UNIQUE_ADDRESS
        std::conditional_t<has_occurrence_options, said_of_each, no_occurrence_options> of_each =
            {};
        PAWL_NO_UNIQUE_ADDRESS
        std::conditional_t<is_written, recurring_cut_off, no_recurring_cut_off> cut_off = {};
        callable_storage<L.job_bytes, L.job_align, L.retries, job_host<L, Platform>> code = {};
    };

    [[nodiscard]] entry& at(std::uint32_t index) noexcept { return entries_[index]; }

    // Takes a free entry, with the table's reference. False: all are in use.
    [[nodiscard]] bool take(std::uint32_t& index) noexcept {
        for (index = 0; index < entry_count; ++index) {
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
        const bool listed = id && id.index() < entry_count && entries_[id.index()].listed &&
                            entries_[id.index()].generation == id.generation();
        return listed ? std::optional<std::uint32_t>{id.index()} : std::nullopt;
    }
    [[nodiscard]] std::optional<std::uint32_t> find(name called) const noexcept {
        for (std::uint32_t index = 0; index < entry_count; ++index) {
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

    // Runs the callable of an entry, for an occurrence of it: a job in this slot. From anywhere.
    outcome_bits run(std::uint32_t index, [[maybe_unused]] bool by_hand, void* host,
                     std::uint32_t job) noexcept {
        entry& self = entries_[index];
        if constexpr (has_policies) {
            // Two occurrences are in here at once only if a user has made it so: by requeueing one
            // that had failed, or by cancelling one that waited in line. acquire and release: what
            // one does to the callable's members, the next one sees.
            constexpr auto rest = std::chrono::milliseconds{1};
            const bool alone = Platform::has_threads && self.overlap != overlap::allow;
            if (alone && self.more.inside.exchange(1, std::memory_order_acquire) != 0) {
                return to_bits(outcome::snooze(rest));
            }
            const outcome_bits bits = self.code.run(host, job);
            const outcome said = from_bits(bits);
            // relaxed: for views.
            self.more.said.store(1 + static_cast<std::uint32_t>(said.what()) +
                                     (std::uint32_t{said.error()} << said_code_shift),
                                 std::memory_order_relaxed);
            if (self.more.terms.fixed_delay && !by_hand) {
                // relaxed: who reads it has seen the job's end, which comes later.
                note_end(index, machine_->now());
            }
            if (alone) {
                self.more.inside.store(0, std::memory_order_release);
            }
            return bits;
        } else {
            return self.code.run(host, job);
        }
    }
    // What follows from a run that was no success.
    void conclude(std::uint32_t index, void* host, const run_result& result) noexcept {
        if constexpr (has_policies) {
            job_host<L, Platform>::conclude(host, result);  // it may have been put off, see run()
        } else {
            entries_[index].code.conclude(host, result);
        }
    }

    // When a run of an entry ended: never before it did. (One that is longer ago than 2^32 ticks,
    // in a pause, is taken for a later one.)
    void note_end(std::uint32_t index, time_point time) noexcept requires has_policies {
        entries_[index].more.ended.store(static_cast<std::uint32_t>(clock::ceil(time)),
                                         std::memory_order_relaxed);
    }
    [[nodiscard]] time_point end_of(std::uint32_t index) const noexcept requires has_policies {
        using tick = typename clock::tick;
        const tick present = clock::ceil(machine_->now());
        const std::uint32_t ago = static_cast<std::uint32_t>(present) -
                                  entries_[index].more.ended.load(std::memory_order_relaxed);
        return clock::time(static_cast<tick>(present - ago));
    }
    // Whose clock that is; to be said before there is a fixed delay.
    void use_clock(const Platform& machine) noexcept { machine_ = &machine; }

    static constexpr unsigned said_code_shift = 8;

private:
    struct no_machine {};

    // In references: the entry is not free, though the last reference may be gone and the callable
    // about to be destroyed.
    static constexpr std::uint32_t in_use = 1;

    entry entries_[entry_count] = {};
    PAWL_NO_UNIQUE_ADDRESS std::conditional_t<has_policies, const Platform*, no_machine> machine_ =
        {};  // for who ends a run with a fixed delay
};

// An occurrence's callable: runs the entry's, and holds it alive. `Table` is known when it runs.
template <class Table>
class occurrence {
public:
    occurrence(Table& table, std::uint32_t entry, bool by_hand = false) noexcept
        : table_{&table}, entry_{entry << 1 | (by_hand ? 1U : 0U)} {}
    occurrence(occurrence&& other) noexcept : table_{other.table_}, entry_{other.entry_} {
        other.table_ = nullptr;
    }
    occurrence& operator=(occurrence&&) = delete;

    // Its type is the entry's, and so is what that declares.
    [[nodiscard]] const traits_table* stands_for() const noexcept requires Table::has_traits {
        return table_->at(entry_ >> 1).code.table();
    }

    ~occurrence() {
        if (table_ != nullptr) {
            table_->release(entry_ >> 1);
        }
    }

    outcome_bits run_other(void* host, std::uint32_t job) noexcept {
        return table_->run(entry_ >> 1, (entry_ & 1) != 0, host, job);
    }
    void conclude_other(void* host, const run_result& result) noexcept {
        table_->conclude(entry_ >> 1, host, result);
    }

private:
    Table* table_;
    std::uint32_t entry_;  // its index, and a bit that says whether it was triggered by hand
};

}  // namespace PAWL_ABI
}  // namespace pawl
