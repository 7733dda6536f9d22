// SPDX-License-Identifier: BSL-1.0
//
// A histogram with a bucket that no number of 32 bits could be in.
// EXPECT: a histogram of 32-bit numbers has 33 buckets at most
#include <pawl/containers/histogram.hpp>

#ifdef PAWL_CONTROL
pawl::histogram<33> times;
#else
pawl::histogram<34> times;
#endif
