import { filter, map } from 'rxjs';
import { describe, it } from 'vitest';
import { download } from '../../src/download/download.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import { delayed } from '../../src/faults/delayed.ts';
import { failing } from '../../src/faults/failing.ts';
import { inOrder } from '../../src/torrent/picker/pieceOrder.ts';
import { drawn, honest, type Stage, type WorldOptions } from '../index.ts';
import { servesFile } from './webScene.ts';

const peer = '10.1.0.1:7000';
const [one, other] = ['http://one.test/drawn', 'http://other.test/drawn'];
const four = { torrent: { pieces: 4, blocksPerPiece: 1 } };

/** What becomes of the pieces, and what is told: `s`, `c`, `w`, `d`. */
const fetching = (
  { torrent }: Stage,
  env: Parameters<typeof download>[1],
  webSeeds: readonly string[],
  more: Partial<DownloadOptions> = {},
) =>
  download(torrent, env, { target: { folder: '.' }, webSeeds, trackers: [], order: inOrder, ...more }).pipe(
    map(({ type }) => ({ stored: 's', corrupt: 'c', warning: 'w', done: 'd' })[type as string]),
    filter((letter) => letter !== undefined),
  );
const web = (stage: Stage, liar?: string, pace = 3): Pick<WorldOptions, 'web'> => ({
  web: (request) => servesFile(stage.geometry, { spoils: request.url === liar, pace })(request),
});

describe('a download with web seeds', () => {
  it(
    'needs nobody else',
    drawn((stage) => {
      const { env } = stage.world(web(stage));
      stage.gives(fetching(stage, env, [one])).toBe('--------s--s--s--s---(d|)');
    }, four),
  );

  it(
    'bans a server that sends wrong bytes, and has them from another',
    drawn((stage) => {
      const { env } = stage.world(web(stage, one, 7));
      stage.gives(fetching(stage, env, [one, other])).toBe('-----------(wc)----s------(ss)---s---(d|)');
    }, four),
  );

  it(
    'goes on with a peer when the server is not there, and says so once',
    drawn((stage) => {
      const { env } = stage.world({ ...web(stage), peers: { [peer]: honest({ pace: 3 }) } });
      const down = failing(1, { parts: ['http'] })(env);
      const [host = '', port] = peer.split(':');
      const peers = [{ host, port: Number(port), source: 'manual' as const }];
      stage.gives(fetching(stage, down, [one], { peers })).toBe('---w--------------------s--s--s--s---(d|)');
    }, four),
  );

  it(
    'waits for a slow line as for that of a peer',
    drawn((stage) => {
      const { env } = stage.world(web(stage));
      stage.gives(fetching(stage, delayed(10)(env), [one])).toBe('28ms s--s--s--s---(d|)');
    }, four),
  );
});
