#!/usr/bin/env bash
# Prints the licences of all that is linked into the programs: of Go itself and
# of every module, from the files that those bring. It fails where a module
# brings none.
set -euo pipefail
cd "$(dirname "$0")/.."

# FOLDER MODULE of what is compiled in, for the static program and the window.
modules() {
  local list='{{with .Module}}{{if not .Main}}{{.Dir}} {{.Path}} {{.Version}}{{end}}{{end}}'
  CGO_ENABLED=0 go list -deps -f "$list" .
  CGO_ENABLED=1 go list -deps -tags no_emoji -f "$list" .
}

echo "Portreeve contains the programs and libraries below. Each is followed by its licence."
section() {
  printf '\n%s\n%s\n\n' "$(printf '=%.0s' {1..78})" "$1"
}
section "Go $(go env GOVERSION | sed 's/^go//'), its standard library and runtime"
cat "$(go env GOROOT)/LICENSE"
modules | sort -u -k2 | while read -r dir path version; do
  # Fonts and C sources inside a module have licences of their own.
  mapfile -t files < <(find "$dir" -type f -not -path '*/testdata/*' \
    \( -iname 'licen[cs]e*' -o -iname 'copying*' -o -iname 'notice*' -o -iname '*OFL*.txt' \) -not -name '*.go' | LC_ALL=C sort)
  if [ ${#files[@]} -eq 0 ]; then
    echo "error: $path brings no licence" >&2
    exit 1
  fi
  section "$path $version"
  seen=
  for f in "${files[@]}"; do
    sum=$(sha256sum <"$f")
    case "$seen" in *"$sum"*) continue ;; esac
    seen+=$sum
    [ "$(dirname "$f")" = "$dir" ] || printf '\n-- %s:\n\n' "${f#"$dir"/}"
    tr -d '\r' <"$f"
  done
done
