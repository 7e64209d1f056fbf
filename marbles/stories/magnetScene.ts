import { concatMap, delay, filter, from, map, merge, mergeMap, of, share } from 'rxjs';
import { decodeExtensionHandshake, encodeExtensionHandshake } from '../../src/protocol/peer/extensions.ts';
import { decodeMetadata, encodeMetadata, METADATA_PIECE } from '../../src/protocol/peer/utMetadata.ts';
import { encodeTorrent } from '../../src/torrent/metainfo/encodeTorrent.ts';
import { BLOCK } from '../../src/torrent/geometry.ts';
import { type MagnetLink, magnetOf } from '../../src/torrent/metainfo/magnet.ts';
import { parseTorrent, type Torrent } from '../../src/torrent/metainfo/metainfo.ts';
import type { Player, Said } from '../index.ts';

/**
 * A torrent of two pieces of two blocks, in one file or one each, whose info dictionary is two pieces long itself: a
 * long word takes up room in it.
 */
export const torrentWithInfo = ({
  files,
  ...more
}: {
  readonly private?: boolean;
  readonly files?: readonly string[];
} = {}): Torrent =>
  parseTorrent(
    encodeTorrent({
      name: 'drawn',
      pieceLength: 2 * BLOCK,
      pieceHashes: new Uint8Array(40),
      source: 's'.repeat(METADATA_PIECE),
      announce: 'http://tracker.test/announce',
      ...more,
      ...(files === undefined
        ? { length: 4 * BLOCK }
        : { files: files.map((name) => ({ path: [name], length: 2 * BLOCK })) }),
    }),
  );

/** The link to a torrent, with its trackers. */
export const linkTo = ({ infoHash, announce }: Torrent, more: Partial<MagnetLink> = {}): MagnetLink => ({
  ...magnetOf(infoHash),
  announce,
  ...more,
});

export interface Telling {
  /** Milliseconds until an answer. */
  readonly after?: number;
  /** What it claims and gives; the truth unless given. */
  readonly info?: Uint8Array;
  readonly size?: number;
  /** Instead of a piece: a rejection, or nothing. */
  readonly instead?: 'rejects' | 'stalls';
}

/** Has the metadata, or says so, besides what another player does. Messages to it have the id 3. */
export const tellsMetadata =
  (player: Player, { after = 5, info, size, instead }: Telling = {}): Player =>
  (heard$, cast) => {
    const words$ = heard$.pipe(share());
    const bytes = info ?? cast.torrent.info;
    let ours = 0;
    const extended = (id: number, payload: Uint8Array): Said => ({ type: 'extended', id, payload });
    const answer = (id: number, payload: Uint8Array): Said[] => {
      if (id === 0) {
        ours = decodeExtensionHandshake(payload).ids.get('ut_metadata') ?? ours;
        return [
          extended(
            0,
            encodeExtensionHandshake({ ids: new Map([['ut_metadata', 3]]), metadataSize: size ?? bytes.length }),
          ),
        ];
      }
      const said = id === 3 ? decodeMetadata(payload) : undefined;
      if (said?.type !== 'request' || instead === 'stalls') return [];
      const { piece } = said;
      if (instead === 'rejects') return [extended(ours, encodeMetadata({ type: 'reject', piece }))];
      const part = bytes.subarray(piece * METADATA_PIECE, (piece + 1) * METADATA_PIECE);
      return [extended(ours, encodeMetadata({ type: 'data', piece, size: bytes.length, bytes: part }))];
    };
    const told$ = words$.pipe(
      filter((word) => word.type === 'extended'),
      // Lent bytes: read at once.
      map(({ id, payload }) => answer(id, payload)),
      delay(after),
      concatMap((said) => from(said)),
    );
    const greeting = mergeMap((said: Said) =>
      of(said instanceof Uint8Array || said.type !== 'handshake' ? said : { ...said, extended: true }),
    );
    return merge(player(words$, cast).pipe(greeting), told$);
  };
