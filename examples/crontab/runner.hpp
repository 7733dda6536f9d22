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
// did. A command that still runs when its next time comes runs twice, as in cron, or does not start
// (overlap_rule::skip), or starts when it has ended (queue).
//
// Retries: a command that failed runs again after 1, 2, 4 ... seconds, as often as the options say;
// this wait is a job, too. Until the last one has failed the command counts as one that runs.
//
// Users: a line of a system crontab runs as its user if this process is root's, else only if it is
// of the same user.
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
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pawl/pawl.hpp>

#include "account.hpp"
#include "child_process.hpp"
#include "crontab_file.hpp"
#include "output_stream.hpp"
#include "plan.hpp"
#include "signals.hpp"

extern char** environ;

namespace crontab {

// What happens at a command's next time while it still runs, or rests before it runs again.
enum class overlap_rule { allow, skip, queue };

struct run_options {
    std::chrono::seconds drain_time{8};
    std::optional<std::chrono::seconds> run_time;  // or until a signal
    std::size_t commands_max = 256;                // at the same time
    std::uint8_t retries = 0;                      // of a command that failed
    overlap_rule overlap = overlap_rule::allow;
    bool clean_environment = false;
    bool verbose = false;
};

struct run_result {
    bool started = false;         // false: there was nothing to run, or no way to run it
    std::uint64_t succeeded = 0;  // commands
    std::uint64_t failed = 0;
    bool terminated_commands = false;  // some had to be ended
};

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
        if (!signals_.open()) {
            say(std::string{"no pipe: "} + std::strerror(errno));
            return result_;
        }
        if (!submit_lines()) {
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
            std::to_string(result_.failed) + " failed" +
            (retried_ == 0 ? "" : ", " + std::to_string(retried_) + " retries"));
        return result_;
    }

