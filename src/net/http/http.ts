import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isIP } from 'node:net';
import { defer, Observable, of, type Subscriber, type Subscription, switchMap, throwError, timeout } from 'rxjs';
import type { HttpReply, HttpRequest } from '../../contracts/network.ts';
import { NetworkError } from '../../contracts/errors.ts';
import { encodedBytes } from '../../protocol/tracker/encodedUrl.ts';
import { shownUrl } from '../../protocol/tracker/shownUrl.ts';
import { dialFor, directly, type WebWay } from '../dial.ts';
import { errorWords } from '../errorWords.ts';
import { networkCode } from '../networkCode.ts';
import { httpUrl } from './httpUrl.ts';
import { ACCEPTED_ENCODINGS, inflate } from './inflate.ts';
import { type DialledRequest, Lines } from './keptLines.ts';
import { leaveIrregular } from './irregular.ts';
import { lookUp } from '../names/lookUp.ts';
import type { LookUp } from '../names/lookUpType.ts';
import { isFarHost, LOOPBACK, PUBLIC, type Reach, reachOf } from '../../protocol/encoding/reach.ts';

export const MAX_REDIRECTS = 5;
export const MAX_HEADER_BYTES = 16 * 1024;
const USER_AGENT = 'rxtorrent';

/** Headers that identify us: sent to the first origin only. */
const PRIVATE_HEADERS = new Set(['authorization', 'cookie', 'proxy-authorization']);

export interface Hop {
  readonly url: URL;
  readonly request: HttpRequest;
  /** The body is left to the code that is given the answer. */
  readonly streams?: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly reachOf: (address: string) => Reach;
  /** Addresses nearer than this are refused: a distant host must not send us to a neighbour. */
  readonly closest: Reach;
  readonly redirectsLeft: number;
  readonly look: LookUp;
  readonly way: Way;
}

/** How web servers are reached, and the connections that are kept to them. */
export interface Way extends WebWay {
  readonly lines: Lines;
  /** Say which client asks? Default true. */
  readonly named?: boolean;
}

export interface Answer extends HttpReply {
  /** Of an answer that `streams`. */
  readonly response?: IncomingMessage;
  /** The URL to ask instead. */
  readonly location?: string;
  /** How far away the host is that answered. */
  readonly reach: Reach;
}

/**
 * Asks a web server once, over http or https.
 *
 * ```
 *   subscribe  -----(r|)      one reply, whatever its status
 *   refused    --#            NetworkError
 *   unsubscribed: the socket is destroyed
 * ```
 *
 * Follows up to five redirects, never from a public address to a private one, and sends credentials to the first origin
 * only. `maxBytes` counts the bytes after gzip or brotli. Errors with a `NetworkError`, see {@link NetworkCode}. A
 * status is no error: the caller judges it.
 */
export const httpGet = (request: HttpRequest): Observable<HttpReply> => httpGetBy(reachOf)(request);

/** Of all requests that go by no special way. */
const lines = new Lines();
export const DIRECTLY: Way = { open: directly, lines };

/** The same with other functions that say which addresses are near, what names lead to, and how they are reached. */
export const httpGetBy =
  (reachOf: Hop['reachOf'], look = lookUp, way: Way = DIRECTLY) =>
  (request: HttpRequest): Observable<HttpReply> =>
    answered({ request, reachOf, look, way });

/** The answer to a request, after redirects. */
export const answered = ({
  request,
  look,
  ...how
}: Pick<Hop, 'request' | 'reachOf' | 'look' | 'way' | 'streams'>): Observable<HttpReply & Pick<Answer, 'response'>> =>
  defer(() => {
    const url = httpUrl(request.url);
    // What is left of somebody's time is said in tenths.
    const seconds = Math.ceil(request.timeout / 100) / 10;
    const late = () => new NetworkError('timeout', shownUrl(url.href), `no answer within ${seconds} s`);
    const first: Hop = {
      ...how,
      url,
      request,
      look: knowing(url, request, look),
      headers: request.headers ?? {},
      closest: LOOPBACK,
      redirectsLeft: MAX_REDIRECTS,
    };
    return follow(first).pipe(timeout({ first: request.timeout, with: () => throwError(late) }));
  });

