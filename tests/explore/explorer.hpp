// SPDX-License-Identifier: BSL-1.0
//
// explorer: runs a small program of two or three threads once for every way in which they can
// interleave.
//
// Goal: to *show*, not to sample, that code built of single-word atomic operations is right for a
// small program, and to print the schedule when it is not. What a stress test meets once in a
// billion runs is found here in milliseconds, and is found again on every run.
//
// Method: the program's threads are fibers. Each hands control to the explorer before every
// operation on a shared word (explore_platform.hpp has the words, the parkers and the threads);
// code between two operations runs together with the first of them. The explorer chooses who goes
// on, lets the program end, and runs it again from the beginning with the last choice changed,
// until there is none left.
//
// What it claims: *sequentially consistent* interleavings, every one of them. It says nothing about
// memory orders (that is for ThreadSanitizer and Relacy), nor about data races on plain memory,
// which it runs as if there were none. compare_exchange_weak never fails spuriously here.
//
// What it finds: a failed check(), a deadlock (everybody is parked or joining and nobody has a
// permit), a livelock (more than `steps_max` steps), a thread that outlives the body, a broken
// PAWL_ASSERT (prints the schedule, then dies), a body that does not do the same thing each time,
// and an exploration that ran fewer schedules than it was expected to.
//
// Three ways to search:
//  - by default every schedule that can make a difference: two that differ only in the order of
//    independent operations (on different words, or two loads) are one. This is source-set dynamic
//    partial order reduction with sleep sets (Abdulla, Aronis, Jonsson, Sagonas, POPL 2014). Its
//    one rule for the body: whatever is compared *between* threads goes through words. A plain log
//    that two threads append to has no order of its own; use `reduce = false` for that.
//  - `reduce = false`: every single interleaving. Then an `interval` gives the real-time order of
//    calls.
//  - `preemptions_max`: only schedules that leave a thread which could go on that many times; for
//    programs that are too long for the others. Most faults need one or two.
//  - `random_schedules` with a `seed`: for programs that are too long for any of them.
//
//   auto result = explore::run({.schedules_min = 6}, [] {
//       explore_platform::word counter;
//       auto add = [&] { counter.store(counter.load(relaxed) + 1, relaxed); };   // wrong
//       explore::threads(add, add);
//       explore::check(counter.load(relaxed) == 2, "both were counted");
//   });
//   // result.report: "check failed: both were counted", the schedule "1*1 2*2 1*1", and its steps.
//   // options{.replay = "1*1 2*2 1*1"} runs that one again.
//
// The body runs on a fiber too: it constructs the state afresh each time, starts threads, joins
// them and checks. Only its own allocations are made while exploring. One exploration at a time.
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <type_traits>
#include <vector>

#include "explore/fiber.hpp"

namespace explore {

// When a park with a deadline returns although nobody gave the permit.
enum class deadlines : std::uint8_t {
    when_idle,  // virtual time moves on to the first deadline once nobody can go on
    any_time,   // at every moment, as one more choice (what a loaded machine does), but only
    // `early_deadlines_max` times in a schedule: who sleeps again and again would not end
    never,  // it is a park without one: shows what a deadline would only have mended
};

struct options {
    static constexpr unsigned unbounded = ~0U;

    unsigned preemptions_max = unbounded;  // a bound switches the reduction off
    bool reduce = true;
    deadlines time = deadlines::when_idle;
    unsigned early_deadlines_max = 4;
    unsigned steps_max = 10'000;               // of one schedule
    std::uint64_t schedules_min = 2;           // fewer is a failure: nothing was explored
    std::uint64_t schedules_max = 50'000'000;  // more is a failure: the answer is not complete
    std::uint64_t random_schedules = 0;        // if not 0: that many, at random
    std::uint64_t seed = 1;
    const char* replay = nullptr;  // if set: only this schedule
};

struct result {
    bool passed = false;
    bool complete = false;        // nothing within the bounds was left out
    std::uint64_t schedules = 0;  // that ran
    std::uint64_t redundant = 0;  // of these, equivalent to an earlier one
    std::uint64_t steps = 0;      // of all schedules, while more than one thread lived
    std::string schedule;         // the failing one: thread*steps ...
    std::string report;           // what failed, the schedule, its steps
};

constexpr unsigned threads_max = 8;  // the body included

enum class action : std::uint8_t {
    none,
    load,
    store,
    exchange,
    add,
    subtract,
    bit_or,
    bit_and,
    compare_exchange,
    unpark,
    park,
    park_until,
    join,
    read_clock,
    move_clock,
    yield
};

// What a thread is about to do: enough to know whether it can, and what it commutes with.
struct operation {
    action what = action::none;
    bool writes_object = false;
    bool reads_clock = false;
    bool writes_clock = false;
    std::uint32_t object = 0;      // 0: none
    const bool* permit = nullptr;  // park and park_until wait for it
    std::int64_t deadline_ns = 0;  // park_until
    std::uint32_t targets = 0;     // join: a bit for each thread it waits for
    unsigned asked_at = 0;         // yield: the step after which somebody else goes first
};

// The steps of one call, for its place in real time: [first, last], set by the calling thread's
// next operations until it is destroyed or another one begins. Exact with `reduce = false` only.
struct interval {
    unsigned first = 0;
    unsigned last = 0;
};

class engine {
public:
    using entry = void (*)(void*);

