// SPDX-License-Identifier: BSL-1.0
//
// log_crash: a record_log that is written, cut everywhere and opened again, and what has to be
// true then. What the tests of record_log and its mutants share; it knows no test framework.
//
// The records say what happens to a few keys: `put` gives one a value (the serial number of the
// record), `end` takes it away. So the log's user keeps the latest put of each key, and records
// that live long have to be copied forward. After a crash the values are to be those after some
// record: not an earlier one than was durable, not a later one than was appended, and none inside
// of a group. That is all a log promises.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include <pawl/durability/log_report.hpp>
#include <pawl/durability/medium_ref.hpp>
#include <pawl/durability/record_log.hpp>

#include "durability/crash_states.hpp"

namespace log_crash {

using crash::crash_point;
using crash::u32;
using crash::u64;
using crash::u8;

inline constexpr u32 key_count = 8;
// Values that are written after a crash have a key of their own, and these serial numbers.
inline constexpr u32 extra_key = key_count;
inline constexpr u32 extra_first = 1'000'000;

inline constexpr u8 type_put = 16;
inline constexpr u8 type_end = 17;

inline constexpr pawl::log_limits small_limits{
    .payload_max = 40, .buffer_bytes = 256, .blocks_max = 8, .content = 0x74736574};

template <class Medium>
using log_on = pawl::record_log<pawl::medium_ref<Medium>, small_limits>;

using values = std::array<u32, key_count>;  // the serial number of each key's put; 0: none

// The bytes of a record: all follow from its serial number and key.
struct bytes_of_record {
    std::array<std::byte, 40> bytes{};
    std::size_t size = 0;

    [[nodiscard]] std::span<const std::byte> span() const noexcept { return {bytes.data(), size}; }
};
[[nodiscard]] inline bytes_of_record bytes_of(u32 serial, u32 key) noexcept {
    bytes_of_record result;
    result.size = 8 + serial * 7 % 25;
    std::memcpy(result.bytes.data(), &serial, 4);
    std::memcpy(result.bytes.data() + 4, &key, 4);
    for (std::size_t i = 8; i < result.size; ++i) {
        result.bytes[i] = static_cast<std::byte>(serial * 31 + i);
    }
    return result;
}

// The log's user.
template <class Log>
struct client {
    const Log* log = nullptr;
    values serials{};
    std::array<u64, key_count + 1> sequences{};
    u32 extra = 0;   // the newest of those
    u32 newest = 0;  // of the others
    u64 last_sequence = 0;
    u64 replayed = 0;
    bool wrong = false;           // something was replayed that was never written
    std::vector<bool> seen = {};  // by serial number, if it is to be known

    static bool read(const pawl::log_record& record, u32& serial, u32& key) noexcept {
        if (record.payload.size() < 8 || record.type < type_put || record.type > type_end) {
            return false;
        }
        std::memcpy(&serial, record.payload.data(), 4);
        std::memcpy(&key, record.payload.data() + 4, 4);
        const bytes_of_record right = bytes_of(serial, key);
        return key <= extra_key && right.size == record.payload.size() &&
               std::memcmp(right.bytes.data(), record.payload.data(), right.size) == 0;
    }

    void note(u32 serial, u32 key, bool is_put, u64 sequence) noexcept {
        sequences[key] = sequence;
        if (key == extra_key) {
            extra = serial;
        } else {
            serials[key] = is_put ? serial : 0;
            newest = std::max(newest, serial);
        }
    }
    void replay(const pawl::log_record& record) {
        u32 serial = 0;
        u32 key = 0;
        if (!read(record, serial, key) || record.sequence <= last_sequence) {
            wrong = true;
            return;
        }
        last_sequence = record.sequence;
        ++replayed;
        if (serial < seen.size()) {
            seen[serial] = true;
        }
        note(serial, key, record.type == type_put, record.sequence);
    }
    bool keeps(const pawl::log_record& record) noexcept {
        u32 serial = 0;
        u32 key = 0;
        if (!read(record, serial, key)) {
            wrong = true;
            return false;
        }
        const u32 mine = key == extra_key ? extra : serials[key];
        if (record.type != type_put || mine != serial || sequences[key] != record.sequence) {
            return false;
        }
        sequences[key] = log->next_place().sequence;
        return true;
    }
};

// What was done, as far as it matters.
struct history {
    struct event {
        u64 operations = 0;  // before it was appended
        bool more = false;
        bool dropped = false;  // it was never on the medium, or its group not whole
        values after{};
    };
    struct acknowledged {
        u64 operations = 0;
        u32 serial = 0;
    };
    std::vector<event> events{event{}};  // by serial number
    std::vector<acknowledged> acks{};
    u32 blocks = 0;
    u64 copied = 0;
    const char* fault = nullptr;  // of the run itself

