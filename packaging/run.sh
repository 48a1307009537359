#!/usr/bin/env bash
# make run: the tray icon first, in seconds; then the window, which takes
# minutes to compile the first time.
set -euo pipefail
cd "$(dirname "$0")/.."

make --no-print-directory resident

display=${DISPLAY:-}${WAYLAND_DISPLAY:-}
bus=
if [ -n "${DBUS_SESSION_BUS_ADDRESS:-}" ] || [ -S "${XDG_RUNTIME_DIR:-/nonexistent}/bus" ]; then bus=yes; fi

if [ -z "$display" ] && [ -z "$bus" ]; then
  # Neither a desktop nor a way to one: watch here, until Ctrl-C.
  exec build/portreeve
fi

# A resident of its own session, so that it outlives this terminal.
log=${XDG_STATE_HOME:-$HOME/.local/state}/portreeve/log
mkdir -p "$(dirname "$log")"
setsid build/portreeve >"$log" 2>&1 </dev/null &
resident=$!
for _ in $(seq 100); do
  build/portreeve status >/dev/null 2>&1 && grep -q '^portreeve' "$log" && break
  kill -0 "$resident" 2>/dev/null || break
  sleep 0.1
done
cat "$log"
echo "portreeve: quit it from its menu; what it logs is in $log"

if [ -n "$display" ]; then
  make --no-print-directory window
  # Without a tray the window is all there is to see; a second start opens it.
  if ! build/portreeve status 2>/dev/null | grep -qi '^tray *shown'; then build/portreeve; fi
fi
