// SPDX-License-Identifier: BSL-1.0
//
// log_writer: many threads and interrupts hand records to one log, and one of them at a time
// writes.
//
// What: a bounded hand-off, and group commit. Who hands a record over and goes on pays some tens of
// nanoseconds, no system call and no lock; who needs to know that it is durable waits, and what all
// others have handed over by then becomes durable with the same sync.
//
// Why a leader and no delay: a sync costs the same for one record and for a thousand, so the only
// question is who waits for whom. The first that waits leads: it writes what is there and syncs.
// What comes meanwhile is the next group. With one writer nobody is ever waited for; with many the
// groups become as large as they have to. A fixed delay makes one writer slow and helps many
// little.
//
// How it works: records are built in cells of a pool. A cell's index is in the free ring, with who
// builds it, in the ring of those handed over, or with the leader. The leader's place is one word.
// Who wants to wait hands over first and then tries to lead; who stops leading gives the place up
// first and then looks whether something was handed over: one of the two sees the other. After
// `limits.groups` groups the leader, whose own record was in the first, makes one of those that
// wait in the next group the leader.
//
// Not freeze-proof: a leader that is stopped for ever stops all writing, not the handing over: its
// ring gets full, and take() says so.
//
// Cost: take and hand over two ring operations, a ticket a few loads; for the rest see
// record_log.hpp. Who may call: take(), hand_over(), request_sync() and tickets any thread or
// interrupt; hand_over_and_wait(), wait(), serve(), sync() and mark() any thread, they may block as
// long as the medium does; open() one thread, while no other is inside; close() one.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/containers/index_ring.hpp>
#include <pawl/durability/io_status.hpp>
#include <pawl/durability/journal_medium.hpp>
#include <pawl/durability/journal_ticket.hpp>
#include <pawl/durability/log_format.hpp>
#include <pawl/durability/log_report.hpp>
#include <pawl/durability/record_log.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

struct writer_limits {
    std::uint32_t cells = 1024;  // records that are handed over and not yet in the log's buffer
    std::uint32_t waiters = 64;  // threads that wait at the same time; more take turns
    std::uint32_t groups = 4;    // that one leader writes while others wait to lead
};

// What becomes of a record, for the client of a writer; all are called by the leader.
//   appended(token, record)  it is in the log's buffer, at record.sequence, in the log's order
//   durable(token)           it survives a power cut; only if its cell asked for a sync
//   refused(token, why)      it is not in the log, and will not be
template <class C>
concept writer_client = log_client<C> &&
    requires(C& client, std::uint64_t token, const log_record& record, io_status why) {
    client.appended(token, record);
    client.durable(token);
    client.refused(token, why);
};

template <journal_medium Medium, log_limits L, writer_limits W, platform Platform, class Client>
class log_writer {
    static_assert(W.cells >= 2 && W.cells <= (std::uint32_t{1} << 16),
                  "writer_limits.cells is 2 to 65,536");
    static_assert(W.waiters >= 1 && W.waiters <= 4096, "writer_limits.waiters is 1 to 4,096");
    static_assert(W.groups >= 1,
                  "writer_limits.groups is 1 at least: a leader's own record is in its first");

    // Whether somebody can sleep while another one writes.
    static constexpr bool parks = parking_platform<Platform> && Platform::has_threads;

public:
    using log_type = record_log<Medium, L>;

    // A record while it is handed over.
    struct cell {
        std::uint64_t token = 0;  // the client's own
        std::uint16_t length = 0;
        std::uint8_t type = 0;
        bool sync = false;         // the client is to hear of it when it is durable
        std::uint32_t waiter = 0;  // who waits, plus one; the writer's own
        std::byte payload[L.payload_max];
    };

    constexpr log_writer() noexcept = default;
    constexpr explicit log_writer(Medium medium) noexcept : log_{std::move(medium)} {}

    // ---- Any thread or interrupt --------------------------------------------------------------

    // A cell to build a record in; null: all are in use. It has to be handed over.
    [[nodiscard]] cell* take() noexcept {
        std::uint32_t index = 0;
        if (!free_.get(index)) {
            return nullptr;
        }
        cell& mine = cells_[index];
        fetch_next();
        mine.waiter = 0;
        mine.sync = false;
        return &mine;
    }
    // Gives one back that is not needed.
    void give_back(cell& mine) noexcept { free_.put(index_of(mine)); }

