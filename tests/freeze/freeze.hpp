// SPDX-License-Identifier: BSL-1.0
//
// freeze: stops an operation between any two of its instructions, and lets others go on meanwhile.
//
// Goal: "lock-free" taken at its word, for the code that the compiler made. An operation that is
// stopped anywhere, for ever, harms nobody: whoever else uses the structure gets through, and finds
// everything that was put and all the room that was made.
//
// Method: with the trap flag of an x86-64 the processor raises SIGTRAP after each instruction. At
// the n-th one the handler stays, and the operation stands still under it, while somebody else uses
// the structure:
//   from::handler   the handler itself, as an interrupt does: on the same thread, and the operation
//                   cannot go on before it returns
//   from::thread    another thread
// Then the operation goes on at full speed. This for n = 1, 2, 3 and so on, until the operation
// ends before.
//
// Who hangs is thrown out: a timer of the thread jumps back. That is the one place where time
// matters, and only a program that would never end meets it: `patience` is far longer than any
// operation.
//
// Limits: the moment right after a system call is not seen (the next instruction has run, too); an
// order that only another core could see is not looked for here.
#pragma once

#include <atomic>
#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <type_traits>

#include <pawl/platform/std_platform.hpp>

#if defined(__x86_64__) && defined(__linux__)
#define FREEZE_IS_POSSIBLE 1
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#else
#define FREEZE_IS_POSSIBLE 0
#endif

namespace freeze {

// What CTest takes for "skipped".
inline constexpr int exit_skipped = 77;

// Words that start at First, so that a ring's counters (which are kept xored with their first
// value) can be brought to pass 2^32; else std::atomic itself.
template <std::uint32_t First>
struct word : std::atomic<std::uint32_t> {
    constexpr word() noexcept : std::atomic<std::uint32_t>{First} {}
};

template <std::uint32_t First = 0>
struct platform : pawl::std_platform {
    using word = std::conditional_t<First == 0, std::atomic<std::uint32_t>, freeze::word<First>>;
};

enum class from : bool { handler, thread };

inline const char* text(from who) { return who == from::handler ? "handler" : "thread"; }

}  // namespace freeze

#if FREEZE_IS_POSSIBLE

namespace freeze {

struct seconds {
    long count;
    long milliseconds = 0;
};

// A machine that stands still for so long is broken.
inline constexpr seconds patience{20};

// Boundaries at which an operation was stopped.
struct result {
    unsigned boundaries = 0;
    unsigned bad = 0;
    unsigned hung = 0;  // of the bad ones

    result& operator+=(const result& more) {
        boundaries += more.boundaries;
        bad += more.bad;
        hung += more.hung;
        return *this;
    }
};

// Prints a line for each operation, and says at the end whether all was well.
class report {
public:
    explicit report(const char* name) : name_{name} {}

    // A call of fewer boundaries than `least` was not really stepped.
    void add(const char* what, const char* where, from who, result found, unsigned least) {
        std::printf("%-22s %-30s %-8s %6u boundaries, %4u bad", what, where, text(who),
                    found.boundaries, found.bad);
        std::printf(found.hung != 0 ? ", %u of them hung\n" : "\n", found.hung);
        if (found.boundaries < least) {
            std::printf("  that is fewer than %u\n", least);
            too_few_ = true;
        }
        std::fflush(stdout);
        sum_ += found;
    }

    [[nodiscard]] result sum() const { return sum_; }

    // The exit status of a test that allows no bad boundary.
    [[nodiscard]] int end(unsigned least) const {
        std::printf("%s: %u boundaries, %u bad\n", name_, sum_.boundaries, sum_.bad);
        if (sum_.boundaries < least) {
            std::printf("that is fewer than %u\n", least);
        }
        return sum_.bad == 0 && !too_few_ && sum_.boundaries >= least ? EXIT_SUCCESS : EXIT_FAILURE;
    }

private:
    const char* name_;
    result sum_;
    bool too_few_ = false;
};

// What became of one stop.
enum class outcome {
    ended_before,  // the operation has fewer instructions
    passed,
    hung_meanwhile,  // whoever used the structure while the operation stood still
    hung_after,      // the operation, when it went on
};

// Calls a function and jumps out of it when its time is over. One of these at a time in a thread.
class guard {
public:
    guard() {
        struct sigaction action {};
        action.sa_handler = &jump;
        action.sa_flags = SA_NODEFER;
        sigaction(SIGALRM, &action, nullptr);
        sigevent event{};
        event.sigev_notify = SIGEV_THREAD_ID;
        event.sigev_signo = SIGALRM;
#ifdef sigev_notify_thread_id
        event.sigev_notify_thread_id = static_cast<pid_t>(syscall(SYS_gettid));
#else
        event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
#endif
        if (timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) {
            std::perror("freeze: timer_create");
            std::exit(EXIT_FAILURE);
        }
    }
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;
    ~guard() { timer_delete(timer_); }

