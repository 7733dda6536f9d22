// SPDX-License-Identifier: BSL-1.0
//
// graph_core: how a graph runs. The inside of graph.hpp, the same code for graphs of all sizes.
//
// How it works. A node with one input needs no counter: it is ready when that one has ended. One
// with more counts them down, and is armed again as it starts, so that a run resets nothing (but
// where nodes choose: then some inputs never end, and each run arms all nodes). Who runs a node
// goes on with the first one that this makes ready, and puts the others into its worker's deque,
// with one call to who sleeps; then it takes the last of them back, and so on. That is a loop: a
// chain of a million nodes uses no stack. What finds no room in the deque is chained through the
// nodes' counts.
//
// A node knows one or two successors itself, which most nodes do not exceed; of more it knows where
// they stand, one after the other, and how many they are. So a chain, a tree and a grid are run
// without a look at anything but the nodes, and are laid out as they are built.
//
// A node with many successors that wait for nothing else hands them on as a range of its edges, and
// whoever takes one puts the second half of it back before it begins with the first: so others can
// have all that has not begun, and yet they come to each other's deque only a few times.
//
// Counts lie apart from the nodes, which nobody writes in a run: several workers then share these
// in their caches. A node's last input is seen by a load: if one is left, it is one's own.
//
// Many nodes with one and the same successor are counted off it together: as long as what a worker
// runs next has that successor, too, it cannot be ready, so that nobody waits for the count.
//
// A run has ended when all of its last nodes have. They are counted by each worker for itself, and
// taken off the run's count when the worker has nothing left of the graph. Where nodes choose their
// successors nobody knows the last ones: then the nodes under way are counted.
//
// A node whose edge's condition is not met is not run, and ends as deleted, which is told to its
// successors like any other end: counters always come down, and no run hangs. When a run is
// cancelled, or its pool stops, the rest goes the same way (a worker notices the latter after 61
// nodes of its own at most).
//
// Invariant: a node is in one place: counting its inputs, in a deque, in a worker's chain, or
// running.
//
// Cost: a node of a chain one indirect call; each further successor a place in a deque; each input
// of a node with several but for the last one read-modify-write, or those that are counted together
// one; each last node an addition, and each stretch of a worker one read-modify-write.
// Who may call: see graph.hpp.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/containers/padding.hpp>
#include <pawl/execution/when.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

enum class graph_outcome : std::uint8_t {
    running,
    succeeded,  // every node that ran succeeded
    failed,     // a node failed, or threw
    cancelled,  // nodes were left out by cancel(), or because the pool stopped
};

enum class graph_error : std::uint8_t {
    none,
    too_many_nodes,
    too_many_edges,
    no_such_node,  // an edge to a node of another graph
    cycle,         // a node would wait for itself; see graph::cycle()
    no_start,      // every node has an input
    busy,          // it is running already
    stopped,       // the pool stops, or has stopped
    full,          // the pool has no room for it
};

template <platform Platform>
class graph_core {  // NOLINT(clang-analyzer-optin.performance.Padding): on purpose
public:
    using word = typename Platform::word;
    using time_point = typename Platform::time_point;

    // So many successors or more that can be handed on together are so as ranges of edges; fewer
    // one by one. (Each range that is taken apart is a barrier more, to tell who sleeps of its
    // parts.)
    static constexpr std::uint32_t wide_min = 9;

    // What a node's code says.
    static constexpr std::uint32_t said_success = 0;
    static constexpr std::uint32_t said_failure = 1;
    static constexpr std::uint32_t said_nested = 2;  // another graph has to be run; see nested_in()
    static constexpr std::uint32_t said_choice = 3;  // and the number of the successor

    // What a node's code is called for.
    static constexpr bool to_run = false;
    static constexpr bool to_destroy = true;

