// SPDX-License-Identifier: BSL-1.0
//
// Runs the commands of crontab files until it is told to stop.
//
// One thread does everything: it polls the scheduler, starts children, hands on their output, and
// sleeps in poll(2) until the next firing, the next output or the end of a child. No number of long
// commands keeps another one from starting in time, and an idle runner uses no processor time.
//
// Two jobs make a firing. The occurrence of the recurring job starts the command and succeeds if it
// could. The end of the command is a job of the same name, which succeeds or fails as the command
// did. A command that still runs when its next time comes runs twice, as in cron.
//
// Stopping: nothing new starts. Commands have `drain_time` to end by themselves; then they get
// SIGTERM and, a second later, SIGKILL, with everything they started. These steps are jobs as well.
#pragma once

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>
#include <pwd.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pawl/pawl.hpp>

#include "child_process.hpp"
#include "crontab_file.hpp"
#include "output_stream.hpp"
#include "plan.hpp"

extern char** environ;

namespace crontab {

struct run_options {
    std::chrono::seconds drain_time{8};
    std::optional<std::chrono::seconds> run_time;  // or until a signal
    std::size_t commands_max = 256;                // at the same time
    bool clean_environment = false;
    bool verbose = false;
};

struct run_result {
    bool started = false;         // false: there was nothing to run, or no way to run it
    std::uint64_t succeeded = 0;  // commands
    std::uint64_t failed = 0;
    bool terminated_commands = false;  // some had to be ended
};

struct account {
    std::string name;
    std::string home;
};

inline account own_account() {
    const uid_t user = ::geteuid();
    if (const passwd* found = ::getpwuid(user); found != nullptr) {
        return {found->pw_name, found->pw_dir};
    }
    return {std::to_string(user), {}};  // a container may run as a number without a name
}

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

class runner {
public:
    runner(const std::vector<file>& files, run_options options)
        : options_{options}, account_{own_account()} {
        for (const file& each : files) {
            for (const entry& what : each.entries) {
                add_line(each, what);
            }
        }
    }

    run_result run() {
        if (lines_.empty()) {
            say("nothing to run");
            return result_;
        }
        if (!catch_signals() || !submit_lines()) {
            return result_;
        }
        result_.started = true;
        while (!(stage_ != stage::running && active_ == 0)) {
            turn();
        }
        for (running& each : children_) {
            each.output.end();
            each.errors.end();
        }
        jobs_->poll();  // the ends of the last commands
        jobs_->stop(pawl::drain);
        say(std::to_string(result_.succeeded) + " commands succeeded, " +
            std::to_string(result_.failed) + " failed");
        return result_;
    }

private:
    static constexpr pawl::limits sizes{
        .jobs = 2 * entries_max, .edges = 0, .batches = 0, .recurring = entries_max, .workers = 0};
    using scheduler = pawl::scheduler<sizes>;
    using clock = std::chrono::steady_clock;

    enum class stage { running, draining, terminating, killing };

    struct line {
        const entry* what;
        std::string name;  // FILE:LINE
        environment variables;
        pawl::recurring_id recurring;
    };

    struct running {
        const line* of;
        pid_t pid;
        clock::time_point start;
        bool ended;  // and only its output is still open: something it started holds it
        output_stream output;
        output_stream errors;
        file_descriptor input;
        std::string input_rest;
    };

    // ---- Lines -------------------------------------------------------------------------------

    void add_line(const file& from, const entry& what) {
        const std::size_t slash = from.name.rfind('/');
        std::string name = (slash == std::string::npos ? from.name : from.name.substr(slash + 1)) +
                           ':' + std::to_string(what.line);
        if (!what.user.empty() && what.user != account_.name) {
            say("the line of user " + what.user + " does not run: this process runs as " +
                    account_.name,
                name);
            return;
        }
        lines_.push_back({&what, std::move(name), variables_of(what), {}});
    }

    // What a command finds in its environment: this process's, unless a clean one was asked for;
    // who it runs as; and what stands above its line.
    [[nodiscard]] environment variables_of(const entry& what) const {
        environment variables;
        if (!options_.clean_environment) {
            for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
                const std::string text = *each;
                const std::size_t equals = text.find('=');
                if (equals != std::string::npos) {
                    variables[text.substr(0, equals)] = text.substr(equals + 1);
                }
            }
        }
        variables["SHELL"] = "/bin/sh";
        variables.emplace("PATH", "/usr/bin:/bin");
        if (!account_.home.empty()) {
            variables.emplace("HOME", account_.home);
        }
        for (const auto& [name, value] : what.variables) {
            variables[name] = value;
        }
        variables["LOGNAME"] = account_.name;
        variables["USER"] = account_.name;
        return variables;
    }

