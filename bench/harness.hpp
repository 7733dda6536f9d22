// SPDX-License-Identifier: BSL-1.0
//
// harness: one row of the table, measured: ours and its peers take turns.
//
// Every contender of a row measures itself in laps. A slice is as many laps as fill 0.3
// milliseconds: far less than a time slice of the system, so that a busy machine spoils some of
// them and leaves the others alone. In each round every contender gets one slice, in rotating
// order, and a slice of compare-and-swaps goes with them; there are 101 rounds, or as many as fit
// two seconds, at least 11. The figure is the median of the slices.
//
// Why not Google Benchmark: it interleaves the repetitions of a whole program, so that the two
// sides of a ratio may lie seconds apart, and what a lap has to prepare outside of the clock would
// need its PauseTiming(), which takes longer than many a lap. It has no notion of a peer or of a
// target either. So bench/run needs nothing but a compiler and CMake.
//
//   int main(int argc, char** argv) {
//       bench::report report{"queue", argc, argv};
//       bench::contest row{report, "put + get"};
//       row.ours([&](bench::stopwatch& watch) -> std::uint64_t {
//           prepare();
//           watch.start();
//           work();                  // bench::keep() what it computes, bench::check() that it did
//           watch.stop();
//           return operations_done;
//       });
//       row.peer("boost", ...);
//       row.target_ns(25);           // or row.target_peer("boost", 1.0)
//       row.floor("fetch_add");
//       row.run();
//       return bench::finish(report);
//   }
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "report.hpp"

namespace bench {

// A value the compiler has to have, and memory it has to take for changed.
template <class T>
void keep(T&& value) {
    asm volatile("" : : "g"(&value) : "memory");
}

// A benchmark that did not do its work must not report a time.
inline void check(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "error: bench: %s\n", what);
        std::_Exit(1);
    }
}

// What a loop that waits for another core does: who asks for a line all the time keeps it from the
// one who is to write it.
inline void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
    asm volatile("yield");
#endif
}

// The same numbers in every run.
class random_numbers {
public:
    std::uint64_t operator()() {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return state_ * 0x2545'F491'4F6C'DD1D;
    }
    // 0 to limit - 1. REQUIRES: limit <= 2^32.
    std::uint64_t below(std::uint64_t limit) { return ((*this)() >> 32) * limit >> 32; }

    // 0 to count - 1 in random order.
    std::vector<std::uint32_t> order(std::uint32_t count) {
        std::vector<std::uint32_t> result(count);
        std::iota(result.begin(), result.end(), 0U);
        for (std::uint32_t i = count; i > 1; --i) {
            std::swap(result[i - 1], result[below(i)]);
        }
        return result;
    }

private:
    std::uint64_t state_ = 0x9E37'79B9'7F4A'7C15;
};

// Bytes the heap has handed out, its own bookkeeping included; 0 where it cannot be asked.
inline std::uint64_t heap_bytes() {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
#else
    return 0;
#endif
}

class stopwatch {
public:
    void start() { started_ = clock::now(); }
    void stop() { elapsed_ += clock::now() - started_; }
    [[nodiscard]] double elapsed_ns() const {
        return std::chrono::duration<double, std::nano>(elapsed_).count();
    }

private:
    using clock = std::chrono::steady_clock;
    clock::time_point started_;
    clock::duration elapsed_{};
};

// Measures some operations and returns how many.
using lap = std::function<std::uint64_t(stopwatch&)>;

// A slice of uncontended compare-and-swaps, each one waiting for the one before.
inline void sample_cas(report& target) {
    static std::atomic<std::uint32_t> word{0};
    constexpr int count = 10'000;
    stopwatch watch;
    watch.start();
    for (int i = 0; i < count; ++i) {
        std::uint32_t seen = word.load(std::memory_order_relaxed);
        check(word.compare_exchange_strong(seen, seen + 1), "a compare-and-swap failed");
    }
    watch.stop();
    target.add_cas_sample(watch.elapsed_ns() / count);
}

