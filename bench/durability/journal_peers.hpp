// SPDX-License-Identifier: BSL-1.0
//
// journal_peers: stores that keep a log ahead of what they are about, ours and others', behind one
// shape.
//
//   Store store{path, durability::synced};  // makes it, or opens what is there
//   store.append(key)                       // returns when it is durable, if it is to be
//   store.holds(key)
//   Store::log_bytes(path)                  // that its log has on the disk
//
// The value of a record is 112 bytes. Others have a key of 8 bytes beside it, and a table in memory
// or in pages that it goes to as well: that is what they are for, and a part of what they cost.
// They are set up so that nothing but the log is written: no table is full, no checkpoint is due.
//
// Peers are here if bench/CMakeLists.txt found them; each_peer() goes through them, note_peers()
// says what a reader has to know of them.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include <unistd.h>

#include <pawl/durability/file_medium.hpp>
#include <pawl/durability/journal_medium.hpp>
#include <pawl/durability/log_report.hpp>
#include <pawl/durability/log_writer.hpp>
#include <pawl/durability/record_log.hpp>
#include <pawl/platform/default_platform.hpp>

#include "../harness.hpp"

#if defined(PAWL_BENCH_LEVELDB)
#include <leveldb/db.h>
#endif
#if defined(PAWL_BENCH_ROCKSDB)
#include <rocksdb/db.h>
#include <rocksdb/version.h>
#endif
#if defined(PAWL_BENCH_SQLITE)
#include <sqlite3.h>
#endif

namespace bench::journals {

// --- The folder ----------------------------------------------------------------------------------

// Where all of them write: a new one, which is gone when the program ends.
class folder {
public:
    folder() {
        std::string made = (std::filesystem::temp_directory_path() / "pawl_bench.XXXXXX").string();
        check(::mkdtemp(made.data()) != nullptr, "no folder can be made in $TMPDIR");
        path() = made;
    }
    ~folder() { remove(); }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;

    static std::string file(const std::string& name) { return path() + "/" + name; }
    static void remove() {
        std::error_code ignored;
        if (!path().empty()) {
            std::filesystem::remove_all(path(), ignored);
        }
    }

private:
    static std::string& path() {
        static std::string value;
        return value;
    }
};

// As check(), which leaves at once.
inline void need(bool holds, const char* what) {
    if (!holds) {
        folder::remove();
        check(false, what);
    }
}

// Of the files in a folder whose names end so.
inline std::uint64_t bytes_of(const std::string& path, std::string_view end) {
    std::uint64_t bytes = 0;
    for (const auto& each : std::filesystem::directory_iterator{path}) {
        if (each.path().string().ends_with(end)) {
            bytes += each.file_size();
        }
    }
    return bytes;
}

// --- What is written -----------------------------------------------------------------------------

enum class durability : bool { buffered, synced };

inline constexpr std::size_t value_bytes = 112;
using value = std::array<char, value_bytes>;

inline value value_of(std::uint64_t key) {
    value result;
    result.fill('v');
    std::memcpy(result.data(), &key, sizeof key);
    return result;
}

// Ascending keys, in the order of their bytes.
inline std::array<char, 8> key_of(std::uint64_t key) {
    std::array<char, 8> result{};
    for (std::size_t i = 0; i < result.size(); ++i) {
        result[i] = static_cast<char>(key >> (56 - 8 * i));
    }
    return result;
}

// --- Ours ----------------------------------------------------------------------------------------

inline constexpr std::uint8_t record_type = 16;

// Takes everything for granted and keeps nothing: the log goes around in its blocks.
struct forgetful {
    void replay(const pawl::log_record&) {}
    bool keeps(const pawl::log_record&) { return false; }
    void appended(std::uint64_t, const pawl::log_record&) {}
    void durable(std::uint64_t) { settled.fetch_add(1); }
    void refused(std::uint64_t, pawl::io_status) { refusals = true; }
    std::atomic<std::uint64_t> settled{0};  // of what was not waited for
    std::atomic<bool> refusals{false};
};

class pawl_store {
public:
    using writer_type = pawl::log_writer<pawl::file_medium, pawl::log_limits{},
                                         pawl::writer_limits{}, pawl::default_platform, forgetful>;
    using cell = writer_type::cell;

