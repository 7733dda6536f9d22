// SPDX-License-Identifier: BSL-1.0
//
// A codec that was inherited, and makes another job.
// EXPECT: this durable job.s decode has to be public and callable as: static std::optional<the class>
#include <pawl/durability/job_types.hpp>

struct base {
    static constexpr std::string_view job_type = "base";
    static constexpr std::uint32_t job_data_max = 8;
    void encode(pawl::byte_writer& to) const noexcept;
    static std::optional<base> decode(pawl::byte_reader& from, std::uint8_t version) noexcept;
    void operator()() {}
};
struct work : base {
    static constexpr std::string_view job_type = "work";
};
#ifdef PAWL_CONTROL
using types = pawl::job_types<base>;
#else
using types = pawl::job_types<base, work>;
#endif
static_assert(types::data_max == 8);
