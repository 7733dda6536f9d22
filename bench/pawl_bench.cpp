// SPDX-License-Identifier: BSL-1.0
//
// part: jobs
//
// What including pawl costs a compiler, beside standard headers and Taskflow. Goal: less than a
// third of Taskflow's. Method: a file of one include is compiled to an object at -O0 by the
// compiler that built this program; the processor time of its processes; the headers in turn,
// median of five rounds.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "compiler.hpp"
#include "harness.hpp"

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
            const double before = bench::children_ms();
            if (std::system(bench::compile_command(source.string(), (folder / "include.o").string())
                                .c_str()) != 0) {
                compiled = false;
            }
            samples[i].push_back(bench::children_ms() - before);
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
