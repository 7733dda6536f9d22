// SPDX-License-Identifier: BSL-1.0
//
// A decode that cannot refuse.
// EXPECT: this durable job.s decode has to be public and callable as: static std::optional<the class>
#include <pawl/durability/job_types.hpp>

struct work {
    static constexpr std::string_view job_type = "work";
    static constexpr std::uint32_t job_data_max = 8;
    void encode(pawl::byte_writer& to) const noexcept;
#ifdef PAWL_CONTROL
    static std::optional<work> decode(pawl::byte_reader& from, std::uint8_t version) noexcept;
#else
    static work decode(pawl::byte_reader& from, std::uint8_t version) noexcept;
#endif
    void operator()() {}
};
using types = pawl::job_types<work>;
static_assert(types::count == 1);
