#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal and method: as fuzz_test.sh, with more inputs.
# labels: long
PAWL_FUZZ_RUNS=1500000 exec bash "$PAWL_SOURCE_DIR/tests/fuzz/fuzz_test.sh"
