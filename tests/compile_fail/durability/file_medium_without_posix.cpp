// SPDX-License-Identifier: BSL-1.0
//
// A file as journal on a system that is not POSIX.
// EXPECT: pawl::file_medium is for POSIX systems; for others write an adapter
#ifndef PAWL_CONTROL
#undef __unix__
#undef __APPLE__
#endif
#include <pawl/durability/file_medium.hpp>

pawl::file_medium medium{"jobs.wal"};
