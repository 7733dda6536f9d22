// SPDX-License-Identifier: BSL-1.0
//
// graph: what has to run after what, built once, and run many times.
//
// What: nodes are callables, edges say what waits for what, and on which end (when.hpp). A pool or
// a scheduler runs it: as parallel as the edges allow. Fixed memory; running allocates nothing.
//
//   pawl::graph<16, 32> frame;                        // 16 nodes, 32 edges
//   auto input = frame.add(read_input, "input");
//   auto physics = frame.add(step_physics, "physics").after(input);
//   auto audio = frame.add(mix_audio, "audio").after(input);
//   frame.add(render, "render").after(physics, audio);
//   while (running) {
//       pool.run(frame).wait();                       // the caller works while it waits
//   }
//
// Why not continuations one by one: a graph that is there beforehand is counters and indices. It is
// checked as a whole, started with one call, and what runs after what is known, so that most of it
// needs no read-modify-write at all (graph_core.hpp).
//
// A node returns nothing, or a bool: false is a failure, and so is an exception. A failed node
// marks the run as failed; what waits for its success is left out (it ends as `deletion`, which is
// told on in turn), what waits for its failure or for any end runs. A node added by choose()
// returns the number of the successor to go on with, in the order in which its edges were made:
// loops and branches. Such edges do not count as inputs. A number without edge ends there. A node
// may be another graph, too.
//
// Checked when it is first run, or by check(): cycles (but for chosen edges), missing nodes, room.
// A graph whose shape is known beforehand can be checked by the compiler: graph_shape.hpp. Two
// threads that are about to run a graph for the first time call check() before they part.
//
// A node that is chosen runs at once, whatever inputs it has besides; edges from a node that
// chooses have no condition.
//
// Cost: see graph_core.hpp; by default 48 bytes a node (40 without its name) and 12 an edge. add()
// and after() O(1), the check O(nodes + edges) once after each change. Who may call: building one
// thread while it does not run; running, asking, cancelling and waiting any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/execution/graph_core.hpp>
#include <pawl/execution/graph_shape.hpp>
#include <pawl/execution/when.hpp>
#include <pawl/platform/default_platform.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

struct graph_options {
    // Bytes of a node's callable; a multiple of eight.
    std::uint32_t node_bytes = 16;
    // Whether nodes have names: a pointer each.
    bool names = true;
    // Whether it is recorded how long each node took and how it ended: sixteen bytes each, and two
    // looks at the clock.
    bool trace = false;
};

// Named so that a compile error reads as a sentence: node_of_bytes<24, 16>.
template <std::size_t Size, std::size_t Limit>
struct node_of_bytes {
    static_assert(Size <= Limit,
                  "pawl: this callable is larger than a node. Capture less, or a pointer to it, or "
                  "raise graph_options.node_bytes; both sizes stand in the name above");
    static constexpr bool fits = Size <= Limit;
};

// A run of a graph, for as long as the graph exists. Tests false if it was refused.
class graph_run {
public:
    constexpr graph_run() noexcept = default;
    constexpr explicit graph_run(graph_error error) noexcept : error_{error} {}
    template <class Runner, platform Platform>
    graph_run(Runner& runner, graph_core<Platform>& graph, std::uint32_t tag) noexcept
        : runner_{&runner},
          graph_{&graph},
          functions_{&functions_of<Runner, Platform>},
          number_{graph.number()},
          tag_{tag},
          error_{graph_error::none} {}

    constexpr explicit operator bool() const noexcept { return error_ == graph_error::none; }
    [[nodiscard]] constexpr graph_error error() const noexcept { return error_; }

