#!/usr/bin/env bash
# Lays out what a package installs, below FOLDER/usr, from the programs in
# PROGRAMS. Usage: packaging/stage.sh PROGRAMS FOLDER
#
# All times are the commit's. What differs between packages (a deb's changelog
# and copyright) is added by packaging/package.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$1 stage=$2
read -r version commit date < <(packaging/version.sh)
rm -rf "$stage"
usr=$stage/usr
umask 022
put() { install -D -m "$1" "$2" "$usr/$3"; }

for p in portreeve portreeve-window; do put 755 "$programs/$p" "bin/$p"; done

put 644 packaging/desktop/portreeve.desktop share/applications/portreeve.desktop
for size in 16 22 24 32 48 64 128 256; do
  put 644 "assets/icons/quiet-$size.png" "share/icons/hicolor/${size}x$size/apps/portreeve.png"
done
put 644 assets/icons/quiet.svg share/icons/hicolor/scalable/apps/portreeve.svg
put 644 packaging/desktop/portreeve-symbolic.svg share/icons/hicolor/symbolic/apps/portreeve-symbolic.svg
id=io.github.portreeve.Portreeve
mkdir -p "$usr/share/metainfo"
sed "s/@VERSION@/$version/; s/@DATE@/${date%%T*}/" "packaging/desktop/$id.metainfo.xml" >"$usr/share/metainfo/$id.metainfo.xml"

# Cobra makes completions and manual from the commands themselves.
complete() {
  mkdir -p "$usr/share/$(dirname "$2")"
  "$programs/portreeve" completion "$1" >"$usr/share/$2"
}
complete bash bash-completion/completions/portreeve
complete zsh zsh/vendor-completions/_portreeve
complete fish fish/vendor_completions.d/portreeve.fish
man=$usr/share/man/man1
mkdir -p "$man"
CGO_ENABLED=0 go run -tags manual -ldflags "-X main.version=$version -X main.date=$date" . manual "$man"
gzip -9n "$man"/*.1

put 644 README.md share/doc/portreeve/README.md
for page in docs/*.md; do put 644 "$page" "share/doc/portreeve/docs/$(basename "$page")"; done
gzip -9nc CHANGELOG.md >"$usr/share/doc/portreeve/changelog.gz"
packaging/notices.sh | gzip -9n >"$usr/share/doc/portreeve/third-party-notices.gz"
chmod 644 "$usr"/share/doc/portreeve/*.gz

find "$stage" -exec touch -h -d "@$(packaging/version.sh epoch)" {} +
