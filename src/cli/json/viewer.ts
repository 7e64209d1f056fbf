import type { Viewer } from '../run/viewing.ts';
import type { Journal } from './journal.ts';

/** The view of torrents with `--json`: each event is an object, and so is the end of each torrent. */
export const jsonViewer = (json: Journal): Pick<Viewer, 'show' | 'over' | 'refused'> => ({
  show: (event, { infoHash }) => json.event(event, infoHash),
  over: ({ infoHash }, { how, error, path }) => {
    if (path !== undefined) json.place(path, infoHash);
    if (how !== 'seeding') json.end(infoHash, error);
  },
  refused: (source, error) => json.refused(source, error),
});
