#!/usr/bin/python3
"""A DHT node of libtorrent for the interop tests.

usage: libtorrentDht.py ADDRESS:PORT BOOTSTRAP [announce HASH | get HASH | share TORRENT DIR [UPLOAD_BYTES_A_SECOND]]

BOOTSTRAP is HOST:PORT or `-`. Prints `nodes N`, `found HOST:PORT` for each peer found, and `told HOST:PORT` for each peer announced to it.
With `share` it has what is in DIR of TORRENT (a file or a magnet link), too, announces itself, and prints its state.
"""
import sys
import time

import libtorrent as lt

listen, bootstrap = sys.argv[1:3]
job = sys.argv[3:]
session = lt.session({
    'listen_interfaces': listen, 'enable_dht': True, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'dht_bootstrap_nodes': '', 'alert_mask': lt.alert.category_t.all_categories,
    'dht_restrict_routing_ips': False, 'dht_restrict_search_ips': False, 'dht_ignore_dark_internet': False,
    'enable_outgoing_utp': False, 'enable_incoming_utp': False, 'allow_multiple_connections_per_ip': True,
    'dht_prefer_verified_node_ids': False, 'dht_enforce_node_id': False,
})


def magnet(info_hash):
    params = lt.parse_magnet_uri('magnet:?xt=urn:btih:' + info_hash)
    params.save_path = '.'
    return params


def shared(torrent, folder, limit=0):
    if torrent.startswith('magnet:'):
        params = lt.parse_magnet_uri(torrent)
    else:
        params = lt.add_torrent_params()
        params.ti = lt.torrent_info(torrent)
    params.save_path = folder
    params.trackers = []
    params.flags |= lt.torrent_flags.override_trackers
    added = session.add_torrent(params)
    added.set_upload_limit(int(limit) or -1)
    return added


handle = shared(*job[1:]) if job and job[0] == 'share' else None
tick = 0
while True:
    tick += 1
    # Not a bootstrap node, which it would not keep in its table; and not before the DHT runs, which would make it one.
    if bootstrap != '-' and tick % 10 == 5 and session.status().dht_nodes < 2:
        host, port = bootstrap.rsplit(':', 1)
        session.add_dht_node((host, int(port)))
    print('nodes %d' % session.status().dht_nodes, flush=True)
    if handle and tick % 5 == 0:
        print('is %s' % handle.status().state, flush=True)
    if job and tick % 10 == 0 and session.status().dht_nodes > 0:
        if job[0] != 'get':
            handle = handle or session.add_torrent(magnet(job[1]))
            handle.force_dht_announce()
        else:
            session.dht_get_peers(lt.sha1_hash(bytes.fromhex(job[1])))
    for alert in session.pop_alerts():
        if isinstance(alert, lt.dht_get_peers_reply_alert):
            for host, port in alert.peers():
                print('found %s:%d' % (host, port), flush=True)
        elif isinstance(alert, lt.dht_announce_alert):
            print('told %s:%d' % (alert.ip, alert.port), flush=True)
    time.sleep(0.1)
