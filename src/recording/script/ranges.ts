import { Malformed } from '../../protocol/encoding/malformed.ts';

/** One block, by its piece and its place in it, both counted from 0. */
export type Place = readonly [piece: number, block: number];

/** Numbers that one range may stand for: as many as a torrent may have pieces. */
const MAX_RANGE = 1 << 24;

const joins = (one: Place, next: Place): boolean => next[0] === one[0] && next[1] === one[1] + 1;

/** Consecutive elements that belong together, in their order. */
const runsIn = <T>(all: readonly T[], together: (one: T, next: T) => boolean): [first: T, last: T][] => {
  const runs: [T, T][] = [];
  for (const each of all) {
    const run = runs.at(-1);
    if (run !== undefined && together(run[1], each)) run[1] = each;
    else runs.push([each, each]);
  }
  return runs;
};

const span = (first: number, last: number): string => (first === last ? String(first) : `${first}-${last}`);

/** `0-3 7`: numbers in their order. */
export const numbersText = (numbers: readonly number[]): string =>
  runsIn(numbers, (one, next) => next === one + 1)
    .map(([first, last]) => span(first, last))
    .join(' ');

/** `17/0-3 18/0`: blocks in their order. */
export const placesText = (places: readonly Place[]): string =>
  runsIn(places, joins)
    .map(([[piece, first], [, last]]) => `${piece}/${span(first, last)}`)
    .join(' ');

const spanIn = (text: string): readonly number[] => {
  const [, from, to = from] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (!(last >= first) || last - first >= MAX_RANGE) throw new Malformed('script', 'numbers such as 3 or 0-3', text);
  return Array.from({ length: last - first + 1 }, (_, n) => first + n);
};

const partsOf = (text: string): readonly string[] => text.split(/\s+/).filter((part) => part !== '');

/** @throws Malformed */
export const numbersIn = (text: string): readonly number[] => partsOf(text).flatMap(spanIn);

/** @throws Malformed */
export const placesIn = (text: string): readonly Place[] =>
  partsOf(text).flatMap((part) => {
    const [piece = '', blocks = ''] = part.split('/');
    const [index] = spanIn(piece);
    return spanIn(blocks).map((block): Place => [index as number, block]);
  });
