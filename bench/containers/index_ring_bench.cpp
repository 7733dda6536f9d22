// SPDX-License-Identifier: BSL-1.0
//
// part: queue
//
// The index ring, beside bounded queues of 32-bit integers. Goal: what a frozen thread cannot block
// costs no more than what it can. Method: with one thread as it is; between threads as a pair of
// rings in which numbers go round, for a put has to hold what it puts.
#include <cstdint>
#include <string>

#include <pawl/containers/index_ring.hpp>

#include "../harness.hpp"
#include "queue_laps.hpp"
#include "queue_peers.hpp"

namespace {

using namespace bench::queues;
using number = std::uint32_t;

template <class, std::uint32_t Capacity>
struct ring {
    using item = number;
    pawl::index_ring<Capacity> queue;
    bool push(number value) {
        queue.put(value);
        return true;
    }
    bool pop(number& value) { return queue.get(value); }
};

template <std::uint32_t Capacity>
void add_alone(bench::report& report, work what) {
    bench::contest row{report, std::string{"index_ring, "} + cell<number, Capacity>(name_of(what))};
    row.ours(alone<ring<number, Capacity>, Capacity>(what));
    row.floor(what == work::empty ? floor_load : floor_pair);
    if (what == work::pair && Capacity == 1024) {
        row.target_ns(25);
    }
    each_peer<number, Capacity>(
        [&]<class Queue>(const char* name) { row.peer(name, alone<Queue, Capacity>(what)); });
    row.run();
}

constexpr std::uint32_t capacity = 1024;

void add_circulation(bench::report& report, const char* name, std::uint32_t producers,
                     std::uint32_t consumers) {
    crew team{producers, consumers};
    bench::contest row{report, std::string{"index_ring, "} + cell<number, capacity>(name)};
    row.ours(circulation<ring<number, capacity>, capacity>(team));
    row.floor(floor_pair);
    each_peer<number, capacity>(
        [&]<class Queue>(const char* peer) { row.peer(peer, circulation<Queue, capacity>(team)); });
    row.run();
}

void add_ping_pong(bench::report& report) {
    crew team{1, 1};
    bench::contest row{report, "index_ring, " + cell<number, capacity>("ping-pong")};
    row.ours(ping_pong<ring<number, capacity>, capacity>(team));
    row.floor(floor_reply);
    add_line_floors(row, team);
    each_peer<number, capacity>(
        [&]<class Queue>(const char* peer) { row.peer(peer, ping_pong<Queue, capacity>(team)); });
    row.run();
}

void add_bytes(bench::report& report) {
    bench::row row;
    row.operation = "index_ring, bytes a slot";
    row.unit = "bytes";
    row.ours.value = slot_bytes<ring, number>();
    report.add(row);
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"queue", argc, argv};
    for (const work what : {work::pair, work::burst, work::empty}) {
        add_alone<64>(report, what);
        add_alone<1024>(report, what);
        add_alone<65536>(report, what);
    }
    add_bytes(report);
    if (cores().size() > 1) {
        add_circulation(report, "round 1+1", 1, 1);
        add_circulation(report, "round 2+2", 2, 2);
        add_ping_pong(report);
    }

    report.note(
        "pawl index_ring",
        "holds each number below its capacity once, so that a put is never full; between threads "
        "two of them, in which numbers go round; the same for the peers");
    note_peers(report);
    add_queue_floors(report);
    return bench::finish(report);
}
