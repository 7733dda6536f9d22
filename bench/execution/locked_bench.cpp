// SPDX-License-Identifier: BSL-1.0
//
// part: pool
//
// Locked instructions that a job takes: to post it, and to spawn and run it on a worker, ours and
// others'. Goal: what scales badly beyond the cores of this machine is counted. Method: see
// locked_instructions.hpp; the one worker is busy while jobs are posted, so that nobody is woken,
// and runs what it has spawned itself. Jobs are empty. What is done fewer times is taken off, so
// that only what each job takes is left.
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>

#include "../locked_instructions.hpp"
#include "../report.hpp"
#include "pool_peers.hpp"

namespace {

#if defined(PAWL_BENCH_CAN_STEP)

using namespace bench::pools;

constexpr std::uint32_t few = 20;
constexpr std::uint32_t many = 100;

struct nothing {
    void operator()() const {}
};

struct busy {
    std::atomic<bool>* begun;
    void operator()() const {
        begun->store(true);
        for (;;) {
        }
    }
};

// Spawns the others; the last of them ends what is watched.
template <class Pool>
struct first {
    Pool* pool;
    struct site {
        bench::stepping::region region;
        std::uint32_t count;
        std::uint32_t left;
    } * at;

    void operator()() const { run(*pool); }
    template <class Here>
    void run(Here& here) const {
        at->left = at->count;
        at->region.begin();
        for (std::uint32_t i = 0; i < at->count; ++i) {
            here.spawn(one{pool, at});
        }
    }
    struct one {
        Pool* pool;
        site* at;
        void operator()() const { run(*pool); }
        template <class Here>
        void run(Here&) const {
            if (--at->left == 0) {
                at->region.end();
            }
        }
    };
};

template <class Pool>
std::optional<double> posting(std::uint32_t count) {
    return bench::locked_instructions([count](bench::stepping::region region) {
        auto* const pool = new Pool;  // the process ends before it does
        static std::atomic<bool> begun{false};
        pool->post(busy{&begun});
        while (!begun) {
            std::this_thread::yield();
        }
        for (std::uint32_t i = 0; i < many; ++i) {
            pool->post(nothing{});
        }
        region.begin();
        for (std::uint32_t i = 0; i < count; ++i) {
            pool->post(nothing{});
        }
        region.end();
    });
}

template <class Pool>
std::optional<double> spawning(std::uint32_t count) {
    return bench::locked_instructions([count](bench::stepping::region region) {
        auto* const pool = new Pool;
        static typename first<Pool>::site at{region, count, 0};
        pool->post(first<Pool>{pool, &at});
        for (;;) {
            std::this_thread::sleep_for(std::chrono::seconds{1});
        }
    });
}

template <class Measure>
std::optional<bench::figure> each(Measure&& measure) {
    const auto less = measure(few);
    const auto more = measure(many);
    if (!less || !more) {
        return std::nullopt;
    }
    return bench::figure{(*more - *less) / (many - few), 0};
}

template <class Measure>
void add_row(bench::report& report, const std::string& operation, double target,
             Measure&& measure) {
    const auto ours =
        each([&](std::uint32_t count) { return measure.template operator()<pawl_pool<1>>(count); });
    if (!ours) {
        report.note("locked instructions", "the system does not let a process be watched");
        return;
    }
    bench::row row{operation, "locked", *ours, {}, target};
    each_peer<1>([&]<class Pool>(const char* name) {
        if constexpr (requires(Pool & pool) { pool.post(nothing{}); }) {
            const auto theirs =
                each([&](std::uint32_t count) { return measure.template operator()<Pool>(count); });
            if (theirs) {
                row.peers.emplace_back(name, *theirs);
            }
        }
    });
    report.add(row);
}

#endif

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"pool", argc, argv};
#if defined(PAWL_BENCH_CAN_STEP)
    add_row(report, "locked instructions to post", 2,
            []<class Pool>(std::uint32_t count) { return posting<Pool>(count); });
    add_row(report, "locked instructions to spawn and run", 2,
            []<class Pool>(std::uint32_t count) { return spawning<Pool>(count); });
#endif
    return bench::finish(report);
}
