// SPDX-License-Identifier: BSL-1.0
//
// Goal: what has place is written, what has none leaves no trace and nothing comes after it.
// Method: the same text into every size of memory, with a guard behind it.
#include "catch.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <pawl/time/text_buffer.hpp>

namespace {

constexpr std::string_view write(std::span<char> memory) {
    pawl::text_buffer text{memory};
    text.put("at ");
    text.put_two_digits(7);
    text.put(':');
    text.put_number(UINT64_MAX);
    text.put(' ');
    text.put_number(0);
    text.put(std::string_view{});
    return text.view();
}
constexpr std::string_view whole = "at 07:18446744073709551615 0";

static_assert([] {
    char memory[64]{};
    return write(memory) == whole;
}());

}  // namespace

TEST_CASE("a text is cut at the end of its memory") {
    for (std::size_t size = 0; size <= whole.size() + 1; ++size) {
        std::string memory(size + 1, '#');
        const std::string_view text = write({memory.data(), size});
        CHECK(text == whole.substr(0, size));
        CHECK(memory[size] == '#');
    }
}

TEST_CASE("what is put whole is there or not, and ends the text") {
    char memory[4];
    pawl::text_buffer text{memory};
    text.put_whole("ab");
    CHECK_FALSE(text.was_cut());
    text.put_whole("cde");
    CHECK(text.was_cut());
    text.put('c');
    text.put("d");
    text.put_whole("");
    CHECK(text.view() == "ab");
}

TEST_CASE("a text that fits exactly was not cut") {
    char memory[3];
    pawl::text_buffer text{memory};
    text.put("abc");
    text.put_whole("");
    CHECK_FALSE(text.was_cut());
    text.put('d');
    CHECK(text.was_cut());
    CHECK(text.view() == "abc");
}
