/** A file of a torrent that is being created: its names, its length, and the attributes of BEP 47, if any. */
export interface FileEntry {
  readonly path: readonly string[];
  readonly length: number;
  readonly attributes?: string;
}

/**
 * Inserts padding files, so that each file begins at a piece boundary. Empty files need none. BEP
 * 47.
 */
export const padded = (files: readonly FileEntry[], pieceLength: number): readonly FileEntry[] => {
  const all: FileEntry[] = [];
  let past = 0;
  for (const file of files) {
    const short = (pieceLength - past) % pieceLength;
    if (file.length > 0 && short > 0) all.push({ path: ['.pad', String(short)], length: short, attributes: 'p' });
    if (file.length > 0) past = file.length % pieceLength;
    all.push(file);
  }
  return all;
};
