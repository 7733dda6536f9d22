// SPDX-License-Identifier: BSL-1.0
//
// Goal: a reader of event_counter finds a total that was there at some moment of its call, while
// the lower half wraps, on a machine that reorders all that the memory orders let it.
// Method: relacy_platform.hpp. One writer, two readers. Totals never go back for one reader, or for
// one that was told by another.
#include <cstdint>

#include <pawl/containers/event_counter.hpp>

#include "relacy/relacy_platform.hpp"

namespace {

template <unsigned Steps>
struct readers : rl::test_suite<readers<Steps>, 3> {
    // Two more of these, and the lower half has wrapped.
    static constexpr std::uint32_t step = pawl::event_counter<relacy::platform<>>::events_max;

    void before() {
        flag($).store(0, rl::mo_relaxed);
        counter.add(step);
        counter.add(step);
        counter.add(1);
    }

    void thread(unsigned self) {
        if (self == 0) {
            for (unsigned i = 0; i < Steps; ++i) {
                counter.add(step);
                flag($).store(i + 1, rl::mo_release);
            }
            return;
        }
        const std::uint32_t told = flag($).load(rl::mo_acquire);
        const std::uint64_t first = counter.read();
        const std::uint64_t second = counter.read();
        RL_ASSERT(is_total(first) && is_total(second));
        RL_ASSERT(first >= total(told) && second >= first);
    }

    void after() { RL_ASSERT(counter.read() == total(Steps)); }

    static std::uint64_t total(unsigned steps) { return (2 + std::uint64_t{steps}) * step + 1; }
    static bool is_total(std::uint64_t read) {
        for (unsigned i = 0; i <= Steps; ++i) {
            if (read == total(i)) {
                return true;
            }
        }
        return false;
    }

    pawl::event_counter<relacy::platform<>> counter;
    rl::atomic<std::uint32_t> flag;
};

}  // namespace

int main() {
    relacy::must_pass<readers<2>>("a writer wraps, 2 readers", {.random_executions = 60'000});
    relacy::must_pass<readers<4>>("a writer wraps twice, 2 readers",
                                  {.random_executions = 60'000, .context_switches = 0});
}
