import { EMPTY, mergeMap, Observable } from 'rxjs';
import type { Env } from '../contracts/env.ts';
import type { Listening, PeerAddress, UdpSocket, Wire } from '../contracts/network.ts';
import type { Storage } from '../contracts/storage.ts';
import type { Recording } from './parse.ts';
import { Skimmer } from './payload.ts';
import { putSums } from './sums.ts';
import type { Call } from './tappedEnv.ts';
import { type Caller, type Channel, type StorageShape, subject, type Values } from './values.ts';
import { addressText } from '../protocol/encoding/address.ts';

/** The recorded world: it emits what was recorded, and is told what the code does. */
export interface Stand {
  readonly recording: Recording;
  open<T, C extends Channel = Channel>(
    channel: C,
    of: number,
    subject: string,
    made: (value: Values[C], id: number) => T,
  ): Observable<T>;
  sent(id: number, kept: Uint8Array, length: number): boolean;
  datagram(id: number, host: string, port: number, bytes: Uint8Array): void;
  random(): number;
  randomBytes(length: number): Uint8Array;
  hashes(): boolean;
  numbers(kind: 'doubted' | 'apart', id: number): readonly number[];
  verified(piece: number): boolean | undefined;
  sums(piece: number): Uint8Array | undefined;
}

const nothing = (): void => undefined;

const wireOf = (stand: Stand, id: number, address: PeerAddress): Wire => {
  const skimmer = new Skimmer();
  return {
    address,
    bytes$: stand.open('bytes', id, '', (chunk) => chunk as unknown as Uint8Array),
    drained$: stand.open('drained', id, '', nothing),
    write: (bytes) => stand.sent(id, skimmer.skim(bytes), bytes.length),
  };
};

const listeningOf = (stand: Stand, id: number, port: number): Listening => ({
  port,
  calls$: stand.open('calls', id, '', (caller, calls) => callerOf(stand, calls, caller)),
});

const callerOf = (stand: Stand, calls: number, { wire, ...address }: Caller): PeerAddress => {
  if (!wire) return address;
  const made = (_: undefined, id: number): Wire => wireOf(stand, id, address);
  return { ...address, wire$: stand.open('wire', calls, `${addressText(address)} incoming`, made) };
};

const socketOf = (stand: Stand, id: number, { port, moves }: Values['udp']): UdpSocket => ({
  port,
  datagrams$: stand.open('datagrams', id, '', ({ host, port, bytes }) => ({ bytes, from: { host, port } })),
  undelivered$: stand.open('undelivered', id, '', ({ host, port, why }) => ({ to: { host, port }, why })),
  ...(moves && { moved$: stand.open('moved', id, '', nothing) }),
  send: (bytes, { host, port }) => stand.datagram(id, host, port, bytes),
});

const storageOf = (stand: Stand, id: number, shape: StorageShape): Storage => {
  const none = (what: 'finish' | 'flush' | 'save', about: string): Observable<never> =>
    stand.open(what, id, about, nothing).pipe(mergeMap(() => EMPTY));
  const at = <C extends 'read' | 'readApart' | 'write' | 'writev' | 'digest'>(
    what: C,
    offset: number,
    length: number,
  ): Observable<Values[C]> => stand.open<Values[C], C>(what, id, `${offset} ${length}`, (value) => value);
  return {
    place: shape.place,
    paths: shape.paths,
    ...(shape.ordered && { ordered: true }),
    apart: {
      pieces: () => stand.numbers('apart', id),
      read: (offset, into) => at('readApart', offset, into.length),
    },
    replace: nothing,
    doubted: () => stand.numbers('doubted', id),
    read: (offset, into) => at('read', offset, into.length),
    write: (offset, bytes) => at('write', offset, bytes.length),
    ...(shape.digest && { digest: (offset: number, length: number) => at('digest', offset, length) }),
    ...(shape.writev && {
      writev: (offset: number, parts: readonly Uint8Array[]) =>
        at(
          'writev',
          offset,
          parts.reduce((sum, { length }) => sum + length, 0),
        ),
    }),
    finish: () => none('finish', ''),
    stamps: () => stand.open('stamps', id, '', (stamps) => stamps),
    flush: () => none('flush', ''),
    notes: {
      boot: shape.boot,
      load: () => stand.open('load', id, '', (note) => note?.slice()),
      others: () => stand.open('others', id, '', (notes) => notes.map((note) => note.slice())),
      save: (note, complete) => none('save', `${note.length}${complete === true ? ' complete' : ''}`),
    },
  };
};

const DIGEST_LENGTH = 20;
/** Digests nothing: whether the piece is sound is in the recording. */
const hasher = { update: nothing, digest: () => new Uint8Array(DIGEST_LENGTH) };

/** The world of a recording. */
export const replayedEnv = (stand: Stand): Env => {
  const { sharesMemory, hashes, room, holepunch, anonymous } = stand.recording.header;
  const open = <T, C extends Channel>(
    channel: C & Call['what'],
    call: Call,
    made: (value: Values[C], id: number) => T,
  ) => stand.open<T, C>(channel, 0, subject(call), made);
  return {
    connect: (address) => open('connect', { what: 'connect', address }, (_, id) => wireOf(stand, id, address)),
    listen: (options) => open('listen', { what: 'listen', options }, (port, id) => listeningOf(stand, id, port)),
    httpGet: (request) => open('http', { what: 'http', request }, (reply) => reply),
    httpStream: (request) =>
      open('answer', { what: 'answer', request }, (answer, id) => ({
        ...answer,
        bytes$: stand.open('body', id, '', (length) => new Uint8Array(length)),
      })),
    bindUdp: (options) => open('udp', { what: 'udp', options }, (shape, id) => socketOf(stand, id, shape)),
    resolve: (host) => open('resolve', { what: 'resolve', host }, (addresses) => addresses),
    openStorage: (torrent, target) =>
      open('storage', { what: 'storage', torrent, target }, (shape, id) => storageOf(stand, id, shape)),
    verify:
      ({ infoHash }) =>
      ({ index, bytes }) => {
        const told = (valid: boolean): boolean => {
          const sums = stand.sums(index);
          if (sums !== undefined) putSums(bytes, sums);
          return valid;
        };
        const valid = stand.verified(index);
        return valid === undefined ? open('verify', { what: 'verify', infoHash, piece: index }, told) : told(valid);
      },
    sharesMemory,
    ...(hashes && { hasher: () => (stand.hashes() ? hasher : undefined) }),
    room,
    holepunch: holepunch === true,
    anonymous: anonymous === true,
    random: () => stand.random(),
    randomBytes: (length) => stand.randomBytes(length),
  };
};
