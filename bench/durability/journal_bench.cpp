// SPDX-License-Identifier: BSL-1.0
//
// part: journal
//
// The log of records beside stores that have one, and beside the disk itself. Goal: one writer is
// as fast as a write and a sync, many share syncs better than others do, who hands a record over
// without waiting pays tens of nanoseconds and no system call, and a million records are read back
// in a tenth of a second. Method: records of 112 bytes, all files in one new folder of $TMPDIR.
// Whoever syncs takes turns of some syncs each, so that all of them meet the disk in the same mood.
// Targets that were set in nanoseconds are multiples of sixteen multiplications, which took 15.
// A busy machine spoils this part more than others: who waits for a disk loses its core, and gets
// it back when the scheduler likes.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <pawl/durability/file_medium.hpp>
#include <pawl/durability/io_status.hpp>
#include <pawl/durability/journal_medium.hpp>
#include <pawl/durability/log_report.hpp>
#include <pawl/durability/record_log.hpp>

#include "../harness.hpp"
#include "journal_peers.hpp"
#include "multiplications.hpp"
#include "system_calls.hpp"

#if defined(__linux__)
#include <linux/magic.h>
#include <sys/vfs.h>
#endif

namespace {

using namespace std::chrono_literals;
using namespace bench::journals;

// --- Appending with a sync -----------------------------------------------------------------------

// The least that a durable record can cost: a write into a file that has its length, and a sync.
class raw_file {
public:
    raw_file() : file_{::open(folder::file("raw").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)} {
        need(file_ != -1, "a file could not be made");
        // In pages: after larger writes Linux keeps it in larger pieces, of which each write and
        // each sync costs more.
        const std::array<char, 4096> zeros{};
        constexpr auto size = static_cast<off_t>(zeros.size());
        for (off_t at = 0; at < bytes; at += size) {
            need(::pwrite(file_, zeros.data(), zeros.size(), at) == size,
                 "a file could not be filled");
        }
        need(::fsync(file_) == 0, "a file could not be filled");
    }
    ~raw_file() { ::close(file_); }
    raw_file(const raw_file&) = delete;
    raw_file& operator=(const raw_file&) = delete;

    void append(std::uint64_t key) {
        std::array<char, 128> record{};
        const value payload = value_of(key);
        std::memcpy(record.data() + 16, payload.data(), payload.size());
        constexpr auto size = static_cast<off_t>(record.size());
        need(::pwrite(file_, record.data(), record.size(), place_) == size &&
                 ::fdatasync(file_) == 0,
             "a file could not be written");
        place_ = (place_ + size) % bytes;
    }

private:
    static constexpr off_t bytes = 16 << 20;
    off_t place_ = 0;
    int file_;
};

// Threads that append as many records as there are to append, each the next one; they sleep
// between.
class crew {
public:
    crew(std::uint32_t count, std::function<void(std::uint64_t)> append)
        : append_{std::move(append)} {
        for (std::uint32_t i = 0; i < count; ++i) {
            threads_.emplace_back([this] { work(); });
        }
    }
    ~crew() {
        leave_ = true;
        begin();
        for (std::thread& each : threads_) {
            each.join();
        }
    }
    crew(const crew&) = delete;
    crew& operator=(const crew&) = delete;

    void append(bench::stopwatch& watch, std::uint64_t records) {
        limit_ = next_.load() + records;
        at_work_.store(static_cast<std::uint32_t>(threads_.size()));
        watch.start();
        begin();
        for (std::uint32_t left = at_work_.load(); left != 0; left = at_work_.load()) {
            at_work_.wait(left);
        }
        watch.stop();
        next_.store(limit_);
    }

private:
    void begin() {
        turn_.fetch_add(1);
        turn_.notify_all();
    }
    void work() {
        for (std::uint32_t seen = 0;;) {
            turn_.wait(seen);
            seen = turn_.load();
            if (leave_) {
                return;
            }
            for (std::uint64_t key = next_.fetch_add(1); key < limit_; key = next_.fetch_add(1)) {
                append_(key);
            }
            if (at_work_.fetch_sub(1) == 1) {
                at_work_.notify_one();
            }
        }
    }

