// SPDX-License-Identifier: BSL-1.0
//
// The lives of jobs as the event ring tells them, and whether each is one that can be.
//
// A life begins with a change from `gone` (and may be taken back to it), each change begins where
// the one before it ended, every change is one that rule_of() knows, and after a final state there
// is none. What is no change (a job that waits in line, a failed job that is evicted) is told with
// twice the same state.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <pawl/jobs/job_event.hpp>
#include <pawl/jobs/job_id.hpp>
#include <pawl/jobs/job_state.hpp>

namespace life_events {

using pair = std::pair<pawl::job_state, pawl::job_state>;

[[nodiscard]] inline std::string to_text(const pawl::job_event& event) {
    return std::to_string(event.index) + "/" + std::to_string(event.generation) + " " +
           std::string{to_string(event.from)} + " -> " + std::string{to_string(event.to)} + " (" +
           std::string{to_string(event.why)} + ")";
}

// Why the job came to its end, by what the ring still has; `none` if it has not, or not there.
template <class Scheduler>
[[nodiscard]] pawl::end_reason why(Scheduler& jobs, pawl::job_id id) {
    pawl::end_reason found = pawl::end_reason::none;
    auto reader = jobs.events();
    for (pawl::job_event event; reader.next(event);) {
        if (event.id() == id && pawl::is_final(event.to)) {
            found = event.why;
        }
    }
    return found;
}

class witness {
public:
    // Takes what has come into the ring since the last time.
    template <class Reader>
    void follow(Reader& reader) {
        for (pawl::job_event event; reader.next(event);) {
            see(event);
        }
        if (reader.missed() != 0) {
            fault_ = "events were missed";
        }
    }

    void see(const pawl::job_event& event) {
        ++count_[event.why];
        const std::uint64_t id = event.id().value();
        if (event.from == event.to) {
            const bool waits =
                event.from == pawl::job_state::enqueued && event.why == pawl::end_reason::waits;
            const bool evicted =
                event.from == pawl::job_state::failed && event.why == pawl::end_reason::evicted;
            if (!(waits || evicted) || at_[id] != event.from) {
                fault("neither a change nor a wait", event);
            }
            return;
        }
        if (!pawl::is_legal(event.from, event.to)) {
            fault("not legal", event);
        }
        if (at_[id] != event.from) {
            fault("begins where the job is not", event);
        }
        at_[id] = event.to;
        seen_.insert({event.from, event.to});
        if (is_final(event.to)) {
            ++ended_[event.to];
        }
    }

    // The first thing that was wrong, or nothing.
    [[nodiscard]] const std::string& fault() const { return fault_; }
    [[nodiscard]] const std::set<pair>& changes() const { return seen_; }
    // Where a job is by what was told of it.
    [[nodiscard]] pawl::job_state state(pawl::job_id id) const {
        const auto found = at_.find(id.value());
        return found == at_.end() ? pawl::job_state::gone : found->second;
    }
    [[nodiscard]] std::uint64_t ended(pawl::job_state state) const {
        const auto found = ended_.find(state);
        return found == ended_.end() ? 0 : found->second;
    }
    [[nodiscard]] std::uint64_t count(pawl::end_reason why) const {
        const auto found = count_.find(why);
        return found == count_.end() ? 0 : found->second;
    }
    // The lives that have begun and not ended.
    [[nodiscard]] std::string alive() const {
        std::string result;
        for (const auto& [id, state] : at_) {
            if (!is_final(state) && state != pawl::job_state::gone) {
                result += std::to_string(id & 0xFFFF'FFFF) + "/" + std::to_string(id >> 32) + " " +
                          std::string{to_string(state)} + "  ";
            }
        }
        return result;
    }

private:
    void fault(const char* what, const pawl::job_event& event) {
        if (fault_.empty()) {
            fault_ = std::string{what} + ": " + to_text(event);
        }
    }

    std::map<std::uint64_t, pawl::job_state> at_;
    std::set<pair> seen_;
    std::map<pawl::job_state, std::uint64_t> ended_;
    std::map<pawl::end_reason, std::uint64_t> count_;
    std::string fault_;
};

}  // namespace life_events
