// SPDX-License-Identifier: BSL-1.0
//
// part: wheel
//
// The timer wheel, beside a sorted map, a heap, and the timers of event loops. Goal: the cost of
// each operation does not grow with the number of timers. Method: 1,000 and 100,000 timers whose
// deadlines are uniform over an hour in milliseconds, on one thread. An event loop reads its own
// clock, so to fire its timers they are armed for the hour that has passed; a loop's clock starts
// with the machine's, so libuv's hour is shorter on a machine that has just started.
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include <pawl/time/timer_wheel.hpp>

#include "../harness.hpp"

#if __has_include(<boost/asio/steady_timer.hpp>)
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/version.hpp>
#define PAWL_BENCH_BOOST 1
#endif
#if defined(PAWL_BENCH_LIBUV)
#include <uv.h>
#endif
#if defined(PAWL_BENCH_LIBEV)
#include <ev.h>
#endif

namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t hour_ms = 3'600'000;

// What each contender is: `rewind(hour)` disarms all timers and sets the time to the beginning of
// the coming hour or of the past one; deadlines are 1 to hour_ms after that.
enum class hour { coming, past };

template <std::uint32_t Count>
class pawl_timers {
public:
    void rewind(hour) { wheel_ = std::make_unique<pawl::timer_wheel<Count>>(); }
    void schedule(std::uint32_t timer, std::uint32_t due_ms) { wheel_->schedule(timer, due_ms); }
    void cancel(std::uint32_t timer) { wheel_->cancel(timer); }
    void finish_cancel() {}
    std::uint64_t advance(std::uint32_t to_ms) {
        std::uint64_t sum = 0;
        wheel_->advance(to_ms, [&sum](std::uint32_t timer) { sum += timer + 1; });
        return sum;
    }
    std::uint64_t fire_all() { return advance(hour_ms); }
    std::uint64_t next_due_ms() { return wheel_->next_due().value_or(0); }

private:
    std::unique_ptr<pawl::timer_wheel<Count>> wheel_;
};

template <std::uint32_t Count>
class multimap_timers {
public:
    multimap_timers() : places_(Count) {}
    void rewind(hour) { timers_.clear(); }
    void schedule(std::uint32_t timer, std::uint32_t due_ms) {
        places_[timer] = timers_.emplace(due_ms, timer);
    }
    void cancel(std::uint32_t timer) { timers_.erase(places_[timer]); }
    void finish_cancel() {}
    std::uint64_t advance(std::uint32_t to_ms) {
        std::uint64_t sum = 0;
        while (!timers_.empty() && timers_.begin()->first <= to_ms) {
            const std::uint32_t timer = timers_.begin()->second;
            timers_.erase(timers_.begin());
            sum += timer + 1;
        }
        return sum;
    }
    std::uint64_t fire_all() { return advance(hour_ms); }
    std::uint64_t next_due_ms() { return timers_.empty() ? 0 : timers_.begin()->first; }

private:
    std::multimap<std::uint64_t, std::uint32_t> timers_;
    std::vector<std::multimap<std::uint64_t, std::uint32_t>::iterator> places_;
};

template <std::uint32_t Count>
class heap_timers {
public:
    heap_timers() : armed_(Count) {}
    void rewind(hour) {
        std::vector<entry> storage;
        storage.reserve(Count);
        heap_ = decltype(heap_){{}, std::move(storage)};
        armed_.assign(Count, 0);
    }
    void schedule(std::uint32_t timer, std::uint32_t due_ms) {
        armed_[timer] = ++order_;
        heap_.push({due_ms, timer, order_});
    }
    void cancel(std::uint32_t timer) { armed_[timer] = 0; }  // the entry stays until its time comes
    void finish_cancel() {}
    std::uint64_t advance(std::uint32_t to_ms) {
        std::uint64_t sum = 0;
        while (!heap_.empty() && heap_.top().due_ms <= to_ms) {
            const entry top = heap_.top();
            heap_.pop();
            if (armed_[top.timer] == top.order) {
                armed_[top.timer] = 0;
                sum += top.timer + 1;
            }
        }
        return sum;
    }
    std::uint64_t fire_all() { return advance(hour_ms); }
    std::uint64_t next_due_ms() {
        while (!heap_.empty() && armed_[heap_.top().timer] != heap_.top().order) {
            heap_.pop();
        }
        return heap_.empty() ? 0 : heap_.top().due_ms;
    }

private:
    struct entry {
        std::uint64_t due_ms;
        std::uint32_t timer;
        std::uint32_t order;
        bool operator<(const entry& other) const {
            return due_ms != other.due_ms ? due_ms > other.due_ms : order > other.order;
        }
    };
    std::priority_queue<entry> heap_;
    std::vector<std::uint32_t> armed_;
    std::uint32_t order_ = 0;
};

