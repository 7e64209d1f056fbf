import { describe, expect, it } from 'vitest';
import { client } from '../../src/client/client.ts';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import { drawn, type Mark } from '../index.ts';
import { leecher } from './leecher.ts';

const MINUTE = 60_000;
const COMES = 200 * MINUTE;

describe('a seed without interested peers', () => {
  it.each([[{ only: true }], [{}]])(
    'emits nothing until a peer comes, is awake while it is there, and sleeps again: %o',
    (seed) => {
      let given = 0;
      let marks: readonly Mark[] = [];
      drawn(
        (stage) => {
          const callers = { '10.3.0.1:5000': { at: COMES, player: leecher(() => given++) } };
          const { env } = stage.world({ callers, disk: { has: [0, 1, 2, 3] } });
          marks = stage.watch(
            client(env, { ports: [6881] }).download(stage.torrent, { target: { folder: '.' }, trackers: [], seed }),
            '^ 400m !',
          );
        },
        { torrent: { pieces: 4, blocksPerPiece: 1 } },
      )();
      const told = marks
        .filter(({ kind }) => kind === 'value')
        .map(({ frame, value }) => ({ frame, event: value as DownloadEvent }));
      const between = (from: number, until: number) =>
        told.filter(({ frame }) => frame >= from && frame < until).map(({ event }) => event.type);
      expect(between(0, 5_000)).toContain('done');
      expect(between(5_000, COMES)).toEqual([]);
      const visit = between(COMES, COMES + MINUTE);
      expect(visit).toEqual(expect.arrayContaining(['peer-joined', 'unchoke', 'progress']));
      expect(given).toBe(4);
      const last = told.findLast(({ event }) => event.type === 'progress')?.event;
      expect(last).toMatchObject({ phase: 'seeding', uploaded: 4 * 16_384, upRate: 0 });
    },
  );
});
