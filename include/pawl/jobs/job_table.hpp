// SPDX-License-Identifier: BSL-1.0
//
// job_table: the slots of a scheduler's jobs and batches, and every change of their states.
//
// What: a fixed array of slots, a ring of the free ones, and the rules by which a slot is taken,
// its state changed, and given back. It knows nothing of time, of workers or of queues.
//
// How it works: a slot's index is in exactly one place (the free ring, a ready ring, the inbox, the
// wheel, a waiting line, or with who runs it), and who takes it out of there may use the slot's
// plain members. Everybody else may only look at the words and change the state by
// compare-and-swap. A generation grows when a slot is taken: until then a finished job can still be
// asked. Its low 24 bits lie in the state word, the upper 8 in the info word, which is written
// first: who saw the new state word sees the new upper bits.
//   state   generation:24  flags:5  state:3
//   info    generation:8   line:8  attempt:16   (line: which band of which queue)
//           (of a batch: bit 0 says that a member did not succeed)
//   edges   the list of continuations, see edge_pool
//   pending parents that have not finished (of a batch: members, plus one while it is open);
//           tagged with the generation, see release_parent()
//
// What limits say that no job has (continuations, batches, names, retries), no slot has room for.
//
// Cost: take and give back one ring operation and a few stores; a change of state one
// compare-and-swap. Who may call: any thread or interrupt; members that need the index say so.
#pragma once

#include <atomic>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/containers/index_ring.hpp>
#include <pawl/containers/shared_value.hpp>
#include <pawl/jobs/callable.hpp>
#include <pawl/jobs/job_attributes.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/jobs/name.hpp>
#include <pawl/jobs/optional_member.hpp>
#include <pawl/jobs/retry_policy.hpp>
#include <pawl/time/tick_clock.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// The words that jobs and batches have in common.
template <class Word, bool HasEdges>
struct job_node {
    Word state;
    Word info;
    Word edges;
    Word pending;
};
template <class Word>
struct job_node<Word, false> {
    Word state;
    Word info;
};

// For each batch the one around it: its node + 1, or 0.
template <std::uint32_t Batches>
struct outer_batches {
    std::uint32_t of[Batches];
};
template <>
struct outer_batches<0> {};

// Makes the contexts of these jobs, and does what follows from their outcomes; see job_runs.hpp.
template <limits L, platform Platform>
struct job_host;

// The members of a job: used by who holds the index; what is a shared_value may be looked at by
// others.
template <limits L, platform Platform>
struct job_slot {
    static constexpr std::uint32_t no_batch = 0;

    using attributes_type = job_attributes<L, Platform>;
    static constexpr bool attributes_exist = attributes_type::exist;

    PAWL_NO_UNIQUE_ADDRESS optional_member<std::uint32_t, (L.batches > 0), 0>
        batch;  // the batch's node + 1, or no_batch
    PAWL_NO_UNIQUE_ADDRESS optional_member<retry_policy, L.retries, 1> retry;
    PAWL_NO_UNIQUE_ADDRESS shared_value<name, Platform, L.names, 2> called;
    // What every job needs lies together, and what few have behind it: a job is two cache lines.
    callable_storage<L.job_bytes, L.job_align, L.retries, job_host<L, Platform>> code = {};
    PAWL_NO_UNIQUE_ADDRESS attributes_type more;
};

template <limits L, platform Platform>
class job_table {
public:
    // Whether an index can lie in a second place, see state_word::twice.
    static constexpr bool has_twice = L.bands > 1 || L.failed > 0;
    static constexpr bool has_edges = L.edges > 0 || L.batches > 0;

    using word = typename Platform::word;
    using node = job_node<word, has_edges>;
    using slot = job_slot<L, Platform>;

    // Nodes 0 to jobs - 1 are jobs, the batches follow.
    static constexpr std::uint32_t node_count = L.jobs + L.batches;
    static constexpr std::uint32_t attempts_max = 0xFFFF;
    static constexpr std::uint32_t line_max = 0xFF;

    [[nodiscard]] static constexpr bool is_batch(std::uint32_t index) noexcept {
        return index >= L.jobs;
    }

    [[nodiscard, gnu::always_inline]] slot& job(std::uint32_t index) noexcept {
        return slots_[index];
    }
    [[nodiscard, gnu::always_inline]] const slot& job(std::uint32_t index) const noexcept {
        return slots_[index];
    }
    [[nodiscard]] node& at(std::uint32_t index) noexcept { return nodes_[index]; }

