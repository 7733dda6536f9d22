// SPDX-License-Identifier: BSL-1.0
//
// Goal: what runs on a board in QEMU runs the same on the host, and can be looked at there: a core
// with compare-and-swap, one without, and a small operating system. Method: the suite (suite.hpp)
// on virtual machines without a fault, whose interrupts come between any two steps.
#include "catch.hpp"

#include "conformance/on_host.hpp"
#include "conformance/virtual_machine.hpp"

using namespace conformance;

using swapping_board = virtual_board<fault::none, false>;
using masking_board = virtual_board<fault::none, true>;
using kernel = virtual_kernel<fault::none>;

TEMPLATE_TEST_CASE("a virtual machine conforms", "", swapping_board, masking_board) {
    virtual_machine::reset();
    virtual_interrupts others;
    platform_and_queues<TestType>(others);
    schedulers<TestType>(others);
}

TEST_CASE("a virtual machine with a small operating system conforms") {
    virtual_machine::reset();
    virtual_interrupts others;
    platform_and_queues<kernel>(others);
    largest_and_smallest_scheduler<kernel>(others);
}
