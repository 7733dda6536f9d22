// SPDX-License-Identifier: BSL-1.0
//
// parallel_for: a loop, on as many threads of a pool as it is worth.
//
//   pawl::parallel_for(pool, 0, 1'000'000, [&](int i) { out[i] = f(in[i]); });
//   pawl::parallel_for(worker, ...);                         // inside a job
//   pawl::parallel_for(pool, 0, rows, [&](int first, int last) { ... });       // by pieces
//   pawl::parallel_for(pool, 0, 8, big_task, {.grain = 1});  // no measuring: each may be one piece
//
// Why it measures: to call another thread costs some 20 us, and a loop that is shorter than that is
// best run by who calls it, without a word to anybody. So the caller begins: one turn, then 32, and
// then about as many as can be measured, until it knows how long a turn takes. If the rest is short
// it goes on alone. Else it takes pieces of about 10 us, and whenever others have taken what it put
// aside for them, it puts aside the upper half of what it still has (lazy binary splitting: Tzannes
// and others, PPoPP 2010). So an even loop is cut in a few pieces, and an uneven one as finely as
// it needs.
//
// A thread that is not the pool's takes part in the caller's place; while another one has that, the
// loop runs here alone.
//
// Cost: two to four looks at the clock and no atomic instruction for a short loop; for a long one a
// few spawns for each thread. Who may call: any thread, and a job. Returns when all turns have
// ended; false if one of them threw (its piece ended there; the others did not).
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/execution/pool_core.hpp>

