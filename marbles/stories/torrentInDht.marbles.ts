import { defer, filter, map, merge, NEVER, type Observable, share, tap, throwError, timer } from 'rxjs';
import { describe, it } from 'vitest';
import { type DhtNode, dhtNode } from '../../src/discovery/dht/node.ts';
import { download } from '../../src/download/download.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import { NetworkError } from '../../src/contracts/errors.ts';
import { drawn, honest, type Player } from '../index.ts';
import { downloaded } from './scene.ts';
import { MINUTE, a, b, router, answer, scene, frames } from './discoveryScene.ts';

describe('a torrent that listens', () => {
  it(
    'announces itself in the DHT, every 13 minutes; others never do',
    drawn((stage) => {
      const { there, dht$, asked } = scene(stage, { peers: {}, tracker: () => NEVER });
      stage.gives(downloaded(stage, there, { dht$, listens: true }), '^ 16m !').toBe('15003ms w');
      const told$ = stage.cold('16m x').pipe(map(() => frames(asked, 'a').map((at) => Math.floor(at / MINUTE))));
      stage.gives(told$).toBe('16m t', { t: [0, 13] });
    }),
  );
});

describe('PORT', () => {
  it(
    'is said by both: their node is asked, and ours named, which the handshake has promised',
    drawn((stage) => {
      const heard: unknown[] = [];
      // Theirs is where the router is, for there is no other.
      const host = `${router.host}:7000`;
      const player: Player = (heard$, cast) => {
        const words$ = heard$.pipe(
          tap(
            (word) =>
              (word.type === 'port' || word.type === 'handshake') &&
              heard.push(word.type === 'port' ? word.port : word.dht),
          ),
          share(),
        );
        const greets = map((said: unknown) =>
          said instanceof Uint8Array || (said as { type: string }).type !== 'handshake'
            ? said
            : { ...(said as object), dht: true },
        );
        const port$ = timer(20).pipe(map(() => ({ type: 'port' as const, port: router.port })));
        return merge(honest({ has: [] })(words$, cast).pipe(greets), port$) as ReturnType<Player>;
      };
      const { there, asked } = scene(stage, { peers: { [host]: player }, tracker: () => answer(host) });
      // Without anywhere to begin.
      const dht$ = dhtNode(there.env, { port: 6881, bootstrap: [] });
      stage
        .gives(downloaded(stage, there, { dht$ }).pipe(filter(({ type }) => type === 'stored')), '^ 90ms !')
        .toBe('-');
      stage
        .gives(stage.cold('89ms x').pipe(map(() => [heard, frames(asked, 'p').length])))
        .toBe('89ms t', { t: [[true, 6881], 1] });
    }),
  );
});

describe('nodes that the torrent names', () => {
  it(
    'lead to the others, though there is no other node to begin with',
    drawn((stage) => {
      const { there, asked } = scene(stage, { peers: { [b]: honest() }, tracker: () => NEVER, knows: () => [b] });
      const dht$ = dhtNode(there.env, { port: 6881, bootstrap: [] });
      const events$ = download({ ...stage.torrent, nodes: [router] }, there.env, { target: { folder: '.' }, dht$ });
      stage.happens(asked).toBe('                --------p---------g');
      stage.gives(events$.pipe(filter(({ type }) => type === 'stored'))).toBe('41ms (ss)|');
    }),
  );
});

describe('a private torrent', () => {
  it(
    'stays silent on the DHT, with its peers and in the local network',
    drawn((stage) => {
      const heard: unknown[] = [];
      const player: Player = (heard$, cast) =>
        honest()(heard$.pipe(tap((word) => heard.push(word.type === 'handshake' ? word.dht : word.type))), cast);
      const { there, sent } = scene(stage, { peers: { [a]: player }, tracker: () => answer(a), knows: () => [b] });
      const dht$ = defer((): Observable<DhtNode> => throwError(() => new Error('the DHT was asked')));
      const options: DownloadOptions = { target: { folder: '.' }, dht$, lsd: true, listens: true };
      const torrent = { ...stage.torrent, private: true, nodes: [router] };
      stage
        .gives(
          download(torrent, there.env, options).pipe(filter(({ type }) => type === 'stored' || type === 'warning')),
        )
        .toBe('26ms (ss)|');
      stage
        .gives(
          stage
            .cold('1m x')
            .pipe(map(() => [sent.length, heard[0], heard.includes('port'), there.dials.map(({ value }) => value)])),
        )
        .toBe('1m t', {
          t: [0, false, false, ['a']],
        });
    }),
  );
});

describe('a node that can not be bound', () => {
  it(
    'is a warning, once, and the other sources go on',
    drawn((stage) => {
      const { there } = scene(stage, { peers: { [a]: honest() }, tracker: () => answer(a) });
      const dht$ = throwError(() => new NetworkError('port-taken', 'UDP', 'taken'));
      const events$ = downloaded(stage, there, { dht$ }).pipe(
        filter(({ type }) => type === 'warning' || type === 'done'),
      );
      stage.gives(events$).toBe('---w 23ms ---(d|)');
    }),
  );
});
