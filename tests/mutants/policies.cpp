// SPDX-License-Identifier: BSL-1.0
//
// What the mutants of outcomes and retry policies must not get past: a program of its own, because
// one with a test framework takes ten times as long to compile, and because what is checked by the
// compiler would make a mutant one that does not compile.
//
// Method: the figures that the documentation names, read at run time.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include <pawl/jobs/job_traits.hpp>
#include <pawl/jobs/outcome.hpp>
#include <pawl/jobs/retry_policy.hpp>

#include "mutants/check.hpp"

namespace {

using namespace std::chrono_literals;
using pawl::outcome;
using short_ms = std::chrono::duration<std::int32_t, std::milli>;

using mutants::check;

constexpr std::uint32_t random_max = 0xFFFF'FFFF;

void policies() {
    const auto list = pawl::backoff_list(1s, 5s, 30s, 5min);
    check(list.delay(1, 0) == 1s && list.delay(3, 0) == 30s, "a list in its order");
    check(list.delay(4, 0) == 5min && list.delay(5, 0) == 5min, "a list's last entry repeats");
    check(pawl::backoff_list(2s).delay(9, 0) == 2s, "a list of one repeats it");
    check(list.at_most(10s).delay(2, 0) == 5s, "a bound leaves what is short enough");
    check(list.at_most(10s).delay(4, 0) == 10s, "a bound shortens a list");

    const auto growing = pawl::exponential_backoff(10ms);
    check(growing.delay(5, 7) == 160ms, "twice as long each time");
    check(growing.at_most(1s).delay<short_ms>(200, 0) == 1s,
          "a bound holds where products saturate");
    check(growing.at_most(1s).delay(8, 0) == 1s, "a bound holds");
    check(growing.at_most(0s).delay(8, 0) == 0s, "a bound of zero is one");
    check(growing.at_most(4097us).delay(8, 0) <= 4097us, "a bound is rounded down");
    check(growing.delay<short_ms>(200, 0) == short_ms::max(), "a product saturates");

    check(growing.jitter().delay(1, 0) == 10ms, "the longest rest is reached");
    check(growing.jitter().delay(1, random_max) == 5ms, "the shortest rest is reached");
    check(growing.jitter().delay<short_ms>(1, random_max) == short_ms{5}, "in 32 bits, too");
    const auto day = pawl::fixed_backoff(24h).jitter();
    check(day.delay(1, random_max) < 12h + 1ms, "beyond 32 bits, too");
    check(pawl::retry_policy{} == pawl::hangfire_backoff(), "jitter is asked for");

    int runs = 1;
    for (std::uint32_t retry = 1; pawl::retry_policy{}.allows_retry(retry); ++retry) {
        ++runs;
    }
    check(runs == 11, "ten retries are eleven runs");
    const auto all = growing.jitter().after_last(pawl::after_last::discard).max_retries(3);
    check(all.after_last() == pawl::after_last::discard && all.max_retries() == 3 &&
              all.delay(1, random_max) == 5ms,
          "properties go together");
}

void outcomes() {
    check(outcome::retry_in(1s, 515).error() == 515 && outcome::fail(515).error() == 515 &&
              outcome::retry(515).error() == 515,
          "an error is kept");
    check(outcome::yield(1'000'000).after() == 0us, "a cursor is no delay");
    check(outcome::snooze(1s).cursor() == 0, "a delay is no cursor");
    check(outcome::yield(7).cursor() == 7, "a cursor is kept");
}

struct work {
    static constexpr std::string_view job_type = "work";
    static std::optional<std::chrono::seconds> next_retry(std::uint32_t retry,
                                                          std::uint16_t) noexcept {
        return retry < 3 ? std::optional{std::chrono::seconds{retry}} : std::nullopt;
    }
    static bool is_failure(std::uint16_t error) noexcept { return error != 4; }
    void operator()() {}
};
std::optional<std::chrono::seconds> never(std::uint32_t, std::uint16_t) noexcept { return {}; }
void mourn(pawl::job_context&) noexcept {}

void traits() {
    const pawl::job_traits& of_work = *pawl::traits_of<work>;
    check(of_work.job_type == "work" && of_work.on_dead == nullptr, "what is declared is there");
    check(of_work.is_failure != nullptr && !of_work.is_failure(4) && of_work.is_failure(5),
          "errors filter");
    check(of_work.next_retry(2, 6) == outcome::retry_in(2s, 6), "the rest of a function");
    check(of_work.next_retry(3, 6) == outcome::fail(6), "a function ends the retries");
    const auto wrapped = pawl::with_retry<never>(pawl::on_dead<mourn>(work{}));
    const pawl::job_traits& outer = *pawl::traits_of<decltype(wrapped)>;
    check(outer.next_retry(1, 6) == outcome::fail(6), "the outer function counts");
    check(outer.on_dead != nullptr && outer.job_type == "work", "what is wrapped keeps its own");
}

}  // namespace

int main() {
    policies();
    outcomes();
    traits();
    return 0;
}
