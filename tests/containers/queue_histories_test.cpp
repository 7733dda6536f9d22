// SPDX-License-Identifier: BSL-1.0
//
// Goal: what real threads see of the bounded queues is what a queue answers: first in, first out,
// no item lost, doubled, made up or torn, and no try that fails without a reason, as the header of
// each queue states it; across the end of the 32-bit counters, too.
// Method: the calls are recorded and judged afterwards (queue_histories.hpp). The judge is judged
// as well: every fault is drawn once, beside a history that is only nearly wrong; thousands of
// small histories are compared with a search for an explanation (explore/history.hpp,
// queue_models.hpp); queues that are broken on purpose are convicted, and one with a mutex is not.
// labels: concurrent
#include "catch.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <pawl/containers/mpmc_queue.hpp>
#include <pawl/containers/spsc_queue.hpp>
#include <pawl/containers/ticket_queue.hpp>

#include "containers/queue_checks.hpp"
#include "containers/queue_histories.hpp"
#include "containers/queue_models.hpp"
#include "explore/history.hpp"

namespace {

using queue_histories::checker;
using queue_histories::crew;
using queue_histories::fault;
using queue_histories::history;
using queue_histories::item;
using queue_histories::record;
using queue_histories::rules;

// ---- Drawn histories ----

// A call a line, from "[" to "]": "push 1 [--]", "pop 1 [--]", "full [--]" (a push that failed),
// "empty [--]" (a pop that failed). No two calls end in one column.
history drawn(std::initializer_list<const char*> lines) {
    struct place {
        std::size_t begin;
        std::size_t end;
    };
    std::vector<place> places;
    history calls;
    for (const std::string line : lines) {
        record one;
        one.push = line.starts_with("push") || line.starts_with("full");
        one.done = line.starts_with("p");
        one.number = one.done ? static_cast<std::uint32_t>(line[line.find(' ') + 1] - '0') : 99;
        calls.push_back(one);
        places.push_back({line.find('['), line.find(']')});
    }
    for (std::size_t i = 0; i < calls.size(); ++i) {
        for (const place& other : places) {
            calls[i].begin += other.end < places[i].begin ? 1U : 0U;
            calls[i].end += other.end < places[i].end ? 1U : 0U;
        }
    }
    return calls;
}

fault judged(std::initializer_list<const char*> lines, std::uint32_t capacity = 2,
             rules which = rules::strict) {
    return checker::judge(drawn(lines), capacity, which);
}

}  // namespace

TEST_CASE("queue histories: a right one has no fault") {
    CHECK(judged({}) == fault::none);
    CHECK(judged({"push 1 [--]                 ",  //
                  "push 2      [--]            ",  //
                  "full            [--]        ",  //
                  "pop 1               [--]    ",  //
                  "pop 2                   [--]",  //
                  "empty                       [--]"}) == fault::none);
}

TEST_CASE("queue histories: an item is pushed, and popped once") {
    CHECK(judged({"pop 1 [--]"}) == fault::never_pushed);
    CHECK(judged({"full  [--]", "pop 9     [--]"}) == fault::never_pushed);
    CHECK(judged({"push 1 [--]", "push 1    [--]"}) == fault::pushed_twice);
    CHECK(judged({"push 1 [--]           ",   //
                  "pop 1       [--]       ",  //
                  "pop 1            [--]  "}) == fault::popped_twice);
    CHECK(judged({"pop 1  [--]     ",  //
                  "push 1     [--]  "}) == fault::popped_before_push);
    CHECK(judged({"pop 1  [----]   ",  //
                  "push 1    [--]  "}) == fault::none);
}

TEST_CASE("queue histories: first in, first out") {
    CHECK(judged({"push 1 [--]              ",  //
                  "push 2      [--]         ",  //
                  "pop 2           [--]     ",  //
                  "pop 1               [--] "}) == fault::out_of_order);
    CHECK(judged({"push 1 [--]              ",  //
                  "push 2      [--]         ",  //
                  "pop 2           [--]     ",  //
                  "pop 1             [--]   "}) == fault::none);
    CHECK(judged({"push 1 [------]          ",  //
                  "push 2      [--]         ",  //
                  "pop 2           [--]     ",  //
                  "pop 1               [--] "}) == fault::none);
    // The first one is lost.
    CHECK(judged({"push 1 [--]              ",  //
                  "push 2      [--]         ",  //
                  "pop 2           [--]     "}) == fault::out_of_order);
}

