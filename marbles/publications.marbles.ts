import { concat, finalize, NEVER, Observable, of } from 'rxjs';
import { describe, it } from 'vitest';
import type { DhtNode } from '../src/discovery/dht/node.ts';
import { followKey, publishKey } from '../src/discovery/dht/publications.ts';
import { type DhtItem, immutableItem, isSound, publicKeyOf, signedItem } from '../src/protocol/dht/item.ts';
import { publicationItem } from '../src/protocol/dht/publication.ts';
import { drawn, type Mark, type Stage } from './index.ts';

const seed = new Uint8Array(32).fill(7);
const publisher = { key: publicKeyOf(seed), salt: new Uint8Array([110]) };
const hash = (byte: number): Uint8Array => new Uint8Array(20).fill(byte);
/** Versions 1, 2 and 3; the last of them names the torrent of the first again. */
const versions = {
  a: { infoHash: hash(1), seq: 1 },
  b: { infoHash: hash(2), seq: 2 },
  c: { infoHash: hash(1), seq: 3 },
};
const signed = (letter: keyof typeof versions): DhtItem =>
  publicationItem(versions[letter], { seed, salt: publisher.salt });
const items: Record<string, DhtItem> = {
  a: signed('a'),
  b: signed('b'),
  c: signed('c'),
  // Signed, but no publication: a text, a hash that is too short, and a list.
  t: signedItem('text', { seed, seq: 9 }),
  h: signedItem({ ih: new Uint8Array(19) }, { seed, seq: 9 }),
  l: signedItem([1], { seed, seq: 9 }),
  // Anybody may have made it.
  i: immutableItem({ ih: hash(5) }),
};
const found = { ...versions, '-': undefined, u: undefined };

/** A node whose lookups go as drawn, the last one again and again; `taken` nodes take each put. */
const scene = (stage: Stage, lookups: readonly string[], taken: readonly number[] = [5]) => {
  const [left, counts] = [[...lookups], [...taken]];
  const asked: Mark[] = [];
  const noted = (value: unknown): void => void asked.push({ frame: stage.now(), kind: 'value', value });
  let closed = false;
  const next = <T>(list: T[]): T => (list.length > 1 ? list.shift() : list[0]) as T;
  const node = {
    getItem: () =>
      new Observable<DhtItem>((subscriber) => {
        if (closed) throw new RangeError('the node has been let go');
        noted('g');
        return stage.cold(next(left), items).subscribe(subscriber);
      }),
    putItem: (item: DhtItem) => {
      if (!isSound(item)) throw new RangeError('nobody would take it');
      noted(String(item.signed?.seq));
      return stage.cold<number>('-(5|)', { 5: next(counts) });
    },
  } satisfies Partial<DhtNode>;
  const closing = stage.ledger.open('the node');
  const leave = (): void => {
    closed = true;
    closing();
  };
  return { node$: concat(of(node), NEVER).pipe(finalize(leave)), asked };
};

describe('followKey', () => {
  it(
    'gives the torrent that the key names, by the newest answer of a lookup, and each newer one',
    drawn((stage) => {
      const { node$, asked } = scene(stage, ['-a-(b|)', '(b|)', '(a|)', '(c|)']);
      stage.gives(followKey(node$, publisher), '^ 30m 10ms !').toBe('---b 1799999ms c', found);
      stage.happens(asked).toBe('g-- 10m g 599999ms g 599999ms g');
    }),
  );

  it(
    'says that nothing was found, and looks again after 5, 10 and 20 seconds',
    drawn((stage) => {
      const { node$, asked } = scene(stage, ['|', '|', '|', '(a|)', '|']);
      stage.gives(followKey(node$, publisher), '^ 1m !').toBe('u 4999ms u 9999ms u 19999ms a', found);
      stage.happens(asked).toBe('g 4999ms g 9999ms g 19999ms g');
    }),
  );

  it(
    'ignores what is no publication, and what is older than is known already',
    drawn((stage) => {
      const { node$ } = scene(stage, ['(thli|)', '(a|)', '(ab|)']);
      stage.gives(followKey(node$, publisher, 2), '^ 20s !').toBe('u 4999ms u 9999ms b', found);
    }),
  );
});

describe('publishKey', () => {
  const puts = {
    a: { ...versions.a, nodes: 5 },
    d: { infoHash: hash(1), seq: 3, nodes: 5 },
    z: { infoHash: hash(1), seq: 7, nodes: 0 },
    y: { infoHash: hash(1), seq: 7, nodes: 5 },
    o: { outdated: versions.b },
  };

  it(
    'puts the same version again each hour',
    drawn((stage) => {
      const { node$, asked } = scene(stage, ['-(a|)', '|']);
      const puts$ = publishKey(node$, hash(1), { seed, salt: publisher.salt, least: 7 });
      stage.gives(puts$, '^ 60m 10ms !').toBe('--a 3600000ms a', puts);
      stage.happens(asked).toBe('g1 3600000ms (g1)');
    }),
  );

  it(
    'gives another torrent a version above the one that is there',
    drawn((stage) => {
      const { node$ } = scene(stage, ['(ab|)']);
      stage.gives(publishKey(node$, hash(1), { seed, salt: publisher.salt, least: 0 }), '^ 1m !').toBe('-d', puts);
    }),
  );

  it(
    'tries again after five seconds if no node has taken it',
    drawn((stage) => {
      const { node$ } = scene(stage, ['|'], [0, 5]);
      stage.gives(publishKey(node$, hash(1), { seed, least: 7 }), '^ 1m !').toBe('-z 5000ms y', puts);
    }),
  );

  it(
    'ends when another program has published something newer with the key',
    drawn((stage) => {
      const { node$ } = scene(stage, ['(a|)', '(b|)']);
      const puts$ = publishKey(node$, hash(1), { seed, salt: publisher.salt, least: 0 });
      stage.gives(puts$, '^ 120m !').toBe('-a 3599999ms (o|)', puts);
    }),
  );
});
