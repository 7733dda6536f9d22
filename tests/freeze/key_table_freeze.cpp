// SPDX-License-Identifier: BSL-1.0
//
// Goal: an operation of key_table that is stopped at any instruction, for ever, harms nobody: the
// others enter, find, replace and leave its key and other ones, no key has two entries, none is
// lost, and it keeps one place at most.
// Method: freeze.hpp. Each operation is stopped everywhere, in tables with and without the key,
// with an entry whose time is over, and where an entry has to be moved; meanwhile others follow
// scripts. Then it goes on, and every answer must be that of a map in which the stopped call
// happens at one moment.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <span>

#include <pawl/jobs/key_table.hpp>

#include "freeze/freeze.hpp"
#include "jobs/key_table_calls.hpp"

#if FREEZE_IS_POSSIBLE

namespace {

using namespace key_calls;
using freeze::from;

template <std::uint32_t Places, std::uint32_t Window>
class program {
public:
    static freeze::result run(freeze::freezer& ice, const script& before, const call& victim,
                              from who, const script& others) {
        freeze::result found;
        for (unsigned boundary = 1; found.hung < 3; ++boundary) {
            program tested;
            for (const call& each : before) {
                tested.act(each, tested.all());
            }
            call& stopped = tested.add(victim, tested.all());
            const explore::call_set first = tested.all() & ~tested.last();
            unsigned in_hand = 0;
            const freeze::outcome what = ice.stop(
                boundary, who, [&] { tested.table_.run(stopped); },
                [&] {
                    for (const call& each : others) {
                        tested.act(each, first | (tested.all() & ~tested.upto(stopped)));
                    }
                    in_hand = tested.table_.in_hand();
                });
            if (what == freeze::outcome::ended_before) {
                break;
            }
            for (std::uint32_t key = 1; key <= keys_max; ++key) {
                tested.act(find(key, end), tested.all());
            }
            const bool right = in_hand <= 1 && tested.table_.is_tidy() && tested.is_explained();
            ++found.boundaries;
            found.hung += what == freeze::outcome::passed ? 0U : 1U;
            found.bad += what == freeze::outcome::passed && right ? 0U : 1U;
        }
        return found;
    }

private:
    static constexpr std::uint32_t end = 3;

    // The calls so far; the last one; those up to one.
    [[nodiscard]] explore::call_set all() const { return (explore::call_set{1} << count_) - 1; }
    [[nodiscard]] explore::call_set last() const { return explore::call_set{1} << (count_ - 1); }
    [[nodiscard]] explore::call_set upto(const call& one) const {
        return (explore::call_set{2} << (&one - calls_.data())) - 1;
    }

    call& add(const call& one, explore::call_set after) {
        calls_[count_] = one;
        calls_[count_].after = after;
        return calls_[count_++];
    }

    void act(const call& one, explore::call_set after) { table_.run(add(one, after)); }

    [[nodiscard]] bool is_explained() const {
        return explore::explained(std::span<const call>{calls_.data(), count_}, model{});
    }

    open_table<Places, Window, freeze::platform<>> table_;
    std::array<call, explore::calls_max> calls_{};
    unsigned count_ = 0;
};

template <std::uint32_t Places, std::uint32_t Window>
void stop_everywhere(freeze::freezer& ice, freeze::report& report, const char* name,
                     const char* state, const script& before, const call& victim,
                     std::initializer_list<script> scripts) {
    freeze::result found;
    for (const script& others : scripts) {
        found += program<Places, Window>::run(ice, before, victim, from::handler, others);
    }
    report.add(name, state, from::handler, found, 60);
    // To the table it is all one; this is to see that nothing is bound to the thread.
    report.add(name, state, from::thread,
               program<Places, Window>::run(ice, before, victim, from::thread, *scripts.begin()),
               20);
}

}  // namespace

int main() {
    choose_keys<freeze::platform<>>();
    freeze::freezer ice;
    freeze::report report{"key_table"};
    const script comes = {enter(1, 30, 2), find(1, 2),      leave(1, 30), enter(twin, 40, 2),
                          find(1, 2),      enter(1, 31, 2), leave(1, 10), sweep(2)};
    const script goes = {find(1, 2),      leave(1, 10),    leave(1, 20), find(1, 2),
                         enter(2, 20, 2), enter(1, 10, 2), sweep(2),     leave(2, 20)};
    const script replaces = {replace(1, 10, 30, 2), find(1, 2), leave(1, 20), leave(1, 30),
                             enter(1, 10, 2)};
    const auto stop = [&](const char* name, const char* state, const script& before,
                          const call& victim) {
        stop_everywhere<5, 5>(ice, report, name, state, before, victim, {comes, goes, replaces});
    };
    const script held = {enter(1, 10)};
    const script two = {enter(twin, 50), enter(1, 10)};
    const script over = {enter(1, 10, 0xFFFF'FFFE, 1)};
    stop("enter", "none there", {}, enter(1, 20, 2));
    stop("enter", "held", held, enter(1, 20, 2));
    stop("enter", "over", over, enter(1, 20, 2));
    stop("leave", "held", held, leave(1, 10));
    stop("leave", "held, and another one", two, leave(1, 10));
    stop("leave", "none there", {}, leave(1, 10));
    stop("replace", "held", held, replace(1, 10, 20, 2));
    stop("replace", "over", over, replace(1, 10, 20, 2, 9));
    stop("find", "held, and another one", two, find(1, 2));
    stop("sweep", "over", over, sweep(2));

    // In windows of two, key 5 makes one of the others move.
    full_is_allowed = true;
    stop_everywhere<6, 2>(ice, report, "enter", "an entry moves",
                          {enter(1, 10), enter(2, 20), enter(4, 40)}, enter(5, 50),
                          {{find(1), find(2), find(4), leave(2, 20), enter(2, 21)},
                           {leave(1, 10), leave(2, 20), leave(4, 40), enter(5, 51)},
                           {enter(5, 51), find(5), leave(5, 51), leave(5, 50)},
                           {replace(2, 20, 21), find(2), enter(6, 60)}});
    return report.end(2'500);
}

#else

int main() {
    std::puts("skip: the freeze test needs x86-64 and Linux");
    return freeze::exit_skipped;
}

#endif
