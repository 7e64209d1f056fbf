import { type Observable, tap } from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import type { BlockNote } from '../../net/blocklist/blockNote.ts';
import type { ProxyNote } from '../../net/proxy/proxyNote.ts';
import type { EncryptionNote } from '../../net/mse/encryption.ts';
import type {
  Datagram,
  HttpReply,
  HttpStream,
  HttpStreamRequest,
  UdpEndpoint,
  UdpOptions,
  Undelivered,
} from '../../contracts/network.ts';
import type { UtpNote } from '../../net/utp/utpNote.ts';
import { parseIp } from '../../protocol/encoding/ip.ts';
import { shownUrl } from '../../protocol/tracker/shownUrl.ts';
import { hostPort } from '../views/events.ts';
import { visible } from '../io/text.ts';
import { counted } from '../io/units.ts';
import { httpReply, httpRequest } from './httpWords.ts';
import { packetWords } from './packetWords.ts';
import { messageOf, PeerLog } from './peerLog.ts';
import type { Hear, Note, Room } from '../args/logRooms.ts';
import type { Direction } from '../../protocol/peer/spoken.ts';
import { type Call, type EnvTap, tappedEnv, untouched } from '../../recording/tappedEnv.ts';

/** The members of a world through which anything passes that is told in each room. */
const MEMBERS: Readonly<Record<Room, readonly (keyof Env)[]>> = {
  peer: ['connect', 'listen'],
  mse: [],
  proxy: [],
  nat: [],
  block: [],
  utp: [],
  tracker: ['httpGet', 'bindUdp', 'resolve'],
  http: ['httpGet', 'httpStream'],
  dht: ['bindUdp', 'resolve'],
  lsd: ['bindUdp'],
  disk: ['openStorage'],
};

const replies = <T>(reply$: Observable<T>, url: string, hear: Hear): Observable<T> => {
  const [room, what] = httpRequest(url);
  const who = shownUrl(url);
  const note = (direction: Note['direction'], words: string): void =>
    hear({ room, direction, who, what: words.replace(`${who}: `, '') });
  return reply$.pipe(
    tap({
      subscribe: () => note('>', what),
      next: (reply) => note('<', httpReply(room, reply as HttpReply)),
      error: (error: unknown) => note('·', messageOf(error)),
    }),
  );
};

/** Of web seeds: what is asked for, and with what status it comes. */
const answers = <T>(answer$: Observable<T>, { url, headers }: HttpStreamRequest, hear: Hear): Observable<T> => {
  const who = shownUrl(url);
  const note = (direction: Note['direction'], what: string): void => hear({ room: 'http', direction, who, what });
  return answer$.pipe(
    tap({
      subscribe: () => note('>', `get ${headers?.['range'] ?? ''}`.trimEnd()),
      next: (answer) => note('<', `status ${(answer as HttpStream).status}`),
      error: (error: unknown) => note('·', messageOf(error).replace(`${who}: `, '')),
    }),
  );
};

const names = <T>(found$: Observable<T>, host: string, room: Room, hear: Hear): Observable<T> => {
  if (parseIp(host) !== undefined) return found$;
  const note = (what: string): void => hear({ room, direction: '·', who: visible(host), what });
  return found$.pipe(
    tap({
      subscribe: () => note('look it up'),
      next: (found) => {
        const addresses = found as readonly string[];
        note(addresses.length > 0 ? `resolves to ${addresses.join(', ')}` : 'has no address');
      },
    }),
  );
};

const packet = (
  direction: Direction,
  bytes: Uint8Array,
  other: UdpEndpoint,
  { multicast, family }: UdpOptions,
): Note => {
  const [room, what] = packetWords(direction, bytes, multicast !== undefined, family);
  return { room, direction, who: hostPort(other), what };
};

const undelivered = ({ to, why }: Undelivered, { multicast, to: peer }: UdpOptions): Note => {
  const room = multicast !== undefined ? 'lsd' : peer !== undefined ? 'tracker' : 'dht';
  return { room, direction: '·', who: hostPort(to), what: `not delivered: ${why}` };
};

const datagrams = <T>(
  what: 'datagrams' | 'undelivered',
  options: UdpOptions,
  source: Observable<T>,
  hear: Hear,
): Observable<T> =>
  source.pipe(
    tap((value) => {
      if (what === 'undelivered') return hear(undelivered(value as Undelivered, options));
      const { bytes, from } = value as Datagram;
      return hear(packet('<', bytes, from, options));
    }),
  );

