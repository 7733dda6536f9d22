// SPDX-License-Identifier: BSL-1.0
//
// part: queue
//
// mpmc_queue and ticket_queue with one thread, beside every bounded queue for many producers and
// consumers. Goal: the strict queue below Boost's in every cell, which is the only packaged peer
// that a stopped thread cannot block; the ticket queue at least equal to the best peer of all.
// Method: both of ours and all peers take turns in one contest, so that one run has them all.
#include <cstdint>
#include <string>
#include <type_traits>

#include <pawl/containers/mpmc_queue.hpp>
#include <pawl/containers/ticket_queue.hpp>

#include "../harness.hpp"
#include "queue_laps.hpp"
#include "queue_peers.hpp"

namespace {

using namespace bench::queues;

template <class T, std::uint32_t Capacity>
using strict = own<pawl::mpmc_queue<T, Capacity>>;
template <class T, std::uint32_t Capacity>
using ticket = own<pawl::ticket_queue<T, Capacity>>;

template <class T, std::uint32_t Capacity>
void add_alone(bench::report& report, work what) {
    // The cell for which there are targets in nanoseconds.
    const bool named = what == work::pair && Capacity == 1024 && sizeof(T) == 8;
    const char* floor = what == work::empty ? floor_load : floor_pair;

    bench::contest row{report, "mpmc_queue, " + cell<T, Capacity>(name_of(what))};
    row.ours(alone<strict<T, Capacity>, Capacity>(what));
    row.floor(floor);
    named ? row.target_ns(34) : row.target_peer("boost", 1.0);

    row.also("ticket_queue, " + cell<T, Capacity>(name_of(what)));
    row.ours(alone<ticket<T, Capacity>, Capacity>(what));
    row.floor(floor);
    // Set as 12.8 ns where its floor takes 10.25. A compare-and-swap may be so much cheaper beside
    // a fetch_add than it was there that two of either take longer than 12.8 scaled by it.
    named ? row.target_floor(floor_pair, 12.8 / 10.25) : row.target_best_peer(equal);

    each_peer<T, Capacity>(
        [&]<class Queue>(const char* name) { row.peer(name, alone<Queue, Capacity>(what)); });
    row.run();
}

template <class T>
void add_alone(bench::report& report, work what) {
    add_alone<T, 64>(report, what);
    add_alone<T, 1024>(report, what);
    add_alone<T, 65536>(report, what);
}

// Of those that say at compile time what a slot is.
template <class T>
void add_bytes(bench::report& report) {
    bench::row row;
    row.unit = "bytes";
#if defined(PAWL_BENCH_BOOST)
    row.peers.emplace_back("boost", bench::figure{slot_bytes<boost_queue, T>()});
#endif
#if defined(PAWL_BENCH_MOODYCAMEL)
    row.peers.emplace_back("moodycamel", bench::figure{slot_bytes<moodycamel_queue, T>()});
#endif
#if defined(PAWL_BENCH_RIGTORP)
    row.peers.emplace_back("rigtorp", bench::figure{slot_bytes<rigtorp_queue, T>()});
#endif
#if defined(PAWL_BENCH_XENIUM)
    row.peers.emplace_back("xenium vyukov", bench::figure{slot_bytes<xenium_vyukov, T>()});
    row.peers.emplace_back("xenium nikolaev", bench::figure{slot_bytes<xenium_nikolaev, T>()});
#endif
#if defined(PAWL_BENCH_DNEDIC)
    row.peers.emplace_back("dnedic", bench::figure{slot_bytes<dnedic_queue, T>()});
#endif
    const std::string end = ", bytes a slot, " + std::to_string(sizeof(T)) + " B";
    row.operation = "ticket_queue" + end;
    row.ours.value = slot_bytes<ticket, T>();
    report.add(row);
    row.operation = "mpmc_queue" + end;
    row.ours.value = slot_bytes<strict, T>();
    if (sizeof(T) == 8) {
        row.target = 16;
    }
    report.add(row);
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"queue", argc, argv};
    for (const work what : {work::pair, work::burst}) {
        add_alone<std::uint64_t>(report, what);
        add_alone<wide_item>(report, what);
    }
    add_alone<std::uint64_t>(report, work::empty);
    add_bytes<std::uint64_t>(report);
    add_bytes<wide_item>(report);

    report.note("pawl mpmc_queue", "nothing that stands blocks it");
    report.note("pawl ticket_queue", "a thread that is stopped hides what is behind it");
    note_peers(report);
    add_queue_floors(report);
    return bench::finish(report);
}
