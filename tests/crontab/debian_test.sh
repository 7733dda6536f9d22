#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Goal: the crontabs that Debian ships are read without an error, and their plan is right.
# Method: the packages are downloaded and unpacked below the build directory, never installed; the
# plan of each file is compared with the reference, minute by minute.
# needs: crontab
set -euo pipefail

packages=(cron-daemon-common sysstat e2fsprogs mdadm certbot logcheck php-common popularity-contest
    amavisd-new awstats munin-node ntpsec)
crontab=$PAWL_EXAMPLES_DIR/crontab
debian=$PAWL_ORACLES_DIR/debian

skip() {
    if [ "${CI:-}" = true ]; then
        echo "error: crontabs of Debian packages: $1"
        exit 1
    fi
    echo "skip: crontabs of Debian packages ($1)"
    exit 77
}

command -v apt-get >/dev/null || skip "missing program: apt-get"
command -v dpkg-deb >/dev/null || skip "missing program: dpkg-deb"
mkdir -p "$debian"
for package in "${packages[@]}"; do
    if [ ! -d "$debian/$package" ]; then
        rm -rf "$debian/new"
        mkdir "$debian/new"
        if ! (cd "$debian/new" && apt-get -qq download "$package") >"$debian/apt.log" 2>&1; then
            # Without the first one, which every Debian has, there is no way to the others.
            [ "$package" != "${packages[0]}" ] || skip "$(tail -n 1 "$debian/apt.log")"
            continue
        fi
        dpkg-deb -x "$debian"/new/*.deb "$debian/new/tree"
        mv "$debian/new/tree" "$debian/$package"
    fi
done
rm -rf "$debian/new"
mapfile -t files < <(
    find "$debian" -type f \( -path '*/etc/crontab' -o -path '*/etc/cron.d/*' \) | sort
)
[ "${#files[@]}" -ge 5 ] || skip "only ${#files[@]} files could be downloaded"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tests=$PAWL_SOURCE_DIR/tests
"$CXX" -std=c++20 -O1 -I"$tests" "$tests/crontab/reference_plan.cpp" -o "$work/reference"
day=$(($(date -u -d 2026-02-27 +%s) / 86400))
firings=0
for file in "${files[@]}"; do
    "$crontab" --check "$file"
    # A year of lines that fire every five minutes is 100,000 firings: a month will do.
    "$work/reference" --system "$day" 22 744 "$file" >"$work/wanted"
    "$crontab" --plan --from 2026-02-27T22:00 --for 744h "$file" 2>/dev/null |
        { grep -v '^#' || true; } >"$work/got"
    diff "$work/wanted" "$work/got"
    firings=$((firings + $(wc -l <"$work/got")))
done
printf '%s files, %s firings agree\n' "${#files[@]}" "$firings"
[ "$firings" -gt 10000 ]
