// SPDX-License-Identifier: BSL-1.0
//
// token_bucket: at most so many starts in a time, exactly, in two words.
//
// What: a bucket of `burst` tokens, which comes by `tokens` new ones every `period` ticks, evenly.
// A start takes one. So in any t ticks that follow each other there are at most burst + t * tokens
// / period starts, for ever, and whoever takes each token as it comes has all of them: nothing is
// rounded away.
//
// Why not counting starts in windows: a fixed window lets twice the limit through at its edge, and
// a sliding one keeps every start, or rounds. Why no thread or timer that fills the bucket: it
// would wake a core that could sleep.
//
// How it works: the generic cell rate algorithm (ITU-T I.371, "virtual scheduling"). The one state
// is the time at which the bucket would be full again. A start moves it on by the step, which is
// period / tokens ticks, from now if it has passed; there is a token if it is at most burst - 1
// steps ahead. A time is whole ticks and a rest in units of 1 / tokens ticks, so the step is exact.
// Starts are at whole ticks, tokens are not: a token that came within the last tick counts as taken
// when it came. Without this, three in ten ticks would be three in twelve.
//   Proof: each start has an exact time, at most a tick before its tick, and these times are a
//   conforming sequence, of which a time of length t has at most burst + t * tokens / period. The
//   starts of t ticks have theirs in less than such a time.
// Ticks wrap: times are compared by their difference. A bucket that nobody has looked at for half
// of what a tick can count would take the past for the future, so forget() has to be called in that
// time: 24 days with 32 bits and a tick of 1 ms.
//
// Who asks may have different ideas of now (several threads, each having read the clock before):
// the bound holds for the times that they have given, in whatever order they come.
//
// Cost: every operation a few additions and comparisons; making a rate has one division in ticks.
// Zero bytes are no limit, and a full bucket. Who may call: one at a time.
//
//   pawl::token_rate<std::uint32_t> rate;
//   rate.set(10, 1000, 3);             // ten in 1,000 ticks, three of them at once
//   pawl::token_bucket<std::uint32_t> bucket;
//   if (auto due = bucket.due(rate, now); due == now) { bucket.take(rate, now); start(); }
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include <pawl/config.hpp>

