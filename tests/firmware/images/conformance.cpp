// SPDX-License-Identifier: BSL-1.0
//
// The conformance suite (tests/conformance/suite.hpp) on a board: what it checks on a host, in
// virtual time and on threads, it checks here, with interrupts that are interrupts.
//
// PART chooses a part, for all of them are too much for one image's flash; without it, all. Prints
// what fails, then "passed N checks" or "failed N of M checks" for each part, and their sum, then
// how deep the stack was. Interrupt 0 is caused by the suite; the clock's interrupt, once a
// millisecond, is what comes at any moment. With TORN the board's words are changed in two steps,
// and with UNMASKED it looks before it sleeps and masks nothing: the suite must say so.
#include <atomic>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "board/board.hpp"
#include "board/semihosting.hpp"
#include "conformance/suite.hpp"

namespace {

// ---- Who interrupts -----------------------------------------------------------------------------

void (*volatile once)(void*) = nullptr;
void* volatile once_with = nullptr;
void (*volatile often)(void*) = nullptr;
void* volatile often_with = nullptr;

struct interrupts {
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'R'
    static constexpr bool is_call = true;  // this board has none but those of SVC
#endif
    void operator()(void (*act)(void*), void* with) const {
        once = act;
        once_with = with;
        board::pend(0);
    }
    static void begin(void (*act)(void*), void* with) {
        often_with = with;
        often = act;
    }
    static void end() { often = nullptr; }
};
interrupts others;

// ---- The board, and what may be wrong with it ---------------------------------------------------

#if defined(TORN)
// Two steps where there should be one.
class torn_word {
public:
    [[nodiscard]] std::uint32_t load(std::memory_order) const noexcept { return value_; }
    void store(std::uint32_t value, std::memory_order) noexcept { value_ = value; }
    std::uint32_t exchange(std::uint32_t value, std::memory_order) noexcept {
        return std::exchange(value_, value);
    }
    std::uint32_t fetch_add(std::uint32_t value, std::memory_order) noexcept {
        const std::uint32_t old = value_;
        value_ = old + value;
        return old;
    }
    std::uint32_t fetch_sub(std::uint32_t value, std::memory_order order) noexcept {
        return fetch_add(0U - value, order);
    }
    std::uint32_t fetch_or(std::uint32_t value, std::memory_order) noexcept {
        const std::uint32_t old = value_;
        value_ = old | value;
        return old;
    }
    std::uint32_t fetch_and(std::uint32_t value, std::memory_order) noexcept {
        const std::uint32_t old = value_;
        value_ = old & value;
        return old;
    }
    bool compare_exchange_strong(std::uint32_t& expected, std::uint32_t desired, std::memory_order,
                                 std::memory_order) noexcept {
        const std::uint32_t old = value_;
        const bool equal = old == expected;
        value_ = equal ? desired : old;
        expected = old;
        return equal;
    }
    bool compare_exchange_weak(std::uint32_t& expected, std::uint32_t desired,
                               std::memory_order success, std::memory_order failure) noexcept {
        return compare_exchange_strong(expected, desired, success, failure);
    }

private:
    volatile std::uint32_t value_ = 0;
};
struct tried : board::clock {
    using word = torn_word;
};
#elif defined(UNMASKED)
struct tried : board::clock {
    template <class Busy>
    static void sleep_until(time_point, Busy&& busy) noexcept {
        if (!busy()) {
            __asm__ volatile("wfi" : : : "memory");
        }
    }
};
#else
using tried = board::clock;
#endif

// ---- What is said -------------------------------------------------------------------------------

void say(const conformance::failure& found) {
    semihosting::print("FAILED ");
    semihosting::print(found.file);
    semihosting::print(":");
    semihosting::print(found.line);
    semihosting::print(": ");
    semihosting::print(found.what);
    if (found.has_numbers) {
        semihosting::print(" (");
        semihosting::print(found.got);
        semihosting::print(", should be ");
        semihosting::print(found.wanted);
        semihosting::print(")");
    }
    semihosting::print("\n");
}

std::uint32_t made = 0;
std::uint32_t failed = 0;

void say(const char* part, std::uint32_t part_made, std::uint32_t part_failed) {
    semihosting::print(part);
    if (part_failed != 0) {
        semihosting::print("failed ");
        semihosting::print(part_failed);
        semihosting::print(" of ");
    } else {
        semihosting::print("passed ");
    }
    semihosting::print(part_made);
    semihosting::print(" checks\n");
}

template <class Part>
[[gnu::noinline]] void run(const char* name, Part&& part) {
    conformance::checks check{&say};
    part(check);
    say(name, check.made(), check.failed());
    made += check.made();
    failed += check.failed();
}

// ---- How much stack that takes ------------------------------------------------------------------

extern "C" std::uint32_t bss_end, stack_top;  // from the linker script
constexpr std::uint32_t untouched = 0x5A5A'5A5A;

// From the end of what is used up to here.
[[gnu::noinline]] void paint_stack() {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    for (auto at = reinterpret_cast<std::uintptr_t>(&bss_end); at < here - 256; at += 4) {
        *reinterpret_cast<volatile std::uint32_t*>(at) = untouched;
    }
}
[[gnu::noinline]] std::uint32_t painted_stack() {
    auto at = reinterpret_cast<std::uintptr_t>(&bss_end);
    while (*reinterpret_cast<volatile std::uint32_t*>(at) == untouched) {
        at += 4;
    }
    return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(&stack_top) - at);
}

}  // namespace

extern "C" void Interrupt0_Handler() { once(once_with); }
extern "C" void Tick_Handler() {
    board::clock::on_tick();
    if (often != nullptr) {
        often(often_with);
    }
}

int main() {
    paint_stack();
    board::start();
    board::enable(0);

#if !defined(PART) || PART == 1
    run("platform   ", [](auto& check) { conformance::run_platform<tried>(check, others); });
#endif
#if !defined(TORN) && !defined(UNMASKED)
#if !defined(PART) || PART == 1
    run("queues     ", [](auto& check) { conformance::run_queues<tried>(check, others); });
    run("timers     ", [](auto& check) { conformance::run_timers(check); });
    run("calendar   ", [](auto& check) { conformance::run_calendar(check); });
#endif
#if !defined(PART) || PART == 2
    using namespace conformance;
    run("few limits ", [](auto& check) { run_scheduler<lean_limits, tried>(check, others); });
    run("many jobs  ", [](auto& check) { run_scheduler<wide_limits, tried>(check, others); });
    run("usual      ", [](auto& check) { run_scheduler<usual_limits, tried>(check, others); });
#endif
#if !defined(PART) || PART == 3
    using namespace conformance;
    run("all limits ", [](auto& check) { run_scheduler<rich_limits, tried>(check, others); });
#endif
#endif
    say("", made, failed);
    semihosting::print("stack ");
    semihosting::print(painted_stack());
    semihosting::print("\n");
    return failed == 0 ? 0 : 1;
}
