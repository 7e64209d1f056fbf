import { clientName } from '../../protocol/peer/clientName.ts';
import type { Handshake } from '../../protocol/peer/handshake.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import type { Met } from '../../download/session/greetPeer.ts';
import type { ToldAs } from '../../contracts/json/told.ts';
import { hostPort } from './events.ts';
import { visible } from '../io/text.ts';

/** What the reserved bits stand for, by byte and bit. */
const BITS = [
  [0, 0x80, 'Azureus messages'],
  [5, 0x10, 'extension protocol'],
  [7, 0x01, 'DHT'],
  [7, 0x04, 'fast extension'],
  [7, 0x08, 'NAT traversal'],
  [7, 0x10, 'v2'],
] as const;

const promises = ({ reserved }: Handshake): string => {
  const words = BITS.flatMap(([byte, bit, word]) => (((reserved[byte] as number) & bit) !== 0 ? word : []));
  return words.length > 0 ? words.join(', ') : 'none set';
};

/** Both handshakes as one JSON object. */
export const metObject = (
  { peer, theirs, dhtPort }: Met,
  negotiated: boolean,
  pieceCount: number | undefined,
): ToldAs<'handshake'> => {
  const { address, state } = peer;
  // Where a peer listens need not be where we have met it.
  const { ids, port: listensOn, ...said } = state.extensions ?? {};
  return {
    type: 'handshake',
    host: address.host,
    port: address.port,
    source: address.source,
    peerId: toHex(theirs.peerId),
    client: clientName(theirs.peerId),
    infoHash: toHex(theirs.infoHash),
    reserved: toHex(theirs.reserved),
    extended: theirs.extended,
    fast: theirs.fast,
    dht: theirs.dht,
    ...(negotiated && {
      ...(ids && { extensions: Object.fromEntries(ids) }),
      ...said,
      ...(listensOn !== undefined && { listensOn }),
      ...(dhtPort && { dhtPort }),
      ...(pieceCount !== undefined && { pieces: state.have.count, pieceCount }),
    }),
  };
};

/** The first handshake, for the user. */
export const handshakeLines = ({ peer, theirs }: Met): readonly string[] => [
  `Address: ${hostPort(peer.address)}`,
  'Protocol: BitTorrent protocol',
  `Reserved: ${toHex(theirs.reserved)} (${promises(theirs)})`,
  `Info Hash: ${toHex(theirs.infoHash)}`,
  `Peer ID: ${toHex(theirs.peerId)}`,
  `Client: ${clientName(theirs.peerId)}`,
];

const extensionLines = ({ peer }: Met): readonly string[] => {
  const { extensions } = peer.state;
  if (extensions === undefined)
    return [`Extensions: ${peer.state.extended ? 'not received' : 'the peer does not speak the extension protocol'}`];
  const { ids, version, metadataSize, reqq, port, yourIp, ipv4, ipv6, uploadOnly } = extensions;
  const facts: readonly (readonly [string, string | number | undefined])[] = [
    ['Extensions', [...ids].map(([name, id]) => `${visible(name)} ${id}`).join(', ') || 'none'],
    ['Peer Metadata Extension ID', ids.get('ut_metadata')],
    ['Metadata Size', metadataSize],
    ['Requests Kept', reqq],
    ['Client Version', version],
    ['Listens On', port],
    ['Sees Us As', yourIp],
    ['IPv4', ipv4],
    ['IPv6', ipv6],
    ['Uploads Only', uploadOnly === undefined ? undefined : uploadOnly ? 'yes' : 'no'],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : `${name}: ${value}`));
};

const dhtLine = ({ theirs, dhtPort }: Met): string => {
  if (dhtPort !== undefined) return `DHT Port: ${dhtPort}`;
  return `DHT: ${theirs.dht ? 'supported, port not received' : 'not supported'}`;
};

/** Both handshakes, for the user. */
export const negotiationLines = (met: Met, pieceCount: number | undefined): readonly string[] => [
  ...handshakeLines(met),
  ...extensionLines(met),
  dhtLine(met),
  ...(pieceCount === undefined ? [] : [`Pieces: ${met.peer.state.have.count} of ${pieceCount}`]),
];
