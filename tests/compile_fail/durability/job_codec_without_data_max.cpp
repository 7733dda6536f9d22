// SPDX-License-Identifier: BSL-1.0
//
// A codec that does not say how much it writes.
// EXPECT: this durable job declares one or two of encode, decode and job_data_max
#include <pawl/durability/job_types.hpp>

struct work {
    static constexpr std::string_view job_type = "work";
    void encode(pawl::byte_writer& to) const noexcept;
    static std::optional<work> decode(pawl::byte_reader& from, std::uint8_t version) noexcept;
#ifdef PAWL_CONTROL
    static constexpr std::uint32_t job_data_max = 8;
#endif
    void operator()() {}
};
using types = pawl::job_types<work>;
static_assert(types::count == 1);
