import { InputError } from '../../contracts/errors.ts';
import { Geometry, type Shape } from '../../torrent/geometry.ts';
import { draw, spanText } from '../draw.ts';
import { lanesOf } from '../lanes.ts';
import type { Recording } from '../parse.ts';
import { type Script, scriptText } from './script.ts';
import { scriptOf, type Subject } from './scriptOf.ts';
import { trueScript } from './trueScript.ts';

export interface DrawingOptions {
  /** Milliseconds up to which it goes; all of it. */
  readonly to?: number | undefined;
  /** Only what this peer is asked is compared, `host:port` or a host. */
  readonly peer?: string | undefined;
}

/** Columns of the overview. */
const WIDTH = 100;

const without = (script: Script, peer: string | undefined): Script => {
  if (peer === undefined) return script;
  const shown = (who: string): boolean => {
    const address = script.peers.get(who) ?? '';
    return address === peer || address.startsWith(`${peer}:`) || address.startsWith(`[${peer}]:`);
  };
  return { ...script, rows: script.rows.filter(({ who, does }) => does !== 'asks' || shown(who)) };
};

/** One torrent of a recording, and what it is called in the title of its test if there are several. */
export interface Drawable extends Shape {
  readonly of?: Subject;
  readonly name?: string;
}

const titleOf = (peer: string | undefined, peers: number, name: string | undefined): string =>
  `asks ${peer ?? (peers === 1 ? 'the peer' : `${peers} peers`)} what it asked when it was recorded${
    name === undefined ? '' : `: ${name}`
  }`;

const shapeText = ({ length, pieceLength, pieceSizes }: Shape): string =>
  `{ length: ${length}, pieceLength: ${pieceLength}${pieceSizes ? `, pieceSizes: [${pieceSizes.join(', ')}]` : ''} }`;

/** The body of one test, and until when it goes; undefined if nothing is asked that depends on peers alone. */
const testOf = (
  recording: Recording,
  { of, name, ...shape }: Drawable,
  { to, peer }: DrawingOptions,
): { readonly lines: readonly string[]; readonly until: number | undefined; readonly end: number } | undefined => {
  const all = scriptOf(recording, new Geometry(shape), of);
  const part = to === undefined ? all : { ...all, rows: all.rows.filter(({ time }) => time <= to) };
  const { script, until } = trueScript(part, shape);
  const shown = without(script, peer);
  if (!shown.rows.some(({ does }) => does === 'asks')) return undefined;
  const lines = [
    'it(',
    `  ${JSON.stringify(titleOf(peer, script.peers.size, name))},`,
    '  drawnSession(',
    '    `',
    scriptText(shown),
    '`,',
    `    ${shapeText(shape)},`,
    '  ),',
    ');',
  ];
  return { lines, until, end: script.rows.at(-1)?.time ?? 0 };
};

/**
 * The source of drawings that play what peers said in a recording to the operators that download, one for each torrent,
 * and compare what the peers are asked. @throws InputError if nothing in it can be drawn; Malformed
 */
export const drawingOf = (
  recording: Recording,
  torrents: Drawable | readonly Drawable[],
  options: DrawingOptions = {},
): string => {
  if (!recording.whole) throw new InputError('bad-option', 'its beginning has been dropped: draw its lanes');
  const tests = [torrents].flat().flatMap((each) => testOf(recording, each, options) ?? []);
  if (tests.length === 0)
    throw new InputError('bad-option', 'nothing is asked in it that depends on its peers alone: replay it');
  const end = Math.max(...tests.map((test) => test.end));
  const overview = draw(lanesOf(recording), { width: WIDTH, to: end, peer: options.peer });
  return [
    "import { drawnSession } from 'rxtorrent/marbles';",
    "import { it } from 'vitest';",
    '',
    '/*',
    ` * Recorded on ${new Date(recording.header.start).toISOString().slice(0, 10)}.`,
    ...tests.flatMap(({ until }) =>
      until === undefined
        ? []
        : [` * It goes up to ${spanText(until)}: what was asked then depends on more than what peers said.`],
    ),
    ' *',
    ...overview.map((line) => ` * ${line}`.trimEnd()),
    ' */',
    ...tests.flatMap(({ lines }) => ['', ...lines]),
    '',
  ].join('\n');
};
