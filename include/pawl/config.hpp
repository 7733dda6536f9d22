// SPDX-License-Identifier: BSL-1.0
//
// What the compiler offers, and the few macros that C++ has no better word for.
//
// - PAWL_ABI, the inline namespace around everything: it encodes the version, whether exceptions
//   are on and whether checks are on. Two translation units that disagree get a link error instead
//   of two meanings of one name.
// - PAWL_HAS_EXCEPTIONS: a job that throws becomes a failed attempt; without them nothing is lost.
// - PAWL_CHECKS: internal assertions (default: on unless NDEBUG is defined). A broken invariant of
//   pawl, never a mistake in the arguments of a caller, which is answered by an error value.
// - PAWL_ONE_COPY: a function that is worth a call where code is compiled for size (-Os).
// - PAWL_FAST_PATH, PAWL_OUT_OF_LINE: what is worth a copy at each call, unless code is compiled
//   for size, and what never is.
// - PAWL_NO_UNIQUE_ADDRESS: MSVC spells the attribute differently, and ignores the standard one.
#pragma once

#include <pawl/version.hpp>

#if defined(__cpp_exceptions) || (defined(_MSC_VER) && defined(_CPPUNWIND))
#define PAWL_HAS_EXCEPTIONS 1
#define PAWL_ABI_EXCEPTIONS e
#else
#define PAWL_HAS_EXCEPTIONS 0
#define PAWL_ABI_EXCEPTIONS n
#endif

#ifndef PAWL_CHECKS
#ifdef NDEBUG
#define PAWL_CHECKS 0
#else
#define PAWL_CHECKS 1
#endif
#endif

#if PAWL_CHECKS
#define PAWL_ABI_CHECKS c
#else
#define PAWL_ABI_CHECKS r
#endif

#define PAWL_PASTE_TOKENS(major, minor, patch, exceptions, checks)                                 \
    v##major##_##minor##_##patch##_##exceptions##checks
#define PAWL_PASTE(major, minor, patch, exceptions, checks)                                        \
    PAWL_PASTE_TOKENS(major, minor, patch, exceptions, checks)
#define PAWL_ABI                                                                                   \
    PAWL_PASTE(PAWL_VERSION_MAJOR, PAWL_VERSION_MINOR, PAWL_VERSION_PATCH, PAWL_ABI_EXCEPTIONS,    \
               PAWL_ABI_CHECKS)

#ifdef __OPTIMIZE_SIZE__
#define PAWL_ONE_COPY [[gnu::noinline]]
#else
#define PAWL_ONE_COPY
#endif

#ifdef __OPTIMIZE_SIZE__
#define PAWL_FAST_PATH
#elif defined(_MSC_VER)
#define PAWL_FAST_PATH [[msvc::forceinline]]
#else
#define PAWL_FAST_PATH [[gnu::always_inline]]
#endif

#ifdef _MSC_VER
#define PAWL_OUT_OF_LINE [[msvc::noinline]]
#else
#define PAWL_OUT_OF_LINE [[gnu::noinline]]
#endif

// What GCC may take for granted. Not clang, which then counts zeros with an instruction that is
// slow on many processors.
#if defined(__GNUC__) && !defined(__clang__)
#define PAWL_ASSUME(condition) ((condition) ? void() : __builtin_unreachable())
#else
#define PAWL_ASSUME(condition) static_cast<void>(0)
#endif

#ifdef _MSC_VER
#define PAWL_NO_UNIQUE_ADDRESS [[msvc::no_unique_address]]
#else
#define PAWL_NO_UNIQUE_ADDRESS [[no_unique_address]]
#endif

// A broken invariant stops the program where it is seen: there is no safe way on. `__builtin_trap`
// needs no library, so that an image without stdio can keep its checks.
#if PAWL_CHECKS
#ifdef _MSC_VER
#define PAWL_ASSERT(condition) ((condition) ? void() : __debugbreak())
#else
#define PAWL_ASSERT(condition) ((condition) ? void() : __builtin_trap())
#endif
#else
#define PAWL_ASSERT(condition) static_cast<void>(0)
#endif
