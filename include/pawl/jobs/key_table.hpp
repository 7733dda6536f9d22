// SPDX-License-Identifier: BSL-1.0
//
// key_table: which job holds which key, decided at once and without a lock.
//
// What: a fixed table of entries {key, value, until}. At each instant a key has at most one entry.
// The value says who holds it (a job's index and low bits of its generation), `until` is a tick
// from which on the entry counts as absent although nobody has taken it out; 0 is no such tick.
//
// Why this one: a uniqueness key is decided where a job is submitted, in an interrupt as well as in
// a thread, so nobody may be waited for. A lock for each bucket waits. The known tables without
// locks (Purcell and Harris, "Non-blocking Hashtables with Open Addressing", DISC 2005) enter a key
// tentatively, look for another one of the same key, and kill it; then the killed one, which may
// stand between any two of its stores, writes into a place that has long been somebody else's,
// unless a place is given up for each one killed. Here nobody is killed, because nothing tentative
// can be seen.
//
// How it works: a place is four words. Three of them hold an entry; the fourth is what the place is
// as the *home* of keys, `held`: one bit for each of the eight places of the home's window that
// holds an entry of this home, and 24 bits of version. All entries of a key are entries of one
// home, so one compare-and-swap on one word decides everything:
//   enter    claims a free place of the window (compare-and-swap of its key, 0 to the key), writes
//            value and until, and publishes: sets its bit, if `held` is still what it was when the
//            key was not there. Else it looks again.
//   leave    takes the bit away, and then frees the place (its key becomes 0)
//   replace  claims a place, writes, and exchanges two bits
// Whoever loses gives its place back. Where a window has no free place, an entry in it whose time
// is over is taken out, or one is moved to another place of its own window, as by `replace`.
//   Invariant (1): the words of an entry are written only while no bit names them, and only by who
//   has claimed the place. So they are constant as long as `held` is, and a look at them counts if
//   `held` is the same before and after.
//   Invariant (2): setting a bit makes the version grow. So `held` is the same only if nothing
//   happened; who is stopped for ever after any instruction has changed something as a whole or
//   not at all.
// All zero bytes are an empty table.
//
// What a stopped operation costs: the one place that it has claimed, or not yet freed, as it keeps
// its job's slot. Nobody waits for it; its key can be entered, found and left.
//
// Bound on aliasing: an operation that stands still between its look and its compare-and-swap while
// exactly a multiple of 2^24 entries are published at its home, and then the same places are held,
// takes the new ones for the old ones. At ten million a second that is 1.7 s of standing still, and
// then one case in 16 million. The aliasing of values is the caller's.
//
// Room: up to 7 keys, Capacity always fit (one place more is for those who replace, and enter
// beside each other). Above there are two places for each key: `full` needs a window of eight taken
// places, each of whose entries has no other place to go to, or nine keys of one home. Tables of 8
// to 262144 random keys, kept at their Capacity, refused 28 of 70 million; `full` is heard first
// when 67 to 99 % of the places are taken, and 52 % was the worst of some thousand tables. More
// than seven threads that enter one new key at the same instant may hear it too, and each stopped
// operation takes one place away.
// Keys are mixed: 1, 2, 3 and so on, or multiples of a power of two, are as good as random ones.
//
// Time: ticks wrap. An entry whose time is over must be taken out within 2^31 ticks, or it would
// seem to lie ahead again: call sweep(), a few places at each turn.
//
// Cost: 16 bytes a place. find: one load if no key has this home, else five; enter: two to six
// loads, two compare-and-swaps, two stores; leave: five loads, one compare-and-swap, one store;
// replace: an enter and a leave in one, with two compare-and-swaps. For each other key of the same
// home (half a key when the table is full) one load more. To make room: some 300 loads at most.
// Each looks again when another operation at the same home was faster.
// Who may call: any thread or interrupt, all members. Freeze-proof.
//
//   pawl::key_table<256> keys;
//   const auto answer = keys.enter(key, value, now);      // after the job has been built
//   if (answer.result == pawl::key_result::exists) { /* answer.value is the holder */ }
//   keys.leave(key, value);                                // false: no longer this one's
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>

#include <pawl/config.hpp>
#include <pawl/platform/default_platform.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

enum class key_result : std::uint8_t {
    entered,
    exists,  // another one holds the key
    full,    // no place could be found; nothing has changed
};

