import type { DownloadEvent } from '../../contracts/events.ts';
import type { Given, Io } from '../io/io.ts';
import { flag } from '../args/values.ts';
import { eventLine, told } from './events.ts';

/** Reports the events of a torrent: as objects with `--json`, otherwise in the words that the user asked for. */
export const reporting =
  (given: Given, { json, say }: Pick<Io, 'json' | 'say'>, infoHash: string) =>
  (event: DownloadEvent): void => {
    if (json) return json.event(event, infoHash);
    const line = eventLine(event, told(given, event));
    if (line !== undefined && !flag(given, 'quiet')) say(line);
  };
