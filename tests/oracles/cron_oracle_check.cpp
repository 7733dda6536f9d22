// SPDX-License-Identifier: BSL-1.0
//
// Asks npm's croner and cron-parser, and judges whether cron agrees. What passes between here and
// there, and who is what, is in cron_oracles.mjs; why, in tests/time/cron_oracle_test.sh.
//
//   cron_oracle_check questions SEED COUNT > questions
//   cron_oracle_check expressions COUNT < answers
//   cron_oracle_check zones < answers
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/time/cron.hpp>
#include <pawl/time/posix_tz.hpp>

#include "oracles/cron_shared_generator.hpp"
#include "oracles/table_zone.hpp"

namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;
using times = std::vector<sys_seconds>;

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (c == separator) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

sys_seconds to_time(const std::string& text) { return sys_seconds{seconds{std::stoll(text)}}; }

std::string to_text(std::optional<sys_seconds> time) {
    return time ? std::to_string(time->time_since_epoch().count()) : "-";
}

std::string readable(const std::string& time) {
    if (time.find_first_not_of("-0123456789") != std::string::npos || time == "-") {
        return time == "-" ? "never" : time == "!" ? "refused" : "gave up";
    }
    const sys_seconds at = to_time(time);
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{at - day};
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text.data();
}

// Counts by name, in the order of the first mention, and prints the first of each kind of failure.
class tally {
public:
    void count(const std::string& name) { ++find(name); }
    [[nodiscard]] std::uint64_t at(const std::string& name) { return find(name); }
    void print() const {
        for (const auto& [name, number] : counts_) {
            std::printf("%10llu  %s\n", static_cast<unsigned long long>(number), name.c_str());
        }
    }

    void fail(const std::string& what) {
        if (++failures_ <= 20) {
            std::printf("FAILED: %s\n", what.c_str());
        }
    }
    void require(bool condition, const std::string& what) {
        if (!condition) {
            fail(what);
        }
    }
    [[nodiscard]] int result() const {
        if (failures_ != 0) {
            std::printf("%llu failures\n", static_cast<unsigned long long>(failures_));
        }
        return failures_ == 0 ? 0 : 1;
    }

private:
    std::uint64_t& find(const std::string& name) {
        for (auto& [known, number] : counts_) {
            if (known == name) {
                return number;
            }
        }
        return counts_.emplace_back(name, 0).second;
    }

    std::vector<std::pair<std::string, std::uint64_t>> counts_;
    std::uint64_t failures_ = 0;
};

// --- Expressions ---------------------------------------------------------------------------------

// Times of all centuries that the oracles can count, more of them near, and at the edges of days,
// months, leap years and centuries.
class time_generator {
public:
    explicit time_generator(std::mt19937& random) : random_{random} {}

    long long time() {
        using namespace std::chrono;
        static constexpr std::array<std::array<std::uint32_t, 2>, 8> spans{{{2020, 10},
                                                                            {2000, 40},
                                                                            {2000, 40},
                                                                            {1970, 150},
                                                                            {2094, 12},
                                                                            {1896, 12},
                                                                            {2196, 12},
                                                                            {2150, 700}}};
        const auto& [first, length] = spans[below(spans.size())];
        const year in{static_cast<int>(first + below(length))};
        sys_seconds at = sys_days{in / 1 / 1} + seconds{below(31622400)};
        switch (below(6)) {
            case 0: at = sys_days{in / month{1 + below(12)} / 1} - seconds{below(3)}; break;
            case 1: at = floor<days>(at) - seconds{below(3)}; break;
            case 2: at = sys_days{in / 3 / 1} + seconds{below(259200)} - days{2}; break;
            default: break;
        }
        return at.time_since_epoch().count();
    }

private:
    std::uint32_t below(std::size_t end) {
        return static_cast<std::uint32_t>(random_()) % static_cast<std::uint32_t>(end);
    }

    std::mt19937& random_;
};

