// SPDX-License-Identifier: BSL-1.0
//
// What a child writes, handed on line by line with a prefix, so that lines of several children that
// write at the same time do not mix.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "child_process.hpp"

namespace crontab {

// Writes everything; what the other end does not want is lost.
inline void write_all(int number, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(number, text.data(), text.size());
        if (written < 0 && errno != EINTR) {
            return;
        }
        text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
}

class output_stream {
public:
    // A longer line is handed on in pieces: a child that never ends its line does not fill the
    // memory.
    static constexpr std::size_t line_bytes_max = 16 * 1024;

    output_stream(file_descriptor from, int to, std::string prefix)
        : from_{std::move(from)}, to_{to}, prefix_{std::move(prefix)} {}

    [[nodiscard]] bool is_open() const { return from_.is_open(); }
    [[nodiscard]] int number() const { return from_.number(); }

    // Takes what is there now, without waiting. False: nothing is there, or it was the end.
    bool read_some() {
        char buffer[16 * 1024];
        const ssize_t size = ::read(from_.number(), buffer, sizeof buffer);
        if (size > 0) {
            hand_on({buffer, static_cast<std::size_t>(size)});
            return true;
        }
        if (size == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
            end();
        }
        return false;
    }

    // Hands on an unfinished line too, and reads no more.
    void end() {
        if (!rest_.empty()) {
            write_all(to_, prefix_ + rest_ + '\n');
            rest_.clear();
        }
        from_.close();
    }

private:
    void hand_on(std::string_view text) {
        std::string lines;
        while (!text.empty()) {
            const std::size_t end = text.find('\n');
            const std::size_t room = line_bytes_max - rest_.size();
            const std::size_t size = end == std::string_view::npos ? text.size() : end;
            rest_ += text.substr(0, size < room ? size : room);
            text.remove_prefix(size < room ? size : room);
            if (text.empty()) {
                if (rest_.size() < line_bytes_max) {
                    break;  // the line goes on
                }
            } else if (text.front() == '\n') {
                text.remove_prefix(1);
            }
            lines += prefix_ + rest_ + '\n';
            rest_.clear();
        }
        write_all(to_, lines);
    }

    file_descriptor from_;
    int to_;
    std::string prefix_;
    std::string rest_;
};

}  // namespace crontab
