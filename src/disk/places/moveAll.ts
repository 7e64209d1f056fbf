import fs from 'node:fs';
import path from 'node:path';
import { diskError } from '../errors/diskError.ts';
import { each } from '../files/each.ts';
import { type Done, makeInside } from '../files/insideFolder.ts';
import type { OpenFiles } from '../files/openFiles.ts';
import type { OwnFiles } from '../files/ownFiles.ts';
import { hiddenName } from '../names/hiddenName.ts';
import type { Places } from './places.ts';
import { relocate } from './relocate.ts';

export interface MoveParts {
  readonly places: Places;
  readonly wanted: (file: number) => boolean;
  readonly files: Pick<OpenFiles, 'forget'>;
  readonly own: Pick<OwnFiles, 'forget'>;
  readonly force: boolean;
  /** Of the torrent, in the names of what is not whole yet. */
  readonly mark: string;
  /** False once nobody waits for it any more. */
  readonly alive: () => boolean;
}

/**
 * Moves each wanted file to where it stays, one after the other, and deletes folders that are empty then. What is read
 * meanwhile is read where it is. Errors with a `StorageError`: what has been moved stays there, all else where it was.
 */
export const moveAll = ({ places, wanted, files, own, force, mark, alive }: MoveParts, done: Done<void>): void => {
  const left = new Set<string>();
  const move = (file: number, next: Done<void>): void => {
    const [from, to] = [places.paths[file] as string, places.lasting[file] as string];
    if (from === '' || from === to || !wanted(file) || !alive()) return next(null);
    const folder = path.dirname(to);
    makeInside(places.lastRoot, folder, (error) => {
      if (error) return next(diskError('create', folder, error));
      // Some systems move no file that is open.
      files.forget(file);
      const half = path.join(folder, hiddenName(path.basename(to), `${mark}.move.rxtorrent`));
      const moved = (is: boolean): void => {
        if (is) {
          places.moved(file);
          files.forget(file);
          own.forget(file);
          left.add(path.dirname(from));
        }
        next(null);
      };
      relocate({ from, to, half, force, wanted: alive }).then(moved, next);
    });
  };
  each(places.paths.length, 1, move, (error) => {
    const emptied = [...left].sort((one, other) => other.length - one.length);
    const clear = (nth: number, next: Done<void>): void =>
      removeEmpty(emptied[nth] as string, places.root, () => next(null));
    each(emptied.length, 1, clear, () => done(error));
  });
};

/** Deletes a folder below `root` and those that it is in, as far as they are empty. */
const removeEmpty = (folder: string, root: string, done: () => void): void => {
  if (!folder.startsWith(root + path.sep)) return done();
  fs.rmdir(folder, (full) => (full ? done() : removeEmpty(path.dirname(folder), root, done)));
};
