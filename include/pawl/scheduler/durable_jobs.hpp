// SPDX-License-Identifier: BSL-1.0
//
// durable_jobs: the part of a scheduler that writes down what happens to durable jobs.
//
// What: it builds the record of a job before the job can run, hears of every change of state (as
// the platform's listener, so that a scheduler without a journal has nothing of this), and writes
// down what matters: that a job has begun, that it will be tried again, that it has ended; of a
// failed job that is kept (limits.failed), that it is, and that it was requeued.
//
// How it works: a job is named in the log by its handle's slot and generation. Generations grow
// with every job of a slot, over restarts too (recover_jobs.hpp takes care of that), so a record
// that comes late, from a thread that was stopped between a change of state and this, is recognised
// as one of an earlier job.
//
// A worker that has a job's end to tell waits for room in the hand-off if there is none: an end
// that is not told would run the job again. A submission does not wait: it is refused
// (submit_error::journal_full).
//
// Cost: a durable job costs three records (job, begun, ended), each some tens of nanoseconds for
// who hands it over. A job that is not durable costs one look at its slot for each change. A
// recurring job with a name costs two for each time: the next one, and that its run has ended (with
// a fixed delay three: also which run it is, for the next time is not known before its end).
//
// Who may call: write() any thread or interrupt, with the index in hand; start() and stop() one
// thread.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/containers/hash.hpp>
#include <pawl/durability/durability.hpp>
#include <pawl/durability/io_status.hpp>
#include <pawl/durability/job_book.hpp>
#include <pawl/durability/job_records.hpp>
#include <pawl/durability/job_types.hpp>
#include <pawl/durability/journal.hpp>
#include <pawl/durability/journal_ticket.hpp>
#include <pawl/durability/log_report.hpp>
#include <pawl/durability/log_writer.hpp>
#include <pawl/durability/recovery_report.hpp>
#include <pawl/jobs/job_event.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/jobs/packed_delay.hpp>
#include <pawl/jobs/retry_policy.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// A platform whose scheduler tells one object of every change of a job's state.
template <class Platform, class Listener>
struct journaled : Platform {
    constexpr journaled() noexcept = default;
    constexpr explicit journaled(Platform machine) noexcept : Platform{machine} {}

    void on_event(const job_event& event) noexcept {
        if (listener != nullptr) {
            listener->on_event(event);
        }
    }
    // A job that waits for its time has another one, so far from now.
    void on_moved(job_id id, std::uint32_t attempts, std::chrono::nanoseconds rest) noexcept {
        if (listener != nullptr) {
            listener->tell_moved(id, attempts, rest);
        }
    }
    // A job that waits is in a higher band of its queue.
    void on_raised(job_id id, std::uint32_t band) noexcept {
        if (listener != nullptr) {
            listener->tell_raised(id, band);
        }
    }
    // Of a recurring job: its next time; and what a run of the program before had written of it.
    void on_recurring(const recurring_note& note) const noexcept {
        if (listener != nullptr) {
            listener->tell_recurring(note);
        }
    }
    [[nodiscard]] bool known_recurring(std::uint64_t called, recurring_note& known) const noexcept {
        return listener != nullptr && listener->known_recurring(called, known);
    }
    // A run of one is about to be published. False: it has been cut off too often, and is to fail.
    [[nodiscard]] bool on_occurrence(job_id id, std::uint8_t recoveries) const noexcept {
        return listener == nullptr || listener->note_occurrence(id, recoveries);
    }
    [[nodiscard]] std::uint32_t recoveries_of(job_id id) const noexcept {
        return listener != nullptr ? listener->recoveries_of(id) : 0;
    }
    [[nodiscard]] std::uint64_t number_of(job_id id) const noexcept {
        return listener != nullptr ? listener->number_of(id) : 0;
    }
    // Whether the next poll would write something: who polls does not sleep before that.
    [[nodiscard]] bool wants_service() const noexcept {
        return listener != nullptr && listener->wants_service();
    }

    Listener* listener = nullptr;  // null before start()
};

template <limits L, platform Platform, class Journal>
class durable_jobs {
public:
    using types = typename Journal::types;
    using medium_type = typename Journal::medium_type;
    static constexpr journal_limits capacity = Journal::capacity;

