import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Observable } from 'rxjs';
import { now } from '../../contracts/clock.ts';
import { addressKey } from '../../protocol/encoding/address.ts';
import { type Encodable, encode } from '../../protocol/encoding/bencode.ts';
import { encodePeers, type Endpoint } from '../../protocol/encoding/compact.ts';

/** Seconds. */
const INTERVAL = 60;
/** Milliseconds after which a silent peer is forgotten. */
const EXPIRY = 2.5 * INTERVAL * 1000;
/** Limits; beyond them the entry that was silent for longest is forgotten. */
const MAX_TORRENTS = 64;
const MAX_PEERS = 512;
/** In one answer. */
const MAX_ANSWER = 50;
const MAX_QUERY = 2048;

interface Known extends Endpoint {
  readonly seed: boolean;
  readonly heard: number;
}

/** An announce that was answered. */
export interface Heard {
  readonly event: string;
  readonly address: Endpoint;
  readonly left: number;
}

export interface LocalTracker {
  /** To be announced to. */
  readonly url: string;
  /** 127.0.0.1, and where. */
  readonly port: number;
}

/**
 * A small HTTP tracker on 127.0.0.1, at a free port unless told, for as long as it is subscribed to.
 *
 * ```
 *   subscribe     -t---…       listens, then emits where
 *   unsubscribed: it and all its connections close
 * ```
 *
 * Answers with compact peers (BEP 23), forgets peers that are silent for longer than two intervals, and keeps 64
 * torrents of 512 peers. Errors with Node's own error when it can't listen.
 */
export const localTracker = ({
  port = 0,
  heard,
}: {
  readonly port?: number;
  readonly heard?: (announce: Heard) => void;
} = {}): Observable<LocalTracker> =>
  new Observable((subscriber) => {
    const torrents = new Map<string, Map<string, Known>>();
    const server = createServer(
      { maxHeaderSize: 8192, requestTimeout: 5000, headersTimeout: 5000 },
      (request, response) => {
        const answer = answerTo(request, torrents, heard);
        response.writeHead(200, { 'content-type': 'text/plain', connection: 'close' }).end(encode(answer));
      },
    );
    server.on('error', (error) => subscriber.error(error));
    server.listen(port, '127.0.0.1', () => {
      const { port: actual } = server.address() as AddressInfo;
      subscriber.next({ url: `http://127.0.0.1:${actual}/announce`, port: actual });
    });
    return () => {
      server.close();
      server.closeAllConnections();
    };
  });

const answerTo = (
  { url = '', socket }: IncomingMessage,
  torrents: Map<string, Map<string, Known>>,
  heard?: (announce: Heard) => void,
): Encodable => {
  const query = parametersOf(url);
  const infoHash = query.get('info_hash') ?? '';
  const port = Number(query.get('port'));
  const left = Number(query.get('left') ?? '0');
  if (!url.startsWith('/announce?')) return failure('only /announce is served here');
  if (infoHash.length !== 20) return failure('info_hash is not 20 bytes');
  if (!Number.isInteger(port) || port < 1 || port > 65535) return failure('port is not a port');
  const event = query.get('event') ?? '';
  const host = socket.remoteAddress ?? '127.0.0.1';
  const key = addressKey({ host, port });
  const peers = torrents.get(infoHash) ?? new Map<string, Known>();
  remember(torrents, infoHash, peers, MAX_TORRENTS);
  for (const [other, known] of peers) if (now() - known.heard > EXPIRY) peers.delete(other);
  if (event === 'stopped') peers.delete(key);
  else remember(peers, key, { host, port, seed: left === 0, heard: now() }, MAX_PEERS);
  heard?.({ event, address: { host, port }, left });
  const others = [...peers]
    .filter(([other, { seed }]) => other !== key && !(seed && left === 0))
    .map(([, known]) => known);
  const seeds = [...peers.values()].filter(({ seed }) => seed).length;
  const wanted = Math.min(MAX_ANSWER, Math.max(0, Number(query.get('numwant') ?? MAX_ANSWER) || 0));
  return {
    complete: seeds,
    incomplete: peers.size - seeds,
    interval: INTERVAL,
    peers: encodePeers(others.slice(0, wanted), 4),
  };
};

const failure = (reason: string): Encodable => ({ 'failure reason': reason });

/** Moves a key to the end of the map, and deletes the first key when there are too many. */
const remember = <T>(map: Map<string, T>, key: string, value: T, most: number): void => {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
};

/** One char a byte: percent-encoded bytes are not text here. */
const parametersOf = (url: string): ReadonlyMap<string, string> => {
  const pairs = url.slice(url.indexOf('?') + 1, MAX_QUERY).split('&');
  return new Map(
    pairs.map((pair) => {
      const [name = '', value = ''] = pair.split('=');
      return [
        name,
        value.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      ];
    }),
  );
};