    // Returns when it is over. The caller runs nodes of it meanwhile; also inside a job. Something
    // else only if a part of the run cannot be got at otherwise: what was put on top of it. A
    // refused run is over.
    graph_outcome wait() const noexcept {
        if (*this) {
            functions_->wait(runner_, graph_, number_, tag_);
        }
        return outcome();
    }
    [[nodiscard]] bool is_over() const noexcept {
        return !*this || functions_->is_over(graph_, number_);
    }
    // How it ended: of this run, until the graph runs again. A refused run is cancelled.
    [[nodiscard]] graph_outcome outcome() const noexcept {
        return !*this      ? graph_outcome::cancelled
               : is_over() ? functions_->outcome(graph_)
                           : graph_outcome::running;
    }
    // Nodes that have not begun are left out. Those that run do not notice.
    void cancel() const noexcept {
        if (*this) {
            functions_->cancel(graph_, number_);
        }
    }

private:
    struct functions {
        void (*wait)(void*, void*, std::uint32_t, std::uint32_t) noexcept;
        bool (*is_over)(const void*, std::uint32_t) noexcept;
        graph_outcome (*outcome)(const void*) noexcept;
        void (*cancel)(void*, std::uint32_t) noexcept;
    };
    template <class Runner, platform Platform>
    static constexpr functions functions_of{
        [](void* runner, void* graph, std::uint32_t number, std::uint32_t tag) noexcept {
            static_cast<Runner*>(runner)->wait_for(*static_cast<graph_core<Platform>*>(graph),
                                                   number, tag);
        },
        [](const void* graph, std::uint32_t number) noexcept {
            return static_cast<const graph_core<Platform>*>(graph)->is_over(number);
        },
        [](const void* graph) noexcept {
            return static_cast<const graph_core<Platform>*>(graph)->outcome();
        },
        [](void* graph, std::uint32_t number) noexcept {
            static_cast<graph_core<Platform>*>(graph)->cancel(number);
        }};

    void* runner_ = nullptr;
    void* graph_ = nullptr;
    const functions* functions_ = nullptr;
    std::uint32_t number_ = 0;
    std::uint32_t tag_ = 0;
    graph_error error_ = graph_error::no_start;
};

template <std::uint32_t Nodes, std::uint32_t Edges, graph_options Options = graph_options{},
          platform Platform = default_platform>
class graph : public graph_core<Platform> {
    using core = graph_core<Platform>;
    static_assert(Nodes >= 1 && Nodes <= core::nodes_max, "a graph has 1 to 16,777,215 nodes");
    static_assert(Options.node_bytes % 8 == 0, "graph_options.node_bytes is a multiple of eight");
    static_assert(Options.node_bytes >= sizeof(void*), "a node has room for a pointer");

public:
    using platform_type = Platform;
    static constexpr graph_options options = Options;

    // A node, to say what it waits for. Tests false if there was no room for it.
    class node {
    public:
        // It waits for these: for their success, or as the condition says.
        template <class... Parents>
        requires(std::is_same_v<std::decay_t<Parents>, node>&&...) node
            after(const Parents&... parents)
        const noexcept {
            (graph_->connect(parents, *this, when::success), ...);
            return *this;
        }
        node after(const node& parent, when condition) const noexcept {
            graph_->connect(parent, *this, condition);
            return *this;
        }
        // These wait for it.
        template <class... Children>
        requires(std::is_same_v<std::decay_t<Children>, node>&&...) node
            before(const Children&... children)
        const noexcept {
            (graph_->connect(*this, children, when::success), ...);
            return *this;
        }
        node before(const node& child, when condition) const noexcept {
            graph_->connect(*this, child, condition);
            return *this;
        }

        constexpr explicit operator bool() const noexcept { return index_ != core::none; }
        // Nodes are numbered as they are added, from 0.
        [[nodiscard]] constexpr std::uint32_t index() const noexcept { return index_; }

    private:
        friend graph;
        constexpr node(graph& of, std::uint32_t index) noexcept : graph_{&of}, index_{index} {}
        graph* graph_;
        std::uint32_t index_;
    };

