// SPDX-License-Identifier: BSL-1.0
//
// What the mutants of durable jobs' data must not get past: a program of its own, for the reasons
// that policies.cpp names.
//
// Method: one job of each form; every check of the codec and of the decoder is what stands between
// bytes and a wrong job once. Memory goes on behind the ends, so that a byte too many is seen.
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pawl/durability/byte_codec.hpp>
#include <pawl/durability/job_types.hpp>

#include "mutants/check.hpp"

namespace {

using pawl::decode_error;
using memory = std::array<std::byte, 16>;

using mutants::check;

memory filled(int value) {
    memory result;
    result.fill(static_cast<std::byte>(value));
    return result;
}

constexpr char long_text[0x10000] = {};

void codec() {
    memory bytes = filled(0x55);
    pawl::byte_writer to{std::span{bytes}.first(6)};
    to.u32(1);
    to.u32(2);
    check(!to.ok() && to.size() == 4 && bytes[4] == std::byte{0x55}, "a writer stops at its end");
    to.u8(3);
    check(to.size() == 4 && bytes[4] == std::byte{0x55}, "a writer that failed is finished");
    static std::array<std::byte, 0x10002> room;
    pawl::byte_writer text{room};
    text.text({long_text, sizeof(long_text)});
    check(!text.ok(), "a text has 65,535 bytes at most");

    bytes = filled(1);
    pawl::byte_reader from{std::span<const std::byte>{bytes}.first(6)};
    check(from.u32() == 0x0101'0101 && from.u32() == 0 && !from.ok(), "a reader stops at its end");
    check(from.u8() == 0 && !from.ok(), "a reader that failed is finished");
    bytes = filled(2);
    pawl::byte_reader flag{bytes};
    check(!flag.boolean() && !flag.ok(), "a boolean is 0 or 1");
    bytes[1] = std::byte{0};
    char letters[1] = {'x'};
    pawl::byte_reader narrow{bytes};
    check(narrow.text(letters).empty() && !narrow.ok(), "a text does not fit its room");
}

struct plain {
    static constexpr std::string_view job_type = "plain";
    static constexpr std::uint8_t job_version = 2;
    std::uint32_t data[3];
    void operator()() const {}
};
struct one_byte {
    static constexpr std::string_view job_type = "one_byte";
    std::uint8_t data;
    void operator()() const {}
};
struct no_data {
    static constexpr std::string_view job_type = "no_data";
    void operator()() const {}
};
struct coded {
    static constexpr std::string_view job_type = "coded";
    static constexpr std::uint8_t job_version = 2;
    static constexpr std::uint32_t job_data_max = 2;
    std::uint32_t data;
    void operator()() const {}
    void encode(pawl::byte_writer& to) const noexcept {
        if (data > 0xFF) {
            to.u32(data);
        } else {
            to.u8(static_cast<std::uint8_t>(data));
        }
    }
    static std::optional<coded> decode(pawl::byte_reader& from, std::uint8_t) noexcept {
        const coded job{from.u8()};
        return job.data == 13 ? std::nullopt : std::optional{job};
    }
};
using types = pawl::job_types<one_byte, plain, no_data, coded>;

constexpr std::endian other_order =
    std::endian::native == std::endian::little ? std::endian::big : std::endian::little;

template <class Job>
decode_error decoded(std::uint8_t version, std::size_t size, int fill = 7,
                     std::endian order = std::endian::native) {
    const memory bytes = filled(fill);
    bool came = false;
    const auto error = pawl::decode_job<types>(
        pawl::durable_type<Job>, version, order, std::span<const std::byte>{bytes}.first(size),
        [&came]<class Found>(Found&&) { came = std::is_same_v<Found, Job>; });
    check(came == (error == decode_error::none), "a job for none, and none for a reason");
    return error;
}

template <class Job>
std::uint32_t encoded(const Job& job, std::size_t room, std::size_t written) {
    memory bytes = filled(0x55);
    const std::uint32_t size = pawl::encode_job<types>(job, std::span{bytes}.first(room));
    for (std::size_t i = written; i < bytes.size(); ++i) {
        check(bytes[i] == std::byte{0x55}, "nothing is written beyond");
    }
    return size;
}

void jobs() {
    check(decoded<plain>(2, 12) == decode_error::none, "plain data");
    check(decoded<plain>(1, 12) == decode_error::other_version, "older plain data");
    check(decoded<plain>(3, 12) == decode_error::other_version, "newer plain data");
    check(decoded<plain>(2, 11) == decode_error::other_size, "shorter plain data");
    check(decoded<plain>(2, 13) == decode_error::other_size, "longer plain data");
    check(decoded<plain>(2, 12, 7, other_order) == decode_error::other_byte_order, "turned round");
    check(decoded<one_byte>(1, 1, 7, other_order) == decode_error::none, "a byte has no order");
    check(decoded<no_data>(1, 0) == decode_error::none, "no data");
    check(decoded<no_data>(1, 1) == decode_error::other_size, "data of a job that has none");

    check(decoded<coded>(2, 1) == decode_error::none, "a codec's data");
    check(decoded<coded>(1, 1, 7, other_order) == decode_error::none, "older, and turned round");
    check(decoded<coded>(3, 1) == decode_error::other_version, "newer than the codec");
    check(decoded<coded>(0, 1) == decode_error::other_version, "of no version");
    check(decoded<coded>(2, 0) == decode_error::refused, "shorter than the codec wants");
    check(decoded<coded>(2, 2) == decode_error::other_size, "longer than the codec wants");
    check(decoded<coded>(2, 1, 13) == decode_error::refused, "the codec refuses");

    check(encoded(plain{{1, 2, 3}}, 16, 12) == 12, "plain data is written");
    check(encoded(plain{{1, 2, 3}}, 11, 0) == pawl::encoded_failed, "plain data does not fit");
    check(encoded(coded{5}, 16, 1) == 1, "a codec writes");
    check(encoded(coded{0x100}, 16, 0) == pawl::encoded_failed, "a codec writes too much");
    check(encoded(coded{5}, 0, 0) == pawl::encoded_failed, "a codec's data does not fit");

    check(types::data_max == 12, "the largest data");
    check(types::name_of(pawl::durable_type<coded>) == "coded", "a name is found");
    check(types::name_of(pawl::durable_number("else")).empty(), "a name is not found");
    check(pawl::durable_number("+!=yG") == 1, "no name has number 0");
    check(pawl::decode_job<types>(0, 1, std::endian::native, {}, [](auto&&) {}) ==
              decode_error::unknown_type,
          "no job has number 0");
}

}  // namespace

int main() {
    codec();
    jobs();
    return 0;
}
