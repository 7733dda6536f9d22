// SPDX-License-Identifier: BSL-1.0
//
// timer_peers: timers of ours and of others, behind one small interface.
//
// A contender is Timers<Count, Fire>: timers 0 to Count - 1, and what is done when one fires,
// `fire(timers, timer)`, where timers may be armed and cancelled.
//   rewind(hour)            disarms all timers; time is the beginning of the coming hour or of the
//                           past one. Deadlines count from there, in milliseconds.
//   schedule(timer, due)    arms a timer that is not armed
//   reschedule(timer, due)  moves one that is
//   cancel(timer)           disarms one; finish_cancel() does what was put off
//   advance(to)             fires what is due until then, of those that are `driven`: told the time
//   fire_all()              fires what is due within the hour
//   next_due_ms()           when the next one is due, or earlier; not everybody says
// The timers of event loops are not driven: they read their own clock, and fire only what is armed
// for the past hour.
//
// A peer is here if it is found. each_driven() and each_loop() go through those there are;
// note_driven() and note_loops() say what a reader has to know of them, and what is missing.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include <pawl/time/timer_wheel.hpp>

#include "../report.hpp"
#include "cascading_wheel.hpp"

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
#if defined(PAWL_BENCH_LIBEVENT)
// After libev's, which has enumerators that are macros here.
#include <event2/event.h>
#include <event2/event_struct.h>
#endif
#if defined(PAWL_BENCH_RATAS)
#include <timer-wheel.h>
#endif
#if defined(PAWL_BENCH_WAHERN)
// A header of C, and what it includes, which has to be C++.
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <sys/queue.h>
extern "C" {
#include <timeout.h>
}
#endif

namespace bench::timers {

inline constexpr std::uint32_t hour_ms = 3'600'000;

enum class hour { coming, past };

// --- Driven by the caller's clock ----------------------------------------------------------------

template <std::uint32_t Count, class Fire>
class pawl_timers {
public:
    static constexpr bool driven = true;
    using wheel = pawl::timer_wheel<Count>;

    void rewind(hour = hour::coming) {
        std::destroy_at(wheel_.get());
        std::construct_at(wheel_.get());
    }
    void schedule(std::uint32_t timer, std::uint64_t due_ms) { wheel_->schedule(timer, due_ms); }
    void reschedule(std::uint32_t timer, std::uint64_t due_ms) {
        if constexpr (requires { wheel_->reschedule(timer, due_ms); }) {
            wheel_->reschedule(timer, due_ms);
        } else {
            wheel_->cancel(timer);
            wheel_->schedule(timer, due_ms);
        }
    }
    void cancel(std::uint32_t timer) { wheel_->cancel(timer); }
    void finish_cancel() {}
    // Both return the timers moved from slot to slot.
    std::uint32_t advance(std::uint64_t to_ms) {
        return wheel_->advance(to_ms, [this](std::uint32_t timer) { fire(*this, timer); }).moved;
    }
    std::uint32_t advance(std::uint64_t to_ms, std::uint32_t moves_max) {
        return wheel_
            ->advance(to_ms, [this](std::uint32_t timer) { fire(*this, timer); },
                      {.moves = moves_max})
            .moved;
    }
    void fire_all() { advance(hour_ms); }
    std::uint64_t next_due_ms() { return wheel_->next_due().value_or(0); }

    Fire fire{};

private:
    std::unique_ptr<wheel> wheel_ = std::make_unique<wheel>();
};

template <std::uint32_t Count, class Fire>
class cascading_timers {
public:
    static constexpr bool driven = true;
    using wheel = cascading_wheel<Count>;