    graph() noexcept {
        this->check_ = [](core& self) noexcept { return static_cast<graph&>(self).check(); };
        this->nodes_ = nodes_storage_;
        this->stride_ = sizeof(slot);
        this->edges_ = successors_;
        this->pending_ = pending_storage_;
        this->order_ = order_storage_;
        if constexpr (Options.trace) {
            this->trace_ = trace_storage_.each;
        }
    }
    // Of a shape that the compiler has checked, a callable for each of its nodes.
    template <std::uint32_t N, std::uint32_t E, class... Functions>
    explicit graph(const graph_shape<N, E>& shape, Functions&&... functions) noexcept : graph{} {
        static_assert(N <= Nodes && E <= Edges,
                      "pawl: this shape has more nodes or edges than the "
                      "graph has room for");
        static_assert(sizeof...(Functions) == N,
                      "pawl: a graph of a shape needs one callable for "
                      "each node, in the shape's order");
        std::uint32_t next = 0;
        (add(std::forward<Functions>(functions), shape.name_of(next++)), ...);
        for (std::uint32_t i = 0; i < E; ++i) {
            connect(node{*this, shape[i].from}, node{*this, shape[i].to}, shape[i].condition);
        }
    }
    graph(const graph&) = delete;
    graph& operator=(const graph&) = delete;
    // REQUIRES: it does not run.
    ~graph() {
        for (std::uint32_t i = 0; destroys_ && i < this->count_; ++i) {
            head(i).code(core::bytes_of(head(i)), core::to_destroy);
        }
    }

    // ---- Build: one thread, while it does not run ---------------------------------------------

    // A node: f() returns nothing, or whether it succeeded.
    template <class F>
    node add(F&& function, const char* called = "") noexcept {
        using object = std::decay_t<F>;
        using result = std::invoke_result_t<object&>;
        static_assert(std::is_void_v<result> || std::is_same_v<result, bool>,
                      "pawl: a node returns nothing, or a bool: whether it succeeded");
        return put(std::forward<F>(function), &run<object, false>, called);
    }
    // A node whose f() returns the number of the successor to go on with: 0 is the one whose edge
    // was made first.
    template <class F>
    node choose(F&& function, const char* called = "") noexcept {
        using object = std::decay_t<F>;
        static_assert(std::is_integral_v<std::invoke_result_t<object&>>,
                      "pawl: a node that chooses returns the number of a successor");
        const node made = put(std::forward<F>(function), &run<object, true>, called);
        if (made) {
            head(made.index_).inputs |= chooses_bit;
            this->chooses_ = true;
        }
        return made;
    }
    // A node that is another graph. It fails if that cannot be run, or runs already.
    template <std::uint32_t N, std::uint32_t E, graph_options O>
    node add(graph<N, E, O, Platform>& inner, const char* called = "") noexcept {
        return put(nested{&inner}, &run_nested, called);
    }

    // The name of a node in messages and drawings.
    [[nodiscard]] std::string_view name_of(std::uint32_t index) const noexcept {
        if constexpr (Options.names) {
            return index < this->count_ ? std::string_view{names_.each[index]} : std::string_view{};
        } else {
            return {};
        }
    }
    [[nodiscard]] std::uint32_t node_count() const noexcept { return this->count_; }
    [[nodiscard]] std::uint32_t edge_count() const noexcept { return edge_count_; }

    // ---- Check ----------------------------------------------------------------------------------

    // Whether it can be run. Done by whoever runs it, after each change.
    [[nodiscard]] graph_error check() noexcept {
        if (!checked_ && error_ == graph_error::none) {
            error_ = arrange();
            checked_ = true;
        }
        return error_;
    }
    // After check() said cycle: its nodes, each waits for the one before, and the first for the
    // last.
    [[nodiscard]] std::span<const std::uint32_t> cycle() const noexcept {
        return {successors_, error_ == graph_error::cycle ? cycle_size_ : 0};
    }

    // ---- Look at the latest run; while none runs ------------------------------------------------

    // How long a node took.
    [[nodiscard]] typename Platform::duration took(std::uint32_t index) const noexcept {
        static_assert(Options.trace, "graph_options.trace is false: nothing is recorded");
        return trace_storage_.each[index].took;
    }
    // How it ended; when::any if it has not.
    [[nodiscard]] when end_of(std::uint32_t index) const noexcept {
        static_assert(Options.trace, "graph_options.trace is false: nothing is recorded");
        const when end = trace_storage_.each[index].ended;
        return end == when{} ? when::any : end;
    }

