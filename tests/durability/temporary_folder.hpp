// SPDX-License-Identifier: BSL-1.0
//
// A new folder for the files of one scene, which goes with it. In memory, where the system offers
// that: a sync there costs nothing. What is to be on a disk says so.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include <unistd.h>

class temporary_folder {
public:
    enum class place : bool { anywhere, on_disk };

    explicit temporary_folder(place where = place::anywhere) {
        const bool in_memory = where == place::anywhere && ::access("/dev/shm", W_OK | X_OK) == 0;
        std::string made = in_memory ? "/dev/shm" : std::filesystem::temp_directory_path().string();
        made += "/pawl.XXXXXX";
        if (::mkdtemp(made.data()) == nullptr) {
            std::abort();
        }
        path_ = made;
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};
