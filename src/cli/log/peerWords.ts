import { addressText } from '../../protocol/encoding/address.ts';
import { clientName } from '../../protocol/peer/clientName.ts';
import { decodeExtensionHandshake, EXTENSION_HANDSHAKE } from '../../protocol/peer/extensions.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import { Malformed } from '../../protocol/encoding/malformed.ts';
import { NAMES } from '../../protocol/peer/messageNames.ts';
import { decodeHolepunch, UT_HOLEPUNCH } from '../../protocol/peer/utHolepunch.ts';
import { decodeMetadata, UT_METADATA } from '../../protocol/peer/utMetadata.ts';
import { decodePex, UT_PEX } from '../../protocol/peer/utPex.ts';
import { visible } from '../io/text.ts';
import { counted } from '../io/units.ts';
import type { Direction, Said } from '../../protocol/peer/spoken.ts';

const ones = (bytes: Uint8Array): number =>
  bytes.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);

const introduction = (payload: Uint8Array): string => {
  const { ids, version, reqq, metadataSize, port, yourIp, uploadOnly } = decodeExtensionHandshake(payload);
  const facts = [
    [...ids].map(([name, id]) => `${visible(name)} ${id}`).join(', '),
    version,
    reqq && `keeps ${counted(reqq, 'request')}`,
    metadataSize && `metadata of ${counted(metadataSize, 'byte')}`,
    port && `listens at ${port}`,
    yourIp && `sees ${yourIp}`,
    uploadOnly && 'uploads only',
  ];
  // A later handshake contains only what has changed.
  return `extension handshake: ${facts.filter(Boolean).join('; ') || 'nothing'}`;
};

const pex = (payload: Uint8Array): string => {
  const { added, dropped } = decodePex(payload);
  return `ut_pex: ${counted(added.length, 'peer')} came, ${dropped.length} went`;
};

const metadata = (payload: Uint8Array): string => {
  const message = decodeMetadata(payload);
  if (message === undefined) return 'ut_metadata: of a kind not known';
  const length = message.type === 'data' ? `, ${counted(message.bytes.length, 'byte')}` : '';
  return `ut_metadata: ${message.type} piece ${message.piece}${length}`;
};

const holepunch = (payload: Uint8Array): string => {
  const message = decodeHolepunch(payload);
  if (message === undefined) return 'ut_holepunch: of a kind not known';
  const { type, error } = message;
  return `ut_holepunch: ${type} ${addressText(message)}${type === 'error' ? `, code ${error}` : ''}`;
};

/** One side of a connection in words; it knows the extensions by the ids that the other side gave them. */
export class PeerWords {
  readonly #ids: Readonly<Record<Direction, Map<number, string>>> = { '<': new Map(), '>': new Map() };

  of(direction: Direction, said: Said): string {
    switch (said.type) {
      case 'handshake': {
        const can = [said.extended && 'extensions', said.fast && 'fast', said.dht && 'DHT'].filter(Boolean).join(', ');
        return `handshake: ${clientName(said.peerId)}, torrent ${toHex(said.infoHash)}${can && `; ${can}`}`;
      }
      case 'have':
      case 'suggest':
        return `${said.type} piece ${said.piece}`;
      case 'allowedFast':
        return `allowed fast: piece ${said.piece}`;
      case 'bitfield':
        return `bitfield: has ${counted(ones(said.bytes), 'piece')}`;
      case 'request':
      case 'cancel':
      case 'reject':
        return `${said.type} piece ${said.piece} from ${said.begin}, ${counted(said.length, 'byte')}`;
      case 'piece':
        return `block of piece ${said.piece} from ${said.begin}, ${counted(said.bytes.length, 'byte')}`;
      case 'port':
        return `port: a DHT node is at ${said.port}`;
      case 'extended':
        return this.#extended(direction, said.id, said.payload);
      case 'unknown':
        return `message ${said.id}, not known, ${counted(said.length, 'byte')}`;
      default:
        return NAMES[said.type] ?? said.type;
    }
  }

  /** The same word for messages that are told as one line. */
  kindOf(direction: Direction, said: Said): string {
    return said.type === 'extended' ? `${said.type} ${this.#nameOf(direction, said.id)}` : said.type;
  }

  #nameOf(direction: Direction, id: number): string {
    if (id === EXTENSION_HANDSHAKE) return 'extension handshake';
    // The side that hears a message has said by which id.
    return this.#ids[direction === '<' ? '>' : '<'].get(id) ?? `extension ${id}`;
  }

  #extended(direction: Direction, id: number, payload: Uint8Array): string {
    const name = this.#nameOf(direction, id);
    try {
      if (id === EXTENSION_HANDSHAKE) {
        for (const [extension, theirs] of decodeExtensionHandshake(payload).ids)
          this.#ids[direction].set(theirs, extension);
        return introduction(payload);
      }
      if (name === UT_PEX) return pex(payload);
      if (name === UT_METADATA) return metadata(payload);
      if (name === UT_HOLEPUNCH) return holepunch(payload);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      return `${visible(name)}: malformed: ${visible(error.message)}`;
    }
    return `${visible(name)}: ${counted(payload.length, 'byte')}`;
  }
}
