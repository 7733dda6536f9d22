# SPDX-License-Identifier: BSL-1.0
#
# Sourced by the tests of this folder: finds the tools, or ends the test as skipped; builds images
# into $work, which goes with the test.
# shellcheck shell=bash

for tool in arm-none-eabi-g++ qemu-system-arm; do
    if ! command -v "$tool" >/dev/null; then
        echo "skip: firmware (missing: $tool)"
        [ "${CI:-}" != true ] || exit 1
        exit 77
    fi
done

firmware=$PAWL_SOURCE_DIR/examples/firmware
generator="Unix Makefiles"
if command -v ninja >/dev/null; then
    generator=Ninja
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

machine_of() {
    case $1 in
    m0) echo microbit ;;
    m3*) echo mps2-an385 ;;
    esac
}

# build PROJECT TARGET...
build() {
    local project=$1
    shift
    {
        cmake -S "$project" -B "$work/build" -G "$generator" --toolchain "$firmware/arm-none-eabi.cmake" \
            -DCMAKE_CXX_FLAGS=-Werror &&
            cmake --build "$work/build" --target "$@"
    } >"$work/build.log" 2>&1 || {
        cat "$work/build.log"
        exit 1
    }
}

# run NAME CORE [SHIFT]: what NAME-CORE prints
run() {
    "$firmware/run" "$(machine_of "$2")" "$work/build/$1-$2.elf" "${3:-6}"
}
