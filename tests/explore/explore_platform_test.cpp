// SPDX-License-Identifier: BSL-1.0
//
// Goal: the explorer finds what it claims to find, and leaves out nothing that matters.
// Method: small programs that are wrong on purpose must fail, with a schedule that fails again when
// it is replayed; small programs that are right must take exactly as many schedules as
// combinatorics says; and in random programs the reduced search must meet the same partial orders
// as the search of every interleaving, each once.
// requires: posix
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "catch.hpp"

#include <pawl/containers/index_ring.hpp>

#include "explore/explore_platform.hpp"

using namespace std::chrono_literals;

using explore::deadlines;
using word = explore_platform::word;
using parker = explore_platform::parker;
using time_point = explore_platform::time_point;

namespace {

constexpr auto relaxed = std::memory_order_relaxed;

bool contains(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

// Two threads count to 2, in two steps each: the classical lost update.
void lost_update() {
    word counter;
    const auto add = [&] { counter.store(counter.load(relaxed) + 1, relaxed); };
    explore::threads(add, add);
    explore::check(counter.load(relaxed) == 2, "both were counted");
}

// A consumer that looks, and then parks without having said so before it looked.
template <bool AnnounceFirst>
void sleep_protocol() {
    word ready;
    word sleeping;
    parker sleeper;
    const auto producer = [&] {
        ready.store(1, relaxed);
        if (sleeping.load(relaxed) != 0) {
            explore_platform::unpark(sleeper);
        }
    };
    const auto consumer = [&] {
        if (AnnounceFirst) {
            sleeping.store(1, relaxed);
        }
        if (ready.load(relaxed) == 0) {
            if (!AnnounceFirst) {
                sleeping.store(1, relaxed);
            }
            explore_platform::park(sleeper);
        }
    };
    explore::threads(producer, consumer);
}

}  // namespace

TEST_CASE("a lost update is found, and its schedule fails again") {
    for (const bool reduce : {true, false}) {
        const auto found = explore::run({.reduce = reduce}, lost_update);
        CHECK_FALSE(found.passed);
        CHECK_FALSE(found.complete);
        CHECK(contains(found.report, "check failed: both were counted"));
        CHECK(contains(found.report, found.schedule.c_str()));
        const auto again = explore::run({.replay = found.schedule.c_str()}, lost_update);
        CHECK_FALSE(again.passed);
        CHECK(again.schedules == 1);
        CHECK(again.schedule == found.schedule);
    }
    CHECK(explore::run({.replay = "1*2 2*2"}, lost_update).passed);
}

TEST_CASE("every interleaving is explored, once") {
    // Three threads of two steps each on one word: 6! / (2! 2! 2!).
    const auto on_one_word = [] {
        word counter;
        const auto add_twice = [&] {
            counter.fetch_add(1, relaxed);
            counter.fetch_add(1, relaxed);
        };
        explore::threads(add_twice, add_twice, add_twice);
        explore::check(counter.load(relaxed) == 6, "all were counted");
    };
    for (const bool reduce : {true, false}) {
        const auto all = explore::run({.reduce = reduce}, on_one_word);
        CHECK(all.passed);
        CHECK(all.complete);
        CHECK(all.schedules == 90);
        CHECK(all.redundant == 0);
    }

    // Three threads of four steps each on words of their own: 12! / (4! 4! 4!), and one that
    // matters.
    const auto on_three_words = [] {
        std::array<word, 3> counters;
        const auto add = [&](word& counter) {
            return [&counter] {
                for (int i = 0; i < 4; ++i) {
                    counter.fetch_add(1, relaxed);
                }
            };
        };
        explore::threads(add(counters[0]), add(counters[1]), add(counters[2]));
    };
    CHECK(explore::run({.reduce = false}, on_three_words).schedules == 34'650);
    CHECK(explore::run({.schedules_min = 1}, on_three_words).schedules == 1);
}

TEST_CASE("an exploration that explored too little fails") {
    const auto alone = [] {
        word counter;
        explore::threads([&] { counter.store(1, relaxed); });
    };
    const auto one = explore::run({}, alone);
    CHECK_FALSE(one.passed);
    CHECK(contains(one.report, "only 1 schedules"));

    const auto two = [] {
        word counter;
        const auto add = [&] { counter.fetch_add(1, relaxed); };
        explore::threads(add, add, add);
    };
    CHECK(explore::run({.schedules_min = 6}, two).passed);
    CHECK_FALSE(explore::run({.schedules_min = 7}, two).passed);
    const auto cut = explore::run({.schedules_max = 5}, two);
    CHECK_FALSE(cut.passed);
    CHECK_FALSE(cut.complete);
    CHECK(contains(cut.report, "not complete after 5 schedules"));
}

TEST_CASE("a lost wake-up is found as a deadlock") {
    for (const bool reduce : {true, false}) {
        const auto wrong = explore::run({.reduce = reduce}, sleep_protocol<false>);
        CHECK_FALSE(wrong.passed);
        CHECK(contains(wrong.report, "deadlock"));
        CHECK(explore::run({.reduce = reduce}, sleep_protocol<true>).passed);
    }
}

TEST_CASE("a ring's consumer that parks without looking again sleeps through a number") {
    const auto consume = [](bool looks_again) {
        return [looks_again] {
            pawl::index_ring<2, pawl::ring_start::empty, explore_platform> ring;
            word sleeping;
            parker sleeper;
            explore::threads(
                [&] {
                    ring.put(1);
                    if (sleeping.load(relaxed) != 0) {
                        explore_platform::unpark(sleeper);
                    }
                },
                [&] {
                    std::uint32_t number = 0;
                    while (!ring.get(number)) {
                        sleeping.store(1, relaxed);
                        if (!looks_again || ring.empty()) {
                            explore_platform::park(sleeper);
                        }
                    }
                });
        };
    };
    CHECK(contains(explore::run({}, consume(false)).report, "deadlock"));
    CHECK(explore::run({}, consume(true)).passed);
}

TEST_CASE("a deadline mends a lost wake-up only where deadlines pass") {
    const auto sleep = [] {
        word ready;
        parker sleeper;
        explore::threads([&] { ready.store(1, relaxed); },
                         [&] {
                             while (ready.load(relaxed) == 0) {
                                 explore_platform::park_until(sleeper, time_point{1s});
                             }
                         });
    };
    CHECK(explore::run({.time = deadlines::when_idle}, sleep).passed);
    CHECK(contains(explore::run({.time = deadlines::never}, sleep).report, "deadlock"));
}

TEST_CASE("a loop that waits for a thread that stands still is found") {
    const auto spin = [](bool yields) {
        return [yields] {
            word flag;
            explore::threads([&] { flag.store(1, relaxed); },
                             [&] {
                                 while (flag.load(relaxed) == 0) {
                                     if (yields) {
                                         explore_platform::yield();
                                     }
                                 }
                             });
        };
    };
    for (const bool reduce : {true, false}) {
        const auto found = explore::run({.reduce = reduce, .steps_max = 100}, spin(false));
        CHECK_FALSE(found.passed);
        CHECK(contains(found.report, "livelock"));
        CHECK(explore::run({.reduce = reduce}, spin(true)).passed);
    }
}

TEST_CASE("a bound on preemptions leaves out what needs more of them") {
    CHECK(explore::run({.preemptions_max = 0}, lost_update).passed);
    CHECK_FALSE(explore::run({.preemptions_max = 1}, lost_update).passed);

    const auto count = [](unsigned bound) {
        return explore::run({.preemptions_max = bound, .schedules_min = 1},
                            [] {
                                word counter;
                                const auto add = [&] {
                                    for (int i = 0; i < 3; ++i) {
                                        counter.fetch_add(1, relaxed);
                                    }
                                };
                                explore::threads(add, add);
                            })
            .schedules;
    };
    // 3 + 3 steps: who begins (2), and for each preemption where it falls. All of them: 6! / (3!
    // 3!).
    CHECK(count(0) == 2);
    CHECK(count(1) == 6);
    CHECK(count(4) == 20);
    CHECK(count(explore::options::unbounded - 1) == 20);
}

TEST_CASE("random schedules find a fault, and the same ones with the same seed") {
    const auto run = [](std::uint64_t seed) {
        return explore::run({.random_schedules = 1'000, .seed = seed}, lost_update);
    };
    const auto found = run(7);
    CHECK_FALSE(found.passed);
    CHECK(run(7).schedules == found.schedules);
    CHECK(run(7).schedule == found.schedule);
    CHECK_FALSE(explore::run({.replay = found.schedule.c_str()}, lost_update).passed);

    const auto right = explore::run({.random_schedules = 1'000}, sleep_protocol<true>);
    CHECK(right.passed);
    CHECK_FALSE(right.complete);
    CHECK(right.schedules == 1'000);
}

TEST_CASE("a thread that outlives the body is found") {
    const auto found = explore::run({}, [] {
        static word counter;
        explore_platform::thread left;
        CHECK(left.start([](void*) { counter.fetch_add(1, relaxed); }, nullptr));
    });
    CHECK_FALSE(found.passed);
    CHECK(contains(found.report, "outlives"));
}

TEST_CASE("a body that differs from run to run is found") {
    int runs = 0;
    const auto found = explore::run({}, [&] {
        word first;
        word second;
        const bool odd = ++runs % 2 != 0;
        explore::threads([&] { first.store(1, relaxed); },
                         [&] { (odd ? first : second).store(1, relaxed); },
                         [&] { first.store(1, relaxed); });
    });
    CHECK_FALSE(found.passed);
    CHECK(contains(found.report, "not deterministic"));
}

TEST_CASE("a trap tells its schedule before it kills") {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        explore::run({}, [] {
            word counter;
            explore::threads([&] { counter.store(1, relaxed); },
                             [&] {
                                 if (counter.load(relaxed) == 0) {
                                     __builtin_trap();
                                 }
                             });
        });
        _exit(0);
    }
    close(ends[1]);
    std::string said;
    std::array<char, 256> part{};
    for (ssize_t count = 0; (count = read(ends[0], part.data(), part.size())) > 0;) {
        said.append(part.data(), static_cast<std::size_t>(count));
    }
    close(ends[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK_FALSE((WIFEXITED(status) && WEXITSTATUS(status) == 0));
    CHECK(contains(said, "trapped in schedule \"2*1\""));
}

TEST_CASE("the clocks stand still until everybody sleeps, and then go to the first deadline") {
    const auto passed = explore::run({.schedules_min = 1}, [] {
        explore::check(explore_platform::now() == time_point{}, "time begins at 0");
        parker first;
        parker second;
        explore::threads(
            [&] {
                explore_platform::park_until(first, time_point{5ms});
                explore::check(explore_platform::now() == time_point{5ms}, "5 ms is the later one");
            },
            [&] {
                explore_platform::park_until(second, time_point{3ms});
                explore::check(explore_platform::now() == time_point{3ms}, "3 ms comes first");
                explore_platform::park_until(second, time_point{1ms});
                explore::check(explore_platform::now() <= time_point{5ms}, "1 ms is in the past");
            });
        const auto calendar =
            explore_platform::wall_now() - std::chrono::sys_days{std::chrono::year{2000} / 1 / 1};
        explore::check(calendar == 5ms, "the calendar goes with it");
        explore::elapse(24h);
        explore::check(explore_platform::now() == time_point{24h + 5ms}, "time can be moved");
    });
    INFO(passed.report);
    CHECK(passed.passed);
}

TEST_CASE("with deadlines at any time a sleeper may wake early, late or be woken") {
    std::set<std::string> seen;
    const auto passed = explore::run({.time = deadlines::any_time}, [&] {
        word stage;
        parker sleeper;
        std::string mine;
        explore::threads(
            [&] {
                stage.store(1, relaxed);
                explore_platform::unpark(sleeper);
                stage.store(2, relaxed);
            },
            [&] {
                explore_platform::park_until(sleeper, time_point{1s});
                mine = explore_platform::now() == time_point{1s} ? "deadline " : "permit ";
                mine += std::to_string(stage.load(relaxed));
            });
        seen.insert(mine);
    });
    CHECK(passed.passed);
    CHECK(seen ==
          std::set<std::string>{"deadline 0", "deadline 1", "deadline 2", "permit 1", "permit 2"});
}

TEST_CASE("a parker sleeps until it has a permit, and has at most one") {
    for (const bool reduce : {true, false}) {
        // One schedule: the park comes after its permit.
        const auto passed = explore::run({.reduce = reduce, .schedules_min = 1}, [] {
            word given;
            parker sleeper;
            explore::threads(
                [&] {
                    given.store(1, relaxed);
                    explore_platform::unpark(sleeper);
                },
                [&] {
                    explore_platform::park(sleeper);
                    explore::check(given.load(relaxed) == 1, "a permit was given before");
                });
        });
        CHECK(passed.passed);
        // Two permits before the first park are one: the second park waits for ever.
        const auto twice = explore::run({.reduce = reduce}, [] {
            parker sleeper;
            explore::threads(
                [&] {
                    explore_platform::unpark(sleeper);
                    explore_platform::unpark(sleeper);
                },
                [&] {
                    explore_platform::park(sleeper);
                    explore_platform::park(sleeper);
                });
        });
        CHECK(contains(twice.report, "deadlock"));
    }
}

TEST_CASE("threads start, know themselves and are joined") {
    struct family {
        word counter;
        explore_platform::thread child;
        explore_platform::thread grandchild;

        static void be_child(void* self) {
            auto& all = *static_cast<family*>(self);
            explore::check(all.child.is_current(), "the child is itself");
            explore::check(all.grandchild.start(be_grandchild, self), "threads can be started");
            all.counter.fetch_add(1, relaxed);
            explore::check(all.child.is_current(), "the child is still itself");
            all.grandchild.join();
            explore::check(all.counter.load(relaxed) >= 2, "who was joined has ended");
        }
        static void be_grandchild(void* self) {
            auto& all = *static_cast<family*>(self);
            explore::check(all.grandchild.is_current(), "the grandchild is itself");
            explore::check(!all.child.is_current(), "and nobody else");
            all.counter.fetch_add(1, relaxed);
        }
    };
    for (const bool reduce : {true, false}) {
        const auto passed = explore::run({.reduce = reduce}, [] {
            family all;
            explore::check(!all.child.is_current(), "nobody is not the body");
            explore::check(all.child.start(family::be_child, &all), "threads can be started");
            explore::check(!all.child.is_current(), "the body is not the child");
            all.counter.fetch_add(1, relaxed);
            all.child.join();
            explore::check(all.counter.load(relaxed) == 3, "all have run");
        });
        INFO(passed.report);
        CHECK(passed.passed);
    }
}

TEST_CASE("an interval holds the steps of its call and no others") {
    const auto passed = explore::run({.reduce = false}, [] {
        word first;
        word second;
        explore::interval one;
        explore::interval other;
        std::uint32_t seen = 0;
        explore::threads(
            [&] {
                explore::timed(one, [&] {
                    first.store(1, relaxed);
                    second.store(1, relaxed);
                });
                first.store(2, relaxed);
            },
            [&] { explore::timed(other, [&] { seen = first.load(relaxed); }); });
        explore::check(one.first < one.last, "two steps");
        explore::check(other.first == other.last && other.first != 0, "one step");
        explore::check((seen != 0) == (other.first > one.first), "what it saw is when it was");
        explore::check((seen == 2) <= (other.first > one.last), "2 was written after the call");
    });
    INFO(passed.report);
    CHECK(passed.passed);
}

TEST_CASE("the platform without threads is the same for code beside it") {
    using platform = explore_platform_without_threads;
    static_assert(!platform::has_threads);
    const auto passed = explore::run({}, [] {
        pawl::index_ring<2, pawl::ring_start::full, platform> ring;
        explore::threads(
            [&] {
                std::uint32_t number = 0;
                explore::check(ring.get(number), "one");
            },
            [&] {
                std::uint32_t number = 0;
                explore::check(ring.get(number), "two");
            });
        explore::check(ring.empty(), "both are out");
    });
    CHECK(passed.passed);
}

TEST_CASE("outside of an exploration words are memory") {
    word counter;
    CHECK(counter.fetch_add(2, relaxed) == 0);
    CHECK(counter.exchange(5, relaxed) == 2);
    CHECK(counter.fetch_sub(1, relaxed) == 5);
    CHECK(counter.fetch_or(3, relaxed) == 4);
    CHECK(counter.fetch_and(6, relaxed) == 7);
    std::uint32_t expected = 1;
    CHECK_FALSE(counter.compare_exchange_strong(expected, 9, relaxed, relaxed));
    CHECK(expected == 6);
    CHECK(counter.compare_exchange_weak(expected, 9, relaxed, relaxed));
    CHECK(counter.load(relaxed) == 9);
    CHECK(explore_platform::now() == time_point{});
    const explore::word<0xffff'fff0> late;
    CHECK(late.load(relaxed) == 0xffff'fff0);
}

TEST_CASE("who sleeps again and again ends even with deadlines at any time") {
    for (const bool reduce : {true, false}) {
        unsigned most = 0;
        const auto passed = explore::run({.reduce = reduce, .time = deadlines::any_time}, [&] {
            word stop;
            parker sleeper;
            unsigned naps = 0;
            explore::threads([&] { stop.store(1, relaxed); },
                             [&] {
                                 for (; stop.load(relaxed) == 0; ++naps) {
                                     explore_platform::park_until(sleeper,
                                                                  time_point{(naps + 1) * 1s});
                                 }
                             });
            most = std::max(most, naps);
        });
        INFO(passed.report);
        CHECK(passed.passed);
        CHECK(most > 1);
    }
}

#if PAWL_HAS_EXCEPTIONS
TEST_CASE("a thread may be left while it handles an exception") {
    const auto passed = explore::run({}, [] {
        word counter;
        const auto work = [&counter](int mine) {
            return [&counter, mine] {
                try {
                    counter.fetch_add(1, relaxed);
                    throw mine;
                } catch (int caught) {
                    counter.fetch_add(1, relaxed);  // here the other one throws
                    explore::check(caught == mine, "the exception is my own");
                    try {
                        throw;
                    } catch (int again) {
                        explore::check(again == mine, "and stays so");
                    }
                }
            };
        };
        explore::threads(work(1), work(2));
    });
    INFO(passed.report);
    CHECK(passed.passed);
}
#endif

// ---- the reduction against the search of everything ----

namespace {

// A random program: threads of a few steps on a few words, with parking, clocks, and steps that
// depend on what was read.
class random_program {
public:
    explicit random_program(unsigned seed) : random_{seed} {
        const auto count = 2 + pick(2);
        const bool parks = pick(2) != 0;
        mode_ = pick(2) != 0 ? deadlines::when_idle : deadlines::any_time;
        nested_ = count == 3 && pick(3) == 0;
        words_ = 1 + pick(3);
        threads_.resize(count);
        for (auto& steps : threads_) {
            steps.resize(1 + pick(count == 2 ? 5 : 3));
            for (auto& each : steps) {
                each = {.what = pick(parks ? 10 : 6), .object = pick(words_), .value = pick(2)};
            }
        }
    }

    // Every partial order that a search meets: for each object who used it, in which order.
    std::set<std::string> orders(bool reduce, explore::result& found) {
        std::set<std::string> all;
        found = explore::run({.reduce = reduce, .time = mode_, .schedules_min = 1},
                             [&] { all.insert(run_once()); });
        return all;
    }

private:
    struct step {
        unsigned what = 0;
        unsigned object = 0;
        unsigned value = 0;
    };
    struct use {
        char thread = 0;
        char number = 0;
        bool writes = false;
        friend auto operator<=>(const use&, const use&) = default;
    };
    static constexpr unsigned parkers_at = 3;
    static constexpr unsigned clock_at = 6;

    struct state {
        std::array<word, 3> words;
        std::array<parker, 3> parkers;
        std::array<std::vector<use>, 7> uses;
    };

    unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

    void play(state& now, unsigned thread) const {
        char number = '0';
        const auto log = [&](unsigned object, bool writes) {
            now.uses[object].push_back({static_cast<char>('a' + thread), number, writes});
        };
        for (const step& each : threads_[thread]) {
            word& mine = now.words[each.object];
            switch (each.what) {
                case 0:
                case 1: {
                    const std::uint32_t seen = mine.load(relaxed);
                    log(each.object, false);
                    if (seen % 2 != 0) {
                        const unsigned next = (each.object + 1) % words_;
                        now.words[next].fetch_add(2, relaxed);
                        ++number;
                        log(next, true);
                    }
                    break;
                }
                case 2:
                    mine.store(each.value, relaxed);
                    log(each.object, true);
                    break;
                case 3:
                    mine.fetch_add(1, relaxed);
                    log(each.object, true);
                    break;
                case 4: {
                    std::uint32_t expected = each.value;
                    const bool changed =
                        mine.compare_exchange_strong(expected, expected + 1, relaxed, relaxed);
                    log(each.object, true);
                    if (!changed) {
                        mine.load(relaxed);
                        ++number;
                        log(each.object, false);
                    }
                    break;
                }
                case 5:
                    mine.fetch_or(1, relaxed);
                    log(each.object, true);
                    break;
                case 6:
                    explore_platform::unpark(now.parkers[each.object]);
                    log(parkers_at + each.object, true);
                    break;
                case 7: {
                    const auto deadline = std::chrono::nanoseconds{10 * each.value + each.object};
                    explore_platform::park_until(now.parkers[thread], time_point{deadline});
                    log(parkers_at + thread, true);
                    log(clock_at, mode_ == deadlines::any_time);
                    break;
                }
                case 8:
                    explore_platform::now();
                    log(clock_at, false);
                    break;
                default:
                    explore::elapse(5ns);
                    log(clock_at, true);
                    break;
            }
            ++number;
        }
    }

    std::string run_once() const {
        state now;
        const auto thread = [&](unsigned number) { return [&, number] { play(now, number); }; };
        if (nested_) {
            explore::threads(
                [&] {
                    auto inner = thread(2);
                    explore_platform::thread started;
                    play(now, 0);
                    (void)started.start(
                        [](void* self) { (*static_cast<decltype(inner)*>(self))(); }, &inner);
                    started.join();
                },
                thread(1));
        } else if (threads_.size() == 2) {
            explore::threads(thread(0), thread(1));
        } else {
            explore::threads(thread(0), thread(1), thread(2));
        }
        std::string text;
        for (auto& uses : now.uses) {
            // Two reads with no write between them have no order.
            for (auto begin = uses.begin(); begin != uses.end();) {
                const auto end =
                    std::find_if(begin, uses.end(), [](const use& one) { return one.writes; });
                std::sort(begin, end);
                begin = end == uses.end() ? end : end + 1;
            }
            for (const use& one : uses) {
                text += {one.thread, one.number};
            }
            text += '|';
        }
        return text;
    }

    std::minstd_rand random_;
    std::vector<std::vector<step>> threads_;
    deadlines mode_ = deadlines::when_idle;
    bool nested_ = false;
    unsigned words_ = 1;
};

}  // namespace

TEST_CASE(
    "the reduced search meets the same orders as the search of every interleaving, each once") {
    std::uint64_t every = 0;
    std::uint64_t reduced = 0;
    for (unsigned seed = 1; seed <= 400; ++seed) {
        random_program program{seed};
        explore::result all;
        explore::result once;
        const auto expected = program.orders(false, all);
        const auto met = program.orders(true, once);
        INFO("seed " << seed << '\n' << all.report << once.report);
        REQUIRE(all.passed);
        REQUIRE(once.passed);
        REQUIRE(met == expected);
        REQUIRE(once.schedules - once.redundant == met.size());
        every += all.schedules;
        reduced += once.schedules;
    }
    CHECK(every > 100'000);
    CHECK(reduced < every / 2);
}
