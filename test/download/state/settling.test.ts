import { describe, expect, it } from 'vitest';
import type { DownloadEvent, PieceOutcome } from '../../../src/contracts/events.ts';
import type { DownloadStats } from '../../../src/download/state/downloadStats.ts';
import type { Settled } from '../../../src/download/state/loops.ts';
import { settling } from '../../../src/download/state/settling.ts';
import { Bitfield } from '../../../src/torrent/bitfield.ts';
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
    freed: { next: () => say('freed') },
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

  it.each([true, false])(
    'can be read after all, where pieces are fetched or not (%s): it is there as before',
    (fetches) => {
      const { picker, told, lost, found } = setUp(fetches);
      lost(1, 'unreadable');
      told.length = 0;
      found(1);
      expect([picker.stored.has(1), picker.excluded.size]).toEqual([true, 0]);
      picker.check();
      expect(told).toEqual(['phase completed', 'freed', 'sound 1', 'told found'].map((each) => `${each}, complete`));
      lost(1, 'unreadable');
      expect([picker.stored.has(1), picker.complete]).toEqual([false, !fetches]);
    },
  );

  it('can be read after all while it is fetched anew: its requests are cancelled, unless it is there already', () => {
    const { picker, told, lost, found } = setUp(true);
    const cancelled: string[] = [];
    const asker = { cancel: (piece: number, block: number) => void cancelled.push(`${piece}/${block}`) };
    const all = new Bitfield(2);
    all.setAll();
    lost(1, 'unreadable');
    const [block] = picker.next(asker, asker, all, 9, true);
    expect(block).toMatchObject({ piece: 1, block: 0 });
    found(1);
    expect(cancelled).toEqual(['1/0']);
    expect(picker.complete).toBe(true);
    picker.check();

    lost(1, 'unreadable');
    picker.next(asker, asker, all, 9, true);
    picker.received(asker, 1, 0);
    told.length = 0;
    found(1);
    expect([told, picker.stored.has(1)]).toEqual([[], false]);
    picker.settle(stored);
    found(1);
    expect(told.at(-1)).toBe('told found, complete');
    picker.check();
  });
});
