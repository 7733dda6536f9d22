// SPDX-License-Identifier: BSL-1.0
//
// batch: several jobs that end together.
//
//   auto mails = jobs.batch();
//   for (int i = 0; i < 3; ++i) mails.enqueue([i] { send(i); });
//   jobs.then(mails.seal(), [] { std::puts("all mails sent"); });
//
// Batches lie in batches, and a member that runs adds others to its own:
//
//   auto night = jobs.batch();
//   for (auto part : parts) {
//       auto each = night.batch();        // ends with its members, and is one itself
//       each.enqueue_n(100, [part](std::uint32_t i) { return [=] { copy(part, i); }; });
//   }
//   night.enqueue([&](pawl::job_context& job) {
//       auto mine = jobs.own_batch(job);  // keeps the batch open
//       while (auto file = next()) mine.enqueue([file] { copy(file); });
//   });
//   jobs.then(night.seal(), verify);                           // all of it succeeded
//   jobs.then(night.id(), report, {.when = pawl::when::any});  // all of it has ended
//
// Members run as soon as they are added. A batch ends when it is sealed and every member has ended:
// it succeeded if all of them did, else it failed; an empty one succeeds. Its handle is a job's
// handle: state(), then() and cancel() take it. Cancelling a batch deletes it at once, and each
// member when it would have started; members that run see stop_reason::batch_cancelled. What waits
// for the batch is decided when the last member has ended.
// A member that was refused (the pool is full) counts as one that failed: a batch never says that
// all went well when something was left out.
// The builder seals its batch when it is destroyed, so that none is left open for ever.
//
// Cost: an atomic increment more than the same jobs alone. Who may call: one thread, or interrupt,
// at a time; other threads through builders of their own batches.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_options.hpp>
#include <pawl/scheduler/results.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <class Scheduler>
class batch_builder {
public:
    template <class F>
    using options_for = typename Scheduler::template options_for<F>;

    explicit batch_builder(Scheduler& owner) noexcept
        : owner_{&owner}, id_{owner.flow().open_batch()}, open_{static_cast<bool>(id_)} {}
    // Adds to a batch that cannot end meanwhile, because one of its members is calling.
    batch_builder(Scheduler& owner, job_id existing) noexcept
        : owner_{&owner}, id_{existing}, open_{static_cast<bool>(existing)} {
        if (open_) {
            owner.flow().add_member(id_);
        }
    }
    batch_builder(batch_builder&& other) noexcept
        : owner_{other.owner_}, id_{other.id_}, open_{std::exchange(other.open_, false)} {}
    batch_builder& operator=(batch_builder&&) = delete;
    ~batch_builder() { seal(); }

    // False if there was no room for a batch (limits.batches), or the scheduler stops.
    explicit operator bool() const noexcept { return static_cast<bool>(id_); }
    [[nodiscard]] submit_error error() const noexcept { return id_.error(); }

    // The batch's handle, before it is sealed too. If there is no batch, the reason.
    [[nodiscard]] job_id id() const noexcept { return id_; }

    // Adds a member that runs now.
    template <class F>
    job_id enqueue(F&& function, options_for<F> options = {}) noexcept {
        return add([&] { return owner_->enqueue_into(id_, std::forward<F>(function), options); });
    }

    // Adds a member that runs after a delay.
    template <class Rep, class Period, class F>
    job_id schedule(std::chrono::duration<Rep, Period> delay, F&& function,
                    options_for<F> options = {}) noexcept {
        return add(
            [&] { return owner_->schedule_into(id_, delay, std::forward<F>(function), options); });
    }

    // Adds a member that runs when its parents end as options.when says, be they members or not. If
    // its condition is not met it is deleted, and so the batch does not succeed.
    template <class F>
    job_id then(std::span<const job_id> parents, F&& function,
                options_for<F> options = {}) noexcept {
        return add(
            [&] { return owner_->then_into(id_, parents, std::forward<F>(function), options); });
    }
    template <class F>
    job_id then(job_id parent, F&& function, options_for<F> options = {}) noexcept {
        return then(std::span<const job_id>{&parent, 1}, std::forward<F>(function), options);
    }
    template <class F>
    job_id then(std::initializer_list<job_id> parents, F&& function,
                options_for<F> options = {}) noexcept {
        return then(std::span<const job_id>{parents.begin(), parents.size()},
                    std::forward<F>(function), options);
    }

    // Adds the members make(0) to make(count - 1): all of them, or none.
    template <class Make>
    bulk_result enqueue_n(std::uint32_t count, Make&& make,
                          options_for<std::invoke_result_t<Make&, std::uint32_t>> options = {},
                          std::span<job_id> ids = {}) noexcept {
        if (!open_) {
            return {id_ ? owner_->flow().refuse(submit_error::sealed).error() : id_.error(), 0};
        }
        const bulk_result result = owner_->enqueue_all(id_, count, make, options, ids);
        if (!result) {
            owner_->flow().fail_batch(id_);
        }
        return result;
    }

    // A batch that is a member of this one.
    [[nodiscard]] batch_builder batch() noexcept {
        return open_ ? batch_builder{*owner_, id_, nested{}} : batch_builder{*owner_, add_none()};
    }

    // No more members. Returns the batch's handle; or, if there is no batch, the reason.
    job_id seal() noexcept {
        if (std::exchange(open_, false)) {
            owner_->flow().count_out(id_, true, owner_->rests());
        }
        return id_;
    }

private:
    struct nested {};
    batch_builder(Scheduler& owner, job_id outer, nested) noexcept
        : owner_{&owner}, id_{owner.flow().open_batch(outer)}, open_{static_cast<bool>(id_)} {
        if (!open_) {
            owner.flow().fail_batch(outer);
        }
    }
    // Why nothing can be added any more.
    [[nodiscard]] job_id add_none() noexcept {
        return id_ ? owner_->flow().refuse(submit_error::sealed) : id_;
    }

    template <class Add>
    job_id add(Add&& member) noexcept {
        if (!open_) {
            return add_none();
        }
        owner_->flow().add_member(id_);
        const job_id result = member();
        if (!result) {
            owner_->flow().count_out(id_, false, owner_->rests());
        }
        return result;
    }

    Scheduler* owner_;
    job_id id_;
    bool open_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
