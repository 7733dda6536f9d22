// SPDX-License-Identifier: BSL-1.0
//
// job_records: what a journal writes about jobs, byte by byte, version 1.
//
// A job is named by its slot and generation (8 bytes, as in job_id; of a batch bit 31 of the slot
// is set), and known outside by an id of 64 bits that no other job of this log ever has. Numbers
// are little-endian. Record types:
//
//   job (16)        a job that was submitted, or that recovery has taken over
//      0  8  id                 of its own, for ever
//      8  8  slot, generation
//     16  4  type               the FNV-1a hash of its job_type
//     20  4  fields             a bit for each of the following that is there, from bit 0 on
//     24  1  data version
//     25  1  flags              bit 0: data in big-endian memory order
//     26  1  band               of its queue
//     27  1  zero
//     28     fields, in the order of their bits:
//            0 due 8 (nanoseconds since 1970)    1 retry 8           2 queue 4 (hash of its name)
//            3 batch 8 (slot, generation)        4 parents: count 1, when 1, then 8 each
//            5 key 4, bits 1 (on_busy, chain, exclusive)            6 unique 4, until 1, conflict 1
//            7 unique_for 8: the time that its unique key is free (nanoseconds since 1970)
//            8 limiter 4 (hash)                  9 deadline 8 (ns), late 1
//           10 run_at_most 8 (ns)               11 retry_for 8 (ns) 12 delay after parents 8 (ns)
//         data                  the rest
//   state (17)      what a job has come to; the latest counts
//      0  8  slot, generation
//      8  1  state              a job_state; bit 7: who waited for its time was given another one.
//                              Counts only behind none, or one with no more attempts: it may be
//                              told late
//      9  1  recoveries         starts of the program that found it running
//     10  2  attempts           begun so far
//     12  4  cursor             of a job in slices
//     16  8  due                nanoseconds since 1970; 0: at once
//                              Of a job that failed and is kept (limits.failed) these two are which
//                              failure it was, counted, and the code of its error
//     24     text               of that error: the rest, or nothing
//   ended (18)      it is over: nothing of it is kept
//      0  8  slot, generation   0: of a job that failed and is kept; said for its batch's sake
//      8  1  state              succeeded, failed or deleted
//      9  8  its batch, if it did not succeed, or 0
//     17  8  id                 as in the record of the job: of a key the highest counts
//     25  4  its unique key     that is not free yet
//     29  8  when it will be    nanoseconds since 1970
//                              A record may end before these three
//   batch (19)      a batch
//      0  8  slot, generation
//      8  8  the batch around it, or 0
//   recurring (20)  an entry of the table of recurring jobs; the latest of a name counts
//      0  8  hash of its name and of its rule
//      8  8  its next time, nanoseconds since 1970
//     16  1  flags              bit 0: paused; bit 1: a run of it was cut off by the end of the
//                              program, and has not been made anew yet
//     17  8  its latest run: slot, generation, or 0. Its end is told as of any job (18)
//     25  1  recoveries         starts of the program that found it not ended
//                              A record may end before these two: then they are 0
//   run (21)        the program has opened the log; the latest counts
//      0  8  number of the run
//   requeued (22)   a failed job that was kept begins anew, in its slot; the latest counts
//      0  8  slot, generation   as in the record of the job
//      8  4  generation now
//     12  2  attempts           begun so far
//   raised (23)     a waiting job has gone into a higher band of its queue; the latest counts
//      0  8  slot, generation   as in the record of the job
//      8  1  band
//
// A job's parents are named by the child, so that its end is one record: replay derives what it
// released. Unknown types from 128 on are skipped, others refuse.
//
// Downside: a delay is kept by the wall clock, the only one that goes on while the program does not
// run; a platform without one keeps what was left of it when it was written.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include <pawl/config.hpp>
#include <pawl/durability/log_format.hpp>
#include <pawl/execution/when.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_state.hpp>

