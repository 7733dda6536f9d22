// SPDX-License-Identifier: BSL-1.0
//
// report: the rows of one benchmark program, as lines of the table and as JSON.
//
// Every row is a cost: ours is to be at most the target. An absolute target in time was set on a
// machine whose uncontended compare-and-swap takes 9.4 ns, and is scaled by what it takes in this
// run. A row may name the limit of the machine below which nothing of its kind can go, itself a row
// called "floor: ...", and is then shown as a multiple of it too.
//
// Options of a program, all given by bench/run: --smoke, --header (the table begins here), --floors
// (a part begins here: its rows follow the machine's limits), --rows FILE and --notes FILE to
// append to, one JSON object or one remark a line.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bench {

// The median of some samples, and half of their interquartile range in percent of it.
struct figure {
    double value = 0;
    double spread_percent = 0;
};

inline figure median(std::vector<double> samples) {
    std::sort(samples.begin(), samples.end());
    const auto at = [&](double part) {
        const double place = part * static_cast<double>(samples.size() - 1);
        const auto low = static_cast<std::size_t>(place);
        const std::size_t high = std::min(low + 1, samples.size() - 1);
        return samples[low] + (place - static_cast<double>(low)) * (samples[high] - samples[low]);
    };
    const double middle = at(0.5);
    return {middle, middle > 0 ? 50 * (at(0.75) - at(0.25)) / middle : 0};
}

// Of single calls that are timed: a median would be as coarse as the clock.
inline double mean_of_middle_half(std::vector<double> times) {
    std::sort(times.begin(), times.end());
    const auto first = static_cast<std::ptrdiff_t>(times.size() / 4);
    const auto last = static_cast<std::ptrdiff_t>(times.size()) - first;
    return std::accumulate(times.begin() + first, times.begin() + last, 0.) /
           static_cast<double>(last - first);
}

struct row {
    std::string operation;
    std::string unit;
    figure ours;
    std::vector<std::pair<std::string, figure>> peers;
    std::optional<double> target;  // in the row's unit
    bool target_scales = false;    // with the compare-and-swap of this run
    std::string floor{};           // of the row "floor: " + this it is a multiple; may be empty
    std::string target_floor{};    // of this one the target is a multiple; empty: of none
};

class report {
public:
    report(std::string part, int argc, char** argv) : part_{std::move(part)} {
        for (int i = 1; i < argc; ++i) {
            const std::string option = argv[i];
            if (option == "--smoke") {
                smoke_ = true;
            } else if (option == "--header") {
                header_ = true;
            } else if (option == "--floors") {
                floors_ = true;
            } else if (option == "--rows" && i + 1 < argc) {
                rows_path_ = argv[++i];
            } else if (option == "--notes" && i + 1 < argc) {
                notes_path_ = argv[++i];
            } else {
                std::fprintf(stderr, "unknown option %s: run this by bench/run\n", argv[i]);
                std::exit(2);
            }
        }
    }

    // Once through everything, to see that it works; the figures mean nothing.
    [[nodiscard]] bool smoke() const { return smoke_; }
    // Whether this program has to show the machine's limits.
    [[nodiscard]] bool floors() const { return floors_; }

    void add(row finished) { rows_.push_back(std::move(finished)); }
    // Whether some row is a multiple of this limit.
    [[nodiscard]] bool needs_floor(const std::string& name) const {
        return std::any_of(rows_.begin(), rows_.end(), [&](const row& each) {
            return each.floor == name || each.target_floor == name;
        });
    }
    // Whether it has been measured.
    [[nodiscard]] bool has_floor(const std::string& name) const { return floor_ns(name) > 0; }
    void add_cas_sample(double nanoseconds) { cas_samples_.push_back(nanoseconds); }

    // What a reader has to know of a peer beside its figure. Printed once, below the table.
    void note(const std::string& peer, const std::string& text) {
        notes_.push_back(peer + ": " + text);
    }
    void missing(const std::string& peer, const std::string& package) {
        notes_.push_back("skip: " + peer + " (not found: " + package + ")");
    }

