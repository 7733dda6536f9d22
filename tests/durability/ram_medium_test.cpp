// SPDX-License-Identifier: BSL-1.0
//
// Goal: ram_medium keeps what a medium promises, is its bytes and nothing else, and asks for
// nothing to be run at the start; medium_ref passes everything on to the one it refers to. Method:
// the conformance check, compile-time facts, and a look at the bytes of the object.
#include "catch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#ifdef __unix__
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <pawl/config.hpp>
#include <pawl/durability/medium_conformance.hpp>
#include <pawl/durability/medium_ref.hpp>
#include <pawl/durability/ram_medium.hpp>

namespace {

using pawl::io_error;
using pawl::io_status;
using pawl::medium_ref;
using pawl::ram_medium;

using memory = ram_medium<1024, 4>;

static_assert(pawl::journal_medium<memory> && pawl::named_medium<memory>);
static_assert(sizeof(memory) == 4096, "bytes and nothing else");
static_assert(std::is_trivially_default_constructible_v<memory>, "nothing runs at the start");
static_assert(std::is_trivially_copyable_v<memory> && std::is_trivially_destructible_v<memory>);
static_assert(memory::geometry() ==
              pawl::medium_geometry{
                  .write_unit = 1, .block_bytes = 1024, .block_count = 4, .erased = std::byte{0}});
static_assert(pawl::journal_medium<medium_ref<memory>> && pawl::named_medium<medium_ref<memory>>);
static_assert(sizeof(medium_ref<memory>) == sizeof(void*));

constinit memory in_bss{};
constinit medium_ref reference{in_bss};

std::string_view text(const pawl::medium_verdict& verdict) {
    return verdict ? "nothing" : verdict.violation;
}

}  // namespace

TEST_CASE("ram_medium: keeps what a medium promises, in several shapes") {
    CHECK(text(pawl::check_medium(in_bss)) == "nothing");
    ram_medium<512, 3, 4> words;
    CHECK(text(pawl::check_medium(words)) == "nothing");
    ram_medium<24, 7, 8> little;
    CHECK(text(pawl::check_medium<8>(little)) == "nothing");
    ram_medium<1, 3> least;
    CHECK(text(pawl::check_medium<1>(least)) == "nothing");
    static ram_medium<8192, 3, 4096> pages;
    CHECK(text(pawl::check_medium(pages)) == "nothing");
}

TEST_CASE("ram_medium: blocks lie one behind the other, and a copy of the bytes is all of it") {
    memory before;
    std::memset(static_cast<void*>(&before), 0xA5, sizeof before);  // as after power-up
    REQUIRE(before.open().ok());
    std::byte bytes[3] = {std::byte{1}, std::byte{2}, std::byte{3}};
    CHECK(before.read(3, 1021, bytes).ok());
    CHECK(bytes[2] == std::byte{0xA5});
    REQUIRE(before.erase(1).ok());
    const std::byte one[] = {std::byte{1}, std::byte{2}};
    REQUIRE(before.program(1, 1022, one).ok());
    REQUIRE(before.sync().ok());

    std::byte image[sizeof before];
    std::memcpy(image, &before, sizeof before);  // a reset, with no close()
    CHECK(image[1023] == std::byte{0xA5});
    CHECK(std::all_of(image + 1024, image + 2046, [](std::byte b) { return b == std::byte{0}; }));
    CHECK(image[2046] == std::byte{1});
    CHECK(image[2047] == std::byte{2});
    CHECK(image[2048] == std::byte{0xA5});
    memory after;
    std::memcpy(static_cast<void*>(&after), image, sizeof after);
    REQUIRE(after.open().ok());
    CHECK(after.read(1, 1021, bytes).ok());
    CHECK((bytes[0] == std::byte{0} && bytes[1] == std::byte{1} && bytes[2] == std::byte{2}));
}

TEST_CASE("ram_medium: what is out of bounds is refused") {
    ram_medium<64, 3, 4> medium;
    std::byte bytes[8]{};
    constexpr io_status refused{io_error::out_of_bounds, 0};
    CHECK(medium.read(3, 0, bytes) == refused);
    CHECK(medium.read(0, 57, bytes) == refused);
    CHECK(medium.read(0, 0xFFFF'FFFC, bytes) == refused);
    CHECK(medium.program(0, 60, bytes) == refused);
    CHECK(medium.program(0, 2, bytes) == refused);
    CHECK(medium.program(0, 0, std::span{bytes, 6}) == refused);
    CHECK(medium.erase(3) == refused);
}

#if defined(__unix__) && PAWL_CHECKS
TEST_CASE("ram_medium: to program what is not erased stops a build with checks") {
    const auto program_at = [](std::uint32_t offset) {
        const pid_t child = ::fork();
        if (child == 0) {
            ram_medium<64, 3> medium;
            const std::byte one[] = {std::byte{1}, std::byte{1}};
            static_cast<void>(medium.erase(0));
            static_cast<void>(medium.program(0, 8, one));
            static_cast<void>(medium.program(0, offset, one));
            ::_exit(0);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    };
    CHECK(program_at(10));
    CHECK(program_at(6));
    CHECK_FALSE(program_at(9));
    CHECK_FALSE(program_at(7));
}
#endif

TEST_CASE("medium_ref: is the medium that it refers to") {
    REQUIRE(in_bss.erase(2).ok());
    medium_ref copy{reference};
    const std::byte seven[] = {std::byte{7}};
    REQUIRE(copy.open().ok());
    REQUIRE(copy.program(2, 5, seven).ok());
    REQUIRE(copy.sync().ok());
    copy.close();
    std::byte seen[1]{};
    REQUIRE(in_bss.read(2, 5, seen).ok());
    CHECK(seen[0] == std::byte{7});
    REQUIRE(reference.erase(2).ok());
    REQUIRE(in_bss.read(2, 5, seen).ok());
    CHECK(seen[0] == std::byte{0});
    CHECK(std::string{copy.name()} == "RAM");
    CHECK(copy.geometry() == memory::geometry());
    CHECK(text(pawl::check_medium(copy)) == "nothing");
}
