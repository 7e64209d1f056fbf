/** A file of a torrent that is being created: its names, its length, and the attributes of BEP 47, if any. */
export interface FileEntry {
  readonly path: readonly string[];
  readonly length: number;
  readonly attributes?: string;
}

/**
 * Inserts padding files, so that each file begins at a piece boundary. Empty files need none. BEP 47.
 */
export const padded = (files: readonly FileEntry[], pieceLength: number): readonly FileEntry[] => {
  const all: FileEntry[] = [];
  let past = 0;
  for (const file of files) {
    if (file.length > 0) all.push(...paddingOf(past, pieceLength));
    if (file.length > 0) past = file.length % pieceLength;
    all.push(file);
  }
  return all;
};

/** Lets padding follow each file at once, also the last one, as in hybrid torrents of other clients. BEP 52. */
export const filledUp = (files: readonly FileEntry[], pieceLength: number): readonly FileEntry[] =>
  files.flatMap((file) => [file, ...paddingOf(file.length, pieceLength)]);

/** What fills up the last piece, `past` bytes of which are used. */
const paddingOf = (past: number, pieceLength: number): readonly FileEntry[] => {
  const short = (pieceLength - (past % pieceLength)) % pieceLength;
  return short > 0 ? [{ path: ['.pad', String(short)], length: short, attributes: 'p' }] : [];
};