#if defined(PAWL_BENCH_BOOST)
template <std::uint32_t Count>
class asio_timers {
public:
    asio_timers() {
        for (std::uint32_t i = 0; i < Count; ++i) {
            timers_.emplace_back(loop_);
        }
    }
    void rewind(hour which) {
        for (auto& timer : timers_) {
            timer.cancel();
        }
        poll();
        start_ = std::chrono::steady_clock::now() -
                 (which == hour::past ? milliseconds{hour_ms + 1} : milliseconds{0});
        sum_ = 0;
    }
    void schedule(std::uint32_t timer, std::uint32_t due_ms) {
        timers_[timer].expires_at(start_ + milliseconds{due_ms});
        timers_[timer].async_wait([this, timer](const boost::system::error_code& error) {
            if (!error) {
                sum_ += timer + 1;
            }
        });
    }
    void cancel(std::uint32_t timer) { timers_[timer].cancel(); }
    void finish_cancel() { poll(); }  // the handlers run, each with an error
    std::uint64_t advance(std::uint32_t) {
        poll();
        return sum_;
    }
    std::uint64_t fire_all() {
        const std::uint64_t before = sum_;
        poll();
        return sum_ - before;
    }

private:
    void poll() {
        loop_.restart();
        loop_.poll();
    }
    boost::asio::io_context loop_{1};
    std::deque<boost::asio::steady_timer> timers_;
    std::chrono::steady_clock::time_point start_;
    std::uint64_t sum_ = 0;
};
#endif

#if defined(PAWL_BENCH_LIBUV)
template <std::uint32_t Count>
class uv_timers {
public:
    uv_timers() : timers_(Count) {
        uv_loop_init(&loop_);
        for (uv_timer_t& timer : timers_) {
            uv_timer_init(&loop_, &timer);
            timer.data = this;
        }
        // A new loop has something else to do first, and so no next deadline.
        uv_timer_start(timers_.data(), fire, hour_ms, 0);
        uv_run(&loop_, UV_RUN_NOWAIT);
    }
    ~uv_timers() {
        for (uv_timer_t& timer : timers_) {
            uv_close(reinterpret_cast<uv_handle_t*>(&timer), nullptr);
        }
        uv_run(&loop_, UV_RUN_DEFAULT);
        uv_loop_close(&loop_);
    }
    uv_timers(const uv_timers&) = delete;
    uv_timers& operator=(const uv_timers&) = delete;

    void rewind(hour which) {
        for (uv_timer_t& timer : timers_) {
            uv_timer_stop(&timer);
        }
        uv_update_time(&loop_);
        span_ms_ = hour_ms;
        if (which == hour::past) {
            span_ms_ = std::min<std::uint64_t>(hour_ms, loop_.time / 2);
            loop_.time -= span_ms_ + 1;
        }
        sum_ = 0;
    }
    void schedule(std::uint32_t timer, std::uint32_t due_ms) {
        uv_timer_start(&timers_[timer], fire, due_ms * span_ms_ / hour_ms, 0);
    }
    void cancel(std::uint32_t timer) { uv_timer_stop(&timers_[timer]); }
    void finish_cancel() {}
    std::uint64_t advance(std::uint32_t) {
        uv_run(&loop_, UV_RUN_NOWAIT);
        return sum_;
    }
    std::uint64_t fire_all() { return advance(0); }
    std::uint64_t next_due_ms() { return static_cast<std::uint64_t>(uv_backend_timeout(&loop_)); }

private:
    static void fire(uv_timer_t* timer) {
        auto* self = static_cast<uv_timers*>(timer->data);
        self->sum_ += static_cast<std::uint64_t>(timer - self->timers_.data()) + 1;
    }
    uv_loop_t loop_;
    std::vector<uv_timer_t> timers_;
    std::uint64_t span_ms_ = hour_ms;
    std::uint64_t sum_ = 0;
};
#endif

#if defined(PAWL_BENCH_LIBEV)
template <std::uint32_t Count>
class ev_timers {
public:
    ev_timers() : timers_(Count) {
        for (ev_timer& timer : timers_) {
            ev_timer_init(&timer, fire, 0., 0.);
            timer.data = this;
        }
    }
    ~ev_timers() {
        rewind(hour::coming);
        ev_loop_destroy(loop_);
    }
    ev_timers(const ev_timers&) = delete;
    ev_timers& operator=(const ev_timers&) = delete;

