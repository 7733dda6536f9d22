// SPDX-License-Identifier: BSL-1.0
//
// What can be said about a job beside its callable: plain data, with defaults.
//
// A scheduler whose limits leave names or retries out takes options in which that member cannot be
// given: the compile error names the limit.
//
//   jobs.enqueue(work, {.name = "resize", .queue = "critical", .retry = pawl::no_retry()});
//   jobs.then(parent, report, {.when = pawl::when::failure});
//   jobs.every(10ms, step, {.overlap = pawl::overlap::allow});
#pragma once

#include <cstdint>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/jobs/name.hpp>
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

template <bool Names>
using name_option = std::conditional_t<Names, name, limits_names_is_false>;
template <bool Retries>
using retry_option = std::conditional_t<Retries, retry_policy, limits_retries_is_false>;

template <class Name, class Retry>
struct basic_job_options {
    Name name = {};
    pawl::name queue = {};  // one of limits.queues; empty: the default queue
    Retry retry = {};
};
using job_options = basic_job_options<name, retry_policy>;

// Which ends of a parent release a continuation. Combine with |.
enum class when : std::uint8_t {
    success = 1,   // the parent succeeded
    failure = 2,   // it failed for good, after its last retry
    deletion = 4,  // it was cancelled, discarded, or its own condition was not met
    any = 7,
};
[[nodiscard]] constexpr when operator|(when left, when right) noexcept {
    return static_cast<when>(static_cast<unsigned>(left) | static_cast<unsigned>(right));
}

template <class Name, class Retry>
struct basic_then_options {
    Name name = {};
    pawl::name queue = {};
    Retry retry = {};
    pawl::when when = pawl::when::success;
};
using then_options = basic_then_options<name, retry_policy>;

// What happens when a recurring job is due while its previous occurrence has not finished.
enum class overlap : std::uint8_t {
    skip,   // this occurrence is left out, and counted: it never runs twice at once
    allow,  // both run; the callable has to be callable as const
};

template <class Retry>
struct basic_recurring_options {
    pawl::name name = {};  // of every(); recurring() takes its name first
    pawl::name queue = {};
    Retry retry = {};
    pawl::overlap overlap = pawl::overlap::skip;
};
using recurring_options = basic_recurring_options<retry_policy>;

}  // namespace PAWL_ABI
}  // namespace pawl
