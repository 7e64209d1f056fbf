import { ourPeerId } from '../../protocol/encoding/id.ts';
import { Deadline } from '../io/deadline.ts';
import { follow } from '../io/follow.ts';
import { gaveUp, GaveUp } from '../io/exit.ts';
import { greetPeer, type Met } from '../../download/session/greetPeer.ts';
import type { Given, Io } from '../io/io.ts';
import { begin } from '../json/known.ts';
import { sourceArgument } from '../input/sourceArgument.ts';
import { hostAndPort, seconds } from '../args/values.ts';
import { hostPort } from '../views/events.ts';
import { handshakeLines, metObject, negotiationLines } from '../views/handshake.ts';
import { loggedWorld } from '../log/loggedWorld.ts';
import { pieceCountOf } from '../../torrent/geometry.ts';

/** Seconds for everything. */
const WITHIN = 10;

const greet = async (given: Given, io: Io, negotiate: boolean): Promise<void> => {
  const name = negotiate ? 'nhandshake' : 'handshake';
  const address = hostAndPort(`${name}: the peer`, String(given['peer']));
  const deadline = new Deadline(seconds(given, 'timeout') ?? WITHIN);
  const env = await loggedWorld(given, io.say, io.stopped);
  const source = String(given['source']);
  const it = await sourceArgument(source, env, io);
  const hash = begin(io, source, it);
  const { findable, torrent } = it;
  const pieceCount = torrent && pieceCountOf(torrent);
  const identity = {
    infoHash: findable.infoHash,
    peerId: ourPeerId(env),
    ...(pieceCount && { pieceCount }),
    dht: negotiate,
  };
  let met: Met | undefined;
  try {
    await follow(greetPeer(env, address, { identity, negotiate, deadline }), io, (found) => (met = found));
  } catch (error) {
    throw gaveUp(hostPort(address), error, 'try again later, or another peer (rxtorrent peers finds some)');
  }
  if (met === undefined) return;
  if (io.json) io.json.tell(metObject(met, negotiate, pieceCount), hash);
  else io.print((negotiate ? negotiationLines(met, pieceCount) : handshakeLines(met)).join('\n'));
  if (negotiate && met.peer.state.extended && met.peer.state.extensions === undefined) {
    throw new GaveUp(
      'timeout',
      `${hostPort(address)}: no extension handshake within ${deadline.seconds} s: try a longer --timeout`,
    );
  }
};

/** `rxtorrent handshake`: the peer's handshake. */
export const handshake = (given: Given, io: Io): Promise<void> => greet(given, io, false);

/** `rxtorrent nhandshake`: the extension handshake, too. */
export const nhandshake = (given: Given, io: Io): Promise<void> => greet(given, io, true);
