// SPDX-License-Identifier: BSL-1.0
//
// part: cron
//
// What a cron expression costs beside time: allocations, bytes, and the compiler's time for a
// literal. Goal: none, 32, and a millisecond. Method: calls of malloc and its kin are counted over
// 256 answers and over 16 texts read, which is why this is a program of its own: counting would
// disturb the clock. A file of 500 different literals is compiled beside one of none, in turns, by
// the compiler that built this program; the processor time of its processes, median of five pairs.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <pawl/time/cron.hpp>
#include <pawl/time/posix_tz.hpp>

#include "../compiler.hpp"
#include "../harness.hpp"
#include "cron_peers.hpp"

namespace {

std::uint64_t allocations_total = 0;  // this program has one thread

}  // namespace

// What C libraries call is counted where malloc can be replaced; operator new ends there too.
#if defined(__GLIBC__)
#define PAWL_BENCH_COUNTS_ALLOCATIONS 1
extern "C" {
void* __libc_malloc(std::size_t size);                     // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(std::size_t count, std::size_t size);  // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void* memory, std::size_t size);      // NOLINT(bugprone-reserved-identifier)
void* malloc(std::size_t size) noexcept {
    ++allocations_total;
    return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
    ++allocations_total;
    return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) noexcept {
    ++allocations_total;
    return __libc_realloc(memory, size);
}
}
#endif

namespace {

template <class Work>
[[maybe_unused]] double allocations_of(std::uint32_t times, Work work) {
    const std::uint64_t before = allocations_total;
    for (std::uint32_t i = 0; i < times; ++i) {
        work(i);
    }
    return static_cast<double>(allocations_total - before) / times;
}

void add_allocations(bench::report& report) {
#if defined(PAWL_BENCH_COUNTS_ALLOCATIONS)
    constexpr std::uint32_t instants = 256;
    constexpr std::uint32_t texts = 16;
    // As many seconds as make some years of the twenties of `instants` steps.
    const auto instant = [](std::uint32_t i) {
        return std::int64_t{1'577'836'800} + std::int64_t{1'234'567} * i;
    };
    bench::check(allocations_of(1, [](std::uint32_t) { std::free(std::malloc(1)); }) >= 0,
                 "allocations are counted backwards");
    const std::vector<std::pair<std::string, std::string>> expressions{
        {"every minute", "* * * * *"},
        {"workdays at 9:30", "30 9 * * MON-FRI"},
        {"29 February", "0 0 29 2 *"},
        {"lists", "0,15,30,45 8-12,14-18 1,15 JAN-JUN MON,WED,FRI"},
    };
    for (const auto& [name, text] : expressions) {
        bench::row next{"allocations of a next, " + name, "count", {}, {}, 0};
        bench::row parse{"allocations of a parse, " + name, "count", {}, {}, 0};
        const pawl::cron_result parsed = pawl::cron::parse(text);
        bench::check(parsed.has_value(), "an expression did not parse");
        next.ours.value = allocations_of(instants, [&](std::uint32_t i) {
            bench::keep(parsed->next(std::chrono::sys_seconds{std::chrono::seconds{instant(i)}}));
        });
        parse.ours.value = allocations_of(
            texts, [&, &text = text](std::uint32_t) { bench::keep(pawl::cron::parse(text)); });
        bench::crons::each_engine([&, &text = text](auto engine) {
            using peer = decltype(engine);
            const std::string its_text = peer::dialect(text);
            auto expression = peer::parse(its_text);
            if (!expression) {
                return;
            }
            next.peers.push_back({peer::name, {allocations_of(instants, [&](std::uint32_t i) {
                                      bench::keep(peer::next(*expression, instant(i)));
                                  })}});
            parse.peers.push_back({peer::name, {allocations_of(texts, [&](std::uint32_t) {
                                       bench::keep(peer::parses(its_text));
                                   })}});
        });
        report.add(next);
        report.add(parse);
    }
#else
    report.missing("allocations", "a C library whose malloc can be replaced and called");
#endif
}

void add_bytes(bench::report& report) {
    bench::row expression{"bytes an expression", "bytes", {sizeof(pawl::cron)}, {}, 32};
    bench::crons::each_engine([&](auto engine) {
        using peer = decltype(engine);
        expression.peers.push_back({peer::name, {static_cast<double>(peer::expression_bytes)}});
    });
    report.add(expression);
    report.add({"bytes a zone", "bytes", {sizeof(pawl::posix_tz)}, {}, 32});
}

// A file of so many literals, no two of them alike.
void write_source(const std::filesystem::path& path, std::uint32_t literals) {
    std::ofstream file{path};
    file << "#include <pawl/time/cron.hpp>\nusing namespace pawl::literals;\n";
    for (std::uint32_t i = 0; i < literals; ++i) {
        const std::string minute = std::to_string(i % 60);
        const std::string hour = std::to_string(i / 60 % 24);
        const char* const days[] = {"* * *", "* * MON-FRI", "1,15 * *", "29 2 *", "L * *"};
        file << "constexpr pawl::cron c" << i << " = \"" << minute << ' ' << hour << ' '
             << days[i % 5] << "\"_cron;\n";
    }
}

void add_literals(bench::report& report) {
    constexpr std::uint32_t literals = 500;
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("pawl_bench_" + std::to_string(getpid()));
    std::filesystem::create_directory(folder);
    const std::filesystem::path none = folder / "none.cpp";
    const std::filesystem::path many = folder / "many.cpp";
    write_source(none, 0);
    write_source(many, literals);
    bool compiled = true;
    const auto ms_of = [&](const std::filesystem::path& source) {
        const double before = bench::children_ms();
        const std::string line =
            bench::compile_command(source.string(), (folder / "object.o").string());
        compiled = compiled && std::system(line.c_str()) == 0;
        return bench::children_ms() - before;
    };
    std::vector<double> samples;
    const int rounds = report.smoke() ? 1 : 5;
    for (int round = 0; round < rounds && compiled; ++round) {
        const double without = ms_of(none);
        samples.push_back((ms_of(many) - without) / literals);
    }
    std::filesystem::remove_all(folder);
    bench::check(compiled, "a literal did not compile");
    // A compiler's time does not hang on a compare-and-swap: the target is not scaled.
    report.add({"compiling a literal, CPU", "ms", bench::median(samples), {}, 1});
}

}  // namespace

int main(int argc, char** argv) {
    setenv("TZ", "UTC0", 1);
    tzset();
    bench::report report{"cron", argc, argv};
    add_allocations(report);
    add_bytes(report);
    add_literals(report);
    return bench::finish(report);
}