namespace pawl {
inline namespace PAWL_ABI {

template <class Tick>
class token_rate {
    static_assert(std::is_unsigned_v<Tick>);

public:
    // A length of time: whole ticks, and a rest in units of 1 / tokens ticks.
    struct span {
        Tick whole = 0;
        std::uint32_t rest = 0;
        friend constexpr bool operator==(span, span) noexcept = default;
    };

    static constexpr std::uint32_t tokens_max = 0x7FFF'FFFF;
    // An empty bucket is full again after at most this: a quarter of what a tick can count.
    static constexpr Tick fill_max = std::numeric_limits<Tick>::max() / 4;

    // So many tokens every `period` ticks, and at most `burst` at once (0 means 1). No tokens: no
    // limit. False, and nothing changed: more than tokens_max; no period; or the bucket would take
    // longer than fill_max to fill.
    [[nodiscard]] constexpr bool set(std::uint32_t tokens, Tick period,
                                     std::uint32_t burst) noexcept {
        if (tokens == 0) {
            *this = {};
            return true;
        }
        if (tokens > tokens_max || period == 0) {
            return false;
        }
        token_rate made;
        made.tokens_ = tokens;
        made.step_ = {static_cast<Tick>(period / tokens),
                      static_cast<std::uint32_t>(period % tokens)};
        made.full_ = made.steps(burst == 0 ? 1 : burst);
        if (made.full_.whole > fill_max) {
            return false;
        }
        *this = made;
        return true;
    }

    // Whether there is a limit.
    constexpr explicit operator bool() const noexcept { return tokens_ != 0; }

    // The time from one token to the next.
    [[nodiscard]] constexpr span step() const noexcept { return step_; }
    // The time in which an empty bucket is full again.
    [[nodiscard]] constexpr span full() const noexcept { return full_; }

    [[nodiscard]] constexpr span add(span to, span more) const noexcept {
        span sum{static_cast<Tick>(to.whole + more.whole), to.rest + more.rest};
        if (sum.rest >= tokens_) {
            sum.rest -= tokens_;
            ++sum.whole;
        }
        return sum;
    }
    [[nodiscard]] constexpr span subtract(span from, span less) const noexcept {
        span difference{static_cast<Tick>(from.whole - less.whole), from.rest - less.rest};
        if (from.rest < less.rest) {
            difference.rest += tokens_;
            --difference.whole;
        }
        return difference;
    }
    // Rounded up.
    [[nodiscard]] static constexpr Tick ceil(span time) noexcept {
        return static_cast<Tick>(time.whole + (time.rest > 0 ? 1 : 0));
    }

    friend constexpr bool operator==(const token_rate&, const token_rate&) noexcept = default;

private:
    // So many steps, or something longer than fill_max. By doubling: no product of 64 bits, and no
    // division, which firmware would have to bring along.
    [[nodiscard]] constexpr span steps(std::uint32_t count) const noexcept {
        span sum;
        span power = step_;
        for (;;) {
            if (power.whole > fill_max) {
                return power;  // the highest bit of count is still to come
            }
            if (count % 2 != 0) {
                sum = add(sum, power);
            }
            count /= 2;
            if (count == 0 || sum.whole > fill_max) {
                return sum;
            }
            power = add(power, power);
        }
    }

    std::uint32_t tokens_ = 0;
    span step_ = {};
    span full_ = {};
};

template <class Tick>
class token_bucket {
    using rate = token_rate<Tick>;
    using span = typename rate::span;

public:
    // When the next token is there: now, or a later tick.
    [[nodiscard]] constexpr Tick due(const rate& of, Tick now) const noexcept {
        if (!owes(now)) {
            return now;
        }
        const span almost_full = of.subtract(of.full(), of.step());
        const Tick time = rate::ceil(of.subtract(full_at(), almost_full));
        return is_after(time, now) ? time : now;
    }

    // REQUIRES: due() is now.
    constexpr void take(const rate& of, Tick now) noexcept {
        set(of.add(owes(now) ? full_at() : span{now, 0}, of.step()));
    }

    // Whether it was full a tick ago; what has passed is then forgotten.
    constexpr bool forget(Tick now) noexcept {
        if (!owes(now)) {
            rest_ = 0;
        }
        return rest_ == 0;
    }

    // Goes on under another rate. It is full at the same time as before, or as soon as an empty
    // one would be, if that is earlier.
    constexpr void change(const rate& to, Tick now) noexcept {
        if (!to || forget(now)) {
            rest_ = 0;
            return;
        }
        const Tick before = rate::ceil(full_at());
        const auto empty = static_cast<Tick>(now + rate::ceil(to.full()));
        set({is_after(before, empty) ? empty : before, 0});
    }

private:
    [[nodiscard]] static constexpr bool is_after(Tick time, Tick now) noexcept {
        return static_cast<std::make_signed_t<Tick>>(static_cast<Tick>(time - now)) > 0;
    }
    // Whether it was less than full a tick ago: what came since then is not lost.
    [[nodiscard]] constexpr bool owes(Tick now) const noexcept {
        return rest_ != 0 && !is_after(now, rate::ceil(full_at()));
    }
    [[nodiscard]] constexpr span full_at() const noexcept { return {whole_, rest_ - 1}; }
    constexpr void set(span time) noexcept {
        whole_ = time.whole;
        rest_ = time.rest + 1;
    }

    // When it is full again, if rest_ is not 0.
    Tick whole_ = 0;
    std::uint32_t rest_ = 0;  // + 1
};

}  // namespace PAWL_ABI
}  // namespace pawl
