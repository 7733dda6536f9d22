#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: each check of this folder fails on what it is there to find, and says why.
# Method: run it on a small tree or file that is right, then break one thing at a time.
set -euo pipefail

house=$PAWL_SOURCE_DIR/tests/house
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# passes COMMAND...
passes() {
    local said
    if ! said=$("$@" 2>&1); then
        printf 'should pass: %s\n%s\n' "$*" "$said"
        failed=1
    fi
}

# fails REGEX COMMAND...: with a status other than 0, and says what matches
fails() {
    local regex=$1 said
    shift
    if said=$("$@" 2>&1); then
        printf 'should fail: %s\n%s\n' "$*" "$said"
        failed=1
    elif ! grep -qE -e "$regex" <<<"$said"; then
        printf 'should say "%s": %s\n%s\n' "$regex" "$*" "$said"
        failed=1
    fi
}

# --- include_graph.sh -----------------------------------------------------------------------------

# Checks a right tree of headers, with LINE added to FILE.
graph() {
    rm -rf "$work/include"
    mkdir -p "$work/include/pawl"
    cd "$work/include/pawl"
    mkdir platform containers time jobs durability screens
    printf '#include <pawl/version.hpp>\n' >config.hpp
    printf '#include <pawl/config.hpp>\n#include <mutex>\n' >platform/condition_parker.hpp
    printf '#include <pawl/config.hpp>\n#include <linux/futex.h>\n' >platform/futex_parker.hpp
    printf '#include <unistd.h>\n' >durability/file_medium.hpp
    printf '#include <atomic>\n#  include <pawl/platform/futex_parker.hpp>\n' >containers/ring.hpp
    printf '#include <pawl/containers/ring.hpp>\n' >containers/pool.hpp
    printf '#include <pawl/containers/ring.hpp>\n' >time/wheel.hpp
    printf '#include <pawl/time/wheel.hpp>\n' >pawl.hpp
    touch version.hpp
    printf '%s\n' "$2" >>"$1"
    cd "$OLDPWD"
    "$house/include_graph.sh" "$work/include"
}

passes graph time/wheel.hpp '#include <cstdint>'
passes graph time/wheel.hpp '// #include <mutex>'
fails 'containers/ring.hpp:3: .*higher layer time' \
    graph containers/ring.hpp '#include <pawl/time/wheel.hpp>'
fails 'higher layer above all' graph jobs/job.hpp '#include <pawl/pawl.hpp>'
fails 'higher layer platform' graph config.hpp '#include <pawl/platform/futex_parker.hpp>'
fails 'loop' graph containers/ring.hpp '#include <pawl/containers/pool.hpp>'
fails 'does not exist' graph time/wheel.hpp '#include <pawl/containers/none.hpp>'
fails 'write <pawl/' graph time/wheel.hpp '#include "pool.hpp"'
fails 'does without' graph time/wheel.hpp '#include <mutex>'
fails 'does without' graph platform/futex_parker.hpp '#include <thread>'
fails 'does without' graph time/wheel.hpp '  # include <functional>'
fails 'only the platform layer' graph time/wheel.hpp '#include <unistd.h>'
fails 'only the platform layer' graph jobs/job.hpp '#include <sys/types>'
fails 'neither' graph time/wheel.hpp '#include PAWL_USER_HEADER'
fails 'lies in no layer' graph screens/window.hpp '#include <cstdint>'
fails 'lies in no layer' graph extra.hpp '#include <cstdint>'

# --- compile_headers.sh ---------------------------------------------------------------------------

# Compiles one header with this content.
header() {
    mkdir -p "$work/alone"
    printf '%s\n' "$1" >"$work/alone/one.hpp"
    "$house/compile_headers.sh" one.hpp -- "$CXX" -std=c++20 -Wall -Wextra -Werror -I"$work/alone"
}

passes header '#pragma once
inline int one() { return 1; }'
fails 'redefinition' header 'inline int one() { return 1; }'
fails 'uint32_t' header '#pragma once
inline std::uint32_t one() { return 1; }'
fails 'unused' header '#pragma once
inline int one(int unused) { return 1; }'

# --- compile_fail.sh ------------------------------------------------------------------------------

# Checks a source with this content.
wrong_source() {
    printf '%s\n' "$1" >"$work/wrong.cpp"
    "$house/compile_fail.sh" "$work/wrong.cpp" -- "$CXX" -std=c++20 -Wall -Werror
}

passes wrong_source '// EXPECT: the reason
#ifndef PAWL_CONTROL
static_assert(false, "the reason");
#endif'
fails 'compiles, but must not' wrong_source '// EXPECT: the reason'
fails "matches 'another reason'" wrong_source '// EXPECT: the reason
// EXPECT: another reason
static_assert(false, "the reason");'
fails 'has no line' wrong_source 'static_assert(false, "the reason");'
fails 'must compile with -DPAWL_CONTROL' wrong_source '// EXPECT: the reason
static_assert(false, "the reason");'