    static constexpr std::uint32_t nodes = L.jobs + L.batches;
    static constexpr bool keeps_failed = L.failed > 0;
    static constexpr std::uint32_t text_max = keeps_failed ? L.error_bytes : 0;
    using book_type = job_book<L.jobs, L.batches, L.recurring, L.keys>;

    static constexpr log_limits log_size{
        .payload_max = std::max(
            job_records::job_bytes + job_records::fields_bytes_max + std::uint32_t{types::data_max},
            job_records::state_bytes + text_max),
        .buffer_bytes = capacity.buffer_bytes,
        .blocks_max = capacity.blocks_max,
        .crc = capacity.crc,
        .content = job_records::content};
    static constexpr writer_limits writer_size{.cells = capacity.cells,
                                               .waiters = capacity.waiters};
    using writer_type = log_writer<medium_type, log_size, writer_size, Platform, durable_jobs>;
    using cell = typename writer_type::cell;

    // What the rest of a scheduler does when a job that waited for the disk may run.
    struct releaser {
        void* owner = nullptr;
        void (*release)(void* owner, job_id id) noexcept = nullptr;
        void (*refuse)(void* owner, job_id id) noexcept = nullptr;
        // When a job is due, in nanoseconds since 1970, and what a time from now is; its cursor.
        std::int64_t (*due_ns)(void* owner, std::uint32_t index) noexcept = nullptr;
        std::int64_t (*from_now_ns)(void* owner, std::chrono::nanoseconds rest) noexcept = nullptr;
        std::uint32_t (*cursor)(void* owner, std::uint32_t index) noexcept = nullptr;
        // Copies the text of its error, at most text_max bytes; returns how many there are.
        std::uint32_t (*error_text)(void* owner, std::uint32_t index,
                                    std::byte* to) noexcept = nullptr;
        // The batch of a job, or around a batch; false: none.
        job_id (*batch_of)(void* owner, std::uint32_t index) noexcept = nullptr;
        // Something was handed over: wakes who polls, if it sleeps. null: nobody is to be woken.
        void (*call_writer)(void* owner) noexcept = nullptr;
    };

    constexpr durable_jobs() noexcept = default;
    constexpr explicit durable_jobs(medium_type medium) noexcept : writer{std::move(medium)} {}

    // ---- Submission: who holds the index, before it is published ------------------------------

    // Whether who writes may sleep while another thread hands over: in wait(). (A thread of its own
    // looks soon, and an interrupt ends a sleep by being one.)
    static constexpr bool calls_writer = L.workers == 0 && !interrupt_platform<Platform>;

    // What a record says beside what the options do.
    struct circumstances {
        bool has_due = false;
        std::int64_t due_ns = 0;
        job_id batch = {};
        std::span<const job_id> parents = {};
    };

    // The record of a job that is built, to be handed over; null, and why: it may not run.
    // `surely`: waits for room, as long as the disk takes.
    template <class F, class Options>
    [[nodiscard]] cell* describe(job_id id, const F& function, const Options& options,
                                 const circumstances& about, submit_error& refusal,
                                 bool surely = false) noexcept {
        refusal = !is_open() || failure() != io_error::none         ? submit_error::journal_failed
                  : about.parents.size() > job_records::parents_max ? submit_error::bad_option
                                                                    : submit_error::none;
        if (refusal != submit_error::none) {
            return nullptr;
        }
        cell* const mine = surely ? &writer.take_surely(*this, machine_) : writer.take();
        if (mine == nullptr) {
            refusal = submit_error::journal_full;
            return nullptr;
        }
        job_records::job_record record = describe(options);
        record.id = next_id();
        record.job = name_of(id);
        record.type = durable_type<F>;
        record.version = durable_version<F>;
        record.flags = std::endian::native == std::endian::big ? job_records::flag_big_endian
                                                               : std::uint8_t{0};
        if (about.has_due) {
            record.fields |= job_records::field::due;
            record.due_ns = about.due_ns;
        }
        if constexpr (L.keys > 0) {
            if (options.unique && options.unique_for) {
                record.fields |= job_records::field::unique_for;
                record.key_until_ns = ask_.from_now_ns(
                    ask_.owner, std::chrono::nanoseconds{in_ns(*options.unique_for)});
            }
            keep_key(id.index(), {record.unique, record.key_until_ns});
        }
        if (about.batch && is_durable(about.batch)) {
            record.fields |= job_records::field::batch;
            record.batch = name_of(about.batch);
        }
        if (!about.parents.empty()) {
            record.fields |= job_records::field::parents;
            record.parents = static_cast<std::uint8_t>(about.parents.size());
            record.condition = options.when;
            for (std::size_t i = 0; i < about.parents.size(); ++i) {
                record.parent[i] = name_of(about.parents[i]);
            }
        }
        const std::uint32_t head = job_records::encode(record, mine->payload);
        const std::uint32_t data = encode_job<types>(
            function, std::span<std::byte>{mine->payload + head, log_size.payload_max - head});
        if (data == encoded_failed) {
            writer.give_back(*mine);
            refusal = submit_error::bad_option;
            return nullptr;
        }
        mine->type = job_records::job;
        mine->length = static_cast<std::uint16_t>(head + data);
        mine->token = token_of(id);
        mine->sync = options.durability == durability::sync_later;
        mark_durable(id, record.id, 0);
        return mine;
    }
    // Hands it over; with durability::synced returns when it is on the disk, or why it is not.
    [[nodiscard]] submit_error write(cell& mine, job_id id, enum durability how) noexcept {
        if (how != durability::synced) {
            hand_over(mine);
            return submit_error::none;
        }
        const io_status done = writer.hand_over_and_wait(*this, machine_, mine);
        if (done.ok()) {
            return submit_error::none;
        }
        forget(id);
        return done.error == io_error::busy ? submit_error::busy : submit_error::journal_failed;
    }
    void give_back(cell& mine, job_id id) noexcept {
        forget(id);
        writer.give_back(mine);
    }