    // The exploration that the calling fiber belongs to; null outside of one.
    static inline engine* active = nullptr;

    result explore(const options& wanted, entry body, void* argument) {
        begin(wanted);
        if (wanted.replay != nullptr) {
            parse_replay(wanted.replay);
        }
        // One schedule after another, each with the last open choice changed.
        do {
            run_once(body, argument);
            ++result_.schedules;
            result_.redundant += redundant_ ? 1 : 0;
            if (failed_) {
                break;
            }
            if (wanted.replay != nullptr || result_.schedules == wanted.random_schedules) {
                result_.complete = false;
                return end(true);
            }
            if (result_.schedules == wanted.schedules_max) {
                failed_ = true;
                result_.report =
                    "not complete after " + std::to_string(wanted.schedules_max) + " schedules\n";
                break;
            }
        } while (wanted.random_schedules != 0 || next_schedule());
        result_.complete = !failed_;
        if (!failed_ && result_.schedules < wanted.schedules_min) {
            failed_ = true;
            result_.report = "only " + std::to_string(result_.schedules) + " schedules, expected " +
                             std::to_string(wanted.schedules_min) + " or more\n";
        }
        return end(!failed_);
    }

    // Called on a fiber before it does `what`. Returns when it is its turn to do it.
    void point(const operation& what) {
        thread& self = threads_[current_];
        self.pending = what;
        self.pending.asked_at = steps_ + 1;
        if (starting_ != nobody) {
            // A new thread came to its first operation: back to the one that started it.
            const unsigned parent = starting_;
            starting_ = nobody;
            switch_to(parent);
        } else if (const unsigned next = choose(); next != current_) {
            switch_to(next);
        }
        if (interval* const call = threads_[current_].call; call != nullptr) {
            call->first = call->first == 0 ? steps_ : call->first;
            call->last = steps_;
        }
    }

    // For the printed steps: what the operation that was just done saw and left.
    void note(std::uint32_t before, std::uint32_t after) {
        if (recorded_ && position_ > 0) {
            nodes_[position_ - 1].before = before;
            nodes_[position_ - 1].after = after;
        }
    }

    std::uint32_t new_object() { return ++object_count_; }
    [[nodiscard]] unsigned current() const { return current_; }
    [[nodiscard]] deadlines time_mode() const { return options_.time; }
    [[nodiscard]] std::int64_t clock_ns() const { return clock_ns_; }
    void move_clock(std::int64_t time_ns) { clock_ns_ = time_ns > clock_ns_ ? time_ns : clock_ns_; }
    // The deadline of a park came, while others could go on or when they could not.
    void let_deadline_come(std::int64_t deadline_ns) {
        early_deadlines_ += deadline_ns > clock_ns_ ? 1 : 0;
        move_clock(deadline_ns);
    }
    void measure(interval* call) { threads_[current_].call = call; }

    // The number of the thread that is started next.
    [[nodiscard]] unsigned next_id() const { return thread_count_; }

    // Starts a thread and lets it run to its first operation: nothing before it can be seen by
    // others.
    void start(entry function, void* argument) {
        if (thread_count_ == threads_max) {
            fail("more than 7 threads were started");
        }
        const unsigned id = thread_count_++;
        thread& child = threads_[id];
        child.function = function;
        child.argument = argument;
        child.pending = {};
        child.call = nullptr;
        child.clock = threads_[current_].clock;
        alive_ |= bit(id);
        const unsigned outer = starting_;
        starting_ = current_;
        switch_to(id);
        starting_ = outer;
    }

