// SPDX-License-Identifier: BSL-1.0
//
// What can be said about a recurring job beside its rule and its callable: plain data, with
// defaults.
//
//   jobs.every(10ms, step, {.overlap = pawl::overlap::allow});
//   jobs.every(5s, poll_sensor, {.jitter = 500ms, .fixed_delay = true});
//   jobs.recurring("report", "0 9 * * MON-FRI"_cron, report,
//                  {.retry = pawl::no_retry(), .overlap = pawl::overlap::queue_one,
//                   .misfire = pawl::misfire::catch_up(5)});
//
// A time of a recurring job becomes a run by three questions, in this order:
//   misfire     how many runs stand for times that passed while nobody looked (a process that was
//               suspended, a late poll(), a pause)
//   overlap     what becomes of a run whose predecessor has not ended: an occurrence that waits,
//               runs, or rests before its next attempt
//   when_full   what becomes of a run for which there is no free job slot
// Every time that does not become a run of its own is counted: see recurring_info.hpp.
//
// limits.recurring_policies = false leaves everything but name, queue, retry, zone and the overlaps
// `skip` and `allow` out; what passed unseen is then one run.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/jobs/job_options.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/jobs/name.hpp>
#include <pawl/jobs/packed_delay.hpp>
#include <pawl/jobs/retry_policy.hpp>
#include <pawl/platform/platform.hpp>
#include <pawl/time/zone_ref.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// What happens when a recurring job is due while its previous occurrence has not ended.
enum class overlap : std::uint8_t {
    skip,       // this occurrence is left out, and counted: it never runs twice at once
    allow,      // both run; the callable has to be callable as const
    queue_one,  // it waits for the end of the one before; while one waits, others are left out
    replace,    // the one before is cancelled, and this one runs when it has ended
};

// What happens when there is no free job slot (limits.jobs) for an occurrence.
enum class when_full : std::uint8_t {
    drop,   // it is left out, and counted as missed
    defer,  // it is tried again, after a tick and then in growing steps, until it fits; times that
            // pass meanwhile are misfires. Counted, too
};

// How many runs stand for the times that passed unseen.
class misfire {
public:
    enum class kind : std::uint8_t { coalesce, catch_up, skip };

    // One, however many passed.
    constexpr misfire() noexcept = default;
    [[nodiscard]] static constexpr misfire coalesce() noexcept { return {}; }

    // One for each, at most `runs_max` at a time; the rest are coalesced. They run one after the
    // other, and all at once with overlap::allow. (With overlap::queue_one two at most: one runs
    // and one waits. With overlap::replace each would cancel the one before: it is coalesce.)
    [[nodiscard]] static constexpr misfire catch_up(std::uint32_t runs_max) noexcept {
        return misfire{kind::catch_up, std::max<std::uint32_t>(runs_max, 1) - 1, {}};
    }

    // None for a time that passed more than `grace` ago: it is missed. Those within it are
    // coalesced. Not less than how late the machine is at times, or nothing ever runs.
    template <class Rep, class Period>
    [[nodiscard]] static constexpr misfire skip(std::chrono::duration<Rep, Period> grace) noexcept {
        return misfire{kind::skip, 0, packed_delay::from(grace)};
    }

    [[nodiscard]] constexpr kind what() const noexcept { return kind_; }
    // Of catch_up; 1 for the others.
    [[nodiscard]] constexpr std::uint32_t runs_max() const noexcept { return runs_more_ + 1; }
    // Of skip; zero for the others.
    [[nodiscard]] constexpr packed_delay grace() const noexcept { return grace_; }

    friend constexpr bool operator==(misfire, misfire) noexcept = default;

private:
    constexpr misfire(kind what, std::uint32_t runs_more, packed_delay grace) noexcept
        : kind_{what}, runs_more_{runs_more}, grace_{grace} {}

    kind kind_ = kind::coalesce;
    std::uint32_t runs_more_ = 0;  // than one: zero bytes are the default
    packed_delay grace_ = {};
};

// A time that bounds a recurring job, or none. Of the job's own clock: the wall clock for one of
// the calendar, the monotonic clock for one of every(). One of the other clock means the moment
// that is as far away when the job is added.
template <class TimePoint>
class recurring_bound {
public:
    using wall_point = std::chrono::sys_time<std::chrono::microseconds>;
    enum class kind : std::uint8_t { none, wall, monotonic };

