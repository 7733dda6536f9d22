// SPDX-License-Identifier: BSL-1.0
//
// part: cron
//
// The next and the previous time of a cron expression, in UTC and in time zones, and reading it,
// beside other engines. Goal: tens of nanoseconds, whatever the expression. Method: from 4,096
// random instants, most of them of the years 2020 to 2030, each on its own, so that nothing is
// learnt from the one before; or each answer from the one before, as a schedule is walked.
//
// Every engine is asked about all of the instants first. One that refuses an expression or answers
// anything else than ours has no figure there and is noted below the table; but of the engines that
// are asked, one has to agree with ours, except where all are known to be wrong.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pawl/time/cron.hpp>
#include <pawl/time/posix_tz.hpp>

#include "../harness.hpp"
#include "cron_peers.hpp"

namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::uint32_t count = 4096;
constexpr std::size_t our_chunk = 1024;
constexpr std::size_t peer_chunk = 16;
static_assert(count % our_chunk == 0 && count % peer_chunk == 0);

constexpr std::int64_t begin_of_2020 = 1'577'836'800;
constexpr std::int64_t begin_of_2030 = 1'893'456'000;

std::vector<std::int64_t> random_instants(std::int64_t begin, std::int64_t end) {
    bench::random_numbers random;
    std::vector<std::int64_t> result(count);
    for (std::int64_t& each : result) {
        each = begin +
               static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(end - begin)));
    }
    return result;
}
std::vector<std::int64_t> of_the_twenties() {
    return random_instants(begin_of_2020, begin_of_2030);
}

void set_process_zone(const std::string& zone) {
    setenv("TZ", zone.c_str(), 1);
    tzset();
}

std::int64_t number(std::optional<sys_seconds> time) {
    return time ? time->time_since_epoch().count() : -1;
}

pawl::cron parsed(const std::string& text) {
    const pawl::cron_result result =
        pawl::cron::parse(text, {.impossible = pawl::impossible_date::never});
    bench::check(result.has_value(), "an expression did not parse");
    return *result;
}

enum class direction { next, prev };

// Of a lambda: the bench adds no call of its own to that of an engine.
#define PAWL_BENCH_INLINE __attribute__((always_inline))

template <direction Direction>
constexpr auto in_utc(pawl::cron asked) {
    return [asked](std::int64_t time) PAWL_BENCH_INLINE {
        const sys_seconds from{seconds{time}};
        return number(Direction == direction::next ? asked.next(from) : asked.prev(from));
    };
}
auto in_zone(pawl::cron asked, pawl::posix_tz zone) {
    return [asked, zone](std::int64_t time)
               PAWL_BENCH_INLINE { return number(asked.next(sys_seconds{seconds{time}}, zone)); };
}

template <class Engine, direction Direction>
auto of_engine(const typename Engine::expression& asked) {
    return [kept = asked](std::int64_t time) mutable PAWL_BENCH_INLINE -> std::int64_t {
        if constexpr (Direction == direction::next) {
            return Engine::next(kept, time);
        } else {
            return Engine::prev(kept, time);
        }
    };
}

// What there is to ask: an instant each, and the right answers.
struct questions {
    std::string operation;
    std::string text;           // of the expression, in our dialect
    std::string zone = "UTC0";  // of the process, for engines that know no other
    std::vector<std::int64_t> instants;
    std::vector<std::int64_t> answers{};
    bool walk = false;             // each answer is the next instant
    bool nobody_is_right = false;  // but ours

    template <class Next>
    void answer(const Next& next) {
        answers.clear();
        for (std::uint32_t i = 0; i < count; ++i) {
            if (walk && i > 0) {
                instants[i] = answers[i - 1];
            }
            answers.push_back(next(instants[i]));
        }
    }
};

// Asks for the times after `chunk` instants, other ones in each lap, and sums the answers. A chunk
// is long for the clock and short for the system's time slices.
template <class Next>
bench::lap lap_of(const questions& asked, std::size_t chunk, Next next) {
    return [&asked, chunk, next,
            from = std::size_t{0}](bench::stopwatch& watch) mutable -> std::uint64_t {
        const std::size_t end = from + chunk;
        std::int64_t wanted = 0;
        for (std::size_t i = from; i < end; ++i) {
            wanted += asked.answers[i];
        }
        set_process_zone(asked.zone);
        // Of its own, so that nothing has to be fetched again for each answer.
        Next ask = next;
        const std::int64_t* const instants = asked.instants.data() + from;
        std::int64_t sum = 0;
        if (asked.walk) {
            std::int64_t time = instants[0];
            watch.start();
            for (std::size_t i = 0; i < chunk; ++i) {
                time = ask(time);
                sum += time;
            }
            watch.stop();
        } else {
            watch.start();
            for (std::size_t i = 0; i < chunk; ++i) {
                sum += ask(instants[i]);
            }
            watch.stop();
        }
        bench::check(sum == wanted, "an answer is not what it was before");
        from = end % count;
        return chunk;
    };
}

