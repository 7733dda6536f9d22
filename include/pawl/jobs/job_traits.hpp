// SPDX-License-Identifier: BSL-1.0
//
// job_traits: what belongs to a job's type instead of its slot.
//
// A callable's class may declare any of these, as static members:
//
//   struct send_mail {
//       static constexpr std::string_view job_type = "send_mail";    // its type's name in a list
//
//       // The rest before retry number `retry`, which counts from 1; nothing: there is none, and
//       // the policy's after_last() says what becomes of the job. Otherwise it takes the policy's
//       // place, its number of retries included. Where the job itself says retry_in(d), it only
//       // decides whether: the rest is d.
//       static std::optional<std::chrono::seconds> next_retry(std::uint32_t retry,
//                                                             std::uint16_t error) noexcept;
//
//       // Whether this error is worth a retry at all. If not, the job has failed at once, whatever
//       // the policy says of the last retry.
//       static bool is_failure(std::uint16_t error) noexcept;
//
//       // The job has failed for good, and its callable is about to be destroyed or put aside.
//       static void on_dead(pawl::job_context& job) noexcept;
//
//       void operator()(pawl::job_context& job);
//   };
//
// A lambda has no such members, and gets them put around it; so does a function:
//
//   jobs.enqueue(pawl::with_retry<next>(pawl::on_dead<report>([] { ... })));
//
// Why of the type: a function does not pack into eight bytes, cannot be logged, and would be a
// pointer in every slot. Of the type it is there once, in constant memory, and a type that declares
// none of it has no traits and pays nothing. What has one of these names and is something else (not
// static, not noexcept, with other arguments) does not compile: the names are taken.
//
// How a name is found, whatever it names: a class that inherits it from the callable and from
// another base has it twice, and cannot say which it means.
//
// Cost: nothing at run time but a pointer to a table per type that has traits. Who may call: the
// functions are called by the worker, or by poll(), that ran the job.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pawl/config.hpp>
#include <pawl/jobs/job_context.hpp>
#include <pawl/jobs/outcome.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// What a type declares, with its types taken away. Null, or empty: not declared.
struct job_traits {
    // What became of the attempt that made retry number `retry` necessary: retry_in(rest, error),
    // or fail(error) if there is no further one.
    outcome (*next_retry)(std::uint32_t retry, std::uint16_t error) noexcept = nullptr;
    bool (*is_failure)(std::uint16_t error) noexcept = nullptr;
    void (*on_dead)(job_context& job) noexcept = nullptr;
    std::string_view job_type = {};
};

// ---- Which of the names a type has --------------------------------------------------------------

struct job_trait_names {
    int next_retry;
    int is_failure;
    int on_dead;
    int job_type;
};
template <class F>
struct job_trait_probe : F, job_trait_names {};

// A class that may not be inherited from is asked for the member itself.
template <class F>
concept inheritable = std::is_class_v<F> && !std::is_final_v<F>;

template <class F>
concept declares_next_retry = (inheritable<F> && !requires { &job_trait_probe<F>::next_retry; }) ||
                              (!inheritable<F> && requires { &F::next_retry; });
template <class F>
concept declares_is_failure = (inheritable<F> && !requires { &job_trait_probe<F>::is_failure; }) ||
                              (!inheritable<F> && requires { &F::is_failure; });
template <class F>
concept declares_on_dead = (inheritable<F> && !requires { &job_trait_probe<F>::on_dead; }) ||
                           (!inheritable<F> && requires { &F::on_dead; });
template <class F>
concept declares_job_type = (inheritable<F> && !requires { &job_trait_probe<F>::job_type; }) ||
                            (!inheritable<F> && requires { &F::job_type; });

// ---- Whether they name what they should ---------------------------------------------------------

template <class Result>
struct is_optional_duration : std::false_type {};
template <class Rep, class Period>
struct is_optional_duration<std::optional<std::chrono::duration<Rep, Period>>> : std::true_type {};

// Arguments in braces: a parameter that is too narrow for them is refused.
template <class F>
concept proper_next_retry = requires(std::uint32_t retry, std::uint16_t error) {
    { F::next_retry({retry}, {error}) }
    noexcept;
    requires is_optional_duration<decltype(F::next_retry({retry}, {error}))>::value;
};
template <class F>
concept proper_is_failure = requires(std::uint16_t error) {
    { F::is_failure({error}) }
    noexcept->std::same_as<bool>;
};
template <class F>
concept proper_on_dead = requires(job_context& job) {
    { F::on_dead(job) }
    noexcept->std::same_as<void>;
};
template <std::size_t Size>
struct text_of_bytes {};
template <class F>
concept proper_job_type = requires {
    typename text_of_bytes<std::string_view{F::job_type}.size()>;
    requires !std::string_view{F::job_type}.empty();
};

// True if the type declares anything. What is wrong does not compile, each with its own message.
template <class F>
constexpr bool check_job_traits() {
    if constexpr (declares_next_retry<F>) {
        static_assert(proper_next_retry<F>,
                      "pawl: this job type's next_retry has to be public and callable as: static "
                      "std::optional<std::chrono::seconds, or any other duration> "
                      "next_retry(std::uint32_t retry, std::uint16_t error) noexcept");
    }
    if constexpr (declares_is_failure<F>) {
        static_assert(proper_is_failure<F>,
                      "pawl: this job type's is_failure has to be public and callable as: static "
                      "bool is_failure(std::uint16_t error) noexcept");
    }
    if constexpr (declares_on_dead<F>) {
        static_assert(proper_on_dead<F>,
                      "pawl: this job type's on_dead has to be public and callable as: static void "
                      "on_dead(pawl::job_context& job) noexcept");
    }
    if constexpr (declares_job_type<F>) {
        static_assert(proper_job_type<F>,
                      "pawl: this job type's job_type has to be a public text known to the "
                      "compiler, and not empty: static constexpr std::string_view job_type = ...");
    }
    return declares_next_retry<F> || declares_is_failure<F> || declares_on_dead<F> ||
           declares_job_type<F>;
}

