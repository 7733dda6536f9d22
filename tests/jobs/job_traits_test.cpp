// job_traits: what a job's type says for all jobs of its type.
//
// Goal: each member is found where it is declared, and nowhere else; behind the pointers is what
// was declared; a callable in a wrapper is called as before, and keeps what it had. Method: types
// that declare every combination. What must not compile is in tests/compile_fail/jobs.
#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pawl/jobs/job_traits.hpp>

using namespace std::chrono_literals;

namespace {

using pawl::outcome;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A job_context that is nothing but an address: what is tested here does not look into it.
union some_job {
    some_job() : nothing{} {}
    ~some_job() {}  // NOLINT(modernize-use-equals-default): that would be deleted
    some_job(const some_job&) = delete;
    some_job& operator=(const some_job&) = delete;

    char nothing;
    pawl::job_context context;
};

// Whose on_dead was called last, and with which job.
std::string_view mourner;
const pawl::job_context* deceased = nullptr;

// ---- Types --------------------------------------------------------------------------------------

struct says_nothing {
    void operator()() {}
    int retry = 0;  // a name like one
};

struct says_all {
    static constexpr std::string_view job_type = "says_all";

    static std::optional<seconds> next_retry(std::uint32_t retry, std::uint16_t error) noexcept {
        if (retry > 3 || error == 404) {
            return std::nullopt;
        }
        return seconds{retry * 10 + error};
    }
    static bool is_failure(std::uint16_t error) noexcept { return error < 500; }
    static void on_dead(pawl::job_context& job) noexcept {
        mourner = "says_all";
        deceased = &job;
    }
    outcome operator()(pawl::job_context&) { return outcome::retry(500); }
};

template <int Which>
struct says_one;
template <>
struct says_one<0> {
    static constexpr std::optional<milliseconds> next_retry(std::uint64_t, int) noexcept {
        return 1500ms;  // wider parameters are as good
    }
};
template <>
struct says_one<1> {
    static constexpr bool is_failure(std::uint32_t error) noexcept { return error == 0xFFFF; }
};
template <>
struct says_one<2> {
    static void on_dead(pawl::job_context&) noexcept { mourner = "says_one"; }
};
template <>
struct says_one<3> {
    static constexpr char job_type[] = "text";
};

struct inherits : says_one<0>, says_one<3> {};
struct says_it_finally final {
    static void on_dead(pawl::job_context&) noexcept { mourner = "finally"; }
};
struct says_nothing_finally final {
    void operator()() {}
};
struct says_it_twice {
    static std::optional<seconds> next_retry(std::uint32_t, std::uint16_t) noexcept { return 1s; }
    static std::optional<seconds> next_retry(const char*) noexcept { return 2s; }
};
union says_nothing_at_all {
    void operator()() {}
};

template <class F>
constexpr int declared() {
    return (pawl::declares_next_retry<F> ? 1 : 0) + (pawl::declares_is_failure<F> ? 2 : 0) +
           (pawl::declares_on_dead<F> ? 4 : 0) + (pawl::declares_job_type<F> ? 8 : 0);
}
static_assert(declared<says_nothing>() == 0 && declared<says_all>() == 15);
static_assert(declared<says_one<0>>() == 1 && declared<says_one<1>>() == 2);
static_assert(declared<says_one<2>>() == 4 && declared<says_one<3>>() == 8);
static_assert(declared<inherits>() == 9 && declared<says_it_twice>() == 1);
static_assert(declared<says_it_finally>() == 4 && declared<says_nothing_finally>() == 0);
static_assert(declared<says_nothing_at_all>() == 0);

// ---- No traits, no table ------------------------------------------------------------------------

constexpr auto lambda = [] {};
static_assert(pawl::traits_of<says_nothing> == nullptr);
static_assert(pawl::traits_of<says_nothing_finally> == nullptr);
static_assert(pawl::traits_of<says_nothing_at_all> == nullptr);
static_assert(pawl::traits_of<decltype(lambda)> == nullptr);
static_assert(pawl::traits_of<void (*)()> == nullptr);
static_assert(pawl::traits_of<std::function<void()>> == nullptr);
static_assert(!pawl::has_job_traits<says_nothing> && pawl::has_job_traits<const says_all>);

template <class F>
const pawl::job_traits& traits() {
    const pawl::job_traits* const found = pawl::traits_of<F>;
    REQUIRE(found != nullptr);
    return *found;
}

bool declares(const pawl::job_traits& traits, int what) {
    return (traits.next_retry != nullptr) == ((what & 1) != 0) &&
           (traits.is_failure != nullptr) == ((what & 2) != 0) &&
           (traits.on_dead != nullptr) == ((what & 4) != 0) &&
           traits.job_type.empty() == ((what & 8) == 0);
}

// ---- Wrappers -----------------------------------------------------------------------------------

std::optional<milliseconds> twice(std::uint32_t retry, std::uint16_t error) noexcept {
    return retry <= 2 ? std::optional{milliseconds{retry * 100 + error}} : std::nullopt;
}
std::optional<seconds> never(std::uint32_t, std::uint16_t) noexcept { return {}; }
void mourn(pawl::job_context& job) noexcept {
    mourner = "mourn";
    deceased = &job;
}

int called = 0;
void function() { ++called; }
outcome function_of_job(pawl::job_context& job) {
    deceased = &job;
    return outcome::fail(3);
}

template <class F>
constexpr bool takes_job = std::is_invocable_v<F&, pawl::job_context&>;
template <class F>
constexpr bool takes_nothing = std::is_invocable_v<F&>;

}  // namespace