    void rewind(hour = hour::coming) {
        std::destroy_at(wheel_.get());
        std::construct_at(wheel_.get());
    }
    void schedule(std::uint32_t timer, std::uint64_t due_ms) { wheel_->schedule(timer, due_ms); }
    void reschedule(std::uint32_t timer, std::uint64_t due_ms) {
        wheel_->cancel(timer);
        wheel_->schedule(timer, due_ms);
    }
    void cancel(std::uint32_t timer) { wheel_->cancel(timer); }
    void finish_cancel() {}
    std::uint32_t advance(std::uint64_t to_ms) {
        return wheel_->advance(to_ms, [this](std::uint32_t timer) { fire(*this, timer); }).moved;
    }
    void fire_all() { advance(hour_ms); }
    std::uint64_t next_due_ms() { return wheel_->next_due().value_or(0); }

    Fire fire{};

private:
    std::unique_ptr<wheel> wheel_ = std::make_unique<wheel>();
};

// A heap with four children a node, and each timer's place in it, so that one is taken out at once.
template <std::uint32_t Count, class Fire>
class heap4_timers {
public:
    static constexpr bool driven = true;

    heap4_timers() { heap_.reserve(Count); }
    void rewind(hour = hour::coming) { heap_.clear(); }
    void schedule(std::uint32_t timer, std::uint64_t due_ms) {
        heap_.push_back({due_ms, timer});
        rise(static_cast<std::uint32_t>(heap_.size()) - 1, {due_ms, timer});
    }
    void reschedule(std::uint32_t timer, std::uint64_t due_ms) {
        replace(places_[timer], {due_ms, timer});
    }
    void cancel(std::uint32_t timer) {
        const entry last = heap_.back();
        heap_.pop_back();
        if (last.timer != timer) {
            replace(places_[timer], last);
        }
    }
    void finish_cancel() {}
    void advance(std::uint64_t to_ms) {
        while (!heap_.empty() && heap_.front().due_ms <= to_ms) {
            const std::uint32_t timer = heap_.front().timer;
            cancel(timer);
            fire(*this, timer);
        }
    }
    void fire_all() { advance(hour_ms); }
    std::uint64_t next_due_ms() { return heap_.empty() ? 0 : heap_.front().due_ms; }

    Fire fire{};

private:
    struct entry {
        std::uint64_t due_ms;
        std::uint32_t timer;
    };
    void put(std::uint32_t place, entry what) {
        heap_[place] = what;
        places_[what.timer] = place;
    }
    void replace(std::uint32_t place, entry what) {
        if (place > 0 && what.due_ms < heap_[(place - 1) / 4].due_ms) {
            rise(place, what);
        } else {
            sink(place, what);
        }
    }
    void rise(std::uint32_t place, entry what) {
        while (place > 0) {
            const std::uint32_t parent = (place - 1) / 4;
            if (heap_[parent].due_ms <= what.due_ms) {
                break;
            }
            put(place, heap_[parent]);
            place = parent;
        }
        put(place, what);
    }
    void sink(std::uint32_t place, entry what) {
        const auto size = static_cast<std::uint32_t>(heap_.size());
        for (std::uint32_t child = 4 * place + 1; child < size; child = 4 * place + 1) {
            const std::uint32_t end = std::min(child + 4, size);
            std::uint32_t least = child;
            for (++child; child < end; ++child) {
                least = heap_[child].due_ms < heap_[least].due_ms ? child : least;
            }
            if (heap_[least].due_ms >= what.due_ms) {
                break;
            }
            put(place, heap_[least]);
            place = least;
        }
        put(place, what);
    }
    std::vector<entry> heap_;
    std::vector<std::uint32_t> places_ = std::vector<std::uint32_t>(Count);
};

template <std::uint32_t Count, class Fire>
class queue_timers {
public:
    static constexpr bool driven = true;

