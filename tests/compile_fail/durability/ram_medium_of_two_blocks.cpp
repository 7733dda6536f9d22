// SPDX-License-Identifier: BSL-1.0
//
// Fewer blocks than a journal needs to go round.
// EXPECT: a ram_medium has three blocks at least
#include <pawl/durability/ram_medium.hpp>

#ifdef PAWL_CONTROL
pawl::ram_medium<1024, 3> memory;
#else
pawl::ram_medium<1024, 2> memory;
#endif
