#!/usr/bin/env bash
# Make the disk image from "dist/ALN Reader.app" (frozen on macOS). Signed with IDENTITY if CERTIFICATE (P12, base64) is
# set, and notarised if APPLE_ID is; else signed ad hoc, and macOS asks the user before the first start.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' alnreader/__init__.py)
machine=$(uname -m)
app="dist/ALN Reader.app"
image="dist/alnreader-$version-macos-$machine.dmg"
[ -d "$app" ] || { echo "error: $app is missing: packaging/package.py --steps freeze,finish" >&2; exit 1; }

# What was completed after freezing lies in the folder; the .app was made before.
mkdir -p "$app/Contents/Resources/licences"
cp -R dist/alnreader/licences/. "$app/Contents/Resources/licences/"
cp dist/alnreader/lib/resources/self_test/expected.json "$app/Contents/Resources/resources/self_test/"

if [ -n "${CERTIFICATE:-}" ]; then
    keys=$(mktemp -d)
    password=$(openssl rand -hex 16)
    trap 'security delete-keychain "$keys/build.keychain" || true; rm -rf "$keys"' EXIT
    base64 -d <<<"$CERTIFICATE" >"$keys/key.p12"
    security create-keychain -p "$password" "$keys/build.keychain"
    security unlock-keychain -p "$password" "$keys/build.keychain"
    security import "$keys/key.p12" -k "$keys/build.keychain" -P "$CERTIFICATE_PASSWORD" -T /usr/bin/codesign
    security set-key-partition-list -S apple-tool:,apple: -s -k "$password" "$keys/build.keychain" >/dev/null
    security list-keychains -d user -s "$keys/build.keychain" login.keychain
    codesign --force --deep --options runtime --timestamp --entitlements packaging/macos/entitlements.plist \
        --sign "$IDENTITY" "$app"
else
    echo "== No certificate: signed ad hoc."
    codesign --force --deep --sign - "$app"
fi
codesign --verify --deep --strict "$app"
"$app/Contents/MacOS/alnreader" --self-test

stage=$(mktemp -d)
cp -R "$app" "$stage/"
ln -s /Applications "$stage/Applications"
hdiutil create -volname "ALN Reader" -srcfolder "$stage" -ov -format UDZO "$image"
rm -rf "$stage"
if [ -n "${APPLE_ID:-}" ]; then
    xcrun notarytool submit "$image" --apple-id "$APPLE_ID" --team-id "$APPLE_TEAM_ID" \
        --password "$APPLE_APP_PASSWORD" --wait
    xcrun stapler staple "$image"
fi
cp dist/alnreader/licences/sbom.cdx.json "dist/alnreader-$version-macos-$machine.cdx.json"
