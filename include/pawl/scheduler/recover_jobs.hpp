// SPDX-License-Identifier: BSL-1.0
//
// recover_jobs: puts the jobs that a log says are alive back into a scheduler that runs nothing
// yet.
//
// What: every job gets its slot and its generation again, so that a handle from before the restart
// still names it; its options, its attempts, what was left of its delay, its key, its batch and
// those of its parents that have not ended. What was running is made ready again, with its count of
// recoveries one higher; beyond the journal's recoveries_max it fails instead, and so does what
// this program cannot read: as jobs that run and fail, so that all that hangs on them is told. What
// had failed before and is kept (limits.failed) is kept again, with its error; one that was
// requeued is a job that waits for nothing.
//
// How it works: in the order in which they were submitted, which is an order of parents before
// children. A parent that is not alive has ended: how, the log still says if nothing else was in
// its slot since; and if something was, its end was told to this child before, which is still
// there, so its condition was met. A batch that was open is sealed, for nobody can add to it any
// more. Slots that are free get the newest generation that the log names, so that records of later
// jobs are newer.
//
// Cost: O(n log n) in the jobs alive, and one read of each record. Who may call: start(), before
// anything runs.
#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/containers/hash.hpp>
#include <pawl/durability/durability.hpp>
#include <pawl/durability/job_records.hpp>
#include <pawl/durability/job_types.hpp>
#include <pawl/durability/journal.hpp>
#include <pawl/durability/recovery_report.hpp>
#include <pawl/execution/when.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_options.hpp>
#include <pawl/jobs/job_state.hpp>
#include <pawl/jobs/limits.hpp>
#include <pawl/jobs/retry_policy.hpp>
#include <pawl/scheduler/journal_part.hpp>
#include <pawl/scheduler/lost_job.hpp>
#include <pawl/scheduler/unique_jobs.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <limits L, class Core, class Durable>
class job_recovery {
    using types = typename Durable::types;
    using options_type = job_options_of<L>;
    using flow_type = typename Core::runner_type::flow_type;
    using table_type = typename Core::table_type;

    static_assert(L.job_bytes >= sizeof(lost_job),
                  "limits.job_bytes: with a journal a job has room for two pointers at least");

public:
    // REQUIRES: the log is open, and no job was submitted before.
    job_recovery(Core& core, Durable& jobs_of_log) noexcept : core_{core}, durable_{jobs_of_log} {}

    void run(recovery_report& report) noexcept {
        take_slots();
        if constexpr (L.batches > 0) {
            open_batches(report);
        }
        const std::uint32_t alive = sort_jobs();
        for (std::uint32_t i = 0; i < alive; ++i) {
            restore(order_[i], report);
        }
        if constexpr (L.failed > 0) {
            keep_failed(alive);
        }
        if constexpr (L.batches > 0) {
            seal_batches();
        }
        if constexpr (L.keys > 0) {
            hold_keys();
        }
    }

private:
    using book_type = typename Durable::book_type;

    [[nodiscard]] auto& flow() noexcept { return core_.runner.flow; }
    [[nodiscard]] auto rests() noexcept { return core_.runner.time.rests(); }
    [[nodiscard]] auto& book() noexcept { return durable_.book; }
    [[nodiscard]] auto read(typename book_type::place place) noexcept {
        return durable_.writer.log().read({place.block, place.offset, 0});
    }

    // The slots of who is alive stay out of the free rings, and all have their generations.
    void take_slots() noexcept {
        std::uint32_t index = 0;
        while (flow().table.take_job(index)) {
        }
        if constexpr (L.batches > 0) {
            while (flow().table.take_batch(index)) {
            }
        }
        for (index = 0; index < table_type::node_count; ++index) {
            const std::uint32_t newest = book().of(index).generation;
            if (book().is_alive(index)) {
                flow().table.set_generation(index, newest - 1);
            } else {
                if (newest != 0) {
                    flow().table.set_generation(index, newest);
                }
                flow().table.put_free(index);
            }
        }
    }

