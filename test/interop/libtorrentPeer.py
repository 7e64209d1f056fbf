#!/usr/bin/python3
"""A libtorrent peer for the interop tests: shares what is in DIR of TORRENT (a file or a magnet link), by TCP only, by uTP only, or by both, and prints its progress and its peers.

usage: libtorrentPeer.py TORRENT DIR ADDRESS:PORT [UPLOAD_BYTES_A_SECOND [utp | both] [PEER_HOST:PORT | lsd | rc4 | plaintext]]

With `lsd` it looks for peers in the local network. With `rc4` or `plaintext` it takes and makes encrypted connections only, which go on so.
"""
import sys
import time

import libtorrent as lt

torrent, folder, listen = sys.argv[1:4]
limit = int(sys.argv[4]) if len(sys.argv) > 4 else 0
words = sys.argv[5:]
both = 'both' in words
utp = both or 'utp' in words
words = [word for word in words if word not in ('utp', 'both')]
session = lt.session({
    'listen_interfaces': listen, 'enable_dht': False, 'enable_lsd': 'lsd' in words, 'enable_upnp': False, 'enable_natpmp': False,
    'enable_outgoing_utp': utp, 'enable_incoming_utp': utp, 'enable_outgoing_tcp': both or not utp, 'enable_incoming_tcp': both or not utp, 'dht_bootstrap_nodes': '', 'allow_multiple_connections_per_ip': True,
    'announce_to_all_trackers': True, 'alert_mask': 0,
    'upload_rate_limit': limit,
    # Whom it can't reach by TCP it asks to be introduced to.
    'peer_connect_timeout': 3,
})
LEVELS = {'plaintext': 1, 'rc4': 2}
word = words[0] if words else ''
if word in LEVELS:
    session.apply_settings({'in_enc_policy': 0, 'out_enc_policy': 0, 'allowed_enc_level': LEVELS[word]})
if torrent.startswith('magnet:'):
    params = lt.parse_magnet_uri(torrent)
else:
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(torrent)
params.save_path = folder
handle = session.add_torrent(params)
handle.set_upload_limit(limit or -1)
if ':' in word:
    host, port = word.rsplit(':', 1)
    handle.connect_peer((host, int(port)))
while True:
    status = handle.status()
    print('%s %.3f' % (status.state, status.progress), flush=True)
    for peer in handle.get_peer_info():
        print('peer %s:%d %s%s%s' % (peer.ip[0], peer.ip[1], peer.client.decode(errors='replace'), ', by pex' if peer.source & lt.peer_info.pex else ', by lsd' if peer.source & lt.peer_info.lsd else '', ', punched' if peer.flags & lt.peer_info.holepunched else ''), flush=True)
    time.sleep(0.2)
