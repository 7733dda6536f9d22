// SPDX-License-Identifier: BSL-1.0
//
// Where the interrupts of one window came, and how many of the runs went wrong: printed for
// freeze_test.sh. See freeze.hpp.
#pragma once

#include <cstdint>

#include "board/semihosting.hpp"
#include "freeze_accounts.hpp"

namespace freeze {

struct tally {
    explicit tally(const char* what) : name{what} {
        semihosting::print("window ");
        semihosting::print(name);
        semihosting::print("\n");
    }

    // A run that was interrupted, so many instructions ahead, before `place`; and whether poll()
    // was busy there.
    void add(std::uint32_t aim, std::uintptr_t place, bool busy) {
        same = place == last_place ? same + 1 : 0;
        if (same == 0) {
            last_place = place;
            ++places;
            semihosting::print("at ");
            print_hex(place);
            semihosting::print("\n");
        }
        busy_parts += busy && !busy_before ? 1U : 0U;
        busy_before = busy;
        if (now.wrong != nullptr && ++bad <= shown_max) {
            semihosting::print("bad: ");
            semihosting::print(name);
            semihosting::print(", aim ");
            semihosting::print(aim);
            semihosting::print(" at ");
            print_hex(place);
            semihosting::print(": ");
            semihosting::print(now.wrong);
            semihosting::print("\n");
        }
    }

    // Of the window as a whole.
    void check(bool condition, const char* what) {
        if (!condition) {
            ++bad;
            semihosting::print("bad: ");
            semihosting::print(name);
            semihosting::print(": ");
            semihosting::print(what);
            semihosting::print("\n");
        }
    }

    void end() const {
        semihosting::print(places);
        semihosting::print(" ");
        semihosting::print(bad);
        semihosting::print("\n");
    }

    const char* name;
    std::uint32_t places = 0;
    std::uint32_t bad = 0;
    std::uint32_t busy_parts = 0;  // poll() was busy from one place to another, so many times
    std::uint32_t same = 0;        // runs since the place was another one

private:
    static constexpr std::uint32_t shown_max = 3;

    std::uintptr_t last_place = 0;
    bool busy_before = false;
};

}  // namespace freeze