    // A batch, before its first durable member; and those around it.
    void write_batch(job_id id) noexcept {
        while (id && is_open() && !is_durable(id)) {
            const job_id outer = ask_.batch_of(ask_.owner, id.index());
            tell_batch(id, outer);
            id = outer;
        }
    }

    // ---- What happens to jobs: whoever changes a state -----------------------------------------

    void on_event(const job_event& event) noexcept {
        const job_id id = event.id();
        if (failure() != io_error::none) {
            return;
        }
        if constexpr (L.failed > 0) {
            if (event.why == end_reason::requeued) {
                tell_requeued(id, event.number);
                return;
            }
        }
        if (!is_durable(id)) {
            if constexpr (L.recurring > 0) {
                if (is_occurrence(id)) {
                    on_occurrence(event);
                }
            }
            return;
        }
        if (keeps_failed && id.index() < L.jobs && event.to == job_state::failed &&
            event.why != end_reason::evicted) {
            tell_failed(id, event.number & 0xFFFF, static_cast<std::uint16_t>(event.number >> 16));
        } else if (keeps_failed && event.to == job_state::gone && was_requeued(id)) {
            tell_failed(id, event.number & 0xFFFF, 0);  // it could not be: it is kept as it was
        } else if (event.to == job_state::processing && event.from == job_state::enqueued) {
            tell_begin(id, event.number & 0xFFFF);
        } else if (event.from == job_state::processing &&
                   (event.to == job_state::scheduled || event.to == job_state::enqueued)) {
            tell_state(id, event.to, event.number & 0xFFFF, ask_.due_ns(ask_.owner, id.index()));
        } else if (is_end(event) || event.why == end_reason::evicted) {
            tell_end(id, event.to == job_state::gone ? job_state::deleted : event.to);
        }
    }

    // ---- Recovery -----------------------------------------------------------------------------

    // A job of the log has its place again. `origin`: the generation of its record, if it was
    // requeued since.
    void mark_durable(job_id id, std::uint64_t number, std::uint8_t recoveries,
                      std::uint32_t origin = 0) noexcept {
        if (id.index() < L.jobs) {
            ids_[id.index()] = number;
            recoveries_[id.index()] = recoveries;
            if constexpr (keeps_failed) {
                origins_[id.index()] = origin == 0 ? id.generation() : origin;
            }
        }
        // release: pairs with is_durable().
        durable_[id.index()].store(id.generation(), std::memory_order_release);
    }
    // The unique key that a job has until a time, whatever becomes of it; 0: none.
    struct timed_key {
        std::uint32_t key = 0;
        std::int64_t until_ns = 0;
    };
    void keep_key(std::uint32_t index, timed_key one) noexcept requires(L.keys > 0) {
        keys_[index] = one;
    }
    void forget(job_id id) noexcept { durable_[id.index()].store(0, std::memory_order_release); }

