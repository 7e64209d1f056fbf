import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Funnel, STAGES, type Stage } from '../../../src/torrent/stats/funnel.ts';

type Source = 'tracker' | 'dht' | 'pex';
const at = (port: number, source: Source = 'tracker') => ({ host: '10.0.0.1', port, source });
const none = { discovered: 0, dialled: 0, connected: 0, handshaken: 0, interested: 0, unchoked: 0, sending: 0 };

describe('the funnel', () => {
  it('counts how far addresses got, and leaves no stage out', () => {
    const funnel = new Funnel<Source>();
    for (const port of [1, 2, 3]) funnel.named(at(port));
    funnel.reached(at(1), 'dialled');
    funnel.reached(at(2), 'sending');
    expect(funnel.rows).toEqual([
      {
        source: 'tracker',
        discovered: 3,
        dialled: 2,
        connected: 1,
        handshaken: 1,
        interested: 1,
        unchoked: 1,
        sending: 1,
        lost: {},
      },
    ]);
    funnel.check();
  });

  it('counts each address once, however often it is named and dialled', () => {
    const funnel = new Funnel<Source>();
    for (let n = 0; n < 3; n++) {
      funnel.named(at(1));
      funnel.reached(at(1), 'dialled');
      funnel.reached(at(1), 'connected');
      funnel.lost(at(1), 'reset');
    }
    expect(funnel.rows).toEqual([
      { source: 'tracker', ...none, discovered: 1, dialled: 1, connected: 1, lost: { reset: 1 } },
    ]);
  });

  it('has for each that is lost the cause, as long as it is', () => {
    const funnel = new Funnel<Source>();
    for (const port of [1, 2, 3]) {
      funnel.reached(at(port), 'dialled');
      funnel.lost(at(port), port === 1 ? 'refused' : 'timeout');
    }
    expect(funnel.total).toEqual({ dialled: 3, lost: { timeout: 2, refused: 1 } });
    expect(Object.keys(funnel.total.lost)).toEqual(['timeout', 'refused']);
    funnel.reached(at(2), 'dialled');
    expect(funnel.total.lost).toEqual({ timeout: 1, refused: 1 });
    // What it was lost for first counts: that its host is banned later says less.
    funnel.lost(at(1), 'banned');
    expect(funnel.total.lost).toEqual({ timeout: 1, refused: 1 });
  });

  it('credits who was first, and counts with the others what was known', () => {
    const funnel = new Funnel<Source>();
    funnel.named(at(1, 'pex'));
    for (let n = 0; n < 2; n++) funnel.named(at(1, 'dht'));
    funnel.named(at(2, 'dht'));
    funnel.reached(at(1, 'dht'), 'dialled');
    expect(funnel.rows).toEqual([
      { source: 'pex', ...none, discovered: 1, dialled: 1, lost: {} },
      { source: 'dht', ...none, discovered: 2, lost: { known: 1 } },
    ]);
  });

  it('counts connections that are made in other ways than plainly, by way', () => {
    const funnel = new Funnel<Source>();
    funnel.reached(at(1), 'handshaken');
    funnel.named(at(1, 'pex'));
    const before = funnel.version;
    for (const port of [1, 1, 2]) funnel.wentBy(at(port, 'pex'), 'tcp+rc4');
    expect(funnel.version).toBeGreaterThan(before);
    // Of the first source of each.
    expect(funnel.rows.map(({ source, roads }) => [source, roads])).toEqual([
      ['tracker', { 'tcp+rc4': 2 }],
      ['pex', { 'tcp+rc4': 1 }],
    ]);
    funnel.check();
  });

  it('knows that it has changed', () => {
    const funnel = new Funnel<Source>();
    const versions = [
      () => funnel.named(at(1)),
      () => funnel.named(at(1)),
      () => funnel.reached(at(1), 'dialled'),
      () => funnel.reached(at(1), 'dialled'),
      () => funnel.lost(at(1), 'self'),
      () => funnel.lost(at(1), 'self'),
    ].map((change) => {
      const before = funnel.version;
      change();
      return funnel.version > before;
    });
    expect(versions).toEqual([true, false, true, false, true, false]);
  });

  it('forgets the oldest of too many, and what they were counts on', () => {
    const funnel = new Funnel<Source>(2);
    for (const port of [1, 2, 3]) funnel.named(at(port));
    funnel.lost(at(1), 'refused');
    funnel.check();
    expect(funnel.rows).toEqual([{ source: 'tracker', ...none, discovered: 4, lost: { refused: 1 } }]);
  });

  it('narrows, whatever it is told', () => {
    const move = fc.record({
      type: fc.constantFrom('named', 'reached', 'lost'),
      port: fc.nat(6),
      source: fc.constantFrom<Source>('tracker', 'dht', 'pex'),
      stage: fc.constantFrom<Stage>(...STAGES),
      cause: fc.constantFrom('timeout', 'refused', 'closed'),
    });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 100 }), fc.integer({ min: 1, max: 8 }), (moves, most) => {
        const funnel = new Funnel<Source>(most);
        for (const { type, port, source, stage, cause } of moves) {
          const address = at(port, source);
          if (type === 'named') funnel.named(address);
          else if (type === 'reached') funnel.reached(address, stage);
          else funnel.lost(address, cause);
          funnel.check();
        }
        const { dialled, lost } = funnel.total;
        expect(dialled).toBe(funnel.rows.reduce((sum, row) => sum + row.dialled, 0));
        expect(Object.values(lost).every((count) => count > 0)).toBe(true);
      }),
    );
  });
});