TEST_CASE("job_traits: behind each pointer is what the type declares") {
    const pawl::job_traits& all = traits<says_all>();
    REQUIRE(declares(all, 15));
    REQUIRE(all.job_type == "says_all");
    REQUIRE(all.next_retry(1, 0) == outcome::retry_in(10s));
    REQUIRE(all.next_retry(3, 7) == outcome::retry_in(37s, 7));  // the error goes on
    // Nothing: no further attempt.
    REQUIRE(all.next_retry(4, 7) == outcome::fail(7));
    REQUIRE(all.next_retry(1, 404) == outcome::fail(404));
    REQUIRE(all.is_failure(499));
    REQUIRE_FALSE(all.is_failure(500));

    some_job job;
    all.on_dead(job.context);
    REQUIRE(mourner == "says_all");
    REQUIRE(deceased == &job.context);
}

TEST_CASE("job_traits: each member alone, inherited, overloaded, and in a final class") {
    REQUIRE(declares(traits<says_one<0>>(), 1));
    REQUIRE(traits<says_one<0>>().next_retry(1, 9) == outcome::retry_in(1500ms, 9));
    REQUIRE(declares(traits<says_one<1>>(), 2));
    REQUIRE(traits<says_one<1>>().is_failure(0xFFFF));
    REQUIRE_FALSE(traits<says_one<1>>().is_failure(0xFFFE));
    REQUIRE(declares(traits<says_one<2>>(), 4));
    REQUIRE(declares(traits<says_one<3>>(), 8));
    REQUIRE(traits<says_one<3>>().job_type == "text");
    REQUIRE(declares(traits<inherits>(), 9));
    REQUIRE(declares(traits<says_it_twice>(), 1));
    REQUIRE(traits<says_it_twice>().next_retry(1, 0) == outcome::retry_in(1s));

    REQUIRE(declares(traits<says_it_finally>(), 4));
    some_job job;
    traits<says_it_finally>().on_dead(job.context);
    REQUIRE(mourner == "finally");
}

TEST_CASE("job_traits: one table a type, whether it is called as const or not") {
    REQUIRE(&traits<says_all>() == &traits<const says_all>());
    REQUIRE(&traits<says_all>() != &traits<inherits>());
}

