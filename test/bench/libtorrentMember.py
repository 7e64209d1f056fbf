#!/usr/bin/python3
"""A libtorrent member of a swarm for the benchmark: has TORRENT from the peers into DIR, prints `done`, and gives until it is killed.

usage: libtorrentMember.py TORRENT DIR ADDRESS:PORT HOST:PORT...
"""
import sys
import time

import libtorrent as lt

torrent, folder, listen, peers = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
session = lt.session({
    'listen_interfaces': listen, 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'enable_outgoing_utp': False, 'enable_incoming_utp': False, 'dht_bootstrap_nodes': '', 'allow_multiple_connections_per_ip': True,
    'out_enc_policy': 2, 'allowed_enc_level': 3, 'max_out_request_queue': 1500, 'alert_mask': lt.alert.category_t.status_notification,
    'send_buffer_watermark': 4 << 20, 'send_buffer_low_watermark': 256 << 10, 'send_buffer_watermark_factor': 150,
})
params = lt.add_torrent_params()
params.ti = lt.torrent_info(torrent)
params.save_path = folder
params.trackers = []
handle = session.add_torrent(params)
for peer in peers:
    host, port = peer.rsplit(':', 1)
    handle.connect_peer((host, int(port)))
while not handle.status().is_seeding:
    session.wait_for_alert(20)
    session.pop_alerts()
print('done', flush=True)
while True:
    time.sleep(1)
