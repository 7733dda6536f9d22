// SPDX-License-Identifier: BSL-1.0
//
// part: wheel
//
// The timer wheel, beside other wheels, heaps, a sorted map, and the timers of event loops. Goal:
// the cost of each operation does not grow with the number of timers. Method: 1,000, 100,000 and
// 1,000,000 timers whose deadlines are uniform over an hour in milliseconds, on one thread; then
// the patterns that are hard for one or the other. An event loop reads its own clock, so to fire
// its timers they are armed for the hour that has passed. With a million, the peers that take long
// are left out, and there are fewer rounds.
#include <cstdint>
#include <string>

#include <pawl/time/timer_wheel.hpp>

#include "../harness.hpp"
#include "timer_laps.hpp"
#include "timer_peers.hpp"

namespace {

namespace timers = bench::timers;

// Targets: a quarter more than the best of any wheel known, each at its best.
struct targets {
    double schedule_ns;
    double cancel_ns;
};
constexpr double quarter_more = 1.25;

enum class peers { all, quick };

// A row of everybody's laps; measure.operator()<Timers>() is the lap.
template <class Measure>
void add_row(bench::report& report, const std::string& operation, peers whose, double target_ns,
             Measure&& measure) {
    bench::contest row{report, operation};
    const auto enter = [&]<template <std::uint32_t, class> class Timers>(const std::string& name) {
        if (whose == peers::all ||
            (name != "std::multimap" && name != "asio" && name != "libuv" && name != "libevent")) {
            timers::contend(row, name, measure.template operator()<Timers>());
        }
    };
    timers::each_driven(enter);
    timers::each_loop(enter);
    if (target_ns != 0) {
        row.target_ns(target_ns);
    }
    if (whose == peers::quick) {
        row.rounds_min(7);
    }
    row.run();
}

template <std::uint32_t Count>
void add_operations(bench::report& report, const std::string& count, peers whose, targets aims) {
    const auto name = [&](const char* operation) {
        return std::string{operation} + ", " + count + " timers";
    };
    add_row(report, name("schedule"), whose, quarter_more * aims.schedule_ns,
            []<template <std::uint32_t, class> class Timers> {
                return timers::schedules<Timers, Count>();
            });
    add_row(report, name("cancel"), whose, quarter_more * aims.cancel_ns,
            []<template <std::uint32_t, class> class Timers> {
                return timers::cancels<Timers, Count>();
            });
    add_row(report, name("fire"), whose, 0, []<template <std::uint32_t, class> class Timers> {
        return timers::fires<Timers, Count>();
    });
    add_row(report, name("90 % cancelled"), whose, 0,
            []<template <std::uint32_t, class> class Timers> {
                return timers::mostly_cancelled<Timers, Count>();
            });
}

// Where each timer is as good as any other.
template <std::uint32_t Count>
void add_patterns(bench::report& report, const std::string& count, peers whose) {
    const auto name = [&](const char* operation) {
        return std::string{operation} + ", " + count + " timers";
    };
    add_row(report, name("one slot"), whose, 0, []<template <std::uint32_t, class> class Timers> {
        return timers::one_slot<Timers, Count>();
    });
    add_row(report, name("far future"), whose, 0, []<template <std::uint32_t, class> class Timers> {
        return timers::far_future<Timers, Count>();
    });
    bench::contest jumps{report, name("far future, jump of 1 s")};
    timers::each_driven([&]<template <std::uint32_t, class> class Timers>(const char* peer) {
        timers::contend(jumps, peer, timers::far_future_jumps<Timers, Count>());
    });
    jumps.run();
}

template <std::uint32_t Count>
void add_bytes(bench::report& report, const std::string& count) {
    bench::row bytes{"bytes a timer, " + count + " timers", "bytes", {}, {}, {}};
    const auto enter = [&]<template <std::uint32_t, class> class Timers>(const std::string& name) {
        if (name == "pawl") {
            bytes.ours = {static_cast<double>(sizeof(pawl::timer_wheel<Count>)) / Count};
        } else if (const bench::figure used = timers::bytes_per_timer<Timers, Count>();
                   used.value > 0) {
            bytes.peers.emplace_back(name, used);
        }
    };
    timers::each_driven(enter);
    timers::each_loop(enter);
    report.add(bytes);
}

template <std::uint32_t Count>
void add_next_due(bench::report& report, const std::string& count) {
    bench::contest row{report, "next_due, " + count + " timers"};
    const auto enter = [&]<template <std::uint32_t, class> class Timers>(const char* peer) {
        if constexpr (requires(Timers<1, timers::summing> each) { each.next_due_ms(); }) {
            timers::contend(row, peer, timers::next_dues<Timers, Count>());
        }
    };
    timers::each_driven(enter);
    timers::each_loop(enter);
    row.target_ns(5);
    row.run();
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"wheel", argc, argv};
    add_operations<1'000>(report, "1 k", peers::all, {.schedule_ns = 2.7, .cancel_ns = 2.0});
    // To see that everything works, 1,000 timers do for a million.
    if (report.smoke()) {
        add_operations<1'000>(report, "100 k", peers::all, {.schedule_ns = 4.8, .cancel_ns = 7.1});
        add_operations<1'000>(report, "1 M", peers::quick, {.schedule_ns = 7.4, .cancel_ns = 19.9});
        add_patterns<1'000>(report, "100 k", peers::all);
    } else {
        add_operations<100'000>(report, "100 k", peers::all,
                                {.schedule_ns = 4.8, .cancel_ns = 7.1});
        add_operations<1'000'000>(report, "1 M", peers::quick,
                                  {.schedule_ns = 7.4, .cancel_ns = 19.9});
        add_patterns<100'000>(report, "100 k", peers::all);
    }
    add_row(
        report, "idle tick, 1 k timers", peers::all, 0.5,
        []<template <std::uint32_t, class> class Timers> { return timers::idle_ticks<Timers>(); });
    add_next_due<1'000>(report, "1 k");
    add_next_due<100'000>(report, "100 k");
    add_bytes<1'000>(report, "1 k");
    add_bytes<100'000>(report, "100 k");

    timers::note_driven(report);
    timers::note_loops(report);
    return bench::finish(report);
}
