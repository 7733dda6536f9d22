// SPDX-License-Identifier: BSL-1.0
//
// edge_pool: the links from a parent to the continuations that wait for it.
//
// What: a fixed pool of edges outside the slots. A parent's list head is one tagged word: the low
// bits of the parent's generation, and the newest edge, or `sealed` once the parent has finished.
// Whoever wants to add an edge and meets `sealed` evaluates the condition at once; so a parent that
// finishes while a continuation is added can neither be missed nor counted twice.
//
// How it works: add() is a compare-and-swap on the head, close() one exchange that takes the whole
// list. Edges name the child by index and generation: one that names a job that is gone is skipped.
// An edge is written before it is in a list, read after the list was taken, and is in the free ring
// in between; there is no moment at which two parties touch it.
// The bound on aliasing is the tag's width: tag_bits, 32 minus what an edge number needs.
//
// Cost: add two ring operations at most and one compare-and-swap; close one exchange and a step an
// edge.
// Who may call: any thread or interrupt; open() and close() who holds the parent's index.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/containers/index_ring.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_options.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <std::uint32_t Edges, platform Platform>
class edge_pool {
public:
    using word = typename Platform::word;

    enum class added : std::uint8_t {
        waiting,  // the parent has the edge
        sealed,   // the parent has finished: evaluate its state now; the edge is still the caller's
        gone,     // another job's list: the parent is gone; the edge is still the caller's
    };

    [[nodiscard]] bool take(std::uint32_t& edge) noexcept { return free_.get(edge); }
    void put(std::uint32_t edge) noexcept { free_.put(edge); }

    // Starts a parent's empty list; its head is the parent's member `edges`. relaxed: published
    // with the parent's state.
    template <class Parent>
    static void open(Parent& parent, std::uint32_t generation) noexcept {
        parent.edges.store(tagged(generation, empty), std::memory_order_relaxed);
    }

    template <class Parent>
    [[nodiscard]] added add(Parent& parent, std::uint32_t generation, std::uint32_t edge,
                            job_id child, when condition) noexcept {
        word& head = parent.edges;
        std::uint32_t seen = head.load(std::memory_order_acquire);
        for (;;) {
            if ((seen & ~reference_mask) != tagged(generation, 0)) {
                return added::gone;
            }
            if ((seen & reference_mask) == sealed) {
                return added::sealed;
            }
            edges_[edge] = {child, (seen & reference_mask) | static_cast<std::uint32_t>(condition)
                                                                 << condition_shift};
            // release: the edge's content, to close(). acquire on failure: `sealed` comes with the
            // parent's final state, which the caller reads next; pairs with close().
            if (head.compare_exchange_weak(seen, tagged(generation, edge + 1),
                                           std::memory_order_release, std::memory_order_acquire)) {
                return added::waiting;
            }
        }
    }

    // Seals a finished parent's list and calls resolve(child, condition) for each edge, oldest
    // first.
    template <class Parent, class Resolve>
    void close(Parent& parent, std::uint32_t generation, Resolve&& resolve) noexcept {
        // release: the parent's final state, to whoever meets `sealed`. acquire: the edges'
        // content.
        const std::uint32_t taken =
            parent.edges.exchange(tagged(generation, sealed), std::memory_order_acq_rel);
        std::uint32_t newest = taken & reference_mask;
        PAWL_ASSERT(newest != sealed);
        // The list is ours now; turn it round, so that continuations start in the order of then().
        std::uint32_t oldest = empty;
        while (newest != empty) {
            link& self = edges_[newest - 1];
            const std::uint32_t before = self.next & reference_mask;
            self.next = (self.next & ~reference_mask) | oldest;
            oldest = newest;
            newest = before;
        }
        while (oldest != empty) {
            const std::uint32_t index = oldest - 1;
            const link self = edges_[index];
            free_.put(index);
            resolve(self.child, static_cast<when>(self.next >> condition_shift));
            oldest = self.next & reference_mask;
        }
    }

private:
    struct link {
        job_id child = {};
        std::uint32_t next = 0;  // edge + 1, or empty; and the condition
    };

    static constexpr std::uint32_t empty = 0;
    static constexpr std::uint32_t sealed = Edges + 1;
    static constexpr unsigned reference_bits = std::bit_width(sealed);
    static constexpr std::uint32_t reference_mask = (std::uint32_t{1} << reference_bits) - 1;
    static constexpr unsigned condition_shift = 29;
    static_assert(reference_bits <= condition_shift && static_cast<unsigned>(when::any) < 8,
                  "a condition lies beside the number of an edge");

    static constexpr std::uint32_t tagged(std::uint32_t generation,
                                          std::uint32_t reference) noexcept {
        return generation << reference_bits | reference;
    }

    index_ring<Edges, ring_start::full, Platform> free_;
    link edges_[Edges] = {};
};

// limits.edges = 0: no continuations, no bytes.
template <platform Platform>
class edge_pool<0, Platform> {
public:
    template <class Parent>
    static void open(Parent&, std::uint32_t) noexcept {}
};

}  // namespace PAWL_ABI
}  // namespace pawl
