// SPDX-License-Identifier: BSL-1.0
//
// record_ring: the last records of a log, the oldest overwritten by the newest.
//
// What: for what is written much and read rarely, and must never hold up who writes: events, the
// history of finished jobs, a trace. A put never waits and never fails; who reads late is told how
// many it missed.
//
// Why not a queue: a full queue refuses the newest, which is what one wants to see; and a queue
// that drops its oldest makes the writer take part in the reading. Why not a lock for each cell, or
// a sequence lock whose readers wait for an even number: there a writer that is stopped (preempted,
// interrupted, suspended) stops others.
//
// How it works: the n-th record goes into cell n mod Capacity. A cell has a stamp, which says the
// turn of the ring and whether the record in it is being written or whole. put() takes a number,
// claims the cell by a compare-and-swap of its stamp, stores the words, and stamps them whole. A
// reader copies the words between two looks at the stamp; if it has changed, the copy is thrown
// away. Nobody waits for a stamp:
//   - a writer that finds its cell held by another one, which was stopped a whole turn ago, gives
//     its record up; and so does one that was stopped itself before it came to its cell, and finds
//     a later record there. Both are counted in lost().
//   - a reader passes a record that is not whole once later ones are: see `reader`.
// So a writer that is stopped for ever costs its own record, and one more each time the ring has
// come round to the cell it holds; the other cells go on.
//
// Zero bytes are an empty ring, so that it lies in .bss.
//
// Numbers are 32 bits, from 0, and wrap. Bound on aliasing: a call that is stopped while 2^31
// records go by (2^29 with Capacity 1, 2^30 with 2) may take an old stamp for a new one: a record
// is then read in another's place, or a cell loses records until its stamp is old again. At a
// million records a second that is half an hour of standing still.
//
// Cost: a put is two read-modify-writes and a store for each word of the record and for the stamp;
// a read two loads and one for each word. 4 bytes for each cell beside the record, and 8.
// Who may call: put(), read() and the rest any thread or interrupt, also where the core has no
// compare-and-swap (masked_word.hpp); a `reader` is used by one thread at a time.
//
//   struct event { std::uint32_t what, job, at; };
//   constinit pawl::record_ring<event, 64> events;
//   events.put({.what = 1, .job = 7, .at = now});               // from anywhere
//
//   pawl::record_ring<event, 64>::reader news{events};
//   for (event next; news.next(next);) print(next);
//   if (news.missed() != 0) std::printf("%u missed\n", unsigned{news.missed()});
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/platform/default_platform.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <class Ring>
class record_reader;

template <class Record, std::uint32_t Capacity, platform Platform = default_platform>
class record_ring {
public:
    using value_type = Record;
    using reader = record_reader<record_ring>;

    static constexpr std::uint32_t capacity_max = std::uint32_t{1} << 24;
    static_assert(std::has_single_bit(Capacity) && Capacity <= capacity_max,
                  "pawl: a record_ring has 0 cells, or a power of two of them up to 2^24: so a "
                  "number keeps its cell when numbers wrap");
    static_assert(std::is_trivially_copyable_v<Record>,
                  "pawl: a record is copied word by word, so its type is trivially copyable");
    static_assert(sizeof(Record) % sizeof(std::uint32_t) == 0,
                  "pawl: a record is stored in words, so its size is a multiple of 4 bytes; fill "
                  "it up with a member");

    // Puts a record in the place of the oldest, and returns its number; even of one that is lost.
    std::uint32_t put(const Record& record) noexcept {
        // relaxed: a number says nothing about the record; its cell's stamp does.
        const std::uint32_t number = next_.fetch_add(1, std::memory_order_relaxed);
        if (cell& mine = cells_[number & mask]; claim(mine.stamp, turn(number))) {
            const auto image = std::bit_cast<image_type>(record);
            for (std::size_t i = 0; i < image.size(); ++i) {
                // release: who reads a word of this record sees the claim, too; pairs with look().
                mine.data[i].store(image[i], std::memory_order_release);
            }
            // release: all words are there; pairs with look().
            mine.stamp.store(turn(number) | whole, std::memory_order_release);
        } else {
            lost_.fetch_add(1, std::memory_order_relaxed);
        }
        return number;
    }

    // How many records were put, those included that were lost; and thus the next one's number. 32
    // bits that wrap: of two values the difference counts.
    [[nodiscard]] std::uint32_t written() const noexcept {
        // relaxed: no record is looked at.
        return next_.load(std::memory_order_relaxed);
    }