    void tell_state(job_id id, job_state state, std::uint32_t attempts,
                    std::int64_t due_ns) noexcept {
        write_state(id, state, attempts, ask_.cursor(ask_.owner, id.index()), due_ns);
    }
    // Told after the job was moved. If it has begun since, or come to an end, that counts, though
    // this is told behind it: see job_records.
    void tell_moved(job_id id, std::uint32_t attempts, std::chrono::nanoseconds rest) noexcept {
        if (is_durable(id) && failure() == io_error::none) {
            write_state(id, job_state::scheduled, attempts, ask_.cursor(ask_.owner, id.index()),
                        ask_.from_now_ns(ask_.owner, rest), true);
        }
    }
    // Told after it was raised. If it has ended since, its end counts.
    void tell_raised(job_id id, std::uint32_t band) noexcept {
        if (!is_durable(id) || failure() != io_error::none) {
            return;
        }
        cell& mine = writer.take_surely(*this, machine_);
        job_records::writer out{mine.payload};
        job_records::put(out, name_of(id)).put(static_cast<std::uint8_t>(band));
        hand_over(mine, job_records::raised, out.size());
    }
    void tell_end(job_id id, job_state how) noexcept {
        job_id batch{};
        if constexpr (L.batches > 0) {
            // Of a batch whose members all succeed nothing has to be known; and not of one of a
            // job that failed before and was kept since.
            const bool was_kept = keeps_failed && how == job_state::failed && id.index() < L.jobs;
            if (how != job_state::succeeded && !was_kept) {
                batch = ask_.batch_of(ask_.owner, id.index());
            }
        }
        timed_key key{};
        if constexpr (L.keys > 0) {
            const timed_key kept = id.index() < L.jobs ? keys_[id.index()] : timed_key{};
            if (kept.until_ns != 0 && kept.until_ns > ask_.from_now_ns(ask_.owner, {})) {
                key = kept;
            }
        }
        write_end(name_of(id), how, batch, key);
    }
    // A batch does not succeed any more, for a member of it that is kept.
    void tell_spoiled(job_id batch) noexcept {
        if (is_durable(batch)) {
            write_end({}, job_state::failed, batch);
        }
    }

    // ---- Recurring jobs: the owner of the table -----------------------------------------------

    void tell_recurring(const recurring_note& note) noexcept {
        if (!is_open() || failure() != io_error::none) {
            return;
        }
        const std::uint32_t flags = (note.paused ? job_records::flag_paused : 0U) |
                                    (note.cut_off ? job_records::flag_cut_off : 0U);
        write_recurring({.name = note.called,
                         .due_ns = note.due_ns,
                         .flags = static_cast<std::uint8_t>(flags),
                         .run = name_of(note.run),
                         .recoveries = note.recoveries});
    }
    // That a run of it was cut off is said once: who asks makes it anew.
    [[nodiscard]] bool known_recurring(std::uint64_t called, recurring_note& known) noexcept {
        for (last_program& each : recurring_) {
            if (each.name == called && is_open()) {
                known.due_ns = each.due_ns;
                known.paused = (each.flags & job_records::flag_paused) != 0;
                known.cut_off = (each.flags & job_records::flag_cut_off) != 0;
                known.recoveries = static_cast<std::uint8_t>(
                    std::min<std::uint32_t>(each.recoveries + 1U, recoveries_mask));
                each.flags &= static_cast<std::uint8_t>(~job_records::flag_cut_off);
                return true;
            }
        }
        return false;
    }
    // Before it is published: its end will be told, so that what its entry has told last is not
    // taken for cut off. False: it was, more often than recoveries_max.
    [[nodiscard]] bool note_occurrence(job_id id, std::uint8_t recoveries) noexcept {
        if constexpr (L.recurring > 0) {
            if (is_open()) {
                recoveries_[id.index()] = recoveries == 0
                                              ? recoveries
                                              : static_cast<std::uint8_t>(recoveries | taken_over);
                // release: pairs with is_occurrence().
                durable_[id.index()].store(~id.generation(), std::memory_order_release);
            }
        }
        return recoveries <= capacity.recoveries_max;
    }

