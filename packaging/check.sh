#!/usr/bin/env bash
# The quick test of what a package holds: what desktops read is valid, and
# install.sh and uninstall.sh do what they say as an ordinary user. It takes the
# programs that stand in FOLDER. Usage: packaging/check.sh [FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."
programs=${1:-build}
work=$(mktemp -d)
resident=
finish() {
  if [ -n "$resident" ]; then kill "$resident" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT
trap 'echo "FAIL: packaging/check.sh, line $LINENO" >&2' ERR
failed=0
fail() {
  echo "FAIL: $1" >&2
  failed=1
}

packaging/stage.sh "$programs" "$work/stage"
packaging/archive.sh "$work/stage" "$work/tree"
tree=$work/tree share=$work/stage/usr/share

# --- what desktops read
validate() {
  if ! command -v "$1" >/dev/null; then
    echo "skipped: $1 is not installed"
    return
  fi
  "$@" >"$work/said" 2>&1 || { cat "$work/said" >&2; fail "$*"; }
}
validate desktop-file-validate "$share/applications/portreeve.desktop"
validate appstreamcli validate --no-net "$share/metainfo/io.github.portreeve.Portreeve.metainfo.xml"
for file in "$share"/icons/hicolor/*/apps/portreeve.png; do
  size=$(basename "$(dirname "$(dirname "$file")")")
  # Width and height are big-endian, 16 bytes into a PNG (its specification, 11.2.2).
  got=$(od -An -tu1 -j16 -N8 "$file" | awk '{print $3*256+$4 "x" $7*256+$8}')
  [ "$got" = "$size" ] || fail "$file: got $got, want $size"
done
for page in portreeve portreeve-list portreeve-stop portreeve-window portreeve-autostart; do
  [ -s "$share/man/man1/$page.1.gz" ] || fail "there is no manual page of $page"
done
bash -n "$share/bash-completion/completions/portreeve" || fail "the completion for bash"

# --- install.sh, as an ordinary user
user=()
chmod 755 "$work"
mkdir "$work/home"
if [ "$(id -u)" = 0 ]; then
  user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  chown 65534:65534 "$work/home"
fi
home=$work/home
environment=(env -i PATH="$PATH" HOME="$home" XDG_RUNTIME_DIR="$home/run")
as() { "${user[@]}" "${environment[@]}" "$@"; }
as mkdir -p -m 700 "$home/run" "$home/.local/bin"
as sh -c "echo mine >'$home/.local/bin/mine'"
files() { (cd "$home" && find .local -print | LC_ALL=C sort && find . -path ./run -prune -o -type f -print | LC_ALL=C sort); }
want() {
  [ "$2" = "$3" ] || fail "$1: got $2, want $3"
}
files >"$work/before"
as "$tree/install.sh" >"$work/said"
grep -q 'add .*/.local/bin to your PATH' "$work/said" || fail "install.sh does not speak of PATH"
program=$home/.local/bin/portreeve
want "version" "$(as "$program" version --json)" "$("$programs/portreeve" version --json)"
as "$program" list --json >/dev/null
validate desktop-file-validate "$home/.local/share/applications/portreeve.desktop"
grep -q "^Exec=\"$program\" window" "$home/.local/share/applications/portreeve.desktop" || fail "the menu entry does not run $program"

# Over itself while it runs, with a file that the new version has no more.
note=$home/.local/share/portreeve/installed
as sh -c "echo old >'$home/.local/share/portreeve/old'; echo 'f $home/.local/share/portreeve/old' >>'$note'"
# Not by the function: its number would be that of a shell around the program.
"${user[@]}" "${environment[@]}" "$program" >"$work/resident" 2>&1 &
resident=$!
for _ in $(seq 200); do
  as "$program" status --json | grep -q '"resident":true' && break
  sleep 0.05
done
as "$tree/install.sh" >/dev/null
[ ! -e "$home/.local/share/portreeve/old" ] || fail "a file of the earlier version is still there"
as "$program" autostart on >/dev/null
as "$home/.local/share/portreeve/uninstall.sh" >"$work/said"
grep -q 'still runs' "$work/said" || fail "uninstall.sh does not say that it still runs"
kill "$resident" && { wait "$resident" || true; }
resident=
as rm -rf "$home/.config/portreeve" "$home/.local/state" # the user's own data
files >"$work/after"
diff "$work/before" "$work/after" >&2 || fail "uninstall.sh left something, or took too much"

# A folder with a blank, one that can't be written, one that can't be meant.
as "$tree/install.sh" "$home/my programs" >/dev/null
validate desktop-file-validate "$home/my programs/share/applications/portreeve.desktop"
as "$home/my programs/share/portreeve/uninstall.sh" >/dev/null
[ ! -e "$home/my programs" ] || fail "uninstall.sh left $home/my programs"
for bad in relative '/tmp/$HOME' /proc/none; do
  if as "$tree/install.sh" "$bad" >/dev/null 2>"$work/said"; then fail "install.sh took $bad"; fi
  grep -q '^hint: ' "$work/said" || fail "install.sh gives no hint for $bad"
done

[ "$failed" = 0 ] && echo "ok: desktop entry, metainfo, icons, manual, install.sh, uninstall.sh"
exit "$failed"
