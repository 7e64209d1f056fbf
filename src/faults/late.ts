import { concatMap, defer, finalize, map, mergeMap, Observable, of, Subscription, timer } from 'rxjs';
import { NetworkError } from '../contracts/errors.ts';
import type { Datagram, HttpReply } from '../contracts/network.ts';
import type { Call, EnvTap } from '../recording/tappedEnv.ts';
import type { Circumstances } from './fault.ts';
import { Held } from './held.ts';
import { SendQueue } from './sendQueue.ts';

/**
 * How many milliseconds late something of `size` bytes is; 0 for not at all. A datagram for which it is `Infinity` is
 * lost.
 */
export interface Lateness {
  /** Of what we receive: bytes of a connection, a datagram, a reply, what the disk was asked for. */
  readonly comes: (size: number, call: Call) => number;
  /** Of what we send by a connection or as a datagram. */
  readonly goes?: (size: number, call: Call) => number;
}

/** Bytes of a connection that are held back at one time; a connection that brings more breaks. */
const HELD = 2 ** 24;
/** Datagrams of a socket that are held back at one time, in each direction; any more are lost. */
const DATAGRAMS = 1000;

/** What of one connection, or of one socket, is held back. */
class Line {
  readonly incoming = new Held();
  readonly outgoing = new SendQueue();
  readonly timers = new Subscription();
  #sending = 0;

  /** Sends a datagram after `wait` milliseconds, if there is room for it. */
  send(wait: number, act: () => void): void {
    if (this.#sending >= DATAGRAMS) return;
    this.#sending++;
    this.timers.add(
      timer(wait).subscribe(() => {
        this.#sending--;
        act();
      }),
    );
  }

  close(): void {
    this.incoming.clear();
    this.outgoing.clear();
    this.timers.unsubscribe();
  }
}

/** All of a stream, in order, and late: a chunk is copied if it has to wait. */
const heldBytes = (
  source: Observable<Uint8Array>,
  line: Line,
  call: Call,
  { comes }: Lateness,
): Observable<Uint8Array> =>
  new Observable((subscriber) => {
    let held = 0;
    const hear = (chunk: Uint8Array): void => {
      const wait = comes(chunk.length, call);
      if (wait <= 0 && line.incoming.isIdle) return subscriber.next(chunk);
      held += chunk.length;
      if (held > HELD) return subscriber.error(new NetworkError('reset', 'connection', `${held} bytes are held back`));
      const copy = new Uint8Array(chunk);
      line.incoming.add(wait, () => {
        held -= copy.length;
        subscriber.next(copy);
      });
    };
    return source.subscribe({
      next: hear,
      error: (error: unknown) => line.incoming.add(0, () => subscriber.error(error)),
      complete: () => line.incoming.add(0, () => subscriber.complete()),
    });
  });

/** A connection, whose end comes after its last bytes. */
const heldWire = <T>(source: Observable<T>, line: Line): Observable<T> =>
  new Observable<T>((subscriber) =>
    source.subscribe({
      next: (wire) => subscriber.next(wire),
      error: (error: unknown) => line.incoming.add(0, () => subscriber.error(error)),
      complete: () => line.incoming.add(0, () => subscriber.complete()),
    }),
  ).pipe(finalize(() => line.close()));

/** Both buffers can be full: the connection's own, and ours. */
const drainedBy = (source: Observable<unknown>, { outgoing }: Line): Observable<unknown> =>
  new Observable((subscriber) => {
    subscriber.add(outgoing.drained$.subscribe(() => subscriber.next(undefined)));
    return source.subscribe(subscriber);
  });

const heldDatagrams = (
  source: Observable<Datagram>,
  call: Call,
  it: Circumstances,
  { comes }: Lateness,
): Observable<Datagram> => {
  let held = 0;
  return source.pipe(
    mergeMap((datagram) => {
      const wait = it.concernsHost(datagram.from.host) ? comes(datagram.bytes.length, call) : 0;
      if (wait <= 0) return of(datagram);
      if (wait === Infinity || held >= DATAGRAMS) return [];
      held++;
      const copy: Datagram = { from: datagram.from, bytes: new Uint8Array(datagram.bytes) };
      return timer(wait).pipe(
        map(() => copy),
        finalize(() => held--),
      );
    }),
  );
};

const after = <T>(wait: number, source: Observable<T>): Observable<T> =>
  wait > 0 ? timer(wait).pipe(mergeMap(() => source)) : source;

/** What is done to the disk, and how many bytes of it. */
const bytesOf = (call: Call): number => ('length' in call ? call.length : 0);

/** The lines of a world, each made when it is first asked for. */
const linesOf = (): ((call: Call) => Line) => {
  const lines = new WeakMap<Call, Line>();
  return (call) => {
    const line = lines.get(call) ?? new Line();
    lines.set(call, line);
    return line;
  };
};

/** What we hear by a call. */
const heard = (
  call: Call,
  source: Observable<unknown>,
  lineOf: (call: Call) => Line,
  it: Circumstances,
  lateness: Lateness,
): Observable<unknown> => {
  const { comes } = lateness;
  switch (call.what) {
    case 'connect':
    case 'answer':
      return defer(() => after(comes(0, call), heldWire(source, lineOf(call))));
    case 'wire':
      return heldWire(source, lineOf(call));
    case 'bytes':
    case 'body':
      return heldBytes(source as Observable<Uint8Array>, lineOf(call.of), call, lateness);
    case 'drained':
      return drainedBy(source, lineOf(call.of));
    case 'udp':
      return source.pipe(finalize(() => lineOf(call).close()));
    case 'datagrams':
      return defer(() => heldDatagrams(source as Observable<Datagram>, call, it, lateness));
    case 'http':
      return source.pipe(concatMap((reply) => after(comes((reply as HttpReply).body.length, call), of(reply))));
    case 'read':
    case 'readApart':
    case 'digest':
    case 'write':
    case 'writev':
    case 'save':
    case 'flush':
      return defer(() => after(comes(bytesOf(call), call), source));
    default:
      return source;
  }
};

/**
 * Makes what passes between the world and us late. What a connection brings stays in order; datagrams overtake each
 * other. What is held back when we hang up is lost.
 */
export const late = (it: Circumstances, lateness: Lateness): Partial<EnvTap> => {
  const lineOf = linesOf();
  const { goes = () => 0 } = lateness;
  return {
    watch: <T>(call: Call, source: Observable<T>) =>
      it.concerns(call) ? (heard(call, source, lineOf, it, lateness) as Observable<T>) : source,
    write: (call, bytes, act) =>
      it.concerns(call) ? lineOf(call).outgoing.write(bytes.length, goes(bytes.length, call), act) : act(),
    send: (call, bytes, to, act) => {
      const wait = it.concerns(call) && it.concernsHost(to.host) ? goes(bytes.length, call) : 0;
      if (wait <= 0) return act();
      if (wait < Infinity) lineOf(call).send(wait, act);
    },
  };
};
