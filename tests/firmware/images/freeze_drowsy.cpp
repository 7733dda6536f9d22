// SPDX-License-Identifier: BSL-1.0
//
// The freeze test must find this out: a core that looks and then sleeps, with interrupts let in
// between the two.
#include <pawl/platform/bare_metal.hpp>

#include "freeze.hpp"

namespace {

struct drowsy_core : pawl::bare_metal::core {
    template <class Busy>
    static void sleep_unless(Busy&& busy) noexcept {
        if (!busy()) {
            __asm__ volatile("wfi" : : : "memory");
        }
    }
};

struct machine : pawl::basic_bare_metal<drowsy_core, masked_board> {
    static time_point now() noexcept { return time_point{duration{freeze::clock_ms}}; }
};

}  // namespace

int main() { return freeze::run<machine>(); }
