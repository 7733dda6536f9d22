// SPDX-License-Identifier: BSL-1.0
//
// file_medium: a journal in one file of a POSIX system.
//
// What: a journal_medium whose blocks are slices of one file, which has its full size from the
// start. For Linux, macOS and the BSDs; elsewhere an adapter of one's own takes its place.
//
// Why not a file per block, or one that grows: each file is a name, and names need a sync of their
// directory; an append changes the file's length, which every sync then writes too (1.45 times the
// time of a sync, on ext4). And a disk that fills up is noticed when the file is made, not in the
// middle of a log.
//
// How it works: open() makes the file if it is not there, locks it against whoever opens it
// elsewhere (flock), and gives it its size by writing zeros. Writing, not fallocate: a range that
// was only reserved, or zeroed by fallocate, makes every sync that touches a new page of it take
// twice the time (460 instead of 236 us, on ext4). Then it syncs the file and the directory that
// holds it, each time: a process that was killed may have left both to the system, and what a
// journal reads and acts upon has to be on the disk.
// An erased byte is zero, so a file that was cut short in the making is one with some zeros
// missing, and the next open() adds them. If it cannot be made whole, it gets its old length back.
//   - A file that is shorter than asked is extended: more blocks are welcome at any time.
//   - One that is longer, or that ends within a block by something else than zeros, is another
//     geometry's, or no journal at all: bad_geometry, and it stays as it is.
//   - Anything but a regular file is refused: bad_geometry.
// What is to be read after a failed sync() may be in the system's cache and not on the disk; the
// next open() of the same object has it read again (posix_fadvise, where there is one).
//
// What it asks of the disk: that a sector which is being rewritten when power fails keeps the bytes
// that do not change. Where that is not sure, `.write_unit = 4096` never writes a sector again.
//
// Limits: a path of 1,023 bytes at most. The directory must be readable, for its sync. The lock is
// as good as the file system's; a process that fork() makes shares it until both have closed.
// Cost: read() and program() one system call; erase() writes its block; sync() one fdatasync. The
// object holds its path: some 1 KB. No heap.
// Who may call: one thread at a time, and not from signal handlers.
//
//   pawl::file_medium log{"jobs.wal"};                                  // 16 MiB
//   pawl::file_medium small{"jobs.wal", {.block_bytes = 1 << 16, .block_count = 4}};
//   if (const auto opened = log.open(); !opened) {
//       std::printf("%s: %s (%d)\n", log.name(), pawl::describe(opened.error), opened.code);
//   }
#pragma once

#if !defined(__unix__) && !defined(__APPLE__)
#error "pawl::file_medium is for POSIX systems; for others write an adapter, see journal_medium.hpp"
#endif

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <pawl/config.hpp>
#include <pawl/durability/io_status.hpp>
#include <pawl/durability/journal_medium.hpp>

