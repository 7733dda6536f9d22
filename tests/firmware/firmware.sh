# SPDX-License-Identifier: BSL-1.0
#
# Sourced by the tests of this folder: finds the tools, or ends the test as skipped; builds images
# into $work, which goes with the test.
# shellcheck shell=bash

# need TOOL...: all of them, or the test ends as skipped.
need() {
    local tool
    for tool in "$@"; do
        if ! command -v "$tool" >/dev/null; then
            echo "skip: firmware (missing: $tool)"
            [ "${CI:-}" != true ] || exit 1
            exit 77
        fi
    done
}
need arm-none-eabi-g++ qemu-system-arm

arm_cores="m0 m3 m4 m7 m33 r5"
# RISC-V where there are tools for it; in CI they have to be there.
if [ "${CI:-}" = true ]; then
    need riscv64-unknown-elf-g++ qemu-system-riscv32
fi
riscv_cores=rv32
for tool in riscv64-unknown-elf-g++ qemu-system-riscv32; do
    if ! command -v "$tool" >/dev/null; then
        echo "skip: RISC-V (missing: $tool)"
        riscv_cores=
    fi
done
all_cores="$arm_cores $riscv_cores"

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
    m3 | m3_*) echo mps2-an385 ;;
    m4) echo mps2-an386 ;;
    m7) echo mps2-an500 ;;
    m33) echo mps2-an505 ;;
    m33x2) echo mps2-an521 ;;
    r5) echo cortex-r5 ;;
    rv32) echo virt ;;
    esac
}

# each NAME...: a target of each name for each core
each() {
    local name core
    for name in "$@"; do
        for core in $all_cores; do
            echo "$name-$core"
        done
    done
}

# What images are compiled with; a test that tries both sets it and builds again.
option=-Os

# build PROJECT TARGET...: targets whose names end in -rv32 by the one compiler, all others by the
# other. Images lie in $work/arm and $work/riscv.
build() {
    local project=$1 target arm=() riscv=()
    shift
    for target in "$@"; do
        case $target in
        *-rv32) riscv+=("$target") ;;
        *) arm+=("$target") ;;
        esac
    done
    build_with arm arm-none-eabi "$project" "${arm[@]}"
    build_with riscv riscv64-unknown-elf "$project" "${riscv[@]}"
}

# build_with FOLDER TOOLCHAIN PROJECT TARGET...
build_with() {
    [ $# -gt 3 ] || return 0
    {
        cmake -S "$3" -B "$work/$1" -G "$generator" --toolchain "$firmware/$2.cmake" \
            -DCMAKE_CXX_FLAGS=-Werror -DPAWL_FIRMWARE_OPTIMISE=$option &&
            cmake --build "$work/$1" --target "${@:4}"
    } >"$work/build.log" 2>&1 || {
        cat "$work/build.log"
        exit 1
    }
}

# image NAME CORE: where it lies
image() {
    case $2 in
    rv32) echo "$work/riscv/$1-$2.elf" ;;
    *) echo "$work/arm/$1-$2.elf" ;;
    esac
}

# goes_wrong NAME CORE [OPTION...]: an image that must fail, cores at once in real time. Seldom such a
# run goes well: cores that happen not to meet.
goes_wrong() {
    local try
    for try in 1 2 3 4 5; do
        if ! run "$1" "$2" none "${@:3}"; then
            return 0
        fi
    done
    echo "failed: $1 went well $try times, so this test sees nothing"
    return 1
}

# run NAME CORE [SHIFT [OPTION...]]: what NAME-CORE prints
run() {
    "$firmware/run" "$(machine_of "$2")" "$(image "$1" "$2")" "${3:-6}" "${@:4}"
}
