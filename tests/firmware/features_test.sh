#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: each feature of pawl::limits has its price in a table, beside the lean configuration, and
# does not become dearer unseen; and it can be seen what a feature costs that is switched on and not
# used. Method: images/meter_feature.cpp once for each feature, core and option, with the feature
# switched on only, and with it used; their sizes, and what they count in QEMU. features.txt has the
# limits.
#
# All of it is 250 images. So by default the Cortex-M3 with -Os is measured, and all with --all.
#
#   features_test.sh [--all]    prints the table and checks it
#   features_test.sh --figures  prints a new features.txt, of all
# timeout_s: 1800
set -euo pipefail
# shellcheck source=tests/firmware/firmware.sh
source "$PAWL_SOURCE_DIR/tests/firmware/firmware.sh"
# shellcheck source=tests/firmware/table.sh
source "$PAWL_SOURCE_DIR/tests/firmware/table.sh"

here=$PAWL_SOURCE_DIR/tests/firmware
cores=m3
options=Os
if [ -n "${1:-}" ]; then
    cores="m3 m0"
    options="Os O2"
fi
for core in $cores; do
    for each in $options; do
        build "$here/images" "features-$each-$core"
    done
done

# "NAME: what its own call is", in the order of the table
awk '/^\/\/ / { said = substr($0, 4) }
     /^struct [a-z_]+ : [a-z_]+ [{]/ && $2 != "feature_of_all" { print $2 ": " said }' \
    "$here/images/meter_feature.hpp" >"$work/features"
features=$(sed 's/:.*//' "$work/features")

# figures_of FEATURE CORE OPTION STATE: of an image
figures_of() {
    local name=feature_$1_$4-$3 figure value
    if [ "$3" = Os ]; then
        echo "$1.flash_$4 $2 -Os $(($(flash_of "$(image "$name" "$2")") -
            $(flash_of "$(image feature_nothing-Os "$2")")))"
    fi
    run "$name" "$2" 10 >"$work/printed"
    while read -r figure value; do
        case $figure in
        meter_check) meter_is_right "$value" || return 1 ;;
        bytes_*) [ "$3$4" != Osused ] || echo "$1.$figure $2 -Os $value" ;;
        own_*) echo "$1.$figure $2 -$3 $value" ;;
        *) echo "$1.${figure}_$4 $2 -$3 $value" ;;
        esac
    done <"$work/printed"
}
figures() {
    local core feature option state
    for core in $cores; do
        for feature in $features; do
            for option in $options; do
                for state in declared used; do
                    # Not every core has all of them.
                    if [ -e "$(image "feature_${feature}_$state-$option" "$core")" ]; then
                        figures_of "$feature" "$core" $option $state
                    fi
                done
            done
        done
    done
}
figures >"$work/figures"
if [ "${1:-}" = --figures ]; then
    new_limits "$here/features.txt" "$work/figures" lean 1
    exit
fi

# ---- The table -----------------------------------------------------------------------------------

# The first row is the lean configuration; the others are what they have over it.
awk -v cores="$cores" -v options="$options" '
    FILENAME ~ /features$/ {
        name = $1
        sub(/:$/, "", name)
        order[++count] = name
        sub(/^[^ ]+ /, "")
        call[name] = $0
        next
    }
    { value[$1 " " $2 " " $3] = $4 }
    # A figure of a feature: over lean.
    function over(name, figure, core, option,  key, lean) {
        key = name "." figure " " core " " option
        lean = "lean." figure " " core " " option
        if (!(key in value)) { return "-" }
        return name == "lean" ? value[key] : sprintf("%+d", value[key] - value[lean])
    }
    function own(name, figure, core, option,  key) {
        key = name "." figure " " core " " option
        return key in value ? value[key] : "-"
    }
    END {
        number = split(cores, core_of, " ")
        option_count = split(options, option_of, " ")
        for (c = 1; c <= number; ++c) {
            core = core_of[c]
            printf "%s: bytes. lean: all of it; else what is added\n", core
            printf "%-20s %9s %9s   %9s %9s\n", "", "flash, on", "and used", "RAM of 16", "of a job"
            for (i = 1; i <= count; ++i) {
                name = order[i]
                if (over(name, "flash_declared", core, "-Os") == "-") { continue }
                printf "%-20s %9s %9s   %9s %9s\n", name, over(name, "flash_declared", core, "-Os"),
                    over(name, "flash_used", core, "-Os"), over(name, "bytes_16_jobs", core, "-Os"),
                    over(name, "bytes_per_job", core, "-Os")
            }
            for (o = 1; o <= option_count; ++o) {
                option = "-" option_of[o]
                printf "\n%s %s: instructions of a job that does not use it, then of one that does",
                    core, option
                print ""
                printf "%-20s %-29s %-29s\n", "", "switched on only", "used by other jobs"
                printf "%-20s %6s %6s %6s %8s  %6s %6s %6s %8s  %6s %6s\n", "", "submit", "run",
                    "idle", "schedule", "submit", "run", "idle", "schedule", "call", "run"
                for (i = 1; i <= count; ++i) {
                    name = order[i]
                    if (over(name, "flash_declared", core, "-Os") == "-") { continue }
                    printf "%-20s", name
                    for (s = 1; s <= 2; ++s) {
                        state = s == 1 ? "declared" : "used"
                        printf " %6s %6s %6s %8s ",
                            over(name, "submit_from_interrupt_" state, core, option),
                            over(name, "run_one_job_" state, core, option),
                            over(name, "idle_poll_" state, core, option),
                            over(name, "schedule_call_" state, core, option)
                    }
                    printf " %6s %6s\n", own(name, "own_call", core, option),
                        own(name, "own_run", core, option)
                }
            }
            print ""
        }
        print "What the call is, and the run:"
        for (i = 1; i <= count; ++i) { printf "%-20s %s\n", order[i], call[order[i]] }
    }' "$work/features" "$work/figures"
echo
# The limits of what was measured.
awk -v cores=" $cores " -v options=" $options " '
    index(cores, " " $2 " ") && index(options, " " substr($3, 2) " ")
' "$here/features.txt" >"$work/limits"
within "$work/limits" "$work/figures"
