// SPDX-License-Identifier: BSL-1.0
//
// Two cores behind a lock change everything inside of it, and no word beside it.
// EXPECT: cores that share a lock change everything inside of it: basic_bare_metal<Core, true>
#include <pawl/platform/bare_metal.hpp>

struct two_cores {
    static constexpr bool has_siblings = true;
    struct critical {};
    template <class Busy>
    static void sleep_unless(Busy&&) noexcept {}
    static bool may_submit() noexcept { return true; }
};

#ifdef PAWL_CONTROL
using board = pawl::basic_bare_metal<two_cores, true>;
#else
using board = pawl::basic_bare_metal<two_cores, false>;
#endif

bool may_submit() { return board::may_submit(); }
