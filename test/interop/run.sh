#!/bin/sh
# Runs the interop tests in a network namespace that leads nowhere: no packet can leave this machine.
#
# The tracker is at 10.77.0.1. Connections to it come from 10.77.0.2, so that the others find every peer there; connections
# to that address come from 10.77.0.3: some clients refuse peers at 127.0.0.1, and transmission hangs up on callers from
# its own address. Most clients have an address of their own (AT in clients.ts). What is said to multicast groups of IPv4
# stays on loopback, too; for those of IPv6 Linux gives nothing back there, so that they have a cable of their own, both
# ends of which are here.
set -euf
missing=
for tool in unshare nsenter ip opentracker aria2c transmission-cli mktorrent qbittorrent-nox microsocks miniupnpd nft nginx apache2 curl ffmpeg chromium; do command -v "$tool" >/dev/null || missing="$missing $tool"; done
/usr/bin/python3 -c 'import libtorrent' 2>/dev/null || missing="$missing python3-libtorrent"
if [ -n "$missing" ]; then
  echo "interop: not found:$missing; on Debian: apt-get install util-linux iproute2 opentracker aria2 transmission-cli mktorrent qbittorrent-nox microsocks miniupnpd nftables nginx-light apache2 curl ffmpeg chromium python3-libtorrent" >&2
  exit 1
fi
# A tracker that wants to run scripts when it is installed, which nothing here needs.
export BITTORRENT_TRACKER="${TMPDIR:-/tmp}/rxtorrent-interop-bittorrent-tracker-11.2.3"
[ -d "$BITTORRENT_TRACKER/node_modules/bittorrent-tracker" ] || npm install --ignore-scripts --no-audit --no-fund --prefix "$BITTORRENT_TRACKER" bittorrent-tracker@11.2.3
# WebTorrent's WebRTC is native code that a script would fetch; over TCP it works without.
export WEBTORRENT="${TMPDIR:-/tmp}/rxtorrent-interop-webtorrent-3.0.21"
[ -d "$WEBTORRENT/node_modules/webtorrent" ] || npm install --ignore-scripts --no-audit --no-fund --prefix "$WEBTORRENT" webtorrent@3.0.21
[ "$(id -u)" = 0 ] && user= || user=-r
# shellcheck disable=SC2086
alone() {
  unshare $user -n sh -c 'ip link set lo up
  for n in 1 2 3 4 5 6; do ip addr add 10.77.0.$n/32 dev lo; done
  ip route change table local local 10.77.0.1 dev lo src 10.77.0.2
  for n in 2 4 5 6; do ip route change table local local 10.77.0.$n dev lo src 10.77.0.3; done
  ip link set lo multicast on
  ip route add 239.0.0.0/8 dev lo
  ip link add rxlan0 type veth peer name rxlan1
  ip link set rxlan0 up
  ip link set rxlan1 up
  ip -6 addr add fd00:77::1/64 dev rxlan0 nodad
  exec "$@"' sh \
    npx vitest run --config test/interop/vitest.config.ts --root . "$@"
}
if [ $# -gt 0 ]; then
  alone "$@"
  exit
fi
# What these tests do most is wait: so two halves run at the same time, each in a namespace of its own.
half=$(mktemp)
trap 'rm -f "$half"' EXIT
first='fromUs extensions encryption bind holepunch'
# shellcheck disable=SC2046,SC2086
alone $(printf -- '--exclude **/%s.test.ts ' $first) >"$half" 2>&1 &
failed=0
# shellcheck disable=SC2086
alone $first || failed=1
wait $! || failed=1
cat "$half"
exit $failed
