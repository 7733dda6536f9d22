// SPDX-License-Identifier: BSL-1.0
//
// part: pool
//
// The deque of a pool's worker, beside those of Taskflow and xenium and a locked std::deque. Goal:
// a push is free, and a pop costs one full barrier or one compare-and-swap, not both. Method: one
// thread, which is owner and thief; and an owner beside a thief, on a core each, where what comes
// out is summed and checked.
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include <pawl/containers/work_deque.hpp>
#include <pawl/platform/manual_platform.hpp>

#include "../harness.hpp"
#include "queue_laps.hpp"

#if __has_include(<taskflow/core/wsq.hpp>)
#include <taskflow/taskflow.hpp>
#define PAWL_BENCH_TASKFLOW 1
#endif
#if __has_include(<xenium/chase_work_stealing_deque.hpp>)
#include <xenium/chase_work_stealing_deque.hpp>
#define PAWL_BENCH_XENIUM 1
#endif

namespace {

using namespace bench::queues;

constexpr std::uint32_t capacity = 1024;
constexpr std::uint32_t burst = 32;

template <class Platform>
struct pawl_deque {
    pawl::work_deque<capacity, Platform> deque;
    bool push(std::uint32_t value) { return deque.push(value); }
    bool pop(std::uint32_t& value) { return deque.pop(value); }
    bool steal(std::uint32_t& value) { return deque.steal(value) == pawl::steal_result::taken; }
};

struct locked_deque {
    std::mutex lock;
    std::deque<std::uint32_t> values;
    bool push(std::uint32_t value) {
        const std::lock_guard held{lock};
        values.push_back(value);
        return true;
    }
    bool pop(std::uint32_t& value) {
        const std::lock_guard held{lock};
        if (values.empty()) {
            return false;
        }
        value = values.back();
        values.pop_back();
        return true;
    }
    bool steal(std::uint32_t& value) {
        const std::lock_guard held{lock};
        if (values.empty()) {
            return false;
        }
        value = values.front();
        values.pop_front();
        return true;
    }
};

#if defined(PAWL_BENCH_TASKFLOW)
struct taskflow_bounded {
    tf::BoundedWSQ<std::uint32_t, 10> deque;
    bool push(std::uint32_t value) { return deque.try_push(value); }
    bool pop(std::uint32_t& value) { return taken(deque.pop(), value); }
    bool steal(std::uint32_t& value) { return taken(deque.steal(), value); }

