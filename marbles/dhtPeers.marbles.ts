import { concat, finalize, ignoreElements, NEVER, Observable, of } from 'rxjs';
import { describe, it } from 'vitest';
import { dhtPeers, type DhtPeersOptions } from '../src/discovery/dht/dhtPeers.ts';
import type { DhtNode, DhtStats } from '../src/discovery/dht/node.ts';
import { NetworkError } from '../src/contracts/errors.ts';
import { drawn, type Mark, type Stage } from './index.ts';

const endpoints = {
  a: { host: '10.0.0.1', port: 1 },
  b: { host: '10.0.0.2', port: 2 },
  c: { host: '10.0.0.3', port: 3 },
};
const peers = {
  a: { ...endpoints.a, source: 'dht' },
  b: { ...endpoints.b, source: 'dht' },
  c: { ...endpoints.c, source: 'dht' },
};
const known: DhtStats = { nodes: 100, nodes6: 0, torrents: 0, peers: 0 };

interface Scene {
  /** How each lookup goes, one lane each; the last one again and again. */
  readonly lookups: readonly string[];
  readonly options?: Partial<DhtPeersOptions>;
  readonly stats?: DhtStats;
}

/** A node that looks up as drawn; `g` when it only looks, `a` when it announces us as well: as a seed in capitals. */
const scene = (stage: Stage, { lookups, options = {}, stats = known }: Scene) => {
  const left = [...lookups];
  const asked: Mark[] = [];
  const looks = (letter: string) =>
    new Observable<{ readonly host: string; readonly port: number }>((subscriber) => {
      asked.push({ frame: stage.now(), kind: 'value', value: letter });
      return stage.cold((left.length > 1 ? left.shift() : left[0]) ?? '|', endpoints).subscribe(subscriber);
    });
  const node: DhtNode = {
    port: 6881,
    getPeers: (_, seed) => looks(seed === true ? 'G' : 'g'),
    announce: (_, __, seed) => looks(seed === true ? 'A' : 'a'),
    scrape: () => NEVER,
    addNode: () => NEVER,
    nodes: () => ({ id: new Uint8Array(20), nodes: [] }),
    stats: () => stats,
  };
  const node$ = concat(of(node), NEVER).pipe(finalize(stage.ledger.open('the node')));
  const peers$ = dhtPeers(node$, new Uint8Array(20), { wanted$: NEVER, port: 6881, random: () => 0.5, ...options });
  return { peers$, asked };
};

describe('dhtPeers', () => {
  it(
    'looks up at once and announces us, and does so again after a quarter of an hour',
    drawn((stage) => {
      const { peers$, asked } = scene(stage, { lookups: ['-a-(bc|)', '--a|'] });
      stage.gives(peers$, '^ 15m 20ms !').toBe('-a-(bc) 14m 59998ms a', peers);
      stage.happens(asked).toBe('                a-- 15m a');
    }),
  );

  it(
    'looks again after five minutes while peers are wanted, without announcing us each time',
    drawn((stage) => {
      const { peers$, asked } = scene(stage, { lookups: ['(a|)'], options: { wanted$: of(5) } });
      stage.gives(peers$, '^ 15m 20ms !').toBe('a 299999ms a 299999ms a 299999ms a', peers);
      stage.happens(asked).toBe('               a 299999ms g 299999ms g 299999ms a');
    }),
  );

  it(
    'looks again after half a minute when no peer was found, and when peers become wanted later',
    drawn((stage) => {
      const { peers$, asked } = scene(stage, {
        lookups: ['|', '|', '(b|)'],
        options: { wanted$: stage.hot('45s w', { w: 5 }) },
      });
      stage.gives(peers$, '^ 2m !').toBe('75s b', peers);
      stage.happens(asked).toBe('        a 44999ms g 29999ms g');
    }),
  );

  it(
    'announces us again next time if there was no node to hear it',
    drawn((stage) => {
      const { peers$, asked } = scene(stage, {
        lookups: ['|'],
        options: { wanted$: of(1) },
        stats: { ...known, nodes: 0 },
      });
      stage.gives(peers$, '^ 61s !').toBe('-');
      stage.happens(asked).toBe('        a 29999ms a 29999ms a');
    }),
  );

  it(
    'does not announce us if that is not wanted',
    drawn((stage) => {
      const { peers$, asked } = scene(stage, { lookups: ['(a|)'], options: { announce: false } });
      stage.gives(peers$, '^ 1m !').toBe('a', peers);
      stage.happens(asked).toBe('        g');
    }),
  );

  it(
    'looks and announces as a seed once we have all of it, BEP 33',
    drawn((stage) => {
      const complete = () => stage.now() >= 400_000;
      const { peers$, asked } = scene(stage, { lookups: ['(a|)'], options: { wanted$: of(5), complete } });
      stage.gives(peers$, '^ 15m 20ms !').toBe('a 299999ms a 299999ms a 299999ms a', peers);
      stage.happens(asked).toBe('               a 299999ms g 299999ms G 299999ms A');
    }),
  );

  it(
    'is in no hurry as a seed, though no peer wants it',
    drawn((stage) => {
      const { peers$, asked } = scene(stage, { lookups: ['|'], options: { wanted$: of(5), complete: () => true } });
      stage.gives(peers$, '^ 11m !').toBe('-');
      stage.happens(asked).toBe('        A 299999ms G 299999ms G');
    }),
  );

  it(
    'stops a lookup, and releases the node, when unsubscribed',
    drawn((stage) => {
      stage.gives(scene(stage, { lookups: ['-a-----b|'] }).peers$, '^--!').toBe('-a', peers);
    }),
  );

  it(
    'waits for a node, and passes on why there is none',
    drawn((stage) => {
      const none = new NetworkError('port-taken', 'UDP', 'no port');
      const options = { wanted$: NEVER, port: 1, random: () => 0.5 };
      stage
        .gives(dhtPeers(stage.cold<DhtNode>('--#', undefined, none), new Uint8Array(20), options))
        .toBe('--#', undefined, none);
      stage.gives(dhtPeers(NEVER.pipe(ignoreElements()), new Uint8Array(20), options), '^ 60m !').toBe('-');
    }),
  );
});
