// SPDX-License-Identifier: BSL-1.0
//
// part: wheel
//
// What timers are used for, while time goes on tick by tick: timeouts of network connections, 95 %
// of which never fire, and periodic timers. Goal: a life of a timer costs a cancel and a schedule,
// and little more. Method: timer_laps.hpp says what a life is. Event loops, which read their own
// clock, are not here.
#include <chrono>
#include <cstdint>
#include <string>

#include "../harness.hpp"
#include "timer_laps.hpp"
#include "timer_peers.hpp"

namespace {

namespace timers = bench::timers;

// A slice is long enough to go through the memory of all timers once before it counts.
template <class Measure>
void add_row(bench::report& report, const std::string& operation, std::uint32_t count,
             double target_ns, Measure&& measure) {
    bench::contest row{report, operation};
    row.warm_slices(std::chrono::microseconds{300 + count / 20});
    timers::each_driven([&]<template <std::uint32_t, class> class Timers>(const char* name) {
        // The map takes two seconds to come to its steady state with a million.
        if (count < 1'000'000 || std::string{name} != "std::multimap") {
            timers::contend(row, name, measure.template operator()<Timers>());
        }
    });
    if (target_ns != 0) {
        row.target_ns(target_ns);
    }
    row.run();
}

template <std::uint32_t Count>
void add_network_timeouts(bench::report& report, const std::string& count, double target_ns) {
    add_row(report, "network timeout, " + count + " timers", Count, target_ns,
            []<template <std::uint32_t, class> class Timers> {
                return timers::network_timeout_lives<Timers, Count>();
            });
}

template <std::uint32_t Count>
void add_periodic(bench::report& report, const std::string& count, double target_ns) {
    add_row(report, "periodic, " + count + " timers", Count, target_ns,
            []<template <std::uint32_t, class> class Timers> {
                return timers::periodic_fires<Timers, Count>();
            });
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"wheel", argc, argv};
    // To see that everything works, 1,000 timers do for a million.
    if (report.smoke()) {
        add_network_timeouts<1'000>(report, "100 k", 20);
        add_network_timeouts<1'000>(report, "1 M", 35);
        add_periodic<1'000>(report, "100 k", 24);
    } else {
        add_network_timeouts<100'000>(report, "100 k", 20);
        add_network_timeouts<1'000'000>(report, "1 M", 35);
        add_periodic<100'000>(report, "100 k", 24);
    }
    add_periodic<1'000>(report, "1 k", 7.5);

    timers::note_driven(report);
    return bench::finish(report);
}
