// SPDX-License-Identifier: BSL-1.0
//
// The owner of a work_deque that passes no fence as long as nobody steals.
//
// Goal: each value is taken once, although what the owner announces may be seen late, and although
// it goes from careful to careless and back while thieves come. Method: the real deque on a
// platform whose owner has a store buffer, as x86 has one: what it stores is seen by others when it
// passes a fence or a read-modify-write, when a thief's heavy fence empties the buffer, or one
// store at a time at a moment that the exploration chooses. Loads are in order. Schedules with few
// preemptions are tried all, longer programs at random.
// requires: posix
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <type_traits>

#include <pawl/containers/work_deque.hpp>

#include "explore/suite.hpp"

namespace {

using explore::action;
using explore::engine;
using pawl::steal_result;

void step(action what) {
    if (engine::active != nullptr) {
        engine::active->point({.what = what, .writes_object = what != action::load});
    }
}

class late_word;

// What the owner has stored and nobody else sees yet.
class store_buffer {
public:
    void begin() { *this = store_buffer{}; }
    void own() {
        owned_ = true;
        owner_ = engine::active->current();
    }
    void disown() {
        empty();
        owned_ = false;
    }
    [[nodiscard]] bool is_mine() const {
        return owned_ && engine::active != nullptr && engine::active->current() == owner_;
    }
    void put(late_word& where, std::uint32_t value) {
        if (size_ == entries_.size()) {
            std::abort();
        }
        entries_[size_++] = {&where, value};
    }
    void empty() {
        while (size_ != 0) {
            empty_one();
        }
    }
    inline void empty_one();
    // The newest value of a word, if it has one here.
    [[nodiscard]] const std::uint32_t* find(const late_word& where) const {
        for (std::size_t i = size_; i-- > 0;) {
            if (entries_[i].where == &where) {
                return &entries_[i].value;
            }
        }
        return nullptr;
    }

private:
    struct entry {
        late_word* where = nullptr;
        std::uint32_t value = 0;
    };
    std::array<entry, 64> entries_{};
    std::size_t size_ = 0;
    bool owned_ = false;
    unsigned owner_ = 0;
};

store_buffer buffer;

class late_word {
public:
    constexpr late_word() noexcept = default;
    late_word(const late_word&) = delete;
    late_word& operator=(const late_word&) = delete;

    std::uint32_t load(std::memory_order) const noexcept {
        step(action::load);
        const std::uint32_t* const own = buffer.is_mine() ? buffer.find(*this) : nullptr;
        return note(own != nullptr ? *own : value_);
    }
    void store(std::uint32_t value, std::memory_order order) noexcept {
        step(action::store);
        if (!buffer.is_mine()) {
            value_ = value;
        } else {
            buffer.put(*this, value);
            if (order == std::memory_order_seq_cst) {
                buffer.empty();
            }
        }
        note(value);
    }
    std::uint32_t exchange(std::uint32_t value, std::memory_order) noexcept {
        return change(action::exchange, [&](std::uint32_t) { return value; });
    }
    std::uint32_t fetch_add(std::uint32_t value, std::memory_order) noexcept {
        return change(action::add, [&](std::uint32_t seen) { return seen + value; });
    }
    std::uint32_t fetch_sub(std::uint32_t value, std::memory_order) noexcept {
        return change(action::subtract, [&](std::uint32_t seen) { return seen - value; });
    }
    std::uint32_t fetch_or(std::uint32_t value, std::memory_order) noexcept {
        return change(action::bit_or, [&](std::uint32_t seen) { return seen | value; });
    }
    std::uint32_t fetch_and(std::uint32_t value, std::memory_order) noexcept {
        return change(action::bit_and, [&](std::uint32_t seen) { return seen & value; });
    }
    bool compare_exchange_strong(std::uint32_t& expected, std::uint32_t desired, std::memory_order,
                                 std::memory_order) noexcept {
        const std::uint32_t seen = change(action::compare_exchange, [&](std::uint32_t now) {
            return now == expected ? desired : now;
        });
        const bool equal = seen == expected;
        expected = seen;
        return equal;
    }
    bool compare_exchange_weak(std::uint32_t& expected, std::uint32_t desired,
                               std::memory_order success, std::memory_order failure) noexcept {
        return compare_exchange_strong(expected, desired, success, failure);
    }

private:
    friend store_buffer;

