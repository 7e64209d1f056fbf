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
import { extensionHandshake } from '../../../operators/extensionHandshake.ts';
import { handshake, type Identity } from '../../../operators/handshake.ts';
import type { Env } from '../../contracts/env.ts';
import type { PeerAddress } from '../../contracts/network.ts';
import type { Peer } from '../../contracts/peer.ts';
import { InvariantError, PeerError } from '../../contracts/errors.ts';
import { addressText } from '../../protocol/encoding/address.ts';
import { EXTENSION_HANDSHAKE } from '../../protocol/peer/extensions.ts';
import type { Handshake } from '../../protocol/peer/handshake.ts';
import type { Message } from '../../protocol/peer/messages.ts';
import { UT_PEX } from '../../protocol/peer/utPex.ts';
import { tapped } from './tappedWire.ts';

/** Milliseconds for the messages that follow a peer's extension handshake: which pieces it has, and its DHT port. */
const GRACE = 1_000;
const NAMES = ['ut_metadata', UT_PEX];

/** A peer, and its first messages. */
export interface Met {
  readonly peer: Peer;
  readonly theirs: Handshake;
  /** The address of its DHT node, if it has sent the port. */
  readonly dhtPort?: number;
}

interface Manners {
  /** Waits for the extension handshake, too. */
  readonly negotiate: boolean;
  /** Milliseconds for everything: the lookup, the connection, and the peer's messages. */
  /** Seconds in all, and milliseconds that are left of them. */
  readonly deadline: { readonly seconds: number; readonly left: number };
}

const FIELDS: readonly Message['type'][] = ['bitfield', 'haveAll', 'haveNone'];

/**
 * Emits when the peer has sent all of its first messages, or `GRACE` after its extension handshake: the port of its DHT
 * node.
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
 * Dials one peer and exchanges handshakes, with `negotiate` extension handshakes too. Emits once and hangs up. If the
 * peer does not send everything in time, or hangs up before, what is known of it is emitted.
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