TEST_CASE("queue histories: a pop fails on an empty queue only") {
    CHECK(judged({"push 1 [--]              ",  //
                  "empty       [--]         "}) == fault::empty_beside_items);
    CHECK(judged({"push 1 [--]              ",  //
                  "empty     [--]           "}) == fault::none);
    // Never empty, though no single item was there all the time.
    CHECK(judged({"push 1 [--]               ",  //
                  "empty       [----------]  ",  //
                  "push 2        [--]        ",  //
                  "pop 1             [--]    ",  //
                  "pop 2                   [--]"}) == fault::empty_beside_items);
    CHECK(judged({"push 1 [--]               ",  //
                  "empty       [----------]  ",  //
                  "push 2        [--]        ",  //
                  "pop 1           [--]      ",  //
                  "pop 2                   [--]"}) == fault::none);
    CHECK(judged({"push 1 [--]               ",  //
                  "empty       [----------]  ",  //
                  "push 2        [--]        ",  //
                  "pop 1             [--]    ",  //
                  "pop 2               [--]"}) == fault::none);
}

TEST_CASE("queue histories: a push fails on a full queue only") {
    CHECK(judged({"push 1 [--]                  ",  //
                  "full        [--]             "}) == fault::full_beside_room);
    CHECK(judged({"push 1 [--]                  ",  //
                  "full        [--]             ",  //
                  "push 2         [--]          "}) == fault::none);
    // A slot that is in the hands of a pop.
    CHECK(judged({"push 1 [--]                  ",  //
                  "push 2      [--]             ",  //
                  "pop 1            [-----]     ",  //
                  "full               [--]      "}) == fault::none);
    CHECK(judged({"push 1 [--]                  ",  //
                  "push 2      [--]             ",  //
                  "pop 1            [--]        ",  //
                  "full                  [--]   "}) == fault::full_beside_room);
    CHECK(judged({"push 1 [--]                  ",  //
                  "push 2      [--]             ",  //
                  "push 3           [--]        "}) == fault::over_capacity);
    CHECK(judged({"push 1 [--]                  ",  //
                  "push 2      [--]             ",  //
                  "push 3           [--]        ",  //
                  "pop 1              [--]      "}) == fault::none);
}

TEST_CASE("queue histories: tickets") {
    constexpr auto tickets = rules::of_tickets;
    // A push under way may hide what comes behind it, but not what was before it.
    const auto hidden = {"push 1 [------------]         ",  //
                         "push 2    [--]               ",   //
                         "empty          [--]          "};
    CHECK(judged(hidden, 2, tickets) == fault::none);
    CHECK(judged(hidden) == fault::empty_beside_items);
    CHECK(judged({"push 2 [--]                   ",  //
                  "push 1    [--------]          ",  //
                  "empty          [--]           "},
                 2, tickets) == fault::none);
    CHECK(judged({"push 2 [--]                   ",  //
                  "push 1     [--------]         ",  //
                  "empty          [--]           "},
                 2, tickets) == fault::empty_beside_items);
    CHECK(judged({"push 2 [--]                   ",  //
                  "empty          [--]           "},
                 2, tickets) == fault::empty_beside_items);
    // A pop under way may keep its cell, but only for who comes round to it.
    const auto kept = {"push 1 [--]                             ",  //
                       "push 2     [--]                         ",  //
                       "pop 1          [------------------]     ",  //
                       "pop 2            [--]                   ",  //
                       "full                  [--]              "};
    CHECK(judged(kept, 2, tickets) == fault::none);
    CHECK(judged(kept) == fault::full_beside_room);
    CHECK(judged(kept, 3, tickets) == fault::full_beside_room);
    CHECK(judged({"push 1 [--]                             ",  //
                  "push 2     [--]                         ",  //
                  "pop 1          [--]                     ",  //
                  "full                [--]                "},
                 2, tickets) == fault::full_beside_room);
    CHECK(judged({"push 1 [--]                             ",  //
                  "push 2     [--]                         ",  //
                  "full            [--]                    "},
                 2, tickets) == fault::none);
}

namespace {

// ---- Random histories ----

struct random_histories {
    std::minstd_rand random{1};

    unsigned below(unsigned bound) { return static_cast<unsigned>(random()) / 7 % bound; }

