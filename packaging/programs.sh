#!/usr/bin/env bash
# Builds the programs as users get them, into a folder.
# Usage: packaging/programs.sh FOLDER
#
# Paths of this machine are left out (-trimpath) and version and date are the
# commit's, so that the same source and compiler give the same bytes. The window
# is position-independent, since it links C; it is compiled apart from that of
# "make window", and takes minutes the first time.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$1
mkdir -p "$out"
read -r version commit date < <(packaging/version.sh)
ldflags="-s -w -X main.version=$version -X main.commit=$commit -X main.date=$date"
export GOFLAGS=-buildvcs=false GOAMD64=v1
CGO_ENABLED=0 go build -trimpath -ldflags "$ldflags" -o "$out/portreeve" .
CGO_ENABLED=1 go build -trimpath -buildmode=pie -tags no_emoji -ldflags "$ldflags" -o "$out/portreeve-window" .
