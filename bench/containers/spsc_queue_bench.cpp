// SPDX-License-Identifier: BSL-1.0
//
// part: queue
//
// spsc_queue, beside every bounded queue from one producer to one consumer. Goal: within a tenth of
// the best peer. Method: with one thread, which pushes and pops, and between two.
#include <cstdint>
#include <string>

#include <pawl/containers/spsc_queue.hpp>

#include "../harness.hpp"
#include "queue_laps.hpp"
#include "spsc_peers.hpp"

namespace {

using namespace bench::queues;

template <class T, std::uint32_t Capacity>
using single = own<pawl::spsc_queue<T, Capacity>>;

template <class T, std::uint32_t Capacity>
void add_alone(bench::report& report, work what) {
    bench::contest row{report, "spsc_queue, " + cell<T, Capacity>(name_of(what))};
    row.ours(alone<single<T, Capacity>, Capacity>(what));
    row.floor(what == work::empty ? floor_load : floor_spsc);
    if (what != work::empty) {  // which is one to two cycles: how the loop happens to lie in memory
        row.target_best_peer(1.1);
    }
    each_spsc_peer<T, Capacity>(
        [&]<class Queue>(const char* name) { row.peer(name, alone<Queue, Capacity>(what)); });
    row.run();
}

template <class T>
void add_alone(bench::report& report, work what) {
    add_alone<T, 64>(report, what);
    add_alone<T, 1024>(report, what);
    add_alone<T, 65536>(report, what);
}

constexpr std::uint32_t capacity = 1024;

template <class T>
void add_flow(bench::report& report) {
    crew team{1, 1};
    bench::contest row{report, "spsc_queue, " + cell<T, capacity>("1P1C")};
    row.ours(flow<single<T, capacity>, capacity>(team));
    row.floor(floor_spsc);
    each_spsc_peer<T, capacity>(
        [&]<class Queue>(const char* name) { row.peer(name, flow<Queue, capacity>(team)); });
    row.run();
}

void add_ping_pong(bench::report& report) {
    using item = std::uint64_t;
    crew team{1, 1};
    bench::contest row{report, "spsc_queue, " + cell<item, capacity>("ping-pong")};
    row.ours(ping_pong<single<item, capacity>, capacity>(team));
    row.floor(floor_reply);
    add_line_floors(row, team);
    each_spsc_peer<item, capacity>(
        [&]<class Queue>(const char* name) { row.peer(name, ping_pong<Queue, capacity>(team)); });
    row.run();
}

template <class T>
void add_bytes(bench::report& report) {
    bench::row row;
    row.operation = "spsc_queue, bytes a slot, " + std::to_string(sizeof(T)) + " B";
    row.unit = "bytes";
    row.ours.value = slot_bytes<single, T>();
#if defined(PAWL_BENCH_BOOST)
    row.peers.emplace_back("boost", bench::figure{slot_bytes<boost_spsc, T>()});
#endif
#if defined(PAWL_BENCH_READERWRITER)
    row.peers.emplace_back("readerwriterqueue", bench::figure{slot_bytes<readerwriter_queue, T>()});
#endif
#if defined(PAWL_BENCH_DNEDIC)
    row.peers.emplace_back("dnedic", bench::figure{slot_bytes<dnedic_spsc, T>()});
#endif
#if defined(PAWL_BENCH_ETL)
    row.peers.emplace_back("etl", bench::figure{slot_bytes<etl_spsc, T>()});
#endif
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
    if (cores().size() > 1) {
        add_flow<std::uint64_t>(report);
        add_flow<wide_item>(report);
        add_ping_pong(report);
    }
    note_spsc_peers(report);
    add_queue_floors(report);
    return bench::finish(report);
}
