// SPDX-License-Identifier: BSL-1.0
//
// Goal: a put of record_ring that is stopped at any instruction, for ever, costs its own record,
// and one more where the ring has come round to its cell. Nobody waits for it.
// Method: freeze.hpp. While the put stands still, the handler or another thread puts turns of
// records and reads them; then the put goes on, and everything is as if it had been slow.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <pawl/containers/record_ring.hpp>

#include "freeze/freeze.hpp"

#if FREEZE_IS_POSSIBLE

namespace {

struct record {
    std::uint32_t value;
    std::uint32_t check;
    std::uint32_t more;
    static record of(std::uint32_t value) { return {value, ~value, value}; }
    [[nodiscard]] bool is(std::uint32_t expected) const {
        return value == expected && check == ~expected && more == expected;
    }
    [[nodiscard]] bool whole() const { return is(value); }
};

template <std::uint32_t Capacity, std::uint32_t First>
class program {
    using ring = pawl::record_ring<record, Capacity, freeze::platform<First>>;

public:
    // `others`: records that are put while one stands still, after `before`.
    static void stop_everywhere(freeze::freezer& ice, freeze::report& report, const char* name,
                                std::uint32_t before, std::uint32_t others) {
        for (const freeze::from who : {freeze::from::handler, freeze::from::thread}) {
            freeze::result found;
            for (unsigned boundary = 1;; ++boundary) {
                program each{before, others};
                const freeze::outcome what = ice.stop(
                    boundary, who, [&] { each.tested_.put(record::of(0xAAAA)); },
                    [&] { each.use(); });
                if (what == freeze::outcome::ended_before) {
                    break;
                }
                ++found.boundaries;
                const bool hung = what != freeze::outcome::passed;
                found.hung += hung ? 1U : 0U;
                found.bad += hung || !each.used_well_ || !each.ended_well() ? 1U : 0U;
            }
            report.add(name, "put", who, found, 10);
        }
    }

private:
    program(std::uint32_t before, std::uint32_t others) : others_{others} {
        for (std::uint32_t i = 0; i < before; ++i) {
            tested_.put(record::of(i));
        }
    }

    // While one stands still.
    void use() {
        const std::uint32_t begin = tested_.written();
        typename ring::reader reader{tested_, begin, 1};
        record found{};
        std::uint32_t read = 0;
        bool right = true;
        for (std::uint32_t i = 0; i < others_; ++i) {
            right = right && tested_.put(record::of(1000 + i)) == begin + i;
            // Each is seen at once, but for the one whose cell is held; and after that by the call
            // that comes after.
            for (int calls = 0; calls < 2; ++calls) {
                if (reader.next(found)) {
                    right = right && found.whole() && found.value >= 1000;
                    ++read;
                }
            }
        }
        const std::uint32_t lost = tested_.lost() - First;
        const std::uint32_t turns = (others_ + Capacity - 1) / Capacity;
        right = right && lost <= turns && read + lost >= others_;
        // Of the last turn all but one.
        std::uint32_t there = 0;
        for (std::uint32_t back = 1; back <= Capacity && back <= others_; ++back) {
            if (tested_.read(begin + others_ - back, found)) {
                ++there;
                right = right && found.is(1000 + others_ - back);
            }
        }
        right = right && there + 1 >= (others_ < Capacity ? others_ : Capacity);
        used_well_ = right;
    }

    // After it went on: a turn more, and all of that is there.
    [[nodiscard]] bool ended_well() {
        bool right = true;
        const std::uint32_t begin = tested_.written();
        for (std::uint32_t i = 0; i < Capacity; ++i) {
            tested_.put(record::of(5000 + i));
        }
        record found{};
        for (std::uint32_t i = 0; i < Capacity; ++i) {
            right = right && tested_.read(begin + i, found) && found.is(5000 + i);
        }
        return right;
    }

    ring tested_;
    std::uint32_t others_;
    bool used_well_ = false;
};

}  // namespace

int main() {
    freeze::freezer ice;
    freeze::report report{"record_ring"};
    program<1, 0>::stop_everywhere(ice, report, "record_ring<1>", 0, 3);
    program<4, 0>::stop_everywhere(ice, report, "record_ring<4>", 0, 3);
    program<4, 0>::stop_everywhere(ice, report, "record_ring<4>, overrun", 6, 9);
    program<4, 0xFFFF'FFF0>::stop_everywhere(ice, report, "record_ring<4>, wraps", 13, 9);
    return report.end(150);
}

#else

int main() {
    std::puts("skip: the freeze test needs x86-64 and Linux");
    return freeze::exit_skipped;
}

#endif
