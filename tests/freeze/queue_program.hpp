// SPDX-License-Identifier: BSL-1.0
//
// queue_program: what the freeze test does to a bounded first-in-first-out queue of numbers.
//
// Method: a queue is brought into a state; a push or a pop is stopped after each of its
// instructions; meanwhile others follow a script of pushes and pops; the operation goes on; then
// everything is popped, and the queue filled to the brim and drained once more. Every answer must
// be that of a sequential queue in which the stopped operation happens as a whole at one moment:
// before the script, after it, or between two calls of it. So nothing is lost, twice or out of
// order, what was put can be got, and room that was made is found.
//
// A queue of slots that are taken before they are filled may say "full" to others while the stopped
// operation has a slot in its hand; slots_in_hand says how many.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <iterator>

#include "freeze/freeze.hpp"

#if FREEZE_IS_POSSIBLE

namespace freeze {

// A first-in-first-out queue without any subtlety: the model, and the numbers that a program has in
// hand.
class plain_queue {
public:
    void push(std::uint32_t value) { values_[(begin_ + size_++) % room] = value; }
    std::uint32_t pop() {
        const std::uint32_t value = values_[begin_];
        begin_ = (begin_ + 1) % room;
        --size_;
        return value;
    }
    [[nodiscard]] std::uint32_t size() const { return size_; }

private:
    static constexpr std::uint32_t room = 64;
    std::array<std::uint32_t, room> values_{};
    std::uint32_t begin_ = 0;
    std::uint32_t size_ = 0;
};

// One call and its answer.
struct call {
    char what = ' ';  // p: push, g: pop ("get")
    bool done = false;
    std::uint32_t value = 0;
};

class calls {
public:
    void add(call one) { calls_[count_++] = one; }
    [[nodiscard]] unsigned count() const { return count_; }
    [[nodiscard]] const call& operator[](unsigned index) const { return calls_[index]; }

private:
    std::array<call, 256> calls_{};
    unsigned count_ = 0;
};

// Where the queue is when the operation begins.
struct state {
    const char* name;
    std::uint32_t size;
    std::uint32_t turned;  // pushes and pops before, from the beginning
};

// Subject: capacity; slots_in_hand; owns_numbers (a number is in the queue at most once, as in an
// index_ring); bool push(number); bool pop(number&).
template <class Subject>
class queue_program {
public:
    // Stops `operation` ('p' or 'g') in this state everywhere, while others follow the script.
    static result run(freezer& ice, char operation, state start, from who, const char* script) {
        result found;
        for (unsigned boundary = 1;; ++boundary) {
            queue_program program{start, operation};
            const outcome what = ice.stop(
                boundary, who, [&] { program.act(program.victim_); },
                [&] { program.follow(script, program.meanwhile_); });
            if (what == outcome::ended_before) {
                return found;
            }
            ++found.boundaries;
            if (what != outcome::passed) {
                ++found.hung;
                ++found.bad;
            } else if (!program.is_right()) {
                ++found.bad;
            }
            if (found.hung == hung_max) {
                return found;  // each one takes the whole patience
            }
        }
    }

    static constexpr unsigned hung_max = 3;

private:
    queue_program(state start, char operation) {
        for (std::uint32_t number = 0; number < numbers; ++number) {
            hand_.push(number);
        }
        for (call one{.done = true}; one.done;) {  // a ring may start full
            one = {.what = 'g'};
            answer(one);
        }
        while (hand_.size() > numbers) {
            hand_.pop();
        }
        for (std::uint32_t i = 0; i < start.turned; ++i) {
            one_call('p');
            one_call('g');
        }
        for (std::uint32_t i = 0; i < start.size; ++i) {
            model_.push(one_call('p').value);
        }
        victim_.what = operation;
        if (operation == 'p') {
            victim_.value = hand_.pop();
        }
    }

    // What is stopped: one call, and nothing else.
    void act(call& one) {
        one.done = one.what == 'p' ? queue_.push(one.value) : queue_.pop(one.value);
    }

    // A call of the others: a number that was got is in their hand, from where it is put again.
    void answer(call& one) {
        act(one);
        if (one.done == (one.what == 'g')) {
            hand_.push(one.value);
        }
    }

