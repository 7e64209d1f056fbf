import { createHash } from 'node:crypto';
import { Rc4 } from './rc4.ts';

/** How what follows the handshake is sent: a bit for each, as in `crypto_provide`. */
export const PLAINTEXT = 1;
export const RC4 = 2;

const hash = (...parts: readonly (string | Uint8Array)[]): Uint8Array => {
  const sum = createHash('sha1');
  for (const part of parts) sum.update(part);
  return new Uint8Array(sum.digest());
};

/** What the caller sends first that only a host that has seen its key, and ours, can compute. */
export const callMark = (secret: Uint8Array): Uint8Array => hash('req1', secret);

/** What stands for a torrent: the index by which a torrent is found is made of these. */
export const torrentMark = (infoHash: Uint8Array): Uint8Array => hash('req2', infoHash);

/** Hides the mark of a torrent in what the caller sends, or shows it: doing it twice changes nothing. */
export const maskedMark = (mark: Uint8Array, secret: Uint8Array): Uint8Array => {
  const mask = hash('req3', secret);
  return mark.map((byte, at) => byte ^ (mask[at] as number));
};

/** Ciphers of the two directions. */
export interface Ciphers {
  /** What the caller sends. */
  readonly calling: Rc4;
  /** What the side that was called sends. */
  readonly called: Rc4;
}

export const ciphersOf = (secret: Uint8Array, infoHash: Uint8Array): Ciphers => ({
  calling: new Rc4(hash('keyA', secret, infoHash)),
  called: new Rc4(hash('keyB', secret, infoHash)),
});
