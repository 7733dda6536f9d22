// SPDX-License-Identifier: BSL-1.0
//
// The one seam to the test framework: Catch2 v3, or v2 as Debian ships it.
//
// From v3 only the headers that tests need: catch_all.hpp takes three times as long to compile.
#pragma once

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#else
#include <catch2/catch.hpp>
#endif
