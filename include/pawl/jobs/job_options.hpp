// SPDX-License-Identifier: BSL-1.0
//
// What can be said about a job beside its callable: plain data, with defaults.
//
// A scheduler whose limits leave something out takes options in which that member cannot be given:
// the compile error names the limit.
//
//   jobs.enqueue(work, {.name = "resize", .queue = "critical", .retry = pawl::no_retry()});
//   jobs.enqueue(mail, {.unique = pawl::key{"mail", user}, .limit = "smtp"});
//   jobs.schedule(5ms, control, {.deadline = 2ms, .run_at_most = 1ms});
//   jobs.then(parent, report, {.when = pawl::when::failure, .delay = 1s});
//
// What can be said about a recurring job: recurring_options.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/execution/when.hpp>
#include <pawl/jobs/admission_request.hpp>
#include <pawl/jobs/key.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/jobs/name.hpp>
#include <pawl/jobs/owner.hpp>
#include <pawl/jobs/packed_delay.hpp>
#include <pawl/jobs/retry_policy.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// In the place of a member that the limits leave out. No value converts to it.
struct limits_names_is_false {
    constexpr operator name() const noexcept { return {}; }  // NOLINT: as if it were there
};
struct limits_retries_is_false {
    constexpr operator retry_policy() const noexcept { return {}; }  // NOLINT: as if it were there
};
struct limits_bands_is_1 {};
struct limits_then_delay_is_false {};
struct limits_deadlines_is_false {};
struct limits_owners_is_false {};
struct limits_keys_is_0 {};
struct limits_limiters_is_empty {};
// Here a constructor takes what is given, to say what to write instead.
struct only_a_job_type_of_a_journal_is_durable {
    constexpr only_a_job_type_of_a_journal_is_durable() noexcept = default;
    template <class How>
    requires std::is_enum_v<How>
    constexpr only_a_job_type_of_a_journal_is_durable(How) noexcept {  // NOLINT: never is one
        static_assert(!std::is_enum_v<How>,
                      "pawl: a durable job is a class with `static constexpr std::string_view "
                      "job_type`, listed in the pawl::job_types<...> of the scheduler's journal; "
                      "a lambda has no name that a log could keep");
    }
};

template <bool Names>
using name_option = std::conditional_t<Names, name, limits_names_is_false>;
template <bool Retries>
using retry_option = std::conditional_t<Retries, retry_policy, limits_retries_is_false>;

// A length of time that may be left out: any std::chrono duration, kept as packed_delay keeps it.
class time_option {
public:
    constexpr time_option() noexcept = default;
    template <class Rep, class Period>
    constexpr time_option(std::chrono::duration<Rep, Period> time) noexcept  // NOLINT: is a time
        : time_{packed_delay::from(time)}, given_{true} {}

    constexpr explicit operator bool() const noexcept { return given_; }
    [[nodiscard]] constexpr packed_delay operator*() const noexcept { return time_; }

private:
    packed_delay time_ = {};
    bool given_ = false;
};

// A bool that is true by default.
class yes_unless_said {
public:
    constexpr yes_unless_said() noexcept = default;
    constexpr yes_unless_said(bool said) noexcept : said_{said} {}  // NOLINT: is a bool

    constexpr operator bool() const noexcept { return said_; }  // NOLINT: is a bool

private:
    bool said_ = true;
};

// What becomes of a job that could not begin by its deadline.
enum class late : std::uint8_t {
    skip,  // it is deleted, and counted as expired
    run,   // it runs, and is counted as late
};

// How long a job is the only one of its `unique` key.
enum class unique_until : std::uint8_t {
    done,   // to its end
    start,  // until it begins to run
};

// What becomes of a submission whose `unique` key is taken.
enum class conflict : std::uint8_t {
    reject,    // refused: submit_error::not_unique
    existing,  // the answer is the handle of the job that has the key
    replace,   // the job that has the key is cancelled, and this one takes its place: not_unique if
               // that one runs, or is just being submitted by somebody else
    postpone,  // the job that has the key, if it still waits for its time, waits as long as this
               // one would have: a debounce. The answer is its handle
};

// Which of the options there are stands in the types, for the compiler to say it: a scheduler's are
// job_options_of<its limits>.
template <class Name, class Retry, class Priority, class Delay, class Deadline, class Owner,
          class Key, class Limit, class Durability>
struct basic_job_options {
    template <class Option>
    using if_deadlines = std::conditional_t<std::is_same_v<Deadline, time_option>, Option,
                                            limits_deadlines_is_false>;
    template <class Option>
    using if_keys = std::conditional_t<std::is_same_v<Key, pawl::key>, Option, limits_keys_is_0>;

    Name name = {};
    pawl::name queue = {};  // one of limits.queues; empty: the default queue
    Retry retry = {};
    // From 0, the default, up to limits.bands - 1, which is the most urgent.
    Priority priority = {};

    // Of then(), and without effect elsewhere: which ends of the parents release it, and how long
    // after that it is due.
    pawl::when when = pawl::when::success;
    Delay delay = {};

    // To begin at most so long after it is due; see `late`.
    Deadline deadline = {};
    if_deadlines<pawl::late> late = {};
    // A run that takes longer is asked to stop: stop_reason::deadline.
    if_deadlines<time_option> run_at_most = {};
    // No retry begins later than this after the first attempt.
    if_deadlines<time_option> retry_for = {};

    // Jobs of one owner are cancelled together, and when the owner dies.
    Owner owner = {};

    // At most one job of a key runs at a time. A chain keeps its key over retries and rests, to the
    // job's end.
    Key key = {};
    if_keys<pawl::on_busy> on_busy = {};
    if_keys<bool> chain = {};
    // False: the key only says whose limits count, of a limiter that has them for each key.
    if_keys<yes_unless_said> exclusive = {};
    // At most one job of this key exists; with `unique_for`, so long after its submission in any
    // case.
    if_keys<pawl::key> unique = {};
    if_keys<pawl::unique_until> unique_until = {};
    if_keys<time_option> unique_for = {};
    if_keys<pawl::conflict> conflict = {};

    // One of limits.limiters.
    Limit limit = {};

    // Of a scheduler with a journal, and a type that it knows: journal.hpp.
    Durability durability = {};
};

template <limits L, class Durability = only_a_job_type_of_a_journal_is_durable>
using job_options_of =
    basic_job_options<name_option<L.names>, retry_option<L.retries>,
                      std::conditional_t<(L.bands > 1), std::uint8_t, limits_bands_is_1>,
                      std::conditional_t<L.then_delay, time_option, limits_then_delay_is_false>,
                      std::conditional_t<L.deadlines, time_option, limits_deadlines_is_false>,
                      std::conditional_t<L.owners, owner_ref, limits_owners_is_false>,
                      std::conditional_t<(L.keys > 0), key, limits_keys_is_0>,
                      std::conditional_t<(L.limiters.count > 0), name, limits_limiters_is_empty>,
                      Durability>;
using job_options = job_options_of<limits{}>;
using then_options = job_options;

}  // namespace PAWL_ABI
}  // namespace pawl