    // Leaves in order_ the slots of jobs that are alive, as they were submitted; their number.
    [[nodiscard]] std::uint32_t sort_jobs() noexcept {
        std::uint32_t count = 0;
        for (std::uint32_t index = 0; index < L.jobs; ++index) {
            if (!book().is_alive(index)) {
                continue;
            }
            job_records::reader in{read(book().of(index).job)};
            const auto number = in.get<std::uint64_t>();
            if (!in.ok()) {
                flow().table.put_free(index);  // the medium cannot read it any more
                continue;
            }
            durable_.mark_durable({index, book().of(index).generation}, number, 0,
                                  book().of(index).origin);
            order_[count++] = static_cast<typename Durable::slot_number>(index);
        }
        std::sort(order_, order_ + count, [this](std::uint32_t one, std::uint32_t other) {
            return number_of(one) < number_of(other);
        });
        return count;
    }

    [[nodiscard]] std::uint64_t number_of(std::uint32_t index) noexcept {
        return durable_.number_of({index, book().of(index).generation});
    }

    // ---- Batches --------------------------------------------------------------------------------

    void open_batches(recovery_report& report) noexcept {
        for (std::uint32_t index = L.jobs; index < table_type::node_count; ++index) {
            if (book().is_alive(index)) {
                const job_id id = flow().open_batch_at(index, {});
                durable_.mark_durable(id, 0, 0);
                ++report.batches;
            }
        }
        for (std::uint32_t index = L.jobs; index < table_type::node_count; ++index) {
            if (!book().is_alive(index)) {
                continue;
            }
            job_records::reader in{read(book().of(index).job)};
            static_cast<void>(in.get_name());
            const job_records::job_name outer = in.get_name();
            const job_id id = flow().table.id_of(index);
            if (is_alive(outer)) {
                flow().nest_batch(id, id_of(outer));
            }
            if (book().of(index).spoiled) {
                flow().fail_batch(id);
            }
        }
    }
    void seal_batches() noexcept {
        for (std::uint32_t index = L.jobs; index < table_type::node_count; ++index) {
            if (book().is_alive(index)) {
                flow().count_out(flow().table.id_of(index), true, rests());
            }
        }
    }

    // ---- Jobs -----------------------------------------------------------------------------------

    // node_count: none.
    [[nodiscard]] static constexpr std::uint32_t node_of(job_records::job_name name) noexcept {
        return job_records::node_of(name, L.jobs, table_type::node_count);
    }
    // REQUIRES: is_alive().
    [[nodiscard]] static constexpr job_id id_of(job_records::job_name name) noexcept {
        return {node_of(name), name.generation};
    }
    [[nodiscard]] bool is_alive(job_records::job_name name) noexcept {
        const std::uint32_t node = node_of(name);
        return name.generation != 0 && node < table_type::node_count &&
               book().of(node).generation == name.generation && book().is_alive(node);
    }