    queue_timers() { heap_.reserve(Count); }
    void rewind(hour = hour::coming) {
        heap_.clear();
        armed_.assign(Count, 0);
    }
    void schedule(std::uint32_t timer, std::uint64_t due_ms) {
        armed_[timer] = ++order_;
        heap_.push({due_ms, timer, order_});
    }
    // What was armed before becomes a tombstone.
    void reschedule(std::uint32_t timer, std::uint64_t due_ms) { schedule(timer, due_ms); }
    void cancel(std::uint32_t timer) { armed_[timer] = 0; }
    void finish_cancel() {}
    void advance(std::uint64_t to_ms) {
        while (!heap_.empty() && heap_.top().due_ms <= to_ms) {
            const entry top = heap_.top();
            heap_.pop();
            if (armed_[top.timer] == top.order) {
                armed_[top.timer] = 0;
                fire(*this, top.timer);
            }
        }
    }
    void fire_all() { advance(hour_ms); }
    std::uint64_t next_due_ms() {
        while (!heap_.empty() && armed_[heap_.top().timer] != heap_.top().order) {
            heap_.pop();
        }
        return heap_.empty() ? 0 : heap_.top().due_ms;
    }

    Fire fire{};

private:
    struct entry {
        std::uint64_t due_ms;
        std::uint32_t timer;
        std::uint32_t order;
        bool operator<(const entry& other) const {
            return due_ms != other.due_ms ? due_ms > other.due_ms : order > other.order;
        }
    };
    // Keeps its memory from lap to lap.
    struct queue : std::priority_queue<entry> {
        void reserve(std::size_t count) { this->c.reserve(count); }
        void clear() { this->c.clear(); }
    };
    queue heap_;
    std::vector<std::uint32_t> armed_ = std::vector<std::uint32_t>(Count);
    std::uint32_t order_ = 0;
};

template <std::uint32_t Count, class Fire>
class map_timers {
public:
    static constexpr bool driven = true;

    void rewind(hour = hour::coming) { timers_.clear(); }
    void schedule(std::uint32_t timer, std::uint64_t due_ms) {
        places_[timer] = timers_.emplace(due_ms, timer);
    }
    void reschedule(std::uint32_t timer, std::uint64_t due_ms) {
        auto node = timers_.extract(places_[timer]);
        node.key() = due_ms;
        places_[timer] = timers_.insert(std::move(node));
    }
    void cancel(std::uint32_t timer) { timers_.erase(places_[timer]); }
    void finish_cancel() {}
    void advance(std::uint64_t to_ms) {
        while (!timers_.empty() && timers_.begin()->first <= to_ms) {
            const std::uint32_t timer = timers_.begin()->second;
            timers_.erase(timers_.begin());
            fire(*this, timer);
        }
    }
    void fire_all() { advance(hour_ms); }
    std::uint64_t next_due_ms() { return timers_.empty() ? 0 : timers_.begin()->first; }

    Fire fire{};

private:
    using map = std::multimap<std::uint64_t, std::uint32_t>;
    map timers_;
    std::vector<map::iterator> places_ = std::vector<map::iterator>(Count);
};

#if defined(PAWL_BENCH_RATAS)
template <std::uint32_t Count, class Fire>
class ratas_timers {
public:
    static constexpr bool driven = true;

    ratas_timers() : events_(Count) {
        for (std::uint32_t i = 0; i < Count; ++i) {
            events_[i].timer = i;
        }
    }
    void rewind(hour = hour::coming) {
        for (event& each : events_) {
            each.cancel();
        }
        wheel_.emplace();
    }
    void schedule(std::uint32_t timer, std::uint64_t due_ms) {
        wheel_->schedule(&events_[timer], due_ms - wheel_->now());
    }
    void reschedule(std::uint32_t timer, std::uint64_t due_ms) { schedule(timer, due_ms); }
    void cancel(std::uint32_t timer) { events_[timer].cancel(); }
    void finish_cancel() {}
    void advance(std::uint64_t to_ms) {
        firing_ = this;
        wheel_->advance(to_ms - wheel_->now());
    }
    void fire_all() { advance(hour_ms); }
    std::uint64_t next_due_ms() { return wheel_->now() + wheel_->ticks_to_next_event(); }

