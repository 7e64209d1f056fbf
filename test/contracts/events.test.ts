import { filter, type Observable, of, Subject } from 'rxjs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { corrupts, drawn, honest, type Mark, type WorldOptions } from '../../marbles/index.ts';
import { leecher } from '../../marbles/stories/leecher.ts';
import { client } from '../../src/client/client.ts';
import type { CreateEvent, DownloadEvent, PieceStored, Unchoked } from '../../src/contracts/events.ts';
import { jsonOf } from '../../src/contracts/json/jsonOf.ts';
import { createdOf, metadataKnown, plainAddress, restoredOf } from '../../src/contracts/plain.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import { Bitfield } from '../../src/torrent/bitfield.ts';
import { Geometry } from '../../src/torrent/geometry.ts';
import { parseTorrent } from '../../src/torrent/metainfo/metainfo.ts';
import { contentOf } from '../swarm/content.ts';

const four = { torrent: { pieces: 4, blocksPerPiece: 1 } } as const;

/** All that a download tells in so many minutes. */
const eventsOf = (world: WorldOptions, options: Partial<DownloadOptions> = {}, until = '^ 10m !') => {
  let marks: readonly Mark[] = [];
  drawn((stage) => {
    const { download } = client(stage.world(world).env, { ports: [6881] });
    marks = stage.watch(download(stage.torrent, { target: { folder: '.' }, ...options }), until);
  }, four)();
  return marks.flatMap(({ kind, value }) => (kind === 'value' ? [value as DownloadEvent] : []));
};

/** Plain all the way down: what JSON writes is what there is. */
const isPlain = (value: unknown): boolean => {
  if (value === undefined || value === null || ['string', 'boolean'].includes(typeof value)) return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isPlain);
  return (
    typeof value === 'object' &&
    Object.getPrototypeOf(value) === Object.prototype &&
    Object.values(value).every(isPlain)
  );
};

describe('events', () => {
  it('are plain data, whatever happens: liars, callers, seeding', () => {
    const seen = new Map<string, DownloadEvent>();
    for (const event of [
      ...eventsOf({ peers: { '10.1.0.1:7000': corrupts(), '10.1.0.2:7000': honest({ latency: 900 }) } }),
      ...eventsOf({ peers: { '10.1.0.1:7000': honest() }, disk: { has: [0, 2] } }, { recheck: true }),
      ...eventsOf(
        { callers: { '10.3.0.1:5000': { at: 1000, player: leecher(() => {}) } }, disk: { has: [0, 1, 2, 3] } },
        {
          seed: { time: 60_000 },
          trackers: [],
        },
      ),
    ]) {
      expect(isPlain(event), JSON.stringify(event)).toBe(true);
      expect(JSON.parse(JSON.stringify(event))).toEqual(structuredClone(event));
      expect(isPlain(jsonOf(event))).toBe(true);
      seen.set(event.type, event);
    }
    expect([...seen.keys()]).toEqual(
      expect.arrayContaining([
        ...['stored', 'corrupt', 'restored', 'rechecked', 'peer-joined', 'peer-left', 'unchoke'],
        ...['announced', 'tracker', 'progress', 'funnel', 'done', 'seeded', 'port-open'],
      ]),
    );
  });

  it('of a torrent hold what can not be written where JSON does not see it', () => {
    const { metainfo } = contentOf({ name: 'a', length: 40_000 });
    const torrent = parseTorrent(metainfo);
    const known = metadataKnown(torrent);
    const made = createdOf(torrent, metainfo);
    expect([known.torrent, made.torrent, made.bytes]).toEqual([torrent, torrent, metainfo]);
    for (const event of [known, made]) {
      expect(isPlain(event)).toBe(true);
      expect(JSON.parse(JSON.stringify(event))).toMatchObject({ name: 'a', length: 40_000, files: 1 });
      expect(Object.keys(event)).not.toContain('torrent');
    }
    expect(jsonOf(known)).toEqual({ ...known });
  });

  it('have addresses without the connection of a peer that has called', () => {
    const address = { host: '192.0.2.7', port: 1, source: 'incoming' } as const;
    expect(plainAddress({ ...address, wire$: of() })).toEqual(address);
    expect(Object.keys(plainAddress({ ...address, wire$: of() }))).toEqual(['host', 'port', 'source']);
    expect(plainAddress(address)).toBe(address);
  });

  it('are narrowed by their type', () => {
    const events$: Observable<DownloadEvent> = new Subject();
    expectTypeOf(events$.pipe(filter((event) => event.type === 'stored'))).toEqualTypeOf<Observable<PieceStored>>();
    expectTypeOf(events$.pipe(filter((event) => event.type === 'unchoke'))).toEqualTypeOf<Observable<Unchoked>>();
    type IsOne<Type, All = Type> = Type extends unknown ? ([All] extends [Type] ? true : false) : never;
    type Mixed<Event extends { readonly type: string }> = Event extends unknown
      ? IsOne<Event['type']> extends true
        ? never
        : Event
      : never;
    expectTypeOf<Mixed<DownloadEvent | CreateEvent>>().toEqualTypeOf<never>();
  });
});

describe('restored', () => {
  it('tells what earlier runs have stored, before anything is fetched; and nothing if that is nothing', () => {
    const told = eventsOf({ peers: { '10.1.0.1:7000': honest() }, disk: { has: [0, 2] } }, { recheck: true });
    const types = told.map(({ type }) => type);
    expect(told[types.indexOf('restored')]).toEqual({
      type: 'restored',
      pieces: 2,
      length: 2 * 16_384,
      bitfield: 'a0',
    });
    expect(types.lastIndexOf('rechecked')).toBeLessThan(types.indexOf('restored'));
    expect(types.indexOf('restored')).toBeLessThan(types.indexOf('stored'));
    const fresh = eventsOf({ peers: { '10.1.0.1:7000': honest() } }).map(({ type }) => type);
    expect(fresh).not.toContain('restored');
    expect(fresh).toContain('done');
  });

  it('counts the bytes of a short last piece', () => {
    const geometry = new Geometry({ length: 40_000, pieceLength: 16_384 });
    const stored = new Bitfield(3);
    stored.set(2);
    expect(restoredOf(stored, geometry)).toMatchObject({ pieces: 1, length: 40_000 - 2 * 16_384, bitfield: '20' });
    stored.setAll();
    expect(restoredOf(stored, geometry)).toMatchObject({ pieces: 3, length: 40_000 });
  });
});

describe('done', () => {
  it('is the last event of a download that does not seed', () => {
    for (const world of [{ peers: { '10.1.0.1:7000': honest() } }, { disk: { has: [0, 1, 2, 3] } }]) {
      const types = eventsOf(world, { recheck: true }).map(({ type }) => type);
      expect(types.at(-1)).toBe('done');
      expect(types.filter((type) => type === 'done').length).toBe(1);
    }
  });

  it('comes at once in a download that seeds, and something may follow', () => {
    const types = eventsOf({ disk: { has: [0, 1, 2, 3] } }, { recheck: true, seed: {}, trackers: [] }).map(
      ({ type }) => type,
    );
    expect(types).toContain('done');
  });
});
