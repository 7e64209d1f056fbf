import type { DownloadEvent } from '../../contracts/events.ts';
import type { Given, Io } from '../io/io.ts';
import { flag } from '../args/values.ts';
import { eventLine, told } from './events.ts';

/** Tells what happens to a torrent: as objects with `--json`, else what people asked for is said. */
export const reporting =
  (given: Given, { json, say }: Pick<Io, 'json' | 'say'>, infoHash: string) =>
  (event: DownloadEvent): void => {
    if (json) return json.event(event, infoHash);
    const line = eventLine(event, told(given, event));
    if (line !== undefined && !flag(given, 'quiet')) say(line);
  };
