import { catchError, Observable, type OperatorFunction, switchMap, throwError, timer } from 'rxjs';
import { asPeerError } from '../src/contracts/blame.ts';
import type { Wire } from '../src/contracts/network.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { blame, fault, Greeting, type Identity } from './internal/greeting.ts';

export type { Identity } from './internal/greeting.ts';

/** Milliseconds for all 68 bytes of the peer's handshake, from the first byte of ours. */
export const HANDSHAKE_WITHIN = 10_000;

export interface HandshakeOptions {
  /** Milliseconds for all of the peer's handshake; {@link HANDSHAKE_WITHIN} if not given. */
  readonly within?: number;
  /** A hybrid is named by its info-hash of version 2 (BEP 52). */
  readonly v2?: boolean;
}

/**
 * Exchanges handshakes, then makes messages of bytes: a wire becomes a peer. BEP 3, 5, 6, 10, 52.
 *
 * ```
 * bytes   -h---H--|
 * writes  h--------
 * gives   -p------|
 * ```
 *
 * The peer is emitted in the middle of the chunk that completed the handshake, and decoding goes on after `next`
 * returns: subscribe to `messages$` inside `next`. A hybrid (`infoHashV2`) is known by either of its info-hashes: a
 * peer that calls is answered by that of version 2 if it may be, and a peer that we call may answer so, too. `state` is
 * updated before `messages$` emits. Completes, like `messages$`, when the peer hangs up.
 *
 * Errors with a `PeerError`: an error of the wire is one from here on ({@link asPeerError}); `timeout` after
 * {@link HANDSHAKE_WITHIN} ms in all, however slowly the bytes come; `reset` if the peer hangs up before;
 * `wrong-info-hash`; `self`; `malformed` and `oversized` for invalid messages.
 *
 * @example
 * addresses$.pipe(
 *   mergeMap((address) => env.connect(address, identity.infoHash).pipe(handshake(identity))),
 *   tap(({ address, id }) => console.log(address, id)),
 * );
 */
export const handshake =
  (
    identity: Identity,
    { within = HANDSHAKE_WITHIN, v2 = false }: HandshakeOptions = {},
  ): OperatorFunction<Wire, Peer> =>
  (wires) =>
    wires.pipe(
      switchMap((wire) => greeted(wire, identity, { within, v2 })),
      catchError((error: unknown) => throwError(() => asPeerError(error))),
    );

const greeted = (wire: Wire, identity: Identity, { within, v2 }: Required<HandshakeOptions>): Observable<Peer> =>
  new Observable((subscriber) => {
    const greeting = new Greeting(wire, identity);
    const deadline = timer(within).subscribe(() =>
      subscriber.error(fault('timeout', wire.address, `no handshake within ${within / 1000} s`)),
    );
    const met = (peer: Peer): boolean => {
      deadline.unsubscribe();
      subscriber.next(peer);
      return !subscriber.closed;
    };
    const next = (chunk: Uint8Array): void => {
      try {
        greeting.hear(chunk, met);
      } catch (error) {
        subscriber.error(blame(wire.address, error));
      }
    };
    const complete = (): void => {
      if (greeting.peer === undefined) subscriber.error(fault('reset', wire.address, 'hung up before the handshake'));
      greeting.end();
      subscriber.complete();
    };
    subscriber.add(deadline);
    subscriber.add(() => greeting.end());
    // A peer that has called may have spoken already: then it is heard within `subscribe`.
    greeting.begin(v2);
    subscriber.add(wire.bytes$.subscribe({ next, error: (error: unknown) => subscriber.error(error), complete }));
  });
