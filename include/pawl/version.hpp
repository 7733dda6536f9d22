// SPDX-License-Identifier: BSL-1.0
//
// The version of pawl, in one place.
//
// CMake, pkg-config and the inline namespace of every header read it from here; nothing else in the
// tree repeats it. Macros, because the preprocessor has to compare and paste them.
#pragma once

#define PAWL_VERSION_MAJOR 0
#define PAWL_VERSION_MINOR 1
#define PAWL_VERSION_PATCH 0
