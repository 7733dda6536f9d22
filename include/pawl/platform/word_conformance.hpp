// SPDX-License-Identifier: BSL-1.0
//
// word_conformance: does a platform's word do what std::atomic<std::uint32_t> does?
//
// What: check_word() calls each member with the numbers at which a 32-bit word can go wrong, in
// each memory order that it may be given, and says what it finds first. That nothing comes between
// the two halves of a change is not seen from one place: platform_conformance.hpp looks at that.
//
// Why: a word of one's own (a critical section, a vendor's intrinsics, two cores) is a dozen short
// functions of which each looks right. All queues and the scheduler are made of it.
//
// Cost: a few words on the stack, no heap, no output; a few kilobytes of code, for each memory
// order is called as a constant. Who may call: one thread, or the main loop.
//
//   if (const auto verdict = pawl::check_word<board::word>(); !verdict) {
//       report(verdict.violation);
//   }
#pragma once

#include <atomic>
#include <cstdint>
#include <new>

#include <pawl/config.hpp>
#include <pawl/platform/platform.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// Tests true if nothing was found.
struct [[nodiscard]] platform_verdict {
    const char* violation = nullptr;  // a sentence with static lifetime; null if there is none
    std::uint32_t checks = 0;         // that were made

    [[nodiscard]] constexpr bool ok() const noexcept { return violation == nullptr; }
    constexpr explicit operator bool() const noexcept { return ok(); }
};

// The steps of check_word(). Each returns true if it went well.
template <platform_word Word>
class word_conformance {
public:
    static platform_verdict run() noexcept {
        word_conformance check;
        static_cast<void>(check.begins_at_zero() && check.keeps_what_is_stored() &&
                          check.keeps_its_neighbours() && check.changes() && check.wraps() &&
                          check.compares());
        return check.verdict_;
    }

private:
    static constexpr auto relaxed = std::memory_order_relaxed;
    static constexpr auto acquire = std::memory_order_acquire;
    static constexpr auto release = std::memory_order_release;
    static constexpr auto acq_rel = std::memory_order_acq_rel;
    static constexpr auto seq_cst = std::memory_order_seq_cst;

    static constexpr std::uint32_t numbers[] = {0,           1,           0x7FFF'FFFF, 0x8000'0000,
                                                0xFFFF'FFFE, 0xFFFF'FFFF, 0x00FF'FF00, 0xA5C3'96F0};