/** The addresses that the caller has looked up already, for the first host only: a redirect may lead to another. */
const knowing =
  ({ hostname }: URL, { addresses }: HttpRequest, look: LookUp): LookUp =>
  (host) =>
    addresses !== undefined && host === hostname ? of(addresses) : look(host);

const follow = (hop: Hop): Observable<HttpReply & Pick<Answer, 'response'>> =>
  ask(hop).pipe(
    switchMap(({ location, reach, ...reply }) => {
      if (location === undefined) return of(reply);
      if (hop.request.links === true && /^\s*magnet:/i.test(location))
        return of({ ...reply, url: encodedBytes(location.trim()) });
      if (hop.redirectsLeft === 0)
        return throwError(
          () => new NetworkError('malformed', shownUrl(hop.url.href), `more than ${MAX_REDIRECTS} redirects`),
        );
      const url = httpUrl(location, hop.url);
      return follow({
        ...hop,
        url,
        headers: headersFor(url, hop),
        closest: reach < hop.closest ? reach : hop.closest,
        redirectsLeft: hop.redirectsLeft - 1,
      });
    }),
  );

const headersFor = (url: URL, hop: Hop): Hop['headers'] =>
  url.origin === hop.url.origin
    ? hop.headers
    : Object.fromEntries(Object.entries(hop.headers).filter(([name]) => !PRIVATE_HEADERS.has(name.toLowerCase())));

const ask = (hop: Hop): Observable<Answer> =>
  new Observable((subscriber) => {
    const fail = (error: unknown) => subscriber.error(asNetworkError(error, hop.url));
    let client: ClientRequest | undefined;
    let answered = false;
    const begin = (kept: boolean): void => {
      try {
        client = open(hop, subscriber, kept);
      } catch (error) {
        return fail(error);
      }
      const asked = client;
      leaveIrregular(asked);
      // A kept connection may be closed at the moment in which it is used again, or lead to an address that this
      // request must not go to. So its failure is not final.
      const failed = (error: unknown): void =>
        kept && !answered && !subscriber.closed && asked.reusedSocket ? begin(false) : fail(error);
      asked.on('error', failed);
      asked.on('response', (response) => {
        answered = true;
        response.on('error', fail);
        answer({ response, hop, fail }, subscriber);
      });
      asked.end(hop.request.post);
    };
    begin(hop.request.keep !== undefined);
    return () => client?.destroy();
  });

/** The address that answers; '' if only a proxy knows it. */
const answering = (
  { url, way }: Hop,
  { remoteAddress = '' }: { readonly remoteAddress?: string | undefined },
): string => (way.passesOn === true ? literalIn(url) : remoteAddress);

const hostIn = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');
const literalIn = (url: URL): string => (isIP(hostIn(url)) === 0 ? '' : hostIn(url));

/** The answer is a redirect, or has a body to be read. */
const answer = (reading: Omit<Reading, 'done'>, subscriber: Subscriber<Answer>): void => {
  const { response, hop } = reading;
  const { statusCode: status = 0, headers } = response;
  const reach = hop.reachOf(answering(hop, response.socket));
  const done = (body: Uint8Array, location?: string): void => {
    subscriber.next({ status, body, url: hop.url.href, reach, ...(location !== undefined && { location }) });
    subscriber.complete();
  };
  if (status >= 300 && status < 400 && headers.location !== undefined) done(new Uint8Array(), headers.location);
  else if (hop.streams === true) {
    response.once('close', () => subscriber.complete());
    subscriber.next({ status, body: new Uint8Array(), url: hop.url.href, reach, response });
  } else subscriber.add(read({ ...reading, done }));
};

const refusedAddress = (url: URL, why: string, options?: { readonly lasting: boolean }): NetworkError =>
  new NetworkError('refused-address', shownUrl(url.href), why, options);