    template <class To>
    std::uint32_t change(action what, To&& to) noexcept {
        step(what);
        if (buffer.is_mine()) {
            buffer.empty();
        }
        const std::uint32_t seen = value_;
        value_ = to(seen);
        return note(seen);
    }
    std::uint32_t note(std::uint32_t seen) const noexcept {
        if (engine::active != nullptr) {
            engine::active->note(seen, value_);
        }
        return seen;
    }

    std::uint32_t value_ = 0;
};

void store_buffer::empty_one() {
    if (size_ == 0) {
        return;
    }
    entries_[0].where->value_ = entries_[0].value;
    for (std::size_t i = 1; i < size_; ++i) {
        entries_[i - 1] = entries_[i];
    }
    --size_;
}

struct late_platform : explore::platform<true> {
    using word = late_word;
    static constexpr std::uint32_t quiet_pops_max = 1;

    static void fence() noexcept {
        step(action::exchange);
        if (buffer.is_mine()) {
            buffer.empty();
        }
    }
    static void light_fence() noexcept {}
    static void heavy_fence() noexcept {
        step(action::exchange);
        buffer.empty();
    }
};

using deque = pawl::work_deque<8, late_platform>;
static_assert(pawl::thieves<late_platform>::any && !pawl::thieves<explore_platform>::any);
static_assert(std::is_empty_v<pawl::thieves<explore_platform>>,
              "where owners always have their fence nothing is kept for thieves");

// The owner follows a script of g and p, two thieves steal so often, and the memory sees so many of
// the owner's stores on its own.
struct program {
    std::uint32_t inside;
    const char* owner;
    int first;
    int second;
    int seen_early;

    void operator()() const {
        buffer.begin();
        deque tested;
        std::array<int, 8> taken{};
        std::uint32_t pushed = 0;
        while (pushed < inside) {
            explore::check(tested.push(pushed++), "there is room");
        }
        const auto take = [&](std::uint32_t value) {
            explore::check(value < pushed && ++taken[value] == 1, "each value is taken once");
        };
        const auto own = [&] {
            buffer.own();
            for (const char* each = owner; *each != '\0'; ++each) {
                std::uint32_t value = 0;
                if (*each == 'p') {
                    explore::check(tested.push(pushed), "there is room");
                    ++pushed;
                } else if (tested.pop(value)) {
                    take(value);
                }
            }
            buffer.disown();
        };
        const auto steal = [&](int times) {
            for (int i = 0; i < times; ++i) {
                std::uint32_t value = 0;
                if (tested.steal(value) == steal_result::taken) {
                    take(value);
                }
            }
        };
        explore::threads(
            own, [&] { steal(first); }, [&] { steal(second); },
            [&] {
                for (int i = 0; i < seen_early; ++i) {
                    step(action::store);
                    buffer.empty_one();
                }
            });
        std::uint32_t value = 0;
        while (tested.pop(value)) {
            take(value);
        }
        for (std::uint32_t i = 0; i < pushed; ++i) {
            explore::check(taken[i] == 1, "each value is taken");
        }
    }
};

void bounded(const char* name, unsigned preemptions, program what) {
    explore::must_pass_bounded(name, preemptions, 100, what);
}
void random(const char* name, std::uint64_t schedules, program what) {
    explore::must_pass_random(name, what, schedules);
}

}  // namespace

int main() {
    bounded("two inside, one thief", 4, {2, "gg", 1, 0, 0});
    bounded("two inside, one thief, seen early", 3, {2, "gg", 1, 0, 2});
    bounded("two inside, two thieves", 3, {2, "gg", 1, 2, 0});
    bounded("three inside, two thieves", 3, {3, "ggg", 1, 1, 0});
    bounded("pushed and popped", 3, {1, "pgpgg", 1, 1, 0});
    // A thief has found the owner careful, which is careless before it steals.
    bounded("careless again", 2, {6, "gggg", 3, 1, 0});
    random("careless again, at random", 100'000, {6, "ggggg", 2, 1, 2});
    random("pushed meanwhile, at random", 100'000, {3, "gpgpgg", 2, 2, 2});
}
