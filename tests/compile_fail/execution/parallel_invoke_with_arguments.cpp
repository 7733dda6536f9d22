// SPDX-License-Identifier: BSL-1.0
//
// Functions that need more than a worker; one that needs a worker where there is none.
// EXPECT: calls functions as f\(\) or f\(worker\); one of these can be called in neither way
// EXPECT: parallel_invoke\(pool, ...\) calls functions as f\(\)
#include <pawl/execution/parallel_invoke.hpp>
#include <pawl/execution/thread_pool.hpp>

#ifdef PAWL_CONTROL
void function() {}
#else
void function(int) {}
#endif

void check(pawl::thread_pool<>& pool) {
    pawl::parallel_invoke(
        pool, [] {}, function);
    static_cast<void>(pool.invoke([](auto& worker) {
        pawl::parallel_invoke(
            worker, [] {}, [](auto&) {}, function);
    }));
}
