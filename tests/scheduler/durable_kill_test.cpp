// SPDX-License-Identifier: BSL-1.0
//
// requires: posix
//
// Durable jobs in processes that are killed.
//
// Goal: of all lives of a program together: what was acknowledged runs, an end that was synced is
// not undone, nothing is invented, an id is of one job for ever, and a job that kills its program
// each time is given up. Method: see durable_kill.hpp.
#include "scheduler/durable_kill.hpp"

#include <cerrno>
#include <filesystem>

#include <sys/resource.h>

using namespace durable_kill;

TEST_CASE("killed: whatever was acknowledged runs, and nothing else") {
    constexpr std::uint32_t kills = 20;
    const verdict found = kill_and_judge(kills, 1);
    require_good(found, kills);
    // That there was something to judge.
    CHECK(found.lives >= kills / 4);
    CHECK(found.acknowledged > 50);
    CHECK(found.again > 0);
    CHECK(found.synced > 0);
}

TEST_CASE("killed: the checker sees what it looks for") {
    const note life_1{what::life, 1};
    const note life_2{what::life, 2};
    const note submitted{what::submitting, 7};
    const note acknowledged{what::acknowledged, 7};
    const note began{what::began, 7, 70, 0, 1};
    const note again{what::began, 7, 70, 1, 1};
    const note ended{what::ended, 7};
    const note synced{what::synced, 7};
    CHECK(judge({life_1, submitted, acknowledged}).lost == 1);
    CHECK(judge({life_1, submitted, acknowledged, began, life_2}).lost == 1);
    CHECK(judge({life_1, submitted, began, ended, synced, life_2, again}).undone == 1);
    CHECK(judge({life_1, submitted, began, ended, life_2, again}).undone == 0);
    CHECK(judge({life_1, began}).invented == 1);
    CHECK(judge({life_1, submitted, began, began}).twice == 1);
    CHECK(judge({life_1, submitted, again}).unbegun == 1);
    CHECK(judge({life_1, submitted, began, life_2, again}).unbegun == 0);
    CHECK(judge({life_1, submitted, began, life_2, {what::began, 7, 71, 1, 1}}).wrong_ids == 1);
    CHECK(judge({life_1, submitted, began, {what::began, 8, 70, 0, 1}}).wrong_ids == 1);
}

// ---- a job that kills its program ----

namespace {

int deaths_log = -1;

struct deadly {
    static constexpr std::string_view job_type = "deadly";
    std::uint32_t number = 0;
    void operator()(pawl::job_context& job) const {
        const auto recoveries = static_cast<char>(job.recoveries());
        static_cast<void>(::write(deaths_log, &recoveries, 1) == 1);
        ::_exit(66);
    }
};
struct harmless {
    static constexpr std::string_view job_type = "harmless";
    std::uint32_t number = 0;
    void operator()() const {}
};
using deadly_journal = pawl::journal<pawl::file_medium, pawl::job_types<deadly, harmless>>;
using deadly_scheduler = pawl::scheduler<size, pawl::std_platform, deadly_journal>;

}  // namespace

