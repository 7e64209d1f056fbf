import { map, Observable, tap } from 'rxjs';
import type { Env } from '../../contracts/env.ts';
import type { EncryptionNote } from '../../net/mse/encryption.ts';
import type { HttpReply, PeerAddress, UdpEndpoint, UdpOptions, UdpSocket, Wire } from '../../contracts/network.ts';
import { NetworkError } from '../../contracts/errors.ts';
import { parseIp } from '../../protocol/encoding/ip.ts';
import { shownUrl } from '../../protocol/tracker/shownUrl.ts';
import { hostPort } from '../views/events.ts';
import { visible } from '../io/text.ts';
import { counted } from '../io/units.ts';
import { httpReply, httpRequest } from './httpWords.ts';
import { packetWords } from './packetWords.ts';
import { PeerWords } from './peerWords.ts';
import type { Note, Room } from '../args/logRooms.ts';
import { type Direction, tapped } from '../../download/session/tappedWire.ts';
import { type Call, type EnvTap, tappedEnv, untouched } from '../../recording/tappedEnv.ts';

type Hear = (note: Note) => void;

const messageOf = (error: unknown): string => visible(error instanceof Error ? error.message : String(error));

/** Messages of one kind that come, or go, at one time are one line. */
class Run {
  #kind: string | undefined;
  #what = '';
  #more = 0;

  add(kind: string, what: () => string, tell: (line: string) => void): void {
    if (kind === this.#kind) {
      this.#more++;
      return;
    }
    this.end(tell);
    this.#kind = kind;
    this.#what = what();
  }

  end(tell: (line: string) => void): void {
    if (this.#kind !== undefined) tell(this.#more > 0 ? `${this.#what} (and ${this.#more} more)` : this.#what);
    this.#kind = undefined;
    this.#more = 0;
  }
}

const loggedWire = (wire: Wire, hear: Hear, ended: () => void): Wire => {
  const who = hostPort(wire.address);
  const words = new PeerWords();
  const runs = { '<': new Run(), '>': new Run() };
  const tell = {
    '<': (what: string) => hear({ room: 'peer', direction: '<', who, what }),
    '>': (what: string) => hear({ room: 'peer', direction: '>', who, what }),
  };
  const logged = tapped(wire, {
    heard: (direction, said) =>
      runs[direction].add(words.kindOf(direction, said), () => words.of(direction, said), tell[direction]),
    paused: (direction) => runs[direction].end(tell[direction]),
    lost: (direction, why) => {
      runs[direction].end(tell[direction]);
      tell[direction](`malformed: ${visible(why.message)}`);
    },
  });
  return { ...logged, bytes$: logged.bytes$.pipe(tap({ complete: ended })) };
};

const loggedWires = (wires: Observable<Wire>, address: PeerAddress, verb: string, hear: Hear): Observable<Wire> =>
  new Observable((subscriber) => {
    const note = (what: string): void => hear({ room: 'peer', direction: '·', who: hostPort(address), what });
    // Their bytes end before the wire does, and by then whoever listened may have left; ours end when we leave, which
    // is told before.
    let ended = false;
    let over = false;
    note(`${verb} (${address.source})`);
    const running = wires.subscribe({
      next: (wire) => {
        note('connected');
        subscriber.next(loggedWire(wire, hear, () => (ended = true)));
      },
      error: (error: unknown) => {
        over = true;
        note(error instanceof NetworkError ? `lost: ${error.code}` : messageOf(error));
        subscriber.error(error);
      },
      complete: () => {
        over = true;
        note('they hung up');
        subscriber.complete();
      },
    });
    return () => {
      if (!over) note(ended ? 'they hung up' : 'we hang up');
      over = true;
      running.unsubscribe();
    };
  });

const loggedCaller = (address: PeerAddress, hear: Hear): PeerAddress =>
  address.wire$ === undefined ? address : { ...address, wire$: loggedWires(address.wire$, address, 'calls us', hear) };

const loggedUdp = (socket: UdpSocket, { family, multicast, to: peer }: UdpOptions, hear: Hear): UdpSocket => {
  const room = multicast !== undefined ? 'lsd' : peer !== undefined ? 'tracker' : 'dht';
  const tell = (direction: Direction, bytes: Uint8Array, other: UdpEndpoint): void => {
    const [room, what] = packetWords(direction, bytes, multicast !== undefined, family);
    hear({ room, direction, who: hostPort(other), what });
  };
  return {
    port: socket.port,
    datagrams$: socket.datagrams$.pipe(tap(({ bytes, from }) => tell('<', bytes, from))),
    undelivered$: socket.undelivered$.pipe(
      tap(({ to, why }) => hear({ room, direction: '·', who: hostPort(to), what: `not delivered: ${why}` })),
    ),
    ...(socket.moved$ && { moved$: socket.moved$ }),
    send: (bytes, to) => {
      tell('>', bytes, to);
      socket.send(bytes, to);
    },
  };
};

const loggedReply = (reply$: Observable<HttpReply>, url: string, hear: Hear): Observable<HttpReply> => {
  const [room, what] = httpRequest(url);
  const who = shownUrl(url);
  const note = (direction: Note['direction'], words: string): void =>
    hear({ room, direction, who, what: words.replace(`${who}: `, '') });
  return reply$.pipe(
    tap({
      subscribe: () => note('>', what),
      next: (reply) => note('<', httpReply(room, reply)),
      error: (error: unknown) => note('·', messageOf(error)),
    }),
  );
};

const loggedNames = (
  found$: Observable<readonly string[]>,
  host: string,
  room: Room,
  hear: Hear,
): Observable<readonly string[]> => {
  const note = (what: string): void => hear({ room, direction: '·', who: visible(host), what });
  return found$.pipe(
    tap({
      subscribe: () => note('look it up'),
      next: (addresses) => note(addresses.length > 0 ? `is at ${addresses.join(', ')}` : 'leads to no address'),
    }),
  );
};

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
      return 'make empty files, look whether all is as it was left';
    case 'stamps':
      return 'look at sizes and times';
    case 'flush':
      return 'flush';
    default:
      return undefined;
  }
};

