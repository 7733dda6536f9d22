// SPDX-License-Identifier: BSL-1.0
//
// no_journal: jobs live in memory only. The default, of no bytes and no code.
//
// A scheduler's third argument is its journal. With this one, jobs that have not run when the
// program ends are gone; while it runs, each runs once.
#pragma once

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

struct no_journal {};

}  // namespace PAWL_ABI
}  // namespace pawl
