import {
  combineLatest,
  defer,
  delay,
  filter,
  map,
  type MonoTypeOperatorFunction,
  type Observable,
  of,
  race,
  retry,
  startWith,
  switchMap,
  take,
  takeLast,
  takeUntil,
  takeWhile,
  tap,
  throwError,
  throwIfEmpty,
  timer,
} from 'rxjs';
import type { Identity } from '../../../operators/handshake.ts';
import type { Env } from '../../contracts/env.ts';
import type { PeerAddress, Wire } from '../../contracts/network.ts';
import { rewired } from '../../contracts/wires.ts';
import type { Peer } from '../../contracts/peer.ts';
import { InvariantError, PeerError } from '../../contracts/errors.ts';
import { addressText } from '../../protocol/encoding/address.ts';
import { EXTENSION_HANDSHAKE } from '../../protocol/peer/extensions.ts';
import type { Handshake } from '../../protocol/peer/handshake.ts';
import type { Message } from '../../protocol/peer/messages.ts';
import { SpokenDecoder } from '../../protocol/peer/spoken.ts';
import { UT_PEX } from '../../protocol/peer/utPex.ts';
import { type Joining, peerSession } from './peerSession.ts';

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

/** How a peer is greeted. */
export interface Greeting {
  readonly identity: Identity;
  /** Waits for the extension handshake, too. */
  readonly negotiate: boolean;
  /** Seconds for everything (the lookup, the connection, and the peer's messages), and milliseconds left of them. */
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

/** What is known of a peer, and whether that is all. */
interface Known {
  readonly met: Met;
  readonly whole: boolean;
}

const knownOf = (met: Met, negotiate: boolean): Observable<Known> =>
  negotiate
    ? introduced(met.peer, met.theirs).pipe(
        map((dhtPort) => ({ met: { ...met, ...(dhtPort && { dhtPort }) }, whole: true })),
        startWith({ met, whole: false }),
      )
    : of({ met, whole: true });

/** Until all is known, or the time is over. */
const inTime = (known$: Observable<Known>, { left }: Greeting['deadline']): Observable<Known> =>
  known$.pipe(
    takeWhile(({ whole }) => !whole, true),
    takeUntil(timer(left)),
  );

const late = (address: PeerAddress, missing: string, { seconds }: Greeting['deadline']): PeerError =>
  new PeerError('timeout', `${addressText(address)}: ${missing} within ${seconds} s`);

/** A peer that hangs up on a plain handshake is dialled once more, encrypted. */
const inTheOtherWay: MonoTypeOperatorFunction<Peer> = retry({
  count: 1,
  delay: (error: unknown) =>
    error instanceof PeerError && error.code === 'encrypts-only' ? of(undefined) : throwError(() => error),
});

/** For a peer that is greeted on its own. */
const alone: Joining = { funnel: { reached: () => {} }, joined: () => {} };

/**
 * Dials one peer and exchanges handshakes, with `negotiate` extension handshakes too. Emits once and hangs up. If the
 * peer does not send everything in time, or hangs up before, what is known of it is emitted.
 *
 * ```
 * dials   -w
 * they    --h--e-b--
 * gives   -------(m|)   m: the peer, and what it has sent
 * ```
 *
 * @throws PeerError as `connect` and `handshake` do, and `timeout` if there is no handshake in time
 *
 * @see BEP 3, BEP 5, BEP 10
 */
export const greetPeer = (
  env: Pick<Env, 'connect'>,
  address: PeerAddress,
  { identity, negotiate, deadline }: Greeting,
  { funnel, joined }: Joining = alone,
): Observable<Met> =>
  defer(() => {
    let [theirs, connected]: [Handshake | undefined, boolean] = [undefined, false];
    const listened = (wire: Wire): Wire => {
      const spoken = new SpokenDecoder({ heard: (said) => said.type === 'handshake' && (theirs = said) });
      return rewired(wire, { bytes$: wire.bytes$.pipe(tap((chunk) => spoken.push(chunk))) });
    };
    const dial = peerSession(
      { connect: (at, infoHash) => env.connect(at, infoHash).pipe(map(listened)) },
      {
        joined,
        funnel: {
          reached: (at, stage) => {
            connected ||= stage === 'connected';
            funnel.reached(at, stage);
          },
        },
      },
      { identity, introduction: () => ({ names: negotiate ? NAMES : [] }) },
    );
    const met = (peer: Peer): Observable<Known> => {
      if (theirs === undefined) throw new InvariantError('a peer without a handshake');
      return knownOf({ peer, theirs }, negotiate);
    };
    const known$ = dial(address).pipe(inTheOtherWay, switchMap(met));
    return inTime(known$, deadline).pipe(
      takeLast(1),
      map(({ met }) => met),
      throwIfEmpty(() => late(address, connected ? 'no handshake' : 'no connection', deadline)),
    );
  });
