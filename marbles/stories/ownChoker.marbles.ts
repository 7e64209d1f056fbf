import { concat, EMPTY, filter, from, map, mergeMap, NEVER, of, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { client } from '../../src/client/client.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import { type ChokeStrategy, fairExchange } from '../../src/torrent/upload/chokeStrategy.ts';
import { calling, drawn, type Player, type Said } from '../index.ts';
import { wordsFor } from '../words.ts';

const PIECES = 20;

/**
 * Calls, speaks the fast extension, changes its mind again and again, and asks for everything, choked or not; `got`
 * hears of each block.
 */
const shameless = (got: () => void): Player =>
  calling((heard$, { geometry }) => {
    const words = wordsFor(geometry);
    const all = Array.from({ length: geometry.pieceCount }, (_, nth) => words.request(nth + 1));
    const begging = Array.from(
      { length: 20 },
      (_, n): Said => ({ type: n % 2 === 0 ? 'interested' : 'notInterested' }),
    );
    return heard$.pipe(
      mergeMap((word) => {
        if (word.type === 'piece') got();
        if (word.type === 'handshake') return from<Said[]>([...begging, { type: 'interested' }, ...all]);
        return word.type === 'unchoke' || word.type === 'allowedFast' ? from(all) : EMPTY;
      }),
    );
  }, true);

/** Blocks that a stranger and a friend get of a seed in a quarter of an hour. */
const given = (options: Partial<DownloadOptions>): { readonly stranger: number; readonly friend: number } => {
  const got = { stranger: 0, friend: 0 };
  drawn(
    (stage) => {
      const callers = {
        '198.51.100.1:5000': { at: 1000, player: shameless(() => got.stranger++) },
        '198.51.100.2:5000': { at: 2000, player: shameless(() => got.friend++) },
      };
      const { env } = stage.world({ callers, disk: { has: Array.from({ length: PIECES }, (_, n) => n) } });
      const seeds = { target: { folder: '.' }, trackers: [], seed: {}, ...options };
      stage.watch(client(env, { ports: [6881] }).download(stage.torrent, seeds), '^ 15m !');
    },
    { torrent: { pieces: PIECES, blocksPerPiece: 1 } },
  )();
  return got;
};

const friends: ChokeStrategy = (contenders) =>
  new Map(contenders.filter(({ address }) => address.host === '198.51.100.2').map((one) => [one, 'friend']));

describe('a choker of your own', () => {
  it('gives a stranger nothing, however often it asks: no free slot, no piece that is allowed fast', () => {
    expect(given({ choker: friends })).toEqual({ stranger: 0, friend: expect.toSatisfy((n) => n >= PIECES) });
  });

  it('serves no peer without a slot, whatever the strategy', () => {
    expect(given({ slots: 0 })).toEqual({ stranger: 0, friend: 0 });
    expect(given({ slots: 0, choker: friends })).toEqual({ stranger: 0, friend: 0 });
  });

  it('may be a stream, and so may the number of slots', () => {
    expect(given({ choker: of(friends) })).toEqual({ stranger: 0, friend: expect.toSatisfy((n) => n >= PIECES) });
    expect(given({ slots: of(0) })).toEqual({ stranger: 0, friend: 0 });
  });

  it(
    'is obeyed at once when it is another: a peer that it does not name is choked',
    drawn(
      (stage) => {
        const callers = {
          '198.51.100.1:5000': { at: 1000, player: shameless(() => {}) },
          '198.51.100.2:5000': { at: 2000, player: shameless(() => {}) },
        };
        const { env } = stage.world({ callers, disk: { has: [0, 1] } });
        const all: ChokeStrategy = (contenders) => new Map(contenders.map((one) => [one, 'all']));
        const choker = concat(of(all), timer(7777).pipe(map(() => friends)), NEVER);
        const options = { target: { folder: '.' }, trackers: [], seed: {}, choker };
        const chosen$ = client(env, { ports: [6881] })
          .download(stage.torrent, options)
          .pipe(
            filter((event) => event.type === 'choke' || event.type === 'unchoke'),
            map(({ type, address }) => `${type} ${address.host.at(-1)}`),
          );
        stage.gives(chosen$, '^ 9s !').toBe('1s a 999ms b 5777ms c', {
          a: 'unchoke 1',
          b: 'unchoke 2',
          c: 'choke 1',
        });
      },
      { torrent: { pieces: 2, blocksPerPiece: 1 } },
    ),
  );

  it('may share what is over, as ours does', () => {
    const sharing: ChokeStrategy = Object.assign((...asked: Parameters<ChokeStrategy>) => fairExchange(...asked), {
      sharesRest: true,
    });
    const { stranger, friend } = given({});
    expect(Math.min(stranger, friend)).toBeGreaterThanOrEqual(PIECES);
    expect(given({ choker: sharing })).toEqual({ stranger, friend });
  });
});
