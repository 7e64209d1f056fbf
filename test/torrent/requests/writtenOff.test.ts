import { describe, expect, it } from 'vitest';
import { MAX_OWED } from '../../../src/torrent/requests/windowLimits.ts';
import { WrittenOff } from '../../../src/torrent/requests/writtenOff.ts';

const all = (): boolean => true;

describe('requests that were written off', () => {
  it('are cancelled once, when they are needless, and had not come, been rejected or been made again', () => {
    const written = new WrittenOff();
    written.owe([1, 2, 3]);
    written.lose([7, 8, 9]);
    written.came(2);
    written.closed(9);
    expect(written.cancelled((key) => key > 5)).toEqual([7, 8]);
    expect(written.cancelled(all)).toEqual([1, 3]);
    expect(written.cancelled(all)).toEqual([]);
  });

  it('are needless also when nothing is owed any more; what the peer has dropped itself is not cancelled', () => {
    const written = new WrittenOff();
    written.owe([1, 2]);
    written.excuse();
    expect(written.owes(0, 9)).toBe(false);
    expect(written.cancelled(all)).toEqual([1, 2]);
    written.lose([3]);
    written.clear();
    expect(written.cancelled(all)).toEqual([]);
  });

  it('are remembered up to a limit', () => {
    const written = new WrittenOff();
    for (let key = 0; key < 3 * MAX_OWED; key += 5) {
      written.owe([key, key + 1, key + 2, key + 3, key + 4]);
      written.check();
    }
    expect(written.cancelled(all).length).toBeLessThanOrEqual(MAX_OWED);
  });
});
