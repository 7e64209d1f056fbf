import { describe, expect, it } from 'vitest';
import { Bitfield } from '../../../src/torrent/bitfield.ts';
import { MAX_FAILURES, MAX_FAILURES_AT_STAKE, retryDelay } from '../../../src/torrent/peers/retryDelay.ts';
import { isScarce } from '../../../src/torrent/picker/scarce.ts';

const address = { host: '8.8.8.8', port: 1 };
const MINUTE = 60_000;
const rests = (cause: string, atStake: boolean, source?: string): readonly number[] =>
  Array.from({ length: atStake ? MAX_FAILURES_AT_STAKE : MAX_FAILURES }, (_, n) =>
    retryDelay({ address: { ...address, ...(source && { source }) }, failures: n + 1 }, cause, atStake),
  );

describe('how long a peer rests', () => {
  it('follows what it did', () => {
    expect(rests('refused', false)).toEqual([MINUTE, 2 * MINUTE, 4 * MINUTE]);
    expect(rests('refused', false, 'manual')).toEqual([10_000, 2 * MINUTE, 4 * MINUTE]);
    for (const cause of ['silent', 'timeout'])
      expect(rests(cause, false)).toEqual([2 * MINUTE, 4 * MINUTE, 8 * MINUTE]);
    expect(retryDelay({ address, failures: 0 }, 'silent')).toBe(5_000);
  });

  it.each(['silent', 'timeout', 'refused', 'closed'])(
    'is seconds at first, whatever it did, when nobody can take its place: %s',
    (cause) => {
      expect(rests(cause, true)).toEqual([5_000, 10_000, 20_000, MINUTE, 2 * MINUTE, 4 * MINUTE]);
    },
  );

  it('is two seconds when this machine had no room for a connection, however often that happens', () => {
    for (const atStake of [false, true]) expect(new Set(rests('no-room', atStake))).toEqual(new Set([2_000]));
  });

  it('is nothing the first time when it hung up on a plain handshake: it is dialled in another way', () => {
    expect(rests('encrypts-only', false)).toEqual([0, 2 * MINUTE, 4 * MINUTE]);
    expect(rests('encrypts-only', true).slice(0, 3)).toEqual([0, 10_000, 20_000]);
  });

  it('comes to no less in all before it is given up when nobody can take its place', () => {
    const sum = (all: readonly number[]): number => all.reduce((before, one) => before + one, 0);
    expect(sum(rests('refused', true))).toBeGreaterThan(sum(rests('refused', false)));
  });
});

describe('a piece that a peer had which has left', () => {
  const had = new Bitfield(8);
  for (const piece of [2, 5]) had.set(piece);
  const counted = (others: readonly number[], lacking: readonly number[]) => ({
    availability: { of: (piece: number) => (others.includes(piece) ? 1 : 0) },
    wantsPiece: (piece: number) => lacking.includes(piece),
  });

  it('is scarce if we lack it and nobody else has it', () => {
    expect(isScarce(had, counted([2], [2, 5]))).toBe(true);
    expect(isScarce(had, counted([2, 5], [2, 5]))).toBe(false);
    expect(isScarce(had, counted([2], [2, 7]))).toBe(false);
    expect(isScarce(new Bitfield(0), counted([], []))).toBe(false);
  });
});
