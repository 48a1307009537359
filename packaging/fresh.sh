#!/bin/sh
# Runs as root in the fresh Debian of packaging/package-test.sh, which holds
# /root/old.deb and /root/new.deb. Usage: fresh.sh VERSION
set -eu
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
fail() {
  echo "FAIL: $1" >&2
  exit 1
}
# All but what dpkg notes, and the user's home.
files() { find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /run -o -path /root -o -path /home/ada -o -path /var/lib/dpkg -o -path /var/log -o -path /var/cache \) -prune -o -print | sort; }

useradd -m ada
ada() { su ada -s /bin/sh -c "$1"; }
files >/root/before

dpkg -i /root/old.deb >/root/log 2>&1 || { cat /root/log; fail "the old version can't be installed"; }
[ "$(portreeve version)" = "portreeve 0.0.1" ] || fail "version: got $(portreeve version), want 0.0.1"
[ -f /usr/share/doc/portreeve/old ] || fail "the old version has no old file"

# Ada's resident, with a rule of hers, lives through the upgrade.
ada 'mkdir -m 700 /home/ada/run; portreeve example >/dev/null 2>&1 & XDG_RUNTIME_DIR=/home/ada/run portreeve >/home/ada/log 2>&1 & :'
waits() {
  n=0
  until ada "XDG_RUNTIME_DIR=/home/ada/run $1" >/root/said 2>&1; do
    n=$((n + 1))
    [ $n -lt 200 ] || { cat /root/said /home/ada/log; fail "never so: $1"; }
    sleep 0.05
  done
}
waits "portreeve status --json | grep -q '\"resident\":true'"
waits "portreeve know 127.0.0.1:62893"
ada 'portreeve autostart on' >/dev/null

dpkg -i /root/new.deb >/root/log 2>&1 || { cat /root/log; fail "the upgrade fails"; }
[ "$(portreeve version)" = "portreeve $1" ] || fail "version: got $(portreeve version), want $1"
[ ! -e /usr/share/doc/portreeve/old ] || fail "the upgrade left a file of the old version"
ada "XDG_RUNTIME_DIR=/home/ada/run portreeve status --json" | grep -q '"resident":true.*' || fail "the new terminal can't talk to the resident that still runs"
ada "XDG_RUNTIME_DIR=/home/ada/run portreeve list" | grep -q '^Known .*62893' || fail "Ada's rule is lost"
dpkg -V portreeve
if portreeve window >/root/said 2>&1; then fail "a window without a display"; fi
[ ! -e /etc/systemd/system/multi-user.target.wants/portreeve-watch.service ] || fail "the service is enabled"

dpkg -r portreeve >/dev/null 2>&1
dpkg -P portreeve >/root/log 2>&1 || { cat /root/log; fail "the purge fails"; }
files >/root/after
diff /root/before /root/after || fail "the purge left something"
[ -z "$(find /var/lib/dpkg/info -name 'portreeve.*')" ] || fail "dpkg still notes it"
[ -f /home/ada/.config/portreeve/rules.toml ] || fail "Ada's own files are gone"
echo "ok: installed, run, upgraded, purged; left are only Ada's own files:"
find /home/ada/.config /home/ada/.local -type f
