// SPDX-License-Identifier: BSL-1.0
//
// pawl: background jobs for C++ that fit in a microcontroller. The one include.
//
// Each part also stands alone; include its header instead, and pay for that only:
//   <pawl/containers/mpmc_queue.hpp>   a queue that no stopped thread or interrupt can block
//   <pawl/containers/ticket_queue.hpp> a faster one, for threads that go on
//   <pawl/containers/spsc_queue.hpp>   from one producer to one consumer, loads and stores only
//   <pawl/containers/index_ring.hpp>   a lock-free ring of indices
//   <pawl/execution/blocking_queue.hpp> to wait for an item or for room, with deadline and close
//   <pawl/time/timer_wheel.hpp>        deadlines in constant time, and no tick that takes long
//   <pawl/time/period.hpp>             periodic deadlines without drift
//   <pawl/time/wide_counter.hpp>       a hardware counter of few bits as a time of many
//   <pawl/time/cron.hpp>               cron expressions, at compile time too, in any time zone
//   <pawl/time/posix_tz.hpp>           a time zone from a string of rules
//   <pawl/scheduler/scheduler.hpp>     the scheduler
#pragma once

#include <pawl/config.hpp>
#include <pawl/containers/mpmc_queue.hpp>
#include <pawl/containers/spsc_queue.hpp>
#include <pawl/containers/ticket_queue.hpp>
#include <pawl/execution/blocking_queue.hpp>
#include <pawl/platform/default_platform.hpp>
#include <pawl/platform/manual_platform.hpp>
#include <pawl/scheduler/scheduler.hpp>
#include <pawl/time/cron.hpp>
#include <pawl/time/period.hpp>
#include <pawl/time/posix_tz.hpp>
#include <pawl/time/timer_wheel.hpp>
#include <pawl/time/wide_counter.hpp>
#include <pawl/version.hpp>
