// SPDX-License-Identifier: BSL-1.0
//
// Goal: for every interleaving of small programs key_table is a map from keys to holders whose
// operations happen at one instant each: no key has two entries, none is lost, nothing is taken out
// that is another one's, times end once, entries that are moved to make room stay what they are,
// every place is given back, and no operation waits for another one, wherever that one stands.
// Method: two or three threads run short scripts on the real table. Each schedule is compared with
// a map: there must be an order of the calls that respects their order in time and gives the same
// answers, those of the looks at the end included. A thread that is stopped for ever is among the
// schedules: the others run on to their end beside it, and a call that waited for it would exceed
// the steps. The same with interrupts at every access, on words without compare-and-swap.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include <pawl/jobs/key_table.hpp>

#include "explore/history.hpp"
#include "explore/interrupt_board.hpp"
#include "explore/suite.hpp"
#include "jobs/key_table_calls.hpp"

namespace {

using namespace key_calls;

std::array<call, explore::calls_max> calls;
unsigned call_count = 0;

template <class Table>
void record(Table& tested, const call& wanted) {
    if (call_count == calls.size()) {
        explore::fail("the history is full");
    }
    call& one = calls[call_count++];
    one = wanted;
    explore::timed(one.when, [&] { tested.run(one); });
}

[[nodiscard]] bool explained() {
    const std::span all{calls.data(), call_count};
    for (call& each : all) {
        each.after = 0;
        for (unsigned i = 0; i < call_count; ++i) {
            const bool before = calls[i].when.last < each.when.first;
            each.after |= before ? explore::call_set{1} << i : 0;
        }
    }
    return explore::explained(std::span<const call>{all}, model{});
}

template <class Table>
struct player {
    Table* tested;
    const script* mine;

    void operator()() {
        for (const call& each : *mine) {
            record(*tested, each);
        }
    }
};

// What a program is besides its threads: the calls before they start, and the keys that are looked
// for at the end, at a tick.
struct frame {
    script before = {};
    std::vector<std::uint32_t> keys = {1, 2};
    std::uint32_t end = 0;
    bool full = false;
    bool old = false;  // versions about to pass their end
};

template <std::uint32_t Places, std::uint32_t Window = Places>
void program(const char* name, explore::options wanted, const frame& around,
             std::initializer_list<script> scripts) {
    using table = open_table<Places, Window, explore_platform>;
    wanted.steps_max = 2'000;
    const auto body = [&] {
        table tested;
        call_count = 0;
        full_is_allowed = around.full;
        if (around.old) {
            tested.age();
        }
        for (const call& each : around.before) {
            record(tested, each);
        }
        std::vector<player<table>> players;
        players.reserve(scripts.size());
        for (const script& each : scripts) {
            players.push_back({&tested, &each});
        }
        explore::threads_of(players);
        for (const std::uint32_t key : around.keys) {
            record(tested, find(key, around.end));
        }
        explore::check(tested.is_tidy(), "every place is free, or of one entry");
        explore::check(explained(), "a map gives the same answers");
    };
    const std::string title =
        std::string{name} + (around.old ? ", wraps" : "") + (wanted.reduce ? "" : ", all");
    explore::must_pass(title.c_str(), wanted, body);
}

// ---- interrupts ----

using board_table = open_table<3, 3, explore::interrupt_board<true>>;
board_table* on_board = nullptr;
const script* first_handler = nullptr;
const script* second_handler = nullptr;

// In one piece, so an interrupt's calls are one after the other; those that they interrupt are not.
// The order in time is not recorded: the map must explain the answers in any order that keeps each
// script's own.
unsigned own_last[3] = {};

void run_on_board(const script& mine, unsigned level) {
    for (const call& each : mine) {
        const unsigned number = call_count++;
        calls[number] = each;
        calls[number].after =
            own_last[level] == 0 ? 0 : explore::call_set{1} << (own_last[level] - 1);
        own_last[level] = number + 1;
        on_board->run(calls[number]);
    }
}

void interrupted(const char* name, const script& before, const script& main_loop,
                 const script& first, const script& second) {
    first_handler = &first;
    second_handler = &second;
    full_is_allowed = false;
    const std::uint64_t runs = explore::at_every_access(
        [] { run_on_board(*first_handler, 1); }, [] { run_on_board(*second_handler, 2); },
        [&](std::uint32_t at, std::uint32_t nested_at) {
            board_table tested;
            on_board = &tested;
            call_count = 0;
            for (unsigned& each : own_last) {
                each = 0;
            }
            run_on_board(before, 0);
            run_on_board(main_loop, 0);
            const unsigned during = call_count;
            explore::interrupts::mask();  // what comes after the end does not come
            for (const std::uint32_t key : {1U, 2U}) {
                run_on_board({find(key)}, 0);
            }
            for (unsigned i = during; i < call_count; ++i) {
                calls[i].after = (explore::call_set{1} << during) - 1;
            }
            const std::span<const call> all{calls.data(), call_count};
            const bool tidy = tested.is_tidy();
            if (!tidy || !explore::explained(all, model{})) {
                std::fprintf(stderr, "%s: wrong with an interrupt at access %u, and at %u\n", name,
                             static_cast<unsigned>(at), static_cast<unsigned>(nested_at));
                std::exit(EXIT_FAILURE);
            }
        });
    std::printf("ok     %-48s %9llu runs\n", name, static_cast<unsigned long long>(runs));
}

}  // namespace

