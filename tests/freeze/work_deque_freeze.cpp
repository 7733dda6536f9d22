// SPDX-License-Identifier: BSL-1.0
//
// Goal: an owner or a thief of work_deque that is stopped at any instruction, for ever, harms
// nobody: the others get through, find all but the one value that it is about to take, and lose a
// race only if it has won it.
// Method: freeze.hpp. A push, pop or steal is stopped everywhere, in every state; meanwhile thieves
// steal and look, and, if it is a thief that stands still, the owner pushes and pops. Then it goes
// on, everything is taken, and the deque is filled and drained once more. Every answer must be that
// of a sequential deque in which the stopped call happens at one moment.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

#include <pawl/containers/work_deque.hpp>

#include "freeze/freeze.hpp"

#if FREEZE_IS_POSSIBLE

namespace {

using freeze::from;
using pawl::steal_result;

struct call {
    char what = ' ';  // p: push, g: pop, s: steal, l: a steal that lost a race, e: says "empty"
    bool done = false;
    std::uint32_t value = 0;
};

class calls {
public:
    void add(const call& one) { calls_[count_++] = one; }
    [[nodiscard]] unsigned count() const { return count_; }
    [[nodiscard]] const call& operator[](unsigned index) const { return calls_[index]; }

private:
    std::array<call, 64> calls_{};
    unsigned count_ = 0;
};

template <std::uint32_t Capacity, std::uint32_t First>
class program {
public:
    // Stops the operation in a deque of `inside` values, after `turned` ones that came and went.
    static freeze::result run(freeze::freezer& ice, char operation, std::uint32_t inside,
                              std::uint32_t turned, from who, const char* script) {
        freeze::result found;
        for (unsigned boundary = 1; found.hung < 3; ++boundary) {
            program tested{operation, inside, turned};
            const freeze::outcome what = ice.stop(
                boundary, who, [&] { tested.act(tested.victim_); },
                [&] { tested.follow(script, tested.meanwhile_); });
            if (what == freeze::outcome::ended_before) {
                break;
            }
            ++found.boundaries;
            found.hung += what == freeze::outcome::passed ? 0U : 1U;
            found.bad += what == freeze::outcome::passed && tested.is_right() ? 0U : 1U;
        }
        return found;
    }

private:
    // A sequential deque.
    struct model {
        std::array<std::uint32_t, 64> values{};
        std::uint32_t begin = 0;
        std::uint32_t end = 0;

        bool answers(const call& one) {
            const std::uint32_t size = end - begin;
            switch (one.what) {
                case 'p':
                    if (one.done && size < Capacity) {
                        values[end++] = one.value;
                        return true;
                    }
                    return !one.done && size == Capacity;
                case 'g': return one.done ? size != 0 && values[--end] == one.value : size == 0;
                case 's': return one.done ? size != 0 && values[begin++] == one.value : size == 0;
                case 'e': return !one.done || size == 0;
                default: return true;
            }
        }
    };

    program(char operation, std::uint32_t inside, std::uint32_t turned) {
        for (std::uint32_t i = 0; i < turned; ++i) {
            call one{.what = 'p', .done = false, .value = i};
            act(one);
            one.what = 's';
            act(one);
        }
        calls before;
        for (std::uint32_t i = 0; i < inside; ++i) {
            follow("p", before);
            model_.answers(before[i]);
        }
        victim_ = {.what = operation, .done = false, .value = next_++};
    }

    void act(call& one) {
        switch (one.what) {
            case 'p': one.done = deque_.push(one.value); break;
            case 'g': one.done = deque_.pop(one.value); break;
            case 's': {
                const steal_result result = deque_.steal(one.value);
                one.done = result == steal_result::taken;
                one.what = result == steal_result::lost_race ? 'l' : 's';
                break;
            }
            default: one.done = deque_.empty();
        }
    }

    // A call of its own: a stopped operation is left by a jump, past what its caller has.
    [[gnu::noinline]] void follow(const char* script, calls& log) {
        for (; *script != '\0'; ++script) {
            call one{.what = *script, .done = false, .value = next_++};
            act(one);
            log.add(one);
        }
    }

    [[nodiscard]] bool is_right() {
        calls last;
        for (const char what : {'g', 'p', 's'}) {
            const char script[] = {what, '\0'};
            for (std::uint32_t i = 0; i <= Capacity; ++i) {
                follow(script, last);
            }
        }
        // The others take one at a time: they can lose to the stopped call only.
        for (unsigned i = 0; i < meanwhile_.count(); ++i) {
            if (meanwhile_[i].what == 'l' && (victim_.what == 'p' || !victim_.done)) {
                return false;
            }
        }
        for (unsigned moment = 0; moment <= meanwhile_.count(); ++moment) {
            if (explained(moment, last)) {
                return true;
            }
        }
        return false;
    }

    [[nodiscard]] bool explained(unsigned moment, const calls& last) const {
        model deque = model_;
        for (unsigned i = 0; i <= meanwhile_.count(); ++i) {
            if ((i == moment && !deque.answers(victim_)) ||
                (i < meanwhile_.count() && !deque.answers(meanwhile_[i]))) {
                return false;
            }
        }
        for (unsigned i = 0; i < last.count(); ++i) {
            if (!deque.answers(last[i])) {
                return false;
            }
        }
        return true;
    }

    pawl::work_deque<Capacity, freeze::platform<First>> deque_;
    model model_;  // what is inside when the operation begins
    call victim_;
    calls meanwhile_;
    std::uint32_t next_ = 100;
};

template <std::uint32_t Capacity, std::uint32_t First>
void stop_everywhere(freeze::freezer& ice, freeze::report& printed, const char* name,
                     std::initializer_list<std::uint32_t> turned) {
    static constexpr const char* by_thieves[] = {"s", "ses", "sssss", "esessses"};
    static constexpr const char* by_all[] = {"g", "gpg", "ppppp", "ggggg", "sgsg", "pgspgs"};
    constexpr unsigned least = 6;  // a call that fails at once
    for (const char operation : {'p', 'g', 's'}) {
        for (const from who : {from::handler, from::thread}) {
            for (std::uint32_t inside = 0; inside <= Capacity; ++inside) {
                freeze::result found;
                unsigned runs = 0;
                const auto stop = [&](const char* script) {
                    for (const std::uint32_t positions : turned) {
                        found += program<Capacity, First>::run(ice, operation, inside, positions,
                                                               who, script);
                        ++runs;
                    }
                };
                for (const char* script : by_thieves) {
                    stop(script);
                }
                for (const char* script : by_all) {
                    if (operation == 's') {
                        stop(script);
                    }
                }
                char what[64];
                std::snprintf(what, sizeof what, "%s, %u inside",
                              operation == 'p'   ? "push"
                              : operation == 'g' ? "pop"
                                                 : "steal",
                              inside);
                printed.add(name, what, who, found, runs * least);
            }
        }
    }
}

}  // namespace

int main() {
    freeze::freezer ice;
    freeze::report report{"work_deque"};
    stop_everywhere<4, 0>(ice, report, "work_deque<4>", {0, 3});
    // The counters pass 2^32 before, in and after the stopped call.
    stop_everywhere<2, ~std::uint32_t{3}>(ice, report, "work_deque<2>, wraps", {1, 2, 3, 4});
    return report.end(4'000);
}

#else

int main() {
    std::puts("skip: the freeze test needs x86-64 and Linux");
    return freeze::exit_skipped;
}

#endif
