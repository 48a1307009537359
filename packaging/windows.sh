#!/usr/bin/env bash
# Builds the Windows programs in build/windows: portreeve.exe for the terminal
# and the resident, static, and portreeve-window.exe by mingw-w64. Both bear icon,
# version and manifest. Usage: packaging/windows.sh [--terminal-only]
#
# The window's C takes 8 minutes the first time and seconds later.
set -euo pipefail
cd "$(dirname "$0")/.."
out=build/windows
mkdir -p "$out"
read -r version commit date < <(packaging/version.sh)
IFS=. read -r major minor patch <<<"${version%%[-+]*}"

pictures=()
for size in 16 24 32 48 64 256; do pictures+=("$PWD/assets/icons/quiet-$size.png"); done
go -C packaging/tools run ./ico "$PWD/$out/portreeve.ico" "${pictures[@]}"

export GOOS=windows GOARCH=amd64 GOFLAGS=-buildvcs=false GOAMD64=v1
ldflags="-s -w -X main.version=$version -X main.commit=$commit -X main.date=$date"
# The linker takes up what lies beside main.go and is called so; only programs
# for Windows do.
resource=resource_windows_amd64.syso
trap 'rm -f "$resource"' EXIT
resources() {
  env -u GOOS -u GOARCH go tool -modfile=packaging/tools/go.mod goversioninfo -64 -o "$resource" \
    -icon "$out/portreeve.ico" -manifest packaging/windows/portreeve.manifest \
    -file-version "$version" -product-version "$version" -original-name "$1" -internal-name "${1%.exe}" \
    -ver-major "$major" -ver-minor "$minor" -ver-patch "$patch" -ver-build 0 \
    -product-ver-major "$major" -product-ver-minor "$minor" -product-ver-patch "$patch" -product-ver-build 0 \
    packaging/windows/versioninfo.json
}

resources portreeve.exe
CGO_ENABLED=0 go build -trimpath -ldflags "$ldflags" -o "$out/portreeve.exe" .
if [ "${1:-}" != --terminal-only ]; then
  cc=x86_64-w64-mingw32-gcc
  if ! command -v "$cc" >/dev/null; then
    echo "error: $cc is not installed" >&2
    echo "hint: packaging/needs.sh windows" >&2
    exit 1
  fi
  echo "portreeve: building the window for Windows; the first time takes 8 minutes"
  resources portreeve-window.exe
  # Without -H windowsgui a start from the desktop would open a console.
  CGO_ENABLED=1 CC=$cc go build -trimpath -tags no_emoji -ldflags "$ldflags -H windowsgui -extldflags=-static" -o "$out/portreeve-window.exe" .
fi
cp LICENSE "$out/LICENSE.txt"
ls -l "$out"/*.exe
