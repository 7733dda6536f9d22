// SPDX-License-Identifier: BSL-1.0
//
// check: how the programs that mutants must not get past say what is wrong, without a framework: a
// mutant costs a compilation of its own.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace mutants {

inline void check(bool holds, const char* what) {
    if (!holds) {
        std::printf("check failed: %s\n", what);
        std::exit(1);
    }
}

}  // namespace mutants
