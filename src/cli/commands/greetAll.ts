import {
  catchError,
  EMPTY,
  mergeMap,
  type Observable,
  of,
  type OperatorFunction,
  take,
  takeUntil,
  throwError,
  timer,
} from 'rxjs';
import { distinctPeers } from '../../../operators/distinctPeers.ts';
import type { Identity } from '../../../operators/handshake.ts';
import type { Env } from '../../contracts/env.ts';
import type { PeerAddress } from '../../contracts/network.ts';
import { PeerError } from '../../contracts/errors.ts';
import { createPeerId, toHex } from '../../protocol/encoding/id.ts';
import { sources } from '../../discovery/peerSources.ts';
import { give } from '../io/advice.ts';
import { Deadline } from '../io/deadline.ts';
import { discovery, trackersFor } from '../input/discoveryOptions.ts';
import { GaveUp } from '../io/exit.ts';
import { follow } from '../io/follow.ts';
import { greetPeer, type Met } from '../../download/session/greetPeer.ts';
import type { Given, Io } from '../io/io.ts';
import { begin } from '../json/known.ts';
import { sourceArgument } from '../input/sourceArgument.ts';
import { flag, seconds, wholeNumber } from '../args/values.ts';
import { metObject } from '../views/handshake.ts';
import { reporting } from '../views/report.ts';
import { visible } from '../io/text.ts';
import { loggedWorld } from '../log/loggedWorld.ts';

const COUNT = 10;
/** Seconds for the whole command. */
const WITHIN = 30;
/** Peers greeted at the same time. */
const AT_ONCE = 20;
/** Seconds for one peer. */
const FOR_ONE = 10;

const lines = ({ theirs, peer }: Met): readonly string[] => {
  const id = peer.state.extensions?.ids.get('ut_metadata');
  return [`Peer ID: ${toHex(theirs.peerId)}`, ...(id === undefined ? [] : [`Peer Metadata Extension ID: ${id}`])];
};

/** Greets the peers that are found. A peer that fails is skipped, and mentioned with `--verbose`. */
const greeted = (env: Env, identity: Identity, given: Given, io: Io): OperatorFunction<PeerAddress, Met> => {
  const failed = (error: unknown): Observable<never> => {
    if (!(error instanceof PeerError)) return throwError(() => error);
    if (flag(given, 'verbose')) io.say(visible(error.message));
    return EMPTY;
  };
  const greet = (address: PeerAddress): Observable<Met> =>
    greetPeer(env, address, identity, { negotiate: true, deadline: new Deadline(FOR_ONE) }).pipe(catchError(failed));
  return (address$) => address$.pipe(distinctPeers(), mergeMap(greet, AT_ONCE));
};

/** `rxtorrent magnet_handshake`: exit 0 when there was at least one peer. */
export const greetAll = async (given: Given, io: Io): Promise<void> => {
  const count = wholeNumber(given, 'count', 1, 1_000_000) ?? COUNT;
  const deadline = new Deadline(seconds(given, 'timeout') ?? WITHIN);
  const port = wholeNumber(given, 'port', 1, 65_535) ?? 0;
  const env = await loggedWorld(given, io.say);
  const who = discovery(given, env);
  const source = String(given['source']);
  const it = await sourceArgument(source, env, io);
  const hash = begin(io, source, it);
  const { findable, torrent, peers } = it;
  const pieceCount = torrent && torrent.pieceHashes.length / 20;
  const peerId = createPeerId(env.randomBytes(12));
  const identity = { infoHash: findable.infoHash, peerId, ...(pieceCount && { pieceCount }), dht: true };
  const named = { ...who, peers: [...(who.peers ?? []), ...peers] };
  const address$ = sources(env, findable, {
    ...named,
    trackers: trackersFor({ announce: [], private: false, ...findable }, named),
    peerId,
    port,
    totals: () => ({ uploaded: 0, downloaded: 0, left: torrent?.length ?? 1 }),
    wanted$: of(count),
    report: reporting(given, io, hash),
  });
  const met$ = address$.pipe(greeted(env, identity, given, io), take(count), takeUntil(timer(deadline.left)));
  let found = 0;
  await follow(met$, io, (met) => {
    found++;
    if (io.json) io.json.tell(metObject(met, true, pieceCount), hash);
    else io.print(lines(met).join('\n'));
  });
  if (found > 0) return;
  const advice = `try a longer --timeout${give(given, 'a').replace(':', ', or')}`;
  throw new GaveUp('no-peers', `nobody answered within ${deadline.seconds} s: ${advice}`);
};