    // ---- Asking: any thread -------------------------------------------------------------------

    // Recovery has found the failure of this number, and none after it.
    void count_failures_from(std::uint32_t last) noexcept {
        // relaxed: a number, and nothing runs yet.
        failures_.store(last + 1, std::memory_order_relaxed);
    }

    // Whether the log knows, or will know, of this job.
    [[nodiscard]] bool is_durable(job_id id) const noexcept {
        // acquire: pairs with mark_durable().
        return durable_[id.index()].load(std::memory_order_acquire) == id.generation();
    }
    // REQUIRES: the job runs, and the caller is it.
    [[nodiscard]] std::uint64_t number_of(job_id id) const noexcept {
        return is_durable(id) ? ids_[id.index()] : 0;
    }
    [[nodiscard]] std::uint32_t recoveries_of(job_id id) const noexcept {
        return is_durable(id) || is_occurrence(id) ? recoveries_[id.index()] & recoveries_mask : 0;
    }
    [[nodiscard]] const char* medium_name() const noexcept {
        return pawl::name_of(writer.log().medium());
    }
    // Why nothing more is written; none while it is.
    [[nodiscard]] io_error failure() const noexcept { return writer.failure(); }
    [[nodiscard]] bool is_open() const noexcept {
        return open_.load(std::memory_order_acquire) != 0;
    }

    // ---- From start to stop: one thread -------------------------------------------------------

    // Opens the log and reads it; the book then says what is alive.
    [[nodiscard]] log_report open(const recovery_options& how, releaser ask) noexcept {
        ask_ = ask;
        book.clear();
        log_report report = writer.open(*this, how.policy, how.format);
        if (report.ok() && needed_bytes() > writer.log().live_max_bytes()) {
            writer.log().abandon();
            report.error = open_error::geometry;
        } else if (report.ok() && book.beyond() != 0) {
            writer.log().abandon();
            report.error = open_error::too_many_jobs;
        } else if (report.ok() && book.unknown() != 0) {
            writer.log().abandon();
            report.error = open_error::newer_version;
        }
        if (report.ok()) {
            run_ = static_cast<std::uint32_t>(book.run() + 1);
            open_.store(1, std::memory_order_release);
            cell& mine = writer.take_surely(*this, machine_);
            job_records::writer out{mine.payload};
            out.put(std::uint64_t{run_});
            hand_over(mine, job_records::run, out.size());
            read_recurring();
        }
        return report;
    }
    // What a medium has to have room for: every job and batch that there can be, with its latest
    // state and its end, twice (so that there is always a block to go on with).
    [[nodiscard]] std::uint64_t needed_bytes() const noexcept {
        const auto& log = writer.log();
        constexpr std::uint32_t end_bytes =
            job_records::ended_bytes + (L.keys > 0 ? job_records::ended_key_bytes : 0);
        const std::uint64_t job = log.record_bytes(log_size.payload_max) +
                                  log.record_bytes(job_records::state_bytes + text_max) +
                                  log.record_bytes(end_bytes);
        const std::uint64_t batch =
            log.record_bytes(job_records::batch_bytes) + log.record_bytes(job_records::ended_bytes);
        const std::uint64_t kept = keeps_failed ? log.record_bytes(job_records::requeued_bytes) : 0;
        const std::uint64_t raised = L.bands > 1 ? log.record_bytes(job_records::raised_bytes) : 0;
        return L.jobs * (job + kept + raised) + L.batches * batch +
               L.recurring * (log.record_bytes(job_records::recurring_bytes) +
                              log.record_bytes(job_records::ended_bytes)) +
               L.keys * log.record_bytes(end_bytes) + log.record_bytes(job_records::run_bytes);
    }

    // Everything that was handed over is on the disk, the log says so, and is closed.
    void close() noexcept {
        if (open_.exchange(0, std::memory_order_acq_rel) != 0) {
            static_cast<void>(writer.close(*this, machine_));
        }
    }

    // Whether serve() has something to write, and nobody else is writing.
    [[nodiscard]] bool wants_service() noexcept { return is_open() && writer.wants_service(); }
    // Writes what was handed over; by who has the time for it.
    bool serve() noexcept { return is_open() && writer.serve(*this, machine_); }
    io_status sync() noexcept {
        return is_open() ? writer.sync(*this, machine_) : io_status{io_error::closed, 0};
    }
    void mark() noexcept {
        if (is_open()) {
            writer.mark(*this, machine_);
        }
    }

