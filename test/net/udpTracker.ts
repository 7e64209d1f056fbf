import { createSocket } from 'node:dgram';
import { onTestFinished } from 'vitest';

/** Says what to answer to a packet; or answers later by `reply`, or from another port by `forge`. */
export type Script = (
  asked: Uint8Array,
  reply: (bytes: Uint8Array) => void,
  forge: (bytes: Uint8Array) => void,
) => readonly Uint8Array[];

const EVENTS = ['', 'completed', 'started', 'stopped'];

const word = (bytes: Uint8Array, at: number): number =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readUInt32BE(at);

const words = (...numbers: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * numbers.length);
  numbers.forEach((each, index) => bytes.writeUInt32BE(each, 4 * index));
  return bytes;
};

/** What an honest tracker answers: connection 5 5, one peer, seven seeds a torrent. */
export const answer = (asked: Uint8Array, peers: Uint8Array = Uint8Array.of(10, 0, 0, 1, 0x1a, 0xe1)): Uint8Array => {
  const [action, transaction] = [word(asked, 8), word(asked, 12)];
  if (action === 0) return words(0, transaction, 5, 5);
  if (action === 1) return Buffer.concat([words(1, transaction, 1800, 3, 4), peers]);
  return words(2, transaction, ...Array.from({ length: Math.floor((asked.length - 16) / 20) }, () => [7, 8, 9]).flat());
};

export const error = (asked: Uint8Array, text: string): Uint8Array =>
  Buffer.concat([words(3, word(asked, 12)), Buffer.from(text)]);

const title = (asked: Uint8Array): string => {
  const action = word(asked, 8);
  if (action !== 1) return action === 0 ? 'connect' : 'scrape';
  return EVENTS[word(asked, 80)] || 'announce';
};

/** A tracker on 127.0.0.1 or ::1 that does as it is told, until the test ends. */
export const udpTracker = async (
  script: Script = (asked) => [answer(asked)],
  host: '127.0.0.1' | '::1' = '127.0.0.1',
) => {
  const type = host === '::1' ? 'udp6' : 'udp4';
  const [socket, other] = [createSocket(type), createSocket(type)];
  const heard: string[] = [];
  const packets: Uint8Array[] = [];
  socket.on('message', (asked, { address, port }) => {
    heard.push(title(asked));
    packets.push(asked);
    const reply = (bytes: Uint8Array): void => socket.send(bytes, port, address);
    for (const bytes of script(asked, reply, (forged) => other.send(forged, port, address))) reply(bytes);
  });
  await new Promise<void>((resolve) => socket.bind(0, host, resolve));
  onTestFinished(() => {
    socket.close();
    other.close();
  });
  const { port } = socket.address();
  return { url: `udp://${host === '::1' ? '[::1]' : host}:${port}/announce`, port, heard: () => heard, packets };
};
