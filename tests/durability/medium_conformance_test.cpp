// SPDX-License-Identifier: BSL-1.0
//
// Goal: check_medium() finds every broken promise, and says which one it is; a medium that keeps
// them passes. Method: a medium in memory that keeps all of them, and a list of media that are each
// wrong in one thing, as adapters are wrong: derived from it, with one function replaced.
#include "catch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/durability/medium_conformance.hpp>
#include <pawl/durability/medium_ref.hpp>

namespace {

using pawl::io_error;
using pawl::io_status;
using pawl::medium_geometry;

constexpr std::uint32_t unit = 8;
constexpr std::uint32_t block_bytes = 1024;
constexpr std::uint32_t block_count = 4;
constexpr io_status good{};
constexpr io_status refused{io_error::out_of_bounds, 0};

// Keeps every promise.
struct right {
    std::vector<std::byte> bytes = std::vector<std::byte>(block_bytes * block_count);
    medium_geometry shape{.write_unit = unit,
                          .block_bytes = block_bytes,
                          .block_count = block_count,
                          .erased = std::byte{0xFF}};

    io_status open() noexcept { return good; }
    void close() noexcept {}
    [[nodiscard]] medium_geometry geometry() const noexcept { return shape; }
    io_status read(std::uint32_t block, std::uint32_t offset, std::span<std::byte> into) noexcept {
        if (!inside(block, offset, into.size())) {
            return refused;
        }
        std::copy_n(at(block, offset), into.size(), into.data());
        return good;
    }
    io_status program(std::uint32_t block, std::uint32_t offset,
                      std::span<const std::byte> from) noexcept {
        if (!inside(block, offset, from.size()) || (offset | from.size()) % unit != 0) {
            return refused;
        }
        std::copy_n(from.data(), from.size(), at(block, offset));
        return good;
    }
    io_status erase(std::uint32_t block) noexcept {
        if (!inside(block, 0, 0)) {
            return refused;
        }
        std::fill_n(at(block, 0), block_bytes, std::byte{0xFF});
        return good;
    }
    io_status sync() noexcept { return good; }