int main() {
    choose_keys<explore_platform>();
    const frame empty{};
    const frame held{.before = {enter(1, 10)}};
    const frame pair{.before = {enter(1, 10), enter(twin, 40)}, .keys = {1, 2, twin}};

    // One key, two who want it.
    program<4>("enter, enter", {.schedules_min = 10}, empty, {{enter(1, 10)}, {enter(1, 20)}});
    program<4>("enter, enter", {.schedules_min = 10}, frame{.old = true},
               {{enter(1, 10)}, {enter(1, 20)}});
    program<4>("enter, enter", {.reduce = false, .schedules_min = 1'400}, empty,
               {{enter(1, 10)}, {enter(1, 20)}});
    program<4>("enter and leave, twice", {.schedules_min = 180}, empty,
               {{enter(1, 10), leave(1, 10)}, {enter(1, 20), leave(1, 20)}});
    program<4>("three enter", {.schedules_min = 1'400}, empty,
               {{enter(1, 10)}, {enter(1, 20)}, {enter(1, 30)}});
    program<3>("three enter, room for two", {.schedules_min = 36}, frame{.full = true},
               {{enter(1, 10)}, {enter(1, 20)}, {enter(2, 30)}});
    program<4>("enter, enter and leave, find twice", {.schedules_min = 4'300}, empty,
               {{enter(1, 10)}, {enter(1, 20), leave(1, 20)}, {find(1), find(1)}});

    // Who leaves while others come.
    program<4>("leave, enter", {.schedules_min = 6}, held, {{leave(1, 10)}, {enter(1, 20)}});
    program<4>("leave, enter", {.reduce = false, .schedules_min = 1'800}, held,
               {{leave(1, 10)}, {enter(1, 20)}});
    program<4>("leave, leave", {.schedules_min = 8}, held, {{leave(1, 10)}, {leave(1, 10)}});
    program<4>("leave, enter, enter", {.schedules_min = 300}, held,
               {{leave(1, 10)}, {enter(1, 20)}, {enter(1, 30)}});
    program<4>("leave, enter, leave of who enters", {.schedules_min = 11}, held,
               {{leave(1, 10), leave(1, 20)}, {enter(1, 20)}});
    program<4>("leave and enter, find", {.schedules_min = 55}, held,
               {{leave(1, 10), enter(1, 20)}, {find(1), find(1)}});

    // Another key of the same home.
    program<4>("leave, enter, at a twin's home", {.schedules_min = 5}, pair,
               {{leave(twin, 40)}, {enter(1, 20), find(1)}});
    program<4>("leave and enter, enter, at a twin's home", {.schedules_min = 410}, pair,
               {{leave(1, 10), enter(1, 20)}, {leave(twin, 40), enter(twin, 50)}});
    program<4>("leave twin and enter, find", {.schedules_min = 6}, pair,
               {{leave(twin, 40), enter(2, 50)}, {find(1), find(twin)}});
    program<4>("a place changes its key, enter", {.schedules_min = 2'200}, pair,
               {{leave(1, 10), leave(twin, 40), enter(twin, 50), enter(1, 60)}, {enter(1, 20)}});
    program<4>("a place changes its key, leave", {.schedules_min = 160}, pair,
               {{leave(1, 10), leave(twin, 40), enter(twin, 50), enter(1, 60)}, {leave(1, 60)}});
    program<4>("a place changes its key, find", {.schedules_min = 160}, pair,
               {{leave(1, 10), leave(twin, 40), enter(twin, 50), enter(1, 60)}, {find(1)}});

    // One in the place of another.
    program<4>("replace, enter", {.schedules_min = 4}, held,
               {{replace(1, 10, 20)}, {enter(1, 30)}});
    program<4>("replace, leave", {.schedules_min = 8}, held,
               {{replace(1, 10, 20)}, {leave(1, 10)}});
    program<4>("replace, leave", {.reduce = false, .schedules_min = 37'000}, held,
               {{replace(1, 10, 20)}, {leave(1, 10)}});
    program<5>("replace, replace", {.schedules_min = 14}, held,
               {{replace(1, 10, 20)}, {replace(1, 10, 30)}});
    program<5>("replace, replace, find", {.schedules_min = 100}, held,
               {{replace(1, 10, 20)}, {replace(1, 10, 30)}, {find(1)}});
    program<5>("replace, leave, enter", {.schedules_min = 160}, held,
               {{replace(1, 10, 20)}, {leave(1, 10)}, {enter(1, 30)}});
    program<4>("replace of replace, find", {.schedules_min = 100}, held,
               {{replace(1, 10, 20), replace(1, 20, 30)}, {find(1), find(1)}});
    program<5>("replace, leave of both", {.schedules_min = 9}, held,
               {{replace(1, 10, 20)}, {leave(1, 10), leave(1, 20)}});

    // Times that end.
    const frame timed{.before = {enter(1, 10, 0xFFFF'FFFE, 2), find(1, 0xFFFF'FFFF), find(1, 1)},
                      .end = 3};
    program<4>("over: enter, enter", {.schedules_min = 14}, timed,
               {{enter(1, 20, 2)}, {enter(1, 30, 2)}});
    program<4>("over for one of two", {.schedules_min = 4}, timed,
               {{enter(1, 20, 1)}, {enter(1, 30, 2)}});
    program<4>("over: enter, sweep", {.schedules_min = 17}, timed, {{enter(1, 20, 2)}, {sweep(2)}});
    program<4>("over: sweep, sweep, enter", {.schedules_min = 960}, timed,
               {{sweep(2)}, {sweep(2)}, {enter(1, 20, 2)}});
    program<4>("over: leave, sweep", {.schedules_min = 8}, timed, {{leave(1, 10)}, {sweep(2)}});
    program<4>("over: extend, sweep, enter", {.schedules_min = 1'600}, timed,
               {{replace(1, 10, 10, 2, 7)}, {sweep(2)}, {enter(1, 20, 2)}});
    program<4>("over: replace, enter", {.schedules_min = 14}, timed,
               {{replace(1, 10, 20, 2)}, {enter(1, 30, 2)}});
    program<4>("not over: find, sweep, extend", {.schedules_min = 12}, timed,
               {{replace(1, 10, 10, 1, 7)}, {sweep(1), find(1, 3)}});

    // Full windows: who comes takes the place of one whose time is over, or moves one.
    const frame crowded{.before = {enter(1, 10, 0, 5), enter(2, 20), enter(twin, 40)},
                        .keys = {1, 2, twin, 7},
                        .end = 5};
    program<3>("full, one is over: enter, find", {.schedules_min = 4}, crowded,
               {{enter(7, 70, 5)}, {find(2), find(twin)}});
    program<3>("full, one is over: its key, another", {.schedules_min = 68},
               frame{crowded.before, crowded.keys, crowded.end, true},
               {{enter(7, 70, 5)}, {enter(1, 11, 5)}});
    program<3>("full: enter, leave", {.schedules_min = 6},
               frame{crowded.before, crowded.keys, 4, true}, {{enter(7, 70, 4)}, {leave(2, 20)}});

    // Windows of two in six places: one of the first three entries is moved by the fourth.
    const frame moving{.before = {enter(1, 10), enter(2, 20), enter(4, 40)}, .keys = {1, 2, 4, 5}};
    const frame may_be_full{moving.before, {1, 2, 4, 5, 6}, 0, true};
    program<6, 2>("moves: enter, find, find, find", {.schedules_min = 9}, moving,
                  {{enter(5, 50)}, {find(1), find(2), find(4)}});
    const frame timed_moving{
        .before = {enter(1, 10), enter(2, 20, 0, 5), enter(4, 40)}, .keys = {1, 2, 4, 5}, .end = 5};
    program<6, 2>("moves: enter, find, with a time", {.schedules_min = 2}, timed_moving,
                  {{enter(5, 50), find(2, 4)}, {find(2, 4), find(2, 5)}});
    program<6, 2>("moves: enter, a place changes its key", {.schedules_min = 2},
                  frame{moving.before, {1, 2, 4, 5, 7}, 0, true},
                  {{enter(5, 50)}, {leave(2, 20), enter(7, 70)}});
    program<6, 2>("moves: enter, leave", {.schedules_min = 100}, may_be_full,
                  {{enter(5, 50)}, {leave(1, 10), leave(2, 20), leave(4, 40)}});
    program<6, 2>("moves: enter, leave and enter", {.schedules_min = 530}, may_be_full,
                  {{enter(5, 50)}, {leave(1, 10), enter(1, 11)}});
    program<6, 2>("moves: enter, leave and enter, too", {.schedules_min = 150}, may_be_full,
                  {{enter(5, 50)}, {leave(2, 20), enter(2, 21)}});
    program<6, 2>("moves: enter, replace", {.schedules_min = 500}, may_be_full,
                  {{enter(5, 50)}, {replace(2, 20, 21)}});
    program<6, 2>("moves: enter, replace of all", {.preemptions_max = 2, .schedules_min = 6'000},
                  may_be_full,
                  {{enter(5, 50)}, {replace(1, 10, 11), replace(2, 20, 21), replace(4, 40, 41)}});
    program<6, 2>("moves: enter, enter", {.schedules_min = 160}, may_be_full,
                  {{enter(5, 50)}, {enter(6, 60)}});
    program<6, 2>("moves: enter, enter of the same", {.schedules_min = 160}, may_be_full,
                  {{enter(5, 50)}, {enter(5, 51)}});
    program<6, 2>("moves: enter, enter, leave", {.preemptions_max = 2, .schedules_min = 14'000},
                  may_be_full, {{enter(5, 50)}, {enter(5, 51)}, {leave(2, 20)}});

    interrupted("interrupts: enter, enter, leave", {}, {enter(1, 10), leave(1, 10)}, {enter(1, 20)},
                {leave(1, 20), enter(2, 30)});
    interrupted("interrupts: leave, enter, replace", {enter(1, 10)}, {leave(1, 10)}, {enter(1, 20)},
                {replace(1, 20, 30)});
    interrupted("interrupts: replace, leave, enter", {enter(1, 10)}, {replace(1, 10, 20), find(1)},
                {leave(1, 10)}, {enter(1, 30)});
}
