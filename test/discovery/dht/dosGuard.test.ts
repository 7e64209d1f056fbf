import { describe, expect, it } from 'vitest';
import {
  DosGuard,
  IGNORED,
  MAX_ANSWER_BYTES,
  MAX_ANSWERS,
  MAX_HOSTS,
  MAX_PACKETS,
  WINDOW,
} from '../../../src/discovery/dht/dosGuard.ts';

describe('DosGuard', () => {
  it('ignores for five minutes who sends more than 50 packets in ten seconds', () => {
    const guard = new DosGuard();
    for (let n = 0; n < MAX_PACKETS; n++) expect(guard.received('a', n)).toBe(true);
    expect(guard.received('b', 100)).toBe(true);
    expect(guard.received('a', 100)).toBe(false);
    expect([guard.isIgnored('a', 101), guard.isIgnored('b', 101)]).toEqual([true, false]);
    expect(guard.isIgnored('a', 100 + IGNORED)).toBe(false);
    for (let n = 0; n < 1000; n++) expect(guard.received('c', (n * WINDOW) / MAX_PACKETS)).toBe(true);
  });

  it('remembers at most 4096 addresses', () => {
    const guard = new DosGuard();
    for (let n = 0; n < 3 * MAX_HOSTS; n++) guard.received(`h${n}`, 0);
    expect(guard.hosts).toBe(MAX_HOSTS);
    guard.check();
  });

  it('lets us answer a hundred times and eight thousand bytes a second', () => {
    const answersOf = (bytes: number): number => {
      const guard = new DosGuard();
      let answers = 0;
      for (let at = 0; at < 100_000; at += 5) {
        const may = guard.mayAnswer(at);
        guard.check();
        if (!may) continue;
        guard.answered(bytes);
        answers++;
      }
      return answers;
    };
    expect(answersOf(60) / 100).toBeGreaterThanOrEqual(MAX_ANSWERS);
    expect(answersOf(60) / 100).toBeLessThanOrEqual(MAX_ANSWERS + 1);
    expect((answersOf(1000) * 1000) / 100).toBeGreaterThanOrEqual(MAX_ANSWER_BYTES);
    expect((answersOf(1000) * 1000) / 100).toBeLessThanOrEqual(1.2 * MAX_ANSWER_BYTES);
  });
});
