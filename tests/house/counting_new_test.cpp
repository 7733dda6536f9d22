// SPDX-License-Identifier: BSL-1.0
//
// The counter that other tests trust when it says zero.
//
// Goal: no way of calling operator new escapes it, in any thread. Method: call each one once.
#include "catch.hpp"

#include <memory>
#include <new>
#include <thread>
#include <vector>

#include "house/counting_new.hpp"

namespace {

struct alignas(256) wide {
    char bytes[256];
};

// Keeps the compiler from leaving out a pair of new and delete.
template <class T>
T* kept(T* memory) {
    static T* volatile seen;
    seen = memory;
    return seen;
}

}  // namespace

TEST_CASE("every form of new is counted once") {
    const house::allocation_scope scope;
    delete kept(new int);
    delete[] kept(new int[3]);
    delete kept(new wide);
    delete[] kept(new wide[3]);
    delete kept(new (std::nothrow) int);
    delete[] kept(new (std::nothrow) int[3]);
    delete kept(new (std::nothrow) wide);
    delete[] kept(new (std::nothrow) wide[3]);
    const auto count = scope.count();
    CHECK(count == 8);
}

TEST_CASE("aligned memory is aligned") {
    const std::unique_ptr<wide[]> cells{kept(new wide[3])};
    CHECK(reinterpret_cast<std::uintptr_t>(cells.get()) % alignof(wide) == 0);
}

TEST_CASE("what another thread allocates is counted") {
    const house::allocation_scope scope;
    std::thread{[] {
        for (int i = 0; i < 1000; ++i) {
            delete kept(new int{i});
        }
    }}.join();
    const auto count = scope.count();
    CHECK(count >= 1000);
    CHECK(count <= 1010);  // the thread itself allocates, too
}

TEST_CASE("what needs no memory is not counted") {
    const house::allocation_scope scope;
    const std::vector<int> none;
    const auto count = scope.count();
    CHECK(count == 0);
    CHECK(none.empty());
}
