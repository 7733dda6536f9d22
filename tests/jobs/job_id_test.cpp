// Handles, names, outcomes and limits: values that cost nothing and say what they are.
//
// Method: static_assert; every reason and state has words of its own.
#include "catch.hpp"

#include <chrono>
#include <set>
#include <string>
#include <type_traits>

#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/jobs/name.hpp>
#include <pawl/jobs/outcome.hpp>

using namespace std::chrono_literals;

namespace {

static_assert(!pawl::job_id{} && pawl::job_id{}.error() == pawl::submit_error::gone);
static_assert(!pawl::job_id{pawl::submit_error::full} &&
              pawl::job_id{pawl::submit_error::full}.error() == pawl::submit_error::full);
static_assert(pawl::job_id{7, 9} && pawl::job_id{7, 9}.error() == pawl::submit_error::none);
static_assert(pawl::job_id{7, 9}.value() == (std::uint64_t{9} << 32 | 7));
static_assert(pawl::job_id{7, 9} == pawl::job_id{7, 9} && pawl::job_id{7, 9} != pawl::job_id{7, 8});
static_assert(std::is_trivially_copyable_v<pawl::job_id>);

static_assert(pawl::is_final(pawl::job_state::succeeded) &&
              pawl::is_final(pawl::job_state::failed) && pawl::is_final(pawl::job_state::deleted));
static_assert(!pawl::is_final(pawl::job_state::gone) &&
              !pawl::is_final(pawl::job_state::awaiting) &&
              !pawl::is_final(pawl::job_state::scheduled) &&
              !pawl::is_final(pawl::job_state::enqueued) &&
              !pawl::is_final(pawl::job_state::processing));

// The state word keeps generation, flags and state apart.
constexpr pawl::state_word sample{0xAB'CDEF'12, pawl::job_state::scheduled,
                                  pawl::state_word::posted};
static_assert(sample.state() == pawl::job_state::scheduled);
static_assert(sample.has(pawl::state_word::posted) && !sample.has(pawl::state_word::held));
static_assert(sample.generation_low() == 0xCD'EF12);
static_assert(sample.is_of(0xAB'CDEF'12) && sample.is_of(0x00'CDEF'12) &&
              !sample.is_of(0xAB'CDEF'13));
static_assert(sample.to(pawl::job_state::deleted).bits() == (0xCDEF'1200 | 7));

static_assert(pawl::name{"resize"}.view() == "resize" && pawl::name{}.empty());
static_assert(pawl::borrowed(std::string_view{"made"}) == pawl::name{"made"});

static_assert(pawl::outcome::retry_in(1ns).after() == 1us, "a rest is rounded up");
static_assert(pawl::outcome::snooze(2ms).what() == pawl::outcome::kind::snooze);

// Capacities that are not given follow from the number of jobs.
static_assert(pawl::limits{}.edges == 1024 && pawl::limits{}.batches == 64);
static_assert(pawl::limits{.jobs = 32}.edges == 32 && pawl::limits{.jobs = 32}.batches == 4);
static_assert(pawl::limits{.workers = 0}.sleepers() == 1);
static_assert(pawl::limits{.workers = 3}.sleepers() == 3);
static_assert(pawl::limits{}.sleepers() == pawl::limits{}.workers_max);
static_assert(pawl::limits{.queues = {"critical", "default"}}.default_queue() == 1);
static_assert(pawl::limits{.queues = {"critical", "low"}}.default_queue() == 0);
static_assert(pawl::limits{.queues = {"a", "b"}}.queues.find("b") == 1);
static_assert(pawl::limits{.queues = {"a", "b"}}.queues.find("c") == 2, "not found");

}  // namespace

TEST_CASE("submit_error and job_state: each value has words of its own") {
    std::set<std::string> words;
    for (unsigned error = 0; error <= static_cast<unsigned>(pawl::submit_error::not_const);
         ++error) {
        words.insert(std::string{to_string(static_cast<pawl::submit_error>(error))});
    }
    REQUIRE(words.size() == static_cast<unsigned>(pawl::submit_error::not_const) + 1);
    REQUIRE_FALSE(words.contains("unknown"));
    words.clear();
    for (unsigned state = 0; state <= static_cast<unsigned>(pawl::job_state::deleted); ++state) {
        words.insert(std::string{to_string(static_cast<pawl::job_state>(state))});
    }
    REQUIRE(words.size() == 8);
    REQUIRE_FALSE(words.contains("unknown"));
}
