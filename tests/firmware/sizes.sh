#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# What the flash of an image is spent on: bytes of each symbol, the largest first, and the sum over
# the empty image. For whoever makes pawl smaller.
#   sizes.sh [CORE [IMAGE [COUNT]]]     m3 or m0; an image size_IMAGE of images/; 30 symbols
#
# Environment: PAWL_BUILD_DIR, to build in firmware/ there (build).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
core=${1:-m3}
image=${2:-cron}
count=${3:-30}
build=${PAWL_BUILD_DIR:-$here/../../build}/firmware

mkdir -p "$build"
{
    cmake -S "$here/images" -B "$build" \
        --toolchain "$here/../../examples/firmware/arm-none-eabi.cmake" -DCMAKE_CXX_FLAGS=-Werror &&
        cmake --build "$build" --parallel 2 --target "size_$image-$core" "size_empty-$core"
} >"$build/build.log" 2>&1 || {
    cat "$build/build.log" >&2
    exit 1
}

flash() { arm-none-eabi-size "$build/size_$1-$core.elf" | awk 'NR == 2 { print $1 + $2 }'; }
# Code and constants only. A value of limits is a page long in a name: it becomes L.
arm-none-eabi-nm -S --size-sort --reverse-sort --radix=d -C "$build/size_$image-$core.elf" |
    awk -v count="$count" '
        function shorten(name,  from, i, open) {
            while (from = index(name, "limits{")) {
                open = 0
                for (i = from + 6; i <= length(name); ++i) {
                    if (substr(name, i, 1) == "{") { ++open }
                    if (substr(name, i, 1) == "}" && --open == 0) { break }
                }
                name = substr(name, 1, from - 1) "L" substr(name, i + 1)
            }
            return name
        }
        tolower($3) ~ /[trwv]/ && shown++ < count {
            name = $0
            sub(/^[^ ]+ [^ ]+ [^ ]+ /, "", name)
            gsub(/pawl::v[0-9_a-z]+::/, "", name)
            name = shorten(name)
            gsub(/, basic_systick<[^>]*> ?/, "", name)
            printf "%6d  %s\n", $2, substr(name, 1, 120)
        }'
printf '%6d  bytes of flash over the empty image: %s-%s\n' \
    $(($(flash "$image") - $(flash empty))) "$image" "$core"
