// SPDX-License-Identifier: BSL-1.0
//
// part: firmware
//
// What pawl costs on a microcontroller: bytes of flash and RAM, and instructions, on a Cortex-M0
// and a Cortex-M3. Goal: the gate's figures as rows. Method: tests/firmware/gate_test.sh builds the
// images and counts instructions in QEMU; its limits.txt has the targets, and what the peers take
// on a Cortex-M3. A figure is exact, the same in each run, so there is no spread; a figure of 0,
// such as the masked section of a core that needs none, is no row.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include <sys/wait.h>

#include "../harness.hpp"

namespace {

const std::string folder = std::string{PAWL_BENCH_TREE} + "/tests/firmware";

// "figure core option" -> the row of limits.txt: limit, target, and a column for each peer.
struct expectation {
    std::string target;
    std::string freertos;
    std::string etl;
};

std::map<std::string, expectation> read_limits() {
    std::map<std::string, expectation> result;
    std::ifstream file{folder + "/limits.txt"};
    for (std::string line; std::getline(file, line);) {
        std::istringstream words{line};
        std::string figure;
        std::string core;
        std::string option;
        std::string limit;
        expectation row;
        if (words >> figure >> core >> option >> limit >> row.target >> row.freertos >> row.etl &&
            figure != "#") {
            result[figure + ' ' + core + ' ' + option] = row;
        }
    }
    return result;
}

void add_peer(bench::row& row, const char* name, const std::string& value) {
    if (!value.empty() && value != "-") {
        row.peers.emplace_back(name, bench::figure{std::stod(value), 0});
    }
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"firmware", argc, argv};
    bench::sample_cas(report);

    const std::string command =
        "PAWL_SOURCE_DIR='" PAWL_BENCH_TREE "' CI= bash '" + folder + "/gate_test.sh' --figures";
    FILE* const lines = popen(command.c_str(), "r");
    bench::check(lines != nullptr, "no shell");
    const auto expected = read_limits();
    char buffer[256];
    while (std::fgets(buffer, sizeof buffer, lines) != nullptr) {
        std::istringstream words{buffer};
        std::string figure;
        std::string core;
        std::string option;
        double value = 0;
        if (!(words >> figure >> core >> option >> value) || value == 0) {
            continue;
        }
        const bool bytes = figure.starts_with("flash_") || figure.starts_with("bytes_");
        bench::row row;
        row.operation = core + ' ' + option + ' ' + figure;
        std::replace(row.operation.begin(), row.operation.end(), '_', ' ');
        row.unit = bytes ? "B" : figure == "barriers" ? "dmb" : "insn";
        row.ours = {value, 0};
        if (const auto found = expected.find(figure + ' ' + core + ' ' + option);
            found != expected.end()) {
            if (found->second.target != "-") {
                row.target = std::stod(found->second.target);
            }
            add_peer(row, "FreeRTOS", found->second.freertos);
            add_peer(row, "ETL", found->second.etl);
        }
        report.add(row);
    }
    const int status = pclose(lines);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        report.missing("firmware", "gcc-arm-none-eabi with its C++ library, qemu-system-arm");
    } else {
        bench::check(status == 0, "the images were not measured");
    }
    return bench::finish(report);
}
