import type { Torrent } from './metainfo.ts';
import { selects, type Span } from './selection.ts';

type Files = Pick<Torrent, 'files'>;

/** The places in `files` of what people see: padding has no number. File number 1 is at `[0]`. */
export const numberedFiles = ({ files }: Files): readonly number[] =>
  [...files.keys()].filter((index) => files[index]?.padding === false);

/** Is there content of its own? Padding is none, and a symbolic link (BEP 47) leads to that of another file. */
const holds = ({ padding, attributes }: Files['files'][number]): boolean => !padding && !attributes.includes('l');

/** Bytes of content: without padding and links, which `torrent.length` counts, as the pieces do. */
export const contentLength = ({ files }: Files): number =>
  files.reduce((sum, file) => sum + (holds(file) ? file.length : 0), 0);

/** Numbers in ascending order as spans that neither touch nor overlap. */
export const spansOf = (ascending: readonly number[]): readonly Span[] => {
  const spans: [first: number, last: number][] = [];
  for (const number of ascending) {
    const open = spans.at(-1);
    if (open !== undefined && number <= open[1] + 1) open[1] = number;
    else spans.push([number, number]);
  }
  return spans;
};

/** A selection (places in `files`) by the numbers that people see, as spans in order. */
export const numbersOf = (torrent: Files, selection: readonly Span[] | undefined): readonly Span[] => {
  const selected = selects(selection);
  const numbers = numberedFiles(torrent).flatMap((index, at) => (selected(index) ? [at + 1] : []));
  return spansOf(numbers);
};
