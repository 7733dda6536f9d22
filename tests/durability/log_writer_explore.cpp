// SPDX-License-Identifier: BSL-1.0
//
// Goal: of threads that wait for a log to be written each is told when its record is durable, and
// none sleeps for ever, whoever leads, passes the lead on, or hands over without waiting; and no
// ticket is said to be durable before what was handed over is. Method:
// the real writer under the explorer, on a medium that does nothing: every schedule with a few
// preemptions, and many at random. Who waits parks without a deadline, so a call that is missed is
// a deadlock.
// requires: posix
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <pawl/durability/log_writer.hpp>
#include <pawl/durability/medium_ref.hpp>
#include <pawl/durability/ram_medium.hpp>

#include "explore/suite.hpp"

namespace {

using explore::check;
using explore::must_pass_bounded;
using explore::must_pass_random;

using machine = explore::platform<true>;
using memory = pawl::ram_medium<512, 3>;

constexpr pawl::log_limits log_size{
    .payload_max = 8, .buffer_bytes = 256, .blocks_max = 3, .crc = pawl::crc_table::none};

// Notes what the log has, and what is durable of it.
struct client {
    std::uint32_t appended_so_far = 0;
    std::uint32_t released = 0;
    std::uint32_t refusals = 0;

    void replay(const pawl::log_record&) noexcept {}
    [[nodiscard]] bool keeps(const pawl::log_record&) const noexcept { return false; }
    void appended(std::uint64_t token, const pawl::log_record&) noexcept {
        appended_so_far |= static_cast<std::uint32_t>(token);
    }
    void durable(std::uint64_t) noexcept { ++released; }
    void refused(std::uint64_t, pawl::io_status) noexcept { ++refusals; }
};

template <std::uint32_t Waiters, std::uint32_t Groups>
using writer =
    pawl::log_writer<pawl::medium_ref<memory>, log_size,
                     pawl::writer_limits{.cells = 4, .waiters = Waiters, .groups = Groups}, machine,
                     client>;

template <std::uint32_t Waiters, std::uint32_t Groups>
struct world {
    world() { check(bool(log.open(all, {}, pawl::format_when::always)), "it opens"); }

    // Bit `which` is the record's.
    void write(std::uint32_t which) {
        check(has_written(which), "it is written");
        check((all.appended_so_far >> which & 1) != 0, "and in the log when the call returns");
    }
    [[nodiscard]] bool has_written(std::uint32_t which) {
        auto* const mine = log.take();
        check(mine != nullptr, "there are cells");
        mine->type = 16;
        mine->length = 1;
        mine->token = std::uint32_t{1} << which;
        mine->payload[0] = static_cast<std::byte>(which);
        return log.hand_over_and_wait(all, platform, *mine).ok();
    }
    void hand_over(std::uint32_t which, bool sync) {
        auto* const mine = log.take();
        check(mine != nullptr, "there are cells");
        mine->type = 16;
        mine->length = 1;
        mine->sync = sync;
        mine->token = std::uint32_t{1} << which;
        log.hand_over(*mine);
    }