TEST_CASE("killed: a job that ends its program each time is given up") {
    const temporary_folder folder;
    const std::string path = folder.file("jobs.wal");
    deaths_log = ::open(folder.file("deaths").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const auto open_log = [&] {
        return std::make_unique<deadly_scheduler>(pawl::file_medium{path.c_str(), shape},
                                                  pawl::deferred_start);
    };
    const auto first = status_of(begin([&] {
        const auto jobs = open_log();
        if (!jobs->start()) {
            return 1;
        }
        jobs->schedule(24h, harmless{1}, {.durability = pawl::synced});
        jobs->enqueue(deadly{2}, {.durability = pawl::synced});
        for (;;) {
            ::pause();
        }
        return 2;
    }));
    REQUIRE(WEXITSTATUS(first) == 66);
    constexpr std::uint32_t most = pawl::journal_limits{}.recoveries_max;
    std::uint32_t deaths = 1;
    for (;; ++deaths) {
        REQUIRE(deaths <= most + 2);
        const int status = status_of(begin([&] {
            const auto jobs = open_log();
            const auto start = jobs->start();
            if (!start || start.recovered.jobs != 2) {
                return 1;
            }
            if (start.recovered.poisoned == 0) {
                for (;;) {
                    ::pause();
                }
            }
            return tests::await(20s, [&] { return jobs->counts().failed == 1; }) ? 0 : 2;
        }));
        REQUIRE((WEXITSTATUS(status) == 66 || WEXITSTATUS(status) == 0));
        if (WEXITSTATUS(status) == 0) {
            break;
        }
    }
    // That it began may not have been written the first time; since then it was, before each run.
    REQUIRE(deaths >= most + 1);
    const std::string seen = [&] {
        std::ifstream file{folder.file("deaths"), std::ios::binary};
        return std::string{std::istreambuf_iterator<char>{file}, {}};
    }();
    REQUIRE(seen.size() == deaths);
    CHECK(seen.front() == 0);
    CHECK(seen.back() == static_cast<char>(most));
    // Only that one.
    const int last = status_of(begin([&] {
        const auto jobs = open_log();
        const auto start = jobs->start();
        return start && start.recovered.jobs == 1 && start.recovered.poisoned == 0 ? 0 : 1;
    }));
    CHECK(WEXITSTATUS(last) == 0);
    ::close(deaths_log);
}

// ---- a disk that is full ----

namespace {

bool limit_file_size(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, RLIM_INFINITY};
    return ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

}  // namespace

TEST_CASE(
    "durable: a disk without room for the log is said at the start, which can be tried again") {
    const temporary_folder folder;
    const std::string path = folder.file("jobs.wal");
    const int status = status_of(begin([&] {
        const auto jobs = std::make_unique<deadly_scheduler>(pawl::file_medium{path.c_str(), shape},
                                                             pawl::deferred_start);
        if (!limit_file_size(100'000)) {
            return 77;
        }
        const auto start = jobs->start();
        if (start || start.error() != pawl::open_error::medium ||
            start.recovered.log.io != pawl::io_status{pawl::io_error::no_space, EFBIG}) {
            return 1;
        }
        if (jobs->enqueue(harmless{1}).error() != pawl::submit_error::journal_failed) {
            return 2;
        }
        if (std::filesystem::file_size(path) != 0) {
            return 3;
        }
        limit_file_size(RLIM_INFINITY);
        if (!jobs->start() || !jobs->enqueue(harmless{1}, {.durability = pawl::synced})) {
            return 4;
        }
        return jobs->stop(pawl::drain).status == pawl::stop_status::stopped ? 0 : 5;
    }));
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("durable: once the log is made, a full disk does not matter") {
    const temporary_folder folder;
    const std::string path = folder.file("jobs.wal");
    const int status = status_of(begin([&] {
        const auto jobs = std::make_unique<deadly_scheduler>(pawl::file_medium{path.c_str(), shape},
                                                             pawl::deferred_start);
        if (!jobs->start()) {
            return 1;
        }
        const auto bytes = std::filesystem::file_size(path);
        // Nothing may be written beyond what the file has now.
        if (!limit_file_size(bytes)) {
            return 77;
        }
        // More than the log's size, several times.
        for (std::uint32_t i = 0; i < 20'000; ++i) {
            for (;;) {
                const auto id = jobs->enqueue(harmless{i});
                if (id) {
                    break;
                }
                if (id.error() != pawl::submit_error::full &&
                    id.error() != pawl::submit_error::journal_full) {
                    return 2;
                }
                std::this_thread::sleep_for(100us);
            }
        }
        if (!jobs->sync().ok() || jobs->journal_failure() != pawl::io_error::none) {
            return 3;
        }
        jobs->stop(pawl::drain);
        return jobs->counts().succeeded == 20'000 && std::filesystem::file_size(path) == bytes ? 0
                                                                                               : 4;
    }));
    CHECK(WEXITSTATUS(status) == 0);
}
