// SPDX-License-Identifier: BSL-1.0
//
// The time zone that CRON_TZ or TZ names: rules, as CET-1CEST,M3.5.0,M10.5.0/3, or a name in the
// system's database, as Europe/Berlin.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <pawl/time/posix_tz.hpp>
#include <pawl/time/time_zone.hpp>
#include <pawl/time/zoneinfo.hpp>

namespace crontab {

// One type for both kinds: what the entries of a file refer to.
class zone {
public:
    zone(std::string_view text, const pawl::posix_tz& rules) : text_{text}, rules_{rules} {}
    zone(std::string_view text, std::unique_ptr<pawl::zoneinfo<>> named)
        : text_{text}, named_{std::move(named)} {}

    [[nodiscard]] const std::string& text() const { return text_; }  // as it was written

    [[nodiscard]] std::chrono::seconds offset_at(std::chrono::sys_seconds time) const noexcept {
        return named_ != nullptr ? named_->offset_at(time) : rules_.offset_at(time);
    }
    [[nodiscard]] pawl::local_info info(pawl::local_seconds local) const noexcept {
        return named_ != nullptr ? named_->info(local) : rules_.info(local);
    }

private:
    std::string text_;
    pawl::posix_tz rules_;
    std::unique_ptr<pawl::zoneinfo<>> named_;
};
static_assert(pawl::time_zone<zone>);

// Entries of one zone share it. Null is UTC.
using zone_pointer = std::shared_ptr<const zone>;

struct zone_reading {
    zone_pointer zone;
    std::string message;       // what was expected; empty: all is well
    std::size_t position = 0;  // where in the text
};

// Empty text is UTC, as are its usual names, for which no database is needed. A colon in front, as
// POSIX has it for names, is left out. Text with the marks of rules is not looked for among names.
inline zone_reading zone_from_text(std::string_view text, std::string_view database) {
    const std::size_t skipped = text.starts_with(':') ? 1 : 0;
    text.remove_prefix(skipped);
    if (text.empty() || text == "UTC" || text == "Etc/UTC" || text == "UTC0") {
        return {};
    }
    const pawl::tz_result rules = pawl::posix_tz::parse(text);
    if (rules) {
        return {std::make_shared<const zone>(text, *rules), {}, 0};
    }
    auto named = std::make_unique<pawl::zoneinfo<>>();
    const pawl::zoneinfo_result loaded = named->load(text, database);
    if (loaded) {
        return {std::make_shared<const zone>(text, std::move(named)), {}, 0};
    }
    const bool has_marks = text.find_first_of(",<:") != std::string_view::npos ||
                           (text.find('/') == std::string_view::npos &&
                            text.find_first_of("0123456789") != std::string_view::npos);
    if (has_marks) {
        return {nullptr, std::string{rules.error().message()}, skipped + rules.error().position};
    }
    const bool in_name = loaded.error().code == pawl::zoneinfo_failure::not_a_name;
    return {nullptr, std::string{loaded.error().message()},
            skipped + (in_name ? loaded.error().position : 0)};
}

}  // namespace crontab