    // A node, followed by the bytes of its callable.
    struct alignas(8) node_head {
        std::uint32_t (*code)(void* bytes, bool destroy) noexcept = nullptr;
        std::uint32_t first =
            no_successor;          // its edge; the first one of two; or `row` and how many
        std::uint32_t second = 0;  // the second edge; or where the row begins
    };
    // What it waits for. Apart from the nodes, which nobody writes in a run: so these stay in every
    // core's cache.
    struct node_inputs {
        word pending;              // inputs that have not ended, or the next node of a chain; of
                                   // one, while the graph is built, the node where it comes from
        std::uint32_t inputs = 0;  // those that are counted; of a start, the next one
    };

    // A node to be run: its number, and how.
    static constexpr std::uint32_t node_mask = 0xFF'FFFF;
    static constexpr std::uint32_t nodes_max = node_mask;  // one number means none
    static constexpr std::uint32_t skipped = 1U << 24;     // is not to run
    static constexpr std::uint32_t counted = 1U << 25;     // has more than one input
    static constexpr std::uint32_t start = 1U << 26;       // not a node: the beginning of a run
    static constexpr std::uint32_t range = 1U << 27;       // not a node: several; see job
    static constexpr std::uint32_t none = node_mask;
    // An edge: the successor, `counted`, and on which ends.
    static constexpr unsigned when_shift = 26;
    static constexpr std::uint32_t on_success = static_cast<std::uint32_t>(when::success)
                                                << when_shift;
    static constexpr std::uint32_t edge_mask = node_mask | counted | 7U << when_shift;
    // A node's `first`, besides:
    static constexpr std::uint32_t row = 1U << 24;       // no edge: its edges stand in edges_
    static constexpr std::uint32_t together = 1U << 29;  // all of them on success, and to nodes
                                                         // without other inputs
    static constexpr std::uint32_t chooses = 1U << 30;   // one of the row, and none is counted
    static constexpr std::uint32_t only = 1U << 31;      // there is no second one
    static constexpr std::uint32_t no_successor = 0xFFFF'FFFF;
    // The only one of its node, on success, to a node without other inputs.
    static constexpr std::uint32_t in_chain = only | on_success;
    static constexpr std::uint32_t in_chain_mask = in_chain | counted;

    // A part of a run, as a job of a pool: a node, or the successors of some edges.
    struct job {
        graph_core* graph;
        std::uint32_t task;
        std::uint32_t tag;
        std::uint32_t from = 0;  // of a range: its first edge, and
        std::uint32_t to = 0;    // one after the last

        template <class Worker>
        void operator()(Worker& worker) noexcept {
            graph->work(worker, *this);
        }
        // The pool stops, and has not begun with it.
        template <class Worker>
        void drop(Worker& worker) noexcept {
            graph->cancel_flag();
            graph->work(worker, *this);
        }
    };

    struct trace_entry {
        typename Platform::duration took{};
        when ended{};
    };

    // ---- A run: who starts it, asks and waits -------------------------------------------------