namespace pawl {
inline namespace PAWL_ABI {

struct for_options {
    // Turns that are not divided further; 0: as many as take some 10 us, measured.
    std::uint32_t grain = 0;
};

template <class Index, class F, platform Platform>
class parallel_loop {
public:
    parallel_loop(F& function, std::uint32_t grain) noexcept : function_{function}, grain_{grain} {}

    template <class Worker>
    [[nodiscard]] bool run(Worker& worker, Index first, Index last) noexcept {
        if (!(first < last)) {
            return true;
        }
        if (grain_ == 0) {
            if (!probe(worker, first, last)) {
                return false;
            }
            if (grain_ == 0) {
                return turns(worker, first, last);
            }
        }
        return divide(worker, first, last);
    }

    // Without a pool.
    [[nodiscard]] bool run_alone(Index first, Index last) noexcept { return guarded(first, last); }

private:
    using distance = std::uint64_t;  // good for every integer type, from its first to its last

    // What a loop has to take for others to be called, and about what a piece takes.
    static constexpr std::int64_t worth_ns = 20'000;
    static constexpr std::int64_t piece_ns = 10'000;
    // A measurement that is long enough to count with.
    static constexpr std::int64_t measured_ns = 500;
    // So what is not known to be short is not run for more than a quarter of it times this.
    static constexpr distance probe_growth = 32;
    // Turns that are run by a loop of their own: of a number that it sees, and of indices that do
    // not wrap around, GCC makes vectors at -O2, too.
    static constexpr Index in_a_row = 32;
    // At least so many pieces for each who could take part.
    static constexpr distance pieces_each = 4;

    [[nodiscard]] static distance between(Index first, Index last) noexcept {
        return static_cast<distance>(last) - static_cast<distance>(first);
    }
    [[nodiscard]] static Index ahead(Index first, distance turns) noexcept {
        return static_cast<Index>(static_cast<distance>(first) + turns);
    }

    void turns(Index first, Index last) {
        if constexpr (std::is_invocable_v<F&, Index, Index>) {
            if (first < last) {
                function_(first, last);
            }
        } else {
            while (first < last && between(first, last) >= distance{in_a_row}) {
                PAWL_ASSUME(first <= std::numeric_limits<Index>::max() - in_a_row);
                // Two at a time: else GCC's loop takes as long again if it begins at an address
                // that does not suit the processor.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC unroll 2
#endif
                for (Index i = 0; i < in_a_row; ++i) {
                    function_(static_cast<Index>(first + i));
                }
                first = static_cast<Index>(first + in_a_row);
            }
            for (; first < last; ++first) {
                function_(first);
            }
        }
    }
    [[nodiscard]] bool guarded(Index first, Index last) noexcept {
#if PAWL_HAS_EXCEPTIONS
        try {
            turns(first, last);
            return true;
        } catch (...) {
            return false;
        }
#else
        turns(first, last);
        return true;
#endif
    }
    template <class Worker>
    [[nodiscard]] bool turns(Worker& worker, Index first, Index last) noexcept {
        const bool good = guarded(first, last);
        if (!good) {
            worker.threw();
        }
        return good;
    }

    // Runs the first turns, and finds a grain; none if the rest is not worth it.
    template <class Worker>
    [[nodiscard]] bool probe(Worker& worker, Index& first, Index last) noexcept {
        distance size = 1;
        auto begun = worker.rough_now();
        while (first < last) {
            const Index end = ahead(first, std::min(size, between(first, last)));
            if (!turns(worker, first, end)) {
                return false;
            }
            const distance done = between(first, end);
            first = end;
            if (first == last) {
                break;
            }
            const auto now = worker.rough_now();
            // At least 1, whatever a rough clock says.
            const std::int64_t took_ns = std::max<std::int64_t>(1, (now - begun).count());
            begun = now;
            if (took_ns >= measured_ns) {
                const distance left = between(first, last);
                const auto turns_of = [&](std::int64_t time_ns) {
                    return static_cast<double>(time_ns) * static_cast<double>(done) /
                           static_cast<double>(took_ns);
                };
                if (static_cast<double>(left) > turns_of(worth_ns)) {
                    const distance most =
                        left / (pieces_each * static_cast<distance>(worker.pool().runners()));
                    const double piece = turns_of(piece_ns);
                    const distance fits =
                        piece >= static_cast<double>(most) ? most : static_cast<distance>(piece);
                    grain_ = static_cast<std::uint32_t>(std::clamp<distance>(fits, 1, 0xFFFF'FFFF));
                }
                return true;
            }
            // Not much longer than it takes to measure: the others have nothing to do meanwhile.
            size = 4 * took_ns < measured_ns
                       ? size * probe_growth
                       : done * static_cast<distance>(2 * measured_ns / took_ns);
        }
        return true;
    }

    // Pieces from the front; halves for the others from the back.
    template <class Worker>
    [[nodiscard]] bool divide(  // NOLINT(misc-no-recursion): as deep as halves can be halved
        Worker& worker, Index first, Index last) noexcept {
        bool good = true;
        auto group = worker.group();
        while (between(first, last) > grain_) {
            if (worker.has_spawned()) {
                const Index end = ahead(first, distance{grain_});
                good = turns(worker, first, end) && good;
                first = end;
            } else {
                const Index middle = ahead(first, between(first, last) / 2);
                group.spawn(part{this, middle, last});
                last = middle;
            }
        }
        good = turns(worker, first, last) && good;
        return group.wait() && good && !failed();
    }

    struct part {
        parallel_loop* loop;
        Index first;
        Index last;
        template <class Worker>
        void operator()(Worker& worker) noexcept {  // NOLINT(misc-no-recursion): as divide()
            if (!loop->divide(worker, first, last)) {
                // relaxed: comes with the end of the group's job.
                loop->failed_.store(1, std::memory_order_relaxed);
            }
        }
    };
    [[nodiscard]] bool failed() const noexcept {
        return failed_.load(std::memory_order_relaxed) != 0;
    }

    F& function_;
    std::uint32_t grain_;
    typename Platform::word failed_;
};

// Inside a job.
template <pool_limits L, platform Platform, class Index, class Last, class F>
bool parallel_for(pool_worker<L, Platform>& worker, Index first, Last last, F&& function,
                  for_options options = {}) noexcept {
    static_assert(std::is_integral_v<Index> && std::is_convertible_v<Last, Index>,
                  "pawl: parallel_for() counts from one integer to another of its type");
    parallel_loop<Index, std::remove_reference_t<F>, Platform> loop{function, options.grain};
    return loop.run(worker, first, static_cast<Index>(last));
}

// From anywhere.
template <pool_limits L, platform Platform, class Index, class Last, class F>
bool parallel_for(pool_core<L, Platform>& pool, Index first, Last last, F&& function,
                  for_options options = {}) noexcept {
    static_assert(std::is_integral_v<Index> && std::is_convertible_v<Last, Index>,
                  "pawl: parallel_for() counts from one integer to another of its type");
    parallel_loop<Index, std::remove_reference_t<F>, Platform> loop{function, options.grain};
    bool good = true;
    const Index end = static_cast<Index>(last);
    if (!pool.invoke([&](auto& worker) noexcept { good = loop.run(worker, first, end); })) {
        good = loop.run_alone(first, end);
    }
    return good;
}

}  // namespace PAWL_ABI
}  // namespace pawl
