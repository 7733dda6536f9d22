// SPDX-License-Identifier: BSL-1.0
//
// A ring of records whose numbers would change their cells when they wrap.
// EXPECT: a record_ring has 0 cells, or a power of two of them
#include <cstdint>

#include <pawl/containers/record_ring.hpp>

#ifdef PAWL_CONTROL
pawl::record_ring<std::uint32_t, 64> events;
#else
pawl::record_ring<std::uint32_t, 100> events;
#endif
