import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Choker, type ChokerOptions, ROUND } from '../../../src/torrent/upload/choker.ts';
import type { ChokeStrategy } from '../../../src/torrent/upload/chokeStrategy.ts';
import { UploadSlots } from '../../../src/torrent/upload/uploadSlots.ts';

/** A peer that does as it is told. */
class Somebody {
  readonly address: { readonly host: string; readonly port: number };
  readonly state = { interested: true, choked: true, interesting: true, downloaded: 0, uploaded: 0 };
  readonly heard: string[] = [];
  served = 0;
  choking = true;

  constructor(port: number) {
    this.address = { host: '192.0.2.1', port };
  }
}

const swarmOf = (count: number, options: Partial<ChokerOptions> = {}) => {
  let seed = 1;
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const choker = new Choker<Somebody>({ random, pieceLength: 262_144, ...options });
  let time = 0;
  let most = 0;
  const join = (one: Somebody): void =>
    choker.joined(one, time, ({ type, reason }) => {
      one.choking = type === 'choke';
      one.heard.push(`${type} ${reason}`);
      most = Math.max(most, people.filter(({ choking }) => !choking).length);
    });
  const people = Array.from({ length: count }, (_, n) => new Somebody(n + 1));
  people.forEach(join);
  /** Rounds go by; who is served gets `up` and gives `down(one)` bytes a second. */
  const rounds = (times: number, down: (one: Somebody) => number = () => 0, up = 100_000): void => {
    for (let n = 0; n < times; n++) {
      time += ROUND;
      for (const one of people) {
        one.state.downloaded += down(one) * 10;
        if (!one.choking) one.state.uploaded += up * 10;
        if (!one.choking) one.served++;
      }
      choker.round(time);
      choker.check();
    }
  };
  const served = (): readonly number[] => people.filter(({ choking }) => !choking).map(({ address }) => address.port);
  return { choker, people, join, rounds, served, most: () => most, now: () => time };
};

describe('while downloading', () => {
  it('those who give most are served, and one by chance', () => {
    const { rounds, served, people } = swarmOf(10, { slots: 4 });
    rounds(12, ({ address }) => address.port * 1000);
    expect(served()).toEqual(expect.arrayContaining([8, 9, 10]));
    expect(served().length).toBe(4);
    expect(people[9]?.heard.at(-1)).toBe('unchoke gives');
  });

  it('why each is served, or no longer is, is known at any time', () => {
    const { choker, rounds, people } = swarmOf(10, { slots: 4 });
    expect(people.map((one) => choker.reasonOf(one) ?? '')).toEqual(
      people.map(({ heard }) => heard.at(-1)?.split(' ')[1] ?? ''),
    );
    rounds(12, ({ address }) => address.port * 1000);
    expect(people.map((one) => choker.reasonOf(one) ?? '')).toEqual(
      people.map(({ heard }) => heard.at(-1)?.split(' ')[1] ?? ''),
    );
    choker.left(people[9] as Somebody);
    expect(choker.reasonOf(people[9] as Somebody)).toBeUndefined();
  });

  it('the chance is another one after 30 s, and everybody has it', () => {
    const { rounds, people, served } = swarmOf(12, { slots: 4 });
    let before: readonly number[] = [];
    let kept = 0;
    let changes = 0;
    for (let n = 0; n < 600; n++) {
      rounds(1, ({ address }) => (address.port > 9 ? 50_000 + address.port : 0));
      const lucky = served().filter((port) => port <= 9);
      expect(lucky.length).toBe(1);
      kept++;
      if (lucky[0] !== before[0]) {
        if (n > 20) expect(kept).toBeGreaterThanOrEqual(3);
        kept = 0;
        changes++;
      }
      before = lucky;
    }
    expect(changes).toBeGreaterThan(150);
    for (const one of people.slice(0, 9)) expect(one.heard.length).toBeGreaterThan(10);
    expect(people[0]?.heard).toContain('unchoke optimistic');
    expect(people[0]?.heard).toContain('choke turn-over');
  });

  it('who has given nothing for a minute is served by chance only', () => {
    const { rounds, people, served } = swarmOf(3, { slots: 3 });
    rounds(5, () => 1000);
    expect(served().length).toBe(3);
    rounds(8);
    expect(served().length).toBe(1);
    expect(people.flatMap(({ heard }) => heard)).toContain('choke snubs');
  });

  it('who gives more takes the place of who gives less, who is told so', () => {
    const { rounds, people, served } = swarmOf(4, { slots: 2 });
    rounds(10, ({ address }) => (address.port === 1 ? 1000 : 0));
    expect(served()).toContain(1);
    rounds(10, ({ address }) => (address.port === 2 ? 9000 : 1000));
    expect(people[0]?.heard.some((word) => /^choke (outbid|turn-over)$/.test(word))).toBe(true);
    expect(people[1]?.choking).toBe(false);
  });
});

