// SPDX-License-Identifier: BSL-1.0
//
// key_table_calls: calls of a key_table and their answers, the map that has to explain them, and a
// table whose insides can be looked at. For the tests that interleave and stop calls.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <pawl/jobs/key_table.hpp>

#include "explore/explorer.hpp"
#include "explore/history.hpp"

namespace key_calls {

using pawl::key_change;
using pawl::key_result;

// Keys are numbered; what they are for the table is chosen by where their homes lie.
constexpr std::uint32_t keys_max = 8;
inline std::array<std::uint32_t, keys_max + 1> real_keys = {0, 1, 2, 3, 4, 5, 6, 7, 8};

// One call and its answer.
struct call {
    char what = ' ';  // e: enter, f: find, l: leave, r: replace, s: sweep
    std::uint32_t key = 0;
    std::uint32_t value = 0;  // of enter and leave; what replace puts there
    std::uint32_t old = 0;    // what replace takes away
    std::uint32_t now = 0;
    std::uint32_t until = 0;

    std::uint32_t result = 0;  // key_result, key_change, a bool, how many
    std::uint32_t seen = 0;    // the value that was found
    std::uint32_t seen_until = 0;
    explore::interval when = {};
    explore::call_set after = 0;
};

inline call enter(std::uint32_t key, std::uint32_t value, std::uint32_t now = 0,
                  std::uint32_t until = 0) {
    return {.what = 'e', .key = key, .value = value, .now = now, .until = until};
}
inline call find(std::uint32_t key, std::uint32_t now = 0) {
    return {.what = 'f', .key = key, .now = now};
}
inline call leave(std::uint32_t key, std::uint32_t value) {
    return {.what = 'l', .key = key, .value = value};
}
inline call replace(std::uint32_t key, std::uint32_t old, std::uint32_t value,
                    std::uint32_t now = 0, std::uint32_t until = 0) {
    return {.what = 'r', .key = key, .value = value, .old = old, .now = now, .until = until};
}
inline call sweep(std::uint32_t now) { return {.what = 's', .now = now}; }

using script = std::vector<call>;

inline bool over(std::uint32_t until, std::uint32_t now) {
    return until != 0 && static_cast<std::int32_t>(now - until) >= 0;
}

inline bool full_is_allowed = false;

// A map.
struct model {
    struct entry {
        std::uint32_t value = 0;
        std::uint32_t until = 0;
    };
    std::array<entry, keys_max + 1> entries{};

    static unsigned steps(const call&) { return 1; }

    bool apply(const call& one, unsigned) {
        entry& own = entries[one.key];
        const bool live = own.value != 0 && !over(own.until, one.now);
        switch (one.what) {
            case 'e':
                if (one.result == static_cast<std::uint32_t>(key_result::full)) {
                    return full_is_allowed && !live;
                }
                if (one.result == static_cast<std::uint32_t>(key_result::exists)) {
                    return live && one.seen == own.value && one.seen_until == own.until;
                }
                if (live) {
                    return false;
                }
                own = {one.value, one.until};
                return true;
            case 'f': return one.seen == (live ? own.value : 0);
            case 'l':
                if (one.result == 0) {
                    return own.value != one.value;
                }
                if (own.value != one.value) {
                    return false;
                }
                own = {};
                return true;
            case 'r':
                if (one.result == static_cast<std::uint32_t>(key_change::gone)) {
                    return own.value != one.old;
                }
                if (own.value != one.old) {
                    return false;
                }
                if (one.result == static_cast<std::uint32_t>(key_change::full)) {
                    return full_is_allowed;
                }
                own = {one.value, one.until};
                return true;
            default: {
                // One entry at most has a time in these programs. A sweep may miss what comes.
                if (one.result == 0) {
                    return true;
                }
                for (entry& each : entries) {
                    if (each.value != 0 && over(each.until, one.now)) {
                        each = {};
                        return one.result == 1;
                    }
                }
                return false;
            }
        }
    }
};

// A table whose insides can be looked at.
template <std::uint32_t Places, std::uint32_t Window, class Platform>
struct open_table : pawl::key_table_places<Places, Window, Platform> {
    using base = pawl::key_table_places<Places, Window, Platform>;

