import { delay, filter, map, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { download } from '../../src/download/download.ts';
import type { Warning } from '../../src/contracts/events.ts';
import type { HttpReply, HttpRequest } from '../../src/contracts/network.ts';
import { NetworkError } from '../../src/contracts/errors.ts';
import { fetchTorrent } from '../../src/download/magnet/fetchTorrent.ts';
import { encodeOriginal } from '../../src/torrent/metainfo/encodeTorrent.ts';
import { announced, drawn, honest, type Stage } from '../index.ts';
import { linkTo, tellsMetadata, torrentWithInfo } from './magnetScene.ts';

const torrent = torrentWithInfo();
const other = torrentWithInfo({ private: true });
const seed = '10.1.0.1:7000';
const webSeeds = ['http://seed.test/'];
const [first, second] = ['http://one.test/a.torrent', 'http://two.test/a.torrent'];
const link = (...sources: readonly string[]) => linkTo(torrent, { sources, webSeeds });

/** A swarm of one peer that sends no metadata, and web servers. */
const worldWith = (
  stage: Stage,
  servers: Readonly<Record<string, { readonly status?: number; readonly body: Uint8Array }>>,
) => {
  const reply = ({ url }: HttpRequest) => {
    if (url.startsWith('http://tracker.test/')) return of(announced([seed]));
    const server = servers[url];
    const found: HttpReply | undefined = server && { status: 200, url, ...server };
    return found === undefined ? throwError(() => new NetworkError('unknown-host', url, 'no such host')) : of(found);
  };
  return stage.world({
    disk: { takes: 5 },
    peers: { [seed]: tellsMetadata(honest(), { instead: 'rejects' }) },
    tracker: (request) => reply(request).pipe(delay(5)),
  });
};
/** Runs the drawing, then looks at what there was. */
const afterwards = (scene: (stage: Stage, look: (check: () => void) => void) => void) => (): void => {
  const checks: (() => void)[] = [];
  drawn((stage) => scene(stage, (check) => void checks.push(check)), { torrent })();
  for (const check of checks) check();
};
const asked = ({ requests }: { readonly requests: readonly HttpRequest[] }) =>
  requests.filter(({ url }) => !url.startsWith('http://tracker.test/'));

describe('a magnet link that says where its .torrent is', () => {
  it(
    'leads there when no peer has told it for five seconds; its web seeds stay with the torrent',
    afterwards((stage, look) => {
      const there = worldWith(stage, { [first]: { body: encodeOriginal(torrent) } });
      stage.gives(fetchTorrent(link(first), there.env)).toBe('5s 5ms (t|)', { t: { ...torrent, webSeeds } });
      look(() => {
        const [request, ...more] = asked(there);
        expect(more).toEqual([]);
        expect(request).toMatchObject({
          url: first,
          stranger: true,
          loopbackPath: '/torrent',
          maxBytes: 10_000_000,
          timeout: 30_000,
        });
      });
    }),
  );

  it(
    'leads to the next place when one has another torrent, an error, or does not exist',
    afterwards((stage, look) => {
      const told: Warning[] = [];
      const there = worldWith(stage, {
        [first]: { body: encodeOriginal(other) },
        'http://gone.test/': { status: 404, body: encodeOriginal(torrent) },
        'http://text.test/': { body: new TextEncoder().encode('<html>') },
        [second]: { body: encodeOriginal(torrent) },
      });
      const magnet = link(first, 'http://gone.test/', 'http://nowhere.test/', 'http://text.test/', second);
      const report = (event: { readonly type: string }): void =>
        void (event.type === 'warning' && told.push(event as Warning));
      stage
        .gives(fetchTorrent(magnet, there.env, { report }).pipe(map(({ info }) => info.length === torrent.info.length)))
        .toBe('5s 20ms (t|)', { t: true });
      look(() =>
        expect(told.map(({ code }) => code)).toEqual(['malformed', 'http-status', 'unknown-host', 'malformed']),
      );
    }),
  );

  it(
    'goes on to download from the peers that are connected already',
    afterwards((stage) => {
      const there = worldWith(stage, { [first]: { body: encodeOriginal(torrent) } });
      const events$ = download(link(first), there.env, { target: { folder: '.' } }).pipe(
        filter(({ type }) => ['metadata', 'stored', 'done'].includes(type)),
        map((event) => (event.type === 'metadata' ? 'm' : event)),
      );
      stage.gives(events$).toBe('5s 5ms m 30ms (ss)----------------(d|)');
      stage.happens(there.dials).toBe('-----a');
    }),
  );

  it(
    'is not led anywhere when peers tell in time, or when it is given up before',
    afterwards((stage, look) => {
      const there = stage.world({ peers: { [seed]: tellsMetadata(honest()) } });
      stage
        .gives(fetchTorrent(link(first), there.env))
        .toBe('---------------------(t|)', { t: { ...torrent, webSeeds } });
      const silent = worldWith(stage, {});
      stage.gives(fetchTorrent(link(first), silent.env), '^ 4s !').toBe('');
      look(() => expect([...asked(there), ...asked(silent)]).toEqual([]));
    }),
  );

  it(
    'waits for it without any other source, and ends when it is not there either',
    afterwards((stage) => {
      const there = worldWith(stage, {});
      const alone = linkTo(torrent, { announce: [], sources: [first] });
      stage.gives(fetchTorrent(alone, there.env)).toBe('5s |');
      const events$ = download(alone, there.env, { target: { folder: '.' } }).pipe(
        filter(({ type }) => type !== 'progress' && type !== 'funnel'),
      );
      stage.gives(events$.pipe(map(({ type }) => type))).toBe('5s (w|)', { w: 'warning' });
    }),
  );
});
