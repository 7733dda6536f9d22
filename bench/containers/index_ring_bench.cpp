// SPDX-License-Identifier: BSL-1.0
//
// part: queue
//
// The index ring, beside bounded queues of 32-bit integers. Goal: what a frozen thread cannot block
// costs no more than what it can. Method: one thread, so that the figures are of the instructions
// and not of the cache lines between cores; what comes out is summed and checked.
#include <cstdint>
#include <memory>

#include <pawl/containers/index_ring.hpp>

#include "../harness.hpp"

#if __has_include(<boost/lockfree/queue.hpp>)
#include <boost/lockfree/queue.hpp>
#include <boost/version.hpp>
#define PAWL_BENCH_BOOST 1
#endif
#if defined(PAWL_BENCH_TBB)
#include <tbb/concurrent_queue.h>
#include <tbb/version.h>
#endif
#if __has_include(<concurrentqueue/concurrentqueue.h>)
#include <concurrentqueue/concurrentqueue.h>
#define PAWL_BENCH_MOODYCAMEL 1
#elif __has_include(<concurrentqueue.h>)
#include <concurrentqueue.h>
#define PAWL_BENCH_MOODYCAMEL 1
#endif

namespace {

constexpr std::uint32_t capacity = 1024;
constexpr std::uint32_t count = 8192;

struct pawl_queue {
    pawl::index_ring<capacity> queue;
    bool put(std::uint32_t number) {
        queue.put(number);
        return true;
    }
    bool get(std::uint32_t& number) { return queue.get(number); }
};

#if defined(PAWL_BENCH_BOOST)
struct boost_queue {
    boost::lockfree::queue<std::uint32_t, boost::lockfree::capacity<capacity>> queue;
    bool put(std::uint32_t number) { return queue.bounded_push(number); }
    bool get(std::uint32_t& number) { return queue.pop(number); }
};
#endif

#if defined(PAWL_BENCH_TBB)
struct tbb_queue {
    tbb_queue() { queue.set_capacity(capacity); }
    tbb::concurrent_bounded_queue<std::uint32_t> queue;
    bool put(std::uint32_t number) { return queue.try_push(number); }
    bool get(std::uint32_t& number) { return queue.try_pop(number); }
};
#endif

#if defined(PAWL_BENCH_MOODYCAMEL)
struct moodycamel_queue {
    moodycamel::ConcurrentQueue<std::uint32_t> queue{capacity};
    bool put(std::uint32_t number) { return queue.try_enqueue(number); }
    bool get(std::uint32_t& number) { return queue.try_dequeue(number); }
};
#endif

// Puts `burst` numbers, then gets as many; the cost of a pair.
template <class Queue>
bench::lap pairs(std::uint32_t burst) {
    return [queue = std::make_shared<Queue>(), burst](bench::stopwatch& watch) -> std::uint64_t {
        std::uint64_t sum = 0;
        std::uint32_t failed = 0;
        watch.start();
        for (std::uint32_t i = 0; i < count; i += burst) {
            for (std::uint32_t j = 0; j < burst; ++j) {
                if (!queue->put((i + j) % capacity)) {
                    ++failed;
                }
            }
            for (std::uint32_t j = 0; j < burst; ++j) {
                std::uint32_t number = 0;
                if (!queue->get(number)) {
                    ++failed;
                }
                sum += number;
            }
        }
        watch.stop();
        constexpr std::uint64_t all = std::uint64_t{capacity} * (capacity - 1) / 2;
        bench::check(failed == 0 && sum == all * (count / capacity), "a queue lost a number");
        return count;
    };
}

template <class Queue>
bench::lap empty_gets() {
    return [queue = std::make_shared<Queue>()](bench::stopwatch& watch) -> std::uint64_t {
        std::uint32_t number = 0;
        std::uint32_t got = 0;
        watch.start();
        for (std::uint32_t i = 0; i < count; ++i) {
            if (queue->get(number)) {
                ++got;
            }
        }
        watch.stop();
        bench::check(got == 0, "an empty queue was not empty");
        return count;
    };
}

template <class Measure>
void add_contenders(bench::contest& row, Measure&& measure) {
    row.ours(measure.template operator()<pawl_queue>());
#if defined(PAWL_BENCH_BOOST)
    row.peer("boost", measure.template operator()<boost_queue>());
#endif
#if defined(PAWL_BENCH_TBB)
    row.peer("tbb", measure.template operator()<tbb_queue>());
#endif
#if defined(PAWL_BENCH_MOODYCAMEL)
    row.peer("moodycamel", measure.template operator()<moodycamel_queue>());
#endif
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"queue", argc, argv};
    {
        bench::contest row{report, "put + get, one at a time"};
        add_contenders(row, []<class Queue> { return pairs<Queue>(1); });
        row.target_ns(25);
        row.run();
    }
    {
        bench::contest row{report, "put + get, 32 at a time"};
        add_contenders(row, []<class Queue> { return pairs<Queue>(32); });
        row.run();
    }
    {
        bench::contest row{report, "get, empty"};
        add_contenders(row, []<class Queue> { return empty_gets<Queue>(); });
        row.run();
    }

    report.note(
        "pawl index_ring",
        "holds each number below its capacity once, so that a put is never full; a queue of "
        "anything is two of them and an array");
#if defined(PAWL_BENCH_BOOST)
    report.note("boost " BOOST_LIB_VERSION,
                "lockfree::queue of fixed size; 64 bytes a number, first-in-first-out, no blocking "
                "by a frozen thread");
#else
    report.missing("boost", "libboost-dev");
#endif
#if defined(PAWL_BENCH_TBB)
    report.note(
        "tbb " TBB_VERSION_STRING,
        "concurrent_bounded_queue; allocates pages as it goes, a frozen thread blocks others");
#else
    report.missing("tbb", "libtbb-dev");
#endif
#if defined(PAWL_BENCH_MOODYCAMEL)
    report.note("moodycamel",
                "ConcurrentQueue without tokens; its order is first-in-first-out for each producer "
                "only, and its capacity a hint: a pool of blocks for all producers");
#else
    report.missing("moodycamel", "libconcurrentqueue-dev");
#endif
    return bench::finish(report);
}
