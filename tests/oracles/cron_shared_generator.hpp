// SPDX-License-Identifier: BSL-1.0
//
// Random cron expressions in the language that pawl, npm's croner and cron-parser have in common,
// and some that only croner knows as well (W, LW, lists of #, years, Quartz's numbers of weekdays).
// For the whole grammar, but with a reference of our own, see cron_generator.hpp.
//
// What is left out, because an oracle refuses it or means something else by it:
//   22-4, L-3, L-3W      only pawl and Cronos know them
//   a value twice        cron-parser refuses 1,1-3
//   2/3 as a weekday     croner goes on to 6, cron-parser and pawl to 7, which is Sunday
//   L,*                  croner takes it for *, where a star is asked for; pawl for a list
// The same seed makes the same expressions on every platform.
#pragma once

#include <cstdint>
#include <iterator>
#include <random>
#include <string>

namespace oracle {

class cron_shared_generator {
public:
    explicit cron_shared_generator(std::mt19937& random) : random_{random} {}

    std::string expression() {
        if (one_in(200)) {
            static const char* const macros[] = {"@yearly", "@annually", "@monthly", "@weekly",
                                                 "@daily",  "@midnight", "@hourly"};
            return macros[below(std::size(macros))];
        }
        return (one_in(4) ? numbers(0, 59) + ' ' : "") + from_minute_on();
    }

    // Of 7 fields.
    std::string with_years() { return numbers(0, 59) + ' ' + from_minute_on() + ' ' + years(); }

    // With weekdays from 1 on.
    std::string for_quartz() {
        first_weekday_ = 1;
        const std::string text = from_minute_on();
        first_weekday_ = 0;
        return text;
    }

private:
    std::string from_minute_on() {
        std::string text = numbers(0, 59) + ' ';
        text += numbers(0, 23) + ' ';
        text += day() + ' ';
        text += month() + ' ';
        text += weekday();
        return text;
    }

    std::string years() {
        const std::uint32_t first = between(1990, 2060);
        switch (below(5)) {
            case 0: return "*/" + value(1, 63);
            case 1: return std::to_string(first) + "/" + value(1, 63);
            case 2: return std::to_string(first);
            default: {
                const std::string range = std::to_string(first) + "-" + value(first, first + 200);
                return one_in(2) ? range : range + "/" + value(1, 40);
            }
        }
    }

    std::uint32_t below(std::size_t end) {
        return static_cast<std::uint32_t>(random_()) % static_cast<std::uint32_t>(end);
    }
    bool one_in(std::uint32_t n) { return below(n) == 0; }
    std::uint32_t between(std::uint32_t low, std::uint32_t high) {
        return low + below(high - low + 1);
    }
    std::string value(std::uint32_t low, std::uint32_t high) {
        return std::to_string(between(low, high));
    }
    std::string star() { return one_in(5) ? "?" : "*"; }
    std::string step(std::uint32_t span) { return "/" + value(1, one_in(2) ? 5 : span); }

    std::string numbers(std::uint32_t low, std::uint32_t high) {
        switch (below(4)) {
            case 0: return star();
            case 1: return star() + step(high - low);
            default: return list(low, high);
        }
    }

    // Each element of a part of the field of its own, so that no value comes twice.
    std::string list(std::uint32_t low, std::uint32_t high, bool weekday = false) {
        const std::uint32_t parts = one_in(2) ? 1 : between(2, high - low < 12 ? 3 : 5);
        const std::uint32_t size = (high - low + 1) / parts;
        std::string text;
        for (std::uint32_t part = 1; part < parts; ++part, low += size) {
            text += element(low, low + size - 1) + ',';
        }
        // From a value to the field's end.
        const bool open = !weekday && one_in(5);
        return text + (open ? value(low, high) + step(high - low) : element(low, high));
    }

    // A value or a range.
    std::string element(std::uint32_t low, std::uint32_t high) {
        const std::uint32_t first = between(low, high);
        std::string text = std::to_string(first);
        if (first != high && one_in(3)) {
            text += "-" + value(first + 1, high);
            text += one_in(3) ? step(high - low) : "";
        }
        return text;
    }

    std::string day() {
        switch (below(24)) {
            case 0: return value(1, 31) + letter('W');
            case 1: return std::string{letter('L')} + letter('W');
            case 2: return "L," + list(1, 31);
            case 3:
            case 4: return "L";
            case 5: return list(28, 31);
            case 6:
            case 7:
            case 8:
            case 9:
            case 10: return star();
            default: return numbers(1, 31);
        }
    }

    std::string month() {
        static const char* const names[] = {"JAN", "feb", "MAR", "Apr", "MAY", "JUN",
                                            "jul", "AUG", "SEP", "OCT", "nov", "DEC"};
        switch (below(8)) {
            case 0: return names[below(12)];
            case 1: {
                const std::uint32_t first = below(11);
                return std::string{names[first]} + "-" + names[between(first + 1, 11)];
            }
            case 2: return std::string{names[below(6)]} + "," + names[between(6, 11)];
            case 3: return "2";
            case 4:
            case 5: return star();
            default: return numbers(1, 12);
        }
    }

    std::string weekday() {
        static const char* const names[] = {"SUN", "mon", "TUE", "Wed", "THU", "FRI", "sat"};
        switch (below(16)) {
            case 0: return names[below(7)] + nth();
            case 1: return value(first_weekday_, 7) + nth();
            case 2: return std::string{names[below(7)]} + letter('L');
            case 3: return value(first_weekday_, 7) + letter('L');
            case 4: {
                const std::string same = nth();
                return value(first_weekday_, 3) + same + "," + value(4, 6) + same;
            }
            case 5: return names[below(7)];
            case 6: {
                const std::uint32_t first = below(6);
                return std::string{names[first]} + "-" + names[between(first + 1, 6)];
            }
            case 7: return value(first_weekday_, 3) + letter('L') + "," + value(4, 6) + letter('L');
            case 8:
            case 9:
            case 10:
            case 11: return star();
            case 12: return star() + step(6);
            default: return list(first_weekday_, one_in(2) ? 6 : 7, true);
        }
    }

    std::string nth() { return "#" + value(1, 5); }
    char letter(char c) { return one_in(2) ? c : static_cast<char>(c - 'A' + 'a'); }

    std::mt19937& random_;
    std::uint32_t first_weekday_ = 0;
};

}  // namespace oracle