// ---- The table of a type ------------------------------------------------------------------------

template <class F>
struct job_trait_functions {
    static outcome next_retry(std::uint32_t retry, std::uint16_t error) noexcept {
        const auto rest = F::next_retry({retry}, {error});
        return rest ? outcome::retry_in(*rest, error) : outcome::fail(error);
    }
    static bool is_failure(std::uint16_t error) noexcept { return F::is_failure({error}); }
    static void on_dead(job_context& job) noexcept { F::on_dead(job); }

    static constexpr job_traits table() noexcept {
        job_traits result;
        if constexpr (declares_next_retry<F>) {
            result.next_retry = &next_retry;
        }
        if constexpr (declares_is_failure<F>) {
            result.is_failure = &is_failure;
        }
        if constexpr (declares_on_dead<F>) {
            result.on_dead = &on_dead;
        }
        if constexpr (declares_job_type<F>) {
            result.job_type = F::job_type;
        }
        return result;
    }
};

template <class F>
inline constexpr job_traits job_traits_table = job_trait_functions<F>::table();

template <class F>
constexpr const job_traits* find_job_traits() noexcept {
    if constexpr (check_job_traits<F>()) {
        return &job_traits_table<F>;
    } else {
        return nullptr;
    }
}

// Whether a callable's type declares anything. Constness makes no difference, here and below.
template <class F>
concept has_job_traits = check_job_traits<std::remove_cv_t<F>>();

// The traits of a callable's type; null if it declares none.
template <class F>
inline constexpr const job_traits* traits_of = find_job_traits<std::remove_cv_t<F>>();

// ---- Putting a trait around a callable ----------------------------------------------------------

// A function as a class, so that a trait can be put around it, too.
template <class F>
class callable_pointer {
public:
    constexpr explicit callable_pointer(F function) noexcept : function_{function} {}

    template <class... Arguments>
    requires std::is_invocable_v<F, Arguments...>
    constexpr decltype(auto) operator()(Arguments&&... arguments) const {
        return function_(std::forward<Arguments>(arguments)...);
    }

private:
    F function_;
};

// Inherited from, a callable keeps every form in which it can be called, its other traits and, if
// it has no members, its single byte.
template <class F>
class trait_carrier : public std::conditional_t<std::is_class_v<F>, F, callable_pointer<F>> {
    static_assert(!std::is_final_v<F>,
                  "pawl: a trait cannot be put around a final class; declare it in the class, as a "
                  "static member");
    using base = std::conditional_t<std::is_class_v<F>, F, callable_pointer<F>>;

public:
    constexpr explicit trait_carrier(F&& function) noexcept(std::is_nothrow_move_constructible_v<F>)
        : base(std::move(function)) {}
    constexpr explicit trait_carrier(const F& function) noexcept(
        std::is_nothrow_copy_constructible_v<F>)
        : base(function) {}
};

template <auto Next, class F>
class retrying : public trait_carrier<F> {
public:
    using trait_carrier<F>::trait_carrier;

    static constexpr auto next_retry(std::uint32_t retry, std::uint16_t error) noexcept {
        return Next({retry}, {error});
    }
};
template <auto Next>
concept function_of_retry = requires(std::uint32_t retry, std::uint16_t error) {
    { Next({retry}, {error}) }
    noexcept;
    requires is_optional_duration<decltype(Next({retry}, {error}))>::value;
};

template <auto Dead, class F>
class with_last_words : public trait_carrier<F> {
public:
    using trait_carrier<F>::trait_carrier;

    static constexpr void on_dead(job_context& job) noexcept { Dead(job); }
};
template <auto Dead>
concept function_of_dead_job = requires(job_context& job) {
    { Dead(job) }
    noexcept->std::same_as<void>;
};

// The same callable, with `Next` as its next_retry: a function, or a lambda without captures.
// Around another with_retry, the outer one counts.
template <auto Next, class F>
[[nodiscard]] constexpr retrying<Next, std::decay_t<F>> with_retry(F&& function) noexcept(
    std::is_nothrow_constructible_v<std::decay_t<F>, F>) {
    static_assert(function_of_retry<Next>,
                  "pawl: with_retry<next> wants a function, or a lambda without captures, that is "
                  "called as: std::optional<any duration> next(std::uint32_t retry, std::uint16_t "
                  "error) noexcept");
    return retrying<Next, std::decay_t<F>>(std::forward<F>(function));
}

// The same callable, with `Dead` as its on_dead.
template <auto Dead, class F>
[[nodiscard]] constexpr with_last_words<Dead, std::decay_t<F>> on_dead(F&& function) noexcept(
    std::is_nothrow_constructible_v<std::decay_t<F>, F>) {
    static_assert(function_of_dead_job<Dead>,
                  "pawl: on_dead<dead> wants a function, or a lambda without captures, that is "
                  "called as: void dead(pawl::job_context& job) noexcept");
    return with_last_words<Dead, std::decay_t<F>>(std::forward<F>(function));
}

}  // namespace PAWL_ABI
}  // namespace pawl
