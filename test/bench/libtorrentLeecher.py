#!/usr/bin/python3
"""A libtorrent leecher for the benchmark: has TORRENT from the peers into DIR, by TCP only, or with `utp` by uTP only, prints the seconds that it took, and ends; with `stay` it gives what it has until it is killed.

usage: libtorrentLeecher.py TORRENT DIR ADDRESS[:PORT] [rc4] [utp] [stay] HOST:PORT...

With `rc4` it makes connections that are encrypted with RC4 only, else none that are encrypted.
"""
import sys
import time

import libtorrent as lt

torrent, folder, address, peers = sys.argv[1], sys.argv[2], sys.argv[3], [each for each in sys.argv[4:] if each not in ('rc4', 'utp', 'stay')]
rc4 = 'rc4' in sys.argv[4:]
utp = 'utp' in sys.argv[4:]
session = lt.session({
    'listen_interfaces': address if ':' in address else address + ':0', 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'enable_outgoing_utp': utp, 'enable_incoming_utp': utp, 'enable_outgoing_tcp': not utp, 'enable_incoming_tcp': not utp, 'dht_bootstrap_nodes': '', 'allow_multiple_connections_per_ip': True,
    # Else the first connection is tried encrypted, and who does not speak that is called again a second later.
    'out_enc_policy': 0 if rc4 else 2, 'allowed_enc_level': 2 if rc4 else 3, 'max_out_request_queue': 1500, 'alert_mask': lt.alert.category_t.status_notification,
    'send_buffer_watermark': 4 << 20, 'send_buffer_low_watermark': 256 << 10, 'send_buffer_watermark_factor': 150,
})
params = lt.add_torrent_params()
params.ti = lt.torrent_info(torrent)
params.save_path = folder
params.trackers = []
began = time.monotonic()
handle = session.add_torrent(params)
for peer in peers:
    host, port = peer.rsplit(':', 1)
    handle.connect_peer((host, int(port)))
while not handle.status().is_seeding:
    session.wait_for_alert(20)
    session.pop_alerts()
print('%.3f' % (time.monotonic() - began), flush=True)
while 'stay' in sys.argv[4:]:
    time.sleep(1)
