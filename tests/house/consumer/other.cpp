// SPDX-License-Identifier: BSL-1.0
//
// A second source with all of pawl in it: what is not inline is defined twice, and does not link.
#include <pawl/pawl.hpp>

int other_version_major() { return PAWL_VERSION_MAJOR; }
