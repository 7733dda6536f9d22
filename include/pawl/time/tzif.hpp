// SPDX-License-Identifier: BSL-1.0
//
// tzif: a time zone with its past, from the bytes of a compiled zone file.
//
// What: a view over a file in the format TZif (RFC 9636, versions 1 to 4), as zic writes it and as
// every system's zoneinfo folder has it. It knows all that the file knows: each change of the clock
// since local mean time, lost and doubled days, and from the last one on the rules in the file's
// footer, a posix_tz. The bytes may lie anywhere, in a buffer, in flash, in a constexpr array, and
// have to outlive the view; copies of the view refer to the same bytes.
//
// Why not a table in memory, as C libraries make it: that takes a heap, or as much memory again.
// Here nothing is copied, and 48 bytes are all the state. posix_tz needs no file and is enough
// where only the present rules count; this is for the past, and for what rules cannot say, such as
// the clocks of Casablanca, which are set back for each Ramadan.
//
// How it works: parse() looks at every length, index and order in the file once, so that a file
// from an untrusted source is refused or safe. Questions are a binary search in the bytes, which
// are big-endian. Before the first transition the first type holds, as the RFC has it. A local time
// is looked for in all the periods within the greatest offset of it, so any sequence of changes is
// answered rightly: a whole day that is left out, two changes within hours, and those that set no
// clock, because only a name or the daylight flag changes, are none. If a local time is shown more
// than twice, which has never happened, info() tells of the first two.
//
// Leap seconds: a file that counts them (below "right/") is refused, because std::chrono's
// sys_seconds does not count them. What stands behind the footer is not looked at, so the bytes may
// be a page of flash.
//
// Cost: parse() is linear in the file. offset_at() is a binary search, in a year after the last
// transition one comparison and posix_tz's cost; info() is the same, and a step more for each
// transition within two days. The greatest files have 308 transitions.
// Who may call: anybody, anywhere; nothing is written.
//
//   constexpr unsigned char berlin_file[] = { /* xxd -i < Europe/Berlin */ };
//   if (auto zone = pawl::tzif::parse(std::as_bytes(std::span{berlin_file}))) {
//       use("30 2 * * *"_cron.next(now, *zone));
//   } else {
//       report(zone.error().position, zone.error().message());
//   }
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include <pawl/config.hpp>
#include <pawl/time/posix_tz.hpp>
#include <pawl/time/time_zone.hpp>