    static bool inside(std::uint32_t block, std::uint32_t offset, std::size_t size) {
        return block < block_count && offset <= block_bytes && size <= block_bytes - offset;
    }
    std::byte* at(std::uint32_t block, std::uint32_t offset) {
        return bytes.data() + std::size_t{block} * block_bytes + offset;
    }
};

using into_span = std::span<std::byte>;
using from_span = std::span<const std::byte>;

// ---- geometry, open, close, sync ----

struct of_two_blocks : right {
    of_two_blocks() { shape.block_count = 2; }
};
struct never_opens : right {
    io_status open() noexcept { return {io_error::failed, 5}; }
};
struct other_geometry_when_synced : right {
    io_status sync() noexcept {
        shape.block_count = 3;
        return good;
    }
};
struct other_geometry_when_opened_again : right {
    int opens = 0;
    io_status open() noexcept {
        shape.block_bytes = ++opens == 1 ? block_bytes : block_bytes / 2;
        return good;
    }
};
struct empty_when_opened : right {
    io_status open() noexcept {
        std::fill(bytes.begin(), bytes.end(), std::byte{0xFF});
        return good;
    }
};
// Keeps the last block that was programmed in a buffer, and forgets to write it at the end.
struct forgets_a_byte_when_closed : right {
    void close() noexcept { *at(block_count - 1, block_bytes - 1) = std::byte{}; }
};
struct cannot_sync : right {
    io_status sync() noexcept { return {io_error::failed, 5}; }
};

// ---- erase ----

struct erases_nothing : right {
    io_status erase(std::uint32_t block) noexcept { return inside(block, 0, 0) ? good : refused; }
};
struct erases_all_but_one_byte : right {
    io_status erase(std::uint32_t block) noexcept {
        if (!inside(block, 0, 0)) {
            return refused;
        }
        std::fill_n(at(block, 0), block_bytes - 1, std::byte{0xFF});
        return good;
    }
};
struct erases_to_zero : right {
    io_status erase(std::uint32_t block) noexcept {
        if (!inside(block, 0, 0)) {
            return refused;
        }
        std::fill_n(at(block, 0), block_bytes, std::byte{});
        return good;
    }
};
struct erases_a_byte_of_the_next : right {
    io_status erase(std::uint32_t block) noexcept {
        const io_status done = right::erase(block);
        if (done && block + 1 < block_count) {
            *at(block + 1, 0) = std::byte{0xFF};
        }
        return done;
    }
};
struct erases_two_further : right {
    io_status erase(std::uint32_t block) noexcept {
        const io_status done = right::erase(block);
        if (done && block == 2) {
            static_cast<void>(right::erase(1));
        }
        return done;
    }
};
struct cannot_erase_twice : right {
    int erases = 0;
    io_status erase(std::uint32_t block) noexcept {
        return ++erases > 4 ? io_status{io_error::failed, 7} : right::erase(block);
    }
};

// ---- program ----

struct programs_nothing : right {
    io_status program(std::uint32_t block, std::uint32_t offset, from_span from) noexcept {
        return inside(block, offset, from.size()) && (offset | from.size()) % unit == 0 ? good
                                                                                        : refused;
    }
};
// As a driver that does not know of a chip's pages.
struct programs_round_in_a_page : right {
    io_status program(std::uint32_t block, std::uint32_t offset, from_span from) noexcept {
        if (!inside(block, offset, from.size()) || (offset | from.size()) % unit != 0) {
            return refused;
        }
        for (std::uint32_t i = 0; i < from.size(); ++i) {
            *at(block, offset / 256 * 256 + (offset + i) % 256) = from[i];
        }
        return good;
    }
};
struct leaves_out_the_last_byte : right {
    io_status program(std::uint32_t block, std::uint32_t offset, from_span from) noexcept {
        const std::byte before =
            inside(block, offset, from.size()) ? *at(block, offset + from.size() - 1) : std::byte{};
        const io_status done = right::program(block, offset, from);
        if (done) {
            *at(block, offset + static_cast<std::uint32_t>(from.size()) - 1) = before;
        }
        return done;
    }
    std::byte* at(std::uint32_t block, std::size_t offset) {
        return right::at(block, static_cast<std::uint32_t>(offset));
    }
};
struct fills_up_with_zeros : right {
    io_status program(std::uint32_t block, std::uint32_t offset, from_span from) noexcept {
        const io_status done = right::program(block, offset, from);
        const auto end = offset + static_cast<std::uint32_t>(from.size());
        if (done && end < block_bytes) {
            std::fill_n(at(block, end), unit, std::byte{});
        }
        return done;
    }
};
struct changes_the_unit_before : right {
    io_status program(std::uint32_t block, std::uint32_t offset, from_span from) noexcept {
        const io_status done = right::program(block, offset, from);
        if (done && offset != 0) {
            *at(block, offset - 1) ^= std::byte{1};
        }
        return done;
    }
};
struct programs_two_blocks : right {
    io_status program(std::uint32_t block, std::uint32_t offset, from_span from) noexcept {
        const io_status done = right::program(block, offset, from);
        return done && block == 3 ? right::program(0, offset, from) : done;
    }
};
struct says_no_space : right {
    io_status program(std::uint32_t block, std::uint32_t offset, from_span from) noexcept {
        return block == 2 && offset > 500 ? io_status{io_error::no_space, 28}
                                          : right::program(block, offset, from);
    }
};

// ---- read ----

struct reads_whole_units : right {
    io_status read(std::uint32_t block, std::uint32_t offset, into_span into) noexcept {
        return right::read(block, offset / unit * unit, into);
    }
};
struct refuses_parts_of_units : right {
    io_status read(std::uint32_t block, std::uint32_t offset, into_span into) noexcept {
        return (offset | into.size()) % unit != 0 ? refused : right::read(block, offset, into);
    }
};
struct reads_at_most_100 : right {
    io_status read(std::uint32_t block, std::uint32_t offset, into_span into) noexcept {
        if (!inside(block, offset, into.size())) {
            return refused;
        }
        return right::read(block, offset, into.first(std::min<std::size_t>(into.size(), 100)));
    }
};
struct reads_words : right {
    io_status read(std::uint32_t block, std::uint32_t offset, into_span into) noexcept {
        if (!inside(block, offset, into.size())) {
            return refused;
        }
        const std::size_t words =
            std::min<std::size_t>((into.size() + 3) / 4 * 4, block_bytes - offset);
        std::copy_n(at(block, offset), words, into.data());
        return good;
    }
};

// ---- bounds ----

struct wraps_round : right {  // as address % size
    io_status read(std::uint32_t block, std::uint32_t offset, into_span into) noexcept {
        for (std::size_t i = 0; i < into.size(); ++i) {
            into[i] = bytes[(std::size_t{block} * block_bytes + offset + i) % bytes.size()];
        }
        return good;
    }
};
struct lets_program_wrap : right {
    io_status program(std::uint32_t block, std::uint32_t offset, from_span from) noexcept {
        if (!inside(block, offset, 0)) {
            return good;
        }
        return right::program(block, offset, from);
    }
};
// The sum of two numbers of 32 bits.
struct adds_before_it_compares : right {
    io_status read(std::uint32_t block, std::uint32_t offset, into_span into) noexcept {
        const std::uint32_t end = offset + static_cast<std::uint32_t>(into.size());
        if (block >= block_count || end > block_bytes) {
            return refused;
        }
        return inside(block, offset, into.size()) ? right::read(block, offset, into) : good;
    }
};
struct reads_over_the_end : right {
    io_status read(std::uint32_t block, std::uint32_t offset, into_span into) noexcept {
        const bool begins = inside(block, offset, unit);
        return begins && !inside(block, offset, into.size()) ? good
                                                             : right::read(block, offset, into);
    }
};
struct programs_over_the_end : right {
    io_status program(std::uint32_t block, std::uint32_t offset, from_span from) noexcept {
        if (inside(block, offset, unit) && !inside(block, offset, from.size())) {
            return good;
        }
        return right::program(block, offset, from);
    }
};
// Refuses, but too late.
struct writes_and_refuses : right {
    io_status program(std::uint32_t block, std::uint32_t offset, from_span from) noexcept {
        if (inside(block, offset, unit) && !inside(block, offset, from.size())) {
            *at(block + 1, 0) ^= std::byte{1};
        }
        return right::program(block, offset, from);
    }
};
struct erases_beyond : right {
    io_status erase(std::uint32_t block) noexcept {
        return inside(block, 0, 0) ? right::erase(block) : good;
    }
};
struct takes_parts_of_units : right {
    io_status program(std::uint32_t block, std::uint32_t offset, from_span from) noexcept {
        return offset % unit == 0 && from.size() % unit != 0 ? good
                                                             : right::program(block, offset, from);
    }
};
struct takes_odd_places : right {
    io_status program(std::uint32_t block, std::uint32_t offset, from_span from) noexcept {
        return offset % unit != 0 ? good : right::program(block, offset, from);
    }
};
struct programs_a_part_and_refuses : right {
    io_status program(std::uint32_t block, std::uint32_t offset, from_span from) noexcept {
        if (from.size() % unit != 0) {
            *at(block, offset) = from[0];
        }
        return right::program(block, offset, from);
    }
};

template <class M>
std::string found_in() {
    M medium;
    const auto verdict = pawl::check_medium(medium);
    return verdict ? "nothing" : verdict.violation;
}

// ---- two of them ----

struct locked : right {
    right* store;
    bool* taken;
    io_error second = io_error::busy;
    bool damages = false;