    // An edge, in the order in which they were made: for drawings.
    struct edge_view {
        std::uint32_t from;
        std::uint32_t to;
        when condition;
        bool chosen;
    };
    [[nodiscard]] edge_view edge(std::uint32_t index) const noexcept {
        const edge_entry& entry = edge_list_[index];
        return {entry.from, entry.to & core::node_mask,
                static_cast<when>(entry.to >> core::when_shift & 7), is_choice(entry.from)};
    }

private:
    struct slot {
        typename core::node_head head;
        alignas(8) unsigned char bytes[Options.node_bytes];
    };
    struct edge_entry {
        std::uint32_t from;
        std::uint32_t to;  // and the condition
    };
    struct nested {
        core* inner;
    };
    template <bool Some, class T>
    struct optional_array {
        static constexpr bool any = true;
        T each[Nodes];
    };
    template <class T>
    struct optional_array<false, T> {
        static constexpr bool any = false;
        T each[1];
    };

    static constexpr std::uint32_t chooses_bit = std::uint32_t{1} << 31;  // in inputs
    static constexpr std::uint32_t input_mask = core::node_mask;

    // As in graph_core, which has to ask how large a node is.
    [[nodiscard]] typename core::node_head& head(std::uint32_t index) const noexcept {
        return *reinterpret_cast<typename core::node_head*>(this->nodes_ +
                                                            std::size_t{index} * sizeof(slot));
    }

    [[nodiscard]] bool is_choice(std::uint32_t index) const noexcept {
        return (head(index).inputs & chooses_bit) != 0;
    }

