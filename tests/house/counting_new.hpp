// SPDX-License-Identifier: BSL-1.0
//
// counting_new: how often a program calls operator new, in all its threads together.
//
// It replaces the global operators, so exactly one source of a program includes it; every test is a
// program of one source. REQUIRE itself allocates: take the count first, and compare it afterwards.
//
//   const house::allocation_scope scope;
//   jobs.enqueue([] {});
//   const auto allocations = scope.count();
//   REQUIRE(allocations == 0);
//
// Who may call: any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#error "ThreadSanitizer brings its own operator new: a test that counts is not labelled concurrent"
#endif
#endif

namespace house {

inline std::atomic<std::uint64_t> allocations_total{0};

// The calls of operator new since this object was made.
class allocation_scope {
public:
    [[nodiscard]] std::uint64_t count() const noexcept {
        return allocations_total.load() - before_;
    }

private:
    std::uint64_t before_ = allocations_total.load();
};

// Null when the system has no more.
inline void* counted(std::size_t size) noexcept {
    ++allocations_total;
    return std::malloc(size > 0 ? size : 1);
}

inline void* counted(std::size_t size, std::align_val_t alignment) noexcept {
    ++allocations_total;
    const auto align = static_cast<std::size_t>(alignment);
    // aligned_alloc wants a multiple of the alignment.
    return std::aligned_alloc(align, size > 0 ? (size + align - 1) / align * align : align);
}

// The operators that may not return null: a test has no other way on.
inline void* or_abort(void* memory) noexcept {
    if (memory == nullptr) {
        std::abort();
    }
    return memory;
}

}  // namespace house

// All of them, although the standard has most call one another: AddressSanitizer brings its own.
void* operator new(std::size_t size) { return house::or_abort(house::counted(size)); }
void* operator new[](std::size_t size) { return house::or_abort(house::counted(size)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return house::or_abort(house::counted(size, alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
    return house::or_abort(house::counted(size, alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return house::counted(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return house::counted(size);
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    return house::counted(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    return house::counted(size, alignment);
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
    std::free(memory);
}
