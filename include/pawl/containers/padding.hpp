// SPDX-License-Identifier: BSL-1.0
//
// padding: how far apart words lie that different threads write.
//
// Two words on one cache line make their writers wait for each other. On a core without a cache
// there is nothing to keep apart, and the room is dear. A platform says so with a constant
// `cache_line_bytes`; one that does not is taken to have lines of 64 bytes if it has threads, and
// no cache if it has none.
//
// Cost: memory. Use: alignas(padding_bytes<Platform, alignof(word)>) word head_;
#pragma once

#include <algorithm>
#include <cstddef>

#include <pawl/config.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <platform Platform>
[[nodiscard]] consteval std::size_t cache_line_bytes_of() {
    if constexpr (requires { Platform::cache_line_bytes; }) {
        return Platform::cache_line_bytes;
    } else {
        return Platform::has_threads ? 64 : 1;
    }
}

// An alignment: of the line, but at least the type's own.
template <platform Platform, std::size_t Own>
inline constexpr std::size_t padding_bytes = std::max(cache_line_bytes_of<Platform>(), Own);

}  // namespace PAWL_ABI
}  // namespace pawl