    Fire fire{};

private:
    struct event final : TimerEventInterface {
        void execute() override { firing_->fire(*firing_, timer); }
        std::uint32_t timer = 0;
    };
    inline static ratas_timers* firing_ = nullptr;  // not in each event: 48 bytes instead of 56
    std::optional<TimerWheel> wheel_{std::in_place};
    std::vector<event> events_;
};
#endif

#if defined(PAWL_BENCH_WAHERN)
template <std::uint32_t Count, class Fire>
class wahern_timers {
public:
    static constexpr bool driven = true;

    wahern_timers() { rewind(); }
    ~wahern_timers() { timeouts_close(wheel_); }
    wahern_timers(const wahern_timers&) = delete;
    wahern_timers& operator=(const wahern_timers&) = delete;

    void rewind(hour = hour::coming) {
        if (wheel_ != nullptr) {
            timeouts_close(wheel_);
        }
        int error = 0;
        wheel_ = timeouts_open(TIMEOUT_mHZ, &error);
        now_ms_ = 0;
        for (timeout& each : timers_) {
            timeout_init(&each, TIMEOUT_ABS);
        }
    }
    void schedule(std::uint32_t timer, std::uint64_t due_ms) {
        timeouts_add(wheel_, &timers_[timer], due_ms);
    }
    void reschedule(std::uint32_t timer, std::uint64_t due_ms) { schedule(timer, due_ms); }
    void cancel(std::uint32_t timer) { timeouts_del(wheel_, &timers_[timer]); }
    void finish_cancel() {}
    void advance(std::uint64_t to_ms) {
        timeouts_update(wheel_, now_ms_ = to_ms);
        while (timeout* const each = timeouts_get(wheel_)) {
            fire(*this, static_cast<std::uint32_t>(each - timers_.data()));
        }
    }
    void fire_all() { advance(hour_ms); }
    std::uint64_t next_due_ms() { return now_ms_ + timeouts_timeout(wheel_); }

    Fire fire{};

private:
    timeouts* wheel_ = nullptr;
    std::vector<timeout> timers_ = std::vector<timeout>(Count);
    std::uint64_t now_ms_ = 0;
};
#endif

// visit.operator()<Timers>(name) for each, ours first.
template <class Visit>
void each_driven(Visit&& visit) {
    visit.template operator()<pawl_timers>("pawl");
    visit.template operator()<cascading_timers>("cascading wheel");
    visit.template operator()<heap4_timers>("4-ary heap");
    visit.template operator()<queue_timers>("std::priority_queue");
    visit.template operator()<map_timers>("std::multimap");
#if defined(PAWL_BENCH_RATAS)
    visit.template operator()<ratas_timers>("ratas");
#endif
#if defined(PAWL_BENCH_WAHERN)
    visit.template operator()<wahern_timers>("wahern");
#endif
}

inline void note_driven(report& target) {
    target.note("cascading wheel",
                "a classic wheel of 64 slots a level, well done, in bench/time; exact, first-in-"
                "first-out; empties a slot at once when time reaches it");
    target.note(
        "4-ary heap",
        "of deadlines, with each timer's place in it, in bench/time; equal deadlines in any order");
    target.note(
        "std::priority_queue",
        "cancel leaves a tombstone, which takes its room and its time when it would have fired");
    target.note("std::multimap", "one node on the heap a timer; cancel by iterator");
#if defined(PAWL_BENCH_RATAS)
    target.note("ratas",
                "TimerWheel, 256 slots a level; last-in-first-out among equal deadlines; goes "
                "through every tick of a jump, and through lists for the next deadline");
#else
    target.missing("ratas", "timer-wheel.h in --include-path, made to compile as C++20");
#endif
#if defined(PAWL_BENCH_WAHERN)
    target.note("wahern",
                "timeout.c, 64 slots a level and 4 levels: longer timers are moved again and "
                "again; a jump fires out of order; the next deadline may be early by a slot");
#else
    target.missing("wahern", "timeout.h and libtimeout in --include-path");
#endif
}

// --- Timers of event loops -----------------------------------------------------------------------

#if defined(PAWL_BENCH_BOOST)
template <std::uint32_t Count, class Fire>
class asio_timers {
public:
    static constexpr bool driven = false;

