// SPDX-License-Identifier: BSL-1.0
//
// A size that is known at run time.
// EXPECT: this durable job.s job_data_max has to be a public number known to the compiler
#include <pawl/durability/job_types.hpp>

struct work {
    static constexpr std::string_view job_type = "work";
    void encode(pawl::byte_writer& to) const noexcept;
    static std::optional<work> decode(pawl::byte_reader& from, std::uint8_t version) noexcept;
#ifdef PAWL_CONTROL
    static constexpr std::uint32_t job_data_max = 8;
#else
    static std::uint32_t job_data_max;
#endif
    void operator()() {}
};
using types = pawl::job_types<work>;
static_assert(types::count == 1);
