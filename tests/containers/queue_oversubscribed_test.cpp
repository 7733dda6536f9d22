// SPDX-License-Identifier: BSL-1.0
//
// Goal: with four times as many threads as cores, the queues go on: each producer and each consumer
// gets through its own count of items, and the processor time an item does not grow beyond all
// proportion to that of one thread a core.
// Method: four producers and four consumers, then one of each, pass as many items, all on two
// cores. A thread whose try fails yields, so who waits for a thread that does not run pays with
// processor time, and the clock on the wall is not asked. The best of several runs of each kind are
// compared: what else the machine does makes a run worse, but seldom each of them. The bound is
// generous, four times the threads a core, and the figures are printed; the ratio itself is for
// bench/. It cannot tell a mild collapse, and there is no negative control: a queue whose users
// spin for their turn either hangs here (its test is then out of time) or happens not to. Who waits
// for whom is shown by tests/freeze, at every instruction.
// Under sanitizers, and where processor time or cores cannot be had, only progress is checked.
// labels: concurrent
#include "catch.hpp"

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#include <sys/resource.h>
#endif

#include <pawl/containers/mpmc_queue.hpp>
#include <pawl/containers/ticket_queue.hpp>

namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif
#else
constexpr bool sanitized = false;
#endif

#if defined(__linux__)
constexpr bool can_measure = !sanitized;

double processor_s() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// Keeps this thread, and those it starts, on two of the cores that it may use.
class on_two_cores {
public:
    on_two_cores() {
        sched_getaffinity(0, sizeof before_, &before_);
        cpu_set_t two;
        CPU_ZERO(&two);
        for (unsigned core = 0; core < CPU_SETSIZE && cores_ < 2; ++core) {
            if (CPU_ISSET(core, &before_)) {
                CPU_SET(core, &two);
                ++cores_;
            }
        }
        sched_setaffinity(0, sizeof two, &two);
    }
    ~on_two_cores() { sched_setaffinity(0, sizeof before_, &before_); }
    on_two_cores(const on_two_cores&) = delete;
    on_two_cores& operator=(const on_two_cores&) = delete;

private:
    cpu_set_t before_;
    unsigned cores_ = 0;
};
#else
constexpr bool can_measure = false;
double processor_s() { return 0; }
struct on_two_cores {};
#endif

struct cost {
    double ns = 0;      // of the processor, an item
    double failed = 0;  // tries, an item
};

// Each producer pushes, and each consumer pops, its share of the items: returns only if all do.
template <class Queue>
cost pass(unsigned pairs, std::uint32_t items) {
    const auto queue = std::make_unique<Queue>();
    const std::uint32_t share = items / pairs;
    std::atomic<unsigned> waiting{2 * pairs};
    std::atomic<std::uint64_t> failed{0};
    std::atomic<std::uint64_t> sum{0};
    const double before_s = processor_s();
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 2 * pairs; ++i) {
        threads.emplace_back([&, i] {
            for (--waiting; waiting.load() != 0;) {
                std::this_thread::yield();
            }
            std::uint64_t own_sum = 0;
            std::uint64_t own_failed = 0;
            for (std::uint32_t done = 0; done < share;) {
                std::uint64_t item = done;
                if (i % 2 == 0 ? queue->try_push(item) : queue->try_pop(item)) {
                    ++done;
                    own_sum += i % 2 == 0 ? 0 : item;
                } else {
                    ++own_failed;
                    std::this_thread::yield();
                }
            }
            sum += own_sum;
            failed += own_failed;
        });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    CHECK(sum == std::uint64_t{share} * (share - 1) / 2 * pairs);
    CHECK(queue->empty());
    return {(processor_s() - before_s) * 1e9 / (share * pairs),
            static_cast<double>(failed) / (share * pairs)};
}

constexpr unsigned pairs_max = 4;
constexpr double ratio_max = 4 * 4;
constexpr unsigned rounds_min = 3;
constexpr unsigned rounds_max = 10;

// Returns at once when the ratio is good, and else when it does not become so.
template <class Queue>
double best_ratio(const char* name, std::uint32_t items) {
    const on_two_cores here;
    cost few{.ns = 1e9, .failed = 0};
    cost many = few;
    const auto keep_better = [](cost& best, cost next) { best = next.ns < best.ns ? next : best; };
    for (unsigned round = 0;
         round < rounds_min || (round < rounds_max && many.ns > ratio_max * few.ns); ++round) {
        keep_better(few, pass<Queue>(1, items));
        keep_better(many, pass<Queue>(pairs_max, items));
    }
    std::printf(
        "%s: 1+1 threads %.0f ns of processor time and %.2f failed tries an item, 4+4 threads "
        "%.0f ns and %.2f\n",
        name, few.ns, few.failed, many.ns, many.failed);
    return many.ns / few.ns;
}

template <class Queue>
void check_progress(const char* name) {
    if (can_measure) {
        CHECK(best_ratio<Queue>(name, 50'000) <= ratio_max);
    } else {
        pass<Queue>(1, 20'000);
        pass<Queue>(pairs_max, 20'000);
    }
}

}  // namespace

TEST_CASE("oversubscribed: mpmc_queue") {
    check_progress<pawl::mpmc_queue<std::uint64_t, 64>>("mpmc_queue");
}

TEST_CASE("oversubscribed: ticket_queue") {
    check_progress<pawl::ticket_queue<std::uint64_t, 64>>("ticket_queue");
}