    // One bit makes another number: the highest, the lowest.
    static constexpr std::uint32_t outer_bits[] = {0x8000'0000, 1};

    // A weak comparison may fail for no reason, but not for ever.
    static constexpr int tries_max = 1000;

    bool require(bool condition, const char* violation) noexcept {
        ++verdict_.checks;
        if (!condition && verdict_.violation == nullptr) {
            verdict_.violation = violation;
        }
        return condition;
    }

    // Members of pawl's objects are words without an initialiser, in memory of any contents.
    bool begins_at_zero() noexcept {
        alignas(Word) unsigned char memory[sizeof(Word)];
        // volatile, twice: what lies in memory before an object does is nothing to a compiler.
        volatile unsigned char* const bytes = memory;
        for (unsigned i = 0; i < sizeof memory; ++i) {
            bytes[i] = 0xA5;
        }
        void* volatile place = memory;
        Word* const made = ::new (place) Word;
        const std::uint32_t first = made->load(relaxed);
        made->~Word();
        return require(first == 0, "a word does not begin at zero");
    }

    bool keeps_its_neighbours() noexcept {
        struct {
            Word before;
            Word middle;
            Word after;
        } three;
        three.before.store(0x1111'1111, relaxed);
        three.after.store(0x2222'2222, relaxed);
        for (const std::uint32_t number : numbers) {
            three.middle.store(number, relaxed);
            static_cast<void>(three.middle.exchange(~number, relaxed));
            static_cast<void>(three.middle.fetch_add(3, relaxed));
        }
        return require(
            three.before.load(relaxed) == 0x1111'1111 && three.after.load(relaxed) == 0x2222'2222,
            "a change of a word changes what lies beside it");
    }

    bool keeps_what_is_stored() noexcept {
        bool kept = true;
        for (const std::uint32_t number : numbers) {
            kept = stores<relaxed>(number) && stores<release>(number) && stores<seq_cst>(number) &&
                   kept;
        }
        return require(kept, "load() returns something else than was stored");
    }
    template <std::memory_order Order>
    PAWL_OUT_OF_LINE bool stores(std::uint32_t number) noexcept {
        word_.store(~number, relaxed);
        word_.store(number, Order);
        const Word& constant = word_;
        return constant.load(relaxed) == number && constant.load(acquire) == number &&
               constant.load(seq_cst) == number;
    }

    bool changes() noexcept {
        return changes_in<relaxed>() && changes_in<acquire>() && changes_in<release>() &&
               changes_in<acq_rel>() && changes_in<seq_cst>();
    }
    template <std::memory_order Order>
    PAWL_OUT_OF_LINE bool changes_in() noexcept {
        // Of each: what is returned, and what is left.
        bool answers = true;
        bool exchanges = true;
        bool adds = true;
        bool subtracts = true;
        bool joins = true;
        bool meets = true;
        for (const std::uint32_t old : numbers) {
            for (const std::uint32_t given : numbers) {
                word_.store(old, relaxed);
                answers = word_.exchange(given, Order) == old && answers;
                exchanges = word_.load(relaxed) == given && exchanges;
                word_.store(old, relaxed);
                answers = word_.fetch_add(given, Order) == old && answers;
                adds = word_.load(relaxed) == old + given && adds;
                word_.store(old, relaxed);
                answers = word_.fetch_sub(given, Order) == old && answers;
                subtracts = word_.load(relaxed) == old - given && subtracts;
                word_.store(old, relaxed);
                answers = word_.fetch_or(given, Order) == old && answers;
                joins = word_.load(relaxed) == (old | given) && joins;
                word_.store(old, relaxed);
                answers = word_.fetch_and(given, Order) == old && answers;
                meets = word_.load(relaxed) == (old & given) && meets;
            }
        }
        return require(answers, "exchange() or a fetch_...() does not return what was there") &&
               require(exchanges, "exchange() leaves something else than it was given") &&
               require(adds, "fetch_add() leaves something else than the sum, modulo 2^32") &&
               require(subtracts,
                       "fetch_sub() leaves something else than the difference, modulo 2^32") &&
               require(joins, "fetch_or() leaves other bits") &&
               require(meets, "fetch_and() leaves other bits");
    }

    // Counters run over.
    bool wraps() noexcept {
        word_.store(0xFFFF'FFFD, relaxed);
        bool right = true;
        for (std::uint32_t step = 0; step < 6; ++step) {
            right = word_.fetch_add(1, acq_rel) == 0xFFFF'FFFD + step && right;
        }
        right = word_.load(relaxed) == 3 && right;
        for (std::uint32_t step = 0; step < 6; ++step) {
            right = word_.fetch_sub(1, acq_rel) == 3 - step && right;
        }
        return require(right && word_.load(relaxed) == 0xFFFF'FFFD,
                       "a word that counts does not run over at 2^32");
    }

    // Every order of success with every order of failure.
    bool compares() noexcept {
        return compares_in<relaxed, relaxed>() && compares_in<acquire, relaxed>() &&
               compares_in<acquire, acquire>() && compares_in<release, relaxed>() &&
               compares_in<acq_rel, relaxed>() && compares_in<acq_rel, acquire>() &&
               compares_in<seq_cst, relaxed>() && compares_in<seq_cst, acquire>() &&
               compares_in<seq_cst, seq_cst>();
    }
    template <std::memory_order Success, std::memory_order Failure>
    PAWL_OUT_OF_LINE bool compares_in() noexcept {
        bool succeeds = true;
        bool stores = true;
        bool refuses = true;
        bool leaves = true;
        bool tells = true;
        bool weak_succeeds = true;
        for (const std::uint32_t old : numbers) {
            for (const std::uint32_t given : numbers) {
                std::uint32_t expected = old;
                word_.store(old, relaxed);
                succeeds = word_.compare_exchange_strong(expected, given, Success, Failure) &&
                           expected == old && succeeds;
                stores = word_.load(relaxed) == given && stores;

                for (const std::uint32_t bit : outer_bits) {
                    expected = old ^ bit;
                    word_.store(old, relaxed);
                    refuses = !word_.compare_exchange_strong(expected, given, Success, Failure) &&
                              refuses;
                    leaves = word_.load(relaxed) == old && leaves;
                    tells = expected == old && tells;
                    expected = old ^ bit;
                    word_.store(old, relaxed);
                    refuses =
                        !word_.compare_exchange_weak(expected, given, Success, Failure) && refuses;
                    leaves = word_.load(relaxed) == old && leaves;
                    tells = expected == old && tells;
                }

                int tries = 0;
                expected = old;
                while (!word_.compare_exchange_weak(expected, given, Success, Failure) &&
                       tries < tries_max) {
                    tells = expected == old && tells;
                    ++tries;
                }
                weak_succeeds = tries < tries_max && weak_succeeds;
                stores = word_.load(relaxed) == given && stores;
            }
        }
        return require(succeeds,
                       "compare_exchange_strong() fails although the word is as "
                       "expected, or changes what was expected") &&
               require(weak_succeeds,
                       "compare_exchange_weak() fails again and again, although the "
                       "word is as expected") &&
               require(stores, "compare_exchange_...() succeeds and does not store") &&
               require(refuses,
                       "compare_exchange_...() succeeds although the word is not as "
                       "expected") &&
               require(leaves, "compare_exchange_...() that fails changes the word") &&
               require(tells, "compare_exchange_...() that fails does not say what is there");
    }

    Word word_;
    platform_verdict verdict_{};
};

template <platform_word Word>
platform_verdict check_word() noexcept {
    return word_conformance<Word>::run();
}

}  // namespace PAWL_ABI
}  // namespace pawl
