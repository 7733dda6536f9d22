// SPDX-License-Identifier: BSL-1.0
//
// Goal: for every interleaving of an owner and one or two thieves, work_deque hands every value
// over once: to the owner what it pushed last, to a thief the oldest. A push fails only if the
// deque was full, a pop, a steal and `empty` say "nothing" only if nothing was inside, at some
// moment of the call; a race is lost only to somebody who won one; `empty` says no only beside a
// value, or while somebody takes one. A call that is stopped at any step, for ever, keeps at most
// its one value and hides nothing else.
// Method: queue_explore.hpp's histories, explained by a sequential deque in which each call happens
// as a whole at one moment. With a thread that is stopped, the others run to their end, and then
// everything is taken, beside it; a call that waited for it would exceed the steps.
// Values are also numbers of cells, as in a pool, which must be run once.
// requires: posix
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include <pawl/containers/work_deque.hpp>

#include "containers/queue_explore.hpp"

namespace {

using pawl::steal_result;
using queue_explore::before_wrap;
using queue_explore::call;
using queue_explore::call_set;
using queue_explore::history;
using queue_explore::nobody;
using queue_explore::start;

// A sequential deque. Calls: p push, g pop, s steal, l a steal that lost a race, e an `empty` that
// says yes, f one that says no.
template <std::uint32_t Capacity>
class model {
public:
    static unsigned steps(const call&) { return 1; }

    bool apply(const call& one, unsigned) {
        const std::uint32_t size = end_ - begin_;
        switch (one.what) {
            case 'p':
                if (!one.done || size == Capacity) {
                    return !one.done && size == Capacity;
                }
                values_[end_++] = static_cast<std::uint8_t>(one.number);
                return true;
            case 'g':
                if (!one.done || size == 0) {
                    return !one.done && size == 0;
                }
                return values_[--end_] == one.number;
            case 's':
                if (!one.done || size == 0) {
                    return !one.done && size == 0;
                }
                return values_[begin_++] == one.number;
            case 'e': return size == 0;
            default: return true;  // these are guesses: see check_guesses()
        }
    }

private:
    std::array<std::uint8_t, explore::calls_max> values_{};
    std::uint8_t begin_ = 0;
    std::uint8_t end_ = 0;
};

template <std::uint32_t Capacity, std::uint32_t First = 0>
class program {
public:
    using deque = pawl::work_deque<Capacity, explore::platform<true, First>>;
    using scripts = std::initializer_list<const char*>;

    // The scripts are of p and g, which one of them may have, s, e, and n: approx_size is between 0
    // and the capacity.
    static void explore(explore::options wanted, start from, scripts threads) {
        run(wanted, from, threads, false);
    }
    // The first thread may be stopped at any step.
    static void explore_stopped(explore::options wanted, start from, scripts threads) {
        run(wanted, from, threads, true);
    }

private:
    static void run(explore::options wanted, start from, scripts threads, const bool one_stops) {
        std::string title = std::to_string(Capacity) + (First != 0 ? ", wraps" : "") + ", " +
                            std::to_string(from.inside) + " inside";
        title += from.turned != 0 ? ", turned " + std::to_string(from.turned) : "";
        title += ":";
        bool stopped = one_stops;
        for (const char* script : threads) {
            title += std::string(" ") + script + (stopped ? "!" : "");
            stopped = false;
        }
        wanted.steps_max = 2'000;
        explore::must_pass(title.c_str(), wanted, [&] { run_once(from, threads, one_stops); });
    }

    static void act(deque& tested, history& log, unsigned self, std::uint32_t& next, char what) {
        const auto taken_by = [](call& one, bool done, std::uint32_t value) {
            one.done = done;
            explore::check(done || value == nobody, "what was not taken leaves its argument");
            one.number = value;
        };
        switch (what) {
            case 'p':
                log.record(self, 'p', [&](call& one) {
                    one.number = next++;
                    one.done = tested.push(one.number);
                });
                break;
            case 'g':
                log.record(self, 'g', [&](call& one) {
                    std::uint32_t value = nobody;
                    const bool done = tested.pop(value);
                    taken_by(one, done, value);
                });
                break;
            case 's':
                log.record(self, 's', [&](call& one) {
                    std::uint32_t value = nobody;
                    const steal_result result = tested.steal(value);
                    taken_by(one, result == steal_result::taken, value);
                    one.what = result == steal_result::lost_race ? 'l' : 's';
                });
                break;
            case 'e':
                log.record(self, 'e', [&](call& one) { one.what = tested.empty() ? 'e' : 'f'; });
                break;
            case 'n':
                explore::check(tested.approx_size() <= Capacity, "a size is within the bounds");
                break;
            default: explore::fail("no such letter in a script");
        }
    }

    struct player {
        deque* tested = nullptr;
        history* log = nullptr;
        const char* script = nullptr;
        unsigned self = 0;

