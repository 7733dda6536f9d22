// SPDX-License-Identifier: BSL-1.0
//
// A program with durable jobs that can be ended at any moment and started again.
//
// What tests of durable jobs share: job types whose runs are noted outside of any scheduler, a log
// in memory, and `world`, one run of the program in virtual time. crash() is a power cut: what was
// not synced is kept all the same (that it may be lost is for the simulators), and nothing more is
// written.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/durability/medium_ref.hpp>
#include <pawl/durability/ram_medium.hpp>
#include <pawl/pawl.hpp>
#include <pawl/scheduler/durable_scheduler.hpp>

namespace durable_world {

// What ran, over all starts of the program.
struct run_of_job {
    int number = 0;
    std::uint32_t attempt = 0;
    std::uint32_t recoveries = 0;
    std::uint64_t id = 0;
};
inline std::vector<run_of_job> runs;

inline std::vector<int> numbers_run() {
    std::vector<int> result;
    for (const run_of_job& each : runs) {
        result.push_back(each.number);
    }
    return result;
}
inline std::vector<int> list(std::initializer_list<int> numbers) { return numbers; }

// What a job of a number does, beside being noted. The test says it; by default it succeeds.
inline pawl::outcome (*behaviour)(int number, pawl::job_context& job) = nullptr;

inline void fresh() {
    runs.clear();
    behaviour = nullptr;
}

struct task {
    static constexpr std::string_view job_type = "task";
    int number = 0;
    pawl::outcome operator()(pawl::job_context& job) const {
        runs.push_back({number, job.attempt(), job.recoveries(), job.durable_id()});
        return behaviour == nullptr ? pawl::outcome::success() : behaviour(number, job);
    }
};
// Another one, that a later program does not know any more.
struct retired {
    static constexpr std::string_view job_type = "retired";
    std::uint32_t what = 0;
    void operator()() const { runs.push_back({-1, 0, 0, 0}); }
};

using memory = pawl::ram_medium<4096, 8>;

template <class Types>
using journal_of =
    pawl::journal<pawl::medium_ref<memory>, Types,
                  pawl::journal_limits{.cells = 64, .buffer_bytes = 1024, .blocks_max = 8}>;
using usual_journal = journal_of<pawl::job_types<task, retired>>;

inline constexpr pawl::limits usual_limits{.jobs = 16,
                                           .batches = 4,
                                           .recurring = 0,
                                           .workers = 0,
                                           .queues = {"critical", "default"},
                                           .bands = 2,
                                           .then_delay = true,
                                           .slices = true,
                                           .deadlines = true,
                                           .keys = 4,
                                           .limiters = {"db"}};

// One run of the program.
template <pawl::limits L = usual_limits, class Journal = usual_journal>
class world {
public:
    using scheduler = pawl::scheduler<L, pawl::manual_platform, Journal>;

    // Starts on what `medium` holds.
    explicit world(memory& medium, pawl::recovery_options how = {})
        : medium_{&medium},
          jobs_{std::make_unique<scheduler>(pawl::medium_ref{medium}, pawl::deferred_start)},
          start{jobs_->start(how)} {}

    scheduler* operator->() { return jobs_.get(); }
    scheduler& operator*() { return *jobs_; }

    // Ends it as it is; the log does not hear of it.
    void crash() {
        const memory as_it_is = *medium_;
        jobs_.reset();
        *medium_ = as_it_is;
    }
    // Ends it in order.
    void end() { jobs_.reset(); }

private:
    memory* medium_;
    std::unique_ptr<scheduler> jobs_;

public:
    pawl::durable_start start;
};

// One that keeps failed jobs.
inline constexpr pawl::limits keeping_limits = [] {
    pawl::limits result = usual_limits;
    result.failed = 3;
    return result;
}();
using keeping_world = world<keeping_limits>;

}  // namespace durable_world