namespace pawl {
inline namespace PAWL_ABI {

namespace job_records {

enum type : std::uint8_t {
    job = log_format::user_first,
    state = 17,
    ended = 18,
    batch = 19,
    recurring = 20,
    run = 21,
    requeued = 22,
    raised = 23,
};

// In the slot of a batch.
inline constexpr std::uint32_t batch_bit = 0x8000'0000;

// In log_format::block_header::content.
inline constexpr std::uint32_t content = 0x736A'7770;  // "pwjs"

inline constexpr std::uint32_t job_bytes = 28;    // without fields and data
inline constexpr std::uint32_t state_bytes = 24;  // without text
inline constexpr std::uint32_t ended_bytes = 17;  // without a key
inline constexpr std::uint32_t ended_key_bytes = 20;
inline constexpr std::uint32_t batch_bytes = 16;
inline constexpr std::uint32_t recurring_bytes = 26;
inline constexpr std::uint32_t run_bytes = 8;
inline constexpr std::uint32_t requeued_bytes = 14;
inline constexpr std::uint32_t raised_bytes = 9;

// Parents that one record names.
inline constexpr std::uint32_t parents_max = 8;

namespace field {
inline constexpr std::uint32_t due = 1U << 0;
inline constexpr std::uint32_t retry = 1U << 1;
inline constexpr std::uint32_t queue = 1U << 2;
inline constexpr std::uint32_t batch = 1U << 3;
inline constexpr std::uint32_t parents = 1U << 4;
inline constexpr std::uint32_t key = 1U << 5;
inline constexpr std::uint32_t unique = 1U << 6;
inline constexpr std::uint32_t unique_for = 1U << 7;
inline constexpr std::uint32_t limiter = 1U << 8;
inline constexpr std::uint32_t deadline = 1U << 9;
inline constexpr std::uint32_t run_at_most = 1U << 10;
inline constexpr std::uint32_t retry_for = 1U << 11;
inline constexpr std::uint32_t delay = 1U << 12;
inline constexpr std::uint32_t all = (1U << 13) - 1;
// What a requeued job has no more: it waits for nothing, and belongs to nothing.
inline constexpr std::uint32_t not_requeued = due | batch | parents | unique | unique_for | delay;
}  // namespace field

inline constexpr std::uint32_t fields_bytes_max =
    8 + 8 + 4 + 8 + (2 + 8 * parents_max) + 5 + 6 + 8 + 4 + 9 + 8 + 8 + 8;

inline constexpr std::uint8_t flag_big_endian = 1;
inline constexpr std::uint8_t flag_paused = 1;
inline constexpr std::uint8_t flag_cut_off = 2;
inline constexpr std::uint8_t state_moved = 0x80;
inline constexpr std::uint8_t flag_chain = 4;
inline constexpr std::uint8_t flag_shared = 8;
inline constexpr std::uint8_t busy_mask = 3;

// Writes into a payload that has room for all that it is given: the sizes are constants.
class writer {
public:
    constexpr explicit writer(std::byte* to) noexcept : begin_{to}, at_{to} {}

    template <class Integer>
    constexpr writer& put(Integer value) noexcept {
        store_little(at_, value);
        at_ += sizeof(Integer);
        return *this;
    }
    constexpr writer& put_signed(std::int64_t value) noexcept {
        return put(static_cast<std::uint64_t>(value));
    }
    [[nodiscard]] constexpr std::byte* at() const noexcept { return at_; }
    [[nodiscard]] constexpr std::uint32_t size() const noexcept {
        return static_cast<std::uint32_t>(at_ - begin_);
    }

private:
    std::byte* begin_;
    std::byte* at_;
};

// Reads from a payload, and never beyond it: what is not there is zero, and ok() false.
class reader {
public:
    constexpr explicit reader(std::span<const std::byte> from) noexcept : rest_{from} {}

    template <class Integer>
    constexpr Integer get() noexcept {
        if (rest_.size() < sizeof(Integer)) {
            rest_ = {};
            ok_ = false;
            return 0;
        }
        const auto value = load_little<Integer>(rest_.data());
        rest_ = rest_.subspan(sizeof(Integer));
        return value;
    }
    constexpr std::int64_t get_signed() noexcept {
        return static_cast<std::int64_t>(get<std::uint64_t>());
    }
    // Not a handle of a job: nothing that a reader finds is trusted to be one.
    struct name {
        std::uint32_t index = 0;
        std::uint32_t generation = 0;

        friend constexpr bool operator==(const name&, const name&) noexcept = default;
    };
    constexpr name get_name() noexcept {
        const auto index = get<std::uint32_t>();
        return {index, get<std::uint32_t>()};
    }
    [[nodiscard]] constexpr std::span<const std::byte> rest() const noexcept { return rest_; }
    [[nodiscard]] constexpr bool ok() const noexcept { return ok_; }

private:
    std::span<const std::byte> rest_;
    bool ok_ = true;
};

using job_name = reader::name;

[[nodiscard]] constexpr bool is_batch(job_name name) noexcept {
    return (name.index & batch_bit) != 0;
}
// The name of a job or batch of a scheduler with so many jobs, and the node that a name is.
[[nodiscard]] constexpr job_name name_of(job_id id, std::uint32_t jobs) noexcept {
    return {id.index() < jobs ? id.index() : (id.index() - jobs) | batch_bit, id.generation()};
}
[[nodiscard]] constexpr std::uint32_t node_of(job_name name, std::uint32_t jobs,
                                              std::uint32_t none) noexcept {
    const std::uint32_t node = is_batch(name) ? (name.index & ~batch_bit) + jobs : name.index;
    return is_batch(name) == (node >= jobs) && node < none ? node : none;
}

constexpr writer& put(writer& out, job_name name) noexcept {
    return out.put(name.index).put(name.generation);
}

struct state_record {
    job_name job{};
    job_state state{};
    std::uint8_t recoveries = 0;
    std::uint16_t attempts = 0;
    std::uint32_t cursor = 0;
    std::int64_t due_ns = 0;
    bool moved = false;
};

constexpr std::uint32_t encode(const state_record& from, std::byte* to) noexcept {
    return writer{to}
        .put(from.job.index)
        .put(from.job.generation)
        .put(static_cast<std::uint8_t>(static_cast<std::uint8_t>(from.state) |
                                       (from.moved ? state_moved : 0U)))
        .put(from.recoveries)
        .put(from.attempts)
        .put(from.cursor)
        .put_signed(from.due_ns)
        .size();
}
// False: it is none. A text follows it, see text_of().
[[nodiscard]] constexpr bool decode(std::span<const std::byte> from, state_record& to) noexcept {
    reader in{from};
    to.job = in.get_name();
    const auto state = in.get<std::uint8_t>();
    to.state = static_cast<job_state>(state & ~state_moved);
    to.moved = (state & state_moved) != 0;
    to.recoveries = in.get<std::uint8_t>();
    to.attempts = in.get<std::uint16_t>();
    to.cursor = in.get<std::uint32_t>();
    to.due_ns = in.get_signed();
    return in.ok();
}

// What a state says beside its numbers.
[[nodiscard]] constexpr std::span<const std::byte> text_of(
    std::span<const std::byte> state) noexcept {
    return state.size() > state_bytes ? state.subspan(state_bytes) : std::span<const std::byte>{};
}

struct recurring_record {
    std::uint64_t name = 0;
    std::int64_t due_ns = 0;
    std::uint8_t flags = 0;
    job_name run{};
    std::uint8_t recoveries = 0;
};

constexpr std::uint32_t encode(const recurring_record& from, std::byte* to) noexcept {
    writer out{to};
    out.put(from.name).put_signed(from.due_ns).put(from.flags);
    return put(out, from.run).put(from.recoveries).size();
}
// False: it is none.
[[nodiscard]] constexpr bool decode(std::span<const std::byte> from,
                                    recurring_record& to) noexcept {
    reader in{from};
    to.name = in.get<std::uint64_t>();
    to.due_ns = in.get_signed();
    to.flags = in.get<std::uint8_t>();
    if (!in.ok() || in.rest().empty()) {
        return in.ok();
    }
    to.run = in.get_name();
    to.recoveries = in.get<std::uint8_t>();
    return in.ok();
}

// A job's record without its data, as it is read. What is not there has its default.
struct job_record {
    std::uint64_t id = 0;
    job_name job{};
    std::uint32_t type = 0;
    std::uint32_t fields = 0;
    std::uint8_t version = 0;
    std::uint8_t flags = 0;
    std::uint8_t band = 0;
    std::int64_t due_ns = 0;
    std::uint64_t retry = 0;
    std::uint32_t queue = 0;
    job_name batch{};
    std::uint8_t parents = 0;
    when condition = when::success;
    std::array<job_name, parents_max> parent{};
    std::uint32_t key = 0;
    std::uint8_t key_bits = 0;
    std::uint32_t unique = 0;
    std::uint8_t unique_until = 0;
    std::uint8_t conflict = 0;
    std::int64_t key_until_ns = 0;
    std::uint32_t limiter = 0;
    std::int64_t deadline_ns = 0;
    std::uint8_t late = 0;
    std::int64_t run_at_most_ns = 0;
    std::int64_t retry_for_ns = 0;
    std::int64_t delay_ns = 0;

    [[nodiscard]] constexpr bool has(std::uint32_t which) const noexcept {
        return (fields & which) != 0;
    }
};

// Writes all but the data; returns the bytes written, at most job_bytes + fields_bytes_max.
constexpr std::uint32_t encode(const job_record& from, std::byte* to) noexcept {
    writer out{to};
    out.put(from.id).put(from.job.index).put(from.job.generation).put(from.type).put(from.fields);
    out.put(from.version).put(from.flags).put(from.band).put(std::uint8_t{0});
    if (from.fields == 0) {
        return out.size();
    }
    if (from.has(field::due)) {
        out.put_signed(from.due_ns);
    }
    if (from.has(field::retry)) {
        out.put(from.retry);
    }
    if (from.has(field::queue)) {
        out.put(from.queue);
    }
    if (from.has(field::batch)) {
        out.put(from.batch.index).put(from.batch.generation);
    }
    if (from.has(field::parents)) {
        out.put(from.parents).put(static_cast<std::uint8_t>(from.condition));
        for (std::uint32_t i = 0; i < from.parents; ++i) {
            out.put(from.parent[i].index).put(from.parent[i].generation);
        }
    }
    if (from.has(field::key)) {
        out.put(from.key).put(from.key_bits);
    }
    if (from.has(field::unique)) {
        out.put(from.unique).put(from.unique_until).put(from.conflict);
    }
    if (from.has(field::unique_for)) {
        out.put_signed(from.key_until_ns);
    }
    if (from.has(field::limiter)) {
        out.put(from.limiter);
    }
    if (from.has(field::deadline)) {
        out.put_signed(from.deadline_ns).put(from.late);
    }
    if (from.has(field::run_at_most)) {
        out.put_signed(from.run_at_most_ns);
    }
    if (from.has(field::retry_for)) {
        out.put_signed(from.retry_for_ns);
    }
    if (from.has(field::delay)) {
        out.put_signed(from.delay_ns);
    }
    return out.size();
}

// False: it is none, or has fields that this version does not know. `data` is what follows.
[[nodiscard]] constexpr bool decode(std::span<const std::byte> from, job_record& to,
                                    std::span<const std::byte>& data) noexcept {
    reader in{from};
    to.id = in.get<std::uint64_t>();
    to.job = in.get_name();
    to.type = in.get<std::uint32_t>();
    to.fields = in.get<std::uint32_t>();
    to.version = in.get<std::uint8_t>();
    to.flags = in.get<std::uint8_t>();
    to.band = in.get<std::uint8_t>();
    static_cast<void>(in.get<std::uint8_t>());
    if ((to.fields & ~field::all) != 0) {
        return false;
    }
    if (to.has(field::due)) {
        to.due_ns = in.get_signed();
    }
    if (to.has(field::retry)) {
        to.retry = in.get<std::uint64_t>();
    }
    if (to.has(field::queue)) {
        to.queue = in.get<std::uint32_t>();
    }
    if (to.has(field::batch)) {
        to.batch = in.get_name();
    }
    if (to.has(field::parents)) {
        to.parents = in.get<std::uint8_t>();
        to.condition = static_cast<when>(in.get<std::uint8_t>());
        if (to.parents > parents_max) {
            return false;
        }
        for (std::uint32_t i = 0; i < to.parents; ++i) {
            to.parent[i] = in.get_name();
        }
    }
    if (to.has(field::key)) {
        to.key = in.get<std::uint32_t>();
        to.key_bits = in.get<std::uint8_t>();
    }
    if (to.has(field::unique)) {
        to.unique = in.get<std::uint32_t>();
        to.unique_until = in.get<std::uint8_t>();
        to.conflict = in.get<std::uint8_t>();
    }
    if (to.has(field::unique_for)) {
        to.key_until_ns = in.get_signed();
    }
    if (to.has(field::limiter)) {
        to.limiter = in.get<std::uint32_t>();
    }
    if (to.has(field::deadline)) {
        to.deadline_ns = in.get_signed();
        to.late = in.get<std::uint8_t>();
    }
    if (to.has(field::run_at_most)) {
        to.run_at_most_ns = in.get_signed();
    }
    if (to.has(field::retry_for)) {
        to.retry_for_ns = in.get_signed();
    }
    if (to.has(field::delay)) {
        to.delay_ns = in.get_signed();
    }
    data = in.rest();
    return in.ok();
}

}  // namespace job_records

}  // namespace PAWL_ABI
}  // namespace pawl
