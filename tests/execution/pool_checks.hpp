// SPDX-License-Identifier: BSL-1.0
//
// What the tests of the pool share: callables that tell their fate, gates, and waiting with
// patience.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <utility>

#include "await.hpp"

namespace pool_checks {

// What became of one callable.
struct fate {
    std::atomic<std::uint32_t> runs{0};
    std::atomic<std::uint32_t> ends{0};  // destructions of the object that was not moved from
};

// A callable that can only be moved, and tells its fate.
class ticket {
public:
    explicit ticket(fate& of) noexcept : fate_{&of} {}
    ticket(ticket&& from) noexcept : fate_{std::exchange(from.fate_, nullptr)} {}
    ticket& operator=(ticket&&) = delete;
    ~ticket() {
        if (fate_ != nullptr) {
            fate_->ends.fetch_add(1, std::memory_order_relaxed);
        }
    }

    void operator()() const noexcept { fate_->runs.fetch_add(1, std::memory_order_relaxed); }

    // False once it has been moved from.
    [[nodiscard]] bool whole() const noexcept { return fate_ != nullptr; }

private:
    fate* fate_;
};

// What threads have to say: the framework's assertions are for the test's own thread. Remembers the
// line of the first thing that was wrong.
//
//   pool_checks::findings expect;
//   pool.post([&] { expect(right()); });
//   CHECK(expect.wrong_line() == 0);
class findings {
public:
    void operator()(bool right, int line = __builtin_LINE()) noexcept {
        int none = 0;
        if (!right) {
            first_.compare_exchange_strong(none, line);
        }
    }
    [[nodiscard]] int wrong_line() const noexcept { return first_.load(); }

private:
    std::atomic<int> first_{0};
};

// Waits until the condition holds, for as long as a very busy machine may need; false: it never
// did.
template <class Condition>
[[nodiscard]] bool becomes(Condition condition) {
    return tests::await(std::chrono::seconds{100}, condition, std::chrono::microseconds{50});
}

// Jobs wait here until it is opened. Closed for ever it would hang its test, so it opens by itself
// after a long while, and says so.
class gate {
public:
    void pass() noexcept {
        waiting_.fetch_add(1);
        if (!becomes([this] { return open_.load(); })) {
            forced_ = true;
        }
    }
    void open() noexcept { open_ = true; }
    // How many have come to it.
    [[nodiscard]] std::uint32_t came() const noexcept { return waiting_.load(); }
    [[nodiscard]] bool forced() const noexcept { return forced_.load(); }

private:
    std::atomic<std::uint32_t> waiting_{0};
    std::atomic<bool> open_{false};
    std::atomic<bool> forced_{false};
};

}  // namespace pool_checks
