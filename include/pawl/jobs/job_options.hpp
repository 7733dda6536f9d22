// SPDX-License-Identifier: BSL-1.0
//
// What can be said about a job beside its callable: plain data, with defaults.
//
//   jobs.enqueue(work, {.name = "resize", .queue = "critical", .retry = pawl::no_retry()});
//   jobs.then(parent, report, {.when = pawl::when::failure});
//   jobs.every(10ms, step, {.overlap = pawl::overlap::allow});
#pragma once

#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/jobs/name.hpp>
#include <pawl/jobs/retry_policy.hpp>

namespace pawl {
inline namespace PAWL_ABI {

struct job_options {
    pawl::name name = {};
    pawl::name queue = {};  // one of limits.queues; empty: the default queue
    retry_policy retry = {};
};

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

struct then_options {
    pawl::name name = {};
    pawl::name queue = {};
    retry_policy retry = {};
    pawl::when when = pawl::when::success;
};

// What happens when a recurring job is due while its previous occurrence has not finished.
enum class overlap : std::uint8_t {
    skip,   // this occurrence is left out, and counted: it never runs twice at once
    allow,  // both run; the callable has to be callable as const
};

struct recurring_options {
    pawl::name name = {};  // of every(); recurring() takes its name first
    pawl::name queue = {};
    retry_policy retry = {};
    pawl::overlap overlap = pawl::overlap::skip;
};

}  // namespace PAWL_ABI
}  // namespace pawl
