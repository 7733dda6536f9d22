// SPDX-License-Identifier: BSL-1.0
//
// requires: posix
//
// Goal: a journal's file keeps what a medium promises, and whatever the system answers, file_medium
// says what went wrong, leaves nothing open, and works the next time. Method: the conformance
// check; files of other lengths and kinds; a second object and a second process; and a system of
// which each call in turn fails once, in every way in which it can.
#include "catch.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pawl/durability/file_medium.hpp>
#include <pawl/durability/medium_conformance.hpp>

#include "durability/faulty_system.hpp"
#include "durability/temporary_folder.hpp"

namespace {

using pawl::file_medium;
using pawl::io_error;
using pawl::io_status;

constexpr pawl::file_options small{.block_bytes = 4096, .block_count = 4};
constexpr std::uintmax_t small_bytes = std::uintmax_t{4096} * 4;

std::string_view text(const pawl::medium_verdict& verdict) {
    return verdict ? "nothing" : verdict.violation;
}

std::vector<std::byte> some_bytes(std::size_t size, unsigned seed = 1) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) {
        bytes[i] = static_cast<std::byte>(seed + i * 7 + i / 256);
    }
    return bytes;
}

template <class M>
std::vector<std::byte> read_block(M& medium, std::uint32_t block, std::size_t size) {
    std::vector<std::byte> bytes(size, std::byte{0xEE});
    REQUIRE(medium.read(block, 0, bytes).ok());
    return bytes;
}