/** Which addresses a request may not go to, and why. */
const refusals = (
  { url, closest, request, reachOf, redirectsLeft }: Hop,
  literal: string,
): ((address: string) => NetworkError | undefined) => {
  const { loopbackPath } = request;
  return (address) => {
    const reach = reachOf(address);
    if (request.permits?.(address) === false) return refusedAddress(url, `leads to ${address}, which is blocked`);
    if (request.stranger === true && reach > PUBLIC && isFarHost(literal))
      return refusedAddress(url, `leads to ${address}, a local address that is not for strangers to name`);
    if (request.plainNear === true && reach > PUBLIC && url.search !== '')
      return refusedAddress(url, `leads to ${address}, a local address, which is not asked with a query`);
    if (reach > closest) return refusedAddress(url, `redirected from farther away to ${address}, which is refused`);
    if (reach === LOOPBACK && loopbackPath !== undefined && !url.pathname.startsWith(loopbackPath))
      return refusedAddress(url, `on this machine only ${loopbackPath} may be asked`, {
        lasting: redirectsLeft === MAX_REDIRECTS,
      });
    return undefined;
  };
};

/** The addresses that may be dialled; throws the reason if none may. */
const allowed = (
  addresses: readonly string[],
  refusal: (address: string) => NetworkError | undefined,
): readonly string[] => {
  const some = addresses.filter((address) => refusal(address) === undefined);
  const [first] = addresses;
  const refused = some.length === 0 && first !== undefined ? refusal(first) : undefined;
  if (refused !== undefined) throw refused;
  return some;
};

const open = (hop: Hop, life: Subscription, kept: boolean): ClientRequest => {
  const { url, headers, request, look, way } = hop;
  const literal = hostIn(url);
  const refusal = refusals(hop, literal);
  const refused = isIP(literal) === 0 ? undefined : refusal(literal);
  if (refused !== undefined) throw refused;
  // A name is judged by the addresses it resolves to, at the moment of dialling, so that it can't resolve to others in
  // between.
  const judged = (addresses: readonly string[]): readonly string[] => allowed(addresses, refusal);
  const dial = dialFor({ url, look, judged, way, family: request.family }, life);
  const keeps = kept && request.keep === true;
  const options: DialledRequest = {
    dial,
    // Without an agent the connection is ours alone and closes with the answer.
    ...(kept ? { agent: way.lines.of(url.protocol), family: request.family } : { createConnection: dial }),
    method: request.post === undefined ? 'GET' : 'POST',
    maxHeaderSize: MAX_HEADER_BYTES,
    // Lenient: trackers and scripts twenty years old end lines with a bare line feed, or send a length beside chunks,
    // and other clients read them. Request smuggling needs a second request on the connection, and a client in front of
    // a server: see `leaveIrregular`.
    insecureHTTPParser: true,
    headers: {
      ...(way.named !== false && { 'user-agent': USER_AGENT }),
      accept: '*/*',
      'accept-encoding': ACCEPTED_ENCODINGS,
      ...headers,
      connection: keeps ? 'keep-alive' : 'close',
    },
  };
  const client = (url.protocol === 'https:' ? secureRequest : plainRequest)(url, options);
  client.shouldKeepAlive = keeps;
  client.once('socket', (socket) => {
    // A new connection has been judged before it was dialled. A kept one leads to an address that was judged for an
    // earlier request, with other rights.
    const refused = client.reusedSocket ? refusal(answering(hop, socket)) : undefined;
    if (refused !== undefined) client.destroy(refused);
  });
  return client;
};

interface Reading {
  readonly response: IncomingMessage;
  readonly hop: Hop;
  readonly fail: (error: unknown) => void;
  readonly done: (body: Uint8Array) => void;
}

/** Returns a function that stops the request. */
const read = ({ response, hop, fail, done }: Reading): (() => void) => {
  const { url, request } = hop;
  const plain = inflate(response);
  if (plain === undefined) {
    fail(new NetworkError('malformed', shownUrl(url.href), 'unknown content-encoding'));
    return () => undefined;
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  plain.on('error', fail);
  plain.on('data', (chunk: Uint8Array) => {
    length += chunk.length;
    if (length > request.maxBytes)
      fail(new NetworkError('malformed', shownUrl(url.href), `the answer is longer than ${request.maxBytes} bytes`));
    else chunks.push(chunk);
  });
  plain.on('end', () => done(Buffer.concat(chunks, length)));
  return () => plain.destroy();
};

export const asNetworkError = (error: unknown, url: URL): NetworkError =>
  error instanceof NetworkError
    ? error
    : new NetworkError(networkCode(error), shownUrl(url.href), errorWords(error), { cause: error });