    // The log will have it after those handed over before; when, is up to serve() and to who waits.
    void hand_over(cell& mine) noexcept {
        if constexpr (masking_platform<Platform>) {
            const typename Platform::critical masked;
            ready_.put(index_of(mine));
            handed_.store(handed_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        } else {
            ready_.put(index_of(mine));
        }
    }

    // What was handed over so far, by the caller at least; durable_seq() comes to it when all of
    // that survives a power cut, or was refused.
    [[nodiscard]] journal_ticket ticket() const noexcept {
        if constexpr (masking_platform<Platform>) {
            return journal_ticket{handed_.load(std::memory_order_relaxed)};
        } else {
            return journal_ticket{ready_.put_count()};
        }
    }
    [[nodiscard]] journal_ticket durable_seq() const noexcept {
        // acquire: pairs with commit(); as far as a ticket's owner is concerned the log has it.
        return journal_ticket{durable_seq_.load(std::memory_order_acquire)};
    }
    // Whoever writes next is to sync. False: all cells are in use.
    [[nodiscard]] bool request_sync() noexcept {
        cell* const mine = take();
        if (mine == nullptr) {
            return false;
        }
        make_marker(*mine);
        hand_over(*mine);
        return true;
    }

    // ---- Any thread: may block as long as the medium does -------------------------------------

    // Returns when what a ticket stands for is durable, or why it is not.
    io_status wait(Client& client, Platform& machine, journal_ticket until) noexcept {
        if (durable_seq().covers(until)) {
            return {};
        }
        cell& mine = take_surely(client, machine);
        make_marker(mine);
        return hand_over_and_wait(client, machine, mine);
    }

    // Hands it over and returns when it is durable, or why it is not. Where nobody can wait (an
    // interrupt, while the main loop writes) `busy`, and it is not handed over.
    io_status hand_over_and_wait(Client& client, Platform& machine, cell& mine) noexcept {
        if constexpr (parks) {
            const std::uint32_t self = take_waiter(client, machine);
            waiter& me = waiters_[self];
            // relaxed: the ring publishes it.
            me.state.store(waiting, std::memory_order_relaxed);
            mine.waiter = self + 1;
            hand_over(mine);
            for (;;) {
                // acquire: pairs with finish(); me.why, or the leader's place.
                const std::uint32_t seen = me.state.load(std::memory_order_acquire);
                if (seen == done) {
                    break;
                }
                if (seen == to_lead) {
                    me.state.store(waiting, std::memory_order_relaxed);
                    lead(client, machine);
                } else if (try_lead()) {
                    lead(client, machine);
                } else {
                    machine.park(me.parker);
                }
            }
            const io_status why = me.why;
            free_waiters_.put(self);
            return why;
        } else {
            // Who is cut into while it writes is not waited for.
            if (!try_lead()) {
                give_back(mine);
                return {io_error::busy, 0};
            }
            io_status why{};
            mine.waiter = 1;
            alone_ = &why;
            hand_over(mine);
            lead(client, machine);
            alone_ = nullptr;
            return why;
        }
    }

    // Whether serve() is called for: something was handed over, and nobody writes. (acq_rel, by a
    // read-modify-write: a leader that it finds sees in stop_leading() what was found here.)
    [[nodiscard]] bool wants_service() noexcept {
        return !ready_.empty() && leading_.fetch_or(0, std::memory_order_acq_rel) == 0;
    }

    // Writes what was handed over, and syncs if somebody asked for it; or leaves it to who is just
    // doing that. Returns whether there was anything.
    bool serve(Client& client, Platform& machine) noexcept {
        if (ready_.empty() || !try_lead()) {
            return false;
        }
        lead(client, machine);
        return true;
    }
    // The same, with a sync of everything, and a mark if there was nothing.
    io_status sync(Client& client, Platform& machine) noexcept {
        return sync_and(client, machine, [this] { return log_.status(); });
    }
    // Writes what was handed over, says in the log what is durable, and closes it. By one thread;
    // others may be inside, and who comes too late is refused: io_error::closed.
    io_status close(Client& client, Platform& machine) noexcept {
        return sync_and(client, machine, [&] { return log_.close(client); });
    }
    // Nothing has happened for a while: says in the log what is durable.
    void mark(Client& client, Platform& machine) noexcept {
        if (try_lead()) {
            if (log_.mark(client)) {
                static_cast<void>(log_.commit(commit_kind::write));
            }
            lead(client, machine);
        }
    }

    // A cell, however long that takes: for what has to be told, such as a job's end.
    [[nodiscard]] cell& take_surely(Client& client, Platform& machine) noexcept {
        for (;;) {
            if (cell* const mine = take(); mine != nullptr) {
                return *mine;
            }
            if (!serve(client, machine)) {
                rest(machine);
            }
        }
    }

    // ---- One thread, while no other is inside -------------------------------------------------

    log_report open(Client& client, recovery policy, format_when format) noexcept {
        const log_report report = log_.open(client, policy, format);
        failure_.store(static_cast<std::uint32_t>(io_error::none), std::memory_order_relaxed);
        return report;
    }
    [[nodiscard]] log_type& log() noexcept { return log_; }
    [[nodiscard]] const log_type& log() const noexcept { return log_; }

    // The low half of the last sequence that is durable; any thread.
    [[nodiscard]] std::uint32_t durable_sequence_low() const noexcept {
        return durable_.load(std::memory_order_acquire);
    }
    // Why nothing is written any more; none while it is. Any thread.
    [[nodiscard]] io_error failure() const noexcept {
        return static_cast<io_error>(failure_.load(std::memory_order_relaxed));
    }

private:
    using word = typename Platform::word;

    // The type of a cell that is no record: all before it is to be durable. (None of the log's.)
    static constexpr std::uint8_t marker = 0;
    static void make_marker(cell& mine) noexcept {
        mine.type = marker;
        mine.length = 0;
    }

    // States of a waiter.
    static constexpr std::uint32_t waiting = 0;
    static constexpr std::uint32_t done = 1;
    static constexpr std::uint32_t to_lead = 2;  // the leader's place was passed on to it

    struct no_parker {};
    template <bool Parks, class P>
    struct parker_of {
        using type = no_parker;
    };
    template <class P>
    struct parker_of<true, P> {
        using type = typename P::parker;
    };
    struct waiter {
        typename parker_of<parks, Platform>::type parker = {};
        word state;
        io_status why{};
    };

    [[nodiscard]] std::uint32_t index_of(const cell& mine) const noexcept {
        return static_cast<std::uint32_t>(&mine - cells_);
    }

    // Cells go round, so the next one lies in the cache of who wrote the last record from it: who
    // takes it does not have to wait until it has come from there. Of a hand-over of 180 ns that
    // was 140.
    void fetch_next() const noexcept {
        if constexpr (requires(const void* line) { Platform::fetch_for_writing(line); }) {
            constexpr std::size_t line_bytes = 64;
            const std::uint32_t next = free_.guess_next();
            const auto* const at =
                reinterpret_cast<const std::byte*>(&cells_[next < W.cells ? next : 0]);
            constexpr std::size_t ahead = std::min(3 * line_bytes, sizeof(cell));
            for (std::size_t i = 0; i < ahead; i += line_bytes) {
                Platform::fetch_for_writing(at + i);
            }
        }
    }

    static void rest([[maybe_unused]] Platform& machine) noexcept {
        if constexpr (parks) {
            machine.yield();
        }
    }

    // acq_rel, here and below: who gets the place sees what the leader before it did; and who does
    // not, is seen by stop_leading(), with all that it has handed over.
    [[nodiscard]] bool try_lead() noexcept {
        return leading_.exchange(1, std::memory_order_acq_rel) == 0;
    }
    // True if the place was really left; else there is more to do.
    [[nodiscard]] bool stop_leading() noexcept {
        leading_.exchange(0, std::memory_order_acq_rel);
        return ready_.empty() || !try_lead();
    }

    // Takes the leader's place, syncs everything, and does this before it leaves the place.
    template <class AtTheEnd>
    io_status sync_and(Client& client, Platform& machine, AtTheEnd&& at_the_end) noexcept {
        while (!try_lead()) {
            rest(machine);
        }
        gather(client);
        group_syncs_ = true;
        commit(client, machine);
        const io_status result = at_the_end();
        lead(client, machine);
        return result;
    }

    // REQUIRES: the caller has the leader's place, which it loses here.
    void lead(Client& client, Platform& machine) noexcept {
        std::uint32_t groups = 0;
        for (;;) {
            gather(client);
            if (group_ == 0) {
                if (stop_leading()) {
                    return;
                }
                continue;
            }
            if (groups++ >= W.groups && pass_on(machine)) {
                return;
            }
            commit(client, machine);
        }
    }

    // Appends what was handed over so far to the log's buffer.
    void gather(Client& client) noexcept {
        std::uint32_t index = 0;
        while (group_ < W.cells && ready_.get(index)) {
            const cell& next = cells_[index];
            const std::span<const std::byte> payload{next.payload, next.length};
            member& mine = members_[group_];
            mine = {next.token, next.waiter, next.sync, next.type == marker, {}};
            ++gathered_;
            if (mine.is_marker) {
                group_syncs_ = true;
            } else if (const std::uint64_t sequence = log_.append(client, next.type, payload);
                       sequence != 0) {
                client.appended(next.token, log_record{sequence, next.type, false, payload,
                                                       log_.last_place(next.length)});
                group_syncs_ = group_syncs_ || next.sync || next.waiter != 0;
            } else {
                mine.why = log_.status().ok() ? io_status{io_error::no_space, 0} : log_.status();
            }
            ++group_;
            free_.put(index);
        }
    }

    // Writes the group, and tells everybody.
    void commit(Client& client, Platform& machine) noexcept {
        const io_status result = log_.commit(group_syncs_ ? commit_kind::sync : commit_kind::write);
        durable_.store(static_cast<std::uint32_t>(log_.durable_sequence()),
                       std::memory_order_release);
        failure_.store(static_cast<std::uint32_t>(log_.status().error), std::memory_order_relaxed);
        if (group_syncs_ && result.ok()) {
            // release: pairs with durable_seq().
            durable_seq_.store(gathered_, std::memory_order_release);
        }
        const std::uint32_t count = std::exchange(group_, 0U);
        group_syncs_ = false;
        for (std::uint32_t i = 0; i < count; ++i) {
            const member mine = members_[i];
            const io_status why = mine.why.ok() ? result : mine.why;
            if (mine.is_marker) {
                // of which the client knows nothing
            } else if (!why.ok()) {
                client.refused(mine.token, why);
            } else if (mine.sync) {
                client.durable(mine.token);
            }
            if (mine.waiter != 0) {
                finish(machine, mine.waiter - 1, why);
            }
        }
    }

    void finish([[maybe_unused]] Platform& machine, [[maybe_unused]] std::uint32_t which,
                io_status why) noexcept {
        if constexpr (parks) {
            waiter& one = waiters_[which];
            one.why = why;
            // release: pairs with the waiter's look. (The place of a waiter is never anything else,
            // so that a wake that comes late finds a parker.)
            one.state.store(done, std::memory_order_release);
            machine.unpark(one.parker);
        } else if (alone_ != nullptr) {
            *alone_ = why;
        }
    }

    // Makes one of those that wait in this group the leader. False: nobody waits.
    [[nodiscard]] bool pass_on([[maybe_unused]] Platform& machine) noexcept {
        if constexpr (parks) {
            for (std::uint32_t i = 0; i < group_; ++i) {
                if (members_[i].waiter != 0) {
                    waiter& next = waiters_[members_[i].waiter - 1];
                    // release: pairs with the waiter's look; the leader's place and the group.
                    next.state.store(to_lead, std::memory_order_release);
                    machine.unpark(next.parker);
                    return true;
                }
            }
        }
        return false;
    }

    [[nodiscard]] std::uint32_t take_waiter(Client& client,
                                            Platform& machine) noexcept requires parks {
        std::uint32_t self = 0;
        while (!free_waiters_.get(self)) {
            if (!serve(client, machine)) {
                rest(machine);
            }
        }
        return self;
    }

    struct member {
        std::uint64_t token = 0;
        std::uint32_t waiter = 0;
        bool sync = false;
        bool is_marker = false;
        io_status why{};
    };

    index_ring<W.cells, ring_start::full, Platform> free_;
    index_ring<W.cells, ring_start::empty, Platform> ready_;
    index_ring<W.waiters, ring_start::full, Platform> free_waiters_;
    word leading_;
    word durable_;
    word durable_seq_;  // a journal_ticket's number
    word failure_;
    io_status* alone_ = nullptr;  // where nobody can wait: the caller's answer
    waiter waiters_[parks ? W.waiters : 1] = {};
    // Without compare-and-swap: how many were handed over.
    struct no_count {};
    PAWL_NO_UNIQUE_ADDRESS std::conditional_t<masking_platform<Platform>, word, no_count> handed_;
    // The leader's own.
    std::uint32_t gathered_ = 0;  // of those handed over
    std::uint32_t group_ = 0;
    bool group_syncs_ = false;
    member members_[W.cells] = {};
    log_type log_{};
    cell cells_[W.cells] = {};
};

}  // namespace PAWL_ABI
}  // namespace pawl
