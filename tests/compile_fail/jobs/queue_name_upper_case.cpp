// SPDX-License-Identifier: BSL-1.0
//
// A queue name outside of the alphabet.
// EXPECT: a_name_has_only_lower_case_letters_digits_underscore_and_minus
#include <pawl/jobs/limits.hpp>

#ifdef PAWL_CONTROL
constexpr pawl::limits capacity{.queues = {"critical", "default"}};
#else
constexpr pawl::limits capacity{.queues = {"Critical", "default"}};
#endif