describe('while seeding', () => {
  it('everybody is served for a like time, in the long run', () => {
    const { rounds, people } = swarmOf(20, { slots: 4, seeding: () => true });
    rounds(2000);
    const times = people.map(({ served }) => served);
    expect(Math.min(...times)).toBeGreaterThan(0.8 * Math.max(...times));
  });

  it('who takes nothing has a minute, who takes a lot at least a minute too', () => {
    const { rounds, people } = swarmOf(2, { slots: 1, seeding: () => true });
    rounds(5, undefined, 0);
    expect(people[0]?.choking).toBe(false);
    rounds(1, undefined, 0);
    expect(people[0]?.heard).toEqual(['unchoke free-slot', 'choke turn-over']);
    expect(people[1]?.heard).toEqual(['unchoke turn']);
  });

  it('nobody loses a turn while nobody waits', () => {
    const { rounds, people } = swarmOf(3, { slots: 4, seeding: () => true });
    rounds(100);
    for (const { heard } of people) expect(heard).toEqual(['unchoke free-slot']);
  });
});

it('a strategy of the user decides, but not for more than there are slots', () => {
  const all: ChokeStrategy = (contenders) => new Map(contenders.map((one) => [one, 'mine']));
  const { rounds, served } = swarmOf(9, { slots: 3, strategy: all });
  rounds(3);
  expect(served().length).toBe(3);
});

describe('slots', () => {
  it('follow the rate: more while each brings more, fewer when each is too thin', () => {
    const slots = new UploadSlots();
    for (let n = 0; n < 30; n++) slots.follow(slots.count * 100_000, slots.count, 5);
    slots.check();
    expect(slots.count).toBeGreaterThan(30);
    for (let n = 0; n < 100; n++) slots.follow(10_000, slots.count, 5);
    slots.check();
    expect(slots.count).toBe(4);
  });

  it('stay where another one brings nothing, but for a try now and then', () => {
    const slots = new UploadSlots();
    for (let n = 0; n < 60; n++) slots.follow(1_000_000, slots.count, 5);
    expect(slots.count).toBeLessThanOrEqual(20);
  });
});

const step = fc.oneof(
  fc.record({ what: fc.constantFrom('join', 'leave', 'want', 'unwant'), who: fc.nat(11) }),
  fc.record({ what: fc.constant('round'), who: fc.nat(40) }),
  fc.record({ what: fc.constant('give'), who: fc.nat(11) }),
);

it('never serves more peers than slots, nobody twice, and after a round no peer that wants nothing', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 120 }),
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      (steps, slots, seeding) => {
        let time = 0;
        const choker = new Choker<Somebody>({ random: () => 0.3, pieceLength: 16_384, slots, seeding: () => seeding });
        const people = Array.from({ length: 12 }, (_, n) => new Somebody(n + 1));
        const there = new Set<Somebody>();
        for (const { what, who } of steps) {
          const one = people[who % 12] as Somebody;
          if (what === 'join' && !there.has(one)) {
            there.add(one);
            one.choking = true;
            choker.joined(one, time, ({ type }) => {
              expect(there.has(one)).toBe(true);
              expect(one.choking).toBe(type === 'unchoke');
              one.choking = type === 'choke';
            });
          } else if (what === 'leave') {
            there.delete(one);
            if (choker.left(one)) choker.refill(time);
          } else if (what === 'give') one.state.downloaded += 50_000;
          else if (what === 'round') {
            time += 500 * who;
            const due = time;
            choker.round(due);
          } else {
            one.state.interested = what === 'want';
            choker.interested(one, time);
          }
          choker.check();
          const served = [...there].filter(({ choking }) => !choking);
          expect(served.length).toBe(choker.served);
          expect(served.length).toBeLessThanOrEqual(slots);
        }
        choker.round(time + ROUND);
        for (const one of there) expect(one.choking || one.state.interested).toBe(true);
        const wanting = [...there].filter(({ state }) => state.interested);
        if (seeding) expect(choker.served).toBe(Math.min(slots, wanting.length));
      },
    ),
  );
});
