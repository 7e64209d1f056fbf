import { Malformed } from '../../protocol/encoding/malformed.ts';
import { visible } from '../../protocol/encoding/visible.ts';
import type { Geometry } from '../geometry.ts';
import type { Torrent } from './metainfo.ts';

/** The first and the last number, both inclusive. */
export type Span = readonly [first: number, last: number];

/** Maximum number of spans in a selection, and the highest number in a span. */
export const MAX_SPANS = 10_000;
export const MAX_SELECTED = 100_000;

/**
 * Parses numbers and spans such as `0,2,4-8` to ordered spans that neither touch nor overlap. Throws `Malformed` with
 * the given `what`. BEP 53.
 */
export const parseSelection = (what: string, text: string): readonly Span[] => {
  const parts = text.split(',', MAX_SPANS + 1);
  if (parts.length > MAX_SPANS) throw new Malformed(what, `at most ${MAX_SPANS} numbers and spans`, 'more');
  const spans = parts.map((part): Span => {
    const [, first, last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part.trim()) ?? [];
    const span: Span = [Number(first), Number(last)];
    if (first === undefined || span[1] < span[0])
      throw new Malformed(what, 'numbers and spans of files like 0,2,4-8', `"${visible(part.slice(0, 40))}"`);
    if (span[1] >= MAX_SELECTED) throw new Malformed(what, `files below ${MAX_SELECTED}`, span[1]);
    return span;
  });
  return merged(spans);
};

export const formatSelection = (spans: readonly Span[]): string =>
  spans.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');

/**
 * The pieces that contain no byte of a selected file; none if there is no selection. A selection of files that do not
 * exist selects nothing.
 */
export const unselected = (
  { files }: Pick<Torrent, 'files'>,
  { pieceCount, pieceLength }: Geometry,
  spans: readonly Span[] | undefined,
): readonly number[] => {
  if (spans === undefined) return [];
  const wanted = new Set<number>();
  for (const [first, last] of spans) {
    for (const { offset, length } of files.slice(first, last + 1)) {
      if (length === 0) continue;
      for (let piece = Math.floor(offset / pieceLength); piece * pieceLength < offset + length; piece++)
        wanted.add(piece);
    }
  }
  return Array.from({ length: pieceCount }, (_, index) => index).filter((index) => !wanted.has(index));
};

/**
 * Tells whether a file, by its number, is selected; all files are if there is no selection. It is fast, since there may
 * be as many spans as files.
 */
export const selects = (spans: readonly Span[] | undefined): ((file: number) => boolean) => {
  if (spans === undefined) return () => true;
  const ordered = merged(spans);
  return (file) => {
    let [low, high] = [0, ordered.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ordered[middle]?.[1] ?? 0) < file) low = middle + 1;
      else high = middle;
    }
    return file >= (ordered[low]?.[0] ?? Number.POSITIVE_INFINITY);
  };
};

const merged = (spans: readonly Span[]): readonly Span[] => {
  const joined: [number, number][] = [];
  for (const [first, last] of spans.toSorted((a, b) => a[0] - b[0])) {
    const before = joined.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else joined.push([first, last]);
  }
  return joined;
};