    // ---- Tickets ------------------------------------------------------------------------------

    // False: the hand-off is full, or the log is not open.
    [[nodiscard]] bool request_sync() noexcept {
        if (!is_open() || !writer.request_sync()) {
            return false;
        }
        call_writer();
        return true;
    }
    io_status wait(journal_ticket until) noexcept {
        return is_open() ? writer.wait(*this, machine_, until) : io_status{io_error::closed, 0};
    }
    // The same until a moment, by looking now and then: who waits in the writer cannot leave.
    template <class TimePoint>
    io_status wait_until(journal_ticket until, TimePoint deadline) noexcept
        requires(Platform::has_threads) {
        typename Platform::parker sleeper;
        bool asked = false;
        for (;;) {
            if (writer.durable_seq().covers(until)) {
                return {};
            }
            if (!is_open()) {
                return {io_error::closed, 0};
            }
            if (failure() != io_error::none) {
                return {failure(), 0};
            }
            asked = asked || writer.request_sync();
            const auto now = machine_.now();
            if (!(now < deadline)) {
                return {io_error::timed_out, 0};
            }
            machine_.park_until(
                sleeper,
                std::min(deadline,
                         now + std::chrono::ceil<typename Platform::duration>(
                                   std::chrono::microseconds{capacity.flush_interval_us})));
        }
    }

    // ---- The writer's client: its leader ------------------------------------------------------

    void replay(const log_record& record) noexcept { book.note(record); }
    [[nodiscard]] bool keeps(const log_record& record) noexcept {
        return book.keeps(record, writer.log().next_place());
    }
    void appended(std::uint64_t, const log_record& record) noexcept { book.note(record); }
    void durable(std::uint64_t token) noexcept { ask_.release(ask_.owner, id_of(token)); }
    void refused(std::uint64_t token, io_status) noexcept {
        if (token != 0) {
            // Of what becomes of it nothing can be written, and the caller could not wait for it.
            forget(id_of(token));
            ask_.refuse(ask_.owner, id_of(token));
        }
    }

    writer_type writer{};
    book_type book{};
    // Of recovery: slots in some order.
    using slot_number =
        std::conditional_t<(L.jobs - 1 <= UINT16_MAX), std::uint16_t, std::uint32_t>;
    slot_number scratch[L.jobs] = {};

    // In recoveries_: this program has not made the job, but found it in the log.
    static constexpr std::uint8_t taken_over = 0x80;
    static constexpr std::uint8_t recoveries_mask = 0x7F;

private:
    using word = typename Platform::word;

    [[nodiscard]] static constexpr bool is_end(const job_event& event) noexcept {
        return (is_final(event.to) && !is_final(event.from) && event.why != end_reason::shutdown) ||
               event.to == job_state::gone;
    }

    // Whether this is a run of a recurring job with a name.
    [[nodiscard]] bool is_occurrence(job_id id) const noexcept {
        if constexpr (L.recurring > 0) {
            // acquire: pairs with note_occurrence().
            return durable_[id.index()].load(std::memory_order_acquire) == ~id.generation();
        } else {
            return false;
        }
    }
    void on_occurrence(const job_event& event) noexcept {
        if (is_end(event)) {
            write_end(name_of(event.id()),
                      event.to == job_state::gone ? job_state::deleted : event.to, {});
        } else if (event.to == job_state::processing && event.from == job_state::enqueued) {
            begin_again(event.id());
        }
    }

    // All zero: none.
    [[nodiscard]] static constexpr job_records::job_name name_of(job_id id) noexcept {
        return id ? job_records::name_of(id, L.jobs) : job_records::job_name{};
    }

    [[nodiscard]] static constexpr std::uint64_t token_of(job_id id) noexcept {
        return std::uint64_t{id.generation()} << 32 | id.index();
    }
    [[nodiscard]] static constexpr job_id id_of(std::uint64_t token) noexcept {
        return {static_cast<std::uint32_t>(token), static_cast<std::uint32_t>(token >> 32)};
    }

    // A number that no other job of this log has: the run, and a count. (The bound: 2^32 durable
    // jobs in one run of the program.)
    [[nodiscard]] std::uint64_t next_id() noexcept {
        // relaxed: a number.
        return std::uint64_t{run_} << 32 | count_.fetch_add(1, std::memory_order_relaxed);
    }

