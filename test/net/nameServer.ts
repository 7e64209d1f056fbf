import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import { onTestFinished } from 'vitest';
import { parseIp } from '../../src/protocol/encoding/ip.ts';

const TYPES: Readonly<Record<number, 'A' | 'AAAA'>> = { 1: 'A', 28: 'AAAA' };
const CODES = { none: 0, servfail: 2, nxdomain: 3, refused: 5 } as const;

export interface Asked {
  readonly name: string;
  readonly type: string;
}

/** Addresses, a refusal, silence, an answer that does not fit into a packet, bytes that are none. */
export type Said = readonly string[] | keyof typeof CODES | 'silence' | 'truncated' | 'garbage';

const asked = (query: Buffer): Asked & { readonly end: number } => {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: TYPES[query.readUInt16BE(at + 1)] ?? 'other', end: at + 5 };
};

const reply = (query: Buffer, end: number, said: readonly string[] | keyof typeof CODES, truncated = false): Buffer => {
  const addresses = typeof said === 'string' ? [] : said;
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 | (truncated ? 0x0200 : 0) | (typeof said === 'string' ? CODES[said] : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  const records = addresses.map((address) => {
    const ip = parseIp(address) ?? new Uint8Array();
    const record = Buffer.from([0xc0, 12, 0, ip.length === 4 ? 1 : 28, 0, 1, 0, 0, 0, 60, 0, ip.length]);
    return Buffer.concat([record, ip]);
  });
  return Buffer.concat([header, query.subarray(12, end), ...records]);
};

/** Both kinds of sockets at one port: one that is free for UDP may be taken for TCP, and then another one is tried. */
const bound = async (host: string, wanted: number, server: Server): Promise<Socket> => {
  for (;;) {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(wanted, host, resolve));
    const listening = new Promise<boolean>((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException) =>
        error.code === 'EADDRINUSE' && wanted === 0 ? resolve(false) : reject(error);
      server.once('error', failed).listen(socket.address().port, host, () => resolve(true));
    });
    if (await listening) return socket;
    server.removeAllListeners('listening');
    socket.close();
  }
};

/** A name server on this machine, until the test ends: where, and what it was asked. */
export const nameServer = async (
  say: (question: Asked) => Said,
  { after = 0, host = '127.0.0.1', port: wanted = 0 } = {},
): Promise<{ readonly at: string; readonly heard: readonly Asked[] }> => {
  const heard: Asked[] = [];
  const answer = (query: Buffer, { port, address }: RemoteInfo): void => {
    // Somebody who takes us for a tracker.
    if (query.length < 17) return;
    const { end, ...question } = asked(query);
    heard.push(question);
    const said = say(question);
    if (said === 'silence') return;
    const bytes =
      said === 'garbage'
        ? Buffer.from('no answer at all')
        : said === 'truncated'
          ? reply(query, end, [], true)
          : reply(query, end, said);
    setTimeout(() => socket.send(bytes, port, address), after).unref();
  };
  // A caller that is told too little asks again over TCP.
  const server = createServer((caller) => {
    caller.on('error', () => undefined);
    caller.once('data', (framed) => {
      const { end } = asked(framed.subarray(2));
      const bytes = reply(framed.subarray(2), end, ['192.0.2.77']);
      caller.end(Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]));
    });
  });
  const socket = await bound(host, wanted, server);
  socket.on('message', answer);
  const { port } = socket.address();
  onTestFinished(() => {
    socket.close();
    server.close();
  });
  return { at: `${host}:${port}`, heard };
};