    // Prints and writes everything; the program's exit status.
    int write() {
        const figure cas = median(cas_samples_);
        if (floors_) {
            rows_.insert(rows_.begin(), {"floor: compare-and-swap", "ns", cas, {}, {}});
        }
        // The machine's limits come first, though they are measured last, and once a part, though
        // each of its programs may have needed them.
        std::stable_partition(rows_.begin(), rows_.end(), is_floor);
        if (header_) {
            std::printf("%-6s %-40s %10s %-5s %5s %7s %10s %-4s  %s\n", "part", "operation", "ours",
                        "unit", "+-", "floors", "target", "met", "peers (times ours)");
        }
        std::string json;
        for (row& each : rows_) {
            if (is_floor(each) && !floors_) {
                continue;
            }
            const double limit = floor_ns(each.floor);
            const double floors = limit > 0 ? each.ours.value / limit : 0;
            if (each.target && each.target_scales) {
                *each.target *= cas.value / reference_cas_ns;
            }
            if (each.target && !each.target_floor.empty()) {
                *each.target *= floor_ns(each.target_floor);
            }
            const bool met = !each.target || each.ours.value <= *each.target;
            std::printf("%s\n", line_of(each, met, floors).c_str());
            json += json_of(each, met, floors) + '\n';
        }
        std::string notes;
        for (const std::string& note : notes_) {
            notes += note + '\n';
        }
        const bool written = append(rows_path_, json) && append(notes_path_, notes);
        return written && std::fflush(stdout) == 0 ? 0 : 1;
    }

private:
    static constexpr double reference_cas_ns = 9.4;
    static constexpr std::size_t line_size_max = 150;

    static bool is_floor(const row& each) { return each.operation.starts_with("floor: "); }

    // What this limit takes in this run; 0 if it is unknown.
    [[nodiscard]] double floor_ns(const std::string& name) const {
        for (const row& each : rows_) {
            if (each.operation == "floor: " + name) {
                return each.ours.value;
            }
        }
        return 0;
    }

    static bool append(const std::string& path, const std::string& text) {
        return path.empty() || (std::ofstream{path, std::ios::app} << text).flush().good();
    }

    static std::string number(double value) {
        char text[32];
        const int decimals = value < 10 ? 2 : (value < 1000 ? 1 : 0);
        std::snprintf(text, sizeof text, "%.*f", decimals, value);
        return text;
    }

    [[nodiscard]] std::string line_of(const row& each, bool met, double floors) const {
        char text[160];
        std::snprintf(text, sizeof text, "%-6s %-40s %10s %-5s %4.0f%% %7s %10s %-4s ",
                      part_.c_str(), each.operation.c_str(), number(each.ours.value).c_str(),
                      each.unit.c_str(), each.ours.spread_percent,
                      floors > 0 ? (number(floors) + "x").c_str() : "",
                      each.target ? number(*each.target).c_str() : "",
                      each.target ? (met ? "yes" : "NO") : "");
        std::string line = text;
        const std::size_t indent = line.size();
        std::size_t size = indent;
        for (const auto& [name, cost] : each.peers) {
            const double times = each.ours.value > 0 ? cost.value / each.ours.value : 0;
            std::snprintf(text, sizeof text, " (%.*fx)", times < 10 ? 2 : 0, times);
            const std::string cell = " " + name + " " + number(cost.value) + text;
            if (size + cell.size() > line_size_max && size > indent) {
                line += "\n" + std::string(indent, ' ');
                size = indent;
            }
            line += cell;
            size += cell.size();
        }
        return line;
    }

    static std::string quoted(const std::string& text) {
        std::string result = "\"";
        for (const char letter : text) {
            if (letter == '"' || letter == '\\') {
                result += '\\';
            }
            result += letter;
        }
        return result + '"';
    }
    static std::string json_number(double value) {
        char text[32];
        std::snprintf(text, sizeof text, "%.6g", value);
        return text;
    }
    [[nodiscard]] std::string json_of(const row& each, bool met, double floors) const {
        std::string text = "{\"part\": " + quoted(part_) +
                           ", \"operation\": " + quoted(each.operation) +
                           ", \"ours\": " + json_number(each.ours.value) +
                           ", \"unit\": " + quoted(each.unit) + ", \"peers\": {";
        const char* separator = "";
        for (const auto& [name, cost] : each.peers) {
            text += separator + quoted(name) + ": " + json_number(cost.value);
            separator = ", ";
        }
        return text + "}, \"target\": " + (each.target ? json_number(*each.target) : "null") +
               ", \"met\": " + (met ? "true" : "false") +
               (floors > 0 ? ", \"floors\": " + json_number(floors) : "") + "}";
    }

    std::string part_;
    bool smoke_ = false;
    bool header_ = false;
    bool floors_ = false;
    std::string rows_path_;
    std::string notes_path_;
    std::vector<row> rows_;
    std::vector<std::string> notes_;
    std::vector<double> cas_samples_;
};

}  // namespace bench
