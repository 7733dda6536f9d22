// When jobs run: never early, at most one tick late, in the order of their deadlines.
//
// Goal: the promise about time, for delays, periods and calendars. Method: virtual time, in which
// every moment is exact; what runs is compared with a sorted map of what was asked for, element by
// element, and with calendars that were worked out by hand.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <pawl/pawl.hpp>

using namespace std::chrono_literals;
using namespace pawl::literals;

namespace {

using virtual_jobs = pawl::scheduler<pawl::limits{.jobs = 64, .workers = 0}, pawl::manual_platform>;

// Milliseconds of virtual time since the beginning.
template <class Scheduler>
std::int64_t now_ms(Scheduler& jobs) {
    return std::chrono::floor<std::chrono::milliseconds>(jobs.platform().now().time_since_epoch())
        .count();
}

}  // namespace

TEST_CASE("timing: 100,000 random delays against a sorted map") {
    constexpr pawl::limits capacity{.jobs = 1 << 14, .edges = 0, .batches = 0, .workers = 0};
    using scheduler = pawl::scheduler<capacity, pawl::manual_platform>;
    const auto jobs = std::make_unique<scheduler>();
    std::mt19937_64 random{20'260'227};

    // Deadline in nanoseconds, in order of submission among equals. The tick is a millisecond.
    std::multimap<std::int64_t, int> expected;
    struct run {
        int job;
        std::int64_t at_ns;
    };
    std::vector<run> seen;
    const auto now_ns = [&] { return jobs->platform().now().time_since_epoch().count(); };

    int submitted = 0;
    while (submitted < 100'000 || !expected.empty()) {
        for (int burst = static_cast<int>(random() % 100); burst > 0 && submitted < 100'000;
             --burst) {
            // From nanoseconds to weeks, many of them on the same tick.
            const auto scale = std::int64_t{1} << (random() % 50);
            const std::chrono::nanoseconds delay{static_cast<std::int64_t>(random()) & (scale - 1)};
            const int job = submitted;
            if (!jobs->schedule(delay, [&, job] { seen.push_back({job, now_ns()}); })) {
                break;  // the pool is full; time has to go on
            }
            expected.emplace(now_ns() + delay.count(), job);
            ++submitted;
        }
        seen.clear();
        const std::chrono::nanoseconds step{static_cast<std::int64_t>(random()) &
                                            ((std::int64_t{1} << (random() % 46)) - 1)};
        jobs->advance(step);

        for (const run& one : seen) {
            // Within a tick, jobs run in the order of submission, whatever the fraction of the
            // tick.
            const auto first = expected.begin();
            const auto tick = [](std::int64_t ns) { return (ns + 999'999) / 1'000'000; };
            auto match = first;
            while (match != expected.end() && match->second != one.job) {
                REQUIRE(tick(match->first) == tick(first->first));
                ++match;
            }
            REQUIRE(match != expected.end());
            REQUIRE(one.at_ns >= match->first);
            REQUIRE(one.at_ns - match->first < 1'000'000);
            expected.erase(match);
        }
        const auto late = expected.begin();
        REQUIRE((late == expected.end() || late->first + 1'000'000 > now_ns()));
    }
    REQUIRE(submitted == 100'000);
    REQUIRE(jobs->counts().succeeded == 100'000);
}

TEST_CASE("timing: equal deadlines run in the order of submission, earlier ones first") {
    virtual_jobs jobs;
    std::string order;
    jobs.schedule(2ms, [&] { order += 'c'; });
    jobs.schedule(1ms, [&] { order += 'a'; });
    jobs.schedule(2ms, [&] { order += 'd'; });
    jobs.schedule(1ms, [&] { order += 'b'; });
    jobs.schedule(0ms, [&] { order += '0'; });
    jobs.schedule(-5ms, [&] { order += '1'; });
    jobs.advance(2ms);
    REQUIRE(order == "01abcd");
}

TEST_CASE("timing: every() does not drift, and a late poll is one occurrence") {
    virtual_jobs jobs;
    std::vector<std::int64_t> at;
    REQUIRE(jobs.every(10ms, [&] { at.push_back(now_ms(jobs)); }));
    jobs.advance(35ms);
    REQUIRE(at == std::vector<std::int64_t>{10, 20, 30});

    jobs.platform().elapse(32ms);  // 67: polled late, 40, 50 and 60 are one
    jobs.poll();
    REQUIRE(at.back() == 67);
    REQUIRE(at.size() == 4);
    REQUIRE(jobs.counts().coalesced == 2);

    jobs.advance(13ms);  // 80: still on the grid of the first start
    REQUIRE(at == std::vector<std::int64_t>{10, 20, 30, 67, 70, 80});
}

TEST_CASE("timing: a period that is no multiple of the tick keeps its mean") {
    virtual_jobs jobs;  // the tick is 1 ms
    int runs = 0;
    REQUIRE(jobs.every(333us, [&] { ++runs; }));
    jobs.advance(1s);
    // 3003 periods in a second; those within one tick come together and are coalesced.
    REQUIRE(runs + static_cast<int>(jobs.counts().coalesced) >= 3002);
    REQUIRE(runs + static_cast<int>(jobs.counts().coalesced) <= 3003);
}

TEST_CASE("timing: a day of cron jobs runs at their minutes") {
    virtual_jobs jobs{pawl::manual_platform{std::chrono::sys_days{2026y / 2 / 27} + 22h}};
    std::vector<std::string> fired;
    const auto note = [&](const char* what) {
        const auto wall = jobs.platform().wall_now();
        const auto day = std::chrono::floor<std::chrono::days>(wall);
        const auto minutes = std::chrono::floor<std::chrono::minutes>(wall - day).count();
        fired.push_back(std::string{what} + " " + std::to_string(minutes / 60) + ":" +
                        std::to_string(minutes % 60));
    };
    REQUIRE(jobs.recurring("quarter", "*/15 22 * * *"_cron, [&] { note("quarter"); }));
    REQUIRE(jobs.recurring("month", "0 0 1 * *"_cron, [&] { note("month"); }));
    jobs.advance(48h);
    REQUIRE(fired == std::vector<std::string>{"quarter 22:15", "quarter 22:30",
                                              "quarter 22:45",  // strictly after the start
                                              "quarter 22:0", "quarter 22:15", "quarter 22:30",
                                              "quarter 22:45", "month 0:0", "quarter 22:0"});
}

TEST_CASE("timing: a year of nightly jobs") {
    virtual_jobs jobs;
    int backups = 0;
    REQUIRE(jobs.recurring("backup", "0 3 * * *"_cron, [&] { ++backups; }));
    jobs.advance(24h * 365);
    REQUIRE(backups == 365);
}

TEST_CASE("timing: a calendar that is set forward runs what it passed, once, at the next poll") {
    virtual_jobs jobs;
    int runs = 0;
    REQUIRE(jobs.recurring("hourly", "0 * * * *"_cron, [&] { ++runs; }));
    jobs.advance(10min);
    REQUIRE(runs == 0);
    jobs.platform().set_wall(jobs.platform().wall_now() + 3h);
    jobs.schedule(1ms, [] {});  // anything that makes the owner look
    jobs.advance(2ms);
    REQUIRE(runs == 1);
    REQUIRE(jobs.counts().coalesced == 1);
    jobs.advance(1h);
    REQUIRE(runs == 2);
}

TEST_CASE("timing: a calendar that is set back fires nothing twice") {
    virtual_jobs jobs;
    std::vector<std::chrono::minutes> at;
    REQUIRE(jobs.recurring("hourly", "0 * * * *"_cron, [&] {
        const auto wall = jobs.platform().wall_now();
        at.push_back(
            std::chrono::floor<std::chrono::minutes>(wall - pawl::manual_platform::default_wall));
    }));
    jobs.advance(61min);
    REQUIRE(at.size() == 1);
    jobs.platform().set_wall(jobs.platform().wall_now() - 30min);  // 00:31 again
    jobs.advance(60min);                                           // to 01:31: 01:00 was run before
    REQUIRE(at.size() == 1);
    jobs.advance(29min);
    REQUIRE(at == std::vector<std::chrono::minutes>{60min, 120min});
}

TEST_CASE("timing: a clock that was years ahead does not stop a calendar for years") {
    virtual_jobs jobs{pawl::manual_platform{std::chrono::sys_days{2036y / 1 / 1}}};
    int hourly = 0;
    int nightly = 0;
    REQUIRE(jobs.recurring("hourly", "0 * * * *"_cron, [&] { ++hourly; }));
    REQUIRE(jobs.recurring("nightly", "0 3 * * *"_cron, [&] { ++nightly; }));
    jobs.advance(30min);
    jobs.platform().set_wall(std::chrono::sys_days{2026y / 1 / 1} + 30min);
    jobs.advance(1ms);
    jobs.advance(24h);
    REQUIRE(hourly == 24);
    REQUIRE(nightly == 1);
    // By up to three hours it may be the hour that was, and nothing comes twice.
    jobs.platform().set_wall(jobs.platform().wall_now() - 2h);
    jobs.advance(1ms);
    jobs.advance(2h);
    REQUIRE(hourly == 24);
    jobs.advance(1h);
    REQUIRE(hourly == 25);
}

TEST_CASE("timing: adding a calendar hides no clock that was set meanwhile") {
    virtual_jobs jobs;
    int runs = 0;
    REQUIRE(jobs.recurring("hourly", "0 * * * *"_cron, [&] { ++runs; }));
    jobs.advance(10min);
    jobs.platform().set_wall(jobs.platform().wall_now() + 3h);
    REQUIRE(jobs.recurring("yearly", "@yearly"_cron, [] {}));
    jobs.advance(1s);
    REQUIRE(runs == 1);
}

namespace {

// As a hosted one: nobody says that the wall clock was set, or that the monotonic one stood still
// while the machine was suspended, so sleeps are capped.
struct capped_platform : pawl::manual_platform {
    using pawl::manual_platform::manual_platform;
    static constexpr duration calendar_sleep_max = 60s;

private:
    using pawl::manual_platform::is_manual;
};

}  // namespace

TEST_CASE("timing: a set clock, or a suspend, is noticed within the capped sleep") {
    pawl::scheduler<pawl::limits{.workers = 0}, capped_platform> jobs{
        capped_platform{std::chrono::sys_days{2026y / 1 / 1}}};
    const auto sleep = [&] {
        const auto wake = jobs.next_wake();
        REQUIRE(wake);
        REQUIRE(*wake - jobs.platform().now() <= 60s);
        jobs.platform().elapse_until(*wake);
        jobs.poll();
    };
    int runs = 0;
    const pawl::recurring_id job = jobs.recurring("noon", "0 12 * * *"_cron, [&] { ++runs; });
    REQUIRE(job);
    sleep();
    jobs.platform().set_wall(std::chrono::sys_days{2026y / 1 / 1} + 12h + 1s);  // a suspend's end
    REQUIRE(runs == 0);
    sleep();
    REQUIRE(runs == 1);
    // Forward to some minutes before its time, so that the last part is exact.
    const auto noon = std::chrono::sys_days{2026y / 1 / 2} + 12h;
    jobs.platform().set_wall(noon - 2min);
    int sleeps = 0;
    for (; runs == 1 && jobs.platform().wall_now() < noon; ++sleeps) {
        sleep();
    }
    REQUIRE(runs == 2);
    REQUIRE(jobs.platform().wall_now() == noon);
    REQUIRE(sleeps < 10);
    REQUIRE(jobs.remove(job));
    jobs.poll();
    REQUIRE_FALSE(jobs.next_wake());
}

TEST_CASE("timing: each calendar has its own zone, across changes of the clock") {
    // 2026-03-29 01:00 UTC: 02:00 to 03:00 in Berlin. In New York it is EDT since 8 March.
    static constexpr pawl::fixed_offset kolkata{330min};
    virtual_jobs jobs{pawl::manual_platform{std::chrono::sys_days{2026y / 3 / 28}}};
    std::vector<std::string> fired;
    const auto note = [&](const char* what) {
        return [&fired, &jobs, what] {
            const auto since = jobs.platform().wall_now() - std::chrono::sys_days{2026y / 3 / 28};
            const auto minutes = std::chrono::floor<std::chrono::minutes>(since).count();
            fired.push_back(std::string{what} + " " + std::to_string(minutes / 60) + ":" +
                            std::to_string(minutes % 60));
        };
    };
    const auto& berlin = pawl::tz<"CET-1CEST,M3.5.0,M10.5.0/3">;
    REQUIRE(jobs.recurring("berlin", "30 2 * * *"_cron, note("berlin"), {.zone = berlin}));
    REQUIRE(jobs.recurring("new york", "0 9 * * *"_cron, note("new york"),
                           {.zone = pawl::tz<"EST5EDT,M3.2.0,M11.1.0">}));
    REQUIRE(jobs.recurring("kolkata", "0 9 * * *"_cron, note("kolkata"), {.zone = kolkata}));
    REQUIRE(jobs.recurring("utc", "0 9 * * *"_cron, note("utc")));
    jobs.advance(48h);
    REQUIRE(fired == std::vector<std::string>{"berlin 1:30", "kolkata 3:30", "utc 9:0",
                                              "new york 13:0",
                                              "berlin 25:0",  // the end of the gap
                                              "kolkata 27:30", "utc 33:0", "new york 37:0"});
    // The name moves to another zone, and counts from now.
    fired.clear();
    REQUIRE(jobs.recurring("utc", "0 9 * * *"_cron, note("utc"), {.zone = kolkata}));
    jobs.advance(24h);
    REQUIRE(fired == std::vector<std::string>{"berlin 48:30", "kolkata 51:30", "utc 51:30",
                                              "new york 61:0"});
}

TEST_CASE("timing: next_wake() is where something happens, and nothing before it") {
    virtual_jobs jobs;
    REQUIRE_FALSE(jobs.next_wake());
    int runs = 0;
    jobs.schedule(100s, [&] { ++runs; });
    int wakes = 0;
    while (runs == 0) {
        const auto wake = jobs.next_wake();
        REQUIRE(wake);
        REQUIRE(*wake >= jobs.platform().now());
        jobs.platform().elapse_until(*wake);
        jobs.poll();
        ++wakes;
    }
    REQUIRE(now_ms(jobs) == 100'000);
    // One wake for the inbox, one for each of the wheel's levels that 100 s are above, and the
    // last.
    REQUIRE(wakes <= 5);
    REQUIRE_FALSE(jobs.next_wake());
}

TEST_CASE("timing: wait() sleeps exactly until the next deadline of virtual time") {
    virtual_jobs jobs;
    std::vector<std::int64_t> at;
    jobs.schedule(5ms, [&] { at.push_back(now_ms(jobs)); });
    jobs.schedule(90ms, [&] { at.push_back(now_ms(jobs)); });
    for (int loops = 0; at.size() < 2 && loops < 20; ++loops) {
        jobs.poll();
        jobs.wait();
    }
    REQUIRE(at == std::vector<std::int64_t>{5, 90});

    // With nothing to wait for, wait() does not hang in virtual time.
    jobs.wait();
    jobs.wait(20ms);
    REQUIRE(now_ms(jobs) >= 110);
}

TEST_CASE("timing: a poll ends after its budget and says that there is more") {
    virtual_jobs jobs;
    int runs = 0;
    for (int i = 0; i < 10; ++i) {
        jobs.enqueue([&] { ++runs; });
    }
    const pawl::poll_result first = jobs.poll(pawl::poll_budget{.jobs = 3});
    REQUIRE(first.ran == 3);
    REQUIRE(first.more);
    // A time budget is looked at between jobs: each of these takes 2 ms.
    for (int i = 0; i < 10; ++i) {
        jobs.enqueue([&] {
            ++runs;
            jobs.platform().elapse(2ms);
        });
    }
    const pawl::poll_result second = jobs.poll(7ms);
    REQUIRE(second.ran == 7 + 4);  // the seven left are instant, then 2, 4, 6, 8 ms
    REQUIRE(second.more);
    const pawl::poll_result rest = jobs.poll();
    REQUIRE(rest.ran == 6);
    REQUIRE_FALSE(rest.more);
    REQUIRE(runs == 20);
}

TEST_CASE("timing: a job that feeds itself neither hangs a poll nor stops virtual time") {
    virtual_jobs jobs;
    struct chain {
        virtual_jobs* jobs;
        void operator()() const noexcept { jobs->enqueue(chain{*this}); }
    };
    jobs.enqueue(chain{&jobs});
    REQUIRE(jobs.poll().ran == virtual_jobs::capacity.jobs);
    jobs.advance(10ms);
    REQUIRE(now_ms(jobs) == 10);
}

// A machine has been up for any time when a scheduler starts, and a program may leave one alone for
// any time: deadlines are kept in fewer bits than ticks have, and must not wrap into the future.
TEST_CASE("timing: it may be any time when something is armed, and any time may pass unseen") {
    using fine_platform =
        pawl::basic_manual_platform<std::chrono::duration<std::int64_t, std::ratio<1, 100'000>>>;
    using fine_jobs = pawl::scheduler<pawl::limits{.jobs = 4, .workers = 0}, fine_platform>;
    const std::int64_t bit = std::int64_t{1} << (26 + GENERATE(range(0, 10)));
    const std::int64_t up_ticks = bit + GENERATE_COPY(-5, 0, 5, bit / 2);
    const fine_platform::duration up{up_ticks * 10'000};
    CAPTURE(up_ticks);

    SECTION("a delay is the first thing") {
        fine_jobs jobs;
        jobs.platform().elapse(up);
        int runs = 0;
        jobs.schedule(1s, [&] { ++runs; });
        jobs.advance(999ms);
        REQUIRE(runs == 0);
        jobs.advance(1ms);
        REQUIRE(runs == 1);
    }
    SECTION("a recurring job is the first thing") {
        fine_jobs jobs;
        jobs.platform().elapse(up);
        int periods = 0;
        int seconds = 0;
        jobs.every(500ms, [&] { ++periods; });
        jobs.recurring("second", "* * * * * *"_cron, [&] { ++seconds; });
        jobs.advance(10s);
        REQUIRE(periods == 20);
        REQUIRE(seconds == 10);
    }
    SECTION("nothing was armed for that time") {
        fine_jobs jobs;
        int runs = 0;
        jobs.schedule(1s, [&] { ++runs; });
        jobs.advance(2s);
        jobs.platform().elapse(up);
        jobs.poll();
        jobs.schedule(1s, [&] { ++runs; });
        REQUIRE(*jobs.next_wake() == jobs.platform().now());  // it is not in the wheel yet
        jobs.poll();
        REQUIRE(*jobs.next_wake() > jobs.platform().now());
        jobs.advance(999ms);
        REQUIRE(runs == 1);
        jobs.advance(1ms);
        REQUIRE(runs == 2);
    }
    SECTION("nobody polled for that time") {
        fine_jobs jobs;
        int runs = 0;
        jobs.schedule(1s, [&] { ++runs; });
        jobs.poll();
        jobs.platform().elapse(up + 1s);
        REQUIRE(*jobs.next_wake() <= jobs.platform().now());
        jobs.poll();
        REQUIRE(runs == 1);
    }
}

TEST_CASE("timing: a delay beyond what a tick can count is refused") {
    virtual_jobs jobs;
    REQUIRE(jobs.schedule(std::chrono::hours::max(), [] {}).error() ==
            pawl::submit_error::too_late);
    REQUIRE(jobs.schedule(24h * 365 * 50, [] {}));
}
