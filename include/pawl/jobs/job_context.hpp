// SPDX-License-Identifier: BSL-1.0
//
// job_context: what a running job may ask about itself, and say beside its outcome.
//
// A callable that takes a `pawl::job_context&` gets one; it is valid until the callable returns.
// Not a template, so that a job's type can be declared without knowing the scheduler that runs it.
//
//   jobs.enqueue([](pawl::job_context& job) {
//       while (!job.stop_requested() && more()) { next(); }
//   });
//   jobs.enqueue([](pawl::job_context& job) { return job.fail(404, "no such user"); });
//   auto sum = jobs.enqueue([](pawl::job_context& job) { job.result(6 * 7); });
//   jobs.then(sum, [](pawl::job_context& job) { print(*job.parent_result<int>()); });
//   jobs.enqueue([](pawl::job_context& job) {                       // in slices of one row
//       row(job.cursor());
//       return job.cursor() == 99 ? pawl::outcome::success()
//                                 : pawl::outcome::yield(job.cursor() + 1);
//   });
//
// What the scheduler's limits leave out answers with nothing: no result, no text, no progress.
//
// Cost: stop_requested() two loads through one function pointer. Who may call: the running job, and
// threads that it waits for.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include <pawl/config.hpp>
#include <pawl/jobs/job_attributes.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/name.hpp>
#include <pawl/jobs/outcome.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Why a running job should stop.
enum class stop_reason : std::uint8_t {
    none,
    cancelled,        // cancel(), or its owner's end
    shutdown,         // the scheduler stops and will not wait any longer
    deadline,         // it has run longer than run_at_most
    batch_cancelled,  // the batch that it belongs to was cancelled
};

class job_context {
public:
    // What a job asks its scheduler: one function, so that a context is small.
    enum class service : std::uint8_t {
        stop_requested,  // -> 0 or 1
        stop_reason,     // -> stop_reason
        cursor,          // -> cursor
        attributes,      // -> attributes of its slot
        error,           // data: std::string_view, the text of job.error()
        progress,        // number: thousandths
        result,          // data: the bytes; number: their size; type: of what. -> 0 or 1
        parent_result,   // data: out; number: their size; type. -> 0 or 1
        lateness,        // data: out, std::chrono::microseconds
        recoveries,      // -> how often it was found running
        durable_id,      // data: out, std::uint64_t
    };
    struct request {
        service what;
        std::uint32_t number;
        void* data;
        const void* type;
    };
    using service_function = std::uint32_t (*)(void* scheduler, const job_context& job,
                                               const request& asked) noexcept;

    // For schedulers.
    constexpr job_context(job_id id, std::uint32_t attempt, name called, void* scheduler,
                          service_function services) noexcept
        : id_{id}, attempt_{attempt}, name_{called}, scheduler_{scheduler}, services_{services} {}
    job_context(const job_context&) = delete;
    job_context& operator=(const job_context&) = delete;

    // The handle that the submission returned.
    [[nodiscard]] job_id id() const noexcept { return id_; }
    // 1 for the first run, 2 for the first retry, and so on; a snooze or a yield does not count.
    [[nodiscard]] std::uint32_t attempt() const noexcept { return attempt_; }
    [[nodiscard]] name called() const noexcept { return name_; }
    // What the slice before said to outcome::yield(); 0 in the first one.
    [[nodiscard]] std::uint32_t cursor() const noexcept {
        return ask({service::cursor, 0, nullptr, nullptr});
    }
    // True for an occurrence of a recurring job that was triggered by hand.
    [[nodiscard]] bool triggered_by_hand() const noexcept {
        return (ask({service::attributes, 0, nullptr, nullptr}) & attribute::by_hand) != 0;
    }
    // True for a job that had failed for good and was requeued.
    [[nodiscard]] bool requeued() const noexcept {
        return (ask({service::attributes, 0, nullptr, nullptr}) & attribute::requeued) != 0;
    }

    // True once the job was cancelled, has run too long, or the scheduler stops and will not wait
    // any longer.
    [[nodiscard]] bool stop_requested() const noexcept {
        return ask({service::stop_requested, 0, nullptr, nullptr}) != 0;
    }
    [[nodiscard]] pawl::stop_reason stop_reason() const noexcept {
        return static_cast<pawl::stop_reason>(ask({service::stop_reason, 0, nullptr, nullptr}));
    }

    // Says why this attempt fails, in a text that is copied, and cut at limits.error_bytes.
    void error(std::string_view text) noexcept { ask({service::error, 0, &text, nullptr}); }
    // The same, and the outcome that goes with it.
    outcome fail(std::uint16_t code, std::string_view text = {}) noexcept {
        error(text);
        return outcome::fail(code);
    }
    outcome retry(std::uint16_t code, std::string_view text = {}) noexcept {
        error(text);
        return outcome::retry(code);
    }

    // How far the job is, for who looks at it from outside: 0 to 1000.
    void progress(std::uint32_t thousandths) noexcept {
        ask({service::progress, thousandths, nullptr, nullptr});
    }

    // Leaves a value to the job's continuations. False: it is larger than limits.result_bytes.
    template <class Value>
    bool result(const Value& value) noexcept {
        static_assert(std::is_trivially_copyable_v<Value> && alignof(Value) <= 8,
                      "pawl: a job's result is copied byte by byte, and aligned to 8 at most");
        Value copy = value;
        return ask({service::result, sizeof(Value), &copy, type_of<Value>()}) != 0;
    }
    // What the parent has left: nothing if there was none, or if it was of another type. Of several
    // parents: the one whose end released this job. A durable continuation may find nothing, if its
    // parent ended before the medium had it.
    template <class Value>
    [[nodiscard]] std::optional<Value> parent_result() const noexcept {
        static_assert(std::is_trivially_copyable_v<Value> && std::is_default_constructible_v<Value>,
                      "pawl: a job's result is copied byte by byte");
        Value value{};
        return ask({service::parent_result, sizeof(Value), &value, type_of<Value>()}) != 0
                   ? std::optional<Value>{value}
                   : std::nullopt;
    }

    // How long after it was due this attempt began; zero unless limits.times or deadlines.
    [[nodiscard]] std::chrono::microseconds lateness() const noexcept {
        std::chrono::microseconds result{};
        ask({service::lateness, 0, &result, nullptr});
        return result;
    }

    // Of a durable job (durability/journal.hpp): how many times the program ended while it ran, so
    // that it runs once more. Then it may have done already what it does.
    [[nodiscard]] std::uint32_t recoveries() const noexcept {
        return ask({service::recoveries, 0, nullptr, nullptr});
    }
    [[nodiscard]] bool recovered() const noexcept { return recoveries() != 0; }
    // A number that no other job of its log ever has, the same in every attempt and after every
    // restart: by it a job can ask whether it has done already what it does. 0: it is not durable.
    [[nodiscard]] std::uint64_t durable_id() const noexcept {
        std::uint64_t result = 0;
        ask({service::durable_id, 0, &result, nullptr});
        return result;
    }

private:
    // An address that no other type has.
    template <class Value>
    static constexpr char type_tag = 0;
    template <class Value>
    static const void* type_of() noexcept {
        return &type_tag<std::remove_cv_t<Value>>;
    }

    std::uint32_t ask(const request& asked) const noexcept {
        return services_(scheduler_, *this, asked);
    }

    job_id id_;
    std::uint32_t attempt_;
    name name_;
    void* scheduler_;
    service_function services_;
};

}  // namespace PAWL_ABI
}  // namespace pawl
