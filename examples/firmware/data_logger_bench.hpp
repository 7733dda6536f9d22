// SPDX-License-Identifier: BSL-1.0
//
// data_logger_bench: the hardware around the data logger, as a test bench plays it: a NOR flash
// chip, a bus with two sensors and a radio, a watchdog; and a power supply that can be cut.
//
// The chip is a file of the host, read and written by semihosting: so nothing but its contents
// survives a power cut, which ends the emulator. It does what NOR flash does, and fails what a
// driver must not ask: erasing makes a sector all ones, programming only makes zeros, in whole
// units, each once between two erases.
//
// Who says what is to happen: the command line, five numbers, each 0 if it is not there.
//
//   data_logger SECOND OPERATION PARTS HANGS SILENT
//     SECOND     of the day, at which this life of the logger begins
//     OPERATION  of the chip, from 1, in the middle of which power is cut; from 1000 on the first
//                one after so many milliseconds; 0: it is not cut
//     PARTS      of a thousand of that operation that are still done
//     HANGS      not 0: the barometer answers no more after so many milliseconds
//     SILENT     not 0: nobody hears the radio at all
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "board/board.hpp"
#include "board/semihosting.hpp"

extern "C" std::uint32_t data_begin, bss_end, stack_top;  // of the linker script

namespace bench {

// How a life of the logger ends other than by the end of main().
enum status : int { power_cut = 70, watchdog_bit = 71, misused = 72 };

// ---- The host -----------------------------------------------------------------------------------

[[noreturn]] inline void end(const char* why, status how) {
    semihosting::print(why);
    semihosting::exit(how);
}

struct orders {
    std::uint32_t second = 0;
    std::uint32_t cut_operation = 0;
    std::uint32_t cut_parts = 0;
    std::uint32_t hangs = 0;
    std::uint32_t silent = 0;
};

inline orders read_orders() {
    char line[80] = {};
    const std::uintptr_t block[2] = {reinterpret_cast<std::uintptr_t>(line), sizeof line};
    semihosting::call(0x15, block);  // SYS_GET_CMDLINE
    orders result;
    std::uint32_t* const numbers[] = {&result.second, &result.cut_operation, &result.cut_parts,
                                      &result.hangs, &result.silent};
    const char* at = line;
    for (std::uint32_t* const number : numbers) {
        while (*at != '\0' && *at != ' ') {
            ++at;  // over the word before
        }
        while (*at == ' ') {
            ++at;
        }
        for (const char* digit = at; *digit >= '0' && *digit <= '9'; ++digit) {
            *number = *number * 10 + static_cast<std::uint32_t>(*digit - '0');
        }
    }
    return result;
}

// ---- The flash chip -----------------------------------------------------------------------------

class chip {
public:
    static constexpr std::uint32_t sector_bytes = 1024;
    static constexpr std::uint32_t sector_count = 16;
    static constexpr std::uint32_t write_unit = 4;
    static constexpr std::uint32_t page_bytes = 256;

    static inline orders power;
    static inline std::uint32_t operations = 0;  // that changed the chip
    static inline std::uint32_t erases = 0;

    // A chip that is not there yet is a new one.
    static bool open() noexcept {
        constexpr std::uintptr_t update = 3;  // as fopen's "r+b"
        constexpr std::uintptr_t make = 7;    // "w+b"
        if (!open_file(update)) {
            if (!open_file(make)) {
                return false;
            }
            for (std::uint32_t at = 0; at < sector_bytes * sector_count; at += sector_bytes) {
                make_ones(at, sector_bytes);
            }
        }
        return true;
    }

    static bool read(std::uint32_t address, std::span<std::byte> into) noexcept {
        return seek(address) && transfer(sys_read, into.data(), into.size());
    }

    static bool program(std::uint32_t address, std::span<const std::byte> from) noexcept {
        const auto size = static_cast<std::uint32_t>(from.size());
        if ((address | size) % write_unit != 0 || size == 0 ||
            address / page_bytes != (address + size - 1) / page_bytes) {
            end("the chip was asked for parts of a unit, or for two pages\n", misused);
        }
        std::byte cells[page_bytes];
        if (!read(address, {cells, size})) {
            return false;
        }
        for (std::uint32_t i = 0; i < size; ++i) {
            if (cells[i] != std::byte{0xFF}) {
                end("the chip was asked to program what is not erased\n", misused);
            }
        }
        const std::uint32_t whole = begin(size);
        for (std::uint32_t i = 0; i < whole; ++i) {
            cells[i] &= from[i];
        }
        if (whole < size) {
            cells[whole] &= from[whole] | std::byte{0xA5};  // some of its bits have fallen
            write(address, {cells, size});
            cut("programming", address, size, whole);
        }
        return write(address, {cells, size});
    }

