// SPDX-License-Identifier: BSL-1.0
//
// callable: how any function object becomes a job's code, inside the job's slot.
//
// The object is moved into bytes of the slot, beside a pointer to a table of two functions made for
// its type: run it, destroy it. No allocation, no virtual class, no std::function.
//
// A callable is called as `f()` or `f(job_context&)`, as an lvalue on each attempt, and returns
// nothing or an outcome. It must fit (size, alignment), be nothrow constructible from what was
// passed (pass a callable that owns a string with std::move) and nothrow destructible. What does
// not fit does not compile, and the error names the size and the limit.
//
// Cost: running is one indirect call. Where exceptions are on, one that leaves the callable is
// caught here and becomes retry().
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/jobs/job_context.hpp>
#include <pawl/jobs/outcome.hpp>

namespace pawl {
inline namespace PAWL_ABI {

struct callable_table {
    outcome (*run)(void* object, job_context& job) noexcept;
    void (*destroy)(void* object) noexcept;  // null: nothing to do
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
    constexpr bool callable = takes_context<object> || std::is_invocable_v<object&>;
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

template <class F>
outcome call(F& function, job_context& job) {
    using result = typename callable_result<F>::type;
    if constexpr (std::is_void_v<result>) {
        if constexpr (takes_context<F>) {
            function(job);
        } else {
            function();
        }
        return outcome::success();
    } else if constexpr (takes_context<F>) {
        return function(job);
    } else {
        return function();
    }
}

template <class F>
struct callable_functions {
    static outcome run(void* object, job_context& job) noexcept {
        F& function = *std::launder(static_cast<F*>(object));
#if PAWL_HAS_EXCEPTIONS
        try {
            return call(function, job);
        } catch (...) {
            return outcome::retry();
        }
#else
        return call(function, job);
#endif
    }
    static void destroy(void* object) noexcept { std::launder(static_cast<F*>(object))->~F(); }

    static constexpr callable_table table{&run,
                                          std::is_trivially_destructible_v<F> ? nullptr : &destroy};
};

// Bytes that hold one callable of any fitting type; who holds the slot's index may use them.
// All zero: no callable.
template <std::uint32_t Bytes, std::uint32_t Align>
class callable_storage {
public:
    template <class F>
    void emplace(F&& function) noexcept {
        static_assert(check_callable<F, Bytes, Align>());
        using object = std::decay_t<F>;
        ::new (static_cast<void*>(bytes_)) object(std::forward<F>(function));
        table_ = &callable_functions<object>::table;
    }

    // The same, but called as const, so that it may run twice at once.
    template <class F>
    void emplace_const(F&& function) noexcept {
        emplace(std::forward<F>(function));
        table_ = &callable_functions<const std::decay_t<F>>::table;
    }

    // REQUIRES: a callable is there.
    outcome run(job_context& job) noexcept { return table_->run(bytes_, job); }

    // Destroys the callable, if there is one.
    void reset() noexcept {
        const callable_table* const table = table_;
        table_ = nullptr;
        if (table != nullptr && table->destroy != nullptr) {
            table->destroy(bytes_);
        }
    }

private:
    const callable_table* table_ = nullptr;
    alignas(Align) unsigned char bytes_[Bytes] = {};
};

}  // namespace PAWL_ABI
}  // namespace pawl
