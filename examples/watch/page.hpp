// SPDX-License-Identifier: BSL-1.0
//
// page: a screen of text in columns, written to a terminal at once, so that it does not flicker.
//
// A live page is written over the one before: from the upper left corner on, the rest of each line
// and of the screen erased (ECMA-48: CUP, EL, ED, which every terminal knows). Otherwise it is
// plain text.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace watch {

class page {
public:
    explicit page(bool live) : live_{live}, text_{live ? "\x1b[H" : ""} {}

    // A column of so many characters, and a space. A text that is longer is cut, a number takes the
    // room that it needs.
    page& left(std::size_t width, std::string_view text) {
        text_ += text.substr(0, width);
        text_.append(width + 1 - std::min(text.size(), width), ' ');
        return *this;
    }
    page& right(std::size_t width, std::string_view text) {
        text_.append(width - std::min(text.size(), width), ' ');
        text_ += text;
        text_ += ' ';
        return *this;
    }
    page& right(std::size_t width, std::uint64_t number) {
        return right(width, std::to_string(number));
    }

    // In its largest unit: "850 us", "12 ms", "4 s", "3 min", "2 h".
    page& right(std::size_t width, std::chrono::nanoseconds time) {
        using namespace std::chrono;
        const auto say = [&](auto unit, const char* name) -> page& {
            return right(width, std::to_string(time / unit) + name);
        };
        return time < 1ms     ? say(1us, " us")
               : time < 10s   ? say(1ms, " ms")
               : time < 10min ? say(1s, " s")
               : time < 10h   ? say(1min, " min")
                              : say(1h, " h");
    }

    page& text(std::string_view words) {
        text_ += words;
        return *this;
    }
    // A title, in bold on a terminal.
    page& title(std::size_t width, std::string_view words) {
        text_ += live_ ? "\x1b[1m" : "";
        left(width, words);
        text_ += live_ ? "\x1b[0m" : "";
        return *this;
    }
    // No blanks are left at its end.
    void end_line() {
        text_.erase(text_.find_last_not_of(' ') + 1);
        text_ += live_ ? "\x1b[K\n" : "\n";
    }

    void write(std::FILE* to) {
        text_ += live_ ? "\x1b[J" : "";
        std::fwrite(text_.data(), 1, text_.size(), to);
        std::fflush(to);
    }

private:
    bool live_;
    std::string text_;
};

}  // namespace watch