    locked(right& of, bool& mark) : store{&of}, taken{&mark} {}
    io_status open() noexcept {
        if (*taken) {
            *store->at(1, 3) ^= damages ? std::byte{1} : std::byte{};
            return {second, 0};
        }
        *taken = true;
        return good;
    }
    void close() noexcept { *taken = false; }
    io_status read(std::uint32_t block, std::uint32_t offset, into_span into) noexcept {
        return store->read(block, offset, into);
    }
    io_status program(std::uint32_t block, std::uint32_t offset, from_span from) noexcept {
        return store->program(block, offset, from);
    }
    io_status erase(std::uint32_t block) noexcept { return store->erase(block); }
};

std::string_view text(const pawl::medium_verdict& verdict) {
    return verdict ? "nothing" : verdict.violation;
}

}  // namespace

TEST_CASE("medium conformance: what keeps every promise passes, with any scratch") {
    right medium;
    CHECK(text(pawl::check_medium(medium)) == "nothing");
    CHECK(text(pawl::check_medium<64>(medium)) == "nothing");
    CHECK(text(pawl::check_medium<9>(medium)) == "nothing");
    CHECK(text(pawl::check_medium<unit>(medium)) == "nothing");
    CHECK(std::all_of(medium.bytes.begin(), medium.bytes.end(),
                      [](std::byte value) { return value == std::byte{0xFF}; }));
    pawl::medium_ref elsewhere{medium};
    CHECK(text(pawl::check_medium(elsewhere)) == "nothing");
    CHECK(std::string{elsewhere.name()} == "journal");
}

TEST_CASE("medium conformance: too little scratch is said, not overrun") {
    right medium;
    CHECK(text(pawl::check_medium<7>(medium)) ==
          "check_medium() needs as many ScratchBytes as a write unit has");
}

