import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { catchError, defer, lastValueFrom, of, toArray } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { announceOverHttp } from '../../src/discovery/trackers/httpTracker.ts';
import type { NetworkError } from '../../src/contracts/errors.ts';
import { HostsFile } from '../../src/net/names/hostsFile.ts';
import { httpGetBy } from '../../src/net/http/http.ts';
import type { LookUp } from '../../src/net/names/lookUpType.ts';
import { FAILED_FOR, lookUpWith } from '../../src/net/names/names.ts';
import { encode } from '../../src/protocol/encoding/bencode.ts';
import { reachOf } from '../../src/protocol/encoding/reach.ts';
import { nameServer, type Said } from './nameServer.ts';
import { serve } from './servers.ts';

const query = {
  infoHash: new Uint8Array(20),
  peerId: new Uint8Array(20),
  port: 6881,
  uploaded: 0,
  downloaded: 0,
  left: 1,
};
const reply = encode({ interval: 1800, peers: '' });

/** Announces to `url` as one announce of ours does, with all its looking up by `look`; how many answers there were. */
const announce = (look: LookUp, url: string): Promise<number> => {
  const resolve = (host: string) => look(host).pipe(catchError(() => of([])));
  const announced$ = announceOverHttp({ httpGet: httpGetBy(reachOf, look), resolve }, () => true)(url, query);
  return lastValueFrom(announced$.pipe(toArray())).then(({ length }) => length);
};

/** Names that lead to `addresses`, and which were asked for. */
const counted = (addresses: readonly string[]) => {
  const asked: string[] = [];
  return { asked, look: (host: string) => defer(() => (asked.push(host), of(addresses))) };
};

/** A tracker on all addresses of this machine, and by which of them it was asked. */
const tracker = async (): Promise<{ readonly port: number; readonly asked: string[] }> => {
  const asked: string[] = [];
  const server = createServer(({ socket }, response) => {
    asked.push(socket.localAddress ?? '');
    response.end(reply);
  });
  await new Promise<void>((done) => server.listen(0, '::', done));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, asked };
};

const named = (server: string) => {
  const addresses = () => of<readonly string[]>([]);
  return lookUpWith({
    servers: [server],
    hosts: new HostsFile('/nowhere'),
    files: { platform: 'linux', hostname: 'here', read: () => '' },
    system: { addresses },
  });
};

describe('the name of an HTTP tracker is looked up once for an announce', () => {
  it('that leads to one family', async () => {
    const { port } = await tracker();
    const { asked, look } = counted(['127.0.0.1']);
    expect([await announce(look, `http://tracker.example:${port}/announce`), asked]).toEqual([1, ['tracker.example']]);
  });

  it('that leads to both, by each of which it is asked', async () => {
    const { port, asked: by } = await tracker();
    const { asked, look } = counted(['::1', '127.0.0.1']);
    expect([await announce(look, `http://tracker.example:${port}/announce`), asked]).toEqual([2, ['tracker.example']]);
    expect([...by].sort()).toEqual(['::1', '::ffff:127.0.0.1']);
  });

  it('and the host that a redirect leads to on its own', async () => {
    const { port } = await tracker();
    const first = await serve((_, response) =>
      response.writeHead(302, { location: `http://other.example:${port}/announce` }).end(),
    );
    const { asked, look } = counted(['127.0.0.1']);
    expect([await announce(look, first.replace('127.0.0.1', 'tracker.example') + '/announce'), asked]).toEqual([
      1,
      ['tracker.example', 'other.example'],
    ]);
  });

  it.each<[what: string, said: Said, words: string]>([
    ['that does not exist', 'nxdomain', 'there is no host of that name'],
    ['that nobody can tell', 'servfail', 'its name could not be looked up'],
  ])('%s, and what is wrong with it is told', async (_, said, words) => {
    const { at, heard } = await nameServer(() => said);
    const look = named(at);
    const error = await announce(look, 'http://tracker.example.org/announce').catch(
      (reason: unknown) => reason as NetworkError,
    );
    expect(error).toMatchObject({ code: 'unreachable', message: expect.stringContaining(words) as string });
    // The same question again is one that the name server has failed to answer; none comes from us a second time.
    const times = heard.length;
    await announce(look, 'http://tracker.example.org/announce').catch(() => 0);
    expect([heard.length, heard.filter(({ type }) => type === 'A').length]).toEqual([times, times / 2]);
  });
});

describe('a name that could not be looked up', () => {
  it('is not asked for again within a second, and is after it', async () => {
    let there = false;
    const { at, heard } = await nameServer(({ type }) => (!there ? 'nxdomain' : type === 'A' ? ['192.0.2.1'] : 'none'));
    const look = named(at);
    const found = () => lastValueFrom(look('tracker.example.org').pipe(catchError(() => of([]))));
    expect([await found(), await found()]).toEqual([[], []]);
    expect(heard.filter(({ type }) => type === 'A')).toHaveLength(1);
    there = true;
    while ((await found()).length === 0) await new Promise((done) => setTimeout(done, FAILED_FOR / 10));
    expect(heard.length).toBe(4);
  });
});
