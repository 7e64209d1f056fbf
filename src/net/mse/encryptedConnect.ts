import { catchError, defer, Observable, of, retry, type Subscription, take, tap, throwError } from 'rxjs';
import { NetworkError } from '../../contracts/errors.ts';
import type { Connect, PeerAddress, Wire } from '../../contracts/network.ts';
import { addressText } from '../../protocol/encoding/address.ts';
import { LOOPBACK, reachOf } from '../../protocol/encoding/reach.ts';
import { MseInitiator } from '../../protocol/mse/mseInitiator.ts';
import { PLAINTEXT, RC4 } from '../../protocol/mse/mseKeys.ts';
import { DialHistory } from './dialHistory.ts';
import { EncryptionRefused, encryptedWires, KeysUnlucky } from './encryptedWires.ts';
import type { EncryptionOptions } from './encryption.ts';

/** Keys that are tried with one peer, each on a connection of its own. */
const MAX_KEYS = 3;

/** Calls `then` when the first byte comes. */
const firstByte = (wire: Wire, then: () => void): Subscription =>
  wire.bytes$.pipe(take(1)).subscribe({ next: then, error: () => undefined });

/** Emits the same wires; `refused` is called if one closes before a byte has come. */
const noticed = (wires: Observable<Wire>, refused: () => void): Observable<Wire> =>
  new Observable((subscriber) => {
    let isSilent = false;
    const ended = (): void => {
      if (isSilent) refused();
    };
    const next = (wire: Wire): void => {
      isSilent = true;
      subscriber.add(firstByte(wire, () => (isSilent = false)));
      subscriber.next(wire);
    };
    return wires.pipe(tap({ error: ended, complete: ended })).subscribe({
      next,
      error: (error: unknown) => subscriber.error(error),
      complete: () => subscriber.complete(),
    });
  });

/**
 * Dials peers as {@link Encryption} says.
 *
 * ```
 *   dials    e--p        prefer: the peer hung up on an encrypted handshake
 *   result   ----w
 * ```
 *
 * Without an info-hash a peer can't be dialled but plainly. On the way to a peer on this machine there is nobody to
 * hide from, so that one is dialled plainly, unless encryption is required. A peer that has refused one way is dialled
 * in the other the next time, until it refuses that, too. Errors as `connect` does, and as {@link encryptedWires}.
 */
export const encryptedConnect = (connect: Connect, { encryption, randomBytes, note }: EncryptionOptions): Connect => {
  const far = new DialHistory(encryption === 'allow' ? 'plain' : 'encrypted');
  const near = new DialHistory('plain');
  const historyOf = ({ host }: PeerAddress): DialHistory => (reachOf(host) === LOOPBACK ? near : far);
  const encrypted = (address: PeerAddress, infoHash: Uint8Array): Observable<Wire> =>
    defer(() => {
      const provide = encryption === 'require' ? RC4 : PLAINTEXT | RC4;
      const machine = new MseInitiator({ infoHash, provide, randomBytes });
      const plain = (): never => {
        throw new EncryptionRefused('reset', addressText(address), 'does not encrypt');
      };
      return encryptedWires(connect(address), { address, machine, greeting: machine.greeting, plain, note });
    }).pipe(
      retry({
        count: MAX_KEYS - 1,
        delay: (error: unknown) => (error instanceof KeysUnlucky ? of(0) : throwError(() => error)),
      }),
    );
  const plain = (address: PeerAddress): Observable<Wire> =>
    noticed(connect(address), () => historyOf(address).failed(addressText(address), 'plain'));
  return (address, infoHash) => {
    if (encryption === 'require') return infoHash === undefined ? nothingToSay(address) : encrypted(address, infoHash);
    if (infoHash === undefined) return connect(address);
    return defer(() => {
      const history = historyOf(address);
      if (history.next(addressText(address)) === 'plain') return plain(address);
      return encrypted(address, infoHash).pipe(
        catchError((error: unknown) => {
          if (!(error instanceof EncryptionRefused)) return throwError(() => error);
          history.failed(addressText(address), 'encrypted');
          note?.({ address, direction: '·', what: 'is dialled again, plainly' });
          return plain(address);
        }),
      );
    });
  };
};

const nothingToSay = (address: PeerAddress): Observable<never> =>
  throwError(() => {
    const why = 'can be spoken to only about a torrent, as connections have to be encrypted';
    return new NetworkError('unreachable', addressText(address), why);
  });