// The fields of the day of the month and of the week; of a macro none.
std::array<std::string, 2> day_fields(const std::string& text) {
    const std::vector<std::string> fields = split(text, ' ');
    if (fields.size() < 5) {
        return {"*", "*"};
    }
    const std::size_t day = fields.size() == 5 ? 2 : 3;
    return {fields[day], fields[day + 2]};
}

// One of them is * or ?: every rule for the days is the same rule.
bool day_star(const std::string& text) {
    const auto fields = day_fields(text);
    return std::any_of(fields.begin(), fields.end(),
                       [](const std::string& field) { return field == "*" || field == "?"; });
}

// One of them begins with it: AND by Vixie's rule.
bool day_begins_with_star(const std::string& text) {
    const auto fields = day_fields(text);
    return std::any_of(fields.begin(), fields.end(),
                       [](const std::string& field) { return field[0] == '*' || field[0] == '?'; });
}

pawl::cron_result parse(const std::string& text, const std::string& words,
                        pawl::cron_options options = {}) {
    options.years = std::count(text.begin(), text.end(), ' ') == 6;
    if (words.find("quartz") != words.npos) {
        options.numbers = pawl::weekday_numbers::quartz;
    }
    return pawl::cron::parse(text, options);
}

int print_questions(std::uint32_t seed, int count) {
    std::mt19937 random{seed};
    oracle::cron_shared_generator expressions{random};
    time_generator instants{random};
    for (int i = 0; i < count; ++i) {
        const bool quartz = i % 40 == 20;
        const std::string text = quartz         ? expressions.for_quartz()
                                 : i % 40 == 10 ? expressions.with_years()
                                                : expressions.expression();
        std::string words = quartz ? "quartz" : "";
        // croner looks for 31 February through 400 years, a third of a second long with AND.
        if (!day_star(text) && (parse(text, words) || i % 64 == 0)) {
            words += " and";
        }
        const long long first = instants.time();
        std::printf("%s\t%s\t%lld %lld\n", text.c_str(), words.c_str(), first, instants.time());
    }
    return 0;
}

// One expression under each of the rules for days, and what the oracles say of it.
class expression_check {
public:
    expression_check(const std::string& text, const std::string& words, tally& counts)
        : text_{text}, counts_{counts} {
        for (std::size_t i = 0; i < rules.size(); ++i) {
            const auto parsed =
                parse(text, words, {.days = rules[i], .impossible = pawl::impossible_date::never});
            if (!parsed) {
                counts_.fail(text + ": refused: " + std::string{parsed.error().message()});
                return;
            }
            crons_[i] = *parsed;
        }
        star_ = day_star(text);
        vixie_star_ = day_begins_with_star(text);
        valid_ = true;
    }

    // Croner, cron-parser, and croner with AND.
    void check(const char* how, const std::string& from, const std::string& croner,
               const std::string& parser, const std::string& croner_and) {
        if (!valid_) {
            return;
        }
        const bool next = how[0] == 'n';
        std::array<std::string, 3> ours;
        for (std::size_t i = 0; i < rules.size(); ++i) {
            const auto time = to_time(from);
            ours[i] = to_text(next ? crons_[i].next(time) : crons_[i].prev(time));
        }
        const auto& [both, either, vixie] = ours;
        const auto same = [&](const char* rule, const std::string& got, const std::string& wanted) {
            counts_.require(got == wanted, text_ + ": " + how + '(' + readable(from) + "), " +
                                               rule + ": " + readable(got) + ", not " +
                                               readable(wanted));
        };
        // "-" and "~" are one: cron-parser gives up where croner looks through 400 years.
        const bool agreed = croner == parser || (croner == "-" && parser == "~");
        if (croner == "!" || parser == "!") {
            const std::string& alone = croner == "!" ? parser : croner;
            if (alone != "!" && alone != "~") {
                counts_.count(croner == "!" ? "times that cron-parser alone was asked for"
                                            : "times that croner alone was asked for");
                same("either", either, alone);
            }
        } else if (agreed) {
            counts_.count("times on which both oracles agree");
            same("either", either, croner);
            if (star_) {
                same("both", both, croner);
            }
            if (star_ || !vixie_star_) {
                same("vixie", vixie, croner);
            }
            compared_ = compared_ || croner != "-";
        } else {
            counts_.count(parser == "~" ? "times at which cron-parser gave up"
                                        : "times on which the oracles differ");
            if (parser == "~") {
                same("either", either, croner);
            } else if (either == croner) {
                counts_.count("  cron is with croner");
            } else if (either == parser) {
                counts_.count("  cron is with cron-parser");
            } else {
                same("either, neither of two oracles", either, croner + '|' + parser);
            }
        }
        if (croner_and != "!" && !star_) {
            counts_.count("times of croner with AND of two days");
            same("both", both, croner_and);
            if (vixie_star_) {
                same("vixie", vixie, croner_and);
            }
        }
    }

