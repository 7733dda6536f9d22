// SPDX-License-Identifier: BSL-1.0
//
// callable: how any function object becomes a job's code, inside the job's slot.
//
// The object is moved into bytes of the slot, beside a pointer to a table of functions made for its
// type: run it, destroy it, say what follows from an outcome that is no success. No allocation, no
// virtual class, no std::function.
//
// A callable is called as `f()` or `f(job_context&)`, as an lvalue on each attempt, and returns
// nothing or an outcome. It must fit (size, alignment), be nothrow constructible from what was
// passed (pass a callable that owns a string with std::move) and nothrow destructible. What does
// not fit does not compile, and the error names the size and the limit.
//
// What a callable does not use, it does not pay for: a job_context is made for those that take one,
// and the code for failures, retries and rests is there if a callable may ask for it. For both a
// `Host` is asked (the scheduler's job_host), whose functions are named here and nowhere else, so
// that a program without such callables does not have them.
//
// Cost: running is one indirect call, and an outcome comes back in registers. Where exceptions are
// on, one that leaves the callable is caught here and becomes retry(), and the text of a
// std::exception the reason.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/jobs/job_context.hpp>
#include <pawl/jobs/job_traits.hpp>
#include <pawl/jobs/outcome.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// An outcome as a number, which a small core returns in registers; 0 is success.
using outcome_bits = std::uint64_t;
[[nodiscard]] constexpr outcome_bits to_bits(outcome said) noexcept {
    return std::bit_cast<outcome_bits>(said);
}
[[nodiscard]] constexpr outcome from_bits(outcome_bits bits) noexcept {
    return std::bit_cast<outcome>(bits);
}
static_assert(from_bits(0) == outcome::success());

// A run that was no success.
struct run_result {
    std::uint32_t index;    // of the job
    std::uint32_t state;    // its state word while it ran
    std::uint32_t attempt;  // which one it was
    std::uint32_t self;     // the context that ran it
    outcome_bits said;
};

struct callable_table {
    // `host`: whose job it is, in this slot.
    outcome_bits (*run)(void* object, void* host, std::uint32_t index) noexcept;
    void (*destroy)(void* object) noexcept;  // null: nothing to do
    // Null: it always succeeds.
    void (*conclude)(void* object, void* host, const run_result& result) noexcept;
};
// With what the type declares; null if nothing. A callable that only runs another one, as an
// occurrence of a recurring job does, names that one's table.
struct traits_table : callable_table {
    const job_traits* traits;
    const traits_table* (*stands_for)(const void* object) noexcept;
    const void* type;  // an address that no other type has, const or not
};
template <class F>
inline constexpr char callable_type = 0;
template <class F>
concept stands_for_another = requires(const F& function) {
    { function.stands_for() } -> std::same_as<const traits_table*>;
};

// Named so that a compile error reads as a sentence: callable_of_bytes<72> in job_bytes<48>.
template <std::size_t Bytes>
struct callable_of_bytes {};
template <std::size_t Bytes>
struct job_bytes {};
template <std::size_t Bytes>
struct callable_aligned_to {};
template <std::size_t Bytes>
struct job_align {};

template <class Callable, class Limit>
struct fits;
template <std::size_t Size, std::size_t Limit>
struct fits<callable_of_bytes<Size>, job_bytes<Limit>> {
    static_assert(
        Size <= Limit,
        "pawl: this callable is larger than a job slot. Capture less, or a pointer to it, "
        "or raise limits.job_bytes; the sizes stand in the name of the type above");
    static constexpr bool value = Size <= Limit;
};
template <std::size_t Align, std::size_t Limit>
struct fits<callable_aligned_to<Align>, job_align<Limit>> {
    static_assert(Align <= Limit,
                  "pawl: this callable needs a stricter alignment than a job slot has. Raise "
                  "limits.job_align; the alignments stand in the name of the type above");
    static constexpr bool value = Align <= Limit;
};

template <class F>
concept takes_context = std::is_invocable_v<F&, job_context&>;

