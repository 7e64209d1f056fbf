#!/usr/bin/python3
"""One flow over TCP, for the interop tests: as fast as it gets.

usage: tcpFlow.py take PORT | give HOST PORT SECONDS

`take` prints `listening`, and then `took BYTES SECONDS` of one connection, of eight seconds after its first two.
"""
import socket
import sys
import time

if sys.argv[1] == 'take':
    server = socket.create_server(('', int(sys.argv[2])))
    print('listening', flush=True)
    flow, _ = server.accept()
    began = time.monotonic()
    count, since = 0, began + 2
    while True:
        chunk = flow.recv(65536)
        if not chunk:
            break
        now = time.monotonic()
        if now >= since:
            count += len(chunk)
        if now >= since + 8:
            print('took %d %.3f' % (count, now - since), flush=True)
            break
else:
    flow = socket.create_connection((sys.argv[2], int(sys.argv[3])))
    end = time.monotonic() + float(sys.argv[4])
    while time.monotonic() < end:
        flow.send(bytes(16384))
