// SPDX-License-Identifier: BSL-1.0
//
// An index ring without room for a cycle in its words.
// EXPECT: an index_ring holds 1 to 2\^24 numbers
#include <pawl/containers/index_ring.hpp>

#ifdef PAWL_CONTROL
pawl::index_ring<1> ring;
#else
pawl::index_ring<(1U << 24) + 1> ring;
#endif
