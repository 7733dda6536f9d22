// SPDX-License-Identifier: BSL-1.0
//
// A function for with_retry that could throw.
// EXPECT: with_retry<next> wants a function, or a lambda without captures
#include <pawl/jobs/job_traits.hpp>

#ifdef PAWL_CONTROL
std::optional<std::chrono::seconds> next(std::uint32_t retry, std::uint16_t error) noexcept;
void use() {
    static_cast<void>(pawl::with_retry<next>([] {}));
}
#else
std::optional<std::chrono::seconds> next(std::uint32_t retry, std::uint16_t error);
void use() {
    static_cast<void>(pawl::with_retry<next>([] {}));
}
#endif