    // How many of them nobody could ever read, because their writer found the cell held by a
    // stopped one or was itself overtaken by a whole turn. 32 bits that wrap.
    [[nodiscard]] std::uint32_t lost() const noexcept {
        return lost_.load(std::memory_order_relaxed);
    }

    // The record of a number. False: it was overwritten, lost, or is not whole yet; then `record`
    // is as it was.
    [[nodiscard]] bool read(std::uint32_t number, Record& record) const noexcept {
        return look(number, record) == sight::whole;
    }

    // The oldest number that can be read, or written() if none can. O(Capacity) if none can.
    [[nodiscard]] std::uint32_t oldest() const noexcept {
        const std::uint32_t end = written();
        return first_whole(end - Capacity, end);
    }

    // Calls f(record) for each record that can be read, the newest first, until f returns false
    // (one that returns nothing is called for all). Records that are put meanwhile are not seen,
    // and take the place of the last ones. Returns how often f was called.
    template <class F>
    std::uint32_t for_each_newest(F&& f) const {
        std::uint32_t calls = 0;
        const std::uint32_t end = written();
        Record record{};
        for (std::uint32_t back = 1; back <= Capacity; ++back) {
            if (!read(end - back, record)) {
                continue;
            }
            ++calls;
            if constexpr (std::is_void_v<std::invoke_result_t<F&, const Record&>>) {
                f(std::as_const(record));
            } else if (!f(std::as_const(record))) {
                break;
            }
        }
        return calls;
    }

    [[nodiscard]] static constexpr std::uint32_t capacity() noexcept { return Capacity; }

private:
    friend reader;
    using word = typename Platform::word;
    using image_type = std::array<std::uint32_t, sizeof(Record) / sizeof(std::uint32_t)>;

    // A stamp: the turn in the upper bits, and in the lower two what became of its record. Zero: no
    // record has ever been here.
    static constexpr std::uint32_t writing = 1;
    static constexpr std::uint32_t whole = 2;
    static constexpr std::uint32_t state_mask = 3;

    static constexpr std::uint32_t mask = Capacity - 1;

    // The number of a cell's record, without what the cell itself says. With less than four cells
    // that is not room enough for the states.
    static constexpr std::uint32_t turn(std::uint32_t number) noexcept {
        return (number & ~mask) << (Capacity >= 4 ? 0 : (Capacity == 2 ? 1 : 2));
    }
    static constexpr bool is_later(std::uint32_t stamp, std::uint32_t turn) noexcept {
        return static_cast<std::int32_t>((stamp & ~state_mask) - turn) > 0;
    }

    struct cell {
        word stamp;
        word data[sizeof(Record) / sizeof(std::uint32_t)];
    };

    // What a reader finds in a record's cell.
    enum class sight : std::uint8_t { whole, overwritten, unfinished };

    // False: the record is lost.
    static bool claim(word& stamp, std::uint32_t turn) noexcept {
        std::uint32_t seen = stamp.load(std::memory_order_relaxed);
        for (;;) {
            if ((seen & state_mask) == writing) {
                return false;
            }
            if ((seen & state_mask) == whole && is_later(seen, turn)) {
                return false;
            }
            // acquire: the words of the record before come before this one's; pairs with put().
            // relaxed, if it fails: all is looked at again.
            if (stamp.compare_exchange_weak(seen, turn | writing, std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
                return true;
            }
        }
    }

    [[nodiscard]] sight look(std::uint32_t number, Record& record) const noexcept {
        const cell& place = cells_[number & mask];
        const std::uint32_t expected = turn(number) | whole;
        // acquire: pairs with put()'s last store.
        const std::uint32_t seen = place.stamp.load(std::memory_order_acquire);
        if (seen != expected) {
            return is_later(seen, turn(number)) ? sight::overwritten : sight::unfinished;
        }
        image_type image;
        for (std::size_t i = 0; i < image.size(); ++i) {
            // acquire: if this is a later record's word, the stamp below is its, too; pairs with
            // put().
            image[i] = place.data[i].load(std::memory_order_acquire);
        }
        // relaxed: the loads above come before it by their own order.
        if (place.stamp.load(std::memory_order_relaxed) != expected) {
            return sight::overwritten;
        }
        record = std::bit_cast<Record>(image);
        return sight::whole;
    }

    // The first number of [from, end) whose record is there, or `end`.
    [[nodiscard]] std::uint32_t first_whole(std::uint32_t from, std::uint32_t end) const noexcept {
        // relaxed: no word of a record is looked at.
        while (from != end &&
               cells_[from & mask].stamp.load(std::memory_order_relaxed) != (turn(from) | whole)) {
            ++from;
        }
        return from;
    }

    cell cells_[Capacity];
    word next_;
    word lost_;
};

// Without cells: no bytes, and a put does nothing. (Such a member is PAWL_NO_UNIQUE_ADDRESS.)
template <class Record, platform Platform>
class record_ring<Record, 0, Platform> {
public:
    using value_type = Record;
    using reader = record_reader<record_ring>;

