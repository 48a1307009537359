#!/usr/bin/env bash
# Tests the packages of the last commit: the same bytes from two folders; the
# quick test; the .deb installed, run, upgraded and purged in a fresh Debian; the
# .rpm installed and removed; lintian. Usage: packaging/package-test.sh
#
# Without root there is no fresh Debian, which is said. Its packages are fetched
# once and kept in build/debian.
set -euo pipefail
cd "$(dirname "$0")/.."
here=$PWD
work=$(mktemp -d)
root=$here/build/debian/root.$$
# Mounts are made in namespaces of their own and are gone with those.
trap 'rm -rf "$work" "$root"' EXIT
trap 'echo "FAIL: packaging/package-test.sh, line $LINENO" >&2' ERR
say() { echo "--- $1 ($((SECONDS)) s)"; }

say "the same bytes from two folders"
# One commit, whatever is committed meanwhile.
git clone -q "$here" "$work/one/portreeve"
git clone -q "$work/one/portreeve" "$work/another place/of-it"
for folder in one/portreeve "another place/of-it"; do
  (cd "$work/$folder" && packaging/package.sh >/dev/null)
done
diff "$work/one/portreeve/build/dist/SHA256SUMS" "$work/another place/of-it/build/dist/SHA256SUMS"
# What Go's cache gives to both proves little: the static program once more,
# with an empty one. (The window's C takes minutes and is left to the cache.)
(cd "$work/one/portreeve" && read -r v c d < <(packaging/version.sh) && cd "$work/another place/of-it" &&
  GOCACHE=$work/cache GOFLAGS=-buildvcs=false GOAMD64=v1 CGO_ENABLED=0 go build -trimpath \
    -ldflags "-s -w -X main.version=$v -X main.commit=$c -X main.date=$d" -o "$work/again" .)
cmp "$work/again" "$work/one/portreeve/build/package/programs/portreeve"
made=$work/one/portreeve/build
dist=$made/dist
cat "$dist/SHA256SUMS"

say "the quick test"
packaging/check.sh "$made/package/programs"

say "lintian"
if command -v lintian >/dev/null; then
  said=$(lintian "$dist"/*.deb 2>/dev/null || true)
  [ -z "$said" ] || { echo "$said" >&2; echo "FAIL: lintian has something to say" >&2; exit 1; }
else
  echo "skipped: lintian is not installed"
fi

if [ "$(id -u)" != 0 ]; then
  echo "skipped: a fresh Debian and the .rpm need root; run it with sudo"
  exit 0
fi

say "rpm: install, run, remove"
if command -v rpm >/dev/null; then
  mkdir "$work/rpm"
  rpm --root "$work/rpm" --dbpath /db -i --nodeps --nosignature --noscripts "$dist"/*.rpm
  "$work/rpm/usr/bin/portreeve" version --json
  rpm --root "$work/rpm" --dbpath /db -V --nodeps --nouser --nogroup portreeve
  rpm --root "$work/rpm" --dbpath /db -e portreeve
  left=$(find "$work/rpm" -path "$work/rpm/db" -prune -o \( -type f -o -name portreeve \) -print)
  [ -z "$left" ] || { echo "FAIL: the rpm left $left" >&2; exit 1; }
else
  echo "skipped: rpm is not installed"
fi

say "a fresh Debian"
if ! command -v debootstrap >/dev/null; then
  echo "skipped: debootstrap is not installed"
  exit 0
fi
base=$here/build/debian/bookworm.tar
if [ ! -f "$base" ]; then
  mkdir -p "$here/build/debian" "$work/base"
  debootstrap --variant=minbase bookworm "$work/base" >"$work/log" 2>&1 || { tail -20 "$work/log" >&2; exit 1; }
  tar -C "$work/base" -cf "$base.new" . && mv "$base.new" "$base"
  rm -rf "$work/base"
fi
mkdir -p "$root"
tar -C "$root" -xf "$base"

# An earlier version: the same with other words, and a file that is gone since.
dpkg-deb -R "$dist"/*.deb "$work/old"
sed -i 's/^Version: .*/Version: 0.0.1-1/' "$work/old/DEBIAN/control"
(cd "$made/.." && CGO_ENABLED=0 GOFLAGS=-buildvcs=false go build -trimpath -ldflags '-s -w -X main.version=0.0.1' -o "$work/old/usr/bin/portreeve" .)
echo old >"$work/old/usr/share/doc/portreeve/old"
rm "$work/old/DEBIAN/md5sums"
dpkg-deb -b --root-owner-group "$work/old" "$root/root/old.deb" >/dev/null
cp "$dist"/*.deb "$root/root/new.deb"
cp packaging/fresh.sh "$root/root/"

say "deb: install, run, upgrade, purge"
version=$(cd "$work/one/portreeve" && packaging/version.sh version)
# Processes and mounts of its own: all that runs there ends with it.
unshare --mount --pid --fork --kill-child sh -c '
  mount -t proc proc "$1/proc" && exec chroot "$1" /bin/sh /root/fresh.sh "$2"' sh "$root" "$version"
say "ok"
