import { describe, expect, it, vi } from 'vitest';
import * as fc from 'fast-check';
import { catchError, EMPTY, merge, mergeMap, Subject } from 'rxjs';
import type { NetworkError } from '../../../src/contracts/errors.ts';
import type { Datagram, UdpEndpoint, Undelivered } from '../../../src/contracts/network.ts';
import {
  MAX_HALF_OPEN,
  MAX_HALF_OPEN_PER_HOST,
  MAX_PUNCHED,
  PUNCHED_FOR,
  UtpLines,
} from '../../../src/net/utp/utpLines.ts';
import { DATA, encodeUtp, RESET, STATE, SYN, UtpPacket, type UtpType } from '../../../src/protocol/utp/utpPacket.ts';

interface Sent {
  readonly bytes: Uint8Array;
  readonly to: UdpEndpoint;
}

/** A socket in which tests speak, and what is sent from it. */
const socket = () => {
  const datagrams$ = new Subject<Datagram>();
  const undelivered$ = new Subject<Undelivered>();
  const sent: Sent[] = [];
  const tasks: (() => void)[] = [];
  const send = (bytes: Uint8Array, to: UdpEndpoint): void => void sent.push({ bytes: new Uint8Array(bytes), to });
  let id = 0;
  const lines = new UtpLines({ port: 6881, datagrams$, undelivered$, send }, 4, {
    randomBytes: (length) => new Uint8Array(length).fill(++id),
    turn: (task) => void tasks.push(task),
  });
  lines.open();
  const hear = (bytes: Uint8Array, host: string, port = 1_000): void =>
    datagrams$.next({ bytes, from: { host, port } });
  const turn = (): void => {
    for (const task of tasks.splice(0)) task();
    lines.check();
  };
  return { lines, sent, hear, turn, undelivered$ };
};

const packet = (type: UtpType, id: number, sequence: number, ack = 0): Uint8Array =>
  encodeUtp({ type, id, sentAt: 0, delay: 0, window: 100_000, sequence, ack });

const typesOf = (sent: readonly Sent[]): number[] => sent.map(({ bytes: [first = 0] }) => first >> 4);

describe('calls by uTP', () => {
  it('are answered by no more than was sent, and leave little behind, wherever they seem to come from', () => {
    const { lines, sent, hear, turn } = socket();
    const calls: unknown[] = [];
    lines.calls$.subscribe((call) => calls.push(call));
    for (let n = 0; n < 5_000; n++) hear(packet(SYN, n, 1), `10.${n >> 8}.${n & 255}.1`);
    turn();
    expect(calls).toEqual([]);
    expect(lines.size).toBe(MAX_HALF_OPEN);
    expect(sent.length).toBeLessThanOrEqual(5_000);
    expect(Math.max(...sent.map(({ bytes }) => bytes.length))).toBe(20);
  });

  it('of one host do not take the places of the others', () => {
    const { lines, hear, turn } = socket();
    const calls: string[] = [];
    lines.calls$.subscribe(({ host }) => calls.push(host));
    hear(packet(SYN, 9, 1), '10.0.0.9');
    for (let n = 10; n < 1_000; n++) hear(packet(SYN, n, 1), '10.0.0.1');
    expect(lines.size).toBe(MAX_HALF_OPEN_PER_HOST + 1);
    hear(packet(DATA, 10, 2, 0x0100), '10.0.0.9');
    turn();
    expect(calls).toEqual(['10.0.0.9']);
  });

  it('are hung up on if nobody takes them', () => {
    const { lines, sent, hear, turn } = socket();
    lines.calls$.subscribe();
    hear(packet(SYN, 9, 1), '10.0.0.9');
    hear(packet(STATE, 10, 2, 0x0100), '10.0.0.9');
    turn();
    expect(typesOf(sent)).toEqual([STATE, 1]);
  });

  it('are refused where nobody takes calls', () => {
    const { lines, sent, hear } = socket();
    hear(packet(SYN, 9, 1), '10.0.0.9');
    expect([lines.size, typesOf(sent)]).toEqual([0, [RESET]]);
  });

  it('that come twice are one', () => {
    const { lines, sent, hear, turn } = socket();
    lines.calls$.subscribe();
    hear(packet(SYN, 9, 1), '10.0.0.9');
    hear(packet(SYN, 9, 1), '10.0.0.9');
    turn();
    expect([lines.size, typesOf(sent)]).toEqual([1, [STATE, STATE]]);
    // Another call with the same id is none.
    hear(packet(SYN, 9, 77), '10.0.0.9');
    turn();
    expect([lines.size, sent.length]).toEqual([1, 2]);
  });
});

describe('packets of connections that do not exist', () => {
  it('are answered with a reset, a few in a second', () => {
    const { sent, hear } = socket();
    for (let n = 0; n < 1_000; n++) hear(packet(DATA, n, 1), '203.0.113.9');
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.length).toBeLessThan(20);
    expect(new Set(typesOf(sent))).toEqual(new Set([RESET]));
  });

  it('are not answered if they are resets themselves', () => {
    const { sent, hear } = socket();
    hear(packet(RESET, 1, 1), '10.0.0.9');
    expect(sent).toEqual([]);
  });
});