    [[nodiscard]] bool compared() const { return compared_; }

private:
    static constexpr std::array<pawl::day_match, 3> rules{
        pawl::day_match::both, pawl::day_match::either, pawl::day_match::vixie};

    std::string text_;
    tally& counts_;
    std::array<pawl::cron, 3> crons_{};
    bool star_ = false;
    bool vixie_star_ = false;
    bool valid_ = false;
    bool compared_ = false;
};

int check_expressions(std::uint64_t wanted) {
    tally counts;
    std::string line;
    while (std::getline(std::cin, line)) {
        const std::vector<std::string> fields = split(line, '\t');
        const std::string& text = fields[0];
        expression_check check{text, fields[1], counts};
        if (fields.size() == 2) {
            counts.count("expressions that both oracles refuse");
        }
        for (std::size_t i = 2; i < fields.size(); ++i) {
            const std::vector<std::string> said = split(fields[i], ' ');
            check.check("next", said[0], said[1], said[2], said[3]);
            check.check("prev", said[0], said[4], said[5], said[6]);
            if (i == 2 && (said[1] == "!" || said[2] == "!")) {
                counts.count(fields[1].find("quartz") != text.npos ? "expressions for Quartz"
                             : said[1] == "!" ? "expressions that croner refuses"
                                              : "expressions that cron-parser refuses");
            }
        }
        if (check.compared()) {
            counts.count("expressions compared with both");
        }
    }
    counts.print();
    counts.require(counts.at("expressions compared with both") >= wanted,
                   "fewer expressions compared than " + std::to_string(wanted));
    counts.require(counts.at("times on which both oracles agree") >= 2 * wanted &&
                       counts.at("times of croner with AND of two days") >= wanted / 2 &&
                       counts.at("times that croner alone was asked for") >= wanted,
                   "few times compared");
    counts.require(counts.at("times on which the oracles differ") * 100 <
                       counts.at("times on which both oracles agree"),
                   "the oracles cannot differ that often");
    return counts.result();
}

// --- Zones ---------------------------------------------------------------------------------------

template <typename Zone>
times walk(const pawl::cron& cron, const Zone& zone, sys_seconds begin, sys_seconds end) {
    times found;
    for (auto at = cron.at_or_after(begin, zone); at && *at < end; at = cron.next(*at, zone)) {
        found.push_back(*at);
    }
    return found;
}

template <typename Zone>
times walk_back(const pawl::cron& cron, const Zone& zone, sys_seconds begin, sys_seconds end) {
    times found;
    for (auto at = cron.prev(end, zone); at && *at >= begin; at = cron.prev(*at, zone)) {
        found.push_back(*at);
    }
    std::reverse(found.begin(), found.end());
    return found;
}

// The rule of each zone from 2027 on. Those that follow the moon have none.
struct zone_footer {
    std::string_view name;
    pawl::posix_tz rule;
};

