// SPDX-License-Identifier: BSL-1.0
//
// Who a command runs as, and what it finds in its environment.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include <grp.h>
#include <pwd.h>
#include <sys/types.h>
#include <unistd.h>

namespace crontab {

struct account {
    std::string name;
    std::string home;  // empty if nobody knows
    uid_t user = 0;
    gid_t group = 0;
};

inline account own_account() {
    const uid_t user = ::geteuid();
    if (const passwd* found = ::getpwuid(user); found != nullptr) {
        return {found->pw_name, found->pw_dir, user, ::getegid()};
    }
    return {std::to_string(user), {}, user, ::getegid()};  // a container's user may have no name
}

inline std::optional<account> account_named(const std::string& name) {
    if (const passwd* found = ::getpwnam(name.c_str()); found != nullptr) {
        return account{found->pw_name, found->pw_dir, found->pw_uid, found->pw_gid};
    }
    return std::nullopt;
}

inline bool is_root() { return ::geteuid() == 0; }

// This process becomes that user, with all of its groups and with no way back. False: errno says
// why not. In this order: who has given up root can change no group any more.
inline bool become(const account& who) {
    return ::initgroups(who.name.c_str(), who.group) == 0 && ::setgid(who.group) == 0 &&
           ::setuid(who.user) == 0;
}

// This process's environment, or none; then what cron sets; then what stands above the line; and
// nobody has another name than their own.
inline std::map<std::string, std::string> variables_of(
    const account& who, const char* const* inherited,
    const std::map<std::string, std::string>& above) {
    std::map<std::string, std::string> variables;
    for (; inherited != nullptr && *inherited != nullptr; ++inherited) {
        const std::string text = *inherited;
        const std::size_t equals = text.find('=');
        if (equals != std::string::npos) {
            variables[text.substr(0, equals)] = text.substr(equals + 1);
        }
    }
    variables["SHELL"] = "/bin/sh";
    variables.emplace("PATH", "/usr/bin:/bin");
    if (!who.home.empty()) {
        variables.emplace("HOME", who.home);
    }
    for (const auto& [name, value] : above) {
        variables[name] = value;
    }
    variables["LOGNAME"] = who.name;
    variables["USER"] = who.name;
    return variables;
}

}  // namespace crontab