    // Waits until all these threads have ended.
    void join(std::uint32_t targets) {
        point({.what = action::join, .targets = targets});
        for (unsigned i = 0; i < thread_count_; ++i) {
            if ((targets & bit(i)) != 0) {
                merge(threads_[current_].clock, threads_[i].clock);
            }
        }
    }

    // Ends this exploration: the fibers are left where they stand.
    [[noreturn]] void fail(const char* what, const char* detail = "") {
        failed_ = true;
        result_.schedule = schedule_text();
        result_.report = std::string(what) + detail + "\n  in schedule " +
                         std::to_string(result_.schedules + 1) + ": \"" + result_.schedule +
                         "\"\n" + steps_text();
        threads_[current_].stack.switch_to(host_);
        std::abort();
    }

private:
    static constexpr unsigned nobody = ~0U;
    static constexpr unsigned replayed_max = 100'000;

    using masks = std::uint32_t;                                  // one bit a thread
    using vector_clock = std::array<std::uint16_t, threads_max>;  // steps of each that came before

    struct thread {
        fiber stack;
        entry function = nullptr;
        void* argument = nullptr;
        operation pending;
        vector_clock clock{};
        interval* call = nullptr;
    };

    // One step of the present schedule, and what is still to be tried in its place.
    struct node {
        masks enabled = 0;
        masks sleeping = 0;  // an equivalent schedule with this one here was explored already
        masks wanted = 0;    // to be tried here, or tried
        masks tried = 0;
        unsigned chosen = 0;
        operation what;
        vector_clock clock{};
        std::uint32_t before = 0;
        std::uint32_t after = 0;
    };

    static constexpr masks bit(unsigned id) { return masks{1} << id; }
    [[nodiscard]] bool is_alive(unsigned id) const { return (alive_ & bit(id)) != 0; }

    static void merge(vector_clock& into, const vector_clock& from) {
        for (unsigned i = 0; i < threads_max; ++i) {
            into[i] = into[i] < from[i] ? from[i] : into[i];
        }
    }

    // Whether the order of two operations of different threads can be seen. A compare-and-swap
    // counts as a write even if it fails: always right, at times one schedule too many.
    static bool dependent(const operation& a, const operation& b) {
        if (a.what == action::yield || b.what == action::yield) {
            return true;  // any step of another thread lets it go on
        }
        if (a.object != 0 && a.object == b.object && (a.writes_object || b.writes_object)) {
            return true;
        }
        return (a.writes_clock && (b.reads_clock || b.writes_clock)) ||
               (b.writes_clock && a.reads_clock);
    }

    // ---- one exploration ----

    void begin(const options& wanted) {
        options_ = wanted;
        reduce_ = wanted.reduce && wanted.preemptions_max == options::unbounded &&
                  wanted.random_schedules == 0 && wanted.replay == nullptr;
        result_ = {};
        failed_ = false;
        nodes_.clear();
        prefix_ = 0;
        replay_.clear();
        random_state_ = wanted.seed * 0x9e3779b97f4a7c15U + 1;
        if (stale_) {
            stale_ = false;
            for (thread& each : threads_) {
                each.stack.reset(&fiber_main);
            }
        }
        active = this;
        for (unsigned i = 0; i < trap_signals.size(); ++i) {
            struct sigaction handler {};
            handler.sa_handler = &trapped;
            sigaction(trap_signals[i], &handler, &old_actions_[i]);
        }
    }

    result end(bool passed) {
        for (unsigned i = 0; i < trap_signals.size(); ++i) {
            sigaction(trap_signals[i], &old_actions_[i], nullptr);
        }
        active = nullptr;
        stale_ = !passed;  // then the fibers stand where it failed
        result_.passed = passed;
        return result_;
    }

    void run_once(entry body, void* argument) {
        position_ = 0;
        sleeping_ = 0;
        redundant_ = false;
        recorded_ = false;
        steps_ = 0;
        preemptions_ = 0;
        object_count_ = 0;
        clock_ns_ = 0;
        early_deadlines_ = 0;
        starting_ = nobody;
        thread_count_ = 1;
        alive_ = bit(0);
        current_ = 0;
        if (!reduce_ && options_.random_schedules != 0) {
            nodes_.clear();
        }
        threads_[0].function = body;
        threads_[0].argument = argument;
        threads_[0].clock = {};
        threads_[0].call = nullptr;
        host_.switch_to(threads_[0].stack);
        result_.steps += position_;
        if (!failed_ && position_ < nodes_.size()) {
            failed_ = true;
            result_.report = "the body is not deterministic: it ended early\n";
        }
    }

