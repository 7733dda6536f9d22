// SPDX-License-Identifier: BSL-1.0
//
// medium_conformance: does an adapter keep what a journal_medium promises?
//
// What: check_medium() uses a medium as a journal would, and as a bad one would, and says what it
// finds first. It checks what can be seen without a power cut: whether erase() and program() do
// what they say and nothing else, whether every part can be read, whether what is wrong is refused,
// whether everything is still there after close() and open(). What a cut leaves behind, the one who
// writes the adapter has to know.
//
// Everything on the medium is overwritten; afterwards all blocks are erased and it is closed. Each
// block is erased three times.
//
// How it works: what a byte should be follows from its place and a number for the round, so there
// is no copy of the medium in memory. Units of zeros only and of ones only are among the contents.
// Before each read the buffer is filled with what is not expected, and has guards on both sides.
//
// Cost: some ten times reading the medium. ScratchBytes on the stack, one write unit at least; no
// heap, no output, nothing but the core: it also runs on the board, where it matters most.
// Who may call: one thread, while nobody else uses the medium.
//
//   my_medium medium;
//   if (const auto verdict = pawl::check_medium(medium); !verdict) {
//       std::printf("%s (block %u)\n", verdict.violation, verdict.block);
//   }
//   my_medium rival;                           // of the same storage
//   pawl::check_medium(medium, rival);         // also: who opens it twice gets `busy`
//   pawl::check_medium<64>(medium);            // with little stack
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/durability/io_status.hpp>
#include <pawl/durability/journal_medium.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Tests true if nothing was found.
struct [[nodiscard]] medium_verdict {
    const char* violation = nullptr;  // a sentence with static lifetime; null if there is none
    std::uint32_t block = 0;
    std::uint32_t offset = 0;  // of the operation, or of the byte that is wrong
    io_status status{};        // what the medium said

    [[nodiscard]] constexpr bool ok() const noexcept { return violation == nullptr; }
    constexpr explicit operator bool() const noexcept { return ok(); }
};

// The steps of check_medium(). Each returns true if it went well; else verdict() says what did not.
template <std::uint32_t ScratchBytes, class M>
class medium_check {
public:
    explicit medium_check(M& medium) noexcept : medium_{medium} {}

    // `while_open` is one more step, for when every block holds something.
    template <class Step>
    static medium_verdict run(M& medium, Step while_open) noexcept {
        medium_check check{medium};
        static_cast<void>(check.open() && check.erase_all() && check.fill_all() &&
                          check.read_parts() && check.refuse_what_is_beyond() &&
                          check.erase_even() && check.refuse_parts_of_units() &&
                          check.fill_half_of_even() && while_open(check) && check.reopen() &&
                          check.go_on() && check.erase_all());
        check.close();
        return check.verdict();
    }

    [[nodiscard]] const medium_verdict& verdict() const noexcept { return verdict_; }

    bool open() noexcept {
        if (!done(medium_.open(), "open() fails", 0, 0)) {
            return false;
        }
        is_open_ = true;
        const medium_geometry found = std::as_const(medium_).geometry();
        const char* const wrong = check_geometry(found);
        if (wrong != nullptr) {
            return fail(wrong, 0, 0);
        }
        if (found.write_unit > ScratchBytes) {
            return fail("check_medium() needs as many ScratchBytes as a write unit has", 0, 0);
        }
        if (was_open_ && found != shape_) {
            return fail("geometry() is another one after close() and open()", 0, 0);
        }
        shape_ = found;
        unit_bits_ = std::countr_zero(found.write_unit);
        was_open_ = true;
        return true;
    }

    void close() noexcept {
        if (is_open_) {
            is_open_ = false;
            medium_.close();
        }
    }

    // As long as this one is open, the other cannot be; after that it sees the same.
    template <class Rival>
    bool refuses_second(Rival& rival) noexcept {
        const io_status said = rival.open();
        if (said) {
            rival.close();
            return fail("a second open() succeeds", 0, 0);
        }
        if (said.error != io_error::busy) {
            return fail("a second open() fails, but does not say busy", 0, 0, said);
        }
        if (!holds_halves("a second open() that was refused changes the medium")) {
            return false;
        }
        close();
        medium_check<ScratchBytes, Rival> other{rival};
        static_cast<void>(other.open() &&
                          other.holds_halves("another one that opens it sees other bytes"));
        other.close();
        verdict_ = other.verdict();
        return verdict_.ok() && open();
    }

