#!/bin/sh
# Runs the interop tests in a network namespace that has nothing but loopback: no packet can leave this machine.
# 10.77.0.1 is there because some clients refuse peers at 127.0.0.1.
set -eu
missing=
for tool in unshare ip opentracker aria2c transmission-cli; do command -v "$tool" >/dev/null || missing="$missing $tool"; done
/usr/bin/python3 -c 'import libtorrent' 2>/dev/null || missing="$missing python3-libtorrent"
if [ -n "$missing" ]; then
  echo "interop: not found:$missing; on Debian: apt-get install util-linux iproute2 opentracker aria2 transmission-cli python3-libtorrent" >&2
  exit 1
fi
[ "$(id -u)" = 0 ] && user= || user=-r
# shellcheck disable=SC2086
exec unshare $user -n sh -c 'ip link set lo up; ip addr add 10.77.0.1/32 dev lo; exec "$@"' sh \
  npx vitest run --config test/interop/vitest.config.ts --root . "$@"