    // Takes a free job slot, oldest first; the caller holds the index. False: all are in use.
    [[nodiscard]] bool take_job(std::uint32_t& index) noexcept { return free_jobs_.get(index); }
    // The batch around a batch: its node + 1, or 0. Written before the batch is published.
    [[nodiscard]] std::uint32_t outer_of(std::uint32_t batch) const noexcept {
        return outer_.of[batch - L.jobs];
    }
    void set_outer(std::uint32_t batch, std::uint32_t outer) noexcept {
        outer_.of[batch - L.jobs] = outer;
    }

    [[nodiscard]] bool take_batch(std::uint32_t& index) noexcept {
        if (!free_batches_.get(index)) {
            return false;
        }
        PAWL_ASSUME(index < L.batches);
        index += L.jobs;
        return true;
    }

    // Starts the next life of a slot that was just taken: the state words of the life before now
    // answer `gone`. The slot is in no state that anybody else may change until publish().
    [[nodiscard, gnu::always_inline]] job_id begin(std::uint32_t index,
                                                   std::uint32_t line) noexcept {
        node& self = nodes_[index];
        // relaxed: the words of a free slot are written by the holder alone, and the free ring
        // handed them over with the index.
        const std::uint32_t low = state_word{self.state.load(relaxed)}.generation_low();
        const std::uint32_t high = self.info.load(relaxed) >> info_generation_shift;
        std::uint32_t generation = (high << state_word::generation_bits | low) + 1;
        generation += generation == 0 ? 1 : 0;  // 0 is no handle's
        self.info.store(generation >> state_word::generation_bits << info_generation_shift |
                            line << info_line_shift,
                        relaxed);
        // release: who sees this generation sees its info word; pairs with state_of() and find().
        self.state.store(state_word{generation, job_state::gone}.bits(), release);
        return job_id{index, generation};
    }

    // What begin() goes on from: for who has the jobs of an earlier run of the program. REQUIRES:
    // the caller holds the index, and nobody has a handle of it.
    void set_generation(std::uint32_t index, std::uint32_t generation) noexcept {
        nodes_[index].info.store(generation >> state_word::generation_bits << info_generation_shift,
                                 relaxed);
        // release: as begin().
        nodes_[index].state.store(state_word{generation, job_state::gone}.bits(), release);
    }

    // The next life of a failed job that was kept, in the same slot; the caller holds the index.
    // Its words are not visible yet: publish_anew() makes them.
    [[nodiscard]] job_id begin_anew(std::uint32_t index) noexcept requires(L.failed > 0) {
        node& self = nodes_[index];
        const job_id before = id_of(index);
        const std::uint32_t generation = before.generation() + 1;
        const job_id id{index, generation == 0 ? 1 : generation};
        self.info.store(id.generation() >> state_word::generation_bits << info_generation_shift |
                            line_of(index) << info_line_shift,
                        release);
        return id;
    }
    void publish_anew(job_id id, job_state state) noexcept requires(L.failed > 0) {
        word& self = nodes_[id.index()].state;
        std::uint32_t bits = self.load(relaxed);
        // acq_rel: as publish(); and `twice` may be taken away meanwhile.
        while (!self.compare_exchange_weak(
            bits, state_word{id.generation(), state, bits & state_word::twice}.bits(),
            std::memory_order_acq_rel, relaxed)) {
        }
    }

    // Gives a slot of begin() its first visible state. release: the slot's members become visible
    // to who takes the index or changes the state; pairs with the acquiring loads below.
    [[gnu::always_inline]] void publish(job_id id, job_state state,
                                        std::uint32_t flags = 0) noexcept {
        nodes_[id.index()].state.store(state_word{id.generation(), state, flags}.bits(), release);
    }

    // A job that was cancelled before it ran is settled by who has taken its index: nobody else
    // changes the word any more.
    void settle_deleted(std::uint32_t index, state_word seen) noexcept {
        nodes_[index].state.store(seen.to(job_state::deleted, state_word::settled).bits(), release);
    }

    // The same by the index alone, in whose word begin() has left the generation.
    [[gnu::always_inline]] void publish_at(std::uint32_t index, job_state state,
                                           std::uint32_t flags = 0) noexcept {
        word& self = nodes_[index].state;
        self.store(self.load(relaxed) | flags | static_cast<std::uint32_t>(state), release);
    }

