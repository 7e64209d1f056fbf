import {
  combineLatest,
  concatMap,
  defaultIfEmpty,
  defer,
  delay,
  filter,
  map,
  type Observable,
  of,
  race,
  take,
  tap,
  timer,
} from 'rxjs';
import { extensionHandshake } from '../../operators/extensionHandshake.ts';
import { handshake, type Identity } from '../../operators/handshake.ts';
import type { Env } from '../contracts/env.ts';
import type { PeerAddress } from '../contracts/network.ts';
import type { Peer } from '../contracts/peer.ts';
import { InvariantError, PeerError } from '../contracts/errors.ts';
import { addressText } from '../protocol/encoding/address.ts';
import { EXTENSION_HANDSHAKE } from '../protocol/peer/extensions.ts';
import type { Handshake } from '../protocol/peer/handshake.ts';
import type { Message } from '../protocol/peer/messages.ts';
import { UT_PEX } from '../protocol/peer/utPex.ts';
import { tapped } from './tappedWire.ts';

/** Milliseconds for what a peer says beside its extension handshake: what it has, and its DHT port. */
const GRACE = 1_000;
const NAMES = ['ut_metadata', UT_PEX];

/** A peer, and what it said at first. */
export interface Met {
  readonly peer: Peer;
  readonly theirs: Handshake;
  /** Where its DHT node is, if it has told. */
  readonly dhtPort?: number;
}

interface Manners {
  /** Waits for the extension handshake, too. */
  readonly negotiate: boolean;
  /** For all of it: the name, the connection, and what the peer says. */
  /** Seconds in all, and milliseconds that are left of them. */
  readonly deadline: { readonly seconds: number; readonly left: number };
}

const FIELDS: readonly Message['type'][] = ['bitfield', 'haveAll', 'haveNone'];

/**
 * When they have said all that is said at first, or `GRACE` after their extension handshake; emits the port of their
 * DHT node.
 */
const introduced = (peer: Peer, { dht }: Handshake): Observable<number | undefined> => {
  type Told = Observable<Message | undefined>;
  const first = (wanted: (message: Message) => boolean): Told => peer.messages$.pipe(filter(wanted), take(1));
  const named$: Told = peer.state.extended
    ? first((message) => message.type === 'extended' && message.id === EXTENSION_HANDSHAKE)
    : of(undefined);
  let port: number | undefined;
  const port$ = (dht ? first(({ type }) => type === 'port') : of(undefined)).pipe(
    tap((message) => {
      if (message?.type === 'port') ({ port } = message);
    }),
  );
  const all$ = combineLatest([named$, first(({ type }) => FIELDS.includes(type)), port$]);
  return race(all$, named$.pipe(delay(GRACE))).pipe(map(() => port));
};

/**
 * Dials one peer and exchanges handshakes; when `negotiate`, extension handshakes too. Emits once and hangs up. A peer
 * that does not say all of itself within the time, or hangs up before, is emitted as far as it is known.
 *
 * Errors with a `PeerError` as `connect` and `handshake` do, and with `timeout` if there is no handshake in time.
 *
 * @see BEP 3, BEP 5, BEP 10
 */
export const greetPeer = (
  env: Pick<Env, 'connect'>,
  address: PeerAddress,
  identity: Identity,
  { negotiate, deadline }: Manners,
): Observable<Met> =>
  defer(() => {
    let theirs: Handshake | undefined;
    let known: Met | undefined;
    let connected = false;
    const listener = {
      heard: (direction: string, said: { readonly type: string }): void => {
        if (direction === '<' && said.type === 'handshake') theirs = said as Handshake & typeof said;
      },
    };
    const late$ = timer(deadline.left).pipe(
      map((): Met => {
        if (known !== undefined) return known;
        const missing = connected ? 'no handshake' : 'no connection';
        throw new PeerError('timeout', `${addressText(address)}: ${missing} within ${deadline.seconds} s`);
      }),
    );
    const met$ = env.connect(address).pipe(
      tap(() => (connected = true)),
      map((wire) => tapped(wire, listener)),
      handshake(identity),
      extensionHandshake({ names: negotiate ? NAMES : [] }),
      concatMap((peer) => {
        if (theirs === undefined) throw new InvariantError('a peer without a handshake');
        const met = (known = { peer, theirs });
        if (!negotiate) return of(met);
        return introduced(peer, theirs).pipe(
          map((dhtPort) => ({ ...met, ...(dhtPort && { dhtPort }) })),
          defaultIfEmpty(met),
        );
      }),
    );
    return race(met$, late$).pipe(take(1));
  });