    // Claims the graph for a run; false: it runs already. `parent` goes on when it has ended.
    [[nodiscard]] bool begin(graph_core* parent = nullptr, std::uint32_t node = none) noexcept {
        std::uint32_t idle = 0;
        const std::uint32_t number = number_.load(std::memory_order_relaxed) + 1;
        // acquire: the run before; pairs with end_run().
        if (!state_.compare_exchange_strong(idle, state_of(number), std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
            return false;
        }
        // relaxed, all: published with the first job of the run.
        parent_ = parent;
        parent_node_ = node;
        if (parent != nullptr && check_(*this) != graph_error::none) {
            give_up();
            return false;
        }
        flags_.store(number << flags_shift | (parent != nullptr ? is_nested : 0) |
                         (trace_ != nullptr ? is_traced : 0),
                     std::memory_order_relaxed);
        remaining_.store(chooses_ ? roots_ : ends_, std::memory_order_relaxed);
        number_.store(number, std::memory_order_relaxed);
        begun_.store(0, std::memory_order_relaxed);
        if (chooses_ || trace_ != nullptr) [[unlikely]] {
            arm_all();
        }
        return true;
    }
    // begin() was for nothing.
    void give_up() noexcept { static_cast<void>(end_run(graph_outcome::cancelled)); }

    [[nodiscard]] std::uint32_t number() const noexcept {
        return number_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] bool is_over(std::uint32_t number) const noexcept {
        // acquire: what the nodes did; pairs with end_run().
        return (state_.load(std::memory_order_acquire) & ~waiter_mask) != state_of(number) ||
               this->number() != number;
    }
    // Of the latest run: whether its first nodes are on their way. Else it lies in a queue.
    [[nodiscard]] bool has_begun() const noexcept {
        return begun_.load(std::memory_order_relaxed) != 0;
    }
    // Of the latest run.
    [[nodiscard]] graph_outcome outcome() const noexcept {
        return static_cast<graph_outcome>(outcome_.load(std::memory_order_relaxed));
    }
    void cancel(std::uint32_t number) noexcept {
        // relaxed, both: a cancellation is seen sooner or later. It must not meet the next run.
        std::uint32_t seen = flags_.load(std::memory_order_relaxed);
        while (seen >> flags_shift == (number << flags_shift) >> flags_shift &&
               !flags_.compare_exchange_weak(seen, seen | is_cancelled, std::memory_order_relaxed,
                                             std::memory_order_relaxed)) {
        }
    }

    // One thread at a time can be woken at the end of a run, or when there is something for it to
    // do. `who` is its number among the runners of its pool. False: another one waits already, or
    // the run is over.
    [[nodiscard]] bool await(std::uint32_t who, std::uint32_t number) noexcept {
        std::uint32_t seen = state_of(number);
        // seq_cst: either the end sees who waits, or the end is seen here; and who puts a part and
        // sees nobody wait is seen to have put it: pairs with the fence before wake_waiter().
        return state_.compare_exchange_strong(seen, seen | (who + 1) << waiter_shift,
                                              std::memory_order_seq_cst, std::memory_order_relaxed);
    }
    // Not any more, if it is still that run.
    void leave(std::uint32_t who, std::uint32_t number) noexcept {
        std::uint32_t mine = state_of(number) | (who + 1) << waiter_shift;
        state_.compare_exchange_strong(mine, state_of(number), std::memory_order_acq_rel,
                                       std::memory_order_relaxed);
    }

protected:
    constexpr graph_core() noexcept = default;

    // ---- Structure; see graph.hpp ---------------------------------------------------------------

    [[nodiscard]] node_head& head(std::uint32_t node) const noexcept {
        return *reinterpret_cast<node_head*>(nodes_ + std::size_t{node} * stride_);
    }
    [[nodiscard]] static void* bytes_of(node_head& of) noexcept { return &of + 1; }

    unsigned char* nodes_ = nullptr;
    std::size_t stride_ = 0;
    node_inputs* inputs_ = nullptr;   // of each node
    std::uint32_t* edges_ = nullptr;  // of each node with more than two, one after the other
    trace_entry* trace_ = nullptr;    // of each node, or null
    graph_error (*check_)(graph_core&) noexcept = nullptr;  // graph::check()
    std::uint32_t count_ = 0;
    std::uint32_t root_ = none;  // the last node that starts a run; it knows the one before
    std::uint32_t roots_ = 0;    // how many
    std::uint32_t ends_ = 0;     // nodes without successor
    bool chooses_ = false;       // some node chooses its successor

private:
    // state_: 0, or running:1, who waits, plus one:7, the low bits of the run's number:24.
    static constexpr std::uint32_t running = 1;
    static constexpr unsigned waiter_shift = 1;
    static constexpr std::uint32_t waiter_mask = 0xFE;
    static constexpr unsigned number_shift = 8;
    [[nodiscard]] static constexpr std::uint32_t state_of(std::uint32_t number) noexcept {
        return running | number << number_shift;
    }

    // flags_: these, and the low bits of the run's number.
    static constexpr std::uint32_t has_failed = 1;
    static constexpr std::uint32_t is_cancelled = 2;
    static constexpr std::uint32_t has_left_out = 4;  // a node, because it is cancelled
    static constexpr std::uint32_t is_nested = 8;     // a node of another run
    static constexpr std::uint32_t is_traced = 16;
    static constexpr unsigned flags_shift = 5;
    // What a node looks at before it runs.
    static constexpr std::uint32_t not_plain = is_cancelled | is_nested | is_traced;

    // A run looks up from its work in so many nodes.
    static constexpr std::uint32_t nodes_at_once_max = 61;

    // pending, of a node with several inputs: not to be run.
    static constexpr std::uint32_t unmet = 1U << 31;

    void cancel_flag() noexcept { flags_.fetch_or(is_cancelled, std::memory_order_relaxed); }

    // relaxed: a cancellation is seen sooner or later.
    [[nodiscard]] bool is_plain() const noexcept {
        return (flags_.load(std::memory_order_relaxed) & not_plain) == 0;
    }
    // Whether this run, or one that it is a node of, is cancelled.
    [[nodiscard]] bool leaves_out() noexcept {
        for (graph_core* each = this; each != nullptr; each = each->parent_) {
            // relaxed: as above.
            if ((each->flags_.load(std::memory_order_relaxed) & is_cancelled) != 0) [[unlikely]] {
                flags_.fetch_or(is_cancelled | has_left_out, std::memory_order_relaxed);
                return true;
            }
        }
        return false;
    }

    // A node waits for all its inputs.
    void arm(std::uint32_t node) noexcept {
        node_inputs& of = inputs_[node];
        // relaxed: who counts it down next comes after this run of it.
        of.pending.store(of.inputs & node_mask, std::memory_order_relaxed);
    }
    // What the run before has left: inputs that did not end, because nobody chose what they wait
    // for, and how nodes ended.
    PAWL_OUT_OF_LINE void arm_all() noexcept {
        for (std::uint32_t node = 0; node < count_; ++node) {
            arm(node);
            if (trace_ != nullptr) {
                trace_[node] = {};
            }
        }
    }

    // What one worker does of a run, in one go.
    template <class Worker>
    struct stretch {
        Worker& worker;
        graph_core* graph;
        std::uint32_t tag;
        std::uint32_t chain = none;   // ready nodes for which the deque had no room
        std::uint32_t ended = 0;      // last nodes, or nodes under way, that are to be taken off
        std::uint32_t spawned = 0;    // since who sleeps was told
        std::uint32_t common = none;  // a node of several inputs, and how many of these have ended
        std::uint32_t common_ended = 0;  // and are not yet counted

        // A node that is ready, for now or for others. Returns the one to go on with.
        [[nodiscard]] std::uint32_t ready(std::uint32_t task, std::uint32_t next) noexcept {
            if (next == none) {
                return task;
            }
            if (graph->chooses_) {
                // relaxed: the count cannot come down to zero, this very node is in it.
                graph->remaining_.fetch_add(1, std::memory_order_relaxed);
            }
            spawn(task);
            return next;
        }
        // The successors of some edges, which are ready and cannot fail to be run: the first one to
        // go on with, the others for whoever comes. Who comes first gets half of what is left, and
        // halves that again, so that workers meet at the deque seldom. REQUIRES: to > from.
        [[nodiscard]] std::uint32_t fan_out(std::uint32_t from, std::uint32_t to) noexcept {
            while (to - from >= wide_min) {
                const std::uint32_t middle = from + (to - from) / 2;
                if (!worker.push_part(job{graph, range, tag, middle, to}, tag)) {
                    break;
                }
                ++spawned;
                to = middle;
            }
            while (to - from > 1) {
                spawn(graph->edges_[--to] & node_mask);
            }
            return graph->edges_[from] & node_mask;
        }
        void spawn(std::uint32_t task) noexcept {
            if (worker.push_part(job{graph, task, tag}, tag)) {
                ++spawned;
            } else {
                // relaxed: nobody else knows the node.
                graph->inputs_[task & node_mask].pending.store(chain, std::memory_order_relaxed);
                chain = task;
            }
        }
        void tell() noexcept {
            if (spawned != 0) {
                spawned = 0;
                if (!worker.tell_others()) {
                    graph->wake_waiter(worker);
                }
            }
        }
        // One input of the node has ended. Counted later, and so it is not ready yet.
        void count_later(std::uint32_t node) noexcept {
            PAWL_ASSERT(common_ended == 0 || common == node);
            common = node;
            ++common_ended;
        }
        // Counts what was left for later. Returns the node if it is ready, else none.
        [[nodiscard]] std::uint32_t count_now() noexcept {
            const std::uint32_t count = common_ended;
            common_ended = 0;
            return graph->count_down(common, count);
        }
        // What is to be run next, after which there is nothing that ought to be counted before it.
        [[nodiscard]] std::uint32_t count_before(std::uint32_t task) noexcept {
            if (common_ended == 0 || (task != none && graph->leads_to(task, common))) [[likely]] {
                return task;
            }
            const std::uint32_t set_free = count_now();
            if (set_free == none) {
                return task;
            }
            return ready(set_free, task);
        }
        [[nodiscard]] std::uint32_t unchain() noexcept {
            const std::uint32_t task = chain;
            if (task != none) {
                const word& next = graph->inputs_[task & node_mask].pending;
                chain = next.load(std::memory_order_relaxed);
            }
            return task;
        }
    };

    template <class Worker>
    void work(Worker& worker, const job& first) noexcept {
        stretch<Worker> mine{worker, this, first.tag};
        std::uint32_t task = first.task;
        if ((task & range) != 0) {
            task = mine.fan_out(first.from, first.to);
            mine.tell();
        }
        std::uint32_t nodes = 0;
        for (;;) {
            if ((task & start) != 0) {
                task = mine.graph->begin_at_roots(mine);
            }
            // One node after the other, as long as each sets one free.
            while (task != none) {
                if (++nodes == nodes_at_once_max) [[unlikely]] {
                    nodes = 0;
                    if (worker.is_finishing()) {
                        mine.graph->cancel_flag();
                    } else if (worker.has_others_waiting() &&
                               worker.push_part(job{mine.graph, task, mine.tag}, mine.tag)) {
                        task = none;
                        break;
                    }
                }
                task = mine.graph->run_node(mine, task, nodes);
                mine.tell();
            }
            task = mine.unchain();
            if (task == none) {
                // What lies on top of the deque. Another graph of the same run has to wait until
                // this one's counts are right: that may set a node free, and then there would be
                // two.
                const auto may_follow = [&](const job& top) noexcept {
                    return top.graph == mine.graph || (mine.ended == 0 && mine.common_ended == 0);
                };
                const job* const more =
                    nodes != 0 ? worker.template pop_part<job>(mine.tag, may_follow) : nullptr;
                if (more != nullptr) {
                    mine.graph = more->graph;
                    task = more->task;
                    if ((task & range) != 0) {
                        task = mine.fan_out(more->from, more->to);
                    }
                }
            }
            task = mine.count_before(task);
            mine.tell();
            if (task == none) {
                if (mine.ended == 0) {
                    return;
                }
                task = take_off(mine);
            }
        }
    }

    template <class Worker>
    [[nodiscard]] std::uint32_t begin_at_roots(stretch<Worker>& mine) noexcept {
        // relaxed: a hint for who waits.
        begun_.store(1, std::memory_order_relaxed);
        std::uint32_t next = none;
        std::uint32_t root = root_;
        while (root != none) {
            if (next != none) {
                mine.spawn(next);
            }
            next = root;
            root = inputs_[root].inputs & node_mask;
        }
        mine.tell();
        return next;
    }

    // Runs one, tells its successors, and returns one of those that are ready. Of a chain it runs
    // several, and adds the others to `nodes`.
    template <class Worker>
    [[nodiscard]] PAWL_FAST_PATH std::uint32_t run_node(stretch<Worker>& mine, std::uint32_t task,
                                                        std::uint32_t& nodes) noexcept {
        std::uint32_t node = task & node_mask;
        if ((task & counted) != 0) {
            arm(node);
        }
        if ((task & skipped) != 0 || !is_plain()) [[unlikely]] {
            if ((task & skipped) != 0 || leaves_out()) {
                return ended(mine, node, when::deletion, 0);
            }
            if (trace_ != nullptr) {
                return run_traced(mine, node, head(node));
            }
        }
        for (;;) {
            node_head& self = head(node);
            // Before its code runs: the processor looks at the next node meanwhile.
            const std::uint32_t edge = self.first;
            const std::uint32_t result = self.code(bytes_of(self), to_run);
            if (result != said_success || (edge & in_chain_mask) != in_chain) {
                return after(mine, node, edge, result);
            }
            node = edge & node_mask;
            if (nodes + 1 >= nodes_at_once_max || !is_plain()) {
                return node;
            }
            ++nodes;
        }
    }
    // What follows a node that has run; but see run_node().
    template <class Worker>
    [[nodiscard]] PAWL_FAST_PATH std::uint32_t after(stretch<Worker>& mine, std::uint32_t node,
                                                     std::uint32_t edge,
                                                     std::uint32_t result) noexcept {
        if (result == said_success) [[likely]] {
            if (edge == no_successor) {
                ++mine.ended;
                return none;
            }
            if ((edge & (only | together)) == together) {
                return all_of(mine, edge, head(node).second);
            }
            if ((edge & in_chain_mask) == (in_chain | counted) && !chooses_) {
                mine.count_later(edge & node_mask);
                return none;
            }
            return ended(mine, node, when::success, 0);
        }
        return said(mine, node, result);
    }

    // The successors of a node's edges, which can be handed on together.
    template <class Worker>
    [[nodiscard]] std::uint32_t all_of(stretch<Worker>& mine, std::uint32_t first,
                                       std::uint32_t second) noexcept {
        if ((first & row) != 0) {
            return mine.fan_out(second, second + (first & node_mask));
        }
        mine.spawn(second & node_mask);
        return first & node_mask;
    }

    template <class Worker>
    PAWL_OUT_OF_LINE std::uint32_t run_traced(stretch<Worker>& mine, std::uint32_t node,
                                              node_head& self) noexcept {
        const time_point begun = mine.worker.now();
        const std::uint32_t result = self.code(bytes_of(self), to_run);
        trace_[node].took = mine.worker.now() - begun;
        return said(mine, node, result);
    }

    template <class Worker>
    [[nodiscard]] PAWL_OUT_OF_LINE std::uint32_t said(stretch<Worker>& mine, std::uint32_t node,
                                                      std::uint32_t result) noexcept {
        if (result == said_success) [[likely]] {
            return ended(mine, node, when::success, 0);
        }
        if (result == said_nested) {
            return begin_nested(mine, node);
        }
        if (result == said_failure) {
            flags_.fetch_or(has_failed, std::memory_order_relaxed);
            return ended(mine, node, when::failure, 0);
        }
        return ended(mine, node, when::success, result - said_choice);
    }

    // The successors of a node that has ended.
    template <class Worker>
    [[nodiscard]] std::uint32_t ended(stretch<Worker>& mine, std::uint32_t node, when end,
                                      std::uint32_t choice) noexcept {
        if (trace_ != nullptr) [[unlikely]] {
            trace_[node].ended = end;
        }
        // Before the first successor is told: after the last one the graph may be gone.
        const bool some_choose = chooses_;
        const node_head self = head(node);
        std::uint32_t next = none;
        if ((self.first & only) != 0) {
            if (self.first != no_successor) {
                next = follow(mine, self.first, end, !some_choose);
            }
        } else if ((self.first & chooses) != 0) {
            next = chosen(self, end, choice);
        } else if ((self.first & together) != 0 && end == when::success) {
            next = all_of(mine, self.first, self.second);
        } else {
            const std::uint32_t two[2] = {self.first, self.second};
            const bool in_row = (self.first & row) != 0;
            const std::uint32_t* const edges = in_row ? edges_ + self.second : two;
            const std::uint32_t count = in_row ? self.first & node_mask : 2;
            for (std::uint32_t i = 0; i < count; ++i) {
                const std::uint32_t task = follow(mine, edges[i], end, false);
                if (task != none) {
                    next = mine.ready(task, next);
                }
            }
        }
        if (next == none && (some_choose || self.first == no_successor)) {
            ++mine.ended;
        }
        return next;
    }

    // The node that an edge leads to, if that is ready now. `alone`: its node has no other edge,
    // and it need not be counted at once.
    template <class Worker>
    [[nodiscard]] std::uint32_t follow(stretch<Worker>& mine, std::uint32_t edge, when end,
                                       bool alone) noexcept {
        const bool met = (static_cast<std::uint32_t>(end) & (edge >> when_shift)) != 0;
        const std::uint32_t to = edge & node_mask;
        if ((edge & counted) == 0) {
            return met ? to : to | skipped;
        }
        if (!met) [[unlikely]] {
            // relaxed: comes with the count below.
            inputs_[to].pending.fetch_or(unmet, std::memory_order_relaxed);
        } else if (alone) {
            mine.count_later(to);
            return none;
        }
        return count_down(to, 1);
    }

    // So many inputs of the node have ended. Returns it if they were the last ones, else none.
    [[nodiscard]] std::uint32_t count_down(std::uint32_t node, std::uint32_t inputs) noexcept {
        word& pending = inputs_[node].pending;
        // acquire: the last one sees what the others did; pairs with the release below. If these
        // are the last ones, nobody else writes it.
        std::uint32_t seen = pending.load(std::memory_order_acquire);
        if ((seen & ~unmet) != inputs) {
            // acq_rel: as above, and for those that come later.
            seen = pending.fetch_sub(inputs, std::memory_order_acq_rel);
            if ((seen & ~unmet) != inputs) {
                return none;
            }
        }
        return node | counted | ((seen & unmet) != 0 ? skipped : 0);
    }

    // Whether that node waits for this one, and nothing else does.
    [[nodiscard]] bool leads_to(std::uint32_t task, std::uint32_t node) noexcept {
        const std::uint32_t edge = head(task & node_mask).first;
        return (edge & only) != 0 && (edge & node_mask) == node;
    }

    // The successor that a node has chosen: none if it did not run, or there is none of that
    // number.
    [[nodiscard]] std::uint32_t chosen(const node_head& self, when end,
                                       std::uint32_t choice) const noexcept {
        return end == when::success && choice < (self.first & node_mask)
                   ? edges_[self.second + choice] & (node_mask | counted)
                   : none;
    }

    // A node that is a graph. This worker goes on there: nothing is inside anything, however many
    // such nodes follow one another. What it has of this graph goes along, and comes back with the
    // other one's end; whoever comes to that tells this node's successors.
    template <class Worker>
    [[nodiscard]] std::uint32_t begin_nested(stretch<Worker>& mine, std::uint32_t node) noexcept {
        graph_core& inner = **static_cast<graph_core**>(bytes_of(head(node)));
        if (!inner.begin(this, node)) {
            flags_.fetch_or(has_failed, std::memory_order_relaxed);
            return ended(mine, node, when::failure, 0);
        }
        if (trace_ != nullptr) {
            trace_[node].took = mine.worker.now().time_since_epoch();  // until it has ended
        }
        inner.parent_chain_ = mine.chain;
        mine.chain = none;
        if (mine.common_ended != 0) {
            // Nobody is ready yet: this node leads there, too.
            static_cast<void>(mine.count_now());
        }
        // acq_rel: the last one sees what all did. This is not the last one: the node is not over.
        if (mine.ended != 0) {
            remaining_.fetch_sub(mine.ended, std::memory_order_acq_rel);
            mine.ended = 0;
        }
        mine.graph = &inner;
        return inner.begin_at_roots(mine);
    }

    // Takes what has ended off the run's count. If that was all, the node of the graph that this
    // one is a node of is next: then `mine` is that graph's, and what it sets free is returned.
    // REQUIRES: nothing in the chain, and nothing left to be counted.
    template <class Worker>
    [[nodiscard]] static std::uint32_t take_off(stretch<Worker>& mine) noexcept {
        while (mine.ended != 0) {
            graph_core& self = *mine.graph;
            const std::uint32_t count = mine.ended;
            mine.ended = 0;
            // acq_rel: the last one sees what all did.
            if (self.remaining_.fetch_sub(count, std::memory_order_acq_rel) != count) {
                return none;
            }
            const std::uint32_t flags = self.flags_.load(std::memory_order_relaxed);
            const graph_outcome outcome = (flags & has_failed) != 0     ? graph_outcome::failed
                                          : (flags & has_left_out) != 0 ? graph_outcome::cancelled
                                                                        : graph_outcome::succeeded;
            graph_core* const parent = self.parent_;
            const std::uint32_t node = self.parent_node_;
            const std::uint32_t chain = self.parent_chain_;
            self.finish(mine.worker, outcome);  // `self` may be gone
            if (parent == nullptr) {
                return none;
            }
            mine.graph = parent;
            mine.chain = chain;
            if (parent->trace_ != nullptr) {
                auto& took = parent->trace_[node].took;
                took = mine.worker.now().time_since_epoch() - took;
            }
            if (outcome != graph_outcome::succeeded) {
                parent->flags_.fetch_or(
                    outcome == graph_outcome::failed ? has_failed : is_cancelled | has_left_out,
                    std::memory_order_relaxed);
            }
            const std::uint32_t next =
                parent->ended(mine, node,
                              outcome == graph_outcome::succeeded ? when::success
                              : outcome == graph_outcome::failed  ? when::failure
                                                                  : when::deletion,
                              0);
            mine.tell();
            if (next != none) {
                return next;
            }
        }
        return none;
    }

    [[nodiscard]] std::uint32_t end_run(graph_outcome outcome) noexcept {
        outcome_.store(static_cast<std::uint32_t>(outcome), std::memory_order_relaxed);
        // acq_rel: pairs with is_over() and await().
        return (state_.exchange(0, std::memory_order_acq_rel) & waiter_mask) >> waiter_shift;
    }
    template <class Worker>
    void finish(Worker& worker, graph_outcome outcome) noexcept {
        if (const std::uint32_t waiter = end_run(outcome); waiter != 0) {
            worker.wake_runner(waiter - 1);
        }
    }

    // There is something to do, and nobody sleeps who could: perhaps who waits for the run, or for
    // the one that this is a part of. REQUIRES: a node of it in the caller's hand.
    template <class Worker>
    void wake_waiter(Worker& worker) noexcept {
        graph_core* waited_for = this;
        while (waited_for->parent_ != nullptr) {
            waited_for = waited_for->parent_;
        }
        word& state = waited_for->state_;
        std::uint32_t seen = state.load(std::memory_order_relaxed);
        if ((seen & waiter_mask) != 0 &&
            state.compare_exchange_strong(seen, seen & ~waiter_mask, std::memory_order_acq_rel,
                                          std::memory_order_relaxed)) {
            worker.wake_runner(((seen & waiter_mask) >> waiter_shift) - 1);
        }
    }

    word state_;
    word number_;   // of the run
    word outcome_;  // of the latest one
    word flags_;
    word begun_;
    graph_core* parent_ = nullptr;
    std::uint32_t parent_node_ = 0;
    std::uint32_t parent_chain_ = none;  // of who began it there
    // All workers write it.
    alignas(padding_bytes<Platform, alignof(word)>) word remaining_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