// A callable that runs another one.
template <class F>
concept runs_another = requires(F& function, void* host, const run_result& result) {
    { function.run_other(host, std::uint32_t{}) } -> std::same_as<outcome_bits>;
    {function.conclude_other(host, result)};
};

// Whether a callable says that it may run twice at once.
template <class F>
concept callable_as_const =
    std::is_invocable_v<const F&, job_context&> || std::is_invocable_v<const F&>;

template <class F>
struct callable_result {
    using type = void;
};
template <takes_context F>
struct callable_result<F> {
    using type = std::invoke_result_t<F&, job_context&>;
};
template <class F>
requires(!takes_context<F> && std::is_invocable_v<F&>) struct callable_result<F> {
    using type = std::invoke_result_t<F&>;
};

// Checks everything about a callable type, each with its own message.
template <class Passed, std::size_t Bytes, std::size_t Align>
constexpr bool check_callable() {
    using object = std::decay_t<Passed>;
    constexpr bool callable =
        takes_context<object> || std::is_invocable_v<object&> || runs_another<object>;
    static_assert(callable,
                  "pawl: a job is called as f() or f(pawl::job_context&), more than once (as an "
                  "lvalue); this object can be called in neither way");
    using result = typename callable_result<object>::type;
    static_assert(std::is_void_v<result> || std::same_as<result, outcome>,
                  "pawl: a job returns nothing or a pawl::outcome; what else it computes has to be "
                  "stored by itself");
    static_assert(
        std::is_nothrow_constructible_v<object, Passed>,
        "pawl: putting this callable into its slot could throw. Pass it with std::move, or "
        "capture what owns memory by std::move or as a pointer");
    static_assert(std::is_nothrow_destructible_v<object>,
                  "pawl: the destructor of a job's callable must not throw");
    return callable && fits<callable_of_bytes<sizeof(object)>, job_bytes<Bytes>>::value &&
           fits<callable_aligned_to<alignof(object)>, job_align<Align>>::value;
}

// Of what it takes.
template <class F, class... Context>
outcome call(F& function, Context&... job) {
    using result = typename callable_result<F>::type;
    if constexpr (std::is_void_v<result>) {
        function(job...);
        return from_bits(0);
    } else {
        return function(job...);
    }
}

// The same, whatever it throws; `tell(text)` is told what that said.
template <class Call, class Tell>
outcome call_safely(Call&& call_it, [[maybe_unused]] Tell&& tell) noexcept {
#if PAWL_HAS_EXCEPTIONS
    try {
        return call_it();
    } catch (const std::exception& error) {
        tell(error.what());
        return outcome::retry();
    } catch (...) {
        return outcome::retry();
    }
#else
    return call_it();
#endif
}

template <class F, bool HasTraits, class Host>
struct callable_functions {
    static outcome_bits run(void* object, void* host, std::uint32_t index) noexcept {
        F& function = *std::launder(static_cast<F*>(object));
        if constexpr (runs_another<F>) {
            return function.run_other(host, index);
        } else if constexpr (takes_context<F>) {
            return Host::with_context(host, index, [&](job_context& job) noexcept {
                return to_bits(call_safely([&] { return call(function, job); },
                                           [&](const char* text) { job.error(text); }));
            });
        } else {
            return to_bits(call_safely([&] { return call(function); },
                                       [&](const char* text) {
                                           Host::with_context(host, index, [&](job_context& job) {
                                               job.error(text);
                                               return outcome_bits{0};
                                           });
                                       }));
        }
    }
    // Whether it can come to anything else than success.
    static constexpr bool may_fail = PAWL_HAS_EXCEPTIONS != 0 || runs_another<F> ||
                                     !std::is_void_v<typename callable_result<F>::type>;
    static void conclude(void* object, void* host, const run_result& result) noexcept {
        if constexpr (runs_another<F>) {
            std::launder(static_cast<F*>(object))->conclude_other(host, result);
        } else if constexpr (may_fail) {
            Host::conclude(host, result);
        }
    }
    static void destroy(void* object) noexcept { std::launder(static_cast<F*>(object))->~F(); }

    static const traits_table* stands_for(const void* object) noexcept {
        if constexpr (stands_for_another<F>) {
            return static_cast<const F*>(object)->stands_for();
        } else {
            return nullptr;
        }
    }

