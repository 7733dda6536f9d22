// SPDX-License-Identifier: BSL-1.0
//
// Goal: a record of record_ring is read whole or not at all, each reader goes through them in
// order, and nobody waits: not a writer, not a reader, wherever another writer stands, for ever.
// Method: small programs in every interleaving; among these are all in which a writer stands still
// at each of its steps until everybody else has ended. So what the others find at their own end
// must hold while it stands. Then the same on one core, where interrupts come at every access.
// requires: posix
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <pawl/containers/record_ring.hpp>

#include "explore/interrupt_board.hpp"
#include "explore/suite.hpp"

namespace {

struct record {
    std::uint32_t value;
    std::uint32_t check;
    static constexpr record of(std::uint32_t value) { return {value, ~value}; }
    [[nodiscard]] bool whole() const { return check == ~value && value != 0; }
};

template <std::uint32_t Capacity, std::uint32_t First = 0>
using ring = pawl::record_ring<record, Capacity, explore::platform<true, First>>;

// What a reader that polls has come to.
template <class Ring>
class polls {
public:
    polls(const Ring& ring, std::uint32_t from, std::uint32_t patience)
        : reader_{ring, from, patience}, from_{from} {}

    void poll(unsigned calls) {
        for (record found{}; calls != 0; --calls) {
            const std::uint32_t before = reader_.position();
            if (!reader_.next(found)) {
                ++nothing_;
                continue;
            }
            explore::check(found.whole(), "a record is whole");
            explore::check(static_cast<std::int32_t>(reader_.position() - before) > 0,
                           "a reader goes on");
            ++read_;
            seen_ |= 1U << found.value;
            explore::check(read_ + reader_.missed() == reader_.position() - from_,
                           "what is not read is missed");
        }
    }

    [[nodiscard]] std::uint32_t read() const { return read_; }
    [[nodiscard]] std::uint32_t missed() const { return reader_.missed(); }
    [[nodiscard]] bool saw(std::uint32_t value) const { return (seen_ >> value & 1U) != 0; }
    [[nodiscard]] unsigned nothing() const { return nothing_; }

private:
    typename Ring::reader reader_;
    std::uint32_t from_;
    std::uint32_t read_ = 0;
    std::uint32_t seen_ = 0;
    unsigned nothing_ = 0;
};

// How many of the last turn's records can be read.
template <class Ring>
std::uint32_t readable(const Ring& tested) {
    return tested.for_each_newest(
        [](const record& each) { explore::check(each.whole(), "a record is whole"); });
}

// A writer, another one that puts `Second` records, and a reader beside them.
template <std::uint32_t Capacity, unsigned Second, std::uint32_t First = 0>
void two_writers_and_a_reader() {
    ring<Capacity, First> tested;
    for (std::uint32_t i = 0; i < (Capacity == 1 ? 1 : 0); ++i) {
        tested.put(record::of(9));
    }
    const std::uint32_t from = tested.written();
    const auto one = [&] { tested.put(record::of(1)); };
    const auto more = [&] {
        for (unsigned i = 0; i < Second; ++i) {
            tested.put(record::of(2 + i));
        }
    };
    polls<ring<Capacity, First>> reader{tested, from, 1};
    const auto read = [&] { reader.poll(2); };
    explore::threads(one, more, read);

    const std::uint32_t all = 1 + Second;
    explore::check(tested.written() - from == all, "every record is numbered");
    const std::uint32_t lost = tested.lost() - First;
    const std::uint32_t kept = all < Capacity ? all : Capacity;
    explore::check(readable(tested) + lost >= kept, "the last records are there, or lost");
    explore::check(lost <= (all <= Capacity ? 0 : 1), "one is lost at most, where two met");
    reader.poll(2 * all);
    explore::check(reader.read() + reader.missed() + lost >= all, "what was not lost is seen");
    explore::check(reader.missed() <= lost + (all > Capacity ? all - Capacity : 0) + 1,
                   "what is whole is not missed");
}

// One writer may stand still anywhere. The other one puts a whole turn, and must find all of it but
// one; what is not there is counted.
template <std::uint32_t Capacity, std::uint32_t First = 0>
void one_stands_still() {
    ring<Capacity, First> tested;
    const auto stands = [&] { tested.put(record::of(1)); };
    const auto goes_on = [&] {
        std::array<std::uint32_t, Capacity> numbers{};
        for (std::uint32_t i = 0; i < Capacity; ++i) {
            numbers[i] = tested.put(record::of(2 + i));
        }
        std::uint32_t found = 0;
        record each{};
        for (std::uint32_t i = 0; i < Capacity; ++i) {
            if (tested.read(numbers[i], each)) {
                explore::check(each.value == 2 + i, "it is this number's record");
                ++found;
            }
        }
        explore::check(found + 1 >= Capacity, "all but one");
        explore::check(tested.lost() - First <= 1, "one is lost at most");
    };
    explore::threads(stands, goes_on);
    explore::check(readable(tested) + (tested.lost() - First) >= Capacity,
                   "the last turn is there");
}

// The same, where the ring has room: a reader finds each of the other's records, past the one that
// is not whole, in as many calls as there are records and one more for that one.
template <std::uint32_t First = 0>
void readers_pass_who_stands_still() {
    ring<4, First> tested;
    const auto stands = [&] { tested.put(record::of(1)); };
    const auto goes_on = [&] {
        tested.put(record::of(2));
        tested.put(record::of(3));
        polls<ring<4, First>> impatient{tested, First, 0};
        impatient.poll(3);
        explore::check(impatient.saw(2) && impatient.saw(3),
                       "no call ends at a record that stands still");
        polls<ring<4, First>> reader{tested, First, 1};
        reader.poll(4);
        explore::check(reader.saw(2) && reader.saw(3),
                       "one call ends at a record that stands still");
        explore::check(reader.nothing() <= 2, "and not the next one");
        polls<ring<4, First>> patient{tested, First, 3};
        patient.poll(6);
        explore::check(patient.saw(2) && patient.saw(3), "as many calls as its patience");
    };
    explore::threads(stands, goes_on);
}

// Each record that is not whole yet gets the patience of its own.
void readers_are_patient_with_each() {
    ring<4> tested;
    const auto stands = [&] { tested.put(record::of(1)); };
    const auto goes_on = [&] {
        tested.put(record::of(2));
        polls<ring<4>> reader{tested, 0, 1};
        for (int calls = 0; calls < 5; ++calls) {
            reader.poll(1);
            explore::check(reader.missed() <= reader.nothing(), "a call ends at each");
        }
        explore::check(reader.saw(2), "two that stand still, five calls");
    };
    explore::threads(stands, stands, goes_on);
}

// A reader does not pass a record before a later one is whole, however often it asks.
void readers_wait_for_the_last_one() {
    ring<4> tested;
    const auto write = [&] { tested.put(record::of(1)); };
    polls<ring<4>> reader{tested, 0, 1};
    const auto read = [&] { reader.poll(3); };
    explore::threads(write, read);
    reader.poll(1);
    explore::check(reader.read() == 1 && reader.missed() == 0, "it was read");
}

// ---- one core --------------------------------------------------------------------------------

void require(bool holds, const char* what) {
    if (!holds) {
        std::printf("FAILED one core: %s\n", what);
        std::exit(EXIT_FAILURE);
    }
}

// The main loop puts and reads; an interrupt puts records at every access, and a more urgent one
// inside of it.
template <bool Masked, std::uint32_t Capacity>
class core {
    using board = explore::interrupt_board<Masked>;
    using ring_type = pawl::record_ring<record, Capacity, board>;
    static inline ring_type* tested = nullptr;
    static inline std::uint32_t puts = 0;

