import { map, type Observable, of, startWith, take, tap, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { NetworkError } from '../src/contracts/errors.ts';
import type { HttpStream } from '../src/contracts/network.ts';
import { HostPlaces } from '../src/torrent/webSeeds/hostPlaces.ts';
import { drawn } from './index.ts';
import { answer, part, web, webScene } from './stories/webScene.ts';

const FOUR = 65_536;
const SIXTEEN = { torrent: { pieces: 16, blocksPerPiece: 1 } };
const whole = { a: '*', b: '*' };

describe('webSeed', () => {
  it(
    'asks for stretches of pieces, and cuts what comes into blocks',
    drawn((stage) => {
      const scene = webScene(stage, () => answer(stage, '--(12)-(34)|'));
      stage.gives(scene.blocks(web()), '^-------------!').toBe('--(12)-(34)');
      stage.happens(scene.asked).toBe('a', whole);
    }),
  );

  it(
    'lends its blocks for a moment only, and names the server that sent them',
    drawn((stage) => {
      const seed = web();
      const scene = webScene(stage, () => answer(stage, '-12'));
      const seen$ = scene
        .blocks(seed)
        .pipe(map(({ from, piece, begin, bytes }) => [from === seed, piece, begin, bytes.length, bytes[0]]));
      stage.gives(seen$.pipe(take(2))).toBe('-x(y|)', { x: [true, 0, 0, 16384, 1], y: [true, 0, 16384, 16384, 2] });
    }),
  );

  it(
    'waits for servers that never come, ends without them, and gives up a server when it is left',
    drawn((stage) => {
      const { blocks } = webScene(stage, () => answer(stage, '-'));
      stage.gives(blocks()).toBe('|');
      stage.gives(blocks(web()), '^---!').toBe('-');
    }),
  );

  it(
    'asks a server that gave only a part for the rest',
    drawn((stage) => {
      const answers = [answer(stage, '--12|', part(1, 2, FOUR)), answer(stage, '--34|', part(3, 4, FOUR))];
      const scene = webScene(stage, (_, nth) => answers[nth - 1] ?? answer(stage, '-'));
      stage.gives(scene.blocks(web()), '^---------!').toBe('--12--34');
      stage.happens(scene.asked).toBe('a---b', { a: '*', b: '3-4' });
    }),
  );

  it(
    'asks for the missing part only, and leaves a server that sends all of it where that ends',
    drawn((stage) => {
      const scene = webScene(stage, () => answer(stage, '-1234|'));
      scene.picker.restore(1);
      stage.gives(scene.blocks(web()), '^------!').toBe('-12');
      stage.happens(scene.asked).toBe('a', { a: '1-2' });
    }),
  );

  it(
    'throws away what comes before the part that it has asked for',
    drawn((stage) => {
      const scene = webScene(stage, () => answer(stage, '-1234|'));
      scene.picker.restore(0);
      stage.gives(scene.blocks(web()), '^------!').toBe('---34');
      stage.happens(scene.asked).toBe('a', { a: '3-4' });
    }),
  );

  it(
    'leaves a busy server in peace as long as it says',
    drawn((stage) => {
      const busy = answer(stage, '|', { status: 503, headers: { 'retry-after': '3' } });
      const scene = webScene(stage, (_, nth) => (nth === 1 ? busy : answer(stage, '-1234|')));
      stage.gives(scene.blocks(web()), '^ 4s !').toBe('3s -1234');
      stage.happens(scene.asked).toBe('a 2999ms b', whole);
    }),
  );

  it(
    'asks a server that fails again, later each time, and gives it up after six failures',
    drawn((stage) => {
      const down = new NetworkError('refused', 'http://web.test/drawn', 'connection refused');
      const scene = webScene(stage, () => stage.cold('#', {}, down));
      stage.gives(scene.blocks(web())).toBe('1282s |');
      stage
        .happens(scene.asked)
        .toBe('a 1999ms b 7999ms c 31999ms d 127999ms e 511999ms f 599999ms g', { ...repeated('abcdefg', '*') });
    }),
  );

  it(
    'gives up a server that lacks the file, or answers as no web server does',
    drawn((stage) => {
      const lacking = webScene(stage, () => answer(stage, '|', { status: 404 }));
      stage.gives(lacking.blocks(web())).toBe('|');
      const odd = webScene(stage, () => answer(stage, '|', { status: 206 }));
      stage.gives(odd.blocks(web())).toBe('|');
      const longer = webScene(stage, () => answer(stage, '-1', { headers: { 'content-length': '7' } }));
      stage.gives(longer.blocks(web())).toBe('|');
    }),
  );

  it(
    'asks by the other connection for the rest when one breaks in the middle',
    drawn((stage) => {
      const scene = webScene(stage, (_, nth) =>
        answer(stage, nth === 1 ? '-1#' : '-234|', nth === 1 ? {} : part(2, 4, FOUR)),
      );
      stage.gives(scene.blocks(web()), '^ 3s !').toBe('-1-234');
      stage.happens(scene.asked).toBe('a-b', { a: '*', b: '2-4' });
    }),
  );

  it(
    'never asks a server again that was expelled',
    drawn((stage) => {
      const seed = web();
      const expelled$ = stage.cold('-----x', { x: { peer: seed } });
      const scene = webScene(stage, () => answer(stage, '--1----2'), { expelled$ });
      stage.gives(scene.blocks(seed)).toBe('--1--|');
    }),
  );

  it(
    'gives up an answer in which nothing comes for half a minute',
    drawn((stage) => {
      const scene = webScene(stage, (_, nth) => answer(stage, nth === 1 ? '-1' : '-'));
      stage.gives(scene.blocks(web()), '^ 40s !').toBe('-1');
      stage.happens(scene.asked).toBe('a 30999ms b', { a: '*', b: '2-4' });
    }),
  );

  it(
    'asks for nothing while it is paused, and reads nothing',
    drawn((stage) => {
      const paused$ = stage.cold('---f---', { f: false }).pipe(startWith(true));
      const wake$ = stage.cold('  ---w---');
      const scene = webScene(stage, () => answer(stage, '-1234|'), { paused$, wake$ });
      stage.gives(scene.blocks(web()), '^-----------!').toBe('----1234');
      stage.happens(scene.asked).toBe('---a', whole);
    }),
  );

  it(
    'begins where the longest gap begins, and goes on with the piece that follows',
    drawn((stage) => {
      const scene = webScene(stage, () => answer(stage, '-'));
      for (const stored of [2, 3, 9]) scene.picker.restore(stored);
      stage.gives(scene.blocks(web()), '^---!').toBe('-');
      stage.happens(scene.asked).toBe('a', { a: '11-16' });
    }, SIXTEEN),
  );

  it(
    'leaves a server of pieces alone for as many seconds as it says in the body (BEP 17)',
    drawn((stage) => {
      const says = (text: string): Observable<HttpStream> =>
        of({ status: 503, headers: {}, url: 'http://web.test/drawn', bytes$: of(Buffer.from(text)) });
      const answers = [says(' 7\n'), says('1'.repeat(99)), answer(stage, '-12|')];
      const scene = webScene(stage, (_, nth) => answers[nth - 1] ?? answer(stage, '-'));
      const seed = web(undefined, { kind: 'httpseeds' });
      stage.gives(scene.blocks(seed), '^ 20s !').toBe('15001ms 12');
      stage.happens(scene.asked).toBe('a 6999ms b 7999ms c--d', repeated('abcd', '*'));
    }),
  );

  it(
    'asks where a URL was redirected to from then on, and at the URL again when that does not answer any more',
    drawn((stage) => {
      const urls: string[] = [];
      const moved = 'http://mirror.test/drawn';
      const from = (url: string, lane: string, first: number) =>
        answer(stage, lane, part(first, first + 1, FOUR)).pipe(map((each) => ({ ...each, url })));
      const answers = [from(moved, '-12|', 1), answer(stage, '-|', { status: 403 }), from(moved, '-34|', 3)];
      const scene = webScene(stage, ({ url }, nth) => {
        urls.push(url);
        return answers[nth - 1] ?? answer(stage, '-');
      });
      stage.gives(scene.blocks(web()), '^-----!').toBe('-12-34');
      stage.happens(scene.asked).toBe('a--(bc)', { a: '*', b: '3-4', c: '3-4' });
      stage.gives(timer(9).pipe(map(() => urls))).toBe('9ms (u|)', { u: [web().url, moved, web().url] });
    }),
  );

  it(
    'shares the three connections to a host with other torrents, and has one when these leave it',
    drawn((stage) => {
      const places = new HostPlaces();
      const others = [{}, {}, {}];
      for (const other of others) places.take('web.test', other);
      const scene = webScene(stage, () => answer(stage, '-1234|'), { places });
      stage.watch(timer(3_000).pipe(tap(() => others.forEach((other) => places.leave('web.test', other)))));
      stage.gives(scene.blocks(web()), '^ 5s !').toBe('4s -1234');
      stage.happens(scene.asked).toBe('4s a', { a: '*' });
    }),
  );

  it(
    'has three connections to a host at most, however many URLs lead there',
    drawn((stage) => {
      const urls: string[] = [];
      const scene = webScene(stage, ({ url }) => {
        urls.push(new URL(url).pathname);
        return answer(stage, urls.length === 1 ? '--#' : '-');
      });
      const all = ['/a', '/b', '/c', '/d', '/e'].map((path) => web(`http://web.test${path}`));
      stage.gives(scene.blocks(...all), '^----------!').toBe('-');
      stage.gives(timer(9).pipe(map(() => urls.join()))).toBe('9ms (u|)', { u: '/a,/b,/c,/d' });
    }, SIXTEEN),
  );
});

const repeated = (letters: string, value: string): Record<string, string> =>
  Object.fromEntries([...letters].map((letter) => [letter, value]));
