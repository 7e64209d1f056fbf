import { catchError, Observable, type OperatorFunction, switchMap, throwError, timer } from 'rxjs';
import { asPeerError } from '../src/contracts/blame.ts';
import type { Wire } from '../src/contracts/network.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { encodeHandshake } from '../src/protocol/peer/handshake.ts';
import { blame, fault, Greeting, type Identity } from './internal/greeting.ts';

export type { Identity } from './internal/greeting.ts';

/** Milliseconds for all 68 bytes of the peer's handshake, from the first byte of ours. */
export const HANDSHAKE_WITHIN = 10_000;

/**
 * Exchanges handshakes, then makes messages of bytes: a wire becomes a peer. BEP 3, 5, 6, 10.
 *
 * ```
 * bytes   -h---H--|
 * writes  h--------
 * gives   -p------|
 * ```
 *
 * The peer is emitted in the middle of the chunk that completed the handshake, and decoding goes on after `next`
 * returns: subscribe to `messages$` inside `next`. `state` is updated before `messages$` emits. Completes, like
 * `messages$`, when the peer hangs up.
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
    { within = HANDSHAKE_WITHIN }: { readonly within?: number } = {},
  ): OperatorFunction<Wire, Peer> =>
  (wires) =>
    wires.pipe(
      switchMap((wire) => greeted(wire, identity, within)),
      catchError((error: unknown) => throwError(() => asPeerError(error))),
    );

const greeted = (wire: Wire, identity: Identity, within: number): Observable<Peer> =>
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
    wire.write(encodeHandshake({ ...identity, fast: true, extended: true }));
    subscriber.add(wire.bytes$.subscribe({ next, error: (error: unknown) => subscriber.error(error), complete }));
  });
