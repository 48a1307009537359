#!/bin/sh
# Installs Portreeve for one user, without root. It stands in the .tar.gz.
#
#   ./install.sh [PREFIX]     PREFIX is ~/.local where none is given
#
# A second run installs over the first. What was written is noted in
# PREFIX/share/portreeve/installed, by which uninstall.sh takes it back.
set -eu
fail() {
  echo "error: $1" >&2
  echo "hint: $2" >&2
  exit 1
}
here=$(cd "$(dirname "$0")" && pwd)
prefix=${1:-${HOME:?}/.local}
case $prefix in
/*) ;;
*) fail "$prefix is no absolute path" "give the folder from its root: ./install.sh \$HOME/.local" ;;
esac
case $prefix in
*[\"\`\$\\%]* | *"
"*) fail "the folder's name has characters that a menu entry can't have" "choose another: ./install.sh /another/folder" ;;
esac
[ -x "$here/bin/portreeve" ] || fail "$here/bin/portreeve is missing" "unpack the whole archive and run its install.sh"

note=$prefix/share/portreeve/installed
new=$(mktemp)
old=$(mktemp)
trap 'rm -f "$new" "$old"' EXIT
if [ -f "$note" ]; then cat "$note" >"$old"; fi

# folder makes a folder and notes each that was not there before.
folder() {
  [ -d "$1" ] && return
  folder "$(dirname "$1")"
  mkdir "$1" || fail "$1 can't be made" "see who may write to the folder above it"
  echo "d $1" >>"$new"
}
# A program that runs can't be written to, but replaced.
put() {
  folder "$(dirname "$prefix/$2")"
  cp "$1" "$prefix/$2.new" || fail "$prefix/$2 can't be written" "see who may write to that folder, and whether the disk is full"
  chmod "$3" "$prefix/$2.new"
  mv -f "$prefix/$2.new" "$prefix/$2"
  echo "f $prefix/$2" >>"$new"
}

cd "$here"
find bin share -type f | LC_ALL=C sort | while read -r file; do
  mode=644
  case $file in bin/*) mode=755 ;; esac
  put "$file" "$file" "$mode"
done
# The menu may not look into PREFIX/bin.
entry=share/applications/portreeve.desktop
sed "s|^Exec=portreeve|Exec=\"$(printf %s "$prefix" | sed 's/[&|]/\\&/g')/bin/portreeve\"|" "$entry" >"$new.entry"
put "$new.entry" "$entry" 644
rm -f "$new.entry"
put uninstall.sh share/portreeve/uninstall.sh 755
put LICENSE share/doc/portreeve/LICENSE 644
# An icon cache that is older than its folder is not believed.
touch "$prefix/share/icons/hicolor"

# What an earlier version had and this one has not goes; folders stay noted.
echo "f $note" >>"$new"
grep '^f ' "$old" | while read -r kind path; do
  grep -qxF "f $path" "$new" || rm -f "$path"
done || true
grep '^d ' "$old" >>"$new" || true
LC_ALL=C sort -u "$new" >"$note"

echo "Portreeve is in $prefix. Start it from your menu, or: $prefix/bin/portreeve"
case ":${PATH:-}:" in
*":$prefix/bin:"*) ;;
*) echo "To type portreeve in a terminal, add $prefix/bin to your PATH." ;;
esac
echo "It starts when you log in once you say so: portreeve autostart on"
echo "Remove it with $prefix/share/portreeve/uninstall.sh"