    static bool erase(std::uint32_t address) noexcept {
        if (address % sector_bytes != 0) {
            end("the chip was asked to erase a part of a sector\n", misused);
        }
        ++erases;
        const std::uint32_t whole = begin(sector_bytes);
        if (!make_ones(address, whole)) {
            return false;
        }
        if (whole < sector_bytes) {
            cut("erasing", address, sector_bytes, whole);
        }
        return true;
    }

private:
    static constexpr std::uint32_t sys_write = 0x05;
    static constexpr std::uint32_t sys_read = 0x06;
    static constexpr std::uint32_t sys_seek = 0x0A;

    // How many bytes of this operation are done before power is cut: all, unless it is the one.
    static std::uint32_t begin(std::uint32_t size) noexcept {
        ++operations;
        const bool cut = power.cut_operation < 1000
                             ? operations == power.cut_operation
                             : board::clock::now().time_since_epoch() >=
                                   std::chrono::milliseconds{power.cut_operation};
        return cut ? size * power.cut_parts / 1000 : size;
    }

    [[noreturn]] static void cut(const char* doing, std::uint32_t address, std::uint32_t size,
                                 std::uint32_t whole) {
        semihosting::print("power cut, ");
        semihosting::print(doing);
        semihosting::print(" block ");
        semihosting::print(address / sector_bytes);
        semihosting::print(" at ");
        semihosting::print(address % sector_bytes);
        semihosting::print(": ");
        semihosting::print(whole);
        semihosting::print(" bytes of ");
        semihosting::print(size);
        end("\n", power_cut);
    }

    static bool open_file(std::uintptr_t mode) noexcept {
        static constexpr char name[] = "data_logger.flash";
        const std::uintptr_t block[3] = {reinterpret_cast<std::uintptr_t>(name), mode,
                                         sizeof name - 1};
        handle_ = semihosting::call(0x01, block);  // SYS_OPEN
        return handle_ != -1;
    }
    static bool seek(std::uint32_t address) noexcept {
        const std::uintptr_t block[2] = {static_cast<std::uintptr_t>(handle_), address};
        return semihosting::call(sys_seek, block) == 0;
    }
    static bool transfer(std::uint32_t operation, const void* bytes, std::size_t size) noexcept {
        const std::uintptr_t block[3] = {static_cast<std::uintptr_t>(handle_),
                                         reinterpret_cast<std::uintptr_t>(bytes), size};
        return semihosting::call(operation, block) == 0;  // bytes that were left over
    }
    static bool write(std::uint32_t address, std::span<const std::byte> from) noexcept {
        return seek(address) && transfer(sys_write, from.data(), from.size());
    }
    static bool make_ones(std::uint32_t address, std::uint32_t size) noexcept {
        std::byte ones[64];
        for (std::byte& each : ones) {
            each = std::byte{0xFF};
        }
        bool good = true;
        for (std::uint32_t done = 0; done < size && good; done += sizeof ones) {
            const std::uint32_t rest = size - done;
            good = write(address + done, std::span{ones}.first(rest < 64 ? rest : 64));
        }
        return good;
    }

    static inline std::intptr_t handle_ = -1;
};

// ---- The bus, two sensors and a radio -----------------------------------------------------------

inline std::uint32_t second_of_day() {
    return static_cast<std::uint32_t>(board::clock::wall_now().time_since_epoch().count() % 86400);
}
inline std::uint32_t now_ms() {
    return static_cast<std::uint32_t>(board::clock::now().time_since_epoch().count());
}

inline std::uint32_t bus_free_ms = 0;
inline bool bus_is_busy() { return static_cast<std::int32_t>(bus_free_ms - now_ms()) > 0; }

// Of each sensor a new value each half second: tenths of a degree, and hPa.
inline std::uint32_t temperature() { return 200 + (now_ms() + 500) / 1000 * 9; }
inline std::uint32_t pressure() { return 1000 + (now_ms() + 500) / 1000 * 3; }
inline bool thermometer_answers() { return true; }
inline bool barometer_answers() { return chip::power.hangs == 0 || now_ms() < chip::power.hangs; }

// The radio takes what it sends from the bus, for 15 ms; four seconds out of eight
// nobody hears it.
inline bool radio_sends() {
    bus_free_ms = now_ms() + 15;
    return chip::power.silent == 0 && second_of_day() % 8 < 4;
}

// ---- The watchdog, and how much memory there is in use ------------------------------------------

// No whole seconds: at these there is something to be stored, before or after the bite.
inline constexpr std::uint32_t patience_ms = 1900;
inline volatile std::uint32_t watchdog_ms = patience_ms;
inline void feed_watchdog() { watchdog_ms = patience_ms; }
// To be called each millisecond. True: it bites.
inline bool watchdog_bites() {
    watchdog_ms = watchdog_ms - 1;
    return watchdog_ms == 0;
}

// What is static, and as much of the stack as was ever used: above the zeros that memory is when
// power comes.
inline std::uint32_t memory_bytes() {
    const std::uint32_t* lowest = &bss_end;
    while (lowest < &stack_top && *lowest == 0) {
        ++lowest;
    }
    return static_cast<std::uint32_t>(&bss_end - &data_begin + (&stack_top - lowest)) * 4;
}

}  // namespace bench