struct key_answer {
    key_result result;
    std::uint32_t value;      // who holds the key: the new value if entered, 0 if full
    std::uint32_t until = 0;  // of who holds it already: until when in any case, 0 if it says
};

enum class key_change : std::uint8_t {
    done,
    gone,  // the key has no entry, or one of another value
    full,  // no place for the new entry could be found; the old one stands
};

// The table, of any size and window: its tests take small ones.
template <std::uint32_t Places, std::uint32_t Window, platform Platform>
class key_table_places {
public:
    static_assert(Places >= 2 && Places <= std::uint32_t{1} << 24);
    static_assert(Window >= 2 && Window <= 8 && Window <= Places,
                  "a home's word has 8 bits for its window");

    // Enters {key, value}, if the key has no entry at `now`. It is held until it leaves, or for all
    // ticks before `until`.
    // REQUIRES: key and value are not 0; `until` is 0, or less than 2^31 ticks from `now`.
    key_answer enter(std::uint32_t key, std::uint32_t value, std::uint32_t now,
                     std::uint32_t until = 0) noexcept {
        PAWL_ASSERT(key != 0 && value != 0);
        const std::uint32_t home = home_of(key);
        std::uint32_t mine = none;
        for (;;) {
            const sight seen = look(home, key);
            if (seen.bit != none && !over(seen.until, now)) {
                give_back(home, mine);
                return {key_result::exists, seen.value, seen.until};
            }
            if (mine == none) {
                mine = claim(home, seen.held, key, now);
                if (mine == none) {
                    if (changed(home, seen.held)) {
                        continue;  // somebody came or left: there may be an answer, or room
                    }
                    return {key_result::full, 0};
                }
                write(position(home, mine), value, until);
            }
            if (publish(home, seen.held, seen.bit, mine)) [[likely]] {
                give_back(home, seen.bit);
                return {key_result::entered, value};
            }
        }
    }

    // Who holds the key at `now`, or 0.
    [[nodiscard]] std::uint32_t find(std::uint32_t key, std::uint32_t now) const noexcept {
        const sight seen = look(home_of(key), key);
        return seen.bit == none || over(seen.until, now) ? 0 : seen.value;
    }

    // Takes the key's entry out if it is this value's, even one whose time is over. What the caller
    // did before is visible to who then enters the key.
    bool leave(std::uint32_t key, std::uint32_t value) noexcept {
        const std::uint32_t home = home_of(key);
        for (;;) {
            const sight seen = look(home, key);
            if (seen.bit == none || seen.value != value) {
                return false;
            }
            if (withdraw(home, seen.held, seen.bit)) [[likely]] {
                give_back(home, seen.bit);
                return true;
            }
        }
    }

    // Puts {key, new_value, until} in the place of the entry of old_value, even of one whose time
    // is over, if it is still there: at no instant has the key no entry, or two. `now` is for
    // making room. `full` is as rare as in enter(): the caller needs an answer to it.
    key_change replace(std::uint32_t key, std::uint32_t old_value, std::uint32_t new_value,
                       std::uint32_t now, std::uint32_t until = 0) noexcept {
        PAWL_ASSERT(key != 0 && old_value != 0 && new_value != 0);
        const std::uint32_t home = home_of(key);
        std::uint32_t mine = none;
        for (;;) {
            const sight seen = look(home, key);
            if (seen.bit == none || seen.value != old_value) {
                give_back(home, mine);
                return key_change::gone;
            }
            if (mine == none) {
                mine = claim(home, seen.held, key, now);
                if (mine == none) {
                    if (changed(home, seen.held)) {
                        continue;
                    }
                    return key_change::full;
                }
                write(position(home, mine), new_value, until);
            }
            if (publish(home, seen.held, seen.bit, mine)) [[likely]] {
                give_back(home, seen.bit);
                return key_change::done;
            }
        }
    }

    // Holds the key of this value until another tick: for a time after its job's end.
    key_change extend(std::uint32_t key, std::uint32_t value, std::uint32_t now,
                      std::uint32_t until) noexcept {
        return replace(key, value, value, now, until);
    }

