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
// How it is built: an edge goes straight into its node, as it is run; one that leads to a node with
// other inputs is marked as such, the first one of these when there is a second. A row of three or
// more grows where it lies, or is laid out by the check if several grow in turn. So the check of a
// graph whose edges all lead to nodes added later looks at its rows, and at its first nodes until
// it has found all that wait for nothing. Else it looks at everything (Kahn), as the first change
// of a graph after a check does.
//
// Cost: see graph_core.hpp; by default 48 bytes a node (40 without its name) and 12 an edge. add()
// and after() O(1), about 20 and 40 instructions; the check as above. Who may call: building one
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
    using node_inputs = typename core::node_inputs;
    static_assert(Nodes >= 1 && Nodes <= core::nodes_max, "a graph has 1 to 16,777,215 nodes");
    static_assert(Options.node_bytes % 8 == 0, "graph_options.node_bytes is a multiple of eight");
    static_assert(Options.node_bytes >= sizeof(void*), "a node has room for a pointer");

public:
    using platform_type = Platform;
    static constexpr graph_options options = Options;

    // A node, to say what it waits for. Tests false if there was no room for it.
    class node {
    public:
        // It waits for these: for their success, or as the condition says. Several at once cost
        // less than one by one.
        template <class... Parents>
        requires(std::is_same_v<std::decay_t<Parents>, node>&&...) node
            after(const Parents&... parents)
        const noexcept {
            if constexpr (sizeof...(parents) > 1) {
                graph_->connect_all(*this, parents...);
            } else {
                (graph_->connect(parents, *this, when::success), ...);
            }
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
        this->inputs_ = &inputs(0);
        this->edges_ = rows_;
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
    node add(F&& function, const char* called = nullptr) noexcept {
        using object = std::decay_t<F>;
        using result = std::invoke_result_t<object&>;
        static_assert(std::is_void_v<result> || std::is_same_v<result, bool>,
                      "pawl: a node returns nothing, or a bool: whether it succeeded");
        return put(std::forward<F>(function), &run<object, false>, called);
    }
    // A node whose f() returns the number of the successor to go on with: 0 is the one whose edge
    // was made first.
    template <class F>
    node choose(F&& function, const char* called = nullptr) noexcept {
        using object = std::decay_t<F>;
        static_assert(std::is_integral_v<std::invoke_result_t<object&>>,
                      "pawl: a node that chooses returns the number of a successor");
        const node made = put(std::forward<F>(function), &run<object, true>, called);
        if (made) {
            head(made.index_).first = core::row | core::chooses;
            this->chooses_ = true;
            note_row(made.index_);
        }
        return made;
    }
    // A node that is another graph. It fails if that cannot be run, or runs already.
    template <std::uint32_t N, std::uint32_t E, graph_options O>
    node add(graph<N, E, O, Platform>& inner, const char* called = nullptr) noexcept {
        return put(nested{&inner}, &run_nested, called);
    }

    // The name of a node in messages and drawings.
    [[nodiscard]] std::string_view name_of(std::uint32_t index) const noexcept {
        if constexpr (Options.names) {
            const char* const name = index < Nodes && index < named_ ? names_.each[index] : nullptr;
            return name != nullptr ? std::string_view{name} : std::string_view{};
        } else {
            return {};
        }
    }
    [[nodiscard]] std::uint32_t node_count() const noexcept { return this->count_; }
    [[nodiscard]] std::uint32_t edge_count() const noexcept { return edge_count_; }

    // ---- Check ----------------------------------------------------------------------------------

    // Whether it can be run. Done by whoever runs it, after each change.
    [[nodiscard]] graph_error check() noexcept {
        // Both only grow.
        const bool changed = checked_nodes_ != this->count_ || checked_edges_ != edge_count_;
        if (changed && error_ == graph_error::none) {
            error_ = arrange();
            checked_nodes_ = this->count_;
            checked_edges_ = edge_count_;
        }
        return error_;
    }
    // After check() said cycle: its nodes, each waits for the one before, and the first for the
    // last.
    [[nodiscard]] std::span<const std::uint32_t> cycle() const noexcept {
        return {list_, error_ == graph_error::cycle ? cycle_size_ : 0};
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

    // Edges, by the node that they lead from, and of each in the order in which they were made: for
    // drawings.
    struct edge_view {
        std::uint32_t from;
        std::uint32_t to;
        when condition;
        bool chosen;
    };
    template <class Visit>
    void for_each_edge(Visit&& visit) const {
        for (std::uint32_t i = 0; i < this->count_; ++i) {
            edges_of edges{*this, i};
            for (std::uint32_t edge = 0; edges.next(edge);) {
                visit(edge_view{i, edge & core::node_mask,
                                static_cast<when>(edge >> core::when_shift & 7), is_choice(i)});
            }
        }
    }

private:
    struct slot {
        typename core::node_head head;
        alignas(8) unsigned char bytes[Options.node_bytes];
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

    // As in graph_core, which has to ask how large a node is.
    [[nodiscard]] typename core::node_head& head(std::uint32_t index) const noexcept {
        return *reinterpret_cast<typename core::node_head*>(this->nodes_ +
                                                            std::size_t{index} * sizeof(slot));
    }

    [[nodiscard]] node_inputs& inputs(std::uint32_t index) noexcept {
        const std::size_t place = std::size_t{index} * sizeof(node_inputs);
        return *reinterpret_cast<node_inputs*>(inputs_storage_ + place);
    }
    // The edges of a node, one after the other.
    struct edges_of {
        const graph& of;
        std::uint32_t first;
        std::uint32_t at;    // in a row; of two, the second one
        std::uint32_t left;  // so many

        edges_of(const graph& in, std::uint32_t index) noexcept
            : of{in},
              first{in.head(index).first},
              at{in.head(index).second},
              left{first == core::no_successor ? 0
                   : (first & core::only) != 0 ? 1
                   : is_row(first)             ? first & core::node_mask
                                               : 2} {}
        [[nodiscard]] bool next(std::uint32_t& edge) noexcept {
            if (left == 0) {
                return false;
            }
            --left;
            if (!is_row(first)) {
                edge = first;
                first = at;
            } else if (of.in_rows_) {
                edge = of.rows_[at++];
            } else {
                at = of.next_[at];
                edge = of.list_[at];
            }
            return true;
        }
    };
    [[nodiscard]] bool is_choice(std::uint32_t index) const noexcept {
        return chooses(head(index).first);
    }

    // Of a node's `first`.
    [[nodiscard]] static constexpr bool chooses(std::uint32_t first) noexcept {
        return (first & (core::only | core::chooses)) == core::chooses;
    }
    [[nodiscard]] static constexpr bool is_row(std::uint32_t first) noexcept {
        return (first & (core::only | core::row)) == core::row;
    }
    // Of edges, by the bits that all of them have, and those that some have: `together`, if they
    // are on success, and lead to nodes without other inputs. (Those bits move to its place.)
    [[nodiscard]] static constexpr std::uint32_t together_of(std::uint32_t all,
                                                             std::uint32_t some) noexcept {
        static_assert(core::on_success << 3 == core::together &&
                      core::counted << 4 == core::together);
        return all << 3 & ~(some << 4) & core::together;
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
        if (this->count_ == Nodes) [[unlikely]] {
            error_ = graph_error::too_many_nodes;
            return node{*this, core::none};
        }
        const std::uint32_t index = this->count_++;
        auto& self =
            *::new (nodes_storage_ + std::size_t{index} * sizeof(slot)) typename core::node_head;
        ::new (core::bytes_of(self)) object(std::forward<F>(function));
        self.code = code;
        ::new (inputs_storage_ + std::size_t{index} * sizeof(node_inputs)) node_inputs;
        if constexpr (!std::is_trivially_destructible_v<object>) {
            destroys_ = true;
        }
        if constexpr (Options.names) {
            if (called != nullptr) {
                name(index, called);
            }
        }
        return node{*this, index};
    }
    // Those before it that have none say so only now: most graphs name all their nodes, or none.
    void name(std::uint32_t index, const char* called) noexcept {
        while (named_ < index) {
            names_.each[named_++] = nullptr;
        }
        names_.each[named_++] = called;
    }

    void connect(const node& from, const node& to, when condition) noexcept {
        const std::uint32_t one = from.index_;
        const std::uint32_t other = to.index_;
        // None is more than any number: if the second one is one, the first one is, too.
        if (from.graph_ != this || to.graph_ != this || (one < other && other == core::none) ||
            (one >= other && !look_back(one))) [[unlikely]] {
            error_ = error_ == graph_error::none ? graph_error::no_such_node : error_;
            return;
        }
        if (Edges == 0 || (edge_count_ >= edges_max_ && !reopen())) [[unlikely]] {
            error_ = error_ == graph_error::none ? graph_error::too_many_edges : error_;
            return;
        }
        ++edge_count_;
        put_edge(one, edge_to(other, condition) | count_input(one, other));
    }
    // Several edges to one node: as though one by one, but its inputs are counted at once if it has
    // none yet, and was added after all of these.
    template <class... From>
    PAWL_FAST_PATH void connect_all(const node& to, const From&... from) noexcept {
        if ((is_added_before(from, to) && ...) && count_inputs(to.index_, sizeof...(from)))
            [[likely]] {
            const std::uint32_t edge = edge_to(to.index_, when::success) | core::counted;
            (put_edge(from.index_, edge), ...);
        } else {
            (connect(from, to, when::success), ...);
        }
    }
    [[nodiscard]] bool is_added_before(const node& from, const node& to) const noexcept {
        return from.graph_ == this && from.index_ < to.index_;
    }
    [[nodiscard]] static constexpr std::uint32_t edge_to(std::uint32_t node,
                                                         when condition) noexcept {
        return node | static_cast<std::uint32_t>(condition) << core::when_shift;
    }
    // So many inputs, two or more, of a node that has none. False: one by one.
    [[nodiscard]] bool count_inputs(std::uint32_t index, std::uint32_t count) noexcept {
        // A chosen edge is no input, and what leads to no node, or has no room, is an error.
        if (this->chooses_ || index == core::none || count > Edges ||
            edge_count_ + count > edges_max_ || inputs(index).inputs != 0) [[unlikely]] {
            return false;
        }
        edge_count_ += count;
        ++with_inputs_;
        inputs(index).inputs = count;
        inputs(index).pending.store(count, std::memory_order_relaxed);
        return true;
    }

    // An edge, as it is run, into the node that it leads from.
    PAWL_FAST_PATH void put_edge(std::uint32_t one, std::uint32_t edge) noexcept {
        auto& self = head(one);
        const std::uint32_t first = self.first;
        if (first == core::no_successor) {
            self.first = edge | core::only;
            ++with_successors_;
        } else if ((first & core::only) != 0) {
            self.first = (first & ~core::only) | together_of(first & edge, first | edge);
            self.second = edge;
        } else {
            if ((first & (core::row | core::chooses)) != core::row) [[unlikely]] {
                prepare_row(one, edge & core::node_mask);
            }
            add_to_row(self, edge);
        }
    }

    // An edge to a node that was not added later, from this one. False: that is none.
    bool look_back(std::uint32_t from) noexcept {
        only_forward_ = false;
        return from != core::none;
    }

    // One input more. Returns the mark of its edge: whether the node has others. Until it has, its
    // count says where the first one comes from: that edge is marked when there is a second one.
    [[nodiscard]] std::uint32_t count_input(std::uint32_t from, std::uint32_t to) noexcept {
        const auto relaxed = std::memory_order_relaxed;
        auto& of = inputs(to);
        const std::uint32_t before = of.inputs;
        of.inputs = before + 1;
        if (before == 0) {
            of.pending.store(from, relaxed);
            ++with_inputs_;
            return 0;
        }
        if (before == 1) {
            mark(of.pending.load(relaxed), to);
        }
        of.pending.store(before + 1, relaxed);
        return core::counted;
    }
    // REQUIRES: an edge from there. (Of rows all are marked when they are laid out.)
    void mark(std::uint32_t from, std::uint32_t to) noexcept {
        auto& self = head(from);
        const std::uint32_t first = self.first;
        if ((first & core::row) != 0) {
            return;
        }
        if (((first ^ to) & core::node_mask) == 0) {
            self.first = (first & ~core::together) | core::counted;
        } else {
            self.first = first & ~core::together;
            self.second |= core::counted;
        }
    }

    // A node that has two edges gets a row. One that chooses has one, and its edge is no input.
    PAWL_OUT_OF_LINE void prepare_row(std::uint32_t from, std::uint32_t to) noexcept {
        auto& self = head(from);
        const std::uint32_t first = self.first & core::edge_mask;
        const std::uint32_t second = self.second;
        if (chooses(self.first)) {
            auto& of = inputs(to).inputs;
            of = (of - 1) | chosen_bit;
            return;
        }
        self.first = core::row;
        add_to_row(self, first);
        add_to_row(self, second);
        note_row(from);
    }
    void note_row(std::uint32_t index) noexcept {
        rows_from_ = std::min(rows_from_, index);
        rows_to_ = std::max(rows_to_, index + 1);
    }
    // As long as only the last row grows, each lies in its place.
    void add_to_row(typename core::node_head& self, std::uint32_t edge) noexcept {
        const std::uint32_t count = self.first & core::node_mask;
        if (Edges > core::node_mask && count == core::node_mask) [[unlikely]] {
            error_ = graph_error::too_many_edges;
            return;
        }
        const std::uint32_t at = rows_size_++;
        ++self.first;
        if (in_rows_) [[likely]] {
            if (count == 0) [[unlikely]] {
                self.second = at;
            }
            if (self.second + count == at) [[likely]] {
                rows_[at] = edge;
                return;
            }
            --self.first;
            use_list();
            ++self.first;
        }
        put_in_list(at, edge, count == 0 ? at : next_[self.second]);
        if (count != 0) {
            next_[self.second] = at;
        }
        self.second = at;
    }
    // Rows grow side by side: until they are laid out the edges of each are a ring in list_, of
    // which its node knows the last one.
    PAWL_OUT_OF_LINE void use_list() noexcept {
        in_rows_ = false;
        for (std::uint32_t i = rows_from_; i < rows_to_; ++i) {
            auto& self = head(i);
            const std::uint32_t count = self.first & core::node_mask;
            if (is_row(self.first) && count != 0) {
                const std::uint32_t begin = self.second;
                const std::uint32_t last = begin + count - 1;
                for (std::uint32_t at = begin; at <= last; ++at) {
                    put_in_list(at, rows_[at], at == last ? begin : at + 1);
                }
                self.second = last;
            }
        }
    }
    void put_in_list(std::uint32_t at, std::uint32_t edge, std::uint32_t next) noexcept {
        list_[at] = edge;
        next_[at] = next;
    }

    // ---- Done when it is complete ---------------------------------------------------------------

    // Lays out rows, finds where a run starts, and looks whether there is an order in which all
    // nodes can run. If all edges lead to a node that was added later, as most do, there is one.
    [[nodiscard]] graph_error arrange() noexcept {
        if (arranged_) {
            static_cast<void>(reopen());
        }
        place_rows();
        arranged_ = true;
        edges_max_ = 0;
        this->ends_ = this->count_ - with_successors_;
        if (!only_forward_) {
            if (!has_order()) {
                find_cycle();
                return graph_error::cycle;
            }
            arm();
        }
        find_roots();
        return this->roots_ == 0 ? graph_error::no_start : graph_error::none;
    }

    // Edges are added after a check: what this and runs have written over is written again. False:
    // there is no room, or it is too late.
    PAWL_OUT_OF_LINE bool reopen() noexcept {
        if (!arranged_ || error_ != graph_error::none) {
            return false;
        }
        while (this->root_ != core::none) {
            std::uint32_t& next = inputs(this->root_).inputs;
            this->root_ = next;
            next = 0;
        }
        for (std::uint32_t i = 0; i < this->count_; ++i) {
            edges_of edges{*this, i};
            for (std::uint32_t edge = 0; edges.next(edge);) {
                auto& of = inputs(edge & core::node_mask);
                of.pending.store(of.inputs == 1 ? i : of.inputs, std::memory_order_relaxed);
            }
        }
        arranged_ = false;
        edges_max_ = Edges;
        return edge_count_ < Edges;
    }

    // An edge, as it is run: it says whether its node has other inputs.
    [[nodiscard]] std::uint32_t marked(std::uint32_t edge) noexcept {
        // More than one, in one comparison.
        constexpr std::uint32_t some_more = core::node_mask & ~1U;
        const bool waits = (inputs(edge & core::node_mask).inputs & some_more) != 0;
        return (edge & ~core::counted) | (waits ? core::counted : 0);
    }
    // Lays out all rows, in the order of nodes and within them of declaration.
    void place_rows() noexcept {
        std::uint32_t end = 0;
        for (std::uint32_t i = rows_from_; i < rows_to_; ++i) {
            auto& self = head(i);
            const std::uint32_t first = self.first;
            if (is_row(first)) {
                const std::uint32_t begin = in_rows_ ? self.second : end;
                std::uint32_t at = begin;
                std::uint32_t all = ~0U;
                std::uint32_t some = 0;
                edges_of edges{*this, i};
                for (std::uint32_t edge = 0; edges.next(edge);) {
                    const std::uint32_t each = marked(edge);
                    all &= each;
                    some |= each;
                    rows_[at++] = each;
                }
                self.first = (first & ~core::together) | together_of(all, some);
                self.second = begin;
                end = at;
            }
        }
        in_rows_ = true;
        // Where nodes choose, each node that is put is counted.
        for (std::uint32_t i = 0; this->chooses_ && i < this->count_; ++i) {
            auto& self = head(i);
            self.first &= (self.first & core::only) != 0 ? ~0U : ~core::together;
        }
    }

    // Every node waits for all its inputs.
    void arm() noexcept {
        for (std::uint32_t i = 0; i < this->count_; ++i) {
            auto& of = inputs(i);
            of.pending.store(of.inputs & core::node_mask, std::memory_order_relaxed);
        }
    }
    // Those that wait for nothing start a run, unless they are chosen.
    void find_roots() noexcept {
        std::uint32_t root = core::none;
        std::uint32_t left = this->count_ - with_inputs_;
        this->roots_ = left;
        for (std::uint32_t i = 0; left != 0; ++i) {
            auto& of = inputs(i);
            if (of.inputs == 0) {
                of.inputs = root;
                root = i;
                --left;
            }
        }
        this->root_ = root;
    }
    // Takes away what has no input left, until nothing is left (Kahn). What is to be taken away is
    // chained through the counts that have come to zero; they are zero again when it has been.
    [[nodiscard]] bool has_order() noexcept {
        const auto relaxed = std::memory_order_relaxed;
        std::uint32_t chain = core::none;
        const auto put = [&](std::uint32_t index) {
            inputs(index).pending.store(chain, relaxed);
            chain = index;
        };
        const auto follow = [&](std::uint32_t edge) {
            auto& pending = inputs(edge & core::node_mask).pending;
            const std::uint32_t left = pending.load(relaxed) - 1;
            pending.store(left, relaxed);
            if (left == 0) {
                put(edge & core::node_mask);
            }
        };
        for (std::uint32_t i = 0; i < this->count_; ++i) {
            const std::uint32_t waits_for = inputs(i).inputs & core::node_mask;
            inputs(i).pending.store(waits_for, relaxed);
            if (waits_for == 0) {
                put(i);
            }
        }
        std::uint32_t taken = 0;
        for (; chain != core::none; ++taken) {
            const std::uint32_t index = chain;
            chain = inputs(index).pending.load(relaxed);
            inputs(index).pending.store(0, relaxed);
            edges_of edges{*this, index};
            for (std::uint32_t edge = 0; !is_choice(index) && edges.next(edge);) {
                follow(edge);
            }
        }
        return taken == this->count_;
    }

    // Among the nodes that wait for ever each has an input that does, too. Backwards along these
    // one comes to a node for the second time. (Which input that is stands where they were counted:
    // this graph never runs.)
    void find_cycle() noexcept {
        const auto waits = [this](std::uint32_t index) {
            return inputs(index).pending.load(std::memory_order_relaxed) != 0;
        };
        for (std::uint32_t i = 0; i < this->count_; ++i) {
            edges_of edges{*this, i};
            for (std::uint32_t edge = 0; !is_choice(i) && waits(i) && edges.next(edge);) {
                inputs(edge & core::node_mask).inputs = i;
            }
        }
        std::uint32_t at = 0;
        while (!waits(at)) {
            ++at;
        }
        for (std::uint32_t i = 0; i < this->count_; ++i) {
            at = inputs(at).inputs;  // on the cycle after as many steps as there are nodes
        }
        cycle_size_ = 0;
        const std::uint32_t first = at;
        do {
            list_[cycle_size_++] = at;  // a cycle has as many edges as nodes
            at = inputs(at).inputs;
        } while (at != first);
        std::reverse(list_, list_ + cycle_size_);
    }

    static constexpr std::uint32_t chosen_bit = 1U << 31;  // in inputs: by some node
    static constexpr std::uint32_t edge_places = Edges == 0 ? 1 : Edges;
    static_assert(Edges <= std::uint32_t{1} << 30, "a graph has 2^30 edges at most");

    std::uint32_t edge_count_ = 0;
    std::uint32_t edges_max_ = Edges;       // 0 while it is arranged
    std::uint32_t with_inputs_ = 0;         // so many nodes
    std::uint32_t with_successors_ = 0;     // but for those that choose
    std::uint32_t rows_from_ = core::none;  // the first node with a row, and
    std::uint32_t rows_to_ = 0;             // one after the last
    std::uint32_t rows_size_ = 0;
    std::uint32_t checked_nodes_ = ~0U;  // so many there were at the last check, and
    std::uint32_t checked_edges_ = 0;
    std::uint32_t named_ = 0;  // so many of the first nodes have an entry in names_
    std::uint32_t cycle_size_ = 0;
    graph_error error_ = graph_error::none;
    bool arranged_ = false;     // nothing has been added since the last check
    bool in_rows_ = true;       // rows are in rows_, not in list_
    bool only_forward_ = true;  // edges lead to nodes that were added later
    bool destroys_ = false;     // some callable has a destructor
    // Written as nodes and edges are added, and not before: a graph is built in one pass over them.
    alignas(slot) unsigned char nodes_storage_[Nodes * sizeof(slot)];
    alignas(node_inputs) unsigned char inputs_storage_[Nodes * sizeof(node_inputs)];
    std::uint32_t rows_[edge_places];
    // Of rows that are not laid out yet: an edge, and where the next one of its node is. After a
    // check, the cycle that it has found.
    std::uint32_t list_[edge_places];
    std::uint32_t next_[edge_places];
    PAWL_NO_UNIQUE_ADDRESS optional_array<Options.names, const char*> names_;
    PAWL_NO_UNIQUE_ADDRESS optional_array<Options.trace, typename core::trace_entry> trace_storage_;
};

template <std::uint32_t N, std::uint32_t E, class... Functions>
graph(const graph_shape<N, E>&, Functions&&...) -> graph<N, E>;

}  // namespace PAWL_ABI
}  // namespace pawl
