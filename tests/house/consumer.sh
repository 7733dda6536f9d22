#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Uses pawl as other projects do.
#   consumer.sh TREE BUILD WORK VERSION WAY
# WAY: install (prepares the next two), find_package, pkg_config, add_subdirectory, fetch_content.
set -euo pipefail

tree=$1
build=$2
work=$3
version=$4
way=$5
prefix=$work/moved # not where it was installed: an installed pawl may be moved

fail() {
    printf '%s\n' "$1"
    exit 1
}

checksums() { (cd "$1" && find . -type f -exec cksum {} + | LC_ALL=C sort -k 3); }

case $way in
install)
    rm -rf "$work/prefix" "$prefix"
    cmake --install "$build" --prefix "$work/prefix" >/dev/null
    diff <(checksums "$tree/include") <(checksums "$work/prefix/include")
    mv "$work/prefix" "$prefix"
    if grep -rlF -e "$build" -e "$tree/include" "$prefix"; then
        fail "the files above name a folder of this machine"
    fi
    ;;
pkg_config)
    export PKG_CONFIG_PATH=$prefix/share/pkgconfig
    [ "$(pkg-config --modversion pawl)" = "$version" ] || fail "wrong version"
    read -r -a flags < <(pkg-config --cflags --libs pawl)
    "$CXX" -std=c++20 "$tree"/tests/house/consumer/*.cpp "${flags[@]}" -o "$work/pkg_config"
    "$work/pkg_config" "$version"
    ;;
*)
    rm -rf "${work:?}/$way"
    cmake -S "$tree/tests/house/consumer" -B "$work/$way" -DWAY="$way" -DPAWL_TREE="$tree" \
        -DPAWL_VERSION="$version" -DCMAKE_PREFIX_PATH="$prefix"
    cmake --build "$work/$way"
    "$work/$way/consumer" "$version"
    cmake --install "$work/$way" --prefix "$work/$way/nothing"
    if [ -e "$work/$way/nothing" ]; then
        fail "pawl adds to what its user installs"
    fi
    ;;
esac