    call one_call(char what) {
        call one{.what = what};
        if (what == 'p') {
            one.value = hand_.pop();
        }
        answer(one);
        return one;
    }

    void follow(const char* script, calls& log) {
        for (; *script != '\0'; ++script) {
            if (*script == 'g' || hand_.size() != 0) {
                log.add(one_call(*script));
            }
        }
    }

    [[nodiscard]] bool is_right() {
        if (victim_.done == (victim_.what == 'g')) {
            hand_.push(victim_.value);
        }
        calls last;
        const auto repeat = [&](char what, std::uint32_t times) {
            for (std::uint32_t i = 0; i < times; ++i) {
                follow(what == 'p' ? "p" : "g", last);
            }
        };
        repeat('g', capacity + 1);
        repeat('p', capacity + (Subject::owns_numbers ? 0 : 1));
        repeat('g', capacity + 1);
        for (unsigned moment = 0; moment <= meanwhile_.count(); ++moment) {
            if (explained(moment, last)) {
                return true;
            }
        }
        return false;
    }

    // Whether a sequential queue answers like this if the stopped call happens at this moment of
    // the script.
    [[nodiscard]] bool explained(unsigned moment, const calls& last) const {
        plain_queue model = model_;
        for (unsigned i = 0; i <= meanwhile_.count(); ++i) {
            if (i == moment && !answers(model, victim_, 0)) {
                return false;
            }
            if (i < meanwhile_.count() && !answers(model, meanwhile_[i], Subject::slots_in_hand)) {
                return false;
            }
        }
        for (unsigned i = 0; i < last.count(); ++i) {
            if (!answers(model, last[i], 0)) {
                return false;
            }
        }
        return true;
    }

    static bool answers(plain_queue& model, const call& one, std::uint32_t in_hand) {
        if (one.what == 'p') {
            if (!one.done) {
                return model.size() + in_hand >= capacity;
            }
            model.push(one.value);
            return model.size() <= capacity;
        }
        return one.done ? model.size() != 0 && model.pop() == one.value : model.size() == 0;
    }

    static constexpr std::uint32_t capacity = Subject::capacity;
    static constexpr std::uint32_t numbers = Subject::owns_numbers ? capacity : 2 * capacity + 2;

    Subject queue_;
    plain_queue hand_;   // numbers that are in no queue
    plain_queue model_;  // what is in the queue when the operation begins
    call victim_;
    calls meanwhile_;
};

// Stops push and pop in every state, with every script, after each of these numbers of pushes and
// pops.
template <class Subject>
void stop_everywhere(freezer& ice, report& printed, const char* name,
                     std::initializer_list<std::uint32_t> turned) {
    constexpr std::uint32_t capacity = Subject::capacity;
    static_assert(capacity >= 2 && capacity <= 8);
    // The others: take all and bring some; bring all and more; go round and round; one call each.
    static constexpr const char* scripts[] = {
        "ggggggggggpgg", "pppppppppgpp", "gpgpgpgpgpgpgpgpgpgpgpgp", "p", "g", "pgpg"};
    // A call that fails at once, of an operation that steps at all.
    constexpr unsigned least = 8;
    static constexpr state states[] = {
        {"empty", 0, 0}, {"one", 1, 0}, {"one left", capacity - 1, 0}, {"full", capacity, 0}};
    for (const char operation : {'p', 'g'}) {
        for (const from who : {from::handler, from::thread}) {
            for (state start : states) {
                // The stopped operation has a number of its own.
                if (Subject::owns_numbers && operation == 'p' && start.size == capacity) {
                    continue;
                }
                result found;
                for (const std::uint32_t positions : turned) {
                    start.turned = positions;
                    for (const char* script : scripts) {
                        found += queue_program<Subject>::run(ice, operation, start, who, script);
                    }
                }
                char what[64];
                std::snprintf(what, sizeof what, "%s %s", operation == 'p' ? "push" : "pop",
                              start.name);
                const auto runs = static_cast<unsigned>(std::size(scripts) * turned.size());
                printed.add(name, what, who, found, runs * least);
            }
        }
    }
}

}  // namespace freeze

#endif
