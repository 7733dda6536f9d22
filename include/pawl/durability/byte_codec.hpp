// SPDX-License-Identifier: BSL-1.0
//
// byte_codec: numbers and texts as bytes that every machine reads alike, for data of durable jobs.
//
// What: byte_writer puts values into memory of the caller's, one behind the other; byte_reader
// takes them out again, in the same order. Nothing says what stands there: both sides have to know.
//
//   u8 to u64, i8 to i64   their bytes, least significant first; negative ones in two's complement
//   f32, f64               as IEEE 754 has them, NaN with its bits
//   boolean                a byte, 0 or 1; another one is a failure
//   text                   its length as a u16, then its bytes
//   bytes                  as many as there are, without a length
//
// Why not memcpy of a struct: the order of its bytes and the gaps between its members belong to
// one compiler and one machine, and it cannot be read any more once a member is added. Why not a
// format that describes itself (CBOR, MessagePack): each value pays for a description that the
// reader knows, and a reader that takes what comes in any order is a parser. Where data changes,
// the version of the job says so (job_types.hpp).
//
// How it works: what does not fit fails and leaves no trace, and so does everything after it, until
// the end: one question, ok(), at the end is enough. A reader that has failed answers with zeros,
// so a loop that counts by what it has read ends by itself. Any bytes are safe to read.
//
// Cost: a comparison each, and then a store or load where the machine's order is the same. No heap,
// nothing kept but where it stands. Constant expressions may do all of it except text() without an
// argument: seeing bytes as letters is not constant.
// Who may call: whoever has the object, in any thread or interrupt.
//
//   void encode(pawl::byte_writer& to) const noexcept { to.u32(user); to.text(subject); }
//   ...
//   const auto user = from.u32();
//   char subject[32];
//   from.text(subject);
//   if (!from.ok()) { ... }              // shorter than that, or a subject that is longer than 32
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/durability/little_endian.hpp>

namespace pawl {
inline namespace PAWL_ABI {

static_assert(std::numeric_limits<float>::is_iec559 && sizeof(float) == 4 &&
                  std::numeric_limits<double>::is_iec559 && sizeof(double) == 8,
              "f32 and f64 are numbers of IEEE 754");

inline constexpr std::size_t text_bytes_max = 0xFFFF;  // of one text

// Writes into `into`, and never beyond it.
class byte_writer {
    // First, because clang wants a template's body before it evaluates what calls it.
    template <class Number>
    PAWL_ONE_COPY constexpr void number(Number value) noexcept {
        if (!room_for(sizeof(Number))) {
            ok_ = false;
            return;
        }
        store_little(&into_[size_], value);
        size_ += sizeof(Number);
    }
    [[nodiscard]] constexpr bool room_for(std::size_t count) const noexcept {
        return ok_ && count <= into_.size() - size_;
    }

public:
    constexpr explicit byte_writer(std::span<std::byte> into) noexcept : into_{into} {}

    constexpr void u8(std::uint8_t value) noexcept { number(value); }
    constexpr void u16(std::uint16_t value) noexcept { number(value); }
    constexpr void u32(std::uint32_t value) noexcept { number(value); }
    constexpr void u64(std::uint64_t value) noexcept { number(value); }
    constexpr void i8(std::int8_t value) noexcept { u8(static_cast<std::uint8_t>(value)); }
    constexpr void i16(std::int16_t value) noexcept { u16(static_cast<std::uint16_t>(value)); }
    constexpr void i32(std::int32_t value) noexcept { u32(static_cast<std::uint32_t>(value)); }
    constexpr void i64(std::int64_t value) noexcept { u64(static_cast<std::uint64_t>(value)); }
    constexpr void f32(float value) noexcept { u32(std::bit_cast<std::uint32_t>(value)); }
    constexpr void f64(double value) noexcept { u64(std::bit_cast<std::uint64_t>(value)); }
    constexpr void boolean(bool value) noexcept { u8(value ? 1 : 0); }

    // Fails if it is longer than text_bytes_max. Whole or not at all.
    constexpr void text(std::string_view value) noexcept {
        if (value.size() > text_bytes_max || !room_for(value.size() + sizeof(std::uint16_t))) {
            ok_ = false;
            return;
        }
        u16(static_cast<std::uint16_t>(value.size()));
        for (const char letter : value) {
            into_[size_++] = static_cast<std::byte>(letter);
        }
    }

    // Just these: the reader has to know how many they are.
    constexpr void bytes(std::span<const std::byte> value) noexcept {
        if (!room_for(value.size())) {
            ok_ = false;
            return;
        }
        for (const std::byte each : value) {
            into_[size_++] = each;
        }
    }

    // False once something has not fitted.
    [[nodiscard]] constexpr bool ok() const noexcept { return ok_; }
    // Bytes that have been written; what has failed is not among them.
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }

private:
    std::span<std::byte> into_;
    std::size_t size_ = 0;
    bool ok_ = true;
};

// Reads from `from`, and never beyond it.
class byte_reader {
    // The next `count` bytes, or null.
    constexpr const std::byte* take(std::size_t count) noexcept {
        ok_ = ok_ && count <= from_.size();
        if (!ok_) {
            return nullptr;
        }
        const std::byte* const taken = from_.data();
        from_ = from_.subspan(count);
        return taken;
    }
    template <class Number>
    PAWL_ONE_COPY constexpr Number number() noexcept {
        const std::byte* const taken = take(sizeof(Number));
        return taken == nullptr ? Number{0} : load_little<Number>(taken);
    }

public:
    constexpr explicit byte_reader(std::span<const std::byte> from) noexcept : from_{from} {}

