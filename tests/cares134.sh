#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The engine against c-ares 1.34.5, that of Debian 13: built from Debian's sources beside the system's (whose glibc its binary
# package would not run on), then every test of scanner/dns and whole records against real servers. apt-helper fetches what
# is named here by its hash, with apt's own proxies; without network, "make check-cares134" says so and is no failure.
# The packaging with its patches is replaced by the next security update: without it the plain upstream source is built.
set -euo pipefail
cd "$(dirname "$0")/.."
base=$PWD/${BUILD:-build}/cares134 source=c-ares-1.34.5
pool=${DEBIAN_MIRROR:-http://deb.debian.org/debian}/pool/main/c/c-ares

fetch() { # FILE SHA256
    [ -s "$base/$1" ] && echo "$2  $base/$1" | sha256sum --quiet -c - 2>/dev/null && return
    /usr/lib/apt/apt-helper download-file "$pool/$1" "$base/$1" "SHA256:$2" >"$base/fetch.log" 2>&1
}

build_library() {
    rm -rf "${base:?}/$source"
    tar xf "$base/c-ares_1.34.5.orig.tar.gz" -C "$base"
    if fetch c-ares_1.34.5-1+deb13u1.debian.tar.xz f815c2a7bf9dade9e98ac06ecf19de05678d3bd8507e6c0e60e4187320b30be5; then
        tar xJf "$base/c-ares_1.34.5-1+deb13u1.debian.tar.xz" -C "$base/$source" debian/patches
        patch -s -p1 -d "$base/$source" <"$base/$source/debian/patches/CVE-2025-62408.diff"
    else
        echo "Debian's patches are not there any more: upstream's 1.34.5 as it is"
    fi
    (cd "$base/$source" && ./configure --quiet --prefix="$base/installed" --disable-static --disable-tests &&
        make -s -j"$(nproc)" && make -s install) >"$base/build.log" 2>&1 || { tail -20 "$base/build.log"; return 1; }
    touch "$base/installed/complete"
}

mkdir -p "$base"
if [ ! -e "$base/installed/complete" ]; then
    if ! fetch c-ares_1.34.5.orig.tar.gz 7d935790e9af081c25c495fd13c2cfcda4792983418e96358ef6e7320ee06346; then
        echo "skipped: c-ares' source cannot be had from $pool (DEBIAN_MIRROR names another mirror)"
        exit 0
    fi
    build_library
fi

export PKG_CONFIG_PATH=$base/installed/lib/pkgconfig
export BUILD=${BUILD:-build}/cares134/trifecta
tests=("$BUILD"/trifecta "$BUILD"/world)
for test in tests/dns/*_test.c; do tests+=("$BUILD/${test%.c}"); done
make --no-print-directory -s -j"$(nproc)" BUILD="$BUILD" LDFLAGS="-Wl,-rpath,$base/installed/lib" "${tests[@]}"
"$BUILD/trifecta" --version | grep -F 'c-ares 1.34.5' || { echo "not linked with c-ares 1.34.5"; exit 1; }
tests/run "${tests[@]:2}" tests/e2e/servers_test.sh
