import { equalIds, ID_LENGTH, isTruncated, otherHash } from '../encoding/id.ts';
import { GREETING_LENGTH, isUpgradable } from './handshake.ts';

/** The info-hashes that a torrent has. */
export interface Hashed {
  readonly infoHash: Uint8Array;
  readonly infoHashV2?: Uint8Array | undefined;
}

/** By which info-hashes a torrent is known in handshakes: a hybrid by two of them. BEP 52. */
export class KnownHashes {
  readonly #hashes: Hashed;
  /** Of version 2, if `infoHash` is not that one. */
  readonly #other: Uint8Array | undefined;

  constructor(hashes: Hashed) {
    this.#hashes = hashes;
    this.#other = otherHash(hashes);
  }

  get isHybrid(): boolean {
    return this.#other !== undefined;
  }

  has(infoHash: Uint8Array): boolean {
    return equalIds(infoHash, this.#hashes.infoHash) || (this.#other !== undefined && equalIds(infoHash, this.#other));
  }

  /** Of version 2 if there is a choice, and it is wanted. */
  named(v2: boolean): Uint8Array {
    return (v2 ? this.#other : undefined) ?? this.#hashes.infoHash;
  }

  /** What answers a handshake: that of version 2 if the peer named it, or may take it. */
  answer(theirs: Uint8Array): Uint8Array {
    const infoHash = theirs.subarray(GREETING_LENGTH - ID_LENGTH, GREETING_LENGTH);
    return this.named(isUpgradable(theirs) || isTruncated(infoHash, this.#hashes.infoHashV2));
  }

  isV2(infoHash: Uint8Array): boolean {
    return isTruncated(infoHash, this.#hashes.infoHashV2);
  }
}
