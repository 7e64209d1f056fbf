import { describe, expect, it } from 'vitest';
import type { DownloadEvent, PieceOutcome } from '../../../src/contracts/events.ts';
import type { DownloadStats } from '../../../src/download/state/downloadStats.ts';
import type { Settled } from '../../../src/download/state/loops.ts';
import { settling } from '../../../src/download/state/settling.ts';
import { Geometry } from '../../../src/torrent/geometry.ts';
import { PiecePicker } from '../../../src/torrent/picker/piecePicker.ts';

/** Two pieces, both stored; what is told, in its order, with the number of pieces that are missing by then. */
const setUp = (fetches: boolean) => {
  const picker = new PiecePicker(new Geometry({ length: 2, pieceLength: 1 }), { random: () => 0 });
  picker.restore(0);
  picker.restore(1);
  const told: string[] = [];
  const say = (what: string): void => void told.push(`${what}, ${picker.complete ? 'complete' : 'incomplete'}`);
  const stats = {
    settled: ({ type }: PieceOutcome) => say(`counted ${type}`),
    warned: (event: DownloadEvent) => event,
    phase: { completed: () => say('phase completed'), lost: () => say('phase lost') },
  } as unknown as DownloadStats;
  const consequences = settling({
    ...{ picker, stats, fetches },
    sound: (index) => say(`sound ${index}`),
    settled: { next: (settled: Settled) => say(`told ${settled.type}`) },
    report: (event) => say(`reported ${'code' in event ? event.code : event.type}`),
  });
  return { picker, told, ...consequences };
};
const stored: PieceOutcome = { type: 'stored', index: 1, length: 1, from: [] };

describe('what follows when a piece', () => {
  it('is the last one: it is counted, then the phase is another, then all are told', () => {
    const { told, settle } = setUp(true);
    settle(stored);
    expect(told).toEqual(
      ['counted stored', 'phase completed', 'sound 1', 'told stored'].map((each) => `${each}, complete`),
    );
  });

  it('is corrupt: it is counted and told, and is not sound', () => {
    const { picker, told, settle } = setUp(true);
    picker.lose(1);
    settle({ ...stored, type: 'corrupt' });
    expect(told).toEqual(['counted corrupt, incomplete', 'told corrupt, incomplete']);
  });

  it('turns out to be damaged on disk: it is wanted again, and all are told', () => {
    const { picker, told, lost } = setUp(true);
    lost(1, 'damaged');
    expect([picker.stored.has(1), picker.complete]).toEqual([false, false]);
    expect(told).toEqual(['phase lost', 'told lost', 'reported damaged'].map((each) => `${each}, incomplete`));
  });

  it('is damaged where nothing is fetched: it is given no more, and what is left is all there is', () => {
    const { picker, told, lost } = setUp(false);
    lost(1, 'damaged');
    expect([picker.stored.has(1), picker.complete]).toEqual([false, true]);
    expect(told).toEqual(['told lost, complete', 'reported damaged, complete']);
  });
});
