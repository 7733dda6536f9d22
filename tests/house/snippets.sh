#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Compiles every ```cpp block of a Markdown page, with warnings as errors.
#   snippets.sh PAGE -- COMPILER [OPTION...]
#
# A block with `int main` is a whole file. Any other is the body of a function. What a block leaves
# to the reader stands in a comment right before it, which pages do not show:
#   <!-- test:
#   void filter(int);                  these lines come before the block, outside the function
#   -->
# With `<!-- test: file` (and lines, or `-->` at once) the block is not put into a function: it
# declares things. No block can be left out.
# With `<!-- test: table` (and lines, or `-->` at once) a table follows: what stands `so` in the
# second cell of each row is a statement, all of them together the body of a function.
set -euo pipefail

page=$1
shift 2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One file a block: kind (body or file), context and code, each line under its number in the page.
awk -v work="$work" -v page="$page" -v misplaced='test: belongs right before ```cpp' '
    function complain(text) {
        printf "%s:%d: %s\n", page, FNR, text
        wrong = 1
    }

    function finish(name) {
        name = sprintf("%s/line_%04d.cpp", work, start)
        if (code ~ /int main/) kind = "file"
        if (!(code ~ /int main/ && code ~ /#include/)) {
            print "#include <cstdio>\n#include <thread>\n#include <pawl/pawl.hpp>" > name
            print "using namespace std::chrono_literals;\nusing namespace pawl::literals;" > name
        }
        if (context != "") printf "#line %d \"%s\"\n%s", context_start, page, context > name
        if (kind != "file") print "[[maybe_unused]] static void snippet() {" > name
        printf "#line %d \"%s\"\n%s", start, page, code > name
        if (kind != "file") print "}" > name
        close(name)
    }

    function add_row(row, cells, statement) {
        split(row, cells, "|")
        while (match(cells[3], /`[^`]+`/)) {
            statement = substr(cells[3], RSTART + 1, RLENGTH - 2)
            code = code statement (statement ~ /[;}]$/ ? " " : "; ")
            cells[3] = substr(cells[3], RSTART + RLENGTH)
        }
        code = code "\n"
    }

    in_table && /^\|/ { add_row($0); next }
    in_table { in_table = 0; finish(); kind = "body"; context = "" }

    in_block && /^```/ { in_block = 0; finish(); kind = "body"; context = ""; next }
    in_block { code = code $0 "\n"; next }

    in_context && /^-->/ { in_context = 0; next }
    in_context { context = context $0 "\n"; next }

    /^<!-- test:/ {
        words = $0
        sub(/^<!-- test: */, "", words)
        in_context = !sub(/ *-->$/, "", words)
        if (words != "" && words != "file" && words != "table") {
            complain("unknown word \"" words "\" after test:")
        }
        kind = words == "" ? "body" : words
        context = ""
        context_start = FNR + 1
        pending = 1
        next
    }

    pending && kind == "table" && /^\|/ {
        in_table = 1
        pending = 0
        code = ""
        start = FNR
        add_row($0)
        next
    }

    /^ *```/ {
        if (kind == "table") complain("test: table belongs right before a table")
        if ($0 ~ /^```cpp$/) {
            in_block = 1
            if (!pending) { kind = "body"; context = "" }
            code = ""
            start = FNR + 1
        } else {
            if ($0 ~ /``` *([cC]\+\+|cc|cxx|cpp|CPP)/) complain("write ```cpp alone on a line")
            if (pending) complain(misplaced)
            other = !other
        }
        pending = 0
        next
    }

    pending && !other && NF > 0 {
        complain(kind == "table" ? "test: table belongs right before a table" : misplaced)
        pending = 0
        kind = "body"
    }

    END {
        if (in_table) finish()
        if (in_block || in_context) complain("ends inside a block")
        exit wrong
    }
' "$page"

failed=0
for file in "$work"/*.cpp; do
    [ -e "$file" ] || break
    # A reader declares things to name them; that they stay unused says nothing.
    "$@" -Wno-unused-variable -Wno-unused-but-set-variable -Wno-unused-function \
        -fsyntax-only "$file" || failed=1
done
exit "$failed"
