// SPDX-License-Identifier: BSL-1.0
//
// cron_usual: the short way of the parser, for the expressions that most people write.
//
// What: five fields of values, names, *, ranges, steps and lists of these, with blanks between
// them, when the options say nothing else. What it does not read is not wrong: cron_parse.hpp reads
// it, and says what is wrong if something is.
//
// Why: whoever reads thousands of expressions from a table has such ones. To know them takes a
// fifth of the time that the whole grammar takes, which counts fields first and keeps the place of
// an error. It is left out where code is compiled for size.
//
// Cost: one pass. constexpr, noexcept: any caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/time/cron_masks.hpp>

namespace pawl {
inline namespace PAWL_ABI {

class cron_usual {
    struct field_kind {
        std::uint32_t first;
        std::uint32_t last;
        std::uint64_t all;
        std::uint64_t intervals;  // of these, more than one value in an element is an interval
        std::string_view names;
    };
    static constexpr std::uint64_t sixty_bits = (std::uint64_t{1} << 60) - 1;
    static constexpr field_kind kinds[] = {
        {0, 59, sixty_bits, sixty_bits, {}},
        {0, 23, cron_masks::all_hours, cron_masks::all_hours, {}},
        {1, 31, std::uint64_t{cron_masks::all_days} << 1, 0, {}},
        {1, 12, std::uint64_t{cron_masks::all_months} << 1, 0,
         "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
        {0, 7, 0xff, 0, "SUNMONTUEWEDTHUFRISAT"}};

    static constexpr std::uint32_t no_value = ~std::uint32_t{0};
    static constexpr char end_of_text = '\0';

    constexpr explicit cron_usual(std::string_view text) noexcept
        : at_{text.data()},
          end_{text.data() + text.size()},
          next_{text.empty() ? end_of_text : text.front()} {}

    PAWL_FAST_PATH constexpr void advance() noexcept {
        ++at_;
        next_ = at_ != end_ ? *at_ : end_of_text;
    }
    PAWL_FAST_PATH constexpr void skip_blanks() noexcept {
        while (next_ == ' ') {
            advance();
        }
    }
    [[nodiscard]] constexpr std::uint32_t digit() const noexcept {
        return static_cast<std::uint32_t>(next_) - static_cast<std::uint32_t>('0');
    }
    static constexpr char upper(char c) noexcept {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
    }

    // These stand before their use: clang 14 evaluates no later template.
    // One or two digits or a name; else no_value.
    template <bool Names>
    PAWL_FAST_PATH constexpr std::uint32_t value(const field_kind& kind) noexcept {
        std::uint32_t number = digit();
        if (number <= 9) {
            advance();
            if (digit() <= 9) {
                number = number * 10 + digit();
                advance();
            }
            return number;
        }
        if (Names && end_ - at_ >= 3) {
            const char letter = upper(*at_);
            for (std::uint32_t name = 0; name < kind.names.size(); name += 3) {
                if (kind.names[name] == letter && kind.names[name + 1] == upper(at_[1]) &&
                    kind.names[name + 2] == upper(at_[2])) {
                    at_ += 2;
                    advance();
                    return kind.first + name / 3;
                }
            }
        }
        return no_value;
    }

    template <bool Names>
    PAWL_FAST_PATH constexpr bool parse_list(const field_kind& kind, std::uint64_t& bits,
                                             std::uint64_t& intervals) noexcept {
        for (;;) {
            std::uint32_t low = kind.first;
            std::uint32_t high = kind.last;
            if (next_ == '*') {
                advance();
                if (next_ == ' ' || at_ == end_) {
                    bits = kind.all;
                    intervals |= kind.intervals;
                    return true;
                }
            } else {
                low = value<Names>(kind);
                if (next_ == '-') {
                    advance();
                    high = value<Names>(kind);
                } else if (next_ != '/') {
                    // What is no value is greater than all.
                    if (low < kind.first || low > kind.last) {
                        return false;
                    }
                    // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): low < 64
                    bits |= std::uint64_t{1} << low;
                    if (next_ != ',') {
                        return true;
                    }
                    advance();
                    continue;
                }
            }
            std::uint32_t step = 1;
            if (next_ == '/') {
                advance();
                step = value<false>(kind);
            }
            if (low < kind.first || low > high || high > kind.last || step - 1 >= kind.last) {
                return false;
            }
            const std::uint64_t element = cron_masks::from_to(low, high, step);
            bits |= element;
            intervals |= element & (element - 1) & kind.intervals;
            if (next_ != ',') {
                return true;
            }
            advance();
        }
    }

    template <bool Names>
    PAWL_FAST_PATH constexpr bool parse_field(const field_kind& kind, std::uint64_t& bits,
                                              std::uint64_t& intervals) noexcept {
        skip_blanks();
        return parse_list<Names>(kind, bits, intervals) && (next_ == ' ' || at_ == end_);
    }

public:
    // False if it has to be read otherwise.
    static constexpr bool parse(std::string_view text, cron_masks& masks) noexcept {
        cron_usual reader{text};  // stays in registers
        std::uint64_t fields[5] = {};
        std::uint64_t intervals = 0;
        for (std::size_t field = 0; field < 3; ++field) {
            if (!reader.parse_field<false>(kinds[field], fields[field], intervals)) {
                return false;
            }
        }
        for (std::size_t field = 3; field < 5; ++field) {
            if (!reader.parse_field<true>(kinds[field], fields[field], intervals)) {
                return false;
            }
        }
        reader.skip_blanks();
        if (reader.at_ != reader.end_) {
            return false;
        }
        masks = {.seconds = 1,
                 .minutes = fields[0],
                 .hours = static_cast<std::uint32_t>(fields[1]) & cron_masks::all_hours,
                 .flags = intervals != 0 ? cron_masks::interval : 0U,
                 .days = static_cast<std::uint32_t>(fields[2] >> 1),
                 .months = static_cast<std::uint32_t>(fields[3] >> 1) & cron_masks::all_months,
                 .weekdays = static_cast<std::uint32_t>(fields[4] | fields[4] >> 7) &
                             cron_masks::all_weekdays};
        masks.set_ways();
        // Every month has the first 28 days.
        return (masks.days & 0xfffffff) != 0 || masks.possible();
    }

private:
    const char* at_;
    const char* end_;
    char next_;  // *at_, or end_of_text
};

}  // namespace PAWL_ABI
}  // namespace pawl
