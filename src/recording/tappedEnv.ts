import { defer, map, type Observable } from 'rxjs';
import type { Env } from '../contracts/env.ts';
import type {
  HttpRequest,
  HttpStream,
  HttpStreamRequest,
  Listening,
  ListenOptions,
  PeerAddress,
  UdpEndpoint,
  UdpOptions,
  UdpSocket,
  Wire,
} from '../contracts/network.ts';
import type { ResumeStore, Storage, Target, Verify } from '../contracts/storage.ts';
import type { Torrent } from '../torrent/metainfo/metainfo.ts';

/** One thing that is subscribed to, once; `of` is what it belongs to: a wire to its dial, a read to its storage. */
export type Call =
  | { readonly what: 'connect'; readonly address: PeerAddress }
  | { readonly what: 'bytes' | 'drained'; readonly of: Call }
  | { readonly what: 'listen'; readonly options: ListenOptions }
  | { readonly what: 'calls'; readonly of: Call }
  /** The wire of a peer that called us. */
  | { readonly what: 'wire'; readonly of: Call; readonly address: PeerAddress }
  | { readonly what: 'http'; readonly request: HttpRequest }
  | { readonly what: 'answer'; readonly request: HttpStreamRequest }
  | { readonly what: 'body'; readonly of: Call }
  | { readonly what: 'udp'; readonly options: UdpOptions }
  | { readonly what: 'datagrams' | 'undelivered' | 'moved'; readonly of: Call }
  | { readonly what: 'resolve'; readonly host: string }
  | { readonly what: 'storage'; readonly torrent: Torrent; readonly target: Target }
  | {
      readonly what: 'read' | 'readApart' | 'digest' | 'write' | 'writev';
      readonly of: Call;
      readonly offset: number;
      readonly length: number;
      /** What is read into, of `read` and `readApart`: filled once a value has come. */
      readonly into?: Uint8Array | undefined;
    }
  | { readonly what: 'save'; readonly of: Call; readonly length: number; readonly complete: boolean }
  | { readonly what: 'finish' | 'stamps' | 'flush' | 'load' | 'others'; readonly of: Call }
  | VerifyCall;

export interface VerifyCall {
  readonly what: 'verify';
  readonly infoHash: Uint8Array;
  readonly piece: number;
}

export type What = Call['what'];

/** What is answered at once. */
export type Question =
  | { readonly what: 'random' | 'hasher' }
  | { readonly what: 'randomBytes'; readonly length: number }
  | { readonly what: 'doubted' | 'apart'; readonly of: Call };

/** Listens in on a world; each method may change the answer. */
export interface EnvTap {
  /** Every stream of the world, when it is subscribed to. */
  watch<T>(call: Call, source: Observable<T>): Observable<T>;
  /** Bytes are written to the wire of `call`, a `connect` or a `wire`. */
  write(call: Call, bytes: Uint8Array, act: () => boolean): boolean;
  /** A datagram is sent from the socket of `call`, a `udp`. */
  send(call: Call, bytes: Uint8Array, to: UdpEndpoint, act: () => void): void;
  /** A call that is answered synchronously. */
  ask<T>(question: Question, act: () => T): T;
  /** A piece is checked: the answer may be there at once. `bytes` are lent until it is. */
  verify(call: VerifyCall, bytes: Uint8Array, act: () => ReturnType<Verify>): ReturnType<Verify>;
}

/** Changes nothing: a base for listeners to a part of the calls. */
export const untouched: EnvTap = {
  watch: (_, source) => source,
  write: (_, __, act) => act(),
  send: (_, __, ___, act) => act(),
  ask: (_, act) => act(),
  verify: (_, __, act) => act(),
};

/** Every member, those that may be missing too: a decorator that forgets one does not compile. */
type Whole<T> = { readonly [K in keyof Required<T>]: T[K] };

/** Without what is undefined. */
const present = <T extends object>(whole: Whole<T>): T =>
  Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined)) as T;

const tappedWire = (wire: Wire, call: Call, tap: EnvTap): Wire =>
  present<Wire>({
    address: wire.address,
    bytes$: tap.watch({ what: 'bytes', of: call }, wire.bytes$),
    drained$: tap.watch({ what: 'drained', of: call }, wire.drained$),
    write: (bytes) => tap.write(call, bytes, () => wire.write(bytes)),
    road: wire.road,
    room: wire.room && ((size) => (wire.room as (size: number) => Uint8Array)(size)),
  });

const tappedAnswer = (answer: HttpStream, of: Call, tap: EnvTap): HttpStream =>
  present<HttpStream>({
    status: answer.status,
    url: answer.url,
    headers: answer.headers,
    bytes$: tap.watch({ what: 'body', of }, answer.bytes$),
  });

const tappedStream =
  (httpStream: NonNullable<Env['httpStream']>, tap: EnvTap): NonNullable<Env['httpStream']> =>
  (request) =>
    defer(() => {
      const call: Call = { what: 'answer', request };
      return tap.watch(call, httpStream(request).pipe(map((answer) => tappedAnswer(answer, call, tap))));
    });