describe('a peer that is called', () => {
  const dialled = () => {
    const it = socket();
    const errors: unknown[] = [];
    const life = it.lines
      .dial({ host: '10.0.0.9', port: 1_000, source: 'manual' })
      .subscribe({ error: (error: unknown) => errors.push((error as NetworkError).code) });
    const syn = new UtpPacket();
    syn.read(it.sent[0]?.bytes ?? new Uint8Array());
    return { ...it, errors, life, syn };
  };

  it('may refuse, with either id', () => {
    for (const by of [0, 1]) {
      const { hear, turn, errors, syn, lines } = dialled();
      hear(packet(RESET, syn.id + by, 1, syn.sequence), '10.0.0.9');
      turn();
      expect([errors, lines.size]).toEqual([['refused'], 0]);
    }
  });

  it('is not refused by somebody else', () => {
    const { hear, turn, errors, syn } = dialled();
    hear(packet(RESET, syn.id, 1, syn.sequence), '10.0.0.8');
    hear(packet(RESET, syn.id, 1, syn.sequence), '10.0.0.9', 1_001);
    turn();
    expect(errors).toEqual([]);
  });

  it('cannot be reached if the system says so', () => {
    const { undelivered$, errors, lines } = dialled();
    undelivered$.next({ to: { host: '10.0.0.9', port: 1_000 }, why: 'no route' });
    expect([errors, lines.size]).toEqual([['unreachable'], 0]);
  });

  it('is forgotten when nobody waits for it any more', () => {
    const { lines, life } = dialled();
    life.unsubscribe();
    expect(lines.size).toBe(0);
  });

  it('has a connection of its own for each call', () => {
    const { lines, sent } = socket();
    const dials = Array.from({ length: 50 }, () => lines.dial({ host: '10.0.0.9', port: 1_000, source: 'manual' }));
    const life = merge(...dials).subscribe();
    const ids = sent.map(({ bytes }) => ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0));
    // Each has two numbers: that of what it gets, and that of what it sends.
    expect(new Set(ids.flatMap((id) => [id, id + 1])).size).toBe(100);
    life.unsubscribe();
    expect(lines.size).toBe(0);
  });
});

describe('a peer that calls us while we call it', () => {
  const [HOST, PORT] = ['10.0.0.9', 1_000];
  const address = { host: HOST, port: PORT, source: 'pex', punch: true } as const;

  it('is called although its router says that nobody is there, but not if nothing can be sent at all', () => {
    const { lines, undelivered$ } = socket();
    const errors: string[] = [];
    lines.dial(address).subscribe({ error: (error: unknown) => errors.push((error as NetworkError).code) });
    undelivered$.next({ to: { host: HOST, port: PORT }, why: 'connection refused' });
    expect([lines.size, errors]).toEqual([1, []]);
    undelivered$.next({ to: { host: HOST, port: PORT }, why: 'gone', all: true });
    expect([lines.size, errors]).toEqual([0, ['no-room']]);
  });

  it('is known for it when its call comes, and for no longer than half a minute; others are not', () => {
    vi.useFakeTimers();
    const { lines, hear, turn } = socket();
    const roads: string[] = [];
    lines.calls$
      .pipe(mergeMap(({ wire$ = EMPTY }) => wire$))
      .subscribe((wire) => roads.push(`${wire.address.host} ${wire.road?.()}`));
    const call = (id: number, host: string): void => {
      hear(packet(SYN, id, 1), host);
      for (let byte = 0; byte < 256; byte++) hear(packet(STATE, id + 1, 2, (byte << 8) | byte), host);
      turn();
    };
    const life = lines.dial(address).subscribe();
    call(20, HOST);
    call(30, '10.0.0.8');
    life.unsubscribe();
    vi.advanceTimersByTime(PUNCHED_FOR);
    call(40, HOST);
    expect(roads).toEqual([`${HOST} punched`, '10.0.0.8 utp', `${HOST} utp`]);
    for (let port = 1; port <= 2 * MAX_PUNCHED; port++)
      lines
        .dial({ ...address, port })
        .subscribe()
        .unsubscribe();
    lines.check();
    vi.useRealTimers();
  });
});

it('nothing that comes to the port breaks what is there', () => {
  const host = fc.constantFrom('10.0.0.8', '10.0.0.9', '203.0.113.1');
  const type = fc.constantFrom<UtpType>(DATA, 1, STATE, RESET, SYN);
  const ack = fc.constantFrom(0, 0x0100, 0x0201, 0x0302);
  const packets = fc.record({ type, id: fc.nat(5), sequence: fc.nat(5), ack });
  const datagram = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    packets.map((it) => packet(it.type, it.id, it.sequence, it.ack)),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(host, datagram), { maxLength: 200 }), (strays) => {
      const { lines, hear, turn } = socket();
      lines.calls$.pipe(mergeMap(({ wire$ = EMPTY }) => wire$.pipe(catchError(() => EMPTY)))).subscribe();
      for (const [from, bytes] of strays) hear(bytes, from);
      turn();
      turn();
    }),
    { numRuns: 200 },
  );
});
