// SPDX-License-Identifier: BSL-1.0
//
// Goal: work_deque hands every value over exactly once, and with it everything that its pusher did
// before, on a machine that reorders all that the memory orders let it.
// Method: relacy_platform.hpp. Cells of plain memory go with the values, and back to the owner;
// Relacy reports any access that is not ordered. The counters start anywhere, also before 2^32.
#include <cstdint>

#include <pawl/containers/work_deque.hpp>

#include "relacy/relacy_platform.hpp"

namespace {

using pawl::steal_result;

// What an owner does, as a template argument.
struct script {
    template <unsigned Size>
    consteval script(const char (&letters)[Size]) {  // NOLINT: made from a literal
        for (unsigned i = 0; i < Size; ++i) {
            text[i] = letters[i];
        }
    }
    char text[8] = {};
};

// The owner follows a script of p (push) and g (pop), each thief steals some times. A cell belongs
// to one value for ever. `inside` values are there before.
template <std::uint32_t Capacity, std::uint32_t First, unsigned Thieves, unsigned Times,
          unsigned Inside, script Script>
struct stealing : rl::test_suite<stealing<Capacity, First, Thieves, Times, Inside, Script>,
                                 static_cast<rl::thread_id_t>(Thieves + 1)> {
    static constexpr unsigned cells_max = 12;

    void before() {
        for (unsigned i = 0; i < cells_max; ++i) {
            cells[i]($) = 0;
        }
        for (unsigned i = 0; i < Inside; ++i) {
            push();
        }
    }

    void thread(unsigned self) {
        if (self == 0) {
            for (const char* letter = Script.text; *letter != '\0'; ++letter) {
                if (*letter == 'p') {
                    push();
                } else {
                    pop();
                }
            }
            return;
        }
        std::uint32_t oldest = 0;
        for (unsigned i = 0; i < Times; ++i) {
            std::uint32_t number = cells_max;
            if (deque.steal(number) == steal_result::taken) {
                RL_ASSERT(number >= oldest);
                oldest = number + 1;
                run(number, self);
            }
        }
    }

    void after() {
        while (pop()) {
        }
        RL_ASSERT(deque.empty());
        unsigned seen = 0;
        for (const unsigned each : ran) {
            RL_ASSERT((seen & each) == 0);
            seen |= each;
        }
        RL_ASSERT(seen == pushed);
        std::uint32_t number = 0;
        for (std::uint32_t i = 0; i < Capacity; ++i) {
            RL_ASSERT(deque.push(i));
        }
        RL_ASSERT(!deque.push(Capacity));
        RL_ASSERT(deque.pop(number) && number == Capacity - 1);
    }

    void push() {
        RL_ASSERT(next < cells_max);
        cells[next]($) = next + 1;
        if (deque.push(next)) {
            pushed |= 1U << next;
        }
        ++next;
    }

    bool pop() {
        std::uint32_t number = cells_max;
        if (!deque.pop(number)) {
            return false;
        }
        run(number, 0);
        return true;
    }

    // Writes, too: that somebody else runs it as well is a race.
    void run(std::uint32_t number, unsigned self) {
        RL_ASSERT(number < cells_max && cells[number]($) == number + 1);
        cells[number]($) = 0;
        ran[self] |= 1U << number;
    }

    pawl::work_deque<Capacity, relacy::platform<First>> deque;
    rl::var<unsigned> cells[cells_max];
    unsigned next = 0;               // the owner's
    unsigned pushed = 0;             // likewise
    unsigned ran[Thieves + 1] = {};  // each touched by one thread
};

// Two threads are the owner, one after the other; the first one tells.
struct heir : rl::test_suite<heir, 3> {
    void before() { flag($).store(0, rl::mo_relaxed); }

    void thread(unsigned self) {
        std::uint32_t number = 0;
        if (self == 0) {
            cells[0]($) = 1;
            RL_ASSERT(deque.push(0));
            flag($).store(1, rl::mo_release);
        } else if (self == 1) {
            if (flag($).load(rl::mo_acquire) == 1) {
                cells[1]($) = 2;
                RL_ASSERT(deque.push(1));
                if (deque.pop(number)) {
                    run(number);
                }
            }
        } else if (deque.steal(number) == steal_result::taken) {
            run(number);
        }
    }