    std::function<void(std::uint64_t)> append_;
    std::atomic<std::uint64_t> next_{0};
    std::uint64_t limit_ = 0;
    bool leave_ = false;
    std::atomic<std::uint32_t> turn_{0};
    std::atomic<std::uint32_t> at_work_{0};
    std::vector<std::thread> threads_;
};

template <class Store>
struct together {
    Store store;
    crew writers;
    together(const std::string& path, std::uint32_t count)
        : store{path, durability::synced}, writers{count, [this](std::uint64_t key) {
                                                       store.append(key);
                                                   }} {}
};

template <class Store>
bench::lap append_together(const std::string& path, std::uint32_t writers) {
    return [at = std::make_shared<together<Store>>(path, writers),
            count = std::uint64_t{64} * writers](bench::stopwatch& watch) -> std::uint64_t {
        at->writers.append(watch, count);
        return count;
    };
}

// One after the other, each append timed, in turns of some appends. The figure is of the appends in
// the middle: a mean would be of the times that a busy machine took the core away.
class appends_alone {
public:
    template <class Store, class... Arguments>
    void add(std::string name, const Arguments&... arguments) {
        auto store = std::make_shared<Store>(arguments...);
        sides_.push_back({std::move(name), [store](std::uint64_t key) { store->append(key); }, {}});
    }

    // By name, in the order in which they were added.
    std::vector<std::pair<std::string, bench::figure>> run(bench::report& report) {
        using clock = std::chrono::steady_clock;
        const std::uint32_t rounds = report.smoke() ? 1 : 101;
        for (std::uint32_t round = 0; round < rounds; ++round) {
            bench::sample_cas(report);
            for (std::size_t i = 0; i < sides_.size(); ++i) {
                side& each = sides_[(i + round) % sides_.size()];
                for (std::uint32_t j = 0; j < turn; ++j) {
                    const auto before = clock::now();
                    each.append(round * turn + j);
                    const std::chrono::duration<double, std::nano> took = clock::now() - before;
                    each.times.push_back(took.count());
                }
            }
        }
        std::vector<std::pair<std::string, bench::figure>> result;
        for (const side& each : sides_) {
            result.emplace_back(each.name, bench::median(each.times));
        }
        return result;
    }

private:
    static constexpr std::uint32_t turn = 24;

    struct side {
        std::string name;
        std::function<void(std::uint64_t)> append;
        std::vector<double> times;
    };
    std::vector<side> sides_;
};

void add_synced_alone(bench::report& report) {
    appends_alone all;
    all.add<pawl_store>("ours", folder::file("pawl"));
    all.add<raw_file>("write + fdatasync");
    each_peer([&]<class Store>(const char* name) {
        all.add<Store>(name, folder::file(name), durability::synced);
    });
    auto figures = all.run(report);
    const bench::figure ours = figures.front().second;
    figures.erase(figures.begin());
    const double raw = figures.front().second.value;
    report.add({"append + sync, 1 writer", "ns", ours, figures, raw / 0.95});
}

void add_synced(bench::report& report, std::uint32_t writers, double times) {
    const std::string name = std::to_string(writers) + " writers";
    bench::contest row{report, "append + sync, " + name};
    row.ours(append_together<pawl_store>(folder::file("pawl " + name), writers));
    each_peer([&]<class Store>(const char* peer) {
        if (groups_writers<Store>) {
            const std::string path = std::string{peer} + " " + name;
            row.peer(peer, append_together<Store>(folder::file(path), writers));
        }
    });
    row.target_best_peer(1 / times);
    row.rounds_min(25);
    row.run();
}

// --- Handing over --------------------------------------------------------------------------------

// A log, and a thread that writes and syncs all the time what it is handed.
class served_store {
public:
    explicit served_store(const std::string& path) : store_{path} {}
    ~served_store() {
        leave_.store(true);
        writer_.join();
    }
    served_store(const served_store&) = delete;
    served_store& operator=(const served_store&) = delete;