    // The state word of a handle's job; `gone` if the slot serves another one.
    [[nodiscard]] state_word find(job_id id) const noexcept {
        if (!id || id.index() >= node_count) {
            return {};
        }
        const node& self = nodes_[id.index()];
        const state_word seen{self.state.load(acquire)};
        // After the acquiring load above: the info word is of the same generation or a later one.
        const std::uint32_t high = self.info.load(acquire) >> info_generation_shift;
        const bool same =
            seen.is_of(id.generation()) && high == id.generation() >> state_word::generation_bits;
        return same ? seen : state_word{};
    }

    [[nodiscard, gnu::always_inline]] state_word state(std::uint32_t index) const noexcept {
        return state_word{nodes_[index].state.load(acquire)};
    }

    // Changes a state that still is `seen`; false, with `seen` brought up to date, if it is not.
    // acq_rel: what the former holder wrote is visible to the winner, and the other way round.
    [[nodiscard, gnu::always_inline]] bool change(std::uint32_t index, state_word& seen,
                                                  state_word next) noexcept {
        std::uint32_t bits = seen.bits();
        if constexpr (masking_platform<Platform>) {
            bits = swap_if(nodes_[index].state, bits, next.bits());
            const bool won = bits == seen.bits();
            seen = state_word{bits};
            return won;
        } else if constexpr (interrupt_platform<Platform>) {
            // The same order on one core, where to acquire is to keep the compiler from moving
            // something up: said behind the branch, so that the branch is the one of the
            // compare-and-swap itself, and not five instructions more.
            if (nodes_[index].state.compare_exchange_strong(bits, next.bits(), release, relaxed)) {
                std::atomic_signal_fence(acquire);
                return true;
            }
            std::atomic_signal_fence(acquire);
            seen = state_word{bits};
            return false;
        }
        const bool won = nodes_[index].state.compare_exchange_strong(
            bits, next.bits(), std::memory_order_acq_rel, acquire);
        if (!won) {
            seen = state_word{bits};
        }
        return won;
    }

    // A critical section is code that is worth a call. Returns what was there.
    PAWL_ONE_COPY static std::uint32_t swap_if(word& place, std::uint32_t expected,
                                               std::uint32_t next) noexcept {
        static_cast<void>(
            place.compare_exchange_strong(expected, next, std::memory_order_acq_rel, acquire));
        return expected;
    }

    // What `seen` becomes in another state: an entry in a ready ring besides stays.
    [[nodiscard]] static constexpr state_word moved(state_word seen, job_state to,
                                                    std::uint32_t flags = 0) noexcept {
        if constexpr (has_twice) {
            flags |= seen.bits() & state_word::twice;
        }
        return seen.to(to, flags);
    }

    // REQUIRES: the caller holds the index. The handle of the job in this slot.
    [[nodiscard, gnu::always_inline]] job_id id_of(std::uint32_t index) const noexcept {
        const std::uint32_t low = state_word{nodes_[index].state.load(relaxed)}.generation_low();
        const std::uint32_t high = nodes_[index].info.load(relaxed) >> info_generation_shift;
        return job_id{index, high << state_word::generation_bits | low};
    }

    // The line of ready_queues that the job belongs to.
    [[nodiscard]] std::uint32_t line_of(std::uint32_t index) const noexcept {
        return (nodes_[index].info.load(relaxed) >> info_line_shift) & line_max;
    }
    // Moves it to another one; false if the job was changed meanwhile. From anywhere.
    bool change_line(std::uint32_t index, std::uint32_t from, std::uint32_t to) noexcept
        requires(L.bands > 1) {
        std::uint32_t info = nodes_[index].info.load(relaxed);
        while (((info >> info_line_shift) & line_max) == from) {
            const std::uint32_t moved =
                (info & ~(line_max << info_line_shift)) | to << info_line_shift;
            if (nodes_[index].info.compare_exchange_weak(info, moved, relaxed, relaxed)) {
                return true;
            }
        }
        return false;
    }

