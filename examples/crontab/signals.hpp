// SPDX-License-Identifier: BSL-1.0
//
// Signals as bytes in a pipe, so that a loop around poll(2) meets them where it meets all else.
#pragma once

#include <cerrno>
#include <csignal>

#include <sys/types.h>
#include <unistd.h>

#include "child_process.hpp"

namespace crontab {

namespace detail {

// The handler of a signal may do next to nothing: it writes the signal's number into this pipe.
inline int signal_pipe = -1;

inline void on_signal(int number) {
    const int saved = errno;
    const auto byte = static_cast<char>(number);
    static_cast<void>(!::write(signal_pipe, &byte, 1));
    errno = saved;
}

}  // namespace detail

// There is one of these in a program.
class signal_inbox {
public:
    // From now on, SIGTERM, SIGINT, SIGHUP and SIGCHLD come here. False: errno says why not.
    bool open() {
        if (!make_pipe(pipe_) || !never_block(pipe_.read) || !never_block(pipe_.write)) {
            return false;
        }
        detail::signal_pipe = pipe_.write.number();
        struct sigaction action {};
        action.sa_handler = detail::on_signal;
        action.sa_flags = SA_RESTART;
        for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) {
            ::sigaction(number, &action, nullptr);
        }
        std::signal(SIGPIPE, SIG_IGN);  // a closed output must not end the other commands
        return true;
    }

    // To poll(2) for.
    [[nodiscard]] int number() const { return pipe_.read.number(); }

    // How many signals to stop came since the last call. (A full pipe may have lost others.)
    int take_stops() {
        char numbers[64];
        const ssize_t size = ::read(pipe_.read.number(), numbers, sizeof numbers);
        int stops = 0;
        for (ssize_t i = 0; i < size; ++i) {
            stops += numbers[i] == SIGCHLD ? 0 : 1;
        }
        return stops;
    }

private:
    pipe_ends pipe_;
};

}  // namespace crontab
