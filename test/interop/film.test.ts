import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watched } from './browser.ts';
import { film, KINDS, LASTS, RATE } from './films.ts';
import { slowPeers, streamed } from './streaming.ts';
import { World } from './world.ts';

const run = promisify(execFile);

let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

/** A picture of a film at this second. */
const picture = async (from: string, second: number, to: string): Promise<void> => {
  await run('ffmpeg', ['-v', 'error', '-ss', String(second), '-i', from, '-frames:v', '1', to]);
};

describe.each(Object.keys(KINDS) as (keyof typeof KINDS)[])('%s, while it comes from slow peers', (name) => {
  it('is told by ffprobe, shown by ffmpeg from its middle, and played by a browser, which jumps', async () => {
    const content = await film(world, name);
    // All of it takes half a minute, as both peers give as much in a second as a player takes.
    const { url, stored } = await streamed(world, content, ...(await slowPeers(world, content, RATE)));
    const part = (): number => stored() / (content.files[0]?.bytes.length ?? 0);
    const asked = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0'];
    const { stdout } = await run('ffprobe', [...asked, url]);
    expect(Math.round(Number(stdout))).toBe(LASTS);
    const probed = part();
    const [ours, theirs] = [world.path('ours.png'), world.path('theirs.png')];
    await picture(url, 45, ours);
    const shown = part();
    await picture(world.path('seed-7001', name), 45, theirs);
    await run('cmp', [ours, theirs]);
    const told = await watched(world, url, 30, 40_000);
    if (process.env['FIGURES'] !== undefined) console.log(JSON.stringify({ name, probed, shown, told, end: part() }));
    expect(told.map(({ what }) => what)).toEqual([`length ${LASTS}`, 'plays', 'jumps', 'seeked', 'plays there']);
    expect([probed < 0.25, shown < 0.5]).toEqual([true, true]);
  });
});
