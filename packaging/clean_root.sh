#!/usr/bin/env bash
# Prove the README's commands on a machine that has nothing: a fresh Debian in a folder, a fresh clone, `make demo`,
# `make test`. Run as root on Debian with debootstrap; only committed work is tried.
#
#   packaging/clean_root.sh [MAKE-TARGET...]          default: demo test
#
# Parameters, by environment:
#   WORK      folder for the base system and its copy (default /tmp/alnreader-root; `base` is kept and used again)
#   SUITE     Debian release (bookworm)            MIRROR   where debootstrap reads (debootstrap's default)
#   CARRY     files and folders of this machine that stand for its network (certificates, proxy, pip and apt settings),
#             copied to the same place; those under $HOME also to the user's home
#   BIND      folders shown read-only at the same place (a local package folder)
#   KEEP_ENV  names of variables handed on; all others are dropped
#   RUN_AS    root (default), or the name of an ordinary user, made without sudo
#   KEEP=1    use the copy of an earlier run as it is, with its clone brought up to date
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
WORK=${WORK:-/tmp/alnreader-root} SUITE=${SUITE:-bookworm} RUN_AS=${RUN_AS:-root}
[ $# -gt 0 ] || set -- demo test
[ "$(id -u)" = 0 ] || { echo "error: a chroot needs root" >&2; exit 1; }
base=$WORK/base root=$WORK/run

if [ ! -e "$base/.complete" ]; then
    mkdir -p "$WORK"
    # shellcheck disable=SC2086 # an empty MIRROR is no argument
    debootstrap --variant=minbase --include=python3,python3-venv,make,git,ca-certificates "$SUITE" "$base" ${MIRROR:-}
    touch "$base/.complete"
fi

mounted=()
leave() { for ((i = ${#mounted[@]} - 1; i >= 0; i--)); do umount "${mounted[i]}"; done; }
trap leave EXIT
show() { # show OPTIONS SOURCE TARGET
    mkdir -p "$3"
    # shellcheck disable=SC2086
    mount $1 "$2" "$3"
    mounted+=("$3")
}

home=/root
[ "$RUN_AS" = root ] || home=/home/$RUN_AS
if [ "${KEEP:-}" != 1 ] || [ ! -d "$root" ]; then
    # A mount left by a killed run would let the removal reach this machine's own folders.
    if grep -q " $root/" /proc/mounts; then echo "error: something is still mounted under $root" >&2; exit 1; fi
    rm -rf "$root"
    cp -a "$base" "$root"
    for path in /etc/resolv.conf /etc/hosts ${CARRY:-}; do
        mkdir -p "$root$(dirname "$path")"
        cp -aL --remove-destination "$path" "$root$(dirname "$path")/"
    done
fi
if [ "$RUN_AS" != root ] && ! chroot "$root" id "$RUN_AS" >/dev/null 2>&1; then
    chroot "$root" useradd --create-home "$RUN_AS"
fi
for path in ${CARRY:-}; do
    case $path in
    "$HOME"/*)
        mkdir -p "$root$home/$(dirname "${path#"$HOME"/}")"
        cp -aL --remove-destination "$path" "$root$home/$(dirname "${path#"$HOME"/}")/"
        ;;
    esac
done

clone=$home/alnreader
if [ -d "$root$clone" ]; then
    git -C "$root$clone" -c safe.directory='*' pull -q --ff-only "$repository"
else
    git clone -q --no-hardlinks "$repository" "$root$clone"
fi
chroot "$root" chown -R "$RUN_AS:" "$home"

show "-t proc" proc "$root/proc"
show "--bind" /dev "$root/dev"
for path in ${BIND:-}; do show "--bind -o ro" "$path" "$root$path"; done

variables=(HOME="$home" USER="$RUN_AS" LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
for name in ${KEEP_ENV:-}; do [ -z "${!name:-}" ] || variables+=("$name=${!name}"); done
for target in "$@"; do
    echo "=== $RUN_AS: make $target ($(date -u +%T))"
    chroot --userspec="$RUN_AS" "$root" env -i "${variables[@]}" make -C "$clone" --no-print-directory "$target" </dev/null
done
echo "=== done ($(date -u +%T))"