    // Of some calls in random intervals, in which each answer is possible by itself.
    history next(bool pushes_fail) {
        const unsigned count = 2 + below(6);
        std::vector<unsigned> moments(2 * std::size_t{count});
        for (unsigned i = 0; i < moments.size(); ++i) {
            moments[i] = i / 2;
        }
        // Mostly in order, or all calls would overlap.
        for (unsigned swaps = below(4 * count); swaps != 0; --swaps) {
            const unsigned at = below(2 * count - 1);
            std::swap(moments[at], moments[at + 1]);
        }
        history calls(count);
        std::vector<bool> begun(count);
        std::uint32_t ended = 0;
        for (const unsigned call : moments) {
            (begun[call] ? calls[call].end : calls[call].begin) = ended;
            ended += begun[call] ? 1U : 0U;
            begun[call] = true;
        }
        std::uint32_t pushed = 0;
        for (record& one : calls) {
            one.push = below(2) == 0;
            one.done = one.push ? !pushes_fail || below(4) != 0 : below(3) != 0;
            one.number = one.push ? pushed : 0;
            pushed += one.push && one.done ? 1U : 0U;
        }
        std::uint32_t popped = 0;
        for (record& one : calls) {
            if (!one.push && one.done) {
                one.done = pushed != 0;
                one.number = pushed == 0 ? 0 : popped++ % pushed;
            }
        }
        return calls;
    }
};

template <class Model>
bool explained(const history& calls) {
    std::array<queue_models::call, 8> as_called;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        as_called[i] = {.what = calls[i].push ? 'p' : 'g',
                        .done = calls[i].done,
                        .number = calls[i].number,
                        .after = 0};
        for (std::size_t j = 0; j < calls.size(); ++j) {
            as_called[i].after |= calls[j].end < calls[i].begin ? explore::call_set{1} << j : 0;
        }
    }
    return explore::explained<Model>(
        std::span<const queue_models::call>{as_called.data(), calls.size()});
}

}  // namespace

