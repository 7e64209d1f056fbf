import { describe, expect, it } from 'vitest';
import { seeded } from '../../../marbles/random.ts';
import { MAX_OPEN, Transactions } from '../../../src/discovery/dht/transactions.ts';
import { toHex } from '../../../src/protocol/encoding/id.ts';
import { randomBytesOf } from './made.ts';

describe('Transactions', () => {
  it('take an answer once, from where they asked, under the id they gave', () => {
    const open = new Transactions<string>(randomBytesOf(seeded(1)));
    const id = open.open({ host: '1.2.3.4', port: 5 }, 'a') as Uint8Array;
    expect(open.answered(id, { host: '1.2.3.5', port: 5 })).toBeUndefined();
    expect(open.answered(id, { host: '1.2.3.4', port: 6 })).toBeUndefined();
    expect(open.answered(new Uint8Array(4), { host: '1.2.3.4', port: 5 })).toBeUndefined();
    expect(open.answered(id, { host: '1.2.3.4', port: 5 })).toBe('a');
    expect(open.answered(id, { host: '1.2.3.4', port: 5 })).toBeUndefined();
  });

  it('are at most 512', () => {
    const open = new Transactions<number>(randomBytesOf(seeded(1)));
    const ids = Array.from({ length: MAX_OPEN + 9 }, (_, n) => open.open({ host: '1.2.3.4', port: 5 }, n));
    expect(ids.filter((id) => id !== undefined).length).toBe(MAX_OPEN);
    expect(new Set(ids.slice(0, MAX_OPEN).map((id) => toHex(id as Uint8Array))).size).toBe(MAX_OPEN);
    open.check();
    open.close(ids[0] as Uint8Array);
    expect(open.open({ host: '1.2.3.4', port: 5 }, 1)).toBeDefined();
    open.check();
  });
});
