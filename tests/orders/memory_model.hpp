// SPDX-License-Identifier: BSL-1.0
//
// memory_model: whether C++20 allows that threads read what they are said to have read.
//
// What: each thread is a list of atomic operations in their order, each with its memory order, the
// value that it read and the one that it wrote. possible() says whether there is an execution in
// which all of them are as listed. The explorer (tests/explore) knows sequential consistency only,
// Relacy orders no fence against an operation that is seq_cst itself; and the processor at hand may
// do less than the language lets it.
//
// How it works: all ways to order the writes of each place, and to choose for each read a write of
// that value, are tried against the rules of [intro.races] and [atomics.order] in C++20: coherence,
// read-modify-writes that read the last write, and one total order of all that is seq_cst, fences
// included, which exists if what has to come before what has no cycle.
//
// Bound: some dozen operations; places that are not atomic are not here. Left out, so that more
// seems to be allowed than is: fences in "strongly happens before".
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace orders {

enum class action : std::uint8_t { load, store, exchange, fence };

struct event {
    action what;
    std::memory_order order;
    std::uint32_t place = 0;    // from 0
    std::uint32_t seen = 0;     // of a load, or an exchange
    std::uint32_t written = 0;  // of a store, or an exchange

    [[nodiscard]] bool reads() const { return what == action::load || what == action::exchange; }
    [[nodiscard]] bool writes() const { return what == action::store || what == action::exchange; }
    [[nodiscard]] bool acquires() const {
        return order == std::memory_order_acquire || order == std::memory_order_consume ||
               order == std::memory_order_acq_rel || order == std::memory_order_seq_cst;
    }
    [[nodiscard]] bool releases() const {
        return order == std::memory_order_release || order == std::memory_order_acq_rel ||
               order == std::memory_order_seq_cst;
    }
    [[nodiscard]] bool is_seq_cst() const { return order == std::memory_order_seq_cst; }
};
using trace = std::vector<event>;

inline constexpr std::size_t events_max = 64;

// Which event comes before which.
class relation {
public:
    void add(std::size_t from, std::size_t to) { rows_[from] |= bit(to); }
    [[nodiscard]] bool has(std::size_t from, std::size_t to) const {
        return (rows_[from] & bit(to)) != 0;
    }
    relation& operator|=(const relation& other) {
        for (std::size_t i = 0; i < events_max; ++i) {
            rows_[i] |= other.rows_[i];
        }
        return *this;
    }
    // And what comes before that, and so on.
    void close() {
        for (std::size_t middle = 0; middle < events_max; ++middle) {
            for (std::uint64_t& row : rows_) {
                row |= (row & bit(middle)) != 0 ? rows_[middle] : 0;
            }
        }
    }
    // Once closed.
    [[nodiscard]] bool has_cycle() const {
        for (std::size_t i = 0; i < events_max; ++i) {
            if (has(i, i)) {
                return true;
            }
        }
        return false;
    }

private:
    static std::uint64_t bit(std::size_t at) { return std::uint64_t{1} << at; }
    std::array<std::uint64_t, events_max> rows_{};
};

class execution {
public:
    // initial[place] is written before everything.
    execution(const std::vector<trace>& threads, const std::vector<std::uint32_t>& initial)
        : writes_(initial.size()) {
        for (std::uint32_t place = 0; place < initial.size(); ++place) {
            writes_[place].push_back(events_.size());
            events_.push_back({action::store, std::memory_order_relaxed, place, 0, initial[place]});
        }
        const std::size_t first = events_.size();
        for (const trace& each : threads) {
            const std::size_t begin = events_.size();
            for (const event& one : each) {
                for (std::size_t before = 0; before < events_.size(); ++before) {
                    if (before < first || before >= begin) {
                        sequenced_.add(before, events_.size());
                    }
                }
                if (one.writes()) {
                    writes_[one.place].push_back(events_.size());
                }
                events_.push_back(one);
            }
        }
        from_.resize(events_.size());
    }

    [[nodiscard]] bool is_possible() {
        return events_.size() <= events_max && some_order_of_writes(0);
    }

private:
    using index = std::size_t;

    // Of each place in turn: its writes in any order, the initial one first.
    bool some_order_of_writes(index place) {
        if (place == writes_.size()) {
            return some_choice_of_writes(0);
        }
        auto& writes = writes_[place];
        std::sort(writes.begin() + 1, writes.end());
        do {
            if (some_order_of_writes(place + 1)) {
                return true;
            }
        } while (std::next_permutation(writes.begin() + 1, writes.end()));
        return false;
    }

    // For each read in turn: a write of that value. A read-modify-write reads the one before its
    // own.
    bool some_choice_of_writes(index at) {
        if (at == events_.size()) {
            return is_consistent();
        }
        const event& one = events_[at];
        if (!one.reads()) {
            return some_choice_of_writes(at + 1);
        }
        const auto& writes = writes_[one.place];
        for (index i = 0; i < writes.size(); ++i) {
            const bool next = i + 1 < writes.size() && writes[i + 1] == at;
            if (events_[writes[i]].written == one.seen && writes[i] != at &&
                (one.what == action::load || next)) {
                from_[at] = writes[i];
                if (some_choice_of_writes(at + 1)) {
                    return true;
                }
            }
        }
        return false;
    }

    [[nodiscard]] bool is_consistent() const {
        relation synchronised;
        relation happens = sequenced_;
        for (index read = 0; read < events_.size(); ++read) {
            if (events_[read].reads()) {
                for (const index head : heads_of(from_[read])) {
                    synchronise(head, read, synchronised);
                }
            }
        }
        happens |= synchronised;
        happens.close();

        relation coherence;  // [atomics.order]: "is coherence-ordered before"
        for (const auto& writes : writes_) {
            for (index i = 0; i + 1 < writes.size(); ++i) {
                coherence.add(writes[i], writes[i + 1]);
            }
        }
        for (index read = 0; read < events_.size(); ++read) {
            if (events_[read].reads()) {
                coherence.add(from_[read], read);
                const auto& writes = writes_[events_[read].place];
                const auto after = std::find(writes.begin(), writes.end(), from_[read]) + 1;
                if (after != writes.end() && *after != read) {
                    coherence.add(read, *after);
                }
            }
        }
        coherence.close();

        if (happens.has_cycle() || coherence.has_cycle()) {
            return false;
        }
        for (index a = 0; a < events_.size(); ++a) {
            for (index b = 0; b < events_.size(); ++b) {
                if (happens.has(a, b) && coherence.has(b, a)) {
                    return false;
                }
            }
        }
        return has_one_order(happens, synchronised, coherence);
    }

    // The writes whose release sequences have this one: itself, and before it in its place as far
    // as all after them are read-modify-writes.
    [[nodiscard]] std::vector<index> heads_of(index write) const {
        const auto& writes = writes_[events_[write].place];
        auto at = std::find(writes.begin(), writes.end(), write);
        std::vector<index> heads{*at};
        while (at != writes.begin() && events_[*at].what == action::exchange) {
            heads.push_back(*--at);
        }
        return heads;
    }

    // What the head of a release sequence, or a fence before it, has with its reader, or a fence
    // after that.
    void synchronise(index head, index read, relation& synchronised) const {
        std::vector<index> releases;
        std::vector<index> acquires;
        for (index i = 0; i < events_.size(); ++i) {
            const bool is_fence = events_[i].what == action::fence;
            if (events_[i].releases() && (i == head || (is_fence && sequenced_.has(i, head)))) {
                releases.push_back(i);
            }
            if (events_[i].acquires() && (i == read || (is_fence && sequenced_.has(read, i)))) {
                acquires.push_back(i);
            }
        }
        for (const index from : releases) {
            for (const index to : acquires) {
                synchronised.add(from, to);
            }
        }
    }

    // Whether there is one total order of all that is seq_cst: [atomics.order] paragraph 4.
    [[nodiscard]] bool has_one_order(const relation& happens, const relation& synchronised,
                                     const relation& coherence) const {
        const index count = events_.size();
        const auto is_fence = [&](index at) {
            return events_[at].what == action::fence && events_[at].is_seq_cst();
        };
        const auto is_operation = [&](index at) {
            return events_[at].what != action::fence && events_[at].is_seq_cst();
        };

        relation strongly = sequenced_;
        for (index a = 0; a < count; ++a) {
            for (index d = 0; d < count; ++d) {
                bool before = synchronised.has(a, d) && is_operation(a) && is_operation(d);
                for (index b = 0; b < count && !before; ++b) {
                    for (index c = 0; c < count && !before; ++c) {
                        before = sequenced_.has(a, b) && happens.has(b, c) && sequenced_.has(c, d);
                    }
                }
                if (before) {
                    strongly.add(a, d);
                }
            }
        }
        strongly.close();

        relation order;
        for (index a = 0; a < count; ++a) {
            for (index b = 0; b < count; ++b) {
                if (strongly.has(a, b) && events_[a].is_seq_cst() && events_[b].is_seq_cst()) {
                    order.add(a, b);
                }
                if (!coherence.has(a, b)) {
                    continue;
                }
                for (index x = 0; x < count; ++x) {
                    const bool begins =
                        (x == a && is_operation(a)) || (is_fence(x) && happens.has(x, a));
                    for (index y = 0; begins && y < count; ++y) {
                        if ((y == b && is_operation(b)) || (is_fence(y) && happens.has(b, y))) {
                            order.add(x, y);
                        }
                    }
                }
            }
        }
        order.close();
        return !order.has_cycle();
    }

    std::vector<event> events_;
    relation sequenced_;                      // closed; with the initial writes first
    std::vector<std::vector<index>> writes_;  // of each place, in their order
    std::vector<index> from_;                 // of each read: the write that it sees
};

inline bool possible(const std::vector<trace>& threads, const std::vector<std::uint32_t>& initial) {
    return execution{threads, initial}.is_possible();
}

}  // namespace orders
