"""Prints each packet that leaves this machine, one a line: interface, source, destination, protocol, ports, flags, bytes.

Ends with its stdin. Packets on loopback leave nothing, and are left out, and so is what finds neighbours (ARP, NDP)."""
import socket
import struct
import sys

ALL = 3
OUTGOING = 4


def words(frame):
    kind = struct.unpack('!H', frame[12:14])[0]
    if kind == 0x0800:
        at = 14 + (frame[14] & 15) * 4
        proto = frame[23]
        source, to = (socket.inet_ntop(socket.AF_INET, frame[n:n + 4]) for n in (26, 30))
    elif kind == 0x86dd:
        at = 54
        proto = frame[20]
        source, to = (socket.inet_ntop(socket.AF_INET6, frame[n:n + 16]) for n in (22, 38))
        if proto in (0, 58):
            return None
    else:
        return None
    name = {6: 'tcp', 17: 'udp'}.get(proto, str(proto))
    if proto not in (6, 17):
        return f'{source} {to} {name} 0 0 - {len(frame) - at}'
    one, other = struct.unpack('!HH', frame[at:at + 4])
    if proto == 17:
        return f'{source} {to} {name} {one} {other} - {len(frame) - at - 8}'
    flags = frame[at + 13]
    shown = ''.join(letter for bit, letter in ((1, 'F'), (2, 'S'), (4, 'R'), (16, 'A')) if flags & bit)
    return f'{source} {to} {name} {one} {other} {shown} {len(frame) - at - (frame[at + 12] >> 4) * 4}'


def main():
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(ALL))
    tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
    print('listening', flush=True)
    while True:
        frame, (name, _, direction, *_) = tap.recvfrom(65536)
        if direction != OUTGOING or name == 'lo':
            continue
        said = words(frame)
        if said is not None:
            print(name, said, flush=True)


main()
