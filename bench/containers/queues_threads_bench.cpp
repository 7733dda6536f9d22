// SPDX-License-Identifier: BSL-1.0
//
// part: queue
//
// mpmc_queue and ticket_queue between threads, beside every bounded queue for many producers and
// consumers: items a crew moves through one queue, one item back and forth through two, and more
// threads than cores. Goal: the strict queue ahead of Boost's in every cell and no collapse where
// threads share cores; the ticket queue at the price of two lines.
#include <algorithm>
#include <cstdint>
#include <string>

#include <pawl/containers/mpmc_queue.hpp>
#include <pawl/containers/ticket_queue.hpp>

#include "../harness.hpp"
#include "queue_laps.hpp"
#include "queue_peers.hpp"

namespace {

using namespace bench::queues;

constexpr std::uint32_t capacity = 1024;

template <class T>
using strict = own<pawl::mpmc_queue<T, capacity>>;
template <class T>
using ticket = own<pawl::ticket_queue<T, capacity>>;

template <class T>
void add_flow(bench::report& report, const char* name, std::uint32_t producers,
              std::uint32_t consumers) {
    crew team{producers, consumers};
    bench::contest row{report, "mpmc_queue, " + cell<T, capacity>(name)};
    row.ours(flow<strict<T>, capacity>(team));
    // Where two cores work at once, each item costs each of them one.
    row.floor(floor_add);
    row.target_peer("boost", 1.0);
    row.also("ticket_queue, " + cell<T, capacity>(name));
    row.ours(flow<ticket<T>, capacity>(team));
    row.floor(floor_add);
    each_peer<T, capacity>(
        [&]<class Queue>(const char* peer) { row.peer(peer, flow<Queue, capacity>(team)); });
    row.run();
}

void add_ping_pong(bench::report& report) {
    using item = std::uint64_t;
    crew team{1, 1};
    bench::contest row{report, "mpmc_queue, " + cell<item, capacity>("ping-pong")};
    row.ours(ping_pong<strict<item>, capacity>(team));
    row.floor(floor_reply);
    row.target_peer("boost", 1.0);
    row.also("ticket_queue, " + cell<item, capacity>("ping-pong"));
    row.ours(ping_pong<ticket<item>, capacity>(team));
    row.floor(floor_reply);
    // At the limit of two lines: set as 163 ns where one line takes 69.
    row.target_floor(floor_line, 163.0 / 69);
    add_line_floors(row, team);
    each_peer<item, capacity>(
        [&]<class Queue>(const char* peer) { row.peer(peer, ping_pong<Queue, capacity>(team)); });
    row.run();
}

// Eight threads beside two: what the cores are shared by may cost what it takes them to take turns,
// and no more.
void add_oversubscribed(bench::report& report) {
    using item = std::uint64_t;
    crew two{1, 1};
    crew eight{4, 4};
    const double threads_a_core =
        8.0 / static_cast<double>(std::min<std::size_t>(cores().size(), 8));
    bench::contest row{report, "mpmc_queue, " + cell<item, capacity>("4P4C")};
    // Long enough for many a turn.
    constexpr std::uint32_t count = 65'536;
    row.ours(flow<strict<item>, capacity>(eight, count));
    row.floor(floor_add);
    row.target_peer("own 1P1C", threads_a_core);
    row.peer("own 1P1C", flow<strict<item>, capacity>(two, count));
    each_peer<item, capacity>([&]<class Queue>(const char* peer) {
        row.peer(peer, flow<Queue, capacity>(eight, count));
    });
    row.run();
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"queue", argc, argv};
    if (cores().size() > 1) {
        add_flow<std::uint64_t>(report, "1P1C", 1, 1);
        add_flow<wide_item>(report, "1P1C", 1, 1);
        add_flow<std::uint64_t>(report, "2P1C", 2, 1);
        add_flow<std::uint64_t>(report, "1P2C", 1, 2);
        add_flow<std::uint64_t>(report, "2P2C", 2, 2);
        add_oversubscribed(report);
        add_ping_pong(report);
    } else {
        report.note("queues between threads", "not measured, for there is one core");
    }
    note_peers(report);
    add_queue_floors(report);
    return bench::finish(report);
}
