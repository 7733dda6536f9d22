// SPDX-License-Identifier: BSL-1.0
//
// history: the calls of one schedule, and whether a sequential model explains them.
//
// Method: each call knows which calls had ended when it began; any order of the calls that respects
// this is tried on the model until one gives the same answers (Wing and Gong 1993). A call may be
// of several steps that need not follow each other at once: what the model says is then weaker than
// that it happens as a whole at one moment, and is still exact.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>

namespace explore {

// Room for so many calls in a history: one bit each.
constexpr unsigned calls_max = 32;
using call_set = std::uint32_t;

// Call:  has `call_set after`, the numbers of the calls that had ended when it began.
// Model: can be copied, and has
//          static unsigned steps(const Call&)     how many it consists of, one to three
//          bool apply(const Call&, unsigned step) false if it cannot be now
template <class Call, class Model>
class explanation {
public:
    explicit explanation(std::span<const Call> calls) : calls_{calls} {
        if (calls.size() > calls_max) {
            std::abort();
        }
    }

    // Whether there is an order of all steps that the model can go through from here.
    [[nodiscard]] bool exists(const Model& start) {
        steps_.fill(0);
        return search(start, 0);
    }

private:
    [[nodiscard]] bool search(const Model& before, call_set done) {
        const call_set all = static_cast<call_set>((std::uint64_t{1} << calls_.size()) - 1);
        if (done == all) {
            return true;
        }
        for (unsigned i = 0; i < calls_.size(); ++i) {
            const Call& next = calls_[i];
            if ((done >> i & 1U) != 0 || (next.after & ~done) != 0) {
                continue;
            }
            Model after = before;
            if (!after.apply(next, steps_[i])) {
                continue;
            }
            ++steps_[i];
            const bool last = steps_[i] == Model::steps(next);
            if (search(after, last ? done | call_set{1} << i : done)) {
                return true;
            }
            --steps_[i];
        }
        return false;
    }

    std::span<const Call> calls_;
    std::array<std::uint8_t, calls_max> steps_{};
};

template <class Model, class Call>
[[nodiscard]] bool explained(std::span<const Call> calls, const Model& start = {}) {
    return explanation<Call, Model>{calls}.exists(start);
}

}  // namespace explore