    void restore(std::uint32_t index, recovery_report& report) noexcept {
        const auto& entry = book().of(index);
        const job_id id{index, entry.generation};
        job_records::state_record state{};
        bool has_state = false;
        if (entry.state.offset != 0) {
            has_state = job_records::decode(read(entry.state), state);
        }
        job_records::job_record record;
        std::span<const std::byte> data;
        const bool readable = job_records::decode(read(entry.job), record, data);
        const bool was_running = has_state && state.state == job_state::processing;
        const bool had_failed = has_state && state.state == job_state::failed;
        const bool was_requeued = entry.requeued;
        job_id batch{};
        if (had_failed && record.has(job_records::field::batch) && !was_requeued &&
            is_alive(record.batch)) {
            batch = id_of(record.batch);
        }
        if constexpr (L.keys > 0) {
            if (readable && record.has(job_records::field::unique_for)) {
                durable_.keep_key(index, {record.unique, record.key_until_ns});
                if (had_failed || was_requeued) {
                    book().keep({record.id, record.key_until_ns, record.unique, 0});
                }
            }
        }
        if (had_failed || was_requeued) {
            record.fields &= ~job_records::field::not_requeued;
        }
        // It is the same attempt that begins again.
        std::uint32_t attempts = has_state ? state.attempts : entry.attempts;
        attempts -= was_running && attempts != 0 ? 1 : 0;
        const std::uint32_t recoveries = std::min<std::uint32_t>(
            state.recoveries + (was_running ? 1U : 0U), Durable::recoveries_mask);
        ++(had_failed ? report.failed : report.jobs);
        report.running += was_running ? 1U : 0U;

        build(id, record, readable);
        lost_job lost{nullptr, 0};
        if (recoveries > Durable::capacity.recoveries_max && !had_failed) {
            lost = lost_job::poisoned();
            ++report.poisoned;
        } else {
            const auto order = (record.flags & job_records::flag_big_endian) != 0
                                   ? std::endian::big
                                   : std::endian::little;
            const decode_error error =
                !readable
                    ? decode_error::refused
                    : decode_job<types>(record.type, record.version, order, data, [&](auto&& job) {
                          emplace(id, std::forward<decltype(job)>(job));
                      });
            if (error != decode_error::none) {
                lost = {describe(error),
                        static_cast<std::uint32_t>(error == decode_error::unknown_type
                                                       ? lost_reason::unknown_type
                                                       : lost_reason::unreadable)};
                ++report.unreadable;
            }
        }
        if (lost.why != nullptr) {
            flow().emplace(id, lost_job{lost});
        }
        if constexpr (L.retries) {
            flow().table.set_attempts(index, attempts);
        }
        if constexpr (L.failed > 0) {
            if (was_requeued && !had_failed) {
                flow().table.job(index).more.add(attribute::requeued);
            }
        }
        if constexpr (L.slices) {
            if (state.cursor != 0 && !had_failed) {
                flow().table.job(index).more.cursor.set(state.cursor);
                flow().table.job(index).more.add(attribute::cursor);
            }
        }
        durable_.mark_durable(id, record.id,
                              static_cast<std::uint8_t>(recoveries | Durable::taken_over),
                              entry.origin);
        if (had_failed) {
            settle_failed(id, batch, static_cast<std::uint16_t>(state.due_ns));
            return;
        }
        publish(id, record, has_state, state);
        if (was_running) {
            durable_.tell_state(id, job_state::enqueued, attempts, 0);
        }
    }

    // It has ended, and its batch heard of it; but that may not have been written any more. What
    // this program does not keep is over.
    void settle_failed(job_id id, [[maybe_unused]] job_id batch,
                       [[maybe_unused]] std::uint16_t error) noexcept {
        if constexpr (L.batches > 0) {
            if (batch) {
                flow().fail_batch(batch);
                if (!book().of(batch.index()).spoiled) {
                    durable_.tell_spoiled(batch);
                }
            }
        }
        core_.runner.fail_again(id, error, job_records::text_of(read(book().of(id.index()).state)));
        if constexpr (L.failed == 0) {
            durable_.tell_end(id, job_state::failed);
            flow().table.job(id.index()).code.reset();
            flow().table.give_back(id.index());
        }
    }
    // The one that failed first is the first to go, if there are too many.
    void keep_failed(std::uint32_t alive) noexcept requires(L.failed > 0) {
        auto* const end = std::remove_if(order_, order_ + alive, [this](std::uint32_t index) {
            return flow().table.state(index).state() != job_state::failed;
        });
        const auto is_older = [this](std::uint32_t one, std::uint32_t other) {
            return static_cast<std::int32_t>(failure_of(one) - failure_of(other)) < 0;
        };
        std::sort(order_, end, is_older);
        if (end != order_) {
            durable_.count_failures_from(failure_of(end[-1]));
        }
        std::for_each(order_, end, [this](std::uint32_t index) { core_.runner.keep_again(index); });
    }
    [[nodiscard]] std::uint32_t failure_of(std::uint32_t index) noexcept {
        job_records::state_record state{};
        static_cast<void>(job_records::decode(read(book().of(index).state), state));
        return state.cursor;
    }

