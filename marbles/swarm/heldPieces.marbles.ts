import { describe, expect, it } from 'vitest';
import { BLOCK, Geometry } from '../../src/torrent/geometry.ts';
import { torrentOf } from '../torrent.ts';
import { draftsWithin, HeldPieces } from './heldPieces.ts';

const geometry = new Geometry(torrentOf({ pieces: 4, blocksPerPiece: 2 }));
const PIECE = 2 * BLOCK;

describe('HeldPieces', () => {
  it('counts a piece from its first block until it is on disk, and what ends in a moment before what begins', () => {
    const held = new HeldPieces(geometry);
    for (const block of [0, 2]) held.came(block, 10);
    held.stored(0, 2 * PIECE, 20);
    held.came(4, 20);
    held.stored(2 * PIECE, PIECE, 30);
    expect(held.most).toBe(2 * PIECE);
  });

  it('does not count what may have been given up: what came once more was not kept for sure', () => {
    const held = new HeldPieces(geometry);
    held.came(0, 10);
    held.came(2, 20);
    held.came(3, 20);
    held.stored(PIECE, PIECE, 30);
    held.came(0, 40);
    held.came(1, 50);
    held.stored(0, PIECE, 60);
    expect(held.most).toBe(PIECE);
  });

  it('knows nothing of what a program had that has ended', () => {
    const held = new HeldPieces(geometry);
    held.came(0, 10);
    held.forgets();
    held.stored(0, PIECE, 20);
    expect(held.most).toBe(0);
  });
});

it('allows two pieces at the least', () => {
  expect(draftsWithin(geometry, 0)).toBe(2 * PIECE);
  expect(draftsWithin(geometry, 3 * PIECE)).toBe(3 * PIECE);
});
