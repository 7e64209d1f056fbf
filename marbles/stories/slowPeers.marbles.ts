import { map, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { announced, honest, neverUnchokes, type Player, silent, stallsAfter } from '../index.ts';
import { addressOf, fateAmong } from './fate.ts';
import { answers, drips, greetsOnly, lies, prompt, stalls, throttled } from './reluctant.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
/** 2 MiB but five bytes. */
const size = { pieces: 32, blocksPerPiece: 4, lastBlock: 16 * KiB - 5 };
/** Two seconds are its own. */
const fast = throttled(MiB, { unchokes: 200 });
const FASTEST = 2200;

const times = (count: number, player: Player): readonly Player[] => new Array<Player>(count).fill(player);

describe('peers that keep us waiting', () => {
  it('a handshake of one byte a second: gone within ten seconds in all', () => {
    const { took, leavings, stayed } = fateAmong([drips(1000), throttled(140 * KiB)], { size });
    expect(took).toBeLessThan(15_000);
    expect(leavings(0)).toEqual(['timeout']);
    // Of which one to open it.
    expect(stayed(0)).toBe(10_001);
  });

  it.each([
    ['a peer that unchokes us and then stalls', stalls],
    ['one that does not speak the fast extension', stallsAfter(0, honest({ latency: 1 }))],
    ['one that stalls after a dozen blocks', stallsAfter(12, prompt)],
    ['one that never unchokes us', neverUnchokes(prompt)],
    ['one that never says a word', silent()],
  ])('%s, beside a seed: the seed gives what it does not', (_, player) => {
    const { took, told } = fateAmong([player, prompt], { size });
    expect(took).toBeLessThan(100);
    expect(told('corrupt')).toEqual([]);
  });

  it.each([
    ['small', size],
    ['large', { pieces: 8, blocksPerPiece: 16 }],
  ])('a peer of 8 KiB/s that holds the last block of %s pieces: within 5 s of the rest', (_, its) => {
    const { took, asked } = fateAmong([throttled(8 * KiB), fast], { size: its });
    expect(asked(0)).toBeGreaterThan(0);
    expect(took).toBeLessThan(FASTEST + 5000);
  });

  it('five peers of 8 KiB/s that hold the last blocks', () => {
    const { took } = fateAmong([...times(5, throttled(8 * KiB)), fast], { size });
    expect(took).toBeLessThan(FASTEST + 5000);
  });

  it('a corrupt piece among peers that stall', () => {
    const { took, told } = fateAmong(
      [lies((nth) => nth % 3 === 0), ...times(40, stalls), throttled(MiB, { unchokes: 100 })],
      { size },
    );
    expect(told('corrupt')).not.toEqual([]);
    expect(took).toBeLessThan(15_000);
  });

  it('a corrupt piece whose second try is a slow peer alone', () => {
    let first = true;
    const once = (_: number, piece: number): boolean => piece === 0 && first && !(first = false);
    const players = [lies(once), throttled(8 * KiB), throttled(4 * KiB), throttled(MiB, { unchokes: 50 })];
    const { took, told } = fateAmong(players, { size, order: (a, b) => a.index - b.index });
    expect(told('corrupt')).not.toEqual([]);
    expect(took).toBeLessThan(15_000);
  });

  it('200 silent peers before the seed: a handshake later it has its turn', () => {
    const { took } = fateAmong([...times(200, silent()), prompt], { size });
    expect(took).toBeLessThan(11_000);
  });

  it('500 stalling peers before the seed', () => {
    const { took } = fateAmong([...times(500, stalls), prompt], { size });
    expect(took).toBeLessThan(25_000);
  });

  it.each([
    ['only shake hands', greetsOnly, 30_100],
    ['have nothing', honest({ latency: 1, fast: true, has: [] }), 30_100],
    ['never unchoke us', neverUnchokes(prompt), 30_100],
    [
      'choke and unchoke us without end',
      answers(() => [{ type: 'choke' }, { type: 'unchoke' }], honest({ latency: 1 })),
      1000,
    ],
  ])('as many peers as there may be that %s, before the seed', (_, player, within) => {
    const { took } = fateAmong([...times(4, player), prompt], { size, maxPeers: 4 });
    expect(took).toBeLessThan(within);
  });

  it('10,000 dead addresses from the tracker', () => {
    const nobody = Array.from({ length: 10_000 }, (_, nth) => `10.9.${nth >> 8}.${nth & 0xff}:1`);
    const { host, port } = addressOf(0);
    const named = [...nobody.slice(0, 99), `${host}:${port}`, ...nobody.slice(99)];
    const tracker = () => timer(5).pipe(map(() => announced(named)));
    const { took, told, world } = fateAmong([prompt], {
      size,
      peers: [],
      trackers: [['http://tracker.test/announce']],
      world: { tracker },
    });
    expect(took).toBeLessThan(5000);
    expect(world.dials.length).toBeLessThan(200);
    expect(Math.max(...told('progress').map(({ peers }) => peers.known))).toBeLessThanOrEqual(3000);
  });
});