    void rewind(hour which) {
        for (ev_timer& timer : timers_) {
            ev_timer_stop(loop_, &timer);
        }
        ev_now_update(loop_);
        offset_ms_ = which == hour::past ? -double{hour_ms} - 1 : 0;
        sum_ = 0;
    }
    void schedule(std::uint32_t timer, std::uint32_t due_ms) {
        ev_timer_set(&timers_[timer], (due_ms + offset_ms_) / 1000, 0.);
        ev_timer_start(loop_, &timers_[timer]);
    }
    void cancel(std::uint32_t timer) { ev_timer_stop(loop_, &timers_[timer]); }
    void finish_cancel() {}
    std::uint64_t advance(std::uint32_t) {
        ev_run(loop_, EVRUN_NOWAIT);
        return sum_;
    }
    std::uint64_t fire_all() { return advance(0); }

private:
    static void fire(struct ev_loop*, ev_timer* timer, int) {
        auto* self = static_cast<ev_timers*>(timer->data);
        self->sum_ += static_cast<std::uint64_t>(timer - self->timers_.data()) + 1;
    }
    struct ev_loop* loop_ = ev_loop_new(EVFLAG_AUTO);
    std::vector<ev_timer> timers_;
    double offset_ms_ = 0;
    std::uint64_t sum_ = 0;
};
#endif

template <std::uint32_t Count>
constexpr std::uint64_t sum_of_all = std::uint64_t{Count} * (Count + 1) / 2;

template <std::uint32_t Count>
struct workload {
    std::vector<std::uint32_t> due_ms = std::vector<std::uint32_t>(Count);
    std::vector<std::uint32_t> order;

    workload() {
        bench::random_numbers random;
        for (std::uint32_t& each : due_ms) {
            each = 1 + static_cast<std::uint32_t>(random.below(hour_ms));
        }
        order = random.order(Count);
    }
    template <class Timers>
    void arm(Timers& timers) const {
        for (std::uint32_t i = 0; i < Count; ++i) {
            timers.schedule(i, due_ms[i]);
        }
    }
};

enum class operation { schedule, cancel, fire };

template <template <std::uint32_t> class Timers, std::uint32_t Count>
bench::lap lap_of(operation what) {
    return [what, timers = std::make_shared<Timers<Count>>(),
            work = workload<Count>{}](bench::stopwatch& watch) -> std::uint64_t {
        timers->rewind(what == operation::fire ? hour::past : hour::coming);
        if (what == operation::schedule) {
            watch.start();
            work.arm(*timers);
            watch.stop();
            return Count;
        }
        work.arm(*timers);
        watch.start();
        std::uint64_t sum = 0;
        if (what == operation::cancel) {
            for (const std::uint32_t timer : work.order) {
                timers->cancel(timer);
            }
            timers->finish_cancel();
        } else {
            sum = timers->fire_all();
        }
        watch.stop();
        if (what == operation::cancel) {
            sum = timers->fire_all();
        }
        bench::check(sum == (what == operation::fire ? sum_of_all<Count> : 0),
                     "a timer did not fire, or a cancelled one did");
        return Count;
    };
}

// Nothing is due: one millisecond after the other.
template <template <std::uint32_t> class Timers>
bench::lap idle_ticks() {
    constexpr std::uint32_t count = 1000;
    constexpr std::uint32_t ticks = 1000;
    return [timers = std::make_shared<Timers<count>>()](bench::stopwatch& watch) -> std::uint64_t {
        timers->rewind(hour::coming);
        for (std::uint32_t i = 0; i < count; ++i) {
            timers->schedule(i, hour_ms / 2 + i);
        }
        std::uint64_t sum = 0;
        watch.start();
        for (std::uint32_t tick = 1; tick <= ticks; ++tick) {
            sum += timers->advance(tick);
            bench::keep(*timers);
        }
        watch.stop();
        bench::check(sum == 0, "a timer fired before its time");
        return ticks;
    };
}

template <template <std::uint32_t> class Timers>
bench::lap next_dues() {
    constexpr std::uint32_t count = 1000;
    constexpr std::uint32_t questions = 1000;
    return [timers = std::make_shared<Timers<count>>(),
            work = workload<count>{}](bench::stopwatch& watch) -> std::uint64_t {
        timers->rewind(hour::coming);
        work.arm(*timers);
        std::uint64_t sum = 0;
        watch.start();
        for (std::uint32_t i = 0; i < questions; ++i) {
            sum += timers->next_due_ms();
            bench::keep(*timers);
        }
        watch.stop();
        bench::check(sum > 0 && sum < std::uint64_t{questions} * hour_ms, "no deadline was known");
        return questions;
    };
}