const tappedListening = (port: Listening, call: Call, tap: EnvTap): Listening => {
  const caller = (of: Call, address: PeerAddress): PeerAddress => {
    const { wire$ } = address;
    if (wire$ === undefined) return address;
    return {
      ...address,
      wire$: defer(() => {
        const own: Call = { what: 'wire', of, address };
        return tap.watch(own, wire$.pipe(map((wire) => tappedWire(wire, own, tap))));
      }),
    };
  };
  return present<Listening>({
    port: port.port,
    calls$: defer(() => {
      const of: Call = { what: 'calls', of: call };
      return tap.watch(of, port.calls$.pipe(map((address) => caller(of, address))));
    }),
  });
};

const tappedSocket = (socket: UdpSocket, call: Call, tap: EnvTap): UdpSocket =>
  present<UdpSocket>({
    port: socket.port,
    datagrams$: tap.watch({ what: 'datagrams', of: call }, socket.datagrams$),
    undelivered$: tap.watch({ what: 'undelivered', of: call }, socket.undelivered$),
    moved$: socket.moved$ && tap.watch({ what: 'moved', of: call }, socket.moved$),
    send: (bytes, to) => tap.send(call, bytes, to, () => socket.send(bytes, to)),
  });

const total = (parts: readonly Uint8Array[]): number => parts.reduce((sum, { length }) => sum + length, 0);

const tappedNotes = (notes: ResumeStore, of: Call, tap: EnvTap): ResumeStore =>
  present<ResumeStore>({
    boot: notes.boot,
    load: () => tap.watch({ what: 'load', of }, notes.load()),
    others: () => tap.watch({ what: 'others', of }, notes.others()),
    save: (bytes, complete) =>
      tap.watch({ what: 'save', of, length: bytes.length, complete: complete === true }, notes.save(bytes, complete)),
  });

const tappedStorage = (storage: Storage, of: Call, tap: EnvTap): Storage => {
  const { apart } = storage;
  const digest = storage.digest?.bind(storage);
  const writev = storage.writev?.bind(storage);
  // What it did is seen in the stamps, and in what is read.
  const reuse = storage.reuse?.bind(storage);
  const at = <T>(
    what: 'read' | 'readApart' | 'digest' | 'write' | 'writev',
    offset: number,
    length: number,
    source: Observable<T>,
    into?: Uint8Array,
  ): Observable<T> => tap.watch({ what, of, offset, length, into }, source);
  return present<Storage>({
    place: storage.place,
    paths: storage.paths,
    ordered: storage.ordered,
    apart: {
      pieces: () => tap.ask({ what: 'apart', of }, () => apart.pieces()),
      read: (offset, into) => at('readApart', offset, into.length, apart.read(offset, into), into),
    },
    replace: (files) => storage.replace(files),
    doubted: () => tap.ask({ what: 'doubted', of }, () => storage.doubted()),
    read: (offset, into) => at('read', offset, into.length, storage.read(offset, into), into),
    digest: digest && ((offset, length) => at('digest', offset, length, digest(offset, length))),
    write: (offset, bytes) => at('write', offset, bytes.length, storage.write(offset, bytes)),
    writev: writev && ((offset, parts) => at('writev', offset, total(parts), writev(offset, parts))),
    finish: () => tap.watch({ what: 'finish', of }, storage.finish()),
    reuse,
    stamps: () => tap.watch({ what: 'stamps', of }, storage.stamps()),
    flush: () => tap.watch({ what: 'flush', of }, storage.flush()),
    notes: tappedNotes(storage.notes, of, tap),
  });
};

/**
 * The same world, with a listener to everything that passes between it and us. Optional members of an `Env`, a storage,
 * a wire or a socket are present here if they are present there; members that are unknown here are passed on as they
 * are.
 */
export const tappedEnv = <E extends Env>(env: E, tap: EnvTap): E => ({
  ...env,
  ...present<Env>({
    connect: (address, infoHash) =>
      defer(() => {
        const call: Call = { what: 'connect', address };
        return tap.watch(call, env.connect(address, infoHash).pipe(map((wire) => tappedWire(wire, call, tap))));
      }),
    listen: (options) =>
      defer(() => {
        const call: Call = { what: 'listen', options };
        return tap.watch(call, env.listen(options).pipe(map((port) => tappedListening(port, call, tap))));
      }),
    httpGet: (request) => tap.watch({ what: 'http', request }, env.httpGet(request)),
    httpStream: env.httpStream && tappedStream(env.httpStream, tap),
    bindUdp: (options) =>
      defer(() => {
        const call: Call = { what: 'udp', options };
        return tap.watch(call, env.bindUdp(options).pipe(map((socket) => tappedSocket(socket, call, tap))));
      }),
    resolve: (host) => tap.watch({ what: 'resolve', host }, env.resolve(host)),
    openStorage: (torrent, target) =>
      defer(() => {
        const call: Call = { what: 'storage', torrent, target };
        return tap.watch(call, env.openStorage(torrent, target).pipe(map((it) => tappedStorage(it, call, tap))));
      }),
    verify: (torrent) => {
      const verify = env.verify(torrent);
      const { infoHash } = torrent;
      return (piece) => tap.verify({ what: 'verify', infoHash, piece: piece.index }, piece.bytes, () => verify(piece));
    },
    sharesMemory: env.sharesMemory,
    hasher: env.hasher && ((torrent) => tap.ask({ what: 'hasher' }, () => env.hasher?.(torrent))),
    room: env.room,
    anonymous: env.anonymous,
    holepunch: env.holepunch,
    random: () => tap.ask({ what: 'random' }, () => env.random()),
    randomBytes: (length) => tap.ask({ what: 'randomBytes', length }, () => env.randomBytes(length)),
  }),
});
