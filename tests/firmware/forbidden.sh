#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Says what an image has that firmware must not have, and fails if there is any:
#   forbidden.sh [--no-calls] IMAGE...
#
# Initial data, which is paid for twice, in flash and in RAM; code that runs before or after main;
# the heap; what exceptions, guarded statics and virtual functions bring along; atomics that are
# calls into a library. With --no-calls any call that the compiler makes by itself is one too many:
# for parts that are too small to copy memory or to divide.
set -euo pipefail

names='operator new|operator delete|_?malloc|_?calloc|_?realloc|_?free|_sbrk'
names+='|_malloc_r|_free_r|_sbrk_r'
names+='|atexit|__aeabi_atexit|__cxa_.*|__dso_handle|__gxx_personality.*|__aeabi_unwind.*|_Unwind_.*'
names+='|__gnu_unwind.*|__atomic_.*|__sync_.*|abort|std::terminate|_GLOBAL__.*'
if [ "${1:-}" = --no-calls ]; then
    names+='|__aeabi_.*|__gnu_.*|mem(cpy|move|set)'
    shift
fi

failed=0
for image in "$@"; do
    symbols=$(arm-none-eabi-nm -C "$image")
    # Symbol and value, by name, of the linker script.
    value() { awk -v name="$1" '$3 == name { print $1 }' <<<"$symbols"; }
    found=()
    if [ "$(value data_begin)" != "$(value data_end)" ]; then
        variables=$(awk 'tolower($2) == "d" && !/ data_(begin|end)$/' <<<"$symbols" | cut -c 12-)
        found+=("initial data: ${variables//$'\n'/, }")
    fi
    if [ "$(value init_array_begin)" != "$(value init_array_end)" ]; then
        found+=("a constructor that runs before main")
    fi
    while IFS= read -r name; do
        found+=("$name")
    done < <(cut -c 12- <<<"$symbols" | grep -xE -e "($names)(\(.*\))?" | sort -u)
    for each in "${found[@]}"; do
        printf '%s: %s\n' "$(basename "$image")" "$each"
        failed=1
    done
done
exit "$failed"
