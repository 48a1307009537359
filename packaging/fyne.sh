#!/usr/bin/env bash
# Has Fyne's own tool pack one binary with everything, for those who know it:
# build/fyne/Portreeve.tar.xz. Usage: packaging/fyne.sh
#
# That one binary is the resident and the window, so the resident takes several
# times the memory of the static one; the packages of "make package" have both.
set -euo pipefail
cd "$(dirname "$0")/.."
out=build/fyne
mkdir -p "$out"
# The tool counts Build up in FyneApp.toml at each run, which is no change of ours,
# and leaves its result beside main.go. It is handed the binary of "make window";
# by itself it compiles Fyne anew with tags of its own, which takes minutes more.
cp FyneApp.toml "$out/FyneApp.toml.kept"
trap 'cp "$out/FyneApp.toml.kept" FyneApp.toml; rm -f "$out/FyneApp.toml.kept"' EXIT
make --no-print-directory window
cp build/portreeve-window "$out/portreeve" # the one program, by its name
GOFLAGS= go tool -modfile=packaging/tools/go.mod fyne package --target linux --executable "$out/portreeve" --release
mv Portreeve.tar.xz "$out/"
ls -l "$out/Portreeve.tar.xz"
