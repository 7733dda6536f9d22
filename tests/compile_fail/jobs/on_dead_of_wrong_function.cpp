// SPDX-License-Identifier: BSL-1.0
//
// A function for on_dead that takes nothing.
// EXPECT: on_dead<dead> wants a function, or a lambda without captures
#include <pawl/jobs/job_traits.hpp>

#ifdef PAWL_CONTROL
void dead(pawl::job_context& job) noexcept;
void use() {
    static_cast<void>(pawl::on_dead<dead>([] {}));
}
#else
void dead() noexcept;
void use() {
    static_cast<void>(pawl::on_dead<dead>([] {}));
}
#endif
