// SPDX-License-Identifier: BSL-1.0
//
// io_status: what came of one operation on a storage medium.
//
// A cause that programs can act on, and beside it the number that the system or the driver gave
// (errno, a status register), for people. Plain data of 8 bytes; zero is success.
#pragma once

#include <cstdint>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

enum class io_error : std::uint8_t {
    none,
    busy,           // somebody else has the medium open
    not_found,      // it is not there, and may not be made
    no_permission,  // it may not be opened so
    no_space,       // it is full; what is there already is unharmed
    failed,         // the device said so: what was being written may be there, or not, or in part
    out_of_bounds,  // beyond the medium, or not in whole write units: a fault of the caller's
    bad_geometry,   // the medium is not what a journal needs; see check_geometry()
    closed,         // not open yet, or not any more
    timed_out,      // not yet; it goes on
};

struct io_status {
    io_error error = io_error::none;
    std::int32_t code = 0;  // of the system or the driver; 0 where there is none

    [[nodiscard]] constexpr bool ok() const noexcept { return error == io_error::none; }
    constexpr explicit operator bool() const noexcept { return ok(); }
    friend constexpr bool operator==(const io_status&, const io_status&) noexcept = default;
};

// A sentence's worth, without the code: "the device reports an error".
[[nodiscard]] constexpr const char* describe(io_error error) noexcept {
    switch (error) {
        case io_error::none: return "no error";
        case io_error::busy: return "it is in use by another process or journal";
        case io_error::not_found: return "it does not exist";
        case io_error::no_permission: return "permission denied";
        case io_error::no_space: return "no space left";
        case io_error::failed: return "the device reports an error";
        case io_error::out_of_bounds: return "an operation beyond its bounds";
        case io_error::bad_geometry: return "its geometry is not one that a journal can use";
        case io_error::closed: return "it is not open";
        case io_error::timed_out: return "it takes longer";
    }
    return "unknown error";
}

}  // namespace PAWL_ABI
}  // namespace pawl