    [[nodiscard]] constexpr std::uint8_t u8() noexcept { return number<std::uint8_t>(); }
    [[nodiscard]] constexpr std::uint16_t u16() noexcept { return number<std::uint16_t>(); }
    [[nodiscard]] constexpr std::uint32_t u32() noexcept { return number<std::uint32_t>(); }
    [[nodiscard]] constexpr std::uint64_t u64() noexcept { return number<std::uint64_t>(); }
    [[nodiscard]] constexpr std::int8_t i8() noexcept { return static_cast<std::int8_t>(u8()); }
    [[nodiscard]] constexpr std::int16_t i16() noexcept { return static_cast<std::int16_t>(u16()); }
    [[nodiscard]] constexpr std::int32_t i32() noexcept { return static_cast<std::int32_t>(u32()); }
    [[nodiscard]] constexpr std::int64_t i64() noexcept { return static_cast<std::int64_t>(u64()); }
    [[nodiscard]] constexpr float f32() noexcept { return std::bit_cast<float>(u32()); }
    [[nodiscard]] constexpr double f64() noexcept { return std::bit_cast<double>(u64()); }

    [[nodiscard]] constexpr bool boolean() noexcept {
        const std::uint8_t value = u8();
        ok_ = ok_ && value <= 1;
        return ok_ && value == 1;
    }

    // Points into the bytes that are being read: for as long as these are there. In decode() of a
    // job that is until it returns; what the job keeps has to be copied.
    [[nodiscard]] std::string_view text() noexcept {
        const std::size_t size = u16();
        const std::byte* const letters = take(size);
        return letters == nullptr ? std::string_view{}
                                  : std::string_view{reinterpret_cast<const char*>(letters), size};
    }

    // Copies it, sets the rest of `to` to zero, and answers with the part of `to` that is text.
    // Fails, and leaves `to` as it is, if the text is longer than `to`.
    constexpr std::string_view text(std::span<char> to) noexcept {
        const std::size_t size = u16();
        ok_ = ok_ && size <= to.size();
        const std::byte* const letters = take(size);
        if (letters == nullptr) {
            return {};
        }
        for (std::size_t i = 0; i < to.size(); ++i) {
            to[i] = i < size ? static_cast<char>(letters[i]) : '\0';
        }
        return {to.data(), size};
    }

    // Fills `to`; if there are not as many bytes, it fails, and leaves `to` as it is.
    constexpr void bytes(std::span<std::byte> to) noexcept {
        const std::byte* const taken = take(to.size());
        for (std::size_t i = 0; ok_ && i < to.size(); ++i) {
            to[i] = taken[i];
        }
    }

    // Passes over what an older version has written and nobody needs any more.
    constexpr void skip(std::size_t count) noexcept { static_cast<void>(take(count)); }

    // Takes all that is left, and points into it, as text() does.
    [[nodiscard]] constexpr std::span<const std::byte> rest() noexcept {
        const std::size_t size = left();
        return {take(size), size};
    }

    // False once something was not there, or was not what it should be.
    [[nodiscard]] constexpr bool ok() const noexcept { return ok_; }
    // Bytes that have not been read; none after a failure.
    [[nodiscard]] constexpr std::size_t left() const noexcept { return ok_ ? from_.size() : 0; }

private:
    std::span<const std::byte> from_;
    bool ok_ = true;
};

}  // namespace PAWL_ABI
}  // namespace pawl