// Rows and what has to be said of the engines that are not in them.
class table {
public:
    explicit table(bench::report& report) : report_{report} {}

    template <direction Direction = direction::next, class Next>
    void add(questions asked, const Next& ours, std::optional<double> target_ns) {
        asked.answer(ours);
        bench::contest row{report_, asked.operation};
        row.ours(lap_of(asked, our_chunk, ours));
        add_peers<Direction>(row, asked);
        if (target_ns) {
            row.target_ns(*target_ns);
        }
        row.run();
    }

    // The way back is measured against our own way there, in turns.
    void add_prev(questions asked, const pawl::cron& expression, double times) {
        const auto prev = in_utc<direction::prev>(expression);
        const auto next = in_utc<direction::next>(expression);
        questions forward = asked;
        forward.answer(next);
        asked.answer(prev);
        bench::contest row{report_, asked.operation};
        row.ours(lap_of(asked, our_chunk, prev));
        row.peer("own next", lap_of(forward, our_chunk, next));
        add_peers<direction::prev>(row, asked);
        row.target_peer("own next", times);
        row.run();
    }

    void add_parse(const std::string& operation, const std::string& text, double target_ns) {
        bench::contest row{report_, operation};
        row.ours(parsing(text, [](const std::string& each) {
            const pawl::cron_result result = pawl::cron::parse(each);
            bench::keep(result);
            return result.has_value();
        }));
        bench::crons::each_engine([&](auto engine) {
            using peer = decltype(engine);
            const std::string its_text = peer::dialect(text);
            if (peer::parses(its_text)) {
                row.peer(peer::name, parsing(its_text, [](const std::string& each) {
                             return peer::parses(each);
                         }));
            } else {
                refused_[peer::name].push_back(operation);
            }
        });
        row.target_ns(target_ns);
        row.run();
    }

    void add_parse_zone(const std::string& text) {
        bench::contest row{report_, "parse, a zone"};
        row.ours(parsing(text, [](const std::string& each) {
            const pawl::tz_result result = pawl::posix_tz::parse(each);
            bench::keep(result);
            return result.has_value();
        }));
        row.run();
    }

    void note() {
        set_process_zone("UTC0");
#if defined(PAWL_BENCH_LIBCRON)
        add_note("libcron", "keeps every text it has read; what is measured is reading a new one");
#endif
        bench::crons::each_engine([&](auto engine) {
            using peer = decltype(engine);
            // 2100 has no 29 February.
            constexpr std::int64_t in_march_2096 = 3'981'657'600;
            constexpr std::int64_t in_2104 = 4'233'686'400;
            auto leap_day = peer::parse(peer::dialect("0 0 29 2 *"));
            std::string after_2096;
            if (leap_day && peer::next(*leap_day, in_march_2096) != in_2104) {
                after_2096 = "does not find the 29 February after 2096";
            }
            add_note(peer::name, after_2096);
            add_note(peer::name, phrase("refuses", refused_[peer::name]));
            add_note(peer::name, phrase("is wrong in", wrong_[peer::name]));
        });
    }

private:
    template <class Parse>
    static bench::lap parsing(const std::string& text, Parse parse) {
        return [text, parse](bench::stopwatch& watch) -> std::uint64_t {
            constexpr std::uint32_t parses = 64;
            std::uint32_t good = 0;
            watch.start();
            for (std::uint32_t i = 0; i < parses; ++i) {
                bench::keep(text);
                good += parse(text) ? 1U : 0U;
            }
            watch.stop();
            bench::check(good == parses, "an expression did not parse");
            return parses;
        };
    }

    template <direction Direction>
    void add_peers(bench::contest& row, const questions& asked) {
        bool any_asked = false;
        bool any_agrees = false;
        const auto add = [&](auto engine) {
            using peer = decltype(engine);
            // The function is not called if the peer has none; some cannot go back.
            if constexpr (Direction == direction::next ||
                          requires(typename peer::expression & expression) {
                              peer::prev(expression, 0);
                          }) {
                set_process_zone(asked.zone);
                const auto expression = peer::parse(peer::dialect(asked.text));
                if (!expression) {
                    refused_[peer::name].push_back(asked.operation);
                    return;
                }
                any_asked = true;
                auto its = of_engine<peer, Direction>(*expression);
                std::uint32_t wrong = 0;
                for (std::uint32_t i = 0; i < asked_count(); ++i) {
                    wrong += its(asked.instants[i]) != asked.answers[i] ? 1U : 0U;
                }
                if (wrong > 0) {
                    wrong_[peer::name].push_back(asked.operation + " (" + std::to_string(wrong) +
                                                 " of " + std::to_string(asked_count()) + ")");
                    return;
                }
                any_agrees = true;
                row.peer(peer::name, lap_of(asked, peer_chunk, its));
            }
        };
        if (asked.zone == "UTC0") {
            bench::crons::each_engine(add);
        } else {
            bench::crons::each_engine_in_zone(add);
        }
        bench::check(any_agrees || !any_asked || asked.nobody_is_right,
                     ("no engine agrees with ours: " + asked.operation).c_str());
    }

