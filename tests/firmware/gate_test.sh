#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: firmware does not grow unseen: bytes of flash and RAM, instructions, the longest masked
# section; and an image has nothing that a small board has no room for. Method: images are built and
# run in QEMU, where instructions can be counted exactly; limits.txt says what is allowed.
#
#   gate_test.sh            prints the table and checks it
#   gate_test.sh --figures  prints "FIGURE CORE OPTION VALUE" lines only
set -euo pipefail
# shellcheck source=tests/firmware/firmware.sh
source "$PAWL_SOURCE_DIR/tests/firmware/firmware.sh"
# shellcheck source=tests/firmware/table.sh
source "$PAWL_SOURCE_DIR/tests/firmware/table.sh"

images=$PAWL_SOURCE_DIR/tests/firmware/images
# The queues of a core: there is no ticket_queue without compare-and-swap.
queues_of() { echo index_ring mpmc spsc $([ "$1" != m3 ] || echo ticket); }
measured_cores="m0 m3 m3_masked"
# Of the others what the scheduler and its masked sections take.
metered_cores=
for core in $all_cores; do
    [[ " $measured_cores " == *" $core "* ]] || metered_cores+=" $core"
done
# shellcheck disable=SC2046,SC2086 # a word for each target
build "$images" $(printf 'measured-%s ' $measured_cores $metered_cores)

# flash NAME CORE
flash() { flash_of "$(image "size_$1" "$2")"; }

# barriers IMAGE CORE: on one core none is needed
barriers() {
    arm-none-eabi-objdump -d "$(image "$1" "$2")" | grep -cw dmb || true
}

figures() {
    local core image option meter
    for core in $measured_cores; do
        for image in $(queues_of $core) scheduler cron; do
            echo "flash_$image $core -Os $(($(flash "$image" $core) - $(flash empty $core)))"
        done
        for option in Os O2; do
            echo "barriers $core -$option $(($(barriers meter-$option $core) +
                $(barriers meter_queues-$option $core)))"
            for meter in meter meter_queues; do
                run $meter-$option $core 10 | while read -r figure value; do
                    case $figure in
                    meter_check) meter_is_right "$value" || return 1 ;;
                    bytes_*) [ $option = O2 ] || echo "$figure $core -Os $value" ;;
                    *) echo "$figure $core -$option $value" ;;
                    esac
                done
            done
        done
    done
    for core in $metered_cores; do
        for option in Os O2; do
            run meter-$option "$core" 10 | while read -r figure value; do
                case $figure in
                meter_check) meter_is_right "$value" || return 1 ;;
                bytes_* | wheel_* | list_*) ;;
                *) echo "$figure $core -$option $value" ;;
                esac
            done
        done
    done
}
figures >"$work/figures"
if [ "${1:-}" = --figures ]; then
    cat "$work/figures"
    exit
fi

status=0

# ---- What no image may have ----------------------------------------------------------------------

forbidden=$PAWL_SOURCE_DIR/tests/firmware/forbidden.sh
for core in $measured_cores; do
    for image in scheduler cron; do
        "$forbidden" "$(image "size_$image" $core)" || status=1
    done
    # A queue is code of its own and nothing else.
    for image in $(queues_of $core); do
        "$forbidden" --no-calls "$(image "size_$image" $core)" || status=1
    done
    # From one to one, loads and stores are enough on every core.
    if arm-none-eabi-objdump -d "$(image size_spsc $core)" |
        grep -E '[[:space:]](ldrex|strex|dmb|cpsi[de]|msr)'; then
        echo "size_spsc-$core.elf: more than loads and stores"
        status=1
    fi
done

# ---- The table -----------------------------------------------------------------------------------

awk '
    FNR == NR { if ($1 != "#" && NF) { wanted[$1 " " $2 " " $3] = $0 } next }
    FNR == 1 {
        printf "%-24s %-9s %-4s %6s %6s %6s  %-3s %8s %5s\n", "figure", "core", "", "ours", "limit",
            "target", "met", "FreeRTOS", "ETL  missed target: what brings it"
    }
    {
        split(wanted[$1 " " $2 " " $3], row)
        met = row[5] == "-" ? "" : $4 <= row[5] ? "yes" : "NO"
        printf "%-24s %-9s %-4s %6d %6d %6s  %-3s %8s %5s  %s%s\n", $1, $2, $3, $4, row[4], row[5], met,
            row[6], row[7], (met == "NO" ? row[8] : ""), ($4 > row[4] ? "  above its limit" : "")
    }' "$PAWL_SOURCE_DIR/tests/firmware/limits.txt" "$work/figures"
within "$PAWL_SOURCE_DIR/tests/firmware/limits.txt" "$work/figures" || status=1
exit $status