    bool submit_lines() {
        for (line& each : lines_) {
            const pawl::name name = pawl::borrowed(each.name);
            const auto start = [this, &each] { return start_command(each); };
            if (each.what->at_start) {
                if (const pawl::job_id job = jobs_->enqueue(start, {.name = name}); !job) {
                    say(std::string{pawl::to_string(job.error())}, each.name);
                    return false;
                }
                continue;
            }
            each.recurring = jobs_->recurring(name, each.what->when, start);
            if (!each.recurring) {
                say(std::string{pawl::to_string(each.recurring.error())}, each.name);
                return false;
            }
        }
        if (options_.run_time) {
            jobs_->schedule(*options_.run_time, [this] { stop(); });
        }
        return true;
    }

    // ---- Children ----------------------------------------------------------------------------

    pawl::outcome start_command(const line& of) {
        if (stage_ != stage::running) {
            return pawl::outcome::discard();
        }
        if (active_ >= options_.commands_max) {
            say("not started: " + std::to_string(active_) + " commands run, see --commands",
                of.name);
            ++result_.failed;
            return pawl::outcome::fail();
        }
        child_process child;
        if (!start_process(child, of.what->command, of.variables, !of.what->input.empty())) {
            say(std::string{"not started: "} + std::strerror(errno), of.name);
            ++result_.failed;
            return pawl::outcome::fail();
        }
        ++active_;
        if (options_.verbose) {
            say("started as process " + std::to_string(child.pid) + ": " + of.what->text, of.name);
        }
        children_.push_back({&of, child.pid, clock::now(), false,
                             output_stream{std::move(child.output), STDOUT_FILENO, of.name + ": "},
                             output_stream{std::move(child.errors), STDERR_FILENO, of.name + ": "},
                             std::move(child.input), of.what->input});
        return pawl::outcome::success();
    }

    // Takes the ends of all children that have ended; as process 1 of a container also of orphans.
    void reap() {
        int status = 0;
        for (pid_t pid; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
            for (running& each : children_) {
                if (each.pid == pid && !each.ended) {
                    end_command(each, status);
                }
            }
        }
    }

    void end_command(running& child, int status) {
        // Its last words come before the news of its end; but whoever inherited its output may
        // write for ever, so not more than a pipe holds.
        for (int reads = 0; reads < 64 && child.output.is_open() && child.output.read_some();) {
            ++reads;
        }
        for (int reads = 0; reads < 64 && child.errors.is_open() && child.errors.read_some();) {
            ++reads;
        }
        child.ended = true;
        child.input.close();
        --active_;
        const bool success = WIFEXITED(status) && WEXITSTATUS(status) == 0;
        ++(success ? result_.succeeded : result_.failed);
        if (!success || options_.verbose) {
            char after[32];
            std::snprintf(after, sizeof after, " after %.1f s",
                          std::chrono::duration<double>(clock::now() - child.start).count());
            say((WIFEXITED(status) ? "exit status " + std::to_string(WEXITSTATUS(status))
                                   : "ended by signal " + std::to_string(WTERMSIG(status))) +
                    after,
                child.of->name);
        }
        jobs_->enqueue(
            [success] { return success ? pawl::outcome::success() : pawl::outcome::fail(); },
            {.name = pawl::borrowed(child.of->name)});
    }

    static void write_input(running& child) {
        const ssize_t written =
            ::write(child.input.number(), child.input_rest.data(), child.input_rest.size());
        if (written > 0) {
            child.input_rest.erase(0, static_cast<std::size_t>(written));
        }
        const bool broken =
            written < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
        if (broken || child.input_rest.empty()) {
            child.input.close();  // the command sees the end of its input
        }
    }

    // ---- The loop ----------------------------------------------------------------------------