/** What is done to a storage, in words; what is done with each piece besides is not told. */
const diskWords = (call: Call): string | undefined => {
  switch (call.what) {
    case 'read':
      return `read ${counted(call.length, 'byte')} at ${call.offset}`;
    case 'write':
    case 'writev':
      return `write ${counted(call.length, 'byte')} at ${call.offset}`;
    case 'save':
      return `save a note, ${counted(call.length, 'byte')}`;
    case 'load':
      return 'read the note of earlier runs';
    case 'others':
      return 'look for notes of other torrents';
    case 'finish':
      return 'create empty files, check that no file has changed';
    case 'stamps':
      return 'read sizes and times';
    case 'flush':
      return 'flush';
    default:
      return undefined;
  }
};

const work = <T>(call: Call, source: Observable<T>, hear: Hear): Observable<T> => {
  const what = diskWords(call);
  if (what === undefined || !('of' in call) || call.of.what !== 'storage') return source;
  const who = visible(call.of.torrent.name);
  const note = (what: string): void => hear({ room: 'disk', direction: '·', who, what });
  return source.pipe(tap({ subscribe: () => note(what), error: (error: unknown) => note(messageOf(error)) }));
};

/** A step of an encrypted handshake, or what happens with a uTP connection, as a line of the log. */
export const roadNote = (room: 'mse' | 'utp', { address, direction, what }: EncryptionNote | UtpNote): Note => ({
  room,
  direction,
  who: hostPort(address),
  what: visible(what),
});

/** What the proxy was asked, as a line of the log. */
export const proxyNote = ({ to, what }: ProxyNote): Note => ({
  room: 'proxy',
  direction: '·',
  who: visible(to),
  what: visible(what),
});

/** What the router was asked, as a line of the log. */
export const natNote = (what: string): Note => ({ room: 'nat', direction: '·', who: 'router', what: visible(what) });

/** A peer that is on the blocklist, as a line of the log. */
export const blockNote = ({ address, direction }: BlockNote): Note => ({
  room: 'block',
  direction,
  who: hostPort(address),
  what: direction === '>' ? 'is on the blocklist: not called' : 'is on the blocklist: hung up on',
});

/** What passes through a world, as notes; names of `ofDht` are told in the room of the DHT. */
const logging = (hear: Hear, ofDht: (host: string) => boolean): EnvTap => {
  const peers = new WeakMap<Call, PeerLog>();
  const connecting = <T>(call: Extract<Call, { what: 'connect' | 'wire' }>, verb: string, source: Observable<T>) => {
    const log = new PeerLog(call.address, hear);
    peers.set(call, log);
    return log.connecting(verb, source);
  };
  return {
    ...untouched,
    watch: (call, source) => {
      switch (call.what) {
        case 'connect':
          return connecting(call, 'dial', source);
        case 'wire':
          return connecting(call, 'calls us', source);
        case 'bytes':
          return peers.get(call.of)?.hearing(source) ?? source;
        case 'http':
          return replies(source, call.request.url, hear);
        case 'answer':
          return answers(source, call.request, hear);
        case 'resolve':
          return names(source, call.host, ofDht(call.host) ? 'dht' : 'tracker', hear);
        case 'datagrams':
        case 'undelivered':
          return call.of.what === 'udp' ? datagrams(call.what, call.of.options, source, hear) : source;
        default:
          return work(call, source, hear);
      }
    },
    write: (call, bytes, act) => {
      peers.get(call)?.heard('>', bytes);
      return act();
    },
    send: (call, bytes, to, act) => {
      if (call.what === 'udp') hear(packet('>', bytes, to, call.options));
      act();
    },
  };
};

/**
 * The same world; `listen` hears what is said in `rooms`, and of the names of `ofDht` in the room of the DHT. What is
 * said elsewhere is not even looked at.
 */
export const loggedEnv = (
  env: Env,
  rooms: readonly Room[],
  listen: Hear,
  ofDht: (host: string) => boolean = () => false,
): Env => {
  const wanted = new Set(rooms);
  const hear: Hear = (note) => {
    if (wanted.has(note.room)) listen(note);
  };
  const logged = tappedEnv(env, logging(hear, ofDht));
  const members = new Set<string>(rooms.flatMap((room) => MEMBERS[room]));
  return { ...env, ...Object.fromEntries(Object.entries(logged).filter(([name]) => members.has(name))) };
};
