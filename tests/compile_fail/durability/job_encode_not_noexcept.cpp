// SPDX-License-Identifier: BSL-1.0
//
// An encode that may throw.
// EXPECT: this durable job.s encode has to be public and callable as: void encode.pawl::byte_writer& to. const noexcept
#include <pawl/durability/job_types.hpp>

struct work {
    static constexpr std::string_view job_type = "work";
    static constexpr std::uint32_t job_data_max = 8;
    static std::optional<work> decode(pawl::byte_reader& from, std::uint8_t version) noexcept;
#ifdef PAWL_CONTROL
    void encode(pawl::byte_writer& to) const noexcept;
#else
    void encode(pawl::byte_writer& to) const;
#endif
    void operator()() {}
};
using types = pawl::job_types<work>;
static_assert(types::count == 1);
