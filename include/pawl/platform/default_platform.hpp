// SPDX-License-Identifier: BSL-1.0
//
// default_platform: what a part of pawl runs on if nothing else is said.
//
// On an operating system that is std_platform. Elsewhere there is no default: a board's clock and
// critical section are its own, so the platform has to be named, and this type is never complete.
#pragma once

#include <pawl/config.hpp>

#if defined(__unix__) || defined(__APPLE__) || defined(_WIN32)
#include <pawl/platform/std_platform.hpp>
#endif

namespace pawl {
inline namespace PAWL_ABI {

#if defined(__unix__) || defined(__APPLE__) || defined(_WIN32)
using default_platform = std_platform;
#else
struct name_the_platform_of_your_board;
using default_platform = name_the_platform_of_your_board;
#endif

}  // namespace PAWL_ABI
}  // namespace pawl