    [[nodiscard]] u32 next() const noexcept { return static_cast<u32>(events.size()); }
    void acknowledge(u64 operations, u32 serial) {
        if (acks.empty() || acks.back().serial != serial) {
            acks.push_back({operations, serial});
        }
    }
    [[nodiscard]] u32 required(u64 operations) const noexcept {
        const auto behind = std::upper_bound(
            acks.begin(), acks.end(), operations,
            [](u64 limit, const acknowledged& each) { return limit < each.operations; });
        return behind == acks.begin() ? 0 : std::prev(behind)->serial;
    }
};

// ---- The run that is cut --------------------------------------------------------------------

template <class Medium>
class workload {
public:
    workload(Medium& medium, history& past, u64 seed) noexcept
        : medium_{medium}, past_{past}, random_{seed} {}

    // One life: opened, written, ended in one way or another. False: it could not go on.
    bool live(u32 steps) {
        log_on<Medium> log{pawl::medium_ref{medium_}};
        client<log_on<Medium>> user{&log};
        serial_of_.clear();
        const pawl::log_report report = log.open(user);
        if (!report) {
            return fail(medium_.is_cut() ? nullptr : "a log without a crash does not open");
        }
        if (user.wrong || (!past_.events.empty() && user.newest >= past_.next())) {
            return fail("a run reads what was not written");
        }
        for (u32 serial = user.newest + 1; serial < past_.next(); ++serial) {
            past_.events[serial].dropped = true;
        }
        if (user.serials != past_.events[user.newest].after || past_.events[user.newest].dropped) {
            return fail("a log without a crash has lost something");
        }
        past_.acknowledge(medium_.operations(), user.newest);
        for (u32 step = 0; step < steps; ++step) {
            if (!act(log, user)) {
                return fail(medium_.is_cut() ? nullptr : "an operation fails without a cause");
            }
            note_durable(log);
        }
        past_.blocks += static_cast<u32>(log.counts().blocks);
        past_.copied += log.counts().copied;
        if (random_.one_in(2)) {
            const bool closed = log.close(user).ok();
            if (closed) {
                past_.acknowledge(medium_.operations(), newest());
            }
            return closed || fail(medium_.is_cut() ? nullptr : "a log does not close");
        }
        if (random_.one_in(2)) {
            append_group(log, user, false);
        }
        log.abandon();
        return true;
    }

private:
    using log_type = log_on<Medium>;
    using user_type = client<log_type>;

    bool fail(const char* why) {
        past_.fault = past_.fault != nullptr ? past_.fault : why;
        medium_.close();
        return false;
    }

    // The last record that is in the log.
    [[nodiscard]] u32 newest() const noexcept {
        u32 serial = past_.next() - 1;
        while (past_.events[serial].dropped) {
            --serial;
        }
        return serial;
    }

    bool append(log_type& log, user_type& user, u32 key, bool is_put, bool more) {
        const u32 serial = past_.next();
        const bytes_of_record bytes = bytes_of(serial, key);
        past_.events.push_back(
            {.operations = medium_.operations(), .more = more, .after = user.serials});
        const std::size_t head = serial % bytes.size;
        const u64 sequence = log.append(user, is_put ? type_put : type_end,
                                        bytes.span().first(head), bytes.span().subspan(head), more);
        if (sequence == 0) {
            past_.events.back().dropped = true;
            return false;
        }
        user.note(serial, key, is_put, sequence);
        past_.events.back().after = user.serials;
        serial_of_.push_back({sequence, serial});
        return true;
    }
    bool append_one(log_type& log, user_type& user, bool more) {
        // Half of the keys seldom: these records are copied again and again.
        constexpr u32 seldom = key_count / 2;
        const u64 which = random_.below(seldom);
        const u32 key = static_cast<u32>(random_.one_in(12) ? which : seldom + which);
        const bool is_put = user.serials[key] == 0 || key < seldom || random_.one_in(2);
        return append(log, user, key, is_put, more);
    }
    bool append_group(log_type& log, user_type& user, bool whole) {
        const u64 members = 2 + random_.below(3);
        if (!log.make_room(user, static_cast<u32>(members) * log_type_bytes(log))) {
            return false;
        }
        for (u64 i = 1; i <= members; ++i) {
            if ((i < members || whole) && !append_one(log, user, i < members)) {
                return false;
            }
        }
        return true;
    }
    static u32 log_type_bytes(const log_type& log) noexcept {
        return log.record_bytes(small_limits.payload_max);
    }