    // Even blocks have the second contents in their first half, odd blocks the first in all.
    [[nodiscard]] bool holds_halves(const char* else_violation) noexcept {
        return holds_everywhere({second, half()}, {first, shape_.block_bytes}, else_violation);
    }

private:
    static constexpr std::uint32_t guard_bytes = 8;
    static constexpr std::byte guard{0x5A};
    static constexpr std::uint32_t parts_max = 160;  // bytes
    static constexpr std::uint32_t small_pieces_end = 4096;
    static constexpr std::uint32_t first = 1;
    static constexpr std::uint32_t second = 2;

    // What a block should hold: a round's bytes up to `end`, then erased ones.
    struct contents {
        std::uint32_t round = 0;
        std::uint32_t end = 0;
    };

    bool erase_all() noexcept {
        for (std::uint32_t block = 0; block < shape_.block_count; ++block) {
            if (!erase(block)) {
                return false;
            }
        }
        return holds_everywhere({}, {},
                                "erase() of a block, and another one is not erased any more");
    }

    // In ascending pieces, small ones of different sizes first, looking at both neighbours of each.
    bool fill_all() noexcept {
        for (std::uint32_t block = 0; block < shape_.block_count; ++block) {
            std::uint32_t units = 1;
            for (std::uint32_t offset = 0; offset < shape_.block_bytes;) {
                const std::uint32_t size =
                    std::min({units * shape_.write_unit, whole_units(ScratchBytes),
                              shape_.block_bytes - offset});
                if (!program(block, offset, size, first)) {
                    return false;
                }
                offset += size;
                units = offset < small_pieces_end ? units % 13 + 3 : ScratchBytes;
            }
        }
        return holds_everywhere({first, shape_.block_bytes}, {first, shape_.block_bytes},
                                "program() changes another block") &&
               sync();
    }