    // Changes the last choice that is open. False when there is none: everything was explored.
    bool next_schedule() {
        while (!nodes_.empty()) {
            node& last = nodes_.back();
            last.tried |= bit(last.chosen);
            if (const masks open = last.wanted & ~last.tried & ~last.sleeping; open != 0) {
                last.chosen = static_cast<unsigned>(std::countr_zero(open));
                prefix_ = nodes_.size() - 1;
                return true;
            }
            nodes_.pop_back();
        }
        return false;
    }

    // ---- one step ----

    [[nodiscard]] bool can_go(const thread& one) const {
        switch (one.pending.what) {
            case action::park: return *one.pending.permit;
            case action::park_until:
                return *one.pending.permit ||
                       (options_.time != deadlines::never &&
                        one.pending.deadline_ns <= clock_ns_) ||
                       (options_.time == deadlines::any_time &&
                        early_deadlines_ < options_.early_deadlines_max);
            case action::join: return (one.pending.targets & alive_) == 0;
            case action::yield: return steps_ > one.pending.asked_at || nobody_else_;
            default: return true;
        }
    }

    [[nodiscard]] masks enabled_now() const {
        masks enabled = 0;
        for (masks left = alive_; left != 0; left &= left - 1) {
            const auto i = static_cast<unsigned>(std::countr_zero(left));
            enabled |= can_go(threads_[i]) ? bit(i) : 0;
        }
        return enabled;
    }

    // Nobody can go on: time does, to the first deadline. False if there is none.
    bool pass_time() {
        bool found = false;
        std::int64_t first_ns = 0;
        vector_clock everything{};
        for (unsigned i = 0; i < thread_count_; ++i) {
            const thread& each = threads_[i];
            merge(everything, each.clock);
            if (is_alive(i) && each.pending.what == action::park_until &&
                options_.time != deadlines::never &&
                (!found || each.pending.deadline_ns < first_ns)) {
                found = true;
                first_ns = each.pending.deadline_ns;
            }
        }
        if (found) {
            move_clock(first_ns);
            for (unsigned i = 0; i < thread_count_; ++i) {
                threads_[i].clock = everything;  // what was before it stays before it
            }
        }
        return found;
    }

    // Decides whose operation is next, and files it as a step.
    unsigned choose() {
        if (++steps_ > options_.steps_max) {
            fail("livelock: the schedule has more steps than steps_max");
        }
        masks enabled = enabled_now();
        if (enabled == 0) {
            nobody_else_ = !pass_time();  // then even who yields may go on
            enabled = enabled_now();
            nobody_else_ = false;
            if (enabled == 0) {
                fail("deadlock: everybody waits, and nobody has a permit");
            }
        }
        if (std::has_single_bit(alive_)) {
            recorded_ = false;  // before the threads start and after they ended there is no choice
            return static_cast<unsigned>(std::countr_zero(enabled));
        }
        recorded_ = true;
        const std::size_t position = position_++;
        const bool replaying = position < nodes_.size();
        if (replaying) {
            if (nodes_[position].enabled != enabled) {
                fail("the body is not deterministic: other threads can go on than before");
            }
        } else {
            add_node(enabled);
        }
        node& here = nodes_[position];
        thread& next = threads_[here.chosen];
        if (position < prefix_) {
            if (here.what.what != next.pending.what || here.what.object != next.pending.object) {
                fail("the body is not deterministic: another operation than before");
            }
            next.clock = here.clock;
        } else {
            here.what = next.pending;
            if (reduce_) {
                find_races(position);
            }
        }
        if (reduce_) {
            sleeping_ = 0;
            masks asleep = (here.sleeping | here.tried) & ~bit(here.chosen);
            for (; asleep != 0; asleep &= asleep - 1) {
                const auto other = static_cast<unsigned>(std::countr_zero(asleep));
                if (!dependent(threads_[other].pending, next.pending)) {
                    sleeping_ |= bit(other);
                }
            }
        }
        if (here.chosen != current_ && (enabled & bit(current_)) != 0) {
            ++preemptions_;
        }
        return here.chosen;
    }

