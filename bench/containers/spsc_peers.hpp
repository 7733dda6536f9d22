// SPDX-License-Identifier: BSL-1.0
//
// spsc_peers: bounded queues of others from one producer to one consumer, behind one push and pop.
//
// A peer is here if its header is found. each_spsc_peer() goes through those there are;
// note_spsc_peers() says what is missing.
#pragma once

#include <cstdint>
#include <type_traits>

#include "../report.hpp"

#if __has_include(<boost/lockfree/spsc_queue.hpp>)
#include <boost/lockfree/spsc_queue.hpp>
#define PAWL_BENCH_BOOST 1
#endif
#if __has_include(<readerwriterqueue/readerwriterqueue.h>)
#include <readerwriterqueue/readerwriterqueue.h>
#define PAWL_BENCH_READERWRITER 1
#elif __has_include(<readerwriterqueue.h>)
#include <readerwriterqueue.h>
#define PAWL_BENCH_READERWRITER 1
#endif
#if __has_include(<atomic_queue/atomic_queue.h>)
#include <atomic_queue/atomic_queue.h>
#define PAWL_BENCH_ATOMIC_QUEUE 1
#endif
#if __has_include(<lockfree/spsc/queue.hpp>)
#include <lockfree/spsc/queue.hpp>
#define PAWL_BENCH_DNEDIC 1
#endif
#if __has_include(<etl/queue_spsc_atomic.h>)
#include <etl/queue_spsc_atomic.h>
#define PAWL_BENCH_ETL 1
#endif

namespace bench::queues {

#if defined(PAWL_BENCH_BOOST)
template <class T, std::uint32_t Capacity>
struct boost_spsc {
    using item = T;
    boost::lockfree::spsc_queue<T, boost::lockfree::capacity<Capacity>> queue;
    bool push(const T& value) { return queue.push(value); }
    bool pop(T& value) { return queue.pop(value); }
};
#endif

#if defined(PAWL_BENCH_ATOMIC_QUEUE)
template <class T, std::uint32_t Capacity>
struct atomic_spsc2 {
    using item = T;
    atomic_queue::AtomicQueue2<T, Capacity, true, true, false, true> queue;
    bool push(const T& value) { return queue.try_push(value); }
    bool pop(T& value) { return queue.try_pop(value); }
};
template <class T, std::uint32_t Capacity>
struct atomic_spsc1 {
    using item = T;
    atomic_queue::AtomicQueue<T, Capacity, T(-1), true, true, false, true> queue;
    bool push(const T& value) { return queue.try_push(value); }
    bool pop(T& value) { return queue.try_pop(value); }
};
#endif

#if defined(PAWL_BENCH_DNEDIC)
template <class T, std::uint32_t Capacity>
struct dnedic_spsc {
    using item = T;
    lockfree::spsc::Queue<T, Capacity> queue;
    bool push(const T& value) { return queue.Push(value); }
    bool pop(T& value) { return queue.Pop(value); }
};
#endif

#if defined(PAWL_BENCH_READERWRITER)
template <class T, std::uint32_t Capacity>
struct readerwriter_queue {
    using item = T;
    moodycamel::ReaderWriterQueue<T> queue{Capacity};
    bool push(const T& value) { return queue.try_enqueue(value); }
    bool pop(T& value) { return queue.try_dequeue(value); }
};
#endif

#if defined(PAWL_BENCH_ETL)
template <class T, std::uint32_t Capacity>
struct etl_spsc {
    using item = T;
    etl::queue_spsc_atomic<T, Capacity> queue;
    bool push(const T& value) { return queue.push(value); }
    bool pop(T& value) { return queue.pop(value); }
};
#endif

template <class T, std::uint32_t Capacity, class Visit>
void each_spsc_peer([[maybe_unused]] Visit&& visit) {
#if defined(PAWL_BENCH_BOOST)
    visit.template operator()<boost_spsc<T, Capacity>>("boost");
#endif
#if defined(PAWL_BENCH_READERWRITER)
    visit.template operator()<readerwriter_queue<T, Capacity>>("readerwriterqueue");
#endif
#if defined(PAWL_BENCH_ATOMIC_QUEUE)
    visit.template operator()<atomic_spsc2<T, Capacity>>("atomic_queue2");
    if constexpr (std::is_integral_v<T>) {
        visit.template operator()<atomic_spsc1<T, Capacity>>("atomic_queue");
    }
#endif
#if defined(PAWL_BENCH_DNEDIC)
    visit.template operator()<dnedic_spsc<T, Capacity>>("dnedic");
#endif
#if defined(PAWL_BENCH_ETL)
    visit.template operator()<etl_spsc<T, Capacity>>("etl");
#endif
}

inline void note_spsc_peers([[maybe_unused]] report& target) {
#if !defined(PAWL_BENCH_BOOST)
    target.missing("boost", "libboost-dev");
#endif
#if !defined(PAWL_BENCH_READERWRITER)
    target.missing("readerwriterqueue", "libreaderwriterqueue-dev");
#endif
#if !defined(PAWL_BENCH_ATOMIC_QUEUE)
    target.missing("atomic_queue", "atomic_queue/atomic_queue.h");
#endif
#if !defined(PAWL_BENCH_DNEDIC)
    target.missing("dnedic", "lockfree/mpmc/queue.hpp");
#endif
#if !defined(PAWL_BENCH_ETL)
    target.missing("etl", "etl/queue_spsc_atomic.h");
#endif
}

}  // namespace bench::queues
