// SPDX-License-Identifier: BSL-1.0
//
// The freeze test of the platform that ships: see freeze.hpp.
#include <pawl/platform/bare_metal.hpp>

#include "freeze.hpp"

namespace {

struct machine : pawl::basic_bare_metal<pawl::bare_metal::core, masked_board> {
    static time_point now() noexcept { return time_point{duration{freeze::clock_ms}}; }
};

}  // namespace

int main() { return freeze::run<machine>(); }
