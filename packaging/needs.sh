#!/usr/bin/env bash
# Installs the system packages that a build or the tests need, where they are
# missing, by apt. Usage: packaging/needs.sh window|tests|package|windows|day
#
# It says what and why before it asks for anything; sudo is used only when
# something is missing and the user is not root.
set -euo pipefail
cd "$(dirname "$0")/.."

# What Fyne's GL driver is compiled against.
window=(gcc libc6-dev pkg-config libgl-dev libxcursor-dev libxrandr-dev libxinerama-dev libxi-dev libxxf86vm-dev)
# The virtual desktops of the end-to-end tests: an X server, three tray hosts,
# two notification daemons, a mouse and a camera.
tests=(xvfb xauth openbox xfce4-panel xfconf xfce4-notifyd dunst xdotool wmctrl imagemagick
  x11-utils libgl1-mesa-dri libglib2.0-bin dbus-daemon at-spi2-core notify-osd fonts-dejavu-core lxqt-panel
  gnome-shell gnome-shell-extension-appindicator gjs dconf-service dconf-gsettings-backend
  gsettings-desktop-schemas adwaita-icon-theme iproute2 nftables python3 netcat-openbsd)
# What a developer has anyway, from wherever it came: asked for by command.
command -v node >/dev/null || tests+=(nodejs)
# The developer's day starts these; its servers and browser are unpacked below.
day=(dbus-daemon iproute2 python3 netcat-openbsd)
command -v node >/dev/null || day+=(nodejs)
command -v npm >/dev/null || day+=(npm)
command -v java >/dev/null || day+=(default-jre-headless)
command -v ssh >/dev/null || day+=(openssh-client)

# What tests the packages, and what validates what is in them.
checks=(desktop-file-utils appstream)
package=(lintian debootstrap rpm "${checks[@]}")
windows=(gcc-mingw-w64-x86-64-posix)

case "${1:-}" in
window) why="to build the window" wanted=("${window[@]}") ;;
tests) why="for the tests in virtual desktops" wanted=("${window[@]}" "${tests[@]}" "${checks[@]}") ;;
package) why="for the tests of the packages" wanted=("${window[@]}" "${package[@]}") ;;
windows) why="to build for Windows" wanted=("${windows[@]}") ;;
day) why="for the developer's day" wanted=("${day[@]}") ;;
*)
  echo "usage: packaging/needs.sh window|tests|package|windows|day" >&2
  exit 2
  ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "portreeve: this is no Debian or Ubuntu; the packages needed $why are named there: ${wanted[*]}" >&2
  exit 0
fi

# nginx and supervisord are unpacked beside what is built and never installed:
# their packages would start services on the developer's machine. Where that
# fails their tests are skipped and say so.
unpack_services() {
  [ -x build/tools/usr/sbin/nginx ] && [ -x build/tools/usr/bin/supervisord ] && return
  local here=$PWD
  mkdir -p build/tools/debs
  (cd build/tools/debs && apt-get download -q nginx supervisor python3-pkg-resources >/dev/null 2>&1 &&
    for deb in *.deb; do dpkg -x "$deb" ..; done &&
    # Its scripts find their modules where they were unpacked.
    sed -i "2i import sys; sys.path.insert(0, '$here/build/tools/usr/lib/python3/dist-packages')" ../usr/bin/supervisor{d,ctl}) || echo "portreeve: nginx and supervisord could not be fetched; their tests are skipped"
}

# The servers and the browser of the developer's day, with what they need and
# the system lacks, in the same place and for the same reason; what the system
# has is used as it is. No root is needed for that.
unpack_day() {
  local wanted=(nginx redis-server postgresql openssh-server chromium) debs
  [ -e build/tools/day ] && return
  mkdir -p build/tools/debs
  if debs=$(apt-get install -qq --print-uris --no-install-recommends "${wanted[@]}" 2>/dev/null | sed -n "s|^'[^']*/\([^/_']*\)_[^']*'.*|\1|p") &&
    (cd build/tools/debs && { [ -z "$debs" ] || apt-get download -q $debs >/dev/null 2>&1; } &&
      for deb in *.deb; do dpkg -x "$deb" ..; done); then
    touch build/tools/day
  else
    echo "portreeve: ${wanted[*]} could not be fetched; what is missing of them is left out of the day and named there"
  fi
}

# Vite, in the versions of its lock file.
install_vite() {
  [ -e build/day/vite/node_modules/.package-lock.json ] && return
  mkdir -p build/day/vite
  cp e2e/testdata/day/vite/package*.json build/day/vite/
  npm ci --prefix build/day/vite --no-audit --no-fund --loglevel=error ||
    echo "portreeve: npm could not install Vite; it is left out of the day and named there"
}

missing=()
for p in "${wanted[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
done
finish() {
  case "$1" in
  tests) unpack_services ;;
  day) unpack_day && install_vite ;;
  esac
  exit 0
}
[ ${#missing[@]} -eq 0 ] && finish "$1"

echo "portreeve: installing $why: ${missing[*]}"
root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "error: these packages are missing and there is no sudo" >&2
    echo "hint: as root: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  echo "portreeve: apt needs root for that, so sudo may ask for your password"
  root=(sudo)
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() { "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >"$log" 2>&1; }
# The lists of a fresh machine are empty or old: fetch them and try once more.
if ! install && ! { "${root[@]}" apt-get update -q >>"$log" 2>&1 && install; }; then
  cat "$log" >&2
  echo "error: apt could not install the packages" >&2
  exit 1
fi
finish "$1"
