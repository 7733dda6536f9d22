// The order in which a worker takes from the ready rings.
//
// Goal: what the header promises of strict and weighted order, bands, the starvation bound, pauses
// and limits, as exact numbers of turns. Method: the container alone, without jobs: an index is a
// number, and taking it is what a worker would do. Where a bound is claimed for every line, every
// line is starved in its turn, from every moment of the worker's cycle.
#include "catch.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pawl/jobs/limits.hpp>
#include <pawl/platform/manual_platform.hpp>
#include <pawl/scheduler/ready_queues.hpp>

namespace {

constexpr std::uint32_t slots = 64;

constexpr pawl::limits of(pawl::name_list queues, std::uint32_t bands, std::uint32_t bound,
                          pawl::queue_weights weights = {}, bool control = false) {
    return {.jobs = slots,
            .workers = 0,
            .queues = queues,
            .weights = weights,
            .bands = bands,
            .starvation_bound = bound,
            .queue_control = control};
}

constexpr pawl::limits plain = of({"only"}, 1, 0);
constexpr pawl::limits strict = of({"high", "middle", "low"}, 1, 0);
constexpr pawl::limits banded = of({"high", "low"}, 3, 0);
constexpr pawl::limits weighted = of({"high", "middle", "low"}, 1, 0, {6, 3, 1});
constexpr pawl::limits controlled = of({"high", "low"}, 2, 0, {}, true);

template <pawl::limits L>
struct bench {
    using queues = pawl::ready_queues<L, pawl::manual_platform>;
    queues ready;
    typename queues::turns turns{};

    std::optional<std::uint32_t> take() {
        typename queues::taken next;
        return ready.take(next, turns) ? std::optional{next.index} : std::nullopt;
    }
    // The lines of the next `count` jobs, while each line always has one: index = line.
    std::vector<std::uint32_t> cycle(std::uint32_t count) {
        std::vector<std::uint32_t> result;
        for (; count != 0; --count) {
            const std::uint32_t line = take().value();
            result.push_back(line);
            ready.put(line, line);
        }
        return result;
    }
    void fill() {
        for (std::uint32_t line = 0; line < queues::lines; ++line) {
            ready.put(line, line);
        }
    }
};

// Of every line: while all others always have something, and from every moment of a worker's cycle,
// it waits no longer than the bound. Returns the longest wait of any, in turns.
template <pawl::limits L>
std::uint32_t longest_wait() {
    using queues = typename bench<L>::queues;
    std::uint32_t longest = 0;
    for (std::uint32_t starved = 0; starved < queues::lines; ++starved) {
        for (std::uint32_t moment = 0; moment < 2 * L.starvation_bound; ++moment) {
            bench<L> worker;
            for (std::uint32_t line = 0; line < queues::lines; ++line) {
                if (line != starved) {
                    worker.ready.put(line, line);
                }
            }
            worker.cycle(moment);
            worker.ready.put(starved, starved);
            std::uint32_t turns = 0;
            for (std::optional<std::uint32_t> line; line != starved;) {
                ++turns;
                REQUIRE(turns <= L.starvation_bound);
                line = worker.take();
                worker.ready.put(line.value(), line.value());
            }
            longest = turns > longest ? turns : longest;
        }
    }
    return longest;
}

}  // namespace

TEST_CASE("one line: first in, first out, and its worker remembers nothing") {
    bench<plain> worker;
    static_assert(std::is_empty_v<decltype(worker)::queues::turns>);
    REQUIRE_FALSE(worker.ready.anything());
    REQUIRE_FALSE(worker.take());
    for (std::uint32_t index = 0; index < slots; ++index) {
        worker.ready.put(index, 0);
    }
    REQUIRE(worker.ready.anything());
    REQUIRE(worker.ready.size(0) == slots);
    for (std::uint32_t index = 0; index < slots; ++index) {
        REQUIRE(worker.take() == index);
    }
    REQUIRE(worker.ready.empty(0));
}

TEST_CASE("lines: each band of each queue has one, the most urgent first") {
    using queues = bench<banded>::queues;
    static_assert(queues::lines == 6);
    static_assert(queues::line_of(0, 2) == 0 && queues::line_of(0, 0) == 2);
    static_assert(queues::line_of(1, 2) == 3 && queues::line_of(1, 0) == 5);
    static_assert(queues::queue_of(2) == 0 && queues::queue_of(3) == 1);
    bench<banded> worker;
    for (std::uint32_t line = queues::lines; line-- != 0;) {
        worker.ready.put(line, line);
        worker.ready.put(10 + line, line);
    }
    for (std::uint32_t line = 0; line < queues::lines; ++line) {
        REQUIRE(worker.take() == line);  // first in, first out within a line (row 81)
        REQUIRE(worker.take() == 10 + line);
    }
}

TEST_CASE("strict: a queue is served while those before it are empty, and only then (row 78)") {
    bench<strict> worker;
    worker.fill();
    for (int turn = 0; turn < 1000; ++turn) {
        REQUIRE(worker.take() == 0);
        worker.ready.put(0, 0);
    }
    REQUIRE(worker.take() == 0);
    REQUIRE(worker.take() == 1);
    worker.ready.put(0, 0);
    REQUIRE(worker.take() == 0);
    REQUIRE(worker.take() == 2);
    REQUIRE_FALSE(worker.take());
}

TEST_CASE("weighted: the shares are exact in every cycle (row 78)") {
    bench<weighted> worker;
    worker.fill();
    for (int cycle = 0; cycle < 100; ++cycle) {
        std::array<int, 3> share{};
        for (const std::uint32_t line : worker.cycle(10)) {
            ++share[line];
        }
        REQUIRE(share == std::array{6, 3, 1});
    }
}