    asio_timers() {
        for (std::uint32_t i = 0; i < Count; ++i) {
            timers_.emplace_back(loop_);
        }
    }
    void rewind(hour which) {
        for (auto& timer : timers_) {
            timer.cancel();
        }
        fire_all();
        start_ = std::chrono::steady_clock::now() -
                 std::chrono::milliseconds{which == hour::past ? hour_ms + 1 : 0};
    }
    void schedule(std::uint32_t timer, std::uint64_t due_ms) {
        timers_[timer].expires_at(start_ + std::chrono::milliseconds{due_ms});
        timers_[timer].async_wait([this, timer](const boost::system::error_code& error) {
            if (!error) {
                fire(*this, timer);
            }
        });
    }
    void cancel(std::uint32_t timer) { timers_[timer].cancel(); }
    void finish_cancel() { fire_all(); }  // the handlers run, each with an error
    void fire_all() {
        loop_.restart();
        loop_.poll();
    }

    Fire fire{};

private:
    boost::asio::io_context loop_{1};
    std::deque<boost::asio::steady_timer> timers_;
    std::chrono::steady_clock::time_point start_;
};
#endif

#if defined(PAWL_BENCH_LIBUV)
// A loop's clock starts with the machine's: on one that has just started, the past hour is shorter.
template <std::uint32_t Count, class Fire>
class uv_timers {
public:
    static constexpr bool driven = false;

    uv_timers() : timers_(Count) {
        uv_loop_init(&loop_);
        for (uv_timer_t& timer : timers_) {
            uv_timer_init(&loop_, &timer);
            timer.data = this;
        }
        // A new loop has something else to do first, and so no next deadline.
        uv_timer_start(timers_.data(), expire, hour_ms, 0);
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
    }
    void schedule(std::uint32_t timer, std::uint64_t due_ms) {
        uv_timer_start(&timers_[timer], expire, due_ms * span_ms_ / hour_ms, 0);
    }
    void cancel(std::uint32_t timer) { uv_timer_stop(&timers_[timer]); }
    void finish_cancel() {}
    void fire_all() { uv_run(&loop_, UV_RUN_NOWAIT); }
    std::uint64_t next_due_ms() { return static_cast<std::uint64_t>(uv_backend_timeout(&loop_)); }

    Fire fire{};

private:
    static void expire(uv_timer_t* timer) {
        auto* self = static_cast<uv_timers*>(timer->data);
        self->fire(*self, static_cast<std::uint32_t>(timer - self->timers_.data()));
    }
    uv_loop_t loop_;
    std::vector<uv_timer_t> timers_;
    std::uint64_t span_ms_ = hour_ms;
};
#endif

#if defined(PAWL_BENCH_LIBEV)
template <std::uint32_t Count, class Fire>
class ev_timers {
public:
    static constexpr bool driven = false;

    ev_timers() : timers_(Count) {
        for (ev_timer& timer : timers_) {
            ev_timer_init(&timer, expire, 0., 0.);
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
    }
    void schedule(std::uint32_t timer, std::uint64_t due_ms) {
        ev_timer_set(&timers_[timer], (static_cast<double>(due_ms) + offset_ms_) / 1000, 0.);
        ev_timer_start(loop_, &timers_[timer]);
    }
    void cancel(std::uint32_t timer) { ev_timer_stop(loop_, &timers_[timer]); }
    void finish_cancel() {}
    void fire_all() { ev_run(loop_, EVRUN_NOWAIT); }

    Fire fire{};

private:
    static void expire(struct ev_loop*, ev_timer* timer, int) {
        auto* self = static_cast<ev_timers*>(timer->data);
        self->fire(*self, static_cast<std::uint32_t>(timer - self->timers_.data()));
    }
    struct ev_loop* loop_ = ev_loop_new(EVFLAG_AUTO);
    std::vector<ev_timer> timers_;
    double offset_ms_ = 0;
};
#endif

#if defined(PAWL_BENCH_LIBEVENT)
template <std::uint32_t Count, class Fire>
class libevent_timers {
public:
    static constexpr bool driven = false;

