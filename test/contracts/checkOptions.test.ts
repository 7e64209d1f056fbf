import { NEVER, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { checkOption, checkOptions } from '../../src/contracts/checkOptions.ts';
import { InputError } from '../../src/contracts/errors.ts';
import { client } from '../../src/client/client.ts';
import { download } from '../../src/download/download.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { Warning } from '../../src/contracts/events.ts';
import type { PeerAddress } from '../../src/contracts/network.ts';
import { drawn, honest, type Mark } from '../../marbles/index.ts';

const bad: readonly (readonly [object, string])[] = [
  [{ maxPeers: -5 }, 'maxPeers -5: expected a whole number from 1'],
  [{ maxPeers: 2.5 }, 'maxPeers 2.5: expected a whole number from 1'],
  [{ maxPeers: '7' }, 'maxPeers 7: expected a whole number from 1'],
  [{ slots: -1 }, 'slots -1: expected a whole number from 0'],
  [{ memory: Number.NaN }, 'memory NaN: expected a number from 0'],
  [{ peerId: new Uint8Array(3) }, 'peerId of 3 bytes: expected 20 bytes'],
  [{ port: 70_000 }, 'port 70000: expected a whole number from 0 to 65535'],
  [{ ports: [1, -1] }, 'ports [1,-1]: expected ports from 0 to 65535'],
  [{ choker: {} }, 'choker {}: expected a function'],
  [{ order: 'inOrder' }, 'order inOrder: expected a function'],
  [{ seed: { ratio: -1 } }, 'seed.ratio -1: expected a number from 0'],
  [{ seed: { time: 'long' } }, 'seed.time long: expected a number from 0'],
  [{ target: { folder: '' } }, 'target.folder : expected the path of a folder'],
  [{ seed: 5 }, 'seed 5: expected limits of seeding'],
  [{ target: {} }, 'target {}: expected a place, such as { folder: "." }'],
  [{ target: null }, 'target null: expected a place, such as { folder: "." }'],
  [{ peers: {} }, 'peers {}: expected a list of addresses'],
  [{ peers: [null] }, 'peers [null]: expected a list of addresses'],
  [{ peers$: [] }, 'peers$ []: expected an Observable'],
  [{ pause$: true }, 'pause$ true: expected an Observable'],
  [{ stop$: 5 }, 'stop$ 5: expected an Observable'],
  [{ reception$: {} }, 'reception$ {}: expected an Observable'],
  [{ dht$: true }, 'dht$ true: expected an Observable'],
  [{ network$: true }, 'network$ true: expected an Observable'],
  [{ sources: 7 }, 'sources 7: expected the sources that are replaced'],
  ...['trackers', 'dht', 'lsd', 'pex'].map(
    (name) =>
      [{ sources: { [name]: true } }, `sources.${name} true: expected false, or an Observable of addresses`] as const,
  ),
  [{ lsd: 1 }, 'lsd 1: expected true or false'],
  [{ pex: 'no' }, 'pex no: expected true or false'],
  [{ listens: 1 }, 'listens 1: expected true or false'],
  [{ recheck: 'yes' }, 'recheck yes: expected true or false'],
  [{ placed: '.' }, 'placed .: expected a function'],
  [{ budget: 5 }, 'budget 5: expected a ConnectionBudget'],
  [{ trackers: ['http://a'] }, 'trackers ["http://a"]: expected a list of tiers, each a list of URLs'],
  [{ converse: [3] }, 'converse [3]: expected a list of operators'],
  [{ extensions: 5 }, 'extensions 5: expected a list of extensions, each with a `name` and `talk`'],
  [
    { extensions: [{ name: '', talk: () => NEVER }] },
    'extensions [{"name":""}]: expected a list of extensions, each with a `name` and `talk`',
  ],
  [{ limits: 5 }, 'limits 5: expected bytes a second, `down` and `up`'],
  [{ endgame: 'never' }, 'endgame never: expected on, off or strict'],
  [{ window: -1 }, 'window -1: expected a number from 0, or a function'],
  [{ window: 'ten' }, 'window ten: expected a number from 0, or a function'],
  [{ pace: { enough: 3 } }, 'pace {"enough":3}: expected a pace, or a function that returns one'],
  [{ pace: 5 }, 'pace 5: expected a pace, or a function that returns one'],
  [
    { select: [[3, 1]] },
    'select [[3,1]]: expected pairs of numbers of files, the first and the last of each span, or a function',
  ],
  [{ maxPeers: null }, 'maxPeers null: expected a whole number from 1'],
];

describe('options', () => {
  it.each(bad)('%o', (options, message) => {
    expect(() => checkOptions(options)).toThrow(new InputError('bad-option', message));
  });

  it('are passed on unchanged if they are valid', () => {
    const options = {
      ...{ maxPeers: 1, slots: 0, memory: Infinity, peerId: Buffer.alloc(20), port: 0, ports: [], seed: {} },
      ...{ target: { folder: '.' }, unknown: -1, order: undefined, choker: () => new Map(), peers: [] },
    };
    expect(checkOptions(options)).toBe(options);
  });

  it('that are streams are checked value by value', () => {
    expect(() => checkOptions({ maxPeers: of(-1), peers: NEVER, limits: {} })).not.toThrow();
    expect(() => checkOption('maxPeers', -1)).toThrow(InputError);
    expect(() => checkOption('somethingElse', -1)).not.toThrow();
  });

  it('of a download and its strategy are checked when it is subscribed to, and a place must be among them', () => {
    drawn(({ world, torrent, gives }) => {
      const { env } = world();
      const none = { target: undefined } as unknown as DownloadOptions;
      for (const options of [{ target: { folder: '.' }, strategy: { maxPeers: -1 } }, none])
        gives(download(torrent, env, options)).toBe('#', undefined, { name: 'InputError', code: 'bad-option' });
    })();
  });

  it('of a download and of a client are checked', () => {
    drawn(({ world, torrent, gives }) => {
      const { env } = world();
      for (const [options] of bad.filter(([each]) => !('ports' in each)))
        gives(download(torrent, env, { target: { folder: '.' }, ...options })).toBe('#', undefined, {
          name: 'InputError',
          code: 'bad-option',
        });
      for (const options of [{ peerId: new Uint8Array(3) }, { ports: [-1] }, { maxConnections: 0 }])
        expect(() => client(env, options)).toThrow(InputError);
    })();
  });
});

describe('peers that can not be dialled', () => {
  it('cost a warning, and not the download', () => {
    let marks: readonly Mark[] = [];
    drawn((stage) => {
      const { env } = stage.world({ peers: { '10.1.0.1:7000': honest() } });
      const peer = (host: string, port: number): PeerAddress => ({ host, port, source: 'manual' });
      const peers = [peer('10.1.0.9', 70_000), peer('not a host', 1), peer('10.1.0.1', 7000)];
      const options: DownloadOptions = { target: { folder: '.' }, trackers: [], peers };
      marks = stage.watch(download(stage.torrent, env, options), '^ 1m !');
    })();
    const told = marks.flatMap(({ kind, value }) => (kind === 'value' ? [value as Warning] : []));
    expect(told.filter(({ type }) => type === 'warning').map(({ code, message }) => `${code} ${message}`)).toEqual([
      'bad-address 10.1.0.9:70000: a port is from 1 to 65535',
      'bad-address "not a host:1": a host is an IP address or a name',
    ]);
    expect(told.map(({ type }) => type as string)).toContain('done');
  });
});
