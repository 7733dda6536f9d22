// SPDX-License-Identifier: BSL-1.0
//
// A trait around a class that may not be inherited from.
// EXPECT: a trait cannot be put around a final class
#include <pawl/jobs/job_traits.hpp>

std::optional<std::chrono::seconds> next(std::uint32_t retry, std::uint16_t error) noexcept;

#ifdef PAWL_CONTROL
struct work {
    void operator()() {}
};
void use() { static_cast<void>(pawl::with_retry<next>(work{})); }
#else
struct work final {
    void operator()() {}
};
void use() { static_cast<void>(pawl::with_retry<next>(work{})); }
#endif
