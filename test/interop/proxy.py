"""A proxy for tests: proxy.py HOST:PORT KIND [NAME=ADDRESS ...], KIND one of socks5, socks4a, http.

SOCKS5 relays datagrams, too. A name leads where the arguments say, and nowhere else."""
import select
import socket
import struct
import sys
import threading

HOST, PORT = sys.argv[1].rsplit(':', 1)
KIND = sys.argv[2]
NAMES = dict(each.split('=') for each in sys.argv[3:])


def read(sock, size):
    got = b''
    while len(got) < size:
        more = sock.recv(size - len(got))
        if not more:
            raise EOFError
        got += more
    return got


def until(sock, end):
    got = b''
    while not got.endswith(end):
        got += read(sock, 1)
    return got[:-len(end)]


def parsed(data):
    if data[0] == 1:
        return socket.inet_ntoa(data[1:5]), struct.unpack('!H', data[5:7])[0], 7
    size = data[1]
    return data[2:2 + size].decode(), struct.unpack('!H', data[2 + size:4 + size])[0], 4 + size


def led(name):
    print('for', name, flush=True)
    return NAMES.get(name, name)


def pump(one, other):
    while True:
        ready, _, _ = select.select([one, other], [], [])
        for sock in ready:
            data = sock.recv(65536)
            if not data:
                return
            (other if sock is one else one).sendall(data)


def relay(control):
    near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    near.bind((HOST, 0))
    far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    far.bind(('', 0))
    # What it says of its own address is a lie: nobody is to send there.
    control.sendall(b'\x05\0\0\x01' + socket.inet_aton('10.78.2.2') + struct.pack('!H', near.getsockname()[1]))
    client = None
    while True:
        ready, _, _ = select.select([near, far, control], [], [])
        if control in ready and not control.recv(1):
            return
        if near in ready:
            data, client = near.recvfrom(65536)
            host, port, size = parsed(data[3:])
            far.sendto(data[3 + size:], (led(host), port))
        if far in ready and client:
            data, (host, port) = far.recvfrom(65536)
            near.sendto(b'\0\0\0\x01' + socket.inet_aton(host) + struct.pack('!H', port) + data, client)


def socks5(sock):
    read(sock, read(sock, 2)[1])
    sock.sendall(b'\x05\0')
    _, command, _, kind = read(sock, 4)
    size = 4 if kind == 1 else read(sock, 1)[0]
    raw = read(sock, size + 2)
    host, port, _ = parsed(bytes([kind]) + (b'' if kind == 1 else bytes([size])) + raw)
    if command == 3:
        return relay(sock)
    other = socket.create_connection((led(host), port))
    sock.sendall(b'\x05\0\0\x01' + b'\0' * 6)
    pump(sock, other)


def socks4a(sock):
    _, _, port, ip = struct.unpack('!BBH4s', read(sock, 8))
    until(sock, b'\0')
    host = until(sock, b'\0').decode() if ip == b'\0\0\0\x01' else socket.inet_ntoa(ip)
    other = socket.create_connection((led(host), port))
    sock.sendall(b'\0\x5a' + b'\0' * 6)
    pump(sock, other)


def http(sock):
    host, port = until(sock, b'\r\n\r\n').split(b' ')[1].decode().rsplit(':', 1)
    other = socket.create_connection((led(host), int(port)))
    sock.sendall(b'HTTP/1.1 200 OK\r\n\r\n')
    pump(sock, other)


def serve(sock):
    try:
        {'socks5': socks5, 'socks4a': socks4a, 'http': http}[KIND](sock)
    except (EOFError, OSError):
        pass
    finally:
        sock.close()


server = socket.create_server((HOST, int(PORT)), backlog=100)
print('listening', flush=True)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
