// SPDX-License-Identifier: BSL-1.0
//
// queue_peers: bounded queues of others for many producers and consumers, behind one push and pop.
//
// A peer is here if its header is found. each_peer() goes through those there are; note_peers()
// says what a reader has to know of them, and what is missing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "../report.hpp"

#if __has_include(<boost/lockfree/queue.hpp>)
#include <boost/lockfree/queue.hpp>
#include <boost/version.hpp>
#define PAWL_BENCH_BOOST 1
#endif
#if defined(PAWL_BENCH_TBB)
#include <tbb/concurrent_queue.h>
#include <tbb/version.h>
#endif
#if __has_include(<concurrentqueue/concurrentqueue.h>)
#include <concurrentqueue/concurrentqueue.h>
#define PAWL_BENCH_MOODYCAMEL 1
#elif __has_include(<concurrentqueue.h>)
#include <concurrentqueue.h>
#define PAWL_BENCH_MOODYCAMEL 1
#endif
#if __has_include(<rigtorp/MPMCQueue.h>)
#include <rigtorp/MPMCQueue.h>
#define PAWL_BENCH_RIGTORP 1
#endif
#if __has_include(<atomic_queue/atomic_queue.h>)
#include <atomic_queue/atomic_queue.h>
#define PAWL_BENCH_ATOMIC_QUEUE 1
#endif
#if __has_include(<xenium/vyukov_bounded_queue.hpp>)
#include <xenium/nikolaev_bounded_queue.hpp>
#include <xenium/vyukov_bounded_queue.hpp>
#define PAWL_BENCH_XENIUM 1
#endif
#if __has_include(<lockfree/mpmc/queue.hpp>)
#include <lockfree/mpmc/queue.hpp>
#define PAWL_BENCH_DNEDIC 1
#endif

