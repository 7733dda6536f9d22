// SPDX-License-Identifier: BSL-1.0
//
// Goal: a snapshot of a histogram never counts a number that its maximum does not know, on a
// machine that reorders all that the memory orders let it.
// Method: relacy_platform.hpp. Two writers, one of whom may find that the other one's number is the
// greatest; or one. A reader beside them.
#include <cstdint>

#include <pawl/containers/histogram.hpp>

#include "relacy/relacy_platform.hpp"

namespace {

using pawl::histogram_writers;

template <histogram_writers Writers>
struct counting : rl::test_suite<counting<Writers>, 3> {
    void thread(unsigned self) {
        if (self == 1) {
            tested.add(7);
            tested.add(100);
        } else if (self == 2) {
            if (Writers == histogram_writers::many) {
                tested.add(6);
            }
        } else {
            const pawl::histogram_snapshot<8> now = tested.snapshot();
            RL_ASSERT(now.counts[7] == 0 || now.max == 100);
            RL_ASSERT(now.counts[3] == 0 || (now.max >= 6 && now.min <= 7));
            RL_ASSERT(now.counts[3] != 2 || (now.max >= 7 && now.min == 6));
        }
    }

    void after() {
        RL_ASSERT(tested.count() == (Writers == histogram_writers::many ? 3 : 2));
        RL_ASSERT(tested.max() == 100);
        RL_ASSERT(tested.min() == (Writers == histogram_writers::many ? 6 : 7));
    }

    pawl::histogram<8, relacy::platform<>, Writers> tested;
};

}  // namespace

int main() {
    relacy::must_pass<counting<histogram_writers::many>>("2 writers, a reader");
    relacy::must_pass<counting<histogram_writers::one>>("a writer, a reader");
}
