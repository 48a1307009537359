#!/usr/bin/env bash
# Prints "VERSION COMMIT DATE" of this source, or one of them when it is named:
#
#   packaging/version.sh [version|commit|date|epoch]
#
# The version is that of a tag (v1.2.3 makes 1.2.3). Between tags it is the next
# one's, from FyneApp.toml, as a pre-release that sorts by time:
# 0.1.0-dev.20261126154028.c47d2b5. Date is the commit's, in UTC, so that the
# same source gives the same bytes. Without git it is FyneApp.toml's version.
set -euo pipefail
cd "$(dirname "$0")/.."

next=$(sed -n 's/^ *Version *= *"\(.*\)"/\1/p' FyneApp.toml)
commit= epoch=0 version=$next-dev
if git rev-parse --git-dir >/dev/null 2>&1; then
  commit=$(git rev-parse HEAD)
  epoch=$(git log -1 --format=%ct)
  if tag=$(git describe --exact-match --tags --match 'v[0-9]*' 2>/dev/null); then
    version=${tag#v}
  else
    version=$next-dev.$(date -u -d "@$epoch" +%Y%m%d%H%M%S).${commit:0:7}
  fi
  if [ -n "$(git status --porcelain --untracked-files=no)" ]; then version+=.dirty; fi
fi
date=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)
case "${1:-}" in
version) echo "$version" ;;
commit) echo "$commit" ;;
date) echo "$date" ;;
epoch) echo "$epoch" ;;
*) echo "$version" "${commit:-none}" "$date" ;;
esac
