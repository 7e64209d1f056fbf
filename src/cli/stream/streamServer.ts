import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fromEvent, type Observable, of } from 'rxjs';
import type { ReadRange } from '../../download/running/readRange.ts';
import { InputError } from '../../contracts/errors.ts';
import { errorWords } from '../../net/errorWords.ts';
import { answerTo } from './answer.ts';
import { hostsOf, type Site } from './site.ts';

/** Connections at one time; those that read at one time. A player has a few. */
const MAX_CONNECTIONS = 64;
const MAX_READERS = 16;
/** Milliseconds until the head of a request is there, and that an idle connection is kept. */
const HEAD_WITHIN = 10_000;
const KEPT_FOR = 5_000;

/** What a server shows, once it is known. */
export interface Shown {
  readonly site: Site;
  readonly read: (file: number, range: ReadRange) => Observable<Uint8Array>;
}

export interface StreamServer {
  /** `http://host:port`. */
  readonly origin: string;
  shown: Shown | undefined;
  close(): void;
}

const headersOf = ({ headers }: IncomingMessage): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat()[0]]));

/** The bytes of a file, no faster than they are taken. */
const pour = (
  { read }: Shown,
  { file, start, end }: { readonly file: number; readonly start: number; readonly end: number },
  response: ServerResponse,
  over: () => void,
): void => {
  const ready = (): Observable<unknown> => (response.writableNeedDrain ? fromEvent(response, 'drain') : of(undefined));
  const pouring = read(file, { start, end, ready }).subscribe({
    next: (chunk) => void response.write(chunk),
    // The player has been told of more bytes than there are: only a broken connection says so.
    error: () => response.destroy(),
    complete: () => response.end(),
  });
  response.once('close', () => {
    pouring.unsubscribe();
    over();
  });
};

/**
 * Serves files of a download over HTTP while they come, at this machine only unless `host` says otherwise.
 *
 * @throws InputError if the address can't be had
 */
export const streamServer = async ({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<StreamServer> => {
  let readers = 0;
  let hosts: readonly string[] = [];
  const it: StreamServer = { origin: '', shown: undefined, close: () => undefined };
  const hear = (request: IncomingMessage, response: ServerResponse): void => {
    const asked = { method: request.method ?? '', url: request.url ?? '', headers: headersOf(request) };
    const { status, headers, text, body } = answerTo(asked, it.shown?.site, hosts);
    response.on('error', () => response.destroy());
    if (body !== undefined && request.method !== 'HEAD' && readers >= MAX_READERS)
      return void response.writeHead(503, { 'retry-after': '1' }).end();
    response.writeHead(status, headers);
    if (body === undefined || request.method === 'HEAD' || it.shown === undefined)
      return void response.end(request.method === 'HEAD' ? undefined : text);
    readers++;
    // A player that jumps reads on at the old place until it is answered.
    response.flushHeaders();
    pour(it.shown, { ...body, file: body.file.index }, response, () => readers--);
  };
  const server = createServer({ headersTimeout: HEAD_WITHIN, keepAliveTimeout: KEPT_FOR }, hear);
  server.maxConnections = MAX_CONNECTIONS;
  const bound = await listening(server, host, port);
  hosts = hostsOf(host, bound);
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return Object.assign(it, { origin: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`, close });
};

const listening = (server: Server, host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new InputError('bad-option', `cannot serve at ${host} port ${port}: ${errorWords(error)}`, { cause: error }),
      ),
    );
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
