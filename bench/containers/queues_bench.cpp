// SPDX-License-Identifier: BSL-1.0
//
// part: queue
//
// The bounded queues of 8-byte items: mpmc_queue, ticket_queue and spsc_queue, beside those that
// are packaged. Goal: the strict queue below Boost's, which is the only packaged peer that a
// stopped thread cannot block; the ticket queue at the floor of two read-modify-writes; the spsc
// queue beside Boost's. Method: one thread, so that the figures are of the instructions and not of
// the cache lines between cores; what comes out is summed and checked.
#include <cstdint>
#include <memory>

#include <pawl/containers/mpmc_queue.hpp>
#include <pawl/containers/spsc_queue.hpp>
#include <pawl/containers/ticket_queue.hpp>

#include "../harness.hpp"

#if __has_include(<boost/lockfree/queue.hpp>)
#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>
#define PAWL_BENCH_BOOST 1
#endif
#if defined(PAWL_BENCH_TBB)
#include <tbb/concurrent_queue.h>
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

template <class Queue>
struct pawl_queue {
    Queue queue;
    bool push(std::uint64_t number) { return queue.try_push(number); }
    bool pop(std::uint64_t& number) { return queue.try_pop(number); }
};
using strict = pawl_queue<pawl::mpmc_queue<std::uint64_t, capacity>>;
using ticket = pawl_queue<pawl::ticket_queue<std::uint64_t, capacity>>;
using spsc = pawl_queue<pawl::spsc_queue<std::uint64_t, capacity>>;

#if defined(PAWL_BENCH_BOOST)
struct boost_queue {
    boost::lockfree::queue<std::uint64_t, boost::lockfree::capacity<capacity>> queue;
    bool push(std::uint64_t number) { return queue.bounded_push(number); }
    bool pop(std::uint64_t& number) { return queue.pop(number); }
};
struct boost_spsc {
    boost::lockfree::spsc_queue<std::uint64_t, boost::lockfree::capacity<capacity>> queue;
    bool push(std::uint64_t number) { return queue.push(number); }
    bool pop(std::uint64_t& number) { return queue.pop(number); }
};
#endif
#if defined(PAWL_BENCH_TBB)
struct tbb_queue {
    tbb_queue() { queue.set_capacity(capacity); }
    tbb::concurrent_bounded_queue<std::uint64_t> queue;
    bool push(std::uint64_t number) { return queue.try_push(number); }
    bool pop(std::uint64_t& number) { return queue.try_pop(number); }
};
#endif
#if defined(PAWL_BENCH_MOODYCAMEL)
struct moodycamel_queue {
    moodycamel::ConcurrentQueue<std::uint64_t> queue{capacity};
    bool push(std::uint64_t number) { return queue.try_enqueue(number); }
    bool pop(std::uint64_t& number) { return queue.try_dequeue(number); }
};
#endif

// Pushes `burst` numbers, then pops as many; the cost of a pair.
template <class Queue>
bench::lap pairs(std::uint32_t burst) {
    return [queue = std::make_shared<Queue>(), burst](bench::stopwatch& watch) -> std::uint64_t {
        std::uint64_t sum = 0;
        std::uint32_t failed = 0;
        watch.start();
        for (std::uint32_t i = 0; i < count; i += burst) {
            for (std::uint32_t j = 0; j < burst; ++j) {
                failed += queue->push(i + j) ? 0U : 1U;
            }
            for (std::uint32_t j = 0; j < burst; ++j) {
                std::uint64_t number = 0;
                failed += queue->pop(number) ? 0U : 1U;
                sum += number;
            }
        }
        watch.stop();
        bench::check(failed == 0 && sum == std::uint64_t{count} * (count - 1) / 2,
                     "a queue lost a number");
        return count;
    };
}

template <class Queue>
bench::lap empty_pops() {
    return [queue = std::make_shared<Queue>()](bench::stopwatch& watch) -> std::uint64_t {
        std::uint64_t number = 0;
        std::uint32_t got = 0;
        watch.start();
        for (std::uint32_t i = 0; i < count; ++i) {
            got += queue->pop(number) ? 1U : 0U;
        }
        watch.stop();
        bench::check(got == 0, "an empty queue was not empty");
        return count;
    };
}

template <class Ours, class Measure>
void add_contenders(bench::contest& row, Measure&& measure) {
    row.ours(measure.template operator()<Ours>());
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
    const auto one = []<class Queue> { return pairs<Queue>(1); };
    const auto many = []<class Queue> { return pairs<Queue>(32); };
    const auto none = []<class Queue> { return empty_pops<Queue>(); };
    {
        bench::contest row{report, "mpmc_queue, push + pop"};
        add_contenders<strict>(row, one);
        row.target_ns(34);
        row.run();
    }
    {
        bench::contest row{report, "mpmc_queue, push + pop, 32 at a time"};
        add_contenders<strict>(row, many);
        row.run();
    }
    {
        bench::contest row{report, "mpmc_queue, pop, empty"};
        add_contenders<strict>(row, none);
        row.run();
    }
    {
        bench::contest row{report, "ticket_queue, push + pop"};
        add_contenders<ticket>(row, one);
        row.target_ns(12.8);
        row.run();
    }
    {
        bench::contest row{report, "ticket_queue, push + pop, 32 at a time"};
        add_contenders<ticket>(row, many);
        row.run();
    }
    {
        bench::contest row{report, "spsc_queue, push + pop"};
        row.ours(pairs<spsc>(1));
#if defined(PAWL_BENCH_BOOST)
        row.peer("boost spsc", pairs<boost_spsc>(1));
#endif
        row.run();
    }
    {
        bench::contest row{report, "spsc_queue, push + pop, 32 at a time"};
        row.ours(pairs<spsc>(32));
#if defined(PAWL_BENCH_BOOST)
        row.peer("boost spsc", pairs<boost_spsc>(32));
#endif
        row.run();
    }
    report.note("pawl mpmc_queue",
                "16 bytes a slot for an item of 8; nothing that stands blocks it");
    report.note("pawl ticket_queue",
                "16 bytes a slot; a thread that is stopped hides what is behind");
    return bench::finish(report);
}
