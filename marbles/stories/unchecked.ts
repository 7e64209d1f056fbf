import { merge, NEVER, type Observable, of, Subject } from 'rxjs';
import { advertise } from '../../operators/advertise.ts';
import { converse } from '../../operators/converse.ts';
import { serveBlocks } from '../../operators/serveBlocks.ts';
import { LT_DONTHAVE } from '../../src/protocol/peer/dontHave.ts';
import { encodeExtensionHandshake } from '../../src/protocol/peer/extensions.ts';
import type { Message } from '../../src/protocol/peer/messages.ts';
import { scoped } from '../../src/download/streams/scoped.ts';
import { VerifiedReader } from '../../src/download/storage/verifiedReader.ts';
import { Bitfield } from '../../src/torrent/bitfield.ts';
import type { DrawnDisk, DrawnPeer, Stage } from '../index.ts';

/**
 * Serves peers from a disk that has all, none of which has been checked since we began. The first millisecond opens it;
 * each read takes one, and each check five more.
 */
export const unchecked = (
  stage: Stage,
  peers: readonly DrawnPeer[],
  spoil: (disk: DrawnDisk) => unknown = () => undefined,
): Observable<never> => {
  const { geometry, torrent } = stage;
  const { env, disk } = stage.world({
    disk: { has: Array.from({ length: geometry.pieceCount }, (_, index) => index) },
    hashing: 5,
  });
  spoil(disk);
  const stored = new Bitfield(geometry.pieceCount);
  stored.setAll();
  const lost$ = new Subject<number>();
  const lost = (index: number): void => {
    stored.clear(index);
    lost$.next(index);
  };
  return scoped(env.openStorage(torrent, { folder: '.' }), (storage) => {
    const shelf = new VerifiedReader(torrent, env, storage, { stored, lost });
    return merge(
      ...peers.map((peer) =>
        of(peer).pipe(converse(advertise({ stored }, NEVER, { lost$ }), serveBlocks(shelf, geometry))),
      ),
    );
  });
};

const introduction = (id: number, uploadOnly: boolean): Message => ({
  type: 'extended',
  id: 0,
  payload: encodeExtensionHandshake({ ids: new Map([[LT_DONTHAVE, id]]), uploadOnly }),
});

/** What we say of ourselves: whether there is nothing that we want. */
export const ours = (uploadOnly: boolean): Message => introduction(1, uploadOnly);

/** A leecher that hears, by message 7, what we have no longer; it has been told that we want nothing. */
export const speaker = (stage: Stage, lane: string, values: Readonly<Record<string, Message>>): DrawnPeer => {
  const peer = stage.peer(lane, values, { has: [], fast: true, extended: true });
  peer.state.sent(ours(true));
  peer.state.received(introduction(7, false));
  return peer;
};
