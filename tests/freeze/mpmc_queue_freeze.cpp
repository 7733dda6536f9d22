// SPDX-License-Identifier: BSL-1.0
//
// Goal: a try_push or a try_pop of mpmc_queue that is stopped at any instruction, for ever, harms
// nobody but for the one slot that it has in its hand.
// Method: freeze.hpp, queue_program.hpp. Zero bad boundaries, and enough of them to believe it. The
// items are of two words that must belong together, and can only be moved.
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <pawl/containers/mpmc_queue.hpp>

#include "freeze/freeze.hpp"
#include "freeze/queue_program.hpp"

#if FREEZE_IS_POSSIBLE

namespace {

class item {
public:
    explicit item(std::uint32_t number) noexcept : number_{number}, check_{~number} {}
    item(item&& from) noexcept : number_{from.number_}, check_{from.check_} { from.check_ = 0; }
    item& operator=(item&& from) noexcept {
        number_ = from.number_;
        check_ = from.check_;
        from.check_ = 0;
        return *this;
    }
    item(const item&) = delete;
    item& operator=(const item&) = delete;
    ~item() = default;

    // Nobody's number if it is torn, or was moved from.
    [[nodiscard]] std::uint32_t number() const noexcept {
        return check_ == ~number_ ? number_ : ~std::uint32_t{0};
    }

private:
    std::uint32_t number_;
    std::uint32_t check_;
};

template <std::uint32_t Capacity, std::uint32_t First>
struct queue {
    static constexpr std::uint32_t capacity = Capacity;
    static constexpr std::uint32_t slots_in_hand = 1;
    static constexpr bool owns_numbers = false;

    bool push(std::uint32_t number) { return tested.try_push(item{number}); }
    bool pop(std::uint32_t& number) {
        item got{0};
        const bool done = tested.try_pop(got);
        number = got.number();
        return done;
    }

    pawl::mpmc_queue<item, Capacity, freeze::platform<First>> tested;
};

// A ring's words start three cycles before 2^32, and positions in cycle 1.
constexpr std::uint32_t before_wrap(std::uint32_t capacity) {
    return ~(4 * std::bit_ceil(capacity) - 1);
}

}  // namespace

int main() {
    freeze::freezer ice;
    freeze::report report{"mpmc_queue"};
    freeze::stop_everywhere<queue<4, 0>>(ice, report, "mpmc_queue<4>", {0, 3});
    // Counters pass 2^32 in the stopped call, or in what others do meanwhile: those that push moves
    // first and last, and those of pop.
    freeze::stop_everywhere<queue<2, before_wrap(2)>>(ice, report, "mpmc_queue<2>, wraps",
                                                      {3, 4, 5});
    return report.end(10'000);
}

#else

int main() {
    std::puts("skip: the freeze test needs x86-64 and Linux");
    return freeze::exit_skipped;
}

#endif
