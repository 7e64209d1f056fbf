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
import { selects } from '../../torrent/metainfo/selection.ts';
import type { Geometry } from '../../torrent/geometry.ts';
import type { Torrent } from '../../torrent/metainfo/metainfo.ts';
import type { PhaseState } from '../../torrent/stats/phase.ts';
import { FileSelection } from '../../torrent/picker/fileSelection.ts';
import { incomplete } from '../limits/seedGoal.ts';
import { adopted } from '../storage/completion.ts';
import { guardSelected } from '../storage/occupied.ts';
import { calmly } from '../storage/resumeData.ts';
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
      defer(() => (parts.fetches ? unoccupied(parts, select, force) : EMPTY)),
      checked$,
      // What was noted as complete is so no longer, and is written to.
      defer(() =>
        swarm.stats.phase.seeds && added(parts, select).length > 0
          ? calmly(parts.resume.save(false), swarm.report)
          : EMPTY,
      ),
      // All has been told to be there: then it ends.
      defer(() => (swarm.stats.phase.state === 'done' ? EMPTY : selecting(parts, env, select))),
      defer(() => (lacking(parts) ? incomplete(parts.torrent.name, swarm.stats.progress()) : EMPTY)),
    );
  };
  return selections$.pipe(concatMap(obey));
};

/** The numbers of the files that are selected and have not been yet. */
const added = ({ torrent, selection }: Parts, select: Selection): readonly number[] => {
  const wants = selects(select);
  return torrent.files.flatMap(({ padding }, file) => (!padding && wants(file) && !selection.wants(file) ? file : []));
};

const piecesOf = ({ files }: Torrent, geometry: Geometry, file: number): readonly number[] => {
  const { offset, length } = files[file] as Torrent['files'][number];
  if (length === 0) return [];
  const [first, last] = geometry.piecesOf(offset, length);
  return Array.from({ length: last - first + 1 }, (_, nth) => first + nth);
};

/** Is something wanted that is missing and is not to be fetched? */
const lacking = ({ fetches, picker }: Parts): boolean => !fetches && !picker.complete;

/** Refuses files that are wanted now, were not before, and may belong to another program. */
const unoccupied = (
  { torrent, storage, files, picker, resume }: Parts,
  select: Selection,
  force: boolean,
): Observable<never> => {
  const selected = selects(select);
  const wants = (file: number): boolean => selected(file) && !files.wants(file);
  return torrent.files.some((_, file) => wants(file))
    ? guardSelected(torrent, storage, picker, resume.found.note, { wants, force })
    : EMPTY;
};

/** Takes over the selection; moves what has been kept apart and is wanted now. */
const selecting = (parts: Parts, env: Env, select: Selection): Observable<never> => {
  const { torrent, picker, drafts, storage, files, geometry, swarm } = parts;
  const next = new FileSelection(torrent, geometry, select);
  refuseNone(torrent, next);
  const more = added(parts, select);
  if (more.length > 0) swarm.stats.phase.widened();
  const grown = new Set(more.flatMap((file) => piecesOf(torrent, geometry, file)));
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
const told = ({ picker, freed, swarm: { stats, loops } }: Parts): void => {
  if (picker.complete) stats.phase.completed();
  else stats.phase.lost();
  freed.next();
  loops.stirred.next();
  loops.settled.next({ type: 'reselected' });
};
