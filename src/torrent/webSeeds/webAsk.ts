import type { Geometry } from '../geometry.ts';
import { BLOCK } from '../geometry.ts';
import type { Torrent } from '../metainfo/metainfo.ts';
import type { Wanted } from '../picker/openPiece.ts';
import { segmentsOf } from './segments.ts';
import { fileUrl, pieceUrl } from './webSeedUrl.ts';
import type { Asked } from './webAnswer.ts';

/** One request to a web seed. */
export interface WebAsk extends Asked {
  /** Undefined if no URL leads there. */
  readonly url: string | undefined;
  /** Only bytes from `start` on are asked for, if the server can do that. */
  readonly ranged: boolean;
  /** Padding: all bytes are zero, and nobody is asked. */
  readonly zeros: boolean;
  /** Where the file begins in the torrent; undefined if it is no file that is asked for. */
  readonly origin?: number;
  /** The pieces that can't be had if this can't be had, both included. */
  readonly pieces: readonly [first: number, last: number];
}

type Described = Pick<Torrent, 'infoHash' | 'layout' | 'name' | 'files'>;

/** What a server of files is asked for (BEP 19). */
const fileAsks = (
  url: string,
  torrent: Described,
  geometry: Geometry,
  span: { readonly offset: number; readonly length: number },
): readonly WebAsk[] =>
  segmentsOf(torrent.files, span.offset, span.length).map(({ file, start, length }) => {
    const { offset = 0, length: size = 0, padding = false } = torrent.files[file] ?? {};
    const pieces = geometry.piecesOf(offset, size);
    return {
      url: fileUrl(url, torrent, file),
      ranged: length < size,
      zeros: padding,
      start,
      length,
      size,
      origin: offset,
      pieces,
    };
  });

/** What a server of pieces is asked for, one piece at a time (BEP 17). */
const pieceAsks = (url: string, torrent: Described, geometry: Geometry, blocks: readonly Wanted[]): WebAsk[] => {
  const asks: WebAsk[] = [];
  for (let at = 0; at < blocks.length; ) {
    const { piece, block } = blocks[at] as Wanted;
    let length = 0;
    for (; blocks[at]?.piece === piece; at++) length += geometry.blockSize(piece, (blocks[at] as Wanted).block);
    const range = { begin: block * BLOCK, length };
    const whole = { ranged: false, zeros: false, start: 0, length, size: length, pieces: [piece, piece] } as const;
    asks.push({ ...whole, url: pieceUrl(url, torrent, piece, range) });
  }
  return asks;
};

/** The requests for `blocks`, which follow each other without a gap. */
export const webAsks = (
  { url, kind }: { readonly url: string; readonly kind: 'url-list' | 'httpseeds' },
  torrent: Described,
  geometry: Geometry,
  blocks: readonly Wanted[],
): readonly WebAsk[] => {
  const [first] = blocks;
  if (first === undefined) return [];
  if (kind === 'httpseeds') return pieceAsks(url, torrent, geometry, blocks);
  const length = blocks.reduce((sum, { piece, block }) => sum + geometry.blockSize(piece, block), 0);
  const offset = geometry.pieceOffset(first.piece) + first.block * BLOCK;
  return fileAsks(url, torrent, geometry, { offset, length });
};
