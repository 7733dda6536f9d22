// SPDX-License-Identifier: BSL-1.0
//
// locked_instructions: how many instructions with a locked bus a piece of code executes.
//
// Such an instruction (a read-modify-write, an exchange, a full fence) is what many cores wait for,
// and what a machine of few cores cannot show in time. So they are counted: a child process runs
// the code, and its parent steps through it, one instruction at a time. Linux on x86-64 only.
//
//   const std::optional<double> count = bench::locked_instructions([](auto region) {
//       prepare();
//       region.begin();              // from here on this very thread is watched,
//       work();
//       region.end();                // to here; the process ends
//   });
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>

#if defined(__linux__) && defined(__x86_64__)
#define PAWL_BENCH_CAN_STEP 1
#include <cerrno>
#include <csignal>

#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace bench {

#if defined(PAWL_BENCH_CAN_STEP)

namespace stepping {

// Shared by both processes.
struct shared {
    std::atomic<long> thread{0};  // to be watched
    std::atomic<int> watched{0};  // 1 once it is
};

struct region {
    shared* with;
    void begin() const {
        with->thread.store(syscall(SYS_gettid));
        while (with->watched.load() == 0) {
        }
        __asm__ volatile("int3" ::: "memory");
    }
    [[noreturn]] void end() const {
        __asm__ volatile("int3" ::: "memory");
        _exit(0);
    }
};

// Whether the instruction at these bytes locks: a lock prefix, an exchange with memory, mfence.
inline bool locks(const unsigned char* code) {
    bool prefixed = false;
    for (;; ++code) {
        switch (*code) {
            case 0xF0: prefixed = true; continue;
            case 0x66:
            case 0x67:
            case 0xF2:
            case 0xF3:
            case 0x2E:
            case 0x36:
            case 0x3E:
            case 0x26:
            case 0x64:
            case 0x65: continue;
            default: break;
        }
        break;
    }
    if (prefixed) {
        return true;
    }
    if ((*code & 0xF0) == 0x40) {
        ++code;  // REX
    }
    if (*code == 0x86 || *code == 0x87) {
        return code[1] < 0xC0;
    }
    return code[0] == 0x0F && code[1] == 0xAE && code[2] == 0xF0;
}

inline std::optional<std::uint64_t> step_through(pid_t process, pid_t thread) {
    const auto wait = [&](int& status) { return waitpid(thread, &status, __WALL) == thread; };
    int status = 0;
    std::uint64_t count = 0;
    bool inside = false;
    for (;;) {
        if (!wait(status) || !WIFSTOPPED(status)) {
            return std::nullopt;
        }
        user_regs_struct registers{};
        if (ptrace(PTRACE_GETREGS, thread, nullptr, &registers) != 0) {
            return std::nullopt;
        }
        unsigned char code[16]{};
        iovec here{code, sizeof code};
        const auto fetch = [&](std::uintptr_t from) {
            iovec there{reinterpret_cast<void*>(from), sizeof code};
            return process_vm_readv(process, &here, 1, &there, 1, 0) > 0;
        };
        // Running on, it stops behind the first int3; stepping, it is stopped before the second.
        inside =
            inside || (WSTOPSIG(status) == SIGTRAP && fetch(registers.rip - 1) && code[0] == 0xCC);
        if (inside && fetch(registers.rip)) {
            if (code[0] == 0xCC) {
                return count;
            }
            count += locks(code) ? 1U : 0U;
        }
        const int signal =
            WSTOPSIG(status) == SIGTRAP || WSTOPSIG(status) == SIGSTOP ? 0 : WSTOPSIG(status);
        if (ptrace(inside ? PTRACE_SINGLESTEP : PTRACE_CONT, thread, nullptr, signal) != 0) {
            return std::nullopt;
        }
    }
}

}  // namespace stepping

// code(region) runs in a child. Nothing if the system does not let us watch it, or after 20 s.
template <class Code>
std::optional<double> locked_instructions(Code&& code) {
    auto* const with = static_cast<stepping::shared*>(mmap(nullptr, sizeof(stepping::shared),
                                                           PROT_READ | PROT_WRITE,
                                                           MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    if (with == MAP_FAILED) {
        return std::nullopt;
    }
    ::new (with) stepping::shared;
    const pid_t child = fork();
    if (child == 0) {
        alarm(20);
        std::forward<Code>(code)(stepping::region{with});
        _exit(1);
    }
    std::optional<double> result;
    if (child > 0) {
        int status = 0;
        while (with->thread.load() == 0 && waitpid(child, &status, WNOHANG) == 0) {
            usleep(100);
        }
        const auto thread = static_cast<pid_t>(with->thread.load());
        if (thread != 0 && ptrace(PTRACE_ATTACH, thread, nullptr, nullptr) == 0) {
            with->watched.store(1);
            if (const auto count = stepping::step_through(child, thread)) {
                result = static_cast<double>(*count);
            }
            ptrace(PTRACE_DETACH, thread, nullptr, nullptr);
        }
        kill(child, SIGKILL);
        waitpid(child, &status, __WALL);
    }
    munmap(with, sizeof(stepping::shared));
    return result;
}

#endif

}  // namespace bench