    void hand_over(cell& mine, std::uint8_t type, std::uint32_t bytes) noexcept {
        mine.type = type;
        mine.length = static_cast<std::uint16_t>(bytes);
        mine.token = 0;
        hand_over(mine);
    }
    void hand_over(cell& mine) noexcept {
        writer.hand_over(mine);
        call_writer();
    }
    void call_writer() noexcept {
        if constexpr (calls_writer) {
            ask_.call_writer(ask_.owner);
        }
    }

    void write_end(job_records::job_name name, job_state how, job_id batch,
                   timed_key key = {}) noexcept {
        cell& mine = writer.take_surely(*this, machine_);
        job_records::writer out{mine.payload};
        job_records::put(out, name).put(static_cast<std::uint8_t>(how));
        job_records::put(out, name_of(batch));
        if (key.key != 0) {
            out.put(ids_[name.index]).put(key.key).put_signed(key.until_ns);
        }
        hand_over(mine, job_records::ended, out.size());
    }
    void write_state(job_id id, job_state state, std::uint32_t attempts, std::uint32_t cursor,
                     std::int64_t due_ns, bool moved = false) noexcept {
        cell& mine = writer.take_surely(*this, machine_);
        std::uint32_t bytes = job_records::encode(
            job_records::state_record{
                .job = name_of(id),
                .state = state,
                .recoveries = static_cast<std::uint8_t>(recoveries_[id.index()] & recoveries_mask),
                .attempts = static_cast<std::uint16_t>(attempts),
                .cursor = cursor,
                .due_ns = due_ns,
                .moved = moved},
            mine.payload);
        if constexpr (text_max > 0) {
            if (state == job_state::failed && attempts != 0) {
                bytes += ask_.error_text(ask_.owner, id.index(), mine.payload + bytes);
            }
        }
        hand_over(mine, job_records::state, bytes);
    }
    // What the log had when it was opened. And that a run was cut off is said before another job
    // can have its slot: its end would then seem to be known.
    void read_recurring() noexcept {
        for (std::uint32_t i = 0; i < L.recurring; ++i) {
            const typename book_type::recurring_entry each = book.recurring(i);
            recurring_[i] = {each.name, each.due_ns, each.flags, each.recoveries};
            if (each.run.generation != 0 && (each.flags & job_records::flag_cut_off) != 0) {
                write_recurring({.name = each.name,
                                 .due_ns = each.due_ns,
                                 .flags = each.flags,
                                 .run = {},
                                 .recoveries = each.recoveries});
            }
        }
    }
    void write_recurring(const job_records::recurring_record& record) noexcept {
        cell& mine = writer.take_surely(*this, machine_);
        hand_over(mine, job_records::recurring, job_records::encode(record, mine.payload));
    }
    // It failed, and is kept for who requeues it: also by the next program.
    void tell_failed(job_id id, std::uint32_t attempts, std::uint16_t error) noexcept {
        // relaxed: a number.
        write_state(id, job_state::failed, attempts,
                    failures_.fetch_add(1, std::memory_order_relaxed), error);
        if constexpr (L.batches > 0) {
            if (const job_id batch = ask_.batch_of(ask_.owner, id.index())) {
                tell_spoiled(batch);
            }
        }
    }
    // Told by who holds the slot, whose job is the next one already.
    void tell_requeued(job_id next, std::uint32_t attempts) noexcept requires(L.failed > 0) {
        const std::uint32_t index = next.index();
        const std::uint32_t before = durable_[index].load(std::memory_order_acquire);
        const std::uint32_t after = before + 1 == 0 ? 1 : before + 1;
        if (before == 0 || after != next.generation()) {
            return;  // that one was not durable
        }
        const std::uint32_t origin = origins_[index];
        mark_durable(next, ids_[index], 0, origin);
        cell& mine = writer.take_surely(*this, machine_);
        job_records::writer out{mine.payload};
        job_records::put(out, name_of(job_id{index, origin}))
            .put(next.generation())
            .put(static_cast<std::uint16_t>(attempts));
        hand_over(mine, job_records::requeued, out.size());
    }
    [[nodiscard]] bool was_requeued(job_id id) const noexcept {
        if constexpr (keeps_failed) {
            return id.index() < L.jobs && origins_[id.index()] != id.generation();
        } else {
            return false;
        }
    }