    void run(call& one) {
        const std::uint32_t key = real_keys[one.key];
        switch (one.what) {
            case 'e': {
                const auto answer = this->enter(key, one.value, one.now, one.until);
                one.result = static_cast<std::uint32_t>(answer.result);
                one.seen = answer.value;
                one.seen_until = answer.until;
                break;
            }
            case 'f': one.seen = this->find(key, one.now); break;
            case 'l': one.result = this->leave(key, one.value) ? 1 : 0; break;
            case 'r':
                one.result = static_cast<std::uint32_t>(
                    this->replace(key, one.old, one.value, one.now, one.until));
                break;
            default: one.result = this->sweep(one.now, Places);
        }
    }

    // Versions that are about to pass their end.
    void age() {
        for (auto& each : this->places_) {
            each.held.store(0xFFFF'FF00, std::memory_order_relaxed);
        }
    }

    // Places that are neither free nor named by one bit of their key's home; ~0: a bit is wrong.
    [[nodiscard]] unsigned in_hand() const {
        std::array<unsigned, Places> named{};
        for (std::uint32_t home = 0; home < Places; ++home) {
            const std::uint32_t held = this->places_[home].held.load(std::memory_order_relaxed);
            for (std::uint32_t bit = 0; bit < 8; ++bit) {
                if ((held >> bit & 1U) == 0) {
                    continue;
                }
                if (bit >= Window) {
                    return ~0U;
                }
                const std::uint32_t at = base::position(home, bit);
                const std::uint32_t key = this->places_[at].key.load(std::memory_order_relaxed);
                if (++named[at] != 1 || key == 0 || base::home_of(key) != home) {
                    return ~0U;
                }
            }
        }
        unsigned count = 0;
        for (std::uint32_t at = 0; at < Places; ++at) {
            const bool free = this->places_[at].key.load(std::memory_order_relaxed) == 0;
            if (free && named[at] != 0) {
                return ~0U;
            }
            count += !free && named[at] == 0 ? 1U : 0U;
        }
        return count;
    }
    // Whether every place is free, or of one entry.
    [[nodiscard]] bool is_tidy() const { return in_hand() == 0; }

    // Whether these keys have one home.
    [[nodiscard]] static bool meet(std::uint32_t first, std::uint32_t second) {
        return base::home_of(first) == base::home_of(second);
    }

    // Whether the whole window of a key is taken.
    [[nodiscard]] bool needs_room(std::uint32_t key) const {
        const std::uint32_t home = base::home_of(key);
        for (std::uint32_t bit = 0; bit < Window; ++bit) {
            const std::uint32_t at = base::position(home, bit);
            if (this->places_[at].key.load(std::memory_order_relaxed) == 0) {
                return false;
            }
        }
        return true;
    }
};

// Key 1 and `twin` have one home in three and in four places, and key 2 has another one.
constexpr std::uint32_t twin = 3;

// In six places with windows of two, keys 5 and 6 find none free after keys 1, 2 and 4, one of
// which then has to be moved. Key 7 has the home of key 2.
template <class Platform>
void choose_keys() {
    using three = open_table<3, 3, Platform>;
    using four = open_table<4, 4, Platform>;
    using six = open_table<6, 2, Platform>;
    const auto first = [](std::uint32_t number, auto&& fits) {
        std::uint32_t& key = real_keys[number];
        for (key = real_keys[number - 1] + 1; !fits(key); ++key) {
            if (key == 10'000) {
                std::puts("there are no keys with such homes");
                std::exit(EXIT_FAILURE);
            }
        }
    };
    const std::uint32_t one = real_keys[1];
    first(2, [&](std::uint32_t key) { return !three::meet(one, key) && !four::meet(one, key); });
    first(twin, [&](std::uint32_t key) { return three::meet(one, key) && four::meet(one, key); });
    const auto moves = [&](std::uint32_t fourth, std::uint32_t fifth) {
        six tested;
        bool entered = true;
        for (const std::uint32_t key : {one, real_keys[2], fourth}) {
            entered = entered && !tested.needs_room(key) &&
                      tested.enter(key, key, 0).result == key_result::entered;
        }
        return entered && tested.needs_room(fifth) &&
               tested.enter(fifth, fifth, 0).result == key_result::entered;
    };
    first(4, [&](std::uint32_t fourth) {
        for (real_keys[5] = fourth + 1; real_keys[5] < fourth + 100; ++real_keys[5]) {
            if (moves(fourth, real_keys[5])) {
                return true;
            }
        }
        return false;
    });
    first(6, [&](std::uint32_t sixth) { return moves(real_keys[4], sixth); });
    first(7, [&](std::uint32_t key) { return six::meet(key, real_keys[2]); });
    for (std::uint32_t number = 8; number <= keys_max; ++number) {
        real_keys[number] = real_keys[number - 1] + 1;
    }
}

}  // namespace key_calls
