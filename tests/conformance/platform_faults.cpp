// SPDX-License-Identifier: BSL-1.0
//
// The same as platform_conformance_test.cpp says of broken platforms, as a program without a
// framework: for tests/mutants, where the checks themselves are broken.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "conformance/platform_faults.hpp"

using namespace conformance;

namespace {

void expect(const std::string& said, const std::string& sentence) {
    if (said != sentence) {
        std::printf("FAILED: \"%s\", should be \"%s\"\n", said.c_str(), sentence.c_str());
        std::exit(EXIT_FAILURE);
    }
}

}  // namespace

int main() {
    expect(said(alone<pawl::std_platform>()), "");
    expect(of_board<fault::none>(), "");
    expect(of_masked_board<fault::none>(), "");
    expect(of_kernel<fault::none>(), "");
    broken_words(expect);
    torn_words(expect);
    broken_clocks(expect);
    broken_critical_sections(expect);
    broken_sleeps(expect);
    broken_permits(expect);
    broken_threads_of(expect);
}
