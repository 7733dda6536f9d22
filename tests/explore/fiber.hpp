// SPDX-License-Identifier: BSL-1.0
//
// fiber: a stack of its own that runs until it hands control to another one. For tests on POSIX.
//
// The explorer switches millions of times, so x86-64 has its own switch of a few nanoseconds;
// everywhere else (or with -DEXPLORE_UCONTEXT=1) swapcontext does it, which asks the kernel for the
// signal mask each time and costs some 300 ns.
//
// AddressSanitizer is told of every switch. ThreadSanitizer is not: the fibers are one thread, and
// what they show is not its business, so such a build is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <cxxabi.h>
#include <sys/mman.h>

#if defined(__has_feature)
#define EXPLORE_HAS_FEATURE(name) __has_feature(name)
#else
#define EXPLORE_HAS_FEATURE(name) 0
#endif

#if defined(__SANITIZE_THREAD__) || EXPLORE_HAS_FEATURE(thread_sanitizer)
#error "the explorer's fibers are a single thread: build it without ThreadSanitizer"
#endif

#if defined(__SANITIZE_ADDRESS__) || EXPLORE_HAS_FEATURE(address_sanitizer)
#define EXPLORE_ASAN 1
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#else
#define EXPLORE_ASAN 0
#endif

#ifndef EXPLORE_UCONTEXT
#ifdef __x86_64__
#define EXPLORE_UCONTEXT 0
#else
#define EXPLORE_UCONTEXT 1
#endif
#endif
#if EXPLORE_UCONTEXT
#include <ucontext.h>
#endif

namespace explore {

#if !EXPLORE_UCONTEXT
// Saves the registers that a call must keep on the present stack, and takes those of another one.
[[gnu::naked, gnu::noinline]] inline void switch_stack(void** /*saved*/, void* /*next*/) {
    asm("pushq %rbp\n\tpushq %rbx\n\tpushq %r12\n\tpushq %r13\n\tpushq %r14\n\tpushq %r15\n\t"
        "movq %rsp, (%rdi)\n\tmovq %rsi, %rsp\n\t"
        "popq %r15\n\tpopq %r14\n\tpopq %r13\n\tpopq %r12\n\tpopq %rbx\n\tpopq %rbp\n\tretq");
}
#endif

class fiber {
public:
    using entry = void (*)();

    // Pages are taken when they are touched; the lowest one is a guard.
    static constexpr std::size_t stack_bytes = std::size_t{1} << 20;

    fiber() = default;
    fiber(const fiber&) = delete;
    fiber& operator=(const fiber&) = delete;
    ~fiber() {
        if (stack_ != nullptr) {
            munmap(stack_, stack_bytes);
        }
    }

    // The first switch to this fiber calls `function`, which must never return. What ran on the
    // stack before is forgotten, without destructors.
    void reset(entry function) {
        if (stack_ == nullptr) {
            void* const pages = mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (pages == MAP_FAILED || mprotect(pages, 4096, PROT_NONE) != 0) {
                std::perror("fiber: no stack");
                std::abort();
            }
            stack_ = static_cast<std::byte*>(pages);
        }
#if EXPLORE_ASAN
        __asan_unpoison_memory_region(stack_, stack_bytes);
        fake_stack_ = nullptr;
#endif
        exceptions_ = {};
#if EXPLORE_UCONTEXT
        getcontext(&context_);
        context_.uc_stack.ss_sp = stack_;
        context_.uc_stack.ss_size = stack_bytes;
        context_.uc_link = nullptr;
        makecontext(&context_, function, 0);
#else
        // As if `function` had been called from nowhere: its return address is 0, and below it lie
        // the address to go to and six registers for switch_stack() to pop.
        auto* const top = reinterpret_cast<std::uintptr_t*>(stack_ + stack_bytes);
        std::memset(top - 8, 0, 8 * sizeof(*top));
        top[-2] = reinterpret_cast<std::uintptr_t>(function);
        top_ = top - 8;
#endif
    }

    // Stops here and goes on where `next` stopped. The caller's own stack is `*this`.
    void switch_to(fiber& next) {
        // The language's list of caught exceptions belongs to a thread; here it belongs to a fiber.
        auto* const caught = abi::__cxa_get_globals();
        std::memcpy(static_cast<void*>(&exceptions_), caught, sizeof exceptions_);
        std::memcpy(static_cast<void*>(caught), &next.exceptions_, sizeof exceptions_);
#if EXPLORE_ASAN
        __sanitizer_start_switch_fiber(&fake_stack_, next.stack_for_asan(), next.bytes_for_asan());
#endif
#if EXPLORE_UCONTEXT
        swapcontext(&context_, &next.context_);
#else
        switch_stack(&top_, next.top_);
#endif
        arrived();
    }

    // To be called first on a new fiber.
    void arrived() {
#if EXPLORE_ASAN
        const void* from = nullptr;
        std::size_t bytes = 0;
        __sanitizer_finish_switch_fiber(fake_stack_, &from, &bytes);
        if (host_stack_ == nullptr) {  // the first switch of all came from the thread's own stack
            host_stack_ = from;
            host_bytes_ = bytes;
        }
#endif
    }

private:
    // What __cxa_get_globals() points to: the caught exceptions and the number of uncaught ones.
    struct exception_state {
        void* caught = nullptr;
        unsigned uncaught = 0;
    };

#if EXPLORE_ASAN
    const void* stack_for_asan() const { return stack_ != nullptr ? stack_ : host_stack_; }
    std::size_t bytes_for_asan() const { return stack_ != nullptr ? stack_bytes : host_bytes_; }

    static inline const void* host_stack_ = nullptr;
    static inline std::size_t host_bytes_ = 0;
    void* fake_stack_ = nullptr;
#endif
#if EXPLORE_UCONTEXT
    ucontext_t context_{};
#else
    void* top_ = nullptr;
#endif
    std::byte* stack_ = nullptr;  // none for the fiber that stands for the thread's own stack
    exception_state exceptions_;
};

}  // namespace explore