    static constexpr auto destroys = std::is_trivially_destructible_v<F> ? nullptr : &destroy;
    static constexpr auto concludes = may_fail ? &conclude : nullptr;
    static constexpr auto table = [] {
        if constexpr (HasTraits) {
            return traits_table{{&run, destroys, concludes},
                                traits_of<F>,
                                stands_for_another<F> ? &stands_for : nullptr,
                                &callable_type<std::remove_const_t<F>>};
        } else {
            return callable_table{&run, destroys, concludes};
        }
    }();
};

// Bytes that hold one callable of any fitting type; who holds the slot's index may use them.
// All zero: no callable. HasTraits: whether what its type declares is to be found (job_traits.hpp).
// Host: whose jobs they are.
template <std::uint32_t Bytes, std::uint32_t Align, bool HasTraits = true, class Host = void>
class callable_storage {
public:
    template <class F>
    void emplace(F&& function) noexcept {
        static_assert(check_callable<F, Bytes, Align>());
        using object = std::decay_t<F>;
        static_assert(
            HasTraits || !(declares_next_retry<object> || declares_is_failure<object> ||
                           declares_on_dead<object>),
            "limits.retries is false: next_retry, is_failure and on_dead of this callable's type "
            "would not be heard");
        ::new (static_cast<void*>(bytes_)) object(std::forward<F>(function));
        table_ = &callable_functions<object, HasTraits, Host>::table;
    }

    // The same, but called as const, so that it may run twice at once.
    template <class F>
    void emplace_const(F&& function) noexcept {
        emplace(std::forward<F>(function));
        table_ = &callable_functions<const std::decay_t<F>, HasTraits, Host>::table;
    }

    // While there is no callable, its bytes hold a number: slots that are reserved together are
    // linked by it.
    void park(std::uint32_t number) noexcept requires(Bytes >= sizeof(std::uint32_t)) {
        std::memcpy(bytes_, &number, sizeof(number));
    }
    [[nodiscard]] std::uint32_t parked() const noexcept requires(Bytes >= sizeof(std::uint32_t)) {
        std::uint32_t number = 0;
        std::memcpy(&number, bytes_, sizeof(number));
        return number;
    }

    // For the job in this slot of the host. REQUIRES: a callable is there.
    outcome_bits run(void* host, std::uint32_t index) noexcept {
        return table_->run(bytes_, host, index);
    }
    // What follows from a run that was no success. REQUIRES: the callable is there still.
    void conclude(void* host, const run_result& result) noexcept {
        table_->conclude(bytes_, host, result);
    }

    // What its type declares; null if nothing. REQUIRES: a callable is there.
    [[nodiscard]] const job_traits* traits() const noexcept requires HasTraits {
        return table()->traits;
    }
    // An address that callables of the same type have; the same for every callable that stands for
    // one of the type. REQUIRES: a callable is there.
    [[nodiscard]] const void* type() const noexcept requires HasTraits { return table()->type; }
    [[nodiscard]] const traits_table* table() const noexcept requires HasTraits {
        return table_->stands_for == nullptr ? table_ : table_->stands_for(bytes_);
    }

    // The callable itself. REQUIRES: it was put here as an F.
    template <class F>
    [[nodiscard]] const F& as() const noexcept {
        return *std::launder(reinterpret_cast<const F*>(bytes_));
    }

    // Destroys the callable. REQUIRES: it is there.
    [[gnu::always_inline]] void destroy() noexcept {
        const auto* const table = table_;
        table_ = nullptr;
        if (table->destroy != nullptr) {
            table->destroy(bytes_);
        }
    }
    // The same, if there is one.
    void reset() noexcept {
        const auto* const table = table_;
        table_ = nullptr;
        if (table != nullptr && table->destroy != nullptr) {
            table->destroy(bytes_);
        }
    }

private:
    const std::conditional_t<HasTraits, traits_table, callable_table>* table_ = nullptr;
    alignas(Align) unsigned char bytes_[Bytes] = {};
};

}  // namespace PAWL_ABI
}  // namespace pawl
