import {
  concat,
  concatMap,
  defer,
  EMPTY,
  filter,
  ignoreElements,
  merge,
  type Observable,
  startWith,
  take,
  tap,
} from 'rxjs';
import { checkOption } from '../../contracts/checkOptions.ts';
import type { Env } from '../../contracts/env.ts';
import { StorageError } from '../../contracts/errors.ts';
import type { FileStamp } from '../../contracts/storage.ts';
import { visible } from '../../protocol/encoding/visible.ts';
import { IN_THE_WAY } from '../../torrent/metainfo/occupied.ts';
import { selects } from '../../torrent/metainfo/selection.ts';
import type { PhaseState } from '../../torrent/stats/phase.ts';
import { FileSelection } from '../../torrent/picker/fileSelection.ts';
import { adopted } from '../storage/completion.ts';
import type { Settled } from '../state/loops.ts';
import type { Selection } from '../options.ts';
import { type Chosen, type Parts, refuseNone } from '../parts.ts';

/** While the files are checked, or cut to their length, it stays as it is. */
const BUSY: readonly PhaseState[] = ['checking', 'finishing'];

/**
 * Obeys each of `selections$` as soon as it is known what is on disk: pieces that are wanted now are fetched, or moved
 * from where they were kept apart; those no longer wanted are not requested any more. Emits nothing.
 *
 * A file that has been wanted is written to until all is there: a piece on its way to disk then goes where it would
 * have gone before.
 *
 * @throws InputError `bad-option` for what is no selection, or selects nothing; StorageError
 */
export const reselecting = (
  parts: Parts,
  env: Env,
  { selections$, force }: Pick<Chosen, 'selections$' | 'force'>,
): Observable<never> => {
  const { swarm } = parts;
  const checked$ = swarm.loops.stirred.pipe(
    startWith(undefined),
    filter(() => !BUSY.includes(swarm.stats.phase.state)),
    take(1),
    ignoreElements(),
  );
  const obey = (select: Selection): Observable<never> => {
    checkOption('select', select);
    return concat(
      checked$,
      // All has been told to be there: then it ends.
      defer(() => (force ? EMPTY : unoccupied(parts, select))),
      checked$,
      defer(() => (swarm.stats.phase.state === 'done' ? EMPTY : selecting(parts, env, select))),
    );
  };
  return selections$.pipe(concatMap(obey));
};

/** Refuses files that are wanted now, exist, and have nothing of the torrent. @throws StorageError `occupied` */
const unoccupied = ({ torrent, storage, files, geometry, picker }: Parts, select: Selection): Observable<never> => {
  const wants = selects(select);
  const isOurs = (offset: number, length: number): boolean => {
    const [first, last] = geometry.piecesOf(offset, length);
    for (let index = first; index <= last; index++) if (picker.stored.has(index)) return true;
    return false;
  };
  const refuse = (stamps: readonly FileStamp[]): void => {
    torrent.files.forEach(({ offset, length }, file) => {
      if (length === 0 || !wants(file) || files.wants(file) || (stamps[file]?.size ?? 0) <= 0) return;
      if (isOurs(offset, length)) return;
      throw new StorageError('occupied', `${visible(storage.paths[file] ?? '')} is there already: ${IN_THE_WAY}`);
    });
  };
  return storage.stamps().pipe(tap(refuse), ignoreElements());
};

/** Takes over the selection; moves what has been kept apart and is wanted now. */
const selecting = (parts: Parts, env: Env, select: Selection): Observable<never> => {
  const { torrent, picker, drafts, storage, files, geometry, swarm } = parts;
  const [before, next] = [parts.selection, new FileSelection(torrent, geometry, select)];
  refuseNone(torrent, next);
  const grown = new Set<number>();
  torrent.files.forEach(({ offset, length }, file) => {
    if (length === 0 || !next.wants(file) || before.wants(file)) return;
    const [first, last] = geometry.piecesOf(offset, length);
    for (let index = first; index <= last; index++) grown.add(index);
  });
  const { wants } = files;
  files.wants = (file) => wants(file) || next.wants(file);
  const excluded = new Set(next.excluded);
  for (let index = 0; index < geometry.pieceCount; index++) {
    if (excluded.has(index)) picker.exclude(index);
    else picker.include(index);
  }
  parts.selection = next;
  swarm.stats.begin(picker, drafts, next);
  const apart = storage.apart.pieces().filter((index) => grown.has(index) && picker.stored.has(index));
  const writing = picker.writtenSince(picker.stored);
  const late = new Set([...grown].filter((index) => writing.has(index)));
  const moved$ = moving(parts, env, apart);
  told(parts);
  if (late.size === 0) return moved$;
  // These may have been written as if the file were not wanted.
  const written$ = swarm.loops.settled.pipe(
    filter((settled) => (settled.type === 'stored' || settled.type === 'corrupt') && late.has(settled.index)),
    take(late.size),
    concatMap((settled) =>
      moving(
        parts,
        env,
        storage.apart.pieces().filter((index) => isOf(settled, index)),
      ),
    ),
  );
  return merge(moved$, written$);
};

const isOf = (settled: Settled, piece: number): boolean => settled.type === 'stored' && settled.index === piece;

/** Moves stored pieces into their files. Until then they are not there: nobody is given what would be read wrongly. */
const moving = (parts: Parts, env: Env, pieces: readonly number[]): Observable<never> => {
  const { torrent, storage, writable, picker, shelf } = parts;
  for (const index of pieces) {
    picker.lose(index);
    picker.exclude(index);
  }
  return adopted(torrent, env, { apart: storage.apart, ...writable }, picker, pieces).pipe(
    tap(({ type, index }) => {
      picker.include(index);
      if (type === 'stored') {
        picker.restore(index);
        shelf.vouch(index);
      }
      told(parts);
    }),
    ignoreElements(),
  );
};

/** What is missing has changed: the phase first, then everybody. */
const told = ({ picker, swarm: { stats, loops } }: Parts): void => {
  if (picker.complete) stats.phase.completed();
  else stats.phase.lost();
  loops.freed.next();
  loops.stirred.next();
  loops.settled.next({ type: 'reselected' });
};
