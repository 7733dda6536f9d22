// SPDX-License-Identifier: BSL-1.0
//
// Starts a command as a child process with pipes to it, without waiting for anything.
//
// Why fork and exec and not posix_spawn: a session of its own and a working directory are
// extensions there, and this program has one thread, where fork is safe.
#pragma once

#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include "account.hpp"

namespace crontab {

// Closes what it holds. Moves, so that it can lie in a list.
class file_descriptor {
public:
    file_descriptor() = default;
    explicit file_descriptor(int number) : number_{number} {}
    file_descriptor(file_descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
    file_descriptor& operator=(file_descriptor&& other) noexcept {
        if (this != &other) {
            close();
            number_ = std::exchange(other.number_, -1);
        }
        return *this;
    }
    ~file_descriptor() { close(); }

    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] bool is_open() const { return number_ >= 0; }
    void close() {
        if (number_ >= 0) {
            ::close(number_);
            number_ = -1;
        }
    }

private:
    int number_ = -1;
};

struct pipe_ends {
    file_descriptor read;
    file_descriptor write;
};

// Both ends are closed in programs that are started. False: errno says why.
inline bool make_pipe(pipe_ends& made) {
    int ends[2];
    if (::pipe(ends) != 0) {
        return false;
    }
    made.read = file_descriptor{ends[0]};
    made.write = file_descriptor{ends[1]};
    return ::fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 && ::fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0;
}

inline bool never_block(const file_descriptor& end) {
    const int flags = ::fcntl(end.number(), F_GETFL);
    return flags >= 0 && ::fcntl(end.number(), F_SETFL, flags | O_NONBLOCK) == 0;
}

struct child_process {
    pid_t pid = -1;  // also its session and its process group
    file_descriptor input;
    file_descriptor output;
    file_descriptor errors;
};

namespace detail {

// In the child, between fork and exec.
[[noreturn]] inline void run_shell(const std::string& command,
                                   const std::map<std::string, std::string>& variables,
                                   const account* other, int input, int output, int errors,
                                   const sigset_t& signals) {
    ::setsid();
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE}) {
        std::signal(number, SIG_DFL);
    }
    ::sigprocmask(SIG_SETMASK, &signals, nullptr);
    if (::dup2(input, STDIN_FILENO) < 0 || ::dup2(output, STDOUT_FILENO) < 0 ||
        ::dup2(errors, STDERR_FILENO) < 0) {
        ::_exit(126);
    }
    const auto complain = [](const std::string& text) {
        const std::string line = text + ": " + std::strerror(errno) + '\n';
        static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
    };
    if (other != nullptr && !become(*other)) {
        complain("cannot become user " + other->name);
        ::_exit(126);
    }
    const auto home = variables.find("HOME");
    if (home != variables.end() && ::chdir(home->second.c_str()) != 0) {
        complain("cannot enter HOME " + home->second + ", running in /");
        static_cast<void>(!::chdir("/"));
    }
    std::vector<std::string> lines;
    for (const auto& [name, value] : variables) {
        lines.push_back(name + '=' + value);
    }
    std::vector<char*> pointers;
    for (std::string& line : lines) {
        pointers.push_back(line.data());
    }
    pointers.push_back(nullptr);
    const auto shell = variables.find("SHELL");
    std::string path = shell == variables.end() ? "/bin/sh" : shell->second;
    std::string option = "-c";
    std::string text = command;
    char* const arguments[] = {path.data(), option.data(), text.data(), nullptr};
    ::execve(path.c_str(), arguments, pointers.data());
    complain("cannot run SHELL " + path);
    ::_exit(127);
}

}  // namespace detail

// Runs SHELL -c command, in HOME, with exactly these variables, in a session of its own; as another
// user, if there is one, which takes root. Without input its standard input is empty. False: errno
// says why there is no child.
inline bool start_process(child_process& child, const std::string& command,
                          const std::map<std::string, std::string>& variables, const account* other,
                          bool with_input) {
    pipe_ends input;
    pipe_ends output;
    pipe_ends errors;
    if (with_input) {
        if (!make_pipe(input) || !never_block(input.write)) {
            return false;
        }
    } else {
        input.read = file_descriptor{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
        if (!input.read.is_open()) {
            return false;
        }
    }
    if (!make_pipe(output) || !make_pipe(errors) || !never_block(output.read) ||
        !never_block(errors.read)) {
        return false;
    }
    // No signal before the child is itself: it would run the handlers of this program, which would
    // take a signal to the child for one of its own.
    sigset_t all;
    sigset_t signals;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &signals);
    child.pid = ::fork();
    if (child.pid == 0) {
        detail::run_shell(command, variables, other, input.read.number(), output.write.number(),
                          errors.write.number(), signals);
    }
    const int reason = errno;
    ::sigprocmask(SIG_SETMASK, &signals, nullptr);
    errno = reason;
    if (child.pid < 0) {
        return false;
    }
    child.input = std::move(input.write);
    child.output = std::move(output.read);
    child.errors = std::move(errors.read);
    return true;
}

}  // namespace crontab
