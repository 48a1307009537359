#!/usr/bin/env bash
# Lays out the .tar.gz in TREE from what packaging/stage.sh made.
# Usage: packaging/archive.sh STAGE TREE
set -euo pipefail
cd "$(dirname "$0")/.."
stage=$1 tree=$2
rm -rf "$tree" && mkdir -p "$tree"
cp -a "$stage/usr/bin" "$stage/usr/share" "$tree/"
# The place of packages for zsh and fish is another than that of users.
mkdir -p "$tree/share/zsh/site-functions"
mv "$tree/share/zsh/vendor-completions/_portreeve" "$tree/share/zsh/site-functions/_portreeve"
rmdir "$tree/share/zsh/vendor-completions"
cp packaging/install.sh packaging/uninstall.sh LICENSE "$tree/"
chmod 755 "$tree"/*.sh
find "$tree" -exec touch -h -d "@$(packaging/version.sh epoch)" {} +
