// SPDX-License-Identifier: BSL-1.0
//
// A record that is more than its bytes.
// EXPECT: a record is copied word by word, so its type is trivially copyable
#include <cstdint>

#include <pawl/containers/record_ring.hpp>

struct event {
    event() = default;
#ifndef PAWL_CONTROL
    event(const event& from) noexcept : what{from.what + 1} {}
#endif
    std::uint32_t what = 0;
};

pawl::record_ring<event, 64> events;
