#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: four cores that push and pop at once lose nothing, see nothing twice and keep the order of
# each. Method: see tests/firmware/images/harts.cpp; without the lock between cores it must fail.
set -euo pipefail
# shellcheck source=tests/firmware/firmware.sh
source "$PAWL_SOURCE_DIR/tests/firmware/firmware.sh"
need riscv64-unknown-elf-g++ qemu-system-riscv32

build "$PAWL_SOURCE_DIR/tests/firmware/images" harts-rv32 harts_unlocked-rv32
run harts rv32 none -smp 4
goes_wrong harts_unlocked rv32 -smp 4