// One row, or several that share their peers: one of ours begins each.
class contest {
public:
    contest(report& target, std::string operation) : report_{target} { also(std::move(operation)); }

    // Another row: what is said of ours from here on is said of it. A limit can be one, and then
    // takes turns with what it is the limit of.
    void also(std::string operation) {
        rows_.emplace_back();
        rows_.back().result.operation = std::move(operation);
        rows_.back().result.unit = "ns";
    }
    void ours(lap each) { rows_.back().ours = std::move(each); }
    void peer(std::string name, lap each) { peers_.emplace_back(std::move(name), std::move(each)); }

    // At most so many nanoseconds where a compare-and-swap takes 9.4.
    void target_ns(double nanoseconds) {
        rows_.back().result.target = nanoseconds;
        rows_.back().result.target_scales = true;
    }
    // At most so many times what this peer takes, if it is here.
    void target_peer(std::string name, double times) {
        rows_.back().rival = std::move(name);
        rows_.back().rival_times = times;
    }
    // At most so many times what the best peer takes, whichever that is.
    void target_best_peer(double times) { target_peer("", times); }

    // The limit that the row is shown as a multiple of: "fetch_add" for "floor: fetch_add".
    void floor(std::string name) { rows_.back().result.floor = std::move(name); }
    // At most so many times a limit: for what a compare-and-swap says nothing of, such as the way
    // between cores.
    void target_floor(std::string name, double times) {
        rows_.back().result.target = times;
        rows_.back().result.target_floor = std::move(name);
    }

    // The figure is the fastest slice: for limits, which nothing can be faster than.
    void fastest() { fastest_ = true; }

    // At least so many rounds, instead of 11, within two seconds: where one lap takes long.
    void rounds_min(std::size_t count) { rounds_min_ = count; }

    // Slices of this length, instead of 0.3 ms, and before each of them as much time that is not
    // counted: for what goes on from lap to lap in memory which the others' turns take from the
    // caches.
    void warm_slices(std::chrono::microseconds length) {
        slice_ns_ = std::chrono::duration<double, std::nano>(length).count();
        warm_ = true;
    }

    // Rests before each slice, so that the threads of one pool sleep while the next is measured.
    void rest(std::chrono::milliseconds time) { rest_ = report_.smoke() ? time / 10 : time; }

    void run() {
        // A second thread that sleeps: while there is only one, glibc leaves out the atomic
        // operations of mutexes and reference counts, which no program with workers can.
        std::binary_semaphore leave{0};
        std::thread company{[&] { leave.acquire(); }};

        std::vector<lap> laps;
        for (const contender& each : rows_) {
            laps.push_back(each.ours);
        }
        for (const auto& [name, each] : peers_) {
            laps.push_back(each);
        }
        std::vector<std::vector<double>> samples(laps.size());
        if (!report_.smoke()) {
            for (const lap& each : laps) {
                slice(each);  // warms caches and branch predictors, and is not counted
            }
        }
        const auto began = clock::now();
        for (std::size_t round = 0; !enough(round, clock::now() - began); ++round) {
            sample_cas(report_);
            for (std::size_t i = 0; i < laps.size(); ++i) {
                const std::size_t turn = (i + round) % laps.size();
                samples[turn].push_back(slice(laps[turn]));
            }
        }
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            row& result = rows_[i].result;
            result.ours = median(samples[i]);
            if (fastest_) {
                result.ours.value = *std::min_element(samples[i].begin(), samples[i].end());
            }
            const bool limit = result.operation.starts_with("floor: ");
            for (std::size_t j = 0; j < peers_.size() && !limit; ++j) {
                result.peers.emplace_back(peers_[j].first, median(samples[rows_.size() + j]));
            }
            aim(rows_[i]);
            report_.add(result);
        }

        leave.release();
        company.join();
    }

