// SPDX-License-Identifier: BSL-1.0
//
// job_book: which records of a log still count, for a log of jobs.
//
// What: the client that record_log asks when it erases a block, and tells what it has read. One
// entry for each slot of a scheduler: the job that is in it, where its record lies, and which of
// its states is the latest.
//
// How it works: of a slot the records of the newest generation count, and of those `job` and the
// latest `state`, until `ended`. A job that was requeued has a generation newer than its record
// says; `requeued` tells of both. A job is only ever raised, so of `raised` the highest band is the
// latest. Records may come in another order than they were made in, for
// copies lie behind what was written before them; so nothing of a relation between jobs is decided
// here: after the last record it is known who is alive.
//
// Cost: O(1) a record, O(Recurring) or O(Keys) one of theirs; 40 bytes a slot, 32 a recurring job
// and 24 a key. Who may call: the leader of a log_writer, or who opens it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <pawl/config.hpp>
#include <pawl/durability/job_records.hpp>
#include <pawl/durability/log_format.hpp>
#include <pawl/durability/log_reader.hpp>
#include <pawl/durability/log_report.hpp>
#include <pawl/jobs/job_state.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <std::uint32_t Jobs, std::uint32_t Batches, std::uint32_t Recurring,
          std::uint32_t Keys = 0>
class job_book {
    static constexpr std::uint32_t nodes = Jobs + Batches;

public:
    struct place {
        std::uint32_t block = 0;
        std::uint32_t offset = 0;  // 0: there is no such record
    };
    struct entry {
        std::uint32_t generation = 0;    // the newest of this slot that any record has named
        std::uint32_t state_low = 0;     // the latest state's sequence, its low half
        std::uint32_t origin = 0;        // the generation that the record at `job` names
        std::uint32_t requeued_low = 0;  // as state_low, of `requeued`
        place job{};
        place state{};
        std::uint16_t attempts = 0;  // begun, says the latest state, or `requeued`
        std::uint8_t raised = 0;     // 0: not; else one more than the band that it was raised to
        bool requeued = false;       // and that is told: `origin` is right
        bool ended = false;
        bool spoiled = false;  // of a batch: a member did not succeed; state_low has its end
        job_state end = {};    // how
    };
    // A recurring job, as its records tell it.
    struct recurring_entry {
        std::uint64_t name = 0;  // 0: none
        std::int64_t due_ns = 0;
        job_records::job_name run{};  // its latest
        std::uint8_t flags = 0;       // flag_cut_off: also of a latest run that has not ended
        std::uint8_t recoveries = 0;
    };

    // The unique key of a job that has ended, until it is free.
    struct kept_key {
        std::uint64_t id = 0;  // its job's
        std::int64_t until_ns = 0;
        std::uint32_t key = 0;  // 0: none
        std::uint32_t sequence_low = 0;
    };
    static constexpr std::uint32_t keys = Keys;

    void clear() noexcept { *this = {}; }

    [[nodiscard]] bool is_alive(std::uint32_t node) const noexcept {
        const entry& mine = entries_[node];
        return mine.job.offset != 0 && !mine.ended &&
               (mine.requeued || mine.origin == mine.generation);
    }
    [[nodiscard]] const entry& of(std::uint32_t node) const noexcept { return entries_[node]; }
    // Slots that records name and there are not: a program with more of them wrote the log.
    [[nodiscard]] std::uint32_t beyond() const noexcept { return beyond_; }
    // Records that are none of version 1's.
    [[nodiscard]] std::uint32_t unknown() const noexcept { return unknown_; }
    [[nodiscard]] std::uint64_t run() const noexcept { return run_; }
    // One of as many as there are recurring jobs.
    [[nodiscard]] recurring_entry recurring(std::uint32_t index) const noexcept {
        const recurring_spot& from = recurring_[index];
        const bool is_cut_off = from.is_cut_off || has_not_ended(from.run());
        return {.name = from.name,
                .due_ns = from.due_ns,
                .run = from.run(),
                .flags = static_cast<std::uint8_t>((from.is_paused ? job_records::flag_paused : 0) |
                                                   (is_cut_off ? job_records::flag_cut_off : 0)),
                .recoveries = static_cast<std::uint8_t>(from.recoveries)};
    }

    [[nodiscard]] const kept_key& kept(std::uint32_t index) const noexcept { return kept_[index]; }
    // Of a key the one submitted last counts; if there are too many, those that are free last.
    void keep(kept_key one) noexcept {
        if constexpr (Keys != 0) {
            kept_key* spot = &kept_[0];
            for (kept_key& each : kept_) {
                if (each.key == one.key) {
                    each = each.id > one.id ? each : one;
                    return;
                }
                if (each.key == 0 || (spot->key != 0 && each.until_ns < spot->until_ns)) {
                    spot = &each;
                }
            }
            if (spot->key == 0 || spot->until_ns < one.until_ns) {
                *spot = one;
            }
        }
    }
    void forget_free_keys(std::int64_t now_ns) noexcept {
        for (kept_key& each : kept_) {
            each = each.until_ns > now_ns ? each : kept_key{};
        }
    }

