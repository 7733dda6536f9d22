// SPDX-License-Identifier: BSL-1.0
//
// A program with durable jobs that is killed, again and again; and what must be true of all its
// lives together.
//
// How: each life is a process of its own, which writes down what it does in a file of notes, one
// write() each: a kill loses none of these, and their order is the order in which they happened. A
// job is a number. The checker reads the notes only, never the log.
#pragma once

#include "catch.hpp"

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pawl/durability/file_medium.hpp>
#include <pawl/pawl.hpp>
#include <pawl/scheduler/durable_scheduler.hpp>

#include "await.hpp"
#include "durability/temporary_folder.hpp"

namespace durable_kill {

using namespace std::chrono_literals;

enum class what : std::uint32_t {
    life,          // a process has begun, and not yet opened the log
    submitting,    // a submission is about to be made
    acknowledged,  // it was, and a power cut would not undo it
    began,         // a run of the job has begun
    ended,         // and is about to succeed
    synced,        // its end had been told, and a sync after that has succeeded
};
struct note {
    what kind = what::life;
    std::uint32_t number = 0;
    std::uint64_t id = 0;
    std::uint32_t recoveries = 0;
    std::uint32_t attempt = 0;
};

inline int notes = -1;
inline void take_note(const note& one) {
    if (::write(notes, &one, sizeof one) != static_cast<ssize_t>(sizeof one)) {
        std::abort();
    }
}

constexpr std::uint32_t workers = 2;
constexpr pawl::limits size{.jobs = 256, .batches = 4, .recurring = 0, .workers = workers};
// Their numbers say what they are.
constexpr std::uint32_t number_of_life = 100'000;
constexpr bool retries_once(std::uint32_t number) { return number % 7 == 3; }
constexpr bool asks_for_sync(std::uint32_t number) { return number % 5 == 0; }

// Set by each life, for its jobs.
inline void (*sync_log)() = nullptr;

struct numbered {
    static constexpr std::string_view job_type = "numbered";
    std::uint32_t number = 0;

    pawl::outcome operator()(pawl::job_context& job) const {
        // A worker that runs a job has told the end of the one before it.
        static thread_local std::uint32_t before = 0;
        take_note({what::began, number, job.durable_id(), job.recoveries(), job.attempt()});
        if (before != 0 && asks_for_sync(number)) {
            sync_log();
            take_note({what::synced, before});
        }
        before = 0;
        if (retries_once(number) && job.attempt() == 1) {
            return pawl::outcome::retry_in(200us);
        }
        before = number;
        take_note({what::ended, number});
        return pawl::outcome::success();
    }
};

using journal = pawl::journal<pawl::file_medium, pawl::job_types<numbered>>;
using scheduler = pawl::scheduler<size, pawl::std_platform, journal>;
constexpr pawl::file_options shape{.block_bytes = 32 * 1024, .block_count = 16};

inline scheduler* running = nullptr;

// One life. Until it is killed, or if `drains`, until nothing is left.
inline int live(const std::string& path, std::uint32_t life, bool drains) {
    static std::unique_ptr<scheduler> jobs;  // its destructor is for lives that end in order
    jobs =
        std::make_unique<scheduler>(pawl::file_medium{path.c_str(), shape}, pawl::deferred_start);
    running = jobs.get();
    sync_log = [] {
        if (!running->sync().ok()) {
            std::abort();
        }
    };
    take_note({what::life, life});  // before: jobs run as soon as start() has opened the log
    const auto start = jobs->start();
    if (!start || start.recovered.unreadable != 0 || start.recovered.poisoned != 0) {
        return 10 + static_cast<int>(start.error());
    }
    if (drains) {
        const bool all = tests::await(60s, [&] {
            const auto now = jobs->counts();
            return now.enqueued + now.scheduled + now.awaiting + now.processing == 0;
        });
        jobs.reset();
        return all ? 0 : 1;
    }
    const auto submit = [&](std::uint32_t self) {
        for (std::uint32_t i = 1;; ++i) {
            const std::uint32_t number = life * number_of_life + self * number_of_life / 2 + i * 4;
            take_note({what::submitting, number});
            const auto how = i % 4 == 0 ? pawl::buffered : pawl::synced;
            const auto id = i % 8 == 5 ? jobs->schedule(2ms, numbered{number}, {.durability = how})
                                       : jobs->enqueue(numbered{number}, {.durability = how});
            if (!id) {
                std::this_thread::sleep_for(200us);
                continue;
            }
            if (how == pawl::synced) {
                take_note({what::acknowledged, number});
            }
            if (i % 6 == 1) {
                take_note({what::submitting, number + 1});
                if (jobs->then(id, numbered{number + 1}, {.durability = pawl::synced})) {
                    take_note({what::acknowledged, number + 1});
                }
            }
        }
    };
    std::thread other{submit, 1U};
    submit(0);
    return 0;
}

// Forks a process and returns its number.
template <class Program>
pid_t begin(Program program) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(120);  // whatever goes wrong, it does not stay
        ::_exit(program());
    }
    return child;
}
inline int status_of(pid_t child) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

inline std::vector<note> read_notes(const std::string& path) {
    std::vector<note> all;
    std::ifstream file{path, std::ios::binary};
    note one;
    while (file.read(reinterpret_cast<char*>(&one), sizeof one)) {
        all.push_back(one);
    }
    return all;
}

