import {
  NEVER,
  type Observable,
  Subject,
  defer,
  delay,
  map,
  mergeMap,
  mergeWith,
  of,
  pipe,
  switchMap,
  takeWhile,
  tap,
  timer,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { assemblePieces } from '../operators/assemblePieces.ts';
import { converse } from '../operators/converse.ts';
import { handshake } from '../operators/handshake.ts';
import { keepAlive } from '../operators/keepAlive.ts';
import { requestBlocks } from '../operators/requestBlocks.ts';
import { swarm } from '../operators/swarm.ts';
import { verifyPieces } from '../operators/verifyPieces.ts';
import { whenUnchoked } from '../operators/whenUnchoked.ts';
import { writePieces } from '../operators/writePieces.ts';
import type { Env } from '../src/contracts/env.ts';
import type { PieceOutcome } from '../src/contracts/events.ts';
import type { PeerAddress } from '../src/contracts/network.ts';
import { TrackerError } from '../src/contracts/errors.ts';
import { AddressBook } from '../src/torrent/peers/addressBook.ts';
import { PieceDrafts } from '../src/torrent/pieces/pieceDrafts.ts';
import { PiecePicker } from '../src/torrent/picker/piecePicker.ts';
import {
  announced,
  blurts,
  chokesAfter,
  corrupts,
  drawn,
  garbage,
  hangsUpAfter,
  honest,
  neverUnchokes,
  silent,
  stallsAfter,
  torrentOf,
  wrongInfoHash,
  type Player,
  type Stage,
  type World,
  type WorldOptions,
  type Mark,
} from './index.ts';

/** A client of the drawn tracker: the last bytes of the reply are addresses of six bytes each. */
const addresses = (env: Env): Observable<PeerAddress> =>
  env.httpGet({ url: 'http://tracker.test/announce?event=started', maxBytes: 1000, timeout: 1000 }).pipe(
    mergeMap(({ body }) => {
      const text = new TextDecoder('latin1').decode(body);
      const start = /peers\d+:/.exec(text);
      const compact = body.subarray((start?.index ?? 0) + (start?.[0].length ?? 0), -1);
      return Array.from({ length: compact.length / 6 }, (_, n): PeerAddress => {
        const [a, b, c, d, high = 0, low = 0] = compact.subarray(n * 6);
        return { host: `${a}.${b}.${c}.${d}`, port: high * 256 + low, source: 'tracker' };
      });
    }),
  );

/** A whole download made of our operators. */
const download = ({ env }: World, { torrent, geometry }: Stage): Observable<PieceOutcome> =>
  env.openStorage(torrent, { folder: '.' }).pipe(
    switchMap((storage) =>
      defer(() => {
        const wake$ = new Subject<void>();
        const picker = new PiecePicker(geometry, { random: () => env.random(), freed: () => wake$.next() });
        const session = (address: PeerAddress) =>
          env
            .connect(address)
            .pipe(
              handshake({ infoHash: torrent.infoHash, peerId: new Uint8Array(20), pieceCount: geometry.pieceCount }),
              converse(
                pipe(whenUnchoked(picker), requestBlocks(picker, { wake$, patience: () => 10_000 })),
                keepAlive(),
              ),
            );
        return addresses(env).pipe(
          swarm(session, { book: new AddressBook(), maxPeers: 10 }),
          assemblePieces(new PieceDrafts(geometry)),
          verifyPieces(env.verify(torrent)),
          writePieces(storage, picker),
          takeWhile(() => !picker.complete, true),
        );
      }),
    ),
  );

const alone = (player: Player) => ({ peers: { '10.1.0.1:7000': player } });
const besideAnHonestOne = (player: Player) => ({
  peers: { '10.1.0.1:7000': player, '10.1.0.2:7000': honest({ latency: 1000 }) },
});

/** A download without a lane: its outcome, and the peers that were hung up on before the end. */
const played = (options: WorldOptions, until: string): { readonly outcomes: string[]; readonly hangups: unknown[] } => {
  let outcomes: readonly Mark[] = [];
  const hangups: unknown[] = [];
  drawn((stage) => {
    const there = stage.world(options);
    outcomes = stage.watch(download(there, stage), until);
    stage.watch(
      timer(Number.parseInt(until) * 900).pipe(tap(() => hangups.push(...there.hangups.map(({ value }) => value)))),
    );
  })();
  return {
    hangups,
    outcomes: outcomes.map(({ kind, value }) =>
      kind === 'value' ? `${(value as PieceOutcome).type} ${(value as PieceOutcome).index}` : kind,
    ),
  };
};

describe('a world', () => {
  it(
    'has honest peers from whom everything can be had',
    drawn((stage) => {
      const { world, gives, happens } = stage;
      const there = world(alone(honest()));
      gives(download(there, stage), '1s !').toBe('24ms (ss)');
      happens(there.announces).toBe('             1ms s');
      happens(there.dials).toBe('                 6ms a');
      happens(there.disk.written).toBe('         24ms (10)');
    }),
  );

  it(
    'cuts what they say into chunks of any size',
    drawn((stage) => {
      const { world, gives } = stage;
      gives(download(world({ ...alone(honest()), chunk: 7 }), stage), '1s !').toBe('24ms (ss)');
    }),
  );

  it(
    'keeps time for slow peers',
    drawn((stage) => {
      const { world, gives } = stage;
      gives(download(world(alone(honest({ latency: 100, pace: 50 }))), stage), '1s !').toBe('409ms s 99ms s');
    }),
  );

  it(
    'has peers who choke in the middle of a piece',
    drawn((stage) => {
      const { world, gives } = stage;
      gives(download(world(alone(chokesAfter(1, 500))), stage), '5s !').toBe('529ms (ss)');
    }),
  );

  it(
    'refuses whoever dials where nobody listens',
    drawn(({ world, gives, happens }) => {
      const { env, dials } = world();
      gives(env.connect({ host: '10.9.9.9', port: 1, source: 'manual' })).toBe(
        '-#',
        {},
        { name: 'NetworkError', code: 'refused' },
      );
      happens(dials).toBe('?');
    }),
  );

  it.each<[string, Player, string]>([
    ['never unchoke', neverUnchokes(), ''],
    ['stall after a block', stallsAfter(1), ''],
    ['hang up after a block', hangsUpAfter(1), 'a'],
    ['say nothing', silent(), ''],
    ['are of another torrent', wrongInfoHash(), 'a'],
    ['talk rubbish', garbage(), 'a'],
    ['claim pieces that do not exist', blurts([{ type: 'have', piece: 99 }]), 'a'],
    ['send messages without end', blurts([Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 7)]), 'a'],
  ])('has peers who %s, of whom nothing but trouble is had', (_, player, hungUp) => {
    const seen = played(alone(player), '5s !');
    expect(seen.outcomes).toEqual([]);
    expect(seen.hangups.slice(0, 1)).toEqual(hungUp === '' ? [] : [hungUp]);
  });

  it.each<[string, Player]>([
    ['never unchokes', neverUnchokes()],
    ['stalls', stallsAfter(1)],
    ['hangs up', hangsUpAfter(1)],
    ['says nothing', silent()],
    ['talks rubbish', garbage()],
    ['chokes for long', chokesAfter(1, 3_600_000)],
  ])('lets a download end well beside a peer who %s', (_, player) => {
    expect(played(besideAnHonestOne(player), '30m !').outcomes.sort()).toEqual(['stored 0', 'stored 1']);
  });

  it('has peers that corrupt what they send', () => {
    expect(
      played(alone(corrupts([1])), '1s !')
        .outcomes.slice(0, 2)
        .sort(),
    ).toEqual(['corrupt 0', 'stored 1']);
  });

  it(
    'repeats itself, unless the seed is another',
    drawn(({ world, gives, cold }) => {
      const bytes = (seed: number): readonly number[] => [...world({ seed }).env.randomBytes(8)];
      gives(cold('a').pipe(map(() => [bytes(1), bytes(2)]))).toBe('a', { a: [bytes(1), bytes(2)] });
      gives(cold('a').pipe(map(() => bytes(1).join() === bytes(2).join()))).toBe('f');
    }),
  );
});