    // A record in the log, in the log's order.
    void note(const log_record& record) noexcept {
        job_records::reader in{record.payload};
        const place here{record.place.block, record.place.offset};
        switch (record.type) {
            case job_records::job: in.get<std::uint64_t>(); [[fallthrough]];
            case job_records::batch: {
                note_job(in, here);
                return;
            }
            case job_records::requeued: note_requeued(record, in); return;
            case job_records::raised: note_raised(in); return;
            case job_records::state: {
                entry* const mine = newest(in);
                if (mine != nullptr && has_come(*mine, in)) {
                    mine->state = here;
                    mine->state_low = static_cast<std::uint32_t>(record.sequence);
                }
                return;
            }
            case job_records::ended: {
                entry* const mine = is_none(in) ? no_job(in) : newest(in);
                const auto how = static_cast<job_state>(in.get<std::uint8_t>());
                if (mine != nullptr) {
                    mine->ended = true;
                    mine->end = how;
                }
                const job_records::job_name batch_name = in.get_name();
                entry* const batch =
                    in.ok() && batch_name != job_records::job_name{} ? newest(batch_name) : nullptr;
                if (batch != nullptr && !batch->spoiled) {
                    batch->spoiled = true;
                    batch->state_low = static_cast<std::uint32_t>(record.sequence);
                }
                const auto id = in.get<std::uint64_t>();
                const auto key = in.get<std::uint32_t>();
                const std::int64_t until_ns = in.get_signed();
                if (in.ok() && key != 0) {
                    keep({id, until_ns, key, static_cast<std::uint32_t>(record.sequence)});
                }
                return;
            }
            case job_records::recurring: note_recurring(record); return;
            case job_records::run:
                run_ = in.get<std::uint64_t>();
                run_sequence_ = record.sequence;
                return;
            default: unknown_ += record.type < log_format::skippable_first ? 1U : 0U; return;
        }
    }

    // Whether a record that is to be erased still counts; then it is copied to `copy`.
    [[nodiscard]] bool keeps(const log_record& record, log_place copy) noexcept {
        job_records::reader in{record.payload};
        const place there{copy.block, copy.offset};
        const auto low = static_cast<std::uint32_t>(record.sequence);
        switch (record.type) {
            case job_records::job: in.get<std::uint64_t>(); [[fallthrough]];
            case job_records::batch: {
                entry* const mine = alive(in, true);
                if (mine == nullptr) {
                    return false;
                }
                mine->job = there;
                return true;
            }
            case job_records::requeued: {
                job_records::job_name name = in.get_name();
                name.generation = in.get<std::uint32_t>();
                entry* const mine = alive(name);
                if (mine == nullptr || mine->requeued_low != low) {
                    return false;
                }
                mine->requeued_low = static_cast<std::uint32_t>(copy.sequence);
                return true;
            }
            case job_records::raised: {
                const entry* const mine = alive(in, true);
                return mine != nullptr && mine->raised == in.get<std::uint8_t>() + 1;
            }
            case job_records::state: {
                entry* const mine = alive(in);
                if (mine == nullptr || mine->state_low != low) {
                    return false;
                }
                mine->state = there;
                mine->state_low = static_cast<std::uint32_t>(copy.sequence);
                return true;
            }
            case job_records::recurring: {
                const auto name = in.get<std::uint64_t>();
                for (recurring_spot& each : recurring_) {
                    if (each.name == name && each.sequence_low == low) {
                        each.sequence_low = static_cast<std::uint32_t>(copy.sequence);
                        return true;
                    }
                }
                return false;
            }
            case job_records::run:
                if (run_sequence_ != record.sequence) {
                    return false;
                }
                run_sequence_ = copy.sequence;
                return true;
            case job_records::ended: {
                // What it ended lies before it, and is gone. But of a batch that is not over one
                // end that was no success has to be known, of a recurring job its latest run's, and
                // of a unique key until when it is taken.
                bool counts = is_latest_run(in.get_name());
                in.get<std::uint8_t>();
                entry* const batch = alive(in);
                if (batch != nullptr && batch->spoiled && batch->state_low == low) {
                    batch->state_low = static_cast<std::uint32_t>(copy.sequence);
                    counts = true;
                }
                in.get<std::uint64_t>();
                const auto key = in.get<std::uint32_t>();
                for (kept_key& each : kept_) {
                    if (in.ok() && each.key == key && key != 0 && each.sequence_low == low) {
                        each.sequence_low = static_cast<std::uint32_t>(copy.sequence);
                        counts = true;
                    }
                }
                return counts;
            }
            default: return true;  // not ours to forget
        }
    }

private:
    // In 32 bytes.
    static constexpr unsigned index_bits = 22;
    static constexpr unsigned recoveries_bits = 8;
    static constexpr std::uint32_t index_mask = (1U << index_bits) - 1;
    static constexpr std::uint32_t recoveries_mask = (1U << recoveries_bits) - 1;
    static_assert(Jobs - 1 <= index_mask);
    struct recurring_spot {
        std::uint64_t name = 0;
        std::int64_t due_ns = 0;
        std::uint32_t sequence_low = 0;
        std::uint32_t generation = 0;
        std::uint32_t index : index_bits = 0;
        std::uint32_t recoveries : recoveries_bits = 0;
        std::uint32_t is_paused : 1 = 0;
        std::uint32_t is_cut_off : 1 = 0;

