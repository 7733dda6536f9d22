// SPDX-License-Identifier: BSL-1.0
//
// Text made at run time as a name, without saying that it lives on.
// EXPECT: pawl::.*name|no viable conversion|could not convert|no matching
#include <pawl/jobs/name.hpp>

#ifdef PAWL_CONTROL
pawl::name of(std::string_view text) { return pawl::borrowed(text); }
#else
pawl::name of(std::string_view text) { return text; }
#endif
