// SPDX-License-Identifier: BSL-1.0
//
// A block that is no whole number of write units.
// EXPECT: a ram_medium's BlockBytes is a multiple of its WriteUnit
#include <pawl/durability/ram_medium.hpp>

#ifdef PAWL_CONTROL
pawl::ram_medium<24, 3, 8> memory;
#else
pawl::ram_medium<20, 3, 8> memory;
#endif