    libevent_timers() : timers_(Count) {
        for (event& timer : timers_) {
            evtimer_assign(&timer, loop_, expire, &timer);
        }
    }
    ~libevent_timers() {
        rewind(hour::coming);
        event_base_free(loop_);
    }
    libevent_timers(const libevent_timers&) = delete;
    libevent_timers& operator=(const libevent_timers&) = delete;

    void rewind(hour which) {
        for (event& timer : timers_) {
            event_del(&timer);
        }
        offset_s_ = which == hour::past ? hour_ms / 1000 + 1 : 0;
    }
    void schedule(std::uint32_t timer, std::uint64_t due_ms) {
        const timeval delay{static_cast<std::int64_t>(due_ms / 1000) - offset_s_,
                            static_cast<std::int64_t>(due_ms % 1000) * 1000};
        event_add(&timers_[timer], &delay);
    }
    void cancel(std::uint32_t timer) { event_del(&timers_[timer]); }
    void finish_cancel() {}
    void fire_all() {
        firing_ = this;
        event_base_loop(loop_, EVLOOP_NONBLOCK);
    }

    Fire fire{};

private:
    static void expire(evutil_socket_t, short, void* timer) {
        firing_->fire(*firing_, static_cast<std::uint32_t>(static_cast<event*>(timer) -
                                                           firing_->timers_.data()));
    }
    inline static libevent_timers* firing_ = nullptr;
    event_base* loop_ = event_base_new();
    std::vector<event> timers_;
    std::int64_t offset_s_ = 0;
};
#endif

template <class Visit>
void each_loop([[maybe_unused]] Visit&& visit) {
#if defined(PAWL_BENCH_BOOST)
    visit.template operator()<asio_timers>("asio");
#endif
#if defined(PAWL_BENCH_LIBUV)
    visit.template operator()<uv_timers>("libuv");
#endif
#if defined(PAWL_BENCH_LIBEV)
    visit.template operator()<ev_timers>("libev");
#endif
#if defined(PAWL_BENCH_LIBEVENT)
    visit.template operator()<libevent_timers>("libevent");
#endif
}

inline void note_loops(report& target) {
#if defined(PAWL_BENCH_BOOST)
    target.note(
        "asio " BOOST_LIB_VERSION,
        "steady_timer; a handler on the heap for each wait, and cancel runs it. "
        "Its idle tick is io_context::poll, which asks the system; no public next deadline");
#else
    target.missing("asio", "libboost-dev");
#endif
#if defined(PAWL_BENCH_LIBUV)
    target.note(std::string{"libuv "} + uv_version_string(),
                "a binary heap of milliseconds; its idle tick is uv_run, which asks the system");
#else
    target.missing("libuv", "libuv1-dev");
#endif
#if defined(PAWL_BENCH_LIBEV)
    target.note(
        "libev " + std::to_string(ev_version_major()) + "." + std::to_string(ev_version_minor()),
        "a 4-ary heap of floating-point seconds; its idle tick is ev_run, which asks the "
        "system; no public next deadline");
#else
    target.missing("libev", "libev-dev");
#endif
#if defined(PAWL_BENCH_LIBEVENT)
    target.note(std::string{"libevent "} + event_get_version(),
                "a binary heap of microseconds; reads the clock for each timer it arms; its idle "
                "tick is event_base_loop, which asks the system; no public next deadline");
#else
    target.missing("libevent", "libevent-dev");
#endif
}

}  // namespace bench::timers
