#!/usr/bin/python3
"""A DHT node of libtorrent for the interop tests.

usage: libtorrentDht.py ADDRESS:PORT BOOTSTRAP [announce HASH | get HASH | share TORRENT DIR [UPLOAD_BYTES_A_SECOND] |
  keep SEED KEY SALT TEXT... | read KEY SALT | keep-fixed TEXT | read-fixed TARGET]

BOOTSTRAP is HOST:PORT or `-`. Prints `nodes N`, `found HOST:PORT` for each peer found, and `told HOST:PORT` for each peer announced to it.
With `share` it has what is in DIR of TORRENT (a file or a magnet link), too, announces itself, and prints its state.
With `keep` it puts each TEXT, one after the other, as an item of the key whose seed is SEED; with `read` it prints
what libtorrent says of each version found, after `item`. Those of `…-fixed` are immutable: `kept TARGET`.
"""
import hashlib
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
    # Many nodes are at one address here, which would be taken for a flood.
    'dht_block_ratelimit': 10_000,
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


def secret_of(seed):
    """What libtorrent takes for the private key: the hash of the seed, in the form that Ed25519 multiplies by."""
    key = bytearray(hashlib.sha512(seed).digest())
    key[0] &= 248
    key[31] = key[31] & 63 | 64
    return bytes(key)


def keep(seed, key, salt, text):
    session.dht_put_mutable_item(secret_of(bytes.fromhex(seed)), bytes.fromhex(key), text.encode(), bytes.fromhex(salt))


ITEMS = {
    'keep': lambda seed, key, salt, *texts: keep(seed, key, salt, texts[min(puts, len(texts) - 1)]),
    'read': lambda key, salt: session.dht_get_mutable_item(bytes.fromhex(key), bytes.fromhex(salt)),
    'keep-fixed': lambda text: print('kept %s' % session.dht_put_immutable_item(text), flush=True),
    'read-fixed': lambda target: session.dht_get_immutable_item(lt.sha1_hash(bytes.fromhex(target))),
}
puts = 0
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
        if job[0] in ITEMS:
            ITEMS[job[0]](*job[1:])
        elif job[0] != 'get':
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
        elif isinstance(alert, (lt.dht_mutable_item_alert, lt.dht_immutable_item_alert)):
            # Its words, since the binding reads no item but a string.
            print('item %s' % alert.message(), flush=True)
        elif isinstance(alert, lt.dht_put_alert) and alert.num_success > 0:
            puts += 1
            print('taken %d by %d' % (alert.seq, alert.num_success), flush=True)
    time.sleep(0.1)
