#!/usr/bin/python3
"""Makes a torrent with libtorrent's own creator, and prints its two info-hashes.

usage: libtorrentCreate.py PATH PIECE_LENGTH v2|hybrid TRACKER OUT
"""
import os
import sys

import libtorrent as lt

path, piece_length, version, tracker, out = sys.argv[1:6]
files = lt.file_storage()
lt.add_files(files, path)
flags = {'v2': lt.create_torrent_flags_t.v2_only}
options = {'flags': flags[version]} if version in flags else {}
torrent = lt.create_torrent(files, piece_size=int(piece_length), **options)
if tracker:
    torrent.add_tracker(tracker)
lt.set_piece_hashes(torrent, os.path.dirname(path))
with open(out, 'wb') as file:
    file.write(lt.bencode(torrent.generate()))
hashes = lt.torrent_info(out).info_hashes()
print(hashes.v1, hashes.v2)