TEST_CASE("queue histories: without a bound, the judge is right about every history") {
    random_histories some;
    unsigned right = 0;
    unsigned wrong = 0;
    for (unsigned i = 0; i < 40'000; ++i) {
        const history calls = some.next(false);
        const bool is_right = explained<queue_models::one_moment<32>>(calls);
        ++(is_right ? right : wrong);
        if (is_right != (checker::judge(calls, 32) == fault::none)) {
            FAIL("history " << i << ": " << text(checker::judge(calls, 32)));
        }
    }
    CHECK(right > 1'000);
    CHECK(wrong > 1'000);
}

TEST_CASE("queue histories: with a bound, the judge accuses nobody wrongly") {
    random_histories some;
    unsigned right = 0;
    unsigned wrong = 0;
    unsigned found = 0;
    for (unsigned i = 0; i < 40'000; ++i) {
        const history calls = some.next(true);
        const bool strictly = checker::judge(calls, 2) == fault::none;
        const bool as_tickets = checker::judge(calls, 2, rules::of_tickets) == fault::none;
        const bool is_right = explained<queue_models::slots_and_items<2>>(calls);
        if ((is_right && !strictly) || (strictly && !as_tickets) ||
            (explained<queue_models::one_moment<2>>(calls) && !is_right) ||
            (explained<queue_models::tickets<2>>(calls) && !as_tickets)) {
            FAIL("history " << i << ": " << text(checker::judge(calls, 2)));
        }
        ++(is_right ? right : wrong);
        found += is_right || strictly ? 0U : 1U;
    }
    CHECK(right > 1'000);
    CHECK(wrong > 1'000);
    CHECK(found > wrong / 10 * 9);  // the conditions are necessary only, but strong
}

namespace {

// ---- Queues ----

// Right, unless it is told not to be: then it does something wrong now and again.
template <fault Wrong>
class locked_queue {
public:
    static constexpr std::size_t capacity = 8;

    bool try_push(item&& pushed) {
        const std::lock_guard<std::mutex> lock{mutex_};
        const std::size_t room = capacity + (Wrong == fault::over_capacity ? 1 : 0);
        if (inside_.size() == room || (Wrong == fault::full_beside_room &&
                                       inside_.size() <= capacity / 2 && now_and_again())) {
            return false;
        }
        inside_.push_back(pushed.number());
        return true;
    }

    std::optional<item> try_pop() {
        const std::lock_guard<std::mutex> lock{mutex_};
        const bool misbehave = inside_.size() >= 2 && now_and_again();
        if (inside_.empty() || (misbehave && Wrong == fault::empty_beside_items)) {
            return std::nullopt;
        }
        if (misbehave && Wrong == fault::out_of_order) {
            std::swap(inside_[0], inside_[1]);
        }
        std::optional<item> first{inside_.front()};
        if (misbehave && Wrong == fault::never_pushed) {
            first.emplace(item::nobody);  // as if it were torn
        }
        if (!(misbehave && Wrong == fault::popped_twice)) {
            inside_.pop_front();
        }
        return first;
    }

private:
    bool now_and_again() { return ++count_ % 4 == 0; }

    std::mutex mutex_;
    std::deque<std::uint32_t> inside_;
    unsigned count_ = 0;
};

template <class Queue>
fault fault_of(crew hands, std::uint32_t capacity, rules which = rules::strict) {
    const auto queue = std::make_unique<Queue>();
    const history calls = queue_histories::run(*queue, hands);
    std::size_t passed = 0;
    for (const record& one : calls) {
        passed += !one.push && one.done ? 1U : 0U;
    }
    CHECK(passed != 0);
    return checker::judge(calls, capacity, which);
}

// Again and again for a while, on a new queue each time. How long is a matter of effort: once is a
// test, too.
template <class Queue>
void check(crew hands, rules which = rules::strict) {
    const auto begin = std::chrono::steady_clock::now();
    fault found = fault::none;
    do {
        found = fault_of<Queue>(hands, Queue::capacity(), which);
    } while (found == fault::none &&
             std::chrono::steady_clock::now() - begin < std::chrono::milliseconds{150});
    INFO(text(found));
    CHECK(found == fault::none);
}

// One of each, and as many items inside as fit.
template <fault Wrong>
fault convicted() {
    using queue = locked_queue<Wrong>;
    return fault_of<queue>(
        {.producers = 1, .consumers = 1, .each = 2'000, .inside = queue::capacity + 1},
        queue::capacity);
}

// Words that reach 2^32 soon.
using near_wrap = queue_checks::platform<0xFFFF'FF00>;

}  // namespace

TEST_CASE("queue histories: a queue behind a mutex has no fault") {
    using queue = locked_queue<fault::none>;
    CHECK(fault_of<queue>({.each = 15'000}, queue::capacity) == fault::none);
    CHECK(fault_of<queue>({.each = 15'000}, queue::capacity, rules::of_tickets) == fault::none);
}

TEST_CASE("queue histories: a broken queue is convicted") {
    CHECK(convicted<fault::none>() == fault::none);
    CHECK(convicted<fault::never_pushed>() == fault::never_pushed);
    CHECK(convicted<fault::popped_twice>() == fault::popped_twice);
    CHECK(convicted<fault::out_of_order>() == fault::out_of_order);
    CHECK(convicted<fault::empty_beside_items>() == fault::empty_beside_items);
    CHECK(convicted<fault::full_beside_room>() == fault::full_beside_room);
    CHECK(convicted<fault::over_capacity>() == fault::over_capacity);
}

TEST_CASE("queue histories: mpmc_queue") {
    check<pawl::mpmc_queue<item, 1>>({.each = 15'000});
    check<pawl::mpmc_queue<item, 2>>({.each = 30'000});
    check<pawl::mpmc_queue<item, 3>>({.producers = 1, .consumers = 3, .each = 30'000});
    check<pawl::mpmc_queue<item, 8>>({.producers = 3, .consumers = 1, .each = 15'000});
    check<pawl::mpmc_queue<item, 64, near_wrap>>({.each = 60'000, .inside = 64});
    check<pawl::mpmc_queue<item, 4, near_wrap>>({.each = 15'000, .inside = 4});
}

TEST_CASE("queue histories: ticket_queue") {
    constexpr auto tickets = rules::of_tickets;
    check<pawl::ticket_queue<item, 2>>({.each = 30'000}, tickets);
    check<pawl::ticket_queue<item, 4>>({.producers = 1, .consumers = 3, .each = 30'000}, tickets);
    check<pawl::ticket_queue<item, 8>>({.producers = 3, .consumers = 1, .each = 15'000}, tickets);
    check<pawl::ticket_queue<item, 64, near_wrap>>({.each = 60'000, .inside = 64}, tickets);
    check<pawl::ticket_queue<item, 4, near_wrap>>({.each = 15'000, .inside = 4}, tickets);
}

TEST_CASE("queue histories: spsc_queue") {
    constexpr crew one_each{.producers = 1, .consumers = 1, .each = 60'000};
    check<pawl::spsc_queue<item, 1>>(one_each);
    check<pawl::spsc_queue<item, 2>>(one_each);
    check<pawl::spsc_queue<item, 7>>(one_each);
    check<pawl::spsc_queue<item, 64>>({.producers = 1, .consumers = 1, .each = 100'000});
}
