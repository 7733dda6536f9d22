// SPDX-License-Identifier: BSL-1.0
//
// system_calls: how many of them a piece of code makes on its thread.
//
// A child process runs the code, and forbids its own thread every call while it does: each becomes
// a signal, which counts. So nothing that is forgotten slips through, and nothing has to be asked
// of the system's accounts, which know of sleeps but not of calls. Linux on 64-bit x86 and Arm.
//
//   const std::optional<double> count = bench::system_calls([](auto region) {
//       prepare();
//       region.begin();              // from here on this very thread is watched,
//       const bool good = work();
//       region.end(good);            // to here; the process ends
//   });
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
#define PAWL_BENCH_CAN_FORBID 1
#include <csignal>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "../harness.hpp"

namespace bench {

#if defined(PAWL_BENCH_CAN_FORBID)

namespace forbidding {

// Shared by both processes.
struct outcome {
    volatile std::sig_atomic_t calls;
    volatile std::sig_atomic_t began;
    volatile std::sig_atomic_t good;
};

inline outcome* result = nullptr;

struct region {
    // Where it is not allowed to forbid, the process ends.
    void begin() const {
        struct sigaction counting {};
        counting.sa_handler = [](int) { result->calls = result->calls + 1; };
        // Neither the handler's return nor the end of the process is counted.
        sock_filter rules[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 1, 0),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        };
        const sock_fprog program{static_cast<unsigned short>(std::size(rules)), rules};
        if (sigaction(SIGSYS, &counting, nullptr) != 0 ||
            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
            _exit(1);
        }
        // That it does count: this call becomes a signal.
        static_cast<void>(syscall(SYS_getppid));
        if (result->calls != 1) {
            _exit(1);
        }
        result->calls = 0;
        result->began = 1;
    }
    [[noreturn]] void end(bool good) const {
        result->good = good ? 1 : 0;
        _exit(0);
    }
};

}  // namespace forbidding

#endif

// code(region) runs in a child, which has to be made while there is one thread only. Nothing if the
// system does not let us forbid calls.
template <class Code>
std::optional<double> system_calls([[maybe_unused]] Code&& code) {
#if defined(PAWL_BENCH_CAN_FORBID)
    auto* const with = static_cast<forbidding::outcome*>(mmap(nullptr, sizeof(forbidding::outcome),
                                                              PROT_READ | PROT_WRITE,
                                                              MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    if (with == MAP_FAILED) {
        return std::nullopt;
    }
    forbidding::result = ::new (with) forbidding::outcome{};
    const pid_t child = fork();
    if (child == 0) {
        alarm(20);
        std::forward<Code>(code)(forbidding::region{});
        _exit(1);
    }
    std::optional<double> count;
    if (child > 0) {
        int status = 0;
        waitpid(child, &status, 0);
        if (with->began != 0) {
            check(with->good != 0, "what was to make no system call did not do its work");
            count = static_cast<double>(with->calls);
        }
    }
    munmap(with, sizeof(forbidding::outcome));
    return count;
#else
    return std::nullopt;
#endif
}

}  // namespace bench
