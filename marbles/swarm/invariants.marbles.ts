import { describe, expect, it } from 'vitest';
import {
  complaintsOf,
  INVARIANTS,
  randomSwarm,
  type SwarmPlan,
  type SwarmRun,
  type SwarmSeams,
  swarmOf,
} from '../index.ts';
import { StorageError } from '../../src/contracts/errors.ts';
import { PLANTED } from './planted.ts';
import { drawingOf } from './shrink.ts';

/** Swarms that every test run goes through; `npm run soak` goes through as many as are asked for. */
const [SEEDS, TOGETHER] = [100, 10];
/** Swarms within which each planted bug shows. */
const SHOWS_WITHIN = 20;

/** The first seed of a run in which something is wrong, and what. */
const firstFailure = (seams: SwarmSeams): readonly string[] => {
  for (let seed = 1; seed <= SHOWS_WITHIN; seed++) {
    const complaints = complaintsOf(swarmOf(randomSwarm(seed), { ...seams, watched: true }));
    if (complaints.length > 0) return complaints;
  }
  return [];
};

describe('swarms drawn by chance', () => {
  it.each(Array.from({ length: SEEDS / TOGETHER }, (_, n) => n * TOGETHER + 1))(
    `hold what is promised, with ${TOGETHER} seeds from %i`,
    (first) => {
      const failed: string[] = [];
      for (let seed = first; seed < first + TOGETHER; seed++) {
        const plan = randomSwarm(seed);
        const complaints = complaintsOf(swarmOf(plan, { watched: true }));
        if (complaints.length > 0) failed.push(`seed ${seed}:`, ...complaints, drawingOf(plan));
      }
      expect(failed.join('\n')).toBe('');
    },
  );

  it('are the same for the same seed', () => {
    expect(randomSwarm(5)).toEqual(randomSwarm(5));
    expect(randomSwarm(5)).not.toEqual(randomSwarm(6));
    const run = (): SwarmRun => swarmOf(randomSwarm(5), { watched: true });
    expect(run()).toEqual(run());
  });

  it.each([
    ['doubleRequests', 'keepsRules: .* asks once'],
    ['forgottenCancel', 'keepsRules: .* cancels what has come'],
    ['wrongEndgameLimit', 'fetchesOnce: .* twice|keepsRules: .* three'],
    ['lostWakeUp', 'completes: .* is complete after no ms'],
    ['offByOne', 'isRight: .* has wrong bytes'],
    ['manyTimers', 'staysWithin: .* timers at one time'],
    ['leakedTimer', 'closesAll: left open: .* timers'],
  ] as const)('show a planted bug: %s', (bug, complaint) => {
    expect(firstFailure({ env: PLANTED[bug] }).join('\n')).toMatch(new RegExp(complaint));
  });
});

describe('a client that does not heed the limit of its memory', () => {
  // Eight peers that are equally slow, so that many pieces are begun at one time.
  const slow = { has: 'all', up: 20_000, down: 100_000 } as const;
  const few: SwarmPlan = {
    torrent: { pieces: 32, blocksPerPiece: 8 },
    hosts: [...Array.from({ length: 8 }, () => slow), { memory: 2 * 8 * 2 ** 14 }],
  };

  it('is told from one that does', () => {
    const told = /staysWithin: .* bytes of pieces in memory/;
    const complaints = complaintsOf(swarmOf(few, { options: () => ({ memory: 2 ** 30 }), watched: true }));
    expect(complaints.join('\n')).toMatch(told);
    expect(complaintsOf(swarmOf(few, { watched: true })).join('\n')).toBe('');
  });
});

const plan: SwarmPlan = {
  torrent: { pieces: 4, blocksPerPiece: 1 },
  hosts: [{ has: 'all', up: 16_384 }, { up: 1_000 }, { plays: 'corrupts' }],
};
const client = {
  address: '10.0.0.1',
  nth: 0,
  done: 5,
  stored: 0,
  downloaded: 0,
  uploaded: 0,
  wasted: 0,
  isWhole: true,
  corrupt: 0,
  left: [],
  warnings: [],
  offences: [],
  twice: 0,
  longestWait: 0,
  drafts: 0,
  wires: 2,
  excess: 0,
  timers: 20,
};
const good: SwarmRun = {
  plan,
  took: 5_000,
  hosts: [client, { ...client, address: '10.0.0.2', nth: 1, done: 5_000, stored: 4_990 }],
  announces: [],
  open: [],
  sent: 65_536,
};
const told = { by: 'http' as const, host: '10.0.0.2', port: 6881, uploaded: 0, downloaded: 0, left: 0 };
const bad = (second: Partial<SwarmRun['hosts'][number]>): SwarmRun => ({
  ...good,
  hosts: [client, { ...client, address: '10.0.0.2', nth: 1, done: 5_000, stored: 4_990, ...second }],
});

describe('an invariant', () => {
  it('holds of a good run', () => expect(complaintsOf(good)).toEqual([]));

  it.each<[name: string, run: SwarmRun]>([
    ['completes', bad({ done: 500_000 })],
    ['isRight', bad({ isWhole: false })],
    ['isRight', { ...bad({ corrupt: 1 }), plan: { ...plan, hosts: plan.hosts.slice(0, 2) } }],
    ['livesOn', bad({ error: new Error('no room') })],
    ['fetchesOnce', bad({ twice: 400_000 })],
    ['bansLiars', bad({ left: [{ at: 7, host: '10.0.0.1', reason: 'corrupt' }] })],
    ['keepsRules', bad({ offences: [{ at: 7, host: '10.0.0.2', rule: 'asks once', text: '0/0' }] })],
    ['sharesTurns', bad({ longestWait: 200_000 })],
    ['staysWithin', bad({ wires: 7 })],
    ['staysWithin', bad({ excess: 400_000 })],
    ['staysWithin', bad({ timers: 200 })],
    ['staysWithin', bad({ drafts: 2 ** 26 + 16_384 })],
    ['tellsTrackers', { ...good, announces: [{ ...told, at: 5, event: 'started' }] }],
    ['tellsTrackers', { ...good, announces: [{ ...told, at: 6_000, event: 'completed' }] }],
    ['closesAll', { ...good, open: ['3 timers'] }],
  ])('%s, and is broken by what it is about', (name, run) => {
    const broken = Object.entries(INVARIANTS).filter(([, holds]) => holds(run).length > 0);
    expect(broken.map(([each]) => each)).toEqual([name]);
  });

  it('does not ask of a swarm what it cannot do, nor ban a liar', () => {
    const hosts = [{ has: [0, 1] }, {}, { plays: 'corrupts' as const }];
    expect(complaintsOf({ ...bad({ done: 9e9 }), plan: { ...plan, hosts } })).toEqual([]);
    expect(complaintsOf(bad({ left: [{ at: 7, host: '10.0.0.3', reason: 'corrupt' }] }))).toEqual([]);
    const io = new StorageError('io', 'the disk failed (EIO)');
    const failing = { disk: { fails: { from: 0, to: 9, work: 'write' as const } } };
    expect(complaintsOf({ ...bad({ error: io }), plan: { ...plan, hosts: plan.hosts.with(1, failing) } })).toEqual([]);
    expect(complaintsOf(bad({ error: io }))).toHaveLength(1);
  });
});
