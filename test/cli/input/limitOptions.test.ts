import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObservable, lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { limitsOf } from '../../../src/cli/input/limitOptions.ts';
import { contentOf } from '../../swarm/content.ts';
import { addresses, peers } from '../../swarm/fixture.ts';
import type { Limits } from '../../../src/download/limits/rateLimits.ts';
import { folder, objects, run } from '../run.ts';

const KiB = 1024;
const last = async (limit: Limits['down']) => (isObservable(limit) ? await lastValueFrom(limit) : limit);

describe('limitsOf', () => {
  it('reads sizes, of all torrents and of each', async () => {
    const given = { 'down-limit': '2M', 'up-limit': '500K', 'down-limit-each': '100000' };
    const { down, up } = limitsOf(given);
    expect([await last(down), await last(up)]).toEqual([2 * KiB * KiB, 500 * KiB]);
    const each = limitsOf(given, 'each');
    expect([await last(each.down), each.up]).toEqual([100_000, undefined]);
    expect(limitsOf({})).toEqual({});
  });

  it.each(['0', '-5', '10', 'fast', '2T'])('refuses %s', (rate) => {
    expect(() => limitsOf({ 'up-limit': rate })).toThrow(/^--up-limit .*expected a size from 1K to 1024G/);
  });
});

describe('download --down-limit', () => {
  it.each(['--down-limit', '--down-limit-each'])('takes no more than that: %s', async (option) => {
    const content = contentOf({ length: 600 * KiB });
    const place = folder();
    const torrent = join(place, 'a.torrent');
    writeFileSync(torrent, content.metainfo);
    const began = performance.now();
    const seeds = addresses(await peers(content, [{}, {}])).flatMap(({ host, port }) => ['--peer', `${host}:${port}`]);
    const { code, stdout } = await run([
      'download',
      torrent,
      '-o',
      `${place}/`,
      ...seeds,
      option,
      '300K',
      '--no-listen',
      '--json',
    ]);
    expect(code).toBe(0);
    const last = objects(stdout).findLast(({ type }) => type === 'progress');
    expect(last?.['downloaded']).toBeLessThanOrEqual(((performance.now() - began) / 1000) * 300 * KiB * 1.05);
    expect(objects(stdout).some(({ type, held }) => type === 'progress' && held === true)).toBe(true);
  });
});
