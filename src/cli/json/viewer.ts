import type { Named, Viewer } from '../run/viewing.ts';
import { type Clock, machineClock } from './clock.ts';
import { FilesTold } from './filesTold.ts';
import type { Journal } from './journal.ts';

/**
 * The view of torrents with `--json`: each event is an object, and so is the end of each torrent. Of files it is told
 * while they are fetched, and a last time when all are there or the torrent is over.
 */
export const jsonViewer = (
  json: Journal,
  { steady }: Pick<Clock, 'steady'> = machineClock,
): Pick<Viewer, 'show' | 'over' | 'refused'> => {
  const told = new Map<string, FilesTold>();
  const restOf = ({ infoHash, files }: Named): void => {
    for (const each of (files && told.get(infoHash)?.rest(files())) ?? []) json.tell(each, infoHash);
  };
  return {
    show: (event, of) => {
      const { infoHash, files } = of;
      if (event.type === 'done') restOf(of);
      json.event(event, infoHash);
      const moves = event.type === 'stored' || (event.type === 'progress' && event.phase === 'downloading');
      if (!moves || files === undefined) return;
      const known = told.get(infoHash) ?? new FilesTold();
      told.set(infoHash, known);
      if (event.type === 'progress') for (const each of known.due(files, steady())) json.tell(each, infoHash);
    },
    over: (of, { how, error, path }) => {
      const { infoHash } = of;
      if (path !== undefined) json.place(path, infoHash);
      if (how === 'seeding') return;
      restOf(of);
      told.delete(infoHash);
      json.end(infoHash, error);
    },
    refused: (source, error) => json.refused(source, error),
  };
};
