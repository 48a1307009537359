#!/bin/sh
# Takes back what install.sh wrote, and the start at login. Your rules, settings
# and history stay. Usage: PREFIX/share/portreeve/uninstall.sh
set -eu
note=$(cd "$(dirname "$0")" && pwd)/installed
if [ ! -f "$note" ]; then
  echo "error: $note is missing, so what to remove is not known" >&2
  echo "hint: run the uninstall.sh in the folder that you installed to" >&2
  exit 1
fi
program=$(sed -n 's|^f \(.*/bin/portreeve\)$|\1|p' "$note")
if [ -x "$program" ]; then
  "$program" autostart off >/dev/null || echo "portreeve: the start at login could not be taken back" >&2
  case $("$program" status --json 2>/dev/null || true) in
  *'"resident":true'*) echo "Portreeve still runs until you quit it from its menu, or log out." ;;
  esac
fi
files=$(mktemp)
trap 'rm -f "$files"' EXIT
cp "$note" "$files"
grep '^f ' "$files" | while read -r kind path; do rm -f "$path"; done
# The deepest first; what others put there keeps a folder.
grep '^d ' "$files" | LC_ALL=C sort -r | while read -r kind path; do rmdir "$path" 2>/dev/null || true; done
echo "Portreeve is removed."
for kept in "${XDG_CONFIG_HOME:-$HOME/.config}/portreeve" "${XDG_STATE_HOME:-$HOME/.local/state}/portreeve"; do
  if [ -d "$kept" ]; then echo "Your own data stays in $kept"; fi
done