struct verdict {
    std::size_t acknowledged = 0;
    std::size_t runs = 0;
    std::size_t again = 0;   // runs of what had begun in an earlier life
    std::size_t synced = 0;  // ends that nothing may undo
    // All of these have to be 0.
    std::size_t lost = 0;       // acknowledged, and never ended
    std::size_t undone = 0;     // began again after its end was synced
    std::size_t invented = 0;   // began, and nobody had submitted it
    std::size_t twice = 0;      // began again in one life, in the same attempt
    std::size_t wrong_ids = 0;  // of two jobs, or two of one job
    std::size_t lives = 0;
    std::size_t unbegun = 0;  // says that it is recovered, and had not begun
};

inline verdict judge(const std::vector<note>& all) {
    struct history {
        bool submitted = false;
        bool acknowledged = false;
        bool ended = false;
        bool synced = false;
        std::uint32_t last_life = 0;
        std::uint32_t last_attempt = 0;
        std::uint32_t lives_begun = 0;
        std::uint64_t id = 0;
    };
    std::map<std::uint32_t, history> jobs;
    std::map<std::uint64_t, std::uint32_t> ids;
    verdict found;
    std::uint32_t life = 0;
    for (const note& one : all) {
        if (one.kind == what::life) {
            life = one.number;
            ++found.lives;
            continue;
        }
        history& job = jobs[one.number];
        switch (one.kind) {
            case what::submitting: job.submitted = true; break;
            case what::acknowledged: job.acknowledged = true; break;
            case what::ended: job.ended = true; break;
            case what::synced: job.synced = true; break;
            case what::life: break;
            case what::began:
                ++found.runs;
                found.invented += job.submitted ? 0U : 1U;
                found.undone += job.synced ? 1U : 0U;
                if (job.last_life == life) {
                    found.twice += one.attempt <= job.last_attempt ? 1U : 0U;
                } else {
                    found.again += job.lives_begun != 0 ? 1U : 0U;
                    found.unbegun += one.recoveries > job.lives_begun ? 1U : 0U;
                    ++job.lives_begun;
                }
                found.wrong_ids += one.id == 0 || (job.id != 0 && job.id != one.id) ? 1U : 0U;
                job.id = one.id;
                found.wrong_ids += ids.emplace(one.id, one.number).first->second != one.number;
                job.last_life = life;
                job.last_attempt = one.attempt;
                break;
        }
    }
    for (const auto& [number, job] : jobs) {
        found.acknowledged += job.acknowledged ? 1U : 0U;
        found.synced += job.synced ? 1U : 0U;
        found.lost += job.acknowledged && !job.ended ? 1U : 0U;
    }
    return found;
}

inline std::uintmax_t notes_taken() {
    struct stat file {};
    return ::fstat(notes, &file) == 0 ? static_cast<std::uintmax_t>(file.st_size) / sizeof(note)
                                      : 0;
}

// Kills so many lives and lets the last one end its work. Each is killed after a random time, and
// three of four not before they have taken a random count of notes: a disk that is slow makes the
// test longer, not emptier. The fourth may die while it opens the log.
inline verdict kill_and_judge(std::uint32_t kills, std::uint32_t seed) {
    const temporary_folder folder;
    const std::string path = folder.file("jobs.wal");
    notes = ::open(folder.file("notes").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    REQUIRE(notes != -1);
    std::uint32_t random = seed;
    for (std::uint32_t life = 1; life <= kills; ++life) {
        random = random * 1'664'525 + 1'013'904'223;
        const std::uintmax_t enough = notes_taken() + (life % 4 == 0 ? 0 : (random >> 8) % 200);
        const pid_t child = begin([&] { return live(path, life, false); });
        REQUIRE(child > 0);
        std::this_thread::sleep_for(std::chrono::microseconds{2'000 + (random >> 16) % 50'000});
        const bool worked = tests::await(60s, [&] { return notes_taken() >= enough; });
        REQUIRE(::kill(child, SIGKILL) == 0);
        const int status = status_of(child);
        INFO("life " << life << " had ended by itself, with " << WEXITSTATUS(status));
        REQUIRE(WIFSIGNALED(status));
        REQUIRE(WTERMSIG(status) == SIGKILL);
        REQUIRE(worked);
    }
    const int drained = status_of(begin([&] { return live(path, kills + 1, true); }));
    CHECK(drained == 0);
    // And then there is nothing left.
    const int empty = status_of(begin([&] {
        auto jobs = std::make_unique<scheduler>(pawl::file_medium{path.c_str(), shape},
                                                pawl::deferred_start);
        const auto start = jobs->start();
        return !start ? 100 : static_cast<int>(start.recovered.jobs);
    }));
    CHECK(empty == 0);
    ::close(notes);
    return judge(read_notes(folder.file("notes")));
}

inline void require_good(const verdict& found, std::uint32_t kills) {
    UNSCOPED_INFO(found.lives << " lives, " << found.acknowledged << " acknowledged, " << found.runs
                              << " runs, " << found.again << " of them again, " << found.synced
                              << " ends synced, " << found.unbegun << " recovered unbegun");
    REQUIRE(found.lost == 0);
    REQUIRE(found.undone == 0);
    REQUIRE(found.invented == 0);
    REQUIRE(found.twice == 0);
    REQUIRE(found.wrong_ids == 0);
    // A worker tells that a job begins, and is killed before the job can note it.
    REQUIRE(found.unbegun <= kills * workers);
}

}  // namespace durable_kill
