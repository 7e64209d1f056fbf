#!/usr/bin/python3
"""A libtorrent seed for the benchmark: checks what is in DIR of TORRENT, prints `ready`, and gives as much as it can, TCP only, or with `utp` uTP only.

usage: libtorrentSeed.py TORRENT DIR ADDRESS:PORT [utp]
"""
import sys
import time

import libtorrent as lt

torrent, folder, listen = sys.argv[1:4]
utp = 'utp' in sys.argv[4:]
session = lt.session({
    'listen_interfaces': listen, 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'enable_outgoing_utp': utp, 'enable_incoming_utp': utp, 'enable_outgoing_tcp': not utp, 'enable_incoming_tcp': not utp, 'dht_bootstrap_nodes': '', 'allow_multiple_connections_per_ip': True,
    'alert_mask': 0, 'send_buffer_watermark': 4 << 20, 'send_buffer_low_watermark': 256 << 10, 'send_buffer_watermark_factor': 150,
})
params = lt.add_torrent_params()
params.ti = lt.torrent_info(torrent)
params.save_path = folder
params.trackers = []
handle = session.add_torrent(params)
while not handle.status().is_seeding:
    time.sleep(0.05)
print('ready', flush=True)
while True:
    time.sleep(1)