    template <class F>
    void emplace(job_id id, F&& job) noexcept {
        flow().table.job(id.index()).called.set(borrowed(std::decay_t<F>::job_type));
        flow().emplace(id, std::forward<F>(job));
    }

    [[nodiscard]] static packed_delay delay_of(std::int64_t ns) noexcept {
        return packed_delay::from(std::chrono::duration<std::int64_t, std::nano>{ns});
    }
    [[nodiscard]] static time_option time_of(std::int64_t ns) noexcept {
        return std::chrono::duration<std::int64_t, std::nano>{ns};
    }

    // Fills in the slot, all but its callable.
    void build(job_id id, const job_records::job_record& record, bool readable) noexcept {
        namespace field = job_records::field;
        options_type options{};
        std::uint32_t queue = L.default_queue();
        retry_policy retry{};
        if (readable) {
            if (record.has(field::queue)) {
                for (std::uint32_t i = 0; i < L.queues.count; ++i) {
                    queue = fnv_1a(L.queues[i]) == record.queue ? i : queue;
                }
            }
            retry = record.has(field::retry) ? retry_policy::from_packed(record.retry) : retry;
            describe_times(options, record);
            describe_keys(options, record);
        }
        const std::uint32_t raised = book().of(id.index()).raised;
        const std::uint32_t band =
            std::min<std::uint32_t>(raised != 0 ? raised - 1 : record.band, L.bands - 1);
        const job_id built =
            flow().build_at(id.index(), flow_type::queues_type::line_of(queue, band));
        PAWL_ASSERT(built == id);
        static_cast<void>(built);
        flow().describe(id, name{}, retry);
        flow().describe_more(id, options);
        flow().describe_rest(id, options, rests());
        if constexpr (L.batches > 0) {
            if (record.has(field::batch) && is_alive(record.batch)) {
                const job_id batch = id_of(record.batch);
                flow().add_member(batch);
                flow().join_batch(id, batch);
            }
        }
        if constexpr (L.keys > 0) {
            if (readable && options.unique) {
                // Another one cannot have it: of two with one key only one was accepted.
                static_cast<void>(enter_unique(core_.runner, id,
                                               {options.unique.value(), options.unique_until,
                                                options.unique_for, options.conflict},
                                               flow().machine.now()));
            }
        }
    }
    static void describe_times([[maybe_unused]] options_type& options,
                               [[maybe_unused]] const job_records::job_record& record) noexcept {
        namespace field = job_records::field;
        if constexpr (L.deadlines) {
            if (record.has(field::deadline)) {
                options.deadline = time_of(record.deadline_ns);
                options.late = static_cast<late>(record.late);
            }
            if (record.has(field::run_at_most)) {
                options.run_at_most = time_of(record.run_at_most_ns);
            }
            if (record.has(field::retry_for)) {
                options.retry_for = time_of(record.retry_for_ns);
            }
        }
        if constexpr (L.then_delay) {
            if (record.has(field::delay)) {
                options.delay = time_of(record.delay_ns);
            }
        }
    }
    void describe_keys([[maybe_unused]] options_type& options,
                       [[maybe_unused]] const job_records::job_record& record) noexcept {
        namespace field = job_records::field;
        if constexpr (L.keys > 0) {
            if (record.has(field::key)) {
                options.key = key{record.key};
                options.on_busy = static_cast<on_busy>(record.key_bits & job_records::busy_mask);
                options.chain = (record.key_bits & job_records::flag_chain) != 0;
                options.exclusive = (record.key_bits & job_records::flag_shared) == 0;
            }
            if (record.has(field::unique)) {
                options.unique = key{record.unique};
                options.unique_until = static_cast<unique_until>(record.unique_until);
                options.conflict = static_cast<conflict>(record.conflict);
            }
            if (record.has(field::unique_for)) {
                const std::int64_t rest_ns = record.key_until_ns - flow().wall_ns();
                if (rest_ns > 0) {
                    options.unique_for = time_of(rest_ns);
                } else {
                    options.unique = {};  // it is another one's by now, perhaps
                }
            }
        }
        if constexpr (L.limiters.count > 0) {
            if (record.has(field::limiter)) {
                for (std::uint32_t i = 0; i < L.limiters.count; ++i) {
                    if (fnv_1a(L.limiters[i]) == record.limiter) {
                        options.limit = borrowed(L.limiters[i]);
                    }
                }
            }
        }
    }

