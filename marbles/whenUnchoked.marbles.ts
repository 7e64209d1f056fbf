import { concat, ignoreElements, map, mergeMap, NEVER, type Observable, of, take, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { whenUnchoked } from '../operators/whenUnchoked.ts';
import type { Peer } from '../src/contracts/peer.ts';
import { PeerError } from '../src/contracts/errors.ts';
import { encodeDontHave, LT_DONTHAVE } from '../src/protocol/peer/dontHave.ts';
import { encodeExtensionHandshake } from '../src/protocol/peer/extensions.ts';
import { PiecePicker } from '../src/torrent/picker/piecePicker.ts';
import { drawn, type Stage } from './index.ts';

const open = (peer: Peer): Observable<Peer> => concat(of(peer), NEVER);
const timeout = { name: 'PeerError', code: 'timeout' };
const pickerOf = ({ geometry }: Stage, ...stored: readonly number[]): PiecePicker => {
  const picker = new PiecePicker(geometry, { random: () => 0 });
  for (const piece of stored) picker.restore(piece);
  return picker;
};

describe('whenUnchoked', () => {
  it(
    'says interested, and lets the peer through at each unchoke',
    drawn((stage) => {
      const they = stage.peer('-B-U--C--U|');
      const writes = '         -I---------';
      const result = '         ---p-----p|';
      stage.gives(of(they).pipe(whenUnchoked(pickerOf(stage)))).toBe(result);
      stage.sends(they).toBe(writes);
    }),
  );

  it(
    'is interested in the first piece that it lacks, and says so once',
    drawn((stage) => {
      const { words } = stage;
      const they = stage.peer('-G-H-G-I-|', { G: words.have(0), H: words.have(1), I: words.have(1) });
      const writes = '         ---I------';
      stage.gives(of(they).pipe(whenUnchoked(pickerOf(stage, 0)))).toBe('---------|');
      stage.sends(they).toBe(writes);
    }),
  );

  it.each([
    ['a bitfield of what it has', (stage: Stage) => stage.peer('-B-|', { B: stage.words.bitfield(0) }), '-'],
    [
      'a bitfield with a piece that it lacks',
      (stage: Stage) => stage.peer('-B-|', { B: stage.words.bitfield(0, 1) }),
      '-I',
    ],
    ['have all', (stage: Stage) => stage.peer('-B-|', { B: { type: 'haveAll' } }, { fast: true }), '-I'],
    ['have none', (stage: Stage) => stage.peer('-B-|', { B: { type: 'haveNone' } }, { fast: true }), '-'],
    ['nothing at all', (stage: Stage) => stage.peer('---|', {}, { has: [] }), '-'],
  ])('is told %s', (_, draw, writes) =>
    drawn((stage) => {
      const they = draw(stage);
      stage.gives(of(they).pipe(whenUnchoked(pickerOf(stage, 0)))).toBe('---|');
      stage.sends(they).toBe(writes);
    })(),
  );

  it(
    'is no longer interested when the peer has nothing left that it lacks, and again when it has',
    drawn((stage) => {
      const picker = pickerOf(stage);
      const they = stage.peer('-B         9998ms ------ 10s H 9998ms |', {
        B: stage.words.bitfield(0),
        H: stage.words.have(1),
      });
      const writes = '         -I         9998ms N----- 10s I         ';
      const stored = '         -- 5s p';
      stage.gives(of(they).pipe(whenUnchoked(picker)), '^ 25s !').toBe('-');
      stage.gives(stage.cold(stored).pipe(tap(() => picker.restore(0)))).toBe(stored);
      stage.sends(they).toBe(writes);
    }),
  );

  it(
    'is not interested any more when all is there',
    drawn((stage) => {
      const picker = pickerOf(stage, 0);
      const they = stage.peer('-B-U');
      stage.gives(open(they).pipe(whenUnchoked(picker)), '^ 30s !').toBe('---p');
      stage.gives(stage.cold('------p').pipe(tap(() => picker.restore(1)))).toBe('------p');
      stage.sends(they).toBe('-I 9998ms N');
    }),
  );

  it(
    'counts which peer has what, for as long as the peer is connected',
    drawn((stage) => {
      const picker = pickerOf(stage);
      const availability = (): string => `${picker.availability.of(0)}${picker.availability.of(1)}`;
      const first = stage.peer(' -B--H----|', { B: stage.words.bitfield(0), H: stage.words.have(1) });
      const second = stage.peer('--H--H-------', { H: stage.words.have(1) });
      const looks = '           oo-o-o----o--o';
      for (const they of [first, second])
        stage
          .gives(of(they).pipe(whenUnchoked(picker), ignoreElements()), '^-----------!')
          .toBe(they === first ? '---------|' : '-');
      const counts = { a: '00', b: '10', c: '11', d: '12', e: '01' };
      stage.gives(stage.cold(looks).pipe(map(availability))).toBe('ab-c-d----e--a', counts);
    }),
  );

  it(
    'takes into account what was said before',
    drawn((stage) => {
      const picker = pickerOf(stage);
      const they = stage.peer('BU---C-U-');
      const late = stage.cold('--p');
      const result = '        --p----p-';
      stage.gives(they.messages$.pipe(ignoreElements()), '^--------!').toBe('-');
      stage
        .gives(
          late.pipe(
            map(() => they),
            whenUnchoked(picker),
          ),
          '^--------!',
        )
        .toBe(result);
      stage.sends(they).toBe('--I');
      stage.gives(stage.cold('---x').pipe(map(() => picker.availability.of(1)))).toBe('---1');
    }),
  );

  it(
    'waits for a peer that never comes, and ends without one',
    drawn((stage) => {
      const picker = pickerOf(stage);
      stage.gives(stage.cold<Peer>('-').pipe(whenUnchoked(picker)), '^ 60m !').toBe('-');
      stage.gives(stage.cold<Peer>('-|').pipe(whenUnchoked(picker))).toBe('-|');
      stage
        .gives(stage.cold<Peer>('-#', {}, new PeerError('timeout', '')).pipe(whenUnchoked(picker)))
        .toBe('-#', undefined, timeout);
      stage
        .gives(of(stage.peer('-B-#')).pipe(whenUnchoked(picker)))
        .toBe('---#', undefined, { name: 'PeerError', code: 'reset' });
    }),
  );

  it(
    'asks and listens no more when nobody listens',
    drawn((stage) => {
      const picker = pickerOf(stage);
      const they = stage.peer('-U-U-U');
      // Blocks are listened to until the first unchoke, as none may come before.
      const blocks = '         ^!----';
      const subs = '           ^---!-';
      stage.gives(open(they).pipe(whenUnchoked(picker)), subs).toBe('-p-p');
      stage.expectSubscriptions(they.subscriptions).toBe([blocks, subs]);
    }),
  );

  it(
    'may be left from inside',
    drawn((stage) => {
      const picker = pickerOf(stage);
      const they = stage.peer('-(BU)--U');
      stage.gives(open(they).pipe(whenUnchoked(picker), take(1))).toBe('-(p|)');
      stage.expectSubscriptions(they.subscriptions).toBe(['^!', '^!']);
      stage.gives(stage.cold('--x').pipe(map(() => picker.availability.of(0)))).toBe('--0');
    }),
  );

  it(
    'has spoken before it lets through: what comes after is in order',
    drawn((stage) => {
      const they = stage.peer('-B-U-');
      const writes = '         -I-K-';
      const talk$ = open(they).pipe(
        whenUnchoked(pickerOf(stage)),
        tap((peer) => peer.send({ type: 'keepAlive' })),
      );
      stage.gives(talk$, '^----!').toBe('---p');
      stage.sends(they).toBe(writes);
    }),
  );

  it(
    'leaves one peer for the next',
    drawn((stage) => {
      const first = stage.peer(' -U--U-');
      const second = stage.peer('---CU-');
      const result = '          -p--p-';
      stage
        .gives(stage.cold('a--b', { a: first, b: second }).pipe(whenUnchoked(pickerOf(stage))), '^-----!')
        .toBe(result);
      stage.expectSubscriptions(first.subscriptions).toBe(['^!', '^--!']);
    }),
  );
});

describe('whenUnchoked, with peers that take back pieces', () => {
  it(
    'is no longer interested at once, and counts anew once in ten seconds, however often that happens',
    drawn((stage) => {
      const picker = pickerOf(stage, 0);
      const lacks = { type: 'extended', id: 1, payload: encodeDontHave(1) } as const;
      const they = stage.peer('-D--(HDHDHD)', { D: lacks, H: stage.words.have(1) }, { has: [0, 1], extended: true });
      they.state.sent({
        type: 'extended',
        id: 0,
        payload: encodeExtensionHandshake({ ids: new Map([[LT_DONTHAVE, 1]]) }),
      });
      let counts = 0;
      const { availability } = picker;
      const told = availability.told.bind(availability);
      availability.told = (...all) => (counts++, told(...all));
      stage.gives(of(they).pipe(whenUnchoked(picker)), '^ 15s !').toBe('-');
      stage.sends(they).toBe('IN--I 9995ms N', { I: { type: 'interested' }, N: { type: 'notInterested' } });
      stage
        .gives(stage.cold('---x-y 10s z').pipe(map(() => `${counts}${picker.availability.of(1)}`)))
        .toBe('---x-y 10s z', { x: '20', y: '21', z: '30' });
    }),
  );
});

describe('whenUnchoked, with peers that keep us choked', () => {
  it(
    'waits ten minutes',
    drawn((stage) => {
      const they = stage.peer('1s B');
      const writes = '         1s I';
      stage.gives(of(they).pipe(whenUnchoked(pickerOf(stage)))).toBe('610s #', undefined, timeout);
      stage.sends(they).toBe(writes);
    }),
  );

  it(
    'counts only the time in which it is interested',
    drawn((stage) => {
      const they = stage.peer('15m B');
      stage.gives(of(they).pipe(whenUnchoked(pickerOf(stage)))).toBe('1500s #', undefined, timeout);
    }),
  );

  it(
    'counts anew from each choke',
    drawn((stage) => {
      const they = stage.peer('1s B 499s U 599s C');
      stage.gives(of(they).pipe(whenUnchoked(pickerOf(stage)))).toBe('500001ms p 1199998ms #', undefined, timeout);
    }),
  );

  it(
    'asks every ten seconds how long to be patient',
    drawn((stage) => {
      let patience = 600_000;
      const impatient$ = of(stage.peer('1s B')).pipe(whenUnchoked(pickerOf(stage), { patience: () => patience }));
      stage.gives(impatient$).toBe('70s #', undefined, timeout);
      stage.gives(stage.cold('65s x').pipe(tap(() => (patience = 30_000)))).toBe('65s x');
    }),
  );

  it(
    'accepts ten blocks before the first unchoke, no more; and does not count them after it',
    drawn((stage) => {
      const flood = stage.peer('-B-123412341-2-');
      const late = stage.peer(' -BU1234123412341234|');
      stage
        .gives(of(flood).pipe(whenUnchoked(pickerOf(stage))))
        .toBe('-------------#', undefined, { name: 'PeerError', code: 'unexpected' });
      stage.gives(of(late).pipe(whenUnchoked(pickerOf(stage)))).toBe('--p----------------|');
    }),
  );

  it(
    'is not angry with those who are of no use',
    drawn((stage) => {
      stage.gives(of(stage.peer('-H')).pipe(whenUnchoked(pickerOf(stage, 0))), '^ 180m !').toBe('-');
    }),
  );
});

describe('availability, with a thousand peers coming and going', () => {
  it(
    'is zero in the end',
    drawn((stage) => {
      const picker = pickerOf(stage);
      const comers = Array.from({ length: 1000 }, (_, n) => stage.peer(n % 2 ? '-B-U-|' : '-H-U-C-|'));
      const all$ = of(...comers).pipe(
        mergeMap((they) => of(they).pipe(whenUnchoked(picker))),
        ignoreElements(),
      );
      stage.gives(all$).toBe('-------|');
      stage
        .gives(stage.cold('----x--y').pipe(map(() => picker.availability.of(0))))
        .toBe('----x--y', { x: 1000, y: 0 });
      expect(() => picker.check()).not.toThrow();
    }),
  );
});
