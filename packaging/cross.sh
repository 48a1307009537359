#!/usr/bin/env bash
# Vets every package for the other platforms and builds the static program for
# each where that goes without a C compiler, in build/cross.
# Usage: packaging/cross.sh
#
# What it can't show: macOS's tray and window need a Mac's C compiler and are
# vetted without it; the window of the others is built by CI or on the machine.
set -euo pipefail
cd "$(dirname "$0")/.."
read -r version commit date < <(packaging/version.sh)
ldflags="-s -w -X main.version=$version -X main.commit=$commit -X main.date=$date"
export CGO_ENABLED=0 GOFLAGS=-buildvcs=false
for target in linux/amd64 linux/arm64 linux/riscv64 windows/amd64 windows/arm64 darwin/amd64 darwin/arm64 freebsd/amd64; do
  export GOOS=${target%/*} GOARCH=${target#*/}
  packages=(./...)
  if [ "$GOOS" = darwin ]; then # Fyne needs Cocoa
    mapfile -t packages < <(go list ./... | grep -v /tray/window)
  fi
  go vet "${packages[@]}"
  suffix=
  if [ "$GOOS" = windows ]; then suffix=.exe; fi
  go build -trimpath -ldflags "$ldflags" -o "build/cross/portreeve-$GOOS-$GOARCH$suffix" .
  echo "$target: vetted, built ($(($(wc -c <"build/cross/portreeve-$GOOS-$GOARCH$suffix") / 1000000)) MB)"
done
