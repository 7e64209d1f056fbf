import { InputError } from '../../contracts/errors.ts';
import { Geometry, type Shape } from '../../torrent/geometry.ts';
import { draw, spanText } from '../draw.ts';
import { lanesOf } from '../lanes.ts';
import type { Recording } from '../parse.ts';
import { type Script, scriptText } from './script.ts';
import { scriptOf } from './scriptOf.ts';
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

const titleOf = (peer: string | undefined, peers: number): string =>
  `asks ${peer ?? (peers === 1 ? 'the peer' : `${peers} peers`)} what it asked when it was recorded`;

/**
 * The source of a drawing that plays what peers said in a recording to the operators that download, and compares what
 * the peers are asked. @throws InputError if nothing in it can be drawn; Malformed
 */
export const drawingOf = (recording: Recording, shape: Shape, { to, peer }: DrawingOptions = {}): string => {
  if (!recording.whole) throw new InputError('bad-option', 'its beginning has been dropped: draw its lanes');
  const all = scriptOf(recording, new Geometry(shape));
  const part = to === undefined ? all : { ...all, rows: all.rows.filter(({ time }) => time <= to) };
  const { script, until } = trueScript(part, shape);
  const shown = without(script, peer);
  if (!shown.rows.some(({ does }) => does === 'asks'))
    throw new InputError('bad-option', 'nothing is asked in it that depends on its peers alone: replay it');
  const end = script.rows.at(-1)?.time ?? 0;
  const overview = draw(lanesOf(recording), { width: WIDTH, to: end, peer }).map((line) => ` * ${line}`.trimEnd());
  return [
    "import { drawnSession } from 'rxtorrent/marbles';",
    "import { it } from 'vitest';",
    '',
    '/*',
    ` * Recorded on ${new Date(recording.header.start).toISOString().slice(0, 10)}.`,
    ...(until === undefined
      ? []
      : [` * It goes up to ${spanText(until)}: what was asked then depends on more than what peers said.`]),
    ' *',
    ...overview,
    ' */',
    '',
    'it(',
    `  ${JSON.stringify(titleOf(peer, script.peers.size))},`,
    '  drawnSession(',
    '    `',
    scriptText(shown),
    '`,',
    `    { length: ${shape.length}, pieceLength: ${shape.pieceLength} },`,
    '  ),',
    ');',
    '',
  ].join('\n');
};