    // What is handed over next: it is there before a call is timed, as a job's data is.
    void prepare() { next_ = value_of(handed_over_); }
    bool hand_over() {
        const bool taken = store_.hand_over(next_);
        handed_over_ += taken ? 1 : 0;
        return taken;
    }
    // Until all of it is on the disk.
    void rest() const {
        while (store_.settled() != handed_over_) {
            std::this_thread::sleep_for(1ms);
        }
    }

private:
    std::uint64_t handed_over_ = 0;
    value next_ = value_of(0);
    pawl_store store_;
    std::atomic<bool> leave_{false};
    std::thread writer_{[this] {
        while (!leave_.load()) {
            if (!store_.serve()) {
                std::this_thread::sleep_for(50us);
            }
        }
    }};
};

// What a control loop sees of it: a record every 10 microseconds, each call timed. The figures are
// without what it takes to read the clock.
void add_handed_over(bench::report& report) {
    using clock = std::chrono::steady_clock;
    constexpr std::uint32_t calls = 1000;
    const std::uint32_t rounds = report.smoke() ? 1 : 101;
    const auto time_of = [](auto call) {
        const auto before = clock::now();
        call();
        return std::chrono::duration<double, std::nano>(clock::now() - before).count();
    };
    const auto at = [](std::vector<double>& times, double part) {
        std::sort(times.begin(), times.end());
        return times[static_cast<std::size_t>(part * static_cast<double>(times.size()))];
    };

    served_store store{folder::file("served")};
    std::vector<double> middles;
    std::vector<double> slow;
    for (std::uint32_t round = 0; round < rounds; ++round) {
        store.rest();
        bench::sample_cas(report);
        std::vector<double> times;
        std::vector<double> of_nothing;
        for (std::uint32_t i = 0; i < calls; ++i) {
            const auto due = clock::now() + 10us;
            store.prepare();
            bool taken = false;
            times.push_back(time_of([&] { taken = store.hand_over(); }));
            need(taken, "a log had no cell free");  // it has more of them than there are calls
            of_nothing.push_back(time_of([] {}));
            while (clock::now() < due) {
                bench::pause();
            }
        }
        const double clock_ns = bench::mean_of_middle_half(of_nothing);
        middles.push_back(std::max(bench::mean_of_middle_half(times) - clock_ns, 0.1));
        slow.push_back(std::max(at(times, 0.99) - clock_ns, 0.1));
    }
    // 50 and 1,000 ns where the multiplications take 15.
    report.add({"hand over, the middle call (p50)",
                "ns",
                bench::median(middles),
                {},
                3.3,
                false,
                "",
                bench::multiplications});
    report.add({"hand over, one call of 100 (p99)",
                "ns",
                bench::median(slow),
                {},
                66,
                false,
                "",
                bench::multiplications});
}

// No more of them than there are cells: the writer may not run before all are handed over.
void add_system_calls(bench::report& report) {
    constexpr std::uint32_t count = 900;
    const auto calls = bench::system_calls([](auto region) {
        served_store store{folder::file("watched")};
        region.begin();
        bool all = true;
        for (std::uint32_t i = 0; i < count; ++i) {
            all = store.hand_over() && all;
        }
        region.end(all);
    });
    if (calls) {
        report.add({"hand over 900 times, system calls", "count", {*calls, 0}, {}, 0});
    } else {
        report.note("skip: system calls", "the system does not let a thread count its own");
    }
}

// --- Encoding ------------------------------------------------------------------------------------

// Takes everything, so large that no lap comes to its end.
class bottomless_medium {
public:
    pawl::io_status open() noexcept { return {}; }
    void close() noexcept {}
    [[nodiscard]] pawl::medium_geometry geometry() const noexcept {
        return {.write_unit = 8,
                .block_bytes = std::uint32_t{1} << 31,
                .block_count = 64,
                .erased = std::byte{0}};
    }
    pawl::io_status read(std::uint32_t, std::uint32_t, std::span<std::byte>) noexcept {
        return {pawl::io_error::failed, 0};
    }
    pawl::io_status program(std::uint32_t, std::uint32_t,
                            std::span<const std::byte> from) noexcept {
        bench::keep(from.data());
        return {};
    }
    pawl::io_status erase(std::uint32_t) noexcept { return {}; }
    pawl::io_status sync() noexcept { return {}; }
};

void add_encoded(bench::report& report) {
    struct place {
        forgetful client;
        pawl::record_log<bottomless_medium> log;
    };
    auto at = std::make_shared<place>();
    need(at->log.open(at->client, pawl::recovery::tolerate_tail, pawl::format_when::always).ok(),
         "a log on nothing did not open");
    bench::contest row{report, "encode a record and its CRC"};
    row.ours([at](bench::stopwatch& watch) -> std::uint64_t {
        constexpr std::uint64_t commits = 16;
        constexpr std::uint64_t records = 256;
        const value payload = value_of(1);
        const auto bytes = std::as_bytes(std::span{payload});
        const std::uint64_t before = at->log.last_sequence();
        watch.start();
        for (std::uint64_t i = 0; i < commits; ++i) {
            for (std::uint64_t j = 0; j < records; ++j) {
                at->log.append(at->client, record_type, bytes);
            }
            at->log.commit(pawl::commit_kind::write);
        }
        watch.stop();
        need(at->log.last_sequence() - before >= commits * records, "a log lost records");
        return commits * records;
    });
    row.floor(bench::multiplications);
    row.target_floor(bench::multiplications, 2);  // 30 ns at 15
    bench::add_multiplications(row);
    row.run();
}

// --- Reading back, and bytes ---------------------------------------------------------------------

// A log that is opened again and again; each time it begins another block, so that it is made anew
// before it would have to copy old ones.
class long_log {
public:
    explicit long_log(std::uint64_t records) : records_{records} { make(); }