const diskTap = (hear: Hear): EnvTap => ({
  ...untouched,
  watch: (call, source) => {
    const what = diskWords(call);
    if (what === undefined || !('of' in call) || call.of.what !== 'storage') return source;
    const who = visible(call.of.torrent.name);
    const note = (what: string): void => hear({ room: 'disk', direction: '·', who, what });
    return source.pipe(tap({ subscribe: () => note(what), error: (error: unknown) => note(messageOf(error)) }));
  },
});

/** A step of an encrypted handshake, as a line of the log. */
export const mseNote = ({ address, direction, what }: EncryptionNote): Note => ({
  room: 'mse',
  direction,
  who: hostPort(address),
  what: visible(what),
});

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
  const asked = (...any: readonly Room[]): boolean => any.some((room) => wanted.has(room));
  return {
    ...env,
    ...(asked('peer') && {
      connect: (address, infoHash) => loggedWires(env.connect(address, infoHash), address, 'dial', hear),
      listen: (options) =>
        env
          .listen(options)
          .pipe(map((port) => ({ ...port, calls$: port.calls$.pipe(map((caller) => loggedCaller(caller, hear))) }))),
    }),
    ...(asked('tracker', 'http') && {
      httpGet: (request) => loggedReply(env.httpGet(request), request.url, hear),
    }),
    ...(asked('tracker', 'dht', 'lsd') && {
      bindUdp: (options) => env.bindUdp(options).pipe(map((socket) => loggedUdp(socket, options, hear))),
    }),
    ...(asked('tracker', 'dht') && {
      resolve: (host) =>
        parseIp(host) !== undefined
          ? env.resolve(host)
          : loggedNames(env.resolve(host), host, ofDht(host) ? 'dht' : 'tracker', hear),
    }),
    ...(asked('disk') && {
      openStorage: (torrent, target) => tappedEnv(env, diskTap(hear)).openStorage(torrent, target),
    }),
  };
};
