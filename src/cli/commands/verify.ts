import type { Rechecked } from '../../env.ts';
import { recheck } from '../../recheck.ts';
import { GaveUp } from '../exit.ts';
import { follow } from '../follow.ts';
import type { Given, Io } from '../io.ts';
import { readTorrent } from '../source.ts';
import { existingTarget, placeOf } from '../target.ts';
import { flag } from '../values.ts';
import { live } from '../views/live.ts';
import { checkingLines } from '../views/progress.ts';
import { jsonLine, visible } from '../views/text.ts';
import { ranges } from '../views/units.ts';
import { worldOf } from '../world.ts';

/** Ranges of wrong pieces that are listed in a message. */
const LISTED = 10;

/** `rxtorrent verify`: exit code 0 when every piece is right, 4 when not. Nothing on disk is changed. */
export const verify = async (given: Given, io: Io): Promise<void> => {
  const torrent = await readTorrent(String(given['torrent']), io);
  const target = await existingTarget(torrent, String(given['path']));
  const json = flag(given, 'json');
  const quiet = flag(given, 'quiet');
  let say = io.say;
  const env = await worldOf(given, (line) => say(line));
  const view = await live(io, `checking ${visible(torrent.name)}`, quiet || json);
  say = (line) => view.say(line);
  const began = performance.now();
  const total = torrent.pieceHashes.length / 20;
  const wrong: number[] = [];
  const see = (event: Rechecked): void => {
    if (!event.valid) wrong.push(event.index);
    if (json) io.print(jsonLine(event));
    const { checked } = event;
    const moment = { checked, total, valid: checked - wrong.length, rate: (checked / (performance.now() - began)) * 1000 };
    view.show({ lines: (width) => checkingLines(moment, width), line: () => checkingLines(moment, 100).join('') });
  };
  try {
    await follow(recheck(torrent, env, target), io, see);
  } finally {
    view.end();
  }
  const place = placeOf(torrent, target);
  if (json) io.print(jsonLine({ type: 'verified', path: place, complete: wrong.length === 0, valid: total - wrong.length, pieceCount: total }));
  if (wrong.length > 0) {
    const which = ranges(wrong);
    const list = `${which.slice(0, LISTED).join(', ')}${which.length > LISTED ? ', …' : ''}`;
    throw new GaveUp('incomplete', `${place}: ${wrong.length} of ${total} pieces missing or wrong (number ${list}): download again to fetch them`);
  }
  if (!json && !quiet) io.print(`${place}: complete, all ${total} pieces are right`);
};
