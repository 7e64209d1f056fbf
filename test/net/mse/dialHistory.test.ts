import { expect, it } from 'vitest';
import { DialHistory, MAX_REMEMBERED } from '../../../src/net/mse/dialHistory.ts';

it.each([
  ['encrypted', 'plain'],
  ['plain', 'encrypted'],
] as const)('a peer that refuses %s is dialled %s, until it refuses that, too', (usual, other) => {
  const history = new DialHistory(usual);
  expect(history.next('a:1')).toBe(usual);
  history.failed('a:1', usual);
  expect([history.next('a:1'), history.next('b:1')]).toEqual([other, usual]);
  history.failed('a:1', usual);
  expect(history.next('a:1')).toBe(other);
  history.failed('a:1', other);
  expect(history.next('a:1')).toBe(usual);
});

it('no more peers are remembered than may be: the one remembered longest is forgotten', () => {
  const history = new DialHistory('encrypted');
  for (let n = 0; n <= MAX_REMEMBERED; n++) {
    history.failed(`peer:${n}`, 'encrypted');
    history.check();
  }
  expect([history.next('peer:0'), history.next('peer:1')]).toEqual(['encrypted', 'plain']);
});
