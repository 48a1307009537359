#!/usr/bin/env bash
# make test, after the packages are there: two passes, both must succeed.
#   1. everything but GL under the race detector
#   2. everything with GL, and the real program in virtual desktops, one
#      package at a time, since they measure time and share the screen
set -uo pipefail
cd "$(dirname "$0")/.."
make --no-print-directory vet resident window || exit 1
export PATH=$PATH:$PWD/build/tools/usr/sbin:$PWD/build/tools/usr/bin
failed=0
packaging/check.sh || failed=1 # what packages hold, in seconds
CGO_ENABLED=1 go test -race -tags nogl ./... || failed=1
# The desktops run what was built above, which go test's cache knows nothing of.
E2E_PROGRAM=$PWD/build go test -count=1 -p 1 -timeout 20m -tags 'e2e no_emoji' ./... || failed=1
exit $failed
