// SPDX-License-Identifier: BSL-1.0
//
// part: jobs
//
// What the features of the job model cost: where they are declared and not used, and where they are
// used. Goal: a scheduler with every feature declared runs a plain job at 1.1 times the cost of one
// that has none compiled in. Method: limits.workers is 0 and poll() runs the jobs; each has to run
// once. For what it says to a user, the same life through a queue in Redis: a list on a server on
// this machine, one command to put and one to take, over a socket.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <pawl/pawl.hpp>

#include "../harness.hpp"
#include "work.hpp"

#if __has_include(<sys/socket.h>) && __has_include(<netinet/in.h>)
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#define PAWL_BENCH_SOCKETS 1
#endif

namespace {

using namespace std::chrono_literals;
using bench::local_work;
using bench::sum_below;

constexpr pawl::limits plain{.jobs = 1024, .workers = 0};
constexpr pawl::limits featured{.jobs = 1024,
                                .workers = 0,
                                .queues = {"critical", "default", "low"},
                                .bands = 3,
                                .queue_control = true,
                                .recurring_policies = true,
                                .slices = true,
                                .reschedule = true,
                                .deadlines = true,
                                .owners = true,
                                .progress = true,
                                .failed = 64,
                                .error_bytes = 32,
                                .result_bytes = 16,
                                .keys = 1024,
                                .limiters = {"db", "mail"}};
// What also looks at the clock or writes something down for each job.
constexpr pawl::limits observed = [] {
    pawl::limits result = featured;
    result.times = true;
    result.types = 8;
    result.history = 256;
    result.events = 1024;
    return result;
}();

constexpr std::uint32_t count = 1024;
constexpr std::uint32_t burst = 64;

// Whole lives, 64 at a time. submit(jobs, job) enqueues it somehow.
template <pawl::limits L, class Submit>
bench::lap lives(Submit submit) {
    using scheduler = pawl::scheduler<L>;
    auto jobs = std::make_shared<scheduler>();
    if constexpr (L.limiters.count > 0) {
        jobs->set_limit("db", {.running_max = 1000});
    }
    return [jobs, submit](bench::stopwatch& watch) -> std::uint64_t {
        std::uint64_t sum = 0;
        watch.start();
        for (std::uint32_t i = 0; i < count; i += burst) {
            for (std::uint32_t j = 0; j < burst; ++j) {
                submit(*jobs, local_work{&sum, i + j, 1}, j);
            }
            jobs->poll();
        }
        watch.stop();
        bench::check(sum == sum_below(count), "a job did not run");
        return count;
    };
}

constexpr auto enqueue_plain = [](auto& jobs, const local_work& job, std::uint32_t) {
    static_cast<void>(jobs.enqueue(job));
};

void add_declared(bench::report& report) {
    constexpr double at_most = 1.1;
    {
        bench::contest row{report, "life of a job, every feature declared, none used"};
        row.ours(lives<featured>(enqueue_plain));
        row.peer("no feature", lives<plain>(enqueue_plain));
        row.target_peer("no feature", at_most);
        row.run();
    }
    {
        bench::contest row{report, "the same, with times, types, history and events"};
        row.ours(lives<observed>(enqueue_plain));
        row.peer("no feature", lives<plain>(enqueue_plain));
        row.run();
    }
}

void add_used(bench::report& report) {
    const auto add = [&](const char* operation, auto submit) {
        bench::contest row{report, operation};
        row.ours(lives<featured>(submit));
        row.peer("no feature", lives<plain>(enqueue_plain));
        row.run();
    };
    add("life of a job with a key of its own",
        [](auto& jobs, const local_work& job, std::uint32_t number) {
            static_cast<void>(jobs.enqueue(job, {.key = pawl::key{number + 1}}));
        });
    add("life of a job under a limiter", [](auto& jobs, const local_work& job, std::uint32_t) {
        static_cast<void>(jobs.enqueue(job, {.limit = "db"}));
    });
    add("life of a unique job", [](auto& jobs, const local_work& job, std::uint32_t number) {
        static_cast<void>(jobs.enqueue(job, {.unique = pawl::key{number + 1}}));
    });
    add("life of a job with a deadline", [](auto& jobs, const local_work& job, std::uint32_t) {
        static_cast<void>(jobs.enqueue(job, {.deadline = 1h, .run_at_most = 1h}));
    });
    add("life of a job in a band", [](auto& jobs, const local_work& job, std::uint32_t number) {
        static_cast<void>(
            jobs.enqueue(job, {.queue = "low", .priority = static_cast<std::uint8_t>(number % 3)}));
    });
}

// ---- Redis --------------------------------------------------------------------------------------

#if defined(PAWL_BENCH_SOCKETS)
// A list of job numbers on a server. Where: REDIS_PORT, or the usual one.
class redis_list {
public:
    redis_list() : socket_{::socket(AF_INET, SOCK_STREAM, 0)} {
        constexpr int usual_port = 6379;
        const char* const said = std::getenv("REDIS_PORT");
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(said ? std::atoi(said) : usual_port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int on = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        is_there_ =
            ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
            ask("DEL pawl_bench\r\n").starts_with(':');
    }
    redis_list(const redis_list&) = delete;
    redis_list& operator=(const redis_list&) = delete;
    ~redis_list() { ::close(socket_); }

    [[nodiscard]] bool is_there() const { return is_there_; }

    void put(std::uint32_t number) {
        static_cast<void>(ask("LPUSH pawl_bench " + std::to_string(number) + "\r\n"));
    }
    [[nodiscard]] std::uint32_t take() {
        // $<size>\r\n<number>\r\n
        const std::string answer = ask("RPOP pawl_bench\r\n");
        const auto begin = answer.find('\n');
        bench::check(begin != std::string::npos, "Redis gave no number");
        return static_cast<std::uint32_t>(std::atoi(answer.c_str() + begin + 1));
    }

private:
    std::string ask(std::string_view command) {
        if (::send(socket_, command.data(), command.size(), 0) !=
            static_cast<ssize_t>(command.size())) {
            return {};
        }
        char buffer[256];
        const ssize_t size = ::recv(socket_, buffer, sizeof buffer, 0);
        return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : std::string{};
    }

    int socket_;
    bool is_there_ = false;
};

// True if there is a server.
bool add_redis(bench::report& report) {
    auto list = std::make_shared<redis_list>();
    if (!list->is_there()) {
        return false;
    }
    bench::contest row{report, "life of a job, one after the other"};
    row.ours([jobs = std::make_shared<pawl::scheduler<plain>>()](
                 bench::stopwatch& watch) -> std::uint64_t {
        std::uint64_t sum = 0;
        watch.start();
        for (std::uint32_t i = 0; i < count; ++i) {
            static_cast<void>(jobs->enqueue(local_work{&sum, i, 1}));
            jobs->poll();
        }
        watch.stop();
        bench::check(sum == sum_below(count), "a job did not run");
        return count;
    });
    row.peer("redis", [list](bench::stopwatch& watch) -> std::uint64_t {
        constexpr std::uint32_t few = 16;
        std::uint64_t sum = 0;
        watch.start();
        for (std::uint32_t i = 0; i < few; ++i) {
            list->put(i);
            local_work{&sum, list->take(), 1}();
        }
        watch.stop();
        bench::check(sum == sum_below(few), "a job did not run");
        return few;
    });
    row.run();
    return true;
}
#endif

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"jobs", argc, argv};
    add_declared(report);
    add_used(report);
    report.note("no feature", "a scheduler of the same size with none of them compiled in");
#if defined(PAWL_BENCH_SOCKETS)
    if (add_redis(report)) {
        report.note("redis", "a list on a server on this machine: LPUSH and RPOP over a socket");
    } else {
        report.missing("redis", "redis-server, running");
    }
#endif
    return bench::finish(report);
}
