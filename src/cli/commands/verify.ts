import { mergeMap, of } from 'rxjs';
import type { Checked, Rechecked } from '../../contracts/events.ts';
import { recheck } from '../../download/storage/recheck.ts';
import { selecting } from '../choice/selecting.ts';
import { GaveUp } from '../io/exit.ts';
import { follow } from '../io/follow.ts';
import type { Given, Io } from '../io/io.ts';
import { begin } from '../json/known.ts';
import { readTorrent } from '../input/torrentFile.ts';
import { existingTarget, placeOf } from '../input/target.ts';
import { flag } from '../args/values.ts';
import { badFileLines, checkedObject, summary } from '../views/checked.ts';
import { live } from '../views/live.ts';
import { checkingLines } from '../views/progress.ts';
import { visible } from '../io/text.ts';
import { counted } from '../io/units.ts';
import { loggedWorld } from '../log/loggedWorld.ts';

/**
 * `rxtorrent verify`: exit code 0 when every piece is right and no file is too long or short, 4 when not. Nothing on
 * disk is changed.
 */
export const verify = async (given: Given, io: Io): Promise<void> => {
  const torrent = await readTorrent(String(given['torrent']), io);
  const select = selecting(given, io, [])?.select ?? (() => of(undefined));
  const target = await existingTarget(torrent, String(given['path']));
  const { json } = io;
  const hash = begin(io, String(given['torrent']), { findable: torrent, peers: [], torrent }, placeOf(torrent, target));
  const quiet = flag(given, 'quiet');
  let say = io.say;
  const env = await loggedWorld(given, (line) => say(line));
  const view = await live(io, `checking ${visible(torrent.name)}`, quiet || json !== undefined);
  say = (line) => view.say(line);
  const began = performance.now();
  const wrong: number[] = [];
  let result: Checked | undefined;
  const see = (event: Rechecked | Checked): void => {
    if (event.type === 'checked') result = event;
    else if (!event.valid) wrong.push(event.index);
    if (event.type === 'checked') return;
    json?.event(event, hash);
    const { checked, total } = event;
    const moment = {
      checked,
      total,
      valid: checked - wrong.length,
      rate: (checked / (performance.now() - began)) * 1000,
    };
    view.show({ lines: (width) => checkingLines(moment, width), line: () => checkingLines(moment, 100).join('') });
  };
  try {
    await follow(select(torrent).pipe(mergeMap((spans) => recheck(torrent, env, target, spans))), io, see);
  } finally {
    view.end();
  }
  if (result === undefined) return;
  const place = placeOf(torrent, target);
  if (json) json.tell(checkedObject(place, torrent, result), hash);
  else if (!quiet) for (const line of badFileLines(torrent, result)) io.print(line);
  if (!result.complete) throw new GaveUp('incomplete', summary(place, torrent, result, wrong));
  if (!json && !quiet) io.print(`${visible(place)}: complete, all ${counted(result.pieceCount, 'piece')} are right`);
};
