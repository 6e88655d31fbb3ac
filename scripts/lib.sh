# SPDX-License-Identifier: MIT
# What demo, test and .ci/run have in common. Sourced by bash with `set -u`; expects $root, the tree's top.
# shellcheck shell=bash
: "${root:?}"

say() {
    printf '%s\n' "$*" >&2
}

die() {
    say "$(basename "$0"): $*"
    exit 1
}

# packages SECTION…: the names under these sections of packages.txt.
packages() {
    local section
    for section in "$@"; do
        awk -v section="[$section]" '
            /^\[/ { wanted = $0 == section; next }
            wanted && NF && !/^#/' "$root/scripts/packages.txt"
    done
}

# Which of the names given are not installed.
missing_packages() {
    local name
    for name in "$@"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || echo "$name"
    done
}

# Runs as root what is given: directly, or through sudo; 127 when neither is to be had.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        return 127
    fi
}

# Installs without starting services: nginx would take port 80. Debian asks policy-rc.d about every start; a machine
# that has one of its own keeps it. Runs as root, hence one text for one shell.
# shellcheck disable=SC2016
install_quietly='
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap "rm -f $policy" EXIT
        printf "#!/bin/sh\nexit 101\n" >"$policy"
        chmod 755 "$policy"
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update && apt-get -qq -y --no-install-recommends install "$@"
'

# need SECTION…: the packages under these sections are there afterwards, or the script has ended with a sentence.
need() {
    local missing log
    command -v dpkg-query >/dev/null ||
        die "this is no Debian: install what $root/scripts/packages.txt lists, then use meson directly"
    # shellcheck disable=SC2046 # names have no blanks
    missing=$(missing_packages $(packages "$@") | paste -sd' ')
    [ -n "$missing" ] || return 0
    say "installing $missing"
    log=$(mktemp)
    # shellcheck disable=SC2086
    if ! as_root sh -c "$install_quietly" sh $missing >"$log" 2>&1 </dev/null; then
        tail -n 15 "$log" >&2
        rm -f "$log"
        die "these packages are missing: install them with: apt-get install $missing"
    fi
    rm -f "$log"
}

# build DIRECTORY [meson option…]: sets up what is not set up, and compiles. Silent unless it fails.
build() {
    local directory=$1 log
    shift
    log=$(mktemp)
    if ! { [ -f "$directory/build.ninja" ] && meson configure "$directory" "$@" ||
        meson setup "$directory" "$root" "$@"; } >"$log" 2>&1 ||
        ! ninja -C "$directory" >>"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        die "the build in $directory failed, as shown above"
    fi
    rm -f "$log"
}

# unit_names DIRECTORY: the unit tests that are built there, "cache/shelf".
unit_names() {
    meson test -C "$1" --list 2>/dev/null | sed -nE 's,^(.* / )?([a-z]+/[a-z_0-9]+)$,\2,p'
}
