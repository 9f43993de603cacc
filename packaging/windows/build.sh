#!/usr/bin/env bash
# Make the installer from dist/alnreader (frozen on Windows), signed if CERTIFICATE (PFX, base64) is set.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' alnreader/__init__.py)
PATH=$PATH:"/c/Program Files (x86)/NSIS"
native() { if command -v cygpath >/dev/null; then cygpath -m "$1"; else echo "$1"; fi; }
root=$(native "$PWD")

options=()
if [ -n "${CERTIFICATE:-}" ]; then
    key=$(mktemp -d)/key.pfx
    trap 'rm -rf "$(dirname "$key")"' EXIT
    base64 -d <<<"$CERTIFICATE" >"$key"
    signtool=$(ls -d "/c/Program Files (x86)/Windows Kits/10/bin/"*/x64/signtool.exe | tail -n 1)
    sign() { "$signtool" sign -f "$(native "$key")" -p "$CERTIFICATE_PASSWORD" -fd sha256 \
        -tr http://timestamp.digicert.com -td sha256 "$@"; }
    sign dist/alnreader/alnreader.exe dist/alnreader/alnreader-gui.exe
    options+=("-DSIGN=\"$(native "$signtool")\" sign -f \"$(native "$key")\" -p \"$CERTIFICATE_PASSWORD\" -fd sha256 -tr http://timestamp.digicert.com -td sha256 \"%1\"")
else
    echo "== No certificate: the installer is not signed; Windows will warn of an unknown publisher."
fi
makensis -V2 -WX "-DVERSION=$version" "-DFROZEN=$root/dist/alnreader" "-DICONS=$root/packaging/icons" \
    "-DOUTPUT=$root/dist/alnreader-$version-windows.exe" ${options[@]+"${options[@]}"} packaging/windows/alnreader.nsi
cp dist/alnreader/licences/sbom.cdx.json "dist/alnreader-$version-windows.cdx.json"
