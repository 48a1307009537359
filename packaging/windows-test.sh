#!/usr/bin/env bash
# Runs the terminal of build/windows/portreeve.exe under Wine, against real
# listeners. Usage: packaging/windows-test.sh
#
# What Wine can't show, and this test does not claim: the tray and the toasts;
# the resident and its named pipe (Wine has no peer of it to ask); owners of
# other users; services in svchost; a process id for listeners that never called
# WSAIoctl (Wine 8); consoles that appear when the desktop starts a program.
set -euo pipefail
cd "$(dirname "$0")/.."
for tool in wine wineserver x86_64-w64-mingw32-gcc; do
  if ! command -v "$tool" >/dev/null && ! [ -x "/usr/lib/wine/$tool" ]; then
    echo "skipped: $tool is not installed; apt-get install --no-install-recommends wine wine64 gcc-mingw-w64-x86-64-posix"
    exit 0
  fi
done
packaging/windows.sh --terminal-only >/dev/null
work=$(mktemp -d)
export WINEPREFIX=$work/prefix WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml=" DISPLAY=
server=$(command -v wineserver || echo /usr/lib/wine/wineserver)
finish() {
  "$server" -k || true # of this prefix alone: all that ran there ends
  "$server" -w || true
  rm -rf "$work"
}
trap finish EXIT
trap 'echo "FAIL: packaging/windows-test.sh, line $LINENO" >&2' ERR
failed=0
fail() {
  echo "FAIL: $1" >&2
  failed=1
}

x86_64-w64-mingw32-gcc -s -o "$work/listener.exe" packaging/windows/listener.c -lws2_32
timeout 300 wine wineboot -i >/dev/null 2>&1
system=$WINEPREFIX/drive_c/windows/system32
if [ ! -e "$system/bcryptprimitives.dll" ]; then
  x86_64-w64-mingw32-gcc -shared -s -o "$system/bcryptprimitives.dll" packaging/windows/bcryptprimitives.c -ladvapi32
fi

# run CODE ARGS...: one command, whose output is then in $said and $errs.
run() {
  local want=$1 got=0
  shift
  timeout 60 wine build/windows/portreeve.exe "$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
  said=$(tr -d '\r' <"$work/out") errs=$(tr -d '\r' <"$work/err")
  [ "$got" = "$want" ] || fail "$*: got exit $got, want $want: $said $errs"
}
says() {
  [[ $said$errs == *"$1"* ]] || fail "got $said $errs, want in it: $1"
}

timeout 300 wine "$work/listener.exe" >"$work/port" 2>/dev/null &
for _ in $(seq 200); do
  [ -s "$work/port" ] && break
  sleep 0.1
done
port=$(tr -d '\r\n' <"$work/port")

run 0 version --json
says "\"version\":\"$(packaging/version.sh version)\""
says '"os":"windows"'
run 0 list --json "$port"
says '"address":"127.0.0.1"'
says '"name":"listener"'
run 0 list "$port"
says listener
run 0 status --json
says '"resident":false'
run 2 frobnicate
says 'hint: portreeve help lists the commands'
run 0 autostart status --json
says '"on":false,"can":true'
run 0 autostart on
run 0 autostart status --json
says '"on":true'
run 0 autostart off
run 0 autostart status --json
says '"on":false'
run 0 stop "$port" --yes
run 3 stop "$port" --yes
run 0 list "$port"
says 'nothing that listens matches'

[ "$failed" = 0 ] && echo "ok: version, list, status, autostart and stop, under $(wine --version)"
exit "$failed"
