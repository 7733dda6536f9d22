// SPDX-License-Identifier: BSL-1.0
//
// batch: several jobs that end together.
//
//   auto mails = jobs.batch();
//   for (int i = 0; i < 3; ++i) mails.enqueue([i] { send(i); });
//   jobs.then(mails.seal(), [] { std::puts("all mails sent"); });
//
// Members run as soon as they are added. A batch ends when it is sealed and every member has ended:
// it succeeded if all of them did, else it failed; an empty one succeeds. Its handle is a job's
// handle: state(), then() and cancel() take it. Cancelling a batch deletes it at once, and each
// member when it would have started; members that run are not disturbed.
// A member that was refused (the pool is full) counts as one that failed: a batch never says that
// all went well when something was left out.
// The builder seals its batch when it is destroyed, so that none is left open for ever.
//
// Cost: an atomic increment more than the same jobs alone. Who may call: one thread, or interrupt,
// at a time; other threads through builders of their own batches.
#pragma once

#include <chrono>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_options.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <class Scheduler>
class batch_builder {
public:
    using options_type = typename Scheduler::options_type;

    explicit batch_builder(Scheduler& owner) noexcept
        : owner_{&owner}, id_{owner.flow().open_batch()}, open_{static_cast<bool>(id_)} {}
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
    job_id enqueue(F&& function, options_type options = {}) noexcept {
        return add([&] { return owner_->enqueue_into(id_, std::forward<F>(function), options); });
    }

    // Adds a member that runs after a delay.
    template <class Rep, class Period, class F>
    job_id schedule(std::chrono::duration<Rep, Period> delay, F&& function,
                    options_type options = {}) noexcept {
        return add(
            [&] { return owner_->schedule_into(id_, delay, std::forward<F>(function), options); });
    }

    // No more members. Returns the batch's handle; or, if there is no batch, the reason.
    job_id seal() noexcept {
        if (std::exchange(open_, false)) {
            owner_->flow().count_out(id_, true);
        }
        return id_;
    }

private:
    template <class Add>
    job_id add(Add&& member) noexcept {
        if (!open_) {
            return id_ ? owner_->flow().refuse(submit_error::sealed) : id_;
        }
        owner_->flow().add_member(id_);
        const job_id result = member();
        if (!result) {
            owner_->flow().count_out(id_, false);
        }
        return result;
    }

    Scheduler* owner_;
    job_id id_;
    bool open_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
