import { toHex } from '../../protocol/encoding/id.ts';
import { decodeKrpc, type Krpc, type Question } from '../../protocol/dht/krpc.ts';
import { decodeLsd } from '../../protocol/lan/lsd.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { decodeUdpReply, type UdpReply } from '../../protocol/tracker/udpTrackerPackets.ts';
import { visible } from '../io/text.ts';
import { counted, duration } from '../io/units.ts';
import { itemTarget } from '../../protocol/dht/item.ts';
import type { Room } from '../args/logRooms.ts';
import type { Direction } from '../../protocol/peer/spoken.ts';

const question = (asked: Question): string => {
  switch (asked.method) {
    case 'ping':
      return 'ping';
    case 'find_node':
      return `find_node ${toHex(asked.target)}`;
    case 'get_peers':
      return `get_peers ${toHex(asked.infoHash)}`;
    case 'announce_peer':
      return `announce_peer ${toHex(asked.infoHash)}, port ${asked.impliedPort ? 'of the packet' : asked.port}`;
    case 'get':
    case 'sample_infohashes':
      return `${asked.method} ${toHex(asked.target)}`;
    case 'put':
      return `put ${toHex(itemTarget(asked.item))}`;
    case 'invalid':
      return `a query that is no query: ${visible(asked.message)}`;
  }
};

const krpc = (packet: Krpc): string => {
  if (packet.type === 'query') return question(packet.question);
  if (packet.type === 'error') return `error ${packet.code}: ${visible(packet.message)}`;
  const { nodes, peers, token } = packet;
  const facts = [
    peers && counted(peers.length, 'peer'),
    nodes && counted(nodes.length, 'node'),
    token && 'a token',
  ].filter(Boolean);
  return `reply: ${facts.join(', ') || 'here I am'}`;
};

const lsd = (bytes: Uint8Array): string => {
  const { port, infoHashes } = decodeLsd(bytes);
  return `has ${infoHashes.map(toHex).join(', ')}, listens at ${port}`;
};

const reply = (answer: UdpReply): string => {
  switch (answer.type) {
    case 'connect':
      return 'connected';
    case 'announce':
      return `${counted(answer.reply.peers.length, 'peer')}, next announce in ${duration(answer.reply.interval)}`;
    case 'scrape':
      return `counts of ${counted(answer.counts.length, 'torrent')}`;
    case 'error':
      return `error: ${visible(answer.reason)}`;
  }
};

const EVENTS = ['', ', completed', ', started', ', stopped'];

const request = (bytes: Uint8Array): string => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const action = view.getUint32(8);
  if (action === 0) return 'connect';
  if (action === 2) return 'scrape';
  return `announce${EVENTS[view.getUint32(80)] ?? ''}, port ${view.getUint16(96)}`;
};

/** KRPC packets are dictionaries: `d…e`. */
const isDictionary = (bytes: Uint8Array): boolean => bytes[0] === 0x64 && bytes.at(-1) === 0x65;

/** A datagram in words, and its room. Never throws because of the bytes. */
export const packetWords = (
  direction: Direction,
  bytes: Uint8Array,
  multicast: boolean,
  family: 4 | 6,
): readonly [room: Room, what: string] => {
  const room = multicast ? 'lsd' : isDictionary(bytes) ? 'dht' : 'tracker';
  const tell = (): string => {
    if (room === 'lsd') return lsd(bytes);
    if (room === 'dht') return krpc(decodeKrpc(bytes));
    return direction === '>' ? request(bytes) : reply(decodeUdpReply(bytes, family));
  };
  try {
    return [room, tell()];
  } catch (error) {
    if (error instanceof Malformed) return [room, `malformed: ${visible(error.message)}`];
    // Shorter than any packet of ours: not sent by us.
    if (error instanceof RangeError) return [room, counted(bytes.length, 'byte')];
    throw error;
  }
};
