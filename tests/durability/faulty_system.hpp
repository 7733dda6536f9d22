// SPDX-License-Identifier: BSL-1.0
//
// The calls of file_medium to its system, counted, and one of them made to fail.
//
// All of it is static, as file_medium's seam is: one scene at a time, which begins with reset().
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include <pawl/durability/file_medium.hpp>

namespace faulty {

// How the call of a scene goes wrong.
enum class fault : std::uint8_t {
    error,    // -1 and errno, nothing done
    shorter,  // of a read or write: half of it done; of anything else: as ever
    nothing,  // of a read or write: 0, nothing done; of anything else: as ever
};

class system : public pawl::posix_system {
public:
    static inline int calls = 0;    // since reset()
    static inline int fail_at = 0;  // the number of the call that fails, from 1; 0: none
    static inline fault kind = fault::error;
    static inline int code = EIO;
    static inline std::string said;  // a letter for each call, F for the one that fails
    static inline int files = 0;     // that are open

    // s and d: the file, the folder; other letters: see below.
    static void reset(int at = 0, fault how = fault::error, int error = EIO) {
        calls = 0;
        fail_at = at;
        kind = how;
        code = error;
        said.clear();
        files = 0;
        folder_ = -1;
    }

    static int open(const char* path, int flags, std::uint32_t permissions) noexcept {
        const bool folder = (flags & O_DIRECTORY) != 0;
        if (fails(folder ? 'o' : 'O')) {
            return -1;
        }
        const int file = posix_system::open(path, flags, permissions);
        files += file != -1 ? 1 : 0;
        folder_ = folder ? file : folder_;
        return file;
    }
    static int close(int file) noexcept {
        --files;
        const bool failed = fails(file == folder_ ? 'c' : 'C');
        folder_ = file == folder_ ? -1 : folder_;
        static_cast<void>(posix_system::close(file));  // what close() says, it has closed
        errno = code;
        return failed ? -1 : 0;
    }
    static int lock(int file) noexcept { return fails('L') ? -1 : posix_system::lock(file); }
    static int status(int file, struct stat& found) noexcept {
        return fails('T') ? -1 : posix_system::status(file, found);
    }
    static ssize_t read(int file, std::byte* into, std::size_t size, off_t offset) noexcept {
        if (fails('R')) {
            return -1;
        }
        const std::size_t part = size_of_part(size);
        return part == 0 ? 0 : posix_system::read(file, into, part, offset);
    }
    static ssize_t write(int file, const std::byte* from, std::size_t size, off_t offset) noexcept {
        if (fails('W')) {
            return -1;
        }
        const std::size_t part = size_of_part(size);
        return part == 0 ? 0 : posix_system::write(file, from, part, offset);
    }
    static int resize(int file, off_t size) noexcept {
        return fails('Z') ? -1 : posix_system::resize(file, size);
    }
    static int sync_data(int file) noexcept {
        return fails('D') ? -1 : posix_system::sync_data(file);
    }
    static int sync_all(int file) noexcept {
        return fails(file == folder_ ? 'd' : 's') ? -1 : posix_system::sync_all(file);
    }
    static int forget_cached(int file) noexcept {
        return fails('G') ? -1 : posix_system::forget_cached(file);
    }

private:
    static inline int folder_ = -1;

    static bool fails(char letter) {
        ++calls;
        const bool failing = calls == fail_at && kind == fault::error;
        // Of the writes in a row one letter is enough.
        if (failing || said.empty() || said.back() != letter || letter != 'W') {
            said += failing ? 'F' : letter;
        }
        errno = failing ? code : errno;
        return failing;
    }
    static std::size_t size_of_part(std::size_t size) noexcept {
        if (calls != fail_at || kind == fault::error) {
            return size;
        }
        return kind == fault::shorter ? (size + 1) / 2 : 0;
    }
};

using medium = pawl::basic_file_medium<system>;

}  // namespace faulty