    // Looks at the next `count` places and takes out the entries whose time is over; returns how
    // many. Needed for keys that nobody asks for any more.
    std::uint32_t sweep(std::uint32_t now, std::uint32_t count) noexcept {
        // relaxed: where to go on is a guess; two who sweep at a time look at the same places.
        std::uint32_t at = hand_.load(std::memory_order_relaxed);
        std::uint32_t taken = 0;
        for (; count != 0; --count) {
            taken += expire(at, 0, now) ? 1U : 0U;
            at = at + 1 == Places ? 0 : at + 1;
        }
        hand_.store(at, std::memory_order_relaxed);
        return taken;
    }

    // The same for one place; now() is asked only if what lies there has a time.
    template <class Now>
    void sweep_next(Now now) noexcept {
        // relaxed: as above; and an entry that is just being written is found the next time.
        const std::uint32_t at = hand_.load(std::memory_order_relaxed);
        if (places_[at].until.load(std::memory_order_relaxed) != 0) {
            static_cast<void>(expire(at, 0, now()));
        }
        hand_.store(at + 1 == Places ? 0 : at + 1, std::memory_order_relaxed);
    }

    // Entries, with those whose time is over and that are not taken out yet: exact when nothing
    // else runs, else a guess. One load a place.
    [[nodiscard]] std::uint32_t approx_size() const noexcept {
        std::uint32_t size = 0;
        for (const place& each : places_) {
            // relaxed: a guess.
            size += static_cast<std::uint32_t>(
                std::popcount(each.held.load(std::memory_order_relaxed) & bits));
        }
        return size;
    }

    // The tick `ticks` after `now` as an `until`, which is never 0: the one tick that is, is taken
    // for the next one.
    [[nodiscard]] static constexpr std::uint32_t until_after(std::uint32_t now,
                                                             std::uint32_t ticks) noexcept {
        const std::uint32_t until = now + ticks;
        return until == 0 ? 1 : until;
    }

    static constexpr std::uint32_t places() noexcept { return Places; }

protected:
    using word = typename Platform::word;

    static constexpr std::uint32_t bits = (std::uint32_t{1} << Window) - 1;
    static constexpr std::uint32_t version_step = std::uint32_t{1} << 8;
    static constexpr std::uint32_t none = 32;  // no bit

    // The places differ in what may be written to them by whom: `held` by all, the rest by who has
    // claimed the place. Both in one line, as the first place of a home's window is the home.
    struct place {
        word held;   // as a home: version << 8 | which places of the window hold its entries
        word key;    // as a place: 0, it is free
        word value;  // and the entry's
        word until;
    };

    // What a home held at one instant.
    struct sight {
        std::uint32_t held;
        std::uint32_t bit;    // the key's entry, or none
        std::uint32_t value;  // its
        std::uint32_t until;
    };

    [[nodiscard]] static bool over(std::uint32_t until, std::uint32_t now) noexcept {
        return until != 0 && static_cast<std::int32_t>(now - until) >= 0;
    }

    [[nodiscard]] static std::uint32_t home_of(std::uint32_t key) noexcept {
        // Two rounds of multiply and shift (Chris Wellons' lowbias32, without its last shift, as
        // the upper bits are what is used).
        key = (key ^ key >> 16) * 0x7FEB'352D;
        key = (key ^ key >> 15) * 0x846C'A68B;
        if constexpr (Places <= 4096) {
            return (key >> 16) * Places >> 16;  // a core without a long multiplication has these
        } else {
            return static_cast<std::uint32_t>(std::uint64_t{key} * Places >> 32);
        }
    }