    // Attempts begun so far. REQUIRES for the setter: the caller holds the index; saturates.
    [[nodiscard]] std::uint32_t attempts(std::uint32_t index) const noexcept {
        return nodes_[index].info.load(relaxed) & attempts_max;
    }
    void set_attempts(std::uint32_t index, std::uint32_t attempts) noexcept {
        const std::uint32_t kept = attempts < attempts_max ? attempts : attempts_max;
        const std::uint32_t info = nodes_[index].info.load(relaxed);
        // A change_line() that comes in between is lost: the job has begun, and for its next wait
        // it keeps its line.
        nodes_[index].info.store((info & ~attempts_max) | kept, relaxed);
    }

    // One more, and which one that is.
    [[nodiscard, gnu::always_inline]] std::uint32_t begin_attempt(std::uint32_t index) noexcept {
        const std::uint32_t info = nodes_[index].info.load(relaxed);
        const std::uint32_t before = info & attempts_max;
        nodes_[index].info.store(before == attempts_max ? info : info + 1, relaxed);
        return before + 1;
    }

    // Counts what has to come before the job of this generation may run: parents that finish, and
    // one thing besides at most. REQUIRES: the caller holds the index; parents <= parents_max, and
    // one more.
    void expect_parents(job_id id, std::uint32_t parents) noexcept requires has_edges {
        // relaxed: published with the state.
        nodes_[id.index()].pending.store(id.generation() << pending_bits | parents, relaxed);
    }

    // One of those finished as it should. True if it was the last, and then the caller releases the
    // job. False also if the job is not there any more: a word of another generation never changes
    // (the bound: 2^20 generations later it would be taken for this one).
    [[nodiscard]] bool release_parent(job_id id) noexcept requires has_edges {
        word& pending = nodes_[id.index()].pending;
        std::uint32_t seen = pending.load(relaxed);
        for (;;) {
            const std::uint32_t tag = id.generation() << pending_bits;
            if ((seen & ~pending_mask) != tag || (seen & pending_mask) == 0) {
                return false;
            }
            // acq_rel: whoever makes it zero has everything that the other parents did before.
            if (pending.compare_exchange_weak(seen, seen - 1, std::memory_order_acq_rel, relaxed)) {
                return (seen & pending_mask) == 1;
            }
        }
    }

    // The job is over and its callable destroyed: its state stays askable, its slot goes to the end
    // of the free ring. REQUIRES: the caller holds the index; the state is final.
    // A job that lies in a ready ring besides is left to who takes it from there.
    void give_back(std::uint32_t index) noexcept {
        node& self = nodes_[index];
        state_word last{self.state.load(relaxed)};
        PAWL_ASSERT(is_final(last.state()));
        if constexpr (has_twice) {
            if (last.has(state_word::twice)) [[unlikely]] {
                while (!change(index, last, moved(last, last.state(), state_word::settled))) {
                }
                if (last.has(state_word::twice)) {
                    return;
                }
                put_free(index);
                return;
            }
        }
        // release: pairs with find(); nobody else changes a final state.
        self.state.store(last.to(last.state(), state_word::settled).bits(), release);
        put_free(index);
    }

    // Gives back a slot that no job used (its submission was refused on the way), or whose state
    // was settled by its own submitter. REQUIRES: the caller holds the index.
    void put_free(std::uint32_t index) noexcept {
        if constexpr (L.batches > 0) {
            if (is_batch(index)) {
                free_batches_.put(index - L.jobs);
                return;
            }
        }
        free_jobs_.put(index);
    }

    // Parents a continuation may have: it may await its journal besides.
    static constexpr unsigned pending_bits = 12;
    static constexpr std::uint32_t pending_mask = (std::uint32_t{1} << pending_bits) - 1;
    static constexpr std::uint32_t parents_max = pending_mask - 1;

private:
    static constexpr auto relaxed = std::memory_order_relaxed;
    static constexpr auto acquire = std::memory_order_acquire;
    static constexpr auto release = std::memory_order_release;
    static constexpr unsigned info_generation_shift = 24;
    static constexpr unsigned info_line_shift = 16;

    index_ring<L.jobs, ring_start::full, Platform> free_jobs_;
    PAWL_NO_UNIQUE_ADDRESS index_ring<L.batches, ring_start::full, Platform> free_batches_;
    node nodes_[node_count];
    slot slots_[L.jobs] = {};
    PAWL_NO_UNIQUE_ADDRESS outer_batches<L.batches> outer_ = {};
};

}  // namespace PAWL_ABI
}  // namespace pawl