private:
    using clock = std::chrono::steady_clock;

    struct contender {
        row result;
        lap ours;
        std::string rival;       // whose cost is the target; empty: the best peer's
        double rival_times = 0;  // 0: nobody's
    };

    // The target that is a peer's cost.
    static void aim(contender& each) {
        std::optional<double> cost;
        for (const auto& [name, its] : each.result.peers) {
            if (each.rival == name || (each.rival.empty() && (!cost || its.value < *cost))) {
                cost = its.value;
            }
        }
        if (each.rival_times > 0 && cost) {
            each.result.target = *cost * each.rival_times;
        }
    }

    [[nodiscard]] bool enough(std::size_t rounds, clock::duration time) const {
        if (report_.smoke()) {
            return rounds >= 1;
        }
        return rounds >= 101 || (rounds >= rounds_min_ && time >= std::chrono::seconds{2});
    }

    double slice(const lap& each) const {
        const double slice_ns = report_.smoke() ? 1e4 : slice_ns_;
        // Where preparing takes much longer than the work, the slice is not filled.
        const std::chrono::duration<double, std::nano> longest{10 * slice_ns};
        std::this_thread::sleep_for(rest_);
        for (stopwatch ahead; warm_ && !report_.smoke() && ahead.elapsed_ns() < slice_ns;) {
            each(ahead);
        }
        const auto began = clock::now();
        stopwatch watch;
        std::uint64_t operations = 0;
        do {
            operations += each(watch);
        } while (watch.elapsed_ns() < slice_ns && clock::now() - began < longest);
        return watch.elapsed_ns() / static_cast<double>(operations);
    }

    report& report_;
    std::vector<contender> rows_;
    std::vector<std::pair<std::string, lap>> peers_;
    std::chrono::milliseconds rest_{0};
    std::size_t rounds_min_ = 11;
    double slice_ns_ = 3e5;
    bool warm_ = false;
    bool fastest_ = false;
};

// What nothing that shares memory can be faster than, each as a row of its own.
inline void add_floors(report& target) {
    constexpr std::uint32_t count = 8192;
    contest additions{target, "floor: fetch_add"};
    additions.ours([](stopwatch& watch) -> std::uint64_t {
        static std::atomic<std::uint32_t> word{0};
        const std::uint32_t before = word.load();
        watch.start();
        for (std::uint32_t i = 0; i < count; ++i) {
            word.fetch_add(1);
        }
        watch.stop();
        check(word.load() - before == count, "fetch_add did not add");
        return count;
    });
    additions.run();

    if (std::thread::hardware_concurrency() < 2 || target.has_floor("cache line to another core")) {
        return;
    }
    // A line goes to another core and back: half a round is one transfer.
    contest transfers{target, "floor: cache line to another core"};
    transfers.ours([](stopwatch& watch) -> std::uint64_t {
        constexpr std::uint32_t rounds = 200;
        alignas(64) std::atomic<std::uint32_t> ball{0};
        const auto await = [&](std::uint32_t value) {
            while (ball.load(std::memory_order_acquire) != value) {
                pause();
            }
        };
        std::thread other{[&] {
            for (std::uint32_t i = 0; i <= rounds; ++i) {
                await(2 * i + 1);
                ball.store(2 * i + 2, std::memory_order_release);
            }
        }};
        for (std::uint32_t i = 0; i <= rounds; ++i) {
            ball.store(2 * i + 1, std::memory_order_release);
            await(2 * i + 2);
            if (i == 0) {
                watch.start();  // the other thread runs by now
            }
        }
        watch.stop();
        other.join();
        return 2 * rounds;
    });
    transfers.fastest();  // two threads at once is what a busy machine grants least
    transfers.run();
}

// To be returned from main().
inline int finish(report& target) {
    if (target.floors() || target.needs_floor("fetch_add") ||
        target.needs_floor("cache line to another core")) {
        add_floors(target);
    }
    sample_cas(target);  // where no row was measured in laps, there is none yet
    return target.write();
}

}  // namespace bench