        [[nodiscard]] job_records::job_name run() const noexcept { return {index, generation}; }
    };

    [[nodiscard]] static bool is_none(const job_records::reader& in) noexcept {
        job_records::reader ahead = in;
        return ahead.get_name() == job_records::job_name{};
    }

    [[nodiscard]] static entry* no_job(job_records::reader& in) noexcept {
        static_cast<void>(in.get_name());
        return nullptr;
    }

    // The entry of the job that a record names, if the record is of its newest generation.
    [[nodiscard]] entry* newest(job_records::reader& in) noexcept {
        const job_records::job_name name = in.get_name();
        if (!in.ok()) {
            ++unknown_;
            return nullptr;
        }
        return newest(name);
    }
    [[nodiscard]] entry* newest(job_records::job_name name) noexcept {
        entry* const mine = entry_of(name);
        if (mine == nullptr) {
            return nullptr;
        }
        const std::int32_t ahead = is_ahead(name, *mine);
        if (mine->generation == 0 || ahead > 0) {
            // The job before may be the same, requeued: its record is kept until that is told.
            const entry before = *mine;
            *mine = {};
            mine->generation = name.generation;
            if (!before.ended && !job_records::is_batch(name)) {
                mine->job = before.job;
                mine->origin = before.origin;
                mine->raised = before.raised;
            }
            return mine;
        }
        return ahead < 0 || mine->ended ? nullptr : mine;
    }
    // Null, and counted: there is no such slot.
    [[nodiscard]] entry* entry_of(job_records::job_name name) noexcept {
        if (name.generation == 0) {
            ++unknown_;
            return nullptr;
        }
        const std::uint32_t node = job_records::node_of(name, Jobs, nodes);
        if (node == nodes) {
            ++beyond_;
            return nullptr;
        }
        return &entries_[node];
    }
    // Generations wrap: of two the newer one is less than half the range ahead.
    [[nodiscard]] static std::int32_t is_ahead(job_records::job_name name,
                                               const entry& of) noexcept {
        return static_cast<std::int32_t>(name.generation - of.generation);
    }

    // The record of a job that is older than others of this slot is a copy, of one that counted
    // when they were there: so it is theirs, requeued, and that will be told, by a copy as well.
    void note_job(job_records::reader& in, place here) noexcept {
        const job_records::job_name name = in.get_name();
        if (!in.ok()) {
            ++unknown_;
            return;
        }
        entry* mine = entry_of(name);
        if (mine == nullptr) {
            return;
        }
        if (mine->generation == 0 || is_ahead(name, *mine) >= 0) {
            mine = newest(name);
        } else if (job_records::is_batch(name) || mine->ended || mine->origin == mine->generation ||
                   (mine->requeued && mine->origin != name.generation)) {
            return;
        }
        if (mine != nullptr) {
            be_from(*mine, name.generation);
            mine->job = here;
        }
    }
    // What is known of a record of another generation is another job's: its own comes behind this.
    static void be_from(entry& mine, std::uint32_t origin) noexcept {
        if (mine.origin != origin) {
            mine.origin = origin;
            mine.job = {};
            mine.raised = 0;
        }
    }

    // Whether a state is what the job has come to: a time that was told late does not undo what has
    // been said of it since. `in`: behind its name.
    static bool has_come(entry& mine, job_records::reader& in) noexcept {
        const auto state = in.get<std::uint8_t>();
        in.get<std::uint8_t>();
        const auto attempts = in.get<std::uint16_t>();
        if ((state & job_records::state_moved) != 0 && mine.state.offset != 0 &&
            attempts < mine.attempts) {
            return false;
        }
        mine.attempts = attempts;
        return true;
    }