        void operator()() {
            std::uint32_t next = self * explore::calls_max;
            for (const char* letter = script; *letter != '\0'; ++letter) {
                act(*tested, *log, self, next, *letter);
            }
        }
        [[nodiscard]] bool owns() const {
            return std::string{script}.find_first_of("pg") != std::string::npos;
        }
    };

    static void run_once(start from, scripts threads, bool stopped) {
        deque tested;
        for (unsigned i = 0; i < from.turned; ++i) {
            std::uint32_t value = nobody;
            explore::check(tested.push(i), "an empty deque has room");
            const bool got =
                i % 2 == 0 ? tested.pop(value) : tested.steal(value) == steal_result::taken;
            explore::check(got && value == i, "what was pushed is what is taken");
        }
        explore::check(tested.empty() && tested.approx_size() == 0, "it is empty");

        history log;
        std::uint32_t next = 0;
        for (unsigned i = 0; i < from.inside; ++i) {
            act(tested, log, 0, next, 'p');
        }
        log.starts(0);
        std::array<player, history::threads_max - 1> players;
        unsigned count = 0;
        for (const char* script : threads) {
            explore::check(count < players.size(), "at most three scripts");
            players[count] = {&tested, &log, script, count + 1};
            log.starts(++count);
        }

        const auto all = [&](const char* script) {
            for (; *script != '\0'; ++script) {
                act(tested, log, 0, next, *script);
            }
        };
        const auto drain = [&] {
            for (std::uint32_t i = 0; i <= Capacity; ++i) {
                all("s");
            }
        };
        if (stopped) {
            explore::engine& explorer = *explore::engine::active;
            const call_set victim = call_set{1} << explorer.next_id();
            explorer.start([](void* self) { (*static_cast<player*>(self))(); }, players.data());
            std::span others{players.data() + 1, count - 1};
            explore::threads_of(others);
            drain();
            if (!players[0].owns()) {  // an owner that is stopped has no heir
                for (std::uint32_t i = 0; i <= Capacity; ++i) {
                    all("p");
                }
                all("gg");
            }
            explorer.join(victim);
        } else {
            std::span playing{players.data(), count};
            explore::threads_of(playing);
        }

        // Whatever is inside comes out, and then all the room is there.
        std::uint32_t inside = 0;
        for (const call& one : log.calls()) {
            inside += one.adds() ? 1U : 0U;
            inside -= takes(one) ? 1U : 0U;
        }
        explore::check(tested.approx_size() == inside && tested.empty() == (inside == 0),
                       "the size is exact when nothing else runs");
        all(inside > 1 ? "gs" : "g");
        drain();
        explore::check(explore::explained<model<Capacity>>(log.calls()),
                       "a sequential deque gives the same answers");
        check_guesses(log.calls());
        for (std::uint32_t i = 0; i < Capacity; ++i) {
            explore::check(tested.push(i), "a drained deque has room for all it can hold");
        }
        explore::check(!tested.push(Capacity), "it holds no more than its capacity");
    }

    static bool takes(const call& one) { return one.done && (one.what == 'g' || one.what == 's'); }

    // Who lost a race lost it to one that took a value meanwhile; who is told "not empty" was told
    // so beside one, or beside a value.
    static void check_guesses(std::span<const call> calls) {
        for (unsigned i = 0; i < calls.size(); ++i) {
            if (calls[i].what != 'l' && calls[i].what != 'f') {
                continue;
            }
            bool beside = false;
            int inside = 0;
            for (unsigned j = 0; j < calls.size(); ++j) {
                const bool before = (calls[i].after >> j & 1U) != 0;
                const bool behind = (calls[j].after >> i & 1U) != 0;
                beside = beside || (takes(calls[j]) && !before && !behind);
                inside += calls[j].adds() && !behind ? 1 : 0;
                inside -= takes(calls[j]) && before ? 1 : 0;
            }
            explore::check(beside || (calls[i].what == 'f' && inside > 0),
                           "a race is lost to somebody who won it, and values are not imagined");
        }
    }
};

// A job's cell is written, pushed, taken by whoever comes first, read and given back to the owner,
// who writes it again: no cell has two readers, and nobody reads what is not written yet.
void cells_are_handed_over() {
    pawl::work_deque<2, explore_platform> deque;
    explore_platform::word cells[2];
    explore_platform::word ran;
    constexpr auto order = std::memory_order_seq_cst;
    const auto run = [&](std::uint32_t cell) {
        explore::check(cells[cell].exchange(0, order) == cell + 1, "a cell is run once");
        ran.fetch_add(1, order);
    };
    const auto thief = [&] {
        std::uint32_t cell = nobody;
        if (deque.steal(cell) == steal_result::taken) {
            run(cell);
        }
    };
    const auto owner = [&] {
        std::uint32_t cell = nobody;
        for (std::uint32_t i = 0; i < 2; ++i) {
            cells[i].store(i + 1, order);
            explore::check(deque.push(i), "there is room");
        }
        while (deque.pop(cell)) {
            run(cell);
        }
    };
    explore::threads(owner, thief, thief);
    explore::check(ran.load(order) == 2 && deque.empty(), "every cell was run");
}

}  // namespace

