// SPDX-License-Identifier: BSL-1.0
//
// The words of a crontab's line: blanks, NAME=value, and what % makes of a command.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace crontab::detail {

inline bool is_blank(char c) { return c == ' ' || c == '\t'; }
// As isspace in the C locale: what ends a name and a value.
inline bool is_space(char c) { return is_blank(c) || c == '\r' || c == '\f' || c == '\v'; }

inline std::size_t skip_blanks(std::string_view line, std::size_t at) {
    while (at < line.size() && is_blank(line[at])) {
        ++at;
    }
    return at;
}
inline std::size_t skip_word(std::string_view line, std::size_t at) {
    while (at < line.size() && !is_blank(line[at])) {
        ++at;
    }
    return at;
}

// NAME=value with optional quotes around each and blanks around the equals sign. False: not such a
// line, so it has to be a schedule. An unquoted value goes to the end of the line and loses the
// blanks there; behind a quoted one there is nothing but blanks. No escapes, no comments, no
// variables in a value. value_at: where the value begins in the line.
inline bool parse_variable(std::string_view line, std::string& name, std::string& value,
                           std::size_t& value_at) {
    std::size_t at = skip_blanks(line, 0);
    const auto quoted = [&](std::string& out) {
        const char quote = line[at++];
        const std::size_t end = line.find(quote, at);
        if (end == std::string_view::npos) {
            return false;
        }
        out = line.substr(at, end - at);
        at = end + 1;
        return true;
    };
    const auto at_quote = [&] { return at < line.size() && (line[at] == '"' || line[at] == '\''); };
    if (at_quote()) {
        if (!quoted(name) || name.find('=') != std::string::npos) {
            return false;
        }
    } else {
        const std::size_t begin = at;
        while (at < line.size() && !is_space(line[at]) && line[at] != '=') {
            ++at;
        }
        name = line.substr(begin, at - begin);
    }
    while (at < line.size() && is_space(line[at])) {
        ++at;
    }
    if (at == line.size() || line[at] != '=') {
        return false;
    }
    ++at;
    while (at < line.size() && is_space(line[at])) {
        ++at;
    }
    value_at = at_quote() ? at + 1 : at;
    if (at_quote()) {
        if (!quoted(value)) {
            return false;
        }
        while (at < line.size() && is_space(line[at])) {
            ++at;
        }
        return at == line.size();
    }
    value = line.substr(at);
    while (!value.empty() && is_space(value.back())) {
        value.pop_back();
    }
    return true;
}

// Splits a command at its first % without a backslash before it. Exactly as cron: in the command a
// backslash guards the character behind it, in the input only a %.
inline void split_input(std::string_view text, std::string& command, std::string& input) {
    command.clear();
    input.clear();
    bool escaped = false;
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        if (escaped) {
            if (text[at] == '%') {
                command.back() = '%';
            } else {
                command += text[at];
            }
            escaped = false;
        } else if (text[at] == '%') {
            break;
        } else {
            command += text[at];
            escaped = text[at] == '\\';
        }
    }
    if (at == text.size()) {
        return;
    }
    escaped = false;
    for (++at; at < text.size(); ++at) {
        if (escaped && text[at] != '%') {
            input += '\\';
        }
        const char c = !escaped && text[at] == '%' ? '\n' : text[at];
        escaped = text[at] == '\\';
        if (!escaped) {
            input += c;
        }
    }
    if (escaped) {
        input += '\\';
    }
    if (!input.empty() && input.back() != '\n') {
        input += '\n';
    }
}

}  // namespace crontab::detail
