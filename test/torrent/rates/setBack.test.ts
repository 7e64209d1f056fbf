import { describe, expect, it } from 'vitest';
import { DosGuard } from '../../../src/discovery/dht/dosGuard.ts';
import { ConnectionBudget } from '../../../src/torrent/peers/connectionBudget.ts';
import { DialPace } from '../../../src/torrent/peers/dialPace.ts';
import { HostLimiter } from '../../../src/torrent/rates/hostLimiter.ts';
import type { Contender } from '../../../src/torrent/upload/chokeStrategy.ts';
import { Choker } from '../../../src/torrent/upload/choker.ts';

const NOW = 1_780_000_000_000;
const AN_HOUR_AGO = NOW - 3_600_000;

/** How often something may be done at once, just before the clock is set back; just after; within two seconds. */
const around = (does: (now: number) => boolean): readonly number[] =>
  [[NOW], [AN_HOUR_AGO], [AN_HOUR_AGO + 1_000, AN_HOUR_AGO + 2_000]].map((moments) => {
    let times = 0;
    for (const now of moments) while (times < 1_000 && does(now)) times++;
    return times;
  });

describe('a clock that is set back by an hour', () => {
  it('stops nobody from dialling for an hour, nor lets anybody dial more', () => {
    const pace = new DialPace(10);
    const dials = (now: number): boolean => {
      const may = pace.mayDial(now);
      if (may) pace.dial();
      return may;
    };
    expect(around(dials)).toEqual([10, 0, 20]);
    const places = new ConnectionBudget({ most: 1_000, dialRate: 10 }).join({
      wake: () => {},
      giveUp: () => {},
    } as never);
    expect(around((now) => places.dial(now))).toEqual([10, 0, 20]);
  });

  it('stops nobody from being answered', () => {
    const often = { rate: 10, burst: 10 };
    const limiter = new HostLimiter({ host: often, nearby: often, all: often, remembered: 9 });
    expect(around((now) => limiter.admits('192.0.2.1', now))).toEqual([10, 0, 10]);
    const guard = new DosGuard();
    const answers = (now: number): boolean => {
      const may = guard.mayAnswer(now);
      if (may) guard.answered(1);
      return may;
    };
    expect(around(answers)).toEqual([100, 0, 200]);
  });

  it('does not put off the next round of choking', () => {
    let rounds = 0;
    const strategy = (): ReadonlyMap<Contender, string> => {
      rounds++;
      return new Map();
    };
    const choker = new Choker({ random: () => 0, pieceLength: 1, strategy });
    choker.round(NOW);
    choker.round(AN_HOUR_AGO);
    expect(rounds).toBe(2);
  });
});