    void run(std::uint32_t number) {
        RL_ASSERT(cells[number]($) == number + 1);
        cells[number]($) = 0;
    }

    pawl::work_deque<2, relacy::platform<>> deque;
    rl::var<unsigned> cells[2];
    rl::atomic<unsigned> flag;
};

// Who is told of a push finds it, or it was taken: "empty" is never said of what has been inside
// since.
struct told : rl::test_suite<told, 3> {
    void before() { flag($).store(0, rl::mo_relaxed); }

    void thread(unsigned self) {
        std::uint32_t number = 0;
        if (self == 0) {
            RL_ASSERT(deque.push(0));
            RL_ASSERT(deque.push(1));
            flag($).store(1, rl::mo_release);
        } else if (self == 1) {
            if (flag($).load(rl::mo_acquire) == 1) {
                RL_ASSERT(!deque.empty());
                RL_ASSERT(deque.approx_size() == 2 || deque.approx_size() == 1);
                RL_ASSERT(deque.steal(number) != steal_result::empty);
            }
        } else {
            (void)(deque.steal(number) == steal_result::taken);
        }
    }

    pawl::work_deque<2, relacy::platform<>> deque;
    rl::atomic<unsigned> flag;
};

constexpr std::uint32_t before_wrap = ~std::uint32_t{1};

}  // namespace

int main() {
    relacy::must_pass<told>("told of a push");
    relacy::must_pass<heir>("an owner after another");
    relacy::must_pass<stealing<2, 0, 2, 1, 1, "g">>("2, 1 inside: g, 2 thieves");
    relacy::must_pass<stealing<2, 0, 2, 1, 2, "g">>("2, 2 inside: g, 2 thieves");
    relacy::must_pass<stealing<2, 0, 2, 1, 2, "gg">>("2, 2 inside: gg, 2 thieves");
    relacy::must_pass<stealing<2, 0, 1, 2, 2, "gg">>("2, 2 inside: gg, a thief twice");
    relacy::must_pass<stealing<2, 0, 1, 2, 2, "ggp">>("2, 2 inside: ggp, a thief twice");
    relacy::must_pass<stealing<2, 0, 1, 2, 2, "pp">>("2, 2 inside: pp, a thief twice");
    relacy::must_pass<stealing<1, 0, 2, 1, 1, "gp">>("1, 1 inside: gp, 2 thieves");
    relacy::must_pass<stealing<2, 0, 2, 2, 1, "gpg">>("2, 1 inside: gpg, 2 thieves twice",
                                                      {.context_switches = 1});
    relacy::must_pass<stealing<2, 0, 2, 2, 1, "pgp">>("2, 1 inside: pgp, 2 thieves twice",
                                                      {.context_switches = 1});
    relacy::must_pass<stealing<4, 0, 2, 2, 3, "gg">>("4, 3 inside: gg, 2 thieves twice",
                                                     {.context_switches = 1});
    relacy::must_pass<stealing<2, 0, 2, 2, 0, "pgpgpg">>(
        "2: pgpgpg, 2 thieves twice", {.random_executions = 60'000, .context_switches = 0});
    relacy::must_pass<stealing<2, 0, 2, 2, 2, "ggpgpp">>(
        "2, 2 inside: ggpgpp, 2 thieves twice",
        {.random_executions = 60'000, .context_switches = 0});
    relacy::must_pass<stealing<4, 0, 2, 3, 3, "gpgp">>(
        "4, 3 inside: gpgp, 2 thieves 3 times",
        {.random_executions = 60'000, .context_switches = 0});
    relacy::must_pass<stealing<2, before_wrap, 2, 2, 1, "ppgg">>(
        "2, 1 inside, wraps: ppgg, 2 thieves twice", {.context_switches = 0});
}