# --- snippets.sh ----------------------------------------------------------------------------------

# Compiles the blocks of a page with this content.
page() {
    mkdir -p "$work/page/pawl"
    printf 'namespace pawl::literals {}\n' >"$work/page/pawl/pawl.hpp"
    printf '%s\n' "$1" >"$work/page.md"
    "$house/snippets.sh" "$work/page.md" -- "$CXX" -std=c++20 -Wall -Wextra -Werror -I"$work/page"
}

passes page 'Text.
```sh
not C++
```
```cpp
std::puts("the body of a function");
```
<!-- test:
void filter(int);
-->
```cpp
filter(1);
```
<!-- test: file -->

```cpp
struct declared { static constexpr int number = 1; };
```
```cpp
#include <cstdio>

int main() { std::puts("a whole file"); }
```'
fails 'page.md:3:.*wrong' page 'Text.
```cpp
wrong();
```'
fails 'page.md:2:' page '<!-- test:
wrong();
-->
```cpp
std::puts("right");
```'
fails 'filter' page '<!-- test:
void filter(int);
-->
```cpp
filter(1);
```
```cpp
filter(1);
```'
passes page '<!-- test: table
void filter(int);
-->
| feature | code |
|---|---|
| `this is not` code | `filter(1)` and `filter(2);` |
| **a group** | |

```cpp
std::puts("the body of a function again");
```'
fails 'page.md:6:.*wrong' page '<!-- test: table
void filter(int);
-->
| feature | code |
|---|---|
| one | `filter(1)`, `wrong()` |'
fails 'belongs right before a table' page '<!-- test: table -->
```cpp
std::puts("no table");
```'
fails 'unknown word "skip"' page '<!-- test: skip -->
```cpp
wrong();
```'
fails 'right before' page '<!-- test: file -->
Text.
```cpp
std::puts("right");
```'
fails 'write ```cpp' page '```c++
wrong();
```'
fails 'ends inside' page '```cpp
std::puts("right");'

# --- run_example.sh -------------------------------------------------------------------------------

printf 'first\nsecond\n' >"$work/exact.expected"
printf 'number [0-9]+\nend\n' >"$work/loose.lines"
passes "$house/run_example.sh" "$work/exact" printf 'first\nsecond\n'
passes "$house/run_example.sh" "$work/loose" printf 'end\nnumber 1\nnumber 2\n'
passes "$house/run_example.sh" "$work/none" echo anything
fails '\+third' "$house/run_example.sh" "$work/exact" printf 'first\nthird\n'
fails 'no line "end"' "$house/run_example.sh" "$work/loose" printf 'number 1\n'
fails 'does not name' "$house/run_example.sh" "$work/loose" printf 'number 1\nend\nthe end\n'
fails 'status 3' "$house/run_example.sh" "$work/none" bash -c 'exit 3'
fails 'status 3' "$house/run_example.sh" "$work/exact" bash -c 'printf "first\nsecond\n"; exit 3'

# --- readme_commands.sh ---------------------------------------------------------------------------

# Checks a tree whose README has these lines, with a quickstart that prints what is expected.
readme() {
    mkdir -p "$work/tree/"{tests,examples,include}
    ln -sfn "$house" "$work/tree/tests/house"
    printf '#include <cstdio>\nint main() { std::puts("%s"); }\n' "$printed" \
        >"$work/tree/examples/quickstart.cpp"
    printf 'expected\n' >"$work/tree/examples/quickstart.expected"
    install -m 755 /dev/null "$work/tree/tests/run"
    printf '%s\n' "$@" >"$work/tree/README.md"
    "$house/readme_commands.sh" "$work/tree"
}

first='c++ -std=c++20 -O2 -pthread -Iinclude examples/quickstart.cpp -o quickstart && ./quickstart'
printed=expected
passes readme "$first" ./tests/run
fails 'no line is just "./tests/run"' readme "$first"
fails 'no line is just "c\+\+ ' readme "$first && true" ./tests/run
printed=another
fails '\+another' readme "$first" ./tests/run

# --- columns.sh -----------------------------------------------------------------------------------

# Checks a file of one line, PREFIX and then COUNT times the letter x.
line() {
    { printf '%s' "$1" && head -c "$2" /dev/zero | tr '\0' x && echo; } >"$work/line.hpp"
    "$house/columns.sh" "$work/line.hpp"
}

passes line '' 100
fails 'line.hpp:1: 101 columns' line '' 101
passes line '// EXPECT: ' 101

exit "$failed"
