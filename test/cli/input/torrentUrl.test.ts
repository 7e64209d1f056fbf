import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toHex } from '../../../src/protocol/encoding/id.ts';
import { contentOf } from '../../swarm/content.ts';
import { peer } from '../../swarm/fixture.ts';
import { withMetadata } from '../../swarm/metadata.ts';
import { fixture, folder, run } from '../run.ts';

/** A web server until the test ends; its origin. */
const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const PAGE = '\ufeff\n<!-- sorry -->\n<!DOCTYPE html>\n<html><body>Please log in</body></html>';

describe('a URL instead of a .torrent', () => {
  it('may send us on to a magnet link, as those of indexes do', async () => {
    const content = contentOf({ name: 'a', length: 200_000, pieceLength: 65_536 });
    const seed = await peer(content, withMetadata(content));
    const infoHash = toHex(content.torrent.infoHash);
    const location = `magnet:?xt=urn:btih:${infoHash}&dn=a&x.pe=127.0.0.1:${seed.port}`;
    const origin = await serve((_, response) => response.writeHead(302, { location }).end());
    expect((await run(['info', `${origin}/download?id=1`])).stdout).toContain(`Info Hash: ${infoHash}\n`);
    const into = folder();
    const { code } = await run([
      'download',
      `${origin}/download?id=1`,
      '-o',
      `${into}/`,
      '--no-trackers',
      '--timeout',
      '20',
    ]);
    expect([code, readFileSync(`${into}/a`).equals(content.bytes)]).toEqual([0, true]);
    const verified = await run(['verify', `${origin}/download?id=1`, into]);
    expect(verified).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('a magnet link has no hashes of pieces') as string,
    });
  });

  it('may have blanks and letters of all scripts in it, as users type it', async () => {
    const asked: string[] = [];
    const origin = await serve(({ url = '' }, response) => {
      asked.push(url);
      response.end(readFileSync(fixture('numbers.torrent')));
    });
    expect((await run(['info', ` ${origin}/Übung 1.torrent`])).code).toBe(0);
    expect(asked).toEqual(['/%C3%9Cbung%201.torrent']);
  });

  it.each([['over http'], ['in a file']])('that is a web page is called one, %s', async (how) => {
    const origin = await serve((_, response) => response.end(PAGE));
    const { code, stderr } = await run(
      how === 'in a file' ? ['info', '-'] : ['info', `${origin}/x.torrent?key=1`],
      how === 'in a file' ? { input: PAGE } : {},
    );
    const where = how === 'in a file' ? 'stdin' : `${origin}/x.torrent`;
    expect([code, stderr]).toEqual([2, `rxtorrent: ${where}: is a web page, not a .torrent: open it in a browser\n`]);
  });

  it.each([
    ['refuses the connection', undefined],
    ['is busy', (_, response) => response.writeHead(503).end()],
    ['cuts it off', (_, response) => response.destroy()],
  ] as [string, RequestListener | undefined][])(
    'whose server %s is asked a few times, and is no bad input',
    async (_, listener) => {
      let asked = 0;
      const origin =
        listener === undefined
          ? 'http://127.0.0.1:1'
          : await serve((request, response) => {
              asked++;
              listener(request, response);
            });
      const { code, stderr } = await run(['info', `${origin}/x.torrent`]);
      expect([code, stderr]).toEqual([4, expect.stringMatching(/^rxtorrent: cannot fetch [^\n]+: try again later\n$/)]);
      if (listener !== undefined) expect(asked).toBe(4);
    },
  );

  it('whose server comes up later is fetched, if the user waits for it', async () => {
    let asked = 0;
    const origin = await serve((_, response) =>
      ++asked < 6 ? response.writeHead(502).end() : response.end(readFileSync(fixture('numbers.torrent'))),
    );
    const { code, stdout, stderr } = await run(['info', `${origin}/x.torrent`, '--timeout', '60']);
    expect([code, asked]).toEqual([0, 6]);
    expect(stdout).toContain('Name: numbers');
    expect(stderr).toBe(`cannot fetch ${origin}/x.torrent: the server answered 502: trying again\n`);
  });

  it('has its time counted from the beginning, however late its server comes up', async () => {
    const asked: number[] = [];
    const origin = await serve((_, response) => {
      asked.push(performance.now());
      if (asked.length < 3) response.writeHead(502).end();
      else response.end(readFileSync(fixture('numbers.torrent')));
    });
    const { stdout } = await run(['info', `${origin}/x.torrent`, '--json']);
    const { seconds } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { readonly seconds: number };
    // What the server saw of it lies within.
    expect(Math.ceil(seconds * 1000)).toBeGreaterThanOrEqual(Math.floor((asked.at(-1) ?? 0) - (asked[0] ?? 0)));
  });

  it('that redirects to a magnet link late leaves it the rest of the user’s time, not all of it again', async () => {
    const content = contentOf({ name: 'a', length: 200_000, pieceLength: 65_536 });
    const seed = await peer(content, withMetadata(content));
    const slow = createTcpServer((theirs) => {
      theirs.on('error', () => undefined);
      setTimeout(() => {
        const ours = connect(seed.port, '127.0.0.1').on('error', () => undefined);
        theirs.pipe(ours).pipe(theirs);
      }, 2000);
    });
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void slow.close());
    const { port } = slow.address() as AddressInfo;
    const location = `magnet:?xt=urn:btih:${toHex(content.torrent.infoHash)}&x.pe=127.0.0.1:${port}`;
    const origin = await serve(
      (_, response) => void setTimeout(() => response.writeHead(302, { location }).end(), 2000),
    );
    // Each takes two seconds, so one of them at most is within three.
    const { code, stderr } = await run(['info', `${origin}/x`, '--no-trackers', '--timeout', '3']);
    expect([code, stderr]).toEqual([4, expect.stringContaining('within 3 s') as string]);
  });

  it('whose server is silent is given up when the time limit of the user is over', async () => {
    const origin = await serve(() => undefined);
    const { code, stderr } = await run(['info', `${origin}/x.torrent`, '--timeout', '1']);
    expect([code, stderr]).toEqual([
      4,
      `rxtorrent: cannot fetch ${origin}/x.torrent: no answer within 1 s: try again later\n`,
    ]);
  });

  it('that is not there stays bad input, asked once', async () => {
    let asked = 0;
    const origin = await serve((_, response) => {
      asked++;
      response.writeHead(404).end(PAGE);
    });
    const { code, stderr } = await run(['info', `${origin}/x.torrent`, '--timeout', '60']);
    expect([code, stderr, asked]).toEqual([
      2,
      `rxtorrent: cannot fetch ${origin}/x.torrent: the server answered 404\n`,
      1,
    ]);
  });
});