    // Some of them take a while.
    [[nodiscard]] std::uint32_t asked_count() const { return report_.smoke() ? peer_chunk : count; }

    static std::string phrase(const std::string& verb, const std::vector<std::string>& operations) {
        std::string text;
        for (const std::string& each : operations) {
            text += (text.empty() ? verb + " \"" : "; \"") + each + '"';
        }
        return text;
    }
    void add_note(const char* name, const std::string& text) {
        if (!text.empty()) {
            report_.note(name, text);
        }
    }

    bench::report& report_;
    std::map<std::string, std::vector<std::string>> refused_;
    std::map<std::string, std::vector<std::string>> wrong_;
};

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"cron", argc, argv};
    table rows{report};
    constexpr auto next = direction::next;

    const auto add_next = [&](const std::string& operation, const std::string& text,
                              double target_ns) {
        rows.add({.operation = "next, " + operation, .text = text, .instants = of_the_twenties()},
                 in_utc<next>(parsed(text)), target_ns);
    };
    const auto add_walk = [&](const std::string& operation, const std::string& text) {
        rows.add({.operation = "walk, " + operation,
                  .text = text,
                  .instants = std::vector<std::int64_t>(count, begin_of_2020),
                  .walk = true},
                 in_utc<next>(parsed(text)), std::nullopt);
    };
    const std::string workdays = "30 9 * * MON-FRI";
    const std::string leap_monday = "0 0 29 2 MON";

    add_next("every minute", "* * * * *", 12);
    add_next("workdays at 9:30", workdays, 30);
    add_next("*/10 12-20 * DEC 3", "*/10 12-20 * DEC 3", 30);
    add_next("first of the month", "0 0 1 * *", 35);
    add_next("last of the month", "0 0 L * *", 35);
    add_next("second Monday", "0 0 * * 1#2", 35);
    add_next("29 February", "0 0 29 2 *", 50);
    add_next("impossible", "0 0 31 2 *", 2);

    // Between the Mondays of 2072 and of 2112 lie 2100, which is no leap year, and 40 years.
    constexpr std::int64_t leap_monday_2072 = 3'223'929'600;
    constexpr std::int64_t year_s = 365 * std::int64_t{86400};
    rows.add({.operation = "next, 29 Feb. and Monday, in 40 years",
              .text = leap_monday,
              .instants = random_instants(leap_monday_2072, leap_monday_2072 + year_s),
              .nobody_is_right = true},
             in_utc<next>(parsed(leap_monday)), 300);
    rows.add({.operation = "next, 29 Feb. and Monday, from 2020-30",
              .text = leap_monday,
              .instants = of_the_twenties(),
              .nobody_is_right = true},
             in_utc<next>(parsed(leap_monday)), 300);

    add_walk("every minute", "* * * * *");
    add_walk("workdays at 9:30", workdays);

    const std::string berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
    const std::string lord_howe = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0";
    const auto add_in_zone = [&](const std::string& operation, const std::string& text,
                                 const std::string& zone, bool nobody_is_right) {
        const pawl::tz_result rules = pawl::posix_tz::parse(zone);
        bench::check(rules.has_value(), "a zone did not parse");
        rows.add({.operation = operation,
                  .text = text,
                  .zone = zone,
                  .instants = of_the_twenties(),
                  .nobody_is_right = nobody_is_right},
                 in_zone(parsed(text), *rules), 60);
    };
    add_in_zone("next in Berlin, workdays at 9:30", workdays, berlin, false);
    // Among the instants is one of the hour that Berlin has twice, where others go back or skip.
    add_in_zone("next in Berlin, */15", "*/15 * * * *", berlin, true);
    add_in_zone("next on Lord Howe, workdays at 9:30", workdays, lord_howe, false);
    add_in_zone("next on Lord Howe, */15", "*/15 * * * *", lord_howe, false);

    rows.add_prev(
        {.operation = "prev, workdays at 9:30", .text = workdays, .instants = of_the_twenties()},
        parsed(workdays), 1.5);

    rows.add_parse("parse, simple", "*/5 * * * *", 80);
    rows.add_parse("parse, 29 February", "0 0 29 2 *", 80);
    rows.add_parse("parse, lists", "0,15,30,45 8-12,14-18 1,15 JAN-JUN MON,WED,FRI", 350);
    rows.add_parse_zone(berlin);

    rows.note();
    bench::crons::note_missing(report);
    return bench::finish(report);
}