std::string contents(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

void write_file(const std::string& path, const std::string& bytes) {
    std::ofstream{path, std::ios::binary} << bytes;
}

int open_files() {
    int count = 0;
    for (int file = 0; file < 256; ++file) {
        count += ::fcntl(file, F_GETFD) != -1 ? 1 : 0;
    }
    return count;
}

// What a process of its own returns.
template <class Program>
int in_another_process(Program program) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(program());
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("file_medium: keeps what a medium promises, in several shapes") {
    const temporary_folder folder{temporary_folder::place::on_disk};
    const pawl::file_options shapes[] = {
        small,
        {.block_bytes = 24, .block_count = 3},
        {.block_bytes = 8192, .block_count = 3, .write_unit = 4096},
        {.block_bytes = 5'000, .block_count = 5, .write_unit = 1},
    };
    int number = 0;
    for (const pawl::file_options& shape : shapes) {
        const std::string path = folder.file("log" + std::to_string(number++));
        file_medium one{path.c_str(), shape};
        file_medium two{path.c_str(), shape};
        CHECK(text(pawl::check_medium(one, two)) == "nothing");
        CHECK(std::filesystem::file_size(path) ==
              std::uintmax_t{shape.block_bytes} * shape.block_count);
    }
}

TEST_CASE("file_medium: the file is all zeros at first, and private") {
    const temporary_folder folder;
    const std::string path = folder.file("log");
    file_medium medium{path.c_str(), small};
    REQUIRE(medium.open().ok());
    CHECK(contents(path) == std::string(small_bytes, '\0'));
    CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::mask) ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    CHECK(std::string{medium.name()} == path);
}

TEST_CASE("file_medium: blocks are slices of the file, and stay after closing") {
    const temporary_folder folder;
    const std::string path = folder.file("log");
    const std::vector<std::byte> bytes = some_bytes(4096);
    {
        file_medium medium{path.c_str(), small};
        REQUIRE(medium.open().ok());
        REQUIRE(medium.program(2, 0, bytes).ok());
        REQUIRE(medium.sync().ok());
    }
    const std::string inside = contents(path);
    CHECK(inside.size() == small_bytes);
    CHECK(std::equal(bytes.begin(), bytes.end(), inside.begin() + 8192,
                     [](std::byte a, char b) { return a == static_cast<std::byte>(b); }));
    file_medium again{path.c_str(), small};
    REQUIRE(again.open().ok());
    CHECK(read_block(again, 2, 4096) == bytes);
    CHECK(read_block(again, 1, 4096) == std::vector<std::byte>(4096));
    CHECK(read_block(again, 3, 4096) == std::vector<std::byte>(4096));
}

TEST_CASE("file_medium: a place beyond 4 GiB is where it should be") {
    const temporary_folder folder;
    const std::string path = folder.file("log");
    write_file(path, "");
    std::filesystem::resize_file(path, (std::uintmax_t{1} << 31) * 3);  // no bytes on the disk
    file_medium medium{path.c_str(), {.block_bytes = std::uint32_t{1} << 31, .block_count = 3}};
    REQUIRE(medium.open().ok());
    const std::vector<std::byte> bytes = some_bytes(64);
    REQUIRE(medium.program(2, 1 << 20, bytes).ok());
    std::ifstream file{path, std::ios::binary};
    file.seekg((std::streamoff{1} << 32) + (1 << 20));
    std::string seen(64, '\0');
    file.read(seen.data(), 64);
    CHECK(std::equal(bytes.begin(), bytes.end(), seen.begin(),
                     [](std::byte a, char b) { return a == static_cast<std::byte>(b); }));
}

TEST_CASE("file_medium: nothing works while it is closed") {
    const temporary_folder folder;
    file_medium medium{folder.file("log").c_str(), small};
    std::byte bytes[8]{};
    const auto all_closed = [&] {
        return medium.read(0, 0, bytes).error == io_error::closed &&
               medium.program(0, 0, bytes).error == io_error::closed &&
               medium.erase(0).error == io_error::closed && medium.sync().error == io_error::closed;
    };
    CHECK(all_closed());
    medium.close();
    REQUIRE(medium.open().ok());
    CHECK(medium.open().error == io_error::busy);
    CHECK(medium.read(0, 0, bytes).ok());
    medium.close();
    CHECK(all_closed());
    CHECK(medium.open().ok());
}

// ---- a file that is there already ----

TEST_CASE("file_medium: a file that was cut short in the making is completed") {
    const temporary_folder folder;
    const std::string path = folder.file("log");
    for (const std::size_t size : {0U, 1U, 100U, 4096U, 5000U, 16'383U}) {
        write_file(path, std::string(size, '\0'));
        file_medium medium{path.c_str(), small};
        CHECK(medium.open().ok());
        CHECK(contents(path) == std::string(small_bytes, '\0'));
    }
}

TEST_CASE("file_medium: more blocks are added behind those that are there") {
    const temporary_folder folder;
    const std::string path = folder.file("log");
    const std::string before(small_bytes, 'x');
    write_file(path, before);
    pawl::file_options more = small;
    more.block_count = 7;
    file_medium medium{path.c_str(), more};
    REQUIRE(medium.open().ok());
    CHECK(contents(path) == before + std::string(std::size_t{3} * 4096, '\0'));
}

TEST_CASE("file_medium: what is of another geometry is refused, and stays as it was") {
    const temporary_folder folder;
    const std::string path = folder.file("log");
    const auto refused = [&](const std::string& bytes, pawl::file_options options) {
        write_file(path, bytes);
        file_medium medium{path.c_str(), options};
        return medium.open() == io_status{io_error::bad_geometry, 0} && contents(path) == bytes;
    };
    CHECK(refused(std::string(small_bytes + 1, '\0'), small));  // longer
    CHECK(refused(std::string(small_bytes * 2, 'x'), small));
    CHECK(refused("a letter to a friend", small));  // ends within a block
    CHECK(refused(std::string(small_bytes, 'x'), {.block_bytes = 6000, .block_count = 4}));
    CHECK(refused(std::string(8191, '\0') + "x", {.block_bytes = 6000, .block_count = 4}));
    CHECK(refused("x" + std::string(5000, '\0'), {.block_bytes = 6000, .block_count = 4}));
    CHECK(refused("", {.block_bytes = 4096, .block_count = 2}));
    CHECK(refused("", {.block_bytes = 4096, .block_count = 4, .write_unit = 3}));
    CHECK(refused("", {.block_bytes = 4095, .block_count = 4, .write_unit = 8}));
    CHECK(refused("", {.block_bytes = 0xFFFF'FFF8, .block_count = 0xFFFF'FFFF}));
}

TEST_CASE("file_medium: what is no file, or not to be had, is refused with its reason") {
    const temporary_folder folder;
    const auto open = [](const std::string& path) {
        return file_medium{path.c_str(), small}.open();
    };
    CHECK(open(folder.path()) == io_status{io_error::bad_geometry, EISDIR});
    CHECK(open("/dev/null") == io_status{io_error::bad_geometry, 0});
    CHECK(open(folder.file("no/log")) == io_status{io_error::not_found, ENOENT});
    CHECK(open("") == io_status{io_error::not_found, ENOENT});
    CHECK(file_medium{nullptr}.open().error == io_error::not_found);
    CHECK(open(folder.file(std::string(2000, 'a'))) ==
          io_status{io_error::not_found, ENAMETOOLONG});
    write_file(folder.file("plain"), "");
    CHECK(open(folder.file("plain/log")) == io_status{io_error::not_found, ENOTDIR});
    const int before = open_files();
    CHECK(open("/dev/null").error == io_error::bad_geometry);
    CHECK(open_files() == before);
    if (::geteuid() != 0) {  // nothing is refused to root
        write_file(folder.file("not mine"), "");
        std::filesystem::permissions(folder.file("not mine"), std::filesystem::perms::owner_read);
        CHECK(open(folder.file("not mine")) == io_status{io_error::no_permission, EACCES});
    }
}

TEST_CASE("file_medium: a path of the greatest length, and one in the current directory") {
    const temporary_folder folder;
    std::string path = folder.path();
    while (path.size() < file_medium::path_size_max) {
        path += '/';  // many are as good as one
    }
    path.back() = 'a';
    REQUIRE(path.size() == file_medium::path_size_max);
    CHECK(file_medium{path.c_str(), small}.open().ok());
    CHECK(std::filesystem::exists(folder.file("a")));
    path += 'b';
    CHECK(file_medium{path.c_str(), small}.open() == io_status{io_error::not_found, ENAMETOOLONG});
    file_medium copied{path.c_str(), small};
    file_medium copy{copied};
    CHECK(copy.open() == io_status{io_error::not_found, ENAMETOOLONG});

    const std::filesystem::path here = std::filesystem::current_path();
    std::filesystem::current_path(folder.path());
    CHECK(file_medium{"relative", small}.open().ok());
    std::filesystem::current_path(here);
    CHECK(std::filesystem::file_size(folder.file("relative")) == small_bytes);
}

// ---- copies ----

TEST_CASE("file_medium: a copy is closed, and what is moved from is, too") {
    const temporary_folder folder;
    const std::string path = folder.file("log");
    const int before = open_files();
    std::byte bytes[8]{};
    {
        file_medium one{path.c_str(), small};
        REQUIRE(one.open().ok());
        file_medium copy{one};
        CHECK(copy.sync().error == io_error::closed);
        CHECK(copy.open().error == io_error::busy);
        CHECK(copy.geometry() == one.geometry());

        file_medium moved{std::move(one)};
        CHECK(moved.sync().ok());
        CHECK(one.sync().error == io_error::closed);  // NOLINT(bugprone-use-after-move)
        CHECK(moved.program(1, 0, bytes).ok());

        const std::string second = folder.file("another");
        file_medium other{second.c_str(), {.block_bytes = 64, .block_count = 3}};
        REQUIRE(other.open().ok());
        other = std::move(moved);  // gives the second file free
        CHECK(std::string{other.name()} == path);
        CHECK(other.geometry().block_bytes == 4096);
        CHECK(other.sync().ok());
        CHECK(file_medium{second.c_str(), {.block_bytes = 64, .block_count = 3}}.open().ok());
        copy = other;
        CHECK(copy.sync().error == io_error::closed);
        file_medium& same = other;
        other = std::move(same);
        CHECK(other.sync().ok());
        CHECK(open_files() == before + 1);
    }
    CHECK(open_files() == before);
}

TEST_CASE("file_medium: the path may go when the medium is made") {
    const temporary_folder folder;
    std::string path = folder.file("log");
    file_medium medium{path.c_str(), small};
    path.assign(path.size(), 'x');
    REQUIRE(medium.open().ok());
    CHECK(std::filesystem::exists(folder.file("log")));
}

// ---- two at a time ----

TEST_CASE("file_medium: another process is refused while it is open, not after") {
    const temporary_folder folder;
    const std::string path = folder.file("log");
    const auto try_it = [&path] {
        file_medium other{path.c_str(), small};
        return static_cast<int>(other.open().error);
    };
    file_medium medium{path.c_str(), small};
    REQUIRE(medium.open().ok());
    CHECK(in_another_process(try_it) == static_cast<int>(io_error::busy));
    medium.close();
    CHECK(in_another_process(try_it) == static_cast<int>(io_error::none));
}

TEST_CASE("file_medium: who is killed gives the file free") {
    const temporary_folder folder;
    const std::string path = folder.file("log");
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        file_medium medium{path.c_str(), small};
        const char opened = medium.open().ok() ? 'y' : 'n';
        static_cast<void>(::write(pipe_ends[1], &opened, 1) == 1);
        for (;;) {
            ::pause();
        }
    }
    char opened = '?';
    REQUIRE(::read(pipe_ends[0], &opened, 1) == 1);
    CHECK(opened == 'y');
    file_medium medium{path.c_str(), small};
    CHECK(medium.open().error == io_error::busy);
    REQUIRE(::kill(child, SIGKILL) == 0);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    CHECK(medium.open().ok());
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
}

TEST_CASE("file_medium: a program that is executed does not inherit the lock") {
    const temporary_folder folder;
    const std::string path = folder.file("log");
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    file_medium medium{path.c_str(), small};
    REQUIRE(medium.open().ok());
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(pipe_ends[1], 1);
        ::execl("/bin/sh", "sh", "-c", "echo; exec sleep 100", nullptr);
        ::_exit(1);
    }
    char started = '?';
    REQUIRE(::read(pipe_ends[0], &started, 1) == 1);
    CHECK(started == '\n');
    medium.close();
    CHECK(file_medium{path.c_str(), small}.open().ok());
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
}