TEST_CASE("weighted: an empty queue leaves its share to the others, and saves nothing up") {
    bench<weighted> worker;
    worker.ready.put(1, 1);
    worker.ready.put(2, 2);
    std::array<int, 3> share{};
    for (const std::uint32_t line : worker.cycle(400)) {
        ++share[line];
    }
    REQUIRE(share == std::array{0, 300, 100});
    worker.ready.put(0, 0);
    share = {};
    for (const std::uint32_t line : worker.cycle(20)) {
        ++share[line];
    }
    REQUIRE(share[0] <= 18);  // at most what is left of this cycle, and two whole ones
    REQUIRE(share[2] >= 1);
}

TEST_CASE("weighted: each worker has its own cycle") {
    bench<weighted> worker;
    worker.fill();
    decltype(worker)::queues::turns other{};
    std::array<int, 3> share{};
    for (int turn = 0; turn < 10; ++turn) {
        ++share[worker.cycle(1).front()];
        decltype(worker)::queues::taken next;
        REQUIRE(worker.ready.take(next, other));
        ++share[next.index];
        worker.ready.put(next.index, next.index);
    }
    REQUIRE(share == std::array{12, 6, 2});
}

TEST_CASE("starvation: every line that has something gets a turn within the bound (rows 78, 80)") {
    // Lines that divide the bound, lines that do not, and as many turns as lines.
    CHECK(longest_wait<of({"high", "low"}, 1, 2)>() == 2);
    CHECK(longest_wait<of({"high", "middle", "low"}, 1, 8)>() <= 8);
    CHECK(longest_wait<of({"high", "middle", "low"}, 1, 64)>() <= 64);
    CHECK(longest_wait<of({"high", "low"}, 3, 6)>() == 6);
    CHECK(longest_wait<of({"high", "low"}, 3, 20)>() <= 20);
    CHECK(longest_wait<of({"only"}, 4, 9)>() <= 9);
    CHECK(longest_wait<of({"high", "low"}, 2, 12, {9, 1})>() <= 12);
    CHECK(longest_wait<of({"a", "b", "c", "d", "e", "f", "g", "h"}, 4, 40)>() <= 40);
}

TEST_CASE("starvation: a turn whose line is empty is not lost") {
    bench<of({"high", "middle", "low"}, 1, 3)> worker;
    worker.ready.put(0, 0);
    for (const std::uint32_t line : worker.cycle(30)) {
        REQUIRE(line == 0);
    }
}

TEST_CASE("pause: nothing of the queue is taken or worth waking for, jobs come in (row 85)") {
    bench<controlled> worker;
    using queues = decltype(worker)::queues;
    worker.ready.pause(0);
    REQUIRE(worker.ready.is_paused(0));
    REQUIRE_FALSE(worker.ready.is_paused(1));
    worker.ready.put(7, queues::line_of(0, 1));
    worker.ready.put(8, queues::line_of(0, 0));
    REQUIRE_FALSE(worker.ready.anything());
    REQUIRE_FALSE(worker.take());
    worker.ready.put(9, queues::line_of(1, 0));
    REQUIRE(worker.ready.anything());
    REQUIRE(worker.take() == 9);
    REQUIRE_FALSE(worker.take());
    worker.ready.resume(0);
    REQUIRE(worker.ready.anything());
    REQUIRE(worker.take() == 7);
    REQUIRE(worker.take() == 8);
}

TEST_CASE("limit: counts what was taken under it, over all bands of the queue (row 86)") {
    bench<controlled> worker;
    using queues = decltype(worker)::queues;
    queues::taken next;
    const auto take = [&] { return worker.ready.take(next, worker.turns); };
    const auto put = [&](std::uint32_t count) {
        for (std::uint32_t index = 0; index < count; ++index) {
            worker.ready.put(index, queues::line_of(0, index % 2));
        }
    };
    put(6);
    REQUIRE(take());
    REQUIRE_FALSE(next.counted);  // taken before there was a limit
    worker.ready.limit_running(0, 2);
    REQUIRE(worker.ready.running_max(0) == 2);
    REQUIRE(take());
    REQUIRE(next.counted);
    REQUIRE(take());
    REQUIRE_FALSE(take());
    REQUIRE_FALSE(worker.ready.anything());
    // Two places that are free are two jobs that may start, whoever left first.
    const std::uint32_t line = queues::line_of(0, 0);
    worker.ready.leave(line);
    REQUIRE(worker.ready.anything_in(line));
    worker.ready.leave(line);
    REQUIRE(worker.ready.anything_in(line));
    REQUIRE(take());
    REQUIRE(take());
    REQUIRE_FALSE(take());
    // A higher limit, a lower one than runs, and none.
    worker.ready.limit_running(0, 3);
    REQUIRE(worker.ready.anything());
    worker.ready.limit_running(0, 1);
    worker.ready.leave(line);
    REQUIRE_FALSE(worker.ready.anything_in(line));
    REQUIRE_FALSE(take());
    worker.ready.leave(line);
    REQUIRE(take());
    REQUIRE_FALSE(worker.ready.anything());
    worker.ready.leave(line);
    worker.ready.limit_running(0, 0);
    put(3);
    REQUIRE(take());
    REQUIRE_FALSE(next.counted);
}

TEST_CASE("limit: an empty queue holds no place") {
    bench<controlled> worker;
    worker.ready.limit_running(0, 1);
    for (int turn = 0; turn < 5; ++turn) {
        REQUIRE_FALSE(worker.take());
    }
    worker.ready.put(3, 0);
    REQUIRE(worker.take() == 3);
}
