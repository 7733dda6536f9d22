#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Checks who includes whom below DIRECTORY/pawl.
#   include_graph.sh DIRECTORY
#
# - A layer includes only itself and the layers before it; version.hpp and config.hpp lie below
#   all of them, pawl.hpp above. There is no cycle.
# - Our own headers are included as <pawl/...> and exist.
# - No standard header that brings a heap, a lock or streams; the platform's fallbacks may.
# - Only the platform layer and the journal's media name an operating system: elsewhere no header
#   that ends in .h or lies in a folder.
set -euo pipefail
cd "$1"

edges=$(mktemp)
trap 'rm -f "$edges"' EXIT

find pawl -name '*.hpp' | LC_ALL=C sort | xargs awk -v edges="$edges" '
    BEGIN {
        split("platform containers time execution jobs durability scheduler views", layers)
        for (i in layers) rank[layers[i]] = i + 0
        rank["below all"] = 0
        rank["above all"] = 99

        split("functional string iostream thread mutex memory condition_variable shared_mutex " \
              "future vector deque list map set unordered_map unordered_set istream ostream " \
              "sstream fstream format regex any locale", names)
        for (i in names) heavy[names[i]] = 1
        allowed["pawl/platform/std_thread.hpp", "thread"] = 1
        allowed["pawl/platform/condition_parker.hpp", "mutex"] = 1
        allowed["pawl/platform/condition_parker.hpp", "condition_variable"] = 1
    }

    function layer_of(path, parts, count) {
        count = split(path, parts, "/")
        if (count > 2) return parts[2]
        if (path == "pawl/version.hpp" || path == "pawl/config.hpp") return "below all"
        if (path == "pawl/pawl.hpp") return "above all"
        return "none"
    }

    function complain(text) {
        printf "%s:%d: %s\n", FILENAME, FNR, text
        wrong = 1
    }

    FNR == 1 {
        layer = layer_of(FILENAME)
        if (!(layer in rank)) complain("lies in no layer")
        print FILENAME, FILENAME > edges
    }

    /^[ \t]*#[ \t]*include/ {
        if (!match($0, /[<"][^>"]*[>"]/)) {
            complain("includes what is neither <...> nor \"...\"")
            next
        }
        quoted = substr($0, RSTART, 1) == "\""
        name = substr($0, RSTART + 1, RLENGTH - 2)

        if (quoted) {
            complain("includes \"" name "\"; write <pawl/...>")
        } else if (name ~ /^pawl\//) {
            if ((getline ignored < name) < 0) complain("includes <" name ">, which does not exist")
            close(name)
            other = layer_of(name)
            if (rank[other] > rank[layer])
                complain("layer " layer " includes <" name "> of the higher layer " other)
            print FILENAME, name > edges
        } else if ((name in heavy) && !((FILENAME, name) in allowed)) {
            complain("includes <" name ">, which the core does without")
        } else if (name ~ /\/|\.h$/ && layer != "platform" && FILENAME !~ /_medium.hpp$/) {
            complain("includes <" name ">; only the platform layer knows systems")
        }
    }

    END { exit wrong }
'
tsort "$edges" >/dev/null
