import type { Shape } from '../src/torrent/geometry.ts';
import { perform } from '../src/recording/script/perform.ts';
import { parseScript, type Script } from '../src/recording/script/script.ts';
import { partingOf, performed, type Question, written } from '../src/recording/script/trueScript.ts';
import { DrawingError } from './expectation.ts';
import { printLanes } from './lane.ts';

/** Questions before and after the one that differs that are printed. */
const AROUND = 20;

const NOTHING = 'nothing';

const lanesAround = (was: readonly Question[], is: readonly Question[], time: number): readonly string[] => {
  const near = (questions: readonly Question[]): readonly { frame: number; letter: string }[] => {
    const at = questions.findIndex((question) => question.time >= time);
    const from = Math.max(0, (at < 0 ? questions.length : at) - AROUND);
    return questions.slice(from, from + 2 * AROUND).map(({ time, what }) => ({ frame: time, letter: what.charAt(0) }));
  };
  const [drawn, came] = [near(was), near(is)];
  const start = Math.min(...[...drawn, ...came].map(({ frame }) => frame));
  const moved = (marks: typeof drawn) => marks.map(({ frame, letter }) => ({ frame: frame - start, letter }));
  const [expected = '', received = ''] = printLanes([moved(drawn), moved(came)]);
  return [`  expected  ${start}ms ${expected}`, `  received  ${start}ms ${received}`];
};

const differenceOf = (script: Script, shape: Shape): string | undefined => {
  const [all, now] = [written(script), performed(perform(script, shape))];
  const texts: { readonly time: number; readonly text: string }[] = [];
  for (const [who, was] of all) {
    const is = now.get(who) ?? [];
    const [one, other] = partingOf(was, is, 0) ?? [];
    if (one === undefined && other === undefined) continue;
    const time = Math.min(one?.time ?? Infinity, other?.time ?? Infinity);
    const named = `${who} ${script.peers.get(who) ?? ''}`.trimEnd();
    const at = (question: Question | undefined): string =>
      question === undefined
        ? NOTHING
        : question.time === time
          ? question.what
          : `${question.what} at ${question.time}ms`;
    const said = `${named}: not as drawn: at ${time}ms was ${at(one)}, is ${at(other)}`;
    texts.push({ time, text: [said, ...lanesAround(was, is, time)].join('\n') });
  }
  return texts.sort((a, b) => a.time - b.time)[0]?.text;
};

/**
 * A recorded session as the body of a test: its peers say what they said, and what our operators ask them is compared.
 * `rxtorrent draw --test` writes such drawings:
 *
 * ```
 * begun  17 3-5            the pieces in the order in which they were begun; all others are there already
 * p1     10.1.0.7:6881     the peers, by their names
 *
 *   12ms  p1   says   h, B 0-47
 *   14ms  p1   asks   I
 *   31ms  p1   says   U
 *   31ms  p1   asks   R 17/0-3
 *   40ms  p1   says   P 17/0-3
 *   41ms  disk gives  s 17
 * ```
 *
 * Letters are those of the alphabet; `17/0-3` are the blocks 0 to 3 of piece 17. The operators are `whenUnchoked`,
 * `requestBlocks`, `assemblePieces`, `verifyPieces` and `writePieces`. Of a peer without a row `asks` nothing is
 * compared. `asks !` is when we hang up.
 */
export const drawnSession = (text: string, shape: Shape): (() => void) => {
  const at = new DrawingError();
  return () => {
    const difference = differenceOf(parseScript(text), shape);
    if (difference === undefined) return;
    at.message = `\n${difference}`;
    throw at;
  };
};
