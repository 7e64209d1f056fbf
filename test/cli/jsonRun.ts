import { expect } from 'vitest';
import { toHex } from '../../src/protocol/encoding/id.ts';
import { problems } from '../json/problems.ts';
import { contentOf } from '../swarm/content.ts';
import { type Ended, objects, run } from './run.ts';

export const content = contentOf({ name: 'a', length: 200_000, pieceLength: 65_536 });

export const infoHash = toHex(content.torrent.infoHash);

/** How a run has ended; and that all it has said is as it should be. */
export const checked = ({
  code,
  stdout,
}: Ended): readonly [code: number | null, reason: unknown, types: readonly unknown[]] => {
  expect(problems(stdout)).toEqual([]);
  const all = objects(stdout);
  expect(all.at(-1)).toMatchObject({ type: 'end', exitCode: code });
  return [code, all.at(-1)?.['reason'], [...new Set(all.map(({ type }) => type))]];
};

/** A command with `--json`. */
export const json = async (...args: readonly string[]) => checked(await run([...args, '--json']));

/** How a run ends that makes no sense. */
export const REFUSED = [2, 'error', ['start', 'error', 'end']];
