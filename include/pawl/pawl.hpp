// SPDX-License-Identifier: BSL-1.0
//
// pawl: background jobs for C++ that fit in a microcontroller. The one include.
//
// Each part also stands alone; include its header instead, and pay for that only:
//   <pawl/containers/mpmc_queue.hpp>   a queue that no stopped thread or interrupt can block
//   <pawl/containers/ticket_queue.hpp> a faster one, for threads that go on
//   <pawl/containers/spsc_queue.hpp>   from one producer to one consumer, loads and stores only
//   <pawl/containers/index_ring.hpp>   a lock-free ring of indices
//   <pawl/containers/work_deque.hpp>   a worker's own values, which others may steal
//   <pawl/execution/blocking_queue.hpp> to wait for an item or for room, with deadline and close
//   <pawl/execution/thread_pool.hpp>   jobs now, on a fixed number of threads; fork and join
//   <pawl/execution/graph.hpp>         what has to run after what, built once, run many times
//   <pawl/execution/parallel_for.hpp>  a loop, on as many threads as it is worth
//   <pawl/execution/parallel_invoke.hpp> functions at once, if another thread has time for them
//   <pawl/time/timer_wheel.hpp>        deadlines in constant time, and no tick that takes long
//   <pawl/time/lap_timers.hpp>         deadlines beyond what a short tick can count
//   <pawl/time/period.hpp>             periodic deadlines without drift
//   <pawl/time/wide_counter.hpp>       a hardware counter of few bits as a time of many
//   <pawl/time/cron.hpp>               cron expressions, at compile time too, in any time zone
//   <pawl/time/posix_tz.hpp>           a time zone from a string of rules
//   <pawl/containers/record_ring.hpp>  the last so many records, from any thread or interrupt
//   <pawl/containers/histogram.hpp>    how often which length, in powers of two
//   <pawl/scheduler/scheduler.hpp>     the scheduler
// and what it does not include:
//   <pawl/scheduler/durable_scheduler.hpp> jobs that outlive the program; and where they are kept:
//   <pawl/durability/file_medium.hpp>  a file (POSIX); flash_medium.hpp, ram_medium.hpp
//   <pawl/durability/record_log.hpp>   a log of records that survives a power cut at any moment
//   <pawl/durability/log_writer.hpp>   the same for many threads: group commit
//   <pawl/durability/medium_conformance.hpp> checks a storage adapter of your own
//   <pawl/execution/graph_text.hpp>    a graph as a drawing, its errors in words
//   <pawl/platform/membarrier_platform.hpp> Linux: a fence that the submitter does not pay
//   <pawl/platform/loop_platform.hpp>  a program of one thread: nothing is atomic
//   <pawl/platform/systick.hpp>        a Cortex-M board in one line; clint.hpp: a RISC-V
//   <pawl/platform/core_lock.hpp>      two cores without compare-and-swap share a scheduler
//   <pawl/platform/platform_conformance.hpp> checks a platform of your own
//   <pawl/scheduler/memory_use.hpp>    what limits take of RAM, as constants
//   <pawl/platform/game_platform.hpp>  a game's clock: in steps, scaled, paused
//   <pawl/time/tzif.hpp>               a time zone with its past, from the bytes of a zone file
//   <pawl/time/zoneinfo.hpp>           the same by its name, from the system's files
//   <pawl/time/chrono_zone.hpp>        a std::chrono::time_zone as one of these
//   <pawl/time/cron_describe.hpp>      a cron expression in words
//   <pawl/time/cron_format.hpp>        a cron expression as text again
//   <pawl/time/cron_explain.hpp>       a parser's error as a sentence; tz_explain.hpp for zones
#pragma once

#include <pawl/config.hpp>
#include <pawl/containers/mpmc_queue.hpp>
#include <pawl/containers/spsc_queue.hpp>
#include <pawl/containers/ticket_queue.hpp>
#include <pawl/execution/blocking_queue.hpp>
#include <pawl/execution/graph.hpp>
#include <pawl/execution/parallel_for.hpp>
#include <pawl/execution/parallel_invoke.hpp>
#include <pawl/execution/thread_pool.hpp>
#include <pawl/platform/default_platform.hpp>
#include <pawl/platform/manual_platform.hpp>
#include <pawl/scheduler/scheduler.hpp>
#include <pawl/time/cron.hpp>
#include <pawl/time/period.hpp>
#include <pawl/time/posix_tz.hpp>
#include <pawl/time/timer_wheel.hpp>
#include <pawl/time/wide_counter.hpp>
#include <pawl/version.hpp>