    explicit pawl_store(const std::string& path, durability = durability::synced)
        : log_{std::make_unique<writer_type>(pawl::file_medium{path.c_str()})} {
        need(log_->open(client_, pawl::recovery::tolerate_tail, pawl::format_when::if_blank).ok(),
             "a log did not open");
    }
    ~pawl_store() { static_cast<void>(log_->close(client_, machine_)); }
    pawl_store(const pawl_store&) = delete;
    pawl_store& operator=(const pawl_store&) = delete;

    void append(std::uint64_t key) {
        cell* const mine = log_->take();
        need(mine != nullptr, "a log had no cell free");
        fill(*mine, value_of(key));
        need(log_->hand_over_and_wait(client_, machine_, *mine).ok(), "a log did not append");
    }

    // Without waiting: the calls that a thread in a hurry makes. False: all cells are in use.
    bool hand_over(const value& bytes) {
        cell* const mine = log_->take();
        if (mine == nullptr) {
            return false;
        }
        fill(*mine, bytes);
        mine->sync = true;
        log_->hand_over(*mine);
        return true;
    }
    // What its writing thread does. False: there was nothing to do.
    bool serve() { return log_->serve(client_, machine_); }
    // How many of those are durable.
    [[nodiscard]] std::uint64_t settled() const {
        need(!client_.refusals, "a log refused a record");
        return client_.settled.load();
    }

private:
    static void fill(cell& mine, const value& bytes) {
        std::memcpy(mine.payload, bytes.data(), bytes.size());
        mine.length = value_bytes;
        mine.type = record_type;
    }

    forgetful client_;
    pawl::default_platform machine_;
    std::unique_ptr<writer_type> log_;
};

// --- Others --------------------------------------------------------------------------------------

#if defined(PAWL_BENCH_LEVELDB)
class leveldb_store {
public:
    explicit leveldb_store(const std::string& path, durability how) {
        leveldb::Options options;
        options.create_if_missing = true;
        options.write_buffer_size = std::size_t{1} << 30;
        options.compression = leveldb::kNoCompression;
        // Else opening would write a table, too.
        options.reuse_logs = true;
        leveldb::DB* opened = nullptr;
        need(leveldb::DB::Open(options, path, &opened).ok(), "LevelDB did not open");
        store_.reset(opened);
        write_.sync = how == durability::synced;
    }

    void append(std::uint64_t key) {
        const auto name = key_of(key);
        const value bytes = value_of(key);
        need(store_->Put(write_, {name.data(), name.size()}, {bytes.data(), bytes.size()}).ok(),
             "LevelDB did not put");
    }
    bool holds(std::uint64_t key) {
        const auto name = key_of(key);
        std::string found;
        return store_->Get({}, {name.data(), name.size()}, &found).ok();
    }
    static std::uint64_t log_bytes(const std::string& path) { return bytes_of(path, ".log"); }

private:
    leveldb::WriteOptions write_;
    std::unique_ptr<leveldb::DB> store_;
};
#endif

#if defined(PAWL_BENCH_ROCKSDB)
class rocksdb_store {
public:
    explicit rocksdb_store(const std::string& path, durability how) {
        rocksdb::Options options;
        options.create_if_missing = true;
        options.write_buffer_size = std::size_t{1} << 30;
        options.compression = rocksdb::kNoCompression;
        options.avoid_flush_during_recovery = true;
        options.avoid_flush_during_shutdown = true;
        options.info_log_level = rocksdb::ERROR_LEVEL;
        options.stats_dump_period_sec = 0;
        options.stats_persist_period_sec = 0;
        rocksdb::DB* opened = nullptr;
        need(rocksdb::DB::Open(options, path, &opened).ok(), "RocksDB did not open");
        store_.reset(opened);
        write_.sync = how == durability::synced;
    }