    void turn() {
        while (jobs_->poll().more) {
        }
        if (stage_ != stage::running && active_ == 0) {
            return;
        }
        std::vector<pollfd> watched{{signals_.read.number(), POLLIN, 0}};
        for (const running& each : children_) {
            watch(watched, each.output.is_open(), each.output.number(), POLLIN);
            watch(watched, each.errors.is_open(), each.errors.number(), POLLIN);
            watch(watched, each.input.is_open(), each.input.number(), POLLOUT);
        }
        if (::poll(watched.data(), static_cast<nfds_t>(watched.size()), sleep_ms()) <= 0) {
            return;
        }
        std::size_t next = 1;
        for (running& each : children_) {
            if (ready(watched, next, each.output.is_open())) {
                each.output.read_some();
            }
            if (ready(watched, next, each.errors.is_open())) {
                each.errors.read_some();
            }
            if (ready(watched, next, each.input.is_open())) {
                write_input(each);
            }
        }
        if (watched[0].revents != 0) {
            take_signals();
        }
        children_.remove_if([](const running& each) {
            return each.ended && !each.output.is_open() && !each.errors.is_open();
        });
    }

    static void watch(std::vector<pollfd>& watched, bool open, int number, short events) {
        if (open) {
            watched.push_back({number, events, 0});
        }
    }
    // `was_open` has not changed since watch(): each stream is looked at once in a turn.
    static bool ready(const std::vector<pollfd>& watched, std::size_t& next, bool was_open) {
        return was_open && watched[next++].revents != 0;
    }

    // Until the scheduler has something to do, rounded up: poll(2) must not wake early for nothing.
    [[nodiscard]] int sleep_ms() {
        const auto wake = jobs_->next_wake();
        if (!wake) {
            return -1;
        }
        const auto rest =
            std::chrono::ceil<std::chrono::milliseconds>(*wake - clock::now()).count();
        return static_cast<int>(std::clamp<std::int64_t>(rest, 0, INT_MAX));
    }

    // ---- Signals and stopping ----------------------------------------------------------------

    bool catch_signals() {
        if (!make_pipe(signals_) || !never_block(signals_.read) || !never_block(signals_.write)) {
            say(std::string{"no pipe: "} + std::strerror(errno));
            return false;
        }
        detail::signal_pipe = signals_.write.number();
        struct sigaction action {};
        action.sa_handler = detail::on_signal;
        action.sa_flags = SA_RESTART;
        for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) {
            ::sigaction(number, &action, nullptr);
        }
        std::signal(SIGPIPE, SIG_IGN);  // a closed output must not end the other commands
        return true;
    }

    void take_signals() {
        char numbers[64];
        const ssize_t size = ::read(signals_.read.number(), numbers, sizeof numbers);
        reap();  // in any case: a full pipe may have lost the signal's byte
        for (ssize_t i = 0; i < size; ++i) {
            if (numbers[i] != SIGCHLD) {
                stop();
            }
        }
    }

    // The next step towards the end; from a signal, or because the time for the last one is over.
    void stop() {
        switch (stage_) {
            case stage::running:
                stage_ = stage::draining;
                for (const line& each : lines_) {
                    jobs_->remove(each.recurring);
                }
                if (active_ != 0) {
                    say("stopping: " + std::to_string(active_) + " commands have " +
                        std::to_string(options_.drain_time.count()) + " s to end");
                    stop_unless_beyond(stage::draining, options_.drain_time);
                }
                break;
            case stage::draining:
                stage_ = stage::terminating;
                end_children(SIGTERM);
                stop_unless_beyond(stage::terminating, std::chrono::seconds{1});
                break;
            case stage::terminating:
            case stage::killing:
                stage_ = stage::killing;
                end_children(SIGKILL);
                break;
        }
    }

    void stop_unless_beyond(stage present, std::chrono::seconds after) {
        jobs_->schedule(after, [this, present] {
            if (stage_ == present) {
                stop();
            }
        });
    }

    void end_children(int number) {
        for (const running& each : children_) {
            if (!each.ended) {
                result_.terminated_commands = true;
                // Everything that it started; itself alone while it has no group of its own yet.
                if (::kill(-each.pid, number) != 0) {
                    ::kill(each.pid, number);
                }
            }
        }
    }

    // One line on standard error, of this program or about a line of a file.
    static void say(const std::string& text, const std::string& about = "crontab") {
        write_all(STDERR_FILENO, about + ": " + text + '\n');
    }

    run_options options_;
    account account_;
    std::list<line> lines_;  // a list: jobs refer to its elements
    std::list<running> children_;
    std::size_t active_ = 0;  // children that have not ended
    stage stage_ = stage::running;
    pipe_ends signals_;
    run_result result_;
    std::unique_ptr<scheduler> jobs_ = std::make_unique<scheduler>();
};

}  // namespace crontab