// ---- a disk that is full ----

TEST_CASE("file_medium: a file that cannot have its size is given back, and said to be too large") {
    const temporary_folder folder;
    const std::string path = folder.file("log");
    const int said = in_another_process([&] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{10'000, 10'000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        file_medium medium{path.c_str(), small};
        const io_status opened = medium.open();
        return opened == io_status{io_error::no_space, EFBIG} ? 0 : 1;
    });
    CHECK(said == 0);
    CHECK(std::filesystem::file_size(path) == 0);
    CHECK(file_medium{path.c_str(), small}.open().ok());
    CHECK(std::filesystem::file_size(path) == small_bytes);
}

namespace {

// Writes to a device that is always full, as the system sees it.
struct full_system : pawl::posix_system {
    static inline bool full = false;
    static ssize_t write(int file, const std::byte* from, std::size_t size, off_t offset) noexcept {
        if (!full) {
            return posix_system::write(file, from, size, offset);
        }
        const int device = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
        const ssize_t put = ::pwrite(device, from, size, 0);
        const int code = errno;
        ::close(device);
        errno = code;
        return put;
    }
};

}  // namespace

TEST_CASE("file_medium: a full disk is no_space, and harms nothing") {
    if (::access("/dev/full", W_OK) != 0) {
        return;
    }
    const temporary_folder folder;
    const std::string path = folder.file("log");
    pawl::basic_file_medium<full_system> medium{path.c_str(), small};
    full_system::full = true;
    CHECK(medium.open() == io_status{io_error::no_space, ENOSPC});
    CHECK(std::filesystem::file_size(path) == 0);
    full_system::full = false;
    REQUIRE(medium.open().ok());
    const std::vector<std::byte> bytes = some_bytes(4096);
    REQUIRE(medium.program(1, 0, bytes).ok());
    full_system::full = true;
    CHECK(medium.program(2, 0, bytes) == io_status{io_error::no_space, ENOSPC});
    CHECK(medium.erase(1) == io_status{io_error::no_space, ENOSPC});
    CHECK(read_block(medium, 1, 4096) == bytes);
    full_system::full = false;
}

