// SPDX-License-Identifier: BSL-1.0
//
// relacy_platform: the platform on which Relacy (Dmitry Vyukov's checker of code for relaxed memory
// models) runs pawl's real code.
//
// The tests' explorer knows sequential consistency only. Relacy also lets a load see every older
// value that the memory orders allow, and reports plain memory (rl::var) that two threads touch
// without an order between them. Include pawl's headers before this one: Relacy has macros with
// names such as `free`.
//
// word<First> starts at First; a ring's counters are kept xored with their first value, so that all
// of them begin there.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ostream>
#include <streambuf>

#include <pawl/platform/manual_platform.hpp>

#include <relacy/relacy.hpp>

namespace relacy {

inline rl::memory_order order_of(std::memory_order order) noexcept {
    switch (order) {
        case std::memory_order_relaxed: return rl::mo_relaxed;
        case std::memory_order_consume: return rl::mo_consume;
        case std::memory_order_acquire: return rl::mo_acquire;
        case std::memory_order_release: return rl::mo_release;
        case std::memory_order_acq_rel: return rl::mo_acq_rel;
        default: return rl::mo_seq_cst;
    }
}

template <std::uint32_t First>
class word {
public:
    word() noexcept { value_($).store(First, rl::mo_relaxed); }
    word(const word&) = delete;
    word& operator=(const word&) = delete;

    std::uint32_t load(std::memory_order order) const noexcept {
        return value_($).load(order_of(order));
    }
    void store(std::uint32_t value, std::memory_order order) noexcept {
        value_($).store(value, order_of(order));
    }
    std::uint32_t exchange(std::uint32_t value, std::memory_order order) noexcept {
        return value_($).exchange(value, order_of(order));
    }
    std::uint32_t fetch_add(std::uint32_t value, std::memory_order order) noexcept {
        return value_($).fetch_add(value, order_of(order));
    }
    std::uint32_t fetch_sub(std::uint32_t value, std::memory_order order) noexcept {
        return value_($).fetch_sub(value, order_of(order));
    }
    std::uint32_t fetch_or(std::uint32_t value, std::memory_order order) noexcept {
        return value_($).fetch_or(value, order_of(order));
    }
    std::uint32_t fetch_and(std::uint32_t value, std::memory_order order) noexcept {
        return value_($).fetch_and(value, order_of(order));
    }
    bool compare_exchange_strong(std::uint32_t& expected, std::uint32_t desired,
                                 std::memory_order success, std::memory_order failure) noexcept {
        return value_($).compare_exchange_strong(expected, desired, order_of(success),
                                                 order_of(failure));
    }
    bool compare_exchange_weak(std::uint32_t& expected, std::uint32_t desired,
                               std::memory_order success, std::memory_order failure) noexcept {
        return value_($).compare_exchange_weak(expected, desired, order_of(success),
                                               order_of(failure));
    }

private:
    rl::atomic<std::uint32_t> value_;
};

template <std::uint32_t First = 0>
struct platform : pawl::manual_platform {
    using word = relacy::word<First>;
    static void fence() noexcept { rl::atomic_thread_fence(rl::mo_seq_cst, $); }
};

// The memory in which items are made and destroyed. A new item's own variable knows nothing of the
// one that was there before; these do, so that Relacy sees an item made where another is still
// read.
class places {
public:
    // REQUIRES: count >= size / sizeof(item) + 1, items no smaller than `stride`.
    void watch(const void* begin, std::size_t size, std::size_t stride, rl::var<unsigned>* first) {
        begin_ = reinterpret_cast<std::uintptr_t>(begin);
        size_ = size;
        stride_ = stride;
        first_ = first;
    }
    void touch(const void* item) const {
        const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(item) - begin_;
        if (offset < size_) {
            first_[offset / stride_]($) = 1;
        }
    }

private:
    std::uintptr_t begin_ = 0;
    std::size_t size_ = 0;
    std::size_t stride_ = 1;
    rl::var<unsigned>* first_ = nullptr;
};
inline places items_live;

// Plain memory that Relacy watches, as an item of a queue: it can be moved only.
class item {
public:
    explicit item(std::uint32_t number) noexcept {
        items_live.touch(this);
        number_($) = number;
    }
    item(item&& from) noexcept {
        items_live.touch(this);
        number_($) = from.take();
    }
    item& operator=(item&& from) noexcept {
        number_($) = from.take();
        return *this;
    }
    item(const item&) = delete;
    item& operator=(const item&) = delete;
    ~item() { items_live.touch(this); }

    [[nodiscard]] std::uint32_t number() const noexcept { return number_($); }

private:
    // Writes, too: who moves an item away must come after who read it.
    std::uint32_t take() noexcept {
        const std::uint32_t number = number_($);
        number_($) = 0;
        return number;
    }

    rl::var<std::uint32_t> number_;
};

// Where Relacy's words go, cut where it is full: a stream that allocates would do so with Relacy's
// operator new, in the midst of a test.
class transcript : public std::streambuf {
public:
    transcript() { setp(text_, text_ + sizeof text_ - 1); }
    [[nodiscard]] const char* text() {
        *pptr() = '\0';
        return text_;
    }

protected:
    int_type overflow(int_type letter) override { return traits_type::not_eof(letter); }

private:
    char text_[1 << 16];
};

struct bounds {
    unsigned random_executions = 20'000;
    unsigned context_switches = 2;  // all executions with at most so many; 0: none of these
};

// Runs a test_suite at random, and exhaustively within the bound; ends the program with status 1
// and Relacy's history if it fails.
template <class Suite>
void must_pass(const char* name, bounds wanted = {}) {
    const auto run = [&](rl::scheduler_type_e scheduler, unsigned executions, const char* how) {
        static transcript words;
        static std::ostream quiet{&words};
        rl::test_params parameters;
        parameters.search_type = scheduler;
        parameters.iteration_count = executions;
        parameters.context_bound = wanted.context_switches;
        parameters.execution_depth_limit = 4'000;
        parameters.output_stream = &quiet;
        parameters.progress_stream = &quiet;
        const bool passed = rl::simulate<Suite>(parameters);
        std::printf("%-6s %-44s %-10s %9llu executions\n", passed ? "ok" : "FAILED", name, how,
                    static_cast<unsigned long long>(parameters.stop_iteration));
        std::fflush(stdout);
        if (!passed) {
            std::fprintf(stderr, "check failed: %s\n%s\n",
                         rl::test_result_str(parameters.test_result), words.text());
            std::exit(EXIT_FAILURE);
        }
    };
    run(rl::sched_random, wanted.random_executions, "random");
    if (wanted.context_switches != 0) {
        char how[32];
        std::snprintf(how, sizeof how, "bound %u", wanted.context_switches);
        run(rl::sched_bound, 0, how);
    }
}

}  // namespace relacy
