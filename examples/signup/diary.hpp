// SPDX-License-Identifier: BSL-1.0
//
// diary: what happens, in a line each with the time of the day: that of the scheduler, which may be
// virtual.
#pragma once

#include <chrono>
#include <cstdio>

namespace signup {

// "18:30:15  what whom". One call of printf, so that lines of several threads do not mix.
template <class Jobs>
void note(Jobs& jobs, const char* what, const char* whom = "") {
    using namespace std::chrono;
    const auto now = floor<seconds>(jobs.platform().wall_now());
    const auto second = static_cast<int>((now - floor<days>(now)).count());
    std::printf("%02d:%02d:%02d  %s%s%s\n", second / 3600, second / 60 % 60, second % 60, what,
                *whom == '\0' ? "" : " ", whom);
}

}  // namespace signup