private:
    static constexpr pawl::limits sizes{
        .jobs = 2 * entries_max, .edges = 0, .batches = 0, .recurring = entries_max, .workers = 0};
    using scheduler = pawl::scheduler<sizes>;
    using clock = std::chrono::steady_clock;

    enum class stage { running, draining, terminating, killing };

    static constexpr pawl::retry_policy backoff =
        pawl::exponential_backoff(std::chrono::seconds{1});
    static constexpr std::chrono::seconds retry_delay_max = std::chrono::hours{1};
    // Each of them has a job: there is as much room again for all other jobs.
    static constexpr std::size_t resting_max = entries_max;

    struct line {
        const entry* what;
        std::string name;              // FILE:LINE
        std::optional<account> other;  // who it runs as, if not as this process
        environment variables;
        pawl::recurring_id recurring = {};
        std::size_t unfinished = 0;  // commands that run, or rest before they run again
        std::uint64_t waiting = 0;   // for those to end (overlap_rule::queue)
    };

    struct running {
        line* of;
        std::uint8_t retry;  // 0: its first run
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
        std::optional<account> other;
        if (!what.user.empty() && what.user != account_.name) {
            other = is_root() ? account_named(what.user) : std::nullopt;
            if (!other) {
                say("the line of user " + what.user + " does not run: this process runs as " +
                        account_.name,
                    name);
                return;
            }
        }
        // What this process knows is nothing for others.
        const bool clean = options_.clean_environment || other.has_value();
        lines_.push_back(
            {&what, std::move(name), other,
             variables_of(other.value_or(account_), clean ? nullptr : environ, what.variables)});
    }

    bool submit_lines() {
        for (line& each : lines_) {
            const pawl::name name = pawl::borrowed(each.name);
            const auto start = [this, &each] { return come(each); };
            if (each.what->at_start) {
                if (const pawl::job_id job = jobs_->enqueue(start, {.name = name}); !job) {
                    say(std::string{pawl::to_string(job.error())}, each.name);
                    return false;
                }
                continue;
            }
            each.recurring =
                jobs_->recurring(name, each.what->when, start, {.zone = zone_of(*each.what)});
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

    // A line's time has come.
    pawl::outcome come(line& of) {
        if (stage_ != stage::running) {
            return pawl::outcome::discard();
        }
        if (of.unfinished != 0 && options_.overlap == overlap_rule::skip) {
            say("not started: it has not ended since its last time", of.name);
            return pawl::outcome::discard();
        }
        if (of.unfinished != 0 && options_.overlap == overlap_rule::queue) {
            ++of.waiting;
            if (options_.verbose) {
                say("waits for its end since its last time", of.name);
            }
            return pawl::outcome::success();
        }
        ++of.unfinished;
        return start(of, 0) ? pawl::outcome::success() : pawl::outcome::fail();
    }

    // Starts what waited for commands that have ended now.
    void start_waiting() {
        for (line& each : lines_) {
            while (stage_ == stage::running && each.waiting != 0 && each.unfinished == 0) {
                --each.waiting;
                ++each.unfinished;
                start(each, 0);
            }
        }
    }

    bool start(line& of, std::uint8_t retry) {
        if (active_ >= options_.commands_max) {
            conclude(of, retry, false,
                     "not started: " + std::to_string(active_) + " commands run, see --commands");
            return false;
        }
        child_process child;
        if (!start_process(child, of.what->command, of.variables, of.other ? &*of.other : nullptr,
                           !of.what->input.empty())) {
            conclude(of, retry, false, std::string{"not started: "} + std::strerror(errno));
            return false;
        }
        ++active_;
        if (options_.verbose) {
            say("started as process " + std::to_string(child.pid) + ": " + of.what->text, of.name);
        }
        children_.push_back({&of, retry, child.pid, clock::now(), false,
                             output_stream{std::move(child.output), STDOUT_FILENO, of.name + ": "},
                             output_stream{std::move(child.errors), STDERR_FILENO, of.name + ": "},
                             std::move(child.input), of.what->input});
        return true;
    }

    // One run of a command is over: it was the last one, or there will be another.
    void conclude(line& of, std::uint8_t retry, bool success, std::string news) {
        if (!success && retry < options_.retries && stage_ == stage::running &&
            resting_ < resting_max) {
            const auto next = static_cast<std::uint8_t>(retry + 1);
            const auto delay =
                std::min(backoff.delay<std::chrono::seconds>(next, 0), retry_delay_max);
            if (jobs_->schedule(delay, [this, &of, next] { run_again(of, next); },
                                {.name = pawl::borrowed(of.name)})) {
                ++resting_;
                say(news + ", runs again in " + std::to_string(delay.count()) + " s (retry " +
                        std::to_string(next) + " of " + std::to_string(options_.retries) + ')',
                    of.name);
                return;
            }
        }
        --of.unfinished;
        ++(success ? result_.succeeded : result_.failed);
        if (!success || options_.verbose) {
            say(news, of.name);
        }
        jobs_->enqueue(
            [success] { return success ? pawl::outcome::success() : pawl::outcome::fail(); },
            {.name = pawl::borrowed(of.name)});
    }

    void run_again(line& of, std::uint8_t retry) {
        if (stage_ != stage::running) {
            return;  // stop() has counted it
        }
        --resting_;
        ++retried_;
        start(of, retry);
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
        char after[32];
        std::snprintf(after, sizeof after, " after %.1f s",
                      std::chrono::duration<double>(clock::now() - child.start).count());
        conclude(*child.of, child.retry, success,
                 (WIFEXITED(status) ? "exit status " + std::to_string(WEXITSTATUS(status))
                                    : "ended by signal " + std::to_string(WTERMSIG(status))) +
                     after);
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
        start_waiting();
        if (stage_ != stage::running && active_ == 0) {
            return;
        }
        std::vector<pollfd> watched{{signals_.number(), POLLIN, 0}};
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

    void take_signals() {
        const int stops = signals_.take_stops();
        reap();  // in any case, see take_stops()
        for (int i = 0; i < stops; ++i) {
            stop();
        }
    }

    // The next step towards the end; from a signal, or because the time for the last one is over.
    void stop() {
        switch (stage_) {
            case stage::running:
                stage_ = stage::draining;
                for (const line& each : lines_) {
                    jobs_->remove(each.recurring);
                    if (each.waiting != 0) {
                        say("not started: " + std::to_string(each.waiting) +
                                " times that waited for its end",
                            each.name);
                    }
                }
                result_.failed += resting_;  // their last run failed, and there is no other
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
    std::size_t resting_ = 0;  // commands that will run again
    std::uint64_t retried_ = 0;
    signal_inbox signals_;
    run_result result_;
    std::unique_ptr<scheduler> jobs_ = std::make_unique<scheduler>();
};

}  // namespace crontab
