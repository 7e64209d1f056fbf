import { catchError, defer, mergeMap, Observable, of, retry, throwError, timer } from 'rxjs';
import { now } from '../../contracts/clock.ts';
import { NetworkError } from '../../contracts/errors.ts';
import type { Connect, PeerAddress, Wire } from '../../contracts/network.ts';
import { addressText } from '../../protocol/encoding/address.ts';
import { LOOPBACK, reachOf } from '../../protocol/encoding/reach.ts';
import { MseInitiator } from '../../protocol/mse/mseInitiator.ts';
import { PLAINTEXT, RC4 } from '../../protocol/mse/mseKeys.ts';
import { silentEnd } from '../silentEnd.ts';
import { DialHistory } from './dialHistory.ts';
import { EncryptionRefused, encryptedWires, KeysUnlucky } from './encryptedWires.ts';
import type { EncryptionOptions, Interfaces } from './encryption.ts';
import { KeyPace } from './keyPace.ts';

/** Keys that are tried with one peer, each on a connection of its own. */
const MAX_KEYS = 3;

/** Is an address one of this machine's? A look at its interfaces costs a tenth of a dial. */
const isHere = (host: string, look: () => Interfaces): boolean =>
  reachOf(host) === LOOPBACK ||
  Object.values(look()).some((addresses) => addresses?.some(({ address }) => address === host));

/** A peer hangs up without a word on torrents that it does not have, too: that says nothing of those that it has. */
const sessionOf = (address: PeerAddress, infoHash: Uint8Array): string =>
  `${addressText(address)} ${Buffer.from(infoHash).toString('hex')}`;

/** Dials with an encrypted handshake, when it is its turn, and once more when the keys were unlucky. */
const keysOf = (connect: Connect, { encryption, randomBytes, note }: EncryptionOptions) => {
  const pace = new KeyPace();
  return (address: PeerAddress, infoHash: Uint8Array): Observable<Wire> => {
    const begun$ = defer(() => {
      const provide = encryption === 'require' ? RC4 : PLAINTEXT | RC4;
      const machine = new MseInitiator({ infoHash, provide, randomBytes });
      const plain = (): never => {
        throw new EncryptionRefused('reset', addressText(address), 'does not encrypt');
      };
      return encryptedWires(connect(address), { address, machine, greeting: machine.greeting, plain, note });
    });
    const inTurn$ = defer(() => {
      const wait = pace.wait(now());
      return wait === 0 ? begun$ : timer(wait).pipe(mergeMap(() => begun$));
    });
    return inTurn$.pipe(
      retry({
        count: MAX_KEYS - 1,
        delay: (error: unknown) => (error instanceof KeysUnlucky ? of(0) : throwError(() => error)),
      }),
    );
  };
};

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
 * in the other the next time, until it refuses that, too: each torrent for itself. Errors as `connect` does, as
 * {@link encryptedWires}, and with
 * `encrypts-only` when a peer hangs up on a plain handshake, and an encrypted one was not tried yet.
 */
export const encryptedConnect = (
  connect: Connect,
  { encryption, randomBytes, note, look = () => ({}) }: EncryptionOptions,
): Connect => {
  const far = new DialHistory(encryption === 'allow' ? 'plain' : 'encrypted');
  const near = new DialHistory('plain');
  const historyOf = ({ host }: PeerAddress): DialHistory => (isHere(host, look) ? near : far);
  const encrypted = keysOf(connect, { encryption, randomBytes, note });
  const plain = (address: PeerAddress, of: string, history: DialHistory): Observable<Wire> =>
    silentEnd(connect(address), {
      ended: () => (history.failed(of, 'plain') ? encryptsOnly(addressText(address)) : undefined),
    });
  return (address, infoHash) => {
    if (encryption === 'require') return infoHash === undefined ? nothingToSay(address) : encrypted(address, infoHash);
    if (infoHash === undefined) return connect(address);
    return defer(() => {
      const history = historyOf(address);
      const of = sessionOf(address, infoHash);
      if (history.next(of) === 'plain') return plain(address, of, history);
      return encrypted(address, infoHash).pipe(
        catchError((error: unknown) => {
          const other = error instanceof EncryptionRefused && history.failed(of, 'encrypted');
          if (!other) return throwError(() => error);
          note?.({ address, direction: '·', what: 'is dialled again, plainly' });
          return plain(address, of, history);
        }),
      );
    });
  };
};

const encryptsOnly = (peer: string): NetworkError =>
  new NetworkError('encrypts-only', peer, 'hung up on a plain handshake');

const nothingToSay = (address: PeerAddress): Observable<never> =>
  throwError(() => {
    const why = 'can be spoken to only about a torrent, as connections have to be encrypted';
    return new NetworkError('unreachable', addressText(address), why);
  });