using namespace pawl::literals;
constexpr zone_footer footers[] = {
    {"Australia/Lord_Howe", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"_tz},
    {"Pacific/Apia", "<+13>-13"_tz},
    {"Asia/Kolkata", "IST-5:30"_tz},
    {"America/St_Johns", "NST3:30NDT,M3.2.0,M11.1.0"_tz},
    {"Africa/Cairo", "EET-2EEST,M4.5.5/0,M10.5.4/24"_tz},
    {"Asia/Beirut", "EET-2EEST,M3.5.0/0,M10.5.0/0"_tz},
    {"Europe/Dublin", "IST-1GMT0,M10.5.0,M3.5.0/1"_tz},
    {"America/Sao_Paulo", "<-03>3"_tz},
    {"Asia/Tehran", "<+0330>-3:30"_tz},
    {"Antarctica/Troll", "<+00>0<+02>-2,M3.5.0/1,M10.5.0/3"_tz},
    {"Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"_tz},
    {"America/New_York", "EST5EDT,M3.2.0,M11.1.0"_tz},
    {"Pacific/Chatham", "<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45"_tz},
    {"America/Nuuk", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0"_tz},
    {"Asia/Pyongyang", "KST-9"_tz},
};
constexpr sys_seconds footers_hold_from = std::chrono::sys_days{std::chrono::year{2027} / 1 / 1};

// An expression's times around one change of a zone's clock, and what the oracles say of them.
class zone_check {
public:
    explicit zone_check(tally& counts) : counts_{counts} {}

    void line(const std::string& text) {
        const std::vector<std::string> words = split(text, ' ');
        const std::string& first = words[0];
        if (first == "zone") {
            name_ = words[1];
            zone_ = oracle::table_zone{seconds{std::stoll(words[2])}};
            footer_ = nullptr;
            footer_known_ = false;
            counts_.count("zones");
        } else if (first == "change") {
            zone_.add(to_time(words[1]), seconds{std::stoll(words[2])});
            counts_.count("changes of a clock");
        } else if (first == "times") {
            interval_ = words[1] == "interval";
            begin_ = to_time(words[2]);
            end_ = to_time(words[3]);
            text_ = text.substr(words[0].size() + words[1].size() + words[2].size() +
                                words[3].size() + 4);
            ask_cron();
        } else if (words.back() == "~") {
            counts_.count("walks that " + first + " gave up");
        } else {
            times said;
            std::transform(words.begin() + 1, words.end(), std::back_inserter(said), to_time);
            if (first == "includes") {
                included_ = said;
            } else {
                compare(first, said);
            }
        }
    }

private:
    void ask_cron() {
        const auto parsed = pawl::cron::parse(text_, {.impossible = pawl::impossible_date::never});
        counts_.require(bool{parsed}, text_ + ": refused");
        cron_ = parsed ? *parsed : pawl::cron{};
        ours_ = walk(cron_, zone_, begin_, end_);
        counts_.count("expressions around a change");
        counts_.require(ours_ == walk_back(cron_, zone_, begin_, end_),
                        where() + "prev() and next() see other times");
        const oracle::table_zone::of_two_questions plain{zone_};
        counts_.require(ours_ == walk(cron_, plain, begin_, end_) &&
                            ours_ == walk_back(cron_, plain, begin_, end_),
                        where() + "a zone without span_at() has other times");
        check_every_start(zone_);
        check_every_start(plain);
        if (const zone_footer* footer = footer_of_zone(); footer && begin_ >= footers_hold_from) {
            counts_.count("expressions around a change by posix_tz");
            counts_.require(ours_ == walk(cron_, footer->rule, begin_, end_) &&
                                ours_ == walk_back(cron_, footer->rule, begin_, end_),
                            where() + "posix_tz sees other times");
            check_every_start(footer->rule);
        }
    }

    // From wherever it is asked, the answer is out of the same times.
    template <typename Zone>
    void check_every_start(const Zone& zone) {
        const sys_seconds change = begin_ + (end_ - begin_) / 2;
        std::vector<sys_seconds> starts{change - seconds{1}, change, change + seconds{1}};
        for (int minute = -110; minute <= 110; minute += 15) {
            starts.push_back(change + std::chrono::minutes{minute});
        }
        for (sys_seconds at = begin_; at < end_; at += (end_ - begin_) / 11) {
            starts.push_back(at);
        }
        for (const sys_seconds at : starts) {
            const auto later = std::upper_bound(ours_.begin(), ours_.end(), at);
            const auto next = cron_.next(at, zone);
            counts_.require(next && (later == ours_.end() ? *next >= end_ : *next == *later),
                            where() + "next(" + readable(to_text(at)) + ") is none of the times");
            const auto not_before = std::lower_bound(ours_.begin(), ours_.end(), at);
            const auto prev = cron_.prev(at, zone);
            counts_.require(
                prev && (not_before == ours_.begin() ? *prev < begin_ : *prev == *(not_before - 1)),
                where() + "prev(" + readable(to_text(at)) + ") is none of the times");
        }
    }

    // None if the oracle's data of zones are of another year than the footers.
    const zone_footer* footer_of_zone() {
        if (!footer_known_) {
            footer_known_ = true;
            footer_ = std::find_if(std::begin(footers), std::end(footers),
                                   [&](const zone_footer& each) { return each.name == name_; });
            if (footer_ == std::end(footers)) {
                footer_ = nullptr;
                return footer_;
            }
            for (sys_seconds at = footers_hold_from;
                 at < footers_hold_from + std::chrono::years{10}; at += std::chrono::hours{1}) {
                if (zone_.offset_at(at) != footer_->rule.offset_at(at)) {
                    std::printf("other data of zones: %s\n", name_.c_str());
                    footer_ = nullptr;
                    return footer_;
                }
            }
            counts_.count("zones by posix_tz");
        }
        return footer_;
    }

    void compare(const std::string& oracle, const times& theirs) {
        times all;
        std::set_union(ours_.begin(), ours_.end(), theirs.begin(), theirs.end(),
                       std::back_inserter(all));
        for (const sys_seconds each : all) {
            const bool is_ours = std::binary_search(ours_.begin(), ours_.end(), each);
            const bool is_theirs = std::binary_search(theirs.begin(), theirs.end(), each);
            if (is_ours && is_theirs) {
                counts_.count(oracle + ": agrees");
            } else if (const char* rule = explanation(oracle, each, is_ours, theirs)) {
                counts_.count(oracle + ": " + rule);
            } else {
                counts_.fail(where() + readable(to_text(each)) +
                             (is_ours ? " is not a time of " : " is a time only of ") + oracle);
            }
        }
    }

    // Which deliberate difference it is that a time is only ours or only theirs; or none.
    const char* explanation(const std::string& oracle, sys_seconds time, bool is_ours,
                            const times& theirs) const {
        const bool parser = oracle[0] == 'p';
        const bool lists = oracle[0] == 'd' && text_.find(',') != text_.npos;
        const auto* change = change_at(time);
        const seconds length = change ? change->after - change->before : seconds{0};
        if (length > seconds{0} && !interval_) {
            // The times that are skipped, as they would have been without the change.
            const sys_seconds skipped = local(change->time, change->before);
            const auto first = cron_.at_or_after(skipped);
            const bool any = first && *first < skipped + length;
            if (is_ours && any && time == change->time) {
                const auto day = std::chrono::floor<std::chrono::days>(*first);
                const bool other_day =
                    day != std::chrono::floor<std::chrono::days>(skipped + length);
                return parser      ? "fixed time at the gap's end, not as long after it or left out"
                       : lists     ? "list in a gap, an interval there: left out"
                       : other_day ? "fixed time at the gap's end, on another day: left out"
                                   : nullptr;
            }
            if (!is_ours && parser && matches(local(time, change->before))) {
                return "fixed time at the gap's end, not as long after it or left out";
            }
        }
        if (length > seconds{0} && interval_ && !is_ours && parser) {
            return matches(local(time, change->after)) ? nullptr
                                                       : "interval: nothing for the times of a gap";
        }
        if (length < seconds{0}) {
            const bool second = time >= change->time;
            if (!is_ours && !interval_ && second && (parser || lists)) {
                return lists ? "list in an overlap, an interval there: on both passes"
                             : "fixed time on the first pass only";
            }
            if (is_ours && !interval_ && !second && parser &&
                std::binary_search(theirs.begin(), theirs.end(), time - length)) {
                return "fixed time on the first pass only";
            }
            if (is_ours && interval_ && parser && matches(local(time, zone_.offset_at(time)))) {
                return "interval on both passes";
            }
        }
        // What cron-parser has against itself.
        if (parser && is_ours && std::binary_search(included_.begin(), included_.end(), time)) {
            return "fault: leaves out what it says to include";
        }
        if (parser && !is_ours && !matches(local(time, zone_.offset_at(time)))) {
            return "fault: the clock does not show what is asked for";
        }
        return nullptr;
    }

    // The change in whose gap or overlap an instant is: the repeated times, both passes, or as long
    // after a gap as it is.
    [[nodiscard]] const oracle::table_zone::change* change_at(sys_seconds time) const {
        for (const auto& each : zone_.changes()) {
            const seconds length = each.after - each.before;
            if (time >= each.time + std::min(length, seconds{0}) &&
                time < each.time + std::chrono::abs(length)) {
                return &each;
            }
        }
        return nullptr;
    }

    static sys_seconds local(sys_seconds time, seconds offset) { return time + offset; }
    [[nodiscard]] bool matches(sys_seconds local) const {
        return cron_.at_or_after(local) == local;
    }
    [[nodiscard]] std::string where() const { return name_ + ", " + text_ + ": "; }

    tally& counts_;
    std::string name_;
    std::string text_;
    oracle::table_zone zone_{seconds{0}};
    const zone_footer* footer_ = nullptr;
    bool footer_known_ = false;
    pawl::cron cron_;
    bool interval_ = false;
    sys_seconds begin_{};
    sys_seconds end_{};
    times ours_;
    times included_;
};

int check_zones() {
    tally counts;
    zone_check check{counts};
    std::string line;
    while (std::getline(std::cin, line)) {
        check.line(line);
    }
    counts.print();
    // Of 17 zones; fewer changes if the oracle knows no future ones, or fewer.
    counts.require(counts.at("zones") >= 15, "few zones");
    counts.require(counts.at("zones by posix_tz") >= 8, "few zones by posix_tz");
    counts.require(counts.at("changes of a clock") >= 900, "few changes of a clock");
    for (const std::string oracle : {"croner", "croner-", "default", "default-"}) {
        counts.require(counts.at("walks that " + oracle + " gave up") == 0, oracle + " gave up");
    }
    for (const std::string oracle : {"croner", "croner-", "parser"}) {
        const std::uint64_t agreed = counts.at(oracle + ": agrees");
        counts.require(agreed >= 20000, "few times of " + oracle);
        counts.require(
            counts.at(oracle + ": fault: leaves out what it says to include") * 50 < agreed,
            oracle + " cannot be that wrong");
    }
    return counts.result();
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.size() == 3 && arguments[0] == "questions") {
        return print_questions(static_cast<std::uint32_t>(std::stoul(arguments[1])),
                               std::stoi(arguments[2]));
    }
    if (arguments.size() == 2 && arguments[0] == "expressions") {
        return check_expressions(std::stoull(arguments[1]));
    }
    if (arguments.size() == 1 && arguments[0] == "zones") {
        return check_zones();
    }
    std::fprintf(stderr, "see the head of the source\n");
    return 2;
}