    template <class Optional>
    static bool taken(const Optional& item, std::uint32_t& value) {
        if (item) {
            value = *item;
        }
        return item.has_value();
    }
};
struct taskflow_unbounded {
    tf::UnboundedWSQ<std::uint32_t> deque{10};
    bool push(std::uint32_t value) {
        deque.push(value);
        return true;
    }
    bool pop(std::uint32_t& value) { return taskflow_bounded::taken(deque.pop(), value); }
    bool steal(std::uint32_t& value) { return taskflow_bounded::taken(deque.steal(), value); }
};
#endif

#if defined(PAWL_BENCH_XENIUM)
struct xenium_deque {
    struct cell {
        std::uint32_t value;
    };
    std::unique_ptr<cell[]> cells = std::make_unique<cell[]>(1 << 16);
    xenium::chase_work_stealing_deque<
        cell, xenium::policy::capacity<capacity>,
        xenium::policy::container<xenium::detail::fixed_size_circular_array<cell, capacity>>>
        deque;
    bool push(std::uint32_t value) { return deque.try_push(&cells[value]); }
    bool pop(std::uint32_t& value) {
        cell* item = nullptr;
        return deque.try_pop(item) && taken(item, value);
    }
    bool steal(std::uint32_t& value) {
        cell* item = nullptr;
        return deque.try_steal(item) && taken(item, value);
    }
    bool taken(const cell* item, std::uint32_t& value) const {
        value = static_cast<std::uint32_t>(item - cells.get());
        return true;
    }
};
#endif

// Pushes so many values, then takes as many; `below` others are inside all the time.
template <class Deque, bool Steal>
bench::lap pairs(std::uint32_t at_once, std::uint32_t below) {
    auto deque = std::make_shared<Deque>();
    for (std::uint32_t i = 0; i < below; ++i) {
        bench::check(deque->push(0), "a deque is full");
    }
    return [deque, at_once](bench::stopwatch& watch) -> std::uint64_t {
        std::uint32_t failed = 0;
        std::uint64_t sum = 0;
        watch.start();
        for (std::uint32_t i = 0; i < lap_count; i += at_once) {
            for (std::uint32_t j = 0; j < at_once; ++j) {
                failed += deque->push(i + j) ? 0U : 1U;
            }
            for (std::uint32_t j = 0; j < at_once; ++j) {
                std::uint32_t value = 0;
                failed += (Steal ? deque->steal(value) : deque->pop(value)) ? 0U : 1U;
                sum += value;
            }
        }
        watch.stop();
        bench::check(failed == 0 && sum == std::uint64_t{lap_count} * (lap_count - 1) / 2,
                     "a deque lost a value");
        return lap_count;
    };
}

template <class Deque, bool Steal>
bench::lap of_nothing() {
    return [deque = std::make_shared<Deque>()](bench::stopwatch& watch) -> std::uint64_t {
        std::uint32_t taken = 0;
        watch.start();
        for (std::uint32_t i = 0; i < lap_count; ++i) {
            std::uint32_t value = 0;
            taken += (Steal ? deque->steal(value) : deque->pop(value)) ? 1U : 0U;
        }
        watch.stop();
        bench::check(taken == 0, "an empty deque was not empty");
        return lap_count;
    };
}

// An owner pushes 32 at a time and pops what is left of them, a thief steals all the while; the
// cost of a value.
template <class Deque>
bench::lap beside_a_thief(crew& team) {
    return [deque = std::make_shared<Deque>(), &team](bench::stopwatch& watch) -> std::uint64_t {
        constexpr std::uint32_t count = 16'384;
        std::atomic<bool> over{false};
        std::atomic<std::uint64_t> sum{0};
        team.run(watch, [&](std::uint32_t i) {
            std::uint64_t mine = 0;
            std::uint32_t value = 0;
            if (i == 0) {
                for (std::uint32_t next = 0; next < count;) {
                    for (std::uint32_t j = 0; j < burst; ++j, ++next) {
                        if (!deque->push(next)) {
                            mine += next;
                        }
                    }
                    while (deque->pop(value)) {
                        mine += value;
                    }
                }
                over.store(true);
            } else {
                while (!over.load(std::memory_order_relaxed)) {
                    if (deque->steal(value)) {
                        mine += value;
                    } else {
                        bench::pause();
                    }
                }
            }
            sum.fetch_add(mine);
        });
        bench::check(sum.load() == std::uint64_t{count} * (count - 1) / 2, "a deque lost a value");
        return count;
    };
}

constexpr const char* floor_barrier = "store with a full barrier";
constexpr const char* floor_swap = "compare-and-swap of one thread";

template <class Lap>
void add_row(bench::report& report, const char* what, const char* floor, Lap lap) {
    bench::contest row{report, std::string{"work_deque, "} + what};
    row.ours(lap.template operator()<pawl_deque<pawl::default_platform>>());
    row.floor(floor);
    row.target_best_peer(equal);
#if defined(PAWL_BENCH_TASKFLOW)
    row.peer("taskflow bounded", lap.template operator()<taskflow_bounded>());
    row.peer("taskflow unbounded", lap.template operator()<taskflow_unbounded>());
#endif
#if defined(PAWL_BENCH_XENIUM)
    row.peer("xenium", lap.template operator()<xenium_deque>());
#endif
    row.peer("locked std::deque", lap.template operator()<locked_deque>());
    row.run();
}

// With no workers: the words are plain memory.
void add_plain(bench::report& report) {
    bench::contest row{report, "work_deque, plain words, push+pop"};
    row.ours(pairs<pawl_deque<pawl::manual_platform>, false>(1, 0));
    row.floor(floor_spsc);
    row.run();
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"pool", argc, argv};
    add_row(report, "push+pop, the only value", floor_swap,
            []<class Deque>() { return pairs<Deque, false>(1, 0); });
    add_row(report, "push+pop, others below", floor_barrier,
            []<class Deque>() { return pairs<Deque, false>(1, 8); });
    add_row(report, "32 pushes, 32 pops", floor_barrier,
            []<class Deque>() { return pairs<Deque, false>(burst, 0); });
    add_row(report, "push+steal", floor_swap,
            []<class Deque>() { return pairs<Deque, true>(1, 0); });
    add_row(report, "pop of nothing", floor_load,
            []<class Deque>() { return of_nothing<Deque, false>(); });
    add_row(report, "steal of nothing", floor_load,
            []<class Deque>() { return of_nothing<Deque, true>(); });
    add_plain(report);
    if (cores().size() > 1) {
        crew team{1, 1};
        add_row(report, "32 at a time beside a thief", floor_barrier,
                [&team]<class Deque>() { return beside_a_thief<Deque>(team); });
    }

    report.note("pawl work_deque", "of 32-bit numbers, 1024 of them; no operation waits");
#if defined(PAWL_BENCH_TASKFLOW)
    report.note("taskflow",
                "tf::BoundedWSQ of 1024 and tf::UnboundedWSQ, which grows; a pop announces itself "
                "also when one value is left or none");
#else
    report.missing("taskflow", "taskflow/core/wsq.hpp");
#endif
#if defined(PAWL_BENCH_XENIUM)
    report.note("xenium deque", "chase_work_stealing_deque of pointers, of fixed size");
#else
    report.missing("xenium deque", "xenium/chase_work_stealing_deque.hpp");
#endif
    add_floor(report, floor_barrier,
              [](std::atomic<std::uint32_t>& one, std::atomic<std::uint32_t>&) {
                  one.store(1, std::memory_order_seq_cst);
              });
    add_floor(report, floor_swap, [](std::atomic<std::uint32_t>& one, std::atomic<std::uint32_t>&) {
        std::uint32_t seen = one.load(std::memory_order_relaxed);
        bench::check(one.compare_exchange_strong(seen, seen + 1), "a compare-and-swap failed");
    });
    add_floor(report, floor_load, [](std::atomic<std::uint32_t>& one, std::atomic<std::uint32_t>&) {
        bench::keep(one.load());
    });
    add_floor(report, floor_spsc,
              [](std::atomic<std::uint32_t>& one, std::atomic<std::uint32_t>& other) {
                  one.store(one.load(std::memory_order_acquire) + 1, std::memory_order_release);
                  other.store(other.load(std::memory_order_acquire) + 1, std::memory_order_release);
              });
    return bench::finish(report);
}
