import { firstValueFrom, lastValueFrom, NEVER, take } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Heard, localTracker } from '../../src/cli/demo/tracker.ts';
import { announceOverHttp } from '../../src/discovery/trackers/httpTracker.ts';
import { trackerPeers } from '../../src/discovery/trackers/trackerPeers.ts';
import { httpGet } from '../../src/net/http/http.ts';
import { bindUdp, resolve } from '../../src/net/udp.ts';
import type { AnnounceQuery } from '../../src/protocol/tracker/httpTrackerReply.ts';
import { eventually } from '../net/servers.ts';

const infoHash = Uint8Array.from({ length: 20 }, (_, index) => index * 13);
const query: AnnounceQuery = { infoHash, peerId: new Uint8Array(20), port: 6881, uploaded: 0, downloaded: 0, left: 1 };

const started = async (): Promise<{ url: string; heard: Heard[]; stop: () => void }> => {
  const heard: Heard[] = [];
  return new Promise((resolve, reject) => {
    const subscription = localTracker({ heard: (announce) => heard.push(announce) }).subscribe({
      next: ({ url }) => resolve({ url, heard, stop: () => subscription.unsubscribe() }),
      error: reject,
    });
    onTestFinished(() => subscription.unsubscribe());
  });
};
const announce = (url: string, more: Partial<AnnounceQuery> = {}) =>
  lastValueFrom(announceOverHttp({ httpGet })(url, { ...query, ...more }));

describe('localTracker', () => {
  it('tells peers of one another, and forgets a peer that sends stopped', async () => {
    const { url } = await started();
    expect(await announce(url, { port: 1, left: 0, event: 'started' })).toMatchObject({
      seeds: 1,
      leechers: 0,
      peers: [],
    });
    expect(await announce(url, { port: 2 })).toMatchObject({
      seeds: 1,
      leechers: 1,
      peers: [{ host: '127.0.0.1', port: 1 }],
    });
    expect(await announce(url, { port: 1, event: 'stopped' })).toMatchObject({ seeds: 0, leechers: 1 });
    expect(await announce(url, { port: 3 })).toMatchObject({ peers: [{ host: '127.0.0.1', port: 2 }] });
    expect(await announce(url, { port: 3, infoHash: new Uint8Array(20) })).toMatchObject({ peers: [] });
    expect(await announce(url, { port: 3, numwant: 0 })).toMatchObject({ peers: [] });
  });

  it('keeps 512 peers and 64 torrents, those heard of last', async () => {
    const { url } = await started();
    for (let port = 1; port <= 520; port++) await announce(url, { port, numwant: 0 });
    expect(await announce(url, { port: 1, numwant: 0 })).toMatchObject({ leechers: 512 });
    for (let other = 1; other <= 64; other++) await announce(url, { infoHash: new Uint8Array(20).fill(other) });
    expect(await announce(url, { port: 9999 })).toMatchObject({ leechers: 1 });
  });

  it('refuses what is no announce', async () => {
    const { url } = await started();
    const failure = async (path: string): Promise<string> =>
      Buffer.from(
        (await lastValueFrom(httpGet({ url: new URL(path, url).href, maxBytes: 999, timeout: 5000 }))).body,
      ).toString();
    expect(await failure('/')).toContain('failure reason');
    expect(await failure('/announce?port=1')).toContain('info_hash');
    expect(await failure(`/announce?info_hash=${'a'.repeat(20)}&port=0`)).toContain('port');
    expect(await failure(`/announce?info_hash=${'%zz'.repeat(200)}&port=1&numwant=-1`)).toContain('info_hash');
  });

  it('stops listening when unsubscribed, and says so when it can not listen', async () => {
    const { url, stop } = await started();
    const { port } = new URL(url);
    await expect(firstValueFrom(localTracker({ port: Number(port) }))).rejects.toMatchObject({ code: 'EADDRINUSE' });
    stop();
    await expect(announce(url)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('hears what a download has to say', async () => {
    const { url, heard } = await started();
    await announce(url, { port: 7000, left: 0 });
    const env = {
      httpGet,
      bindUdp,
      resolve,
      random: () => 0.5,
      randomBytes: (length: number) => new Uint8Array(length),
    };
    const totals = () => ({ uploaded: 0, downloaded: 0, left: 5 });
    const peers$ = trackerPeers(env, {
      infoHash,
      peerId: query.peerId,
      port: 6881,
      tiers: [[url]],
      totals,
      wanted$: NEVER,
      completed$: NEVER,
    });
    expect(await lastValueFrom(peers$.pipe(take(1)))).toEqual({ host: '127.0.0.1', port: 7000, source: 'tracker' });
    expect(await eventually(() => heard.length === 3)).toBe(true);
    expect(heard.map(({ event, address, left }) => `${event} ${address.port} ${left}`)).toEqual([
      ' 7000 0',
      'started 6881 5',
      'stopped 6881 5',
    ]);
  });
});
