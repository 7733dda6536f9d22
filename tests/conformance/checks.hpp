// SPDX-License-Identifier: BSL-1.0
//
// checks: what a test says, on a board too: no framework, no heap, no output of its own.
//
// What: counts what was checked, and hands each of the first failures to a function of the
// caller's: file, line, what was expected in words, and numbers where two were compared.
//
//   conformance::checks check{[](const conformance::failure& found) { print(found.what); }};
//   check.that(queue.empty(), "a new queue is empty");
//   check.equal(queue.approx_size(), 3U, "its size is what was pushed");
//
// How many checks a test makes must follow from what the platform has, and from nothing else: then
// the sum is the same on every core, and a core that leaves some out is seen. So in a loop whose
// length depends on time, or in an interrupt, results are collected, and checked once after it.
//
// Cost: a call and a compare. Who may call: one thread, or the main loop.
#pragma once

#include <cstdint>
#include <type_traits>

namespace conformance {

struct failure {
    const char* file;
    unsigned line;
    const char* what;
    bool has_numbers;
    std::uint32_t got;
    std::uint32_t wanted;
};

class checks {
public:
    using reporter = void (*)(const failure&);

    explicit checks(reporter report) noexcept : report_{report} {}

    // As a value, for what makes no sense after a failure.
    bool that(bool condition, const char* what, const char* file = __builtin_FILE(),
              unsigned line = __builtin_LINE()) noexcept {
        return count(condition, {file, line, what, false, 0, 0});
    }

    // Numbers, enumerations and truth values, as 32 bits.
    template <class Got, class Wanted>
    bool equal(Got got, Wanted wanted, const char* what, const char* file = __builtin_FILE(),
               unsigned line = __builtin_LINE()) noexcept {
        static_assert(std::is_integral_v<Got> || std::is_enum_v<Got>);
        const auto a = static_cast<std::uint32_t>(got);
        const auto b = static_cast<std::uint32_t>(wanted);
        return count(a == b, {file, line, what, true, a, b});
    }

    // What somebody else has counted.
    void add(std::uint32_t made) noexcept { made_ += made; }

    [[nodiscard]] std::uint32_t made() const noexcept { return made_; }
    [[nodiscard]] std::uint32_t failed() const noexcept { return failed_; }

private:
    static constexpr std::uint32_t reported_max = 8;

    bool count(bool condition, const failure& found) noexcept {
        ++made_;
        if (!condition) {
            ++failed_;
            if (failed_ <= reported_max) {
                report_(found);
            }
        }
        return condition;
    }

    reporter report_;
    std::uint32_t made_ = 0;
    std::uint32_t failed_ = 0;
};

// Numbers that are the same on each run and each machine.
class seeded {
public:
    explicit seeded(std::uint32_t seed) noexcept : state_{seed} {}

    // 0 to end - 1; end up to 65,536.
    std::uint32_t below(std::uint32_t end) noexcept { return next() * end >> 16; }
    // Of any size, small ones as often as large ones.
    std::uint32_t of_any_size(unsigned bits_max) noexcept {
        const unsigned bits = below(bits_max + 1);
        const std::uint32_t number = next() << 16 | next();
        return bits == 0 ? 0 : number >> (32 - bits);
    }

private:
    std::uint32_t next() noexcept {
        state_ = state_ * 1'664'525 + 1'013'904'223;
        return state_ >> 16;
    }
    std::uint32_t state_;
};

}  // namespace conformance
