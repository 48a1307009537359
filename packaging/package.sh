#!/usr/bin/env bash
# Makes the packages of this source in build/dist: .deb, .rpm and .tar.gz, and
# the sums of all. Usage: packaging/package.sh
set -euo pipefail
cd "$(dirname "$0")/.."
work=build/package dist=build/dist
rm -rf "$work/root" "$dist"
mkdir -p "$work" "$dist"
read -r version commit date < <(packaging/version.sh)
epoch=$(packaging/version.sh epoch)
arch=$(go env GOARCH)

echo "portreeve: building $version; the window takes minutes the first time"
packaging/programs.sh "$work/programs"
packaging/stage.sh "$work/programs" "$work/root"

# --- deb and rpm, by nfpm
deb=$work/deb/usr/share/doc/portreeve
rm -rf "$work/deb" && mkdir -p "$deb" && chmod 755 "$work/deb"
cat >"$deb/copyright" <<END
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Portreeve
Comment: What is linked into the programs has licences of its own, which
 /usr/share/doc/portreeve/third-party-notices.gz holds.

Files: *
Copyright: 2026 The Portreeve maintainers
License: Expat

License: Expat
$(sed '1,4d; s/^$/./; s/^/ /' LICENSE)
END
# Debian's own changelog says which package this is; what changed for users is
# in the one beside it.
gzip -9n >"$deb/changelog.Debian.gz" <<END
portreeve ($(sed 's/-/~/' <<<"$version")-1) unstable; urgency=medium

  * Portreeve $version.
  * What it changes for users is in changelog.gz.

 -- The Portreeve maintainers <portreeve@users.noreply.github.com>  $(LC_ALL=C date -u -R -d "@$epoch")
END
mkdir -p "$work/deb/usr/share/lintian/overrides"
cp packaging/lintian-overrides "$work/deb/usr/share/lintian/overrides/portreeve"
chmod -R u=rwX,go=rX "$work/deb"
find "$work/deb" -exec touch -d "@$epoch" {} +

export VERSION=$version ARCH=$arch SOURCE_DATE_EPOCH=$epoch
# rpm has no place for the deb's files, and the other way round.
for packager in deb rpm; do
  sed -e "s/@DATE@/$date/" packaging/nfpm.yaml >"$work/nfpm.yaml"
  go tool -modfile=packaging/tools/go.mod nfpm package --config "$work/nfpm.yaml" --packager "$packager" --target "$dist/" >"$work/nfpm.log" 2>&1 ||
    { cat "$work/nfpm.log" >&2; exit 1; }
done

# --- tar.gz, for ~/.local or any other folder
name=portreeve-$version-linux-$arch
tree=$work/$name
packaging/archive.sh "$work/root" "$tree"
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$epoch" --format=gnu -cf - "$name" | gzip -9n >"$dist/$name.tar.gz"

(cd "$dist" && sha256sum -- *.deb *.rpm *.tar.gz >SHA256SUMS && cat SHA256SUMS)
