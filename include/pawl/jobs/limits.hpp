// SPDX-License-Identifier: BSL-1.0
//
// limits: every capacity of a scheduler, in one value that is a template argument.
//
// All memory of a scheduler follows from it at compile time. A capacity of 0 takes a feature's code
// and bytes out; using it is then a compile error that names the limit.
//
//   using small = pawl::scheduler<pawl::limits{.jobs = 32, .job_bytes = 16, .workers = 0}>;
//   using queues = pawl::scheduler<pawl::limits{.queues = {"critical", "default"}}>;
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/execution/life.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Names of 1 to 15 characters from a-z, 0-9, '_' and '-' (Hangfire's alphabet), at most eight of
// them. Anything else does not compile.
struct name_list {
    static constexpr std::size_t count_max = 8;
    static constexpr std::size_t name_size_max = 15;

    // No names.
    consteval name_list() noexcept = default;

    template <std::size_t... Sizes>
    requires(sizeof...(Sizes) > 0) consteval name_list(const char (&... names)[Sizes]) {
        static_assert(sizeof...(Sizes) <= count_max, "limits: at most 8 names of one kind");
        static_assert(((Sizes >= 2 && Sizes <= name_size_max + 1) && ...),
                      "limits: a name has 1 to 15 characters");
        (add(std::string_view{names, Sizes - 1}), ...);
    }

    [[nodiscard]] constexpr std::string_view operator[](std::size_t index) const noexcept {
        return text[index];
    }

    // The place of this name, or `count`.
    [[nodiscard]] constexpr std::uint32_t find(std::string_view wanted) const noexcept {
        std::uint32_t index = 0;
        while (index < count && wanted != text[index]) {
            ++index;
        }
        return index;
    }

    // Public, because a template argument's class has no private members.
    char text[count_max][name_size_max + 1] = {};
    std::uint32_t count = 0;

private:
    consteval void add(std::string_view added) {
        for (const char letter : added) {
            const bool allowed = (letter >= 'a' && letter <= 'z') ||
                                 (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
            if (!allowed) {
                a_name_has_only_lower_case_letters_digits_underscore_and_minus();
            }
        }
        if (find(added) != count) {
            two_have_the_same_name();
        }
        std::copy(added.begin(), added.end(), text[count]);
        ++count;
    }

    // Not constexpr: calling one in a constant expression is the compile error.
    static void a_name_has_only_lower_case_letters_digits_underscore_and_minus() {}
    static void two_have_the_same_name() {}
};

// How often each queue is served, in the order of limits.queues: {6, 3, 1}. All zero: strictly in
// that order.
struct queue_weights {
    consteval queue_weights() noexcept = default;
    template <class... Weights>
    requires(sizeof...(Weights) > 0) consteval queue_weights(Weights... weights)
        : of{static_cast<std::uint8_t>(weights)...} {
        static_assert(sizeof...(Weights) <= name_list::count_max,
                      "limits.weights: at most 8, one for each queue");
        if (!((weights >= 1 && weights <= 255) && ...)) {
            a_weight_is_1_to_255();
        }
    }

    [[nodiscard]] constexpr std::uint32_t operator[](std::size_t queue) const noexcept {
        return of[queue];
    }
    [[nodiscard]] constexpr bool given() const noexcept { return of[0] != 0; }

    std::uint8_t of[name_list::count_max] = {};

private:
    static void a_weight_is_1_to_255() {}
};

// Which platforms have room for delays and periods of more than 2^29 ticks, where a tick has 32
// bits: nine minutes of microseconds, six days of milliseconds.
enum class long_delays : std::uint8_t {
    of_fine_ticks,  // where a tick is shorter than a millisecond
    always,
    never,
};

struct limits {
    // Jobs that exist at once: waiting, running, or awaiting a parent. At most 2^22.
    std::uint32_t jobs = 1024;
    // Bytes of a job's callable, its captures included.
    std::uint32_t job_bytes = 48;
    // The strictest alignment of a callable, in bytes.
    std::uint32_t job_align = 8;
    // Links from parents to continuations that still wait: one for each parent of each.
    std::uint32_t edges = jobs;
    // Batches that are open or running at once.
    std::uint32_t batches = jobs >= 64 ? jobs / 16 : 4;
    // Entries in the table of recurring jobs.
    std::uint32_t recurring = jobs >= 64 ? 64 : jobs;
    // Threads: a number, `one_per_core`, or 0: poll() and wait() run everything on the caller's.
    std::uint32_t workers = one_per_core;
    // At most this many when `workers` is one_per_core. At most 24.
    std::uint32_t workers_max = 16;
    // What each worker has spawned and nobody has begun: parts of graphs, and jobs that were
    // posted. A power of two, or 0: no run(), no post(). Costs some 64 times as many bytes for each
    // worker.
    std::uint32_t local = workers == 0 ? 0 : 64;
    // Queues, most urgent first. A job that names none goes to "default", or to the first.
    name_list queues = {"default"};
    // Weighted order of the queues: {6, 3, 1}. Without, they are served strictly in their order.
    queue_weights weights = {};
    // Bands of priority in each queue: 1 to 4. One ring of four bytes for each job, queue and band.
    std::uint32_t bands = 1;
    // What waits in any queue or band gets a turn at least once in so many of each worker, whatever
    // is more urgent. 0: strict without end.
    std::uint32_t starvation_bound = 64;
    // Whether queues can be paused, and limited in the number of jobs that run at once.
    bool queue_control = workers != 0;

    // Whether a job has a name: eight or twelve bytes. Without, a job is called "".
    bool names = true;
    // Whether a job has a retry policy: eight bytes. Without, the first failure is the last.
    bool retries = true;
    // Whether recurring jobs have more than a rule and an overlap: misfire policies, jitter,
    // bounds, a pause. Needs edges.
    bool recurring_policies = workers != 0 && edges != 0;
    // Whether a continuation can rest after its parents have ended: then(..., {.delay = 1s}).
    bool then_delay = workers != 0 && edges != 0;
    // Whether a job can run in slices: outcome::yield(), whose cursor takes four bytes. Without, a
    // job that yields has failed.
    bool slices = workers != 0;
    // Whether the time of a job that waits for it can be changed: reschedule(), run_now(), and
    // conflict::postpone. Four bytes.
    bool reschedule = workers != 0;
    // Whether delays and periods may be longer than 2^29 ticks of 32 bits: up to 2^44, which is 203
    // days of microseconds. Two bytes a timer, and some code; else they are refused (`too_late`).
    // It makes no difference to ticks of 64 bits, nor to the periods of recurring_policies.
    pawl::long_delays long_delays = pawl::long_delays::of_fine_ticks;
    // Whether a job has deadlines: to have begun by, to have run at most, to be retried until.
    bool deadlines = false;
    // Whether it is noted when a job became ready, began and ended: latencies, lateness, ages.
    bool times = false;
    // Whether a job can belong to an owner, whose jobs are cancelled together: four bytes.
    bool owners = false;
    // Whether a running job can say how far it is: four bytes.
    bool progress = false;

    // Failed jobs that keep their slot and callable, so that they can be listed and requeued. Of
    // more the oldest goes for good.
    std::uint32_t failed = workers != 0 && jobs >= 64 ? jobs / 16 : 0;
    // Bytes of text that say why a job failed, in its slot; a multiple of 4. Beside them an error
    // code. 0: neither.
    std::uint32_t error_bytes = 0;
    // Bytes of a job's result, handed to its continuations; a multiple of 4.
    std::uint32_t result_bytes = 0;
    // Jobs whose end is still known when their slot serves another one. Of more the oldest goes.
    std::uint32_t history = 0;
    // Events, the last so many: what became of which job when.
    std::uint32_t events = 0;
    // Types of jobs for which numbers are kept: how many, how long, how late.
    std::uint32_t types = 0;

    // Keys in use at once: unique jobs, jobs that exclude each other, chains.
    std::uint32_t keys = 0;
    // Limits of how many jobs run at once, or how often: jobs name the one that they are under.
    name_list limiters = {};

    // Ready rings: a band of a queue each.
    [[nodiscard]] constexpr std::uint32_t lines() const noexcept { return queues.count * bands; }
    // Whether jobs may have to wait for a key or a limiter.
    [[nodiscard]] constexpr bool admission() const noexcept {
        return keys > 0 || limiters.count > 0;
    }

    [[nodiscard]] constexpr std::uint32_t default_queue() const noexcept {
        const std::uint32_t index = queues.find("default");
        return index < queues.count ? index : 0;
    }
    // Places for the failed jobs that are kept: each of those who run jobs may be about to keep one
    // more, and has not yet taken the oldest out.
    [[nodiscard]] constexpr std::uint32_t failed_places() const noexcept {
        return std::min(jobs, failed + sleepers() + 1);
    }
    // Sleepers a scheduler has: its threads, or the one caller of poll() and wait().
    [[nodiscard]] constexpr std::uint32_t sleepers() const noexcept {
        return workers == one_per_core ? workers_max : (workers == 0 ? 1 : workers);
    }
};

}  // namespace PAWL_ABI
}  // namespace pawl