int main() {
    using two = program<2>;
    // One value, which all want; and one that comes.
    two::explore({.schedules_min = 60}, {.inside = 1}, {"g", "s", "s"});
    two::explore({.schedules_min = 200}, {.inside = 1}, {"g", "s", "es"});
    two::explore({.schedules_min = 300}, {}, {"pg", "s", "s"});
    two::explore({.schedules_min = 50}, {}, {"pg", "ss"});
    // Two: the owner announces, and thieves come as far as that or not.
    two::explore({.schedules_min = 100}, {.inside = 2}, {"g", "s", "s"});
    two::explore({.schedules_min = 900}, {.inside = 2}, {"g", "s", "se"});
    two::explore({.schedules_min = 700}, {.inside = 2}, {"gg", "s", "s"});
    two::explore({.schedules_min = 80}, {.inside = 2}, {"gg", "ss"});
    two::explore({.schedules_min = 4'000}, {.inside = 2}, {"gpg", "s", "s"});
    two::explore({.schedules_min = 1'000}, {.inside = 2}, {"gn", "sn", "sn"});
    // Pushed, popped and pushed again where a thief looks.
    two::explore({.schedules_min = 70}, {.inside = 1}, {"pgpg", "s"});
    two::explore({.schedules_min = 200}, {.inside = 1}, {"pgp", "ss"});
    two::explore({.schedules_min = 2'000}, {.inside = 1}, {"gpg", "s", "s"});
    // Full: room that a thief made.
    two::explore({.schedules_min = 40}, {.inside = 2}, {"pp", "ss"});
    two::explore({.schedules_min = 3'000}, {.inside = 2}, {"pgp", "s", "s"});
    two::explore({.schedules_min = 2'000}, {.inside = 2}, {"ppg", "s", "s"});
    two::explore({.schedules_min = 10'000}, {.inside = 1}, {"pgpg", "s", "s"});
    // Thieves alone, and who looks.
    two::explore({.schedules_min = 300}, {.inside = 2}, {"ss", "s", "e"});
    two::explore({.schedules_min = 3'000}, {.inside = 2}, {"gg", "ee", "s"});
    using one = program<1>;
    one::explore({.schedules_min = 500}, {.inside = 1}, {"gp", "s", "s"});
    one::explore({.schedules_min = 1'000}, {}, {"pgp", "s", "e"});
    one::explore({.schedules_min = 30}, {.inside = 1}, {"pp", "ss"});
    using four = program<4>;
    four::explore({.schedules_min = 1'000}, {.inside = 3}, {"gg", "s", "s"});
    four::explore({.schedules_min = 300}, {.inside = 3}, {"ggg", "ss"});
    four::explore({.schedules_min = 2'000}, {.inside = 4}, {"gpp", "s", "s"});
    four::explore({.schedules_min = 10'000}, {.inside = 3}, {"gg", "ss", "s"});

    // The first one is stopped: owner, or thief.
    two::explore_stopped({.schedules_min = 20}, {}, {"p", "s"});
    two::explore_stopped({.schedules_min = 20}, {.inside = 1}, {"g", "s"});
    two::explore_stopped({.schedules_min = 4'000}, {.inside = 1}, {"pg", "s", "s"});
    two::explore_stopped({.schedules_min = 500}, {.inside = 2}, {"g", "s", "s"});
    two::explore_stopped({.schedules_min = 1'000}, {.inside = 2}, {"gg", "s", "e"});
    four::explore_stopped({.schedules_min = 7'000}, {.inside = 3}, {"g", "ss", "s"});
    two::explore_stopped({.schedules_min = 90}, {.inside = 1}, {"s", "g"});
    two::explore_stopped({.schedules_min = 200}, {.inside = 1}, {"s", "gpg"});
    two::explore_stopped({.schedules_min = 10'000}, {.inside = 2}, {"s", "pgg", "s"});
    one::explore_stopped({.schedules_min = 2'000}, {.inside = 1}, {"s", "gp", "s"});

    // The counters pass 2^32, before, between and after.
    using wraps = program<2, before_wrap>;
    for (const unsigned turned : {5U, 6U, 7U, 8U}) {
        wraps::explore({.schedules_min = 40}, {.turned = turned, .inside = 1}, {"pgg", "s"});
        wraps::explore({.schedules_min = 800}, {.turned = turned, .inside = 2}, {"gp", "s", "s"});
        wraps::explore({.schedules_min = 40}, {.turned = turned, .inside = 2}, {"pp", "ss"});
        wraps::explore_stopped({.schedules_min = 200}, {.turned = turned, .inside = 2},
                               {"s", "ggp"});
    }
    explore::must_pass("cells are handed over", {.schedules_min = 500}, cells_are_handed_over);
}
