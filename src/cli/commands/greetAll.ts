import { take, takeUntil, timer } from 'rxjs';
import { greetPeers } from '../../download/greetPeers.ts';
import type { Met } from '../../download/session/greetPeer.ts';
import { toHex } from '../../protocol/encoding/id.ts';
import { seconds, wholeNumber } from '../args/values.ts';
import { lookup } from '../input/lookup.ts';
import { give } from '../io/advice.ts';
import { Deadline } from '../io/deadline.ts';
import { GaveUp } from '../io/exit.ts';
import { follow } from '../io/follow.ts';
import type { Given, Io } from '../io/io.ts';
import { metObject } from '../views/handshake.ts';
import { reporting } from '../views/report.ts';
import { pieceCountOf } from '../../torrent/geometry.ts';

const COUNT = 10;
/** Seconds for the whole command. */
const WITHIN = 30;
/** Seconds for one peer. */
const FOR_ONE = 10;

const lines = ({ theirs, peer }: Met): readonly string[] => {
  const id = peer.state.extensions?.ids.get('ut_metadata');
  return [`Peer ID: ${toHex(theirs.peerId)}`, ...(id === undefined ? [] : [`Peer Metadata Extension ID: ${id}`])];
};

/** `rxtorrent magnet_handshake`: exit 0 when there was at least one peer. */
export const greetAll = async (given: Given, io: Io): Promise<void> => {
  const count = wholeNumber(given, 'count', 1, 1_000_000) ?? COUNT;
  const deadline = new Deadline(seconds(given, 'timeout') ?? WITHIN);
  const { env, findable, torrent, hash, asked, port = 0 } = await lookup(given, io);
  const pieceCount = torrent && pieceCountOf(torrent);
  const report = reporting(given, io, hash);
  const options = { ...asked, port, pieceCount, report, deadline: () => new Deadline(FOR_ONE) };
  const met$ = greetPeers(findable, env, options).pipe(take(count), takeUntil(timer(deadline.left)));
  let found = 0;
  await follow(met$, io, (met) => {
    found++;
    if (io.json) io.json.tell(metObject(met, true, pieceCount), hash);
    else io.print(lines(met).join('\n'));
  });
  if (found > 0) return;
  const advice = `try a longer --timeout${give(given, 'a').replace(':', ', or')}`;
  throw new GaveUp('no-peers', `no peer answered within ${deadline.seconds} s: ${advice}`);
};