TEST_CASE("medium conformance: geometry, opening and closing") {
    CHECK(found_in<of_two_blocks>().substr(0, 30) == "block_count is three at least:");
    CHECK(found_in<never_opens>() == "open() fails");
    CHECK(found_in<other_geometry_when_synced>() == "geometry() changes while the medium is open");
    CHECK(found_in<other_geometry_when_opened_again>() ==
          "geometry() is another one after close() and open()");
    CHECK(found_in<empty_when_opened>() == "close() and open() change the medium");
    CHECK(found_in<forgets_a_byte_when_closed>() == "close() and open() change the medium");
    CHECK(found_in<cannot_sync>() == "sync() fails");
}

TEST_CASE("medium conformance: erase()") {
    CHECK(found_in<erases_nothing>() == "erase() leaves bytes that are not erased");
    CHECK(found_in<erases_all_but_one_byte>() == "erase() leaves bytes that are not erased");
    CHECK(found_in<erases_to_zero>() == "erase() leaves bytes that are not erased");
    CHECK(found_in<erases_a_byte_of_the_next>() == "erase() changes another block");
    CHECK(found_in<erases_two_further>() == "erase() changes another block");
    CHECK(found_in<cannot_erase_twice>() == "erase() fails");
}

TEST_CASE("medium conformance: program()") {
    const std::string differs = "program() succeeds, and read() returns other bytes";
    CHECK(found_in<programs_nothing>() == differs);
    CHECK(found_in<programs_round_in_a_page>() == differs);
    CHECK(found_in<leaves_out_the_last_byte>() == differs);
    CHECK(found_in<fills_up_with_zeros>() == "program() changes the unit behind");
    CHECK(found_in<changes_the_unit_before>() == "program() changes the unit before");
    CHECK(found_in<programs_two_blocks>() == "program() changes another block");
    CHECK(found_in<says_no_space>() == "program() fails");
}

TEST_CASE("medium conformance: read()") {
    CHECK(found_in<reads_whole_units>() == "read() of a part of a block returns other bytes");
    CHECK(found_in<refuses_parts_of_units>() == "read() fails");
    CHECK(found_in<reads_at_most_100>() == "erase() leaves bytes that are not erased");
    CHECK(found_in<reads_words>() == "read() writes beyond the bytes that it was given");
}

TEST_CASE("medium conformance: what is beyond") {
    CHECK(found_in<wraps_round>() == "read() of what is beyond the medium or its block succeeds");
    CHECK(found_in<lets_program_wrap>() == "program() beyond the medium or its block succeeds");
    CHECK(found_in<adds_before_it_compares>() ==
          "read() of what is beyond the medium or its block succeeds");
    CHECK(found_in<reads_over_the_end>() == "read() over the end of a block succeeds");
    CHECK(found_in<programs_over_the_end>() == "program() over the end of a block succeeds");
    CHECK(found_in<writes_and_refuses>() == "what is refused changes the medium");
    CHECK(found_in<erases_beyond>() == "erase() beyond the medium succeeds");
    CHECK(found_in<takes_parts_of_units>() == "program() of a part of a write unit succeeds");
    CHECK(found_in<takes_odd_places>() == "program() that begins within a write unit succeeds");
    CHECK(found_in<programs_a_part_and_refuses>() == "what is refused changes the medium");
}

TEST_CASE("medium conformance: the verdict says where, and what the medium said") {
    says_no_space full;
    const auto verdict = pawl::check_medium(full);
    CHECK(verdict.block == 2);
    CHECK(verdict.offset > 500);
    CHECK(verdict.status == io_status{io_error::no_space, 28});

    erases_all_but_one_byte odd;
    const auto where = pawl::check_medium(odd);
    CHECK(where.block == 0);
    CHECK(where.offset == block_bytes - 1);
}

TEST_CASE("medium conformance: a second one of the same storage") {
    right store;
    bool taken = false;
    locked one{store, taken};
    locked two{store, taken};
    CHECK(text(pawl::check_medium(one, two)) == "nothing");
    CHECK_FALSE(taken);

    two.second = io_error::failed;
    CHECK(text(pawl::check_medium(one, two)) == "a second open() fails, but does not say busy");
    two.second = io_error::busy;
    two.damages = true;
    CHECK(text(pawl::check_medium(one, two)) ==
          "a second open() that was refused changes the medium");
    two.damages = false;

    bool not_the_same = false;
    locked careless{store, not_the_same};
    CHECK(text(pawl::check_medium(one, careless)) == "a second open() succeeds");

    right elsewhere;
    locked stranger{elsewhere, taken};
    CHECK(text(pawl::check_medium(one, stranger)) == "another one that opens it sees other bytes");
    CHECK_FALSE(taken);
}
