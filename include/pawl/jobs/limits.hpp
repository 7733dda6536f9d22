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

namespace pawl {
inline namespace PAWL_ABI {

// limits.workers: as many threads as the machine has cores, up to limits.workers_max.
inline constexpr std::uint32_t one_per_core = 0xFFFF'FFFF;

// The names of a scheduler's queues, most urgent first: 1 to 8 names of 1 to 15 characters from
// a-z, 0-9, '_' and '-' (Hangfire's alphabet). Anything else does not compile.
struct queue_names {
    static constexpr std::size_t count_max = 8;
    static constexpr std::size_t name_size_max = 15;

    template <std::size_t... Sizes>
    consteval queue_names(const char (&... names)[Sizes]) {
        static_assert(sizeof...(Sizes) >= 1 && sizeof...(Sizes) <= count_max,
                      "limits.queues: a scheduler has 1 to 8 queues");
        static_assert(((Sizes >= 2 && Sizes <= name_size_max + 1) && ...),
                      "limits.queues: a queue's name has 1 to 15 characters");
        (add(std::string_view{names, Sizes - 1}), ...);
    }

    [[nodiscard]] constexpr std::string_view operator[](std::size_t index) const noexcept {
        return text[index];
    }

    // The queue of this name, or `count`.
    [[nodiscard]] constexpr std::uint32_t find(std::string_view queue) const noexcept {
        std::uint32_t index = 0;
        while (index < count && queue != text[index]) {
            ++index;
        }
        return index;
    }

    // Public, because a template argument's class has no private members.
    char text[count_max][name_size_max + 1] = {};
    std::uint32_t count = 0;

private:
    consteval void add(std::string_view queue) {
        for (const char letter : queue) {
            const bool allowed = (letter >= 'a' && letter <= 'z') ||
                                 (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
            if (!allowed) {
                a_queue_name_has_only_lower_case_letters_digits_underscore_and_minus();
            }
        }
        if (find(queue) != count) {
            two_queues_have_the_same_name();
        }
        std::copy(queue.begin(), queue.end(), text[count]);
        ++count;
    }

    // Not constexpr: calling one in a constant expression is the compile error.
    static void a_queue_name_has_only_lower_case_letters_digits_underscore_and_minus() {}
    static void two_queues_have_the_same_name() {}
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
    // Queues, most urgent first. A job that names none goes to "default", or to the first.
    queue_names queues = {"default"};
    // Whether a job has a name: eight or sixteen bytes. Without, a job is called "".
    bool names = true;
    // Whether a job has a retry policy: eight bytes. Without, the first failure is the last.
    bool retries = true;
    // Of features to come, 0 until they are there: uniqueness keys, finished jobs kept in a
    // history, bytes of text that say why a job failed.
    std::uint32_t keys = 0;
    std::uint32_t history = 0;
    std::uint32_t error_bytes = 0;

    [[nodiscard]] constexpr std::uint32_t default_queue() const noexcept {
        const std::uint32_t index = queues.find("default");
        return index < queues.count ? index : 0;
    }
    // Sleepers a scheduler has: its threads, or the one caller of poll() and wait().
    [[nodiscard]] constexpr std::uint32_t sleepers() const noexcept {
        return workers == one_per_core ? workers_max : (workers == 0 ? 1 : workers);
    }
};

}  // namespace PAWL_ABI
}  // namespace pawl