namespace bench::queues {

#if defined(PAWL_BENCH_BOOST)
template <class T, std::uint32_t Capacity>
struct boost_queue {
    using item = T;
    // A queue of fixed size counts its nodes in 16 bits.
    static constexpr std::size_t size = std::min<std::size_t>(Capacity, 65'534);
    boost::lockfree::queue<T, boost::lockfree::capacity<size>> queue;
    bool push(const T& value) { return queue.bounded_push(value); }
    bool pop(T& value) { return queue.pop(value); }
};
#endif

#if defined(PAWL_BENCH_TBB)
template <class T, std::uint32_t Capacity>
struct tbb_queue {
    using item = T;
    tbb_queue() { queue.set_capacity(Capacity); }
    tbb::concurrent_bounded_queue<T> queue;
    bool push(const T& value) { return queue.try_push(value); }
    bool pop(T& value) { return queue.try_pop(value); }
};
#endif

#if defined(PAWL_BENCH_MOODYCAMEL)
template <class T, std::uint32_t Capacity>
struct moodycamel_queue {
    using item = T;
    moodycamel::ConcurrentQueue<T> queue{Capacity};
    bool push(const T& value) { return queue.try_enqueue(value); }
    bool pop(T& value) { return queue.try_dequeue(value); }
};
#endif

#if defined(PAWL_BENCH_RIGTORP)
template <class T, std::uint32_t Capacity>
struct rigtorp_queue {
    using item = T;
    rigtorp::MPMCQueue<T> queue{Capacity};
    bool push(const T& value) { return queue.try_push(value); }
    bool pop(T& value) { return queue.try_pop(value); }
};
#endif

#if defined(PAWL_BENCH_ATOMIC_QUEUE)
// Any item, with a byte of state beside it.
template <class T, std::uint32_t Capacity>
struct atomic_queue2 {
    using item = T;
    atomic_queue::AtomicQueue2<T, Capacity, true, true, false> queue;
    bool push(const T& value) { return queue.try_push(value); }
    bool pop(T& value) { return queue.try_pop(value); }
};
// An item that is an atomic integer, one of whose values says that none is there.
template <class T, std::uint32_t Capacity>
struct atomic_queue1 {
    using item = T;
    atomic_queue::AtomicQueue<T, Capacity, T(-1), true, true, false> queue;
    bool push(const T& value) { return queue.try_push(value); }
    bool pop(T& value) { return queue.try_pop(value); }
};
#endif

#if defined(PAWL_BENCH_XENIUM)
template <class T, std::uint32_t Capacity>
struct xenium_vyukov {
    using item = T;
    xenium::vyukov_bounded_queue<T> queue{Capacity};
    bool push(const T& value) { return queue.try_push(value); }
    bool pop(T& value) { return queue.try_pop(value); }
};
template <class T, std::uint32_t Capacity>
struct xenium_nikolaev {
    using item = T;
    xenium::nikolaev_bounded_queue<T> queue{Capacity};
    bool push(const T& value) { return queue.try_push(value); }
    bool pop(T& value) { return queue.try_pop(value); }
};
#endif

#if defined(PAWL_BENCH_DNEDIC)
template <class T, std::uint32_t Capacity>
struct dnedic_queue {
    using item = T;
    lockfree::mpmc::Queue<T, Capacity> queue;
    bool push(const T& value) { return queue.Push(value); }
    bool pop(T& value) { return queue.Pop(value); }
};
#endif

// visit.operator()<Queue>(name) for each.
template <class T, std::uint32_t Capacity, class Visit>
void each_peer([[maybe_unused]] Visit&& visit) {
#if defined(PAWL_BENCH_BOOST)
    visit.template operator()<boost_queue<T, Capacity>>("boost");
#endif
#if defined(PAWL_BENCH_TBB)
    visit.template operator()<tbb_queue<T, Capacity>>("tbb");
#endif
#if defined(PAWL_BENCH_MOODYCAMEL)
    visit.template operator()<moodycamel_queue<T, Capacity>>("moodycamel");
#endif
#if defined(PAWL_BENCH_RIGTORP)
    visit.template operator()<rigtorp_queue<T, Capacity>>("rigtorp");
#endif
#if defined(PAWL_BENCH_ATOMIC_QUEUE)
    visit.template operator()<atomic_queue2<T, Capacity>>("atomic_queue2");
    if constexpr (std::is_integral_v<T>) {
        visit.template operator()<atomic_queue1<T, Capacity>>("atomic_queue");
    }
#endif
#if defined(PAWL_BENCH_XENIUM)
    visit.template operator()<xenium_vyukov<T, Capacity>>("xenium vyukov");
    visit.template operator()<xenium_nikolaev<T, Capacity>>("xenium nikolaev");
#endif
#if defined(PAWL_BENCH_DNEDIC)
    visit.template operator()<dnedic_queue<T, Capacity>>("dnedic");
#endif
}

inline void note_peers(report& target) {
#if defined(PAWL_BENCH_BOOST)
    target.note("boost " BOOST_LIB_VERSION,
                "lockfree::queue of fixed size, of 65534 where the row says 65536: it counts in 16 "
                "bits; 64 bytes a number; a frozen thread blocks nobody");
#else
    target.missing("boost", "libboost-dev");
#endif
#if defined(PAWL_BENCH_TBB)
    target.note("tbb " TBB_VERSION_STRING,
                "concurrent_bounded_queue; allocates pages as it goes (bytes a slot not measured), "
                "a frozen thread blocks others");
#else
    target.missing("tbb", "libtbb-dev");
#endif
#if defined(PAWL_BENCH_MOODYCAMEL)
    target.note("moodycamel",
                "ConcurrentQueue without tokens; its order is first-in-first-out for each producer "
                "only, and its capacity a hint: a pool of blocks for all producers");
#else
    target.missing("moodycamel", "libconcurrentqueue-dev");
#endif
#if defined(PAWL_BENCH_RIGTORP)
    target.note("rigtorp", "MPMCQueue, a ticket queue: a frozen thread blocks others");
#else
    target.missing("rigtorp", "rigtorp/MPMCQueue.h");
#endif
#if defined(PAWL_BENCH_ATOMIC_QUEUE)
    target.note("atomic_queue",
                "AtomicQueue, of integers one of which means none, and AtomicQueue2 of anything; a "
                "frozen thread blocks others");
#else
    target.missing("atomic_queue", "atomic_queue/atomic_queue.h");
#endif
#if defined(PAWL_BENCH_XENIUM)
    target.note("xenium",
                "vyukov_bounded_queue, a ticket queue: a frozen thread blocks others; "
                "nikolaev_bounded_queue: it does not");
#else
    target.missing("xenium", "xenium/vyukov_bounded_queue.hpp");
#endif
#if defined(PAWL_BENCH_DNEDIC)
    target.note("dnedic", "lockfree::mpmc::Queue, a ticket queue: a frozen thread blocks others");
#else
    target.missing("dnedic", "lockfree/mpmc/queue.hpp");
#endif
}

}  // namespace bench::queues
