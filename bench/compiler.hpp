// SPDX-License-Identifier: BSL-1.0
//
// What it costs to compile something: the command of the compiler that built this program, and the
// processor time of all processes that this one has waited for.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

#include <sys/resource.h>

namespace bench {

inline double children_ms() {
    rusage used{};
    getrusage(RUSAGE_CHILDREN, &used);
    const auto ms = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
    };
    return ms(used.ru_utime) + ms(used.ru_stime);
}

// The compiler, and folders of includes separated by colons, are from CMakeLists.txt.
inline std::string compile_command(const std::string& source, const std::string& object) {
    const std::string folders = PAWL_BENCH_INCLUDES;
    std::string text = "'" PAWL_BENCH_COMPILER "' -std=c++20 -O0";
    for (std::size_t from = 0; from < folders.size();) {
        const std::size_t to = std::min(folders.find(':', from), folders.size());
        if (to != from) {
            text += " -I'" + folders.substr(from, to - from) + "'";
        }
        from = to + 1;
    }
    return text + " -c '" + source + "' -o '" + object + "'";
}

}  // namespace bench
