import { bytesOf, decode, dictOf } from '../encoding/bencode.ts';
import { ID_LENGTH } from '../encoding/id.ts';
import { Malformed } from '../encoding/malformed.ts';
import { type DhtItem, signedItem } from './item.ts';

/** What a publisher's torrents are found by: each newer one replaces the one before. BEP 46. */
export interface PublisherKey {
  /** The public key, 32 bytes. */
  readonly key: Uint8Array;
  /** Tells what one key publishes apart; at most 64 bytes. */
  readonly salt?: Uint8Array;
}

/** The torrent that a publisher's item names now. BEP 46. */
export interface Publication {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** The version: a higher one replaces it. */
  readonly seq: number;
}

/**
 * The torrent that an item names; undefined if it is signed by nobody, or is no dictionary with the 20 bytes `ih`. Its
 * signature is the DHT's business. BEP 46.
 */
export const publicationOf = ({ value, signed }: DhtItem): Publication | undefined => {
  if (signed === undefined) return undefined;
  try {
    const infoHash = bytesOf(dictOf(decode(value))?.get('ih'));
    return infoHash?.length === ID_LENGTH ? { infoHash, seq: signed.seq } : undefined;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return undefined;
  }
};

/** The item that names a torrent; `seed` is that of the publisher's private key, 32 bytes. BEP 46. */
export const publicationItem = (
  { infoHash, seq }: Publication,
  { seed, salt }: { readonly seed: Uint8Array; readonly salt?: Uint8Array | undefined },
): DhtItem => signedItem({ ih: infoHash }, { seed, seq, ...(salt && salt.length > 0 && { salt }) });