    // As the record of its job, it may be a copy, and the job requeued since.
    void note_raised(job_records::reader& in) noexcept {
        const job_records::job_name name = in.get_name();
        const auto band = in.get<std::uint8_t>();
        if (!in.ok() || job_records::is_batch(name)) {
            ++unknown_;
            return;
        }
        entry* mine = entry_of(name);
        if (mine != nullptr && (mine->generation == 0 || is_ahead(name, *mine) >= 0)) {
            mine = newest(name);
        } else if (mine != nullptr && (mine->ended || mine->origin != name.generation)) {
            return;
        }
        if (mine != nullptr) {
            be_from(*mine, name.generation);
            mine->raised = std::max(mine->raised, static_cast<std::uint8_t>(band + 1));
        }
    }
    // Its job's record may come before this, or behind it.
    void note_requeued(const log_record& record, job_records::reader& in) noexcept {
        job_records::job_name name = in.get_name();
        const std::uint32_t origin = name.generation;
        name.generation = in.get<std::uint32_t>();
        const auto attempts = in.get<std::uint16_t>();
        if (!in.ok() || origin == 0 || job_records::is_batch(name)) {
            ++unknown_;
            return;
        }
        entry* const mine = newest(name);
        if (mine != nullptr) {
            be_from(*mine, origin);
            mine->requeued = true;
            mine->attempts = attempts;
            mine->requeued_low = static_cast<std::uint32_t>(record.sequence);
        }
    }

    // The entry of a job that lives, by what its record names (`of_job`), or by what others do.
    [[nodiscard]] entry* alive(job_records::reader& in, bool of_job = false) noexcept {
        const job_records::job_name name = in.get_name();
        return in.ok() ? alive(name, of_job) : nullptr;
    }
    [[nodiscard]] entry* alive(job_records::job_name name, bool of_job = false) noexcept {
        const std::uint32_t node = job_records::node_of(name, Jobs, nodes);
        if (name.generation == 0 || node == nodes) {
            return nullptr;
        }
        entry& mine = entries_[node];
        const std::uint32_t named = of_job ? mine.origin : mine.generation;
        return named == name.generation && !mine.ended ? &mine : nullptr;
    }

    // The end of a run may come before the record that names it. Another job in its slot says that
    // it has ended, too: of one that was cut off the next program says so before anything else.
    [[nodiscard]] bool has_not_ended(job_records::job_name run) const noexcept {
        return run.generation != 0 && entries_[run.index].generation == run.generation &&
               !entries_[run.index].ended;
    }
    // Of what has ended; perhaps another job has its slot by now.
    [[nodiscard]] bool is_latest_run(job_records::job_name name) const noexcept {
        for (const recurring_spot& each : recurring_) {
            if (name.generation != 0 && each.name != 0 && each.run() == name) {
                return true;
            }
        }
        return false;
    }

    void note_recurring(const log_record& record) noexcept {
        job_records::recurring_record said;
        if (!job_records::decode(record.payload, said) || said.name == 0) {
            return;
        }
        const auto low = static_cast<std::uint32_t>(record.sequence);
        recurring_spot* spot = nullptr;
        for (recurring_spot& each : recurring_) {
            if (each.name == said.name) {
                spot = &each;
                break;
            }
            // Else in a free place, or in that of the one that was said longest ago.
            if (spot == nullptr ||
                (spot->name != 0 &&
                 (each.name == 0 || low - each.sequence_low > low - spot->sequence_low))) {
                spot = &each;
            }
        }
        if (job_records::node_of(said.run, Jobs, nodes) >= Jobs) {
            // A program with more jobs wrote it; its end would be of a slot that there is not.
            said.flags |= said.run.generation != 0 ? job_records::flag_cut_off : std::uint8_t{0};
            said.run = {};
        }
        if (said.run.generation != 0) {
            static_cast<void>(newest(said.run));
        }
        *spot = {.name = said.name,
                 .due_ns = said.due_ns,
                 .sequence_low = low,
                 .generation = said.run.generation,
                 .index = said.run.index & index_mask,
                 .recoveries = said.recoveries & recoveries_mask,
                 .is_paused = (said.flags & job_records::flag_paused) != 0,
                 .is_cut_off = (said.flags & job_records::flag_cut_off) != 0};
    }

    std::uint32_t beyond_ = 0;
    std::uint32_t unknown_ = 0;
    std::uint64_t run_ = 0;
    std::uint64_t run_sequence_ = 0;
    entry entries_[nodes] = {};
    recurring_spot recurring_[Recurring == 0 ? 1 : Recurring] = {};
    std::array<kept_key, Keys> kept_ = {};
};

}  // namespace PAWL_ABI
}  // namespace pawl
