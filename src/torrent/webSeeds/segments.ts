import type { TorrentFile } from '../metainfo/fileList.ts';

/** Bytes of one file, in the order of the torrent. */
export interface Segment {
  /** The file's number. */
  readonly file: number;
  /** The first byte, counted in the file. */
  readonly start: number;
  readonly length: number;
}

/** The first file that ends behind `offset`. */
const fileAt = (files: readonly TorrentFile[], offset: number): number => {
  let [low, high] = [0, files.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { offset: begin, length } = files[middle] as TorrentFile;
    if (begin + length <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** What `length` bytes at `offset` of the torrent are in its files; empty files have no part in it. */
export const segmentsOf = (files: readonly TorrentFile[], offset: number, length: number): readonly Segment[] => {
  const segments: Segment[] = [];
  const end = offset + length;
  for (let file = fileAt(files, offset); file < files.length; file++) {
    const { offset: begin, length: size } = files[file] as TorrentFile;
    if (begin >= end) break;
    const [from, until] = [Math.max(begin, offset), Math.min(begin + size, end)];
    if (until > from) segments.push({ file, start: from - begin, length: until - from });
  }
  return segments;
};
