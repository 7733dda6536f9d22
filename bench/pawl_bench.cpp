// SPDX-License-Identifier: BSL-1.0
//
// part: jobs
//
// What including pawl costs a compiler, beside standard headers and Taskflow. Goal: less than a
// third of Taskflow's. Method: a file of one include is compiled to an object at -O0 by the
// compiler that built this program; the processor time of its processes; the headers in turn,
// median of five rounds.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include "harness.hpp"

namespace {

double children_ms() {
    rusage used{};
    getrusage(RUSAGE_CHILDREN, &used);
    const auto ms = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
    };
    return ms(used.ru_utime) + ms(used.ru_stime);
}

// The compiler, and folders of includes separated by colons: see CMakeLists.txt.
const std::string compiler = PAWL_BENCH_COMPILER;
const std::string folders = PAWL_BENCH_INCLUDES;

std::string command(const std::string& source, const std::string& object) {
    std::string text = "'" + compiler + "' -std=c++20 -O0";
    for (std::size_t from = 0; from < folders.size();) {
        const std::size_t to = std::min(folders.find(':', from), folders.size());
        if (to != from) {
            text += " -I'" + folders.substr(from, to - from) + "'";
        }
        from = to + 1;
    }
    return text + " -c '" + source + "' -o '" + object + "'";
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"jobs", argc, argv};

    std::vector<std::string> headers{"pawl/pawl.hpp", "atomic", "chrono", "thread"};
#if __has_include(<taskflow/taskflow.hpp>)
    headers.emplace_back("taskflow/taskflow.hpp");
#else
    report.missing("taskflow", "its headers in --include-path");
#endif

    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("pawl_bench_" + std::to_string(getpid()));
    std::filesystem::create_directory(folder);
    std::vector<std::vector<double>> samples(headers.size());
    bool compiled = true;
    const int rounds = report.smoke() ? 1 : 5;
    for (int round = 0; round < rounds && compiled; ++round) {
        bench::sample_cas(report);
        for (std::size_t i = 0; i < headers.size(); ++i) {
            const std::filesystem::path source = folder / "include.cpp";
            std::ofstream{source} << "#include <" << headers[i] << ">\n";
            const double before = children_ms();
            if (std::system(command(source.string(), (folder / "include.o").string()).c_str()) !=
                0) {
                compiled = false;
            }
            samples[i].push_back(children_ms() - before);
        }
    }
    std::filesystem::remove_all(folder);
    bench::check(compiled, "an include did not compile");

    // Without Taskflow: 700 ms where <atomic> alone takes 281, in the same run. (A compiler's time
    // does not hang on a compare-and-swap, which other absolute targets are scaled by.)
    const double atomic_ms = bench::median(samples[1]).value;
    bench::row row{"CPU of #include <pawl/pawl.hpp>",
                   "ms",
                   bench::median(samples[0]),
                   {},
                   700 * atomic_ms / 281,
                   false};
    for (std::size_t i = 1; i < headers.size(); ++i) {
        row.peers.emplace_back("<" + headers[i] + ">", bench::median(samples[i]));
        if (headers[i].starts_with("taskflow")) {
            row.target = row.peers.back().second.value / 3;
        }
    }
    report.add(row);
    return bench::finish(report);
}
