// SPDX-License-Identifier: BSL-1.0
//
// A record that is no whole number of words.
// EXPECT: a record is stored in words, so its size is a multiple of 4 bytes
#include <cstdint>

#include <pawl/containers/record_ring.hpp>

struct event {
    std::uint16_t what;
    std::uint16_t who;
#ifndef PAWL_CONTROL
    std::uint16_t more;
#endif
};

pawl::record_ring<event, 64> events;