    // What a node's code is: runs the callable, or destroys it.
    template <class F, bool Chooses>
    static std::uint32_t run(void* bytes, bool destroy) noexcept {
        F& function = *std::launder(static_cast<F*>(bytes));
        if (destroy) {
            function.~F();
            return core::said_success;
        }
#if PAWL_HAS_EXCEPTIONS
        try {
            return call<F, Chooses>(function);
        } catch (...) {
            return core::said_failure;
        }
#else
        return call<F, Chooses>(function);
#endif
    }
    template <class F, bool Chooses>
    static std::uint32_t call(F& function) {
        if constexpr (Chooses) {
            // What is negative, or too large, is a number that no edge has.
            const auto number = static_cast<std::uint64_t>(function());
            return core::said_choice +
                   static_cast<std::uint32_t>(std::min<std::uint64_t>(number, core::node_mask));
        } else if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
            function();
            return core::said_success;
        } else {
            return function() ? core::said_success : core::said_failure;
        }
    }
    static std::uint32_t run_nested(void*, bool) noexcept { return core::said_nested; }

    template <class F>
    node put(F&& function, std::uint32_t (*code)(void*, bool) noexcept,
             const char* called) noexcept {
        using object = std::decay_t<F>;
        static_assert(node_of_bytes<sizeof(object), Options.node_bytes>::fits);
        static_assert(alignof(object) <= 8, "pawl: a node's callable is aligned to 8 at most");
        static_assert(
            std::is_nothrow_constructible_v<object, F> && std::is_nothrow_destructible_v<object>,
            "pawl: putting this callable into its node could throw");
        if (this->count_ == Nodes) {
            error_ = graph_error::too_many_nodes;
            return node{*this, core::none};
        }
        const std::uint32_t index = this->count_++;
        auto& self =
            *::new (nodes_storage_ + std::size_t{index} * sizeof(slot)) typename core::node_head;
        ::new (core::bytes_of(self)) object(std::forward<F>(function));
        self.code = code;
        order_storage_[index] = 0;
        destroys_ = destroys_ || !std::is_trivially_destructible_v<object>;
        if constexpr (Options.names) {
            names_.each[index] = called;
        }
        checked_ = false;
        return node{*this, index};
    }

    void connect(const node& from, const node& to, when condition) noexcept {
        if (!from || !to || from.graph_ != this || to.graph_ != this) {
            error_ = error_ == graph_error::none ? graph_error::no_such_node : error_;
            return;
        }
        // The second: Edges may be 0, and GCC then warns of the place that nobody comes to.
        if (edge_count_ == Edges || edge_count_ >= edge_places) {
            error_ = graph_error::too_many_edges;
            return;
        }
        edge_list_[edge_count_++] = {from.index_, to.index_ | static_cast<std::uint32_t>(condition)
                                                                  << core::when_shift};
        if (is_choice(from.index_)) {
            head(to.index_).inputs |= chosen_bit;
        } else {
            ++head(to.index_).inputs;
            only_forward_ = only_forward_ && from.index_ < to.index_;
        }
        if (outputs_counted_) {
            ++order_storage_[from.index_];
        }
        checked_ = false;
    }

    // Lays the edges out by node, and looks whether there is an order in which all nodes can run.
    // If all edges lead from a node to one that was added later, as most do, there is one.
    [[nodiscard]] graph_error arrange() noexcept {
        if (!outputs_counted_) {
            count_outputs();
        }
        outputs_counted_ = false;  // where they stand, starts follow
        const std::uint32_t starts = place_nodes();
        place_edges();
        if (!only_forward_) {
            if (!has_order(starts)) {
                find_cycle();
                return graph_error::cycle;
            }
            arm();
        }
        return this->roots_ == 0 ? graph_error::no_start : graph_error::none;
    }

    // Successors of each node, in order_storage_. connect() does so until the first arrange().
    void count_outputs() noexcept {
        std::fill_n(order_storage_, this->count_, 0U);
        for (std::uint32_t i = 0; i < edge_count_; ++i) {
            ++order_storage_[edge_list_[i].from];
        }
    }

    // Arms each node, and says in `first` where the room for its edges ends, or that it has one.
    // The nodes that start a run come first in order_storage_, then those that start when they are
    // chosen; how many these are is returned.
    [[nodiscard]] std::uint32_t place_nodes() noexcept {
        std::uint32_t found = 0;
        std::uint32_t end = 0;  // of the edges in successors_
        this->ends_ = 0;
        for (std::uint32_t i = 0; i < this->count_; ++i) {
            auto& self = head(i);
            const std::uint32_t inputs = self.inputs;
            const std::uint32_t outputs = order_storage_[i];
            pending_storage_[i].store(inputs & input_mask, std::memory_order_relaxed);
            if (outputs == 0) {
                self.first = core::no_successor;
                ++this->ends_;
            } else if (outputs == 1 && !is_choice(i)) {
                self.first = core::last;
            } else {
                end += outputs;
                self.first = end | empty_bit;
            }
            if ((inputs & (input_mask | chosen_bit)) == 0) {
                order_storage_[found++] = i;  // which node it is of has been read
            }
        }
        this->roots_ = found;
        for (std::uint32_t i = 0; this->chooses_ && i < this->count_; ++i) {
            if ((head(i).inputs & (input_mask | chosen_bit)) == chosen_bit) {
                order_storage_[found++] = i;
            }
        }
        return found;
    }

    // In the order of declaration, from the last one to the first, so that in the end each node
    // knows where its edges begin. Those of a node that can be handed on together say so: they lead
    // to nodes without other inputs, on success. (Where nodes choose, each is counted as it is
    // put.)
    void place_edges() noexcept {
        const std::uint32_t if_plain = this->chooses_ ? 0 : core::together;
        for (std::uint32_t i = edge_count_; i-- > 0;) {
            const edge_entry& entry = edge_list_[i];
            const std::uint32_t inputs = head(entry.to & core::node_mask).inputs & input_mask;
            const std::uint32_t edge = entry.to | (inputs > 1 ? core::counted : 0);
            std::uint32_t& first = head(entry.from).first;
            if ((first & core::last) != 0) {
                first |= edge;
                continue;
            }
            // Of the ones behind it, or that there is none.
            const std::uint32_t behind = (first & empty_bit) != 0
                                             ? core::last | if_plain
                                             : successors_[first] & core::together;
            const bool plain = (edge & (core::counted | core::on_success)) == core::on_success;
            first = (first & ~empty_bit) - 1;
            successors_[first] = edge | (plain ? behind : behind & core::last) |
                                 (is_choice(entry.from) ? core::weak : 0);
        }
    }

    // Every node waits for all its inputs.
    void arm() noexcept {
        for (std::uint32_t i = 0; i < this->count_; ++i) {
            pending_storage_[i].store(head(i).inputs & input_mask, std::memory_order_relaxed);
        }
    }

    // Takes away what has no input left, until nothing is left (Kahn).
    [[nodiscard]] bool has_order(std::uint32_t ready) noexcept {
        const auto relaxed = std::memory_order_relaxed;
        for (std::uint32_t done = 0; done < ready; ++done) {
            std::uint32_t next = head(order_storage_[done]).first;
            if (next == core::no_successor) {
                continue;
            }
            std::uint32_t to = 0;
            do {
                to = (next & core::last) != 0 ? next : successors_[next++];
                if ((to & core::weak) == 0) {
                    auto& pending = pending_storage_[to & core::node_mask];
                    const std::uint32_t left = pending.load(relaxed) - 1;
                    pending.store(left, relaxed);
                    if (left == 0) {
                        order_storage_[ready++] = to & core::node_mask;
                    }
                }
            } while ((to & core::last) == 0);
        }
        return ready == this->count_;
    }

    // Among the nodes that wait for ever each has an input that does, too. Backwards along these
    // one comes to a node for the second time.
    void find_cycle() noexcept {
        const auto waits = [this](std::uint32_t index) {
            return pending_storage_[index].load(std::memory_order_relaxed) != 0;
        };
        std::uint32_t* const input_of = order_storage_;
        for (std::uint32_t i = 0; i < edge_count_; ++i) {
            const edge_entry& entry = edge_list_[i];
            if (!is_choice(entry.from) && waits(entry.from)) {
                input_of[entry.to & core::node_mask] = entry.from;
            }
        }
        std::uint32_t at = 0;
        while (!waits(at)) {
            ++at;
        }
        for (std::uint32_t i = 0; i < this->count_; ++i) {
            at = input_of[at];  // on the cycle after as many steps as there are nodes
        }
        cycle_size_ = 0;
        const std::uint32_t first = at;
        do {
            successors_[cycle_size_++] = at;  // a cycle has as many edges as nodes
            at = input_of[at];
        } while (at != first);
        std::reverse(successors_, successors_ + cycle_size_);
    }

    static constexpr std::uint32_t edge_places = Edges == 0 ? 1 : Edges;
    static constexpr std::uint32_t chosen_bit = std::uint32_t{1} << 30;  // in inputs: by some node
    static constexpr std::uint32_t empty_bit = std::uint32_t{1} << 30;  // in first: none placed yet
    static_assert(Edges <= empty_bit, "a graph has 2^30 edges at most");

    std::uint32_t edge_count_ = 0;
    std::uint32_t cycle_size_ = 0;
    graph_error error_ = graph_error::none;
    bool checked_ = false;
    bool only_forward_ = true;     // but for those that are chosen
    bool outputs_counted_ = true;  // in order_storage_
    bool destroys_ = false;        // some callable has a destructor
    // Written as nodes and edges are added, and not before: a graph is built in one pass over them.
    alignas(slot) unsigned char nodes_storage_[Nodes * sizeof(slot)];
    typename Platform::word pending_storage_[Nodes];
    // One more than is ever used, which compilers do not see.
    std::uint32_t order_storage_[Nodes + 1];
    std::uint32_t successors_[edge_places];
    edge_entry edge_list_[edge_places];
    PAWL_NO_UNIQUE_ADDRESS optional_array<Options.names, const char*> names_;
    PAWL_NO_UNIQUE_ADDRESS optional_array<Options.trace, typename core::trace_entry> trace_storage_;
};

template <std::uint32_t N, std::uint32_t E, class... Functions>
graph(const graph_shape<N, E>&, Functions&&...) -> graph<N, E>;

}  // namespace PAWL_ABI
}  // namespace pawl