    constexpr recurring_bound() noexcept = default;
    constexpr recurring_bound(TimePoint time) noexcept  // NOLINT: a time is a bound
        : kind_{kind::monotonic}, time_{time} {}
    // Finer than a microsecond: rounded up.
    template <class Duration>
    constexpr recurring_bound(std::chrono::sys_time<Duration> wall) noexcept  // NOLINT: as above
        : kind_{kind::wall}, wall_{std::chrono::ceil<std::chrono::microseconds>(wall)} {}

    [[nodiscard]] constexpr kind what() const noexcept { return kind_; }
    [[nodiscard]] constexpr TimePoint time() const noexcept { return time_; }
    [[nodiscard]] constexpr wall_point wall() const noexcept { return wall_; }

private:
    kind kind_ = kind::none;
    TimePoint time_ = {};
    wall_point wall_ = {};
};

// In the place of an option, where limits.recurring_policies is false.
struct limits_recurring_policies_is_false {};

// Without policies: anything but skip and allow does not compile, if it is a constant.
class simple_overlap {
public:
    consteval simple_overlap(overlap value) noexcept : value_{value} {  // NOLINT: is an overlap
        if (value != overlap::skip && value != overlap::allow) {
            it_needs_limits_recurring_policies();
        }
    }
    constexpr operator overlap() const noexcept { return value_; }  // NOLINT: as above

private:
    // Not constexpr: calling it in a constant expression is the compile error.
    static void it_needs_limits_recurring_policies() noexcept {}

    overlap value_;
};

// `TimePoint`: the scheduler's, or limits_recurring_policies_is_false.
template <class Retry, class TimePoint, class Job>
struct basic_recurring_options {
    static constexpr bool has_policies =
        !std::is_same_v<TimePoint, limits_recurring_policies_is_false>;
    template <class Option>
    using if_policies =
        std::conditional_t<has_policies, Option, limits_recurring_policies_is_false>;

    pawl::name name = {};  // of every(); recurring() takes its name first
    pawl::name queue = {};
    Retry retry = {};
    std::conditional_t<has_policies, pawl::overlap, simple_overlap> overlap = pawl::overlap::skip;
    zone_ref zone = {};  // of recurring(): whose clock the expression means; outlives the job

    if_policies<pawl::misfire> misfire = {};
    if_policies<pawl::when_full> when_full = {};
    // Each occurrence comes later than its time by up to so much, and always before the next time.
    // By how much follows from the job's name (or place in the table) and the occurrence's number:
    // the same in every run of the program. The times themselves do not move.
    if_policies<time_option> jitter = {};
    // No time lies before this. The first time of every() is then this one; without effect if it
    // has passed.
    if_policies<recurring_bound<TimePoint>> not_before = {};
    // No time lies after this. (A run may: because of jitter, lateness, or its predecessor.)
    if_policies<recurring_bound<TimePoint>> until = {};
    // After so many runs that the schedule brought about there are no more times. 0: no such limit.
    if_policies<std::uint32_t> max_runs = {};
    // The first time is at once (or at `not_before`), and the next ones follow from it. Also when
    // an update changes the rule; not if it is `unchanged`.
    if_policies<bool> run_at_start = {};
    // Of every(): the next time is one period after the end of the run before, whatever that took
    // and however often it was retried, and not one after its time.
    if_policies<bool> fixed_delay = {};

    // Of each occurrence, as of any job (job_options.hpp).
    decltype(Job::priority) priority = {};
    decltype(Job::deadline) deadline = {};
    decltype(Job::late) late = {};
    decltype(Job::run_at_most) run_at_most = {};
    decltype(Job::retry_for) retry_for = {};
    decltype(Job::owner) owner = {};
    decltype(Job::key) key = {};
    decltype(Job::on_busy) on_busy = {};
    decltype(Job::chain) chain = {};
    decltype(Job::exclusive) exclusive = {};
    decltype(Job::limit) limit = {};
};

// What of these an entry keeps for its occurrences.
template <class Job, class Options>
[[nodiscard]] constexpr Job occurrence_options(const Options& of) noexcept {
    Job result;
    result.deadline = of.deadline;
    result.late = of.late;
    result.run_at_most = of.run_at_most;
    result.retry_for = of.retry_for;
    result.owner = of.owner;
    result.key = of.key;
    result.on_busy = of.on_busy;
    result.chain = of.chain;
    result.exclusive = of.exclusive;
    result.limit = of.limit;
    return result;
}

// The options of a scheduler of these limits.
template <limits L, platform Platform>
using recurring_options_of =
    basic_recurring_options<retry_option<L.retries>,
                            std::conditional_t<L.recurring_policies, typename Platform::time_point,
                                               limits_recurring_policies_is_false>,
                            job_options_of<L>>;

}  // namespace PAWL_ABI
}  // namespace pawl