    memory bytes{};
    client all{};
    machine platform{};
    writer<Waiters, Groups> log{pawl::medium_ref{bytes}};
};

template <std::uint32_t Waiters, std::uint32_t Groups>
void two_that_wait() {
    world<Waiters, Groups> it;
    explore::threads([&] { it.write(0); }, [&] { it.write(1); });
    check(it.all.appended_so_far == 3, "both are in the log");
}

template <std::uint32_t Waiters, std::uint32_t Groups>
void three_that_wait() {
    world<Waiters, Groups> it;
    explore::threads([&] { it.write(0); }, [&] { it.write(1); }, [&] { it.write(2); });
    check(it.all.appended_so_far == 7, "all are in the log");
}

void one_waits_one_serves() {
    world<2, 1> it;
    explore::threads([&] { it.write(0); },
                     [&] {
                         it.hand_over(1, true);
                         it.log.serve(it.all, it.platform);
                     });
    it.log.serve(it.all, it.platform);
    check(it.all.appended_so_far == 3, "both are in the log");
    check(it.all.released == 1, "who asked is told once");
}

void one_waits_one_syncs() {
    world<2, 1> it;
    explore::threads([&] { it.write(0); },
                     [&] {
                         it.hand_over(1, false);
                         check(it.log.sync(it.all, it.platform).ok(), "it syncs");
                         check((it.all.appended_so_far & 2) != 0,
                               "what was handed over before is in the log");
                     });
    check(it.all.refusals == 0, "nothing is refused");
}

// Whoever is first: what was acknowledged is in the log, and who is too late is told.
void one_waits_one_closes() {
    world<2, 1> it;
    bool is_written = false;
    explore::threads([&] { is_written = it.has_written(0); },
                     [&] {
                         it.hand_over(1, true);
                         check(it.log.close(it.all, it.platform).ok(), "it closes");
                     });
    check((it.all.appended_so_far & 1) == (is_written ? 1U : 0U), "in the log, or refused");
    check((it.all.appended_so_far & 2) != 0, "what was handed over before is in the log");
    check(it.all.released == 1, "who asked is told once");
    check(it.all.refusals == (is_written ? 0U : 1U), "and who is refused, too");
}

// Who puts the first cell may be stopped before it has said how far the ring is, while the leader
// syncs that cell, and the second one has just been put.
void a_ticket_and_two_others() {
    world<2, 4> it;
    explore::threads(
        [&] { check(it.log.request_sync(), "there are cells"); },
        [&] {
            it.hand_over(1, false);
            const pawl::journal_ticket mine = it.log.ticket();
            check(!it.log.durable_seq().covers(mine) || (it.all.appended_so_far & 2) != 0,
                  "what is said to be durable is in the log");
        },
        [&] { it.log.serve(it.all, it.platform); });
    check(it.log.request_sync(), "there are cells");
    it.log.serve(it.all, it.platform);
    check(it.log.durable_seq() == it.log.ticket(), "in the end all of it is");
}

void a_ticket_is_waited_for() {
    world<2, 1> it;
    explore::threads([&] { it.write(0); },
                     [&] {
                         it.hand_over(1, false);
                         const pawl::journal_ticket mine = it.log.ticket();
                         check(it.log.wait(it.all, it.platform, mine).ok(), "it is written");
                         check(it.log.durable_seq().covers(mine), "and said to be");
                         check((it.all.appended_so_far & 2) != 0, "and it is");
                     });
    check(it.all.refusals == 0, "nothing is refused");
}

}  // namespace

int main() {
    must_pass_bounded("log_writer: two that wait", 3, 200, two_that_wait<2, 4>);
    must_pass_bounded("log_writer: two that wait, the lead passed on at once", 3, 200,
                      two_that_wait<2, 1>);
    must_pass_bounded("log_writer: two that wait, one place to wait", 2, 100, two_that_wait<1, 1>);
    must_pass_bounded("log_writer: one waits, one serves", 3, 200, one_waits_one_serves);
    must_pass_bounded("log_writer: one waits, one syncs", 2, 100, one_waits_one_syncs);
    must_pass_bounded("log_writer: one waits, one closes", 2, 100, one_waits_one_closes);
    must_pass_bounded("log_writer: a ticket and two others", 3, 200, a_ticket_and_two_others);
    must_pass_bounded("log_writer: a ticket is waited for", 2, 100, a_ticket_is_waited_for);
    must_pass_random("log_writer: three that wait", three_that_wait<3, 4>);
    must_pass_random("log_writer: three that wait, the lead passed on", three_that_wait<3, 1>);
    must_pass_random("log_writer: three that wait, two places", three_that_wait<2, 1>);
    return 0;
}
