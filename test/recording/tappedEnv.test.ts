import { firstValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { drawn } from '../../marbles/index.ts';
import type { Env } from '../../src/contracts/env.ts';
import type { Storage } from '../../src/contracts/storage.ts';
import { type Call, type EnvTap, type Question, tappedEnv } from '../../src/recording/tappedEnv.ts';
import type { Torrent } from '../../src/torrent/metainfo/metainfo.ts';

const heard: string[] = [];
const tap: EnvTap = {
  watch: ({ what }: Call, source) => (heard.push(what), source),
  write: (_, __, act) => act(),
  send: (_, __, ___, act) => act(),
  ask: ({ what }: Question, act) => (heard.push(what), act()),
  verify: (_, __, act) => act(),
};

const worldOf = (): { readonly env: Env; readonly torrent: Torrent } => {
  let there: { readonly env: Env; readonly torrent: Torrent } | undefined;
  drawn(({ world, torrent }) => void (there = { env: world().env, torrent }), { mayLeak: true })();
  return there as unknown as { readonly env: Env; readonly torrent: Torrent };
};

describe('tappedEnv', () => {
  const { env, torrent } = worldOf();
  const storage = { place: 'x', notes: { boot: 'b' }, apart: {} } as unknown as Storage;
  const opened = (more: Partial<Storage>): Promise<Storage> => {
    const other: Env = { ...env, openStorage: () => of({ ...storage, ...more }) };
    return firstValueFrom(tappedEnv(other, tap).openStorage(torrent, { folder: '.' }));
  };

  it('has what the world has, and lacks what it lacks', () => {
    const whole: Env = { ...env, sharesMemory: true, hasher: () => undefined, room: undefined };
    expect(Object.keys(tappedEnv(env, tap)).sort()).toEqual(Object.keys(env).sort());
    expect(tappedEnv(whole, tap)).toMatchObject({ sharesMemory: true, hasher: expect.any(Function) as unknown });
    expect(tappedEnv(env, tap).hasher).toBeUndefined();
    expect(tappedEnv({ ...env, patience: 5 }, tap).patience).toBe(5);
  });

  it('has a storage that has what the other one has', async () => {
    const digest = () => of(new Uint8Array(20));
    const writev = () => of(3);
    expect(await opened({ digest, writev, ordered: true })).toMatchObject({
      ordered: true,
      digest: expect.any(Function) as unknown,
      writev: expect.any(Function) as unknown,
    });
    const bare = await opened({});
    expect('digest' in bare || 'writev' in bare || 'ordered' in bare).toBe(false);
  });

  it('tells of what is asked and subscribed to', () => {
    heard.length = 0;
    const tapped = tappedEnv(env, tap);
    tapped.random();
    tapped.randomBytes(3);
    tapped.connect({ host: '10.1.0.1', port: 1, source: 'manual' }).subscribe().unsubscribe();
    void tapped.httpGet({ url: 'http://tracker.test/', maxBytes: 1, timeout: 1 });
    expect(heard).toEqual(['random', 'randomBytes', 'connect', 'http']);
  });
});