TEST_CASE("with_retry: a lambda gets a function of retry and error") {
    auto job = pawl::with_retry<twice>([] { return outcome::retry(5); });
    using type = decltype(job);
    STATIC_REQUIRE(takes_nothing<type> && !takes_job<type>);
    STATIC_REQUIRE(sizeof(type) == 1);
    REQUIRE(job() == outcome::retry(5));
    REQUIRE(declares(traits<type>(), 1));
    REQUIRE(traits<type>().next_retry(2, 5) == outcome::retry_in(205ms, 5));
    REQUIRE(traits<type>().next_retry(3, 5) == outcome::fail(5));
    REQUIRE(traits<type>().next_retry(1, 0xFFFF) == outcome::retry_in(65635ms, 0xFFFF));

    // Another lambda can be the function.
    constexpr auto soon = [](std::uint32_t, std::uint16_t) noexcept { return std::optional{1ms}; };
    auto other = pawl::with_retry<soon>([] {});
    REQUIRE(traits<decltype(other)>().next_retry(9, 1) == outcome::retry_in(1ms, 1));
}

TEST_CASE("on_dead: a lambda gets last words") {
    auto job = pawl::on_dead<mourn>([](pawl::job_context&) {});
    using type = decltype(job);
    STATIC_REQUIRE(takes_job<type> && !takes_nothing<type>);
    REQUIRE(declares(traits<type>(), 4));
    some_job dead;
    traits<type>().on_dead(dead.context);
    REQUIRE(mourner == "mourn");
    REQUIRE(deceased == &dead.context);
}

TEST_CASE("wrappers: they nest in any order, and keep what the type has declared") {
    some_job dead;
    auto one = pawl::with_retry<twice>(pawl::on_dead<mourn>([] {}));
    auto other = pawl::on_dead<mourn>(pawl::with_retry<twice>([] {}));
    REQUIRE(declares(traits<decltype(one)>(), 5));
    REQUIRE(declares(traits<decltype(other)>(), 5));
    REQUIRE(traits<decltype(one)>().next_retry(1, 0) == outcome::retry_in(100ms));
    REQUIRE(traits<decltype(other)>().next_retry(1, 0) == outcome::retry_in(100ms));

    // The outer one counts.
    auto twice_said = pawl::with_retry<never>(pawl::with_retry<twice>([] {}));
    REQUIRE(traits<decltype(twice_said)>().next_retry(1, 8) == outcome::fail(8));
    auto of_type = pawl::on_dead<mourn>(says_all{});
    REQUIRE(declares(traits<decltype(of_type)>(), 15));
    REQUIRE(traits<decltype(of_type)>().job_type == "says_all");
    REQUIRE(traits<decltype(of_type)>().next_retry(1, 0) == outcome::retry_in(10s));
    traits<decltype(of_type)>().on_dead(dead.context);
    REQUIRE(mourner == "mourn");
    REQUIRE(of_type(dead.context) == outcome::retry(500));
}

TEST_CASE("wrappers: functions, state, what can only be moved, and constness") {
    some_job some;
    called = 0;
    auto of_function = pawl::with_retry<twice>(function);
    of_function();
    REQUIRE(called == 1);
    STATIC_REQUIRE(!takes_job<decltype(of_function)>);
    REQUIRE(traits<decltype(of_function)>().next_retry(1, 0) == outcome::retry_in(100ms));
    auto of_job = pawl::on_dead<mourn>(&function_of_job);
    STATIC_REQUIRE(takes_job<decltype(of_job)> && !takes_nothing<decltype(of_job)>);
    REQUIRE(of_job(some.context) == outcome::fail(3));
    REQUIRE(deceased == &some.context);

    // Its state is its own, from run to run.
    auto counter = pawl::with_retry<twice>([count = 0]() mutable {
        ++count;
        called = count;
    });
    counter();
    counter();
    REQUIRE(called == 2);
    STATIC_REQUIRE(sizeof(counter) == sizeof(int));
    STATIC_REQUIRE(!std::is_invocable_v<const decltype(counter)&>);
    STATIC_REQUIRE(std::is_invocable_v<const decltype(of_function)&>);

    auto owner = pawl::on_dead<mourn>([number = std::make_unique<int>(7)] { called = *number; });
    auto moved = std::move(owner);
    moved();
    REQUIRE(called == 7);
    STATIC_REQUIRE(std::is_nothrow_move_constructible_v<decltype(owner)>);

    // From an lvalue it is copied.
    const auto kept = [] { return outcome::fail(1); };
    auto copy = pawl::with_retry<twice>(kept);
    REQUIRE(copy() == kept());
}
