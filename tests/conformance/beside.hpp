// SPDX-License-Identifier: BSL-1.0
//
// beside: what a test asks of those who interrupt, whoever they are.
//
// Others, which the caller of the suite gives, are what check_platform() asks for
// (platform_conformance.hpp): an interrupt on a board, a thread on a host, a call where there is
// nobody else. Here they run any callable, and are waited for.
//
//   beside<P, Others> other{others};
//   other.run([&] { queue.try_push(7); });       // by an interrupt, to its end
//   other.again_and_again([&] { ++calls; }, [&] { main_loop(); });
//
// Who may call: one thread, or the main loop.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <type_traits>

#include <pawl/platform/platform.hpp>

namespace conformance {

// Where nobody interrupts: a call, on the spot.
struct direct_calls {
    static constexpr bool is_call = true;
    void operator()(void (*act)(void*), void* with) const { act(with); }
};

template <class P, class Others>
class beside {
public:
    static constexpr bool is_call = [] {
        if constexpr (requires { Others::is_call; }) {
            return static_cast<bool>(Others::is_call);
        }
        return false;
    }();
    // Whether they also come at any moment.
    static constexpr bool calls_on = requires(Others & others) { others.end(); };
    // Whether they cut into what the caller does, as an interrupt or a call does and a thread does
    // not.
    static constexpr bool cuts_in = is_call || pawl::interrupt_platform<P>;

    explicit beside(Others& others) noexcept : others_{others} {}

    // Has it called by another one, and waits for its end.
    template <class F>
    void run(F&& function) noexcept {
        struct request {
            F& function;
            typename P::word ended;
        } asked{function, {}};
        others_(
            [](void* given) {
                auto& mine = *static_cast<request*>(given);
                mine.function();
                // release: what it has written.
                mine.ended.store(1, std::memory_order_release);
            },
            &asked);
        P machine;
        while (asked.ended.load(std::memory_order_acquire) == 0) {
            static_cast<void>(machine.now());
            if constexpr (P::has_threads) {
                P::yield();
            }
        }
    }

    // Has it called again and again while `meanwhile` runs.
    template <class F, class Meanwhile>
    void again_and_again(F&& function, Meanwhile&& meanwhile) noexcept {
        others_.begin([](void* given) { (*static_cast<std::remove_reference_t<F>*>(given))(); },
                      &function);
        meanwhile();
        others_.end();
    }

private:
    Others& others_;
};

// How much is done of what is random: less where words are slow, as in tests with sanitizers.
#ifdef CONFORMANCE_STEPS
inline constexpr std::uint32_t steps_max = CONFORMANCE_STEPS;
#else
inline constexpr std::uint32_t steps_max = 1000;
#endif

}  // namespace conformance
