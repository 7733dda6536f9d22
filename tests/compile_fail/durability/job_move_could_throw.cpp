// SPDX-License-Identifier: BSL-1.0
//
// A job that cannot be moved into its slot for sure.
// EXPECT: a durable job is moved into its slot when the log is read
#include <pawl/durability/job_types.hpp>

struct work {
    static constexpr std::string_view job_type = "work";
    static constexpr std::uint32_t job_data_max = 8;
    work() noexcept;
#ifdef PAWL_CONTROL
    work(work&& from) noexcept;
#else
    work(work&& from);
#endif
    void encode(pawl::byte_writer& to) const noexcept;
    static std::optional<work> decode(pawl::byte_reader& from, std::uint8_t version) noexcept;
    void operator()() {}
};
using types = pawl::job_types<work>;
static_assert(types::count == 1);