    std::uint64_t reopen(bench::stopwatch& watch) {
        if (opened_ == spare_blocks) {
            make();
        }
        ++opened_;
        reader found;
        auto log = std::make_unique<log_type>(medium());
        watch.start();
        const pawl::log_report report = log->open(found);
        watch.stop();
        need(report.ok() && found.records == records_, "a log was not read back");
        log->abandon();
        return records_;
    }

    // Of one record, and of all with the heads of their blocks.
    [[nodiscard]] double record_bytes() const { return record_bytes_; }
    [[nodiscard]] double log_bytes() const { return log_bytes_; }

private:
    static constexpr std::uint32_t spare_blocks = 16;
    static constexpr std::uint32_t blocks_max = 160;
    static constexpr std::uint32_t block_bytes = 1 << 20;
    using log_type =
        pawl::record_log<pawl::file_medium, pawl::log_limits{.blocks_max = blocks_max}>;

    struct reader {
        std::uint64_t records = 0;
        void replay(const pawl::log_record& record) {
            records += record.payload.size() == value_bytes ? 1U : 0U;
        }
        bool keeps(const pawl::log_record&) { return true; }
    };

    [[nodiscard]] pawl::file_medium medium() const {
        const std::uint64_t blocks = records_ * 128 / block_bytes + 2 + spare_blocks;
        need(blocks <= blocks_max, "too many records for this log");
        return pawl::file_medium{
            folder::file("long").c_str(),
            {.block_bytes = block_bytes, .block_count = static_cast<std::uint32_t>(blocks)}};
    }

