// SPDX-License-Identifier: BSL-1.0
//
// cron_libcron: libcron behind functions that a program of any standard can call.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bench::crons {

struct libcron_expression;

// Null if it refuses the text. To be deleted.
libcron_expression* libcron_parse(const char* text);
void libcron_delete(const libcron_expression* expression);

// Whether it accepts the text, which it reads each time, past the texts it remembers.
bool libcron_parses(const char* text);

// Seconds since 1970 of the next time strictly after; -1: none.
std::int64_t libcron_next(const libcron_expression& expression, std::int64_t time);

// Without the nodes of its sets.
std::size_t libcron_expression_bytes();

}  // namespace bench::crons
