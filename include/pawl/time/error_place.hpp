// SPDX-License-Identifier: BSL-1.0
//
// error_place: the place of an error in a text, as a message shows it: "60 at column 1".
//
// What: the offending piece of the text as it stands there, and its column. A piece that nobody
// would see is told in words: a blank, a comma, the end of the text.
//
// Why not just print the piece: the text comes from anywhere. A terminal obeys control characters,
// characters without a width hide what is wrong, a text without a blank floods the line. So all of
// these are shown as \x1B, and after `characters_max` characters stands "...".
//
// Columns count from 1, in bytes, as they do in the compiler's message about a wrong literal.
//
// Cost: linear in what is shown. constexpr, noexcept: any caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/time/text_buffer.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class error_place {
public:
    static constexpr std::size_t characters_max = 24;
    // The longest place: each character as four bytes, and a column of 20 digits.
    static constexpr std::size_t size_max =
        characters_max * 4 + sizeof "..." + sizeof " at the end of the text, column " + 20;

    // A position behind the text is its end.
    constexpr error_place(std::string_view text, std::size_t position) noexcept
        : text_{text}, position_{position < text.size() ? position : text.size()} {}

    // `word` is what the piece is part of, such as "minute"; it may be empty.
    //   minute 60 at column 1
    //   minute at the end of the text, column 1
    //   the end of the text at column 1
    constexpr void put(text_buffer& out, std::string_view word,
                       std::string_view piece) const noexcept {
        const std::string_view unseen = piece.empty()        ? "the end of the text"
                                        : piece == ","       ? "a comma"
                                        : is_blank(piece[0]) ? "a blank"
                                                             : std::string_view{};
        out.put(word);
        if (unseen.empty()) {
            out.put(word.empty() ? "" : " ");
            put_visible(out, piece);
            out.put(" at column ");
        } else {
            out.put(word.empty() ? "" : " at ");
            out.put(unseen);
            out.put(word.empty() ? " at column " : ", column ");
        }
        out.put_number(std::uint64_t{position_} + 1);
    }

    // From the position on: one character, and the letters and digits behind it, as in -1 or #6. A
    // comma, a blank or a control character stands for itself.
    [[nodiscard]] constexpr std::string_view piece() const noexcept {
        const std::string_view rest = text_.substr(position_);
        if (rest.empty()) {
            return rest;
        }
        std::size_t size = 1;
        if (is_visible(rest[0]) && rest[0] != ',') {
            while (size < rest.size() && is_in_word(rest[size])) {
                ++size;
            }
        }
        return rest.substr(0, size);
    }

    // All up to the next of these; piece() if one of them stands here.
    [[nodiscard]] constexpr std::string_view piece_up_to(std::string_view ends) const noexcept {
        const std::string_view rest = text_.substr(position_);
        const std::size_t size = rest.find_first_of(ends);
        return size == 0 ? piece() : rest.substr(0, size);
    }

    // Whether there is nothing but blanks from here on.
    [[nodiscard]] constexpr bool nothing_follows() const noexcept {
        return text_.find_first_not_of(" \t", position_) == std::string_view::npos;
    }

private:
    static constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
    static constexpr bool is_visible(char c) noexcept {
        return static_cast<unsigned char>(c) > ' ' && c != '\x7F';
    }
    static constexpr bool is_in_word(char c) noexcept {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '_' || static_cast<unsigned char>(c) >= 0x80;
    }

    static constexpr void put_visible(text_buffer& out, std::string_view text) noexcept {
        for (std::size_t shown = 0; !text.empty(); ++shown) {
            if (shown == characters_max) {
                out.put("...");
                return;
            }
            const std::size_t size = visible_size(text);
            if (size != 0) {
                out.put_whole(text.substr(0, size));
                text.remove_prefix(size);
            } else {
                constexpr std::string_view digits = "0123456789ABCDEF";
                const auto byte = static_cast<unsigned char>(text[0]);
                const char escape[] = {'\\', 'x', digits[byte >> 4], digits[byte & 15U]};
                out.put_whole({escape, sizeof escape});
                text.remove_prefix(1);
            }
        }
    }

    // The bytes of the first character if it is one that can be seen, else 0.
    static constexpr std::size_t visible_size(std::string_view text) noexcept {
        const auto byte = [text](std::size_t i) {
            return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
        };
        const std::uint32_t lead = byte(0);
        if (lead < 0x80) {
            return is_visible(text[0]) ? 1 : 0;
        }
        const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
        if (lead < 0xC2 || lead > 0xF4 || text.size() < size) {
            return 0;
        }
        std::uint32_t code = lead & (0x7FU >> size);
        for (std::size_t i = 1; i < size; ++i) {
            if ((byte(i) & 0xC0) != 0x80) {
                return 0;
            }
            code = code << 6 | (byte(i) & 0x3F);
        }
        constexpr std::uint32_t least[] = {0x80, 0x800, 0x10000};
        return code < least[size - 2] || is_hidden(code) ? 0 : size;
    }

    // Controls, all kinds of blanks, what turns the direction of writing, and what is no character.
    static constexpr bool is_hidden(std::uint32_t code) noexcept {
        return code <= 0xA0 || code == 0xAD || (code >= 0x2000 && code <= 0x200F) ||
               (code >= 0x2028 && code <= 0x202F) || (code >= 0x205F && code <= 0x206F) ||
               code == 0x3000 || (code >= 0xD800 && code <= 0xDFFF) || code == 0xFEFF ||
               code >= 0xE0000;
    }

    std::string_view text_;
    std::size_t position_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
