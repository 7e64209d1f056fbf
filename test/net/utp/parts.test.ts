import { describe, expect, it } from 'vitest';
import { NEVER, type Subscription, tap, throwError } from 'rxjs';
import { NetworkError } from '../../../src/contracts/errors.ts';
import { ChunkBuffers, Gathered } from '../../../src/net/utp/gathered.ts';
import { Listeners } from '../../../src/net/utp/listeners.ts';
import { MAX_DIALLED, RoadHistory } from '../../../src/net/utp/roadHistory.ts';
import { SharedSockets } from '../../../src/net/utp/sharedSockets.ts';
import { nodeEnv } from '../../../src/node.ts';

it('remembers by which transport a thousand peers were reached, and forgets the others', () => {
  const history = new RoadHistory();
  for (let n = 0; n <= MAX_DIALLED; n++) history.reached(`10.0.0.1:${n}`, n % 2 === 0 ? 'tcp' : 'utp');
  history.check();
  history.hungUp('10.0.0.1:3', 'utp');
  expect(['10.0.0.1:0', '10.0.0.1:1', '10.0.0.1:2', '10.0.0.1:3'].map((peer) => history.first(peer))).toEqual([
    undefined,
    'utp',
    'tcp',
    'tcp',
  ]);
});

it('makes few chunks of many datagrams, in order, and uses their memory again', () => {
  const buffers = new ChunkBuffers();
  const chunks: Uint8Array[] = [];
  const gathered = new Gathered(buffers, (chunk) => chunks.push(new Uint8Array(chunk)));
  const datagrams = Array.from({ length: 100 }, (_, n) => new Uint8Array(1_400).fill(n));
  for (const datagram of datagrams) gathered.put(datagram);
  gathered.flush();
  gathered.flush();
  expect(chunks.length).toBe(3);
  expect(Buffer.compare(Buffer.concat(chunks), Buffer.concat(datagrams))).toBe(0);
  for (let n = 0; n < 20; n++) buffers.give(new Uint8Array(1));
  buffers.check();
});

it('some transport is needed', () => {
  expect(() => nodeEnv({ tcp: false, utp: false })).toThrow(RangeError);
});

describe('listeners', () => {
  it('hear what comes after they have come, until they leave or it is over', () => {
    const listeners = new Listeners<number>();
    const heard: string[] = [];
    const add = (name: string): Subscription =>
      listeners.heard$.subscribe({
        next: (value) => heard.push(`${name}${value}`),
        error: () => heard.push(`${name}#`),
        complete: () => heard.push(`${name}|`),
      });
    // The second comes while the first is told.
    const first = listeners.heard$.pipe(tap((value) => value === 1 && add('b'))).subscribe(() => heard.push('a'));
    listeners.next(1);
    listeners.next(2);
    first.unsubscribe();
    listeners.next(3);
    listeners.error(new Error('over'));
    listeners.next(4);
    add('c');
    expect([heard.join(' '), listeners.size]).toEqual(['a a b2 b3 b# c|', 0]);
  });
});

it('a port is forgotten when nobody has it open, and also if it could not be opened', () => {
  let fails = false;
  const taken = new NetworkError('port-taken', 'UDP port 7000', 'another program uses this port');
  const sockets = new SharedSockets(() => (fails ? throwError(() => taken) : NEVER));
  const lives = [sockets.forUtp({ family: 4, port: 7000 }), sockets.bindUdp({ family: 4, port: 7000 })].map((socket$) =>
    socket$.subscribe(),
  );
  expect(sockets.size).toBe(1);
  for (const life of lives) life.unsubscribe();
  expect(sockets.size).toBe(0);
  fails = true;
  sockets.forUtp({ family: 6, port: 7001 }).subscribe({ error: () => {} });
  expect(sockets.size).toBe(0);
});