    // Any bytes of a block may be asked for, not only units.
    bool read_parts() noexcept {
        const contents full{first, shape_.block_bytes};
        for (const std::uint32_t block : {std::uint32_t{0}, shape_.block_count - 1}) {
            for (std::uint32_t size = 1; size <= std::min(shape_.block_bytes, parts_max); ++size) {
                for (const std::uint32_t offset :
                     {size % 7, size * 5 % 61, shape_.block_bytes - size}) {
                    if (size <= std::min(ScratchBytes, shape_.block_bytes) &&
                        offset <= shape_.block_bytes - size &&
                        !holds(block, offset, size, full,
                               "read() of a part of a block returns other bytes")) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    // A journal makes no such call, unless a length that it has read is damaged.
    bool refuse_what_is_beyond() noexcept {
        const std::uint32_t unit = shape_.write_unit;
        const std::uint32_t end = shape_.block_bytes;
        const std::uint32_t last = shape_.block_count - 1;
        constexpr std::uint32_t far = 0xFFFF'FFFF;
        const std::span<std::byte> one = std::span{scratch_}.subspan(guard_bytes, unit);
        std::fill(one.begin(), one.end(), shape_.erased);
        const struct {
            std::uint32_t block;
            std::uint32_t offset;
        } places[] = {{last, end}, {0, end}, {last + 1, 0}, {far, 0}, {0, far - unit + 1}};
        for (const auto& at : places) {
            if (!refused(medium_.read(at.block, at.offset, one),
                         "read() of what is beyond the medium or its block succeeds", at.block,
                         at.offset) ||
                !refused(medium_.program(at.block, at.offset, one),
                         "program() beyond the medium or its block succeeds", at.block,
                         at.offset)) {
                return false;
            }
        }
        // Begins within and ends beyond.
        if (2 * unit <= ScratchBytes) {
            const auto two = std::span{scratch_}.subspan(guard_bytes, std::size_t{2} * unit);
            std::fill(two.begin(), two.end(), shape_.erased);
            if (!refused(medium_.read(0, end - unit, two),
                         "read() over the end of a block succeeds", 0, end - unit) ||
                !refused(medium_.program(0, end - unit, two),
                         "program() over the end of a block succeeds", 0, end - unit)) {
                return false;
            }
        }
        for (const std::uint32_t block : {last + 1, far}) {
            if (!refused(medium_.erase(block), "erase() beyond the medium succeeds", block, 0)) {
                return false;
            }
        }
        return holds_everywhere({first, end}, {first, end}, "what is refused changes the medium");
    }

    bool erase_even() noexcept {
        const contents full{first, shape_.block_bytes};
        for (std::uint32_t block = 0; block < shape_.block_count; block += 2) {
            if (!erase(block) || (block + 1 < shape_.block_count &&
                                  !holds(block + 1, full, "erase() changes another block"))) {
                return false;
            }
        }
        return holds_everywhere({}, full, "erase() changes another block");
    }

    // In a block that is erased: what is wrong with it is the part of a unit only.
    bool refuse_parts_of_units() noexcept {
        const std::uint32_t unit = shape_.write_unit;
        if (unit == 1) {
            return true;
        }
        const std::span<std::byte> one = std::span{scratch_}.subspan(guard_bytes, unit);
        std::fill(one.begin(), one.end(), ~shape_.erased);
        return refused(medium_.program(0, 0, one.first(unit / 2)),
                       "program() of a part of a write unit succeeds", 0, 0) &&
               refused(medium_.program(0, unit / 2, one),
                       "program() that begins within a write unit succeeds", 0, unit / 2) &&
               holds(0, {}, "what is refused changes the medium");
    }

    bool fill_half_of_even() noexcept {
        for (std::uint32_t block = 0; block < shape_.block_count; block += 2) {
            if (!fill(block, 0, half())) {
                return false;
            }
        }
        return holds_halves("program() changes another block") && sync();
    }

    bool reopen() noexcept {
        close();
        return open() && holds_halves("close() and open() change the medium");
    }

    // In a block that was begun before.
    bool go_on() noexcept { return fill(0, half(), shape_.block_bytes) && sync(); }

    bool same_geometry() noexcept {
        return std::as_const(medium_).geometry() == shape_ ||
               fail("geometry() changes while the medium is open", 0, 0);
    }

    [[nodiscard]] std::uint32_t whole_units(std::uint32_t bytes) const noexcept {
        return bytes - bytes % shape_.write_unit;
    }
    [[nodiscard]] std::uint32_t half() const noexcept {
        return whole_units(shape_.block_bytes / 2);
    }

    [[nodiscard]] std::byte expected(std::uint32_t block, std::uint32_t offset,
                                     const contents& what) const noexcept {
        if (offset >= what.end) {
            return shape_.erased;
        }
        const std::uint32_t unit = offset >> unit_bits_;  // a division here would take most time
        if (unit % 8 == 3 || unit % 8 == 6) {
            return unit % 8 == 3 ? std::byte{0} : std::byte{0xFF};
        }
        // A hash of the place, so that no two places have the same bytes around them.
        std::uint32_t mixed = (offset + what.round * 0x9E37'79B9U) ^ (block * 0x85EB'CA6BU);
        mixed = (mixed ^ (mixed >> 15)) * 0x2C1B'3C6DU;
        return static_cast<std::byte>((mixed ^ (mixed >> 12)) >> 4);
    }

    bool fail(const char* violation, std::uint32_t block, std::uint32_t offset,
              io_status status = {}) noexcept {
        verdict_ = {violation, block, offset, status};
        return false;
    }
    bool done(io_status said, const char* violation, std::uint32_t block,
              std::uint32_t offset) noexcept {
        return said || fail(violation, block, offset, said);
    }
    bool refused(io_status said, const char* violation, std::uint32_t block,
                 std::uint32_t offset) noexcept {
        return !said || fail(violation, block, offset, said);
    }

    bool sync() noexcept { return done(medium_.sync(), "sync() fails", 0, 0) && same_geometry(); }

    bool erase(std::uint32_t block) noexcept {
        return done(medium_.erase(block), "erase() fails", block, 0) &&
               holds(block, {}, "erase() leaves bytes that are not erased");
    }

    bool program(std::uint32_t block, std::uint32_t offset, std::uint32_t size,
                 std::uint32_t round) noexcept {
        const std::uint32_t unit = shape_.write_unit;
        const std::uint32_t end = offset + size;
        const contents now{round, end};
        std::byte* const bytes = scratch_ + guard_bytes;
        for (std::uint32_t i = 0; i < size; ++i) {
            bytes[i] = expected(block, offset + i, now);
        }
        return done(medium_.program(block, offset, {bytes, size}), "program() fails", block,
                    offset) &&
               holds(block, offset, size, now,
                     "program() succeeds, and read() returns other bytes") &&
               (offset == 0 ||
                holds(block, offset - unit, unit, now, "program() changes the unit before")) &&
               (end == shape_.block_bytes ||
                holds(block, end, unit, now, "program() changes the unit behind"));
    }

    bool fill(std::uint32_t block, std::uint32_t offset, std::uint32_t end) noexcept {
        while (offset < end) {
            const std::uint32_t size = std::min(whole_units(ScratchBytes), end - offset);
            if (!program(block, offset, size, second)) {
                return false;
            }
            offset += size;
        }
        return true;
    }

    bool holds_everywhere(const contents& even, const contents& odd,
                          const char* else_violation) noexcept {
        for (std::uint32_t block = 0; block < shape_.block_count; ++block) {
            if (!holds(block, block % 2 == 0 ? even : odd, else_violation)) {
                return false;
            }
        }
        return same_geometry();
    }

    bool holds(std::uint32_t block, const contents& what, const char* else_violation) noexcept {
        for (std::uint32_t offset = 0; offset < shape_.block_bytes;) {
            const std::uint32_t size = std::min(ScratchBytes, shape_.block_bytes - offset);
            if (!holds(block, offset, size, what, else_violation)) {
                return false;
            }
            offset += size;
        }
        return true;
    }

    bool holds(std::uint32_t block, std::uint32_t offset, std::uint32_t size, const contents& what,
               const char* else_violation) noexcept {
        std::byte* const bytes = scratch_ + guard_bytes;
        std::fill_n(bytes - guard_bytes, guard_bytes, guard);
        std::fill_n(bytes + size, guard_bytes, guard);
        for (std::uint32_t i = 0; i < size; ++i) {
            bytes[i] = ~expected(block, offset + i, what);
        }
        if (!done(medium_.read(block, offset, {bytes, size}), "read() fails", block, offset)) {
            return false;
        }
        for (std::uint32_t i = 0; i < size; ++i) {
            if (bytes[i] != expected(block, offset + i, what)) {
                return fail(else_violation, block, offset + i);
            }
        }
        for (std::uint32_t i = 0; i < guard_bytes; ++i) {
            if (scratch_[i] != guard || bytes[size + i] != guard) {
                return fail("read() writes beyond the bytes that it was given", block, offset);
            }
        }
        return true;
    }

    M& medium_;
    medium_geometry shape_{};
    int unit_bits_ = 0;  // write_unit is two to the power of them
    bool was_open_ = false;
    bool is_open_ = false;
    medium_verdict verdict_{};
    std::byte scratch_[guard_bytes + ScratchBytes + guard_bytes];
};

// Checks a medium that is not open.
template <std::uint32_t ScratchBytes = write_unit_max, journal_medium M>
medium_verdict check_medium(M& medium) noexcept {
    return medium_check<ScratchBytes, M>::run(medium, [](auto&) { return true; });
}

// Also with a second one of the same storage, which must be refused while the first is open.
template <std::uint32_t ScratchBytes = write_unit_max, journal_medium M, journal_medium Rival>
medium_verdict check_medium(M& medium, Rival& rival) noexcept {
    return medium_check<ScratchBytes, M>::run(
        medium, [&rival](auto& check) { return check.refuses_second(rival); });
}

}  // namespace PAWL_ABI
}  // namespace pawl
