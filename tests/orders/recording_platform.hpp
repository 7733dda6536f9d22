// SPDX-License-Identifier: BSL-1.0
//
// recording_platform: what the real code does with its words, as traces for memory_model.
//
// Two pieces of code are each run alone, on an object of its own in the same state, and recorded.
// Then the model says whether both can run at once on one object as though the other one did not:
// each reads what it read alone. Where one has to see the other it must not be possible.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include <pawl/platform/manual_platform.hpp>

#include "orders/memory_model.hpp"

namespace orders {

// What is recorded now: the words of one object, each by where it lies in there.
class recorder {
public:
    explicit recorder(const void* object) : object_{static_cast<const char*>(object)} {
        active = this;
    }
    ~recorder() { active = nullptr; }
    recorder(const recorder&) = delete;
    recorder& operator=(const recorder&) = delete;

    static void note(action what, std::memory_order order, const void* word = nullptr,
                     std::uint32_t seen = 0, std::uint32_t written = 0) {
        if (active != nullptr) {
            active->add(what, order, word, seen, written);
        }
    }

    struct step {
        event what;
        std::ptrdiff_t where;
    };
    std::vector<step> steps;
    std::map<std::ptrdiff_t, std::uint32_t> before;  // of each word

private:
    void add(action what, std::memory_order order, const void* word, std::uint32_t seen,
             std::uint32_t written) {
        const std::ptrdiff_t where = word == nullptr ? 0 : static_cast<const char*>(word) - object_;
        if (word != nullptr) {
            before.emplace(where, seen);
        }
        steps.push_back({{what, order, 0, seen, written}, where});
    }

    static inline recorder* active = nullptr;
    const char* object_;
};

class recorded_word {
public:
    constexpr recorded_word() noexcept = default;
    recorded_word(const recorded_word&) = delete;
    recorded_word& operator=(const recorded_word&) = delete;

    std::uint32_t load(std::memory_order order) const noexcept {
        recorder::note(action::load, order, this, value_);
        return value_;
    }
    void store(std::uint32_t value, std::memory_order order) noexcept {
        recorder::note(action::store, order, this, value_, value);
        value_ = value;
    }
    std::uint32_t exchange(std::uint32_t value, std::memory_order order) noexcept {
        recorder::note(action::exchange, order, this, value_, value);
        const std::uint32_t seen = value_;
        value_ = value;
        return seen;
    }
    std::uint32_t fetch_add(std::uint32_t value, std::memory_order order) noexcept {
        return exchange(value_ + value, order);
    }
    std::uint32_t fetch_sub(std::uint32_t value, std::memory_order order) noexcept {
        return exchange(value_ - value, order);
    }
    std::uint32_t fetch_or(std::uint32_t value, std::memory_order order) noexcept {
        return exchange(value_ | value, order);
    }
    std::uint32_t fetch_and(std::uint32_t value, std::memory_order order) noexcept {
        return exchange(value_ & value, order);
    }
    bool compare_exchange_strong(std::uint32_t& expected, std::uint32_t desired,
                                 std::memory_order success, std::memory_order failure) noexcept {
        if (value_ == expected) {
            exchange(desired, success);
            return true;
        }
        expected = load(failure);
        return false;
    }
    bool compare_exchange_weak(std::uint32_t& expected, std::uint32_t desired,
                               std::memory_order success, std::memory_order failure) noexcept {
        return compare_exchange_strong(expected, desired, success, failure);
    }

private:
    std::uint32_t value_ = 0;
};

struct recording_platform : pawl::manual_platform {
    using word = recorded_word;
    struct parker {};
    static constexpr bool has_threads = true;
    static void fence() noexcept { recorder::note(action::fence, std::memory_order_seq_cst); }
    static void park(parker&) noexcept {}
    static void park_until(parker&, time_point) noexcept {}
    static void unpark(parker&) noexcept {}
};

// Whether one(object) and other(object) can both run as though alone, after prepare(object). Each
// says whether it did what it is to do.
struct verdict {
    bool as_meant = false;
    bool possible = false;
};
template <class Object, class Prepare, class One, class Other>
verdict alone_together(Prepare prepare, One one, Other other) {
    verdict result{.as_meant = true};
    std::map<std::ptrdiff_t, std::uint32_t> places;
    std::vector<std::uint32_t> initial;
    std::vector<trace> threads;
    const auto record = [&](auto& run) {
        const auto object = std::make_unique<Object>();
        prepare(*object);
        recorder recorded{object.get()};
        result.as_meant = run(*object) && result.as_meant;
        for (const auto& [where, value] : recorded.before) {
            if (places.emplace(where, static_cast<std::uint32_t>(initial.size())).second) {
                initial.push_back(value);
            }
        }
        trace& steps = threads.emplace_back();
        for (auto& [what, where] : recorded.steps) {
            what.place = what.what == action::fence ? 0 : places.at(where);
            steps.push_back(what);
        }
    };
    record(one);
    record(other);
    result.possible = possible(threads, initial);
    return result;
}

}  // namespace orders
