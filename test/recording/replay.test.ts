import { NEVER, type Observable, of, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  chokesAfter,
  corrupts,
  drawn,
  honest,
  type Player,
  stallsAfter,
  type WorldOptions,
} from '../../marbles/index.ts';
import { servesFile } from '../../marbles/stories/webScene.ts';
import { StorageError } from '../../src/contracts/errors.ts';
import { Recording } from '../../src/recording/parse.ts';
import { record } from '../../src/recording/record.ts';
import type { Tape } from '../../src/recording/tape.ts';
import { partingText, replay } from '../../src/recording/replay.ts';
import { BLOCK, Geometry } from '../../src/torrent/geometry.ts';
import { inOrder } from '../../src/torrent/picker/pieceOrder.ts';
import { joined, type Own, recorded, type Session } from './session.ts';

const slow = (pace: number): Player => honest({ latency: 7, pace });

const peers = { '10.1.0.1:7000': slow(3), '10.1.0.2:7000': slow(20), '10.1.0.3:7000': chokesAfter(2, 500) };

/** Where the same download parts, in words. */
const parts = ({ bytes, run }: Session, own?: Own): string | undefined => {
  const { parting } = replay(new Recording(bytes), run(own));
  return parting && partingText(parting);
};

describe('replay', () => {
  const full = new StorageError('full', 'no room');
  it.each<readonly [string, WorldOptions]>([
    ['with peers of all kinds', { peers }],
    ['when one stalls', { peers: { '10.1.0.1:7000': stallsAfter(1), '10.1.0.2:7000': slow(9) } }],
    [
      'when pieces are corrupt, and whoever spoiled them is banned',
      {
        peers: { '10.1.0.1:7000': corrupts([1, 2], slow(5)), '10.1.0.2:7000': slow(9) },
      },
    ],
    ['when nobody is there', {}],
    [
      'when the disk is full for a while',
      {
        peers,
        disk: { takes: 2, fails: (work, nth) => (work === 'write' && nth === 1 ? full : undefined) },
      },
    ],
    ['when some is there already', { peers, disk: { has: [1, 4] } }],
  ])('does the same again %s', (_, world) => {
    const session = recorded(world);
    expect(session.told).toContain('progress');
    expect(parts(session)).toBeUndefined();
  });

  it('does the same again with web seeds, of which only the lengths of their chunks are kept', () => {
    const shape = new Geometry({ length: 12 * BLOCK, pieceLength: 2 * BLOCK });
    const own = { webSeeds: ['http://liar.test/drawn', 'http://web.test/drawn'], trackers: [] };
    const web: WorldOptions['web'] = (request) => servesFile(shape, { spoils: request.url.includes('liar') })(request);
    const session = recorded({ web }, { own });
    expect(session.told).toContain('done');
    expect(session.told).toContain('corrupt');
    expect(session.bytes.length).toBeLessThan(shape.length / 20);
    expect(parts(session)).toBeUndefined();
    expect(parts(session, { webSeeds: ['http://other.test/drawn'] })).toMatch(/web\.test|other\.test/);
  });

  it('does the same again when whoever listened left in the middle', () => {
    const session = recorded({ peers }, { until: '40ms !' });
    expect(session.told).not.toContain('done');
    expect(parts(session)).toBeUndefined();
  });

  it('goes to its end, and takes no time', () => {
    const { bytes, run } = recorded({ peers: { '10.1.0.1:7000': stallsAfter(1) } }, { until: '9m !' });
    const { time, turns, cutOff } = replay(new Recording(bytes), run());
    expect(time).toBeGreaterThanOrEqual(540_000);
    expect(turns).toBeGreaterThan(100);
    expect(cutOff).toBe(false);
  });

  it('does hours again, part by part', () => {
    const own = { seed: { time: 7_200_000 } };
    const long = recorded({ peers }, { own, until: '125m !', part: 2_000 });
    expect(long.parts.length).toBeGreaterThan(3);
    const { parting, time } = replay(new Recording(long.parts), long.run());
    expect(parting).toBeUndefined();
    expect(time).toBeGreaterThanOrEqual(7_200_000);
  });

  it('says where another order of pieces makes a difference', () => {
    expect(parts(recorded({ peers }), { order: inOrder })).toMatch(
      /^at 0\.\d{3} s to 10\.1\.0\.\d:7000: was request \d\/0, is request 0\/0$/,
    );
  });

  it('says that somebody is not dialled any more', () => {
    expect(parts(recorded({ peers }), { maxPeers: 1 })).toMatch(
      /^at 0\.\d{3} s to 10\.1\.0\.\d:7000: was dial 10\.1\.0\.\d:7000 tracker, is nothing$/,
    );
  });

  it('says that a tracker is not asked any more', () => {
    expect(parts(recorded({ peers }), { trackers: [] })).toMatch(
      /^at 0\.\d{3} s to tracker\.test: was look up tracker\.test, is nothing$/,
    );
  });

  it('goes as far as a recording that was cut off, wherever that is', () => {
    const session = recorded({ peers });
    const header = session.chunks[0]?.length as number;
    for (let end = header; end < session.bytes.length; end += 97) {
      const { parting } = replay(new Recording(session.bytes.subarray(0, end)), session.run());
      // The last turn may have lost some of its deeds.
      if (parting) expect(parting.was).toBe('nothing');
    }
  });

  it('is told what came from outside of the world', () => {
    const told: unknown[] = [];
    const parts: Uint8Array[] = [];
    const run = ({ inside, input }: Tape, chosen$: Observable<unknown>) =>
      inside(input(chosen$).pipe(tap((what) => told.push(what))));
    drawn((stage) => {
      const tape = record(stage.world().env, (bytes) => void parts.push(bytes));
      stage.watch(run(tape, stage.cold('--a-b|', { a: { folder: 'elsewhere' }, b: undefined })));
    })();
    replay(new Recording(joined(parts)), (tape) => run(tape, NEVER));
    expect(told).toEqual([{ folder: 'elsewhere' }, undefined, { folder: 'elsewhere' }, undefined]);
  });

  it('is refused when more was recorded than is run', () => {
    const { bytes } = recorded({ peers });
    expect(() => replay(new Recording(bytes), () => of(1))).toThrow('is not replayed');
  });
});
