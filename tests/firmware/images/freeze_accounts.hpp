// SPDX-License-Identifier: BSL-1.0
//
// What became of each job of one run: what was answered to who submitted or cancelled it, and what
// happened to it. At the end both must agree. See freeze.hpp.
//
// Who may call: each function says so. The main loop and the interrupts write to different members,
// but for what only a poll() writes: and there is one poll() at a time, which is part of the test.
#pragma once

#include <cstdint>

#include <pawl/jobs/job_id.hpp>

#include "board/semihosting.hpp"

namespace freeze {

// The jobs of a run.
enum tag : std::uint8_t {
    // The main loop's, from before the operation.
    early_a,
    early_b,
    target,  // the interrupt cancels it
    due_a,   // both become due at the same tick
    due_b,
    repeated,  // of every(): runs more than once
    crowd,     // of these there are several
    // The operation's.
    victim,
    // The main loop's, from after the operation.
    later,
    brim,  // of these there are as many as slots
    // The interrupt's.
    mine,
    withdrawn,
    timed,
    again,
    timed_again,
    // The more urgent interrupt's.
    urgent_mine,
    urgent_withdrawn,
    urgent_timed,
    tags,
};

// Who cancels: each has a word of its own.
enum class who : std::uint8_t { loop, interrupt, urgent };
constexpr std::uint32_t who_count = 3;

struct accounts {
    static constexpr std::uint32_t order_max = 96;

    pawl::job_id id[tags];
    std::uint8_t accepted[tags];
    std::uint8_t cancelled[who_count][tags];  // so often was it told to have been cancelled
    std::uint8_t began[tags];                 // when it was cancelled
    std::uint8_t refused[who_count];
    std::uint8_t ran[tags];
    tag order[order_max];  // of what ran
    std::uint32_t order_count;
    const char* wrong;  // what was wrong first

    // Anybody; the first one counts.
    void check(bool condition, const char* what) {
        if (!condition && wrong == nullptr) {
            wrong = what;
        }
    }

    // By who submitted.
    void submitted(who by, tag which, pawl::job_id answer) {
        if (answer) {
            id[which] = answer;
            ++accepted[which];
        } else {
            ++refused[static_cast<unsigned>(by)];
            check(answer.error() == pawl::submit_error::full, "refused, but not as full");
        }
    }
    // By a job, in poll().
    void runs(tag which) {
        ++ran[which];
        if (order_count < order_max) {
            order[order_count] = which;
        }
        ++order_count;
    }
    [[nodiscard]] std::uint32_t times_cancelled(tag which) const {
        std::uint32_t sum = 0;
        for (const auto& by : cancelled) {
            sum += by[which];
        }
        return sum;
    }

    // ---- At the end, by the main loop -----------------------------------------------------------

    void check_fates() {
        for (std::uint32_t each = 0; each < tags; ++each) {
            const tag which = static_cast<tag>(each);
            if (which == repeated) {
                continue;  // not a job, but many
            }
            const std::uint32_t told = times_cancelled(which);
            check(told <= accepted[which], "cancelled twice, or never accepted");
            const std::uint32_t runs = accepted[which] - told + began[which];
            check(ran[which] >= runs, "accepted, and did not run");
            check(ran[which] <= runs, "ran twice, or though it was cancelled");
        }
        check(order_count <= order_max, "too many runs");
    }

    // First in, first out among equals: `first` was ready, or was to be due at the same time,
    // before the other one was submitted.
    void check_order() {
        struct pair {
            tag first;
            tag second;
        };
        static constexpr pair pairs[] = {
            {early_a, early_b}, {early_b, victim}, {early_b, mine},       {early_b, urgent_mine},
            {due_a, due_b},     {early_b, later},  {victim, later},       {mine, later},
            {again, later},     {mine, again},     {urgent_mine, later},  {due_a, timed},
            {due_b, timed},     {later, timed},    {later, urgent_timed}, {timed, timed_again},
        };
        for (const pair& each : pairs) {
            const std::uint32_t first = place(each.first);
            const std::uint32_t second = place(each.second);
            check(first == order_max || second == order_max || first < second,
                  "not first in, first out");
        }
    }

    [[nodiscard]] std::uint32_t sum_ran() const { return sum_of(ran); }
    [[nodiscard]] std::uint32_t sum_cancelled() const {
        std::uint32_t sum = 0;
        for (std::uint32_t each = 0; each < tags; ++each) {
            sum += times_cancelled(static_cast<tag>(each));
        }
        return sum;
    }
    // Of those that were cancelled when they had begun, and ran to their end.
    [[nodiscard]] std::uint32_t sum_began() const { return sum_of(began); }
    [[nodiscard]] std::uint32_t sum_refused() const { return sum_of(refused); }

private:
    template <std::uint32_t Count>
    [[nodiscard]] static std::uint32_t sum_of(const std::uint8_t (&counts)[Count]) {
        std::uint32_t sum = 0;
        for (const std::uint8_t each : counts) {
            sum += each;
        }
        return sum;
    }

    [[nodiscard]] std::uint32_t place(tag which) const {
        for (std::uint32_t each = 0; each < order_count && each < order_max; ++each) {
            if (order[each] == which) {
                return each;
            }
        }
        return order_max;
    }
};

// Of the run at hand. Cleared before each; nothing is in here that has a constructor to run.
inline accounts now{};

inline void print_hex(std::uint32_t value) {
    char text[9];
    char* first = text + sizeof text - 1;
    *first = '\0';
    do {
        *--first = "0123456789abcdef"[value % 16];
        value /= 16;
    } while (value != 0);
    semihosting::print(first);
}

}  // namespace freeze
