import { defer, from, of, type OperatorFunction, pipe, Subject } from 'rxjs';
import { honest, type Stage } from '../../marbles/index.ts';
import { pieceBytes } from '../../marbles/torrent.ts';
import type { Expulsion } from '../../operators/disconnect.ts';
import type { DhtContact } from '../../operators/exchangeDhtPorts.ts';
import { requestBlocks } from '../../operators/requestBlocks.ts';
import type { Shelf } from '../../operators/serveBlocks.ts';
import { whenUnchoked } from '../../operators/whenUnchoked.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import type { Block, CheckedPiece, Peer, Piece, WebSeed } from '../../src/contracts/peer.ts';
import { memoryStorage } from '../../src/disk/files/memoryStorage.ts';
import { downloadState } from '../../src/download/state/downloadState.ts';
import { Bitfield } from '../../src/torrent/bitfield.ts';
import { BLOCK } from '../../src/torrent/geometry.ts';
import { AddressBook } from '../../src/torrent/peers/addressBook.ts';
import type { PiecePicker } from '../../src/torrent/picker/piecePicker.ts';
import { Choker } from '../../src/torrent/upload/choker.ts';

/** All pieces have come: what becomes of them is still to be said. */
const gather = (picker: PiecePicker): void => {
  const asker = { cancel: () => {} };
  const have = new Bitfield(picker.geometry.pieceCount);
  have.setAll();
  for (const { piece, block } of picker.next(asker, asker, have, 100, true)) picker.received(asker, piece, block);
};

const SERVER: PeerAddress = { host: '203.0.113.8', port: 80, source: 'web-seed' };

/** What the examples of the operators may use without saying where it is from. */
export const contextOf = (stage: Stage) => {
  const { torrent, geometry, world } = stage;
  const { env } = world({ peers: { '203.0.113.7:6881': honest() } });
  const { picker, drafts, identity, wake$ } = downloadState(torrent, env);
  const storage = memoryStorage(torrent);
  const main: OperatorFunction<Peer, Block> = pipe(whenUnchoked(picker), requestBlocks(picker, { wake$ }));
  const piece = (index: number): Piece => ({
    index,
    bytes: pieceBytes(geometry, index),
    from: [],
    release: () => {},
  });
  const pieces = [0, 1].map(piece);
  const checked = pieces.map((each): CheckedPiece => ({ ...each, valid: true }));
  const sender: Peer = stage.peer('-');
  const block = (begin: number): Block => ({ piece: 0, begin, bytes: new Uint8Array(BLOCK), from: sender });
  const shelf: Shelf = { has: () => true, read: () => of(true) };
  return {
    ...{ torrent, geometry, env, picker, drafts, identity, wake$, storage, main, shelf },
    book: new AddressBook<PeerAddress>(),
    choker: new Choker<Peer>({ random: () => 0, pieceLength: torrent.pieceLength }),
    addresses$: of<PeerAddress>({ host: '203.0.113.7', port: 6881, source: 'manual' }),
    peers$: of<Peer>(stage.peer('-U---1-2---|')),
    blocks$: from([0, 1].map((nth) => block(nth * BLOCK))),
    pieces$: of(...pieces),
    checkedPieces$: defer(() => {
      gather(picker);
      return of(...checked);
    }),
    events$: of<DownloadEvent>({ type: 'warning', code: 'full', message: 'no room' }),
    stored$: of(0),
    servers$: of<WebSeed>({ url: 'http://203.0.113.8/', kind: 'url-list', given: true, address: SERVER }),
    found$: new Subject<PeerAddress>(),
    expelled$: new Subject<Expulsion>(),
    node$: of<DhtContact>(),
    console: { log: () => {}, warn: () => {}, error: () => {} } as Pick<Console, 'log' | 'warn' | 'error'>,
  };
};
