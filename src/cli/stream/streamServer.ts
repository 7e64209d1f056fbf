import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fromEvent, type Observable, of } from 'rxjs';
import type { ReadRange } from '../../download/running/readRange.ts';
import { now } from '../../contracts/clock.ts';
import { InputError } from '../../contracts/errors.ts';
import { errorWords } from '../../net/errorWords.ts';
import { answerTo } from './answer.ts';
import { Audience, type Reader, STALLED_AFTER } from './audience.ts';
import { hostsOf, type Site } from './site.ts';

/** Milliseconds until the head of a request is there, that an idle connection is kept, and between two looks. */
const HEAD_WITHIN = 10_000;
const KEPT_FOR = 5_000;
const LOOKED_AT = 1_000;

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
  reader: Reader,
  over: () => void,
): void => {
  const { response } = reader;
  const ready = (): Observable<unknown> => (response.writableNeedDrain ? fromEvent(response, 'drain') : of(undefined));
  const pouring = read(file, { start, end, ready }).subscribe({
    next: (chunk) => void (response.write(chunk) || (reader.stalledSince ??= now())),
    // The player has been told of more bytes than there are: only a broken connection says so.
    error: () => response.destroy(),
    complete: () => response.end(),
  });
  response.on('drain', () => (reader.stalledSince = undefined));
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
  crowded = () => {},
  stalledAfter = STALLED_AFTER,
}: {
  readonly host: string;
  readonly port: number;
  /** Hears once of each kind of crowd, in words for the user. */
  readonly crowded?: (what: string) => void;
  readonly stalledAfter?: number;
}): Promise<StreamServer> => {
  const audience = new Audience(crowded, stalledAfter);
  let hosts: readonly string[] = [];
  const it: StreamServer = { origin: '', shown: undefined, close: () => undefined };
  const hear = (request: IncomingMessage, response: ServerResponse): void => {
    const asked = { method: request.method ?? '', url: request.url ?? '', headers: headersOf(request) };
    const { status, headers, text, body } = answerTo(asked, it.shown?.site, hosts);
    audience.asked(request.socket);
    response.on('error', () => response.destroy());
    if (body === undefined || request.method === 'HEAD' || it.shown === undefined)
      return void response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : text);
    const reader = audience.admit(response);
    if (reader === undefined) return void response.writeHead(503, { 'retry-after': '1' }).end();
    response.writeHead(status, headers);
    // A player that jumps reads on at the old place until it is answered.
    response.flushHeaders();
    pour(it.shown, { ...body, file: body.file.index }, reader, () => audience.left(reader));
  };
  const limits = { headersTimeout: HEAD_WITHIN, keepAliveTimeout: KEPT_FOR, connectionsCheckingInterval: LOOKED_AT };
  const server = createServer(limits, hear);
  server.on('connection', (socket) => audience.connected(socket));
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
