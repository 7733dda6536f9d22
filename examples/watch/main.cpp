// SPDX-License-Identifier: BSL-1.0
//
// watch: a scheduler's whole state as a live table in a terminal, and a busy program to watch.
//
//   c++ -std=c++20 -O2 -pthread -Iinclude examples/watch/main.cpp -o watch
//   ./watch                  until it is interrupted
//   ./watch --seconds 20     so long
//   ./watch --frames 3       in virtual time: a page for each second, one below the other
//
// The table (tables.hpp) asks with snapshot(), list(), list_recurring() and types(), into memory of
// its own; nobody waits for it.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <pawl/pawl.hpp>

#include "busy_program.hpp"
#include "page.hpp"
#include "tables.hpp"

namespace {

using namespace std::chrono_literals;

constexpr pawl::limits limits_with(std::uint32_t workers) {
    return {.jobs = 64,
            .recurring = 8,
            .workers = workers,
            .queues = {"critical", "default", "mails", "films"},
            .queue_control = true,
            .recurring_policies = true,
            .slices = true,
            .times = true,
            .progress = true,
            .failed = 8,
            .error_bytes = 32,
            .types = 8};
}

void watch_live(std::chrono::seconds time) {
    pawl::scheduler<limits_with(2)> jobs;
    watch::begin(jobs);
    const auto end = std::chrono::steady_clock::now() + time;
    std::fputs("\x1b[2J", stdout);
    while (std::chrono::steady_clock::now() < end) {
        watch::page page{true};
        watch::draw(page, jobs);
        page.write(stdout);
        std::this_thread::sleep_for(200ms);
    }
}

// Here a job draws the page: so there is one that runs, and virtual time stands still for it.
void watch_virtual_time(int frames) {
    pawl::scheduler<limits_with(0), pawl::manual_platform> jobs;
    watch::begin(jobs);
    jobs.every(1s,
               [&jobs, second = 0]() mutable {
                   std::printf("---- after %d s\n", ++second);
                   watch::page page{false};
                   watch::draw(page, jobs);
                   page.write(stdout);
               },
               {.name = "watch", .queue = "critical"});
    jobs.advance(std::chrono::seconds{frames} + 500ms);
}

}  // namespace

int main(int count, char** arguments) {
    const bool has_number = count == 3 && std::atoi(arguments[2]) > 0;
    if (count == 1) {
        watch_live(24h * 365);
    } else if (has_number && std::strcmp(arguments[1], "--seconds") == 0) {
        watch_live(std::chrono::seconds{std::atoi(arguments[2])});
    } else if (has_number && std::strcmp(arguments[1], "--frames") == 0) {
        watch_virtual_time(std::atoi(arguments[2]));
    } else {
        std::fprintf(stderr, "usage: %s [--seconds N | --frames N]\n", arguments[0]);
        return 2;
    }
}
