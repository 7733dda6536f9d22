// SPDX-License-Identifier: BSL-1.0
//
// part: wheel
//
// The worst tick: what a timer costs whoever waits for the thread that keeps time. Goal: under a
// microsecond with a million timers, where a cascading wheel takes milliseconds. Method: timers
// whose deadlines are uniform over an hour, which passes in 3.6 million ticks of one millisecond,
// each of them timed. The workload is the same every time, so the cost of a tick is the least of
// the same tick in several hours, which takes turns with the others' hours: what the system did in
// between is not in it. What timing itself costs, the median of two stamps with nothing between
// them, is subtracted.
//
// PAWL_BENCH_TICKS=FILE: also writes the picture's data, ours and the cascading wheel's with a
// million timers: for each second, the cost of its worst tick in nanoseconds.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include "../harness.hpp"
#include "timer_laps.hpp"
#include "timer_peers.hpp"

namespace {

namespace timers = bench::timers;

// --- Time stamps ---------------------------------------------------------------------------------

// Nothing before it is still to be executed, and nothing after it has begun.
std::uint64_t stamp() {
#if defined(__x86_64__)
    unsigned core;
    const std::uint64_t result = __rdtscp(&core);
    _mm_lfence();
    return result;
#else
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

// How long a unit of stamp() is, and how many of them two stamps take.
struct stamp_scale {
    double unit_ns;
    std::uint32_t pair_units;
};

const stamp_scale& scale() {
    static const stamp_scale result = [] {
        using clock = std::chrono::steady_clock;
        const auto began = clock::now();
        const std::uint64_t first = stamp();
        std::vector<double> pairs(10'001);
        do {
            for (double& each : pairs) {
                const std::uint64_t before = stamp();
                each = static_cast<double>(stamp() - before);
            }
        } while (clock::now() - began < std::chrono::milliseconds{50});
        const std::uint64_t last = stamp();
        const std::chrono::duration<double, std::nano> took = clock::now() - began;
        return stamp_scale{took.count() / static_cast<double>(last - first),
                           static_cast<std::uint32_t>(bench::median(pairs).value)};
    }();
    return result;
}

// --- Hours ---------------------------------------------------------------------------------------

// The least that each tick has cost, in units of stamp() and with the pair of stamps.
using costs = std::vector<std::uint32_t>;

// Lets all the ticks of one hour pass, or of what stands for it.
using hour_pass = std::function<void(costs&)>;

template <class Timers, class Advance>
hour_pass pass_of(std::shared_ptr<timers::workload> work, Advance advance) {
    return [timed = std::make_shared<Timers>(), work, advance](costs& least) {
        timed->rewind(timers::hour::coming);
        timed->fire.sum = 0;
        work->arm(*timed);
        for (std::uint64_t tick = 1; tick <= least.size(); ++tick) {
            const std::uint64_t before = stamp();
            advance(*timed, tick);
            const std::uint64_t took = stamp() - before;
            std::uint32_t& cost = least[tick - 1];
            cost = static_cast<std::uint32_t>(std::min<std::uint64_t>(cost, took));
        }
        timed->advance(timers::hour_ms);  // what a limit on moves, or a shorter hour, has left
        bench::check(timed->fire.sum == timers::sum_of_all(work->due_ms.size()),
                     "a timer did not fire");
    };
}

struct contender {
    std::string name;
    hour_pass pass;
    costs least;
};

// In nanoseconds; at least one unit, so that no tick costs nothing.
double cost_ns(std::uint32_t units) {
    const std::uint32_t net = units > scale().pair_units ? units - scale().pair_units : 1;
    return net * scale().unit_ns;
}
double worst_ns(const costs& least) {
    return cost_ns(*std::max_element(least.begin(), least.end()));
}
double percentile_ns(costs least, double part) {
    const auto place =
        least.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(least.size() - 1));
    std::nth_element(least.begin(), place, least.end());
    return cost_ns(*place);
}

// Times the contenders by turns.
void run(std::vector<contender>& all, std::uint32_t ticks, unsigned repetitions) {
    for (contender& each : all) {
        each.least.assign(ticks, std::numeric_limits<std::uint32_t>::max());
    }
    for (unsigned i = 0; i < repetitions; ++i) {
        for (std::size_t j = 0; j < all.size(); ++j) {
            contender& each = all[(i + j) % all.size()];
            each.pass(each.least);
        }
    }
}

// Ours, a limited variant of ours, and the peers; the map is none that anybody has for this.
constexpr std::uint32_t moves_max = 5;
constexpr const char* limited = "pawl, limited";

template <std::uint32_t Count>
std::vector<contender> contenders(const std::shared_ptr<timers::workload>& work) {
    std::vector<contender> all;
    timers::each_driven([&]<template <std::uint32_t, class> class Timers>(const std::string& name) {
        using timed = Timers<Count, timers::summing>;
        if (name != "std::multimap") {
            all.push_back(
                {name,
                 pass_of<timed>(work, [](timed& each, std::uint64_t tick) { each.advance(tick); }),
                 {}});
        }
        if (name == "pawl") {
            all.push_back(
                {limited,
                 pass_of<timed>(work,
                                [](timed& each, std::uint64_t tick) {
                                    if constexpr (requires { each.advance(tick, moves_max); }) {
                                        each.advance(tick, moves_max);
                                    }
                                }),
                 {}});
        }
    });
    return all;
}

// --- Rows ----------------------------------------------------------------------------------------

template <class Measure>
void add_row(bench::report& report, const std::string& operation, double target_ns,
             const std::vector<contender>& all, Measure&& measure) {
    bench::row row{operation, "ns", {}, {}, {}};
    for (const contender& each : all) {
        if (each.name == "pawl") {
            row.ours = {measure(each.least)};
        } else if (each.name != limited) {
            row.peers.emplace_back(each.name, bench::figure{measure(each.least)});
        }
    }
    if (target_ns != 0) {
        row.target = target_ns;
        row.target_scales = true;
    }
    report.add(std::move(row));
}

// The most timers that one tick moves from slot to slot: counted, and the same on every machine.
template <std::uint32_t Count>
void add_moves(bench::report& report, const std::string& operation, const timers::workload& work,
               std::uint32_t ticks, bool aimed) {
    const auto most = [&]<template <std::uint32_t, class> class Timers>() {
        const auto counted = std::make_unique<Timers<Count, timers::summing>>();
        work.arm(*counted);
        std::uint32_t result = 0;
        for (std::uint64_t tick = 1; tick <= ticks; ++tick) {
            result = std::max(result, counted->advance(tick));
        }
        return bench::figure{static_cast<double>(result)};
    };
    bench::row row{operation, "moves", {}, {}, {}};
    row.ours = most.template operator()<timers::pawl_timers>();
    row.peers.emplace_back("cascading wheel", most.template operator()<timers::cascading_timers>());
    if (aimed) {
        row.target = 5;
    }
    report.add(std::move(row));
}

void write_picture_data(const std::string& path, const std::vector<contender>& all) {
    constexpr std::size_t second = 1000;
    std::ofstream file{path};
    file << "# second, worst tick in ns: pawl, cascading wheel\n";
    const auto worst_of = [&](const char* name, std::size_t begin) {
        const auto found = std::find_if(all.begin(), all.end(),
                                        [&](const contender& each) { return each.name == name; });
        const auto first = found->least.begin() + static_cast<std::ptrdiff_t>(begin);
        return cost_ns(*std::max_element(first, first + second));
    };
    for (std::size_t begin = 0; begin + second <= all.front().least.size(); begin += second) {
        file << begin / second << ' ' << worst_of("pawl", begin) << ' '
             << worst_of("cascading wheel", begin) << '\n';
    }
    bench::check(file.flush().good(), "the picture's data could not be written");
}

struct targets {
    double worst_ns;
    double p999_ns;
};

template <std::uint32_t Count>
void add_hours(bench::report& report, const std::string& count, std::uint32_t ticks,
               unsigned repetitions, targets aims, const char* picture = nullptr) {
    const std::string of = ", " + count + " timers";
    const auto work = std::make_shared<timers::workload>(Count);
    std::vector<contender> all = contenders<Count>(work);
    run(all, ticks, repetitions);
    add_row(report, "worst tick" + of, aims.worst_ns, all, worst_ns);
    add_row(report, "99.9 % of ticks" + of, aims.p999_ns, all,
            [](const costs& least) { return percentile_ns(least, 0.999); });
    const auto ours_limited = std::find_if(
        all.begin(), all.end(), [](const contender& each) { return each.name == limited; });
    report.add({"worst tick, " + std::to_string(moves_max) + " moves at most" + of,
                "ns",
                {worst_ns(ours_limited->least)},
                {},
                {}});
    add_moves<Count>(report, "moves, worst tick" + of, *work, ticks, true);
    if (picture != nullptr) {
        write_picture_data(picture, all);
    }
}

// All timers are due at the same moment, five seconds ahead: the ticks before it fire nothing.
template <std::uint32_t Count>
void add_one_slot(bench::report& report, const std::string& count, unsigned repetitions) {
    constexpr std::uint32_t due_ms = 5000;
    const std::string of = ", one slot, " + count + " timers";
    const auto work = std::make_shared<timers::workload>(Count, due_ms, due_ms);
    std::vector<contender> all = contenders<Count>(work);
    run(all, due_ms - 1, repetitions);
    add_row(report, "worst idle tick" + of, 0, all, worst_ns);
    add_moves<Count>(report, "moves, worst tick" + of, *work, due_ms, false);
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"wheel", argc, argv};
    const char* const picture = std::getenv("PAWL_BENCH_TICKS");
    constexpr targets at_100_k{.worst_ns = 500, .p999_ns = 0};
    constexpr targets at_1_m{.worst_ns = 1000, .p999_ns = 400};
    // To see that everything works, 1,000 timers and a minute do for a million and an hour.
    if (report.smoke()) {
        add_hours<1'000>(report, "100 k", timers::hour_ms / 60, 1, at_100_k);
        add_hours<1'000>(report, "1 M", timers::hour_ms / 60, 1, at_1_m, picture);
        add_one_slot<1'000>(report, "1 M", 1);
    } else {
        add_hours<100'000>(report, "100 k", timers::hour_ms, 5, at_100_k);
        add_hours<1'000'000>(report, "1 M", timers::hour_ms, 5, at_1_m, picture);
        add_one_slot<1'000'000>(report, "1 M", 5);
    }

    timers::note_driven(report);
    report.note("ticks", "the least of the same tick in 5 hours, less " +
                             std::to_string(scale().pair_units * scale().unit_ns) +
                             " ns for the time stamps");
    return bench::finish(report);
}