    void tell_batch(job_id id, job_id outer) noexcept {
        cell& mine = writer.take_surely(*this, machine_);
        job_records::writer out{mine.payload};
        job_records::put(out, name_of(id));
        job_records::put(out, name_of(outer));
        mark_durable(id, 0, 0);
        hand_over(mine, job_records::batch, out.size());
    }
    void tell_begin(job_id id, std::uint32_t attempt) noexcept {
        tell_state(id, job_state::processing, attempt, 0);
        begin_again(id);
    }
    void begin_again(job_id id) noexcept {
        if ((recoveries_[id.index()] & taken_over) != 0) {
            // The program ended before this job did; maybe because of it. That it begins now is
            // written before it does.
            static_cast<void>(writer.serve(*this, machine_));
        }
    }

    static constexpr std::int64_t in_ns(packed_delay time) noexcept {
        return time.to<std::chrono::duration<std::int64_t, std::nano>>().count();
    }

    // What the options say.
    template <class Options>
    [[nodiscard]] static job_records::job_record describe(const Options& options) noexcept {
        namespace field = job_records::field;
        job_records::job_record record;
        if (!options.queue.empty()) {
            record.fields |= field::queue;
            record.queue = fnv_1a(options.queue.view());
        }
        if constexpr (L.bands > 1) {
            record.band = options.priority;
        }
        if constexpr (L.retries) {
            if (options.retry != retry_policy{}) {
                record.fields |= field::retry;
                record.retry = options.retry.packed();
            }
        }
        if constexpr (L.deadlines) {
            if (options.deadline) {
                record.fields |= field::deadline;
                record.deadline_ns = in_ns(*options.deadline);
                record.late = static_cast<std::uint8_t>(options.late);
            }
            if (options.run_at_most) {
                record.fields |= field::run_at_most;
                record.run_at_most_ns = in_ns(*options.run_at_most);
            }
            if (options.retry_for) {
                record.fields |= field::retry_for;
                record.retry_for_ns = in_ns(*options.retry_for);
            }
        }
        if constexpr (L.then_delay) {
            if (options.delay) {
                record.fields |= field::delay;
                record.delay_ns = in_ns(*options.delay);
            }
        }
        if constexpr (L.keys > 0) {
            if (options.key) {
                record.fields |= field::key;
                record.key = options.key.value();
                record.key_bits =
                    static_cast<std::uint8_t>(static_cast<unsigned>(options.on_busy) |
                                              (options.chain ? job_records::flag_chain : 0U) |
                                              (options.exclusive ? 0U : job_records::flag_shared));
            }
            if (options.unique) {
                record.fields |= field::unique;
                record.unique = options.unique.value();
                record.unique_until = static_cast<std::uint8_t>(options.unique_until);
                record.conflict = static_cast<std::uint8_t>(options.conflict);
            }
        }
        if constexpr (L.limiters.count > 0) {
            if (!options.limit.empty()) {
                record.fields |= field::limiter;
                record.limiter = fnv_1a(options.limit.view());
            }
        }
        return record;
    }

    PAWL_NO_UNIQUE_ADDRESS Platform machine_{};
    releaser ask_{};
    std::uint32_t run_ = 0;
    word open_;
    word count_;
    word failures_;
    // Of each slot the generation of its durable job, or the complement of a recurring job's. (The
    // bound: 2^31 jobs of a slot after that, none of them durable or recurring.)
    word durable_[nodes] = {};
    std::uint8_t recoveries_[L.jobs] = {};
    // The generation that the record of its job names: another one, if it was requeued.
    std::uint32_t origins_[keeps_failed ? L.jobs : 1] = {};
    std::uint64_t ids_[L.jobs] = {};
    std::array<timed_key, L.keys == 0 ? 0 : L.jobs> keys_ = {};
    // As the log had them when it was opened: the book belongs to the writer's leader since.
    struct last_program {
        std::uint64_t name = 0;
        std::int64_t due_ns = 0;
        std::uint8_t flags = 0;
        std::uint8_t recoveries = 0;
    };
    last_program recurring_[L.recurring == 0 ? 1 : L.recurring] = {};
};

}  // namespace PAWL_ABI
}  // namespace pawl
