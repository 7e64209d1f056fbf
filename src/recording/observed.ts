import type { Datagram, HttpStream, Listening, PeerAddress, UdpSocket } from '../contracts/network.ts';
import type { Storage } from '../contracts/storage.ts';
import type { Caller, Channel, StorageShape, Values } from './values.ts';

const shapeOf = (storage: Storage): StorageShape => ({
  place: storage.place,
  paths: storage.paths,
  ordered: storage.ordered === true,
  boot: storage.notes.boot,
  digest: 'digest' in storage,
  writev: 'writev' in storage,
});

const callerOf = ({ host, port, source, wire$ }: PeerAddress): Caller => ({
  host,
  port,
  source,
  wire: wire$ !== undefined,
});

/** What is written down of what the world has emitted; of `bytes` the recorder knows itself. */
export const writtenValue = (channel: Exclude<Channel, 'bytes'>, value: unknown): Values[Channel] => {
  switch (channel) {
    case 'connect':
    case 'wire':
      return undefined;
    case 'listen':
      return (value as Listening).port;
    case 'calls':
      return callerOf(value as PeerAddress);
    case 'udp': {
      const { port, moved$ } = value as UdpSocket;
      return { port, moves: moved$ !== undefined };
    }
    case 'answer': {
      const { status, url, headers } = value as HttpStream;
      return { status, url, headers };
    }
    case 'body':
      return (value as Uint8Array).length;
    case 'datagrams': {
      const { bytes, from } = value as Datagram;
      return { ...from, bytes };
    }
    case 'undelivered': {
      const { to, why } = value as { readonly to: Datagram['from']; readonly why: string };
      return { ...to, why };
    }
    case 'storage':
      return shapeOf(value as Storage);
    default:
      return value;
  }
};

/** A copy of what is only lent. */
export const keptValue = (channel: Channel, value: unknown): unknown => {
  if (channel === 'bytes' || channel === 'body') return (value as Uint8Array).slice();
  if (channel !== 'datagrams') return value;
  const { bytes, from } = value as Datagram;
  return { bytes: bytes.slice(), from } satisfies Datagram;
};

/** What a subscriber is told, in a word: `stored 3`, `choke outbid`, `done`. */
export const eventText = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return String(value);
  const { type, index, reason } = value as Readonly<Record<'type' | 'index' | 'reason', unknown>>;
  if (typeof type !== 'string') return '';
  if ((type === 'choke' || type === 'unchoke') && typeof reason === 'string') return `${type} ${reason}`;
  return typeof index === 'number' ? `${type} ${index}` : type;
};