    void make() {
        reader client;
        auto log = std::make_unique<log_type>(medium());
        need(log->open(client, pawl::recovery::tolerate_tail, pawl::format_when::always).ok(),
             "a log was not made");
        const pawl::log_place from = log->next_place();
        pawl::log_place to = from;
        const std::uint64_t bytes = log->counts().bytes;
        for (std::uint64_t key = 0; key < records_; ++key) {
            const value payload = value_of(key);
            need(log->append(client, record_type, std::as_bytes(std::span{payload})) != 0,
                 "a log did not append");
            if (log->next_place().block == from.block) {
                to = log->next_place();
            }
            if (key % 256 == 255) {
                need(log->commit(pawl::commit_kind::write).ok(), "a log did not write");
            }
        }
        need(log->commit(pawl::sync_now).ok(), "a log did not sync");
        record_bytes_ = static_cast<double>(to.offset - from.offset) /
                        static_cast<double>(to.sequence - from.sequence);
        log_bytes_ =
            static_cast<double>(log->counts().bytes - bytes) / static_cast<double>(records_);
        log->abandon();
        opened_ = 0;
    }

    std::uint64_t records_;
    std::uint32_t opened_ = 0;
    double record_bytes_ = 0;
    double log_bytes_ = 0;
};

// How many a store is given to read back: where each takes a page, a million would be gigabytes.
template <class Store>
std::uint64_t shortened(std::uint64_t records) {
    return groups_writers<Store> ? records : records / 50;
}

void add_read_back(bench::report& report) {
    const std::uint64_t records = report.smoke() ? 2000 : 1'000'000;
    auto ours = std::make_shared<long_log>(records);
    bench::contest row{report, "open, for each of 1 M records"};
    row.ours([ours](bench::stopwatch& watch) { return ours->reopen(watch); });
    row.target_floor(bench::multiplications, 6.5);  // 100 ns at 15
    std::vector<std::pair<std::string, bench::figure>> sizes;
    each_peer([&]<class Store>(const char* name) {
        const std::string path = folder::file(std::string{name} + " long");
        const std::uint64_t count = shortened<Store>(records);
        {
            Store store{path, durability::buffered};
            for (std::uint64_t key = 0; key < count; ++key) {
                store.append(key);
            }
        }
        const auto bytes = static_cast<double>(Store::log_bytes(path));
        sizes.emplace_back(name, bench::figure{bytes / static_cast<double>(count), 0});
        row.peer(name, [path, count](bench::stopwatch& watch) -> std::uint64_t {
            watch.start();
            Store store{path, durability::buffered};
            const bool first = store.holds(0);
            watch.stop();
            need(first && store.holds(count - 1) && !store.holds(count),
                 "a store was not read back");
            return count;
        });
    });
    row.rounds_min(7);
    row.run();

    report.add({"bytes of a record, 112 its payload", "bytes", {ours->record_bytes(), 0}, {}, 128});
    report.add({"bytes of the log, for each record", "bytes", {ours->log_bytes(), 0}, sizes, {}});
}

// --- All -----------------------------------------------------------------------------------------

void note_disk(bench::report& report) {
#if defined(__linux__)
    struct statfs found {};
    if (::statfs(folder::file("").c_str(), &found) == 0 &&
        static_cast<std::uint32_t>(found.f_type) == TMPFS_MAGIC) {
        report.note("disk",
                    "there is none, $TMPDIR is memory: syncs cost nothing and mean nothing");
    }
#endif
    report.note("write + fdatasync", "of 128 bytes, into a file that has its length");
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report{"journal", argc, argv};
    const folder place;
    note_peers(report);
    note_disk(report);
    // In a process of its own, so before there are threads.
    add_system_calls(report);
    add_synced_alone(report);
    add_synced(report, 8, 1.3);
    add_synced(report, 32, 1.7);
    add_handed_over(report);
    add_encoded(report);
    add_read_back(report);
    return bench::finish(report);
}