    // The windows of two homes should meet in few places, or an entry that has to move finds that
    // all its places are taken, too: so each home has its own stride. Where there are no more
    // places than a window has, it is 1.
    [[nodiscard]] static std::uint32_t position(std::uint32_t home, std::uint32_t bit) noexcept {
        constexpr std::uint32_t stride_max =
            (Places - 1) / (Window - 1);  // the places are distinct
        std::uint32_t stride = 1;
        if constexpr (stride_max >= std::uint32_t{1} << 16) {
            stride += static_cast<std::uint32_t>(
                static_cast<std::uint64_t>(home * 0x9E37'79B1) * stride_max >> 32);
        } else if constexpr (stride_max > 1) {
            stride += (home * 0x9E37'79B1 >> 16) * stride_max >> 16;
        }
        const std::uint32_t at = home + bit * stride;
        return at < Places ? at : at - Places;
    }

    // What the home holds, and the key's entry in it.
    [[nodiscard]] sight look(std::uint32_t home, std::uint32_t key) const noexcept {
        const word& own = places_[home].held;
        for (;;) {
            // acquire: what was published, and what was done before; pairs with publish() and
            // withdraw().
            sight seen{own.load(std::memory_order_acquire), none, 0, 0};
            if ((seen.held & bits) == 0) {
                return seen;
            }
            for (std::uint32_t left = seen.held & bits; left != 0; left &= left - 1) {
                const auto bit = static_cast<std::uint32_t>(std::countr_zero(left));
                const place& one = places_[position(home, bit)];
                // acquire, all three: who sees a word of a later entry sees that `held` has changed
                // before; pairs with the release of write() and give_back().
                if (one.key.load(std::memory_order_acquire) == key) {
                    seen.bit = bit;
                    seen.value = one.value.load(std::memory_order_acquire);
                    seen.until = one.until.load(std::memory_order_acquire);
                    break;
                }
            }
            if (!changed(home, seen.held)) [[likely]] {
                return seen;
            }
        }
    }

    // relaxed: it comes after loads that acquire, and what it says counts for them.
    [[nodiscard]] bool changed(std::uint32_t home, std::uint32_t held) const noexcept {
        return places_[home].held.load(std::memory_order_relaxed) != held;
    }

    // Makes a free place of the window the caller's; its bit, or none.
    [[nodiscard]] std::uint32_t claim(std::uint32_t home, std::uint32_t held, std::uint32_t key,
                                      std::uint32_t now) noexcept {
        for (std::uint32_t left = ~held & bits; left != 0; left &= left - 1) {
            const auto bit = static_cast<std::uint32_t>(std::countr_zero(left));
            if (take(position(home, bit), key)) {
                return bit;
            }
        }
        return make_room(home, key, now);
    }

    [[nodiscard]] bool take(std::uint32_t at, std::uint32_t key) noexcept {
        word& taken = places_[at].key;
        std::uint32_t free = 0;
        // acquire: that no bit names the place any more; pairs with give_back(). The load before it
        // spares the line of a taken place; relaxed, as it decides nothing.
        return taken.load(std::memory_order_relaxed) == 0 &&
               taken.compare_exchange_strong(free, key, std::memory_order_acquire,
                                             std::memory_order_relaxed);
    }

    // release: `held` as the writer knows it, to who sees these words; pairs with look().
    void write(std::uint32_t at, std::uint32_t value, std::uint32_t until) noexcept {
        places_[at].value.store(value, std::memory_order_release);
        places_[at].until.store(until, std::memory_order_release);
    }

    // Sets the bit of a place that was written, and takes that of another one away, if any.
    // release: the entry, and what the caller did before; pairs with look(). relaxed, if it fails:
    // all is looked at again.
    [[nodiscard]] bool publish(std::uint32_t home, std::uint32_t held, std::uint32_t old_bit,
                               std::uint32_t new_bit) noexcept {
        std::uint32_t next = held;
        if (old_bit != none) {
            next &= ~(std::uint32_t{1} << old_bit);
        }
        next = (next | std::uint32_t{1} << new_bit) + version_step;
        return places_[home].held.compare_exchange_strong(held, next, std::memory_order_release,
                                                          std::memory_order_relaxed);
    }

    // Takes a bit away. release: what the caller did before; pairs with look().
    [[nodiscard]] bool withdraw(std::uint32_t home, std::uint32_t held,
                                std::uint32_t bit) noexcept {
        return places_[home].held.compare_exchange_strong(held, held & ~(std::uint32_t{1} << bit),
                                                          std::memory_order_release,
                                                          std::memory_order_relaxed);
    }

    // Frees a place that no bit names, or gives it another key; release: that none does.
    void give_back(std::uint32_t home, std::uint32_t bit) noexcept {
        if (bit != none) {
            pass_on(position(home, bit), 0);
        }
    }
    void pass_on(std::uint32_t at, std::uint32_t key) noexcept {
        places_[at].key.store(key, std::memory_order_release);
    }

    // Where the whole window is taken: an entry whose time is over is taken out, or else one is
    // moved. The place may have been one of this home's own, even that of the same key: then `held`
    // has changed, and the caller looks again.
    [[nodiscard, gnu::noinline]] std::uint32_t make_room(std::uint32_t home, std::uint32_t key,
                                                         std::uint32_t now) noexcept {
        for (std::uint32_t bit = 0; bit < Window; ++bit) {
            const std::uint32_t at = position(home, bit);
            if (take(at, key) || expire(at, key, now)) {
                return bit;
            }
        }
        if constexpr (Places > Window) {  // else every window has the same places
            for (std::uint32_t bit = 0; bit < Window;) {
                const std::uint32_t at = position(home, bit);
                const outcome found = displace(at, key, now);
                if (found == outcome::moved || take(at, key)) {
                    return bit;
                }
                bit += found == outcome::stuck ? 1 : 0;
            }
        }
        return none;
    }

    // An entry from the side of its place. What is read of it after `held` may be relaxed: it is
    // not older, and if it is younger, `held` has changed, and the compare-and-swap that comes next
    // fails.
    struct holding {
        std::uint32_t key;
        std::uint32_t home;
        std::uint32_t held;  // by its home
        std::uint32_t bit;   // none: the place is free, or in somebody's hand
    };

    [[nodiscard]] holding identify(std::uint32_t at) const noexcept {
        const word& own = places_[at].key;
        // relaxed: says where to look.
        holding found{own.load(std::memory_order_relaxed), 0, 0, none};
        if (found.key == 0) {
            return found;
        }
        found.home = home_of(found.key);
        // acquire: the words of what it names; pairs with publish().
        found.held = places_[found.home].held.load(std::memory_order_acquire);
        std::uint32_t bit = 0;
        while (position(found.home, bit) != at) {
            ++bit;  // it is there: a key is only ever written to a place of its window
            PAWL_ASSERT(bit < Window);
        }
        if ((found.held >> bit & 1U) != 0 && own.load(std::memory_order_relaxed) == found.key) {
            found.bit = bit;
        }
        return found;
    }

    // Takes the entry out of a place if its time is over; the place is then the caller's for
    // another key, or free. False also if somebody else is at it.
    [[nodiscard]] bool expire(std::uint32_t at, std::uint32_t next_key,
                              std::uint32_t now) noexcept {
        const holding old = identify(at);
        // relaxed: see holding.
        if (old.bit == none || !over(places_[at].until.load(std::memory_order_relaxed), now) ||
            !withdraw(old.home, old.held, old.bit)) {
            return false;
        }
        pass_on(at, next_key);
        return true;
    }

    enum class outcome : std::uint8_t {
        moved,
        stuck,    // no place for it, or somebody else has the place in his hand
        changed,  // somebody was faster: look again
    };

    // Moves the entry of a place to another one of its window; the place is then the caller's.
    [[nodiscard]] outcome displace(std::uint32_t at, std::uint32_t next_key,
                                   std::uint32_t now) noexcept {
        const holding old = identify(at);
        if (old.bit == none) {
            return outcome::stuck;
        }
        // relaxed: see holding.
        const std::uint32_t value = places_[at].value.load(std::memory_order_relaxed);
        const std::uint32_t until = places_[at].until.load(std::memory_order_relaxed);
        for (std::uint32_t left = ~old.held & bits; left != 0; left &= left - 1) {
            const auto bit = static_cast<std::uint32_t>(std::countr_zero(left));
            const std::uint32_t to = position(old.home, bit);
            if (take(to, old.key) || expire(to, old.key, now)) {
                write(to, value, until);
                const bool moved = publish(old.home, old.held, old.bit, bit);
                pass_on(moved ? at : to, moved ? next_key : 0);
                return moved ? outcome::moved : outcome::changed;
            }
        }
        return outcome::stuck;
    }

    place places_[Places];
    word hand_;  // where sweep() goes on
};

// Capacity is how many keys may be held at a time.
template <std::uint32_t Capacity, platform Platform = default_platform>
class key_table : public key_table_places<(Capacity < 8 ? Capacity + 1 : 2 * Capacity),
                                          (Capacity < 8 ? Capacity + 1 : 8), Platform> {
public:
    static_assert(Capacity <= std::uint32_t{1} << 23, "a key_table holds up to 2^23 keys");

    static constexpr std::uint32_t capacity() noexcept { return Capacity; }
};

// limits.keys = 0: no keys, no bytes.
template <platform Platform>
class key_table<0, Platform> {
public:
    static std::uint32_t sweep(std::uint32_t, std::uint32_t) noexcept { return 0; }
    [[nodiscard]] static std::uint32_t approx_size() noexcept { return 0; }
    static constexpr std::uint32_t capacity() noexcept { return 0; }
};

}  // namespace PAWL_ABI
}  // namespace pawl
