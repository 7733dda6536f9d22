// SPDX-License-Identifier: BSL-1.0
//
// A ticket_queue on a core that has no compare-and-swap.
// EXPECT: this core has no compare-and-swap, .* use mpmc_queue
#include <pawl/containers/mpmc_queue.hpp>
#include <pawl/containers/ticket_queue.hpp>
#include <pawl/platform/bare_metal.hpp>

struct core {
    struct critical {
        critical() noexcept {}
        ~critical() {}
    };
    template <class Busy>
    static void sleep_unless(Busy&&) noexcept {}
    static bool in_interrupt() noexcept { return false; }
    static bool may_submit() noexcept { return true; }
};
struct board : pawl::basic_bare_metal<core, true> {
    static time_point now() noexcept { return {}; }
};

#ifdef PAWL_CONTROL
pawl::mpmc_queue<int, 4, board> queue;
#else
pawl::ticket_queue<int, 4, board> queue;
#endif
