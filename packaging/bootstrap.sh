#!/usr/bin/env bash
# Prepare this source tree to run (`run`), to be worked on (`dev`), to be tested (`test`) or to be packaged (`package`).
#
# Called by the Makefile before everything else. It may be repeated at any time: what is there is left alone,
# and a second call does no package work at all. It touches `.venv` and, where libraries are missing and it may,
# the system's packages; it says so before it does. PYTHON=... chooses another interpreter.
set -euo pipefail

mode=${1:-run}
case $mode in run | dev | test | package) ;; *) echo "usage: bootstrap.sh run|dev|test|package" >&2; exit 2 ;; esac
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin # ldconfig is there, outside an ordinary Debian user's path
export PIP_DISABLE_PIP_VERSION_CHECK=1

say() { echo "== $*"; }
fail() { printf 'error: %s\n' "$1" >&2; shift; [ $# = 0 ] || printf '%s\n' "$@" >&2; exit 1; }

# What Qt opens when its first window is made, offscreen or on an X display: "library package".
QT_LIBRARIES="
libglib-2.0.so.0 libglib2.0-0
libGL.so.1 libgl1
libEGL.so.1 libegl1
libxkbcommon.so.0 libxkbcommon0
libfontconfig.so.1 libfontconfig1
libdbus-1.so.3 libdbus-1-3
libxcb-cursor.so.0 libxcb-cursor0
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-shape.so.0 libxcb-shape0
"
# Independent decoders and viewers that tests compare with, and a display for windows: "command package".
TEST_TOOLS="
pdftoppm poppler-utils
dcmdump dcmtk
dciodvfy dicom3tools
gdcmraw libgdcm-tools
Orthanc orthanc
Xvfb xvfb
xdotool xdotool
makensis nsis
desktop-file-validate desktop-file-utils
appstreamcli appstream
"
# What PyInstaller and the packages need: "command package".
PACKAGE_TOOLS="
objdump binutils
xz xz-utils
dpkg-deb dpkg
"

# Orthanc's plug-in is no command.
ORTHANC_DICOMWEB=/usr/share/orthanc/plugins/libOrthancDicomWeb.so

missing_libraries() {
    local known library package
    known=$(ldconfig -p 2>/dev/null || true)
    while read -r library package; do
        [ -z "$library" ] || [[ $known == *"$library "* ]] || echo "$package"
    done <<<"$QT_LIBRARIES"
}

# Debian's python3 has its library inside; a frozen program needs it as a file.
missing_libpython() {
    local version
    version=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    case $(readlink -f .venv/bin/python) in /usr/bin/*) ;; *) return 0 ;; esac
    [[ $(ldconfig -p) == *"libpython$version.so.1.0 "* ]] || echo "libpython$version"
}

missing_tools() {
    local tool package tools=$TEST_TOOLS
    [ "$mode" = test ] || tools=$PACKAGE_TOOLS
    while read -r tool package; do
        [ -z "$tool" ] || command -v "$tool" >/dev/null || echo "$package"
    done <<<"$tools"
    [ "$mode" != test ] || [ -e "$ORTHANC_DICOMWEB" ] || echo orthanc-dicomweb
    [ "$mode" != package ] || missing_libpython
}

# install_packages NAME...: 0 if installed; 1, with the command to type on stderr, if it may not or could not.
install_packages() {
    local command="apt-get install -y --no-install-recommends $*" prefix=()
    if ! command -v apt-get >/dev/null; then
        echo "These Debian packages, or what this system calls them, are missing: $*" >&2
        return 1
    fi
    if [ "$(id -u)" != 0 ]; then
        prefix=(sudo)
        [ -t 0 ] || prefix=(sudo -n) # nobody is there to type a password
        if ! command -v sudo >/dev/null || ! "${prefix[@]}" true 2>/dev/null; then
            printf 'System packages are missing and this user may not install them. As root, run:\n    %s\n' \
                "apt-get update && $command" >&2
            return 1
        fi
        say "Installing system packages with sudo: $*"
    else
        say "Installing system packages: $*"
    fi
    local log
    log=$(mktemp)
    # Old lists ask for files that the mirror no longer has; a failed update may still leave usable ones.
    "${prefix[@]}" apt-get -q update >"$log" 2>&1 || true
    if ! "${prefix[@]}" env DEBIAN_FRONTEND=noninteractive $command >>"$log" 2>&1; then
        tail -n 15 "$log" >&2
        rm -f "$log"
        printf 'The packages could not be installed. As root, run:\n    %s\n' "apt-get update && $command" >&2
        return 1
    fi
    rm -f "$log"
}

# --- an interpreter -------------------------------------------------------------------------------------------------
new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

if ! { [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1; }; then
    python=
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if command -v "$candidate" >/dev/null && new_enough "$candidate"; then
            python=$candidate
            break
        fi
    done
    asked=${PYTHON:-python3}
    [ -n "$python" ] || fail "Python 3.11 or newer is needed; $asked is $("$asked" --version 2>/dev/null || echo absent)." \
        "Install it (Debian 12, Ubuntu 24.04 and newer: apt-get install python3 python3-venv), or name one:" \
        "    make PYTHON=/path/to/python3.11 ..."
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        install_packages python3-venv || fail "$python cannot make a virtual environment: its venv module is missing."
    fi
    say "Making .venv with $("$python" --version)"
    "$python" -m venv .venv
fi
new_enough .venv/bin/python || fail ".venv holds $(.venv/bin/python --version), 3.11 or newer is needed." \
    "Remove the folder .venv and run the command again."

# --- the system's libraries -----------------------------------------------------------------------------------------
if [ "$(uname -s)" = Linux ]; then
    wanted=$(missing_libraries)
    tools=
    case $mode in test | package) tools=$(missing_tools) ;; esac
    if [ -n "$wanted$tools" ] && ! install_packages $wanted $tools; then
        if [ -n "$wanted" ] && [ "$mode" = test ]; then
            fail "The tests of the window cannot run without Qt's libraries."
        fi
        [ -z "$wanted" ] || say "Going on without: the program's window cannot open until they are there."
        if [ -n "$tools" ] && [ "$mode" = package ]; then fail "The packages cannot be made without: $tools"; fi
        [ -z "$tools" ] || say "Going on without: tests that compare with these programs will be skipped."
    fi
fi

# --- Python packages ------------------------------------------------------------------------------------------------
# The stamp is a hash of what decides about packages; settings of linters in pyproject.toml are not part of it.
stamp=$(.venv/bin/python - <<'PYTHON'
import hashlib, json, pathlib, sys, tomllib
project = tomllib.loads(pathlib.Path("pyproject.toml").read_text("utf-8"))
parts = [project["build-system"], project["project"], project["tool"].get("hatch")]
parts += [pathlib.Path("packaging/constraints.txt").read_text("utf-8"), str(pathlib.Path.cwd()), sys.version]
print(hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest())
PYTHON
)
extras=
stage=dev
case $mode in run) stage=run ;; package) stage=package extras='[package]' ;; *) extras='[dev]' ;; esac
is_stamped() { [ "$(cat ".venv/.installed-$1" 2>/dev/null || true)" = "$stamp" ]; }

# Whoever works on the program has all that it needs to run.
if ! is_stamped "$stage" && { [ "$stage" != run ] || ! is_stamped dev; }; then
    say "Installing Python packages into .venv (some 600 MB, minutes the first time)"
    pip=(.venv/bin/python -m pip install -qq -c packaging/constraints.txt)
    "${pip[@]}" -e ".$extras"
    # Its declared dependencies bring torchvision and a second Qt: docs/decisions/0003-grad-cam.md.
    "${pip[@]}" --no-deps grad-cam
    if compgen -G '.venv/lib/python*/site-packages/nvidia*' >/dev/null; then
        say "This torch brought CUDA (several GB). For the CPU build: CONTRIBUTING.md, 'A small torch'."
    fi
    echo "$stamp" >".venv/.installed-$stage"
fi
