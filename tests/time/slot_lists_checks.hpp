// SPDX-License-Identifier: BSL-1.0
//
// slot_lists_checks: lists of timers beside std::list, as a program without a test framework; for
// slot_lists_test.cpp, and for the mutants (tests/mutants/timer_wheel_mutants.cpp).
#pragma once

#include <cstdint>
#include <list>
#include <vector>

#include <pawl/time/slot_lists.hpp>

#include "time/timer_wheel_checks.hpp"

namespace wheel_checks {

// A std::list for each place, in the same interface.
class plain_lists {
public:
    plain_lists(std::uint32_t timers, std::uint32_t columns, std::uint32_t rows)
        : columns_{columns}, lists_(rows * columns), where_(timers, nowhere), dues_(timers) {}

    using order = std::list<std::uint32_t>;
    [[nodiscard]] const order& at(pawl::slot_place slot) const {
        return lists_[slot.row * columns_ + slot.column];
    }
    [[nodiscard]] bool listed(std::uint32_t timer) const { return where_[timer] != nowhere; }
    [[nodiscard]] std::uint64_t& due(std::uint32_t timer) { return dues_[timer]; }

    void push_back(pawl::slot_place slot, std::uint32_t timer) {
        where_[timer] = slot.row * columns_ + slot.column;
        lists_[where_[timer]].push_back(timer);
    }
    void push_front(pawl::slot_place slot, std::uint32_t timer) {
        where_[timer] = slot.row * columns_ + slot.column;
        lists_[where_[timer]].push_front(timer);
    }
    pawl::slot_place remove(std::uint32_t timer) {
        const std::uint32_t list = where_[timer];
        lists_[list].remove(timer);
        where_[timer] = nowhere;
        return {list / columns_, list % columns_};
    }

private:
    static constexpr std::uint32_t nowhere = ~std::uint32_t{0};
    std::uint32_t columns_;
    std::vector<order> lists_;
    std::vector<std::uint32_t> where_;
    std::vector<std::uint64_t> dues_;
};

// Every operation at random, on a few lists at the corners, so that they have none, one, two and
// many timers; every timer's answers, and one list as a whole, after each.
template <std::uint32_t Capacity, std::uint32_t Rows, std::uint32_t Columns, class Tick,
          bool Counted>
void random_lists(std::uint64_t seed, std::uint32_t steps) {
    running = "slot_lists";
    seed_running = seed;
    using lists = pawl::slot_lists<Capacity, Rows, Columns, Tick, Counted>;
    const auto ours = std::make_unique<lists>();
    plain_lists theirs{Capacity, Columns, Rows};
    random_source random{seed};
    const pawl::slot_place places[] = {
        {0, 0}, {0, Columns - 1}, {Rows - 1, 0}, {Rows / 2, 1}, {Rows - 1, Columns - 1}};
    // Numbers from both ends: they differ in all their bits.
    const std::uint32_t timers = Capacity < 24 ? Capacity : 24;
    const auto number = [&](std::uint32_t which) {
        return which < timers / 2 ? which : Capacity - timers + which;
    };
    for (std::uint32_t step = 0; step < steps; ++step) {
        const pawl::slot_place slot = places[random.below(5)];
        const pawl::slot_place other = places[random.below(5)];
        const std::uint32_t timer = number(random.below(timers));
        const plain_lists::order& list = theirs.at(slot);
        const bool was_empty = list.empty();
        check(ours->empty(slot) == was_empty, "empty");
        switch (random.below(7)) {
            case 0:
            case 1:
                if (!theirs.listed(timer)) {
                    check(ours->push_back(slot, timer) == was_empty, "push_back: was empty");
                    theirs.push_back(slot, timer);
                }
                break;
            case 2:
                if (!theirs.listed(timer)) {
                    check(ours->push_front(slot, timer) == was_empty, "push_front: was empty");
                    theirs.push_front(slot, timer);
                }
                break;
            case 3:
                if (!was_empty) {
                    const std::uint32_t first = list.front();
                    check(ours->pop_front(slot) == first, "pop_front: the first");
                    theirs.remove(first);
                }
                break;
            case 4:
                if (theirs.listed(timer)) {
                    const pawl::slot_place from = ours->remove(timer);
                    const pawl::slot_place expected = theirs.remove(timer);
                    check(from.row == expected.row && from.column == expected.column,
                          "remove: out of which list");
                }
                break;
            case 5:
                if (!was_empty && &theirs.at(other) != &list) {
                    const bool other_was_empty = theirs.at(other).empty();
                    const std::uint32_t last = list.back();
                    check(ours->move_back_to_front(slot, other) == other_was_empty,
                          "move_back_to_front: was empty");
                    theirs.remove(last);
                    theirs.push_front(other, last);
                }
                break;
            default:
                theirs.due(timer) = static_cast<Tick>(random());
                ours->set_due(timer, static_cast<Tick>(theirs.due(timer)));
                break;
        }
        for (std::uint32_t which = 0; which < timers; ++which) {
            check(ours->listed(number(which)) == theirs.listed(number(which)), "listed");
            check(ours->due(number(which)) == theirs.due(number(which)), "due");
        }
        for (const pawl::slot_place place : places) {
            const plain_lists::order& now = theirs.at(place);
            check(ours->empty(place) == now.empty(), "empty");
            const auto count = static_cast<std::uint32_t>(now.size());
            check(ours->count(place) == (Counted || count == 0 ? count : Capacity), "count");
            if (!now.empty()) {
                check(ours->front(place) == now.front(), "front");
                check(ours->back(place) == now.back(), "back");
            }
        }
        if (step % 64 == 0) {  // the whole order of one list, by taking it apart
            while (!list.empty()) {
                const std::uint32_t first = list.front();
                check(ours->pop_front(slot) == first, "the order of a list");
                theirs.remove(first);
            }
            check(ours->empty(slot), "empty at its end");
        }
    }
}

}  // namespace wheel_checks
