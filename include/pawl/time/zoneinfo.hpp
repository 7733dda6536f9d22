// SPDX-License-Identifier: BSL-1.0
//
// zoneinfo: a time zone by its name, "Europe/Berlin", from the database of the system.
//
// What: an object with room for one file of the database, and a tzif over it. For hosted systems
// that have such a database (Linux, macOS, the BSDs), so pawl.hpp does not include it.
//
// Why not the C library's zones: there is one of them for the whole program, in a variable of the
// environment. Here each zone is an object, and no other thread can change it.
//
// How it works: the file is read into a buffer in the object, and stays there. So the object can be
// neither copied nor moved: its zone is a view of its own bytes, and jobs refer to it where it is.
// Let it be a static, a member, or an element of a std::list.
//
// Names come from users. One that could leave the folder, or read another kind of file, is refused
// before anything is opened: the parts between slashes consist of letters, digits, _, + and -, so
// neither "../../etc/passwd" nor "/etc/passwd" nor "zone.tab" is a name.
//
// Cost: load() reads one file of 0.1 to 4 KB; the C library takes memory for it meanwhile. The rest
// as tzif; no lock, and no more looking at the file: a program that runs while the database is
// updated has to load() again.
// Who may call: load() whoever owns the object, while nobody asks it. The rest anybody, anywhere.
//
//   static pawl::zoneinfo<> berlin;
//   if (const auto loaded = berlin.load("Europe/Berlin"); !loaded) {
//       report(loaded.error().message());
//   }
//   const auto next = "30 2 * * *"_cron.next(now, berlin);
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <span>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/time/time_zone.hpp>
#include <pawl/time/tzif.hpp>

namespace pawl {
inline namespace PAWL_ABI {

enum class zoneinfo_failure : std::uint8_t {
    none,
    not_a_name,
    not_found,
    unreadable,
    too_large,
    not_a_zone,
};

struct zoneinfo_error {
    zoneinfo_failure code = zoneinfo_failure::none;
    tzif_error file{};         // what is wrong with a file that is not a zone
    std::size_t position = 0;  // of what is no name: bytes from its start; else of what is no zone

    // A sentence, with static lifetime and a terminating zero behind it.
    [[nodiscard]] constexpr std::string_view message() const noexcept {
        switch (code) {
            case zoneinfo_failure::none: return "no error";
            case zoneinfo_failure::not_a_name:
                return "expected the name of a time zone, such as Europe/Berlin";
            case zoneinfo_failure::not_found: return "expected a time zone that this system knows";
            case zoneinfo_failure::unreadable: return "the file of the time zone cannot be read";
            case zoneinfo_failure::too_large:
                return "the file of the time zone has more bytes than this program has for it";
            case zoneinfo_failure::not_a_zone: return file.message();
        }
        return "unknown error";
    }

    friend constexpr bool operator==(const zoneinfo_error&,
                                     const zoneinfo_error&) noexcept = default;
};

// Tests true if the zone was loaded.
class [[nodiscard]] zoneinfo_result {
public:
    constexpr explicit zoneinfo_result(zoneinfo_error error) noexcept : error_{error} {}

    [[nodiscard]] constexpr bool has_value() const noexcept {
        return error_.code == zoneinfo_failure::none;
    }
    constexpr explicit operator bool() const noexcept { return has_value(); }

    // code is zoneinfo_failure::none if it was loaded.
    [[nodiscard]] constexpr const zoneinfo_error& error() const noexcept { return error_; }

private:
    zoneinfo_error error_;
};

// Where most systems have their database.
inline constexpr std::string_view zoneinfo_directory = "/usr/share/zoneinfo";

// Bytes: the greatest file that it can load. In the database of 2025 that is one of 3872 bytes
// (Asia/Hebron, in the long form that old programs need; 2464 in the short one).
template <std::size_t Bytes = 4096>
class zoneinfo {
public:
    static constexpr std::size_t name_size_max = 63;
    static constexpr std::size_t directory_size_max = 191;

    // UTC until it has loaded another one; all zero bytes.
    constexpr zoneinfo() noexcept = default;
    zoneinfo(const zoneinfo&) = delete;
    zoneinfo& operator=(const zoneinfo&) = delete;
    ~zoneinfo() = default;

    // Reads the file of that name. On failure the zone is as before (not_a_name, not_found), or
    // UTC, if its bytes are overwritten.
    zoneinfo_result load(std::string_view name,
                         std::string_view directory = zoneinfo_directory) noexcept {
        if (const std::size_t wrong = wrong_in(name); wrong != name.npos) {
            return fail(zoneinfo_failure::not_a_name, wrong);
        }
        if (directory.empty() || directory.size() > directory_size_max ||
            directory.find('\0') != directory.npos) {
            return fail(zoneinfo_failure::not_found, 0);
        }
        char path[directory_size_max + 1 + name_size_max + 1];
        std::size_t size = 0;
        for (const std::string_view part : {directory, std::string_view{"/"}, name}) {
            size += part.copy(path + size, part.size());
        }
        path[size] = '\0';
        std::FILE* const file = std::fopen(path, "rb");
        if (file == nullptr) {
            return fail(zoneinfo_failure::not_found, 0);
        }
        zone_ = tzif{};
        // Straight into the buffer; one byte more, to see whether there is one.
        std::setvbuf(file, nullptr, _IONBF, 0);
        const std::size_t read = std::fread(bytes_, 1, Bytes + 1, file);
        const bool failed = std::ferror(file) != 0;  // for one, it is a folder
        std::fclose(file);
        if (failed) {
            return fail(zoneinfo_failure::unreadable, 0);
        }
        if (read > Bytes) {
            return fail(zoneinfo_failure::too_large, 0);
        }
        const tzif_result parsed = tzif::parse({bytes_, read});
        if (!parsed) {
            return zoneinfo_result{
                {zoneinfo_failure::not_a_zone, parsed.error(), parsed.error().position}};
        }
        zone_ = *parsed;
        return zoneinfo_result{{}};
    }

    [[nodiscard]] constexpr std::chrono::seconds offset_at(
        std::chrono::sys_seconds instant) const noexcept {
        return zone_.offset_at(instant);
    }
    [[nodiscard]] constexpr local_info info(local_seconds local) const noexcept {
        return zone_.info(local);
    }
    [[nodiscard]] constexpr zone_span span_at(std::chrono::sys_seconds instant) const noexcept {
        return zone_.span_at(instant);
    }

private:
    static zoneinfo_result fail(zoneinfo_failure code, std::size_t position) noexcept {
        return zoneinfo_result{{code, {}, position}};
    }

    // The first byte for which it cannot be a name, or npos. The tz database's own rule for names,
    // without the dot, which none of them has.
    static constexpr std::size_t wrong_in(std::string_view name) noexcept {
        std::size_t part = 0;  // the size of the one between slashes
        for (std::size_t i = 0; i < name.size(); ++i) {
            const char c = name[i];
            const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-';
            if (i == name_size_max || (!letter && (c != '/' || part == 0))) {
                return i;
            }
            part = letter ? part + 1 : 0;
        }
        return part == 0 ? name.size() : name.npos;
    }

    tzif zone_;
    std::byte bytes_[Bytes + 1]{};
};

static_assert(time_zone<zoneinfo<>>);

}  // namespace PAWL_ABI
}  // namespace pawl