    // Puts it where it waits.
    void publish(job_id id, const job_records::job_record& record, bool has_state,
                 const job_records::state_record& state) noexcept {
        namespace field = job_records::field;
        // Once it had begun, or rested after its parents, they do not count any more.
        if constexpr (L.edges > 0) {
            if (record.has(field::parents) && !has_state) {
                publish_behind(id, record);
                return;
            }
        }
        const std::int64_t first_due_ns = record.has(field::due) ? record.due_ns : 0;
        const std::int64_t due_ns = has_state ? state.due_ns : first_due_ns;
        const bool waits = due_ns != 0 && (!has_state || state.state == job_state::scheduled);
        if (waits) {
            const auto now = flow().machine.now();
            static_cast<void>(core_.runner.publish_scheduled(id, due_time(due_ns, now), now));
        } else {
            static_cast<void>(flow().publish_ready(id));
        }
    }

    // Keys of jobs that have ended, which are not free yet: nobody is found by them.
    void hold_keys() noexcept requires(L.keys > 0) {
        book().forget_free_keys(flow().wall_ns());
        const std::uint32_t now = flow().unique_now();
        for (std::uint32_t i = 0; i < book_type::keys; ++i) {
            const auto& each = book().kept(i);
            if (each.key == 0) {
                continue;
            }
            const auto length =
                std::min(flow_type::ticks_of(delay_of(each.until_ns - flow().wall_ns())),
                         flow_type::unique_for_max);
            const std::uint32_t units = flow_type::unique_units(length) + 1;
            // Refused: a job that is alive has it.
            static_cast<void>(flow().unique.enter(each.key, flow_type::unique_nobody, now,
                                                  flow().unique.until_after(now, units)));
        }
    }

    // A time of the wall clock, as far away as it is now; what has passed is now.
    template <class TimePoint>
    [[nodiscard]] auto due_time(std::int64_t due_ns, TimePoint now) noexcept {
        using ns = std::chrono::duration<std::int64_t, std::nano>;
        using clock = typename Core::runner_type::far;
        const auto rest = clock::delay(ns{std::max<std::int64_t>(due_ns - flow().wall_ns(), 0)});
        return clock::after(now, rest.value_or(clock::delay_max));
    }

    void publish_behind(job_id id, const job_records::job_record& record) noexcept
        requires(L.edges > 0) {
        job_id parents[job_records::parents_max];
        std::size_t count = 0;
        bool unmet = false;
        for (std::uint32_t i = 0; i < record.parents; ++i) {
            const job_records::job_name name = record.parent[i];
            if (is_alive(name)) {
                parents[count++] = id_of(name);
            } else if (node_of(name) < table_type::node_count) {
                const auto& entry = book().of(node_of(name));
                unmet = unmet || (entry.generation == name.generation && entry.ended &&
                                  !flow_type::meets(entry.end, record.condition));
            }
        }
        if (unmet) {
            static_cast<void>(flow().publish_awaiting(id, std::span<const job_id>{},
                                                      record.condition, rests(), 1));
            static_cast<void>(core_.runner.cancel(id, end_reason::unmet));
        } else if (count == 0) {
            static_cast<void>(flow().publish_ready(id));
        } else {
            static_cast<void>(flow().publish_awaiting(id, std::span<const job_id>{parents, count},
                                                      record.condition, rests()));
        }
    }

    Core& core_;
    Durable& durable_;
    typename Durable::slot_number* const order_ = durable_.scratch;
};

}  // namespace PAWL_ABI
}  // namespace pawl