    void append(std::uint64_t key) {
        const auto name = key_of(key);
        const value bytes = value_of(key);
        need(store_->Put(write_, {name.data(), name.size()}, {bytes.data(), bytes.size()}).ok(),
             "RocksDB did not put");
    }
    bool holds(std::uint64_t key) {
        const auto name = key_of(key);
        std::string found;
        return store_->Get({}, {name.data(), name.size()}, &found).ok();
    }
    static std::uint64_t log_bytes(const std::string& path) { return bytes_of(path, ".log"); }

private:
    rocksdb::WriteOptions write_;
    std::unique_ptr<rocksdb::DB> store_;
};
#endif

#if defined(PAWL_BENCH_SQLITE)
// Of one writer: several would wait for each other, each sync for itself.
class sqlite_store {
public:
    explicit sqlite_store(const std::string& path, durability how) {
        std::error_code ignored;
        std::filesystem::create_directory(path, ignored);
        const std::string file = path + "/records";
        need(sqlite3_open(file.c_str(), &store_) == SQLITE_OK, "SQLite did not open");
        // Closed as by a crash: the next one has to look through the log.
        sqlite3_db_config(store_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        run("pragma journal_mode = wal");
        run("pragma wal_autocheckpoint = 0");
        run(how == durability::synced ? "pragma synchronous = full" : "pragma synchronous = off");
        run("create table if not exists records (key integer primary key, value blob)");
        insert_ = prepare("insert into records values (?, ?)");
        look_ = prepare("select 1 from records where key = ?");
    }
    ~sqlite_store() {
        sqlite3_finalize(insert_);
        sqlite3_finalize(look_);
        sqlite3_close(store_);
    }
    sqlite_store(const sqlite_store&) = delete;
    sqlite_store& operator=(const sqlite_store&) = delete;

    void append(std::uint64_t key) {
        const value bytes = value_of(key);
        sqlite3_bind_int64(insert_, 1, static_cast<sqlite3_int64>(key));
        sqlite3_bind_blob(insert_, 2, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
        need(sqlite3_step(insert_) == SQLITE_DONE, "SQLite did not insert");
        sqlite3_reset(insert_);
    }
    bool holds(std::uint64_t key) {
        sqlite3_bind_int64(look_, 1, static_cast<sqlite3_int64>(key));
        const bool found = sqlite3_step(look_) == SQLITE_ROW;
        sqlite3_reset(look_);
        return found;
    }
    static std::uint64_t log_bytes(const std::string& path) { return bytes_of(path, "-wal"); }

private:
    void run(const char* statement) {
        need(sqlite3_exec(store_, statement, nullptr, nullptr, nullptr) == SQLITE_OK,
             "SQLite did not do what it was told");
    }
    sqlite3_stmt* prepare(const char* statement) {
        sqlite3_stmt* made = nullptr;
        need(sqlite3_prepare_v2(store_, statement, -1, &made, nullptr) == SQLITE_OK,
             "SQLite did not prepare a statement");
        return made;
    }

    sqlite3* store_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
    sqlite3_stmt* look_ = nullptr;
};
#endif

// visit.operator()<Store>(name), for each that is here.
template <class Visit>
void each_peer(Visit visit) {
#if defined(PAWL_BENCH_LEVELDB)
    visit.template operator()<leveldb_store>("leveldb");
#endif
#if defined(PAWL_BENCH_ROCKSDB)
    visit.template operator()<rocksdb_store>("rocksdb");
#endif
#if defined(PAWL_BENCH_SQLITE)
    visit.template operator()<sqlite_store>("sqlite");
#endif
    static_cast<void>(visit);
}

// With one sync for several writers.
template <class Store>
inline constexpr bool groups_writers = true;
#if defined(PAWL_BENCH_SQLITE)
template <>
inline constexpr bool groups_writers<sqlite_store> = false;
#endif

inline void note_peers(report& to) {
#if defined(PAWL_BENCH_LEVELDB)
    to.note("leveldb", std::to_string(leveldb::kMajorVersion) + "." +
                           std::to_string(leveldb::kMinorVersion) +
                           ", reuse_logs, so that opening it writes no table");
#else
    to.missing("leveldb", "libleveldb-dev");
#endif
#if defined(PAWL_BENCH_ROCKSDB)
    to.note("rocksdb", std::to_string(ROCKSDB_MAJOR) + "." + std::to_string(ROCKSDB_MINOR) +
                           ", avoid_flush_during_recovery");
#else
    to.missing("rocksdb", "librocksdb-dev");
#endif
#if defined(PAWL_BENCH_SQLITE)
    to.note("sqlite", std::string{sqlite3_libversion()} +
                          ", a log ahead, synchronous = full, no checkpoints; has no sync for "
                          "several writers, so only one");
#else
    to.missing("sqlite", "libsqlite3-dev");
#endif
}

}  // namespace bench::journals