    // True if the function returned. No destructor is run of what it left.
    template <class Function>
    bool call(seconds limit, Function& function) {
        sigjmp_buf* const outer = out_;
        sigjmp_buf out;
        const bool returned = sigsetjmp(out, 1) == 0;
        if (returned) {
            out_ = &out;
            set(limit);
            function();
            set({0});
        }
        out_ = outer;
        return returned;
    }

private:
    void set(seconds limit) {
        itimerspec time{};
        time.it_value.tv_sec = limit.count;
        time.it_value.tv_nsec = limit.milliseconds * 1'000'000;
        timer_settime(timer_, 0, &time, nullptr);
    }

    static void jump(int) {
        if (out_ != nullptr) {
            siglongjmp(*out_, 1);
        }
    }

    inline static thread_local sigjmp_buf* out_ = nullptr;
    timer_t timer_{};
};

// Another thread that does what it is told, one thing after another.
class helper {
public:
    helper() {
        sem_init(&wanted_, 0, 0);
        sem_init(&done_, 0, 0);
        pthread_create(
            &thread_, nullptr,
            [](void* self) -> void* {
                static_cast<helper*>(self)->work();
                return nullptr;
            },
            this);
    }
    helper(const helper&) = delete;
    helper& operator=(const helper&) = delete;
    ~helper() {
        task_ = nullptr;
        sem_post(&wanted_);
        pthread_join(thread_, nullptr);
    }

    // Called in a signal handler: a semaphore is allowed there.
    template <class Function>
    bool call(seconds limit, Function& function) {
        argument_ = &function;
        limit_ = limit;
        task_ = [](guard& watch, seconds time, void* self) {
            return watch.call(time, *static_cast<Function*>(self));
        };
        sem_post(&wanted_);
        wait(done_);
        return returned_;
    }

private:
    void work() {
        guard watch;
        for (wait(wanted_); task_ != nullptr; wait(wanted_)) {
            returned_ = task_(watch, limit_, argument_);
            sem_post(&done_);
        }
    }

    static void wait(sem_t& semaphore) {
        while (sem_wait(&semaphore) != 0) {
        }
    }

    sem_t wanted_{};
    sem_t done_{};
    bool (*task_)(guard&, seconds, void*) = nullptr;
    void* argument_ = nullptr;
    seconds limit_{0};
    bool returned_ = false;
    pthread_t thread_{};
};

// Stops operations of the thread that made it.
class freezer {
public:
    explicit freezer(seconds limit = patience) : limit_{limit} {
        struct sigaction action {};
        action.sa_sigaction = &trap;
        action.sa_flags = SA_SIGINFO;
        sigaction(SIGTRAP, &action, nullptr);
    }

    // Runs `operation`, which stands still after its instruction number `boundary` (from 1) until
    // `meanwhile` has returned.
    template <class Operation, class Meanwhile>
    outcome stop(unsigned boundary, from who, Operation&& operation, Meanwhile&& meanwhile) {
        auto during = [&] {
            const int error = errno;
            stage_ = stage::meanwhile;
            const bool returned = who == from::handler ? in_handler_.call(limit_, meanwhile)
                                                       : helper_.call(limit_, meanwhile);
            stage_ = returned ? stage::after : stage::hung;
            errno = error;
        };
        auto whole = [&] {
            auto& step_by_step = stepped<std::remove_reference_t<Operation>>;
            step_by_step(operation);
        };
        stage_ = stage::before;
        left_ = boundary;
        frozen_ = &during;
        act_ = [](void* self) { (*static_cast<decltype(during)*>(self))(); };
        const bool returned = watch_.call({limit_.count * 3, limit_.milliseconds * 3}, whole);
        inside_ = 0;
        switch (stage_) {
            case stage::before: return returned ? outcome::ended_before : outcome::hung_after;
            case stage::meanwhile:
            case stage::hung: return outcome::hung_meanwhile;
            case stage::after: break;
        }
        return returned ? outcome::passed : outcome::hung_after;
    }

private:
    enum class stage { before, meanwhile, hung, after };

    template <class Operation>
    [[gnu::noinline]] static void stepped(Operation& operation) {
        // The flags lie below the red zone of a function that calls no other one.
        asm volatile(
            "lea -128(%%rsp), %%rsp\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\t"
            "lea 128(%%rsp), %%rsp" ::
                : "memory", "cc");
        inside_ = 1;
        call(operation);
        inside_ = 0;
        asm volatile(
            "lea -128(%%rsp), %%rsp\n\tpushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq\n\t"
            "lea 128(%%rsp), %%rsp" ::
                : "memory", "cc");
    }

    // A call of its own, so that the operation is the code that it is elsewhere.
    template <class Operation>
    [[gnu::noinline]] static void call(Operation& operation) {
        operation();
    }

    static void trap(int, siginfo_t*, void* context) {
        if (inside_ == 0 || left_ == 0 || --left_ != 0) {
            return;
        }
        // What is left of the operation runs at full speed.
        static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL] &= ~trap_flag;
        act_(frozen_);
    }

    static constexpr greg_t trap_flag = 0x100;

    seconds limit_;
    guard watch_;
    guard in_handler_;
    helper helper_;

    inline static volatile std::sig_atomic_t inside_ = 0;
    inline static unsigned left_ = 0;
    inline static stage stage_ = stage::before;
    inline static void* frozen_ = nullptr;
    inline static void (*act_)(void*) = nullptr;
};

}  // namespace freeze

#endif
