import { catchError, defer, EMPTY, endWith, type Observable, switchMap, take } from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import type { Target } from '../../contracts/storage.ts';
import { StorageError } from '../../contracts/errors.ts';
import { Bitfield } from '../../torrent/bitfield.ts';
import { Geometry } from '../../torrent/geometry.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import { encodeResume } from '../../torrent/pieces/resumeNote.ts';

/** Milliseconds by which the time that a file is stamped with may lag behind the clock, and more. */
const LAG = 100;

/**
 * Notes that all pieces at `target` are right, since the torrent has just been made of them: so seeding need not hash
 * them a second time, unless a file has changed since hashing `began`. If the note can't be written, they are hashed
 * again. Completes without a value.
 */
export const noteSound = (
  torrent: Torrent,
  target: Target,
  { openStorage }: Pick<Env, 'openStorage'>,
  began: number,
): Observable<unknown> =>
  defer(() => {
    const { pieceCount } = new Geometry(torrent);
    const have = new Bitfield(pieceCount);
    for (let index = 0; index < pieceCount; index++) have.set(index);
    // The content is not flushed to the disk: after a restart it is hashed again.
    const note = {
      infoHash: torrent.infoHash,
      have,
      pending: new Bitfield(pieceCount),
      clean: false,
      downloaded: 0,
      uploaded: 0,
    };
    return openStorage(torrent, target).pipe(
      switchMap((storage) =>
        storage.stamps().pipe(
          switchMap((stamps) => {
            const sound = stamps.every(
              ({ size, mtime, ctime = Infinity }) => size <= 0 || Math.max(mtime, ctime) < began - LAG,
            );
            return storage.notes.save(encodeResume({ ...note, sound, stamps, boot: storage.notes.boot }), true);
          }),
          endWith(undefined),
        ),
      ),
      take(1),
      catchError((error: unknown) => {
        if (error instanceof StorageError) return EMPTY;
        throw error;
      }),
    );
  });
