// What a feature costs in memory, and that one which is switched off costs nothing.
//
// Goal: the table of bytes that each member of pawl::limits adds to a job, so that nobody pays for
// what others use. Method: the sizes of schedulers of 1,024 slots with and without it; exact where
// pointers have 64 bits, and bounded elsewhere.
#include "catch.hpp"

#include <cstddef>
#include <cstdint>

#include <pawl/pawl.hpp>

namespace {

constexpr std::uint32_t slots = 1024;

template <pawl::limits L>
constexpr std::size_t bytes = sizeof(pawl::scheduler<L, pawl::manual_platform>);

// Nothing but jobs with a callable of 48 bytes.
constexpr pawl::limits bare{.jobs = slots,
                            .edges = 0,
                            .batches = 0,
                            .recurring = 0,
                            .workers = 0,
                            .names = false,
                            .retries = false};

struct row {
    const char* feature;
    std::size_t bytes_per_job;  // rounded down: what a scheduler has once is below 1,024 bytes
    std::size_t expected;
};

template <pawl::limits With>
constexpr std::size_t each = (bytes<With> - bytes<bare>) / slots;

template <class Change>
constexpr pawl::limits with(Change change) {
    pawl::limits result = bare;
    change(result);
    return result;
}

#define FEATURE(text, change, expected)                                                            \
    row {                                                                                          \
        text, each<with([](pawl::limits& l) { change; })>, expected                                \
    }

constexpr row table[] = {
    // A callable of 48 bytes, its table, a state, an entry in three rings, its place in the wheel.
    {"a job", bytes<bare> / slots, 98},
    FEATURE("names", l.names = true, 16),
    FEATURE("retries", l.retries = true, 8),
    FEATURE("edges = jobs", l.edges = slots, 24),
    FEATURE("batches = jobs / 16", l.batches = slots / 16, 17),
    FEATURE("recurring = 16", l.recurring = 16, 2),
    FEATURE("queues = 3", l.queues = pawl::name_list("a", "b", "c"), 8),
    FEATURE("bands = 3", l.bands = 3, 8),
    FEATURE("queue_control", l.queue_control = true, 0),
    FEATURE("slices", l.slices = true, 8),
    FEATURE("reschedule", l.reschedule = true, 8),
    FEATURE("deadlines", l.deadlines = true, 56),
    FEATURE("times", l.times = true, 16),
    FEATURE("owners", l.owners = true, 8),
    FEATURE("progress", l.progress = true, 8),
    FEATURE("failed = 64", l.failed = 64, 9),
    FEATURE("error_bytes = 32", l.error_bytes = 32, 40),
    FEATURE("result_bytes = 16", l.result_bytes = 16, 72),
    FEATURE("history = 64", l.history = 64, 2),
    FEATURE("events = 64", l.events = 64, 1),
    FEATURE("keys = 64", l.keys = 64, 26),
    FEATURE("limiters = 2", l.limiters = pawl::name_list("a", "b"), 15),
};

#undef FEATURE

}  // namespace

TEST_CASE("feature costs: the bytes that each feature adds to a job are those of the table") {
    for (const row& each : table) {
        INFO(each.feature);
        if constexpr (sizeof(void*) == 8) {
            CHECK(each.bytes_per_job == each.expected);
        } else {
            CHECK(each.bytes_per_job <= each.expected);
        }
    }
}

TEST_CASE("feature costs: with everything declared a job of 48 bytes is below half a kilobyte") {
    constexpr pawl::limits everything{.jobs = slots,
                                      .workers = 0,
                                      .queues = {"critical", "default", "low"},
                                      .bands = 3,
                                      .queue_control = true,
                                      .recurring_policies = true,
                                      .slices = true,
                                      .reschedule = true,
                                      .deadlines = true,
                                      .times = true,
                                      .owners = true,
                                      .progress = true,
                                      .failed = 64,
                                      .error_bytes = 32,
                                      .result_bytes = 16,
                                      .history = 64,
                                      .events = 64,
                                      .types = 8,
                                      .keys = 64,
                                      .limiters = {"db", "mail"}};
    CHECK(bytes<everything> / slots <= 512);
}

TEST_CASE("feature costs: a million pending jobs of 48 bytes take at most 160 bytes each") {
    constexpr std::uint32_t million = 1'000'000;
    constexpr pawl::limits many{.jobs = million, .batches = 64, .workers = 0};
    CHECK(bytes<many> / million <= 160);
    // Also with threads and what those have switched on by default.
    if constexpr (sizeof(void*) == 8) {
        CHECK(sizeof(pawl::scheduler<pawl::limits{.jobs = million}>) <= std::size_t{160} * million);
    }
}
