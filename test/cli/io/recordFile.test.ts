import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readRecording } from '../../../src/cli/input/recordingFile.ts';
import { partOf, partsAt, recordFile } from '../../../src/cli/io/recordFile.ts';
import { encodeHeader } from '../../../src/recording/format.ts';
import { Recording } from '../../../src/recording/parse.ts';
import { folder } from '../run.ts';

describe('recordFile', () => {
  const headerOf = (part: number) =>
    encodeHeader({ by: 'x', start: 0, masked: false, sharesMemory: false, hashes: false, part, session: null });
  const say = () => undefined;

  it('has a file for each part, which are one recording', () => {
    const path = join(folder(), 'a.rxrec.gz');
    const sink = recordFile(path, { force: false, say });
    for (let part = 0; part < 3; part++) {
      sink(headerOf(part), true);
      sink(Uint8Array.of(0x54, 1), false);
    }
    expect([existsSync(`${path}.2`), existsSync(`${path}.3`)]).toEqual([true, false]);
    expect(gunzipSync(readFileSync(`${path}.1`)).subarray(-2)).toEqual(Buffer.of(0x54, 1));
    const recording = readRecording(path);
    expect(recording).toBeInstanceOf(Recording);
    expect([...recording.turns()].map(({ time }) => time)).toEqual([0, 1, 2, 3]);
  });

  it('drops the oldest parts when all take more than they may', () => {
    const path = join(folder(), 'a.rxrec');
    const limit = 3 * headerOf(0).length + 100;
    const sink = recordFile(path, { force: false, limit, say });
    for (let part = 0; part < 12; part++) {
      sink(headerOf(part), true);
      sink(Uint8Array.of(0x54, 1), false);
      expect(partsAt(path).reduce((sum, nth) => sum + statSync(partOf(path, nth)).size, 0)).toBeLessThanOrEqual(limit);
    }
    expect(partsAt(path)).toEqual([9, 10, 11]);
    expect(readRecording(path).header.part).toBe(9);
  });

  it('refuses to replace a part of an earlier recording, and leaves none behind', () => {
    const path = join(folder(), 'a.rxrec');
    writeFileSync(`${path}.3`, '');
    expect(() => recordFile(path, { force: false, say })).toThrow('a.rxrec.3 exists already');
    recordFile(path, { force: true, say })(headerOf(0), true);
    expect(partsAt(path)).toEqual([0]);
  });

  it('says it when the disk takes no more, once, and goes on', () => {
    const said: string[] = [];
    const sink = recordFile('/dev/full', { force: true, say: (line) => said.push(line) });
    sink(headerOf(0), true);
    sink(headerOf(1), true);
    expect(said).toEqual([expect.stringMatching(/^the recording ends here: .*\/dev\/full/)]);
  });
});