    void add_node(masks enabled) {
        node added;
        added.enabled = enabled;
        added.sleeping = sleeping_;
        masks candidates = enabled & ~sleeping_;
        if (candidates == 0) {
            redundant_ = true;  // run it to its end, but branch no more
            candidates = enabled;
        }
        const bool goes_on = (candidates & bit(current_)) != 0;
        added.chosen = goes_on ? current_ : static_cast<unsigned>(std::countr_zero(candidates));
        added.wanted = bit(added.chosen);
        const std::size_t position = nodes_.size();
        if (!replay_.empty()) {
            if (position < replay_.size() && (enabled & bit(replay_[position])) != 0) {
                added.chosen = replay_[position];
            }
        } else if (options_.random_schedules != 0) {
            added.chosen = random_of(enabled);
        } else if (!reduce_ && !(goes_on && preemptions_ >= options_.preemptions_max)) {
            added.wanted = enabled;
        }
        if (redundant_) {
            added.sleeping = enabled;
        }
        nodes_.push_back(added);
    }

    // ---- the reduction ----

    // Step `position` races with every earlier one of another thread that it depends on and that
    // did not have to come first. For each, the other order is asked for.
    void find_races(std::size_t position) {
        node& here = nodes_[position];
        vector_clock clock = threads_[here.chosen].clock;
        races_.clear();
        for (std::size_t i = position; i-- > 0;) {
            const node& earlier = nodes_[i];
            if (earlier.chosen != here.chosen && dependent(earlier.what, here.what) &&
                earlier.clock[earlier.chosen] > clock[earlier.chosen]) {
                races_.push_back(i);
                merge(clock, earlier.clock);
            }
        }
        ++clock[here.chosen];
        here.clock = clock;
        threads_[here.chosen].clock = clock;
        if (!redundant_) {
            for (const std::size_t race : races_) {
                ask_for_reverse(race, position);
            }
        }
    }

    // Wants, at step `first`, a thread that leads to `second` without `first`: an initial of what
    // follows `first` and does not depend on it.
    void ask_for_reverse(std::size_t first, std::size_t second) {
        node& at = nodes_[first];
        const unsigned racer = at.chosen;
        vector_clock begins{};  // of each thread seen: the number of its first step
        masks seen = 0;
        masks initials = 0;
        for (std::size_t i = first + 1; i <= second; ++i) {
            const node& step = nodes_[i];
            const bool follows = step.clock[racer] >= at.clock[racer];
            if ((follows && i != second) || (seen & bit(step.chosen)) != 0) {
                continue;
            }
            bool initial = true;
            for (masks others = seen; others != 0; others &= others - 1) {
                const auto other = static_cast<unsigned>(std::countr_zero(others));
                initial = initial && step.clock[other] < begins[other];
            }
            seen |= bit(step.chosen);
            begins[step.chosen] = step.clock[step.chosen];
            if (initial) {
                if (i == second && (at.enabled & bit(step.chosen)) == 0) {
                    return;  // only `first` lets `second` go on (a permit): no other order exists
                }
                initials |= bit(step.chosen);
            }
        }
        if ((initials & (at.wanted | at.sleeping)) != 0) {
            return;
        }
        const masks possible = initials & at.enabled;
        at.wanted |= possible != 0 ? possible & (~possible + 1) : at.enabled;
    }

    // ---- fibers ----

    void switch_to(unsigned id) {
        thread& from = threads_[current_];
        current_ = id;
        from.stack.switch_to(threads_[id].stack);
    }

    static void fiber_main() {
        thread& self = active->threads_[active->current_];
        self.stack.arrived();
        for (;;) {
            self.function(self.argument);
            active->finished();
        }
    }

    // The current thread's function returned. Comes back when the thread is used again.
    void finished() {
        thread& self = threads_[current_];
        alive_ &= ~bit(current_);
        if (current_ == 0) {
            if (alive_ != 0) {
                fail("a thread outlives the body");
            }
            self.stack.switch_to(host_);
        } else if (starting_ != nobody) {
            const unsigned parent = starting_;
            starting_ = nobody;
            switch_to(parent);
        } else {
            switch_to(choose());
        }
    }

    // ---- random, replay, and what is printed ----

    unsigned random_of(masks enabled) {
        random_state_ ^= random_state_ << 13;
        random_state_ ^= random_state_ >> 7;
        random_state_ ^= random_state_ << 17;
        auto skip = (random_state_ >> 32) % static_cast<unsigned>(std::popcount(enabled));
        for (; skip != 0; --skip) {
            enabled &= enabled - 1;
        }
        return static_cast<unsigned>(std::countr_zero(enabled));
    }