describe('the wires of a world', () => {
  const there: PeerAddress = { host: '10.1.0.1', port: 7000, source: 'manual' };

  it(
    'let us hear those who speak first',
    drawn(({ world, gives }) => {
      const { env } = world(alone(() => of(Uint8Array.of(7))));
      gives(env.connect(there).pipe(mergeMap(({ bytes$ }) => bytes$.pipe(map(([first]) => first))))).toBe('-(7|)');
    }),
  );

  it(
    'lend their chunks only for a moment',
    drawn(({ world, gives }) => {
      const kept: Uint8Array[] = [];
      const { env } = world(alone(() => of(Uint8Array.of(7))));
      const late$ = env.connect(there).pipe(
        mergeMap(({ bytes$ }) => bytes$),
        tap((bytes) => kept.push(bytes)),
        delay(1),
        map(() => kept[0]?.[0]),
      );
      gives(late$).toBe('--(x|)', { x: 0xdd });
    }),
  );
});

describe('the tracker of a world', () => {
  it(
    'can be drawn',
    drawn(({ world, gives, cold, happens }) => {
      const down = new TrackerError('unreachable', 'gone');
      const there = world({
        tracker: (_, nth) => (nth === 1 ? cold('--#', {}, down) : cold('--(r|)', { r: announced(['10.1.0.1:7000']) })),
      });
      const ask$ = there.env.httpGet({ url: 'http://tracker.test/?event=stopped', maxBytes: 99, timeout: 99 });
      gives(ask$).toBe('--#', {}, down);
      gives(ask$.pipe(map(({ status }) => status)), '---^').toBe('-----(s|)', { s: 200 });
      happens(there.announces).toBe('x--x');
    }),
  );
});

describe('the leak gate', () => {
  it.each<[string, (world: World) => Observable<unknown>]>([
    ['the wire to 10.1.0.1:7000', ({ env }) => env.connect({ host: '10.1.0.1', port: 7000, source: 'manual' })],
    ['the storage', ({ env }) => env.openStorage(torrentOf(), { folder: '.' })],
    ['GET http://x/', ({ env }) => env.httpGet({ url: 'http://x/', maxBytes: 1, timeout: 1 }).pipe(mergeWith(NEVER))],
  ])('finds %s left open', (what, open) => {
    const leaky = drawn(({ world, cold, gives }) => {
      const there = world({ ...alone(honest()), tracker: () => NEVER });
      gives(cold('a').pipe(tap(() => void open(there).subscribe()))).toBe('a');
    });
    expect(leaky).toThrow(`left open at the end: ${what}`);
  });
});