    static constexpr std::uint32_t put(const Record&) noexcept { return 0; }
    [[nodiscard]] static constexpr std::uint32_t written() noexcept { return 0; }
    [[nodiscard]] static constexpr std::uint32_t lost() noexcept { return 0; }
    [[nodiscard]] static constexpr bool read(std::uint32_t, Record&) noexcept { return false; }
    [[nodiscard]] static constexpr std::uint32_t oldest() noexcept { return 0; }
    template <class F>
    static constexpr std::uint32_t for_each_newest(F&&) noexcept {
        return 0;
    }
    [[nodiscard]] static constexpr std::uint32_t capacity() noexcept { return 0; }
};

// reader: goes through the records in the order of their numbers, each once.
//
// A record that is not whole yet ends a call of next(), and `patience` calls at most: after that it
// is passed if a later one is whole, and counted as missed. So a writer that is stopped keeps a
// reader from nothing but its own record; a reader that polls each so often gives everybody the
// time of one poll, and one that turns without a pause should have more patience. Where nothing
// else runs while a record is written (one thread; interrupts, seen from the main loop) there is no
// such record.
//
// Cost: as a read; where a record is passed O(Capacity) loads. It repeats only as often as records
// are overwritten under its hands. Who may call: one thread at a time. Ends before its ring does.
template <class Ring>
class record_reader {
public:
    using value_type = typename Ring::value_type;

    // Begins with the record number `from`: 0, all there have ever been (what was overwritten is
    // missed); ring.oldest(), all there are; ring.written(), only those to come. REQUIRES: `from`
    // is not beyond written().
    constexpr explicit record_reader(const Ring& ring, std::uint32_t from = 0,
                                     std::uint32_t patience = 1) noexcept
        : ring_{&ring}, position_{from}, patience_{patience} {}

    // The next record. False: there is none that could be read now; `record` is as it was.
    [[nodiscard]] bool next(value_type& record) noexcept {
        if constexpr (Ring::capacity() == 0) {
            return false;
        } else {
            return next_of(record);
        }
    }

    // How many records were overwritten or lost before next() came to them, or were not whole in
    // time. 32 bits that wrap.
    [[nodiscard]] constexpr std::uint32_t missed() const noexcept { return missed_; }

    // The number of the record that comes next, if it can be read then.
    [[nodiscard]] constexpr std::uint32_t position() const noexcept { return position_; }

private:
    [[nodiscard]] bool next_of(value_type& record) noexcept {
        for (;;) {
            const std::uint32_t end = ring_->written();
            const std::uint32_t behind = end - position_;
            if (behind == 0) {
                return false;
            }
            if (behind > Ring::capacity()) {
                miss(behind - Ring::capacity());
            }
            switch (ring_->look(position_, record)) {
                case Ring::sight::whole: go(1); return true;
                case Ring::sight::overwritten: miss(1); break;
                case Ring::sight::unfinished:
                    if (waited_ < patience_ || ring_->first_whole(position_ + 1, end) == end) {
                        waited_ += waited_ < patience_ ? 1 : 0;
                        return false;
                    }
                    miss(1);
                    break;
            }
        }
    }

    void go(std::uint32_t records) noexcept {
        position_ += records;
        waited_ = 0;
    }
    void miss(std::uint32_t records) noexcept {
        missed_ += records;
        go(records);
    }

    const Ring* ring_;
    std::uint32_t position_;
    std::uint32_t missed_ = 0;
    std::uint32_t patience_;
    std::uint32_t waited_ = 0;  // calls that this position has ended
};

}  // namespace PAWL_ABI
}  // namespace pawl
