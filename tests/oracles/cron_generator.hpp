// SPDX-License-Identifier: BSL-1.0
//
// Random cron expressions: every element of the grammar, right ones only, some of dates that never
// come. The same seed makes the same expressions on every platform: only the generator's own
// numbers are used, no distribution of the library.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace oracle {

class cron_generator {
public:
    explicit cron_generator(std::mt19937& random) : random_{random} {}

    std::string expression() {
        std::string text;
        if (one_in(4)) {
            text += plain(0, 59) + blank();
        }
        text += plain(0, 59) + blank();
        text += plain(0, 23) + blank();
        text += day() + blank();
        text += month() + blank();
        text += weekday();
        return text;
    }

private:
    std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>(random_()) % end; }
    bool one_in(std::uint32_t n) { return below(n) == 0; }
    std::string value(std::uint32_t low, std::uint32_t high) {
        return std::to_string(low + below(high - low + 1));
    }
    std::string blank() { return one_in(20) ? " \t " : " "; }

    std::string element(std::uint32_t low, std::uint32_t high) {
        std::string text;
        switch (below(6)) {
            case 0: text = one_in(5) ? "?" : "*"; break;
            case 1: text = value(low, high) + "-" + value(low, high); break;
            default: text = value(low, high); break;
        }
        if (one_in(4)) {
            text += "/";
            text += value(1, one_in(2) ? high : 5);
        }
        return text;
    }

    std::string plain(std::uint32_t low, std::uint32_t high) {
        if (one_in(3)) {
            return "*";
        }
        std::string text = element(low, high);
        while (one_in(4)) {
            text += ",";
            text += element(low, high);
        }
        return text;
    }

    std::string day() {
        switch (below(12)) {
            case 0: return value(1, 31) + letter('W');
            case 1: return std::string{letter('L')} + letter('W');
            case 2: return std::string{letter('L')} + "-" + value(0, 30) + letter('W');
            case 3: return std::string{letter('L')} + "-" + value(0, 30);
            case 4: return std::string{letter('L')} + "," + element(1, 31);
            case 5: return std::string(1, letter('L'));
            case 6: return element(28, 31);
            default: return plain(1, 31);
        }
    }

    std::string month() {
        static const char* const names[] = {"JAN", "feb", "MAR", "Apr", "MAY", "JUN",
                                            "jul", "AUG", "SEP", "OCT", "nov", "DEC"};
        switch (below(6)) {
            case 0: return names[below(12)];
            case 1: return std::string{names[below(12)]} + "-" + names[below(12)];
            case 2: return "2";
            default: return plain(1, 12);
        }
    }

    std::string weekday() {
        static const char* const names[] = {"SUN", "mon", "TUE", "Wed", "THU", "FRI", "sat"};
        const std::string name = names[below(7)];
        switch (below(12)) {
            case 0: return name + "#" + value(1, 5);
            case 1: return value(0, 7) + "#" + value(1, 5);
            case 2: return name + letter('L');
            case 3: return value(0, 7) + letter('L');
            case 4: {
                const std::string nth = std::string{"#"}.append(value(1, 5));
                return value(0, 7) + nth + "," + value(0, 7) + nth;
            }
            case 5: {
                const std::string of_week = value(0, 7);
                return of_week + "#" + value(1, 5) + "," + of_week + letter('L');
            }
            case 6: return name;
            case 7: return name + "-" + names[below(7)];
            default: return plain(0, 7);
        }
    }

    char letter(char c) { return one_in(2) ? c : static_cast<char>(c - 'A' + 'a'); }

    std::mt19937& random_;
};

}  // namespace oracle
