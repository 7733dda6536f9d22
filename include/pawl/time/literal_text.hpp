// SPDX-License-Identifier: BSL-1.0
//
// literal_text: a text as a template argument, so that a compiler can say what is wrong with it.
//
// What: the parameter of a literal operator template, and a place in the text as a type. A parser
// that runs at compile time instantiates a template with its error and the column; g++ and clang
// then print both, which neither a throw nor a plain consteval function makes them do.
//
// Cost: none at run time.
//
//   template <pawl::literal_text Text> constexpr zone operator""_zone() noexcept;
#pragma once

#include <cstddef>
#include <string_view>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <std::size_t Size>
struct literal_text {
    char characters[Size]{};

    consteval literal_text(const char (&text)[Size]) noexcept {
        for (std::size_t i = 0; i < Size; ++i) {
            characters[i] = text[i];
        }
    }
    [[nodiscard]] constexpr std::string_view view() const noexcept {
        return {characters, Size - 1};  // without the terminating zero
    }
};

// The place in a literal, counted from 1 as editors do.
template <std::size_t Column>
struct column {
    static constexpr std::size_t value = Column;
};

}  // namespace PAWL_ABI
}  // namespace pawl