    bool act(log_type& log, user_type& user) {
        switch (random_.below(12)) {
            case 0: return append_group(log, user, true);
            case 1:
            case 2: return log.commit(pawl::commit_kind::write).ok();
            case 3:
            case 4: return log.commit(pawl::commit_kind::sync).ok();
            case 5: {
                static_cast<void>(log.mark(user));
                return log.status().ok();
            }
            default: return append_one(log, user, false);
        }
    }

    void note_durable(const log_type& log) {
        u32 serial = 0;
        for (const auto& each : serial_of_) {
            serial = each.sequence <= log.durable_sequence() ? each.serial : serial;
        }
        if (serial != 0) {
            past_.acknowledge(medium_.operations(), serial);
        }
    }

    struct place {
        u64 sequence = 0;
        u32 serial = 0;
    };

    Medium& medium_;
    history& past_;
    crash::numbers random_;
    std::vector<place> serial_of_;
};

template <class Medium>
[[nodiscard]] history run(Medium& medium, u64 seed, u32 lives, u32 steps) {
    history past;
    workload<Medium> all{medium, past, seed};
    for (u32 life = 0; life < lives && all.live(steps); ++life) {
    }
    return past;
}

// ---- After a crash --------------------------------------------------------------------------

// Null: all is as it has to be.
template <class Log>
[[nodiscard]] const char* judge(const client<Log>& user, const history& past,
                                const crash_point& at) noexcept {
    const auto& events = past.events;
    return user.wrong                     ? "something was replayed that was never written"
           : user.newest >= events.size() ? "a record was invented"
           : events[user.newest].dropped  ? "a record came back that was not in the log"
           : user.newest < past.required(at.operations) ? "a durable record is lost"
           : user.newest != 0 && events[user.newest].operations > at.operations
               ? "a record from the future"
           : user.newest != 0 && events[user.newest].more ? "part of a group"
           : user.serials != events[user.newest].after    ? "the values are those of no moment"
                                                          : nullptr;
}

// Opens what a crash has left, writes to it, and opens it again.
template <class Medium>
[[nodiscard]] const char* check(Medium& after, const history& past, const crash_point& at,
                                pawl::recovery policy = pawl::recovery::tolerate_tail,
                                bool twice = true) {
    values found{};
    {
        log_on<Medium> log{pawl::medium_ref{after}};
        client<log_on<Medium>> user{&log};
        const pawl::log_report report = log.open(user, policy);
        if (policy == pawl::recovery::strict && report.error == pawl::open_error::torn_tail) {
            return nullptr;
        }
        if (!report) {
            return report.error == pawl::open_error::damaged ? "a crash is taken for damage"
                                                             : "a log does not open";
        }
        if (report.damage != 0) {
            return "a crash is taken for damage that was left out";
        }
        if (const char* const why = judge(user, past, at); why != nullptr) {
            return why;
        }
        found = user.serials;
        if (twice) {
            const bytes_of_record bytes = bytes_of(extra_first, extra_key);
            const u64 sequence = log.append(user, type_put, bytes.span());
            user.note(extra_first, extra_key, true, sequence);
            if (sequence == 0 || !log.commit(pawl::sync_now).ok()) {
                return "a log that was recovered takes nothing";
            }
        }
        log.abandon();
    }
    if (twice) {
        log_on<Medium> log{pawl::medium_ref{after}};
        client<log_on<Medium>> user{&log};
        const bool open = log.open(user).ok();
        log.abandon();
        if (!open) {
            return "a log that was recovered does not open again";
        }
        if (user.wrong || user.serials != found || user.extra != extra_first) {
            return "a log that was recovered is another one the next time";
        }
    }
    return after.double_programs() != 0         ? "a unit was programmed twice"
           : after.out_of_order_programs() != 0 ? "a block was not programmed upwards"
                                                : nullptr;
}

// Recovers, writes two records, of which one is synced, and cuts that everywhere; and what is found
// then in turn, `depth` times.
template <class Medium, class Budget>
[[nodiscard]] const char* check_nested(Medium& after, const Budget& budget, const values& right,
                                       u32 extra_least, u32 depth, u64& states) {
    after.start_recording();
    u64 synced = ~u64{0};
    u32 extra_before = 0;
    u32 extra_next = 0;
    {
        log_on<Medium> log{pawl::medium_ref{after}};
        client<log_on<Medium>> user{&log};
        if (!log.open(user)) {
            return "a log that was cut in its recovery does not open";
        }
        if (user.wrong || user.serials != right || user.extra < extra_least) {
            return "a log that was cut in its recovery is another one";
        }
        extra_before = user.extra;
        extra_next = (user.extra == 0 ? extra_first : user.extra) + 1;
        for (u32 serial = extra_next; serial < extra_next + 2; ++serial) {
            const bytes_of_record bytes = bytes_of(serial, extra_key);
            user.note(serial, extra_key, true, log.append(user, type_put, bytes.span()));
            if (!log.commit(serial == extra_next ? pawl::commit_kind::sync
                                                 : pawl::commit_kind::write)
                     .ok()) {
                return "a log that was recovered takes nothing";
            }
            synced = std::min(synced, after.operations());
        }
        log.abandon();
    }
    if (after.double_programs() != 0) {
        return "a unit was programmed twice";
    }
    const char* fault = nullptr;
    after.for_each_crash_state(budget, [&](Medium& medium, const crash_point& at) {
        ++states;
        const u32 least = at.operations >= synced ? extra_next : extra_before;
        if (depth > 1) {
            fault = check_nested(medium, budget, right, least, depth - 1, states);
            return fault == nullptr;
        }
        log_on<Medium> log{pawl::medium_ref{medium}};
        client<log_on<Medium>> user{&log};
        if (!log.open(user)) {
            fault = "a log that was cut in its recovery does not open";
        } else if (user.wrong || user.serials != right || user.extra < least ||
                   user.extra > extra_next + 1) {
            fault = "a log that was cut in its recovery is another one";
        } else if (medium.double_programs() != 0) {
            fault = "a unit was programmed twice in recovery";
        }
        log.abandon();
        return fault == nullptr;
    });
    return fault;
}

// Cuts the making of a log, and the one that follows, and so on; stops at so many states.
template <class Medium, class Budget>
[[nodiscard]] const char* cut_the_making(Medium medium, const Budget& budget, u32 depth,
                                         u64& states, u64 states_max) {
    const history past = run(medium, 1, 1, 0);
    const char* fault = past.fault;
    if (fault == nullptr) {
        medium.for_each_crash_state(budget, [&](Medium& after, const crash_point&) {
            fault = check_nested(after, budget, {}, 0, depth, states);
            return fault == nullptr && states < states_max;
        });
    }
    return fault;
}

// What came of it all.
struct tally {
    u64 states = 0;
    u64 nested = 0;
    u32 blocks = 0;
    u64 copied = 0;
    u32 wear_spread = 0;
    const char* fault = nullptr;
    crash_point at{};
};

struct plan {
    u64 seed = 1;
    u32 lives = 4;
    u32 steps = 60;
    u64 again_each = 4;   // which states are written to and opened again
    u64 nested_each = 0;  // in which the recovery is cut as well; 0: none
    u32 nested_depth = 1;
};

template <class Medium, class Budget>
[[nodiscard]] tally cut_everywhere(Medium medium, const Budget& budget, const Budget& nested,
                                   const plan& how) {
    tally result;
    if constexpr (requires { medium.wear_spread(); }) {
        // A log is there before the first cut: of an erase of the very first block nothing but
        // noise may be left, which is not taken for a log that was begun.
        log_on<Medium> log{pawl::medium_ref{medium}};
        client<log_on<Medium>> user{&log};
        if (!log.open(user)) {
            result.fault = "a log is not made";
        }
        log.abandon();
        medium.start_recording();
    }
    const history past = run(medium, how.seed, how.lives, how.steps);
    result.fault = result.fault != nullptr ? result.fault : past.fault;
    result.blocks = past.blocks;
    result.copied = past.copied;
    if (medium.double_programs() != 0 || medium.out_of_order_programs() != 0) {
        result.fault = "a run without a crash misuses its medium";
    }
    if constexpr (requires { medium.wear_spread(); }) {
        result.wear_spread = medium.wear_spread();
    }
    if (result.fault != nullptr) {
        return result;
    }
    result.states = medium.for_each_crash_state(budget, [&](Medium& after, const crash_point& at) {
        const u64 number = result.states++;
        result.at = at;
        if (how.nested_each != 0 && number % how.nested_each == 0) {
            // What is right is what a recovery without a cut finds.
            Medium copy = Medium{};
            copy.become(after);
            log_on<Medium> log{pawl::medium_ref{copy}};
            client<log_on<Medium>> user{&log};
            const bool open = log.open(user).ok();
            log.abandon();
            result.fault = open ? judge(user, past, at) : "a log does not open";
            if (result.fault == nullptr) {
                result.fault =
                    check_nested(after, nested, user.serials, 0, how.nested_depth, result.nested);
            }
        } else {
            const auto policy = number % 16 == 5   ? pawl::recovery::strict
                                : number % 16 == 9 ? pawl::recovery::point_in_time
                                                   : pawl::recovery::tolerate_tail;
            result.fault =
                check(after, past, at, policy, how.again_each != 0 && number % how.again_each == 0);
        }
        return result.fault == nullptr;
    });
    return result;
}

}  // namespace log_crash