    static void put() { tested->put(record::of(++puts)); }
    static void first() {
        put();
        put();
    }

public:
    static void explore(const char* name) {
        const std::uint64_t runs =
            explore::at_every_access(&first, &put, [](std::uint32_t, std::uint32_t) {
                static ring_type now;
                now.~ring_type();
                tested = ::new (static_cast<void*>(&now)) ring_type;
                puts = 0;
                typename ring_type::reader reader{now};
                std::uint32_t read = 0;
                const auto read_all = [&] {
                    for (record found{}; reader.next(found); ++read) {
                        require(found.whole(), "a record is whole");
                    }
                };
                put();
                read_all();
                put();
                put();
                // From here on nothing comes any more. All are whole, for a writer would be above
                // this; where a call ends at a lost one, the next goes on.
                explore::interrupts::mask();
                for (unsigned i = 0; i < 4; ++i) {
                    read_all();
                }
                require(tested->written() == puts, "every record is numbered");
                require(read + reader.missed() + tested->lost() >= puts, "each is seen or counted");
                require(readable() + tested->lost() >= (puts < Capacity ? puts : Capacity),
                        "the last ones are there");
                if (puts <= Capacity) {
                    require(read == puts && tested->lost() == 0, "all were read");
                }
            });
        std::printf("ok     %-48s %9llu runs\n", name, static_cast<unsigned long long>(runs));
        require(runs > 100, "interrupts came");
    }

private:
    static std::uint32_t readable() {
        return tested->for_each_newest(
            [](const record& each) { require(each.whole(), "a record is whole"); });
    }
};

}  // namespace

int main() {
    explore::must_pass("2 writers, a reader, 1 cell", {.schedules_min = 50},
                       two_writers_and_a_reader<1, 1>);
    explore::must_pass("2 writers, a reader, 2 cells", {.schedules_min = 50},
                       two_writers_and_a_reader<2, 1>);
    explore::must_pass("2 writers, a reader, 2 cells, 3 records", {.schedules_min = 50},
                       two_writers_and_a_reader<2, 2>);
    explore::must_pass("2 writers, a reader, numbers wrap", {.schedules_min = 50},
                       two_writers_and_a_reader<4, 4, 0xFFFF'FFFC>);

    explore::must_pass("a writer stands still, 1 cell", {.schedules_min = 20}, one_stands_still<1>);
    explore::must_pass("a writer stands still, 2 cells", {.schedules_min = 20},
                       one_stands_still<2>);
    explore::must_pass("a writer stands still, 4 cells", {.schedules_min = 20},
                       one_stands_still<4>);
    explore::must_pass("a writer stands still, numbers wrap", {.schedules_min = 20},
                       one_stands_still<4, 0xFFFF'FFFC>);
    explore::must_pass("readers pass who stands still", {.schedules_min = 20},
                       readers_pass_who_stands_still<>);
    explore::must_pass("readers are patient with each", {.schedules_min = 50},
                       readers_are_patient_with_each);
    explore::must_pass("readers wait for the last one", {.schedules_min = 10},
                       readers_wait_for_the_last_one);

    core<false, 2>::explore("one core, 2 cells");
    core<false, 8>::explore("one core, 8 cells");
    core<true, 2>::explore("one core without compare-and-swap, 2 cells");
    core<true, 8>::explore("one core without compare-and-swap, 8 cells");
}