// ---- every call fails once ----

namespace {

using faulty::fault;

// Opens, writes to every block, reads it, erases one, syncs, closes: what a journal does. Says what
// failed first.
io_status session(const std::string& path) {
    faulty::medium medium{path.c_str(), small};
    const std::vector<std::byte> bytes = some_bytes(1000);
    std::vector<std::byte> seen(1000);
    if (const io_status opened = medium.open(); !opened) {
        CHECK(faulty::system::files == 0);
        return opened;
    }
    io_status said = medium.erase(1);
    for (std::uint32_t block = 0; said && block < 3; ++block) {
        said = block == 1 ? said : medium.erase(block);
        said = said ? medium.program(block, 0, bytes) : said;
        said = said ? medium.sync() : said;
        said = said ? medium.read(block, 0, seen) : said;
        CHECK((!said || seen == bytes));
    }
    medium.close();
    CHECK(faulty::system::files == 0);
    return said;
}

// The calls of a session on a file that is new, or was there and is too short.
int calls_of_session(const std::string& path) {
    faulty::system::reset();
    REQUIRE(session(path).ok());
    return faulty::system::calls;
}

}  // namespace

TEST_CASE("file_medium: each call fails once, says so, and the next session finds it in order") {
    const temporary_folder folder;
    const std::string path = folder.file("log");
    struct way {
        fault kind;
        int code;
        io_error answer;
    };
    const way ways[] = {
        {fault::error, EIO, io_error::failed},
        {fault::error, ENOSPC, io_error::no_space},
        {fault::error, EDQUOT, io_error::no_space},
        {fault::error, EACCES, io_error::no_permission},
    };
    for (const std::size_t old_size : {0U, 4100U, 16'384U}) {
        const auto begin = [&] { write_file(path, std::string(old_size, '\0')); };
        begin();
        const int calls = calls_of_session(path);
        const std::string normal = faulty::system::said;
        CHECK(calls >= 20);
        for (const way& each : ways) {
            for (int at = 1; at <= calls; ++at) {
                begin();
                faulty::system::reset(at, each.kind, each.code);
                const io_status said = session(path);
                const std::string trace = faulty::system::said;
                const std::size_t failed = trace.find('F');
                REQUIRE(failed != std::string::npos);
                const char which = at == calls ? 'C' : normal[std::min(failed, normal.size() - 1)];
                INFO(trace << ", normally " << normal << ", code " << each.code);
                if (which == 'C' || which == 'c') {
                    CHECK(said.ok());  // nothing was to be done with a file that is closed
                } else {
                    CHECK(said == io_status{each.answer, each.code});
                }
                faulty::system::reset();
                CHECK(session(path).ok());
                CHECK(std::filesystem::file_size(path) == small_bytes);
            }
        }
    }
}

TEST_CASE("file_medium: an interrupted call is made again, and half of one is completed") {
    const temporary_folder folder;
    const std::string path = folder.file("log");
    for (const std::size_t old_size : {0U, 4100U, 16'384U}) {
        const auto begin = [&] { write_file(path, std::string(old_size, '\0')); };
        begin();
        const int calls = calls_of_session(path);
        const std::string after = contents(path);
        for (int at = 1; at <= calls; ++at) {
            begin();
            faulty::system::reset(at, fault::error, EINTR);
            CHECK(session(path).ok());
            CHECK(contents(path) == after);
            begin();
            faulty::system::reset(at, fault::shorter);
            CHECK(session(path).ok());
            CHECK(contents(path) == after);
        }
    }
}

TEST_CASE("file_medium: a read or write of nothing ends, and is not taken for success") {
    const temporary_folder folder;
    const std::string path = folder.file("log");
    write_file(path, std::string(4100, '\0'));
    const int calls = calls_of_session(path);
    int failed = 0;
    for (int at = 1; at <= calls; ++at) {
        write_file(path, std::string(4100, '\0'));
        faulty::system::reset(at, fault::nothing);
        const io_status said = session(path);
        failed += said ? 0 : 1;
        CHECK((said || said == io_status{io_error::no_space, 0} ||
               said == io_status{io_error::failed, 0}));
    }
    CHECK(failed == 9 + 4);  // writes: 3 to extend it, 3 to erase, 3 to program; 1 of its tail
}

TEST_CASE("file_medium: a file that cannot be made whole gets its old length back") {
    const temporary_folder folder;
    const std::string path = folder.file("log");
    for (const int at : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}) {
        write_file(path, std::string(8192, 'x'));
        faulty::system::reset(at, fault::error, EIO);
        faulty::medium medium{path.c_str(), small};
        const io_status opened = medium.open();
        INFO(faulty::system::said);
        if (faulty::system::said.find('F') != std::string::npos && !opened) {
            CHECK(contents(path) == std::string(8192, 'x'));
            CHECK(medium.sync().error == io_error::closed);
        } else {
            CHECK(contents(path) == std::string(8192, 'x') + std::string(8192, '\0'));
        }
    }
}

TEST_CASE("file_medium: open() syncs the file, then its directory, each time") {
    const temporary_folder folder;
    const std::string path = folder.file("log");
    const auto calls_of_open = [&] {
        faulty::system::reset();
        faulty::medium medium{path.c_str(), small};
        REQUIRE(medium.open().ok());
        return faulty::system::said;
    };
    CHECK(calls_of_open() == "OLTWsodc");
    CHECK(calls_of_open() == "OLTsodc");
}

TEST_CASE("file_medium: the directory is the file's, not another one") {
    struct watching : pawl::posix_system {
        static std::string& folder() {
            static std::string name;
            return name;
        }
        static int open(const char* path, int flags, std::uint32_t permissions) noexcept {
            if ((flags & O_DIRECTORY) != 0) {
                folder() = path;
                return posix_system::open("/", flags, permissions);
            }
            return posix_system::open("/dev/null", O_RDONLY, permissions);
        }
        static int status(int, struct stat& found) noexcept {
            found.st_mode = S_IFREG;
            found.st_size = 64 * 3;
            return 0;
        }
        static int lock(int) noexcept { return 0; }
        static int sync_all(int) noexcept { return 0; }
    };
    const auto folder_of = [](const char* path) {
        pawl::basic_file_medium<watching> medium{path, {.block_bytes = 64, .block_count = 3}};
        REQUIRE(medium.open().ok());
        return watching::folder();
    };
    CHECK(folder_of("jobs.wal") == ".");
    CHECK(folder_of("logs/jobs.wal") == "logs/");
    CHECK(folder_of("/jobs.wal") == "/");
    CHECK(folder_of("/var/lib/jobs.wal") == "/var/lib/");
    CHECK(folder_of("a//b") == "a//");
    CHECK(folder_of("j") == ".");
}

TEST_CASE("file_medium: after a failed sync the next open() does not trust the cache") {
    const temporary_folder folder;
    const std::string path = folder.file("log");
    faulty::medium medium{path.c_str(), small};
    faulty::system::reset();
    REQUIRE(medium.open().ok());
    faulty::system::reset(1, fault::error, EIO);
    CHECK(medium.sync() == io_status{io_error::failed, EIO});
    CHECK(faulty::system::said == "F");
    medium.close();
    faulty::system::reset();
    REQUIRE(medium.open().ok());
    CHECK(faulty::system::said == "OLTsodcG");
    medium.close();
    faulty::system::reset();
    REQUIRE(medium.open().ok());
    CHECK(faulty::system::said == "OLTsodc");
}

TEST_CASE("file_medium: what is out of bounds does not reach the system") {
    const temporary_folder folder;
    faulty::medium medium{folder.file("log").c_str(), small};
    faulty::system::reset();
    REQUIRE(medium.open().ok());
    faulty::system::reset();
    std::byte bytes[16]{};
    const std::span<std::byte> eight{bytes, 8};
    constexpr io_status refused{io_error::out_of_bounds, 0};
    CHECK(medium.read(4, 0, eight) == refused);
    CHECK(medium.read(0, 4089, eight) == refused);
    CHECK(medium.read(0, 0xFFFF'FFFC, eight) == refused);
    CHECK(medium.program(4, 0, eight) == refused);
    CHECK(medium.program(0, 4096, eight) == refused);
    CHECK(medium.program(0, 4, eight) == refused);
    CHECK(medium.program(0, 0, eight.first(4)) == refused);
    CHECK(medium.erase(4) == refused);
    CHECK(faulty::system::calls == 0);
    CHECK(medium.read(3, 4088, eight).ok());
    CHECK(medium.program(3, 4088, eight).ok());
    CHECK(faulty::system::said == "RW");
}
