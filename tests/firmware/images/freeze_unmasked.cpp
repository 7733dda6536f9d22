// SPDX-License-Identifier: BSL-1.0
//
// The freeze test must find this out: critical sections that keep nobody away.
#include <pawl/platform/bare_metal.hpp>

#include "freeze.hpp"

namespace {

struct open_core : pawl::bare_metal::core {
    class critical {
    public:
        critical() noexcept { __asm__ volatile("" : : : "memory"); }
        ~critical() { __asm__ volatile("" : : : "memory"); }
        critical(const critical&) = delete;
        critical& operator=(const critical&) = delete;
    };
};

struct machine : pawl::basic_bare_metal<open_core, true> {
    static time_point now() noexcept { return time_point{duration{freeze::clock_ms}}; }
};

}  // namespace

int main() { return freeze::run<machine>(); }