    void parse_replay(const char* text) {
        char* end = nullptr;
        for (; *text != '\0'; text = end) {
            const unsigned long id = std::strtoul(text, &end, 10);
            unsigned long count = *end == '*' ? std::strtoul(end + 1, &end, 10) : 1;
            if (end == text || id >= threads_max || count > replayed_max) {
                std::fprintf(stderr, "explore: \"%s\" is no schedule\n", text);
                std::exit(2);
            }
            for (; count != 0; --count) {
                replay_.push_back(static_cast<unsigned>(id));
            }
            while (*end == ' ') {
                ++end;
            }
        }
    }

    [[nodiscard]] std::string schedule_text() const {
        std::string text;
        for (std::size_t i = 0; i < position_;) {
            std::size_t run = i;
            while (run < position_ && nodes_[run].chosen == nodes_[i].chosen) {
                ++run;
            }
            text += (text.empty() ? "" : " ") + std::to_string(nodes_[i].chosen) + "*" +
                    std::to_string(run - i);
            i = run;
        }
        return text;
    }

    [[nodiscard]] std::string steps_text() const {
        static constexpr std::array names{"",         "load",      "store",
                                          "exchange", "fetch_add", "fetch_sub",
                                          "fetch_or", "fetch_and", "compare_exchange",
                                          "unpark",   "park",      "park_until",
                                          "join",     "now",       "elapse",
                                          "yield"};
        static constexpr std::size_t printed_max = 80;
        const std::size_t begin = position_ > printed_max ? position_ - printed_max : 0;
        std::string text = begin != 0 ? "    ...\n" : "";
        for (std::size_t i = begin; i < position_; ++i) {
            const node& step = nodes_[i];
            std::array<char, 160> line{};
            std::snprintf(line.data(), line.size(), "    thread %u: %-16s", step.chosen,
                          names[static_cast<std::size_t>(step.what.what)]);
            text += line.data();
            if (step.what.object != 0) {
                std::snprintf(line.data(), line.size(), " object %u  %#x -> %#x", step.what.object,
                              step.before, step.after);
                text += line.data();
            }
            text += '\n';
        }
        for (unsigned i = 0; i < thread_count_; ++i) {
            if (is_alive(i) && i != current_) {
                text += "    thread " + std::to_string(i) +
                        " is before: " + names[static_cast<std::size_t>(threads_[i].pending.what)] +
                        "\n";
            }
        }
        return text;
    }

    // A trap (a broken PAWL_ASSERT) cannot be survived, but it can be told where it happened.
    static void trapped(int signal_number) {
        if (active != nullptr) {
            std::fprintf(stderr, "explore: trapped in schedule \"%s\"\n%s",
                         active->schedule_text().c_str(), active->steps_text().c_str());
        }
        std::signal(signal_number, SIG_DFL);
        std::raise(signal_number);
    }

    static constexpr std::array trap_signals{SIGILL, SIGTRAP, SIGABRT};

    options options_;
    result result_;
    bool reduce_ = true;
    bool failed_ = false;
    bool stale_ = true;  // the fibers have to begin anew
    std::vector<node> nodes_;
    std::vector<std::size_t> races_;
    std::vector<unsigned> replay_;
    std::uint64_t random_state_ = 1;
    std::size_t prefix_ = 0;  // the steps before this one are the same as in the schedule before

    std::size_t position_ = 0;
    masks sleeping_ = 0;
    bool redundant_ = false;
    bool recorded_ = false;
    bool nobody_else_ = false;
    unsigned steps_ = 0;
    unsigned preemptions_ = 0;
    std::uint32_t object_count_ = 0;
    std::int64_t clock_ns_ = 0;
    unsigned early_deadlines_ = 0;

    std::array<thread, threads_max> threads_;
    unsigned thread_count_ = 0;
    masks alive_ = 0;  // started and not ended
    unsigned current_ = 0;
    unsigned starting_ = nobody;
    fiber host_;
    std::array<struct sigaction, trap_signals.size()> old_actions_{};
};

// Runs `body` once for every schedule within `wanted`.
template <class Body>
result run(const options& wanted, Body&& body) {
    static engine only;
    auto call = [&body] { body(); };
    return only.explore(
        wanted, [](void* self) { (*static_cast<decltype(call)*>(self))(); }, &call);
}

// Fails the exploration with the present schedule. To be called on its fibers.
[[noreturn]] inline void fail(const char* what) { engine::active->fail(what); }

inline void check(bool holds, const char* what) {
    if (!holds) {
        engine::active->fail("check failed: ", what);
    }
}

// Records the steps of `call()` in `when`.
template <class Call>
void timed(interval& when, Call&& call) {
    engine::active->measure(&when);
    call();
    engine::active->measure(nullptr);
}

}  // namespace explore
