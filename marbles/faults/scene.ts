import { map, mergeMap, Observable, Subject, switchMap } from 'rxjs';
import type { Env } from '../../src/contracts/env.ts';
import type { Datagram, HttpReply, PeerAddress, UdpSocket, Wire } from '../../src/contracts/network.ts';
import type { Stage } from '../index.ts';

/** Bytes of a chunk, a datagram, a reply. */
const SIZE = 1000;
export const PEER: PeerAddress = { host: '10.0.0.9', port: 6881, source: 'manual' };

/** What a letter stands for, and the letter of it; `x` if not all bytes are the same. */
export const chunkOf = (letter: string): Uint8Array => new Uint8Array(SIZE).fill(letter.charCodeAt(0));
export const letterOf = (bytes: Uint8Array): string =>
  bytes.every((byte) => byte === bytes[0]) ? String.fromCharCode(bytes[0] ?? 0) : 'x';

/** A world that brings what a lane says, and tells what it was sent. */
export interface Bringing {
  readonly env: Env;
  /** What a wire or a socket was given to send, as letters. */
  readonly sent$: Observable<string>;
}

/** A world where each connection and each socket brings what the lane has, a letter being {@link SIZE} bytes. */
export const bringing = (stage: Stage, lane: string): Bringing => {
  const sent$ = new Subject<string>();
  const chunks$ = stage.cold(lane).pipe(map(chunkOf));
  const wire: Wire = {
    address: PEER,
    bytes$: chunks$,
    drained$: new Subject<void>(),
    write: (bytes) => {
      sent$.next(letterOf(bytes));
      return true;
    },
  };
  const socket: UdpSocket = {
    port: 7,
    datagrams$: chunks$.pipe(map((bytes): Datagram => ({ bytes, from: PEER }))),
    undelivered$: new Subject(),
    send: (bytes) => sent$.next(letterOf(bytes)),
  };
  const opened = <T>(it: T): Observable<T> => new Observable((subscriber) => subscriber.next(it));
  const env: Env = {
    ...stage.world().env,
    connect: () => opened(wire),
    bindUdp: () => opened(socket),
    httpGet: ({ url }) => chunks$.pipe(map((body): HttpReply => ({ status: 200, body, url }))),
  };
  return { env, sent$ };
};

/** The bytes of a connection, as letters. */
export const heard = (env: Env): Observable<string> =>
  env.connect(PEER).pipe(
    switchMap(({ bytes$ }) => bytes$),
    map(letterOf),
  );

/** What a connection is written: the letters of a lane. */
export const writes = (env: Env, letters$: Observable<string>): Observable<boolean> =>
  env.connect(PEER).pipe(switchMap((wire) => letters$.pipe(map((letter) => wire.write(chunkOf(letter))))));

/** The datagrams of a socket, as letters. */
export const received = (env: Env): Observable<string> =>
  env.bindUdp({ family: 4 }).pipe(
    switchMap(({ datagrams$ }) => datagrams$),
    map(({ bytes }) => letterOf(bytes)),
  );

/** What a socket is given to send: the letters of a lane. Gives nothing. */
export const sends = (env: Env, letters$: Observable<string>): Observable<never> =>
  env
    .bindUdp({ family: 4 })
    .pipe(
      switchMap((socket) =>
        letters$.pipe(mergeMap((letter) => (socket.send(chunkOf(letter), PEER), [] as readonly never[]))),
      ),
    );

export const got = (env: Env): Observable<string> =>
  env.httpGet({ url: 'http://tracker.test/', maxBytes: SIZE, timeout: 1000 }).pipe(map(({ body }) => letterOf(body)));