namespace pawl {
inline namespace PAWL_ABI {

// What the parser expected where it stopped; `nothing` is: no error.
enum class tzif_expected : std::uint8_t {
    nothing,
    zone_file,
    known_version,
    whole_file,
    one_type_or_more,
    names,
    indicators_for_each_type,
    no_leap_seconds,
    ascending_times,
    type_in_the_file,
    offset_within_a_day,
    flag_0_or_1,
    name_in_the_file,
    footer,
};

struct tzif_error {
    tzif_expected code = tzif_expected::nothing;
    tz_expected footer_code = tz_expected::nothing;  // what is wrong with the footer's rules
    std::size_t position = 0;  // bytes from the start of the file; its size if it ends too early

    // A sentence without position, with static lifetime and a terminating zero behind it.
    [[nodiscard]] constexpr std::string_view message() const noexcept {
        switch (code) {
            case tzif_expected::nothing: return "no error";
            case tzif_expected::zone_file:
                return "expected a compiled time zone, which begins with the letters TZif";
            case tzif_expected::known_version: return "expected version 1 to 9 of the format";
            case tzif_expected::whole_file: return "expected more bytes: the file is cut off";
            case tzif_expected::one_type_or_more: return "expected 1 to 256 types of local time";
            case tzif_expected::names: return "expected names of the types of local time";
            case tzif_expected::indicators_for_each_type:
                return "expected an indicator for each type of local time, or none";
            case tzif_expected::no_leap_seconds:
                return "expected a zone without leap seconds, which std::chrono does not count";
            case tzif_expected::ascending_times: return "expected transitions in ascending order";
            case tzif_expected::type_in_the_file:
                return "expected a type of local time that is in the file";
            case tzif_expected::offset_within_a_day:
                return "expected an offset from UTC of less than 25 hours behind or 26 ahead";
            case tzif_expected::flag_0_or_1:
                return "expected 0 or 1, for standard time or daylight saving";
            case tzif_expected::name_in_the_file: return "expected a name that is in the file";
            case tzif_expected::footer:
                return footer_code == tz_expected::nothing
                           ? "expected a line with the rules from the last transition on"
                           : tz_error{footer_code, 0}.message();
        }
        return "unknown error";
    }

    friend constexpr bool operator==(const tzif_error&, const tzif_error&) noexcept = default;
};

class tzif_result;

class tzif {
public:
    // UTC, without a file. Zero bytes are such a zone too.
    constexpr tzif() noexcept = default;

    // The bytes have to outlive the zone.
    [[nodiscard]] static constexpr tzif_result parse(std::span<const std::byte> file) noexcept;

    // As the file has it; from its last transition on right until the year 9999.
    [[nodiscard]] constexpr std::chrono::seconds offset_at(
        std::chrono::sys_seconds instant) const noexcept {
        const std::int64_t time = within_range(instant.time_since_epoch().count());
        if (time_count_ == 0 || time >= time_at(time_count_ - 1)) {
            return last_type_stays_
                       ? std::chrono::seconds{offset_of(time_count_)}
                       : rules_.offset_at(std::chrono::sys_seconds{std::chrono::seconds{time}});
        }
        return std::chrono::seconds{offset_of(period_at(time))};
    }

    // From one transition to the next, or as the rules behind the last one say.
    [[nodiscard]] constexpr zone_span span_at(std::chrono::sys_seconds instant) const noexcept {
        const std::int64_t time = within_range(instant.time_since_epoch().count());
        const std::uint32_t period = period_at(time);
        zone_span span;
        if (period == time_count_ && !last_type_stays_) {
            span = rules_.span_at(instant);
        } else {
            span.offset = std::chrono::seconds{offset_of(period)};
        }
        const auto instant_of = [this](std::uint32_t transition) {
            return std::chrono::sys_seconds{std::chrono::seconds{time_at(transition)}};
        };
        if (period != 0) {
            span.begin = std::max(span.begin, instant_of(period - 1));
        }
        if (period != time_count_) {
            span.end = instant_of(period);
        }
        return span;
    }

    [[nodiscard]] constexpr local_info info(local_seconds local) const noexcept {
        const std::int64_t time = within_range(local.time_since_epoch().count());
        if (time_count_ == 0 || time - ahead_s_max >= time_at(time_count_ - 1)) {
            if (!last_type_stays_) {
                return rules_.info(local_seconds{std::chrono::seconds{time}});
            }
            const std::chrono::seconds only{offset_of(time_count_)};
            return {local_kind::unique, only, only, {}};
        }
        return search(time);
    }

private:
    friend class tzif_parser;

    // The RFC's bounds of offsets; those of a posix_tz are within.
    static constexpr std::int32_t behind_s_max = 89'999;
    static constexpr std::int32_t ahead_s_max = 93'599;
    // No sum of a time and an offset overflows within.
    static constexpr std::int64_t time_s_max = std::int64_t{1} << 60;
    static constexpr std::size_t type_bytes = 6;

    static constexpr std::int64_t within_range(std::int64_t time) noexcept {
        return time < -time_s_max ? -time_s_max : time > time_s_max ? time_s_max : time;
    }

    static constexpr std::uint32_t big_endian_32(const std::byte* at) noexcept {
        return std::to_integer<std::uint32_t>(at[0]) << 24 |
               std::to_integer<std::uint32_t>(at[1]) << 16 |
               std::to_integer<std::uint32_t>(at[2]) << 8 | std::to_integer<std::uint32_t>(at[3]);
    }
    static constexpr std::int64_t signed_time(const std::byte* at, std::size_t bytes) noexcept {
        return bytes == 4 ? static_cast<std::int32_t>(big_endian_32(at))
                          : static_cast<std::int64_t>(std::uint64_t{big_endian_32(at)} << 32 |
                                                      big_endian_32(at + 4));
    }

    [[nodiscard]] constexpr std::size_t time_bytes() const noexcept { return short_times_ ? 4 : 8; }

    // Period k lies before transition k and after the one before it; so period time_count_ is the
    // one after all of them.
    [[nodiscard]] constexpr std::int64_t time_at(std::uint32_t transition) const noexcept {
        return signed_time(data_ + transition * time_bytes(), time_bytes());
    }
    // REQUIRES: there is a file.
    [[nodiscard]] constexpr std::int32_t offset_of(std::uint32_t period) const noexcept {
        const std::byte* const indices = data_ + time_count_ * time_bytes();
        const std::size_t type =
            period == 0 ? 0 : std::to_integer<std::size_t>(indices[period - 1]);
        return static_cast<std::int32_t>(big_endian_32(indices + time_count_ + type * type_bytes));
    }
    // The period of an instant: how many transitions there are up to it.
    [[nodiscard]] constexpr std::uint32_t period_at(std::int64_t time) const noexcept {
        std::uint32_t low = 0;
        std::uint32_t high = time_count_;
        while (low < high) {
            const std::uint32_t middle = low + (high - low) / 2;
            if (time_at(middle) <= time) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    // Which instants are one local time: collects what each period says to it, in order.
    class meeting {
    public:
        constexpr explicit meeting(std::int64_t time) noexcept : time_{time} {}

        // The next period, of one offset, without its end.
        constexpr void begins(std::int64_t begin, std::int32_t offset,
                              bool has_one_before) noexcept {
            // Shown neither at the end of the one before it, nor from its own begin on.
            if (has_one_before && time_ - last_ >= begin && time_ - offset < begin) {
                leaves_out({local_kind::gap, std::chrono::seconds{last_},
                            std::chrono::seconds{offset},
                            std::chrono::sys_seconds{std::chrono::seconds{begin}}});
            }
            last_ = offset;
        }
        // Only the first one counts.
        constexpr void leaves_out(const local_info& gap) noexcept {
            if (gap_.kind == local_kind::unique) {
                gap_ = gap;
            }
        }
        // It is shown, in a period that begins there.
        constexpr void shows(std::int64_t begin, std::chrono::seconds offset) noexcept {
            if (count_ == 0) {
                shown_ = {local_kind::unique, offset, offset, {}};
            } else if (count_ == 1) {
                shown_.kind = local_kind::overlap;
                shown_.after = offset;
                shown_.transition = std::chrono::sys_seconds{std::chrono::seconds{begin}};
            }
            ++count_;
        }
        // One of them there is: a clock that starts before a time and is once beyond it has shown
        // it or was set over it. The last offset is for footers that contradict themselves.
        [[nodiscard]] constexpr local_info answer() const noexcept {
            const std::chrono::seconds last{last_};
            return count_ != 0 ? shown_
                   : gap_.kind != local_kind::unique
                       ? gap_
                       : local_info{local_kind::unique, last, last, {}};
        }

    private:
        std::int64_t time_;
        std::int32_t last_ = 0;
        std::uint32_t count_ = 0;
        local_info shown_{};
        local_info gap_{};
    };

    // REQUIRES: there is a transition.
    [[nodiscard]] constexpr local_info search(std::int64_t time) const noexcept {
        meeting found{time};
        const std::uint32_t first = period_at(time - ahead_s_max);
        std::int64_t begin = first == 0 ? INT64_MIN : time_at(first - 1);
        for (std::uint32_t period = first;; ++period) {
            const bool is_last = period == time_count_;
            if (is_last && !last_type_stays_) {
                search_rules(found, time, begin);
                break;
            }
            const std::int32_t offset = offset_of(period);
            const std::int64_t end = is_last ? INT64_MAX : time_at(period);
            found.begins(begin, offset, period != first);
            if (begin <= time - offset && time - offset < end) {
                found.shows(begin, std::chrono::seconds{offset});
            }
            if (end > time + behind_s_max) {
                break;
            }
            begin = end;
        }
        return found.answer();
    }

    // What holds from the last transition on.
    constexpr void search_rules(meeting& found, std::int64_t time,
                                std::int64_t begin) const noexcept {
        const std::chrono::sys_seconds start{std::chrono::seconds{within_range(begin)}};
        found.begins(begin, static_cast<std::int32_t>(rules_.offset_at(start).count()), true);
        const local_info info = rules_.info(local_seconds{std::chrono::seconds{time}});
        if (info.kind == local_kind::gap) {
            found.leaves_out(info);  // one before the begin is found at the begin, and so earlier
            return;
        }
        const bool first = time - info.before.count() >= begin;
        if (first) {
            found.shows(begin, info.before);
        }
        if (info.kind == local_kind::overlap && time - info.after.count() >= begin) {
            found.shows(first ? info.transition.time_since_epoch().count() : begin, info.after);
        }
    }

    // In the file: the times of the transitions, the type after each of them, the types.
    const std::byte* data_ = nullptr;
    std::uint32_t time_count_ = 0;
    bool short_times_ = false;      // of 4 bytes, in version 1
    bool last_type_stays_ = false;  // there are no rules
    posix_tz rules_;                // from the last transition on
};

static_assert(sizeof(tzif) <= 48 && spanning_zone<tzif>);

// What tzif::parse returns: tests true and dereferences to the zone, or has an error.
class tzif_result {
public:
    constexpr explicit tzif_result(const tzif& zone) noexcept : zone_{zone} {}
    constexpr explicit tzif_result(tzif_error error) noexcept : error_{error} {}

    [[nodiscard]] constexpr bool has_value() const noexcept {
        return error_.code == tzif_expected::nothing;
    }
    constexpr explicit operator bool() const noexcept { return has_value(); }

    // REQUIRES: has_value(). A constant expression that breaks this does not compile. At run time
    // it is UTC, and stops the program where PAWL_CHECKS is on.
    [[nodiscard]] constexpr const tzif& operator*() const noexcept {
        if (!has_value()) {
            the_bytes_are_not_a_zone_file();
        }
        return zone_;
    }
    [[nodiscard]] constexpr const tzif* operator->() const noexcept { return &**this; }

    // code is tzif_expected::nothing if there is a value.
    [[nodiscard]] constexpr const tzif_error& error() const noexcept { return error_; }

private:
    // Not constexpr: its name is what a compiler says about wrong bytes in a constant expression.
    static void the_bytes_are_not_a_zone_file() noexcept { PAWL_ASSERT(false); }

    tzif zone_;
    tzif_error error_;
};

// Reads the file from its first byte to its last; the first thing that is wrong ends it.
class tzif_parser {
public:
    constexpr explicit tzif_parser(std::span<const std::byte> file) noexcept : file_{file} {}

    constexpr tzif_result parse() noexcept {
        block found;
        std::uint8_t version = 0;
        if (!header(found, version)) {
            return tzif_result{error_};
        }
        if (version == 0) {
            zone_.short_times_ = true;
            zone_.last_type_stays_ = true;
            return data(found, 4) ? tzif_result{zone_} : tzif_result{error_};
        }
        // The first block is for readers of version 1. It may be a stub, and is not looked at.
        if (!skip(found.bytes(4)) || !header(found, version) || !data(found, 8) || !footer()) {
            return tzif_result{error_};
        }
        return tzif_result{zone_};
    }

private:
    static constexpr std::size_t header_bytes = 44;
    static constexpr std::size_t counts_offset = 20;
    // A footer's rules are some 45 bytes; so long a line is none, and costs no time.
    static constexpr std::size_t footer_bytes_max = 256;

    // The counts of a header, in its order.
    struct block {
        std::uint32_t ut_indicators = 0;
        std::uint32_t standard_indicators = 0;
        std::uint32_t leaps = 0;
        std::uint32_t times = 0;
        std::uint32_t types = 0;
        std::uint32_t characters = 0;

        // Six products of 32 bits with a number below 16: no overflow.
        [[nodiscard]] constexpr std::uint64_t bytes(std::uint64_t time_bytes) const noexcept {
            return times * (time_bytes + 1) + std::uint64_t{types} * tzif::type_bytes + characters +
                   leaps * (time_bytes + 4) + standard_indicators + ut_indicators;
        }
    };

    [[nodiscard]] constexpr std::size_t rest() const noexcept { return file_.size() - at_; }

    constexpr bool fail(tzif_expected code, std::size_t position) noexcept {
        error_ = {code, tz_expected::nothing, position};
        return false;
    }
    constexpr bool skip(std::uint64_t bytes) noexcept {
        if (bytes > rest()) {
            return fail(tzif_expected::whole_file, file_.size());
        }
        at_ += static_cast<std::size_t>(bytes);
        return true;
    }

    constexpr bool header(block& found, std::uint8_t& version) noexcept {
        const std::size_t from = at_;
        constexpr std::string_view magic = "TZif";
        for (std::size_t i = 0; i < magic.size(); ++i) {
            if (i < rest() && file_[from + i] != static_cast<std::byte>(magic[i])) {
                return fail(tzif_expected::zone_file, from);
            }
        }
        if (!skip(header_bytes)) {
            return false;
        }
        version = std::to_integer<std::uint8_t>(file_[from + magic.size()]);
        // Versions only add to what may stand in a footer and among leap seconds.
        if (version != 0 && (version < '2' || version > '9')) {
            return fail(tzif_expected::known_version, from + magic.size());
        }
        const std::byte* counts = file_.data() + from + counts_offset;
        for (std::uint32_t* const count :
             {&found.ut_indicators, &found.standard_indicators, &found.leaps, &found.times,
              &found.types, &found.characters}) {
            *count = tzif::big_endian_32(counts);
            counts += 4;
        }
        return true;
    }

    // The counts against each other and the bytes, and each transition and type.
    constexpr bool data(const block& found, std::size_t time_bytes) noexcept {
        const std::size_t counts = at_ - header_bytes + counts_offset;
        const auto matches = [&](std::uint32_t indicators) {
            return indicators == 0 || indicators == found.types;
        };
        if (found.types == 0 || found.types > 256) {
            return fail(tzif_expected::one_type_or_more, counts + 16);
        }
        if (found.characters == 0) {
            return fail(tzif_expected::names, counts + 20);
        }
        if (!matches(found.ut_indicators) || !matches(found.standard_indicators)) {
            return fail(tzif_expected::indicators_for_each_type,
                        counts + (matches(found.ut_indicators) ? 4 : 0));
        }
        if (found.leaps != 0) {
            return fail(tzif_expected::no_leap_seconds, counts + 8);
        }
        const std::size_t times = at_;
        if (!skip(found.bytes(time_bytes))) {
            return false;
        }
        zone_.data_ = file_.data() + times;
        zone_.time_count_ = found.times;
        const std::size_t indices = times + found.times * time_bytes;
        const std::size_t types = indices + found.times;
        for (std::uint32_t i = 0; i < found.times; ++i) {
            if (i != 0 && zone_.time_at(i - 1) >= zone_.time_at(i)) {
                return fail(tzif_expected::ascending_times, times + i * time_bytes);
            }
            if (std::to_integer<std::uint32_t>(file_[indices + i]) >= found.types) {
                return fail(tzif_expected::type_in_the_file, indices + i);
            }
        }
        for (std::uint32_t i = 0; i < found.types; ++i) {
            if (!type(types + i * tzif::type_bytes, found)) {
                return false;
            }
        }
        return true;
    }

    constexpr bool type(std::size_t at, const block& found) noexcept {
        const auto offset = static_cast<std::int32_t>(tzif::big_endian_32(file_.data() + at));
        if (offset < -tzif::behind_s_max || offset > tzif::ahead_s_max) {
            return fail(tzif_expected::offset_within_a_day, at);
        }
        if (std::to_integer<std::uint32_t>(file_[at + 4]) > 1) {
            return fail(tzif_expected::flag_0_or_1, at + 4);
        }
        return std::to_integer<std::uint32_t>(file_[at + 5]) < found.characters ||
               fail(tzif_expected::name_in_the_file, at + 5);
    }

    // A line between two newlines; an empty one says nothing, so that the last type goes on.
    constexpr bool footer() noexcept {
        constexpr std::byte newline{'\n'};
        if (rest() == 0) {
            return fail(tzif_expected::whole_file, file_.size());
        }
        if (file_[at_] != newline) {
            return fail(tzif_expected::footer, at_);
        }
        const std::size_t from = ++at_;
        char text[footer_bytes_max]{};
        std::size_t size = 0;
        for (;; ++at_, ++size) {
            if (rest() == 0) {
                return fail(tzif_expected::whole_file, file_.size());
            }
            if (file_[at_] == newline) {
                break;
            }
            if (size == footer_bytes_max) {
                return fail(tzif_expected::footer, from);
            }
            text[size] = static_cast<char>(std::to_integer<unsigned char>(file_[at_]));
        }
        zone_.last_type_stays_ = size == 0;
        if (size == 0) {
            return true;
        }
        const tz_result rules = posix_tz::parse({text, size});
        if (!rules) {
            error_ = {tzif_expected::footer, rules.error().code, from + rules.error().position};
            return false;
        }
        zone_.rules_ = *rules;
        return true;
    }

    std::span<const std::byte> file_;
    std::size_t at_ = 0;
    tzif zone_;
    tzif_error error_;
};

constexpr tzif_result tzif::parse(std::span<const std::byte> file) noexcept {
    return tzif_parser{file}.parse();
}

}  // namespace PAWL_ABI
}  // namespace pawl