namespace pawl {
inline namespace PAWL_ABI {

struct file_options {
    std::uint32_t block_bytes = 1 << 20;  // of an existing file: must stay
    std::uint32_t block_count = 16;       // of an existing file: may grow
    std::uint32_t write_unit = 8;
    std::uint32_t permissions = 0600;  // of a new file, less the umask; jobs' data may be private
};

// Every call to the system: -1 and errno if it fails. A test's own one lets each of them fail.
struct posix_system {
    static int open(const char* path, int flags, std::uint32_t permissions) noexcept {
        return ::open(path, flags, static_cast<mode_t>(permissions));
    }
    static int close(int file) noexcept { return ::close(file); }
    static int lock(int file) noexcept { return ::flock(file, LOCK_EX | LOCK_NB); }
    static int status(int file, struct stat& found) noexcept { return ::fstat(file, &found); }
    static ssize_t read(int file, std::byte* into, std::size_t size, off_t offset) noexcept {
        return ::pread(file, into, size, offset);
    }
    static ssize_t write(int file, const std::byte* from, std::size_t size, off_t offset) noexcept {
        return ::pwrite(file, from, size, offset);
    }
    static int resize(int file, off_t size) noexcept { return ::ftruncate(file, size); }

    // The bytes and what is needed to find them.
    static int sync_data(int file) noexcept {
#if defined(__linux__) ||                                                                          \
    (!defined(F_FULLFSYNC) && defined(_POSIX_SYNCHRONIZED_IO) && _POSIX_SYNCHRONIZED_IO > 0)
        return ::fdatasync(file);
#else
        return sync_all(file);
#endif
    }

    // A file with its length, or a directory with its names.
    static int sync_all(int file) noexcept {
#ifdef F_FULLFSYNC
        // There fsync leaves all of it in the disk's own cache. Only where the file system does not
        // know the better call: a failure must not be hidden by another call's success.
        if (::fcntl(file, F_FULLFSYNC) == 0) {
            return 0;
        }
        if (errno != ENOTSUP && errno != ENOTTY && errno != EINVAL) {
            return -1;
        }
#endif
        return ::fsync(file);
    }

    // Reads from the disk from now on what is not waiting to be written to it.
    static int forget_cached([[maybe_unused]] int file) noexcept {
#ifdef POSIX_FADV_DONTNEED
        return ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
#else
        return 0;
#endif
    }
};

template <class System = posix_system>
class basic_file_medium {
public:
    static constexpr std::size_t path_size_max = 1023;

    // Opens nothing. A relative path begins where the process is when open() is called.
    constexpr explicit basic_file_medium(const char* path, file_options options = {}) noexcept
        : options_{options} {
        std::size_t size = 0;
        while (path != nullptr && path[size] != '\0' && size < path_size_max) {
            path_[size] = path[size];
            ++size;
        }
        path_fits_ = path == nullptr || path[size] == '\0';
    }

    // A copy is for the same file, and not open. Who is moved from is not open any more.
    constexpr basic_file_medium(const basic_file_medium& other) noexcept
        : basic_file_medium{other.path_, other.options_} {
        path_fits_ = other.path_fits_;
    }
    constexpr basic_file_medium(basic_file_medium&& other) noexcept
        : basic_file_medium{std::as_const(other)} {  // NOLINT(performance-move-constructor-init)
        file_ = std::exchange(other.file_, -1);
        cache_may_lie_ = other.cache_may_lie_;
    }
    basic_file_medium& operator=(const basic_file_medium& other) noexcept {
        *this = basic_file_medium{other};
        return *this;
    }
    basic_file_medium& operator=(basic_file_medium&& other) noexcept {
        if (this != &other) {
            close();
            std::copy_n(other.path_, sizeof path_, path_);
            path_fits_ = other.path_fits_;
            options_ = other.options_;
            file_ = std::exchange(other.file_, -1);
            cache_may_lie_ = other.cache_may_lie_;
        }
        return *this;
    }
    ~basic_file_medium() { close(); }

    // busy, not_found (a directory of the path), no_permission, no_space, bad_geometry or failed:
    // then nothing is open, and an existing file is as it was.
    [[nodiscard]] io_status open() noexcept {
        if (file_ != -1) {
            return {io_error::busy, 0};
        }
        if (!path_fits_) {
            return {io_error::not_found, ENAMETOOLONG};
        }
        if (check_geometry(geometry()) != nullptr || bytes() > offset_max) {
            return {io_error::bad_geometry, 0};
        }
        file_ = again([this] {
            return System::open(path_, O_RDWR | O_CREAT | O_CLOEXEC, options_.permissions);
        });
        if (file_ == -1) {
            return failure(errno);
        }
        const io_status claimed = claim();
        if (!claimed) {
            close();
        }
        return claimed;
    }

    // What was not synced may still be written later by the system, or not. The lock goes with the
    // file: to unlock it here would take it from a process that fork() made, too.
    void close() noexcept {
        if (file_ != -1) {
            System::close(std::exchange(file_, -1));  // no second try: the number may be another's
        }
    }

    [[nodiscard]] constexpr medium_geometry geometry() const noexcept {
        return {.write_unit = options_.write_unit,
                .block_bytes = options_.block_bytes,
                .block_count = options_.block_count,
                .erased = std::byte{0}};
    }

    [[nodiscard]] io_status read(std::uint32_t block, std::uint32_t offset,
                                 std::span<std::byte> into) noexcept {
        const io_status allowed = check(block, offset, into.size());
        return allowed ? read_at(place(block, offset), into) : allowed;
    }

    // no_space only if another process has made holes in the file, or the file system copies what
    // it overwrites.
    [[nodiscard]] io_status program(std::uint32_t block, std::uint32_t offset,
                                    std::span<const std::byte> from) noexcept {
        io_status allowed = check(block, offset, from.size());
        if (allowed && (offset | from.size()) % options_.write_unit != 0) {
            allowed = {io_error::out_of_bounds, 0};
        }
        return allowed ? write_at(place(block, offset), from) : allowed;
    }

    [[nodiscard]] io_status erase(std::uint32_t block) noexcept {
        const io_status allowed = check(block, 0, 0);
        return allowed ? write_zeros(place(block, 0), place(block, 0) + options_.block_bytes)
                       : allowed;
    }

    [[nodiscard]] io_status sync() noexcept {
        if (file_ == -1) {
            return {io_error::closed, 0};
        }
        if (again([this] { return System::sync_data(file_); }) == -1) {
            const io_status failed = failure(errno);
            cache_may_lie_ = true;
            return failed;
        }
        return {};
    }

    // The path.
    [[nodiscard]] constexpr const char* name() const noexcept { return path_; }

private:
    static constexpr auto offset_max =
        static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
    // Of one system call: some refuse 2 GiB.
    static constexpr std::size_t piece_max = std::size_t{1} << 30;
    static constexpr std::size_t zero_bytes = 4096;
    static constexpr std::byte zeros[zero_bytes]{};

    template <class Call>
    static auto again(Call call) noexcept {
        auto answer = call();
        while (answer == -1 && errno == EINTR) {
            answer = call();
        }
        return answer;
    }

    static io_status failure(int code) noexcept {
        switch (code) {
            case ENOENT:
            case ENOTDIR:
            case ENAMETOOLONG:
            case ELOOP: return {io_error::not_found, code};
            case EACCES:
            case EPERM:
            case EROFS: return {io_error::no_permission, code};
            case ENOSPC:
            case EDQUOT:
            case EFBIG: return {io_error::no_space, code};
            case EISDIR: return {io_error::bad_geometry, code};
            default: return {io_error::failed, code};
        }
    }

    [[nodiscard]] constexpr std::uint64_t bytes() const noexcept {
        return std::uint64_t{options_.block_bytes} * options_.block_count;
    }
    [[nodiscard]] std::uint64_t place(std::uint32_t block, std::uint32_t offset) const noexcept {
        return std::uint64_t{options_.block_bytes} * block + offset;
    }

    [[nodiscard]] io_status check(std::uint32_t block, std::uint32_t offset,
                                  std::size_t size) const noexcept {
        if (file_ == -1) {
            return {io_error::closed, 0};
        }
        if (block >= options_.block_count || offset > options_.block_bytes ||
            size > options_.block_bytes - offset) {
            return {io_error::out_of_bounds, 0};
        }
        return {};
    }

    // With the file open: makes it this object's, of its full size, and there to stay.
    io_status claim() noexcept {
        if (again([this] { return System::lock(file_); }) == -1) {
            return errno == EWOULDBLOCK ? io_status{io_error::busy, errno} : failure(errno);
        }
        struct stat found {};
        if (again([&] { return System::status(file_, found); }) == -1) {
            return failure(errno);
        }
        // A device has no length, and would be overwritten with zeros each time.
        const auto size = static_cast<std::uint64_t>(found.st_size);
        if (!S_ISREG(found.st_mode) || size > bytes()) {
            return {io_error::bad_geometry, 0};
        }
        io_status made = check_tail(size);
        if (!made) {
            return made;
        }
        made = write_zeros(size, bytes());
        if (made) {
            made = sync_file_and_name();
        }
        if (!made && size < bytes()) {
            // If this fails, too, then the next open() finds zeros, as after a crash.
            static_cast<void>(System::resize(file_, found.st_size));
        }
        if (made && std::exchange(cache_may_lie_, false)) {
            System::forget_cached(file_);  // advice: nothing can be done if it is not taken
        }
        return made;
    }

    // A part of a block at the end was left by a crash when the file was made, or is no journal's.
    io_status check_tail(std::uint64_t size) noexcept {
        std::byte seen[256];
        std::uint64_t from = size - size % options_.block_bytes;
        while (from < size) {
            const auto piece =
                std::span{seen}.first(std::min<std::uint64_t>(sizeof seen, size - from));
            if (const io_status got = read_at(from, piece); !got) {
                return got;
            }
            if (std::any_of(piece.begin(), piece.end(),
                            [](std::byte value) { return value != std::byte{0}; })) {
                return {io_error::bad_geometry, 0};
            }
            from += piece.size();
        }
        return {};
    }

    io_status sync_file_and_name() noexcept {
        if (again([this] { return System::sync_all(file_); }) == -1) {
            return failure(errno);
        }
        char directory[path_size_max + 1] = ".";
        std::size_t size = 0;
        for (std::size_t at = 0; path_[at] != '\0'; ++at) {
            size = path_[at] == '/' ? at + 1 : size;
        }
        std::copy_n(path_, size, directory);
        directory[std::max<std::size_t>(size, 1)] = '\0';
        const int folder =
            again([&] { return System::open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0); });
        if (folder == -1) {
            return failure(errno);
        }
        const bool synced = again([&] { return System::sync_all(folder); }) != -1;
        const io_status answer = synced ? io_status{} : failure(errno);
        System::close(folder);
        return answer;
    }

    io_status read_at(std::uint64_t from, std::span<std::byte> into) noexcept {
        while (!into.empty()) {
            const ssize_t got = again([&] {
                return System::read(file_, into.data(), std::min(into.size(), piece_max),
                                    static_cast<off_t>(from));
            });
            if (got <= 0) {  // 0: somebody has made it shorter since
                return got == 0 ? io_status{io_error::failed, 0} : failure(errno);
            }
            from += static_cast<std::uint64_t>(got);
            into = into.subspan(static_cast<std::size_t>(got));
        }
        return {};
    }

    io_status write_at(std::uint64_t to, std::span<const std::byte> from) noexcept {
        while (!from.empty()) {
            const ssize_t put = again([&] {
                return System::write(file_, from.data(), std::min(from.size(), piece_max),
                                     static_cast<off_t>(to));
            });
            if (put <= 0) {
                return put == 0 ? io_status{io_error::no_space, 0} : failure(errno);
            }
            to += static_cast<std::uint64_t>(put);
            from = from.subspan(static_cast<std::size_t>(put));
        }
        return {};
    }

    io_status write_zeros(std::uint64_t from, std::uint64_t end) noexcept {
        while (from < end) {
            const auto piece =
                std::span{zeros}.first(std::min<std::uint64_t>(zero_bytes, end - from));
            if (const io_status put = write_at(from, piece); !put) {
                return put;
            }
            from += piece.size();
        }
        return {};
    }

    char path_[path_size_max + 1]{};
    bool path_fits_ = true;
    bool cache_may_lie_ = false;  // after a sync() that failed
    int file_ = -1;
    file_options options_;
};

using file_medium = basic_file_medium<>;

static_assert(journal_medium<file_medium> && named_medium<file_medium>);

}  // namespace PAWL_ABI
}  // namespace pawl
