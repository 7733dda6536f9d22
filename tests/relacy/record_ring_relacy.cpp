// SPDX-License-Identifier: BSL-1.0
//
// Goal: what a reader of record_ring takes for a whole record is one, and the one of its number, on
// a machine that reorders all that the memory orders let it.
// Method: relacy_platform.hpp. Two writers go round a ring of one and of two cells, a reader copies
// beside them; a record's words are of one value.
#include <cstdint>

#include <pawl/containers/record_ring.hpp>

#include "relacy/relacy_platform.hpp"

namespace {

struct record {
    std::uint32_t first;
    std::uint32_t second;
    std::uint32_t third;
};

template <std::uint32_t Capacity, unsigned Puts>
struct overwriting : rl::test_suite<overwriting<Capacity, Puts>, 3> {
    using ring = pawl::record_ring<record, Capacity, relacy::platform<>>;

    void thread(unsigned self) {
        if (self != 0) {
            for (std::uint32_t i = 0; i < Puts; ++i) {
                const std::uint32_t value = self * 16 + i;
                numbers[value]($) = tested.put({value, value, value}) + 1;
            }
            return;
        }
        typename ring::reader reader{tested};
        std::uint32_t read = 0;
        std::uint32_t newest[3] = {0, 0, 0};
        for (unsigned call = 0; call < 3; ++call) {
            record found{};
            if (reader.next(found)) {
                ++read;
                RL_ASSERT(found.first == found.second && found.second == found.third);
                const std::uint32_t writer = found.first / 16;
                RL_ASSERT(writer == 1 || writer == 2);
                RL_ASSERT(found.first >= newest[writer]);
                newest[writer] = found.first + 1;
            }
            RL_ASSERT(read + reader.missed() == reader.position());
        }
    }

    void after() {
        RL_ASSERT(tested.written() == 2 * Puts);
        std::uint32_t there = 0;
        for (std::uint32_t writer = 1; writer <= 2; ++writer) {
            for (std::uint32_t i = 0; i < Puts; ++i) {
                const std::uint32_t value = writer * 16 + i;
                record found{};
                if (tested.read(numbers[value]($) - 1, found)) {
                    ++there;
                    RL_ASSERT(found.first == value && found.third == value);
                }
            }
        }
        RL_ASSERT(there + tested.lost() >= Capacity);
    }

    ring tested;
    rl::var<std::uint32_t> numbers[64];
};

}  // namespace

int main() {
    relacy::must_pass<overwriting<1, 1>>("1 cell, 2 records");
    relacy::must_pass<overwriting<1, 2>>("1 cell, 4 records",
                                         {.random_executions = 40'000, .context_switches = 1});
    relacy::must_pass<overwriting<2, 2>>("2 cells, 4 records",
                                         {.random_executions = 40'000, .context_switches = 0});
}