template <template <std::uint32_t> class Timers, std::uint32_t Count>
bench::figure bytes_per_timer() {
    const std::uint64_t before = bench::heap_bytes();
    auto timers = std::make_unique<Timers<Count>>();
    timers->rewind(hour::coming);
    workload<Count>{}.arm(*timers);
    return {static_cast<double>(bench::heap_bytes() - before) / Count};
}

// Calls add.operator()<Timers>(name) for everything that was found, ours first.
template <class Add>
void for_each_contender(Add&& add) {
    add.template operator()<pawl_timers>("pawl");
    add.template operator()<multimap_timers>("std::multimap");
    add.template operator()<heap_timers>("std::priority_queue");
#if defined(PAWL_BENCH_BOOST)
    add.template operator()<asio_timers>("asio");
#endif
#if defined(PAWL_BENCH_LIBUV)
    add.template operator()<uv_timers>("libuv");
#endif
#if defined(PAWL_BENCH_LIBEV)
    add.template operator()<ev_timers>("libev");
#endif
}

void contend(bench::contest& row, const char* name, bench::lap lap) {
    if (std::string{name} == "pawl") {
        row.ours(std::move(lap));
    } else {
        row.peer(name, std::move(lap));
    }
}

// Targets: a quarter more than the best of any wheel known, each at its best.
template <std::uint32_t Count>
void add_rows(bench::report& report, const char* timers, double schedule_ns, double cancel_ns) {
    const auto add = [&](const char* name, operation what, double target_ns) {
        bench::contest row{report, std::string{name} + ", " + timers + " timers"};
        for_each_contender([&]<template <std::uint32_t> class Timers>(const char* peer) {
            contend(row, peer, lap_of<Timers, Count>(what));
        });
        if (target_ns != 0) {
            row.target_ns(target_ns);
        }
        row.run();
    };
    add("schedule", operation::schedule, schedule_ns);
    add("cancel", operation::cancel, cancel_ns);
    add("fire", operation::fire, 0);

    bench::row bytes{std::string{"bytes a timer, "} + timers + " timers", "bytes", {}, {}, {}};
    for_each_contender([&]<template <std::uint32_t> class Timers>(const char* peer) {
        if (std::string{peer} == "pawl") {
            bytes.ours = {static_cast<double>(sizeof(pawl::timer_wheel<Count>)) / Count};
        } else if (const bench::figure used = bytes_per_timer<Timers, Count>(); used.value > 0) {
            bytes.peers.emplace_back(peer, used);
        }
    });
    report.add(bytes);
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"wheel", argc, argv};
    add_rows<1'000>(report, "1 k", 2.7 * 1.25, 2.0 * 1.25);
    add_rows<100'000>(report, "100 k", 4.8 * 1.25, 7.1 * 1.25);
    {
        bench::contest row{report, "idle tick, 1 k timers"};
        for_each_contender([&]<template <std::uint32_t> class Timers>(const char* peer) {
            contend(row, peer, idle_ticks<Timers>());
        });
        row.target_ns(0.5);
        row.run();
    }
    {
        bench::contest row{report, "next_due, 1 k timers"};
        for_each_contender([&]<template <std::uint32_t> class Timers>(const char* peer) {
            if constexpr (requires(Timers<1> timers) { timers.next_due_ms(); }) {
                contend(row, peer, next_dues<Timers>());
            }
        });
        row.target_ns(5);
        row.run();
    }

    report.note("std::multimap", "one node on the heap a timer; cancel by iterator");
    report.note(
        "std::priority_queue",
        "cancel leaves a tombstone, which takes its room and its time when it would have fired");
#if defined(PAWL_BENCH_BOOST)
    report.note(
        "asio " BOOST_LIB_VERSION,
        "steady_timer; a handler on the heap for each wait, and cancel runs it. "
        "Its idle tick is io_context::poll, which asks the system; no public next deadline");
#else
    report.missing("asio", "libboost-dev");
#endif
#if defined(PAWL_BENCH_LIBUV)
    report.note(std::string{"libuv "} + uv_version_string(),
                "a binary heap of milliseconds; its idle tick is uv_run, which asks the system");
#else
    report.missing("libuv", "libuv1-dev");
#endif
#if defined(PAWL_BENCH_LIBEV)
    report.note(
        "libev " + std::to_string(ev_version_major()) + "." + std::to_string(ev_version_minor()),
        "a 4-ary heap of floating-point seconds; its idle tick is ev_run, which asks the "
        "system; no public next deadline");
#else
    report.missing("libev", "libev-dev");
#endif
    return bench::finish(report);
}
