// SPDX-License-Identifier: BSL-1.0
//
// A write unit that is no power of two.
// EXPECT: a ram_medium's WriteUnit is a power of two, 1 to 4,096 bytes
#include <pawl/durability/ram_medium.hpp>

#ifdef PAWL_CONTROL
pawl::ram_medium<24, 3, 8> memory;
#else
pawl::ram_medium<24, 3, 6> memory;
#endif
