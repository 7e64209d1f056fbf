import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { lastValueFrom, tap, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { DownloadEvent } from '../../src/contracts/events.ts';
import { download } from '../../src/download/download.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import { nodeEnv } from '../../src/node.ts';
import { bytesOf, tempFolder, torrentOf } from '../disk/torrents.ts';
import { serve } from '../net/servers.ts';

const KiB = 1024;
const data = bytesOf(700 * KiB + 5);
const files = [
  { path: ['a ä.bin'], length: 300 * KiB + 1 },
  { path: ['empty'], length: 0 },
  { path: ['sub', 'b.bin'], length: 400 * KiB + 4 },
];
const torrent = torrentOf({ name: 'web', pieceLength: 64 * KiB, files, data });
const [first = new Uint8Array(), , second = new Uint8Array()] = [
  data.subarray(0, files[0]?.length),
  undefined,
  data.subarray(files[0]?.length),
];
const contents: Readonly<Record<string, Uint8Array>> = {
  '/web/a%20%C3%A4.bin': first,
  '/web/sub/b.bin': second,
};

type Answer = (bytes: Uint8Array, request: IncomingMessage, response: ServerResponse) => void;

/** Answers ranges as they should be. */
const ranges: Answer = (bytes, { headers }, response) => {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
  if (from === undefined) return void response.end(bytes);
  const part = bytes.subarray(Number(from), Number(to) + 1);
  response.writeHead(206, { 'content-range': `bytes ${from}-${to}/${bytes.length}`, 'content-length': part.length });
  response.end(part);
};

const webServer = (answer: Answer): Promise<string> =>
  serve((request, response) => {
    const bytes = contents[request.url ?? ''];
    if (bytes === undefined) response.writeHead(404).end();
    else answer(bytes, request, response);
  });

const fetched = async (
  webSeeds: readonly string[],
  more: Partial<DownloadOptions> = {},
): Promise<{
  readonly events: readonly DownloadEvent[];
  readonly whole: boolean;
  readonly warned: readonly string[];
}> => {
  const folder = tempFolder();
  const options = { target: { folder }, webSeeds, ...more };
  const events = await lastValueFrom(
    download(torrent, nodeEnv({ state: false }), options).pipe(
      tap((event) => {
        if (event.type === 'stored' || event.type === 'corrupt') expect(event.from[0]?.source).toBe('web-seed');
      }),
      toArray(),
    ),
  );
  const whole = events.some(({ type }) => type === 'done');
  if (whole) {
    expect(Buffer.compare(readFileSync(join(folder, 'web', 'a ä.bin')), first)).toBe(0);
    expect(Buffer.compare(readFileSync(join(folder, 'web', 'sub', 'b.bin')), second)).toBe(0);
  }
  const warned = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  return { events, whole, warned };
};

describe('a web seed', () => {
  it('gives a torrent of several files, and needs no peer', async () => {
    const asked: string[] = [];
    const url = await webServer((bytes, request, response) => {
      asked.push(request.headers['accept-encoding'] ?? '');
      ranges(bytes, request, response);
    });
    const { whole, events, warned } = await fetched([`${url}/`]);
    expect({ whole, warned }).toEqual({ whole: true, warned: [] });
    expect(asked.length).toBeLessThan(9);
    expect(new Set(asked)).toEqual(new Set(['identity']));
    expect(events.at(-1)).toMatchObject({ type: 'done', downloaded: data.length, wasted: 0 });
  });

  it('that ignores ranges sends each file about once, and waits while there is no room', async () => {
    let [asked, sent] = [0, 0];
    const url = await webServer((bytes, _, response) => {
      asked++;
      let at = 0;
      const more = (): void => {
        for (let free = true; free && at < bytes.length && !response.destroyed; at += 20_000) {
          const part = bytes.subarray(at, at + 20_000);
          sent += part.length;
          free = response.write(part);
        }
        if (at >= bytes.length) response.end();
        else response.once('drain', more);
      };
      more();
    });
    // Two pieces of eleven, and a buffer that waits for one of them.
    expect(await fetched([`${url}/`], { memory: 128 * KiB })).toMatchObject({ whole: true, warned: [] });
    expect(asked).toBeLessThanOrEqual(6);
    expect(sent).toBeLessThan(3 * data.length);
  });

  it('that caps what it sends is asked for the rest', async () => {
    const url = await webServer((bytes, { headers }, response) => {
      const [, from = '0', to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
      const end = Math.min(Number(to ?? bytes.length - 1) + 1, Number(from) + 50 * KiB);
      response.writeHead(206, { 'content-range': `bytes ${from}-${end - 1}/${bytes.length}` });
      response.end(bytes.subarray(Number(from), end));
    });
    expect(await fetched([`${url}/`])).toMatchObject({ whole: true, warned: [] });
  });

  it.each<readonly [string, Answer, RegExp]>([
    [
      'sends other bytes',
      (bytes, request, response) =>
        ranges(
          bytes.map((byte) => byte ^ 1),
          request,
          response,
        ),
      /wrong/,
    ],
    ['has another file of this name', (_, __, response) => void response.end('moved'), /5 bytes there/],
    ['has none of the files', (_, __, response) => void response.writeHead(410).end(), /HTTP status 410/],
    ['answers with a page', (_, __, response) => void response.writeHead(204).end(), /HTTP status 204/],
    [
      'sends more than it says, for ever',
      (bytes, _, response) => {
        response.writeHead(206, { 'content-range': `bytes 0-${bytes.length - 1}/${bytes.length}` });
        const more = (): void => void (response.destroyed || response.write(bytes, more));
        more();
      },
      /more than it was asked for|Content-Range|instead of/,
    ],
    [
      'sends another part',
      (bytes, _, response) => {
        response.writeHead(206, { 'content-range': `bytes 1-${bytes.length - 1}/${bytes.length}` });
        response.end(bytes.subarray(1));
      },
      /instead of/,
    ],
  ])('that %s is given up, and another one is asked', async (_, answer, why) => {
    const [bad, good] = await Promise.all([webServer(answer), webServer(ranges)]);
    const alone = await fetched([`${bad}/`]);
    expect(alone.whole).toBe(false);
    expect(alone.warned.join()).toMatch(why);
    expect(alone.warned.at(-1)).toContain('no longer used');
    const both = await fetched([`${bad}/`, `${good}/`]);
    expect(both.whole).toBe(true);
  });

  it('that lacks one file gives the others', async () => {
    const url = await webServer((bytes, request, response) =>
      bytes === first ? void response.writeHead(404).end() : ranges(bytes, request, response),
    );
    const { whole, events, warned } = await fetched([`${url}/`]);
    expect(whole).toBe(false);
    expect(warned.join()).toMatch(/a%20%C3%A4.bin: HTTP status 404/);
    expect(events.filter(({ type }) => type === 'stored').length).toBeGreaterThanOrEqual(6);
  });

  it('of a stranger is not asked at this machine with a query', async () => {
    let asked = 0;
    const url = await webServer((bytes, request, response) => (asked++, ranges(bytes, request, response)));
    const folder = tempFolder();
    const named = { ...torrent, webSeeds: [`${url}/?do=`] };
    const events = await lastValueFrom(
      download(named, nodeEnv({ state: false }), { target: { folder } }).pipe(toArray()),
    );
    expect(events.flatMap((event) => (event.type === 'warning' ? [event.message] : [])).join()).toMatch(/query/);
    expect(asked).toBe(0);
  });

  it('is not asked if there are to be none', async () => {
    let asked = 0;
    const url = await webServer((bytes, request, response) => (asked++, ranges(bytes, request, response)));
    const named = { ...torrent, webSeeds: [`${url}/`] };
    const options = { target: { folder: tempFolder() }, webSeeds: false } as const;
    const events = await lastValueFrom(download(named, nodeEnv({ state: false }), options).pipe(toArray()));
    expect([asked, events.some(({ type }) => type === 'done')]).toEqual([0, false]);
  });
});
