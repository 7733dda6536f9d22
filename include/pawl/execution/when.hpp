// SPDX-License-Identifier: BSL-1.0
//
// when: how something ended, and on which ends something else follows: for continuations of jobs
// and for edges of graphs alike.
#pragma once

#include <cstdint>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Which ends of a parent release what follows. Combine with |.
enum class when : std::uint8_t {
    success = 1,   // the parent succeeded
    failure = 2,   // it failed; a job for good, after its last retry
    deletion = 4,  // it did not run: cancelled, discarded, or its own condition was not met
    any = 7,
};
[[nodiscard]] constexpr when operator|(when left, when right) noexcept {
    return static_cast<when>(static_cast<unsigned>(left) | static_cast<unsigned>(right));
}

// Whether what ended like this releases what waits for that. REQUIRES: `end` is one of the ends.
[[nodiscard]] constexpr bool meets(when end, when condition) noexcept {
    return (static_cast<unsigned>(end) & static_cast<unsigned>(condition)) != 0;
}

}  // namespace PAWL_ABI
}  // namespace pawl
